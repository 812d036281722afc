//! Each rank's share of the time axis, and its part of a round.

use std::ops::Range;

/// Where a time axis may be cut: between any two steps, or, of chunks that hold several steps, between chunks alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    /// First step of each run that stays whole, ascending from 0; empty: every step is one.
    starts: Vec<usize>,
    /// First step of each stretch in which no chunk of any field begins or ends, each of these runs whole stretches.
    stretches: Vec<usize>,
}

impl Cuts {
    /// Runs that stay whole, by their first steps, and stretches in which no chunk begins or ends, both ascending from 0.
    pub fn at(starts: Vec<usize>, stretches: Vec<usize>) -> Self {
        Cuts { starts, stretches }
    }

    /// Whether any two steps may be cut apart.
    pub fn anywhere(&self) -> bool {
        self.starts.is_empty()
    }

    /// Runs that stay whole, of a record of so many steps.
    fn count(&self, steps: usize) -> usize {
        if self.anywhere() { steps } else { self.starts.len() }
    }

    /// Steps of the longest run.
    pub fn longest(&self, steps: usize) -> usize {
        let lengths = (0..self.starts.len()).map(|at| self.steps_of(steps, at..at + 1).len());
        lengths.max().unwrap_or(1).max(1)
    }

    /// Steps of some runs.
    fn steps_of(&self, steps: usize, runs: Range<usize>) -> Range<usize> {
        if self.anywhere() {
            return runs;
        }
        let start = |run: usize| self.starts.get(run).copied().unwrap_or(steps);
        start(runs.start)..start(runs.end)
    }

    /// The stretches in a range of steps that begins with one.
    pub fn within(&self, steps: &Range<usize>) -> Vec<Range<usize>> {
        if self.anywhere() {
            return steps.clone().map(|step| step..step + 1).collect();
        }
        let first = self.stretches.partition_point(|&start| start < steps.start);
        let starts: Vec<usize> =
            self.stretches[first..].iter().copied().take_while(|&start| start < steps.end).collect();
        let ends = starts.iter().skip(1).copied().chain([steps.end]);
        starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
    }
}

/// How the ranks share the record: by time, each a run of steps of all places, or by place, each all steps of its own tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Steps of the record.
    pub steps: usize,
    /// Ranks.
    pub ranks: usize,
    /// Where it may be cut.
    pub cuts: Cuts,
    /// Whether each rank reads what it owns, so that nothing is exchanged.
    pub by_place: bool,
    /// Steps of a rank in a round, at most.
    pub steps_per_round: usize,
}

impl Shares {
    /// A record that is shared by time.
    pub fn new(steps: usize, ranks: usize, cuts: Cuts, steps_per_round: usize) -> Self {
        Shares { steps, ranks, cuts, by_place: false, steps_per_round }
    }

    /// A record of which each rank reads all steps of its own tiles.
    pub fn by_place(steps: usize, ranks: usize, cuts: Cuts) -> Self {
        Shares { steps, ranks, cuts, by_place: true, steps_per_round: steps }
    }

    /// Whether ranks would be left without a share of time.
    pub(super) fn are_few(steps: usize, ranks: usize, cuts: &Cuts) -> bool {
        ranks > 1 && !cuts.anywhere() && cuts.count(steps) < ranks
    }

    /// Ranks with snapshots to read.
    pub fn readers(&self) -> usize {
        if self.by_place { self.ranks } else { self.cuts.count(self.steps).min(self.ranks) }
    }

    /// Runs that `rank` reads: contiguous, and equal in number to within one.
    fn runs_of(&self, rank: usize) -> Range<usize> {
        let count = self.cuts.count(self.steps);
        if self.by_place {
            return 0..count;
        }
        let (quotient, remainder) = (count / self.ranks, count % self.ranks);
        let start = rank * quotient + rank.min(remainder);
        start..start + quotient + usize::from(rank < remainder)
    }

    /// The steps that `rank` reads.
    pub fn of(&self, rank: usize) -> Range<usize> {
        self.cuts.steps_of(self.steps, self.runs_of(rank))
    }

    /// Steps of the longest share.
    pub fn longest(&self) -> usize {
        (0..self.ranks).map(|rank| self.of(rank).len()).max().unwrap_or(0)
    }

    fn runs_per_round(&self) -> usize {
        (self.steps_per_round / self.cuts.longest(self.steps)).max(1)
    }

    /// The steps that `rank` brings into `round`; empty when its share is used up.
    pub fn in_round(&self, rank: usize, round: usize) -> Range<usize> {
        self.part(rank, round, self.runs_per_round())
    }

    fn part(&self, rank: usize, round: usize, runs_per_round: usize) -> Range<usize> {
        let all = self.runs_of(rank);
        let start = (all.start + round * runs_per_round).min(all.end);
        self.cuts.steps_of(self.steps, start..(start + runs_per_round).min(all.end))
    }

    /// What `ranks` read one after the other: the parts of all rounds.
    pub fn parts(&self, ranks: Range<usize>) -> Vec<Range<usize>> {
        let (rounds, runs_per_round) = (self.rounds(), self.runs_per_round());
        let parts = ranks.flat_map(|rank| (0..rounds).map(move |round| (rank, round)));
        parts.map(|(rank, round)| self.part(rank, round, runs_per_round)).filter(|part| !part.is_empty()).collect()
    }

    /// Rounds that the largest share needs.
    pub fn rounds(&self) -> usize {
        (0..self.ranks).map(|rank| self.runs_of(rank).len()).max().unwrap_or(0).div_ceil(self.runs_per_round()).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_and_rounds_cover_every_step_once(
            steps in 0_usize..500,
            ranks in 1_usize..40,
            per_round in 1_usize..30,
            lengths in proptest::option::of(proptest::collection::vec(1_usize..40, 1..20)),
            by_place in any::<bool>(),
        ) {
            let starts = |lengths: &Vec<usize>| {
                let sums = lengths.iter().scan(0, |sum, length| { *sum += length; Some(*sum - length) });
                sums.take_while(|start| *start < steps).collect::<Vec<_>>()
            };
            // Of a stretch two, where it is longer than two steps.
            let starts = lengths.as_ref().map(starts).unwrap_or_default();
            let halves = starts.iter().filter(|&&start| start + 1 < steps && !starts.contains(&(start + 1)));
            let mut stretches: Vec<usize> = starts.iter().copied().chain(halves.map(|start| start + 1)).collect();
            stretches.sort_unstable();
            let cuts = Cuts::at(starts, stretches.clone());
            let few = Shares::are_few(steps, ranks, &cuts);
            prop_assert_eq!(few, ranks > 1 && lengths.is_some() && cuts.count(steps) < ranks && !cuts.anywhere());
            let shares = match few && by_place {
                true => Shares::by_place(steps, ranks, cuts.clone()),
                false => Shares::new(steps, ranks, cuts.clone(), per_round),
            };
            prop_assert_eq!(shares.readers(), (0..ranks).filter(|&rank| steps == 0 && shares.by_place || !shares.of(rank).is_empty()).count());
            let all: usize = shares.parts(0..ranks).iter().map(Range::len).sum();
            prop_assert_eq!(all, if shares.by_place { ranks * steps } else { steps });
            let mut next = 0;
            for rank in 0..ranks {
                let mine = shares.of(rank);
                prop_assert_eq!(mine.start, if shares.by_place { 0 } else { next });
                next = mine.end;
                let mut at = mine.start;
                for round in 0..shares.rounds() {
                    let part = shares.in_round(rank, round);
                    prop_assert_eq!(part.start, at.min(mine.end));
                    prop_assert!(shares.by_place || part.len() <= per_round.max(cuts.longest(steps)));
                    let runs = cuts.within(&part);
                    prop_assert_eq!(runs.iter().map(Range::len).sum::<usize>(), part.len());
                    prop_assert!(runs.windows(2).all(|pair| pair[0].end == pair[1].start));
                    prop_assert!(cuts.anywhere() || runs.iter().all(|run| stretches.contains(&run.start)));
                    at = part.end;
                }
                prop_assert_eq!(at, mine.end);
            }
            prop_assert_eq!(next, steps);
        }
    }
}
