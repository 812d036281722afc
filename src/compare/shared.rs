//! An array that A and B share, and its values in both, chunk by chunk.

use std::ops::Range;

use super::CompareError;
use super::dimension::Dimensions;
use crate::align::{Axis, Block, Part, REFERENCE, RESULT, Role, View};
use crate::store::{ElementKind, ReadError, StoredArray, StoredGroup};

/// An array in both groups; of the pairs of its axes, A's positions are those of the reference and B's those of the result.
pub(super) struct Shared {
    pub(super) name: String,
    /// Units, the same in both; None where neither has any.
    pub(super) units: Option<String>,
    /// Names of its dimensions, in A's order.
    pub(super) dimensions: Vec<String>,
    /// What is in common along each.
    pub(super) shape: Vec<u64>,
    /// How much of that is read at once.
    pub(super) chunk: Vec<u64>,
    pub(super) a: StoredArray,
    b: StoredArray,
    axes: Vec<Axis>,
}

/// Values at the same places, in C order.
pub(super) struct Values {
    pub(super) a: Vec<f64>,
    pub(super) b: Vec<f64>,
}

impl Shared {
    pub(super) fn new(
        name: &str,
        groups: &[StoredGroup; 2],
        dimensions: &mut Dimensions,
        chunk_elements: u64,
    ) -> Result<Self, CompareError> {
        let [a, b] = [groups[0].array(name)?, groups[1].array(name)?];
        let [dims_a, dims_b] = [&a, &b].map(|array| array.header().dimensions.clone());
        let mut partners = vec![];
        for dimension in &dims_a {
            partners.extend(dims_b.iter().position(|other| other == dimension));
        }
        if partners.len() != dims_a.len() || dims_a.len() != dims_b.len() {
            let [a, b] = [dims_a, dims_b].map(|names| names.join(", "));
            return Err(CompareError::Dimensions { array: name.to_owned(), a, b });
        }
        let units = same_units(name, &a, &b)?;
        let mut axes = Vec::with_capacity(dims_a.len());
        for (at, (dimension, partner)) in dims_a.iter().zip(partners).enumerate() {
            let matched = dimensions.match_up(groups, name, dimension)?;
            for (group, found, expected) in [
                ('A', a.header().shape[at], matched.lengths()[0]),
                ('B', b.header().shape[partner], matched.lengths()[1]),
            ] {
                if found != expected as u64 {
                    let dimension = dimension.clone();
                    return Err(CompareError::NoCoordinate { array: name.to_owned(), group, dimension });
                }
            }
            axes.push(Axis::of_dimensions(Role::Space, at, partner, matched.found()));
        }
        let shape: Vec<u64> = axes.iter().map(|axis| axis.pairs.len() as u64).collect();
        let chunk = chunk(&axes, &a.read_shape(), chunk_elements);
        Ok(Shared { name: name.to_owned(), units, dimensions: dims_a, shape, chunk, a, b, axes })
    }

    /// The type of its ratios and differences: that of A and B where it is the same, else float64.
    pub(super) fn kind(&self) -> ElementKind {
        let single = [&self.a, &self.b].iter().all(|array| array.kind() == Some(ElementKind::F32));
        if single { ElementKind::F32 } else { ElementKind::F64 }
    }

    /// Indices of all chunks, in C order.
    pub(super) fn chunks(&self) -> Vec<Vec<u64>> {
        let mut all = vec![vec![]];
        for (length, chunk) in self.shape.iter().zip(&self.chunk) {
            let count = length.div_ceil(*chunk);
            all = all
                .iter()
                .flat_map(|head: &Vec<u64>| (0..count).map(move |index| [&head[..], &[index]].concat()))
                .collect();
        }
        all
    }

    fn block(&self, chunk_index: &[u64]) -> Block {
        let run = |((index, chunk), length): ((&u64, &u64), &u64)| -> Range<usize> {
            (index * chunk) as usize..((index + 1) * chunk).min(*length) as usize
        };
        chunk_index.iter().zip(&self.chunk).zip(&self.shape).map(run).collect()
    }

    pub(super) fn read(&self, chunk_index: &[u64]) -> Result<Values, ReadError> {
        let block = self.block(chunk_index);
        let read = |array, view: View| Ok::<_, ReadError>(Part::read(array, &self.axes, &block, view)?.gather());
        Ok(Values { a: read(&self.a, REFERENCE)?, b: read(&self.b, RESULT)? })
    }

    /// The position along each dimension, in what is common, of value number `at` of a chunk.
    pub(super) fn place(&self, chunk_index: &[u64], mut at: usize) -> Vec<usize> {
        let mut place: Vec<usize> = Vec::with_capacity(self.shape.len());
        for run in self.block(chunk_index).into_iter().rev() {
            place.push(run.start + at % run.len());
            at /= run.len();
        }
        place.reverse();
        place
    }
}

fn same_units(name: &str, a: &StoredArray, b: &StoredArray) -> Result<Option<String>, CompareError> {
    let [of_a, of_b] =
        [a, b].map(|array| array.header().attributes.get("units").and_then(|units| units.as_str()).map(str::trim));
    if of_a != of_b {
        let shown = |units: Option<&str>| units.map_or("no units".to_owned(), |units| format!("\"{units}\""));
        return Err(CompareError::Units { array: name.to_owned(), a: shown(of_a), b: shown(of_b) });
    }
    Ok(of_a.map(str::to_owned))
}

/// The shape of a chunk: whole parts of A, which are decoded at once, as many as have boxes of at most `budget` elements in
/// either array; less than a part where a part has more, and one element at least.
fn chunk(axes: &[Axis], parts: &[u64], budget: u64) -> Vec<u64> {
    let lengths: Vec<u64> = axes.iter().map(|axis| axis.pairs.len() as u64).collect();
    let mut chunk: Vec<u64> = lengths.iter().zip(parts).map(|(&length, &part)| part.clamp(1, length)).collect();
    while volume(axes, &chunk) > budget {
        // Of equals, `max_by_key` takes the last: reversed, that is the slowest dimension.
        let Some(longest) = (0..chunk.len()).rev().filter(|&d| chunk[d] > 1).max_by_key(|&d| chunk[d]) else { break };
        chunk[longest] = chunk[longest].div_ceil(2);
    }
    for d in (0..chunk.len()).rev() {
        while chunk[d] < lengths[d] {
            let mut larger = chunk.clone();
            larger[d] = (2 * chunk[d]).min(lengths[d]);
            if volume(axes, &larger) > budget {
                break;
            }
            chunk = larger;
        }
    }
    chunk
}

/// Elements of the largest box of a chunk, in the array where it is larger.
fn volume(axes: &[Axis], chunk: &[u64]) -> u64 {
    let extent = |view: fn(&crate::align::Pair) -> u64| {
        axes.iter().zip(chunk).fold(1_u64, |volume, (axis, &length)| {
            let widest = axis.pairs.chunks(length as usize).map(|pairs| {
                let (first, last) = pairs.iter().map(view).fold((u64::MAX, 0), |(a, b), x| (a.min(x), b.max(x)));
                last.saturating_sub(first) + 1
            });
            volume.saturating_mul(widest.max().unwrap_or(1))
        })
    };
    extent(|pair| pair.reference[0]).max(extent(|pair| pair.result[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(positions: &[u64]) -> Axis {
        let found: Vec<Option<u64>> = positions.iter().map(|&at| Some(at)).collect();
        Axis::of_dimensions(Role::Space, 0, 0, &found)
    }

    #[test]
    fn chunks_are_whole_parts_within_the_budget() {
        let straight: Vec<u64> = (0..64).collect();
        let axes = [axis(&straight), axis(&straight), axis(&straight[..10])];
        assert_eq!(chunk(&axes, &[16, 16, 10], 1 << 20), [64, 64, 10]);
        assert_eq!(chunk(&axes, &[16, 16, 10], 16 * 16 * 10), [16, 16, 10]);
        assert_eq!(chunk(&axes, &[16, 16, 10], 16 * 32 * 10), [16, 32, 10]);
        let small = chunk(&axes, &[16, 16, 10], 100);
        assert!(small.iter().product::<u64>() <= 100 && small.iter().product::<u64>() >= 25, "{small:?}");
        assert_eq!(chunk(&axes, &[16, 16, 10], 0), [1, 1, 1]);
        // Far apart in the other array: a run has a box as wide as what lies between.
        let sparse: Vec<u64> = (0..64).map(|n| 100 * n).collect();
        let few = chunk(&[axis(&sparse)], &[64], 1000);
        assert!(few[0] >= 5 && 100 * (few[0] - 1) < 1000, "{few:?}");
    }
}
