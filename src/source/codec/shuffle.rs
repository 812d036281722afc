//! Shuffling undone: bytes, or bits, of equal significance stand together in what comes in, values in what goes out.

use crate::terms::{InstructionSet, VectorLoop};

/// Puts the bytes of each value together; bytes behind the last whole value stand at the end in either form.
///
/// Both have the same length.
pub(in super::super) fn unshuffle(value_bytes: usize, stored: &[u8], out: &mut [u8]) {
    let count = stored.len() / value_bytes.max(1);
    let (planes, rest) = stored.split_at(count * value_bytes);
    let (values, end) = out.split_at_mut(planes.len());
    end.copy_from_slice(rest);
    match value_bytes {
        0 | 1 => values.copy_from_slice(planes),
        2 | 4 | 8 => InstructionSet::detect().run(Interleave { planes, values, value_bytes }),
        _ => {
            for (at, value) in values.chunks_exact_mut(value_bytes).enumerate() {
                for (byte, plane) in value.iter_mut().zip(planes.chunks_exact(count)) {
                    *byte = plane[at];
                }
            }
        }
    }
}

struct Interleave<'a> {
    planes: &'a [u8],
    values: &'a mut [u8],
    value_bytes: usize,
}

impl VectorLoop for Interleave<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Interleave { planes, values, value_bytes } = self;
        match value_bytes {
            2 => interleave::<2>(planes, values),
            4 => interleave::<4>(planes, values),
            _ => interleave::<8>(planes, values),
        }
    }
}

/// Blocks of values that are long enough for vectors, and short enough that their bytes of every plane stay in the
/// first cache.
const BLOCK: usize = 64;

#[inline(always)]
fn interleave<const N: usize>(planes: &[u8], values: &mut [u8]) {
    let count = planes.len() / N;
    let (values, _) = values.as_chunks_mut::<N>();
    let mut from = 0;
    while from + BLOCK <= count {
        // Lengths that the compiler knows, so that it needs no checks within.
        let mut parts = [[0; BLOCK]; N];
        for (part, plane) in parts.iter_mut().zip(planes.chunks_exact(count)) {
            part.copy_from_slice(&plane[from..from + BLOCK]);
        }
        let (blocks, _) = values[from..].as_chunks_mut::<BLOCK>();
        if let Some(block) = blocks.first_mut() {
            for at in 0..BLOCK {
                for byte in 0..N {
                    block[at][byte] = parts[byte][at];
                }
            }
        }
        from += BLOCK;
    }
    for (at, value) in values.iter_mut().enumerate().skip(from) {
        for (byte, plane) in value.iter_mut().zip(planes.chunks_exact(count)) {
            *byte = plane[at];
        }
    }
}

/// Undoes blosc's shuffle of bits of values of `typesize` bytes; both slices are of one length. Blosc leaves all as it is
/// unless the values are a multiple of 8.
pub(super) fn bit_unshuffle(typesize: usize, shuffled: &[u8], out: &mut [u8]) {
    let values = shuffled.len() / typesize.max(1);
    if values == 0 || !values.is_multiple_of(8) {
        out.copy_from_slice(shuffled);
        return;
    }
    let row = values / 8;
    let (planes, rest) = shuffled.split_at(values * typesize);
    let (out, rest_out) = out.split_at_mut(values * typesize);
    rest_out.copy_from_slice(rest);
    // Eight rows, of the bits 0 to 7 of one byte of all values.
    for (at, rows) in planes.chunks_exact(8 * row).enumerate() {
        let rows: [&[u8]; 8] = std::array::from_fn(|bit| &rows[bit * row..(bit + 1) * row]);
        for (i, eight) in out.chunks_exact_mut(8 * typesize).enumerate() {
            let turned = transpose_bits(u64::from_le_bytes(rows.map(|row| row[i])));
            for (value, byte) in turned.to_le_bytes().into_iter().enumerate() {
                eight[value * typesize + at] = byte;
            }
        }
    }
}

/// Turns 8 x 8 bits about their diagonal, byte `i` being row `i`, by exchanging squares of 1, 2 and 4 bits
/// (Warren, Hacker's Delight, 2nd ed., section 7-3).
fn transpose_bits(mut x: u64) -> u64 {
    for (shift, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let t = (x ^ (x >> shift)) & mask;
        x ^= t ^ (t << shift);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_equal_significance_are_put_into_their_values() {
        for typesize in [1, 2, 3, 4, 5, 8, 16, 255] {
            for length in [0, 1, 7, 8, 63, 64, 65, 127, 128, 129, 1000, 4096, 4096 + 5] {
                let plain: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
                let values = length / typesize;
                let mut shuffled = Vec::new();
                for byte in 0..typesize {
                    shuffled.extend((0..values).map(|value| plain[value * typesize + byte]));
                }
                shuffled.extend(&plain[values * typesize..]);
                let mut out = vec![0xee; length];
                unshuffle(typesize, &shuffled, &mut out);
                assert_eq!(out, plain, "{typesize} {length}");
            }
        }
    }

    #[test]
    fn bits_of_equal_significance_are_put_into_their_values() {
        for typesize in [1, 2, 4, 5, 8] {
            for values in [8, 64, 1000, 12] {
                let length = values * typesize + 3 % typesize;
                let plain: Vec<u8> = (0..length).map(|at| (at * at * 31 % 251) as u8).collect();
                let mut shuffled = plain.clone();
                if values % 8 == 0 {
                    shuffled[..values * typesize].fill(0);
                    for value in 0..values {
                        for bit in 0..8 * typesize {
                            let set = plain[value * typesize + bit / 8] >> (bit % 8) & 1;
                            shuffled[bit * values / 8 + value / 8] |= set << (value % 8);
                        }
                    }
                }
                let mut out = vec![0xee; length];
                bit_unshuffle(typesize, &shuffled, &mut out);
                assert_eq!(out, plain, "{typesize} {values}");
            }
        }
    }
}
