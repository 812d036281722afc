//! Equal divisions of a circle of latitude or of a meridian.

use std::ops::Range;

/// Bins [origin + k width, origin + (k + 1) width) of degrees, of which a run of neighbours is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Divisions {
    origin: f64,
    /// Degrees of the whole range.
    range: f64,
    /// Bins of the whole range.
    total: usize,
    kept: Range<usize>,
}

impl Divisions {
    /// Bins of latitude from -90 on, those from `south` to `north`; a width of 180 degrees over a whole number.
    pub fn of_latitude(width: f64, [south, north]: [f64; 2]) -> Self {
        Self::covering(-90.0, 180.0, width, [south, north])
    }

    /// Bins of longitude from -180 on, those from `west` to `east`, both from -180 to 180; a width of 360 degrees over a
    /// whole number.
    pub fn of_longitude(width: f64, [west, east]: [f64; 2]) -> Self {
        Self::covering(-180.0, 360.0, width, [west, east])
    }

    fn covering(origin: f64, range: f64, width: f64, [from, to]: [f64; 2]) -> Self {
        let total = (range / width).round().max(1.0) as usize;
        let mut divisions = Divisions { origin, range, total, kept: 0..total };
        divisions.kept = divisions.index(from)..divisions.index(to) + 1;
        divisions
    }

    /// Number of the bin in the whole range; the last edge belongs to the last bin.
    fn index(&self, degrees: f64) -> usize {
        // Not a number becomes 0; such a place has no spectrum.
        let about = ((degrees - self.origin) * self.total as f64 / self.range).floor().max(0.0) as usize;
        // By the edges as they are stored, which rounding may have put on the other side.
        let above = usize::from(degrees >= self.edge(about + 1));
        (about + above - usize::from(about > 0 && degrees < self.edge(about))).min(self.total - 1)
    }

    /// Edge `k` [degrees].
    fn edge(&self, k: usize) -> f64 {
        self.origin + k as f64 * self.range / self.total as f64
    }

    /// Bins kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Place among the kept bins.
    pub fn place(&self, degrees: f64) -> Option<usize> {
        let index = self.index(degrees);
        self.kept.contains(&index).then(|| index - self.kept.start)
    }

    /// Edges of the kept bins [degrees], south and north or west and east.
    pub fn bounds(&self) -> Vec<[f64; 2]> {
        self.kept.clone().map(|k| [self.edge(k), self.edge(k + 1)]).collect()
    }

    /// Middles of the kept bins [degrees].
    pub fn centres(&self) -> Vec<f64> {
        self.kept.clone().map(|k| self.origin + (k as f64 + 0.5) * self.range / self.total as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latitude_has_one_bin_and_the_pole_the_last() {
        let whole = Divisions::of_latitude(1.0, [-90.0, 90.0]);
        assert_eq!(whole.len(), 180);
        for (latitude, bin) in [(-90.0, 0), (-89.5, 0), (-89.0, 1), (-0.1, 89), (0.0, 90), (89.999, 179), (90.0, 179)] {
            assert_eq!(whole.place(latitude), Some(bin), "{latitude}");
        }
        assert_eq!((whole.centres()[90], whole.bounds()[179]), (0.5, [89.0, 90.0]));
    }

    /// Whatever the width, an edge as it is stored begins its bin.
    #[test]
    fn edges_belong_to_the_bin_that_they_begin() {
        for total in [1, 7, 180, 720, 1800, 4999] {
            let whole = Divisions::of_latitude(180.0 / total as f64, [-90.0, 90.0]);
            for (k, [south, north]) in whole.bounds().into_iter().enumerate() {
                assert_eq!(whole.place(south), Some(k), "{total}");
                assert_eq!(whole.place(north.next_down()), Some(k), "{total}");
            }
        }
    }

    #[test]
    fn bins_that_nothing_touches_are_left_out() {
        let some = Divisions::of_latitude(2.5, [11.0, 17.6]);
        assert_eq!(some.bounds(), [[10.0, 12.5], [12.5, 15.0], [15.0, 17.5], [17.5, 20.0]]);
        assert_eq!((some.place(9.9), some.place(10.0), some.place(20.0)), (None, Some(0), None));
        let round = Divisions::of_longitude(90.0, [-180.0, 180.0]);
        assert_eq!((round.len(), round.place(180.0), round.place(-180.0)), (4, Some(3), Some(0)));
    }
}
