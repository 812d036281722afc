//! What can be wrong with model output on disk.

use std::path::PathBuf;

/// An error of a source; every text names the file and both numbers.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The folder is not there.
    #[error("[input] path: {path} does not exist or is not a folder")]
    NoFolder {
        /// The folder as configured.
        path: PathBuf,
    },
    /// Reading a file or folder failed.
    #[error("cannot read {path}: {reason}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// No file fits the template.
    #[error(
        "no snapshot of {field} in {path}: none of its {count} files has a name of the form {example}; set [input] pattern (now \"{pattern}\") or [input] {key}{nearest}"
    )]
    NoSnapshots {
        /// Field name.
        field: String,
        /// The key that names the field.
        key: String,
        /// Folder.
        path: PathBuf,
        /// Files looked at.
        count: usize,
        /// A name that would have fitted.
        example: String,
        /// The template.
        pattern: String,
        /// A name that is there, if any.
        nearest: String,
    },
    /// A `.meta` file is not what it should be.
    #[error("{path}: {reason}")]
    Meta {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Neither `.meta` nor a configured shape.
    #[error(
        "{path} has no .meta file beside it: give its shape, [input] shape = [nj, ni], and if it is not big-endian float32, dtype and endian"
    )]
    NoShape {
        /// A data file.
        path: PathBuf,
    },
    /// A data file has another length than its shape says.
    #[error("{path} has {got} bytes, expected {expected} ({why}){more}")]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        got: u64,
        /// The length it should have.
        expected: u64,
        /// Where the expectation comes from.
        why: String,
        /// How many other files are wrong too.
        more: String,
    },
    /// A level or record that is not in the file.
    #[error("[input] {key} = {asked}: {path} has {have}")]
    NotInFile {
        /// `level` or `record`.
        key: &'static str,
        /// As configured.
        asked: String,
        /// A data file.
        path: PathBuf,
        /// What there is.
        have: String,
    },
    /// Two fields on different shapes or times.
    #[error("{first} and {second} differ: {what}")]
    FieldsDiffer {
        /// First field.
        first: String,
        /// Second field.
        second: String,
        /// In what, with both values.
        what: String,
    },
    /// The steps between snapshots are not whole multiples of the usual one.
    #[error(
        "uneven time axis: after {before} comes {after}, {got} later, where the usual step is {usual}; only gaps of whole steps can be handled"
    )]
    Uneven {
        /// Snapshot before the place.
        before: String,
        /// Snapshot after it.
        after: String,
        /// Distance found.
        got: String,
        /// Usual distance.
        usual: String,
    },
    /// Snapshots are missing and the policy is to fail.
    #[error(
        "{count} snapshot(s) of {field} missing, first {first}; [prepare] missing = \"fail\" (set \"reject\" to leave out the segments that touch them)"
    )]
    Gaps {
        /// Field name.
        field: String,
        /// How many.
        count: usize,
        /// File name of the first.
        first: String,
    },
    /// The time selection leaves nothing.
    #[error("[select] time: {reason}")]
    EmptyTime {
        /// What was asked and what there is.
        reason: String,
    },
}

impl SourceError {
    /// Wraps an I/O error with its path.
    pub(crate) fn io(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        SourceError::Io { path: path.into(), reason: error.to_string() }
    }
}
