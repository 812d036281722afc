//! What a block has, read from one array.

use num_complex::Complex64;

use super::block::Bounds;
use super::{Axis, Block, View};
use crate::store::{ReadError, StoredArray};

/// The box of a block, read from one array.
pub(crate) struct Part {
    values: Vec<f64>,
    /// Imaginary parts of complex numbers; empty of others.
    imaginary: Vec<f64>,
    /// By axis, the distance of each pair from the box's first element.
    pub(crate) offsets: Vec<Vec<usize>>,
}

impl Part {
    pub(crate) fn read(array: &StoredArray, axes: &[Axis], block: &Block, view: View) -> Result<Self, ReadError> {
        let bounds: Bounds = view.bounds(axes, block, array.header().shape.len());
        let (values, imaginary) = if array.is_complex() {
            array.read_complex(&bounds.start, &bounds.shape)?.into_iter().map(|[re, im]| (re, im)).unzip()
        } else {
            (array.read_f64(&bounds.start, &bounds.shape)?, Vec::new())
        };
        let offsets = axes.iter().zip(block).map(|(axis, run)| view.offsets(axis, run, &bounds)).collect();
        Ok(Part { values, imaginary, offsets })
    }

    /// One value of the box.
    pub(crate) fn value(&self, at: usize) -> Complex64 {
        Complex64::new(self.values[at], self.imaginary.get(at).copied().unwrap_or(0.0))
    }

    /// The values of the block of an array of real numbers, in C order of the axes.
    pub(crate) fn gather(&self) -> Vec<f64> {
        let mut at = vec![0];
        for offsets in &self.offsets {
            at = at.iter().flat_map(|base| offsets.iter().map(move |offset| base + offset)).collect();
        }
        at.into_iter().map(|at| self.values[at]).collect()
    }
}
