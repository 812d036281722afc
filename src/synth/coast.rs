//! An invented coast: a ragged western shore, a north-eastern corner of land and three islands.
//!
//! One function of the place, the distance to the nearest shore as a share of the domain (negative on land), gives
//! both land and depth. It is a function of x / nx and y / ny, so that a finer grid shows the same coast.

use std::f64::consts::TAU;

use super::SynthSpec;
use super::threefry::{stream_key, uniform};

/// Stream of random numbers for the coast; the noise has those from 0 on.
const COAST_STREAM: u32 = 1 << 31;
/// Below this many cells either way there is no land.
const SMALLEST_WITH_LAND: usize = 8;
/// Depth at the shore and added far from it [m].
const SHELF_DEPTH: f64 = 60.0;
const BASIN_DEPTH: f64 = 4500.0;

/// A sum of sines of random phase and falling amplitude, within ±1.
pub(super) struct Wiggle {
    /// (wavenumber, amplitude, phase)
    waves: Vec<(f64, f64, f64)>,
}

impl Wiggle {
    pub(super) fn new(random: &mut impl FnMut() -> f64) -> Wiggle {
        let amplitudes: Vec<f64> = (1..=8).map(|m| f64::from(m).powf(-0.8)).collect();
        let sum: f64 = amplitudes.iter().sum();
        let waves = (1..).zip(amplitudes).map(|(m, a)| (f64::from(m), a / sum, TAU * random())).collect();
        Wiggle { waves }
    }

    pub(super) fn at(&self, turns: f64) -> f64 {
        self.waves.iter().map(|(m, a, phase)| a * (TAU * m * turns + phase).sin()).sum()
    }
}

/// The shores, in coordinates from 0 to 1 across the domain.
struct Coast {
    west: Wiggle,
    north_east: Wiggle,
    /// x, y, radius, outline.
    islands: Vec<(f64, f64, f64, Wiggle)>,
    seamounts: Wiggle,
}

impl Coast {
    fn new(seed: u64) -> Coast {
        let key = stream_key(seed, COAST_STREAM);
        let mut drawn = 0;
        let mut random = || {
            drawn += 1;
            uniform(key, drawn)
        };
        let (west, north_east, seamounts) =
            (Wiggle::new(&mut random), Wiggle::new(&mut random), Wiggle::new(&mut random));
        let islands = (0..3)
            .map(|_| {
                let (x, y) = (0.3 + 0.5 * random(), 0.15 + 0.5 * random());
                (x, y, 0.03 + 0.025 * random(), Wiggle::new(&mut random))
            })
            .collect();
        Coast { west, north_east, islands, seamounts }
    }

    /// Distance to the nearest shore as a share of the domain, negative on land.
    ///
    /// Land covers at most 18 % in the west, 10 % in the north-east and 5 % in islands.
    fn off_shore(&self, x: f64, y: f64) -> f64 {
        let mut nearest = x - (0.10 + 0.08 * self.west.at(0.8 * y));
        let corner = (1.0 - x) / 0.35 + (1.0 - y) / 0.35 - 1.0 - 0.25 * self.north_east.at(0.8 * (x - y));
        nearest = nearest.min(0.25 * corner);
        for (east, north, radius, outline) in &self.islands {
            let (dx, dy) = (x - east, y - north);
            let shore = radius * (1.0 + 0.3 * outline.at(dy.atan2(dx) / TAU));
            nearest = nearest.min(dx.hypot(dy) - shore);
        }
        nearest
    }

    fn depth(&self, x: f64, y: f64) -> f64 {
        let distance = self.off_shore(x, y);
        if distance <= 0.0 {
            return 0.0;
        }
        SHELF_DEPTH + BASIN_DEPTH * (1.0 - (-distance / 0.1).exp()) * (1.0 + 0.2 * self.seamounts.at(0.7 * x + 1.1 * y))
    }
}

/// Depth of every cell [m], `[j, i]`, 0 on land.
pub(super) fn depths(spec: &SynthSpec) -> Vec<f32> {
    let coast = Coast::new(spec.seed);
    let (nx, ny) = (spec.nx as f64, spec.ny as f64);
    let all_wet = !spec.land || spec.nx.min(spec.ny) < SMALLEST_WITH_LAND;
    let cell = |j: usize, i: usize| {
        let depth = coast.depth((i as f64 + 0.5) / nx, (j as f64 + 0.5) / ny) as f32;
        if all_wet { depth.max(SHELF_DEPTH as f32) } else { depth }
    };
    (0..spec.ny).flat_map(|j| (0..spec.nx).map(move |i| (j, i))).map(|(j, i)| cell(j, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wet_share(spec: &SynthSpec) -> f64 {
        let depths = depths(spec);
        depths.iter().filter(|&&d| d > 0.0).count() as f64 / depths.len() as f64
    }

    #[test]
    fn most_is_wet_and_some_is_land_for_any_seed_and_size() {
        for seed in 0..50 {
            for (nx, ny) in [(8, 8), (48, 40), (13, 97), (200, 120)] {
                let share = wet_share(&SynthSpec { nx, ny, seed, ..SynthSpec::default() });
                assert!((0.55..0.97).contains(&share), "seed {seed}, {nx} × {ny}: {share}");
            }
        }
    }

    #[test]
    fn there_are_both_coasts_and_islands() {
        for seed in 0..20 {
            let spec = SynthSpec { nx: 200, ny: 160, seed, ..SynthSpec::default() };
            let depths = depths(&spec);
            let land = |x: f64, y: f64| depths[(y * 159.0) as usize * 200 + (x * 199.0) as usize] == 0.0;
            assert!((0..100).all(|n| land(0.0, f64::from(n) / 100.0)), "western shore, seed {seed}");
            assert!(land(1.0, 1.0) && !land(1.0, 0.3) && !land(0.5, 1.0), "north-eastern shore, seed {seed}");
            let inside = (0..160).flat_map(|j| (0..200).map(move |i| (j, i)));
            let islands =
                inside.filter(|&(j, i)| (50..170).contains(&i) && (15..110).contains(&j) && depths[j * 200 + i] == 0.0);
            assert!(islands.count() > 30, "islands, seed {seed}");
            let widths: Vec<usize> =
                (0..160).map(|j| (0..200).take_while(|i| depths[j * 200 + i] == 0.0).count()).collect();
            assert!(widths.iter().max() > widths.iter().min(), "ragged, seed {seed}");
            let deepest = depths.iter().copied().fold(0.0f32, f32::max);
            assert!((2500.0..6000.0).contains(&deepest), "{deepest}");
        }
    }

    #[test]
    fn a_finer_grid_has_the_same_coast_and_another_seed_another() {
        let coarse = depths(&SynthSpec { nx: 40, ny: 40, ..SynthSpec::default() });
        let fine = depths(&SynthSpec { nx: 120, ny: 120, ..SynthSpec::default() });
        for j in 0..40 {
            for i in 0..40 {
                let (a, b) = (coarse[j * 40 + i], fine[(3 * j + 1) * 120 + 3 * i + 1]);
                assert!((a - b).abs() <= 1e-5 * a, "{j} {i}: {a} {b}");
            }
        }
        assert_ne!(coarse, depths(&SynthSpec { nx: 40, ny: 40, seed: 1, ..SynthSpec::default() }));
    }

    #[test]
    fn tiny_grids_and_open_oceans_are_all_wet() {
        for (nx, ny) in [(1, 1), (1, 7), (3, 2), (7, 100)] {
            assert_eq!(wet_share(&SynthSpec { nx, ny, ..SynthSpec::default() }), 1.0);
        }
        assert_eq!(wet_share(&SynthSpec { land: false, ..SynthSpec::default() }), 1.0);
    }
}
