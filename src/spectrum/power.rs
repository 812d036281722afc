//! Sums the power of transforms.

use rustfft::num_complex::Complex;

use crate::terms::{Sample, VectorLoop};

/// Adds |X|² in float64.
pub(super) struct AddPower<'a, T> {
    pub(super) transform: &'a [Complex<T>],
    pub(super) power: &'a mut [f64],
}

impl<T: Sample> VectorLoop for AddPower<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (power, x) in self.power.iter_mut().zip(self.transform) {
            let (re, im) = (x.re.as_f64(), x.im.as_f64());
            *power += re * re + im * im;
        }
    }
}
