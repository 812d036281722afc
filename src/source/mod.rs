//! Model output on disk: what comes in are files, what goes out are blocks of snapshots,
//! [step, j, i], decoded to the run's number type and otherwise as stored.
//!
//! A source is opened once, on rank 0, which lists and checks the files; the small [`Catalog`] it
//! makes is sent to the other ranks, which open only the data files they read.

mod error;
pub mod mds;
mod time_axis;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use error::SourceError;
pub use time_axis::{StepStatus, TimeAxis, date, usual_distance};

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

    /// Where the snapshot of `field` at `step` is, for messages.
    pub fn place(&self, field: usize, step: usize) -> String {
        match self {
            Catalog::Mds(catalog) => catalog.place(field, step),
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
    /// Reads `window` of every step of the block into `out`, [step, j, i]; returns bytes read.
    ///
    /// `raw` is scratch that the caller keeps between calls.
    ///
    /// # Errors
    /// When a file is shorter than it was or cannot be read.
    pub fn read<T: Sample>(&self, window: &Window, raw: &mut Vec<u8>, out: &mut [T]) -> Result<u64, SourceError> {
        match self {
            Block::Mds(block) => block.read(window, raw, out),
        }
    }
}
