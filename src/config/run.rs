//! `[run]`: what the machine may be asked for.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::RawRun;
use crate::terms::Bytes;

/// Limits of the run; what is none is decided at the start, from the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Memory allowed on a node, all its ranks together; above 0.
    pub memory: Option<Bytes>,
    /// Threads of a rank, 1 to 4096.
    pub threads: Option<usize>,
}

/// More cores than a node has.
const THREADS_AT_MOST: usize = 4096;

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
        Ok(Run { memory, threads })
    }

    pub(super) fn raw(&self) -> RawRun {
        RawRun { memory: self.memory.map(memory_text), threads: self.threads.map(|count| count as i64) }
    }
}

/// The largest unit in which the count is whole, so that it reads back to the same count.
fn memory_text(memory: Bytes) -> String {
    let (count, unit) = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit_bytes, _)| memory.0.is_multiple_of(*unit_bytes))
        .map_or((memory.0, "B"), |(unit_bytes, unit)| (memory.0 / unit_bytes, unit));
    format!("{count} {unit}")
}
