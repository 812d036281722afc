//! The cut of the selected points into tiles, and of tiles into inner chunks.

use std::ops::Range;

use super::{PlanError, Problem};
use crate::terms::LANES;

/// Results are cut into about this many tiles, so that a few ranks share even a small one.
const TILES_WANTED: u64 = 64;
/// Tiles of a large result are so many that the files stay well under 30 000.
const TILES_AT_MOST: u64 = 16_384;
/// Shards of a small result.
const SHARD_BYTES: std::ops::RangeInclusive<u64> = (256 << 10)..=(8 << 20);
/// Series of one tile, where the number of files allows.
const SERIES_BYTES_AT_MOST: u64 = 64 << 20;
/// Inner chunks aim at this size; the contract allows 0.1 to 4 MiB.
const CHUNK_BYTES: u64 = 1 << 20;
const CHUNK_BYTES_AT_LEAST: u64 = 110 << 10;
const CHUNK_BYTES_AT_MOST: u64 = 4 << 20;
/// One file of a map, at eight bytes a point.
const MAP_BLOCK_BYTES: u64 = 64 << 20;

/// What a tile holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Points with a spectrum.
    pub points: u64,
    /// Runs of 16 neighbours along i (from the tile's first column) with at least one such point.
    pub groups: u64,
}

/// One rectangle of selected points; indices count selected faces, rows and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Place among the selected faces.
    pub face: usize,
    /// Rows.
    pub j: Range<usize>,
    /// Columns.
    pub i: Range<usize>,
    /// Place in the shard grid: row of tiles.
    pub row: usize,
    /// Place in the shard grid: column of tiles.
    pub column: usize,
    /// What is in it.
    pub occupancy: Occupancy,
}

impl Tile {
    /// Points of the rectangle, wet or dry.
    pub fn points(&self) -> u64 {
        (self.j.len() * self.i.len()) as u64
    }

    /// Lane groups of one row, wet or dry.
    pub fn groups_per_row(&self) -> usize {
        self.i.len().div_ceil(LANES)
    }
}

/// The regular cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiling {
    /// Selected faces.
    pub faces: usize,
    /// Selected rows of a face.
    pub nj: usize,
    /// Selected columns of a face.
    pub ni: usize,
    /// Rows of a whole tile (shard).
    pub tile_nj: usize,
    /// Columns of a whole tile (shard).
    pub tile_ni: usize,
    /// Rows of an inner chunk; divides `tile_nj`.
    pub chunk_nj: usize,
    /// Columns of an inner chunk; divides `tile_ni`.
    pub chunk_ni: usize,
    /// Rows of one file of a map: whole rows of tiles.
    pub map_nj: usize,
}

impl Tiling {
    /// Cuts for a problem.
    ///
    /// # Errors
    /// When sizes overflow.
    pub fn new(problem: &Problem) -> Result<Self, PlanError> {
        let &Problem { faces, nj, ni, frequencies, sample_bytes, steps, fields, .. } = problem;
        let too_large = |what: &str| PlanError::TooLarge { what: what.to_owned() };
        let product =
            |factors: &[usize]| factors.iter().try_fold(1_u64, |so_far, &factor| so_far.checked_mul(factor as u64));
        let points = product(&[faces, nj, ni]).ok_or_else(|| too_large("faces x nj x ni"))?.max(1);
        let point_bytes = product(&[frequencies, sample_bytes]).ok_or_else(|| too_large("frequencies x bytes"))?.max(1);
        let result_bytes = points.checked_mul(point_bytes).ok_or_else(|| too_large("points x frequencies x bytes"))?;
        let series_bytes =
            product(&[steps, fields, sample_bytes]).ok_or_else(|| too_large("steps x fields x bytes"))?.max(1);
        points.checked_mul(series_bytes).ok_or_else(|| too_large("points x steps x fields x bytes"))?;

        let by_shard = (result_bytes / TILES_WANTED).clamp(*SHARD_BYTES.start(), *SHARD_BYTES.end()) / point_bytes;
        let by_series = SERIES_BYTES_AT_MOST / series_bytes;
        let by_count = points.div_ceil(TILES_AT_MOST);
        let by_chunk = CHUNK_BYTES_AT_LEAST.div_ceil(point_bytes);
        let wanted = by_shard.min(by_series).max(by_count).max(by_chunk).max(1) as usize;

        let side = ((wanted as f64).sqrt() / LANES as f64).round().max(1.0) as usize * LANES;
        let columns = ni.div_ceil(side.min(ni).max(1));
        let tile_ni = ni.div_ceil(columns.max(1)).next_multiple_of(LANES).min(ni.max(1));
        let tile_nj = wanted.div_ceil(tile_ni).clamp(1, nj.max(1));
        let tile_nj = nj.div_ceil(nj.div_ceil(tile_nj));

        let row_bytes = tile_ni as u64 * point_bytes;
        let chunk_ni = (1..=tile_ni)
            .filter(|columns| tile_ni.is_multiple_of(*columns))
            .map(|pieces| tile_ni / pieces)
            .find(|&columns| columns as u64 * point_bytes <= CHUNK_BYTES_AT_MOST)
            .unwrap_or(1);
        let chunk_nj = if chunk_ni < tile_ni { 1 } else { (CHUNK_BYTES / row_bytes).clamp(1, tile_nj as u64) as usize };
        let chunk_nj = tile_nj.div_ceil(tile_nj.div_ceil(chunk_nj));
        let tile_nj = tile_nj.next_multiple_of(chunk_nj);
        let map_rows = (MAP_BLOCK_BYTES / (ni as u64 * 8).max(1)) as usize;
        let map_nj = (map_rows / tile_nj).max(1) * tile_nj;
        Ok(Tiling {
            faces,
            nj,
            ni,
            tile_nj,
            tile_ni,
            chunk_nj,
            chunk_ni,
            map_nj: map_nj.min(nj.next_multiple_of(tile_nj)),
        })
    }

    /// Rows of tiles on a face.
    pub fn rows(&self) -> usize {
        self.nj.div_ceil(self.tile_nj)
    }

    /// Columns of tiles on a face.
    pub fn columns(&self) -> usize {
        self.ni.div_ceil(self.tile_ni)
    }

    /// Files of one map on one face.
    pub fn map_blocks_per_face(&self) -> usize {
        self.nj.div_ceil(self.map_nj)
    }

    /// All tiles in file order: face, then rows, then columns.
    pub fn all(&self) -> impl Iterator<Item = Tile> + '_ {
        (0..self.faces).flat_map(move |face| {
            (0..self.rows()).flat_map(move |row| {
                (0..self.columns()).map(move |column| Tile {
                    face,
                    j: row * self.tile_nj..((row + 1) * self.tile_nj).min(self.nj),
                    i: column * self.tile_ni..((column + 1) * self.tile_ni).min(self.ni),
                    row,
                    column,
                    occupancy: Occupancy::default(),
                })
            })
        })
    }

    /// Points of the largest tile.
    pub fn tile_points(&self) -> u64 {
        (self.tile_nj.min(self.nj) * self.tile_ni.min(self.ni)) as u64
    }
}
