//! What can be wrong with model output on disk.

use std::ops::Range;
use std::path::PathBuf;

use crate::grid::GridError;
use crate::terms::Seconds;

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
    /// A netCDF file or Zarr store, or an array of it, is not what it should be.
    #[error("{path}: {reason}")]
    Dataset {
        /// File or store.
        path: PathBuf,
        /// What is wrong, with the array's name.
        reason: String,
    },
    /// A path that stands for no file or store.
    #[error("[input] {key}: {what} at {path}")]
    NotFound {
        /// `path` or `grid`.
        key: &'static str,
        /// The path, with the variable's name in it.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// No file or store holds an array of the asked name.
    #[error("[input] {key} = \"{name}\": no array of that name in {path}{more}; there are {have}")]
    NoArray {
        /// The key that names it.
        key: &'static str,
        /// Its name.
        name: String,
        /// The first file.
        path: PathBuf,
        /// How many other files were looked at.
        more: String,
        /// Arrays that are there.
        have: String,
    },
    /// An array of the asked name is there, but not one that is read.
    #[error(
        "[input] {key} = \"{name}\": that array of {path} is there, but its values are {values}, which are not read; write it anew as plain float32"
    )]
    ArrayLeftOut {
        /// The key that names it.
        key: &'static str,
        /// Its name.
        name: String,
        /// File or store.
        path: PathBuf,
        /// What its values are: "texts".
        values: String,
    },
    /// A chunk cannot be read or decoded.
    #[error("{path}: chunk {chunk} of {array}: {reason}")]
    Chunk {
        /// File, or file of the chunk.
        path: PathBuf,
        /// Array.
        array: String,
        /// Its place in the grid of chunks: "(3, 0, 1)".
        chunk: String,
        /// What is wrong, with both numbers.
        reason: String,
    },
    /// A filter or compressor that this build cannot undo.
    #[error("{path}: {array} is stored with {codec}, which cannot be read; {help}")]
    Codec {
        /// File or store.
        path: PathBuf,
        /// Array.
        array: String,
        /// Its name and number in the file.
        codec: String,
        /// What would help.
        help: String,
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
    /// A shrunk file whose mask is not there.
    #[error(
        "{path} is shrunk to the wet words of {mask}, which is not there: {place} does not exist; put it into [input] grid"
    )]
    NoMask {
        /// The file.
        path: PathBuf,
        /// The mask.
        mask: &'static str,
        /// Where it was looked for.
        place: String,
    },
    /// A shrunk file of another length than its mask gives.
    #[error("{path} has {got} bytes, but the wet words of {mask} at level {level} are {expected} bytes; {others}")]
    WrongMask {
        /// The file.
        path: PathBuf,
        /// Its length.
        got: u64,
        /// The mask of the field's own points.
        mask: &'static str,
        /// The level that is read.
        level: u64,
        /// The length of a file of that level alone.
        expected: u64,
        /// Which masks would match.
        others: String,
    },
    /// Files that are not compact though the layout says so.
    #[error(
        "{path} has {ni} columns and {nj} rows; the compact files of a lat-lon-cap grid ([input] layout = \"llc\") have 13 times as many rows as columns"
    )]
    NotCompact {
        /// The file.
        path: PathBuf,
        /// Columns.
        ni: u64,
        /// Rows.
        nj: u64,
    },
    /// A mask cannot be read.
    #[error(transparent)]
    Mask(#[from] GridError),
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
    /// Tiles that do not make up one field.
    #[error("{path} {reason}")]
    Tiles {
        /// The file of a tile, or its `.meta`.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A hole between tiles where the grid has water.
    #[error(
        "no tile of {field} lies at j = {} to {}, i = {} to {}, where the grid has water ({place}): files are missing, or [input] grid is another grid",
        j.start, j.end - 1, i.start, i.end - 1
    )]
    UncoveredWater {
        /// Field name.
        field: String,
        /// Rows that no tile covers.
        j: Range<usize>,
        /// Columns.
        i: Range<usize>,
        /// A wet point there.
        place: String,
    },
    /// A field's name is in the `.meta` of several kinds of file.
    #[error("[input] {key} = \"{field}\" names no file of its own, and {} hold a field of that name: {advice}", files.join(", "))]
    SeveralFiles {
        /// The key that names the field.
        key: String,
        /// Field name.
        field: String,
        /// Names of the kinds of file.
        files: Vec<String>,
        /// What to write.
        advice: String,
    },
    /// Two fields are one.
    #[error(
        "{first} and {second} are both record {record} of {path}; say which record each is, as in [input] record = [\"UVEL\", \"VVEL\"]"
    )]
    SameRecord {
        /// First field.
        first: String,
        /// Second field.
        second: String,
        /// 1-based place, or name.
        record: String,
        /// A data file.
        path: PathBuf,
    },
    /// The model says another time step than the configuration.
    #[error(
        "[input] timestep = \"{configured}\", but by their .meta files the model took {model}: from {first} to {last} it made {iterations} iterations in {seconds} s"
    )]
    Timestep {
        /// As configured.
        configured: Seconds,
        /// By the model's times.
        model: Seconds,
        /// The first file.
        first: String,
        /// The last file.
        last: String,
        /// Iterations between them.
        iterations: u64,
        /// Model time between them [s].
        seconds: f64,
    },
    /// Time averages over intervals of several lengths.
    #[error("uneven time axis: {odd} is {got}, {usual} is {expected}; {remedy}")]
    UnevenMeans {
        /// A file unlike the most.
        odd: String,
        /// What it is.
        got: String,
        /// A file like the most.
        usual: String,
        /// What it is.
        expected: String,
        /// What to write.
        remedy: String,
    },
    /// More times than a record can have.
    #[error(
        "from {first} to {last} in steps of {step} there are {count} times, more than {most}: is there a stray file far from the others? [select] time can leave it out"
    )]
    AxisTooLong {
        /// First iteration or time.
        first: String,
        /// The last one.
        last: String,
        /// The usual distance.
        step: String,
        /// Times on the axis.
        count: u64,
        /// How many are allowed.
        most: usize,
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
    /// An error with what it may come from.
    #[error("{error}; {why}")]
    Explained {
        /// The error.
        error: Box<SourceError>,
        /// What it may come from.
        why: String,
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
