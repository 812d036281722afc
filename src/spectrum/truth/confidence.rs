//! How often the true spectrum lies within the confidence limits: noise of a known spectrum, through the estimator.

use std::f64::consts::PI;

use rustfft::num_complex::Complex;

use super::super::{
    BinCovariance, SegmentSet, Welch, band_energy, band_energy_dof, confidence_factors, kinetic_energy_dof,
    window_coefficients, zero_index,
};
use super::{Noise, hourly, rotary};
use crate::terms::{CyclesPerDay, Detrend, LANES, Line, Window};

const SEGMENT: usize = 240;
const STEPS: usize = 5 * SEGMENT + SEGMENT / 2;
const GROUPS: usize = 60;
/// Bins so far apart share nothing: Hann's main lobe ends at 2.
const APART: usize = 6;

/// Complex noise w(t) = φ w(t-1) + e(t), its u and v of [time][lane] made from its stationary state on, e of deviation 1
/// in both; white for φ = 0, red for a real one, turning for a complex one.
fn noise(source: &mut Noise, phi: Complex<f64>) -> [Vec<Line<f32>>; 2] {
    let mut draw = || Complex::new(source.normal(), source.normal());
    let deviation = 1.0 / (1.0 - phi.norm_sqr()).sqrt();
    let mut w: [Complex<f64>; LANES] = std::array::from_fn(|_| draw() * deviation);
    let mut lines = [Vec::with_capacity(STEPS), Vec::with_capacity(STEPS)];
    for _ in 0..STEPS {
        for w in &mut w {
            *w = *w * phi + draw();
        }
        lines[0].push(Line(w.map(|w| w.re as f32)));
        lines[1].push(Line(w.map(|w| w.im as f32)));
    }
    lines
}

/// Its S_ww by bin, ascending from -Nyquist: 2 / (fs |1 - φ exp(-iω)|²), fs = 24 samples a day.
fn truth(phi: Complex<f64>) -> Vec<f64> {
    let angle = |bin: usize| 2.0 * PI * (bin as f64 - zero_index(SEGMENT) as f64) / SEGMENT as f64;
    (0..SEGMENT).map(|bin| 2.0 / 24.0 / (1.0 - phi * Complex::from_polar(1.0, -angle(bin))).norm_sqr()).collect()
}

/// Counts of intervals that hold the truth, and of all.
#[derive(Debug, Default)]
struct Coverage {
    inside: usize,
    all: usize,
}

impl Coverage {
    fn count(&mut self, estimate: f64, [lower, upper]: [f64; 2], truth: f64) {
        self.inside += usize::from(lower * estimate <= truth && truth <= upper * estimate);
        self.all += 1;
    }

    /// Distance from the stated rate in standard errors of a binomial count, and the rate.
    fn off(&self, probability: f64) -> (f64, f64) {
        let rate = self.inside as f64 / self.all as f64;
        ((rate - probability) / (probability * (1.0 - probability) / self.all as f64).sqrt(), rate)
    }

    fn assert(&self, probability: f64, what: &str) {
        let (off, rate) = self.off(probability);
        assert!(off.abs() < 4.0, "{what}: {rate} of {} within, {probability} stated: {off} standard errors", self.all);
    }
}

const WHITE: Complex<f64> = Complex::new(0.0, 0.0);
const RED: Complex<f64> = Complex::new(0.7, 0.0);
/// Its energy is clockwise, at -1.9 cycles a day: S_cw is 13 times S_ccw there.
const TURNING: Complex<f64> = Complex::new(0.5, -0.3);

fn estimator(window: Window, overlap: f64) -> Welch<f32> {
    Welch::new(&hourly(STEPS, SEGMENT, overlap, window, Detrend::Constant)).unwrap()
}

#[test]
fn one_bin_is_covered_at_the_stated_rate() {
    for (name, phi) in [("white", WHITE), ("red", RED), ("turning", TURNING)] {
        let truth = truth(phi);
        for (window, overlap, segments) in [(Window::Hann, 0.5, 10), (Window::Boxcar, 0.0, 5)] {
            let welch = estimator(window, overlap);
            let probabilities = [0.5, 0.8, 0.95];
            let mut coverage = probabilities.map(|_| Coverage::default());
            let mut source = Noise(7);
            for _ in 0..GROUPS {
                let [u, v] = noise(&mut source, phi);
                let (psd, summary) = rotary(&welch, &u, &v, None, u16::MAX);
                assert_eq!(summary.segments_used, [segments; LANES]);
                for (row, dof) in psd.chunks(SEGMENT).zip(summary.degrees_of_freedom) {
                    let factors = probabilities.map(|probability| confidence_factors(dof, probability));
                    for bin in (APART..SEGMENT).step_by(APART).filter(|bin| *bin != zero_index(SEGMENT)) {
                        for (coverage, factors) in coverage.iter_mut().zip(factors) {
                            coverage.count(row[bin].into(), factors, truth[bin]);
                        }
                    }
                }
            }
            for (coverage, probability) in coverage.iter().zip(probabilities) {
                coverage.assert(probability, &format!("{name}, {window}"));
            }
        }
    }
}

/// Segments that share three quarters are not worth two degrees of freedom each.
#[test]
fn two_degrees_of_freedom_a_segment_would_be_noticed() {
    let welch = estimator(Window::Hann, 0.75);
    let (mut right, mut naive) = (Coverage::default(), Coverage::default());
    let (mut source, truth) = (Noise(8), truth(RED));
    for _ in 0..GROUPS {
        let [u, v] = noise(&mut source, RED);
        let (psd, summary) = rotary(&welch, &u, &v, None, u16::MAX);
        for lane in 0..LANES {
            let limits = [summary.degrees_of_freedom[lane], 2.0 * f64::from(summary.segments_used[lane])]
                .map(|dof| confidence_factors(dof, 0.95));
            for bin in (APART..zero_index(SEGMENT)).step_by(APART) {
                let estimate = f64::from(psd[lane * SEGMENT + bin]);
                right.count(estimate, limits[0], truth[bin]);
                naive.count(estimate, limits[1], truth[bin]);
            }
        }
    }
    right.assert(0.95, "Hann, three quarters");
    assert!(naive.off(0.95).0 < -20.0, "{:?}", naive.off(0.95));
}

/// Kinetic energy, the sum of both senses, by ν (S_ccw + S_cw)² / (S_ccw² + S_cw²): of the true densities at the stated
/// rate; of the estimated ones, as users have them, at no less and at most a hundredth more.
#[test]
fn kinetic_energy_is_covered_by_its_own_degrees_of_freedom() {
    for (name, phi) in [("white", WHITE), ("red", RED), ("turning", TURNING)] {
        let truth = truth(phi);
        let welch = estimator(Window::Hann, 0.5);
        let (mut of_truth, mut of_estimate, mut of_one) =
            (Coverage::default(), Coverage::default(), Coverage::default());
        let mut source = Noise(9);
        for _ in 0..GROUPS {
            let [u, v] = noise(&mut source, phi);
            let (psd, summary) = rotary(&welch, &u, &v, None, u16::MAX);
            for (row, dof) in psd.chunks(SEGMENT).zip(summary.degrees_of_freedom) {
                let zero = zero_index(SEGMENT);
                for k in (APART..zero).step_by(APART) {
                    let senses = [row[zero + k], row[zero - k]].map(f64::from);
                    let (true_senses, sum) = ([truth[zero + k], truth[zero - k]], senses[0] + senses[1]);
                    let limits = |[a, b]: [f64; 2]| confidence_factors(kinetic_energy_dof(dof, a, b), 0.95);
                    let expected = true_senses[0] + true_senses[1];
                    of_truth.count(sum, limits(true_senses), expected);
                    of_estimate.count(sum, limits(senses), expected);
                    of_one.count(sum, confidence_factors(dof, 0.95), expected);
                }
            }
        }
        let report = [&of_truth, &of_estimate, &of_one].map(|coverage| coverage.off(0.95));
        of_truth.assert(0.95, name);
        assert!(of_estimate.off(0.95).0 > -4.0 && of_estimate.off(0.95).1 < 0.96, "{name}: {report:?}");
        // The factors of one bin are too far apart where the senses share the energy.
        assert!(of_one.off(0.95).1 > 0.965, "{name}: {report:?}");
    }
}

/// The energy of a band, by its own degrees of freedom, of the true densities and of the estimated ones; as many as its bins
/// have together are too many by far, since a Hann window correlates neighbours.
#[test]
fn energy_of_a_band_is_covered_by_its_own_degrees_of_freedom() {
    let df = CyclesPerDay(24.0 / SEGMENT as f64);
    let limits =
        [(0.33, 0.62), (0.9, 1.1), (1.0, 3.0), (2.1, 12.0)].map(|(lo, hi)| (CyclesPerDay(lo), CyclesPerDay(hi)));
    for (name, phi) in [("white", WHITE), ("red", RED), ("turning", TURNING)] {
        let truth = truth(phi);
        for (window, overlap) in [(Window::Hann, 0.5), (Window::Hann, 0.75), (Window::Boxcar, 0.0)] {
            let welch = estimator(window, overlap);
            let segmentation = welch.segmentation();
            let coefficients = window_coefficients(window, SEGMENT).unwrap();
            let covariance =
                BinCovariance::new(&coefficients, segmentation.hop).of_mean(&SegmentSet::all(segmentation.count));
            let expected = limits.map(|(lo, hi)| {
                let energy = band_energy(&truth, df, lo, hi).total();
                (energy, confidence_factors(band_energy_dof(&truth, df, (lo, hi), &covariance), 0.95))
            });
            let mut coverage = limits.map(|_| [Coverage::default(), Coverage::default(), Coverage::default()]);
            let mut source = Noise(11);
            for _ in 0..GROUPS {
                let [u, v] = noise(&mut source, phi);
                let (psd, summary) = rotary(&welch, &u, &v, None, u16::MAX);
                for (row, dof) in psd.chunks(SEGMENT).zip(summary.degrees_of_freedom) {
                    for (([of_truth, of_estimate, naive], (lo, hi)), (energy, factors)) in
                        coverage.iter_mut().zip(limits).zip(expected)
                    {
                        let estimate = band_energy(row, df, lo, hi).total();
                        of_truth.count(estimate, factors, energy);
                        let dof_of_estimate = band_energy_dof(row, df, (lo, hi), &covariance);
                        of_estimate.count(estimate, confidence_factors(dof_of_estimate, 0.95), energy);
                        let bins = 2.0 * (hi.0 - lo.0) / df.0;
                        naive.count(estimate, confidence_factors(dof * bins, 0.95), energy);
                    }
                }
            }
            for ([of_truth, of_estimate, naive], (lo, hi)) in coverage.iter().zip(limits) {
                let what = format!("{name}, {window} {overlap}, {lo:?} to {hi:?}");
                of_truth.assert(0.95, &what);
                assert!(of_estimate.off(0.95).0 > -4.0 && of_estimate.off(0.95).1 < 0.975, "{what}: {of_estimate:?}");
                if window == Window::Hann && hi.0 - lo.0 > 1.0 {
                    assert!(naive.off(0.95).0 < -15.0, "{what}: {naive:?}");
                }
            }
        }
    }
}

/// A real series has one real number at Nyquist for each two elsewhere.
#[test]
fn nyquist_of_a_one_sided_spectrum_has_half_the_degrees_of_freedom() {
    let welch = estimator(Window::Hann, 0.5);
    let bins = SEGMENT / 2 + 1;
    let (mut inner, mut half, mut whole) = (Coverage::default(), Coverage::default(), Coverage::default());
    let mut source = Noise(10);
    for _ in 0..GROUPS {
        for x in noise(&mut source, WHITE) {
            let mut psd = vec![0.0_f32; LANES * bins];
            let summary = welch.one_sided(&x, u16::MAX, &mut welch.scratch(), &mut psd);
            for (row, dof) in psd.chunks(bins).zip(summary.degrees_of_freedom) {
                for bin in (APART..bins - 2).step_by(APART) {
                    inner.count(row[bin].into(), confidence_factors(dof, 0.95), 2.0 / 24.0);
                }
                let nyquist = f64::from(row[bins - 1]);
                half.count(nyquist, confidence_factors(0.5 * dof, 0.95), 1.0 / 24.0);
                whole.count(nyquist, confidence_factors(dof, 0.95), 1.0 / 24.0);
            }
        }
    }
    inner.assert(0.95, "away from Nyquist");
    half.assert(0.95, "Nyquist");
    assert!(whole.off(0.95).0 < -20.0, "{:?}", whole.off(0.95));
}
