//! Adds rows with weights.

use crate::terms::{Sample, VectorLoop};

/// sums += weight · values, in float64, without fused operations: the same bits on any machine.
pub(super) struct AddWeighted<'a, T> {
    pub(super) weight: f64,
    pub(super) values: &'a [T],
    pub(super) sums: &'a mut [f64],
}

impl<T: Sample> VectorLoop for AddWeighted<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, value) in self.sums.iter_mut().zip(self.values) {
            *sum += self.weight * value.as_f64();
        }
    }
}
