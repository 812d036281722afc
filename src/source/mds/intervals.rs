//! What the `.meta` files of a variable say of model time: averages and their length, and the model's own time step.

use super::super::SourceError;
use super::{MdsRequest, Meta};
use crate::terms::Seconds;

/// Lengths and time steps that differ by no more than this share are the same; a `.meta` has 13 digits.
const SAME: f64 = 1e-3;

/// `timeInterval` of the files that have one.
pub(super) struct Intervals<'a> {
    files: Vec<Interval<'a>>,
}

#[derive(Clone, Copy)]
struct Interval<'a> {
    iteration: u64,
    file: &'a str,
    /// Model time at its end [s].
    end: f64,
    /// Seconds that it is a mean over; 0 for a snapshot.
    length: f64,
}

impl<'a> Intervals<'a> {
    /// From iteration, name and `.meta` of each file, in order of iteration; of several tiles the first counts.
    pub(super) fn of(files: impl Iterator<Item = (u64, &'a str, &'a Meta)>) -> Self {
        let mut all: Vec<Interval<'a>> = files
            .filter_map(|(iteration, file, meta)| {
                let length = meta.averaged_over().unwrap_or(0.0);
                Some(Interval { iteration, file, end: meta.model_seconds()?, length })
            })
            .collect();
        all.dedup_by_key(|interval| interval.iteration);
        Intervals { files: all }
    }

    /// Compares the model's time step, from the first file to the last, with the configured one.
    ///
    /// # Errors
    /// [`SourceError::Timestep`].
    pub(super) fn check_timestep(&self, seconds_per_iteration: f64) -> Result<(), SourceError> {
        let [first, .., last] = self.files[..] else { return Ok(()) };
        let iterations = last.iteration - first.iteration;
        let model = (last.end - first.end) / iterations as f64;
        // A model time that stands still was not kept.
        if iterations == 0 || model <= 0.0 || (model - seconds_per_iteration).abs() <= SAME * model {
            return Ok(());
        }
        Err(SourceError::Timestep {
            configured: Seconds(seconds_per_iteration),
            model: Seconds(model),
            first: first.file.to_owned(),
            last: last.file.to_owned(),
            iterations,
            seconds: last.end - first.end,
        })
    }

    /// The seconds that all files are means over; none for snapshots, or where no file says.
    ///
    /// # Errors
    /// [`SourceError::UnevenMeans`] where lengths differ.
    pub(super) fn averaged_over(&self, request: &MdsRequest) -> Result<Option<f64>, SourceError> {
        let same = |a: &Interval<'_>, b: &Interval<'_>| (a.length - b.length).abs() <= SAME * a.length.max(b.length);
        let Some(first) = self.files.first() else { return Ok(None) };
        if self.files.iter().all(|interval| same(interval, first)) {
            return Ok((first.length > 0.0).then_some(first.length));
        }
        let count = |of: &Interval<'_>| self.files.iter().filter(|other| same(of, other)).count();
        // The later of equally frequent ones: a record begins with the odd one, if any.
        let usual = self.files.iter().max_by_key(|interval| count(interval)).unwrap_or(first);
        let odd = self.files.iter().find(|interval| !same(interval, usual)).unwrap_or(first);
        let start = self.files.iter().position(|interval| same(interval, usual)).unwrap_or(0);
        let end = self.files.iter().rposition(|interval| same(interval, usual)).unwrap_or(0);
        let unbroken = self.files[start..=end].iter().all(|interval| same(interval, usual));
        let remedy = if unbroken && end > start {
            // Half-open on the middles of the intervals, or on the times of snapshots.
            let seconds = |iteration: u64| iteration as f64 * request.seconds_per_iteration;
            let from = seconds(self.files[start].iteration) - usual.length;
            let to = seconds(self.files[end].iteration) + if usual.length > 0.0 { 0.0 } else { 1.0 };
            let date = |seconds: f64| super::super::time_axis::date_of(request.epoch_seconds, seconds);
            format!("[select] time = [{}, {}] leaves it out", date(from), date(to))
        } else {
            "[select] time can take a part without it".to_owned()
        };
        let describe = |interval: &Interval<'_>| match interval.length {
            0.0 => "a snapshot".to_owned(),
            length => format!("a mean over {}", Seconds(length)),
        };
        Err(SourceError::UnevenMeans {
            odd: odd.file.to_owned(),
            got: describe(odd),
            usual: usual.file.to_owned(),
            expected: describe(usual),
            remedy,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metas(intervals: &[&[f64]]) -> Vec<Meta> {
        intervals.iter().map(|numbers| Meta { time_interval: numbers.to_vec(), ..Meta::default() }).collect()
    }

    fn check(intervals: &[&[f64]], timestep: f64) -> Result<Option<f64>, SourceError> {
        let metas = metas(intervals);
        let names: Vec<String> = (1..=metas.len()).map(|at| format!("{at}")).collect();
        let files = metas.iter().enumerate().map(|(at, meta)| (100 * (at as u64 + 1), names[at].as_str(), meta));
        let intervals = Intervals::of(files);
        intervals.check_timestep(timestep)?;
        intervals.averaged_over(&MdsRequest { seconds_per_iteration: timestep, ..MdsRequest::default() })
    }

    #[test]
    fn the_timestep_is_the_models_or_not_known() {
        assert_eq!(check(&[&[2500.0], &[5000.0], &[7500.0]], 25.0).unwrap(), None);
        // Whatever model time iteration 0 had.
        assert_eq!(check(&[&[9500.0], &[12000.0]], 25.0).unwrap(), None);
        for unknown in [&[&[7.0][..], &[7.0]][..], &[&[], &[9.0]], &[&[]], &[], &[&[9.0], &[5.0]]] {
            assert_eq!(check(unknown, 25.0).unwrap(), None);
        }
        let text = check(&[&[2500.0], &[], &[7500.0]], 90.0).unwrap_err().to_string();
        assert!(text.contains("timestep = \"90 s\"") && text.contains("25 s"), "{text}");
        assert!(check(&[&[2500.0], &[5000.0]], 25.1).is_err());
        check(&[&[2500.0], &[5000.0]], 25.01).unwrap();
    }

    #[test]
    fn means_have_one_length() {
        assert_eq!(check(&[&[0.0, 2500.0], &[2500.0, 5000.0]], 25.0).unwrap(), Some(2500.0));
        // An interval without length is a snapshot.
        assert_eq!(check(&[&[2500.0, 2500.0], &[5000.0]], 25.0).unwrap(), None);
        let first = [&[1500.0, 2500.0][..], &[2500.0, 5000.0], &[5000.0, 7500.0]];
        let first = check(&first, 25.0).unwrap_err().to_string();
        for part in ["1 is a mean over 1000 s", "a mean over 2500 s", "1970-01-01T00:41:40, 1970-01-01T02:05:00"] {
            assert!(first.contains(part), "{first}");
        }
        let last = check(&[&[0.0, 2500.0], &[2500.0, 5000.0], &[7500.0]], 25.0).unwrap_err().to_string();
        assert!(last.contains("3 is a snapshot") && last.contains("1970-01-01T00:00:00"), "{last}");
        let middle = [&[0.0, 2500.0][..], &[5000.0], &[5000.0, 7500.0]];
        let middle = check(&middle, 25.0).unwrap_err().to_string();
        assert!(middle.contains("2 is a snapshot") && middle.contains("a part without it"), "{middle}");
    }
}
