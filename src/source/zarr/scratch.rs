//! Memory that decoding needs for a while.

use std::cell::RefCell;

use super::super::codec::Inflate;

/// Buffers and decompressors of a thread, for all arrays.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// What was read; in part stale.
    pub(super) encoded: Vec<u8>,
    /// Of a chain of codecs, what comes between them.
    pub(super) between: Vec<u8>,
    /// A block that is still shuffled.
    pub(super) shuffled: Vec<u8>,
    pub(super) inflate: Inflate,
}

thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default()));

/// Lends the thread's scratch to `work`, which must not ask for it again.
pub(super) fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(work)
}
