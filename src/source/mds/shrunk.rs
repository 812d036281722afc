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
