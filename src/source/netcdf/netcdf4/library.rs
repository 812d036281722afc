//! Calls of the netCDF and HDF5 libraries: one at a time, silent, and their panics as errors.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::super::SourceError;

/// Files are opened and closed under it. The bindings have a lock of their own, for each call.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs `work`, the only code in the process that uses the libraries meanwhile.
///
/// `path` is for messages. It must not be called within itself.
pub(super) fn with_library<T>(path: &Path, work: impl FnOnce() -> Result<T, SourceError>) -> Result<T, SourceError> {
    thread_local!(static SILENT: Cell<bool> = const { Cell::new(false) });
    // What a panic left is nothing that the lock guards.
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if !SILENT.replace(true) {
        // The library prints its stack of errors, by thread if it was built for threads.
        hdf5::silence_errors(true);
    }
    // The bindings panic at names that are not UTF-8.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(SourceError::Dataset {
            path: path.to_owned(),
            reason: "the netCDF library's bindings gave up on it: is a name in it not UTF-8, or the file cut?".into(),
        })
    })
}

/// An error of the netCDF library.
pub(super) fn failed(path: &Path, doing: &str, error: impl std::fmt::Display) -> SourceError {
    let words = error.to_string();
    // The words of NC_EHDFERR and of HDF5 where a file system has no locks.
    let hint = if words.contains("HDF error") || words.contains("lock") {
        "; where the file system has no file locks, HDF5_USE_FILE_LOCKING=FALSE helps"
    } else {
        ""
    };
    SourceError::Dataset { path: path.to_owned(), reason: format!("{doing} failed: {words}{hint}") }
}
