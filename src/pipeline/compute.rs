//! Whole series of one tile to its shards and its maps, one spectrum after the other.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::areas::AreaTable;
use super::contents::FrequencyAxis;
use super::groups::{Group, tile_groups};
use super::setup::Setup;
use super::spectra::{PointArray, PointKind, Products, Spectrum};
use super::tile_areas::WholeTile;
use crate::Error;
use crate::exchange::TileLines;
use crate::fault;
use crate::grid::{GridField, Rotation as GridRotation};
use crate::plan::{Plan, Tile};
use crate::product::area::AreaSums;
use crate::product::{Components, Estimate, Product, SegmentEstimate};
use crate::report::{Phase, Timings};
use crate::spectrum::{Complex, GapCounts, Rotation, Summary, Welch, WelchScratch, one_sided_bins};
use crate::terms::{LANES, Line, Sample, inertial_frequency};

/// What is known of a tile besides its spectra.
pub(super) struct TileMaps {
    /// Place in `Plan::tiles`.
    pub(super) tile: usize,
    /// Maps, [group][plane][lane].
    pub(super) values: Vec<[f64; LANES]>,
    /// Times with gaps: how many samples were filled and left out.
    pub(super) gaps: Vec<[u32; 3]>,
    /// Sums over areas, of each table.
    pub(super) areas: Vec<AreaSums>,
}

/// What a worker needs for one group beyond the series.
struct Worker<T> {
    welch: WelchScratch<T>,
    psd: Vec<T>,
    /// One lane in float64, where components are derived.
    density: Vec<f64>,
    cross: Vec<Complex<f64>>,
}

/// Estimates tile after tile.
pub(super) struct Estimator<'a, T: Sample> {
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) welch: Welch<T>,
    pub(super) spectra: Vec<Spectrum<T>>,
    pub(super) tables: Vec<AreaTable>,
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

/// The runs of 16 columns of a tile's rows in all sheets of a spectrum: those of groups, by group, and those of land.
struct Cells<'s, T> {
    groups: Vec<Vec<&'s mut [T]>>,
    dry: Vec<&'s mut [T]>,
}

impl<'a, T: Sample> Estimator<'a, T> {
    pub(super) fn new(
        setup: &'a Setup,
        plan: &'a Plan,
        welch: Welch<T>,
        spectra: Vec<Spectrum<T>>,
        tables: Vec<AreaTable>,
        timings: &'a Timings,
    ) -> Self {
        let planes = spectra.last().map_or(0, |last| last.planes.end);
        Estimator { setup, plan, welch, spectra, tables, planes, workers: Mutex::new(Vec::new()), timings }
    }

    /// Bin centres of an axis [cycles per day].
    pub(super) fn frequencies(&self, axis: &FrequencyAxis) -> Vec<f64> {
        if axis.two_sided { self.welch.frequencies().to_vec() } else { self.welch.one_sided_frequencies() }
    }

    /// Spectra of one tile into `shards`, what is held of each spectrum, array after array, sheet after sheet
    /// [j, i, value], its maps, and its sums over areas.
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
        let points = place.points() as usize;
        shards.resize(points * self.plan.problem.held_values, T::zero());
        let mut rest = &mut shards[..];
        for spectrum in &self.spectra {
            let (held, after) = std::mem::take(&mut rest).split_at_mut(points * spectrum.held());
            rest = after;
            let Cells { groups: mut wet, mut dry } = self.cells(place, &groups, spectrum, held);
            dry.par_iter_mut().with_min_len(LANES).for_each(|cell| self.timed(|| cell.fill(T::nan())));
            let work = wet
                .par_iter_mut()
                .zip(values.par_chunks_exact_mut(self.planes))
                .zip(groups.par_iter().zip(geometry.par_iter()))
                .enumerate();
            work.for_each(|(number, ((sheets, planes), (group, geometry)))| {
                let planes = &mut planes[spectrum.planes.clone()];
                self.timed(|| self.group((spectrum, &series, number), group, geometry, sheets, planes));
            });
        }
        let areas = if self.tables.is_empty() {
            Vec::new()
        } else {
            let tile = WholeTile { place, groups: &groups, held: shards, maps: &values, planes: self.planes };
            self.timed(|| self.area_sums(&tile))?
        };
        Ok(TileMaps { tile, values, gaps: self.take_gaps(), areas })
    }

    /// The cells of one spectrum in the sheets `held` of it.
    fn cells<'s>(&self, place: &Tile, groups: &[Group], spectrum: &Spectrum<T>, held: &'s mut [T]) -> Cells<'s, T> {
        let (width, points) = (place.i.len(), place.points() as usize);
        let sheets: usize = spectrum.points.iter().map(PointArray::sheets).sum();
        let mut cells = Cells { groups: groups.iter().map(|_| Vec::with_capacity(sheets)).collect(), dry: Vec::new() };
        let mut rest = held;
        for array in &spectrum.points {
            let (sheets, after) = rest.split_at_mut(array.numbers(points));
            rest = after;
            for sheet in sheets.chunks_exact_mut(points * array.values) {
                let mut next = 0;
                for (row, part) in sheet.chunks_exact_mut(width * array.values).enumerate() {
                    for (block, part) in part.chunks_mut(LANES * array.values).enumerate() {
                        let here = groups
                            .get(next)
                            .is_some_and(|group| (group.row as usize, group.column as usize) == (row, block * LANES));
                        if here {
                            cells.groups[next].push(part);
                            next += 1;
                        } else {
                            cells.dry.push(part);
                        }
                    }
                }
            }
        }
        cells
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
        sheets: &mut [&mut [T]],
        planes: &mut [[f64; LANES]],
    ) {
        let mut worker = self.lend();
        let Worker { welch: scratch, psd: spare, .. } = &mut worker;
        let spare = &mut spare[..LANES * spectrum.array.frequencies];
        // The spectrum is held first if it is; a full run of lanes is estimated in place.
        let holds_psd = spectrum.points.first().is_some_and(|array| array.kind == PointKind::Psd);
        let (mut shard, more) = match sheets.split_first_mut() {
            Some((shard, rest)) if holds_psd => (Some(&mut **shard), rest),
            _ => (None, sheets),
        };
        let psd: &mut [T] = match &mut shard {
            Some(shard) if shard.len() == spare.len() => shard,
            _ => &mut *spare,
        };
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
        if let Some(shard) = shard.filter(|shard| shard.len() < spare.len()) {
            shard.copy_from_slice(&spare[..shard.len()]);
        }
        if !more.is_empty() {
            self.fill_more(spectrum, (group, geometry), &mut worker, more, planes);
        }
        self.give_back(worker);
    }

    /// What comes of a rotary estimate beside the mean: arrays of components, spectra by time segment and their maps.
    fn fill_more(
        &self,
        spectrum: &Spectrum<T>,
        (group, geometry): (&Group, &Geometry<T>),
        worker: &mut Worker<T>,
        sheets: &mut [&mut [T]],
        planes: &mut [[f64; LANES]],
    ) {
        let Worker { welch: scratch, density, cross, .. } = worker;
        let frequencies = spectrum.array.frequencies;
        let mut sheets = sheets;
        if let Some(components) = &spectrum.components {
            let arrays = || spectrum.points.iter().filter(|array| array.kind == PointKind::Component);
            let count = arrays().count();
            let (mine, rest) = sheets.split_at_mut(count);
            sheets = rest;
            density.resize(frequencies, 0.0);
            cross.resize(if components.need_cross() { one_sided_bins(frequencies) } else { 0 }, Complex::default());
            let lanes = mine.iter().zip(arrays()).map(|(sheet, array)| sheet.len() / array.values).min().unwrap_or(0);
            for lane in 0..lanes {
                self.welch.rotary_density(scratch, lane, density);
                if components.need_cross() {
                    self.welch.cross_density(scratch, lane, cross);
                }
                let mut rows: [&mut [T]; Components::ARRAYS_AT_MOST] = Default::default();
                for (row, (sheet, array)) in rows.iter_mut().zip(mine.iter_mut().zip(arrays())) {
                    *row = &mut sheet[lane * array.values..(lane + 1) * array.values];
                }
                components.fill(density, cross, &mut rows[..count]);
            }
        }
        let Some(maps) = &spectrum.segment_maps else { return };
        let count = sheets.len();
        let planes_of_segments = maps.plane_count(count);
        let planes = &mut planes[spectrum.planes.len() - planes_of_segments..];
        for (number, psd) in sheets.iter_mut().enumerate() {
            let mut segments = [(0, f64::NAN); LANES];
            for (lane, row) in psd.chunks_exact_mut(frequencies).enumerate() {
                self.welch.class_psd(scratch, number, lane, row);
                segments[lane] = self.welch.class_segments(scratch, number, lane);
            }
            let (active, inertial_frequency) = (group.active, &geometry.inertial_frequency);
            let segments = &segments;
            maps.derive(
                &SegmentEstimate { number, count, psd, frequencies, segments, active, inertial_frequency },
                planes,
            );
        }
    }

    fn lend(&self) -> Worker<T> {
        let waiting = self.workers.lock().ok().and_then(|mut workers| workers.pop());
        waiting.unwrap_or_else(|| Worker {
            welch: self.welch.scratch(),
            psd: vec![T::zero(); LANES * self.plan.problem.frequencies],
            density: Vec::new(),
            cross: Vec::new(),
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
