//! Welch's estimate of the one-sided spectrum of a scalar.
//!
//! Two segments of a lane, the (2k)-th and the one after it, go through one complex transform, as x + i y, each without
//! its own trend. With Z the transform of that, |Z(f)|² + |Z(-f)|² = 2 (|X(f)|² + |Y(f)|²): the two-sided spectrum of the
//! pairs, folded, is the one-sided spectrum that the segments have together, and nothing has to be separated. Lanes are
//! never paired: a lane's numbers would depend on its neighbour's.

use super::super::frequency::{one_sided_bins, one_sided_frequencies};
use super::super::moments::{Record, RecordSums};
use super::super::power::AddPower;
use super::super::transform::PairInput;
use super::super::turn::Trend;
use super::super::{ScalarSummary, WelchScratch};
use super::Welch;
use crate::terms::{Detrend, LANES, Line, Sample};

impl<T: Sample> Welch<T> {
    /// Bin centres of one-sided spectra [cycles per day]: 0 to Nyquist.
    pub fn one_sided_frequencies(&self) -> Vec<f64> {
        one_sided_frequencies(self.segmentation.length, self.sampling_interval)
    }

    /// One-sided spectra [unit² d] of a scalar in one lane group, and its summary.
    ///
    /// `x` is `steps` lines [time][lane]. `psd` is 16 rows of N/2 + 1 values, ascending from 0: the density
    /// |X|² / (fs Σ w²), fs in samples per day, averaged over the segments without a missing sample (NaN), every bin doubled
    /// but DC and, for an even segment, Nyquist. Gaps, moments, and lanes whose bit in `active` is not set are as in
    /// [`Welch::rotary`].
    ///
    /// # Panics
    /// If a slice has another length than stated, or the scratch is of another plan.
    pub fn one_sided(&self, x: &[Line<T>], active: u16, scratch: &mut WelchScratch<T>, psd: &mut [T]) -> ScalarSummary {
        let length = self.segmentation.length;
        let bins = one_sided_bins(length);
        self.check_slices(x, x, scratch);
        assert_eq!(psd.len(), LANES * bins, "psd is 16 rows of {bins} values");
        if active == 0 {
            psd.fill(T::nan());
            return ScalarSummary::default();
        }
        // The sums are those of a velocity; the second component costs little beside the transforms.
        let record = Record { u: x, v: x, edges: &self.run_edges, with_time: self.detrend == Detrend::Linear };
        let sums = RecordSums::of(&record, active, self.instructions, &mut scratch.runs);
        let mut filled = std::mem::take(&mut scratch.filled);
        let record = self.without_short_gaps(record, &sums, active, &mut filled, scratch);
        self.find_usable(active, scratch);
        self.accumulate_pairs(record.u, &sums, scratch);
        scratch.filled = filled;
        let mut summary = ScalarSummary::default();
        for lane in (0..LANES).filter(|lane| active >> lane & 1 == 1) {
            (summary.mean[lane], _) = sums.means(lane);
            (summary.variance[lane], _) = sums.rotated_variances(lane, 1.0, 0.0);
            (summary.segments_used[lane], summary.degrees_of_freedom[lane]) = self.segments_of(lane, scratch);
        }
        for ((row, power), count) in
            psd.chunks_exact_mut(bins).zip(scratch.power.chunks_exact(length)).zip(summary.segments_used)
        {
            if count == 0 {
                row.fill(T::nan());
                continue;
            }
            let scale = self.density / f64::from(count);
            for (k, value) in row.iter_mut().enumerate() {
                // DC and Nyquist are their own mirror images.
                let mirrored = (length - k) % length;
                let both = if mirrored == k { power[k] } else { power[k] + power[mirrored] };
                *value = T::rounded(both * scale);
            }
        }
        summary
    }

    /// Σ |Z|² of the pairs of segments, by lane and FFT bin.
    fn accumulate_pairs(&self, x: &[Line<T>], sums: &RecordSums, scratch: &mut WelchScratch<T>) {
        let WelchScratch { rows, power, runs, usable, .. } = scratch;
        let length = self.segmentation.length;
        power.fill(0.0);
        for (pair, used) in usable.chunks(2).enumerate().filter(|(_, used)| used.iter().any(|lanes| *lanes != 0)) {
            let first = 2 * pair;
            // The last segment of an odd number has no other beside it.
            let second = if used.len() == 2 { first + 1 } else { first };
            let trend = |segment: usize| -> Trend { self.trends(sums, runs, segment).0 };
            let input = PairInput {
                segments: [first, second].map(|segment| &x[self.segmentation.samples(segment)]),
                trends: [first, second].map(trend),
                used: [used[0], used.get(1).copied().unwrap_or(0)],
            };
            self.transform.transform_pair(&input, rows, |lane, transform| {
                let power = &mut power[lane * length..][..length];
                self.instructions.run(AddPower { transform, power });
            });
        }
    }
}
