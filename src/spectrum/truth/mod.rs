//! The truth suite: the kernels against slow, independent float64 implementations, scipy, and physics.

mod agreement;
mod confidence;
mod ellipse;
mod extras;
mod gaps;
mod one_sided;
mod physics;
mod precision;
mod reference;

use super::{GroupSummary, Rotation, Welch, WelchSpec};
use crate::terms::{Detrend, LANES, Line, Sample, Seconds, Window};

/// A plan for hourly records.
fn hourly(steps: usize, segment: usize, overlap: f64, window: Window, detrend: Detrend) -> WelchSpec {
    WelchSpec { steps, segment, overlap, window, detrend, sampling_interval: Seconds(3600.0), longest_gap: 0 }
}

/// One run over fresh scratch.
fn rotary<T: Sample>(
    welch: &Welch<T>,
    u: &[Line<T>],
    v: &[Line<T>],
    rotation: Option<&Rotation<T>>,
    active: u16,
) -> (Vec<T>, GroupSummary) {
    let mut psd = vec![T::zero(); LANES * welch.frequencies().len()];
    let summary = welch.rotary(u, v, rotation, active, &mut welch.scratch(), &mut psd);
    (psd, summary)
}

/// Lines [time][lane] of `value(time, lane)`, rounded to T.
fn lines<T: Sample>(steps: usize, value: impl Fn(usize, usize) -> f64) -> Vec<Line<T>> {
    (0..steps).map(|t| Line(std::array::from_fn(|lane| T::rounded(value(t, lane))))).collect()
}

fn lane_of<T: Sample>(lines: &[Line<T>], lane: usize) -> Vec<f64> {
    lines.iter().map(|line| line.0[lane].as_f64()).collect()
}

/// A repeatable source of noise: Knuth's MMIX congruential generator, upper bits.
struct Noise(u64);

impl Noise {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    /// Between 0 and 1, never 0.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Mean 0, standard deviation 1 (Box & Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }

    /// Lines of normal noise around a mean.
    fn lines<T: Sample>(&mut self, steps: usize, mean: f64, deviation: f64) -> Vec<Line<T>> {
        let mut line = || Line(std::array::from_fn(|_| T::rounded(mean + deviation * self.normal())));
        (0..steps).map(|_| line()).collect()
    }

    fn rotation<T: Sample>(&mut self) -> Rotation<T> {
        let mut rotation = Rotation::identity();
        for lane in 0..LANES {
            let (sin, cos) = (6.3 * self.uniform()).sin_cos();
            rotation.cos.0[lane] = T::rounded(cos);
            rotation.sin.0[lane] = T::rounded(sin);
        }
        rotation
    }
}

/// Allowed error of a spectrum, relative to its peak: c · eps · log2(4 N).
///
/// float32 is held to the 1e-6 of the conventions (0.94e-6 at N = 240); in float64 the slow references err as well.
fn tolerance<T: Sample>(segment: usize) -> f64 {
    let c = if T::BYTES == 4 { 0.8 } else { 16.0 };
    c * T::epsilon().as_f64() * (4.0 * segment as f64).log2()
}

/// Fails unless `got` is within `tolerance` of the peak of `expected` in every bin; `floor` is an absolute allowance
/// for spectra that are zero but for rounding.
fn assert_spectrum<T: Sample>(got: &[T], expected: &[f64], tolerance: f64, floor: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let peak = expected.iter().copied().fold(0.0, f64::max);
    for (bin, (g, e)) in got.iter().zip(expected).enumerate() {
        let error = (g.as_f64() - e).abs();
        // Not `error > ...`: NaN must fail.
        assert!(
            error <= tolerance * peak + floor,
            "{what}: bin {bin} is {g}, not {e}; {:.2e} of the peak, allowed {tolerance:.2e}",
            error / peak
        );
    }
}

/// Results as bits, so that NaN equals NaN and -0 is not 0.
fn bits<T: Sample>(values: &[T]) -> Vec<u64> {
    values.iter().map(|x| x.as_f64().to_bits()).collect()
}

/// All numbers of one lane, as bits.
fn lane_bits<T: Sample>(psd: &[T], summary: &GroupSummary, lane: usize) -> Vec<u64> {
    let length = psd.len() / LANES;
    let mut all = bits(&psd[lane * length..][..length]);
    let s = summary;
    all.extend(bits(&[s.u_mean[lane], s.v_mean[lane], s.u_variance[lane], s.v_variance[lane]]));
    all.extend([u64::from(s.segments_used[lane]), s.degrees_of_freedom[lane].to_bits()]);
    all
}
