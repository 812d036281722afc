//! The container of blosc 1, as numcodecs and HDF5's filter write it: what comes in is a chunk's bytes, what goes out
//! are its values' bytes. Nothing is allocated by what the bytes claim before that is checked against what is expected.
//!
//! Layout (README_CHUNK_FORMAT.rst of c-blosc): 16 bytes of header, the place of each block, then the blocks, each
//! compressed in one piece or in as many as a value has bytes.

mod lz;
#[cfg(test)]
mod tests;

use super::inflate::{Inflate, lz4};
use super::shuffle::{bit_unshuffle, unshuffle};

/// Bytes before the places of the blocks.
const HEADER: usize = 16;
/// Version of the container that c-blosc 1 writes.
const FORMAT: u8 = 2;
/// Values of more bytes are never split.
const MOST_SPLITS: usize = 16;
/// Blocks of fewer values are never split.
const FEWEST_VALUES_TO_SPLIT: usize = 128;

/// What the first bytes say, checked.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Header {
    flags: u8,
    typesize: usize,
    /// Bytes when decoded.
    pub(in super::super) decoded_bytes: usize,
    block_bytes: usize,
}

impl Header {
    /// Reads the header of a chunk that is `encoded` and no more.
    pub(in super::super) fn read(encoded: &[u8]) -> Result<Self, String> {
        let Some((header, rest)) = encoded.split_at_checked(HEADER) else {
            return Err(format!("blosc's header has {HEADER} bytes, there are {}", encoded.len()));
        };
        let word =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
        let (flags, typesize) = (header[2], usize::from(header[3]));
        let (decoded_bytes, block_bytes, encoded_bytes) = (word(4), word(8), word(12));
        if header[0] != FORMAT {
            return Err(format!("blosc's format is {}, known is {FORMAT}", header[0]));
        }
        if flags & 8 != 0 || typesize == 0 {
            return Err(format!("blosc's header has flags {flags:#04x} and values of {typesize} bytes"));
        }
        if encoded_bytes != encoded.len() {
            return Err(format!("blosc's header says {encoded_bytes} bytes, there are {}", encoded.len()));
        }
        let header = Header { flags, typesize, decoded_bytes, block_bytes };
        if header.is_copy() {
            if rest.len() != decoded_bytes {
                return Err(format!("blosc's header says {decoded_bytes} bytes as they are, there are {}", rest.len()));
            }
        } else if block_bytes == 0 || block_bytes > decoded_bytes || header.blocks() > rest.len() / 4 {
            return Err(format!(
                "blosc's header says blocks of {block_bytes} of {decoded_bytes} bytes, in {encoded_bytes} bytes"
            ));
        }
        Ok(header)
    }

    /// Whether the bytes follow as they are.
    fn is_copy(&self) -> bool {
        self.flags & 2 != 0
    }

    fn blocks(&self) -> usize {
        self.decoded_bytes.div_ceil(self.block_bytes)
    }

    /// Pieces of a block of `block_bytes`.
    fn splits(&self, block_bytes: usize) -> usize {
        let split = self.flags & 16 == 0
            && self.typesize <= MOST_SPLITS
            && self.block_bytes / self.typesize >= FEWEST_VALUES_TO_SPLIT
            && block_bytes == self.block_bytes;
        if split { self.typesize } else { 1 }
    }

    /// Decodes `encoded`, whose header this is, into `out`, which has the header's length.
    pub(in super::super) fn decode(
        &self,
        encoded: &[u8],
        out: &mut [u8],
        inflate: &mut Inflate,
        shuffled: &mut Vec<u8>,
    ) -> Result<(), String> {
        if self.is_copy() {
            out.copy_from_slice(&encoded[HEADER..]);
            return Ok(());
        }
        let bytes = self.flags & 1 != 0 && self.typesize > 1;
        let bits = !bytes && self.flags & 4 != 0;
        for (at, block) in out.chunks_mut(self.block_bytes).enumerate() {
            let start = number(encoded, HEADER + 4 * at).ok_or_else(|| lost(at))?;
            if !(bytes || bits && block.len() >= self.typesize) {
                self.block(encoded, (at, start), block, inflate)?;
                continue;
            }
            super::resize(shuffled, block.len())?;
            self.block(encoded, (at, start), shuffled, inflate)?;
            if bytes {
                unshuffle(self.typesize, shuffled, block);
            } else {
                bit_unshuffle(self.typesize, shuffled, block);
            }
        }
        Ok(())
    }

    /// Decompresses block number `at`, which begins at `start`.
    fn block(
        &self,
        encoded: &[u8],
        (at, start): (usize, usize),
        block: &mut [u8],
        inflate: &mut Inflate,
    ) -> Result<(), String> {
        let splits = self.splits(block.len());
        // A block that is split has whole values: its length over the splits is one, or the container is no container.
        let piece = block.len() / splits;
        let (whole, rest) = block.split_at_mut(piece * splits);
        let mut place = start;
        for out in whole.chunks_mut(piece) {
            let length = number(encoded, place).ok_or_else(|| lost(at))?;
            let input = (place + 4).checked_add(length).and_then(|end| encoded.get(place + 4..end));
            let input = input.ok_or_else(|| lost(at))?;
            place += 4 + length;
            if length == piece {
                out.copy_from_slice(input);
                continue;
            }
            let wrong = || format!("block {at} of blosc's does not decompress to {piece} bytes");
            match self.flags >> 5 {
                0 => lz::blosclz(input, out).ok_or_else(wrong)?,
                1 => lz4(input, out).map_err(|reason| format!("{}: {reason}", wrong()))?,
                2 => lz::snappy(input, out).ok_or_else(wrong)?,
                3 => inflate.zlib(input, out).map_err(|reason| format!("{}: {reason}", wrong()))?,
                4 => inflate.zstd(input, out).map_err(|reason| format!("{}: {reason}", wrong()))?,
                other => return Err(format!("blosc's compressor number {other} is not known")),
            }
        }
        // As the reference does not write it either.
        rest.fill(0);
        Ok(())
    }
}

/// Four bytes as a length or place.
fn number(encoded: &[u8], at: usize) -> Option<usize> {
    let bytes = encoded.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
}

fn lost(block: usize) -> String {
    format!("block {block} of blosc's lies beyond its end")
}
