//! What lies in model output, for people and scripts: file names and headers in, a report out.
//!
//! Nothing is judged here as a run judges it: the report says what is there and what is odd, also where a run would
//! stop at the first fault. With [`scan_values`] and [`scan_stores`] every value is read: NaN, extremes with their place
//! and time, constant and repeated snapshots. Counts are of files and stored values; times of MITgcm's binary files are
//! iterations, and dates where the length of an iteration and the time of iteration 0 are known.

mod extremes;
mod field;
mod grid;
mod scan;
mod store;
mod store_scan;
#[cfg(test)]
mod tests;
mod text;
mod time;

use std::path::PathBuf;

use serde::Serialize;

use crate::config::Pattern;
use crate::source::SourceError;
use crate::source::mds::{Endian, FileFacts, Listing};

pub use extremes::{Extreme, Moment, ValuesReport};
pub use field::{FieldLayout, FieldReport, Trouble};
pub use grid::{GridReport, inspect_grid};
pub use scan::{ScanRequest, scan_values};
pub use store::{ArrayReport, DatedGap, StoreReport, StoreTimeReport};
pub use store_scan::{StoreScan, scan_stores};
pub use time::{Clock, Gap, TimeReport};

/// What to look at, and what is known beforehand.
#[derive(Clone, Debug)]
pub struct Look {
    /// Folder of the files.
    pub folder: PathBuf,
    /// Template of their names.
    pub pattern: Pattern,
    /// Only files of these names; empty: all.
    pub names: Vec<String>,
    /// Byte order of stored values.
    pub endian: Endian,
    /// Bytes of a stored value where no `.meta` says it.
    pub value_bytes: u64,
    /// Shape [nj, ni] where no `.meta` says it.
    pub shape: Option<[usize; 2]>,
    /// What turns iterations into dates.
    pub clock: Option<Clock>,
}

/// What lies in a folder.
#[derive(Clone, Debug, Serialize)]
pub struct FolderReport {
    /// The folder.
    pub folder: PathBuf,
    /// The template that the files were looked for with.
    pub pattern: String,
    /// Snapshots and restart files, by name.
    pub fields: Vec<FieldReport>,
    /// Names of the grid's fields in this folder.
    pub grid_files: Vec<String>,
    /// Files that are none of these.
    pub stray_files: Vec<String>,
}

/// The files of one field, as they are.
#[derive(Clone, Debug)]
pub struct FieldFiles {
    /// Name in the file names.
    pub name: String,
    /// Every file, in order of iteration, then tile.
    pub files: Vec<FileFacts>,
}

/// Looks at names, lengths and `.meta` files; returns the report and the files behind it, field by field.
///
/// # Errors
/// When the folder is not there or cannot be listed.
pub fn inspect_folder(look: &Look) -> Result<(FolderReport, Vec<FieldFiles>), SourceError> {
    let listing = Listing::read(&look.folder, &look.pattern)?;
    let sorted = listing.sorted();
    let wanted = |name: &String| look.names.is_empty() || look.names.contains(name);
    let fields: Vec<FieldFiles> = sorted
        .fields
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, files)| FieldFiles { name, files: listing.examine(files) })
        .collect();
    let report = FolderReport {
        folder: look.folder.clone(),
        pattern: look.pattern.to_string(),
        fields: fields.iter().map(|field| FieldReport::of(field, look)).collect(),
        grid_files: sorted.grid.into_keys().collect(),
        stray_files: sorted.stray,
    };
    Ok((report, fields))
}
