//! The horizontal grid: what comes in are grid files, what goes out are masks, neighbours and
//! per-point geometry, on faces of nj rows and ni columns.
//!
//! Axis order is [face, j, i] everywhere; j and i are the source's own 0-based indices ("native")
//! unless a name says `selected`. A plain grid has one face. The room reads files only through
//! [`GridFiles`], which every source format implements.

mod bits;
mod field;
mod neighbour;
mod row_blocks;
mod selection;
mod survey;
#[cfg(test)]
mod tests;
mod values;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use bits::Bits;
pub use field::GridField;
pub use neighbour::{Halo, Periodic};
pub use selection::{Axis, Lattice, SelectionRequest, lattice};
pub use survey::{Grid, Rotation, SurveyRequest, survey};
pub use values::check_values;

/// Size of the native grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Number of faces; 1 for a plain grid.
    pub faces: usize,
    /// Rows of a face.
    pub nj: usize,
    /// Columns of a face.
    pub ni: usize,
    /// Whether the output has a `face` dimension.
    pub has_faces: bool,
}

impl Extent {
    /// Points of the whole grid.
    pub fn points(&self) -> usize {
        self.faces * self.nj * self.ni
    }
}

/// A rectangle of one face, in native indices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Face, 0-based.
    pub face: usize,
    /// Rows, half-open.
    pub j: Range<usize>,
    /// Columns, half-open.
    pub i: Range<usize>,
}

impl Window {
    /// Points in the window.
    pub fn points(&self) -> usize {
        self.j.len() * self.i.len()
    }
}

/// What the grid room needs of a file format.
pub trait GridFiles: Send + Sync {
    /// Whether the grid has this field; names are MITgcm's (`XC`, `hFacC`).
    fn has(&self, name: GridField) -> bool;
    /// Where the field is or would be, for messages.
    fn place(&self, name: GridField) -> String;
    /// Values of `window` at `level` (1-based; 1 for 2-D fields), C order [j, i].
    ///
    /// # Errors
    /// When the file cannot be read, is of another shape than `extent`, or lacks the level.
    fn read(&self, name: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError>;
}

/// What can be wrong with a grid.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// A file that must exist does not.
    #[error("grid field {name} not found: {place} does not exist; {need}")]
    Missing {
        /// Field name.
        name: &'static str,
        /// Where it was looked for.
        place: String,
        /// Why it is needed and what would do instead.
        need: String,
    },
    /// A file could not be read.
    #[error("cannot read grid field {name} from {place}: {reason}")]
    Unreadable {
        /// Field name.
        name: &'static str,
        /// File.
        place: String,
        /// Cause.
        reason: String,
    },
    /// A file has another shape than the data.
    #[error(
        "grid field {name} in {place} has {got}, the data have {expected}; [input] grid must be the grid of these data"
    )]
    Shape {
        /// Field name.
        name: &'static str,
        /// File.
        place: String,
        /// Shape found.
        got: String,
        /// Shape of the data.
        expected: String,
    },
    /// A value that the field cannot have.
    #[error("grid field {name} in {place} is {value} at {point}, but {allowed}; see [input] grid, endian and dtype")]
    Value {
        /// Field name.
        name: &'static str,
        /// File.
        place: String,
        /// The value.
        value: String,
        /// Where it is.
        point: String,
        /// What there can be.
        allowed: String,
    },
    /// The grid is not latitude-longitude and has no angles.
    #[error(
        "the grid in {place} is not latitude-longitude ({field} changes by {change:.4} degrees along {along}) and has no AngleCS, AngleSN: \
         velocities cannot be turned to east/north; add the angle files to [input] grid or set [prepare] rotate = false"
    )]
    NoAngles {
        /// Folder.
        place: String,
        /// The coordinate that varies.
        field: &'static str,
        /// By how much, in degrees.
        change: f64,
        /// Along which axis.
        along: &'static str,
    },
    /// Nothing is selected.
    #[error("[select] {key}: {reason}")]
    EmptySelection {
        /// The key that leaves nothing.
        key: &'static str,
        /// What was asked and what there is.
        reason: String,
    },
}

impl GridError {
    /// A wrong value of `field`.
    fn value(files: &dyn GridFiles, field: GridField, value: String, point: String, allowed: &str) -> Self {
        GridError::Value { name: field.name(), place: files.place(field), value, point, allowed: allowed.to_owned() }
    }
}
