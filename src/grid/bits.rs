//! One bit a grid point, [face, j, i], rows padded to whole 64-bit words.

use serde::{Deserialize, Serialize};

use super::Extent;

/// A mask of the native grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bits {
    nj: usize,
    words_per_row: usize,
    words: Vec<u64>,
}

impl Bits {
    /// All bits zero.
    pub fn zero(extent: &Extent) -> Self {
        let words_per_row = extent.ni.div_ceil(64);
        Bits { nj: extent.nj, words_per_row, words: vec![0; extent.faces * extent.nj * words_per_row] }
    }

    /// Words of one row; bit k of word w is column 64 w + k.
    pub fn row(&self, face: usize, j: usize) -> &[u64] {
        let start = (face * self.nj + j) * self.words_per_row;
        &self.words[start..start + self.words_per_row]
    }

    /// Words of one row, to change.
    pub fn row_mut(&mut self, face: usize, j: usize) -> &mut [u64] {
        let start = (face * self.nj + j) * self.words_per_row;
        &mut self.words[start..start + self.words_per_row]
    }

    /// Whether the bit is one.
    pub fn get(&self, face: usize, j: usize, i: usize) -> bool {
        self.row(face, j)[i / 64] >> (i % 64) & 1 == 1
    }

    /// Sets or clears a bit.
    pub fn set(&mut self, face: usize, j: usize, i: usize, value: bool) {
        let word = &mut self.row_mut(face, j)[i / 64];
        if value {
            *word |= 1 << (i % 64);
        } else {
            *word &= !(1 << (i % 64));
        }
    }

    /// How many bits are one.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// All words, to send to other ranks.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// A mask of `extent` from its words.
    pub fn from_words(extent: &Extent, words: Vec<u64>) -> Option<Self> {
        let words_per_row = extent.ni.div_ceil(64);
        (words.len() == extent.faces * extent.nj * words_per_row).then_some(Bits {
            nj: extent.nj,
            words_per_row,
            words,
        })
    }
}
