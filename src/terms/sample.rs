//! The number type of a run and the 64-byte line it travels in.

use bytemuck::{Pod, Zeroable};
use rustfft::FftNum;
use rustfft::num_traits::Float;

/// Locations in a lane group: 16 float32 values fill one 64-byte cache line.
pub const LANES: usize = 16;

/// A floating-point type that a run can be carried in: `f32` or `f64`.
pub trait Sample:
    Float + FftNum + Pod + Default + std::fmt::Display + std::ops::AddAssign + std::ops::SubAssign + std::ops::MulAssign
{
    /// Size of one value in bytes.
    const BYTES: usize = size_of::<Self>();
    /// Rounds a float64 to this type.
    fn rounded(value: f64) -> Self;
    /// Widens to float64, exactly.
    fn as_f64(self) -> f64;
}

impl Sample for f32 {
    #[inline]
    fn rounded(value: f64) -> Self {
        value as f32
    }
    #[inline]
    fn as_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Sample for f64 {
    #[inline]
    fn rounded(value: f64) -> Self {
        value
    }
    #[inline]
    fn as_f64(self) -> f64 {
        self
    }
}

/// One time step of a lane group: 16 neighbouring locations, aligned to a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Line<T>(pub [T; LANES]);

// SAFETY: an array of plain values; all-zero bytes are valid zeros.
unsafe impl<T: Sample> Zeroable for Line<T> {}
// SAFETY: `repr(C)` over 16 values of 4 or 8 bytes is 64 or 128 bytes, a multiple of the alignment,
// so there is no padding, and every bit pattern is a valid value.
unsafe impl<T: Sample> Pod for Line<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_no_padding() {
        assert_eq!(size_of::<Line<f32>>(), 64);
        assert_eq!(size_of::<Line<f64>>(), 128);
        assert_eq!(align_of::<Line<f64>>(), 64);
    }
}
