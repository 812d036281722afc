//! Zarr stores, version 2 and 3: what comes in is a folder, what goes out is a description and decoded chunks.
//!
//! A store is a folder of folders, one an array, each with a JSON document that tells how the values stand in the files
//! beside it; a group may hold copies of all documents ("consolidated"), which then count alone. What a document says is
//! checked before anything is made by it (`version2`, `version3`), and how long decoded bytes are is known before they are
//! decoded (`pipeline`). Decoding uses the one thread that calls.
//!
//! Read are blosc with all its compressors and shuffles, zstd, gzip, zlib, lz4, shuffle, delta, fixedscaleoffset, CRC-32C,
//! transposed axes and shards; other codecs are named ([`SourceError::Codec`]).

mod array;
mod codec;
mod data_type;
mod describe;
mod document;
mod files;
mod filter;
mod keys;
mod pipeline;
mod presence;
mod reader;
mod scratch;
mod shard;
mod stale;
mod store;
#[cfg(test)]
mod tests;
mod transposition;
mod unusable;
mod version2;
mod version3;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::SourceError;
use super::dataset::{ArrayInfo, ChunkReader, Dataset, Storage};
use array::{Coding, Parsed};
use reader::ZarrReader;

pub use files::{StoredFile, documents, files_of};
pub use presence::Nothing;
pub use unusable::{is_unlisted, unusable};

/// The chunks of a Zarr array: where their files are and how they are decoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZarrChunks {
    /// The array's folder.
    folder: PathBuf,
    coding: Coding,
}

impl ZarrChunks {
    /// The array's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of the chunk at `index` of the grid of chunks of `array`, of a shard the shard's, from the array's folder.
    pub fn file_of(&self, array: &ArrayInfo, index: &[u64]) -> PathBuf {
        let mut place = index.to_vec();
        if let (Some(sharding), Some(chunk)) = (&self.coding.shard, &array.chunk) {
            for ((at, chunk), shard) in place.iter_mut().zip(chunk).zip(&sharding.shape) {
                *at /= (shard / (*chunk).max(1)).max(1);
            }
        }
        self.coding.keys.path(Path::new(""), &place)
    }

    /// What reads them; files are opened as their chunks are read, and shards stay open with the other files of the input.
    ///
    /// # Errors
    /// When `array` has other dimensions than the array that this was made for.
    pub fn open(&self, array: &ArrayInfo) -> Result<Box<dyn ChunkReader>, SourceError> {
        Ok(Box::new(ZarrReader::new(self, array)?))
    }
}

/// Describes a group, or an array that stands alone, by its folder. Arrays of nested groups have names "group/array".
///
/// Of version 2 the fill value is also the attribute `_FillValue`, if the array has none: so xarray reads it.
///
/// # Errors
/// [`SourceError::Dataset`] when `path` is no Zarr store or its metadata says what cannot be, [`SourceError::Io`] when it
/// cannot be read.
pub fn describe(path: &Path) -> Result<Dataset, SourceError> {
    describe_and_locate(path, &|_| false).map(|(dataset, _)| dataset)
}

/// Describes a store, and tells where the values of those arrays are that are `wanted` and can be read.
///
/// # Errors
/// As [`describe`].
pub fn describe_and_locate(
    path: &Path,
    wanted: &dyn Fn(&ArrayInfo) -> bool,
) -> Result<(Dataset, HashMap<String, Storage>), SourceError> {
    describe::describe(path, wanted)
}

/// Finds where the values of an array of a described group are.
///
/// # Errors
/// [`SourceError::Codec`] when the array is stored by what cannot be decoded; [`SourceError::Dataset`] when the store has
/// changed since it was described.
pub fn locate(path: &Path, array: &ArrayInfo) -> Result<Storage, SourceError> {
    let name = &array.name;
    let (document, folder) = store::find(path, name)?;
    let wrong = |reason: String| SourceError::Dataset { path: path.to_owned(), reason: format!("{name}: {reason}") };
    let found = match document.parse().map_err(wrong)? {
        Parsed::Array(found) => found,
        Parsed::LeftOut(kind) => return Err(wrong(format!("its values are {kind}, which are not read"))),
    };
    if found.shape != array.shape || Some(&found.chunk) != array.chunk.as_ref() || found.element != array.element {
        let (now, before) = (array::product_text(&found.shape), array::product_text(&array.shape));
        return Err(wrong(format!(
            "its shape, chunks or type have changed while it was read: it is {now}, was {before}"
        )));
    }
    if let Some(unreadable) = found.unreadable {
        return Err(SourceError::Codec {
            path: path.to_owned(),
            array: name.clone(),
            codec: unreadable.codec,
            help: unreadable.help,
        });
    }
    Ok(Storage::Zarr(ZarrChunks { folder, coding: found.coding }))
}
