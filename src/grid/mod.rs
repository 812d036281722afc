//! The horizontal grid: what comes in are grid files, what goes out are masks, neighbours and
//! per-point geometry, on faces of nj rows and ni columns.
//!
//! Axis order is [face, j, i] everywhere; j and i are the source's own 0-based indices ("native")
//! unless a name says `selected`. A plain grid has one face, a lat-lon-cap grid 13, which lie in five facets as the
//! source lays them out. The room reads files only through [`GridFiles`], which every source format implements.

mod bits;
mod extent;
mod field;
mod joins;
mod mask;
mod neighbour;
mod reach;
mod row_blocks;
mod selection;
mod survey;
#[cfg(test)]
mod tests;
mod values;

pub use bits::Bits;
pub use extent::{Extent, Facet, LLC_FACES, Layout, Periodic, Window};
pub use field::GridField;
pub use joins::distance_across_seams;
pub use mask::Masks;
pub use neighbour::{Cell, Seam, Side};
pub use reach::{Reach, reach};
pub use selection::{Axis, Lattice, SelectionRequest, lattice};
pub use survey::{Grid, Rotation, SurveyRequest, survey};
pub use values::check_values;

/// What the grid room needs of a file format.
pub trait GridFiles: Send + Sync {
    /// Whether the grid has this field; names are MITgcm's (`XC`, `hFacC`).
    fn has(&self, name: GridField) -> bool;
    /// Where the field is or would be, for messages.
    fn place(&self, name: GridField) -> String;
    /// Levels of the field.
    ///
    /// # Errors
    /// When the file cannot be opened.
    fn levels(&self, name: GridField) -> Result<usize, GridError>;
    /// Values of `window` at `level` (1-based; 1 for 2-D fields), C order [j, i].
    ///
    /// # Errors
    /// When the file cannot be read, is of another shape than `extent`, or lacks the level.
    fn read(&self, name: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError>;
    /// What to look at where the field has a value that it cannot have.
    fn advice(&self, _value: &str) -> String {
        "see [input] grid, endian and dtype".into()
    }
    /// Bytes of what was read that may stay in memory, until it is forgotten.
    fn kept_bytes(&self) -> u64 {
        0
    }
    /// Gives back the memory of what was read.
    fn forget(&self) {}
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
    #[error("grid field {name} in {place} is {value} at {point}, but {allowed}; {advice}")]
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
        /// What to look at.
        advice: String,
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
        let (allowed, advice) = (allowed.to_owned(), files.advice(&value));
        GridError::Value { name: field.name(), place: files.place(field), value, point, allowed, advice }
    }
}
