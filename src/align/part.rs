//! What a block has, read from one array.

use super::block::Bounds;
use super::{Axis, Block, View};
use crate::store::{ReadError, StoredArray};

/// The box of a block, read from one array.
pub(crate) struct Part {
    pub(crate) values: Vec<f64>,
    /// By axis, the distance of each pair from the box's first element.
    pub(crate) offsets: Vec<Vec<usize>>,
}

impl Part {
    pub(crate) fn read(array: &StoredArray, axes: &[Axis], block: &Block, view: View) -> Result<Self, ReadError> {
        let bounds: Bounds = view.bounds(axes, block, array.header().shape.len());
        let values = array.read_f64(&bounds.start, &bounds.shape)?;
        let offsets = axes.iter().zip(block).map(|(axis, run)| view.offsets(axis, run, &bounds)).collect();
        Ok(Part { values, offsets })
    }

    /// The values of the block, in C order of the axes.
    pub(crate) fn gather(&self) -> Vec<f64> {
        let mut at = vec![0];
        for offsets in &self.offsets {
            at = at.iter().flat_map(|base| offsets.iter().map(move |offset| base + offset)).collect();
        }
        at.into_iter().map(|at| self.values[at]).collect()
    }
}
