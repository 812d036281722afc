//! What goes with the series of a lane group, and what is learnt of it beside the spectrum.

use rustfft::num_complex::Complex;

use crate::terms::{LANES, Line, Sample};

/// Angles from the grid's axes to east and north, by lane: u_east = cos·u - sin·v, v_north = sin·u + cos·v.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation<T> {
    /// Cosine of the angle.
    pub cos: Line<T>,
    /// Sine of the angle.
    pub sin: Line<T>,
}

impl<T: Sample> Rotation<T> {
    /// Axes that point east and north already.
    pub fn identity() -> Self {
        Rotation { cos: Line([T::one(); LANES]), sin: Line([T::zero(); LANES]) }
    }

    /// A vector u + iv of one lane, turned, in float64.
    pub(super) fn turned(&self, lane: usize, vector: Complex<f64>) -> Complex<f64> {
        vector * Complex::new(self.cos.0[lane].as_f64(), self.sin.0[lane].as_f64())
    }
}

/// Statistics of a lane group over its valid samples, after rotation; NaN and 0 segments in inactive lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupSummary {
    /// Mean eastward velocity [m s-1].
    pub u_mean: [f64; LANES],
    /// Mean northward velocity [m s-1].
    pub v_mean: [f64; LANES],
    /// Variance of the eastward velocity, ddof 0 [m2 s-2].
    pub u_variance: [f64; LANES],
    /// Variance of the northward velocity, ddof 0 [m2 s-2].
    pub v_variance: [f64; LANES],
    /// Whole segments in the mean.
    pub segments_used: [u32; LANES],
    /// Degrees of freedom of one bin of S_ww, away from 0 and ± df; NaN without a segment.
    pub degrees_of_freedom: [f64; LANES],
}

impl Default for GroupSummary {
    fn default() -> Self {
        let nan = [f64::NAN; LANES];
        GroupSummary {
            u_mean: nan,
            v_mean: nan,
            u_variance: nan,
            v_variance: nan,
            segments_used: [0; LANES],
            degrees_of_freedom: nan,
        }
    }
}
