//! What the fields of a run are: a velocity's two components, scalars, or both.

use crate::config::Variables;
use crate::grid::{Bits, Grid, Side};

/// Points of a cell at which a field is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Points {
    /// West faces: the velocity along i.
    West,
    /// South faces: the velocity along j.
    South,
    /// Centres: scalars.
    Centre,
}

/// The fields of a run in the order of the catalog: u and v if there is a velocity, then the scalars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    velocity: bool,
    names: Vec<String>,
}

impl Fields {
    pub(super) fn of(variables: &Variables) -> Self {
        let components = ["u", "v"].map(str::to_owned);
        let velocity = variables.velocity.is_some();
        let names = components.into_iter().filter(|_| velocity).chain(variables.scalars.iter().cloned());
        Fields { velocity, names: names.collect() }
    }

    /// Their number.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Whether u and v are among them, as fields 0 and 1.
    pub(super) fn has_velocity(&self) -> bool {
        self.velocity
    }

    /// What the log calls a field.
    pub(super) fn name(&self, field: usize) -> &str {
        &self.names[field]
    }

    /// Where a field is given.
    pub(super) fn points_of(&self, field: usize) -> Points {
        match (self.velocity, field) {
            (true, 0) => Points::West,
            (true, 1) => Points::South,
            _ => Points::Centre,
        }
    }

    /// All fields with their points.
    pub(super) fn points(&self) -> impl Iterator<Item = (usize, Points)> {
        (0..self.count()).map(|field| (field, self.points_of(field)))
    }

    /// The component that is given on a low face of cells.
    pub(super) fn of_side(&self, side: Side) -> usize {
        match side {
            Side::West => 0,
            Side::South => 1,
        }
    }
}

impl Points {
    /// Where a field at these points has values.
    pub(super) fn mask(self, grid: &Grid) -> &Bits {
        match self {
            Points::West => &grid.open_west,
            Points::South => &grid.open_south,
            Points::Centre => &grid.wet,
        }
    }
}
