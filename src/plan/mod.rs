//! Sizes and limits in, the whole plan of a run out: tiles, passes, owners, rounds, projected bytes.
//!
//! Pure integers: no files, no MPI, no clock. The same input gives the same plan on every rank.
//!
//! * A **tile** is a rectangle of selected points of one face and one shard of each array of spectra. Its size
//!   depends only on the result (grid, frequencies, record length), never on ranks or memory, so that
//!   any run writes the same files.
//! * A **pass** is a run of tiles, in file order, whose whole series fit the allowed memory of all ranks.
//! * A **round** moves `steps_per_round` snapshots of each rank's share of the time axis to the owners.

mod budget;
mod chunks;
mod limits;
mod passes;
mod reads;
mod share;
#[cfg(test)]
mod tests;
mod tiling;

pub use budget::{Budget, MemoryUse, SHARD_WRITERS};
pub use chunks::{ChunkLength, ChunkSize};
pub use passes::Pass;
pub use reads::{Part, Strip};
pub use share::{Cuts, Shares};
pub use tiling::{Occupancy, Tile, Tiling};

use std::ops::Range;

use crate::terms::{Bytes, LANES};

/// The largest count or displacement that an MPI call may see.
pub const LARGEST_MPI_COUNT: u64 = i32::MAX as u64;

/// Sums of areas that rank 0 takes from the others at a time.
pub const AREA_BATCH_BYTES: u64 = 4 << 20;

/// Bytes of the unit in which MPI counts: one cache line.
pub const WIRE_UNIT_BYTES: u64 = 64;

/// What is to be computed, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Selected faces.
    pub faces: usize,
    /// How many of them lie side by side in each row of faces of the source, in order; their sum is `faces`.
    pub abreast: Vec<usize>,
    /// Selected rows of a face.
    pub nj: usize,
    /// Selected columns of a face.
    pub ni: usize,
    /// Distance between selected rows and columns in the source.
    pub stride: usize,
    /// Points of the native grid, all faces (for the masks every rank keeps).
    pub native_points: u64,
    /// Time steps.
    pub steps: usize,
    /// Time steps that exist as snapshots; the others are known to be missing and are not read.
    pub stored_steps: usize,
    /// Fields read and exchanged: 2 for a velocity, 1 for a scalar.
    pub fields: usize,
    /// Bytes of a sample in memory.
    pub sample_bytes: usize,
    /// Bytes of a value as stored.
    pub stored_bytes: usize,
    /// Of each field that comes in chunks, what is decoded at once.
    pub chunks: Vec<ChunkSize>,
    /// What the source keeps in memory on each rank, besides names.
    pub source_bytes: u64,
    /// Where the time axis may be cut, so that no chunk is.
    pub cuts: Cuts,
    /// Samples of a segment.
    pub segment: usize,
    /// Frequencies of the largest spectrum at a point: the segment length, or about half of it without a velocity.
    pub frequencies: usize,
    /// Spectra at a point, each an array: of the velocity and of each scalar.
    pub spectra: usize,
    /// Values of all spectra at a point.
    pub spectrum_values: usize,
    /// Arrays of which each tile has a shard.
    pub kept_arrays: usize,
    /// Values of all shards at a point.
    pub kept_values: usize,
    /// Values that are held at a point while a tile is estimated: those that are kept and those that are averaged over areas.
    pub held_values: usize,
    /// Arrays of means over areas.
    pub area_arrays: usize,
    /// Numbers of all areas together, eight bytes each.
    pub area_numbers: usize,
    /// Numbers of one area of each set.
    pub area_length: usize,
    /// Bytes of all maps at one point.
    pub map_bytes_per_point: usize,
    /// Map arrays, each band counted.
    pub map_planes: usize,
    /// Bytes of a worker's scratch in the estimators.
    pub kernel_scratch_bytes: u64,
}

impl Problem {
    /// Bytes of the numbers of all areas.
    pub fn area_bytes(&self) -> u64 {
        (self.area_numbers as u64).saturating_mul(size_of::<f64>() as u64)
    }

    /// About as many bytes as one tile has of them, which touches few areas of each set.
    pub fn area_bytes_of_tile(&self) -> u64 {
        const AREAS_OF_A_TILE: u64 = 64;
        let length = (self.area_length as u64).saturating_mul(size_of::<f64>() as u64);
        length.saturating_mul(AREAS_OF_A_TILE).min(self.area_bytes())
    }

    /// Bytes of one snapshot of one field within the selected rows and columns, as stored.
    fn native_bytes_of_snapshot(&self) -> u64 {
        let [nj, ni] = [self.nj, self.ni].map(|points| limits::span(points, self.stride) as u64);
        nj.saturating_mul(ni).saturating_mul((self.faces * self.stored_bytes) as u64)
    }
}

/// What the plan asks of the grid and its files.
pub trait Ground {
    /// What is wet in a tile.
    fn occupancy(&self, tile: &Tile) -> Occupancy;
    /// Values of one snapshot, all fields, within a tile's rows and columns.
    fn values(&self, tile: &Tile) -> u64;
    /// Values of one snapshot, all fields, that are read of a strip after `before`, whose last row may be of use still.
    fn values_read(&self, strip: &Strip, before: Option<&Strip>) -> u64;
    /// Values, all fields, that are decoded to read some runs of snapshots of some strips, where each chunk is decoded once in
    /// a run; none where the source has no chunks.
    fn values_decoded(&self, _strips: &[Strip], _runs: &[Range<usize>]) -> Option<u64> {
        None
    }
    /// Whether an earlier run has finished a tile.
    fn is_finished(&self, _tile: &Tile) -> bool {
        false
    }
}

/// What it is to be computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// MPI ranks, all nodes together.
    pub ranks: usize,
    /// Nodes.
    pub nodes: usize,
    /// Ranks on the fullest node.
    pub ranks_per_node: usize,
    /// Worker threads of a rank.
    pub threads: usize,
    /// Memory that a rank may use.
    pub memory_bytes_per_rank: u64,
}

/// A run cannot be planned.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlanError {
    /// Even one tile a rank at a time is too much.
    #[error(
        "not enough memory: one rank would need {needed} for a single tile ({tile} of series), it may use {allowed} \
         ([run] memory = {node} per node, {ranks_per_node} rank(s) per node of {threads} thread(s)); \
         set [run] memory to at least {least}, or use fewer ranks per node or [run] threads"
    )]
    Memory {
        /// Least bytes of a rank.
        needed: Bytes,
        /// Series of one tile.
        tile: Bytes,
        /// Allowed bytes of a rank.
        allowed: Bytes,
        /// Allowed bytes of a node.
        node: Bytes,
        /// Ranks on a node.
        ranks_per_node: usize,
        /// Threads of a rank.
        threads: usize,
        /// Least that would do, per node.
        least: Bytes,
    },
    /// No tile has a point with a spectrum.
    #[error(
        "[select] leaves no wet point with a spectrum: all {points} selected points are land at [input] level \
         (by hFacC, or else Depth), or lack a neighbour beyond the domain's edge ([input] periodic)"
    )]
    AllLand {
        /// Selected points.
        points: u64,
    },
    /// Numbers that no machine can hold.
    #[error(
        "the problem is too large to plan: {what}; select fewer points ([select] faces, lon, lat, i, j) or times ([select] time)"
    )]
    TooLarge {
        /// Which number, and the limit it passes.
        what: String,
    },
}

/// The plan of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is computed.
    pub problem: Problem,
    /// On what.
    pub machine: Machine,
    /// The cut into tiles.
    pub tiling: Tiling,
    /// Tiles with at least one analysed point that are to be computed, in file order.
    pub tiles: Vec<Tile>,
    /// Tiles that an earlier run has finished, in file order.
    pub finished: Vec<Tile>,
    /// Passes, in order; they cover `tiles` without overlap.
    pub passes: Vec<Pass>,
    /// Whether a pass is read while the one before is estimated: series of two passes are then in memory.
    pub overlap: bool,
    /// Each rank's part of the record, and of a round.
    pub shares: Shares,
    /// Rounds of a pass.
    pub rounds_per_pass: usize,
    /// Snapshots a worker handles together.
    pub steps_per_block: usize,
    /// Selected rows a worker reads at a time.
    pub rows_per_piece: usize,
    /// Runs of rows of a pass that workers read apart, where there are more workers than blocks of snapshots in a round.
    pub sections_per_pass: usize,
    /// Projected memory of the fullest rank.
    pub memory: MemoryUse,
    /// Bytes read, all ranks and passes.
    pub bytes_in: u64,
    /// Bytes of the tiles' own rows, each read once: no neighbours for centring, no dry tile between two wet ones.
    pub bytes_needed: u64,
    /// Bytes of all arrays before compression, with those of finished tiles.
    pub bytes_out: u64,
    /// Files of the result.
    pub files_written: u64,
    /// Largest MPI count or displacement.
    pub largest_mpi_count: u64,
}

impl Plan {
    /// Plans a run, or what is left of it where some tiles are finished.
    ///
    /// # Errors
    /// When nothing is wet, when the memory is too small for one tile at a time, or when sizes pass what can be counted.
    pub fn new(problem: Problem, machine: Machine, ground: &dyn Ground) -> Result<Self, PlanError> {
        let points = limits::check(&problem)?;
        if points == 0 {
            return Err(PlanError::AllLand { points });
        }
        let tiling = Tiling::new(&problem);
        limits::check_tiles(&tiling)?;
        let wet: Vec<Tile> = tiling
            .all()
            .filter_map(|mut tile| {
                tile.occupancy = ground.occupancy(&tile);
                (tile.occupancy.points > 0).then_some(tile)
            })
            .collect();
        if wet.is_empty() {
            return Err(PlanError::AllLand { points });
        }
        let files_written = files(&problem, &tiling, wet.len() as u64);
        let kept_bytes =
            wet.iter().map(Tile::points).sum::<u64>() * (problem.kept_values * problem.sample_bytes) as u64;
        let (finished, tiles): (Vec<Tile>, Vec<Tile>) = wet.into_iter().partition(|tile| ground.is_finished(tile));
        let budget = Budget::new(&problem, &machine, &tiling);
        let fit = reads::best_fit(&problem, &machine, (&tiling, &tiles), &budget, ground)?;
        let shares = fit.shares;
        let blocks = shares.steps_per_round.min(shares.longest()).div_ceil(budget.steps_per_block).max(1);
        let mut plan = Plan {
            rounds_per_pass: shares.rounds(),
            shares,
            steps_per_block: budget.steps_per_block,
            rows_per_piece: budget.rows_per_piece,
            sections_per_pass: machine.threads.div_ceil(blocks),
            memory: fit.memory,
            bytes_in: 0,
            bytes_needed: 0,
            bytes_out: kept_bytes + points * problem.map_bytes_per_point as u64 + problem.area_bytes(),
            files_written,
            largest_mpi_count: fit.largest_mpi_count,
            passes: fit.passes,
            overlap: fit.overlap,
            problem,
            machine,
            tiling,
            tiles,
            finished,
        };
        plan.bytes_in = plan.bytes_read(ground);
        plan.bytes_needed = plan.bytes_of_tiles(ground);
        Ok(plan)
    }

    /// Points with a spectrum, those of finished tiles too.
    pub fn points(&self) -> u64 {
        self.tiles.iter().chain(&self.finished).map(|tile| tile.occupancy.points).sum()
    }

    /// Bytes read for each needed byte, at least 1.
    pub fn read_factor(&self) -> f64 {
        if self.bytes_needed == 0 { 1.0 } else { self.bytes_in as f64 / self.bytes_needed as f64 }
    }

    /// Lines of `LANES` samples of one field of a tile.
    pub fn lines(&self, tile: &Tile) -> u64 {
        tile.occupancy.groups * self.problem.steps as u64
    }

    /// Bytes of one line.
    pub fn line_bytes(&self) -> usize {
        LANES * self.problem.sample_bytes
    }
}

/// Files of the result: shards, map chunks, and one metadata file an array and one for the group.
fn files(problem: &Problem, tiling: &Tiling, wet_tiles: u64) -> u64 {
    let shards = wet_tiles * problem.kept_arrays as u64;
    // Values and metadata, of axes too.
    const FILES_OF_AN_ARRAY: u64 = 2;
    let areas = FILES_OF_AN_ARRAY * problem.area_arrays as u64;
    let maps = problem.map_planes as u64 * problem.faces as u64 * tiling.map_blocks_per_face() as u64;
    const ARRAYS_AND_COORDINATES: u64 = 40;
    const ARRAYS_OF_A_FIELD: u64 = 6;
    shards + maps + areas + ARRAYS_AND_COORDINATES + ARRAYS_OF_A_FIELD * (problem.spectra as u64).saturating_sub(1)
}
