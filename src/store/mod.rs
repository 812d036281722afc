//! Arrays to Zarr, and back.
//!
//! In: a [`GroupSpec`], which names every array with its dimensions, shape, attributes and chunks, and
//! then finished blocks of values, one whole chunk (one file) at a time, from any thread of any rank.
//! Out: one Zarr v3 group at `PATH` with its metadata consolidated in the root `zarr.json`. Until it is
//! whole it stands at `PATH.partial`, with a [`Journal`] of the tiles that are finished, so that another run can go on with
//! it. [`StoredGroup`] reads such groups, and those of others (Zarr v2, v3).
//!
//! Values are in C order of the array's dimensions; their units are in the arrays' attributes. Rank 0
//! calls [`ResultStore::create`] or [`ResultStore::resume`], then [`finish`](ResultStore::finish) or
//! [`abandon`](ResultStore::abandon); all other ranks [`attach`](ResultStore::attach). A chunk has exactly one writer.

mod chunk;
mod error;
mod file;
mod hold;
mod journal;
mod lease;
mod metadata;
mod place;
mod read;
mod result;
mod resume;
mod room;
mod spec;
#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use journal::{Journal, JournalFile, JournalReader, ShardFiles, TileRecord};
pub use place::{Found, Start};
pub use read::{ArrayHeader, ReadError, StoredArray, StoredGroup};
pub use result::{EncodedChunk, ResultStore};
pub use resume::Unfinished;
pub use spec::{ArraySpec, Codec, ElementKind, Fill, GroupSpec, Values};
