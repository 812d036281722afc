//! A whole run.

use std::time::Instant;

use rayon::ThreadPool;
use tracing::{info, warn};

use super::apart;
use super::bad_values::BadValues;
use super::compute::Estimator;
use super::disk::check_room;
use super::groups::selected_count;
use super::layout::group_spec;
use super::maps::MapWriter;
use super::node::machine;
use super::passes::{Done, Passes};
use super::planning::{nyquist, plan, welch, welch_spec};
use super::setup::{Setup, look};
use super::snapshots::Snapshots;
use crate::Error;
use crate::config::{Config, Missing};
use crate::exchange::{World, agree};
use crate::fault;
use crate::grid::Rotation;
use crate::plan::Plan;
use crate::product::{Bands, MapArray, Moments, Product, Quality};
use crate::report::Observer;
use crate::spectrum::frequency_step;
use crate::store::ResultStore;
use crate::terms::{Bytes, Precision, Sample, Seconds};

/// What the command line adds to the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// An older result at the output path may be replaced.
    pub overwrite: bool,
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
}

/// Collective: runs a configuration.
///
/// # Errors
/// On the lowest rank that failed, what went wrong; on the others [`Error::Elsewhere`]. Nothing then
/// stands at the output path but what stood there before.
pub fn run(
    config: &Config,
    world: &dyn World,
    observer: &dyn Observer,
    options: RunOptions,
) -> Result<RunSummary, Error> {
    let started = Instant::now();
    let place = if world.rank() == 0 {
        let apart = apart::check(config);
        apart.and_then(|()| Ok(ResultStore::check_place(&config.output.path, options.overwrite)?))
    } else {
        Ok(())
    };
    agree(world, place, Error::exit_code)?;
    let setup = look(config, world)?;
    let planned = fault::at("plan").and(plan(config, &setup, machine(config, world)));
    let plan = agree(world, planned, Error::exit_code)?;
    let room = if world.rank() == 0 { check_room(config, &plan) } else { Ok(()) };
    agree(world, room, Error::exit_code)?;
    if world.rank() == 0 {
        tell(config, &setup, &plan);
    }
    let threads = plan.machine.threads;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|number| format!("worker {number}"))
        .build()
        .map_err(|error| Error::Threads { threads, reason: error.to_string() });
    let pool = agree(world, pool, Error::exit_code)?;
    let job = Job { config, world, observer, options, setup: &setup, plan: &plan, pool: &pool };
    let mut summary = match config.spectrum.precision {
        Precision::F32 => job.run::<f32>()?,
        Precision::F64 => job.run::<f64>()?,
    };
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

/// What the log says before the work.
fn tell(config: &Config, setup: &Setup, plan: &Plan) {
    let time = setup.catalog.time();
    let extent = &setup.grid.extent;
    info!(
        "{} snapshots of {} x {} points, {} to {}, every {}",
        time.len(),
        extent.ni,
        extent.nj,
        time.date(0),
        time.date(time.len() - 1),
        Seconds(time.interval())
    );
    let points: u64 = plan.tiles.iter().map(|tile| tile.occupancy.points).sum();
    let wet = selected_count(&setup.grid.wet, &setup.lattice);
    info!(
        "{points} points with a spectrum in {} tiles; {} pass(es) on {} rank(s) with {} thread(s), at most {} a rank",
        plan.tiles.len(),
        plan.passes.len(),
        plan.machine.ranks,
        plan.machine.threads,
        Bytes(plan.memory.peak_bytes())
    );
    if wet > points {
        warn!(
            "{} wet points of the domain's last row or column have no neighbour beyond it: NaN ([prepare] centre, [input] periodic)",
            wet - points
        );
    }
    let missing = time.missing().count();
    if missing > 0 {
        let filled = match config.prepare.missing {
            Missing::Interpolate(steps) => format!("gaps of at most {steps} are interpolated, "),
            Missing::Fail | Missing::Reject => String::new(),
        };
        warn!(
            "{missing} snapshot(s) missing or cut: by [prepare] missing, {filled}segments that touch a gap are left out"
        );
    }
    if config.prepare.missing == Missing::Fail && config.prepare.valid_range.is_none() {
        info!("values are not checked against a valid range");
    }
}

/// After an error, which is the one to tell; rank 0 deletes what there is, the others have nothing to delete. Where the
/// others do not know of the error they still write, and what there is stays.
fn abandon(world: &dyn World, store: ResultStore) {
    if world.failed_together()
        && let Err(also) = store.abandon()
    {
        warn!("{also}");
    }
}

/// A run with everything known but the number type.
struct Job<'a> {
    config: &'a Config,
    world: &'a dyn World,
    observer: &'a dyn Observer,
    options: RunOptions,
    setup: &'a Setup,
    plan: &'a Plan,
    pool: &'a ThreadPool,
}

impl Job<'_> {
    fn products<T: Sample>(&self) -> Vec<Box<dyn Product<T>>> {
        let interval = Seconds(self.setup.catalog.time().interval());
        let step = frequency_step(self.plan.problem.frequencies, interval);
        // Without rotation asked for, a lat-lon grid's axes are east and north all the same only if it was checked.
        let eastward = self.config.prepare.rotate || self.setup.grid.rotation == Rotation::Angles;
        let mut products: Vec<Box<dyn Product<T>>> = Vec::new();
        if !self.config.bands.is_empty() {
            products.push(Box::new(Bands::new(self.config.bands.clone(), step, nyquist(interval))));
        }
        products.push(Box::new(Moments { eastward }));
        products.push(Box::new(Quality));
        products
    }

    fn run<T: Sample>(&self) -> Result<RunSummary, Error> {
        let (config, world) = (self.config, self.world);
        let interval = Seconds(self.setup.catalog.time().interval());
        let spec = welch_spec(config, self.plan.problem.steps, interval)?;
        let welch = welch::<T>(config, &spec)?;
        let products = self.products::<T>();
        let maps: Vec<MapArray> = products.iter().flat_map(|product| product.maps()).collect();
        let mut store = self.open_store(&maps)?;
        let estimator = Estimator::new(self.setup, self.plan, welch, products);
        // Errors of the work are agreed on already; a second round would silence the rank that has the message.
        match self.work(&store, &estimator, &maps) {
            Ok((summary, snapshots)) => {
                let files = world.all_gather(store.files_written()).into_iter().sum();
                let finish = || -> Result<(), Error> {
                    if world.rank() != 0 {
                        return Ok(());
                    }
                    snapshots.describe(&mut store, self.setup.catalog.time())?;
                    Ok(self.pool.install(|| store.finish(files))?)
                };
                agree(world, fault::at("finish").and_then(|()| finish()), Error::exit_code).map(|()| summary)
            }
            Err(error) => {
                abandon(world, store);
                Err(error)
            }
        }
    }

    fn open_store(&self, maps: &[MapArray]) -> Result<ResultStore, Error> {
        let spec = group_spec(self.config, self.setup, self.plan, maps);
        let path = &self.config.output.path;
        // The others wait for the folder to exist.
        let store = if self.world.rank() == 0 {
            ResultStore::create(path, spec, self.options.overwrite)
        } else {
            ResultStore::attach(path, spec)
        };
        let (store, answer) = match store {
            Ok(store) => (Some(store), fault::at("create")),
            Err(error) => (None, Err(error.into())),
        };
        match (agree(self.world, answer, Error::exit_code), store) {
            (Ok(()), Some(store)) => Ok(store),
            (Err(error), Some(store)) => {
                abandon(self.world, store);
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
        maps: &[MapArray],
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
        };
        let Done { owned, bytes_read, bytes_written } = passes.run(world)?;
        let writer = MapWriter { config, setup: self.setup, plan, store, pool: self.pool };
        let bands = config.bands.len();
        writer.write_products(world, maps, &owned, bands)?;
        agree(world, writer.write_geometry(world), Error::exit_code)?;
        let gaps = estimator.gaps();
        let snapshots = Snapshots::gather(world, self.setup.catalog.time(), &gaps);
        let axes = if world.rank() == 0 {
            writer.write_axes(estimator.welch.frequencies(), snapshots.status())
        } else {
            Ok(())
        };
        let synced = axes.and_then(|()| Ok(self.pool.install(|| store.sync())?));
        agree(world, synced, Error::exit_code)?;
        let total = |value: u64| world.all_gather(value).into_iter().sum::<u64>();
        snapshots.tell(world, self.setup, &gaps, &bad);
        let summary = RunSummary {
            points: plan.tiles.iter().map(|tile| tile.occupancy.points).sum(),
            bytes_read: total(bytes_read),
            bytes_written: total(bytes_written),
            seconds: 0.0,
        };
        Ok((summary, snapshots))
    }
}
