//! What a run tells: how far it is, and at its end where the time went. Rooms report to an [`Observer`], which the command
//! line shows, and to the [`Timings`] of their rank; those of all ranks come out as [`RunTimings`], a table and a file.
//!
//! Seconds of a [`Phase`] are those of a rank's threads together, divided by how many threads share that kind of work:
//! what keeps all of them busy for 10 s counts 10 s. Phases overlap, so that they do not add up to the whole.

mod rank_timings;
mod run_timings;
mod table;
mod timings_file;

pub use rank_timings::{Phase, RankTimings, Timings, peak_memory_bytes};
pub use run_timings::{MemoryTimings, PhaseTimings, RunFacts, RunTimings, Spread};
pub use timings_file::{TimingsFileError, write_timings};

/// Listens to a run. All calls come from one process; those of other ranks are not heard.
pub trait Observer: Sync {
    /// A phase begins, with so many units of work, of `bytes` bytes in all.
    fn begin(&self, phase: &str, units: u64, bytes: u64);
    /// So many units of the phase are done.
    fn advance(&self, units: u64);
    /// The phase has ended.
    fn end(&self);
    /// The run has ended, whole or stopped in time.
    fn timings(&self, _timings: &RunTimings) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn begin(&self, _: &str, _: u64, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}
