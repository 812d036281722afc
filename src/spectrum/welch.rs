//! Welch's estimate of the rotary spectrum of a lane group (Welch 1967; Gonella 1972 for the rotary form).

mod extras;
mod one_sided;

use std::ops::Range;

use rustfft::num_complex::Complex;

pub use extras::Extras;
use extras::{Kept, KeptSums, write_ascending};

use super::dof::SegmentCorrelation;
use super::frequency::ascending_frequencies;
use super::gaps::{GapCounts, fill_short_gaps};
use super::moments::{Record, RecordSums, RunSums, Wide};
use super::power::AddPower;
use super::transform::{SegmentInput, SegmentRows, SegmentTransform};
use super::turn::Trend;
use super::{GroupSummary, Rotation, SegmentSet, Segmentation, SpectrumError};
use crate::terms::{Detrend, InstructionSet, LANES, Line, SECONDS_PER_DAY, Sample, Seconds, Window};

/// What a Welch spectrum is made by.
#[derive(Clone, Debug, PartialEq)]
pub struct WelchSpec {
    /// Samples of a record.
    pub steps: usize,
    /// Samples of a segment, N.
    pub segment: usize,
    /// Share of a segment that the next one repeats; noverlap = floor(overlap · N).
    pub overlap: f64,
    /// Taper of a segment.
    pub window: Window,
    /// What is removed before tapering.
    pub detrend: Detrend,
    /// Time from one sample to the next.
    pub sampling_interval: Seconds,
    /// Longest run of missing values, of u, of v or of a scalar, that is filled linearly in time; 0 fills none.
    pub longest_gap: usize,
}

/// A plan for Welch spectra of records of one length; shared by threads.
pub struct Welch<T: Sample> {
    segmentation: Segmentation,
    sampling_interval: Seconds,
    frequencies: Vec<f64>,
    detrend: Detrend,
    longest_gap: usize,
    transform: SegmentTransform<T>,
    correlation: SegmentCorrelation,
    /// Degrees of freedom where every segment is used.
    full_degrees_of_freedom: f64,
    /// 1 / (fs Σ w²) [d], fs in samples per day.
    density: f64,
    run_edges: Vec<usize>,
    /// The runs that each segment is made of.
    segment_runs: Vec<Range<usize>>,
    /// What is kept beside the mean.
    kept: Kept,
    instructions: InstructionSet,
}

/// Working space of one thread; what it holds between calls has no meaning, but for the counts of [`gaps`](Self::gaps).
pub struct WelchScratch<T> {
    rows: SegmentRows<T>,
    /// Σ |X|² by lane and FFT bin.
    power: Vec<f64>,
    runs: Vec<RunSums>,
    /// Bit per lane: the segment is whole and the lane active.
    usable: Vec<u16>,
    set: SegmentSet,
    kept: KeptSums<T>,
    /// u and v of a group with gaps, the short ones filled; empty where none is to be.
    filled: [Vec<Line<T>>; 2],
    gaps: GapCounts,
}

impl<T> WelchScratch<T> {
    /// What was filled and what left out in all groups since they were last taken.
    pub fn gaps(&mut self) -> &mut GapCounts {
        &mut self.gaps
    }
}

impl<T: Sample> Welch<T> {
    /// Plans the estimate.
    ///
    /// # Errors
    /// A segment, overlap, window or sampling interval that cannot be: see [`SpectrumError`].
    pub fn new(spec: &WelchSpec) -> Result<Self, SpectrumError> {
        Self::with_extras(spec, Extras::default())
    }

    /// Plans an estimate of which [`Welch::rotary`] keeps more than the mean; S_ww has the same bits.
    ///
    /// # Errors
    /// As [`Welch::new`].
    ///
    /// # Panics
    /// If there are classes for another number of segments than the record has ([`Segmentation::count`]).
    pub fn with_extras(spec: &WelchSpec, extras: Extras) -> Result<Self, SpectrumError> {
        Self::with_instructions(spec, extras, InstructionSet::detect())
    }

    /// As [`Welch::with_extras`]; the instruction set, which must be one that the CPU has, changes speed only.
    pub(super) fn with_instructions(
        spec: &WelchSpec,
        extras: Extras,
        instructions: InstructionSet,
    ) -> Result<Self, SpectrumError> {
        let seconds = spec.sampling_interval.0;
        if !(seconds > 0.0 && seconds.is_finite()) {
            return Err(SpectrumError::SamplingInterval { seconds });
        }
        let segmentation = Segmentation::new(spec.steps, spec.segment, spec.overlap)?;
        let (transform, window) = SegmentTransform::new(spec.window, spec.segment, spec.detrend, instructions)?;
        let energy: f64 = window.iter().map(|w| w * w).sum();
        let correlation = SegmentCorrelation::new(&window, segmentation.hop);
        let run_edges = segmentation.run_edges();
        let run_at = |sample: usize| run_edges.partition_point(|edge| *edge < sample);
        let segment_runs = (0..segmentation.count)
            .map(|segment| segmentation.samples(segment))
            .map(|samples| run_at(samples.start)..run_at(samples.end))
            .collect();
        Ok(Welch {
            sampling_interval: spec.sampling_interval,
            frequencies: ascending_frequencies(spec.segment, spec.sampling_interval),
            detrend: spec.detrend,
            longest_gap: spec.longest_gap,
            transform,
            kept: Kept::new(extras, &segmentation, &correlation),
            full_degrees_of_freedom: correlation.degrees_of_freedom(&SegmentSet::all(segmentation.count)),
            correlation,
            density: seconds / SECONDS_PER_DAY / energy,
            run_edges,
            segment_runs,
            segmentation,
            instructions,
        })
    }

    /// How a record is cut.
    pub fn segmentation(&self) -> &Segmentation {
        &self.segmentation
    }

    /// Bin centres [cycles per day], ascending; the first is -Nyquist for an even segment.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Degrees of freedom of one bin of S_ww, away from 0 and ± df, where these segments were used; NaN for none.
    pub fn degrees_of_freedom(&self, used: &SegmentSet) -> f64 {
        self.correlation.degrees_of_freedom(used)
    }

    /// Working space for [`Welch::rotary`] and [`Welch::one_sided`], one a thread.
    pub fn scratch(&self) -> WelchScratch<T> {
        WelchScratch {
            rows: self.transform.scratch(),
            power: vec![0.0; self.power_len()],
            runs: vec![RunSums::default(); self.run_count()],
            usable: vec![0; self.segmentation.count],
            set: SegmentSet::all(self.segmentation.count),
            kept: self.kept.scratch(),
            filled: std::array::from_fn(|_| vec![Line::default(); self.filled_len()]),
            gaps: GapCounts::none(self.segmentation.steps),
        }
    }

    /// Bytes that one [`Welch::scratch`] allocates.
    pub fn scratch_bytes(&self) -> usize {
        let per_segment = size_of::<u16>() + size_of::<bool>();
        self.transform.scratch_bytes()
            + self.power_len() * size_of::<f64>()
            + self.run_count() * size_of::<RunSums>()
            + self.segmentation.count * per_segment
            + self.kept.scratch_bytes::<T>()
            + 2 * self.filled_len() * size_of::<Line<T>>()
            + GapCounts::bytes(self.segmentation.steps)
    }

    fn power_len(&self) -> usize {
        LANES * self.segmentation.length
    }

    fn filled_len(&self) -> usize {
        if self.longest_gap > 0 { self.segmentation.steps } else { 0 }
    }

    fn run_count(&self) -> usize {
        self.run_edges.len() - 1
    }

    /// Two-sided rotary spectra S_ww [m2 s-2 d] of one lane group, w = u + iv, and its summary.
    ///
    /// `u`, `v` are `steps` lines [time][lane] in m s-1; `rotation` turns them to east and north, none leaves them.
    /// `psd` is 16 rows of `segment` values, ascending in frequency. The density is |X|² / (fs Σ w²), fs in samples
    /// per day, averaged over the segments without a missing sample (NaN in u or v). Gaps of u or of v that are no
    /// longer than the specification's `longest_gap` are filled before; means and variances, and the mean of the record
    /// as a trend, are those of the valid samples alone, where neither was missing.
    ///
    /// A lane whose bit in `active` is not set may hold anything; it gets NaN and 0 segments, and so does a lane
    /// without one whole segment. No lane's result depends on another's. What [`Extras`] asked for is in the scratch until
    /// its next use.
    ///
    /// # Panics
    /// If a slice has another length than stated, or the scratch is of another plan.
    pub fn rotary(
        &self,
        u: &[Line<T>],
        v: &[Line<T>],
        rotation: Option<&Rotation<T>>,
        active: u16,
        scratch: &mut WelchScratch<T>,
        psd: &mut [T],
    ) -> GroupSummary {
        let segment = self.segmentation.length;
        self.check_slices(u, v, scratch);
        assert_eq!(psd.len(), LANES * segment, "psd is 16 rows of {segment} values");
        if active == 0 {
            psd.fill(T::nan());
            scratch.usable.fill(0);
            return GroupSummary::default();
        }
        let identity = Rotation::identity();
        let rotation = rotation.unwrap_or(&identity);
        let record = Record { u, v, edges: &self.run_edges, with_time: self.detrend == Detrend::Linear };
        let sums = RecordSums::of(&record, active, self.instructions, &mut scratch.runs);
        // Lent out of the scratch, so that the rest of it can be worked with.
        let mut filled = std::mem::take(&mut scratch.filled);
        let record = self.without_short_gaps(record, &sums, active, &mut filled, scratch);
        self.find_usable(active, scratch);
        self.accumulate_power(&record, &sums, rotation, scratch);
        scratch.filled = filled;
        let summary = self.summarise(&sums, rotation, active, scratch);
        for ((row, power), count) in
            psd.chunks_exact_mut(segment).zip(scratch.power.chunks_exact(segment)).zip(summary.segments_used)
        {
            if count == 0 {
                row.fill(T::nan());
                continue;
            }
            let scale = self.density / f64::from(count);
            write_ascending(power, row, |power| T::rounded(power * scale));
        }
        summary
    }

    fn check_slices(&self, u: &[Line<T>], v: &[Line<T>], scratch: &WelchScratch<T>) {
        let steps = self.segmentation.steps;
        assert_eq!((u.len(), v.len()), (steps, steps), "records are {steps} lines");
        assert!(self.kept.fits(&scratch.kept), "the scratch is of another plan");
        assert_eq!(
            (scratch.power.len(), scratch.runs.len(), scratch.usable.len(), scratch.filled[0].len()),
            (self.power_len(), self.run_count(), self.segmentation.count, self.filled_len()),
            "the scratch is of another plan"
        );
    }

    /// The active lanes in which a segment is whole, by segment, from the runs that were summed.
    fn find_usable(&self, active: u16, scratch: &mut WelchScratch<T>) {
        for (usable, runs) in scratch.usable.iter_mut().zip(&self.segment_runs) {
            *usable = scratch.runs[runs.clone()].iter().fold(active, |lanes, run| lanes & run.whole);
        }
    }

    /// Segments used in a lane, and the degrees of freedom that they give.
    fn segments_of(&self, lane: usize, scratch: &mut WelchScratch<T>) -> (u32, f64) {
        let used = scratch.usable.iter().filter(|lanes| *lanes >> lane & 1 == 1).count();
        if used == self.segmentation.count {
            return (used as u32, self.full_degrees_of_freedom);
        }
        for (segment, lanes) in scratch.usable.iter().enumerate() {
            scratch.set.set(segment, lanes >> lane & 1 == 1);
        }
        (used as u32, self.correlation.degrees_of_freedom(&scratch.set))
    }

    /// The record with its short gaps filled, in `filled`, and the runs of it; counts what was filled and what was not.
    /// A record without gaps, and any where none is to be filled, is what comes back.
    fn without_short_gaps<'a>(
        &self,
        record: Record<'a, T>,
        sums: &RecordSums,
        active: u16,
        filled: &'a mut [Vec<Line<T>>; 2],
        scratch: &mut WelchScratch<T>,
    ) -> Record<'a, T> {
        let (some, all) = sums.gaps(active, self.segmentation.steps);
        if some | all == 0 {
            return record;
        }
        let came = [record.u, record.v];
        if some == 0 || self.longest_gap == 0 {
            scratch.gaps.count(came, came, active);
            return record;
        }
        for (filled, came) in filled.iter_mut().zip(came) {
            filled.copy_from_slice(came);
            // A point of which no sample is valid has no mean to stand for it; nothing is made up there.
            fill_short_gaps(filled, some, self.longest_gap);
        }
        let record = Record { u: &filled[0], v: &filled[1], ..record };
        scratch.gaps.count(came, [record.u, record.v], active);
        sums.about_the_same_origins(&record, self.instructions, &mut scratch.runs);
        record
    }

    fn accumulate_power(
        &self,
        record: &Record<'_, T>,
        sums: &RecordSums,
        rotation: &Rotation<T>,
        scratch: &mut WelchScratch<T>,
    ) {
        let WelchScratch { rows, power, runs, usable, kept, .. } = scratch;
        let length = self.segmentation.length;
        power.fill(0.0);
        Kept::clear(kept);
        for (segment, lanes) in usable.iter().enumerate().filter(|(_, lanes)| **lanes != 0) {
            let samples = self.segmentation.samples(segment);
            let (u_trend, v_trend) = self.trends(sums, runs, segment);
            let (u, v) = (&record.u[samples.clone()], &record.v[samples]);
            let input = SegmentInput { u, v, u_trend, v_trend, rotation };
            self.transform.transform(&input, *lanes, rows, |lane, transform| {
                let power = &mut power[lane * length..][..length];
                self.instructions.run(AddPower { transform, power });
                self.kept.add((segment, lane), transform, self.density, self.instructions, kept);
            });
        }
    }

    /// What is removed from a segment before it is tapered.
    fn trends(&self, sums: &RecordSums, runs: &[RunSums], segment: usize) -> (Trend, Trend) {
        let mut u = Trend { level: [0.0; LANES], slope: [0.0; LANES] };
        let mut v = u;
        if matches!(self.detrend, Detrend::None | Detrend::Record) {
            for lane in 0..LANES {
                (u.level[lane], v.level[lane]) = sums.means(lane);
            }
            return (u, v);
        }
        let n = self.segmentation.length as f64;
        // Σ (t - middle)², and 1 for a single sample, whose slope is 0.
        let square_sum = if self.segmentation.length > 1 { n * (n * n - 1.0) / 12.0 } else { 1.0 };
        let middle = self.segmentation.start(segment) as f64 + (n - 1.0) / 2.0;
        for index in self.segment_runs[segment].clone() {
            let run = &runs[index];
            let from_middle = self.run_edges[index] as f64 - middle;
            let add = |trend: &mut Trend, sum: &Wide, time_sum: &Wide| {
                for lane in 0..LANES {
                    trend.level[lane] += sum[lane];
                    trend.slope[lane] += time_sum[lane] + from_middle * sum[lane];
                }
            };
            add(&mut u, &run.u, &run.tu);
            add(&mut v, &run.v, &run.tv);
        }
        for (trend, origin) in [(&mut u, &sums.u_origin), (&mut v, &sums.v_origin)] {
            for (level, origin) in trend.level.iter_mut().zip(origin) {
                *level = origin + *level / n;
            }
            for slope in &mut trend.slope {
                *slope /= square_sum;
            }
        }
        (u, v)
    }

    fn summarise(
        &self,
        sums: &RecordSums,
        rotation: &Rotation<T>,
        active: u16,
        scratch: &mut WelchScratch<T>,
    ) -> GroupSummary {
        let mut summary = GroupSummary::default();
        for lane in (0..LANES).filter(|lane| active >> lane & 1 == 1) {
            let (u, v) = sums.means(lane);
            let mean = rotation.turned(lane, Complex::new(u, v));
            (summary.u_mean[lane], summary.v_mean[lane]) = (mean.re, mean.im);
            let (cos, sin) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
            (summary.u_variance[lane], summary.v_variance[lane]) = sums.rotated_variances(lane, cos, sin);
            (summary.segments_used[lane], summary.degrees_of_freedom[lane]) = self.segments_of(lane, scratch);
        }
        summary
    }
}
