//! Spectra on frequency scaled by the inertial one.

use crate::spectrum::zero_index;
use crate::terms::{CyclesPerDay, Sample};

/// Bins of r = f / f0, centred on whole multiples of their width, from -limit to limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioAxis {
    /// Width of a bin.
    pub step: f64,
    /// Bins on each side of 0.
    pub side: usize,
}

/// Points nearer to the equator than where f0 is so many bins of frequency wide are left out: the spectrum does not tell
/// inertial motion from the mean there.
const BINS_AT_LEAST: f64 = 2.0;

impl RatioAxis {
    /// Bins up to the one that is centred on `limit`, or the last one before it.
    pub fn new(limit: f64, step: f64) -> Self {
        RatioAxis { step, side: (limit / step * (1.0 + 1e-12)).floor().max(0.0) as usize }
    }

    /// How many bins there are.
    pub fn len(&self) -> usize {
        2 * self.side + 1
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Centres of the bins, ascending.
    pub fn centres(&self) -> Vec<f64> {
        (0..self.len()).map(|bin| self.centre(bin)).collect()
    }

    fn centre(&self, bin: usize) -> f64 {
        (bin as f64 - self.side as f64) * self.step
    }

    /// Mean density of S_r = |f0| S_ww(r f0) [m2 s-2] over one bin, r being f / f0 with the sign of f0, so that the inertial
    /// frequency is at -1 in both hemispheres. Its integral over r is the variance, as that of S_ww over f.
    ///
    /// `psd` is a spectrum S_ww [m2 s-2 d], ascending in frequency, with bins `frequency_step` apart, on each of which the
    /// density is constant; for an even number the bin at Nyquist is stored once and is half at each end. None where the
    /// bin is not wholly within Nyquist, and where |f0| is less than two bins of frequency.
    pub fn density<T: Sample>(
        &self,
        psd: &[T],
        frequency_step: CyclesPerDay,
        f0: CyclesPerDay,
        bin: usize,
    ) -> Option<f64> {
        let bins = psd.len();
        // All in bins of frequency.
        let scale = f0.0 / frequency_step.0;
        let nyquist = bins as f64 / 2.0;
        let edges = [-0.5, 0.5].map(|side| (self.centre(bin) + side * self.step) * scale);
        let (from, to) = (edges[0].min(edges[1]), edges[0].max(edges[1]));
        // Not true of what is not a number either.
        let known = scale.abs() >= BINS_AT_LEAST && from >= -nyquist && to <= nyquist;
        if !known {
            return None;
        }
        let zero = zero_index(bins) as f64;
        // Bin k of the spectrum is from k - 1/2 to k + 1/2; the last one of an even number is the first.
        let first = (from + 0.5).floor();
        let last = (to + 0.5).ceil() - 1.0;
        let at = |k: f64| psd[((k + zero) as usize) % bins].as_f64();
        if last <= first {
            return Some(at(first) * frequency_step.0 * scale.abs());
        }
        let mut sum = (first + 0.5 - from) * at(first) + (to - last + 0.5) * at(last);
        let mut k = first + 1.0;
        while k < last {
            sum += at(k);
            k += 1.0;
        }
        Some(sum / (to - from) * frequency_step.0 * scale.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: CyclesPerDay = CyclesPerDay(0.1);

    fn rows(bins: usize) -> Vec<f64> {
        (0..bins).map(|k| 1.0 + (k as f64 * 0.7).sin().powi(2) * 10.0).collect()
    }

    #[test]
    fn the_axis_has_its_centres_on_multiples() {
        let axis = RatioAxis::new(3.0, 0.05);
        assert_eq!((axis.len(), axis.centres()[0], axis.centres()[60], axis.centres()[120]), (121, -3.0, 0.0, 3.0));
        assert!((axis.centres()[40] + 1.0).abs() < 1e-15);
        assert_eq!(RatioAxis::new(1.0, 0.3).len(), 7);
    }

    /// Whatever lies under all bins together keeps its integral; each bin is the mean of a fine sampling.
    #[test]
    fn scaling_keeps_what_is_under_a_bin() {
        for bins in [40, 41] {
            for f0 in [0.73, -0.73, 0.2001, -1.3] {
                let psd = rows(bins);
                let axis = RatioAxis::new(1.3, 0.1);
                for bin in 0..axis.len() {
                    let got = axis.density(&psd, STEP, CyclesPerDay(f0), bin).unwrap();
                    let steps = 20_000;
                    let mean = (0..steps)
                        .map(|at| {
                            let r = axis.centre(bin) + ((at as f64 + 0.5) / steps as f64 - 0.5) * axis.step;
                            let k = (r * f0 / STEP.0).round() as i64 + zero_index(bins) as i64;
                            psd[k.rem_euclid(bins as i64) as usize] * f64::abs(f0)
                        })
                        .sum::<f64>()
                        / steps as f64;
                    assert!((got - mean).abs() < 2e-3 * mean, "{bins} {f0} {bin}: {got} {mean}");
                }
            }
        }
    }

    #[test]
    fn inertial_motion_is_at_minus_one_in_both_hemispheres() {
        let axis = RatioAxis::new(2.0, 0.1);
        for f0 in [1.0, -1.0] {
            let mut psd = vec![0.0; 61];
            // Clockwise in the north, at -f0; counter-clockwise in the south.
            psd[(30.0 - f0 / STEP.0) as usize] = 5.0;
            let row: Vec<f64> =
                (0..axis.len()).map(|bin| axis.density(&psd, STEP, CyclesPerDay(f0), bin).unwrap()).collect();
            let highest = (0..axis.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            assert!((axis.centre(highest) + 1.0).abs() < 1e-12);
            assert!((row.iter().sum::<f64>() * axis.step - 5.0 * STEP.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let axis = RatioAxis::new(3.0, 0.5);
        let psd = rows(20);
        // Nyquist is 1 cpd: with f0 = 0.5 bins end at |r| = 2.
        let known: Vec<usize> =
            (0..axis.len()).filter(|&bin| axis.density(&psd, STEP, CyclesPerDay(0.5), bin).is_some()).collect();
        assert_eq!(known, (3..=9).collect::<Vec<_>>());
        assert!(axis.density(&psd, STEP, CyclesPerDay(0.19), 6).is_none(), "less than two bins");
        assert!(axis.density(&psd, STEP, CyclesPerDay(f64::NAN), 6).is_none());
    }
}
