//! What can be kept of the transforms of a rotary estimate beside the mean of all: the cross-spectrum of the two senses,
//! and spectra of classes of segments. What is not asked for takes no time and no memory.

use rustfft::num_complex::Complex;

use super::super::cross::AddCross;
use super::super::dof::SegmentCorrelation;
use super::super::frequency::{ascending_start, one_sided_bins};
use super::super::power::AddPower;
use super::super::{SegmentClasses, Segmentation, WelchScratch};
use super::Welch;
use crate::terms::{InstructionSet, LANES, Sample};

/// What [`Welch::rotary`] keeps beside S_ww; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// The cross-spectrum of counter-clockwise and clockwise motion.
    pub cross: bool,
    /// A spectrum for each class of segments.
    pub classes: Option<SegmentClasses>,
}

/// What is kept, and where in the scratch.
pub(super) struct Kept {
    cross: bool,
    classes: Vec<Class>,
    /// The class of each segment; empty where there are none.
    of_segment: Vec<usize>,
    sums: usize,
    periodograms: usize,
    length: usize,
}

/// Segments that share a spectrum.
struct Class {
    /// Ascending.
    segments: Vec<usize>,
    /// Degrees of freedom where every segment is used.
    full_degrees_of_freedom: f64,
    row: Row,
}

/// Where a class's row of each lane is: number of its 16 rows.
#[derive(Clone, Copy)]
enum Row {
    /// Σ |W|² of several segments, float64.
    Sum(usize),
    /// The density of the one segment, rounded as in the result: half the memory in float32, and one class may be one
    /// segment, of which there are many.
    Periodogram(usize),
}

/// The working space of what is kept; 16 rows each, bins in FFT order.
pub(super) struct KeptSums<T> {
    /// Σ W(+f) W(-f) for the bins 0 to N/2.
    cross: Vec<Complex<f64>>,
    sums: Vec<f64>,
    periodograms: Vec<T>,
}

impl Kept {
    pub(super) fn new(extras: Extras, segmentation: &Segmentation, correlation: &SegmentCorrelation) -> Self {
        let count = segmentation.count;
        let mut kept = Kept {
            cross: extras.cross,
            classes: Vec::new(),
            of_segment: Vec::new(),
            sums: 0,
            periodograms: 0,
            length: segmentation.length,
        };
        let Some(classes) = extras.classes else { return kept };
        assert_eq!(classes.of_segment().len(), count, "each segment has a class");
        let mut members = vec![Vec::new(); classes.count()];
        for (segment, class) in classes.of_segment().iter().enumerate() {
            members[*class].push(segment);
        }
        for segments in members {
            let kind = if segments.len() == 1 { &mut kept.periodograms } else { &mut kept.sums };
            let number = *kind;
            *kind += usize::from(!segments.is_empty());
            let row = if segments.len() == 1 { Row::Periodogram(number) } else { Row::Sum(number) };
            kept.classes.push(Class {
                full_degrees_of_freedom: correlation.degrees_of_freedom_of(segments.iter().copied()),
                segments,
                row,
            });
        }
        kept.of_segment = classes.of_segment().to_vec();
        kept
    }

    fn cross_len(&self) -> usize {
        if self.cross { LANES * one_sided_bins(self.length) } else { 0 }
    }

    /// Values of 16 rows of a class.
    fn rows_len(&self) -> usize {
        LANES * self.length
    }

    pub(super) fn scratch<T: Sample>(&self) -> KeptSums<T> {
        KeptSums {
            cross: vec![Complex::default(); self.cross_len()],
            sums: vec![0.0; self.sums * self.rows_len()],
            periodograms: vec![T::zero(); self.periodograms * self.rows_len()],
        }
    }

    /// Bytes that one [`scratch`](Self::scratch) allocates.
    pub(super) fn scratch_bytes<T: Sample>(&self) -> usize {
        self.cross_len() * size_of::<Complex<f64>>()
            + self.rows_len() * (self.sums * size_of::<f64>() + self.periodograms * T::BYTES)
    }

    pub(super) fn fits<T>(&self, sums: &KeptSums<T>) -> bool {
        let lens = (sums.cross.len(), sums.sums.len(), sums.periodograms.len());
        lens == (self.cross_len(), self.sums * self.rows_len(), self.periodograms * self.rows_len())
    }

    /// Makes the sums empty. Of a class of one segment, what is left stands for nothing until the segment is used.
    pub(super) fn clear<T>(sums: &mut KeptSums<T>) {
        sums.cross.fill(Complex::default());
        sums.sums.fill(0.0);
    }

    /// Adds one segment of one lane; `density` is 1 / (fs Σ w²) [d].
    #[inline]
    pub(super) fn add<T: Sample>(
        &self,
        (segment, lane): (usize, usize),
        transform: &[Complex<T>],
        density: f64,
        instructions: InstructionSet,
        sums: &mut KeptSums<T>,
    ) {
        if self.cross {
            let bins = one_sided_bins(self.length);
            instructions.run(AddCross { transform, cross: &mut sums.cross[lane * bins..][..bins] });
        }
        let Some(class) = self.of_segment.get(segment) else { return };
        match self.classes[*class].row {
            Row::Sum(number) => {
                let power = &mut sums.sums[self.row(number, lane)];
                instructions.run(AddPower { transform, power });
            }
            Row::Periodogram(number) => {
                let row = &mut sums.periodograms[self.row(number, lane)];
                for (value, x) in row.iter_mut().zip(transform) {
                    let (re, im) = (x.re.as_f64(), x.im.as_f64());
                    *value = T::rounded((re * re + im * im) * density);
                }
            }
        }
    }

    fn row(&self, number: usize, lane: usize) -> std::ops::Range<usize> {
        let start = (number * LANES + lane) * self.length;
        start..start + self.length
    }
}

impl<T: Sample> Welch<T> {
    /// Classes of segments whose spectra are kept; 0 where none are.
    pub fn class_count(&self) -> usize {
        self.kept.classes.len()
    }

    /// S_ww [m2 s-2 d] of one lane in float64, two-sided and ascending, after [`Welch::rotary`] over the same scratch: the
    /// numbers before they are rounded to the run's type, for what is a small difference of them. NaN without a segment.
    ///
    /// # Panics
    /// If `out` does not have N values, or the scratch is of another plan.
    pub fn rotary_density(&self, scratch: &WelchScratch<T>, lane: usize, out: &mut [f64]) {
        let length = self.segmentation.length;
        assert_eq!(out.len(), length, "a spectrum has {length} values");
        let Some(scale) = self.scale(scratch, lane) else { return out.fill(f64::NAN) };
        let power = &scratch.power[lane * length..][..length];
        write_ascending(power, out, |power| power * scale);
    }

    /// The cross-spectrum <W(+f) W(-f)> [m2 s-2 d] of one lane, W the transform of u + iv, for the N/2 + 1 bins from DC to
    /// Nyquist, after [`Welch::rotary`] over the same scratch; a mean over the same segments and scaled as S_ww. NaN
    /// without a segment. Its phase is twice the inclination of the ellipse (Gonella 1972; Mooers 1973).
    ///
    /// # Panics
    /// If the plan keeps no cross-spectra, `out` has another length, or the scratch is of another plan.
    pub fn cross_density(&self, scratch: &WelchScratch<T>, lane: usize, out: &mut [Complex<f64>]) {
        assert!(self.kept.cross, "the plan keeps no cross-spectra");
        let bins = one_sided_bins(self.segmentation.length);
        assert_eq!(out.len(), bins, "a cross-spectrum has {bins} values");
        let Some(scale) = self.scale(scratch, lane) else { return out.fill(Complex::new(f64::NAN, f64::NAN)) };
        for (out, sum) in out.iter_mut().zip(&scratch.kept.cross[lane * bins..][..bins]) {
            *out = *sum * scale;
        }
    }

    /// S_ww [m2 s-2 d] of one class of segments in one lane, two-sided and ascending, after [`Welch::rotary`] over the
    /// same scratch: the mean over the used segments of the class, NaN without one.
    ///
    /// # Panics
    /// If there is no such class, `out` does not have N values, or the scratch is of another plan.
    pub fn class_psd(&self, scratch: &WelchScratch<T>, class: usize, lane: usize, out: &mut [T]) {
        let length = self.segmentation.length;
        assert_eq!(out.len(), length, "a spectrum has {length} values");
        let Class { segments, row, .. } = &self.kept.classes[class];
        let used = segments.iter().filter(|segment| is_used(scratch, **segment, lane)).count();
        if used == 0 {
            return out.fill(T::nan());
        }
        match row {
            Row::Sum(number) => {
                let scale = self.density / used as f64;
                let power = &scratch.kept.sums[self.kept.row(*number, lane)];
                write_ascending(power, out, |power| T::rounded(power * scale));
            }
            Row::Periodogram(number) => {
                write_ascending(&scratch.kept.periodograms[self.kept.row(*number, lane)], out, |density| density);
            }
        }
    }

    /// Used segments of one class in one lane, and the degrees of freedom of one bin of their mean, away from 0 and ± df
    /// (Percival & Walden 1993, eq. 292b, over these segments, which need not be neighbours); NaN for none. After
    /// [`Welch::rotary`] over the same scratch.
    ///
    /// # Panics
    /// If there is no such class, or the scratch is of another plan.
    pub fn class_segments(&self, scratch: &WelchScratch<T>, class: usize, lane: usize) -> (u32, f64) {
        let Class { segments, full_degrees_of_freedom, .. } = &self.kept.classes[class];
        let used = segments.iter().copied().filter(|segment| is_used(scratch, *segment, lane));
        let count = used.clone().count();
        let all = count == segments.len();
        let dof = if all { *full_degrees_of_freedom } else { self.correlation.degrees_of_freedom_of(used) };
        (count as u32, dof)
    }

    /// From a sum over the used segments of a lane to the density of their mean; None without a segment.
    fn scale(&self, scratch: &WelchScratch<T>, lane: usize) -> Option<f64> {
        let used = (0..self.segmentation.count).filter(|segment| is_used(scratch, *segment, lane)).count();
        (used > 0).then(|| self.density / used as f64)
    }
}

fn is_used<T>(scratch: &WelchScratch<T>, segment: usize, lane: usize) -> bool {
    scratch.usable[segment] >> lane & 1 == 1
}

/// From FFT order to ascending frequencies.
pub(super) fn write_ascending<A: Copy, B>(from: &[A], to: &mut [B], value: impl Fn(A) -> B) {
    let (positive, negative) = from.split_at(ascending_start(from.len()));
    let (below_zero, from_zero) = to.split_at_mut(negative.len());
    for (to, from) in [(below_zero, negative), (from_zero, positive)] {
        for (to, from) in to.iter_mut().zip(from) {
            *to = value(*from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::WelchSpec;
    use crate::terms::{Detrend, Seconds, Window};

    /// The plan of a run's memory counts these bytes.
    #[test]
    fn scratch_has_as_many_bytes_as_it_says() {
        let spec = WelchSpec {
            steps: 203,
            segment: 31,
            overlap: 0.5,
            window: Window::Hann,
            detrend: Detrend::Constant,
            sampling_interval: Seconds(3600.0),
            longest_gap: 0,
        };
        let plain = Welch::<f32>::new(&spec).unwrap();
        let count = plain.segmentation().count;
        let own = SegmentClasses::new((0..count).collect(), count);
        let halves = SegmentClasses::new((0..count).map(|segment| segment % 2).collect(), 3);
        for (cross, classes, expected) in [
            (false, None, 0),
            (true, None, 16 * 16 * 16),
            (false, Some(own.clone()), count * 16 * 31 * 4),
            (true, Some(halves), 16 * 16 * 16 + 2 * 16 * 31 * 8),
        ] {
            let welch = Welch::<f32>::with_extras(&spec, Extras { cross, classes }).unwrap();
            assert_eq!(welch.scratch_bytes() - plain.scratch_bytes(), expected);
            let KeptSums { cross, sums, periodograms } = welch.scratch().kept;
            let allocated = 16 * cross.capacity() + 8 * sums.capacity() + 4 * periodograms.capacity();
            assert_eq!(allocated, expected);
        }
        let welch = Welch::<f64>::with_extras(&spec, Extras { cross: false, classes: Some(own) }).unwrap();
        let plain = Welch::<f64>::new(&spec).unwrap();
        assert_eq!(welch.scratch_bytes() - plain.scratch_bytes(), count * 16 * 31 * 8);
    }

    #[test]
    #[should_panic(expected = "each segment has a class")]
    fn classes_are_of_all_segments() {
        let spec = WelchSpec {
            steps: 20,
            segment: 10,
            overlap: 0.0,
            window: Window::Boxcar,
            detrend: Detrend::None,
            sampling_interval: Seconds(3600.0),
            longest_gap: 0,
        };
        let classes = Some(SegmentClasses::new(vec![0; 3], 1));
        let _ = Welch::<f32>::with_extras(&spec, Extras { cross: false, classes });
    }
}
