//! The edge of a region.

use std::sync::Arc;

use super::Polygon;
use super::longitude::principal;
use super::strips::Strips;

/// A part of the globe. Neighbours that share an edge never both hold a point, nor both miss it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// Eastward from west to below east, and from south to below north; the north pole belongs to what reaches it.
    Box {
        /// `[west, east]` in degrees; `east < west` crosses 180 or 0, and 360 degrees apart is all the way round.
        lon: [f64; 2],
        /// `[south, north]` in degrees.
        lat: [f64; 2],
    },
    /// All points within any of the polygons.
    Polygons(Polygons),
}

/// Polygons; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygons(Arc<Set>);

#[derive(Debug, PartialEq)]
struct Set {
    polygons: Vec<Polygon>,
    by_latitude: Strips,
}

impl Polygons {
    /// Those of the list.
    pub fn new(polygons: Vec<Polygon>) -> Polygons {
        let by_latitude = Strips::new(polygons.iter().map(Polygon::latitudes));
        Polygons(Arc::new(Set { polygons, by_latitude }))
    }

    /// Whether a point, in degrees, is within any; longitudes of any convention.
    pub fn contain(&self, lon: f64, lat: f64) -> bool {
        let Set { polygons, by_latitude } = &*self.0;
        by_latitude.at(lat).iter().any(|&number| polygons[number as usize].contains(lon, lat))
    }

    fn bytes(&self) -> usize {
        self.0.by_latitude.bytes() + self.0.polygons.iter().map(Polygon::bytes).sum::<usize>()
    }
}

impl Outline {
    /// Whether a point, in degrees, is within; longitudes of any convention. What is NaN is nowhere.
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        match self {
            Outline::Box { lon: [west, east], lat: [south, north] } => {
                let below_north = lat < *north || (lat == 90.0 && *north == 90.0);
                *south <= lat && below_north && eastward(*west, *east, lon)
            }
            Outline::Polygons(polygons) => polygons.contain(lon, lat),
        }
    }

    /// Bytes in memory, one copy for all threads.
    pub fn bytes(&self) -> usize {
        match self {
            Outline::Box { .. } => 0,
            Outline::Polygons(polygons) => polygons.bytes(),
        }
    }
}

/// Whether `lon` is met on the way eastward from `west` to before `east`. Longitudes are compared, never subtracted: boxes
/// that meet at a number have no gap and no overlap there.
fn eastward(west: f64, east: f64, lon: f64) -> bool {
    if (east - west).abs() >= 360.0 {
        return lon.is_finite();
    }
    let [west, east, lon] = [west, east, lon].map(principal);
    if west < east { west <= lon && lon < east } else { west <= lon || lon < east }
}
