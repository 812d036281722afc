//! Model output on disk: what comes in are files, what goes out are blocks of snapshots,
//! [step, j, i], decoded to the run's number type and otherwise as stored.
//!
//! A source is opened once, on rank 0, which lists and checks the files; the small [`Catalog`] it
//! makes is sent to the other ranks, which open only the data files they read.

pub mod cf_time;
mod codec;
pub mod dataset;
mod error;
pub mod gridded;
mod lost;
pub mod mds;
pub mod netcdf;
mod number;
mod open_files;
mod time_axis;
pub mod zarr;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use error::SourceError;
pub use lost::{LostSnapshot, LostSnapshots};
pub use number::{Endian, Number};
pub(crate) use open_files::{OTHER_FILES, allowed_files};
pub use time_axis::{StepStatus, TimeAxis, date_of, usual_distance};

use crate::grid::{Bits, Cell, Extent, GridField, Window};
use crate::terms::Sample;

/// All that a rank must know to read: no handle, only names, sizes and the time axis.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Catalog {
    /// MITgcm binary files.
    Mds(mds::MdsCatalog),
    /// netCDF files and Zarr stores.
    Gridded(gridded::GriddedCatalog),
}

impl Catalog {
    /// Size of the native grid.
    pub fn extent(&self) -> &Extent {
        match self {
            Catalog::Mds(catalog) => &catalog.extent,
            Catalog::Gridded(catalog) => &catalog.extent,
        }
    }

    /// The analysed time axis.
    pub fn time(&self) -> &TimeAxis {
        match self {
            Catalog::Mds(catalog) => &catalog.time,
            Catalog::Gridded(catalog) => &catalog.time,
        }
    }

    /// Bytes of one value as stored.
    pub fn stored_bytes(&self) -> usize {
        match self {
            Catalog::Mds(catalog) => catalog.number.bytes(),
            Catalog::Gridded(catalog) => catalog.stored_bytes(),
        }
    }

    /// Snapshots of the analysed times that are not there or cannot be used.
    pub fn lost(&self) -> &LostSnapshots {
        match self {
            Catalog::Mds(catalog) => &catalog.lost,
            Catalog::Gridded(catalog) => &catalog.lost,
        }
    }

    /// What the log should say of the files.
    pub fn notes(&self) -> &[String] {
        match self {
            Catalog::Mds(catalog) => &catalog.notes,
            Catalog::Gridded(catalog) => &catalog.notes,
        }
    }

    /// What the log should warn of.
    pub fn warnings(&self) -> &[String] {
        match self {
            Catalog::Mds(_) => &[],
            Catalog::Gridded(catalog) => &catalog.warnings,
        }
    }

    /// Units of a field, where its files tell them: MDS files do not.
    pub fn units(&self, field: usize) -> Option<&str> {
        match self {
            Catalog::Mds(_) => None,
            Catalog::Gridded(catalog) => catalog.fields[field].units.as_deref(),
        }
    }

    /// Whether the snapshot of `field` at `step` can be read; if not, reading gives NaN.
    pub fn has(&self, field: usize, step: usize) -> bool {
        match self {
            Catalog::Mds(catalog) => catalog.fields[field].files[step].is_some(),
            Catalog::Gridded(catalog) => catalog.fields[field].steps[step].is_some(),
        }
    }

    /// Steps with a snapshot to read: the mean over the fields, rounded up.
    pub fn stored_steps(&self) -> usize {
        match self {
            Catalog::Mds(catalog) => {
                let stored: usize = catalog.fields.iter().map(|field| field.files.iter().flatten().count()).sum();
                stored.div_ceil(catalog.fields.len().max(1))
            }
            Catalog::Gridded(catalog) => {
                let stored: usize = catalog.fields.iter().map(|field| field.steps.iter().flatten().count()).sum();
                stored.div_ceil(catalog.fields.len().max(1))
            }
        }
    }

    /// Rectangles of rows and columns that no file of some field covers.
    pub fn blank(&self) -> Vec<(&str, &Range<usize>, &Range<usize>)> {
        let mosaics: Vec<(&str, &mds::Mosaic)> = match self {
            Catalog::Mds(catalog) => catalog.fields.iter().map(|field| (field.name.as_str(), &field.mosaic)).collect(),
            Catalog::Gridded(catalog) => {
                catalog.fields.iter().map(|field| (field.name.as_str(), &field.mosaic)).collect()
            }
        };
        mosaics.into_iter().flat_map(|(name, mosaic)| mosaic.blank().iter().map(move |(j, i)| (name, j, i))).collect()
    }

    /// Where the snapshot of `field` at `step` is, for messages.
    pub fn place(&self, field: usize, step: usize) -> String {
        match self {
            Catalog::Mds(catalog) => catalog.place(field, step),
            Catalog::Gridded(catalog) => catalog.place(field, step),
        }
    }

    /// Whether the files tell the type of their numbers and what they mean.
    pub fn describes_itself(&self) -> bool {
        matches!(self, Catalog::Gridded(_))
    }

    /// The chunk that a value would be in, in words, if that chunk is not stored.
    pub fn unstored_chunk(&self, field: usize, step: usize, cell: Cell) -> Option<String> {
        match self {
            Catalog::Mds(_) => None,
            Catalog::Gridded(catalog) => catalog.unstored_chunk(field, step, cell),
        }
    }

    /// All files that the snapshots stand in, and what describes them, whether it is there or not.
    pub fn paths(&self) -> Vec<PathBuf> {
        match self {
            Catalog::Mds(catalog) => catalog.paths(),
            Catalog::Gridded(catalog) => catalog.paths.clone(),
        }
    }

    /// Tells where the wet words of shrunk files belong, by the masks of the level that is read.
    pub fn set_masks(&mut self, mask: impl Fn(GridField) -> Arc<Bits>) {
        match self {
            Catalog::Mds(catalog) => catalog.set_masks(mask),
            Catalog::Gridded(_) => {}
        }
    }

    /// Whether files of some field hold the wet values alone.
    pub fn is_shrunk(&self) -> bool {
        match self {
            Catalog::Mds(catalog) => catalog.fields.iter().any(|field| field.shrunk.is_some()),
            Catalog::Gridded(_) => false,
        }
    }

    /// Values that reading a window of one snapshot of a field takes from its file.
    pub fn stored_values(&self, field: usize, window: &Window) -> u64 {
        match self {
            Catalog::Mds(catalog) => catalog.stored_values(field, window),
            Catalog::Gridded(_) => window.points() as u64,
        }
    }

    /// Of each field that comes in chunks, what is decoded at once.
    pub fn chunks(&self) -> Vec<gridded::FieldChunk> {
        match self {
            Catalog::Mds(_) => Vec::new(),
            Catalog::Gridded(catalog) => catalog.chunks(),
        }
    }

    /// What it keeps in memory on each rank besides the names of files: libraries, tables of chunks.
    pub fn kept_bytes(&self) -> u64 {
        match self {
            Catalog::Mds(_) => 0,
            Catalog::Gridded(catalog) => catalog.kept_bytes(),
        }
    }

    /// Where chunks cut the time axis.
    pub fn cuts(&self) -> gridded::TimeCuts {
        match self {
            Catalog::Mds(_) => gridded::TimeCuts::default(),
            Catalog::Gridded(catalog) => catalog.cuts(),
        }
    }

    /// The catalog of a source whose values come in chunks, which whoever reads has to hold.
    pub fn chunked(&self) -> Option<&gridded::GriddedCatalog> {
        match self {
            Catalog::Gridded(catalog) if catalog.is_chunked() => Some(catalog),
            _ => None,
        }
    }

    /// Opens the snapshots of one field over a run of steps.
    ///
    /// # Errors
    /// When a file cannot be opened or has not the length it had at the start.
    pub fn open_block(&self, field: usize, steps: Range<usize>) -> Result<Block, SourceError> {
        match self {
            Catalog::Mds(catalog) => Ok(Block::Mds(catalog.open_block(field, steps)?)),
            Catalog::Gridded(catalog) => Ok(Block::Gridded(catalog.open_block(field, steps))),
        }
    }
}

/// An open run of snapshots of one field.
#[derive(Debug)]
pub enum Block {
    /// MITgcm binary files.
    Mds(mds::MdsBlock),
    /// netCDF files and Zarr stores.
    Gridded(gridded::GriddedBlock),
}

impl Block {
    /// Reads `window` of every step of the block into `stored`, [step, j, i], as bytes that
    /// [`decode_row`](Self::decode_row) understands; returns bytes read.
    ///
    /// # Errors
    /// When a file is shorter than it was or cannot be read.
    pub fn read(&self, window: &Window, stored: &mut Vec<u8>) -> Result<u64, SourceError> {
        match self {
            Block::Mds(block) => block.read(window, stored),
            Block::Gridded(block) => block.read(window, stored),
        }
    }

    /// Files that it holds open as long as it lives; none if that changes with what is read.
    pub fn files(&self) -> Option<usize> {
        match self {
            Block::Mds(block) => block.files(),
            Block::Gridded(_) => None,
        }
    }

    /// Decodes row `k` of every step, [step, i], of a window that [`read`](Self::read) read into `stored`. What is missing is
    /// NaN.
    pub fn decode_row<T: Sample>(&self, stored: &[u8], window: &Window, k: usize, out: &mut [T]) {
        match self {
            Block::Mds(block) => block.decode_row(stored, (k, window.i.len()), out),
            Block::Gridded(block) => block.decode_row(stored, window, k, out),
        }
    }
}
