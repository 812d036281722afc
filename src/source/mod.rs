//! Model output on disk: what comes in are files, what goes out are blocks of snapshots,
//! [step, j, i], decoded to the run's number type and otherwise as stored.
//!
//! A source is opened once, on rank 0, which lists and checks the files; the small [`Catalog`] it
//! makes is sent to the other ranks, which open only the data files they read.

mod error;
mod lost;
pub mod mds;
mod time_axis;

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use error::SourceError;
pub use lost::{LostSnapshot, LostSnapshots};
pub use time_axis::{StepStatus, TimeAxis, date_of, usual_distance};

use crate::grid::{Extent, Window};
use crate::terms::Sample;

/// All that a rank must know to read: no handle, only names, sizes and the time axis.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Catalog {
    /// MITgcm binary files.
    Mds(mds::MdsCatalog),
}

impl Catalog {
    /// Size of the native grid.
    pub fn extent(&self) -> &Extent {
        match self {
            Catalog::Mds(catalog) => &catalog.extent,
        }
    }

    /// The analysed time axis.
    pub fn time(&self) -> &TimeAxis {
        match self {
            Catalog::Mds(catalog) => &catalog.time,
        }
    }

    /// Bytes of one value as stored.
    pub fn stored_bytes(&self) -> usize {
        match self {
            Catalog::Mds(catalog) => catalog.number.bytes(),
        }
    }

    /// Snapshots of the analysed times that are not there or cannot be used.
    pub fn lost(&self) -> &LostSnapshots {
        match self {
            Catalog::Mds(catalog) => &catalog.lost,
        }
    }

    /// What the log should say of the files.
    pub fn notes(&self) -> &[String] {
        match self {
            Catalog::Mds(catalog) => &catalog.notes,
        }
    }

    /// Whether the snapshot of `field` at `step` can be read; if not, reading gives NaN.
    pub fn has(&self, field: usize, step: usize) -> bool {
        match self {
            Catalog::Mds(catalog) => catalog.fields[field].files[step].is_some(),
        }
    }

    /// Steps with a snapshot to read: the mean over the fields, rounded up.
    pub fn stored_steps(&self) -> usize {
        match self {
            Catalog::Mds(catalog) => {
                let stored: usize = catalog.fields.iter().map(|field| field.files.iter().flatten().count()).sum();
                stored.div_ceil(catalog.fields.len().max(1))
            }
        }
    }

    /// Rectangles of rows and columns that no file of some field covers.
    pub fn blank(&self) -> impl Iterator<Item = (&str, &Range<usize>, &Range<usize>)> {
        let fields = match self {
            Catalog::Mds(catalog) => &catalog.fields,
        };
        fields.iter().flat_map(|field| field.mosaic.blank().iter().map(|(j, i)| (field.name.as_str(), j, i)))
    }

    /// The name of `field`, as the configuration has it.
    pub fn name(&self, field: usize) -> &str {
        match self {
            Catalog::Mds(catalog) => &catalog.fields[field].name,
        }
    }

    /// Where the snapshot of `field` at `step` is, for messages.
    pub fn place(&self, field: usize, step: usize) -> String {
        match self {
            Catalog::Mds(catalog) => catalog.place(field, step),
        }
    }

    /// All files that the snapshots stand in, and what describes them, whether it is there or not.
    pub fn paths(&self) -> Vec<PathBuf> {
        match self {
            Catalog::Mds(catalog) => catalog.paths(),
        }
    }

    /// Opens the snapshots of one field over a run of steps.
    ///
    /// # Errors
    /// When a file cannot be opened or has not the length it had at the start.
    pub fn open_block(&self, field: usize, steps: Range<usize>) -> Result<Block, SourceError> {
        match self {
            Catalog::Mds(catalog) => Ok(Block::Mds(catalog.open_block(field, steps)?)),
        }
    }
}

/// An open run of snapshots of one field.
#[derive(Debug)]
pub enum Block {
    /// MITgcm binary files.
    Mds(mds::MdsBlock),
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
        }
    }

    /// Files that it holds open as long as it lives; none if that changes with what is read.
    pub fn files(&self) -> Option<usize> {
        match self {
            Block::Mds(block) => block.files(),
        }
    }

    /// Decodes one row of every step, [step, i], of a window of `width` columns that [`read`](Self::read) read into
    /// `stored`; `row` is counted from the window's first. A missing step is NaN.
    pub fn decode_row<T: Sample>(&self, stored: &[u8], (row, width): (usize, usize), out: &mut [T]) {
        match self {
            Block::Mds(block) => block.decode_row(stored, (row, width), out),
        }
    }
}
