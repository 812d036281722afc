//! Spectra on frequency scaled by the inertial one.

use std::ops::Range;

use crate::spectrum::zero_index;
use crate::terms::{CyclesPerDay, Sample};

/// Bins of r = f / f0, centred on whole multiples of their width, from -limit to limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioAxis {
    /// Bins in 1: a bin is this part of it wide, and 1 is a centre.
    in_one: f64,
    /// Bins on each side of 0.
    side: usize,
}

/// Points nearer to the equator than where f0 is so many bins of frequency wide are left out: the spectrum does not tell
/// inertial motion from the mean there.
const BINS_AT_LEAST: f64 = 2.0;

impl RatioAxis {
    /// Bins up to the one that is centred on `limit`, or the last one before it; `step` is 1 over a whole number.
    pub fn new(limit: f64, step: f64) -> Self {
        RatioAxis {
            in_one: (1.0 / step).round().max(1.0),
            side: (limit / step * (1.0 + 1e-12)).floor().max(0.0) as usize,
        }
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
        (bin as f64 - self.side as f64) / self.in_one
    }

    /// Edge number `edge` of the bins, from 0.
    fn edge(&self, edge: usize) -> f64 {
        (edge as f64 - self.side as f64 - 0.5) / self.in_one
    }
}

/// Spectra turned to densities on some bins of a [`RatioAxis`], point after point; buffers are kept between them.
///
/// S_r = |f0| S_ww(r f0) [m2 s-2], r being f / f0 with the sign of f0, so that the inertial frequency is at -1 in both
/// hemispheres; its integral over r is the variance, as that of S_ww over f. The density is constant on each bin of
/// frequency; for an even number of bins the one at Nyquist is stored once and is half at each end.
#[derive(Clone, Debug)]
pub struct Scaling {
    axis: RatioAxis,
    bins: Range<usize>,
    frequency_step: CyclesPerDay,
    /// Of these and of `frequencies` what follows is made, as long as they stay the same.
    inertial_frequency: f64,
    frequencies: usize,
    /// Of each edge, the bin of frequency that it lies in and how far.
    edges: Vec<(usize, f64)>,
    /// Bins, counted from the first of `bins`, that lie wholly within Nyquist.
    known: Range<usize>,
    /// First bin of frequency that is touched, and how many are.
    touched: Range<usize>,
    /// Sums of the density over the touched bins before each.
    before: Vec<f64>,
    densities: Vec<f64>,
}

impl Scaling {
    /// For some bins of an axis, of spectra with bins `frequency_step` apart.
    pub fn new(axis: RatioAxis, bins: Range<usize>, frequency_step: CyclesPerDay) -> Self {
        Scaling {
            densities: vec![f64::NAN; bins.len()],
            axis,
            bins,
            frequency_step,
            inertial_frequency: f64::NAN,
            frequencies: 0,
            edges: Vec::new(),
            known: 0..0,
            touched: 0..0,
            before: Vec::new(),
        }
    }

    /// Places the edges among the bins of frequency.
    fn place(&mut self, frequencies: usize, inertial_frequency: f64) {
        (self.frequencies, self.inertial_frequency) = (frequencies, inertial_frequency);
        // All in bins of frequency, from the lower edge of the one that is stored first.
        let scale = inertial_frequency / self.frequency_step.0;
        let nyquist = frequencies as f64 / 2.0;
        let start = zero_index(frequencies) as f64 + 0.5;
        self.edges.clear();
        self.known = 0..0;
        // Not true of what is not a number either.
        let enough = scale.abs() >= BINS_AT_LEAST;
        if !enough {
            return;
        }
        let mut known: Option<Range<usize>> = None;
        for (at, edge) in (self.bins.start..=self.bins.end).enumerate() {
            let place = self.axis.edge(edge) * scale;
            if place.abs() <= nyquist {
                let from = known.map_or(at, |known| known.start);
                known = Some(from..at);
            }
            let place = (place.clamp(-nyquist, nyquist) + start).max(0.0);
            // The upper edge of the last bin is within it.
            let bin = (place as usize).min(frequencies - usize::from(frequencies % 2 == 1));
            self.edges.push((bin, place - bin as f64));
        }
        self.known = known.unwrap_or(0..0);
        let ends = [self.edges[self.known.start].0, self.edges[self.known.end].0];
        self.touched = ends[0].min(ends[1])..ends[0].max(ends[1]) + 1;
    }

    /// Mean density of one spectrum S_ww [m2 s-2 d], ascending in frequency, over each bin that is wholly within Nyquist, and
    /// which of the bins these are, counted from the first; none where |f0| is less than two bins of frequency.
    pub fn densities<T: Sample>(&mut self, psd: &[T], inertial_frequency: CyclesPerDay) -> (Range<usize>, &[f64]) {
        if (self.frequencies, self.inertial_frequency) != (psd.len(), inertial_frequency.0) {
            self.place(psd.len(), inertial_frequency.0);
        }
        if self.known.is_empty() {
            return (0..0, &[]);
        }
        let mut sum = 0.0;
        self.before.clear();
        // For an even number the last bin is the first.
        let wrapped = |bin: usize| psd[if bin == psd.len() { 0 } else { bin }].as_f64();
        self.before.extend(self.touched.clone().map(|bin| {
            let before = sum;
            sum += wrapped(bin);
            before
        }));
        let below = |(bin, part): (usize, f64)| self.before[bin - self.touched.start] + part * wrapped(bin);
        // One bin of r is `width` bins of frequency wide, and S_r is |f0| times the mean of S_ww over them.
        let scale = inertial_frequency.0 / self.frequency_step.0;
        let width = scale.abs() / self.axis.in_one;
        // With f0 below 0 the edges go down.
        let factor = inertial_frequency.0.abs() / width * scale.signum();
        let mut from = below(self.edges[self.known.start]);
        for bin in self.known.clone() {
            let to = below(self.edges[bin + 1]);
            self.densities[bin] = (to - from) * factor;
            from = to;
        }
        (self.known.clone(), &self.densities[self.known.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: CyclesPerDay = CyclesPerDay(0.1);

    /// The density on one bin.
    fn density(axis: RatioAxis, psd: &[f64], f0: f64, bin: usize) -> Option<f64> {
        let mut all = Scaling::new(axis, 0..axis.len(), STEP);
        let (known, densities) = all.densities(psd, CyclesPerDay(f0));
        let whole = known.contains(&bin).then(|| densities[bin - known.start]);
        let mut one = Scaling::new(axis, bin..bin + 1, STEP);
        let (known, densities) = one.densities(psd, CyclesPerDay(f0));
        let alone = (!known.is_empty()).then(|| densities[0]);
        assert_eq!(whole.is_some(), alone.is_some());
        assert!(whole.zip(alone).is_none_or(|(a, b)| (a - b).abs() < 1e-12), "{whole:?} {alone:?}");
        alone
    }

    fn rows(bins: usize) -> Vec<f64> {
        (0..bins).map(|k| 1.0 + (k as f64 * 0.7).sin().powi(2) * 10.0).collect()
    }

    #[test]
    fn the_axis_has_its_centres_on_multiples() {
        let axis = RatioAxis::new(3.0, 0.05);
        assert_eq!((axis.len(), axis.centres()[0], axis.centres()[60], axis.centres()[120]), (121, -3.0, 0.0, 3.0));
        assert_eq!((axis.centres()[40], axis.centres()[41]), (-1.0, -0.95));
        assert_eq!(RatioAxis::new(1.0, 1.0 / 3.0).len(), 7);
    }

    /// Whatever lies under all bins together keeps its integral; each bin is the mean of a fine sampling.
    #[test]
    fn scaling_keeps_what_is_under_a_bin() {
        for bins in [40, 41] {
            for f0 in [0.73, -0.73, 0.2001, -1.3] {
                let psd = rows(bins);
                let axis = RatioAxis::new(1.3, 0.1);
                for bin in 0..axis.len() {
                    let got = density(axis, &psd, f0, bin).unwrap();
                    let steps = 20_000;
                    let mean = (0..steps)
                        .map(|at| {
                            let r = axis.centre(bin) + ((at as f64 + 0.5) / steps as f64 - 0.5) / axis.in_one;
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
            let row: Vec<f64> = (0..axis.len()).map(|bin| density(axis, &psd, f0, bin).unwrap()).collect();
            let highest = (0..axis.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            assert!((axis.centre(highest) + 1.0).abs() < 1e-12);
            assert!((row.iter().sum::<f64>() / axis.in_one - 5.0 * STEP.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let axis = RatioAxis::new(3.0, 0.5);
        let psd = rows(20);
        // Nyquist is 1 cpd: with f0 = 0.5 bins end at |r| = 2.
        let known: Vec<usize> = (0..axis.len()).filter(|&bin| density(axis, &psd, 0.5, bin).is_some()).collect();
        assert_eq!(known, (3..=9).collect::<Vec<_>>());
        assert!(density(axis, &psd, 0.19, 6).is_none(), "less than two bins");
        assert!(density(axis, &psd, f64::NAN, 6).is_none());
    }
}
