//! Plans of awkward sizes, made by hand, so that the transposition is not checked by the planner's habits alone.

use oceanspec::plan::{Cuts, Machine, MemoryUse, Occupancy, Pass, Plan, Problem, Shares, Tile, Tiling};
use oceanspec::terms::LANES;

/// One shape of a transposition.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Lane groups of each tile.
    pub(crate) groups: Vec<usize>,
    pub(crate) steps: usize,
    pub(crate) fields: usize,
    pub(crate) steps_per_round: usize,
    pub(crate) steps_per_block: usize,
    /// Tiles of each pass.
    pub(crate) passes: Vec<usize>,
    /// Any number: who owns which tile.
    pub(crate) seed: usize,
}

/// Primes, ones, and less than there are ranks.
pub(crate) fn awkward() -> Vec<Case> {
    let case = |name, groups: &[usize], steps, steps_per_round, passes: &[usize], seed| Case {
        name,
        groups: groups.to_vec(),
        steps,
        fields: 2,
        steps_per_round,
        steps_per_block: 3,
        passes: passes.to_vec(),
        seed,
    };
    vec![
        case("primes", &[3, 5, 2, 7, 1, 11, 13], 101, 7, &[7], 1),
        case("one tile, so most ranks own nothing", &[5], 31, 4, &[1], 2),
        case("one location and one step", &[1], 1, 1, &[1], 0),
        case("one snapshot a rank", &[2, 3, 1, 4], 4, 1, &[4], 3),
        case("fewer steps than ranks", &[1, 2, 3], 2, 1, &[3], 4),
        case("rounds with ragged ends", &[4, 1, 6, 2, 2, 3], 67, 5, &[6], 5),
        case("one step a round", &[2, 5, 3], 23, 1, &[3], 6),
        case("one round longer than the shares", &[2, 5, 3], 23, 1000, &[3], 7),
        case("passes that grow and shrink", &[1, 9, 2, 2, 30, 1, 1, 4, 3, 8], 37, 4, &[1, 3, 2, 4], 8),
        case("all tiles of a pass on one rank", &[3, 3, 3, 3, 3, 3], 29, 6, &[2, 4], usize::MAX),
        Case { fields: 1, ..case("one field", &[7, 2, 5], 41, 3, &[2, 1], 9) },
        Case { fields: 3, steps_per_block: 1, ..case("three fields", &[1, 4, 2], 13, 2, &[1, 1, 1], 10) },
    ]
}

impl Case {
    /// The plan of the case on `ranks` ranks.
    pub(crate) fn plan(&self, ranks: usize, sample_bytes: usize) -> Plan {
        let width = self.groups.iter().max().copied().unwrap_or(1) * LANES;
        let tiles: Vec<Tile> = self
            .groups
            .iter()
            .enumerate()
            .map(|(at, &groups)| Tile {
                face: 0,
                j: at..at + 1,
                i: 0..groups * LANES,
                row: at,
                column: 0,
                occupancy: Occupancy { points: (groups * LANES) as u64, groups: groups as u64 },
            })
            .collect();
        assert_eq!(self.passes.iter().sum::<usize>(), tiles.len());
        let owner = |at: usize, pass: usize| match self.seed {
            usize::MAX => (pass + 1) % ranks,
            seed => (at * at + at * seed + seed / 2 + pass) % ranks,
        };
        let mut next = 0;
        let passes = self.passes.iter().enumerate().map(|(number, &count)| {
            let tiles = next..next + count;
            next += count;
            Pass { owners: tiles.clone().map(|at| owner(at, number)).collect(), tiles }
        });
        let shares = Shares::new(self.steps, ranks, Cuts::default(), self.steps_per_round);
        Plan {
            finished: Vec::new(),
            passes: passes.collect(),
            overlap: false,
            problem: Problem {
                faces: 1,
                abreast: vec![1],
                nj: tiles.len(),
                ni: width,
                stride: 1,
                native_points: (tiles.len() * width) as u64,
                steps: self.steps,
                stored_steps: self.steps,
                fields: self.fields,
                sample_bytes,
                stored_bytes: 4,
                chunks: Vec::new(),
                source_bytes: 0,
                cuts: Cuts::default(),
                segment: self.steps,
                frequencies: self.steps,
                spectra: 1,
                spectrum_values: self.steps,
                kept_arrays: 1,
                kept_values: self.steps,
                held_values: self.steps,
                area_arrays: 0,
                area_numbers: 0,
                area_length: 0,
                map_bytes_per_point: 8,
                map_planes: 1,
                kernel_scratch_bytes: 0,
            },
            machine: Machine { ranks, nodes: 1, ranks_per_node: ranks, threads: 2, memory_bytes_per_rank: 1 << 30 },
            tiling: Tiling {
                faces: 1,
                rows_of_faces: std::iter::once(0..1).collect(),
                nj: tiles.len(),
                ni: width,
                tile_nj: 1,
                tile_ni: width,
                chunk_nj: 1,
                chunk_ni: width,
                map_nj: tiles.len(),
            },
            tiles,
            rounds_per_pass: shares.rounds(),
            shares,
            steps_per_block: self.steps_per_block,
            rows_per_piece: 1,
            sections_per_pass: 1,
            memory: MemoryUse::default(),
            bytes_in: 0,
            bytes_needed: 0,
            bytes_out: 0,
            files_written: 0,
            largest_mpi_count: 0,
        }
    }
}
