//! Shuffle: first bytes of all values, then their second bytes, and so on.

use crate::terms::{InstructionSet, VectorLoop};

/// Puts the bytes of each value together; bytes behind the last whole value stand at the end in either form.
///
/// Both have the same length.
pub(super) fn unshuffle(stored: &[u8], out: &mut [u8], value_bytes: usize) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_values_come_together() {
        for value_bytes in [1, 2, 3, 4, 5, 8, 16] {
            for length in [0, 1, 7, 8, 63, 64, 65, 127, 128, 129, 1000, 4096, 4099] {
                let data: Vec<u8> = (0..length).map(|at: usize| (at * 7 + at / 256) as u8).collect();
                let count = length / value_bytes;
                // As the definition has it.
                let mut stored: Vec<u8> = (0..value_bytes)
                    .flat_map(|byte| (0..count).map(move |at| at * value_bytes + byte))
                    .map(|at| data[at])
                    .collect();
                stored.extend(&data[count * value_bytes..]);
                let mut out = vec![0xee; length];
                unshuffle(&stored, &mut out, value_bytes);
                assert_eq!(out, data, "{length} bytes in values of {value_bytes}");
            }
        }
    }
}
