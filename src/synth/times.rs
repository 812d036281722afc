//! The instants of a record: how many snapshots, when, of which iterations.

use super::SynthError;
use super::error::require;
use super::mds_writer::Stamp;
use crate::terms::{SECONDS_PER_DAY, Seconds};

/// Snapshots at even intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Times {
    /// Snapshots.
    pub(super) nt: usize,
    /// Time between snapshots.
    pub(super) interval: Seconds,
    /// One iteration.
    pub(super) timestep: Seconds,
    /// Iteration of the first snapshot.
    pub(super) first_iteration: u64,
}

impl Times {
    /// Refuses what cannot be.
    ///
    /// # Errors
    /// [`SynthError::Spec`] with the flag, the value and what is allowed.
    pub(super) fn check(&self) -> Result<(), SynthError> {
        require((2..u32::MAX as usize).contains(&self.nt), "--nt", self.nt, "a record has 2 to 4294967294 snapshots")?;
        let (interval, step) = (self.interval.0, self.timestep.0);
        require(step > 0.0 && step.is_finite(), "--timestep", self.timestep, "it must be longer than nothing")?;
        let ratio = interval / step;
        let reason = format!("it must be a whole number of time steps of {step} s (--timestep)");
        require(ratio >= 1.0 && ratio.fract() == 0.0 && ratio < 1e9, "--interval", self.interval, &reason)?;
        let last = self.first_iteration.checked_add(self.iterations_per_snapshot().saturating_mul(self.nt as u64 - 1));
        let reason = "the last snapshot's iteration must fit 10 digits; start lower or make fewer (--nt)";
        let fits = last.is_some_and(|last| last <= 9_999_999_999);
        require(fits, "--first-iteration", self.first_iteration, reason)
    }

    /// Refuses a line whose highest frequency [cpd] the snapshots do not resolve.
    ///
    /// # Errors
    /// [`SynthError::Spec`].
    pub(super) fn check_line(&self, name: &str, highest: f64) -> Result<(), SynthError> {
        let nyquist = self.nyquist();
        let reason = format!(
            "the {name} line at {highest:.4} cpd would be aliased past {nyquist:.4} cpd; shorten it or set that line's \
             amplitude to 0"
        );
        require(highest < nyquist, "--interval", self.interval, &reason)
    }

    /// Refuses snapshots, counted from 0, that there are not.
    ///
    /// # Errors
    /// [`SynthError::Spec`].
    pub(super) fn check_steps(&self, steps: &[usize]) -> Result<(), SynthError> {
        let Some(step) = steps.iter().find(|&&step| step >= self.nt) else { return Ok(()) };
        require(false, "--bad-snapshot", step, &format!("--nt makes snapshots 0 to {}", self.nt - 1))
    }

    /// Half the sampling rate [cpd].
    pub(super) fn nyquist(&self) -> f64 {
        SECONDS_PER_DAY / (2.0 * self.interval.0)
    }

    /// Model iterations between two snapshots.
    pub(super) fn iterations_per_snapshot(&self) -> u64 {
        (self.interval.0 / self.timestep.0) as u64
    }

    /// Iteration of snapshot `step`, counted from 0.
    pub(super) fn iteration(&self, step: usize) -> u64 {
        self.first_iteration + step as u64 * self.iterations_per_snapshot()
    }

    /// When snapshot `step` was written.
    pub(super) fn stamp(&self, step: usize) -> Stamp {
        let iteration = self.iteration(step);
        Stamp { iteration, seconds: iteration as f64 * self.timestep.0 }
    }

    /// Time from the first snapshot to the one at which the phases of all lines are given [s]: the middle of the
    /// record, because rows of different f drift apart from there in both directions.
    pub(super) fn phase_reference_seconds(&self) -> f64 {
        (self.nt / 2) as f64 * self.interval.0
    }

    /// Time of snapshot `step` after the phases' reference [s].
    pub(super) fn seconds(&self, step: usize) -> f64 {
        step as f64 * self.interval.0 - self.phase_reference_seconds()
    }
}
