//! The transposition of one pass: buffers, who gets what, and the rounds.

use std::ops::Range;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::lines::{Lines, settle, stream};
use super::{WireUnit, World};
use crate::plan::{Pass, Plan};
use crate::terms::{LANES, Line, Sample};

/// Whole series of one owned tile, [field][group][time], each line 16 lanes.
#[derive(Clone, Copy, Debug)]
pub struct TileLines<'a, T> {
    lines: &'a [Line<T>],
    groups: usize,
    steps: usize,
}

impl<'a, T> TileLines<'a, T> {
    /// All times of one group of one field.
    pub fn group(&self, field: usize, group: usize) -> &'a [Line<T>] {
        let start = (field * self.groups + group) * self.steps;
        &self.lines[start..start + self.steps]
    }
}

/// Where the lines of one tile go in this rank's memory.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Into the series: first line of the tile.
    Own(usize),
    /// Into the send buffer: first line of the tile, were there one step a round.
    Away(usize),
}

/// Buffers of a pass on one rank.
#[derive(Debug)]
pub struct Transposition<'a, T> {
    plan: &'a Plan,
    pass: &'a Pass,
    rank: usize,
    /// Owned tiles, as places in `plan.tiles`, each with its first line in `series`.
    owned: Vec<(usize, usize)>,
    /// By tile of the pass.
    places: Vec<Place>,
    /// Groups of all tiles that each rank owns.
    groups_of_rank: Vec<usize>,
    series: Lines<T>,
    send: Lines<T>,
    receive: Lines<T>,
}

impl<'a, T: Sample> Transposition<'a, T> {
    /// Prepares the buffers of `pass`, reusing those of the pass before.
    pub fn new(plan: &'a Plan, pass: &'a Pass, world: &dyn World, before: Option<Self>) -> Self {
        let (rank, ranks) = (world.rank(), world.size());
        let fields = plan.problem.fields;
        let mut groups_of_rank = vec![0; ranks];
        for (tile, &owner) in pass.tiles.clone().zip(&pass.owners) {
            groups_of_rank[owner] += plan.tiles[tile].occupancy.groups as usize;
        }
        let mut next_of_rank = vec![0; ranks];
        let mut start = 0;
        for other in (0..ranks).filter(|&other| other != rank) {
            next_of_rank[other] = start;
            start += groups_of_rank[other] * fields;
        }
        let mut owned = Vec::new();
        let mut series_lines = 0;
        let places = pass
            .tiles
            .clone()
            .zip(&pass.owners)
            .map(|(tile, &owner)| {
                let lines = plan.tiles[tile].occupancy.groups as usize * fields;
                if owner == rank {
                    let first = series_lines;
                    owned.push((tile, first));
                    series_lines += lines * plan.problem.steps;
                    Place::Own(first)
                } else {
                    let first = next_of_rank[owner];
                    next_of_rank[owner] += lines;
                    Place::Away(first)
                }
            })
            .collect();
        let (mut series, send, receive) =
            before.map_or_else(Default::default, |old| (old.series, old.send, old.receive));
        series.hold(series_lines);
        Transposition { plan, pass, rank, owned, places, groups_of_rank, series, send, receive }
    }

    /// Starts a round: the steps that this rank brings, and where to put their lines.
    pub fn begin(&mut self, round: usize) -> Round<'_, T> {
        let steps = self.steps_of(self.rank, round);
        let away: usize = self.groups_away();
        self.send.hold(away * self.plan.problem.fields * steps.len());
        Round {
            plan: self.plan,
            first_tile: self.pass.tiles.start,
            places: &self.places,
            series: self.series.as_mut_ptr(),
            series_lines: self.series.len(),
            send: self.send.as_mut_ptr(),
            send_lines: self.send.len(),
            steps,
            _buffers: std::marker::PhantomData,
        }
    }

    fn steps_of(&self, rank: usize, round: usize) -> Range<usize> {
        self.plan.shares.in_round(rank, round)
    }

    /// Groups that this rank reads for others.
    fn groups_away(&self) -> usize {
        if self.plan.shares.by_place {
            return 0;
        }
        self.groups_of_rank.iter().enumerate().filter(|(rank, _)| *rank != self.rank).map(|(_, groups)| groups).sum()
    }

    /// Collective: ends a round; what came from the other ranks goes to its place in the series.
    pub fn finish(&mut self, world: &dyn World, pool: &ThreadPool, round: usize) {
        let ranks = world.size();
        if ranks == 1 || self.plan.shares.by_place {
            return;
        }
        let fields = self.plan.problem.fields;
        let units_per_line = size_of::<Line<T>>() / size_of::<WireUnit>();
        let mine = self.steps_of(self.rank, round);
        let others = |rank: usize, lines: usize| if rank == self.rank { 0 } else { lines };
        let send_counts: Vec<usize> = (0..ranks)
            .map(|rank| others(rank, self.groups_of_rank[rank] * fields * mine.len() * units_per_line))
            .collect();
        let own_lines = self.groups_of_rank[self.rank] * fields;
        let steps_of: Vec<Range<usize>> = (0..ranks).map(|rank| self.steps_of(rank, round)).collect();
        let receive_lines: Vec<usize> = (0..ranks).map(|rank| others(rank, own_lines * steps_of[rank].len())).collect();
        self.receive.hold(receive_lines.iter().sum());
        let receive_counts: Vec<usize> = receive_lines.iter().map(|lines| lines * units_per_line).collect();
        world.all_to_all(
            bytemuck::cast_slice(&self.send),
            &send_counts,
            bytemuck::cast_slice_mut(&mut self.receive),
            &receive_counts,
        );

        let sources: Vec<(&[Line<T>], &Range<usize>)> = {
            let mut rest = &self.receive[..];
            receive_lines
                .iter()
                .zip(&steps_of)
                .map(|(&lines, steps)| {
                    let (part, after) = rest.split_at(lines);
                    rest = after;
                    (part, steps)
                })
                .filter(|(part, _)| !part.is_empty())
                .collect()
        };
        // Both sides order lines by tile, field and group, so that the n-th run of time of a source is the n-th here.
        let runs = self.series.par_chunks_exact_mut(self.plan.problem.steps).enumerate();
        pool.install(|| {
            runs.for_each(|(run, series)| {
                for (lines, steps) in &sources {
                    let lines = &lines[run * steps.len()..(run + 1) * steps.len()];
                    for (line, received) in series[(*steps).clone()].iter_mut().zip(lines) {
                        stream(line, &received.0);
                    }
                }
                settle();
            });
        });
    }

    /// The owned tiles (as places in `Plan::tiles`) with their series, whole after the last round.
    pub fn tiles(&self) -> impl Iterator<Item = (usize, TileLines<'_, T>)> {
        let (fields, steps) = (self.plan.problem.fields, self.plan.problem.steps);
        self.owned.iter().map(move |&(tile, first)| {
            let groups = self.plan.tiles[tile].occupancy.groups as usize;
            (tile, TileLines { lines: &self.series[first..first + groups * fields * steps], groups, steps })
        })
    }
}

/// A round in which workers put lines to their places.
#[derive(Debug)]
pub struct Round<'a, T> {
    plan: &'a Plan,
    first_tile: usize,
    places: &'a [Place],
    series: *mut Line<T>,
    series_lines: usize,
    send: *mut Line<T>,
    send_lines: usize,
    steps: Range<usize>,
    _buffers: std::marker::PhantomData<&'a mut Line<T>>,
}

// SAFETY: the pointers are to buffers borrowed for 'a; `run` hands out parts that callers keep apart.
unsafe impl<T: Sample> Sync for Round<'_, T> {}

impl<T: Sample> Round<'_, T> {
    /// The steps that this rank brings into the round.
    pub fn steps(&self) -> Range<usize> {
        self.steps.clone()
    }

    /// Puts a run of `steps` (within this round's) of one group of one `field` of a `tile` (a place in `Plan::tiles`,
    /// within the pass): of each step the first `lanes` of its values. [`settle`](Self::settle) ends the puts of a thread.
    ///
    /// # Safety
    /// No other thread puts a step of the same tile, field and group.
    pub unsafe fn put<'v>(
        &self,
        (tile, field, group): (usize, usize, usize),
        steps: &Range<usize>,
        values: impl Iterator<Item = &'v [T]>,
        lanes: usize,
    ) {
        assert!(steps.start >= self.steps.start && steps.end <= self.steps.end);
        let groups = self.plan.tiles[tile].occupancy.groups as usize;
        assert!(field < self.plan.problem.fields && group < groups);
        let line_of_group = field * groups + group;
        let (buffer, length, start) = match self.places[tile - self.first_tile] {
            Place::Own(first) => {
                let start = first + line_of_group * self.plan.problem.steps + steps.start;
                (self.series, self.series_lines, start)
            }
            Place::Away(first) => {
                let in_round = steps.start - self.steps.start;
                (self.send, self.send_lines, (first + line_of_group) * self.steps.len() + in_round)
            }
        };
        assert!(start + steps.len() <= length);
        // SAFETY: within the buffer by the assertion above, borrowed for as long as `self`; no other slice
        // overlaps by this function's contract.
        let run = unsafe { std::slice::from_raw_parts_mut(buffer.add(start), steps.len()) };
        if lanes == LANES {
            run.iter_mut().zip(values).for_each(|(line, values)| stream(line, &values[..LANES]));
        } else {
            let mut whole = Line::default();
            for (line, values) in run.iter_mut().zip(values) {
                whole.0[..lanes].copy_from_slice(&values[..lanes]);
                stream(line, &whole.0);
            }
        }
    }

    /// What this thread has put is there for the others, once they hear of it.
    pub fn settle(&self) {
        settle();
    }
}
