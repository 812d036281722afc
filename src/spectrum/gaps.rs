//! Short gaps of a lane group's series, filled linearly in time, and a count of what was filled and what was left out.

use crate::terms::{LANES, Line, Sample};

/// How many samples were filled and how many left out at each time; adds up over groups.
///
/// A sample is u and v of one active lane at one time. It is filled where one of them or both were missing and neither
/// is any more, and left out where one of them still is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapCounts {
    filled: Vec<u32>,
    left_out: Vec<u32>,
}

impl GapCounts {
    /// No gaps in a record of `steps` samples.
    pub fn none(steps: usize) -> Self {
        GapCounts { filled: vec![0; steps], left_out: vec![0; steps] }
    }

    /// Bytes of a record's counts.
    pub(super) fn bytes(steps: usize) -> usize {
        2 * steps * size_of::<u32>()
    }

    /// Filled samples, by time.
    pub fn filled(&self) -> &[u32] {
        &self.filled
    }

    /// Left out samples, by time.
    pub fn left_out(&self) -> &[u32] {
        &self.left_out
    }

    /// The times with any, each with what was filled and what left out; there are none afterwards.
    pub fn take(&mut self) -> Vec<[u32; 3]> {
        let mut found = Vec::new();
        for (t, (filled, left_out)) in self.filled.iter_mut().zip(&mut self.left_out).enumerate() {
            if *filled > 0 || *left_out > 0 {
                found.push([t as u32, std::mem::take(filled), std::mem::take(left_out)]);
            }
        }
        found
    }

    /// Adds what was [taken](Self::take) of a record of the same length; times beyond it are left out.
    pub fn add(&mut self, taken: &[[u32; 3]]) {
        for &[t, more_filled, more_left_out] in taken {
            let at = t as usize;
            if let (Some(filled), Some(left_out)) = (self.filled.get_mut(at), self.left_out.get_mut(at)) {
                *filled = filled.saturating_add(more_filled);
                *left_out = left_out.saturating_add(more_left_out);
            }
        }
    }

    /// Adds one group: u and v as they came, and as they were used.
    pub(super) fn count<T: Sample>(&mut self, came: [&[Line<T>]; 2], used: [&[Line<T>]; 2], lanes: u16) {
        let missing = |[u, v]: [&[Line<T>]; 2], t: usize| (missing_lanes(&u[t]) | missing_lanes(&v[t])) & lanes;
        for (t, (filled, left_out)) in self.filled.iter_mut().zip(&mut self.left_out).enumerate() {
            let before = missing(came, t);
            if before == 0 {
                continue;
            }
            let after = missing(used, t);
            *filled = filled.saturating_add((before & !after).count_ones());
            *left_out = left_out.saturating_add(after.count_ones());
        }
    }
}

/// Bit per lane: the value is missing.
#[inline]
fn missing_lanes<T: Sample>(line: &Line<T>) -> u16 {
    line.0.iter().enumerate().fold(0, |lanes, (lane, value)| lanes | u16::from(value.is_nan()) << lane)
}

/// Fills, in each of `lanes` (bits) by itself, every run of at most `longest` missing values (NaN) that lies between two
/// numbers: linearly in time from the one to the other, in float64. Longer runs, and runs at the ends, stay.
pub(super) fn fill_short_gaps<T: Sample>(series: &mut [Line<T>], lanes: u16, longest: usize) {
    let mut open = 0_u16;
    let mut starts = [0; LANES];
    for t in 0..series.len() {
        let missing = missing_lanes(&series[t]) & lanes;
        if missing == open {
            continue;
        }
        for (lane, start) in starts.iter_mut().enumerate() {
            let (was, is) = (open >> lane & 1 == 1, missing >> lane & 1 == 1);
            if is && !was {
                *start = t;
            }
            if was && !is && *start > 0 && t - *start <= longest {
                fill(series, lane, *start - 1, t);
            }
        }
        open = missing;
    }
}

/// The straight line between the values at two times.
fn fill<T: Sample>(series: &mut [Line<T>], lane: usize, from: usize, to: usize) {
    let [first, last] = [from, to].map(|t| series[t].0[lane].as_f64());
    let slope = (last - first) / (to - from) as f64;
    for (n, line) in (1..).zip(&mut series[from + 1..to]) {
        line.0[lane] = T::rounded(first + f64::from(n) * slope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    /// One series in lane 5, noise-free numbers elsewhere.
    fn lines(values: &[f64]) -> Vec<Line<f64>> {
        values
            .iter()
            .map(|value| {
                let mut line = Line([1.0; LANES]);
                line.0[5] = *value;
                line
            })
            .collect()
    }

    fn filled(values: &[f64], longest: usize) -> Vec<f64> {
        let mut series = lines(values);
        fill_short_gaps(&mut series, u16::MAX, longest);
        assert!(series.iter().all(|line| line.0.iter().enumerate().all(|(lane, value)| lane == 5 || *value == 1.0)));
        series.iter().map(|line| line.0[5]).collect()
    }

    #[track_caller]
    fn assert_same(got: &[f64], expected: &[f64]) {
        let same = got.iter().zip(expected).all(|(g, e)| g == e || (g.is_nan() && e.is_nan()));
        assert!(same && got.len() == expected.len(), "{got:?}, expected {expected:?}");
    }

    #[test]
    fn short_runs_between_numbers_are_filled_and_no_others() {
        let series = [NONE, 2.0, NONE, 4.0, NONE, NONE, 1.0, NONE, NONE, NONE, 9.0, NONE];
        assert_same(&filled(&series, 0), &series);
        assert_same(&filled(&series, 1), &[NONE, 2.0, 3.0, 4.0, NONE, NONE, 1.0, NONE, NONE, NONE, 9.0, NONE]);
        assert_same(&filled(&series, 2), &[NONE, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, NONE, NONE, NONE, 9.0, NONE]);
        assert_same(&filled(&series, 3), &[NONE, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 3.0, 5.0, 7.0, 9.0, NONE]);
        assert_same(&filled(&[NONE; 3], 9), &[NONE; 3]);
        assert_same(&filled(&[5.0, NONE, NONE], 9), &[5.0, NONE, NONE]);
    }

    #[test]
    fn lanes_are_filled_by_themselves_and_only_those_asked_for() {
        let mut series = vec![Line([1.0_f32; LANES]); 6];
        for (t, lane) in [(1, 0), (2, 0), (2, 1), (3, 1), (1, 2), (4, 2), (2, 3)] {
            series[t].0[lane] = f32::NAN;
        }
        fill_short_gaps(&mut series, 0b0111, 2);
        for (t, line) in series.iter().enumerate() {
            for (lane, value) in line.0.iter().enumerate() {
                assert_eq!(value.is_nan(), (t, lane) == (2, 3), "{t} {lane}");
            }
        }
    }

    #[test]
    fn a_sample_is_filled_or_left_out_as_a_whole() {
        // Lane 5: u is missing at 1 and 2, v at 2 and 3; after filling, v still is at 3.
        let came = [lines(&[1.0, NONE, NONE, 1.0]), lines(&[1.0, 1.0, NONE, NONE])];
        let used = [lines(&[1.0, 1.0, 1.0, 1.0]), lines(&[1.0, 1.0, 1.0, NONE])];
        let mut counts = GapCounts::none(4);
        for lanes in [u16::MAX, 1 << 5, !(1 << 5)] {
            counts.count([&came[0], &came[1]], [&used[0], &used[1]], lanes);
        }
        assert_eq!((counts.filled(), counts.left_out()), (&[0, 2, 2, 0][..], &[0, 0, 0, 2][..]));
        let taken = counts.take();
        assert_eq!(taken, [[1, 2, 0], [2, 2, 0], [3, 0, 2]]);
        assert_eq!(counts, GapCounts::none(4));
        counts.add(&taken);
        counts.add(&taken);
        counts.add(&[[4, 1, 1]]);
        assert_eq!((counts.filled(), counts.left_out()), (&[0, 4, 4, 0][..], &[0, 0, 0, 4][..]));
    }
}
