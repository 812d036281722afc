//! Shuffling undone: bytes, or bits, of equal significance stand together in what comes in, values in what goes out.

use crate::terms::{InstructionSet, VectorLoop};

/// Undoes the shuffle of bytes of values of `typesize` bytes; both slices are of one length. Bytes past the last whole
/// value stand as they are.
pub(super) fn unshuffle(typesize: usize, shuffled: &[u8], out: &mut [u8]) {
    if typesize <= 1 {
        out.copy_from_slice(shuffled);
        return;
    }
    let values = shuffled.len() / typesize;
    let (planes, rest) = shuffled.split_at(values * typesize);
    let (out, rest_out) = out.split_at_mut(values * typesize);
    rest_out.copy_from_slice(rest);
    let set = InstructionSet::detect();
    match typesize {
        2 => set.run(Interleave::<2> { planes, out }),
        4 => set.run(Interleave::<4> { planes, out }),
        8 => set.run(Interleave::<8> { planes, out }),
        _ if values > 0 => {
            for (at, plane) in planes.chunks_exact(values).enumerate() {
                for (byte, value) in plane.iter().zip(out.chunks_exact_mut(typesize)) {
                    value[at] = *byte;
                }
            }
        }
        _ => {}
    }
}

/// Planes of the first, second, ... bytes of values of `N` bytes, turned into values.
struct Interleave<'a, const N: usize> {
    planes: &'a [u8],
    out: &'a mut [u8],
}

impl<const N: usize> VectorLoop for Interleave<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (out, _) = self.out.as_chunks_mut::<N>();
        let values = out.len();
        let planes: [&[u8]; N] = std::array::from_fn(|at| &self.planes[at * values..(at + 1) * values]);
        for (i, value) in out.iter_mut().enumerate() {
            for (byte, plane) in value.iter_mut().zip(&planes) {
                *byte = plane[i];
            }
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
        for typesize in [1, 2, 3, 4, 8, 16, 255] {
            for length in [0, 1, 7, 64, 1000, 4096 + 5] {
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
