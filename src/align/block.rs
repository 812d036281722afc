//! What is compared, in blocks that fit the memory.

use std::ops::Range;

use super::{Axis, Pair, Role};

/// A run of pairs of each axis.
pub(crate) type Block = Vec<Range<usize>>;

/// The smallest box of an array's elements that holds a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) start: Vec<u64>,
    pub(crate) shape: Vec<u64>,
}

impl Bounds {
    fn volume(&self) -> u64 {
        self.shape.iter().fold(1, |volume, &length| volume.saturating_mul(length))
    }
}

/// One of the two arrays, seen from the axes.
#[derive(Clone, Copy)]
pub(crate) struct View {
    dims: fn(&Axis) -> &[usize],
    at: fn(&Pair) -> &[u64],
}

pub(crate) const REFERENCE: View = View { dims: |axis| &axis.reference_dims, at: |pair| &pair.reference };
pub(crate) const RESULT: View = View { dims: |axis| &axis.result_dims, at: |pair| &pair.result };

impl View {
    /// The box of a block in this array, of `rank` dimensions.
    pub(crate) fn bounds(self, axes: &[Axis], block: &Block, rank: usize) -> Bounds {
        let (mut first, mut last) = (vec![u64::MAX; rank], vec![0; rank]);
        for (axis, run) in axes.iter().zip(block) {
            for pair in &axis.pairs[run.clone()] {
                for (&dimension, &at) in (self.dims)(axis).iter().zip((self.at)(pair)) {
                    first[dimension] = first[dimension].min(at);
                    last[dimension] = last[dimension].max(at);
                }
            }
        }
        let shape = first.iter().zip(&last).map(|(first, last)| last - first + 1).collect();
        Bounds { start: first, shape }
    }

    /// The distance, in elements of a box, of each pair of a run from the box's first element along the axis.
    pub(crate) fn offsets(self, axis: &Axis, run: &Range<usize>, bounds: &Bounds) -> Vec<usize> {
        let stride = |dimension: usize| bounds.shape[dimension + 1..].iter().product::<u64>();
        let along = |pair: &Pair| {
            let steps = (self.dims)(axis).iter().zip((self.at)(pair));
            steps.map(|(&dimension, &at)| (at - bounds.start[dimension]) * stride(dimension)).sum::<u64>() as usize
        };
        axis.pairs[run.clone()].iter().map(along).collect()
    }

    /// The element of the array where all axes stand at these pairs.
    pub(crate) fn element(self, axes: &[Axis], pairs: &[usize], rank: usize) -> Vec<u64> {
        let mut element = vec![0; rank];
        for (axis, &pair) in axes.iter().zip(pairs) {
            for (&dimension, &at) in (self.dims)(axis).iter().zip((self.at)(&axis.pairs[pair])) {
                element[dimension] = at;
            }
        }
        element
    }

    /// Whether an array's parts, which are decoded at once, change between a pair of the axis and the one before it.
    fn part_begins(self, axis: &Axis, pair: usize, parts: &[u64]) -> bool {
        let part = |pair: &Pair| {
            let steps = (self.dims)(axis).iter().zip((self.at)(pair));
            steps.map(|(&dimension, &at)| at / parts[dimension].max(1)).collect::<Vec<_>>()
        };
        part(&axis.pairs[pair]) != part(&axis.pairs[pair - 1])
    }
}

/// Cuts what the axes span into blocks whose boxes have at most `budget` elements in each array, or are a single
/// spectrum. Spectra are whole. Cuts are between parts that are decoded at once, where there are such places:
/// `parts` are their shapes in the reference and the result.
pub(crate) fn blocks(axes: &[Axis], parts: [&[u64]; 2], budget: u64) -> Vec<Block> {
    if axes.iter().any(|axis| axis.pairs.is_empty()) {
        return vec![];
    }
    // Where each axis can be cut well: bit by bit along its pairs.
    let good: Vec<Vec<bool>> = axes
        .iter()
        .map(|axis| {
            let begins =
                |n: usize| n > 0 && (REFERENCE.part_begins(axis, n, parts[0]) || RESULT.part_begins(axis, n, parts[1]));
            (0..axis.pairs.len()).map(begins).collect()
        })
        .collect();
    let mut done = vec![];
    let mut open: Vec<Block> = vec![axes.iter().map(|axis| 0..axis.pairs.len()).collect()];
    while let Some(block) = open.pop() {
        let volumes = [(REFERENCE, parts[0]), (RESULT, parts[1])]
            .map(|(view, parts)| view.bounds(axes, &block, parts.len()).volume());
        let cut = if volumes.iter().all(|&volume| volume <= budget) { None } else { cut(axes, &good, &block) };
        match cut {
            None => done.push(block),
            Some((axis, at)) => {
                let (mut head, mut tail) = (block.clone(), block);
                head[axis].end = at;
                tail[axis].start = at;
                open.extend([tail, head]);
            }
        }
    }
    done
}

/// The axis to cut and the pair before which to cut it: the axis with most good places, else the longest.
fn cut(axes: &[Axis], good: &[Vec<bool>], block: &Block) -> Option<(usize, usize)> {
    let count = |axis: usize| {
        let run = &block[axis];
        good[axis][run.start + 1..run.end].iter().filter(|good| **good).count()
    };
    let axis = (0..axes.len())
        .filter(|&axis| axes[axis].role != Role::Frequency && block[axis].len() > 1)
        // Of equals, `max_by_key` takes the last: reversed, that is the slowest dimension.
        .rev()
        .max_by_key(|&axis| (count(axis), block[axis].len()))?;
    let run = &block[axis];
    let middle = run.start + run.len() / 2;
    let at = (run.start + 1..run.end).filter(|&at| good[axis][at]).min_by_key(|&at| at.abs_diff(middle));
    Some((axis, at.unwrap_or(middle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(role: Role, dimension: usize, step: u64, length: u64) -> Axis {
        let pairs = (0..length).map(|n| Pair { reference: [n], result: [n * step, 0, 0] }).collect();
        Axis { role, reference_dims: vec![dimension], result_dims: vec![dimension], pairs }
    }

    #[test]
    fn blocks_cover_all_once_within_the_budget() {
        let axes = [line(Role::Space, 0, 1, 13), line(Role::Space, 1, 3, 29), line(Role::Frequency, 2, 1, 5)];
        for budget in [1, 5, 16, 60, 200, 1000, 1 << 20] {
            let blocks = blocks(&axes, [&[4, 4, 5], &[5, 6, 5]], budget);
            let mut seen = vec![0; 13 * 29];
            for block in &blocks {
                assert_eq!(block[2], 0..5, "a spectrum is whole");
                let volume = RESULT.bounds(&axes, block, 3).volume();
                assert!(volume <= budget || (block[0].len() == 1 && block[1].len() == 1), "{volume} of {budget}");
                for a in block[0].clone() {
                    for b in block[1].clone() {
                        seen[a * 29 + b] += 1;
                    }
                }
            }
            assert!(seen.iter().all(|&count| count == 1));
            assert_eq!(blocks.len() == 1, budget == 1 << 20);
        }
    }

    #[test]
    fn cuts_are_between_chunks_where_that_is_possible() {
        let axes = [line(Role::Space, 0, 1, 64), line(Role::Space, 1, 1, 64), line(Role::Frequency, 2, 1, 10)];
        for block in blocks(&axes, [&[64, 64, 10], &[16, 16, 10]], 16 * 16 * 10) {
            assert!(block[0].start % 16 == 0 && block[1].start % 16 == 0 && block[0].len() == 16, "{block:?}");
        }
    }

    #[test]
    fn boxes_and_offsets_follow_the_pairs() {
        // Points (j, i) = (5, 2), (3, 9) of the result are points 4 and 1 of the reference; two frequencies, swapped.
        let points = Axis {
            role: Role::Space,
            reference_dims: vec![1],
            result_dims: vec![0, 1],
            pairs: vec![Pair { reference: [4], result: [5, 2, 0] }, Pair { reference: [1], result: [3, 9, 0] }],
        };
        let frequencies = Axis {
            role: Role::Frequency,
            reference_dims: vec![0],
            result_dims: vec![2],
            pairs: vec![Pair { reference: [0], result: [7, 0, 0] }, Pair { reference: [1], result: [6, 0, 0] }],
        };
        let axes = [points, frequencies];
        let block = vec![0..2, 0..2];
        let theirs = REFERENCE.bounds(&axes, &block, 2);
        let ours = RESULT.bounds(&axes, &block, 3);
        assert_eq!(theirs, Bounds { start: vec![0, 1], shape: vec![2, 4] });
        assert_eq!(ours, Bounds { start: vec![3, 2, 6], shape: vec![3, 8, 2] });
        assert_eq!(REFERENCE.offsets(&axes[0], &(0..2), &theirs), [3, 0]);
        assert_eq!(REFERENCE.offsets(&axes[1], &(0..2), &theirs), [0, 4]);
        assert_eq!(RESULT.offsets(&axes[0], &(0..2), &ours), [2 * 16, 7 * 2]);
        assert_eq!(RESULT.offsets(&axes[1], &(0..2), &ours), [1, 0]);
        assert_eq!(RESULT.element(&axes, &[1, 0], 3), [3, 9, 7]);
    }
}
