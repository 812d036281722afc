//! From a configuration and sizes to a plan.

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::areas::area_tables;
use super::fields::Fields;
use super::ground::{Imagined, Seen, abreast};
use super::setup::Setup;
use super::spectra::{Spectrum, spectra};
use crate::Error;
use crate::config::{Config, Dtype, Layout};
use crate::grid::{Axis, Extent, LLC_FACES, Lattice, Periodic, Reach};
use crate::plan::{ChunkLength, ChunkSize, Cuts, Machine, Plan, PlanError, Problem, Tile};
use crate::product::BandFlags;
use crate::source::gridded::FieldChunk;
use crate::spectrum::SegmentCost;
use crate::terms::{Calendar, CyclesPerDay, LANES, Precision, SECONDS_PER_DAY, Seconds};

/// Sizes of input that is not looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumed {
    /// Faces.
    pub faces: usize,
    /// Rows of a face.
    pub nj: usize,
    /// Columns of a face.
    pub ni: usize,
    /// Snapshots.
    pub snapshots: usize,
    /// Sampling interval.
    pub interval: Seconds,
    /// Share of the cells that are wet.
    pub wet: f64,
    /// Whether files hold the wet values alone.
    pub shrunk: bool,
}

/// Nyquist frequency of a sampling interval.
pub(super) fn nyquist(interval: Seconds) -> CyclesPerDay {
    CyclesPerDay(SECONDS_PER_DAY / interval.0 / 2.0)
}

fn check_bands(config: &Config, interval: Seconds) -> Result<(), Error> {
    let nyquist = nyquist(interval);
    let Some((at, limit)) = BandFlags::beyond_nyquist(&config.bands, nyquist) else { return Ok(()) };
    let message = format!(
        "band \"{}\" reaches {limit}, beyond the Nyquist frequency {nyquist} of snapshots {interval} apart",
        config.bands[at].name
    );
    Err(Error::Setting { text: config.explain(config.band_key(at), &message) })
}

/// Selected and native sizes of the input.
struct Sizes<'a> {
    extent: &'a Extent,
    lattice: &'a Lattice,
    steps: usize,
    stored_steps: usize,
    stored_bytes: usize,
    chunks: Vec<ChunkSize>,
    source_bytes: u64,
    cuts: Cuts,
    interval: Seconds,
    /// Of the first snapshot, seconds since 1970 of the calendar.
    start: f64,
    calendar: Calendar,
    reach: Reach,
}

/// Maps of the grid, of every run.
const GEOMETRY_PLANES: usize = 6;

/// Snapshots of a record at most: every minute for thirty years. The estimator's tables grow with them.
pub(super) const SNAPSHOTS_AT_MOST: usize = 1 << 24;

/// No grid has so many.
const FACES_AT_MOST: usize = 100_000;

fn problem(config: &Config, sizes: &Sizes<'_>) -> Result<Problem, Error> {
    if sizes.steps > SNAPSHOTS_AT_MOST {
        let what = format!("{} snapshots, more than {SNAPSHOTS_AT_MOST}", sizes.steps);
        return Err(PlanError::TooLarge { what }.into());
    }
    check_bands(config, sizes.interval)?;
    let analysis = Analysis::new(config, sizes.steps, sizes.interval, (sizes.start, sizes.calendar))?;
    let sample_bytes = config.spectrum.precision.bytes() as usize;
    // Neither names nor attributes matter here.
    let spectra = spectra::<f64>(config, &analysis, true, |_| None);
    let cross = spectra.iter().any(Spectrum::needs_cross);
    let scratch_bytes = match config.spectrum.precision {
        Precision::F32 => analysis.welch::<f32>(config, cross)?.scratch_bytes(),
        Precision::F64 => analysis.welch::<f64>(config, cross)?.scratch_bytes(),
    };
    let planes = spectra.last().map_or(0, |last| last.planes.end);
    let tables = area_tables(config, &analysis, &sizes.reach, &spectra);
    let points = || spectra.iter().flat_map(|spectrum| &spectrum.points);
    let most = spectra.iter().map(|spectrum| spectrum.array.frequencies).max().unwrap_or(0);
    // The rows in float64 that components are derived from.
    let derived_bytes = 3 * most * size_of::<f64>();
    Ok(Problem {
        faces: sizes.lattice.faces.len(),
        abreast: abreast(sizes.extent, sizes.lattice),
        nj: sizes.lattice.j.len,
        ni: sizes.lattice.i.len,
        stride: config.select.stride,
        native_points: sizes.extent.points() as u64,
        steps: sizes.steps,
        stored_steps: sizes.stored_steps,
        fields: config.input.variables.count(),
        sample_bytes,
        stored_bytes: sizes.stored_bytes,
        chunks: sizes.chunks.clone(),
        source_bytes: sizes.source_bytes,
        cuts: sizes.cuts.clone(),
        segment: analysis.spec.segment,
        frequencies: most,
        spectra: spectra.len(),
        spectrum_values: spectra.iter().map(|spectrum| spectrum.array.frequencies).sum(),
        kept_arrays: points().filter(|array| array.kept).count(),
        kept_values: points().filter(|array| array.kept).map(|array| array.numbers(1)).sum(),
        held_values: spectra.iter().map(Spectrum::held).sum(),
        area_arrays: tables.iter().map(|table| table.arrays.len() + table.areas.dimensions().len()).sum(),
        area_numbers: tables.iter().map(|table| table.areas.count() * table.length).sum(),
        area_length: tables.iter().map(|table| table.length).sum(),
        map_bytes_per_point: planes * size_of::<f64>(),
        map_planes: planes + GEOMETRY_PLANES,
        kernel_scratch_bytes: (scratch_bytes + LANES * most * sample_bytes + derived_bytes) as u64,
    })
}

fn chunk_size(chunk: &FieldChunk, lattice: &Lattice) -> ChunkSize {
    let length = |[chunk, array]: [usize; 2]| ChunkLength { chunk, array };
    ChunkSize {
        steps: chunk.steps,
        faces: chunk.faces,
        levels: chunk.levels,
        value_bytes: chunk.value_bytes,
        rows: length(chunk.rows),
        columns: length(chunk.columns),
        tiled: chunk.tiled,
        goes_on: chunk.goes_on,
        first_row: lattice.j.start % chunk.rows[0].max(1),
    }
}

/// Plans a run on input that was looked at.
///
/// # Errors
/// Settings that do not fit the data, too little memory, nothing wet.
pub fn plan(config: &Config, setup: &Setup, machine: Machine) -> Result<Plan, Error> {
    plan_rest(config, setup, machine, &|_| false)
}

/// Plans what is left of a run, of which some tiles are `finished`.
///
/// # Errors
/// As [`plan`].
pub(super) fn plan_rest(
    config: &Config,
    setup: &Setup,
    machine: Machine,
    finished: &dyn Fn(&Tile) -> bool,
) -> Result<Plan, Error> {
    let time = setup.catalog.time();
    let cuts = setup.catalog.cuts();
    let sizes = Sizes {
        extent: &setup.grid.extent,
        lattice: &setup.lattice,
        steps: time.len(),
        stored_steps: setup.catalog.stored_steps(),
        stored_bytes: setup.catalog.stored_bytes(),
        chunks: setup.catalog.chunks().iter().map(|chunk| chunk_size(chunk, &setup.lattice)).collect(),
        source_bytes: setup.catalog.kept_bytes().saturating_add(setup.grid_files().kept_bytes()),
        cuts: Cuts::at(cuts.runs, cuts.stretches),
        interval: Seconds(time.interval()),
        start: time.start(),
        calendar: time.calendar,
        reach: setup.reach,
    };
    let ground = Seen { setup, centre: config.prepare.centre, finished };
    Ok(Plan::new(problem(config, &sizes)?, machine, &ground)?)
}

/// Plans a run on input of assumed sizes.
///
/// # Errors
/// As [`plan`].
pub fn plan_assumed(config: &Config, assumed: &Assumed, machine: Machine) -> Result<Plan, Error> {
    if assumed.faces > FACES_AT_MOST {
        let what = format!("{} faces, more than {FACES_AT_MOST}", assumed.faces);
        return Err(PlanError::TooLarge { what }.into());
    }
    let stride = config.select.stride;
    let periodic = Periodic { i: config.input.periodic.i, j: config.input.periodic.j };
    let square = assumed.faces == LLC_FACES && assumed.nj == assumed.ni && config.input.layout != Some(Layout::Plain);
    let extent = match square {
        true => Extent::llc(assumed.ni),
        false => Extent { faces: assumed.faces, ..Extent::plain(assumed.nj, assumed.ni, periodic) },
    };
    let axis = |len: usize| Axis { start: 0, step: stride, len: len.div_ceil(stride) };
    let lattice = Lattice { faces: (0..assumed.faces).collect(), j: axis(assumed.nj), i: axis(assumed.ni) };
    let sizes = Sizes {
        extent: &extent,
        lattice: &lattice,
        steps: assumed.snapshots,
        stored_steps: assumed.snapshots,
        stored_bytes: match config.input.dtype {
            Dtype::Float32 => 4,
            Dtype::Float64 => 8,
        },
        chunks: Vec::new(),
        source_bytes: 0,
        cuts: Cuts::default(),
        interval: assumed.interval,
        start: 0.0,
        calendar: Calendar::default(),
        reach: Reach::GLOBE,
    };
    let problem = problem(config, &sizes)?;
    let fields = Fields::of(&config.input.variables);
    let Assumed { wet, shrunk, .. } = *assumed;
    let ground = Imagined { extent, lattice, fields: &fields, centre: config.prepare.centre, wet, shrunk };
    Ok(Plan::new(problem, machine, &ground)?)
}

/// The plan as JSON, for `plan --json` and for the result's attributes.
pub fn plan_json(plan: &Plan) -> Value {
    json!({
        "faces": plan.problem.faces,
        "nj": plan.problem.nj,
        "ni": plan.problem.ni,
        "snapshots": plan.problem.steps,
        "fields": plan.problem.fields,
        "spectra": plan.problem.spectra,
        "frequencies": plan.problem.frequencies,
        "ranks": plan.machine.ranks,
        "nodes": plan.machine.nodes,
        "ranks_per_node": plan.machine.ranks_per_node,
        "threads_per_rank": plan.machine.threads,
        "memory_bytes_per_rank": plan.machine.memory_bytes_per_rank,
        "tiles": plan.tiles.len() + plan.finished.len(),
        "tile_shape": [plan.tiling.tile_nj, plan.tiling.tile_ni],
        "chunk_shape": [plan.tiling.chunk_nj, plan.tiling.chunk_ni],
        "passes": plan.passes.len(),
        "overlap": plan.overlap,
        "rounds": plan.rounds_per_pass * plan.passes.len(),
        "steps_per_round": plan.shares.steps_per_round,
        "files_written": plan.files_written,
        "bytes_in": plan.bytes_in,
        "bytes_out": plan.bytes_out,
        "read_factor": plan.read_factor(),
        "peak_bytes_per_rank": plan.memory.peak_bytes(),
        "memory": plan.memory,
        "largest_mpi_count": plan.largest_mpi_count,
    })
}

/// What transforms of the plan's segments cost on this machine beside their 5-smooth neighbours; none where the segments
/// are 5-smooth. Measured anew at each call, so it is no part of the plan, which is stored with the result.
pub fn segment_cost(plan: &Plan, precision: Precision) -> Option<SegmentCost> {
    match precision {
        Precision::F32 => SegmentCost::measure::<f32>(plan.problem.segment),
        Precision::F64 => SegmentCost::measure::<f64>(plan.problem.segment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_end_is_refused_before_its_tables_are_made() {
        let machine = Machine { ranks: 8, nodes: 1, ranks_per_node: 8, threads: 1, memory_bytes_per_rank: 1 << 40 };
        for segment in ["2 samples", "1000000000000 samples"] {
            let config = Config::assumed(&[format!("spectrum.segment={segment}")]).unwrap();
            let plan = |snapshots| {
                let sizes =
                    Assumed { faces: 1, nj: 1, ni: 1, snapshots, interval: Seconds(3600.0), wet: 1.0, shrunk: false };
                plan_assumed(&config, &sizes, machine)
            };
            let error = plan(1 << 40).unwrap_err();
            assert!(matches!(error, Error::Plan(PlanError::TooLarge { .. })), "{error}");
            assert_eq!(plan(1 << 20).is_ok(), segment == "2 samples");
        }
    }
}
