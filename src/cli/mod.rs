//! argv in, one call of the library, an exit code out.

mod arguments;
mod assume;
mod inspect;
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

use crate::Error;
use crate::exchange;
use arguments::{Arguments, Command};

/// Runs the program; returns its exit code.
pub fn main() -> i32 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout with code 0, wrong usage to stderr with code 2.
            let copy =
                exchange::detect(|name| std::env::var(name).ok()).and_then(|launcher| launcher.rank).unwrap_or(0);
            match error.to_string().strip_prefix("error: ") {
                Some(message) => {
                    after_the_first(copy);
                    say(&format!("oceanspec: {}", message.trim_end()));
                }
                None if copy > 0 => {}
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
            say("oceanspec: internal error: the message above is a fault of the program");
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
    say(&format!("oceanspec: {error}"));
}

/// A line to stderr, in one write, so that lines of several ranks stay whole.
fn say(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// A result to stdout; a closed pipe is the reader's choice.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
}
