//! Values that cannot be right: which of them matter, and the first of each snapshot.
//!
//! What is told of them must not depend on how a run is divided. Passes and strips read some faces twice, as neighbours
//! of two rectangles, and others that nothing needs. So a face counts if a spectrum depends on it, wherever it is read,
//! and of a snapshot the smallest in (component, face, j, i) is kept: to find one twice changes nothing. How many there
//! are is not counted here for the same reason, but by point, at the points' owners.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::setup::Setup;
use crate::exchange::World;
use crate::grid::Axis;

/// What a field is, in the order of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Component {
    /// Of a velocity, on west faces.
    U,
    /// Of a velocity, on south faces.
    V,
    /// A scalar at cell centres, by its place among the fields.
    Scalar(usize),
}

impl Component {
    /// Its place among the fields.
    pub(super) fn field(self) -> usize {
        match self {
            Component::U => 0,
            Component::V => 1,
            Component::Scalar(field) => field,
        }
    }

    pub(super) fn name(self, setup: &Setup) -> String {
        match self {
            Component::U => "u".to_owned(),
            Component::V => "v".to_owned(),
            Component::Scalar(field) => setup.catalog.name(field).to_owned(),
        }
    }

    fn to_word(self) -> u64 {
        match self {
            Component::U => 0,
            Component::V => 1,
            Component::Scalar(field) => 2 + field as u64,
        }
    }

    fn of_word(word: u64) -> Self {
        match word {
            0 => Component::U,
            1 => Component::V,
            scalar => Component::Scalar(scalar as usize - 2),
        }
    }
}

/// Whether any spectrum depends on the west (u) or south (v) face of a native cell: that of the cell itself or, with
/// centring, that of the cell behind it; of a scalar, that of the cell alone.
pub(super) fn is_needed(setup: &Setup, centre: bool, component: Component, [face, j, i]: [usize; 3]) -> bool {
    let grid = &setup.grid;
    let selected = |axis: &Axis, at: usize| {
        at >= axis.start && (at - axis.start).is_multiple_of(axis.step) && (at - axis.start) / axis.step < axis.len
    };
    let has_spectrum = |j: usize, i: usize| {
        selected(&setup.lattice.j, j) && selected(&setup.lattice.i, i) && grid.analysed.get(face, j, i)
    };
    let behind = match component {
        Component::U if i > 0 => Some((j, i - 1)),
        Component::U => grid.periodic.i.then(|| (j, grid.extent.ni - 1)),
        Component::V if j > 0 => Some((j - 1, i)),
        Component::V => grid.periodic.j.then(|| (grid.extent.nj - 1, i)),
        Component::Scalar(_) => None,
    };
    has_spectrum(j, i) || (centre && behind.is_some_and(|(j, i)| has_spectrum(j, i)))
}

/// A value that is no number or outside the valid range, at a native face that a spectrum depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BadValue {
    pub(super) component: Component,
    /// Face, j, i.
    pub(super) at: [usize; 3],
    /// As stored.
    pub(super) value: f64,
}

impl BadValue {
    fn comes_before(&self, other: &BadValue) -> bool {
        (self.component, self.at) < (other.component, other.at)
    }

    /// "face 1, j = 2, i = 3", for messages.
    pub(super) fn place(&self, setup: &Setup) -> String {
        let [face, j, i] = self.at;
        let prefix = if setup.grid.extent.has_faces { format!("face {face}, ") } else { String::new() };
        format!("{prefix}j = {j}, i = {i}")
    }
}

/// The first bad value of every snapshot that this rank has read.
#[derive(Debug, Default)]
pub(super) struct BadValues {
    first: Mutex<BTreeMap<usize, BadValue>>,
}

/// Numbers of a bad value on the wire: step, component, face, j, i, bits of the value.
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
                [step as u64, bad.component.to_word(), face, j, i, bad.value.to_bits()]
            };
            steps.iter().filter_map(|step| Some(words((*step, first.get(step)?)))).collect::<Vec<_>>()
        };
        let all = BadValues::default();
        for part in world.gather(0, bytemuck::cast_slice(&mine)) {
            let words: Vec<u64> = part.as_chunks::<8>().0.iter().map(|bytes| u64::from_ne_bytes(*bytes)).collect();
            for &[step, component, face, j, i, bits] in words.as_chunks::<WORDS>().0 {
                let component = Component::of_word(component);
                let at = [face, j, i].map(|index| index as usize);
                all.add(step as usize, BadValue { component, at, value: f64::from_bits(bits) });
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
        let bad = |component, at, value| BadValue { component, at, value };
        let smallest = bad(Component::U, [0, 2, 9], f64::INFINITY);
        let all = [
            bad(Component::V, [0, 0, 0], 1e32),
            bad(Component::Scalar(2), [0, 0, 0], 1e32),
            bad(Component::U, [0, 3, 1], -11.0),
            smallest,
            bad(Component::U, [1, 0, 0], 12.0),
            smallest,
        ];
        for turn in 0..all.len() {
            let found = BadValues::default();
            (0..all.len()).for_each(|n| found.add(7, all[(n + turn) % all.len()]));
            found.add(9, all[0]);
            let gathered = found.gather(&SingleProcess, &[3, 7]);
            assert_eq!(gathered.into_iter().collect::<Vec<_>>(), [(7, smallest)]);
        }
    }
}
