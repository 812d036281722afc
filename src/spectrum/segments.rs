//! How a record is cut into overlapping segments, and which of them were used.

use std::ops::Range;

use super::SpectrumError;

/// Welch's cutting of a record: whole segments only; samples after the last one are unused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segmentation {
    /// Samples of the record.
    pub steps: usize,
    /// Samples of a segment, N.
    pub length: usize,
    /// Samples from the start of a segment to the start of the next, N - noverlap.
    pub hop: usize,
    /// Whole segments in the record, K.
    pub count: usize,
}

/// Pairs of a segment or sample and a lag: a second's work.
const PAIRS_AT_MOST: usize = 1 << 30;

impl Segmentation {
    /// Cuts `steps` samples into segments of `length` that share noverlap = floor(`overlap` · `length`) samples.
    ///
    /// # Errors
    /// [`SpectrumError::SegmentLength`] for a length of 0 or past the record,
    /// [`SpectrumError::Overlap`] for an overlap that is negative or leaves no hop,
    /// [`SpectrumError::Pairs`] for one that leaves so many segments that their pairs cannot be counted in seconds.
    pub fn new(steps: usize, length: usize, overlap: f64) -> Result<Self, SpectrumError> {
        if length == 0 || length > steps {
            return Err(SpectrumError::SegmentLength { length, steps });
        }
        let product = overlap * length as f64;
        // 0.29 · 100 is 28.999999999999996 in float64; whoever writes 0.29 means 29.
        let noverlap =
            if (product - product.round()).abs() <= 1e-12 * length as f64 { product.round() } else { product.floor() };
        if !(noverlap >= 0.0 && noverlap < length as f64) {
            return Err(SpectrumError::Overlap { overlap, length });
        }
        let hop = length - noverlap as usize;
        let count = (steps - length) / hop + 1;
        // What is done for each lag at which two segments overlap: a product of windows, and a look at all segments.
        let lags = (length - 1) / hop;
        if lags.saturating_mul(length.max(count)) > PAIRS_AT_MOST {
            return Err(SpectrumError::Pairs { overlap, length, hop, count });
        }
        Ok(Segmentation { steps, length, hop, count })
    }

    /// First sample of a segment.
    pub fn start(&self, segment: usize) -> usize {
        segment * self.hop
    }

    /// Samples of a segment.
    pub fn samples(&self, segment: usize) -> Range<usize> {
        self.start(segment)..self.start(segment) + self.length
    }

    /// Edges of the shortest runs of samples that every segment is a union of: 0, the starts and ends
    /// of all segments, and `steps`, ascending. What is summed once per run serves every segment.
    pub(super) fn run_edges(&self) -> Vec<usize> {
        let mut edges = vec![0, self.steps];
        for segment in 0..self.count {
            let samples = self.samples(segment);
            edges.extend([samples.start, samples.end]);
        }
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

/// A set of segments of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentSet {
    used: Vec<bool>,
}

impl SegmentSet {
    /// All of `count` segments.
    pub fn all(count: usize) -> Self {
        SegmentSet { used: vec![true; count] }
    }

    /// The segments for which `used` is true.
    pub fn from_used(used: &[bool]) -> Self {
        SegmentSet { used: used.to_vec() }
    }

    /// Adds or takes away one segment.
    pub fn set(&mut self, segment: usize, used: bool) {
        self.used[segment] = used;
    }

    /// Whether a segment was used; false past the last one.
    pub fn contains(&self, segment: usize) -> bool {
        self.used.get(segment).copied().unwrap_or(false)
    }

    /// How many segments were used.
    pub fn used_count(&self) -> usize {
        self.used.iter().filter(|used| **used).count()
    }

    /// The segments used, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.used.iter().enumerate().filter(|(_, used)| **used).map(|(segment, _)| segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_whole_and_evenly_spaced() {
        for (steps, length, overlap, hop, count) in [
            (2160, 720, 0.5, 360, 5),
            (2159, 720, 0.5, 360, 4),
            (10, 10, 0.5, 5, 1),
            (10, 3, 0.5, 2, 4),
            (10, 3, 0.0, 3, 3),
            (7, 1, 0.9, 1, 7),
            (100, 10, 0.99, 1, 91),
            (1000, 100, 0.29, 71, 13),
        ] {
            let cut = Segmentation::new(steps, length, overlap).unwrap();
            assert_eq!((cut.hop, cut.count), (hop, count), "{steps} {length} {overlap}");
            assert!(cut.samples(count - 1).end <= steps && cut.samples(count).end > steps);
        }
    }

    #[test]
    fn impossible_cuts_are_errors_that_name_the_key() {
        for (steps, length) in [(10, 0), (10, 11), (0, 0), (0, 1)] {
            let error = Segmentation::new(steps, length, 0.5).unwrap_err();
            assert_eq!(error, SpectrumError::SegmentLength { length, steps });
            assert!(error.to_string().contains("spectrum.segment"));
        }
        for overlap in [1.0, 1.5, -0.1, f64::NAN, f64::INFINITY, 1.0 - 1e-14] {
            let error = Segmentation::new(10, 5, overlap).unwrap_err();
            assert!(error.to_string().contains("spectrum.overlap"), "{error}");
        }
    }

    #[test]
    fn every_segment_is_a_union_of_runs() {
        for (steps, length, overlap) in [(23, 7, 0.5), (23, 7, 0.0), (23, 7, 0.8), (40, 8, 0.5), (5, 5, 0.0)] {
            let cut = Segmentation::new(steps, length, overlap).unwrap();
            let edges = cut.run_edges();
            assert_eq!((edges[0], edges[edges.len() - 1]), (0, steps));
            for segment in 0..cut.count {
                let samples = cut.samples(segment);
                assert!(edges.contains(&samples.start) && edges.contains(&samples.end));
            }
        }
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut set = SegmentSet::all(5);
        set.set(2, false);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 1, 3, 4]);
        assert_eq!((set.used_count(), set.contains(2), set.contains(5)), (4, false, false));
        assert_eq!(set, SegmentSet::from_used(&[true, true, false, true, true]));
    }
}
