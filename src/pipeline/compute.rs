//! Whole series of one tile to its shard and its maps.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::groups::{Group, tile_groups};
use super::setup::Setup;
use crate::Error;
use crate::exchange::TileLines;
use crate::fault;
use crate::grid::{GridField, Rotation as GridRotation};
use crate::plan::Plan;
use crate::product::{Estimate, Product};
use crate::report::{Phase, Timings};
use crate::spectrum::{GapCounts, Rotation, Welch, WelchScratch};
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
    pub(super) products: Vec<Box<dyn Product<T>>>,
    pub(super) planes: usize,
    workers: Mutex<Vec<Worker<T>>>,
    timings: &'a Timings,
}

/// What lies under a group, by lane.
struct Geometry<T> {
    inertial_frequency: [f64; LANES],
    rotation: Option<Rotation<T>>,
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
        products: Vec<Box<dyn Product<T>>>,
        timings: &'a Timings,
    ) -> Self {
        let planes = products.iter().map(|product| product.plane_count()).sum();
        Estimator { setup, plan, welch, products, planes, workers: Mutex::new(Vec::new()), timings }
    }

    /// Spectra of one tile into `shard`, [j, i, frequency] (empty if spectra are not kept), and its maps.
    ///
    /// # Errors
    /// When the grid's files cannot be read.
    pub(super) fn tile(&self, tile: usize, series: TileLines<'_, T>, shard: &mut Vec<T>) -> Result<TileMaps, Error> {
        fault::at("compute")?;
        let place = &self.plan.tiles[tile];
        let frequencies = self.plan.problem.frequencies;
        let groups = tile_groups(&self.setup.grid.analysed, &self.setup.lattice, place);
        let geometry = self.timed(|| self.geometry(tile, &groups))?;
        let series_bytes = self.plan.lines(place) * (self.plan.problem.fields * self.plan.line_bytes()) as u64;
        self.timings.add_bytes(Phase::Compute, series_bytes);
        let mut values = vec![[f64::NAN; LANES]; groups.len() * self.planes];

        let width = place.i.len();
        let mut cells = Vec::with_capacity(place.j.len() * place.groups_per_row());
        if self.plan.problem.spectrum {
            shard.resize(place.j.len() * width * frequencies, T::zero());
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
        } else {
            cells.extend((0..groups.len()).map(|group| Cell { shard: &mut [], group: Some(group) }));
        }
        let (wet, mut dry): (Vec<_>, Vec<_>) = cells.into_iter().partition(|cell| cell.group.is_some());
        let fill = |cells: &mut [Cell<'_, T>]| cells.iter_mut().for_each(|cell| cell.shard.fill(T::nan()));
        dry.par_chunks_mut(LANES).for_each(|cells| self.timed(|| fill(cells)));
        let work = wet
            .into_par_iter()
            .zip(values.par_chunks_exact_mut(self.planes))
            .zip(groups.par_iter().zip(geometry.par_iter()));
        work.for_each(|((cell, planes), (group, geometry))| {
            let number = cell.group.unwrap_or_default();
            self.timed(|| self.group(&series, number, group, geometry, cell.shard, planes));
        });
        Ok(TileMaps { tile, values, gaps: self.take_gaps() })
    }

    /// Does a worker's part and counts its time.
    fn timed<R>(&self, work: impl FnOnce() -> R) -> R {
        self.timings.time(Phase::Compute, self.plan.machine.threads, work)
    }

    fn group(
        &self,
        series: &TileLines<'_, T>,
        number: usize,
        group: &Group,
        geometry: &Geometry<T>,
        shard: &mut [T],
        planes: &mut [[f64; LANES]],
    ) {
        let mut worker = self.lend();
        // A full run of lanes is estimated in place, in the shard.
        let in_place = shard.len() == worker.psd.len();
        let psd: &mut [T] = if in_place { &mut *shard } else { &mut worker.psd };
        let (u, v) = (series.group(0, number), series.group(1, number));
        let summary = self.welch.rotary(u, v, geometry.rotation.as_ref(), group.active, &mut worker.welch, psd);
        let estimate =
            Estimate { psd, summary: &summary, active: group.active, inertial_frequency: &geometry.inertial_frequency };
        let mut rest = planes;
        for product in &self.products {
            let count = product.plane_count();
            let (mine, after) = rest.split_at_mut(count);
            product.derive(&estimate, mine);
            rest = after;
        }
        if !in_place {
            let kept = shard.len();
            shard.copy_from_slice(&worker.psd[..kept]);
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
