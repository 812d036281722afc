//! Progress to stderr: a bar on a terminal, else plain lines with rate and time left; at the end where the time went.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tracing::{Level, enabled, info};

use super::log;
use crate::report::{Observer, RunTimings};
use crate::terms::{Bytes, Seconds};

/// Between plain lines at least.
const INTERVAL: Duration = Duration::from_secs(10);

/// Shows one phase at a time.
pub(super) struct Progress {
    phase: Mutex<Option<Phase>>,
    terminal: bool,
}

struct Phase {
    name: String,
    total: u64,
    bytes: u64,
    done: u64,
    started: Instant,
    told: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Progress { phase: Mutex::new(None), terminal: std::io::stderr().is_terminal() && !log::is_json() }
    }
}

impl Phase {
    fn rate(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-9);
        let share = self.done as f64 / self.total.max(1) as f64;
        format!("{}/s", Bytes((self.bytes as f64 * share / seconds) as u64))
    }

    fn line(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let left = seconds * (self.total - self.done) as f64 / self.done.max(1) as f64;
        format!(
            "{}: {:.0} % of {}, {}, {} left",
            self.name,
            100.0 * self.done as f64 / self.total.max(1) as f64,
            Bytes(self.bytes),
            self.rate(),
            Seconds(left.round())
        )
    }
}

impl Observer for Progress {
    fn begin(&self, phase: &str, units: u64, bytes: u64) {
        let bar = self.terminal.then(|| {
            let template = "{prefix:>12} [{bar:30}] {percent} % {msg}, {eta} left";
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(units)
                .with_style(style)
                .with_prefix(phase.to_owned())
                .with_message(format!("of {}", Bytes(bytes)))
        });
        let now = Instant::now();
        let phase = Phase { name: phase.to_owned(), total: units, bytes, done: 0, started: now, told: now, bar };
        if let Ok(mut current) = self.phase.lock() {
            *current = Some(phase);
        }
    }

    fn advance(&self, units: u64) {
        let Ok(mut current) = self.phase.lock() else { return };
        let Some(phase) = current.as_mut() else { return };
        phase.done = (phase.done + units).min(phase.total);
        match &phase.bar {
            Some(bar) => {
                bar.set_message(format!("of {}, {}", Bytes(phase.bytes), phase.rate()));
                bar.set_position(phase.done);
            }
            None if phase.told.elapsed() >= INTERVAL => {
                phase.told = Instant::now();
                log::say(Level::INFO, &phase.line());
            }
            None => {}
        }
    }

    fn end(&self) {
        let Ok(mut current) = self.phase.lock() else { return };
        let Some(phase) = current.take() else { return };
        match phase.bar {
            Some(bar) => bar.finish_and_clear(),
            None if phase.started.elapsed() >= INTERVAL => {
                let seconds = Seconds(phase.started.elapsed().as_secs_f64().round());
                let line = format!("{}: {} in {seconds}, {}", phase.name, Bytes(phase.bytes), phase.rate());
                log::say(Level::INFO, &line);
            }
            None => {}
        }
    }

    fn timings(&self, timings: &RunTimings) {
        if !log::is_json() {
            timings.lines().iter().for_each(|line| info!("{line}"));
        } else if enabled!(Level::INFO) {
            log::say_with(Level::INFO, "timings", timings);
        }
    }
}
