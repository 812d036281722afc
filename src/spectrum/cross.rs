//! Sums the products of what turns one way with what turns the other.

use rustfft::num_complex::Complex;

use crate::terms::{Sample, VectorLoop};

/// Adds W(+f) W(-f) in float64 for the bins 0 to N/2 of a transform of N in FFT order. DC, and Nyquist of an even N, are
/// their own mirror images: W² is added there.
pub(super) struct AddCross<'a, T> {
    pub(super) transform: &'a [Complex<T>],
    pub(super) cross: &'a mut [Complex<f64>],
}

impl<T: Sample> VectorLoop for AddCross<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Some((at_zero, others)) = self.cross.split_first_mut() else { return };
        let Some((zero, positive)) = self.transform.split_first() else { return };
        *at_zero += wide(zero) * wide(zero);
        for ((cross, ccw), cw) in others.iter_mut().zip(positive).zip(positive.iter().rev()) {
            *cross += wide(ccw) * wide(cw);
        }
    }
}

#[inline(always)]
fn wide<T: Sample>(x: &Complex<T>) -> Complex<f64> {
    Complex::new(x.re.as_f64(), x.im.as_f64())
}
