//! What a plan asks of the grid and the files: those that were looked at, or sizes that are assumed.

use std::collections::BTreeSet;
use std::ops::Range;

use super::chunked::windows;
use super::fields::Fields;
use super::groups::occupancy;
use super::piece::{Counter, values_read, values_within};
use super::setup::Setup;
use crate::grid::{Extent, Lattice, Window};
use crate::plan::{Ground, Occupancy, Part, Strip, Tile};

/// How many of the selected faces lie side by side in each row of faces of the source.
///
/// Faces are read together where their whole width is selected: else there is nothing of use between them.
pub(super) fn abreast(extent: &Extent, lattice: &Lattice) -> Vec<usize> {
    let axis = &lattice.i;
    let whole = axis.start < axis.step && axis.native(axis.len.max(1) - 1) + axis.step >= extent.ni;
    let mut counts: Vec<usize> = Vec::new();
    let mut before: Option<usize> = None;
    for &face in &lattice.faces {
        let facet = extent.facet_of(face);
        let goes_on =
            whole && facet.abreast && before.is_some_and(|before| before + 1 == face && facet.faces.contains(&before));
        match counts.last_mut() {
            Some(count) if goes_on => *count += 1,
            _ => counts.push(1),
        }
        before = Some(face);
    }
    counts
}

/// A tile as a strip of its own.
fn alone(tile: &Tile) -> Strip {
    Strip { j: tile.j.clone(), parts: vec![Part { face: tile.face, i: tile.i.clone(), tiles: 0..0 }] }
}

/// Input that was looked at.
pub(super) struct Seen<'a> {
    pub(super) setup: &'a Setup,
    pub(super) centre: bool,
    /// Tiles that an earlier run has finished.
    pub(super) finished: &'a dyn Fn(&Tile) -> bool,
}

impl Seen<'_> {
    fn count(&self, count: impl FnOnce(&Counter<'_>) -> u64) -> u64 {
        let catalog = &self.setup.catalog;
        let stored = |field: usize, window: &Window| catalog.stored_values(field, window);
        count(&Counter { stored: &stored, by_size: !catalog.is_shrunk() })
    }
}

impl Ground for Seen<'_> {
    fn occupancy(&self, tile: &Tile) -> Occupancy {
        occupancy(&self.setup.grid.analysed, &self.setup.lattice, tile)
    }

    fn values(&self, tile: &Tile) -> u64 {
        let Setup { grid, lattice, fields, .. } = self.setup;
        self.count(|counter| values_within(&grid.extent, lattice, fields, &alone(tile), counter))
    }

    fn values_read(&self, strip: &Strip, before: Option<&Strip>) -> u64 {
        let Setup { grid, lattice, fields, .. } = self.setup;
        self.count(|counter| values_read(&grid.extent, lattice, (fields, self.centre), (strip, before), counter))
    }

    fn values_decoded(&self, strips: &[Strip], runs: &[Range<usize>]) -> Option<u64> {
        let Setup { grid, lattice, fields, catalog, .. } = self.setup;
        let catalog = catalog.chunked()?;
        let (mut seen, mut values) = (BTreeSet::new(), vec![0_u64; fields.count()]);
        for strip in strips {
            windows((&grid.extent, lattice), (fields, self.centre), strip, |field, window| {
                values[field] = values[field].saturating_add(catalog.values_decoded(field, window, &mut seen));
            });
        }
        let of_field = |(field, values): (usize, &u64)| values.saturating_mul(catalog.steps_decoded(field, runs));
        Some(values.iter().enumerate().map(of_field).fold(0, u64::saturating_add))
    }

    fn is_finished(&self, tile: &Tile) -> bool {
        (self.finished)(tile)
    }
}

/// Sizes that are assumed, with a share of water that is the same everywhere.
pub(super) struct Imagined<'a> {
    pub(super) extent: Extent,
    pub(super) lattice: Lattice,
    pub(super) fields: &'a Fields,
    pub(super) centre: bool,
    /// Share of the cells that are wet.
    pub(super) wet: f64,
    /// Whether files hold the wet values alone.
    pub(super) shrunk: bool,
}

impl Imagined<'_> {
    fn count(&self, count: impl FnOnce(&Counter<'_>) -> u64) -> u64 {
        let stored = |_: usize, window: &Window| {
            let values = window.points() as u64;
            if self.shrunk { self.share(values) } else { values }
        };
        count(&Counter { stored: &stored, by_size: true })
    }

    fn share(&self, count: u64) -> u64 {
        (count as f64 * self.wet).ceil() as u64
    }
}

impl Ground for Imagined<'_> {
    fn occupancy(&self, tile: &Tile) -> Occupancy {
        let groups = (tile.groups_per_row() * tile.j.len()) as u64;
        Occupancy { points: self.share(tile.points()), groups: self.share(groups) }
    }

    fn values(&self, tile: &Tile) -> u64 {
        self.count(|counter| values_within(&self.extent, &self.lattice, self.fields, &alone(tile), counter))
    }

    fn values_read(&self, strip: &Strip, before: Option<&Strip>) -> u64 {
        let of = (self.fields, self.centre);
        self.count(|counter| values_read(&self.extent, &self.lattice, of, (strip, before), counter))
    }
}
