//! What can go wrong when a result is written.

use std::io;
use std::path::{Path, PathBuf};

use crate::terms::Bytes;

/// An error of the output: where, what, and what mends it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The path cannot name a result.
    #[error("{path}: this is not a name that a result can have; change `[output] path`")]
    NotAName {
        /// The path as given.
        path: PathBuf,
    },
    /// Something else is at the place.
    #[error(
        "{path}: there is something that is not a result of this program, and it is not touched; change `[output] path`"
    )]
    NotAResult {
        /// Where it is.
        path: PathBuf,
    },
    /// An older result is at the place.
    #[error("{path}: there is a result already; give `--overwrite` to replace it, or change `[output] path`")]
    ResultExists {
        /// Where it is.
        path: PathBuf,
    },
    /// An unfinished result is beside the place.
    #[error(
        "{path}: left by a run that did not finish, or of a run that is still going; if none is, `--resume` goes on with it \
         and `--overwrite` deletes it; or change `[output] path`"
    )]
    PartialExists {
        /// The unfinished result.
        path: PathBuf,
    },
    /// There is no unfinished result to go on with.
    #[error(
        "{partial}: there is no such unfinished result, so there is nothing to resume{}; leave out `--resume`, or look whether \
         `[output] path` is that of the run to go on with",
        if *.finished { " (a finished one stands at its place)" } else { "" }
    )]
    NothingToResume {
        /// Where it would be.
        partial: PathBuf,
        /// Whether there is a finished result.
        finished: bool,
    },
    /// What an unfinished result says of its run cannot be read.
    #[error(
        "{path}: this does not say how the run was begun ({reason}); give `--overwrite` to delete the unfinished result"
    )]
    Begun {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another run is writing there.
    #[error("{path}: another run is writing it, {holder}; wait for its end, or change `[output] path`")]
    PartialInUse {
        /// The unfinished result.
        path: PathBuf,
        /// Its process and host.
        holder: String,
    },
    /// A run was stopped just while it replaced an older result.
    #[error(
        "{path}: an older result, moved aside by a run that was stopped while it replaced it; move it back or delete it"
    )]
    OlderExists {
        /// The older result.
        path: PathBuf,
    },
    /// The folder of the result does not exist.
    #[error("{parent}: there is no such folder, so {path} cannot be written; make it, or change `[output] path`")]
    NoFolder {
        /// The result.
        path: PathBuf,
        /// The folder that is missing.
        parent: PathBuf,
    },
    /// The folder of the result is a file.
    #[error("{parent}: this is not a folder, so {path} cannot be written; change `[output] path`")]
    NotAFolder {
        /// The result.
        path: PathBuf,
        /// What stands where the folder should.
        parent: PathBuf,
    },
    /// The result would not fit.
    #[error(
        "{path}: the result and its journal need at least {least} ({full} before compression), but its file system has {free} free{}; \
         change `[output] path`, keep less (`[output] spectrum = false`, `keep_bits`, `codec`), or make room",
        if *.replaces { " while the older result stays until the new one is whole" } else { "" }
    )]
    NoRoom {
        /// The result.
        path: PathBuf,
        /// Least that it can take.
        least: Bytes,
        /// What it takes without compression.
        full: Bytes,
        /// What is free.
        free: Bytes,
        /// An older result stands there.
        replaces: bool,
    },
    /// Permission is missing, or the file system is read-only.
    #[error("{path}: not writable ({source}); mend the permissions, or change `[output] path`")]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No space, or no quota, is left.
    #[error("{path}: the disk or the quota is full ({source}); make room, or change `[output] path`")]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A limit on the length of one file.
    #[error("{path}: files may not be so long here ({source}); raise `ulimit -f`, or change `[output] path`")]
    FileLimit {
        /// The file that could not be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder that a run writes is not the one that it made.
    #[error("{path}: moved, deleted or replaced while the run was writing it, which is lost; run again")]
    Vanished {
        /// The unfinished result.
        path: PathBuf,
    },
    /// Files that were written are not there at the end.
    #[error(
        "{path}: {written} files of values were written, {found} are there: something else deletes or writes files in it; run again"
    )]
    Incomplete {
        /// The unfinished result.
        path: PathBuf,
        /// Files that all ranks wrote.
        written: u64,
        /// Files that are there.
        found: u64,
    },
    /// The result is whole but could not be given its name.
    #[error(
        "{source}. The new result is whole: it stands at {partial} and is not lost; when nothing is in the way any more, \
         `mv {partial} {path}` puts it in place"
    )]
    NotInPlace {
        /// Where it should stand.
        path: PathBuf,
        /// Where it stands.
        partial: PathBuf,
        /// Why.
        source: Box<StoreError>,
    },
    /// Any other error of the file system.
    #[error("{path}: could not {action}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An array cannot be stored as it is described.
    #[error("array `{array}`: {reason}")]
    Spec {
        /// The array's name.
        array: String,
        /// What does not fit, with both numbers.
        reason: String,
    },
    /// A block for an array that the result does not have.
    #[error("array `{array}`: the result has no such array")]
    UnknownArray {
        /// The name asked for.
        array: String,
    },
    /// A block that does not fit the array.
    #[error("array `{array}`, chunk {chunk:?}: {reason}")]
    Block {
        /// The array's name.
        array: String,
        /// Index of the chunk in the chunk grid.
        chunk: Vec<u64>,
        /// What does not fit, with both numbers.
        reason: String,
    },
    /// A chunk was written a second time: two writers would tear one file.
    #[error("array `{array}`, chunk {chunk:?}: written a second time; each chunk has one writer")]
    WrittenTwice {
        /// The array's name.
        array: String,
        /// Index of the chunk in the chunk grid.
        chunk: Vec<u64>,
    },
    /// The codecs refused.
    #[error("array `{array}`: could not encode: {source}")]
    Encode {
        /// The array's name.
        array: String,
        /// What the codec said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether what a run has finished is there for another one that goes on with it, once the cause is mended: not when
    /// it is lost, touched by others, or whole but for its name.
    pub(crate) fn is_curable(&self) -> bool {
        !matches!(self, StoreError::Vanished { .. } | StoreError::Incomplete { .. } | StoreError::NotInPlace { .. })
    }

    /// Sorts an error of the file system by what mends it.
    pub(super) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::NotWritable { path, source }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull { path, source },
            io::ErrorKind::FileTooLarge => StoreError::FileLimit { path, source },
            _ => StoreError::Io { path, action, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_file_system_are_told_apart() {
        let of = |code| StoreError::io(Path::new("x"), "write", io::Error::from_raw_os_error(code));
        for code in [libc::EACCES, libc::EPERM, libc::EROFS] {
            assert!(matches!(of(code), StoreError::NotWritable { .. }));
        }
        for code in [libc::ENOSPC, libc::EDQUOT] {
            let error = of(code);
            assert!(matches!(error, StoreError::DiskFull { .. }));
            assert!(error.to_string().contains("[output] path"));
        }
        assert!(matches!(of(libc::EFBIG), StoreError::FileLimit { .. }));
        assert!(matches!(of(libc::EIO), StoreError::Io { .. }));
    }
}
