//! netCDF-4 files, which are HDF5 files: what comes in is a path, what goes out is a description, the places of
//! chunks, and readers of chunks.

mod access;
mod block_reader;
mod chunk_reader;
mod chunk_table;
mod describe;
mod library;
mod locate;
mod raw;

pub(super) use block_reader::open_by_library;
pub(super) use chunk_reader::open_chunks;
pub(super) use describe::describe;
pub(super) use locate::locate;
