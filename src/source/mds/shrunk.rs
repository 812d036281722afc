//! Shrunk files of a lat-lon-cap grid: of the compact file only the words where the field's mask is wet.
//!
//! They are those of LLC4320 as NASA serves them: walk the compact file, level outermost, and keep each word whose word
//! of the mask is not zero. There is no header. The surface of a 3-D file is therefore its beginning.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Number;
use super::plane::PIECE_BYTES;
use crate::grid::{Bits, Extent, Facet, GridError, GridField, Masks, Window};

/// What a shrunk file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shrunk {
    /// Its mask.
    pub mask: GridField,
    /// Words of the levels above the one that is read.
    pub words_before: u64,
    /// Words of the file.
    pub words: u64,
}

impl Shrunk {
    /// A file of `words` words under `mask` from whose levels one, 1-based, is to be read; none if no number of whole
    /// levels has so many words.
    ///
    /// # Errors
    /// When the mask cannot be read.
    pub(super) fn of(masks: &Masks<'_>, mask: GridField, words: u64, level: u64) -> Result<Option<Self>, GridError> {
        if !masks.files().has(mask) {
            return Ok(None);
        }
        let (mut so_far, mut words_before) = (0, 0);
        for at in 1..=masks.files().levels(mask)? {
            if at as u64 == level {
                words_before = so_far;
            }
            so_far += masks.count(mask, at)?;
            if so_far >= words {
                let whole = so_far == words && at as u64 >= level;
                return Ok(whole.then_some(Shrunk { mask, words_before, words }));
            }
        }
        Ok(None)
    }
}

/// Where the words of one level of a shrunk file belong.
#[derive(Debug)]
pub struct ShrunkIndex {
    extent: Extent,
    mask: Arc<Bits>,
    /// Words before each row of each face, in a file of this level alone.
    row_starts: Vec<u64>,
    words_before: u64,
}

/// How many of the first `count` bits are one.
fn ones_before(words: &[u64], count: usize) -> u64 {
    let whole: u64 = words[..count / 64].iter().map(|word| u64::from(word.count_ones())).sum();
    let rest = match count % 64 {
        0 => 0,
        some => u64::from((words[count / 64] & ((1 << some) - 1)).count_ones()),
    };
    whole + rest
}

/// Runs of ones among the columns of a row: first column and length.
fn for_each_run(words: &[u64], columns: &Range<usize>, mut each: impl FnMut(usize, usize)) {
    let mut at = columns.start;
    while at < columns.end {
        let here = words[at / 64] >> (at % 64);
        let in_word = (64 - at % 64).min(columns.end - at);
        if here == 0 {
            at += in_word;
            continue;
        }
        at += (here.trailing_zeros() as usize).min(in_word);
        let ones = (words[at.min(columns.end - 1) / 64] >> (at % 64)).trailing_ones() as usize;
        let run = ones.min(64 - at % 64).min(columns.end - at);
        if run > 0 {
            each(at, run);
            at += run;
        }
    }
}

impl ShrunkIndex {
    /// Of the level whose mask this is.
    pub fn new(extent: Extent, mask: Arc<Bits>, words_before: u64) -> Self {
        let mut row_starts = vec![0; extent.faces * extent.nj];
        let mut words = 0;
        for facet in (0..extent.facets()).map(|number| extent.facet(number)) {
            for j in 0..facet.nj {
                for i in (0..facet.ni).step_by(extent.ni) {
                    let [face, j, _] = facet.cell(j, i);
                    row_starts[face * extent.nj + j] = words;
                    words += ones_before(mask.row(face, j), extent.ni);
                }
            }
        }
        ShrunkIndex { extent, mask, row_starts, words_before }
    }

    /// Words of the file before a place of a facet; `i` may be one beyond the last column.
    fn word(&self, facet: &Facet, j: usize, i: usize) -> u64 {
        // One beyond a face's last column is told by that face, so that no other facet is asked.
        let beyond = usize::from(i > 0 && i.is_multiple_of(self.extent.ni));
        let [face, j, column] = facet.cell(j, i - beyond);
        self.words_before
            + self.row_starts[face * self.extent.nj + j]
            + ones_before(self.mask.row(face, j), column + beyond)
    }

    /// Words of a window.
    pub fn words(&self, window: &Window) -> u64 {
        let facet = self.extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        j.map(|j| self.word(&facet, j, i.end) - self.word(&facet, j, i.start)).sum()
    }

    /// Reads a window of a file into `stored`, [j, i], 0 where there is no word; returns bytes read.
    ///
    /// Rows of a whole facet lie together and are read together.
    pub(super) fn read(&self, file: &File, number: Number, window: &Window, stored: &mut [u8]) -> io::Result<u64> {
        let facet = self.extent.facet_of(window.face);
        let (rows, columns) = facet.place(window);
        let value_bytes = number.bytes();
        let row_bytes = columns.len() * value_bytes;
        let at_once = if columns.len() == facet.ni { (PIECE_BYTES / row_bytes.max(1)).max(1) } else { 1 };
        let (mut words, mut bytes) = (Vec::new(), 0);
        stored.fill(0);
        for first in rows.clone().step_by(at_once) {
            let piece = first..(first + at_once).min(rows.end);
            let start = self.word(&facet, piece.start, columns.start);
            let end = self.word(&facet, piece.end - 1, columns.end);
            words.resize((end - start) as usize * value_bytes, 0);
            if words.is_empty() {
                continue;
            }
            file.read_exact_at(&mut words, start * value_bytes as u64)?;
            bytes += words.len() as u64;
            let mut rest = &words[..];
            for j in piece {
                let row = &mut stored[(j - rows.start) * row_bytes..][..row_bytes];
                self.expand(&facet, j, &columns, value_bytes, &mut rest, row);
            }
        }
        Ok(bytes)
    }

    /// Puts the words of a row to their columns; `words` loses them.
    fn expand(
        &self,
        facet: &Facet,
        j: usize,
        columns: &Range<usize>,
        value_bytes: usize,
        words: &mut &[u8],
        row: &mut [u8],
    ) {
        let mut at = columns.start;
        while at < columns.end {
            let [face, face_row, column] = facet.cell(j, at);
            let here = (self.extent.ni - column).min(columns.end - at);
            let offset = (at - columns.start) * value_bytes;
            for_each_run(self.mask.row(face, face_row), &(column..column + here), |first, run| {
                let (taken, rest) = words.split_at(run * value_bytes);
                row[offset + (first - column) * value_bytes..][..taken.len()].copy_from_slice(taken);
                *words = rest;
            });
            at += here;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Endian;
    use super::*;

    /// Masks of so many levels that nobody reads.
    struct Unread {
        levels: usize,
    }

    impl crate::grid::GridFiles for Unread {
        fn has(&self, _: GridField) -> bool {
            true
        }

        fn place(&self, _: GridField) -> String {
            String::new()
        }

        fn levels(&self, _: GridField) -> Result<usize, GridError> {
            Ok(self.levels)
        }

        fn read(&self, _: GridField, level: usize, _: &Window) -> Result<Vec<f64>, GridError> {
            panic!("level {level} is read")
        }
    }

    /// LLC4320's wet words at the surface and the lengths of its files, as they are published.
    #[test]
    fn the_words_of_llc4320() {
        const SURFACE: [(GridField, u64); 3] =
            [(GridField::HFacC, 140_637_966), (GridField::HFacW, 140_494_612), (GridField::HFacS, 140_485_647)];
        let extent = Extent::llc(4320);
        assert_eq!(4 * extent.points(), 970_444_800);
        // Deeper levels have fewer words; how many is made up.
        let counts: Vec<_> = SURFACE
            .iter()
            .flat_map(|&(mask, words)| (1..=3).map(move |level| (mask, level, words - 1_000_000 * (level as u64 - 1))))
            .collect();
        let files = Unread { levels: 3 };
        let masks = Masks::new(&files, extent).counted(&counts);
        for (mask, words) in SURFACE {
            let found = |words, level| Shrunk::of(&masks, mask, words, level).unwrap();
            let surface = Shrunk { mask, words_before: 0, words };
            assert_eq!(found(words, 1), Some(surface));
            // One word more or less is another file.
            assert_eq!((found(words + 1, 1), found(words - 1, 1), found(0, 1)), (None, None, None));
            // The surface of a 3-D file is its beginning; a file of the surface has no second level.
            let all = 3 * words - 3_000_000;
            assert_eq!(found(all, 1), Some(Shrunk { words: all, ..surface }));
            assert_eq!(found(all, 3), Some(Shrunk { words: all, words_before: 2 * words - 1_000_000, ..surface }));
            assert_eq!(found(words, 2), None);
            // The other masks have other counts.
            for (other, _) in SURFACE.into_iter().filter(|(other, _)| *other != mask) {
                assert_eq!(Shrunk::of(&masks, other, words, 1).unwrap(), None);
            }
        }
        assert_eq!(4 * SURFACE[0].1, 562_551_864);
    }

    /// Words counted one by one in the order of the file, and read from it, for windows of every facet.
    #[test]
    fn any_window_of_a_shrunk_file_is_read() {
        for nx in [3, 5, 64, 70] {
            let extent = Extent::llc(nx);
            let is_wet = |[face, j, i]: [usize; 3]| !(face * 7 + j * 131 + i * 37 + j * i / 3).is_multiple_of(3);
            let mut mask = Bits::zero(&extent);
            let (mut words, mut bytes) = (Vec::new(), Vec::new());
            for facet in (0..extent.facets()).map(|number| extent.facet(number)) {
                for (j, i) in (0..facet.nj).flat_map(|j| (0..facet.ni).map(move |i| (j, i))) {
                    let cell @ [face, row, column] = facet.cell(j, i);
                    if is_wet(cell) {
                        mask.set(face, row, column, true);
                        bytes.extend_from_slice(&(words.len() as f32).to_be_bytes());
                        words.push(cell);
                    }
                }
            }
            let number = Number::Float32(Endian::Big);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("U.shrunk");
            // Two levels: the first has 7 words.
            std::fs::write(&path, [vec![9; 7 * 4], bytes].concat()).unwrap();
            let file = File::open(&path).unwrap();
            let index = ShrunkIndex::new(extent, Arc::new(mask), 7);
            let value_of = |cell: [usize; 3]| words.iter().position(|&word| word == cell).map_or(0.0, |at| at as f32);
            let last = nx - 1;
            for (face, j, i) in [
                (0, 0..nx, 0..nx),
                (1, 0..2 * nx, 0..nx),
                (2, last..nx, 1..2),
                (4, last..nx + 1, 0..nx),
                (6, 1..2, 0..last),
                (7, 0..2, 0..3 * nx),
                (8, 0..nx, last..nx + 1),
                (11, 1..nx, 0..2 * nx),
                (12, 0..1, last..nx),
            ] {
                let window = Window { face, j, i };
                let facet = extent.facet_of(face);
                let (rows, columns) = facet.place(&window);
                let mut stored = vec![1; 4 * window.points()];
                let read = index.read(&file, number, &window, &mut stored).unwrap();
                let mut values = vec![0.0_f32; window.points()];
                number.decode(&stored, &mut values);
                let cells: Vec<_> =
                    rows.flat_map(|j| columns.clone().map(move |i| (j, i))).map(|(j, i)| facet.cell(j, i)).collect();
                let expected: Vec<f32> = cells.iter().map(|&cell| value_of(cell)).collect();
                assert_eq!(values, expected, "nx = {nx}, {window:?}");
                let wet = cells.into_iter().filter(|&cell| is_wet(cell)).count() as u64;
                assert_eq!((read, index.words(&window)), (4 * wet, wet), "nx = {nx}, {window:?}");
            }
        }
    }
}
