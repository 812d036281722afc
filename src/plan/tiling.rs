//! The cut of the selected points into tiles, and of tiles into inner chunks.

use std::ops::Range;

use super::Problem;
use crate::terms::LANES;

/// Results are cut into about this many tiles, so that a few ranks share even a small one.
const TILES_WANTED: u64 = 64;
/// Shards of a large result are so many that the files stay well under 30 000.
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

/// Columns of an inner chunk, and of the tile: `width` or, to be a multiple of the chunk's, a few more.
///
/// A row of a tile is one chunk unless it is too long for it.
fn chunk_columns(width: u64, point_bytes: u64) -> (u64, u64) {
    if width * point_bytes <= CHUNK_BYTES_AT_MOST {
        return (width, width);
    }
    let lanes = LANES as u64;
    let most = (CHUNK_BYTES / point_bytes).max(1);
    let chunk = if most >= lanes {
        width.div_ceil(width.div_ceil(most - most % lanes)).next_multiple_of(lanes)
    } else {
        1 << most.ilog2()
    };
    (chunk, width.next_multiple_of(chunk))
}

/// Faces by row, from how many there are in each.
fn rows_of_faces(abreast: &[usize]) -> Vec<Range<usize>> {
    let starts = abreast.iter().scan(0, |next, count| {
        *next += count;
        Some(*next - count..*next)
    });
    starts.collect()
}

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
    /// Those that lie side by side in each row of faces.
    pub rows_of_faces: Vec<Range<usize>>,
    /// Selected rows of a face.
    pub nj: usize,
    /// Selected columns of a face.
    pub ni: usize,
    /// Rows of a whole tile (shard).
    pub tile_nj: usize,
    /// Columns of a whole tile (shard); where one tile spans the face it may reach beyond the last column.
    pub tile_ni: usize,
    /// Rows of an inner chunk; divides `tile_nj`.
    pub chunk_nj: usize,
    /// Columns of an inner chunk; divides `tile_ni`.
    pub chunk_ni: usize,
    /// Rows of one file of a map: whole rows of tiles.
    pub map_nj: usize,
}

impl Tiling {
    /// Cuts for a problem with at least one point and countable sizes.
    pub(super) fn new(problem: &Problem) -> Self {
        let &Problem { faces, nj, ni, .. } = problem;
        let lanes = LANES as u64;
        let (rows, columns) = (nj as u64, ni as u64);
        let points = faces as u64 * rows * columns;
        let point_bytes = (problem.frequencies as u64 * problem.sample_bytes as u64).max(1);
        let series_bytes = (problem.steps as u64 * problem.fields as u64 * problem.sample_bytes as u64).max(1);

        let by_shard =
            (points * point_bytes / TILES_WANTED).clamp(*SHARD_BYTES.start(), *SHARD_BYTES.end()) / point_bytes;
        let by_series = SERIES_BYTES_AT_MOST / series_bytes;
        let by_count = points.div_ceil((TILES_AT_MOST / problem.spectra.max(problem.kept_arrays) as u64).max(1));
        let by_chunk = CHUNK_BYTES_AT_LEAST.div_ceil(point_bytes);
        let wanted = by_shard.min(by_series).max(by_count).max(by_chunk).max(1);

        // About square, but wide where there are few rows; the last tile may be as wide as the others, not a rest.
        let square = ((wanted as f64).sqrt() / LANES as f64).round().max(1.0) as u64 * lanes;
        let side = square.max(wanted.div_ceil(rows).next_multiple_of(lanes)).min(columns);
        let least = CHUNK_BYTES_AT_LEAST.div_ceil(rows * point_bytes);
        let tile_columns = columns.div_ceil(side).min((columns / least).max(1));
        let width = columns.div_ceil(tile_columns).next_multiple_of(lanes).min(columns);
        let height = wanted.div_ceil(width).clamp(1, rows);
        let least = CHUNK_BYTES_AT_LEAST.div_ceil(width * point_bytes);
        let height = rows.div_ceil(rows.div_ceil(height).min((rows / least).max(1)));

        let (chunk_ni, tile_ni) = chunk_columns(width, point_bytes);
        let row_bytes = width * point_bytes;
        let chunk_rows = if chunk_ni < tile_ni { 1 } else { (CHUNK_BYTES / row_bytes).clamp(1, height) };
        let chunk_rows = height.div_ceil(height.div_ceil(chunk_rows));
        let tile_nj = height.next_multiple_of(chunk_rows) as usize;
        let map_rows = (MAP_BLOCK_BYTES / (columns * size_of::<f64>() as u64)) as usize;
        let map_nj = (map_rows / tile_nj).max(1) * tile_nj;
        Tiling {
            faces,
            rows_of_faces: rows_of_faces(&problem.abreast),
            nj,
            ni,
            tile_nj,
            tile_ni: tile_ni as usize,
            chunk_nj: chunk_rows as usize,
            chunk_ni: chunk_ni as usize,
            map_nj: map_nj.min(nj.next_multiple_of(tile_nj)),
        }
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

    /// The row of faces in which a face lies.
    pub fn row_of_faces(&self, face: usize) -> usize {
        self.rows_of_faces.partition_point(|row| row.end <= face)
    }

    /// Rows of tiles, across faces that lie side by side.
    pub fn rows_of_tiles(&self) -> usize {
        self.rows_of_faces.len() * self.rows()
    }

    /// All tiles in the order of the source: rows of faces, in them rows of tiles, then faces, then columns.
    pub fn all(&self) -> impl Iterator<Item = Tile> + '_ {
        self.rows_of_faces.iter().flat_map(move |faces| {
            (0..self.rows()).flat_map(move |row| {
                faces.clone().flat_map(move |face| {
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
        })
    }

    /// Points of the largest tile.
    pub fn tile_points(&self) -> u64 {
        (self.tile_nj.min(self.nj) * self.tile_ni.min(self.ni)) as u64
    }
}
