//! A whole run.

use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use tracing::info;

use super::account::Account;
use super::apart;
use super::disk::check_room;
use super::identity::Identity;
use super::job::Job;
use super::node::machine;
use super::planning::plan_rest;
use super::resume::{self, Earlier, earlier, put_in_place};
use super::setup::{Setup, timed_look};
use super::stop::{Stop, left_by_scheduler};
use super::stored_chunks::check_stored;
use super::timed_world::TimedWorld;
use super::warnings::warn_of;
use crate::Error;
use crate::config::{Config, WallLimit};
use crate::exchange::{STOPPED, World, agree};
use crate::fault;
use crate::plan::Plan;
use crate::report::{Observer, Phase, Timings};
use crate::store::{Found, ResultStore, Start};
use crate::terms::{Bytes, Precision, Seconds};

/// What the command line adds to the configuration.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions<'a> {
    /// What becomes of what is found at the output path.
    pub start: Start,
    /// When the program was started: the wall time counts from there.
    pub started: Instant,
    /// The number of a signal that asks the run to stop (SIGUSR1, SIGUSR2), or 0; looked at all the time.
    pub signal: &'a AtomicUsize,
}

/// What a run did, all ranks together.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunSummary {
    /// Points with a spectrum.
    pub points: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes of spectra written, after compression.
    pub bytes_written: u64,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Tiles that were finished before, by another run.
    pub finished_before: u64,
}

/// Collective: runs a configuration.
///
/// # Errors
/// On the lowest rank that failed, what went wrong, or that it was stopped; on the others [`Error::Elsewhere`]. Nothing
/// then stands at the output path but what stood there before; what is finished stays beside it where another run can go
/// on with it.
pub fn run(
    config: &Config,
    world: &dyn World,
    observer: &dyn Observer,
    options: RunOptions,
) -> Result<RunSummary, Error> {
    let timings = Timings::default();
    let world: &dyn World = &TimedWorld { world, timings: &timings };
    let place = if world.rank() == 0 {
        let apart = apart::check(config);
        apart.and_then(|()| Ok(Some(ResultStore::check_place(&config.output.path, options.start)?)))
    } else {
        Ok(None)
    };
    let found = agree(world, place, Error::exit_code)?.unwrap_or(Found::Nothing);
    let whole = world.broadcast(vec![u8::from(found == Found::Whole)]) == [1];
    if whole {
        let put = if world.rank() == 0 { put_in_place(config) } else { Ok(()) };
        agree(world, put, Error::exit_code)?;
        return Ok(RunSummary { seconds: options.started.elapsed().as_secs_f64(), ..RunSummary::default() });
    }
    let setup = timed_look(config, world, &timings)?;
    let identity = match world.rank() {
        0 => timings.time(Phase::Scan, 1, || Identity::new(config, &setup)).map(Some).map_err(Error::from),
        _ => Ok(None),
    };
    let identity = agree(world, identity, Error::exit_code)?;
    let earlier = earlier(config, world, &setup, found, identity.as_ref())?;
    let planned = plan_rest(config, &setup, machine(config, world), &|tile| earlier.has(tile));
    let plan = agree(world, fault::at("plan").and(planned), Error::exit_code)?;
    let stored = match world.rank() {
        0 => timings.time(Phase::Scan, 1, || check_stored(config, &setup, &plan)).map_err(Error::from),
        _ => Ok(()),
    };
    agree(world, stored, Error::exit_code)?;
    let room = if world.rank() == 0 { check_room(config, &plan) } else { Ok(()) };
    agree(world, room, Error::exit_code)?;
    if world.rank() == 0 {
        tell(config, &setup, &plan, &earlier);
    }
    let threads = plan.machine.threads;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|number| format!("worker {number}"))
        .build()
        .map_err(|error| Error::Threads { threads, reason: error.to_string() });
    let pool = agree(world, pool, Error::exit_code)?;
    let left = match config.run.walltime {
        Some(WallLimit::Limit(time)) => Some(Seconds(time.seconds() as f64)),
        Some(WallLimit::Unlimited) => None,
        None => left_by_scheduler(|name| std::env::var(name).ok()),
    };
    let stop = Stop::new(options.signal, options.started, left);
    let account = Account { config, plan: &plan, options, session: earlier.session };
    let (setup, plan, pool, stop) = (&setup, &plan, &pool, &stop);
    let job = Job { config, world, observer, options, setup, plan, pool, stop, timings: &timings };
    let before = (earlier, identity);
    let done = match config.spectrum.precision {
        Precision::F32 => job.run::<f32>(before),
        Precision::F64 => job.run::<f64>(before),
    };
    let seconds = options.started.elapsed().as_secs_f64();
    let stopped = done.as_ref().is_err_and(|error| error.exit_code() == STOPPED && world.failed_together());
    if (done.is_ok() || stopped)
        && let Some(timings) = account.gather(world, &timings)
    {
        account.tell(&timings, observer, done.is_ok());
    }
    done.map(|summary| RunSummary { seconds, ..summary })
}

/// What the log says before the work.
fn tell(config: &Config, setup: &Setup, plan: &Plan, earlier: &Earlier) {
    let time = setup.catalog.time();
    let extent = &setup.grid.extent;
    let faces = if extent.has_faces() { format!("{} faces of ", extent.faces) } else { String::new() };
    info!(
        "{} snapshots of {faces}{} x {} points, {} to {}, every {}",
        time.len(),
        extent.ni,
        extent.nj,
        time.date(0),
        time.date(time.len() - 1),
        Seconds(time.interval())
    );
    info!(
        "{} points with a spectrum in {} tiles; {} pass(es) on {} rank(s) with {} thread(s), at most {} a rank",
        plan.points(),
        plan.tiles.len() + plan.finished.len(),
        plan.passes.len(),
        plan.machine.ranks,
        plan.machine.threads,
        Bytes(plan.memory.peak_bytes())
    );
    if earlier.session > 1 {
        resume::tell(earlier, plan.tiles.len() + plan.finished.len());
    }
    warn_of(config, setup, plan);
    let scalars = &config.input.variables.scalars;
    if !scalars.is_empty() && config.prepare.valid_range_of(false).is_none() {
        info!("{}: any number is taken ([prepare] valid_range is not given)", scalars.join(", "));
    }
}
