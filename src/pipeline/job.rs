//! The work of a run, when everything is known but the number type.

use std::collections::BTreeSet;

use rayon::ThreadPool;
use tracing::warn;

use super::analysis::Analysis;
use super::area_means::write_area_means;
use super::bad_values::BadValues;
use super::compute::Estimator;
use super::contents::Contents;
use super::finished::FinishedTiles;
use super::identity::Identity;
use super::layout::group_spec;
use super::maps::MapWriter;
use super::passes::Passes;
use super::resume::{Earlier, partial};
use super::run::{RunOptions, RunSummary};
use super::setup::Setup;
use super::snapshots::Snapshots;
use super::spectra::{Spectrum, spectra};
use super::stop::Stop;
use crate::Error;
use crate::config::Config;
use crate::exchange::{STOPPED, World, agree};
use crate::fault;
use crate::grid::Rotation;
use crate::plan::Plan;
use crate::report::{Observer, Phase, Timings};
use crate::source::gridded::{ChunkKey, GriddedCatalog};
use crate::store::{JournalFile, ResultStore};
use crate::terms::Sample;

/// A run with everything known but the number type.
pub(super) struct Job<'a> {
    pub(super) config: &'a Config,
    pub(super) world: &'a dyn World,
    pub(super) observer: &'a dyn Observer,
    pub(super) options: RunOptions<'a>,
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) pool: &'a ThreadPool,
    pub(super) stop: &'a Stop<'a>,
    pub(super) timings: &'a Timings,
}

/// Collective: rank 0 says how many chunks of the input are not stored.
fn tell_missing_chunks(catalog: &GriddedCatalog, world: &dyn World) {
    let mine = catalog.cache.missing();
    let parts = world.gather(0, bytemuck::cast_slice(&mine));
    let key = size_of::<ChunkKey>();
    let all: BTreeSet<&[u8]> = parts.iter().flat_map(|part| part.chunks_exact(key)).collect();
    if world.rank() == 0 && !all.is_empty() {
        let count = all.len();
        warn!(
            "{count} chunk(s) of the input are not stored and were taken for their fill value; [input] missing_chunks = \"fail\" \
             ends a run at the first"
        );
    }
}

/// What an earlier run has finished, and, on rank 0, what this run is.
type Before = (Earlier, Option<Identity>);

impl Job<'_> {
    /// Collective: the whole work; what is finished is kept where that is of use to another run.
    pub(super) fn run<T: Sample>(&self, (mut earlier, identity): Before) -> Result<RunSummary, Error> {
        let (config, world) = (self.config, self.world);
        let analysis = Analysis::of(config, self.setup.catalog.time())?;
        // Without rotation asked for, a lat-lon grid's axes are east and north all the same only if it was checked.
        let eastward = config.prepare.rotate || self.setup.grid.rotation == Rotation::Angles;
        let spectra = spectra::<T>(config, &analysis, eastward, |field| self.setup.catalog.units(field));
        let welch = analysis.welch::<T>(config, spectra.iter().any(Spectrum::needs_cross))?;
        let contents = Contents::of(config, &analysis, &self.setup.reach, &spectra);
        let mut store = self.open_store(&contents, &mut earlier, identity.as_ref())?;
        let estimator = Estimator::new(self.setup, self.plan, welch, spectra, contents.tables.clone(), self.timings);
        // Errors of the work are agreed on already; a second round would silence the rank that has the message.
        let done = self.work(&store, &estimator, &contents, &earlier);
        match done {
            Ok((summary, snapshots)) => {
                let files: u64 = world.all_gather(store.files_written()).into_iter().sum();
                let unchanged = || match &identity {
                    Some(identity) => self.timings.time(Phase::Scan, 1, || identity.check_input()),
                    None => Ok(()),
                };
                let unchanged = agree(world, fault::at("finish").and_then(|()| unchanged()), Error::exit_code);
                if let Err(error) = unchanged {
                    return Err(self.end(store, error, &earlier));
                }
                let finish = || -> Result<(), Error> {
                    if identity.is_none() {
                        return Ok(());
                    }
                    self.timings.time(Phase::Write, 1, || {
                        snapshots.describe(&mut store, self.setup.catalog.time())?;
                        Ok(self.pool.install(|| store.finish(files + earlier.shards()))?)
                    })
                };
                let finished = agree(world, finish(), Error::exit_code);
                finished.map(|()| summary).map_err(|error| self.unfinished(error, self.tiles() as u64))
            }
            Err(error) => Err(self.end(store, error, &earlier)),
        }
    }

    /// After an error that ranks may have agreed on: what is finished is kept if another run can go on with it, else it
    /// goes. Where the others do not know of the error they still write, and what there is stays.
    fn end(&self, store: ResultStore, error: Error, earlier: &Earlier) -> Error {
        let world = self.world;
        if !world.failed_together() {
            return error;
        }
        if let Err(also) = store.journal().sync() {
            warn!("{also}");
        }
        let own = store.journal().records().len() as u64;
        let finished = world.all_gather(own).into_iter().sum::<u64>() + earlier.tiles.len() as u64;
        let curable = world.all_gather(u64::from(error.is_curable())).into_iter().any(|curable| curable == 1);
        if curable && (finished > 0 || error.exit_code() == STOPPED) {
            return self.unfinished(error, finished);
        }
        if let Err(also) = store.abandon() {
            warn!("{also}");
        }
        error
    }

    /// An error with what is kept all the same, where that is of use to another run.
    fn unfinished(&self, error: Error, finished: u64) -> Error {
        if !error.is_curable() {
            return error;
        }
        Error::Unfinished { source: Box::new(error), finished, tiles: self.tiles(), partial: partial(self.config) }
    }

    fn tiles(&self) -> usize {
        self.plan.tiles.len() + self.plan.finished.len()
    }

    fn open_store(
        &self,
        contents: &Contents,
        earlier: &mut Earlier,
        identity: Option<&Identity>,
    ) -> Result<ResultStore, Error> {
        let spec = group_spec(self.config, self.setup, self.plan, contents);
        let path = &self.config.output.path;
        let file = JournalFile { session: earlier.session, rank: self.world.rank() as u32 };
        // The others wait for the folder to exist.
        let store = self.timings.time(Phase::Write, 1, || match (identity, earlier.unfinished.take()) {
            (None, _) => ResultStore::attach(path, spec, file),
            (Some(_), Some(unfinished)) => ResultStore::resume(path, spec, unfinished, file),
            (Some(_), None) => ResultStore::create(path, spec, self.options.start),
        });
        let (store, answer) = match store {
            Ok(store) => {
                let begun = match identity {
                    Some(identity) if earlier.session == 1 => store.begin(identity).map_err(Error::from),
                    _ => Ok(()),
                };
                (Some(store), begun.and(fault::at("create")))
            }
            Err(error) => (None, Err(error.into())),
        };
        match (agree(self.world, answer, Error::exit_code), store) {
            (Ok(()), Some(store)) => Ok(store),
            // A rank without a store could not take part in anything more: what there is of a new one goes, and what there
            // was before stays.
            (Err(error), Some(store)) => {
                if earlier.session == 1
                    && self.world.failed_together()
                    && let Err(also) = store.abandon()
                {
                    warn!("{also}");
                }
                Err(error)
            }
            (Err(error), None) => Err(error),
            (Ok(()), None) => Err(Error::Internal { what: "the result was agreed on and is not there".into() }),
        }
    }

    /// All passes, then the maps. Every error is agreed on where it arises: all ranks return one, or none does.
    fn work<T: Sample>(
        &self,
        store: &ResultStore,
        estimator: &Estimator<'_, T>,
        contents: &Contents,
        earlier: &Earlier,
    ) -> Result<(RunSummary, Snapshots), Error> {
        let (config, world, plan) = (self.config, self.world, self.plan);
        let bad = BadValues::default();
        let passes = Passes {
            prepare: &config.prepare,
            setup: self.setup,
            plan,
            pool: self.pool,
            observer: self.observer,
            store,
            estimator,
            bad: &bad,
            stop: self.stop,
            timings: self.timings,
        };
        let spectra_bytes = passes.run(world)?;
        if let Some(catalog) = self.setup.catalog.chunked() {
            catalog.cache.clear();
            tell_missing_chunks(catalog, world);
        }
        let finished = FinishedTiles::new(plan, estimator.planes, store.journal(), &earlier.tiles, world);
        let writer = MapWriter { config, setup: self.setup, plan, store, pool: self.pool, timings: self.timings };
        writer.write_products(world, contents, &finished)?;
        write_area_means(&writer, &contents.tables, world, &finished)?;
        let writing = |work: &dyn Fn() -> Result<(), Error>| self.timings.time(Phase::Write, 1, work);
        agree(world, writing(&|| writer.write_geometry(world)), Error::exit_code)?;
        let gaps = agree(world, finished.gaps(plan.problem.steps), Error::exit_code)?;
        let snapshots = Snapshots::gather(world, self.setup.catalog.time(), &gaps);
        let last = || {
            if world.rank() == 0 {
                let axes = contents.frequencies.iter().map(|axis| (axis.name, estimator.frequencies(axis)));
                writer.write_axes(&axes.collect::<Vec<_>>(), contents.time_segments.as_ref(), snapshots.status())?;
            }
            Ok(self.pool.install(|| store.sync())?)
        };
        agree(world, writing(&last), Error::exit_code)?;
        let total = |value: u64| world.all_gather(value).into_iter().sum::<u64>();
        snapshots.tell(world, self.setup, (&gaps, plan.problem.spectra), &bad);
        let summary = RunSummary {
            points: plan.points(),
            bytes_read: total(self.timings.bytes(Phase::Read)),
            bytes_written: total(spectra_bytes),
            seconds: 0.0,
            finished_before: earlier.tiles.len() as u64,
        };
        Ok((summary, snapshots))
    }
}
