//! The specification of a lat-lon-cap record, with defaults and limits.

use serde::Serialize;

use super::currents::Currents;
use super::layout::FACES;
use crate::synth::error::require;
use crate::synth::times::Times;
use crate::synth::{SynthError, SynthSpec};
use crate::terms::Seconds;

/// What to make. The default is 13 faces of 32 × 32 cells for 60 days, hourly, about 150 MB.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LlcSpec {
    /// Rows and columns of a face.
    pub nx: usize,
    /// Snapshots.
    pub nt: usize,
    /// Fixes the land.
    pub seed: u64,
    /// Levels of U, V and the masks, each with half the speed of the one above and more land.
    pub levels: usize,
    /// Time between snapshots.
    pub interval: Seconds,
    /// Time step of the model that is imitated: one iteration.
    pub timestep: Seconds,
    /// Iteration of the first snapshot.
    pub first_iteration: u64,
    /// Largest radius of the inertial circles, at 45° north and south [m s-1].
    pub inertial_amplitude: f64,
    /// Largest speed of the M2 tide [m s-1].
    pub m2_amplitude: f64,
    /// Largest speed of the K1 tide [m s-1].
    pub k1_amplitude: f64,
    /// Largest speed of the steady flow [m s-1].
    pub mean_flow: f64,
    /// Continents and islands; without, there is land at the four corners of the cap alone, where axes have no limit.
    pub land: bool,
    /// Writes a `.meta` file beside every `.data` file.
    pub meta: bool,
    /// Writes the snapshots shrunk: wet words only, without `.meta`.
    pub shrunk: bool,
    /// Writes `Eta`, the sea level, too.
    pub scalar: bool,
    /// Snapshots, counted from 0, of which U holds [`BAD_VALUE`](crate::synth::BAD_VALUE) at every open face.
    pub bad_snapshots: Vec<usize>,
}

impl Default for LlcSpec {
    fn default() -> Self {
        let plain = SynthSpec::default();
        LlcSpec {
            nx: 32,
            nt: plain.nt,
            seed: plain.seed,
            levels: 1,
            interval: plain.interval,
            timestep: plain.timestep,
            first_iteration: plain.first_iteration,
            inertial_amplitude: plain.inertial_amplitude,
            m2_amplitude: plain.m2_amplitude,
            k1_amplitude: plain.k1_amplitude,
            mean_flow: plain.mean_flow,
            land: true,
            meta: true,
            shrunk: false,
            scalar: false,
            bad_snapshots: Vec::new(),
        }
    }
}

impl LlcSpec {
    /// Refuses what cannot be made.
    ///
    /// # Errors
    /// [`SynthError::Spec`] with the flag, the value and what is allowed.
    pub(super) fn check(&self) -> Result<(), SynthError> {
        let cells = self.nx.checked_mul(self.nx).and_then(|face| face.checked_mul(FACES));
        let fits = self.nx >= 4 && cells.is_some_and(|cells| cells < u32::MAX as usize);
        require(fits, "--nx", self.nx, "a face of an llc grid has 4 to 18176 rows and columns")?;
        require((1..=1000).contains(&self.levels), "--levels", self.levels, "it must be 1 to 1000")?;
        for (flag, amplitude) in [
            ("--inertial-amplitude", self.inertial_amplitude),
            ("--m2-amplitude", self.m2_amplitude),
            ("--k1-amplitude", self.k1_amplitude),
        ] {
            require((0.0..=1e6).contains(&amplitude), flag, amplitude, "it must be 0 to 1e6 m s-1")?;
        }
        require(self.mean_flow.abs() <= 1e6, "--mean-flow", self.mean_flow, "it must be -1e6 to 1e6 m s-1")?;
        let times = self.times();
        times.check()?;
        times.check_steps(&self.bad_snapshots)?;
        let currents = Currents::of(self);
        currents.tides.iter().try_for_each(|tide| times.check_line(tide.name, tide.frequency.0))?;
        if currents.inertial.is_some() {
            times.check_line("inertial", self.highest_inertial_frequency())?;
        }
        Ok(())
    }

    /// The instants.
    pub(super) fn times(&self) -> Times {
        Times { nt: self.nt, interval: self.interval, timestep: self.timestep, first_iteration: self.first_iteration }
    }

    /// |f0| at the pole [cpd].
    pub(super) fn highest_inertial_frequency(&self) -> f64 {
        crate::terms::inertial_frequency(90.0).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_is_refused_by_flag() {
        let base = LlcSpec::default;
        base().check().unwrap();
        for (expected, spec) in [
            ("--nx", LlcSpec { nx: 3, ..base() }),
            ("--nx", LlcSpec { nx: 18_177, ..base() }),
            ("--nx", LlcSpec { nx: usize::MAX, ..base() }),
            ("--levels", LlcSpec { levels: 0, ..base() }),
            ("--nt", LlcSpec { nt: 1, ..base() }),
            ("--m2-amplitude", LlcSpec { m2_amplitude: -1.0, ..base() }),
            ("--mean-flow", LlcSpec { mean_flow: f64::NAN, ..base() }),
            ("--interval", LlcSpec { interval: Seconds(28_800.0), ..base() }),
            ("--bad-snapshot", LlcSpec { nt: 3, bad_snapshots: vec![3], ..base() }),
        ] {
            match spec.check() {
                Err(SynthError::Spec { flag, .. }) => assert_eq!(flag, expected, "{spec:?}"),
                other => panic!("{spec:?} gave {other:?}"),
            }
        }
        LlcSpec { nx: 18_176, ..base() }.check().unwrap();
        let daily = LlcSpec { interval: Seconds(86_400.0), m2_amplitude: 0.0, k1_amplitude: 0.0, ..base() };
        assert!(daily.check().unwrap_err().to_string().contains("inertial"));
        LlcSpec { inertial_amplitude: 0.0, ..daily }.check().unwrap();
    }
}
