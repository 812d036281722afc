//! Files that stay open from pass to pass, so that a file system's server hears of each once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::plan::Plan;
use crate::source::{Block, Catalog, SourceError};

/// Files of a process besides the snapshots: results, libraries, MPI.
const OTHER_FILES: usize = 256;

/// Blocks of snapshots that were opened, as long as the process may have so many files open.
#[derive(Debug)]
pub(super) struct OpenFiles<'a> {
    catalog: &'a Catalog,
    /// Files that may be kept open still.
    left: AtomicUsize,
    /// By field, first step and number of steps; each is opened by one thread while others wait for it.
    blocks: Mutex<HashMap<(usize, usize, usize), Slot>>,
}

/// A block once it is open and kept.
type Slot = Arc<Mutex<Option<Arc<Block>>>>;

impl<'a> OpenFiles<'a> {
    /// For a rank that reads `steps` snapshots of each field in every pass. Asks the system for as many open files as
    /// that takes, and keeps what it gets.
    pub(super) fn new(catalog: &'a Catalog, plan: &Plan, steps: usize) -> Self {
        let again = plan.passes.len() > 1 || plan.sections_per_pass > 1;
        let wanted = if again { steps * plan.problem.fields } else { 0 };
        let left = if wanted > 0 { allowed_files(wanted + OTHER_FILES).saturating_sub(OTHER_FILES) } else { 0 };
        OpenFiles { catalog, left: AtomicUsize::new(left), blocks: Mutex::default() }
    }

    /// The files of a run of steps of a field.
    ///
    /// # Errors
    /// As [`Catalog::open_block`].
    pub(super) fn block(&self, field: usize, steps: &Range<usize>) -> Result<Arc<Block>, SourceError> {
        let key = (field, steps.start, steps.len());
        let slot = Arc::clone(self.blocks.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = slot.as_ref() {
            return Ok(Arc::clone(block));
        }
        let block = Arc::new(self.catalog.open_block(field, steps.clone())?);
        let Some(files) = block.files() else { return Ok(block) };
        let take = |left: usize| left.checked_sub(files);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            *slot = Some(Arc::clone(&block));
        }
        Ok(block)
    }
}

/// How many files this process may have open, after the limit was raised towards `wanted` as far as the system allows.
fn allowed_files(wanted: usize) -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a plain system call that fills the struct.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 0;
    }
    let wanted = (wanted as libc::rlim_t).min(limit.rlim_max);
    if wanted > limit.rlim_cur {
        let more = libc::rlimit { rlim_cur: wanted, ..limit };
        // SAFETY: a plain system call that reads the struct.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const more) } == 0 {
            limit.rlim_cur = wanted;
        }
    }
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_the_system_allows() {
        let before = allowed_files(0);
        assert!(before >= 64);
        assert!(allowed_files(before + 1) >= before);
        assert!(allowed_files(usize::MAX / 2) >= before);
    }
}
