//! The passes of a run: each is read and exchanged, then estimated and written; with memory for two, the one while the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use super::bad_values::BadValues;
use super::compute::Estimator;
use super::open_files::OpenFiles;
use super::progress::{StageProgress, UNITS_OF_STAGE};
use super::read::PassReader;
use super::setup::Setup;
use super::stop::Stop;
use super::tiles::TileStage;
use super::writers::{Destination, ShardWriters};
use crate::Error;
use crate::config::Prepare;
use crate::exchange::{Transposition, World, agree};
use crate::fault;
use crate::plan::{Pass, Plan};
use crate::report::{Observer, Phase, Timings};
use crate::store::ResultStore;
use crate::terms::Sample;

/// What the passes need.
pub(super) struct Passes<'a, T: Sample> {
    pub(super) prepare: &'a Prepare,
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) pool: &'a ThreadPool,
    pub(super) observer: &'a dyn Observer,
    pub(super) store: &'a ResultStore,
    pub(super) estimator: &'a Estimator<'a, T>,
    pub(super) bad: &'a BadValues,
    pub(super) stop: &'a Stop<'a>,
    pub(super) timings: &'a Timings,
}

/// Buffers of estimating: a shard that is filled and one that is encoded.
type Shards<T> = [Vec<T>; 2];

impl<'a, T: Sample> Passes<'a, T> {
    /// Collective: all passes; returns bytes of spectra that this rank wrote. Every error is agreed on where it arises: all
    /// ranks return one, or none does.
    ///
    /// # Errors
    /// As [`agree`].
    pub(super) fn run(&self, world: &dyn World) -> Result<u64, Error> {
        thread::scope(|scope| {
            let to = Destination {
                store: self.store,
                plan: self.plan,
                planes: self.estimator.planes,
                timings: self.timings,
            };
            let writers = ShardWriters::start(scope, to);
            self.read_and_estimate(world, &writers)?;
            agree(world, writers.finish(), Error::exit_code)
        })
    }

    /// Collective: all passes but for the end of writing.
    fn read_and_estimate(&self, world: &dyn World, writers: &ShardWriters<'_>) -> Result<(), Error> {
        let passes = &self.plan.passes;
        let bytes_of_rank = self.plan.bytes_in / world.size() as u64;
        self.observer.begin("spectra", 2 * passes.len() as u64 * UNITS_OF_STAGE, bytes_of_rank);
        let mine = self.plan.shares.of(world.rank());
        let files = OpenFiles::new(&self.setup.catalog, self.plan, mine.len());
        let mut shards = Shards::default();
        let mut longest = Duration::ZERO;
        // Read and not estimated; estimated, so that the memory is free.
        let (mut waiting, mut spare): (Option<Transposition<'a, T>>, Option<Transposition<'a, T>>) = (None, None);
        let mut enough = Ok(());
        for pass in passes {
            if !self.plan.overlap
                && let Some(whole) = waiting.take()
            {
                self.estimate_alone(world, writers, &whole, &mut shards)?;
                spare = Some(whole);
            }
            enough = agree(world, self.stop.check_pass(longest), Error::exit_code);
            if enough.is_err() {
                break;
            }
            let started = Instant::now();
            let reading = Transposition::new(self.plan, pass, world, spare.take());
            let (read, done) = self.both(world, (pass, &files), reading, (waiting.take(), writers), &mut shards)?;
            (waiting, spare) = (Some(read), done);
            // It is read and estimated, one after the other; here it was read, and another estimated.
            longest = longest.max(2 * started.elapsed());
        }
        drop(spare);
        if let Some(last) = waiting {
            self.estimate_alone(world, writers, &last, &mut shards)?;
        }
        enough?;
        self.observer.end();
        Ok(())
    }

    /// Collective: reads `pass` while what was read before is estimated; returns both series.
    fn both(
        &self,
        world: &dyn World,
        (pass, files): (&Pass, &OpenFiles<'_>),
        reading: Transposition<'a, T>,
        (whole, writers): (Option<Transposition<'a, T>>, &ShardWriters<'_>),
        shards: &mut Shards<T>,
    ) -> Result<(Transposition<'a, T>, Option<Transposition<'a, T>>), Error> {
        let unwanted = AtomicBool::new(false);
        let failure = Mutex::new(None);
        let failed = || {
            let failure = failure.lock().unwrap_or_else(PoisonError::into_inner).take();
            failure.map_or_else(|| writers.check(), Err)
        };
        let read = thread::scope(|scope| {
            if let Some(whole) = &whole {
                scope.spawn(|| {
                    if let Err(error) = self.estimate(writers, whole, shards, &unwanted) {
                        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    }
                });
            }
            let read = self.read(world, (pass, files), reading, &failed);
            // What is still to be estimated is for nothing if reading failed.
            unwanted.store(read.is_err(), Ordering::Relaxed);
            read
        })?;
        agree(world, failed().and_then(|()| self.stop.check()), Error::exit_code)?;
        Ok((read, whole))
    }

    /// Collective: estimates one pass while nothing is read.
    fn estimate_alone(
        &self,
        world: &dyn World,
        writers: &ShardWriters<'_>,
        whole: &Transposition<'a, T>,
        shards: &mut Shards<T>,
    ) -> Result<(), Error> {
        let estimated = self.estimate(writers, whole, shards, &AtomicBool::new(false));
        let done = estimated.and_then(|()| writers.check()).and_then(|()| self.stop.check());
        agree(world, done, Error::exit_code)
    }

    /// Collective: reads and exchanges one pass; `others` tells of what else failed meanwhile on this rank.
    fn read(
        &self,
        world: &dyn World,
        (pass, files): (&Pass, &OpenFiles<'_>),
        mut series: Transposition<'a, T>,
        others: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Transposition<'a, T>, Error> {
        let mine = self.plan.shares.of(world.rank());
        let reader =
            PassReader::new(self.setup, self.plan, (pass, world.rank()), self.prepare, files, self.bad, self.timings);
        let stage = StageProgress::new(self.observer, mine.len() as u64);
        for round in 0..self.plan.rounds_per_pass {
            let read = {
                let round = series.begin(round);
                self.pool.install(|| reader.read(&round, &|steps| stage.advance(steps)))
            };
            agree(world, others().and(read).and_then(|()| self.stop.check()), Error::exit_code)?;
            // Alone among the points: nothing can go wrong here that ranks could agree on.
            fault::at("exchange")?;
            self.timings.time(Phase::Exchange, 1, || series.finish(world, self.pool, round));
        }
        stage.end();
        Ok(series)
    }

    /// Estimates one pass; ends early, as if it were done, when the run is to stop, `unwanted` comes to be set, or a shard
    /// cannot be written.
    fn estimate(
        &self,
        writers: &ShardWriters<'_>,
        whole: &Transposition<'a, T>,
        shards: &mut Shards<T>,
        unwanted: &AtomicBool,
    ) -> Result<(), Error> {
        let points = whole.tiles().map(|(tile, _)| self.plan.tiles[tile].occupancy.points).sum();
        let progress = StageProgress::new(self.observer, points);
        let stage = TileStage {
            setup: self.setup,
            plan: self.plan,
            store: self.store,
            writers,
            progress: &|points| progress.advance(points),
            pool: self.pool,
            unwanted,
            stop: self.stop,
            timings: self.timings,
        };
        stage.compute(self.estimator, whole, shards)?;
        progress.end();
        Ok(())
    }
}
