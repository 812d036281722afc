//! Model output in files that describe themselves, netCDF or Zarr: what comes in is a request, what goes out is a catalog
//! of snapshots of the fields on one grid and one time axis, blocks of them, and the grid.
//!
//! `roles` tells what dimensions are, `packing` what stored values mean, `assemble` joins the files of tiles and of stretches
//! of time, `scan`, `fitting` and `places` judge them. `stored_array` reads windows, of chunks through `cache`, which holds each as
//! long as somebody needs it; `maps` reads every value of an array without a plan. `finder` tells which arrays are the
//! grid's, `meaning` which cannot be by their attributes; `kept_chunks` keeps the last of their chunks that were used.

mod assemble;
mod block;
mod cache;
mod catalog;
mod empty_fields;
mod files;
mod finder;
mod fitting;
mod grid;
#[cfg(test)]
mod grid_tests;
mod kept_chunks;
mod known_names;
mod left_out_masks;
mod look;
mod maps;
mod meaning;
mod missing_chunks;
mod not_stored;
mod packing;
mod places;
mod roles;
mod runs;
mod scan;
mod stored_array;
#[cfg(test)]
mod tests;
mod tile_place;
mod times;
mod unstored;
mod velocity_units;

pub use block::GriddedBlock;
pub use cache::{ChunkCache, ChunkKey};
pub use catalog::{FieldChunk, GriddedCatalog, GriddedField, Part, TimeCuts};
pub use files::{Format, expand};
pub use fitting::doubtful_level;
pub use grid::{GridName, GridRequest, GriddedGrid};
pub use look::{Looked, Looks, TimesOfFile, look};
pub use maps::{MapBuffers, MapRow, Maps, map_axes};
pub use packing::Packing;
pub use roles::{Axes, DimensionNames, Role};
pub use scan::{GriddedRequest, Scanned, scan};
pub use stored_array::StoredArray;
