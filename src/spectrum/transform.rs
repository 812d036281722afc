//! The complex transform of one segment of a lane group: the seam that all segment-based estimators share.
//!
//! In: u, v of one segment [time][lane] and what is to be removed. Out, lane by lane:
//! X_k = Σ_n w_n x_n exp(-2πi k n / N), x = u_east + i v_north after detrending, k in FFT order, unscaled.
//! Of a scalar two segments go at a time, x = x_1 + i x_2: the transform of a real series alone is half redundant.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::turn::{Trend, Turn, TurnPair};
use super::{Rotation, SpectrumError, window_coefficients};
use crate::terms::{Detrend, InstructionSet, LANES, Line, Sample, Window};

/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

/// A plan for transforming segments of one length.
pub(super) struct SegmentTransform<T: Sample> {
    length: usize,
    /// From one row to the next: an odd number of cache lines, so that 16 rows do not fall on one cache set.
    stride: usize,
    window: Vec<T>,
    sloping: bool,
    /// (k, W_k) of the window's transform, where the mean is to be put back; empty where it stays removed.
    mean_response: Vec<(usize, Complex<f64>)>,
    fft: Arc<dyn Fft<T>>,
    instructions: InstructionSet,
}

/// 16 rows of one segment and the working space of their transform.
pub(super) struct SegmentRows<T> {
    pub(super) rows: Vec<Complex<T>>,
    fft: Vec<Complex<T>>,
}

/// One segment of a lane group and what is done to it before the transform.
pub(super) struct SegmentInput<'a, T> {
    pub(super) u: &'a [Line<T>],
    pub(super) v: &'a [Line<T>],
    pub(super) u_trend: Trend,
    pub(super) v_trend: Trend,
    pub(super) rotation: &'a Rotation<T>,
}

/// Two segments of a scalar in a lane group, of which a lane uses both, one, or none.
pub(super) struct PairInput<'a, T> {
    pub(super) segments: [&'a [Line<T>]; 2],
    pub(super) trends: [Trend; 2],
    /// Bit per lane; what a lane does not use is zero in its place.
    pub(super) used: [u16; 2],
}

impl<T: Sample> SegmentTransform<T> {
    /// Plans for segments of `length` samples; also returns the window's coefficients in float64.
    pub(super) fn new(
        window: Window,
        length: usize,
        detrend: Detrend,
        instructions: InstructionSet,
    ) -> Result<(Self, Vec<f64>), SpectrumError> {
        let coefficients = window_coefficients(window, length)?;
        let mean_response = if detrend == Detrend::None { significant_transform(&coefficients) } else { Vec::new() };
        let lines = (length * size_of::<Complex<T>>()).div_ceil(CACHE_LINE) | 1;
        let plan = SegmentTransform {
            length,
            stride: lines * CACHE_LINE / size_of::<Complex<T>>(),
            window: coefficients.iter().map(|w| T::rounded(*w)).collect(),
            sloping: detrend == Detrend::Linear,
            mean_response,
            fft: FftPlanner::new().plan_fft_forward(length),
            instructions,
        };
        Ok((plan, coefficients))
    }

    /// Values in the rows and in the working space.
    fn scratch_lens(&self) -> (usize, usize) {
        (LANES * self.stride, self.fft.get_inplace_scratch_len())
    }

    pub(super) fn scratch(&self) -> SegmentRows<T> {
        let zero = Complex::new(T::zero(), T::zero());
        let (rows, fft) = self.scratch_lens();
        SegmentRows { rows: vec![zero; rows], fft: vec![zero; fft] }
    }

    pub(super) fn scratch_bytes(&self) -> usize {
        let (rows, fft) = self.scratch_lens();
        (rows + fft) * size_of::<Complex<T>>()
    }

    /// Transforms the `lanes` (bits) of one segment and hands each to `take` while it is in cache.
    pub(super) fn transform(
        &self,
        segment: &SegmentInput<'_, T>,
        lanes: u16,
        scratch: &mut SegmentRows<T>,
        take: impl FnMut(usize, &[Complex<T>]),
    ) {
        self.instructions.run(Turn {
            u: segment.u,
            v: segment.v,
            window: &self.window,
            u_trend: &segment.u_trend,
            v_trend: &segment.v_trend,
            sloping: self.sloping,
            rotation: segment.rotation,
            rows: &mut scratch.rows,
            stride: self.stride,
        });
        let level = |lane: usize| {
            let level = Complex::new(segment.u_trend.level[lane], segment.v_trend.level[lane]);
            segment.rotation.turned(lane, level)
        };
        self.transform_rows(lanes, level, scratch, take);
    }

    /// Transforms two segments of a scalar, the second as imaginary part, in the lanes that use one of them, and hands
    /// each lane to `take` while it is in cache.
    pub(super) fn transform_pair(
        &self,
        pair: &PairInput<'_, T>,
        scratch: &mut SegmentRows<T>,
        take: impl FnMut(usize, &[Complex<T>]),
    ) {
        self.instructions.run(TurnPair {
            segments: pair.segments,
            trends: &pair.trends,
            used: pair.used,
            window: &self.window,
            sloping: self.sloping,
            rows: &mut scratch.rows,
            stride: self.stride,
        });
        let level = |lane: usize| {
            let of = |at: usize| if pair.used[at] >> lane & 1 == 1 { pair.trends[at].level[lane] } else { 0.0 };
            Complex::new(of(0), of(1))
        };
        self.transform_rows(pair.used[0] | pair.used[1], level, scratch, take);
    }

    /// Transforms the rows of `lanes` (bits) in place; `level` is the mean of a lane, where that is put back.
    fn transform_rows(
        &self,
        lanes: u16,
        level: impl Fn(usize) -> Complex<f64>,
        scratch: &mut SegmentRows<T>,
        mut take: impl FnMut(usize, &[Complex<T>]),
    ) {
        for lane in (0..LANES).filter(|lane| lanes >> lane & 1 == 1) {
            let row = &mut scratch.rows[lane * self.stride..][..self.length];
            self.fft.process_with_scratch(row, &mut scratch.fft);
            if !self.mean_response.is_empty() {
                self.put_back(level(lane), row);
            }
            take(lane, row);
        }
    }

    /// Adds the transform of a constant times the window.
    fn put_back(&self, level: Complex<f64>, row: &mut [Complex<T>]) {
        for (k, response) in &self.mean_response {
            let value = &mut row[*k];
            let whole = level * response + Complex::new(value.re.as_f64(), value.im.as_f64());
            *value = Complex::new(T::rounded(whole.re), T::rounded(whole.im));
        }
    }
}

/// The bins of a window's transform that stand above the rounding of the transform itself.
fn significant_transform(coefficients: &[f64]) -> Vec<(usize, Complex<f64>)> {
    let mut transform: Vec<Complex<f64>> = coefficients.iter().map(|w| Complex::new(*w, 0.0)).collect();
    FftPlanner::new().plan_fft_forward(transform.len()).process(&mut transform);
    let sum: f64 = coefficients.iter().map(|w| w.abs()).sum();
    let floor = 4.0 * f64::EPSILON * sum;
    transform.into_iter().enumerate().filter(|(_, value)| value.norm() > floor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_hann_window_reaches_three_bins() {
        let hann = window_coefficients(Window::Hann, 720).unwrap();
        let bins: Vec<_> = significant_transform(&hann);
        assert_eq!(bins.iter().map(|(k, _)| *k).collect::<Vec<_>>(), [0, 1, 719]);
        assert!((bins[0].1.re - 360.0).abs() < 1e-10 && (bins[1].1.re + 180.0).abs() < 1e-10);
        let boxcar = window_coefficients(Window::Boxcar, 97).unwrap();
        assert_eq!(significant_transform(&boxcar).len(), 1);
    }

    #[test]
    fn rows_lie_an_odd_number_of_cache_lines_apart() {
        for length in [1, 7, 8, 9, 720, 1024, 1440] {
            let (plan, _) =
                SegmentTransform::<f32>::new(Window::Hann, length, Detrend::None, InstructionSet::detect()).unwrap();
            assert!(plan.stride >= length && plan.stride % 8 == 0 && (plan.stride / 8) % 2 == 1);
            let scratch = plan.scratch();
            let values = scratch.rows.len() + scratch.fft.len();
            assert_eq!(plan.scratch_bytes(), values * 8);
        }
    }
}
