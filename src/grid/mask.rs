//! Masks of water: one bit a cell or face, each file read once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::row_blocks::row_blocks;
use super::{Bits, Extent, GridError, GridField, GridFiles, Window};
use crate::terms::short;

/// What a mask's values may be: how much of a cell is open, or how deep it is [m]. Zero, negative numbers and NaN are land;
/// what is open is not next to nothing (as bytes in the wrong order are) and not more than there can be.
struct Allowed {
    open: RangeInclusive<f64>,
    words: &'static str,
}

/// 2 is MITgcm's `hFacSup`, for a surface that moves.
const SHARE: Allowed = Allowed { open: 1e-6..=2.0, words: "a cell's open share is 0 (land) to 1" };
const DEPTH: Allowed = Allowed { open: 1e-6..=1e5, words: "a depth is 0 (land) to 100000 m" };

/// The masks of a grid.
pub struct Masks<'a> {
    files: &'a dyn GridFiles,
    extent: Extent,
    read: RefCell<HashMap<(GridField, usize), Arc<Bits>>>,
    counts: RefCell<HashMap<(GridField, usize), u64>>,
}

impl<'a> Masks<'a> {
    /// Of a grid of `extent`; nothing is read yet.
    pub fn new(files: &'a dyn GridFiles, extent: Extent) -> Self {
        Masks { files, extent, read: RefCell::default(), counts: RefCell::default() }
    }

    /// The grid's files.
    pub fn files(&self) -> &'a dyn GridFiles {
        self.files
    }

    /// The grid's size.
    pub fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Where a field is above 0 at a level, 1-based.
    ///
    /// # Errors
    /// When it cannot be read, or holds what a mask cannot.
    pub fn bits(&self, field: GridField, level: usize) -> Result<Arc<Bits>, GridError> {
        if let Some(bits) = self.read.borrow().get(&(field, level)) {
            return Ok(Arc::clone(bits));
        }
        let bits = Arc::new(self.positive(field, level)?);
        self.counts.borrow_mut().insert((field, level), bits.count());
        self.read.borrow_mut().insert((field, level), Arc::clone(&bits));
        Ok(bits)
    }

    /// How many values of a field are above 0 at a level.
    ///
    /// # Errors
    /// As [`bits`](Self::bits).
    pub fn count(&self, field: GridField, level: usize) -> Result<u64, GridError> {
        if let Some(&count) = self.counts.borrow().get(&(field, level)) {
            return Ok(count);
        }
        let count = self.positive(field, level)?.count();
        self.counts.borrow_mut().insert((field, level), count);
        Ok(count)
    }

    /// As if these many values had been counted.
    #[cfg(test)]
    pub(crate) fn counted(self, counts: &[(GridField, usize, u64)]) -> Self {
        self.counts.borrow_mut().extend(counts.iter().map(|&(field, level, count)| ((field, level), count)));
        self
    }

    fn positive(&self, field: GridField, level: usize) -> Result<Bits, GridError> {
        let extent = &self.extent;
        let mut bits = Bits::zero(extent);
        let mask = if field == GridField::Depth { DEPTH } else { SHARE };
        let (mut above, mut below, mut first_below) = (0_u64, 0_u64, None);
        for face in 0..extent.faces {
            for rows in row_blocks(0..extent.nj, extent.ni) {
                let window = Window { face, j: rows, i: 0..extent.ni };
                let values = self.files.read(field, level, &window)?;
                for (row, values) in window.j.zip(values.chunks_exact(extent.ni)) {
                    let words = bits.row_mut(face, row);
                    for (i, &value) in values.iter().enumerate() {
                        if value > 0.0 {
                            if !mask.open.contains(&value) {
                                let point = extent.point([face, row, i]);
                                return Err(GridError::value(self.files, field, short(value), point, mask.words));
                            }
                            words[i / 64] |= 1 << (i % 64);
                            above += 1;
                        } else if value < 0.0 {
                            below += 1;
                            first_below.get_or_insert((value, [face, row, i]));
                        }
                    }
                }
            }
        }
        // Depths are not below 0, but land above the sea may be written so.
        if let Some((value, cell)) = first_below.filter(|_| below > above) {
            let words = format!(
                "of its values {below} are negative and {above} positive, and above 0 is water: where these are heights, \
                 name an array that is positive in the sea (ncap2 -s 'deptho=-{}'); where negative values are land, give a \
                 mask as hFacC",
                field.name()
            );
            return Err(GridError::value(self.files, field, short(value), extent.point(cell), &words));
        }
        Ok(bits)
    }
}
