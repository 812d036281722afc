//! Rows of snapshots to the lines of the tiles they belong to.

use std::ops::Range;

use super::groups::{Group, tile_groups};
use super::setup::Setup;
use crate::exchange::Round;
use crate::plan::{Part, Pass, Plan};
use crate::terms::{LANES, Sample};

/// The groups of one tile, with where each row's begin.
struct RowGroups {
    groups: Vec<Group>,
    row_starts: Vec<usize>,
}

/// Knows the groups of all tiles of a pass.
pub(super) struct Packer<'a> {
    plan: &'a Plan,
    first_tile: usize,
    groups: Vec<RowGroups>,
}

impl<'a> Packer<'a> {
    pub(super) fn new(setup: &Setup, plan: &'a Plan, pass: &Pass) -> Self {
        let groups = pass
            .tiles
            .clone()
            .map(|tile| {
                let tile = &plan.tiles[tile];
                let groups = tile_groups(&setup.grid.analysed, &setup.lattice, tile);
                let row_starts =
                    (0..=tile.j.len()).map(|row| groups.partition_point(|group| (group.row as usize) < row)).collect();
                RowGroups { groups, row_starts }
            })
            .collect();
        Packer { plan, first_tile: pass.tiles.start, groups }
    }

    /// Puts the values of a selected row of a face, [step, column], to the tiles they belong to, 16 lanes by 16.
    pub(super) fn pack<T: Sample>(
        &self,
        round: &Round<'_, T>,
        part: &Part,
        row: usize,
        field: usize,
        steps: &Range<usize>,
        values: &[T],
    ) {
        let width = part.i.len();
        for at in part.tiles.clone() {
            let tile = &self.plan.tiles[at];
            let of_tile = &self.groups[at - self.first_tile];
            let tile_row = row - tile.j.start;
            let range = of_tile.row_starts[tile_row]..of_tile.row_starts[tile_row + 1];
            for (number, group) in range.clone().zip(&of_tile.groups[range]) {
                let column = group.column as usize;
                let lanes = LANES.min(tile.i.len() - column);
                let first = &values[tile.i.start - part.i.start + column..];
                // SAFETY: a step of this round is in one block, which one worker reads, and each group is in one
                // row of one strip and field: nobody else puts this run.
                unsafe { round.put((at, field, number), steps, first.chunks(width), lanes) };
            }
        }
        round.settle();
    }
}
