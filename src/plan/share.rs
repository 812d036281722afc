//! Each rank's share of the time axis, and its part of a round.

use std::ops::Range;

/// The steps that `rank` of `ranks` reads: contiguous, and equal to within one.
pub fn share(steps: usize, ranks: usize, rank: usize) -> Range<usize> {
    let (quotient, remainder) = (steps / ranks, steps % ranks);
    let start = rank * quotient + rank.min(remainder);
    start..start + quotient + usize::from(rank < remainder)
}

/// Rounds that the largest share needs.
pub fn rounds(steps: usize, ranks: usize, steps_per_round: usize) -> usize {
    steps.div_ceil(ranks).div_ceil(steps_per_round).max(1)
}

/// The steps that `rank` brings into `round`; empty when its share is used up.
pub fn share_in_round(steps: usize, ranks: usize, rank: usize, steps_per_round: usize, round: usize) -> Range<usize> {
    let all = share(steps, ranks, rank);
    let start = (all.start + round * steps_per_round).min(all.end);
    start..(start + steps_per_round).min(all.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_and_rounds_cover_every_step_once(steps in 0_usize..500, ranks in 1_usize..40, b in 1_usize..30) {
            let mut next = 0;
            for rank in 0..ranks {
                let mine = share(steps, ranks, rank);
                prop_assert_eq!(mine.start, next);
                next = mine.end;
                let mut at = mine.start;
                for round in 0..rounds(steps, ranks, b) {
                    let part = share_in_round(steps, ranks, rank, b, round);
                    prop_assert_eq!(part.start, at.min(mine.end));
                    prop_assert!(part.len() <= b);
                    at = part.end;
                }
                prop_assert_eq!(at, mine.end);
            }
            prop_assert_eq!(next, steps);
        }
    }
}
