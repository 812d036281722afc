//! What can go wrong while making data.

use std::path::{Path, PathBuf};

/// A failure of [`synthesise`](super::synthesise) or of the MDS writer.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A number of the specification that cannot be.
    #[error("{flag} is {value}, but {reason}")]
    Spec {
        /// The command line's flag for it.
        flag: &'static str,
        /// As given.
        value: String,
        /// What is allowed and what to change.
        reason: String,
    },
    /// The folder to write to holds something.
    #[error("{} is not empty; synth writes only to a new or empty folder, name another or remove it", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The number of values does not fill the dimensions.
    #[error("{}: {got} values for a field of {expected}", path.display())]
    Length {
        /// The file that was to be written.
        path: PathBuf,
        /// Product of the dimensions.
        expected: u64,
        /// Values given.
        got: u64,
    },
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// Create, write, list.
        action: &'static str,
        /// What was to be made.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The description could not be put into JSON.
    #[error("cannot write {} as JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: serde_json::Error,
    },
}

impl SynthError {
    /// Adds the deed and the path to an error of the system.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SynthError {
        move |source| SynthError::Io { action, path: path.to_owned(), source }
    }
}

/// An error about a flag unless what it must be holds.
pub(super) fn require(holds: bool, flag: &'static str, value: impl ToString, reason: &str) -> Result<(), SynthError> {
    if holds { Ok(()) } else { Err(SynthError::Spec { flag, value: value.to_string(), reason: reason.to_owned() }) }
}
