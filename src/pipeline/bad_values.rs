//! Values that cannot be right: which of them matter, and the first of each snapshot.
//!
//! What is told of them must not depend on how a run is divided. Passes and strips read some faces twice, as neighbours
//! of two rectangles, and others that nothing needs. So a face counts if a spectrum depends on it, wherever it is read,
//! and of a snapshot the smallest in (field, face, j, i) is kept: to find one twice changes nothing. How many there
//! are is not counted here for the same reason, but by point, at the points' owners.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::fields::Points;
use super::setup::Setup;
use crate::exchange::World;
use crate::grid::{Axis, Cell, Side};

/// Whether any spectrum depends on the value of a native cell's west face, south face or centre: that of the cell itself
/// or, with centring, that of the cell behind the face.
pub(super) fn is_needed(setup: &Setup, centre: bool, points: Points, cell: Cell) -> bool {
    let grid = &setup.grid;
    let selected = |axis: &Axis, at: usize| {
        at >= axis.start && (at - axis.start).is_multiple_of(axis.step) && (at - axis.start) / axis.step < axis.len
    };
    let has_spectrum = |[face, j, i]: Cell| {
        setup.lattice.faces.contains(&face)
            && selected(&setup.lattice.j, j)
            && selected(&setup.lattice.i, i)
            && grid.analysed.get(face, j, i)
    };
    let side = match points {
        Points::West => Side::West,
        Points::South => Side::South,
        Points::Centre => return has_spectrum(cell),
    };
    has_spectrum(cell) || (centre && grid.extent.behind(side, cell).is_some_and(has_spectrum))
}

/// A value that is no number or outside the valid range, at a native face that a spectrum depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BadValue {
    pub(super) field: usize,
    pub(super) at: Cell,
    /// As stored.
    pub(super) value: f64,
}

impl BadValue {
    fn comes_before(&self, other: &BadValue) -> bool {
        (self.field, self.at) < (other.field, other.at)
    }

    /// For messages.
    pub(super) fn place(&self, setup: &Setup) -> String {
        setup.grid.extent.point(self.at)
    }
}

/// The first bad value of every snapshot that this rank has read.
#[derive(Debug, Default)]
pub(super) struct BadValues {
    first: Mutex<BTreeMap<usize, BadValue>>,
}

/// Numbers of a bad value on the wire: step, field, face, j, i, bits of the value.
const WORDS: usize = 6;

impl BadValues {
    /// Takes note of a bad value of the snapshot at `step`.
    pub(super) fn add(&self, step: usize, bad: BadValue) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first
            .entry(step)
            .and_modify(|known| {
                if bad.comes_before(known) {
                    *known = bad
                }
            })
            .or_insert(bad);
    }

    /// Collective: those of some `steps`, the same ones on all ranks, found by any rank; on rank 0, nothing elsewhere.
    pub(super) fn gather(&self, world: &dyn World, steps: &[usize]) -> BTreeMap<usize, BadValue> {
        let mine = {
            let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            let words = |(step, bad): (usize, &BadValue)| -> [u64; WORDS] {
                let [face, j, i] = bad.at.map(|index| index as u64);
                [step as u64, bad.field as u64, face, j, i, bad.value.to_bits()]
            };
            steps.iter().filter_map(|step| Some(words((*step, first.get(step)?)))).collect::<Vec<_>>()
        };
        let all = BadValues::default();
        for part in world.gather(0, bytemuck::cast_slice(&mine)) {
            let words: Vec<u64> = part.as_chunks::<8>().0.iter().map(|bytes| u64::from_ne_bytes(*bytes)).collect();
            for &[step, field, face, j, i, bits] in words.as_chunks::<WORDS>().0 {
                let at = [face, j, i].map(|index| index as usize);
                all.add(step as usize, BadValue { field: field as usize, at, value: f64::from_bits(bits) });
            }
        }
        all.first.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::SingleProcess;

    #[test]
    fn the_first_of_a_snapshot_is_kept_in_whatever_order_they_come() {
        let bad = |field, at, value| BadValue { field, at, value };
        let smallest = bad(0, [0, 2, 9], f64::INFINITY);
        let all = [bad(1, [0, 0, 0], 1e32), bad(0, [0, 3, 1], -11.0), smallest, bad(0, [1, 0, 0], 12.0), smallest];
        for turn in 0..all.len() {
            let found = BadValues::default();
            (0..all.len()).for_each(|n| found.add(7, all[(n + turn) % all.len()]));
            found.add(9, all[0]);
            let gathered = found.gather(&SingleProcess, &[3, 7]);
            assert_eq!(gathered.into_iter().collect::<Vec<_>>(), [(7, smallest)]);
        }
    }
}
