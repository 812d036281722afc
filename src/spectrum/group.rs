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

/// Statistics of a scalar in a lane group over its valid samples; NaN and 0 segments in inactive lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalarSummary {
    /// Mean, in the scalar's unit.
    pub mean: [f64; LANES],
    /// Variance, ddof 0, in the square of the scalar's unit.
    pub variance: [f64; LANES],
    /// Whole segments in the mean.
    pub segments_used: [u32; LANES],
    /// Degrees of freedom of one bin of the spectrum, away from 0, Nyquist and their neighbours; NaN without a segment.
    pub degrees_of_freedom: [f64; LANES],
}

/// What the statistics of a velocity and of a scalar have in common.
pub trait Summary {
    /// Whole segments in the mean.
    fn segments_used(&self) -> &[u32; LANES];
    /// Degrees of freedom of one bin; NaN without a segment.
    fn degrees_of_freedom(&self) -> &[f64; LANES];
}

impl Summary for GroupSummary {
    fn segments_used(&self) -> &[u32; LANES] {
        &self.segments_used
    }

    fn degrees_of_freedom(&self) -> &[f64; LANES] {
        &self.degrees_of_freedom
    }
}

impl Summary for ScalarSummary {
    fn segments_used(&self) -> &[u32; LANES] {
        &self.segments_used
    }

    fn degrees_of_freedom(&self) -> &[f64; LANES] {
        &self.degrees_of_freedom
    }
}

impl Default for ScalarSummary {
    fn default() -> Self {
        let nan = [f64::NAN; LANES];
        ScalarSummary { mean: nan, variance: nan, segments_used: [0; LANES], degrees_of_freedom: nan }
    }
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
