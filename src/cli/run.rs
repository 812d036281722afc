//! `oceanspec run`.

use std::cell::OnceCell;
use std::panic::{set_hook, take_hook};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGUSR1, SIGUSR2};

use super::arguments::{self, Resume};
use super::log::{self, LogFormat};
use super::progress::Progress;
use super::{print, say_last, tell};
use crate::Error;
use crate::config::Config;
use crate::exchange::{self, Fingerprint, Heartbeat, World, agree};
use crate::fault;
use crate::pipeline::{self, RunOptions, RunSummary, Start};
use crate::report::{Observer, Silent};
use crate::terms::Bytes;

/// Exit code where the ranks were not started as one run: usage.
const WRONG_START: i32 = 2;

/// A panic is a fault of the program. The other ranks must not wait for this one, nor this one for its other threads,
/// whose work may take long.
fn end_all_on_panic(rank: usize, ranks: usize) {
    static FIRST: Once = Once::new();
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        // The other threads that panic meanwhile wait here for the end.
        FIRST.call_once(|| {
            usual(panic);
            let where_to_look = "the message above is a fault of the program";
            say_last(&format!("internal error on rank {rank} of {ranks}: {where_to_look}"), 1);
            exchange::end_all(1)
        });
    }));
}

/// The number of the last of the signals that ask for a stop; 0 before one comes. They end nothing from here on.
fn stop_signals() -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    for signal in [SIGUSR1, SIGUSR2] {
        // It fails for signals that cannot be caught only.
        let _ = signal_hook::flag::register_usize(signal, Arc::clone(&asked), signal as usize);
    }
    asked
}

/// What is to become of what stands at the output path.
fn start(arguments: &arguments::Run) -> Result<Start, Error> {
    match (arguments.overwrite, arguments.resume) {
        (true, Some(Resume::Must)) => Err(Error::Setting {
            text: "--resume goes on with an unfinished result and --overwrite starts anew: give one of them \
                   (--resume=auto --overwrite goes on if there is one)"
                .into(),
        }),
        (true, None) => Ok(Start::Overwrite),
        (false, None) => Ok(Start::New),
        (false, Some(Resume::Must)) => Ok(Start::Resume),
        (overwrite, Some(Resume::Auto)) => Ok(Start::ResumeIfAny { overwrite }),
    }
}

pub(super) fn run(arguments: &arguments::Run) -> Result<(), Error> {
    let started = Instant::now();
    let signal = stop_signals();
    let format = arguments.log_format.map_or_else(LogFormat::of_environment, |format| Ok(Some(format)));
    if let Ok(Some(format)) = format {
        log::speak_in(format);
    }
    // Dropped after the world: MPI's own end, which waits for all ranks, is watched too.
    let heartbeat = OnceCell::new();
    let world = exchange::world()?;
    log::start(world.rank());
    end_all_on_panic(world.rank(), world.size());
    let work = || {
        if world.size() > 1 {
            Fingerprint::of_this_process().compare::<Error>(&*world, WRONG_START)?;
        }
        agree(&*world, format, Error::exit_code)?;
        let config = load(&*world, arguments)?;
        if let Some(timeout) = config.run.stall_timeout {
            let timeout = Duration::from_secs_f64(timeout.0);
            let tell = |lost: &exchange::Lost| say_last(&lost.to_string(), exchange::LOST);
            let _ = heartbeat.set(Heartbeat::start(&*world, timeout, tell));
        }
        let start = agree(&*world, start(arguments), Error::exit_code)?;
        run_on(&*world, &config, RunOptions { start, started, signal: &signal })
    };
    let outcome = work();
    if let Err(error) = &outcome {
        tell(error);
        let code = error.exit_code();
        world.leave(code);
        return Err(exchange::Elsewhere { rank: world.rank(), code }.into());
    }
    Ok(())
}

/// Collective: rank 0 reads the files, the others get what they hold: the file system sees one reader.
fn load(world: &dyn World, arguments: &arguments::Run) -> Result<Config, Error> {
    let read = (world.rank() == 0).then(|| Config::load(&arguments.config, &arguments.sets)).transpose();
    let read = agree(world, fault::at("config").and(read.map_err(Error::from)), Error::exit_code)?;
    let text = world.broadcast(read.as_ref().map_or_else(Vec::new, Config::hand_over));
    let received = match read {
        Some(config) => Ok(config),
        None => Config::received(&text, &arguments.config).map_err(Error::from),
    };
    agree(world, received, Error::exit_code)
}

fn line(path: &str, summary: &RunSummary) -> String {
    if summary.points == 0 {
        return format!("{path}: it was whole and is now in its place");
    }
    let before = match summary.finished_before {
        0 => String::new(),
        tiles => format!(" ({tiles} tiles were finished before)"),
    };
    format!(
        "{path}: spectra of {} points{before}; {} read, {} of spectra written, {:.1} s",
        summary.points,
        Bytes(summary.bytes_read),
        Bytes(summary.bytes_written),
        summary.seconds
    )
}

fn run_on(world: &dyn World, config: &Config, options: RunOptions<'_>) -> Result<(), Error> {
    let progress: Box<dyn Observer> = if world.rank() == 0 { Box::new(Progress::new()) } else { Box::new(Silent) };
    let summary = pipeline::run(config, world, &*progress, options)?;
    if world.rank() == 0 {
        print(&line(&config.output.path.display().to_string(), &summary));
    }
    Ok(())
}
