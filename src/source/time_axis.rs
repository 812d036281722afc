//! The regular time axis under the snapshots that exist.

use serde::{Deserialize, Serialize};

use super::SourceError;
use crate::terms::Calendar;

/// What became of a time step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum StepStatus {
    /// Read and used.
    Used = 0,
    /// Left out: its file is cut or cannot be read, or its values are wrong.
    Rejected = 1,
    /// Missing or bad, filled by interpolation.
    Interpolated = 2,
    /// Not there, of one field at least.
    Missing = 3,
}

/// Regular times; `iterations` are the model's step numbers in the file names, or, where files tell times, the steps of the
/// axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeAxis {
    /// Iteration of the first time.
    pub first_iteration: u64,
    /// Iterations between times.
    pub iterations_per_step: u64,
    /// Seconds of one iteration.
    pub seconds_per_iteration: f64,
    /// Seconds from the epoch to iteration 0; 0 where file names tell iterations.
    pub origin_seconds: f64,
    /// Seconds from 1970-01-01T00:00:00 of the calendar to the epoch, from which times count.
    pub epoch_seconds: i64,
    /// Calendar of all dates; the proleptic Gregorian one where file names tell iterations.
    pub calendar: Calendar,
    /// Length of the interval that every field is a mean over [s], which ends at the iteration; none for snapshots.
    pub averaged_over: Option<f64>,
    /// What became of each step.
    pub status: Vec<StepStatus>,
}

/// Times of a record at most: every minute for thirty years.
pub(super) const MOST_TIMES: usize = 1 << 24;

impl TimeAxis {
    /// Builds the axis from the iterations found, ascending and without doubles; the others are missing.
    ///
    /// The usual step is the most frequent distance; a distance of a whole number of usual steps is a gap.
    ///
    /// # Errors
    /// [`SourceError::Uneven`] at the first distance that is no whole number of usual steps;
    /// [`SourceError::AxisTooLong`].
    pub fn new(
        iterations: &[u64],
        seconds_per_iteration: f64,
        epoch_seconds: i64,
        averaged_over: Option<f64>,
    ) -> Result<Self, SourceError> {
        let (Some(&first), Some(&last)) = (iterations.first(), iterations.last()) else {
            return Err(SourceError::EmptyTime { reason: "there are no snapshots".into() });
        };
        // The distance of a single time from the next is not known.
        let usual = usual_distance(iterations).unwrap_or(1);
        if let Some(pair) = iterations.windows(2).find(|pair| (pair[1] - pair[0]) % usual != 0) {
            let seconds = |iterations: u64| {
                format!(
                    "{iterations} iterations ({})",
                    crate::terms::Seconds(iterations as f64 * seconds_per_iteration)
                )
            };
            return Err(SourceError::Uneven {
                before: format!("iteration {}", pair[0]),
                after: format!("iteration {}", pair[1]),
                got: seconds(pair[1] - pair[0]),
                usual: seconds(usual),
            });
        }
        let mut axis = TimeAxis {
            first_iteration: first,
            iterations_per_step: usual,
            seconds_per_iteration,
            origin_seconds: 0.0,
            epoch_seconds,
            calendar: Calendar::ProlepticGregorian,
            averaged_over,
            status: Vec::new(),
        };
        axis.status = vec![StepStatus::Missing; axis.checked_len(first, last)?];
        for iteration in iterations {
            axis.status[((iteration - first) / usual) as usize] = StepStatus::Used;
        }
        Ok(axis)
    }

    /// Steps from one iteration to another, if they are not too many.
    fn checked_len(&self, first: u64, last: u64) -> Result<usize, SourceError> {
        let step = self.iterations_per_step;
        let count = ((last - first) / step).saturating_add(1);
        if count > MOST_TIMES as u64 {
            return Err(SourceError::AxisTooLong {
                first: format!("iteration {first}"),
                last: last.to_string(),
                step: step.to_string(),
                count,
                most: MOST_TIMES,
            });
        }
        Ok(count as usize)
    }

    /// The same with missing times before and after, whose iterations are numbers that an iteration can have.
    ///
    /// # Errors
    /// [`SourceError::AxisTooLong`].
    pub(super) fn extended(self, before: u64, after: u64) -> Result<Self, SourceError> {
        let step = self.iterations_per_step;
        let first = self.first_iteration - before * step;
        let len = self.checked_len(first, self.iteration(self.len() - 1) + after * step)?;
        let missing = |count: u64| std::iter::repeat_n(StepStatus::Missing, count as usize);
        let mut status: Vec<StepStatus> = Vec::with_capacity(len);
        status.extend(missing(before).chain(self.status.iter().copied()).chain(missing(after)));
        Ok(TimeAxis { first_iteration: first, status, ..self })
    }

    /// Number of times.
    pub fn len(&self) -> usize {
        self.status.len()
    }

    /// Whether there is no time at all.
    pub fn is_empty(&self) -> bool {
        self.status.is_empty()
    }

    /// Iteration of a step.
    pub fn iteration(&self, step: usize) -> u64 {
        self.first_iteration + step as u64 * self.iterations_per_step
    }

    /// Seconds from the epoch to a step: to the snapshot, or to the middle of the interval of a mean.
    pub fn seconds(&self, step: usize) -> f64 {
        let end = self.origin_seconds + self.iteration(step) as f64 * self.seconds_per_iteration;
        end - self.averaged_over.unwrap_or(0.0) / 2.0
    }

    /// Seconds from 1970-01-01T00:00:00 of the calendar to the first step.
    pub fn start(&self) -> f64 {
        self.epoch_seconds as f64 + self.seconds(0)
    }

    /// Sampling interval [s].
    pub fn interval(&self) -> f64 {
        self.iterations_per_step as f64 * self.seconds_per_iteration
    }

    /// Date and time of a step, for messages.
    pub fn date(&self, step: usize) -> String {
        date_in(self.calendar, self.epoch_seconds, self.seconds(step))
    }

    /// Date and time of the epoch.
    pub fn epoch_date(&self) -> String {
        self.calendar.text(self.epoch_seconds)
    }

    /// Whether the snapshots of all fields are there and can be used.
    pub fn present(&self, step: usize) -> bool {
        self.status[step] == StepStatus::Used
    }

    /// Steps of which the snapshot of a field is missing or cannot be used.
    pub fn missing(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&step| !self.present(step))
    }
}

/// The most frequent distance between neighbours, the least of equally frequent ones; none of fewer than two.
///
/// `iterations` ascend without doubles.
pub fn usual_distance(iterations: &[u64]) -> Option<u64> {
    most_frequent(iterations.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

/// The most frequent of some distances, the least of equally frequent ones.
pub(super) fn most_frequent(mut distances: Vec<u64>) -> Option<u64> {
    distances.sort_unstable();
    let mut usual = (0, None);
    for run in distances.chunk_by(|a, b| a == b) {
        if run.len() > usual.0 {
            usual = (run.len(), Some(run[0]));
        }
    }
    usual.1
}

/// ISO 8601 of a time so many seconds after an epoch, which is in seconds since 1970, in the proleptic Gregorian calendar.
pub fn date_of(epoch_seconds: i64, seconds: f64) -> String {
    date_in(Calendar::ProlepticGregorian, epoch_seconds, seconds)
}

fn date_in(calendar: Calendar, epoch_seconds: i64, seconds: f64) -> String {
    calendar.text(epoch_seconds.saturating_add(seconds.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_missing_steps_and_odd_distances_are_errors() {
        let axis = TimeAxis::new(&[144, 288, 576, 720], 25.0, 0, None).unwrap();
        assert_eq!((0..5).map(|step| axis.present(step)).collect::<Vec<_>>(), [true, true, false, true, true]);
        assert_eq!(axis.missing().collect::<Vec<_>>(), [2]);
        assert_eq!(axis.interval(), 3600.0);
        assert_eq!(axis.iteration(2), 432);
        let error = TimeAxis::new(&[144, 288, 400, 544], 25.0, 0, None).unwrap_err().to_string();
        assert!(error.contains("288") && error.contains("400") && error.contains("112"), "{error}");
    }

    #[test]
    fn one_snapshot_is_an_axis() {
        assert_eq!(TimeAxis::new(&[7], 25.0, 0, None).unwrap().len(), 1);
        assert!(TimeAxis::new(&[], 25.0, 0, None).is_err());
    }

    #[test]
    fn a_mean_stands_at_the_middle_of_its_interval() {
        let axis = TimeAxis::new(&[144, 288], 25.0, 86_400, Some(3600.0)).unwrap();
        assert_eq!((axis.seconds(1), axis.interval()), (5400.0, 3600.0));
        assert_eq!(axis.date(1), "1970-01-02T01:30:00");
        assert_eq!(axis.epoch_date(), "1970-01-02T00:00:00");
    }

    #[test]
    fn no_number_in_a_name_makes_an_endless_axis() {
        let most = MOST_TIMES as u64;
        assert_eq!(TimeAxis::new(&[0, 1, most - 1], 25.0, 0, None).unwrap().len(), MOST_TIMES);
        for iterations in [[0, 1, most], [0, 1, u64::MAX], [5, 7, u64::MAX]] {
            let error = TimeAxis::new(&iterations, 25.0, 0, None).unwrap_err().to_string();
            assert!(error.contains("more than 16777216"), "{error}");
        }
        // Far away, but a gap of few steps.
        assert_eq!(TimeAxis::new(&[0, u64::MAX / 2, u64::MAX - 1], 25.0, 0, None).unwrap().len(), 3);
        let axis = TimeAxis::new(&[5, 6], 25.0, 0, None).unwrap();
        let wider = axis.clone().extended(5, 2).unwrap();
        assert_eq!((wider.first_iteration, wider.len(), wider.missing().count()), (0, 9, 7));
        assert!(axis.extended(0, most).is_err());
    }

    proptest::proptest! {
        #[test]
        fn every_iteration_is_on_the_axis_that_is_accepted(
            mut iterations in proptest::collection::vec(
                proptest::prop_oneof![0_u64..60, proptest::prelude::any::<u64>()], 1..6,
            ),
        ) {
            iterations.sort_unstable();
            iterations.dedup();
            if let Ok(axis) = TimeAxis::new(&iterations, 25.0, i64::MAX, Some(1e300)) {
                let there: Vec<u64> =
                    (0..axis.len()).filter(|&step| axis.present(step)).map(|step| axis.iteration(step)).collect();
                proptest::prop_assert_eq!(there, iterations);
                axis.date(axis.len() - 1);
            }
        }
    }
}
