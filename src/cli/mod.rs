//! argv in, one call of the library, an exit code out.

mod arguments;
mod assume;
mod compare;
mod inspect;
mod log;
mod plan;
mod progress;
mod run;
mod segment_words;
mod submit;
mod synth;
mod validate;

use std::panic::catch_unwind;
use std::time::Duration;

use clap::Parser;
use serde_json::json;
use tracing::Level;

use crate::Error;
use crate::exchange;
use arguments::{Arguments, Command};
use log::{LogFormat, say, say_with};

/// Runs the program; returns its exit code.
pub fn main() -> i32 {
    let copy = exchange::detect(|name| std::env::var(name).ok()).and_then(|launcher| launcher.rank).unwrap_or(0);
    log::speak_as(copy);
    // A word that is none `run` tells of, which can do so from one rank.
    if let Ok(Some(format)) = LogFormat::of_environment() {
        log::speak_in(format);
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout with code 0, wrong usage to stderr with code 2.
            match error.to_string().strip_prefix("error: ") {
                Some(message) => {
                    after_the_first(copy);
                    say_last(message.trim_end(), error.exit_code());
                }
                None if copy > 0 => {}
                None if log::is_json() && error.use_stderr() => {
                    say_last(error.to_string().trim_end(), error.exit_code())
                }
                None => drop(error.print()),
            }
            return error.exit_code();
        }
    };
    // A file that passes the user's limit is to be an error with a message, not the end by a signal.
    // SAFETY: no handler is installed; the signal is ignored from here on.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let command = || match &arguments.command {
        Command::Run(run) => run::run(run),
        Command::Plan(plan) => plan::plan(plan),
        Command::Inspect(inspect) => inspect::inspect(inspect),
        Command::Validate(validate) => validate::validate(validate),
        Command::Compare(compare) => compare::compare(compare),
        Command::Submit(submit) => submit::submit(submit),
        Command::Synth(synth) => synth::synth(synth),
    };
    match catch_unwind(command) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            tell(&error);
            error.exit_code()
        }
        Err(_) => {
            say_last("internal error: the message above is a fault of the program", 1);
            1
        }
    }
}

/// How long a copy leaves the word to the first one.
const FIRST_COPY_SPEAKS: Duration = Duration::from_secs(2);

/// Copies that know nothing of each other all have the same to say. When the first one has said so and left with a code,
/// launchers end the others.
fn after_the_first(copy: usize) {
    if copy > 0 {
        std::thread::sleep(FIRST_COPY_SPEAKS);
    }
}

/// Says what went wrong, if no other rank does.
fn tell(error: &Error) {
    match error {
        Error::Elsewhere(_) => return,
        Error::Launch(launch) => after_the_first(launch.copy()),
        _ => {}
    }
    say_last(&error.to_string(), error.exit_code());
}

/// Why the program ends, and with which code.
fn say_last(why: &str, code: i32) {
    if log::is_json() {
        say_with(Level::ERROR, why, &json!({ "code": code }));
    } else {
        say(Level::ERROR, &format!("oceanspec: {why}"));
    }
}

/// A result to stdout; a closed pipe is the reader's choice.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
}
