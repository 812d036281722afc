//! Stopping in time: a signal, or a wall time that ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tracing::info;

use crate::Error;
use crate::terms::Seconds;

/// Of the wall time that is left at the start so much is kept for writing what is in hand and for leaving, ...
const RESERVE_SHARE: f64 = 0.05;
/// ... within these limits.
const RESERVE: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(120)];
/// The next pass may take so much longer than the longest so far.
const MARGIN: f64 = 1.2;

/// Why a run stops before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// This signal came.
    Signal(&'static str),
    /// The wall time is about to end.
    WallTime,
    /// What is left of the wall time is less than a pass takes.
    NoTimeForAPass,
}

impl std::fmt::Display for StopCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StopCause::Signal(name) => write!(f, "stopped by {name}"),
            StopCause::WallTime => write!(f, "stopped before the wall time ends"),
            StopCause::NoTimeForAPass => write!(f, "stopped: another pass would not end within the wall time"),
        }
    }
}

/// What may stop a run.
#[derive(Debug)]
pub(super) struct Stop<'a> {
    /// A signal's number, or 0.
    signal: &'a AtomicUsize,
    deadline: Option<Instant>,
}

impl<'a> Stop<'a> {
    /// From the start of the run, for a wall time of which so much was left then.
    pub(super) fn new(signal: &'a AtomicUsize, started: Instant, left: Option<Seconds>) -> Self {
        let deadline = left.map(|left| {
            let left = Duration::try_from_secs_f64(left.0).unwrap_or(Duration::MAX);
            let reserve = left.mul_f64(RESERVE_SHARE).clamp(RESERVE[0], RESERVE[1]);
            started + left.saturating_sub(reserve).min(Duration::from_secs(1 << 32))
        });
        Stop { signal, deadline }
    }

    /// Whether there is a reason to stop.
    pub(super) fn cause(&self) -> Option<StopCause> {
        let signal = match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number if number == libc::SIGUSR1 as usize => Some("SIGUSR1"),
            _ => Some("SIGUSR2"),
        };
        let late = || self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        signal.map(StopCause::Signal).or_else(|| late().then_some(StopCause::WallTime))
    }

    /// Goes on unless there is a reason to stop.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub(super) fn check(&self) -> Result<(), Error> {
        self.cause().map_or(Ok(()), |cause| Err(Error::Stopped { cause }))
    }

    /// Goes on if a pass that takes as long as the longest so far (zero: there was none) can end in time.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub(super) fn check_pass(&self, longest: Duration) -> Result<(), Error> {
        self.check()?;
        let needed = longest.mul_f64(MARGIN);
        let fits = self.deadline.is_none_or(|deadline| Instant::now() + needed <= deadline);
        if fits { Ok(()) } else { Err(Error::Stopped { cause: StopCause::NoTimeForAPass }) }
    }
}

/// What a scheduler says is left of the job's wall time; `get` reads an environment variable.
///
/// Slurm tells when the job ends; Torque how long it may take, of which what passed before this run is not known.
pub(super) fn left_by_scheduler(get: impl Fn(&str) -> Option<String>) -> Option<Seconds> {
    let number = |name: &str| get(name).and_then(|value| value.trim().parse::<f64>().ok());
    if let Some(end) = number("SLURM_JOB_END_TIME") {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let left = Seconds((end - now).max(0.0));
        info!("SLURM_JOB_END_TIME leaves {} of wall time", Seconds(left.0.round()));
        return Some(left);
    }
    let whole = Seconds(number("PBS_WALLTIME").filter(|&seconds| seconds > 0.0)?);
    info!("PBS_WALLTIME gives {whole} of wall time");
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_and_a_deadline_stop() {
        let signal = AtomicUsize::new(0);
        let now = Instant::now();
        let cause = |stop: &Stop<'_>| stop.cause();
        assert_eq!(cause(&Stop::new(&signal, now, None)), None);
        assert_eq!(cause(&Stop::new(&signal, now, Some(Seconds(1e300)))), None);
        assert_eq!(cause(&Stop::new(&signal, now, Some(Seconds(0.3)))), Some(StopCause::WallTime));
        let stop = Stop::new(&signal, now, Some(Seconds(3600.0)));
        // 120 s of the hour are kept for the end.
        stop.check_pass(Duration::ZERO).unwrap();
        stop.check_pass(Duration::from_secs(2890)).unwrap();
        let error = stop.check_pass(Duration::from_secs(2910)).unwrap_err();
        assert!(matches!(error, Error::Stopped { cause: StopCause::NoTimeForAPass }));
        Stop::new(&signal, now, None).check_pass(Duration::from_secs(1 << 40)).unwrap();
        for (number, name) in [(libc::SIGUSR1, "SIGUSR1"), (libc::SIGUSR2, "SIGUSR2")] {
            signal.store(number as usize, Ordering::Relaxed);
            assert_eq!(cause(&stop), Some(StopCause::Signal(name)));
            assert!(stop.check().is_err());
        }
    }

    #[test]
    fn schedulers_are_asked() {
        let left = |pairs: &[(&str, String)]| {
            left_by_scheduler(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()))
        };
        assert_eq!(left(&[]), None);
        assert_eq!(left(&[("PBS_WALLTIME", "3600".into())]), Some(Seconds(3600.0)));
        assert_eq!(left(&[("PBS_WALLTIME", "later".into())]), None);
        let end = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 100;
        let found = left(&[("SLURM_JOB_END_TIME", end.to_string())]).unwrap().0;
        assert!((98.0..=100.0).contains(&found), "{found}");
        assert_eq!(left(&[("SLURM_JOB_END_TIME", "1000".into())]), Some(Seconds(0.0)));
    }
}
