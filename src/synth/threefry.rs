//! Threefry-2x32-20: a random number that is a function of a key and a counter.
//!
//! Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11. Numbers by counter make
//! a record the same for any number of threads and any order of work. Of their generators this one needs neither a
//! table nor a wide multiplication, so compilers turn a loop over it into vector code; the crates that offer
//! such generators give one number after the other from a state, which would defeat that.

const ROTATIONS: [u32; 8] = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY: u32 = 0x1BD1_1BDA;

/// Two uniform 32-bit numbers for a key and a counter.
#[inline(always)]
pub(super) fn threefry(key: [u32; 2], counter: [u32; 2]) -> [u32; 2] {
    let schedule = [key[0], key[1], PARITY ^ key[0] ^ key[1]];
    let mut x = counter[0].wrapping_add(schedule[0]);
    let mut y = counter[1].wrapping_add(schedule[1]);
    for group in 0..5 {
        for round in 0..4 {
            x = x.wrapping_add(y);
            y = y.rotate_left(ROTATIONS[(group % 2) * 4 + round]) ^ x;
        }
        let injection = group + 1;
        x = x.wrapping_add(schedule[injection % 3]);
        y = y.wrapping_add(schedule[(injection + 1) % 3]).wrapping_add(injection as u32);
    }
    [x, y]
}

/// A key for one stream of a seed; `stream` tells apart what must be independent.
pub(super) fn stream_key(seed: u64, stream: u32) -> [u32; 2] {
    threefry([seed as u32, (seed >> 32) as u32], [stream, u32::MAX])
}

/// The `index`-th number of a stream, uniform in [0, 1).
pub(super) fn uniform(key: [u32; 2], index: u32) -> f64 {
    let [high, low] = threefry(key, [index, 0]);
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
    bits as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers published with the generator (Random123, kat_vectors).
    #[test]
    fn known_answers() {
        assert_eq!(threefry([0, 0], [0, 0]), [0x6b20_0159, 0x99ba_4efe]);
        assert_eq!(threefry([u32::MAX; 2], [u32::MAX; 2]), [0x1cb9_96fc, 0xbb00_2be7]);
        assert_eq!(threefry([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]), [0xc492_3a9c, 0x483d_f7a0]);
    }

    #[test]
    fn streams_differ_and_uniforms_fill_the_unit_interval() {
        assert_ne!(stream_key(1, 0), stream_key(1, 1));
        assert_ne!(stream_key(1, 0), stream_key(1 << 32, 0));
        let key = stream_key(7, 3);
        let numbers: Vec<f64> = (0..10_000).map(|n| uniform(key, n)).collect();
        assert!(numbers.iter().all(|x| (0.0..1.0).contains(x)));
        let mean = numbers.iter().sum::<f64>() / 1e4;
        // Standard error 1 / sqrt(12 · 10⁴) = 0.0029.
        assert!((mean - 0.5).abs() < 0.012, "{mean}");
    }
}
