//! MITgcm binary files (MDS): one snapshot a file, or one tile of a snapshot, no header, shape in a `.meta` beside it.
//!
//! Values are stored [record][level][j][i]; land is 0.0, whatever `missingValue` the `.meta` declares. Lat-lon-cap grids
//! have the facets one after the other in place of [j][i] ("compact"), and their files may be shrunk to the wet words.
//!
//! The first look has two steps: `listing` gives facts without judgement; `scan` asks what a run needs of them, through
//! `variables` (which files), `times` (which of them), `judgement` (layout, tiles, faults), `intervals` (model time).

mod block;
mod catalog;
mod grid_file;
mod grid_files;
mod intervals;
mod judgement;
mod layout;
mod listing;
mod meta;
mod mosaic;
mod plane;
mod scan;
mod shrunk;
#[cfg(test)]
mod tests;
mod times;
mod variables;

pub use super::number::{Endian, Number};
pub use block::MdsBlock;
pub use catalog::{MdsCatalog, MdsCatalogField};
pub use grid_file::{GridFile, GridFileFault, grid_shape, llc_columns};
pub use grid_files::MdsGridFiles;
pub use layout::RecordChoice;
pub use listing::{FileFacts, ListedFile, Listing, Sorted};
pub use meta::Meta;
pub(super) use mosaic::describe as describe_place;
pub use mosaic::{Mosaic, Tile};
pub use scan::{MdsField, MdsRequest, scan};
pub use shrunk::{Shrunk, ShrunkIndex};
