//! Tiles to passes and owners, under the allowed memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::chunks::held_bytes;
use super::{Budget, LARGEST_MPI_COUNT, Machine, MemoryUse, PlanError, Problem, Shares, Tile, Tiling, WIRE_UNIT_BYTES};
use crate::terms::Bytes;

/// Buffers of the exchange take at most this part of the series, so that memory falls with the ranks, ...
const EXCHANGE_SHARE: u64 = 4;
/// ... within these limits: smaller messages are slow, larger ones gain nothing.
const EXCHANGE_BYTES: std::ops::RangeInclusive<u64> = (8 << 20)..=(512 << 20);

/// Where memory does not ask for more passes there are at most so many: while one is estimated the next is read, and the
/// memory of the last is used again, ...
const PASSES: usize = 8;
/// ... as long as a pass reads so much of a file, ...
const READ_BYTES: u64 = 64 << 10;
/// ... and has series of so much on a rank.
const SERIES_BYTES: u64 = 16 << 20;
/// So much more work on the fullest rank is taken for the smaller memory of more passes.
const MORE_LOAD: f64 = 1.1;

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
    pub(super) overlap: bool,
    pub(super) shares: Shares,
    pub(super) memory: MemoryUse,
    /// Lane groups of each pass on the rank that has most of it, summed.
    load: u64,
    pub(super) largest_mpi_count: u64,
}

/// Passes that fit the memory of the fullest rank: of two that overlap if they can be of whole rows of tiles, else of
/// one at a time, of parts of rows only where nothing else fits.
pub(super) fn fit(
    problem: &Problem,
    machine: &Machine,
    tiling: &Tiling,
    tiles: &[Tile],
    budget: &Budget,
    by_place: bool,
) -> Result<Fit, PlanError> {
    if tiles.is_empty() {
        return Ok(Fit {
            passes: Vec::new(),
            overlap: false,
            shares: Shares::new(problem.steps, machine.ranks, problem.cuts.clone(), 1),
            memory: budget.fixed,
            load: 0,
            largest_mpi_count: 0,
        });
    }
    let cut =
        |count: usize, overlap: bool| Cut::new((problem, machine), (tiling, tiles), (count, overlap, by_place), budget);
    // One tile a pass needs the least: it tells whether there is anything to look for.
    let finest = cut(tiles.len(), false);
    let Some(finest) = finest.fit(problem, machine, budget, 1) else {
        return Err(finest.too_much(problem, machine));
    };
    let series = Budget::group_bytes(problem, problem.steps) * problem.fields as u64;
    let total: u64 = tiles.iter().map(|tile| tile.occupancy.groups).sum();
    let per_rank = total.div_ceil(machine.ranks as u64).saturating_mul(series);
    let room = machine.memory_bytes_per_rank.saturating_sub(budget.fixed.passing_bytes()).max(1);
    let whole_rows = tiling.rows_of_tiles().min(tiles.len());
    // Rounds of a step or two would cost more than one more pass, which reads other tiles only.
    let fits = |cut: Cut| cut.fit(problem, machine, budget, budget.steps_per_block as u64);
    let first = |counts: std::ops::Range<usize>, overlap: bool| {
        let mut count = counts.start.max(1);
        while count < counts.end {
            if let Some(fit) = fits(cut(count, overlap)) {
                return Some((count, fit));
            }
            count += 1 + count / 16;
        }
        None
    };
    let least = (per_rank / room) as usize;

    let of_file = problem.native_bytes_of_snapshot() / READ_BYTES;
    if !problem.chunks.is_empty() {
        // Each pass decodes the chunks that it shares with others anew: as few as memory allows, at the edges of chunks.
        let decoded = |fit: &Fit| {
            let parts = || fit.passes.iter().map(|pass| &tiles[pass.tiles.clone()]);
            let of_chunk = |part| problem.chunks.iter().map(move |chunk| chunk.decoded_bytes(problem, tiling, part));
            parts().flat_map(of_chunk).fold(0, u64::saturating_add)
        };
        if let Some((count, fit)) = first(least..whole_rows + 1, false) {
            let more = (count + 1..=(2 * count + 2).min(whole_rows)).filter_map(|count| fits(cut(count, false)));
            let best = std::iter::once(fit).chain(more).min_by_key(decoded);
            return Ok(best.unwrap_or(finest));
        }
    }
    let wanted = (PASSES as u64).min(of_file).min(per_rank / SERIES_BYTES).max(1) as usize;
    if wanted > 1
        && let Some((count, fit)) = first((2 * least).max(2)..whole_rows + 1, true)
    {
        let more = (count + 1..=wanted.min(whole_rows)).filter_map(|count| fits(cut(count, true)));
        let all: Vec<Fit> = std::iter::once(fit).chain(more).collect();
        let lightest = all.iter().map(|fit| fit.load).min().unwrap_or(0) as f64;
        // Of those with about the least work on the fullest rank, the most passes: they need the least memory.
        if let Some(fit) = all.into_iter().rfind(|fit| fit.load as f64 <= MORE_LOAD * lightest) {
            return Ok(fit);
        }
    }
    let of_rows = first(least..whole_rows + 1, false).or_else(|| first(whole_rows + 1..tiles.len(), false));
    Ok(of_rows.map_or(finest, |(_, fit)| fit))
}

/// Cuts the tiles into at most `count` runs of about equal weight, at the ends of rows of tiles where rows are enough.
fn runs(tiling: &Tiling, tiles: &[Tile], count: usize) -> Vec<Range<usize>> {
    let rows = tiling.rows_of_tiles();
    if count >= tiles.len() {
        return (0..tiles.len()).map(|at| at..at + 1).collect();
    }
    let whole_rows = rows >= count;
    let total: u128 = tiles.iter().map(|tile| u128::from(tile.occupancy.groups)).sum();
    let mut runs = Vec::new();
    let mut start = 0;
    let mut weight = 0;
    for (at, tile) in tiles.iter().enumerate() {
        weight += u128::from(tile.occupancy.groups);
        let row_of = |tile: &Tile| (tiling.row_of_faces(tile.face), tile.row);
        let row_ends = tiles.get(at + 1).is_none_or(|next| row_of(next) != row_of(tile));
        let enough = weight * count as u128 >= total * (runs.len() as u128 + 1);
        if at + 1 == tiles.len() || (enough && (row_ends || !whole_rows)) {
            runs.push(start..at + 1);
            start = at + 1;
        }
    }
    runs
}

/// Gives each tile, the heaviest first, to the rank that has the least; equals go round from rank `first`,
/// so that passes of few tiles do not all fall to the same rank. Returns the owners and the heaviest load.
fn owners(tiles: &[Tile], ranks: usize, first: usize) -> (Vec<usize>, u64) {
    let mut order: Vec<usize> = (0..tiles.len()).collect();
    order.sort_by_key(|&at| Reverse(tiles[at].occupancy.groups));
    // Ranks beyond the number of tiles would never get one.
    let turns = ranks.min(tiles.len());
    let mut loads: BinaryHeap<Reverse<(u64, usize)>> = (0..turns).map(|turn| Reverse((0, turn))).collect();
    let mut owners = vec![0; tiles.len()];
    for at in order {
        if let Some(Reverse((load, turn))) = loads.pop() {
            owners[at] = (first + turn) % ranks;
            loads.push(Reverse((load + tiles[at].occupancy.groups, turn)));
        }
    }
    (owners, loads.into_iter().map(|Reverse((load, _))| load).max().unwrap_or(0))
}

/// Gives each rank a run of neighbours of about equal weight, so that few ranks read the same chunk. Returns the owners and
/// the heaviest load.
fn neighbours(tiles: &[Tile], ranks: usize) -> (Vec<usize>, u64) {
    let total: u128 = tiles.iter().map(|tile| u128::from(tile.occupancy.groups)).sum();
    let mut loads = vec![0_u64; ranks];
    let mut before: u128 = 0;
    let owners = tiles.iter().map(|tile| {
        let groups = u128::from(tile.occupancy.groups);
        // By the middle of the tile's place in the sum of all.
        let owner = ((2 * before + groups) * ranks as u128 / (2 * total).max(1)).min(ranks as u128 - 1) as usize;
        before += groups;
        loads[owner] += tile.occupancy.groups;
        owner
    });
    let owners = owners.collect();
    (owners, loads.into_iter().max().unwrap_or(0))
}

/// Passes, and what they need of the fullest rank.
struct Cut {
    passes: Vec<Pass>,
    /// All but the exchange.
    memory: MemoryUse,
    /// Lane groups of the largest pass, all ranks.
    pass_groups: u64,
    /// Lane groups of a pass on the fullest rank.
    rank_groups: u64,
    /// Lane groups of each pass on the rank that has most of that pass, summed.
    load: u64,
    /// Whether the next pass is read while one is estimated.
    overlap: bool,
    /// Whether each rank reads what it owns, all times of it.
    by_place: bool,
    /// Whether ranks read what others own.
    exchanged: bool,
}

impl Cut {
    fn new(
        (problem, machine): (&Problem, &Machine),
        (tiling, tiles): (&Tiling, &[Tile]),
        (count, overlap, by_place): (usize, bool, bool),
        budget: &Budget,
    ) -> Self {
        let (mut pass_groups, mut rank_groups, mut load) = (0, 0, 0);
        let mut passes = Vec::new();
        let mut chunk_bytes = 0;
        for run in runs(tiling, tiles, count) {
            let part = &tiles[run.clone()];
            let (owners, heaviest) = match by_place {
                true => neighbours(part, machine.ranks),
                false => owners(part, machine.ranks, run.start),
            };
            pass_groups = pass_groups.max(part.iter().map(|tile| tile.occupancy.groups).sum());
            rank_groups = rank_groups.max(heaviest);
            load += heaviest;
            if !problem.chunks.is_empty() {
                // By place a rank reads its own tiles, which are neighbours.
                let of_rank = owners.chunk_by(|one, other| !by_place || one == other).scan(0, |next, run| {
                    *next += run.len();
                    Some(&part[*next - run.len()..*next])
                });
                let held = of_rank.map(|tiles| held_bytes(problem, machine, tiling, tiles)).max().unwrap_or(0);
                chunk_bytes = held.max(chunk_bytes);
            }
            passes.push(Pass { tiles: run, owners });
        }
        let mut memory = budget.fixed;
        let sets = if overlap { 2 } else { 1 };
        memory.series_bytes = sets * rank_groups * Budget::group_bytes(problem, problem.steps) * problem.fields as u64;
        memory.scratch_bytes = memory.scratch_bytes.saturating_add(chunk_bytes);
        Cut {
            passes,
            memory,
            pass_groups,
            rank_groups,
            load,
            overlap,
            by_place,
            exchanged: machine.ranks > 1 && !by_place,
        }
    }

    /// Lines of one field that the fullest rank sends and receives in a round of `steps` a rank.
    fn lines(&self, problem: &Problem, machine: &Machine, steps: u64) -> [u64; 2] {
        let all_steps = steps.saturating_mul(machine.ranks as u64).min(problem.steps as u64);
        [self.pass_groups * steps, self.rank_groups * all_steps]
    }

    /// Send and receive buffers of a round; none where each rank reads what it owns.
    fn exchange_bytes(&self, problem: &Problem, machine: &Machine, steps: u64) -> u64 {
        if !self.exchanged {
            return 0;
        }
        let [sent, received] = self.lines(problem, machine, steps);
        (sent + received) * Budget::group_bytes(problem, 1) * problem.fields as u64
    }

    /// Largest count or displacement of a round, in wire units.
    fn largest_count(&self, problem: &Problem, machine: &Machine, steps: u64) -> u64 {
        if !self.exchanged {
            return 0;
        }
        let units_per_line = (Budget::group_bytes(problem, 1) / WIRE_UNIT_BYTES).max(1) * problem.fields as u64;
        let [sent, received] = self.lines(problem, machine, steps);
        sent.max(received) * units_per_line
    }

    /// Memory with an exchange of `steps` a rank and round.
    fn with_exchange(&self, problem: &Problem, machine: &Machine, steps: u64) -> MemoryUse {
        MemoryUse { exchange_bytes: self.exchange_bytes(problem, machine, steps), ..self.memory }
    }

    /// Steps a round, if the memory is enough for `least` or for as many as there is a use for.
    fn steps_per_round(&self, problem: &Problem, machine: &Machine, budget: &Budget, least: u64) -> Option<u64> {
        let share = self.shares(problem, machine, 1).longest().max(1) as u64;
        if !self.exchanged {
            return Some(share);
        }
        // What stays whole is read whole.
        let whole = problem.cuts.longest(problem.steps) as u64;
        let left = machine.memory_bytes_per_rank.checked_sub(self.memory.passing_bytes())?;
        let one_step = self.exchange_bytes(problem, machine, 1).max(1);
        let wanted = (self.memory.series_bytes / EXCHANGE_SHARE).clamp(*EXCHANGE_BYTES.start(), *EXCHANGE_BYTES.end());
        let by_count = LARGEST_MPI_COUNT / self.largest_count(problem, machine, 1).max(1);
        let useful = (wanted / one_step).max(whole).min(by_count).min(share);
        let steps = useful.min(left / one_step);
        // Whole blocks where there are several, so that runs of lines stay long.
        let block = if problem.cuts.anywhere() { budget.steps_per_block as u64 } else { whole };
        let steps = if steps > block { steps - steps % block } else { steps };
        (steps >= whole && steps >= least.min(useful)).then_some(steps)
    }

    fn shares(&self, problem: &Problem, machine: &Machine, steps_per_round: usize) -> Shares {
        let (steps, ranks, cuts) = (problem.steps, machine.ranks, problem.cuts.clone());
        match self.by_place {
            true => Shares::by_place(steps, ranks, cuts),
            false => Shares::new(steps, ranks, cuts, steps_per_round),
        }
    }

    fn fit(&self, problem: &Problem, machine: &Machine, budget: &Budget, least_steps: u64) -> Option<Fit> {
        let steps = self.steps_per_round(problem, machine, budget, least_steps)?;
        let memory = self.with_exchange(problem, machine, steps);
        (memory.peak_bytes() <= machine.memory_bytes_per_rank).then(|| Fit {
            passes: self.passes.clone(),
            overlap: self.overlap,
            load: self.load,
            shares: self.shares(problem, machine, steps as usize),
            memory,
            largest_mpi_count: self.largest_count(problem, machine, steps),
        })
    }

    /// The error of a finest cut that does not fit.
    fn too_much(&self, problem: &Problem, machine: &Machine) -> PlanError {
        let count = self.largest_count(problem, machine, problem.cuts.longest(problem.steps) as u64);
        if count > LARGEST_MPI_COUNT {
            let what = format!("MPI would have to count {count} lines in one call, it can {LARGEST_MPI_COUNT}");
            return PlanError::TooLarge { what };
        }
        let whole = problem.cuts.longest(problem.steps) as u64;
        let needed = self.with_exchange(problem, machine, whole).peak_bytes();
        let (allowed, ranks_per_node) = (machine.memory_bytes_per_rank, machine.ranks_per_node);
        let of_node = |bytes: u64| bytes.saturating_mul(ranks_per_node as u64);
        PlanError::Memory {
            needed: Bytes(needed),
            tile: Bytes(self.memory.series_bytes),
            allowed: Bytes(allowed),
            node: Bytes(of_node(allowed)),
            ranks_per_node,
            threads: machine.threads,
            least: Bytes(of_node(needed)).next_exact(),
        }
    }
}
