//! `[run]`: what the machine may be asked for, and when the run gives up.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::{RawRun, RawWallTime};
use crate::terms::{Bytes, Seconds, TIME_STEPS, WallTime, short};

/// Limits of the run, none of which changes a number of the result; what is none is decided at the start, from the node
/// and the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Memory allowed on a node, all its ranks together; above 0.
    pub memory: Option<Bytes>,
    /// Threads of a rank, 1 to 4096.
    pub threads: Option<usize>,
    /// When the run stops by itself; none: as the scheduler tells.
    pub walltime: Option<WallLimit>,
    /// After such a silence a rank is lost, and the run ends; 2 s to 36500 days. None: silence is not looked at.
    pub stall_timeout: Option<Seconds>,
}

/// A wall time that is given, whatever the scheduler tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WallLimit {
    /// So long from the start of the run.
    Limit(WallTime),
    /// No limit.
    Unlimited,
}

/// More cores than a node has.
const THREADS_AT_MOST: usize = 4096;

/// The word for no limit.
const NONE: &str = "none";

/// A busy machine keeps a thread waiting for a good part of a second.
const SHORTEST_STALL: Seconds = Seconds(2.0);

/// Long enough for a file system that hangs while a server of it restarts.
const DEFAULT_STALL: Seconds = Seconds(600.0);

impl Run {
    pub(super) fn check(raw: RawRun, document: &Document) -> Result<Run, ConfigError> {
        let memory = raw.memory.map(|text| check::term::<Bytes>(document, "run.memory", &text)).transpose()?;
        if memory == Some(Bytes(0)) {
            return Err(document.wrong("run.memory", "is 0 B; it must be above 0"));
        }
        let threads = raw
            .threads
            .map(|count| check::at_least(document, "run.threads", count, 1, "leave it out to use the allowed cores"))
            .transpose()?;
        if let Some(count) = threads
            && count > THREADS_AT_MOST
        {
            let message = format!("is {count}, above {THREADS_AT_MOST}; leave it out to use the allowed cores");
            return Err(document.wrong("run.threads", message));
        }
        let walltime = raw.walltime.map(|raw| walltime(raw, document)).transpose()?;
        let stall_timeout = raw.stall_timeout.map_or(Ok(Some(DEFAULT_STALL)), |text| stall_timeout(&text, document))?;
        Ok(Run { memory, threads, walltime, stall_timeout })
    }

    pub(super) fn raw(&self) -> RawRun {
        RawRun {
            memory: self.memory.map(memory_text),
            threads: self.threads.map(|count| count as i64),
            walltime: self.walltime.map(|limit| match limit {
                WallLimit::Limit(time) => RawWallTime::Text(time.to_string()),
                WallLimit::Unlimited => RawWallTime::Text(NONE.to_owned()),
            }),
            stall_timeout: Some(self.stall_timeout.map_or_else(|| NONE.to_owned(), check::duration_text)),
        }
    }
}

fn walltime(raw: RawWallTime, document: &Document) -> Result<WallLimit, ConfigError> {
    let key = "run.walltime";
    let text = match raw {
        RawWallTime::Text(text) => text,
        // Without seconds it is the form of two fields, which has its own message.
        RawWallTime::Toml(datetime) => match (datetime.date, datetime.time) {
            (None, Some(time)) if time.second.is_none() => format!("{}:{:02}", time.hour, time.minute),
            _ => datetime.to_string(),
        },
    };
    if text.trim() == NONE {
        return Ok(WallLimit::Unlimited);
    }
    check::term(document, key, &text).map(WallLimit::Limit)
}

fn stall_timeout(text: &str, document: &Document) -> Result<Option<Seconds>, ConfigError> {
    let key = "run.stall_timeout";
    if text.trim() == NONE {
        return Ok(None);
    }
    let seconds: Seconds = check::term(document, key, text)?;
    if !(SHORTEST_STALL.0..=*TIME_STEPS.end()).contains(&seconds.0) {
        let most = Seconds(*TIME_STEPS.end());
        let message = format!("is {} s; it must be {SHORTEST_STALL} to {most}, or \"{NONE}\"", short(seconds.0));
        return Err(document.wrong(key, message));
    }
    Ok(Some(seconds))
}

/// The largest unit in which the count is whole, so that it reads back to the same count.
fn memory_text(memory: Bytes) -> String {
    let (count, unit) = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit_bytes, _)| memory.0.is_multiple_of(*unit_bytes))
        .map_or((memory.0, "B"), |(unit_bytes, unit)| (memory.0 / unit_bytes, unit));
    format!("{count} {unit}")
}
