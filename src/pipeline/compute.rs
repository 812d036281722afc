//! Whole series of one tile to its shards and its maps, one spectrum after the other.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::groups::{Group, tile_groups};
use super::setup::Setup;
use super::spectra::{Products, Spectrum};
use crate::Error;
use crate::exchange::TileLines;
use crate::fault;
use crate::grid::{GridField, Rotation as GridRotation};
use crate::plan::{Plan, Tile};
use crate::product::{Estimate, Product};
use crate::report::{Phase, Timings};
use crate::spectrum::{GapCounts, Rotation, Summary, Welch, WelchScratch};
use crate::terms::{LANES, Line, Sample, inertial_frequency};

/// What is known of a tile besides its spectra.
pub(super) struct TileMaps {
    /// Place in `Plan::tiles`.
    pub(super) tile: usize,
    /// Maps, [group][plane][lane].
    pub(super) values: Vec<[f64; LANES]>,
    /// Times with gaps: how many samples were filled and left out.
    pub(super) gaps: Vec<[u32; 3]>,
}

/// What a worker needs for one group beyond the series.
struct Worker<T> {
    welch: WelchScratch<T>,
    psd: Vec<T>,
}

/// Estimates tile after tile.
pub(super) struct Estimator<'a, T: Sample> {
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) welch: Welch<T>,
    pub(super) spectra: Vec<Spectrum<T>>,
    pub(super) planes: usize,
    workers: Mutex<Vec<Worker<T>>>,
    timings: &'a Timings,
}

/// What lies under a group, by lane.
struct Geometry<T> {
    inertial_frequency: [f64; LANES],
    rotation: Option<Rotation<T>>,
}

impl<T> Geometry<T> {
    fn estimate<'a, S>(&'a self, psd: &'a [T], summary: &'a S, active: u16) -> Estimate<'a, T, S> {
        Estimate { psd, summary, active, inertial_frequency: &self.inertial_frequency }
    }
}

/// Fills the planes of all products of a spectrum.
fn derive<T: Sample, S: Summary>(
    products: &[Box<dyn Product<T, S>>],
    estimate: &Estimate<'_, T, S>,
    planes: &mut [[f64; LANES]],
) {
    let mut rest = planes;
    for product in products {
        let (mine, after) = rest.split_at_mut(product.plane_count());
        product.derive(estimate, mine);
        rest = after;
    }
}

/// One cell of a tile: a run of 16 columns of a row, with its part of the shard.
struct Cell<'s, T> {
    shard: &'s mut [T],
    group: Option<usize>,
}

impl<'a, T: Sample> Estimator<'a, T> {
    pub(super) fn new(
        setup: &'a Setup,
        plan: &'a Plan,
        welch: Welch<T>,
        spectra: Vec<Spectrum<T>>,
        timings: &'a Timings,
    ) -> Self {
        let planes = spectra.last().map_or(0, |last| last.planes.end);
        Estimator { setup, plan, welch, spectra, planes, workers: Mutex::new(Vec::new()), timings }
    }

    /// The axes of the frequencies, each once: name, and bin centres [cycles per day].
    pub(super) fn frequency_axes(&self) -> Vec<(&'static str, Vec<f64>)> {
        let mut axes: Vec<(&'static str, Vec<f64>)> = Vec::new();
        for Spectrum { array, .. } in &self.spectra {
            if axes.iter().all(|(name, _)| *name != array.axis) {
                let two_sided = array.scalar.is_none();
                let one_sided = || self.welch.one_sided_frequencies();
                axes.push((array.axis, if two_sided { self.welch.frequencies().to_vec() } else { one_sided() }));
            }
        }
        axes
    }

    /// Spectra of one tile into `shards`, those of each array [j, i, frequency], array after array (empty if spectra are
    /// not kept), and its maps.
    ///
    /// # Errors
    /// When the grid's files cannot be read.
    pub(super) fn tile(&self, tile: usize, series: TileLines<'_, T>, shards: &mut Vec<T>) -> Result<TileMaps, Error> {
        fault::at("compute")?;
        let place = &self.plan.tiles[tile];
        let groups = tile_groups(&self.setup.grid.analysed, &self.setup.lattice, place);
        let geometry = self.timed(|| self.geometry(tile, &groups))?;
        let series_bytes = self.plan.lines(place) * (self.plan.problem.fields * self.plan.line_bytes()) as u64;
        self.timings.add_bytes(Phase::Compute, series_bytes);
        let mut values = vec![[f64::NAN; LANES]; groups.len() * self.planes];
        if self.plan.problem.spectrum {
            shards.resize(place.points() as usize * self.plan.problem.spectrum_values, T::zero());
        }
        let mut rest = &mut shards[..];
        for spectrum in &self.spectra {
            let kept = if self.plan.problem.spectrum { spectrum.array.frequencies } else { 0 };
            let (shard, after) = std::mem::take(&mut rest).split_at_mut(place.points() as usize * kept);
            rest = after;
            let (wet, mut dry) = self.cells(place, &groups, kept, shard);
            let fill = |cells: &mut [Cell<'_, T>]| cells.iter_mut().for_each(|cell| cell.shard.fill(T::nan()));
            dry.par_chunks_mut(LANES).for_each(|cells| self.timed(|| fill(cells)));
            let work = wet
                .into_par_iter()
                .zip(values.par_chunks_exact_mut(self.planes))
                .zip(groups.par_iter().zip(geometry.par_iter()));
            work.for_each(|((cell, planes), (group, geometry))| {
                let number = cell.group.unwrap_or_default();
                let planes = &mut planes[spectrum.planes.clone()];
                self.timed(|| self.group((spectrum, &series, number), group, geometry, cell.shard, planes));
            });
        }
        Ok(TileMaps { tile, values, gaps: self.take_gaps() })
    }

    /// The cells of one spectrum, those of groups and those of land; `shard` is [j, i, frequency], without frequencies if
    /// spectra are not kept.
    fn cells<'s>(
        &self,
        place: &Tile,
        groups: &[Group],
        frequencies: usize,
        shard: &'s mut [T],
    ) -> (Vec<Cell<'s, T>>, Vec<Cell<'s, T>>) {
        if frequencies == 0 {
            return ((0..groups.len()).map(|group| Cell { shard: &mut [], group: Some(group) }).collect(), Vec::new());
        }
        let width = place.i.len();
        let mut cells = Vec::with_capacity(place.j.len() * place.groups_per_row());
        let mut next = 0;
        for (row, part) in shard.chunks_exact_mut(width * frequencies).enumerate() {
            for (block, part) in part.chunks_mut(LANES * frequencies).enumerate() {
                let here = groups
                    .get(next)
                    .is_some_and(|group| (group.row as usize, group.column as usize) == (row, block * LANES));
                cells.push(Cell { shard: part, group: here.then_some(next) });
                next += usize::from(here);
            }
        }
        cells.into_iter().partition(|cell| cell.group.is_some())
    }

    /// Does a worker's part and counts its time.
    fn timed<R>(&self, work: impl FnOnce() -> R) -> R {
        self.timings.time(Phase::Compute, self.plan.machine.threads, work)
    }

    /// One spectrum of one group.
    fn group(
        &self,
        (spectrum, series, number): (&Spectrum<T>, &TileLines<'_, T>, usize),
        group: &Group,
        geometry: &Geometry<T>,
        shard: &mut [T],
        planes: &mut [[f64; LANES]],
    ) {
        let mut worker = self.lend();
        let Worker { welch: scratch, psd: spare } = &mut worker;
        let spare = &mut spare[..LANES * spectrum.array.frequencies];
        // A full run of lanes is estimated in place, in the shard.
        let in_place = shard.len() == spare.len();
        let psd: &mut [T] = if in_place { &mut *shard } else { &mut *spare };
        let (active, field) = (group.active, spectrum.array.field);
        match &spectrum.products {
            Products::Velocity(products) => {
                let (u, v) = (series.group(field, number), series.group(field + 1, number));
                let summary = self.welch.rotary(u, v, geometry.rotation.as_ref(), active, scratch, psd);
                derive(products, &geometry.estimate(psd, &summary, active), planes);
            }
            Products::Scalar(products) => {
                let summary = self.welch.one_sided(series.group(field, number), active, scratch, psd);
                derive(products, &geometry.estimate(psd, &summary, active), planes);
            }
        }
        if !in_place {
            let kept = shard.len();
            shard.copy_from_slice(&spare[..kept]);
        }
        self.give_back(worker);
    }

    fn lend(&self) -> Worker<T> {
        let waiting = self.workers.lock().ok().and_then(|mut workers| workers.pop());
        waiting.unwrap_or_else(|| Worker {
            welch: self.welch.scratch(),
            psd: vec![T::zero(); LANES * self.plan.problem.frequencies],
        })
    }

    fn give_back(&self, worker: Worker<T>) {
        if let Ok(mut workers) = self.workers.lock() {
            workers.push(worker);
        }
    }

    /// Samples filled and left out since they were last taken. No worker is at work meanwhile.
    fn take_gaps(&self) -> Vec<[u32; 3]> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = workers.iter_mut().map(|worker| worker.welch.gaps().take()).filter(|taken| !taken.is_empty());
        let Some(first) = taken.next() else { return Vec::new() };
        let mut gaps = GapCounts::none(self.plan.problem.steps);
        std::iter::once(first).chain(taken).for_each(|taken| gaps.add(&taken));
        gaps.take()
    }

    /// Latitudes and angles of a tile's groups.
    fn geometry(&self, tile: usize, groups: &[Group]) -> Result<Vec<Geometry<T>>, Error> {
        let place = &self.plan.tiles[tile];
        let lattice = &self.setup.lattice;
        let files = self.setup.grid_files();
        let read = |field| lattice.read(files, field, place.face, &place.j, &place.i);
        let latitude = read(GridField::Yc)?;
        // Without a velocity the survey asks for no angles.
        let angles = match self.setup.grid.rotation {
            GridRotation::None => None,
            GridRotation::Angles => Some((read(GridField::AngleCs)?, read(GridField::AngleSn)?)),
        };
        Ok(groups
            .iter()
            .map(|group| {
                // Lanes beyond the tile's last column repeat it; they are never active.
                let at = |lane: usize| {
                    let column = (group.column as usize + lane).min(place.i.len() - 1);
                    group.row as usize * place.i.len() + column
                };
                let line = |values: &[f64]| Line(std::array::from_fn(|lane| T::rounded(values[at(lane)])));
                Geometry {
                    inertial_frequency: std::array::from_fn(|lane| inertial_frequency(latitude[at(lane)]).0),
                    rotation: angles.as_ref().map(|(cos, sin)| Rotation { cos: line(cos), sin: line(sin) }),
                }
            })
            .collect())
    }
}
