//! The transposition filled with the global index of every value, and compared where it lands: in the buffer that
//! is packed, on the wire as sent and as received, in the series after each round.

use std::ops::Range;

use oceanspec::exchange::{Round, Transposition, WireUnit, World};
use oceanspec::plan::{Pass, Plan};
use oceanspec::terms::{LANES, Line, Sample};
use rayon::prelude::*;

use super::case::{Case, awkward};

/// One line of a case: where its values come from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Origin {
    tile: usize,
    field: usize,
    group: usize,
    step: usize,
}

/// The line that stands for its origin: all values of a case differ.
fn line<T: Sample>(plan: &Plan, origin: Origin) -> Line<T> {
    let most_groups = plan.tiling.tile_ni / LANES;
    let index = ((origin.tile * plan.problem.fields + origin.field) * most_groups + origin.group) * plan.problem.steps
        + origin.step;
    assert!((index + 1) * LANES < 1 << 24, "float32 does not hold the index");
    Line(std::array::from_fn(|lane| T::rounded((index * LANES + lane + 1) as f64)))
}

/// The runs of time of a tile: fields, then groups.
fn runs(plan: &Plan, tile: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
    let groups = plan.tiles[tile].occupancy.groups as usize;
    (0..plan.problem.fields).flat_map(move |field| (0..groups).map(move |group| (field, group)))
}

/// What goes over the wire from a reader of `steps` to `owner`, in its order.
fn wire<T: Sample>(plan: &Plan, pass: &Pass, owner: usize, steps: &Range<usize>) -> Vec<WireUnit> {
    let tiles = pass.owned_by(owner);
    let origins = tiles.flat_map(|tile| runs(plan, tile).map(move |(field, group)| (tile, field, group)));
    let lines: Vec<Line<T>> = origins
        .flat_map(|(tile, field, group)| steps.clone().map(move |step| line(plan, Origin { tile, field, group, step })))
        .collect();
    bytemuck::cast_slice(&lines).to_vec()
}

/// A world that compares what is sent and received with what should be.
struct Watched<'a, T> {
    world: &'a dyn World,
    plan: &'a Plan,
    pass: &'a Pass,
    round: usize,
    _sample: std::marker::PhantomData<T>,
}

impl<T: Sample> Watched<'_, T> {
    fn steps(&self, rank: usize) -> Range<usize> {
        self.plan.shares.in_round(rank, self.round)
    }

    fn compare(&self, what: &str, units: &[WireUnit], counts: &[usize], expected: impl Fn(usize) -> Vec<WireUnit>) {
        assert_eq!(counts.len(), self.size());
        let mut rest = units;
        for (other, &count) in counts.iter().enumerate() {
            let (part, after) = rest.split_at(count);
            rest = after;
            let expected = if other == self.rank() { Vec::new() } else { expected(other) };
            assert!(part == expected, "{what} rank {other} in round {}", self.round);
        }
        assert!(rest.is_empty(), "{what}: {} units more than the counts", rest.len());
    }
}

impl<T: Sample> World for Watched<'_, T> {
    fn rank(&self) -> usize {
        self.world.rank()
    }
    fn size(&self) -> usize {
        self.world.size()
    }
    fn abort(&self, code: i32) -> ! {
        self.world.abort(code)
    }
    fn node_ranks(&self) -> Vec<usize> {
        self.world.node_ranks()
    }
    fn broadcast(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.world.broadcast(bytes)
    }
    fn all_gather(&self, value: u64) -> Vec<u64> {
        self.world.all_gather(value)
    }
    fn gather(&self, root: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.world.gather(root, bytes)
    }
    fn barrier(&self) {
        self.world.barrier();
    }
    fn all_to_all(&self, send: &[WireUnit], send_counts: &[usize], receive: &mut [WireUnit], receive_counts: &[usize]) {
        let (plan, pass, me) = (self.plan, self.pass, self.rank());
        let mine = self.steps(me);
        self.compare("sent to", send, send_counts, |owner| wire::<T>(plan, pass, owner, &mine));
        self.world.all_to_all(send, send_counts, receive, receive_counts);
        let from = |reader: usize| wire::<T>(plan, pass, me, &self.steps(reader));
        self.compare("received from", receive, receive_counts, from);
    }
}

/// Packs a round as the reader does, by blocks of steps in parallel.
fn pack<T: Sample>(plan: &Plan, pass: &Pass, round: &Round<'_, T>) {
    let steps = round.steps();
    let blocks: Vec<Range<usize>> = steps
        .clone()
        .step_by(plan.steps_per_block)
        .map(|start| start..(start + plan.steps_per_block).min(steps.end))
        .collect();
    let places =
        || pass.tiles.clone().flat_map(|tile| runs(plan, tile).map(move |(field, group)| (tile, field, group)));
    blocks.par_iter().for_each(|block| {
        for (tile, field, group) in places() {
            let lines: Vec<Line<T>> =
                block.clone().map(|step| line(plan, Origin { tile, field, group, step })).collect();
            // SAFETY: each step of each group of each field is in one block.
            unsafe { round.put((tile, field, group), block, lines.iter().map(|line| &line.0[..]), LANES) };
        }
        round.settle();
    });
}

/// Whole series, as far as the rounds have come.
fn compare_series<T: Sample>(plan: &Plan, pass: &Pass, world: &dyn World, rounds: usize, done: &Transposition<'_, T>) {
    let owned: Vec<usize> = done.tiles().map(|(tile, _)| tile).collect();
    assert_eq!(owned, pass.owned_by(world.rank()).collect::<Vec<_>>());
    let ranks = world.size();
    for (tile, series) in done.tiles() {
        for (field, group) in runs(plan, tile) {
            let series = series.group(field, group);
            assert_eq!(series.len(), plan.problem.steps);
            for round in 0..rounds {
                for rank in 0..ranks {
                    for step in plan.shares.in_round(rank, round) {
                        let origin = Origin { tile, field, group, step };
                        assert_eq!(series[step], line(plan, origin), "{origin:?} after round {round}");
                    }
                }
            }
        }
    }
}

/// Transposes one case.
pub(crate) fn of<T: Sample>(world: &dyn World, case: &Case) {
    let plan = &case.plan(world.size(), T::BYTES);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut before = None;
    for pass in &plan.passes {
        let mut transposition = Transposition::<T>::new(plan, pass, world, before.take());
        for round in 0..plan.rounds_per_pass {
            let begun = transposition.begin(round);
            let steps = plan.shares.in_round(world.rank(), round);
            assert_eq!(begun.steps(), steps, "{}", case.name);
            pool.install(|| pack(plan, pass, &begun));
            let watched = Watched::<T> { world, plan, pass, round, _sample: std::marker::PhantomData };
            transposition.finish(&watched, &pool, round);
            compare_series(plan, pass, world, round + 1, &transposition);
        }
        before = Some(transposition);
    }
}

/// Transposes all awkward cases.
pub(crate) fn of_all_cases<T: Sample>(world: &dyn World) {
    for case in awkward() {
        of::<T>(world, &case);
    }
}
