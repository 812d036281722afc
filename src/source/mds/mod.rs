//! MITgcm binary files (MDS): one snapshot a file, no header, shape in a `.meta` beside it.
//!
//! Values are stored [record][level][j][i]; land is 0.0, whatever `missingValue` the `.meta` declares.

mod block;
mod catalog;
mod grid_files;
mod listing;
mod meta;
mod number;
mod scan;

pub use block::MdsBlock;
pub use catalog::MdsCatalog;
pub use grid_files::MdsGridFiles;
pub use listing::{FileFacts, ListedFile, Listing, Sorted};
pub use meta::Meta;
pub use number::{Endian, Number};
pub use scan::{MdsField, MdsRequest, RecordChoice, scan};
