//! What goes to stderr: lines of the log, progress, the last word of a run; as text, or each as an object of JSON.

use std::fmt;
use std::io::{IsTerminal, Write};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::Error;

/// Asks for a form of lines where no option does, as in job scripts.
const FORMAT_VARIABLE: &str = "OCEANSPEC_LOG_FORMAT";

/// The form of lines on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// An object of JSON each: time, level, rank, message and more
    Json,
}

impl LogFormat {
    /// What the environment asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] for another word.
    pub(super) fn of_environment() -> Result<Option<LogFormat>, Error> {
        match std::env::var(FORMAT_VARIABLE) {
            Ok(word) if !word.is_empty() => LogFormat::from_str(&word, true).map(Some).map_err(|_| Error::Setting {
                text: format!("{FORMAT_VARIABLE} is \"{word}\"; set it to text or json"),
            }),
            _ => Ok(None),
        }
    }
}

/// The whole process says things in one form, from whatever thread.
static IS_JSON: AtomicBool = AtomicBool::new(false);
static RANK: AtomicUsize = AtomicUsize::new(0);

/// How this process speaks from here on, of panics too.
pub(super) fn speak_in(format: LogFormat) {
    IS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
    match format {
        LogFormat::Text => drop(take_hook()),
        LogFormat::Json => set_hook(Box::new(|panic| say_with(Level::ERROR, &panicked(panic), &backtrace()))),
    }
}

/// As whom this process speaks from here on.
pub(super) fn speak_as(rank: usize) {
    RANK.store(rank, Ordering::Relaxed);
}

/// Whether lines are JSON.
pub(super) fn is_json() -> bool {
    IS_JSON.load(Ordering::Relaxed)
}

/// A line to stderr.
pub(super) fn say(level: Level, text: &str) {
    say_with(level, text, &Map::new());
}

/// A line to stderr; what else there is to know is for JSON alone. In one write, so that lines of several ranks stay whole.
pub(super) fn say_with(level: Level, text: &str, more: &impl Serialize) {
    let line = if is_json() { json_line(level, text, more) } else { text.to_owned() };
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// One line, in the order of its fields.
#[derive(Serialize)]
struct Line<'a, M> {
    time: String,
    level: &'static str,
    rank: usize,
    message: &'a str,
    #[serde(flatten)]
    more: &'a M,
}

fn json_line(level: Level, message: &str, more: &impl Serialize) -> String {
    let time = format!("{:.3}", jiff::Timestamp::now());
    let rank = RANK.load(Ordering::Relaxed);
    serde_json::to_string(&Line { time, level: level.as_str(), rank, message, more }).unwrap_or_default()
}

fn panicked(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let at = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    format!("thread '{}' panicked{at}: {}", thread.name().unwrap_or("?"), panic.payload_as_str().unwrap_or("?"))
}

/// Of a backtrace the first calls: Open MPI passes on at most 4 KiB of a rank's words in one piece, and other words may
/// come between two pieces.
const BACKTRACE_BYTES: usize = 2500;

/// If RUST_BACKTRACE asks for it.
fn backtrace() -> Map<String, Value> {
    let trace = std::backtrace::Backtrace::capture();
    let asked = trace.status() == std::backtrace::BacktraceStatus::Captured;
    let text = || {
        let mut text = trace.to_string();
        let end = text.char_indices().map(|(at, _)| at).find(|&at| at >= BACKTRACE_BYTES);
        text.truncate(end.unwrap_or(text.len()));
        text
    };
    asked.then(|| ("backtrace".to_owned(), text().into())).into_iter().collect()
}

/// Log lines of this rank to stderr, in the form that it [speaks in](speak_in): all of rank 0, warnings and errors of the
/// others.
pub(super) fn start(rank: usize) {
    speak_as(rank);
    start_from(rank, if rank == 0 { "info" } else { "warn" });
}

/// Warnings to stderr, for commands that look at the input of a run.
pub(super) fn start_warnings() {
    start_from(0, "warn");
}

/// Lines of a level and those above it, unless the environment says otherwise.
fn start_from(rank: usize, level: &str) {
    let filter = EnvFilter::try_from_env("OCEANSPEC_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    let _ = if is_json() {
        log.with_ansi(false).event_format(JsonLines).try_init()
    } else {
        let usual = Format::default().with_target(false).without_time();
        log.with_ansi(std::io::stderr().is_terminal()).event_format(TextLines { rank, usual }).try_init()
    };
}

/// The usual lines; those of other ranks than 0 begin with the rank.
struct TextLines {
    rank: usize,
    usual: Format<tracing_subscriber::fmt::format::Full, ()>,
}

impl<S, N> FormatEvent<S, N> for TextLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if self.rank > 0 {
            write!(writer, "rank {}: ", self.rank)?;
        }
        self.usual.format_event(context, writer, event)
    }
}

/// An object of JSON for each event. The rank is not that of a span: worker threads have none.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        writeln!(writer, "{}", json_line(*event.metadata().level(), &fields.message, &fields.others))
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" { self.message = text } else { self.put(field, text.into()) }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { value.clone_into(&mut self.message) } else { self.put(field, value.into()) }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;

    use super::*;

    /// What was written, by all that share it.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn events_become_objects_with_their_fields() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt().event_format(JsonLines).with_writer(move || writer.clone()).finish();
        with_default(log, || {
            tracing::warn!(tiles = 3_u64, share = 0.5, whole = true, less = -2, name = "x", path = ?["a"], "{} \"lines\"\n2", 2);
            std::thread::scope(|scope| {
                // Another thread, as a worker of a pool.
                let here = tracing::dispatcher::get_default(Clone::clone);
                scope.spawn(move || tracing::dispatcher::with_default(&here, || tracing::info!("from a worker")));
            });
        });
        let lines: Vec<Value> = written.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        let first = lines[0].as_object().unwrap();
        let expected = json!({"level": "WARN", "rank": 0, "message": "2 \"lines\"\n2", "tiles": 3, "share": 0.5, "whole": true,
            "less": -2, "name": "x", "path": "[\"a\"]"});
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&first[key], value, "{key}");
        }
        assert_eq!(first.len(), expected.as_object().unwrap().len() + 1);
        let time = first["time"].as_str().unwrap();
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z");
        assert!(time.parse::<jiff::Timestamp>().is_ok());
        assert!(written.text().starts_with("{\"time\":"));
        assert_eq!((&lines[1]["level"], &lines[1]["message"]), (&"INFO".into(), &"from a worker".into()));
    }

    #[test]
    fn text_of_other_ranks_begins_with_the_rank() {
        for (rank, expected) in [(0, " WARN a line n=1\n"), (3, "rank 3:  WARN a line n=1\n")] {
            let written = Written::default();
            let writer = written.clone();
            let usual = Format::default().with_target(false).without_time();
            let log = tracing_subscriber::fmt().with_ansi(false).event_format(TextLines { rank, usual });
            with_default(log.with_writer(move || writer.clone()).finish(), || tracing::warn!(n = 1, "a line"));
            assert_eq!(written.text(), expected);
        }
    }
}
