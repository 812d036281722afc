//! Which files belong to the selected times, and the axis that they make.

use std::collections::BTreeSet;

use super::super::time_axis::{MOST_TIMES, date_of};
use super::super::{SourceError, TimeAxis};
use super::MdsRequest;
use super::listing::{FileFacts, ListedFile, Listing};

impl MdsRequest {
    /// Seconds since 1970 of the end of an iteration.
    fn seconds(&self, iteration: u64) -> f64 {
        self.epoch_seconds as f64 + iteration as f64 * self.seconds_per_iteration
    }
}

/// Seconds that a file is a mean over, by its `.meta`; 0 for a snapshot.
fn length(facts: &FileFacts) -> f64 {
    facts.meta.as_ref().and_then(|meta| meta.as_ref().ok()?.averaged_over()).unwrap_or(0.0)
}

/// Looks at those of `files`, in order of iteration, whose time is selected: the time of a snapshot, the middle of a
/// mean. Of the others only the names were seen, and the `.meta` of those near the selection's end.
///
/// # Errors
/// [`SourceError::EmptyTime`].
pub(super) fn examine_selected(
    listing: &Listing,
    request: &MdsRequest,
    files: Vec<ListedFile>,
) -> Result<Vec<FileFacts>, SourceError> {
    let Some([start, stop]) = request.time.map(|time| time.map(|seconds| seconds as f64)) else {
        return Ok(listing.examine(files));
    };
    let ends: Vec<ListedFile> = files.first().into_iter().chain(files.last()).cloned().collect();
    let ends = listing.examine(ends);
    let longest = ends.iter().map(length).fold(0.0, f64::max);
    // The middle of a mean is before the iteration that its file is named after.
    let may_be = |file: &ListedFile| {
        let seconds = request.seconds(file.iteration.unwrap_or(0));
        start <= seconds && seconds < stop + longest
    };
    let mut facts = listing.examine(files.into_iter().filter(may_be).collect());
    facts.retain(|facts| {
        let middle = request.seconds(facts.listed.iteration.unwrap_or(0)) - length(facts) / 2.0;
        (start..stop).contains(&middle)
    });
    if facts.is_empty() {
        let date = |facts: &FileFacts| {
            let end = facts.listed.iteration.unwrap_or(0) as f64 * request.seconds_per_iteration;
            date_of(request.epoch_seconds, end - length(facts) / 2.0)
        };
        let [first, last] = [ends.first(), ends.last()].map(|facts| facts.map_or_else(String::new, date));
        return Err(SourceError::EmptyTime {
            reason: format!("no snapshot in the asked interval; the record runs from {first} to {last}"),
        });
    }
    Ok(facts)
}

/// The axis of the iterations `selected`; `all` are those that files are named after, selected or not.
///
/// Where the record goes on beyond the selection, missing times at the selection's ends are on the axis too.
///
/// # Errors
/// [`SourceError::Uneven`], [`SourceError::AxisTooLong`].
pub(super) fn axis(
    request: &MdsRequest,
    selected: &BTreeSet<u64>,
    all: &BTreeSet<u64>,
    averaged_over: Option<f64>,
) -> Result<TimeAxis, SourceError> {
    let iterations: Vec<u64> = selected.iter().copied().collect();
    let axis = TimeAxis::new(&iterations, request.seconds_per_iteration, request.epoch_seconds, averaged_over)?;
    let (Some([start, stop]), [first, .., last]) = (request.time, &iterations[..]) else { return Ok(axis) };
    let (Some(record_start), Some(record_end)) = (all.first(), all.last()) else { return Ok(axis) };
    let step = axis.iterations_per_step;
    let middle = |iteration: u64| request.seconds(iteration) - averaged_over.unwrap_or(0.0) / 2.0;
    let steps = |room: u64| (room / step).min(MOST_TIMES as u64);
    let before = most(steps(first - record_start), |steps| middle(first - steps * step) >= start as f64);
    let after = most(steps(record_end - last), |steps| middle(last + steps * step) < stop as f64);
    axis.extended(before, after)
}

/// The largest number up to `limit` that `holds`, which holds for 0 and up to some number.
fn most(limit: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, limit);
    while low < high {
        let middle = high - (high - low) / 2;
        if holds(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::StepStatus;

    fn of(selected: &[u64], all: &[u64], time: [i64; 2], averaged_over: Option<f64>) -> TimeAxis {
        let request = MdsRequest { seconds_per_iteration: 10.0, time: Some(time), ..MdsRequest::default() };
        let set = |iterations: &[u64]| iterations.iter().copied().collect();
        axis(&request, &set(selected), &set(all), averaged_over).unwrap()
    }

    #[test]
    fn missing_times_at_the_ends_of_a_selection_are_on_the_axis() {
        // Files every 6 iterations (60 s); 18 and 42 are missing.
        let all = [6, 12, 24, 30, 36, 48];
        let axis = of(&[24, 30, 36], &all, [180, 480], None);
        assert_eq!((axis.first_iteration, axis.len()), (18, 5));
        let missing: Vec<usize> = axis.missing().collect();
        assert_eq!(missing, [0, 4]);
        assert_eq!(axis.status[1], StepStatus::Used);
        assert_eq!(of(&[24, 30, 36], &all, [181, 420], None).len(), 3);
        // The record begins and ends with its files.
        assert_eq!(of(&[6, 12, 24, 30, 36, 48], &all, [0, 10_000], None).len(), 8);
        let means = of(&[24, 30, 36], &all, [151, 391], Some(60.0));
        assert_eq!((means.first_iteration, means.len()), (24, 4));
        assert_eq!(means.seconds(0), 210.0);
    }

    #[test]
    fn the_largest_number_that_holds() {
        for limit in 0..20 {
            for edge in 0..25 {
                assert_eq!(most(limit, |number| number <= edge), edge.min(limit));
            }
        }
    }
}
