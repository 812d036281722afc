//! Projected memory of a rank: what it holds whatever the passes, and what is left for series.

use super::limits::span;
use super::{AREA_BATCH_BYTES, Machine, Problem, Tiling};
use crate::terms::LANES;

/// Program and libraries: 14 MiB were seen of a single process, 20 to 24 MiB of a rank among two or
/// three, and up to 4 MiB more with the libraries of netCDF and HDF5.
const PROGRAM_BYTES: u64 = 32 << 20;
/// What MPI keeps for each other rank of the node: below 1.5 MiB each for up to sixteen, no more beyond, with OpenMPI 4.1
/// over shared memory.
const NEIGHBOUR_BYTES: u64 = 3 << 19;
const NEIGHBOURS_AT_MOST: u64 = 16;
/// An allowance for the network's buffers where there are several nodes.
const NETWORK_BYTES: u64 = 32 << 20;
/// Stacks and allocator arenas that a worker thread touches.
const THREAD_BYTES: u64 = 2 << 20;
/// Names of a snapshot's files, and what is left of listing them: 440 bytes were seen on rank 0 for a file with its `.meta`;
/// their sizes and times of change, and the text of them that the journal begins with.
const NAME_BYTES: u64 = 1024;
/// What a worker reads at a time from one snapshot.
const PIECE_BYTES: u64 = 128 << 10;
/// Snapshots that a worker handles together: runs of so many lines stay in one stretch of memory.
const STEPS_PER_BLOCK: usize = 16;

/// Threads of a rank that write shards: one may wait for the disk while another is heard.
pub const SHARD_WRITERS: usize = 2;
/// Shards in memory: one being filled, one being encoded.
const HELD: u64 = 2;
/// Encoded ones: of each writer one, and one that waits for a writer.
const WRITTEN: u64 = SHARD_WRITERS as u64 + 1;
/// What the allocator was seen to keep of the blocks of several arrays, which differ in size, in shards of a tile.
const LEFT_OF_SEVERAL: u64 = 2;

/// Memory of one rank by purpose, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MemoryUse {
    /// Program and libraries.
    pub program_bytes: u64,
    /// Masks of the grid, file names, the plan itself.
    pub masks_bytes: u64,
    /// Maps of tiles that are not in the journal yet.
    pub maps_bytes: u64,
    /// Scratch of the workers: decoded chunks, reading and estimating.
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
    /// What is held from the first pass to the last map.
    fn always_bytes(&self) -> u64 {
        self.program_bytes.saturating_add(self.masks_bytes)
    }

    /// The sum while passes run.
    pub fn passing_bytes(&self) -> u64 {
        [self.maps_bytes, self.scratch_bytes, self.output_bytes, self.series_bytes, self.exchange_bytes]
            .into_iter()
            .fold(self.always_bytes(), u64::saturating_add)
    }

    /// The highest sum at any time.
    pub fn peak_bytes(&self) -> u64 {
        self.passing_bytes().max(self.always_bytes().saturating_add(self.gather_bytes))
    }
}

/// The product, or the largest number: sizes beyond counting are too much memory as well.
fn product(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor))
}

/// Program, libraries and MPI on the fullest node.
fn program_bytes(machine: &Machine) -> u64 {
    let neighbours = (machine.ranks_per_node as u64).saturating_sub(1).min(NEIGHBOURS_AT_MOST);
    let network = if machine.nodes > 1 { NETWORK_BYTES } else { 0 };
    let threads = product(&[machine.threads as u64, THREAD_BYTES]);
    threads.saturating_add(PROGRAM_BYTES + neighbours * NEIGHBOUR_BYTES + network)
}

/// What does not depend on the cut into passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// All but series, exchange and decoded chunks.
    pub fixed: MemoryUse,
    /// Snapshots that a worker handles together.
    pub steps_per_block: usize,
    /// Rows (of selected points) that a worker reads at a time.
    pub rows_per_piece: usize,
}

impl Budget {
    /// Sizes for a problem on a machine.
    pub fn new(problem: &Problem, machine: &Machine, tiling: &Tiling) -> Self {
        let abreast = problem.abreast.iter().copied().max().unwrap_or(1) as u64;
        let native_columns = (span(problem.ni, problem.stride) as u64).saturating_mul(abreast);
        let row_bytes = product(&[native_columns, problem.stored_bytes as u64]).max(1);
        let rows_per_piece = ((PIECE_BYTES / row_bytes).max(1) as usize).min(tiling.tile_nj);
        let share = problem.steps.div_ceil(machine.ranks).max(1);
        let steps_per_block = STEPS_PER_BLOCK.min(share.div_ceil(machine.threads.max(1)).max(1));

        let sample_bytes = problem.sample_bytes as u64;
        // A piece as it is stored, with what lies beyond its edges; one row as it is, the one below, what is beyond, and as it
        // is packed.
        let piece_columns = native_columns.saturating_add(2);
        let piece = product(&[rows_per_piece as u64 + 2, piece_columns, problem.stored_bytes as u64]);
        let row = product(&[4, piece_columns, sample_bytes]);
        // Of tiles that are narrower than the piece, one step's rows pass through a buffer of their own.
        let reading = product(&[piece.saturating_add(row), steps_per_block as u64]).saturating_add(piece);
        let shard = |values: usize| product(&[tiling.tile_points(), values as u64, sample_bytes]);
        let written = if problem.kept_arrays > 1 { WRITTEN + LEFT_OF_SEVERAL } else { WRITTEN };
        let output = product(&[HELD, shard(problem.held_values)])
            .saturating_add(product(&[written, shard(problem.kept_values)]));
        let map_block = product(&[tiling.map_nj.min(problem.nj) as u64, problem.ni as u64, size_of::<f64>() as u64]);
        // Totals of areas, one array of them as it is written, and what comes of the tiles.
        let areas = match problem.area_numbers {
            0 => 0,
            _ => product(&[3, problem.area_bytes()]).saturating_add(2 * AREA_BATCH_BYTES),
        };
        let masks = 4 * problem.native_points.div_ceil(8);
        let names = product(&[problem.steps as u64, problem.fields as u64, NAME_BYTES]);
        let tiles = (problem.faces * tiling.rows() * tiling.columns()) as u64;
        let fixed = MemoryUse {
            program_bytes: program_bytes(machine),
            masks_bytes: (masks + tiles * 256).saturating_add(names).saturating_add(problem.source_bytes),
            // What a worker has estimated with is kept while it reads.
            scratch_bytes: product(&[machine.threads as u64, reading.saturating_add(problem.kernel_scratch_bytes)]),
            maps_bytes: product(&[HELD + WRITTEN, tiling.tile_points(), problem.map_bytes_per_point as u64])
                .saturating_add(product(&[HELD + WRITTEN, problem.area_bytes_of_tile()])),
            output_bytes: output,
            gather_bytes: product(&[3, map_block]).max(areas),
            ..MemoryUse::default()
        };
        Budget { fixed, steps_per_block, rows_per_piece }
    }

    /// Bytes of one field's lane group over `steps`.
    pub fn group_bytes(problem: &Problem, steps: usize) -> u64 {
        (LANES * problem.sample_bytes * steps) as u64
    }
}
