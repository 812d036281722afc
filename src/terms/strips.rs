//! Strips of latitude, so that a point is looked for among what its latitude meets.

/// For intervals of latitude, the numbers of those that may hold a latitude.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strips {
    south: f64,
    strips_per_degree: f64,
    /// Where each strip's numbers begin, and the end of the last.
    starts: Vec<u32>,
    /// Numbers of intervals, strip after strip, ascending in each.
    members: Vec<u32>,
}

/// There is a strip for so many intervals, as long as they are short.
const INTERVALS_PER_STRIP: usize = 4;
/// Members of all strips together, for each interval, at most; where long intervals would make more, strips are wider.
const MEMBERS_PER_INTERVAL: usize = 4;

impl Strips {
    /// `intervals` are `[south, north]` in degrees, south <= north; at most 2^30 of them.
    pub(super) fn new(intervals: impl ExactSizeIterator<Item = [f64; 2]> + Clone) -> Strips {
        let south = intervals.clone().map(|[south, _]| south).fold(90.0, f64::min);
        let north = intervals.clone().map(|[_, north]| north).fold(-90.0, f64::max);
        let mut count = (intervals.len() / INTERVALS_PER_STRIP).max(1);
        let mut strips = Strips { south, strips_per_degree: 0.0, starts: Vec::new(), members: Vec::new() };
        loop {
            strips.strips_per_degree = if count > 1 { count as f64 / (north - south) } else { 0.0 };
            let members = intervals.clone().map(|interval| strips.met(interval, count).count()).sum::<usize>();
            if count == 1 || members <= MEMBERS_PER_INTERVAL * intervals.len() {
                strips.fill(intervals, count, members);
                return strips;
            }
            count /= 2;
        }
    }

    fn fill(&mut self, intervals: impl Iterator<Item = [f64; 2]> + Clone, count: usize, members: usize) {
        let mut starts = vec![0_u32; count + 1];
        for strip in intervals.clone().flat_map(|interval| self.met(interval, count)) {
            starts[strip + 1] += 1;
        }
        for strip in 0..count {
            starts[strip + 1] += starts[strip];
        }
        let mut next = starts.clone();
        self.members = vec![0; members];
        for (number, interval) in (0_u32..).zip(intervals) {
            for strip in self.met(interval, count) {
                self.members[next[strip] as usize] = number;
                next[strip] += 1;
            }
        }
        self.starts = starts;
    }

    /// The strip of a latitude: ascending with it, whatever the rounding, so that none between two ends is left out.
    fn strip(&self, lat: f64, count: usize) -> usize {
        // A number below 0, or NaN where all intervals are one point, becomes 0.
        (((lat - self.south) * self.strips_per_degree) as usize).min(count - 1)
    }

    fn met(&self, [south, north]: [f64; 2], count: usize) -> std::ops::RangeInclusive<usize> {
        self.strip(south, count)..=self.strip(north, count)
    }

    /// Numbers of the intervals that may hold `lat`, all that do among them.
    pub(super) fn at(&self, lat: f64) -> &[u32] {
        let strip = self.strip(lat, self.starts.len() - 1);
        &self.members[self.starts[strip] as usize..self.starts[strip + 1] as usize]
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        (self.starts.len() + self.members.len()) * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_is_found_and_few_others() {
        for length in [0.0, 0.01, 3.0, 180.0] {
            let intervals: Vec<[f64; 2]> = (0..5000_u32)
                .map(|at| f64::from(at) * 0.734_f64 % 180.0 - 90.0)
                .map(|south| [south, (south + length).min(90.0)])
                .collect();
            let strips = Strips::new(intervals.iter().copied());
            assert!(strips.bytes() <= 4 * (4 * 5000 + 5000 / 4 + 1), "{length}: {}", strips.bytes());
            for lat in [-90.0, -12.3, 0.0, 45.6, 90.0] {
                let found = strips.at(lat);
                let within = |number: &u32| {
                    let [south, north] = intervals[*number as usize];
                    south <= lat && lat <= north
                };
                let expected: Vec<u32> = (0..5000).filter(within).collect();
                assert_eq!(found.iter().copied().filter(within).collect::<Vec<_>>(), expected, "{length} {lat}");
                if length < 1.0 {
                    assert!(found.len() < 20, "{length} {lat}: {}", found.len());
                }
            }
        }
        assert_eq!(Strips::new([[3.0, 3.0]; 20].into_iter()).at(3.0).len(), 20);
        assert_eq!(Strips::new(std::iter::empty::<[f64; 2]>().collect::<Vec<_>>().into_iter()).at(0.0), [0_u32; 0]);
    }
}
