//! Memory that decoding needs for a while.

use std::sync::{Mutex, PoisonError};

use super::inflate::Inflate;

/// Buffers and decompressors of one call at a time.
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

/// As many as there were calls at once.
#[derive(Debug, Default)]
pub(super) struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    /// Lends one to `work`.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scratch = taken.unwrap_or_default();
        let result = work(&mut scratch);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        result
    }
}

/// Gives a buffer a length; what it held may be lost.
pub(super) fn resize(buffer: &mut Vec<u8>, length: usize) -> Result<(), String> {
    if buffer.capacity() < length {
        // Nothing of the old values is to be moved.
        buffer.clear();
        buffer.try_reserve_exact(length).map_err(|_| format!("there is no memory for {length} bytes"))?;
    }
    buffer.resize(length, 0);
    Ok(())
}
