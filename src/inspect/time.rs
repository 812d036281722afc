//! When the snapshots of a field were taken: step, gaps, uneven places.

use serde::Serialize;

use super::FieldFiles;
use crate::source::usual_distance;

/// What turns iterations into dates.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Length of one iteration [s].
    pub seconds_per_iteration: f64,
    /// Iteration 0, seconds since 1970.
    pub epoch_seconds: i64,
}

impl Clock {
    /// Date and time of an iteration.
    pub fn date(&self, iteration: u64) -> String {
        crate::source::date_of(self.epoch_seconds, iteration as f64 * self.seconds_per_iteration)
    }
}

/// Times of a field.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TimeReport {
    /// Iteration of the first snapshot.
    pub first_iteration: u64,
    /// Iteration of the last one.
    pub last_iteration: u64,
    /// Date of the first, where it is known.
    pub first: Option<String>,
    /// Date of the last.
    pub last: Option<String>,
    /// The most frequent distance of snapshots; none of a single one.
    pub iterations_per_step: Option<u64>,
    /// The same [s], by the configuration, else by the `.meta` files.
    pub seconds_per_step: Option<f64>,
    /// Length of an iteration [s] by the model times in the `.meta` files.
    pub seconds_per_iteration_by_meta: Option<f64>,
    /// Length of the interval [s] that a file is the mean of; none of snapshots.
    pub averaged_over_seconds: Option<f64>,
    /// Whole steps without a snapshot.
    pub missing: u64,
    /// Where they are.
    pub gaps: Vec<Gap>,
    /// Distances that are no whole number of steps.
    pub uneven: Vec<Gap>,
}

/// Two neighbours in time that are not one step apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Iteration before it.
    pub after: u64,
    /// Iteration after it.
    pub before: u64,
    /// Steps that are missing between, where the distance is a whole number of them.
    pub missing: u64,
}

impl Gap {
    /// The gaps of ascending times, and the distances that are no whole number of the usual step.
    pub(super) fn all(times: &[u64], usual: Option<u64>) -> (Vec<Gap>, Vec<Gap>) {
        let (mut gaps, mut uneven) = (Vec::new(), Vec::new());
        for pair in times.windows(2) {
            let (distance, step) = (pair[1] - pair[0], usual.unwrap_or(1));
            let gap = Gap { after: pair[0], before: pair[1], missing: distance / step - u64::from(distance >= step) };
            if distance % step != 0 {
                uneven.push(Gap { missing: 0, ..gap });
            } else if gap.missing > 0 {
                gaps.push(gap);
            }
        }
        (gaps, uneven)
    }
}

impl TimeReport {
    /// Times of a field; none where no file has an iteration.
    pub(super) fn of(field: &FieldFiles, clock: Option<&Clock>) -> Option<TimeReport> {
        let mut iterations: Vec<u64> = field.files.iter().filter_map(|file| file.listed.iteration).collect();
        iterations.dedup();
        let (&first, &last) = (iterations.first()?, iterations.last()?);
        let usual = usual_distance(&iterations);
        let mut time = TimeReport {
            first_iteration: first,
            last_iteration: last,
            first: clock.map(|clock| clock.date(first)),
            last: clock.map(|clock| clock.date(last)),
            iterations_per_step: usual,
            ..TimeReport::default()
        };
        (time.gaps, time.uneven) = Gap::all(&iterations, usual);
        time.missing = time.gaps.iter().map(|gap| gap.missing).sum();
        let intervals: Vec<(u64, &[f64])> = field
            .files
            .iter()
            .filter_map(|file| {
                let meta = file.meta.as_ref()?.as_ref().ok()?;
                Some((file.listed.iteration?, meta.time_interval.as_slice()))
            })
            .collect();
        time.seconds_per_iteration_by_meta = seconds_per_iteration(&intervals);
        time.averaged_over_seconds = intervals.last().and_then(|(_, interval)| match interval {
            [start, end] => Some(end - start),
            _ => None,
        });
        let seconds = clock.map(|clock| clock.seconds_per_iteration).or(time.seconds_per_iteration_by_meta);
        time.seconds_per_step = usual.zip(seconds).map(|(step, seconds)| step as f64 * seconds);
        Some(time)
    }
}

/// Length of an iteration by the model times at the ends of a record; of a single file, by its time since iteration 0.
fn seconds_per_iteration(intervals: &[(u64, &[f64])]) -> Option<f64> {
    let end = |(iteration, interval): &(u64, &[f64])| Some((*iteration as f64, *interval.last()?));
    let ((first, first_time), (last, last_time)) = (end(intervals.first()?)?, end(intervals.last()?)?);
    let seconds = if last > first { (last_time - first_time) / (last - first) } else { last_time / last };
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}
