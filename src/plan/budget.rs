//! Projected memory of a rank: what it holds whatever the passes, and what is left for series.

use super::{Machine, Problem, Tiling};
use crate::terms::LANES;

/// Program, libraries, MPI's own buffers, thread stacks: what a rank has in memory before it reads.
const PROGRAM_BYTES: u64 = 56 << 20;
/// Stacks and allocator arenas that a worker thread touches.
const THREAD_BYTES: u64 = 2 << 20;
/// What a worker reads at a time from one snapshot, before decoding.
const PIECE_BYTES: u64 = 128 << 10;
/// Snapshots that a worker handles together: runs of so many lines stay in one stretch of memory.
const STEPS_PER_BLOCK: usize = 16;

/// Memory of one rank by purpose, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MemoryUse {
    /// Program and libraries.
    pub program_bytes: u64,
    /// Masks of the grid, file names, the plan itself.
    pub masks_bytes: u64,
    /// Maps of owned points, kept to the end.
    pub maps_bytes: u64,
    /// Scratch of the workers: reading and estimating.
    pub scratch_bytes: u64,
    /// Shards being filled, encoded and written.
    pub output_bytes: u64,
    /// Whole series of a pass.
    pub series_bytes: u64,
    /// Buffers of the exchange.
    pub exchange_bytes: u64,
    /// Gathering one map for writing, after the series are gone.
    pub gather_bytes: u64,
}

impl MemoryUse {
    /// The highest sum at any time.
    pub fn peak_bytes(&self) -> u64 {
        let always = self.program_bytes + self.masks_bytes + self.maps_bytes;
        let passing = self.scratch_bytes + self.output_bytes + self.series_bytes + self.exchange_bytes;
        always + passing.max(self.gather_bytes)
    }
}

/// What does not depend on the cut into passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// All but series, exchange and maps.
    pub fixed: MemoryUse,
    /// Snapshots that a worker handles together.
    pub steps_per_block: usize,
    /// Rows (of selected points) that a worker reads at a time.
    pub rows_per_piece: usize,
}

impl Budget {
    /// Sizes for a problem on a machine.
    pub fn new(problem: &Problem, machine: &Machine, tiling: &Tiling) -> Self {
        let native_columns = (problem.ni * problem.stride) as u64;
        let row_bytes = (native_columns * problem.stored_bytes as u64).max(1);
        let rows_per_piece = ((PIECE_BYTES / row_bytes).max(1) as usize).min(tiling.tile_nj);
        let share = problem.steps.div_ceil(machine.ranks).max(1);
        let steps_per_block = STEPS_PER_BLOCK.min(share.div_ceil(machine.threads).max(1));

        let piece_rows = (rows_per_piece * if problem.stride == 1 { 1 } else { 2 } + 1) as u64;
        let native_piece = piece_rows * (native_columns + 1) * steps_per_block as u64;
        let selected_piece = (rows_per_piece * problem.ni * steps_per_block) as u64;
        let reading = problem.fields as u64
            * (native_piece * problem.sample_bytes as u64 + selected_piece * problem.sample_bytes as u64)
            + piece_rows * row_bytes;
        let shard = if problem.spectrum {
            tiling.tile_points() * (problem.frequencies * problem.sample_bytes) as u64
        } else {
            0
        };
        let map_block = (tiling.map_nj.min(problem.nj) * problem.ni) as u64 * 8;
        let masks = 4 * problem.native_points.div_ceil(8) + problem.steps as u64 * 256;
        let tiles = (problem.faces * tiling.rows() * tiling.columns()) as u64;
        let fixed = MemoryUse {
            program_bytes: PROGRAM_BYTES + machine.threads as u64 * THREAD_BYTES,
            masks_bytes: masks + tiles * 160,
            scratch_bytes: machine.threads as u64 * reading.max(problem.kernel_scratch_bytes),
            // One shard being filled; one being padded, encoded and written: values, encoded parts, whole file.
            output_bytes: 5 * shard,
            gather_bytes: 3 * map_block,
            ..MemoryUse::default()
        };
        Budget { fixed, steps_per_block, rows_per_piece }
    }

    /// Bytes of one field's lane group over `steps`.
    pub fn group_bytes(problem: &Problem, steps: usize) -> u64 {
        (LANES * problem.sample_bytes * steps) as u64
    }
}
