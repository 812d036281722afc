//! Named arrays on named dimensions, as netCDF files and Zarr stores hold them: what comes in is what a format says of
//! them, what goes out are values, [the array's own dimensions], as stored.
//!
//! A format (`netcdf`, `zarr`) describes a file or store ([`Dataset`]), tells where the values of an array are
//! ([`Storage`]), and reads its chunks ([`ChunkReader`]). Nothing here knows what the arrays mean.

mod attribute;
mod element;
mod info;
mod storage;

pub use attribute::{Attribute, Attributes};
pub use element::{Element, ElementKind};
pub use info::{ArrayInfo, Dataset, Dimension, groups_upwards};
pub use storage::{Chunk, ChunkReader, Direct, Storage};
