//! Fields of which nothing is stored: files that were made and never filled, or whose chunks go by other names.

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Storage};
use super::assemble::{Holder, info_of};

/// Fails where no chunk at all of a field is stored, in none of its files: one of several may be empty, as that of a model at
/// rest is where values of 0 are left out, or of a tile that is land.
///
/// # Errors
/// The first file, with what is expected there; when it cannot be told.
pub(super) fn check_not_empty(name: &str, holders: &[Holder]) -> Result<(), SourceError> {
    let mut first = None;
    for holder in holders {
        let Some(reason) = emptiness(holder, info_of(holder, name)?)? else { return Ok(()) };
        first.get_or_insert(SourceError::Dataset { path: holder.dataset.path.clone(), reason });
    }
    first.map_or(Ok(()), Err)
}

/// What is to be said of an array without a chunk; none where it has one.
fn emptiness(holder: &Holder, info: &ArrayInfo) -> Result<Option<String>, SourceError> {
    let name = &info.name;
    match holder.locate(info)? {
        Storage::Zarr(chunks) => {
            let Some(nothing) = chunks.nothing(info)? else { return Ok(None) };
            let why = match nothing.other {
                Some(other) => format!(
                    "its folder holds others, such as {}: names of another form than the metadata says (dimension_separator in \
                     .zarray, chunk_key_encoding in zarr.json), or of chunks beyond the array's end",
                    other.display()
                ),
                None => {
                    "the store was made and never filled (xarray's compute=False), or copied without its chunks".into()
                }
            };
            Ok(Some(format!(
                "no chunk of {name} is stored; {} file(s) of chunks are expected, the first of them {}; {why}",
                nothing.expected,
                nothing.first.display()
            )))
        }
        Storage::Hdf5(chunks) if (0..chunks.table.addresses.len() as u64).all(|place| !chunks.table.has(place)) => {
            let lengths = info.shape.iter().zip(info.chunk.as_ref().unwrap_or(&info.shape));
            let expected =
                lengths.fold(1, |product: u64, (all, chunk)| product.saturating_mul(all.div_ceil((*chunk).max(1))));
            let why = "the file was made and never filled";
            Ok((expected > 0).then(|| format!("no chunk of {name} is stored; {expected} are expected; {why}")))
        }
        Storage::Hdf5(_) | Storage::Direct(_) | Storage::Library(_) => Ok(None),
    }
}
