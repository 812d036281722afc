//! The regular time axis under the snapshots that exist.

use serde::{Deserialize, Serialize};

use super::SourceError;

/// What became of a time step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum StepStatus {
    /// Read and used.
    Used = 0,
    /// Read, but left out because of its values.
    Rejected = 1,
    /// Missing or bad, filled by interpolation.
    Interpolated = 2,
    /// Not there.
    Missing = 3,
}

/// Regular times; `iterations` are the model's step numbers in the file names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeAxis {
    /// Iteration of the first time.
    pub first_iteration: u64,
    /// Iterations between times.
    pub iterations_per_step: u64,
    /// Seconds of one iteration.
    pub seconds_per_iteration: f64,
    /// Seconds from 1970-01-01 to iteration 0.
    pub epoch_seconds: i64,
    /// Which steps exist.
    pub present: Vec<bool>,
}

impl TimeAxis {
    /// Builds the axis from the iterations found, ascending and without doubles.
    ///
    /// The usual step is the most frequent distance; a distance of a whole number of usual steps is a gap.
    ///
    /// # Errors
    /// [`SourceError::Uneven`] at the first distance that is no whole number of usual steps.
    pub fn new(iterations: &[u64], seconds_per_iteration: f64, epoch_seconds: i64) -> Result<Self, SourceError> {
        let axis = |iterations_per_step, present| TimeAxis {
            first_iteration: iterations.first().copied().unwrap_or(0),
            iterations_per_step,
            seconds_per_iteration,
            epoch_seconds,
            present,
        };
        let Some(usual) = usual_distance(iterations) else {
            return Ok(axis(1, vec![true; iterations.len()]));
        };
        let mut present = vec![true];
        for pair in iterations.windows(2) {
            let distance = pair[1] - pair[0];
            let steps = distance / usual;
            if distance % usual != 0 || steps > 10_000_000 {
                let seconds = |iterations: u64| {
                    format!(
                        "{iterations} iterations ({})",
                        crate::terms::Seconds(iterations as f64 * seconds_per_iteration)
                    )
                };
                return Err(SourceError::Uneven {
                    before: format!("iteration {}", pair[0]),
                    after: format!("iteration {}", pair[1]),
                    got: seconds(distance),
                    usual: seconds(usual),
                });
            }
            present.extend(std::iter::repeat_n(false, steps as usize - 1));
            present.push(true);
        }
        Ok(axis(usual, present))
    }

    /// Number of times.
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether there is no time at all.
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// Iteration of a step.
    pub fn iteration(&self, step: usize) -> u64 {
        self.first_iteration + step as u64 * self.iterations_per_step
    }

    /// Seconds from iteration 0 to a step.
    pub fn seconds(&self, step: usize) -> f64 {
        self.iteration(step) as f64 * self.seconds_per_iteration
    }

    /// Sampling interval [s].
    pub fn interval(&self) -> f64 {
        self.iterations_per_step as f64 * self.seconds_per_iteration
    }

    /// Date and time of a step, for messages.
    pub fn date(&self, step: usize) -> String {
        date(self.epoch_seconds.saturating_add(self.seconds(step).round() as i64))
    }

    /// Date and time of iteration 0.
    pub fn epoch_date(&self) -> String {
        date(self.epoch_seconds)
    }

    /// The part with start <= time < stop, in seconds since 1970.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn select(&self, start: i64, stop: i64) -> Result<Self, SourceError> {
        let at = |step: usize| self.epoch_seconds as f64 + self.seconds(step);
        let from = (0..self.len()).find(|&step| at(step) >= start as f64).unwrap_or(self.len());
        let to = (from..self.len()).find(|&step| at(step) >= stop as f64).unwrap_or(self.len());
        if from == to {
            return Err(SourceError::EmptyTime {
                reason: format!(
                    "no snapshot in the asked interval; the record runs from {} to {}",
                    self.date(0),
                    self.date(self.len() - 1)
                ),
            });
        }
        Ok(TimeAxis { first_iteration: self.iteration(from), present: self.present[from..to].to_vec(), ..self.clone() })
    }

    /// Steps that do not exist.
    pub fn missing(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&step| !self.present[step])
    }
}

/// The most frequent distance between neighbours, the least of equally frequent ones; none of fewer than two.
///
/// `iterations` ascend without doubles.
pub fn usual_distance(iterations: &[u64]) -> Option<u64> {
    let mut distances: Vec<u64> = iterations.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort_unstable();
    let mut usual = (0, None);
    for run in distances.chunk_by(|a, b| a == b) {
        if run.len() > usual.0 {
            usual = (run.len(), Some(run[0]));
        }
    }
    usual.1
}

/// ISO 8601, from seconds since 1970.
pub fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| format!("{seconds} s since 1970"), |time| time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_missing_steps_and_odd_distances_are_errors() {
        let axis = TimeAxis::new(&[144, 288, 576, 720], 25.0, 0).unwrap();
        assert_eq!(axis.present, [true, true, false, true, true]);
        assert_eq!(axis.interval(), 3600.0);
        assert_eq!(axis.iteration(2), 432);
        let error = TimeAxis::new(&[144, 288, 400, 544], 25.0, 0).unwrap_err().to_string();
        assert!(error.contains("288") && error.contains("400") && error.contains("112"), "{error}");
    }

    #[test]
    fn one_snapshot_is_an_axis() {
        assert_eq!(TimeAxis::new(&[7], 25.0, 0).unwrap().len(), 1);
    }

    #[test]
    fn a_time_selection_is_half_open() {
        let axis = TimeAxis::new(&[0, 1, 2, 3], 3600.0, 0).unwrap();
        let part = axis.select(3600, 3 * 3600).unwrap();
        assert_eq!((part.first_iteration, part.len()), (1, 2));
        assert!(axis.select(3601, 3700).unwrap_err().to_string().contains("1970-01-01T00:00:00"));
        assert_eq!(axis.date(1), "1970-01-01T01:00:00");
    }
}
