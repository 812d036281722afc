//! The specification of a synthetic record, with defaults and limits.

use serde::Serialize;

use super::SynthError;
use super::error::require;
use super::line::{LineFrequency, lines};
use super::times::Times;
use crate::terms::Seconds;

/// What to make. The default is 80 × 64 cells of 1/48° for 60 days, hourly, about 60 MB.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SynthSpec {
    /// Cells eastward (i, fastest in the files).
    pub nx: usize,
    /// Cells northward (j).
    pub ny: usize,
    /// Snapshots.
    pub nt: usize,
    /// Fixes coast and noise.
    pub seed: u64,
    /// Longitude of the domain's western edge [degrees east].
    pub west: f64,
    /// Latitude of the domain's southern edge [degrees north].
    pub south: f64,
    /// Width and height of a cell [degrees].
    pub spacing_degrees: f64,
    /// Time between snapshots.
    pub interval: Seconds,
    /// Time step of the model that is imitated: one iteration.
    pub timestep: Seconds,
    /// Iteration of the first snapshot.
    pub first_iteration: u64,
    /// Exponent of the noise spectrum, density ∝ f^slope, from -2 to 0 (white).
    pub slope: f64,
    /// Standard deviation of the noise of each component at a velocity point [m s-1].
    pub noise_rms: f64,
    /// Radius of the near-inertial circle at each point's own f [m s-1].
    pub inertial_amplitude: f64,
    /// Semi-major axis of the M2 ellipse [m s-1].
    pub m2_amplitude: f64,
    /// Semi-major axis of the K1 ellipse [m s-1].
    pub k1_amplitude: f64,
    /// Steady eastward flow [m s-1]; the steady northward flow is minus half of it.
    pub mean_flow: f64,
    /// Coasts and islands; without, and on grids narrower than 8 cells, all cells are wet.
    pub land: bool,
    /// Writes a `.meta` file beside every `.data` file; without, `run.toml` carries the shape.
    pub meta: bool,
    /// Snapshots, counted from 0, of which U holds [`BAD_VALUE`] at every open face, as one file of LLC4320 does; V and
    /// the other snapshots are as without.
    pub bad_snapshots: Vec<usize>,
}

/// What a bad snapshot holds [m s-1].
pub const BAD_VALUE: f32 = 1e32;

impl Default for SynthSpec {
    fn default() -> Self {
        SynthSpec {
            nx: 80,
            ny: 64,
            nt: 1440,
            seed: 0,
            west: -30.0,
            south: 40.0,
            spacing_degrees: 1.0 / 48.0,
            interval: Seconds(3600.0),
            timestep: Seconds(25.0),
            first_iteration: 10_368,
            slope: -2.0,
            noise_rms: 0.1,
            inertial_amplitude: 0.15,
            m2_amplitude: 0.08,
            k1_amplitude: 0.04,
            mean_flow: 0.05,
            land: true,
            meta: true,
            bad_snapshots: Vec::new(),
        }
    }
}

impl SynthSpec {
    /// Refuses what cannot be made.
    ///
    /// # Errors
    /// [`SynthError::Spec`] with the flag, the value and what is allowed.
    pub(super) fn check(&self) -> Result<(), SynthError> {
        for (flag, count) in [("--nx", self.nx), ("--ny", self.ny)] {
            require((1..u32::MAX as usize).contains(&count), flag, count, "it must be 1 to 4294967294")?;
        }
        let cells = self.nx.checked_mul(self.ny).filter(|&cells| cells < u32::MAX as usize);
        let shape = format!("{} × {}", self.nx, self.ny);
        require(cells.is_some(), "--nx × --ny", shape, "there may be at most 4294967294 cells")?;
        for (flag, amplitude) in [
            ("--noise-rms", self.noise_rms),
            ("--inertial-amplitude", self.inertial_amplitude),
            ("--m2-amplitude", self.m2_amplitude),
            ("--k1-amplitude", self.k1_amplitude),
        ] {
            require((0.0..=1e6).contains(&amplitude), flag, amplitude, "it must be 0 to 1e6 m s-1")?;
        }
        require(self.mean_flow.abs() <= 1e6, "--mean-flow", self.mean_flow, "it must be -1e6 to 1e6 m s-1")?;
        require((-2.0..=0.0).contains(&self.slope), "--slope", self.slope, "a sum of AR(1) noises reaches -2 to 0")?;
        self.check_place()?;
        self.check_times()
    }

    fn check_place(&self) -> Result<(), SynthError> {
        require(self.west.abs() <= 360.0, "--west", self.west, "a longitude lies in -360 to 360 degrees")?;
        require(self.south.abs() <= 90.0, "--south", self.south, "a latitude lies in -90 to 90 degrees")?;
        let spacing = self.spacing_degrees;
        require(spacing > 0.0 && spacing <= 90.0, "--spacing-degrees", spacing, "it must be above 0, at most 90")?;
        let north = self.south + self.ny as f64 * spacing;
        // A rounding error must not refuse a grid that ends at the pole.
        let reason = format!("--ny {} rows from --south {} end at {north}° N", self.ny, self.south);
        require(north <= 90.0 + 1e-9, "--spacing-degrees", spacing, &reason)?;
        let width = self.nx as f64 * spacing;
        let reason = format!("--nx {} columns are {width} degrees wide, more than 360", self.nx);
        require(width <= 360.0 + 1e-9, "--spacing-degrees", spacing, &reason)
    }

    fn check_times(&self) -> Result<(), SynthError> {
        let times = self.times();
        times.check()?;
        times.check_steps(&self.bad_snapshots)?;
        for line in lines(self) {
            let highest = match line.frequency {
                LineFrequency::Fixed(frequency) => frequency.0,
                LineFrequency::Inertial => self.highest_inertial_frequency(),
            };
            times.check_line(line.name, highest)?;
        }
        Ok(())
    }

    /// The instants.
    pub(super) fn times(&self) -> Times {
        Times { nt: self.nt, interval: self.interval, timestep: self.timestep, first_iteration: self.first_iteration }
    }

    /// Largest |f0| of the domain [cpd], at the edge nearer to a pole.
    pub(super) fn highest_inertial_frequency(&self) -> f64 {
        let north = self.south + self.ny as f64 * self.spacing_degrees;
        crate::terms::inertial_frequency(self.south.abs().max(north.abs()).min(90.0)).0
    }

    /// Steady flow (east, north) [m s-1].
    pub(super) fn mean(&self) -> [f64; 2] {
        [self.mean_flow, -0.5 * self.mean_flow]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_is_refused_by_flag() {
        let base = SynthSpec::default;
        base().check().unwrap();
        let cases: Vec<(&str, SynthSpec)> = vec![
            ("--nx", SynthSpec { nx: 0, ..base() }),
            ("--nt", SynthSpec { nt: 0, ..base() }),
            ("--nt", SynthSpec { nt: 1, ..base() }),
            ("--nx × --ny", SynthSpec { nx: 1 << 20, ny: 1 << 20, ..base() }),
            ("--slope", SynthSpec { slope: -2.5, ..base() }),
            ("--slope", SynthSpec { slope: f64::NAN, ..base() }),
            ("--noise-rms", SynthSpec { noise_rms: -0.1, ..base() }),
            ("--mean-flow", SynthSpec { mean_flow: f64::INFINITY, ..base() }),
            ("--spacing-degrees", SynthSpec { south: 89.0, ..base() }),
            ("--spacing-degrees", SynthSpec { south: 0.0, nx: 400, spacing_degrees: 1.0, ..base() }),
            ("--interval", SynthSpec { interval: Seconds(3610.0), ..base() }),
            ("--interval", SynthSpec { interval: Seconds(86_400.0), ..base() }),
            ("--timestep", SynthSpec { timestep: Seconds(0.0), ..base() }),
            ("--bad-snapshot", SynthSpec { nt: 10, bad_snapshots: vec![9, 10], ..base() }),
            ("--first-iteration", SynthSpec { first_iteration: 9_999_999_999, ..base() }),
            ("--first-iteration", SynthSpec { first_iteration: u64::MAX, ..base() }),
        ];
        for (expected, spec) in cases {
            match spec.check() {
                Err(SynthError::Spec { flag, .. }) => assert_eq!(flag, expected, "{spec:?}"),
                other => panic!("{spec:?} gave {other:?}"),
            }
        }
        let daily = SynthSpec { interval: Seconds(86_400.0), m2_amplitude: 0.0, k1_amplitude: 0.0, ..base() };
        assert!(daily.check().unwrap_err().to_string().contains("inertial"));
        SynthSpec { inertial_amplitude: 0.0, ..daily }.check().unwrap();
        SynthSpec { south: 60.0, ny: 30, spacing_degrees: 1.0, ..base() }.check().unwrap();
    }
}
