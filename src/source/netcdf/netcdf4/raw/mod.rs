//! Structures of an HDF5 file, read from its bytes: what comes in are a file's bytes and an address, what goes out is
//! what they mean, or why that is not known here ([`Odd`]).
//!
//! Only what datasets of netCDF-4 files are made of is known; sections named here are those of the HDF5 File Format
//! Specification, version 3.0. Nothing is believed: every read is checked against the file's length first.

mod bytes;
mod chunk_btree;
mod messages;
mod object_header;
mod superblock;
#[cfg(test)]
mod tests;

#[cfg(test)]
use bytes::Bytes;
pub(super) use bytes::Odd;
pub(super) use chunk_btree::{FoundChunk, walk};
pub(super) use messages::{ChunkIndex, DatasetHeader, Fill, Layout};
pub(super) use superblock::superblock;

/// "Undefined address".
pub(super) const UNDEFINED: u64 = u64::MAX;
