//! Files that stay open from pass to pass, so that a file system's server hears of each once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::plan::Plan;
use crate::source::{Block, Catalog, OTHER_FILES, SourceError, allowed_files};

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
