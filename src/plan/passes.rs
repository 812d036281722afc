//! Tiles to passes and owners, under the allowed memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::{Budget, LARGEST_MPI_COUNT, Machine, MemoryUse, PlanError, Problem, Tile, Tiling, WIRE_UNIT_BYTES};
use crate::terms::Bytes;

/// Buffers of the exchange take at most this part of the series, so that memory falls with the ranks, ...
const EXCHANGE_SHARE: u64 = 4;
/// ... within these limits: smaller messages are slow, larger ones gain nothing.
const EXCHANGE_BYTES: std::ops::RangeInclusive<u64> = (8 << 20)..=(512 << 20);

/// Tiles whose whole series are in memory at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Places in `Plan::tiles`.
    pub tiles: Range<usize>,
    /// Rank that owns each of them.
    pub owners: Vec<usize>,
}

impl Pass {
    /// Tiles (places in `Plan::tiles`) that `rank` owns, ascending.
    pub fn owned_by(&self, rank: usize) -> impl Iterator<Item = usize> + '_ {
        self.tiles.clone().zip(&self.owners).filter(move |&(_, &owner)| owner == rank).map(|(tile, _)| tile)
    }
}

/// Passes that fit.
pub(super) struct Fit {
    pub(super) passes: Vec<Pass>,
    pub(super) steps_per_round: usize,
    pub(super) memory: MemoryUse,
    pub(super) largest_mpi_count: u64,
}

/// The fewest passes that fit the memory of the fullest rank.
pub(super) fn fit(
    problem: &Problem,
    machine: &Machine,
    tiling: &Tiling,
    tiles: &[Tile],
    budget: &Budget,
) -> Result<Fit, PlanError> {
    let series = Budget::group_bytes(problem, problem.steps) * problem.fields as u64;
    let total: u64 = tiles.iter().map(|tile| tile.occupancy.groups).sum();
    let allowed = machine.memory_bytes_per_rank;
    let room = allowed.saturating_sub(budget.fixed.peak_bytes());
    let per_rank = total.div_ceil(machine.ranks as u64).saturating_mul(series);
    let mut count = (per_rank / room.max(1)).clamp(1, tiles.len() as u64) as usize;
    loop {
        let passes = cut(problem, tiling, tiles, count, machine.ranks);
        let needs = Needs::of(problem, machine, tiles, budget, &passes);
        if count >= tiles.len() {
            let mut memory = needs.memory;
            memory.exchange_bytes = needs.exchange_bytes(problem, machine, 1);
            return check(problem, machine, needs, budget, passes).ok_or_else(|| too_small(machine, memory));
        }
        if let Some(fit) = check(problem, machine, needs, budget, passes) {
            return Ok(fit);
        }
        count = (count + 1 + count / 16).min(tiles.len());
    }
}

/// The error when one tile a pass and one step a round are still too much.
fn too_small(machine: &Machine, memory: MemoryUse) -> PlanError {
    let (needed, allowed) = (memory.peak_bytes(), machine.memory_bytes_per_rank);
    PlanError::Memory {
        needed: Bytes(needed),
        tile: Bytes(memory.series_bytes),
        allowed: Bytes(allowed),
        node: Bytes(allowed * machine.ranks_per_node as u64),
        ranks_per_node: machine.ranks_per_node,
        least: Bytes((needed * machine.ranks_per_node as u64).next_multiple_of(1 << 20)),
    }
}

/// Cuts the tiles into `count` runs of about equal weight, at the end of a row of tiles where rows are plenty.
fn cut(problem: &Problem, tiling: &Tiling, tiles: &[Tile], count: usize, ranks: usize) -> Vec<Pass> {
    let rows = problem.faces * tiling.rows();
    let whole_rows = rows >= 2 * count;
    let total: u64 = tiles.iter().map(|tile| tile.occupancy.groups).sum();
    let mut passes = Vec::new();
    let mut start = 0;
    let mut weight = 0;
    for (at, tile) in tiles.iter().enumerate() {
        weight += tile.occupancy.groups;
        let row_ends = tiles.get(at + 1).is_none_or(|next| (next.face, next.row) != (tile.face, tile.row));
        let enough = weight * count as u64 >= total * (passes.len() as u64 + 1);
        if at + 1 == tiles.len() || (enough && (row_ends || !whole_rows)) {
            passes.push(start..at + 1);
            start = at + 1;
        }
    }
    passes.into_iter().map(|run| Pass { owners: owners(&tiles[run.clone()], ranks, run.start), tiles: run }).collect()
}

/// Gives each tile, the heaviest first, to the rank that has the least; equals go round from rank `first`,
/// so that passes of few tiles do not all fall to the same rank.
fn owners(tiles: &[Tile], ranks: usize, first: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tiles.len()).collect();
    order.sort_by_key(|&at| Reverse(tiles[at].occupancy.groups));
    let mut loads: BinaryHeap<Reverse<(u64, usize)>> = (0..ranks).map(|turn| Reverse((0, turn))).collect();
    let mut owners = vec![0; tiles.len()];
    for at in order {
        if let Some(Reverse((load, turn))) = loads.pop() {
            owners[at] = (first + turn) % ranks;
            loads.push(Reverse((load + tiles[at].occupancy.groups, turn)));
        }
    }
    owners
}

/// Groups of the fullest rank.
fn fullest(tiles: &[Tile], owners: &[usize], ranks: usize) -> u64 {
    let mut loads = vec![0_u64; ranks];
    for (tile, &owner) in tiles.iter().zip(owners) {
        loads[owner] += tile.occupancy.groups;
    }
    loads.into_iter().max().unwrap_or(0)
}

/// What a cut needs of the fullest rank, but for the exchange.
struct Needs {
    memory: MemoryUse,
    pass_groups: u64,
    fullest_groups: u64,
}

impl Needs {
    fn of(problem: &Problem, machine: &Machine, tiles: &[Tile], budget: &Budget, passes: &[Pass]) -> Self {
        let mut owned_points = vec![0_u64; machine.ranks];
        let (mut pass_groups, mut fullest_groups) = (0, 0);
        for pass in passes {
            let part = &tiles[pass.tiles.clone()];
            pass_groups = pass_groups.max(part.iter().map(|tile| tile.occupancy.groups).sum());
            fullest_groups = fullest_groups.max(fullest(part, &pass.owners, machine.ranks));
            for (tile, &owner) in part.iter().zip(&pass.owners) {
                owned_points[owner] += tile.points();
            }
        }
        let mut memory = budget.fixed;
        memory.maps_bytes = owned_points.into_iter().max().unwrap_or(0) * problem.map_bytes_per_point as u64;
        memory.series_bytes = fullest_groups * Budget::group_bytes(problem, problem.steps) * problem.fields as u64;
        Needs { memory, pass_groups, fullest_groups }
    }

    /// Send and receive buffers of a round; none for a single rank.
    fn exchange_bytes(&self, problem: &Problem, machine: &Machine, steps: u64) -> u64 {
        if machine.ranks == 1 {
            return 0;
        }
        let line = Budget::group_bytes(problem, 1) * problem.fields as u64;
        (self.pass_groups * steps + self.fullest_groups * steps * machine.ranks as u64) * line
    }

    /// Largest count or displacement of a round with one step a rank, in wire units.
    fn units_per_step(&self, problem: &Problem, machine: &Machine) -> u64 {
        let line_units = (Budget::group_bytes(problem, 1) / WIRE_UNIT_BYTES).max(1) * problem.fields as u64;
        self.pass_groups.max(self.fullest_groups * machine.ranks as u64) * line_units
    }
}

/// Whether a cut fits, and with how many steps a round.
fn check(problem: &Problem, machine: &Machine, needs: Needs, budget: &Budget, passes: Vec<Pass>) -> Option<Fit> {
    let share = problem.steps.div_ceil(machine.ranks).max(1) as u64;
    let units_per_step = needs.units_per_step(problem, machine).max(1);
    let steps_per_round = if machine.ranks == 1 {
        share
    } else {
        let left = machine.memory_bytes_per_rank.checked_sub(needs.memory.peak_bytes())?;
        let one_step = needs.exchange_bytes(problem, machine, 1).max(1);
        let wanted = (needs.memory.series_bytes / EXCHANGE_SHARE).clamp(*EXCHANGE_BYTES.start(), *EXCHANGE_BYTES.end());
        let most = (left.min(wanted) / one_step).max(u64::from(left >= one_step));
        let most = most.min(LARGEST_MPI_COUNT / units_per_step).min(share);
        // Whole blocks where there are several, so that runs of lines stay long.
        let block = budget.steps_per_block as u64;
        if most > block { most - most % block } else { most }
    };
    let mut memory = needs.memory;
    memory.exchange_bytes = needs.exchange_bytes(problem, machine, steps_per_round);
    if steps_per_round == 0 || memory.peak_bytes() > machine.memory_bytes_per_rank {
        return None;
    }
    let largest_mpi_count = if machine.ranks == 1 { 0 } else { units_per_step * steps_per_round };
    Some(Fit { passes, steps_per_round: steps_per_round as usize, memory, largest_mpi_count })
}

/// Bytes read.
pub(super) struct Reads {
    pub(super) actual: u64,
    pub(super) once: u64,
}

/// A run of rows of tiles of one face with the columns that are read of them, in selected indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// Place among the selected faces.
    pub face: usize,
    /// Selected rows.
    pub j: Range<usize>,
    /// Selected columns.
    pub i: Range<usize>,
    /// Tiles in it, as places in `Plan::tiles`.
    pub tiles: Range<usize>,
}

/// The strips of a run of tiles: one for each row of tiles, as wide as its tiles reach.
pub fn strips(tiles: &[Tile], run: Range<usize>) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    for at in run {
        let tile = &tiles[at];
        match strips.last_mut() {
            Some(strip) if strip.face == tile.face && strip.j == tile.j => {
                strip.i.end = tile.i.end;
                strip.tiles.end = at + 1;
            }
            _ => strips.push(Strip { face: tile.face, j: tile.j.clone(), i: tile.i.clone(), tiles: at..at + 1 }),
        }
    }
    strips
}

/// Bytes that all passes read, and the bytes of the same points without halo or repetition.
pub(super) fn reads(problem: &Problem, tiles: &[Tile], passes: &[Pass]) -> Reads {
    let value = (problem.stored_bytes * problem.steps) as u64;
    let columns = |strip: &Strip| (strip.i.len() * problem.stride - (problem.stride - 1)) as u64;
    let bytes = |strips: &[Strip], halo: bool| -> u64 {
        let mut points = 0;
        for (at, strip) in strips.iter().enumerate() {
            let rows = strip.j.len() as u64;
            points += rows * columns(strip) * problem.fields as u64;
            if halo && problem.centre {
                let below = at.checked_sub(1).map(|before| &strips[before]);
                let continues = below.is_some_and(|below| {
                    problem.stride == 1
                        && below.face == strip.face
                        && below.j.end == strip.j.start
                        && below.i == strip.i
                });
                points +=
                    if problem.stride > 1 { rows * columns(strip) } else { u64::from(!continues) * columns(strip) };
                points += rows;
            }
        }
        points * value
    };
    let actual = passes.iter().map(|pass| bytes(&strips(tiles, pass.tiles.clone()), true)).sum();
    let once = bytes(&strips(tiles, 0..tiles.len()), false);
    Reads { actual, once }
}
