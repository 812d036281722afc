//! Where MITgcm's own netCDF files lie in the domain: by the attributes of each tile's file.

use std::ops::Range;

use super::super::dataset::Dataset;
use super::super::mds::Tile;

/// The domain of tiles, and one tile of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TilePlace {
    /// Rows and columns of the domain.
    pub(super) domain: [usize; 2],
    pub(super) tile: Tile,
}

/// The place of a file by its attributes `bi`, `bj`, `sNx`, `sNy`, `Nx`, `Ny`; none of files that are no tile.
///
/// Velocities have one more column or row than the tile has cells, the first of the neighbour's: it is left out.
pub(super) fn tile_place(dataset: &Dataset) -> Option<TilePlace> {
    let number = |name: &str| {
        let number = dataset.attributes.number(name)?;
        (number.fract() == 0.0 && (1.0..1e9).contains(&number)).then_some(number as usize)
    };
    let [bi, bj, ni, nj, all_i, all_j] = ["bi", "bj", "sNx", "sNy", "Nx", "Ny"].map(number);
    let range = |at: usize, length: usize| -> Range<usize> { (at - 1) * length..at * length };
    let (bi, bj) = (bi?, bj?);
    let tile = Tile { number: Some([bi as u32, bj as u32]), j: range(bj, nj?), i: range(bi, ni?) };
    let domain = [all_j?, all_i?];
    // One tile of one is the whole.
    Some(TilePlace { domain, tile }).filter(|place| [place.tile.j.len(), place.tile.i.len()] != place.domain)
}
