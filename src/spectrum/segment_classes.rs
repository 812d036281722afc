//! Which segments of a record share a spectrum beside that of all: those of a month, of a season, or each by itself.

/// A class for each segment of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentClasses {
    of_segment: Vec<usize>,
    count: usize,
}

impl SegmentClasses {
    /// `count` classes, numbered from 0; `of_segment` has the class of each segment, and a class may have none.
    ///
    /// # Panics
    /// If a class is not below `count`.
    pub fn new(of_segment: Vec<usize>, count: usize) -> Self {
        assert!(of_segment.iter().all(|class| *class < count), "there are {count} classes");
        SegmentClasses { of_segment, count }
    }

    /// Number of classes.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Class of each segment.
    pub fn of_segment(&self) -> &[usize] {
        &self.of_segment
    }
}
