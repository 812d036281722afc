//! argv in, one call of the library, an exit code out.

mod arguments;
mod assume;
mod inspect;
mod plan;
mod progress;
mod run;
mod synth;
mod validate;

use clap::Parser;

use crate::Error;
use crate::exchange::{self, LaunchError};
use arguments::{Arguments, Command};

/// Runs the program; returns its exit code.
pub fn main() -> i32 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout with code 0, wrong usage to stderr with code 2.
            by_one(|| match error.to_string().strip_prefix("error: ") {
                Some(message) => say(&format!("oceanspec: {}", message.trim_end())),
                None => drop(error.print()),
            });
            return error.exit_code();
        }
    };
    let outcome = match arguments.command {
        Command::Run(run) => run::run(&run),
        Command::Plan(plan) => plan::plan(&plan),
        Command::Inspect(inspect) => inspect::inspect(&inspect),
        Command::Validate(validate) => validate::validate(&validate),
        Command::Synth(synth) => synth::synth(&synth),
    };
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            match error {
                Error::Elsewhere(_) => {}
                // The ranks of `run` that know of each other have agreed on who speaks; here they do not.
                Error::Launch(LaunchError::OneProcess { .. }) => by_one(|| say(&format!("oceanspec: {error}"))),
                _ => say(&format!("oceanspec: {error}")),
            }
            error.exit_code()
        }
    }
}

/// Lets the first of several processes tell what all of them know; the others leave after it, because a launcher ends
/// all when one leaves with a code.
fn by_one(tell: impl FnOnce()) {
    let started = exchange::detect(|name| std::env::var(name).ok());
    let world = started.filter(|launcher| launcher.processes > 1).and_then(|_| exchange::world().ok());
    match world {
        Some(world) => {
            if world.rank() == 0 {
                tell();
            }
            world.barrier();
        }
        None => tell(),
    }
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
