//! netCDF files, classic and netCDF-4: what comes in is a path, what goes out is a description and decoded chunks.
//!
//! Classic files are parsed here and read in place. Of netCDF-4 files the libraries tell the names, dimensions and
//! attributes; where the values are is read from the file's own structures, so that threads read and decode chunks
//! at once, which the libraries with their one lock do not. What is stored in a way that is not known here is read
//! by the library ([`ByLibrary`]), and said so in the notes of the description.

mod by_library;
mod classic;
mod fill;
#[cfg(feature = "netcdf")]
mod filters;
mod hdf5_chunks;
#[cfg(feature = "netcdf")]
mod netcdf4;
#[cfg(not(feature = "netcdf"))]
#[path = "without_netcdf4.rs"]
mod netcdf4;
#[cfg(test)]
#[cfg(feature = "netcdf")]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use by_library::ByLibrary;
pub use hdf5_chunks::{ChunkTable, Filter, Hdf5Chunks};

use super::SourceError;
use super::dataset::{ArrayInfo, Dataset, Storage};
use fill::default_fill;

/// What a file is by its first bytes.
enum Format {
    Classic,
    Hdf5,
}

/// The signature of HDF5; it stands at 0, 512, 1024, 2048, ...
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

fn format(path: &Path) -> Result<Format, SourceError> {
    use std::os::unix::fs::FileExt;
    let unreadable = |error: std::io::Error| SourceError::io(path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(SourceError::Dataset { path: path.to_owned(), reason: "is no file".into() });
    }
    let mut first = Vec::new();
    file.by_ref().take(8).read_to_end(&mut first).map_err(unreadable)?;
    if first.starts_with(b"CDF") {
        return Ok(Format::Classic);
    }
    let mut there = [0; 8];
    let behind_a_user_block = |at| file.read_exact_at(&mut there, at).is_ok() && there == SIGNATURE;
    if first == SIGNATURE || (9..20).map(|power| 1 << power).any(behind_a_user_block) {
        return Ok(Format::Hdf5);
    }
    let reason = match first.len() {
        0 => "is empty; a netCDF file was expected".to_owned(),
        _ => format!("is no netCDF file: it begins with \"{}\"", first.escape_ascii()),
    };
    Err(SourceError::Dataset { path: path.to_owned(), reason })
}

/// Describes a file.
///
/// Dimensions of groups have the group's path before their name only where another group has one of the same name and
/// another length.
///
/// # Errors
/// When it cannot be read, is no netCDF file, is cut short, or is a netCDF-4 file and the build cannot read those.
pub fn describe(path: &Path) -> Result<Dataset, SourceError> {
    describe_and_locate(path, &|_| false).map(|(dataset, _)| dataset)
}

/// Describes a file, and finds where the values of some arrays are while it is open: of those that are `wanted`, as far as
/// [`locate`] would find them.
///
/// # Errors
/// As [`describe`].
pub fn describe_and_locate(
    path: &Path,
    wanted: &dyn Fn(&ArrayInfo) -> bool,
) -> Result<(Dataset, Storages), SourceError> {
    match format(path)? {
        Format::Classic => classic::describe(path, wanted),
        Format::Hdf5 => netcdf4::describe(path, wanted),
    }
}

/// By name of the array, where its values are.
pub type Storages = HashMap<String, Storage>;

/// Finds where the values of an array of a described file are.
///
/// # Errors
/// When the array is not what it was, its chunks are not where the file says, it is stored with a filter that
/// cannot be undone ([`SourceError::Codec`]), or any error of [`describe`].
pub fn locate(path: &Path, array: &ArrayInfo) -> Result<Storage, SourceError> {
    match format(path)? {
        Format::Classic => classic::locate(path, array).map(Storage::Direct),
        Format::Hdf5 => netcdf4::locate(path, array),
    }
}

fn not_there(path: &Path, array: &ArrayInfo) -> SourceError {
    let reason = format!("has no array of numbers {} (any more)", array.name);
    SourceError::Dataset { path: path.to_owned(), reason }
}

/// Fails where an array is not what it was when it was described.
fn check_unchanged(path: &Path, array: &ArrayInfo, now: &ArrayInfo) -> Result<(), SourceError> {
    let kept = array.shape == now.shape && array.chunk == now.chunk && array.element == now.element;
    if kept {
        return Ok(());
    }
    let words = |info: &ArrayInfo| format!("{} {:?} in chunks {:?}", info.element.name(), info.shape, info.chunk);
    Err(SourceError::Dataset {
        path: path.to_owned(),
        reason: format!("{} has changed: it was {} and is now {}", array.name, words(array), words(now)),
    })
}
