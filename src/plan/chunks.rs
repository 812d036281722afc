//! Decoded chunks in memory while a pass is read.
//!
//! The work goes along time, and at each time through the strips of the pass. What no later time has a use for is of the strips
//! in hand; a chunk that goes on is kept for all strips until its time is over.

use std::collections::BTreeSet;

use super::limits::span;
use super::{Machine, Problem, Tile, Tiling};

/// A chunk along rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLength {
    /// Native cells of a chunk.
    pub chunk: usize,
    /// Native cells of an array: of the grid's face, or of a tile of the source.
    pub array: usize,
}

/// The unit that a field of a compressed source is decoded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkSize {
    /// Snapshots.
    pub steps: usize,
    /// Faces.
    pub faces: usize,
    /// Levels.
    pub levels: usize,
    /// Bytes of a value.
    pub value_bytes: usize,
    /// Rows.
    pub rows: ChunkLength,
    /// Columns.
    pub columns: ChunkLength,
    /// Whether each time is spread over several arrays: tiles.
    pub tiled: bool,
    /// Whether chunks of other fields begin or end within this one's time.
    pub goes_on: bool,
    /// Native row of the first selected one, from an edge of chunks.
    pub first_row: usize,
}

/// A chunk's key, here and in the lists of those who need it, and its place in the cache.
const KEY_BYTES: u64 = 256;

/// The product, or the largest number.
fn product(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor))
}

impl ChunkLength {
    /// Chunks that `cells` cells and one beyond them touch, at most.
    fn touched(self, cells: usize, tiled: bool) -> u64 {
        let cells = (cells as u64).saturating_add(1);
        let (chunk, array) = (self.chunk.max(1) as u64, self.array.max(1) as u64);
        let of_array = array.div_ceil(chunk);
        if !tiled {
            return cells.div_ceil(chunk).saturating_add(1).min(of_array);
        }
        let arrays = cells.div_ceil(array).saturating_add(1);
        cells.div_ceil(chunk).saturating_add(product(&[2, arrays])).min(product(&[arrays, of_array]))
    }
}

impl ChunkSize {
    /// Bytes of a decoded chunk.
    pub fn bytes(&self) -> u64 {
        let lengths = [self.steps, self.faces, self.levels, self.rows.chunk, self.columns.chunk, self.value_bytes];
        product(&lengths.map(|length| length.max(1) as u64))
    }

    /// Chunks across one face.
    fn across(&self, problem: &Problem) -> u64 {
        self.columns.touched(span(problem.ni, problem.stride), self.tiled)
    }

    /// Rows of chunks, of all faces, that some tiles touch, with the row of cells beyond them.
    fn rows_of_chunks(&self, problem: &Problem, tiling: &Tiling, tiles: &[Tile]) -> u64 {
        let chunk = self.rows.chunk.max(1);
        let row_of = |row: usize| self.first_row.saturating_add(row.saturating_mul(problem.stride));
        let (mut strips, mut touched) = (BTreeSet::new(), BTreeSet::new());
        for tile in tiles {
            if strips.insert((tile.face, tile.row)) && !self.tiled {
                let (first, last) = (row_of(tile.j.start), row_of(tile.j.end - 1).saturating_add(1));
                touched.extend((first / chunk..=last / chunk).map(|row| (tile.face, row)));
            }
        }
        match self.tiled {
            true => product(&[strips.len() as u64, self.of_strip(problem, tiling)]),
            false => {
                // The row of cells beyond the last of a face is in no chunk of it.
                let faces = strips.iter().map(|(face, _)| face).collect::<BTreeSet<_>>().len() as u64;
                let of_face = self.rows.array.max(1).div_ceil(chunk) as u64;
                (touched.len() as u64).min(product(&[faces, of_face]))
            }
        }
    }

    /// Rows of chunks that a row of tiles of one face touches.
    fn of_strip(&self, problem: &Problem, tiling: &Tiling) -> u64 {
        self.rows.touched(span(tiling.tile_nj.min(problem.nj), problem.stride), self.tiled)
    }

    /// Bytes of the chunks that some tiles touch at one time.
    pub(super) fn decoded_bytes(&self, problem: &Problem, tiling: &Tiling, tiles: &[Tile]) -> u64 {
        product(&[self.rows_of_chunks(problem, tiling, tiles), self.across(problem), self.bytes()])
    }
}

/// The most that decoded chunks and their keys take while one rank reads `tiles`.
pub(super) fn held_bytes(problem: &Problem, machine: &Machine, tiling: &Tiling, tiles: &[Tile]) -> u64 {
    let abreast = problem.abreast.iter().copied().max().unwrap_or(1) as u64;
    let strips =
        tiles.iter().map(|tile| (tiling.row_of_faces(tile.face), tile.row)).collect::<BTreeSet<_>>().len() as u64;
    let threads = machine.threads.max(1) as u64;
    // Times that are in hand together where there are fewer strips than threads.
    let times = (threads - 1).div_ceil(strips.max(1)) + 1;
    let of_chunk = |chunk: &ChunkSize| {
        // What lies beyond a facet's edge is a column or row of another.
        let beyond = match problem.faces {
            1 => 0,
            _ => chunk.rows.touched(chunk.rows.array, false).max(chunk.columns.touched(chunk.columns.array, false)),
        };
        let strip = product(&[chunk.of_strip(problem, tiling), chunk.across(problem), abreast]).saturating_add(beyond);
        let rows = chunk.rows_of_chunks(problem, tiling, tiles);
        let all = product(&[rows, chunk.across(problem)]).saturating_add(product(&[beyond, strips]));
        let in_hand = product(&[strip, threads + 1]).min(product(&[all, times]));
        // Chunks of several faces are of use to the last of these.
        let held = match chunk.goes_on || chunk.faces > 1 {
            true => all.saturating_add(in_hand.min(all)),
            false => in_hand,
        };
        let keys = product(&[strip, strips, times + 1]).saturating_add(held);
        product(&[held, chunk.bytes()]).saturating_add(product(&[keys, KEY_BYTES]))
    };
    let held = problem.chunks.iter().map(of_chunk).fold(0, u64::saturating_add);
    // A chunk as it is read, and between two filters.
    let largest = problem.chunks.iter().map(ChunkSize::bytes).max().unwrap_or(0);
    held.saturating_add(product(&[2, threads, largest]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Cuts, Occupancy};

    const MEBIBYTE: u64 = 1 << 20;

    fn chunk(steps: usize, rows: usize, columns: usize) -> ChunkSize {
        ChunkSize {
            steps,
            faces: 1,
            levels: 1,
            value_bytes: 4,
            rows: ChunkLength { chunk: rows, array: 400 },
            columns: ChunkLength { chunk: columns, array: 400 },
            tiled: false,
            goes_on: false,
            first_row: 0,
        }
    }

    /// Bytes held while the first `rows_of_tiles` of ten are read, by one thread.
    fn held(chunks: &[ChunkSize], rows_of_tiles: usize) -> u64 {
        let problem = Problem {
            faces: 1,
            abreast: vec![1],
            nj: 400,
            ni: 400,
            stride: 1,
            native_points: 160_000,
            steps: 4000,
            stored_steps: 4000,
            fields: 2,
            sample_bytes: 4,
            stored_bytes: 4,
            chunks: chunks.to_vec(),
            source_bytes: 0,
            cuts: Cuts::default(),
            segment: 100,
            frequencies: 100,
            spectra: 1,
            spectrum_values: 100,
            kept_arrays: 1,
            kept_values: 100,
            held_values: 100,
            area_arrays: 0,
            area_numbers: 0,
            area_length: 0,
            map_bytes_per_point: 8,
            map_planes: 1,
            kernel_scratch_bytes: 0,
        };
        let machine = Machine { ranks: 1, nodes: 1, ranks_per_node: 1, threads: 1, memory_bytes_per_rank: u64::MAX };
        let tiling = Tiling { tile_nj: 40, tile_ni: 400, ..Tiling::new(&problem) };
        let tile = |row: usize| Tile {
            face: 0,
            j: row * 40..(row + 1) * 40,
            i: 0..400,
            row,
            column: 0,
            occupancy: Occupancy { points: 16_000, groups: 1000 },
        };
        held_bytes(&problem, &machine, &tiling, &(0..rows_of_tiles).map(tile).collect::<Vec<_>>())
    }

    #[test]
    fn each_field_counts_its_own_chunks() {
        // Series of u, 4000 x 10 x 10, beside maps of v, 1 x 400 x 400: not 4000 maps.
        let series = ChunkSize { goes_on: true, ..chunk(4000, 10, 10) };
        let both = held(&[series, chunk(1, 400, 400)], 1);
        // Of u five rows of 40 chunks of 1.5 MiB, and in passing as many again.
        assert!((300 * MEBIBYTE..700 * MEBIBYTE).contains(&both), "{both}");
        let alone = held(&[series], 1) + held(&[chunk(1, 400, 400)], 1);
        assert!(both <= alone && alone - both < 10 * MEBIBYTE, "{both} {alone}");
    }

    #[test]
    fn chunks_beyond_the_array_do_not_count() {
        // One chunk is the whole map of 240 times: it, and as much again to read and decode it twice over.
        let map = chunk(240, 400, 400).bytes();
        let held = held(&[chunk(240, 400, 400)], 10);
        assert!((map..=3 * map + MEBIBYTE).contains(&held), "{held} {map}");
    }

    #[test]
    fn what_goes_on_is_held_of_all_strips() {
        let (ends, goes_on) = (chunk(24, 40, 40), ChunkSize { goes_on: true, ..chunk(24, 40, 40) });
        assert!(held(&[ends], 10) < held(&[ends], 5) + MEBIBYTE);
        assert!(held(&[goes_on], 10) > held(&[goes_on], 2) + 8 * 10 * ends.bytes());
        let whole = 100 * ends.bytes();
        assert!((whole..2 * whole).contains(&held(&[goes_on], 10)));
    }

    #[test]
    fn no_length_overflows() {
        let huge = ChunkLength { chunk: usize::MAX, array: usize::MAX };
        let small = ChunkLength { chunk: 1, array: usize::MAX };
        for (rows, columns) in [(huge, huge), (small, huge), (small, small)] {
            for tiled in [false, true] {
                let sizes =
                    ChunkSize { faces: usize::MAX, levels: 1 << 42, rows, columns, tiled, ..chunk(1 << 42, 1, 1) };
                assert!(held(&[sizes], 3) > 1 << 60);
            }
        }
    }
}
