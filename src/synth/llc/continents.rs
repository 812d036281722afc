//! Invented continents and the depth of the sea between them, as functions of the place on the sphere.
//!
//! Each continent is a disc with a ragged outline. Their sites lie where a reader of the grid can go wrong: across
//! seams of facets of every kind, at the southern edge, which is left open elsewhere; the seed moves and shapes them a
//! little and sets islands. The cap's four corners are always land, as LLC4320's are: the axes have no limit there.

use std::f64::consts::TAU;

use super::projection::{CAP_EDGE, longitude};
use super::sphere::{Vector, angle, dot, east_and_north, point};
use crate::synth::coast::Wiggle;
use crate::synth::threefry::{stream_key, uniform};

/// Stream of random numbers for the continents; the plain grid's coast has the one before.
const CONTINENT_STREAM: u32 = (1 << 31) + 1;
/// Depth at the shore and added far from it [m].
const SHELF_DEPTH: f64 = 20.0;
const BASIN_DEPTH: f64 = 4500.0;
/// Distance from the shore over which the sea deepens [rad].
const SLOPE_WIDTH: f64 = 0.15;

/// Degrees east of facet 0's western edge, latitude, radius [degrees].
const SITES: [[f64; 3]; 8] = [
    // Across facets 0 and 1, 1 and 3, 3 and 4, 4 and 0.
    [88.0, -8.0, 19.0],
    [183.0, 22.0, 16.0],
    [266.0, -28.0, 14.0],
    [2.0, 12.0, 17.0],
    // Across the cap's edge, to facets 1 and 4.
    [130.0, 61.0, 9.0],
    [310.0, 63.0, 10.0],
    // At the southern edge of facets 0 and 3.
    [25.0, -77.0, 6.0],
    [200.0, -78.0, 7.0],
];
/// Radius of the land at the cap's corners [degrees].
const CORNER_RADIUS: f64 = 9.0;
const ISLANDS: usize = 6;

/// A disc with a ragged outline.
struct Continent {
    centre: Vector,
    /// Directions at the centre in which the outline's angle is 0 and 90 degrees.
    across: [Vector; 2],
    /// [rad]
    radius: f64,
    outline: Wiggle,
}

impl Continent {
    fn new([longitude, latitude, radius]: [f64; 3], outline: Wiggle) -> Continent {
        Continent {
            centre: point(longitude, latitude),
            across: east_and_north(longitude, latitude),
            radius: radius.to_radians(),
            outline,
        }
    }

    /// Distance to the shore [rad], negative on land.
    fn off_shore(&self, position: Vector) -> f64 {
        let [x, y] = self.across.map(|direction| dot(direction, position));
        angle(self.centre, position) - self.radius * (1.0 + 0.3 * self.outline.at(y.atan2(x) / TAU))
    }
}

/// All land.
pub(super) struct Continents {
    continents: Vec<Continent>,
}

impl Continents {
    /// Of a seed; without `land`, the cap's corners alone.
    pub(super) fn new(seed: u64, land: bool) -> Continents {
        let key = stream_key(seed, CONTINENT_STREAM);
        let mut drawn = 0;
        let mut random = || {
            drawn += 1;
            uniform(key, drawn)
        };
        let corners = [0.0, 90.0, 180.0, 270.0].map(|east| [east, CAP_EDGE, CORNER_RADIUS]);
        let mut sites = corners.to_vec();
        if land {
            let moved = |[east, north, radius]: [f64; 3]| {
                [east + 4.0 * random() - 2.0, north + 2.0 * random() - 1.0, radius * (0.9 + 0.2 * random())]
            };
            sites.extend(SITES.map(moved));
            // Even over the sphere between 70 degrees south and the pole.
            let island = |_| {
                let height = -0.94 + 1.94 * random();
                [360.0 * random(), height.asin().to_degrees(), 2.0 + 3.0 * random()]
            };
            sites.extend((0..ISLANDS).map(island));
        }
        let continent = |[east, latitude, radius]: [f64; 3]| {
            Continent::new([longitude(east), latitude, radius], Wiggle::new(&mut random))
        };
        Continents { continents: sites.into_iter().map(continent).collect() }
    }

    /// Depth of the sea [m], 0 on land.
    pub(super) fn depth(&self, position: Vector) -> f64 {
        let off_shore = self.continents.iter().map(|continent| continent.off_shore(position)).fold(f64::MAX, f64::min);
        if off_shore <= 0.0 { 0.0 } else { SHELF_DEPTH + BASIN_DEPTH * (1.0 - (-off_shore / SLOPE_WIDTH).exp()) }
    }
}
