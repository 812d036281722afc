//! How far the stages of the passes are, in equal parts for each.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::report::Observer;

/// Units of an [`Observer`] that one stage of a pass has: its reading, or its estimating.
pub(super) const UNITS_OF_STAGE: u64 = 1000;

/// One stage of one pass.
pub(super) struct StageProgress<'a> {
    observer: &'a dyn Observer,
    /// Of the stage's own work: in all, and done.
    total: u64,
    done: AtomicU64,
}

impl<'a> StageProgress<'a> {
    pub(super) fn new(observer: &'a dyn Observer, total: u64) -> Self {
        StageProgress { observer, total, done: AtomicU64::new(0) }
    }

    /// So much of the stage's work is done.
    pub(super) fn advance(&self, work: u64) {
        let before = self.done.fetch_add(work, Ordering::Relaxed);
        self.observer.advance(self.units(before + work) - self.units(before));
    }

    /// All of it is done, whatever was told before: a rank may have nothing to do in a stage.
    pub(super) fn end(self) {
        self.observer.advance(UNITS_OF_STAGE - self.units(self.done.load(Ordering::Relaxed)));
    }

    fn units(&self, work: u64) -> u64 {
        if self.total == 0 {
            0
        } else {
            (work.min(self.total) as f64 / self.total as f64 * UNITS_OF_STAGE as f64) as u64
        }
    }
}
