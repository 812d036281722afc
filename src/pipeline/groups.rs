//! The lane groups of a tile: which runs of 16 neighbours have a point with a spectrum.

use crate::grid::{Bits, Lattice};
use crate::plan::{Occupancy, Tile};
use crate::terms::LANES;

/// One group of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Row, counted from the tile's first.
    pub(super) row: u32,
    /// First column, counted from the tile's first; a multiple of 16.
    pub(super) column: u32,
    /// Bit k: lane k has a spectrum.
    pub(super) active: u16,
}

/// The groups of a tile, row by row; dry ones are left out.
pub(super) fn tile_groups(analysed: &Bits, lattice: &Lattice, tile: &Tile) -> Vec<Group> {
    let face = lattice.faces[tile.face];
    let mut groups = Vec::new();
    for (row, j) in tile.j.clone().enumerate() {
        let bits = analysed.row(face, lattice.j.native(j));
        for first in tile.i.clone().step_by(LANES) {
            let mut active = 0_u16;
            for (lane, i) in (first..tile.i.end.min(first + LANES)).enumerate() {
                let native = lattice.i.native(i);
                active |= u16::from(bits[native / 64] >> (native % 64) & 1 == 1) << lane;
            }
            if active != 0 {
                groups.push(Group { row: row as u32, column: (first - tile.i.start) as u32, active });
            }
        }
    }
    groups
}

/// How many points and groups of a tile have a spectrum.
pub(super) fn occupancy(analysed: &Bits, lattice: &Lattice, tile: &Tile) -> Occupancy {
    let groups = tile_groups(analysed, lattice, tile);
    Occupancy {
        points: groups.iter().map(|group| u64::from(group.active.count_ones())).sum(),
        groups: groups.len() as u64,
    }
}

/// How many selected points of a mask are set.
pub(super) fn selected_count(bits: &Bits, lattice: &Lattice) -> u64 {
    let mut count = 0;
    for &face in &lattice.faces {
        for j in lattice.j.indices() {
            let row = bits.row(face, j);
            count += lattice.i.indices().filter(|i| row[i / 64] >> (i % 64) & 1 == 1).count() as u64;
        }
    }
    count
}
