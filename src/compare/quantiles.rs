//! Exact quantiles of values that need not fit the memory, in a few passes over them.

use std::collections::BTreeMap;

/// Bits of a value that one pass decides.
const STEP: u32 = 16;
const BUCKETS: usize = 1 << STEP;

/// Quantiles by linear interpolation between order statistics (Hyndman & Fan 1996, definition 7, as numpy and R have it by
/// default). Each pass counts the values by the next 16 bits of their order, so that four passes find them to the last bit
/// in 512 KiB for each order statistic.
pub(super) struct Quantiles<const N: usize> {
    wanted: [f64; N],
    /// How many values there are, once the first pass is over.
    total: u64,
    /// Lower and upper neighbour of each quantile: its rank among the values that begin with its bits so far.
    neighbours: Vec<Neighbour>,
    /// Bits that are known of the neighbours.
    known: u32,
    /// By the bits so far, how many values have each of the next.
    counts: BTreeMap<u64, Vec<u64>>,
}

#[derive(Clone, Copy)]
struct Neighbour {
    rank: u64,
    bits: u64,
}

/// Bits that are in the order of the values; NaN is not to be asked for.
fn ordered(value: f64) -> u64 {
    // -0 and 0 are one value.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn value_of(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered })
}

impl<const N: usize> Quantiles<N> {
    /// Quantiles `wanted`, each in [0, 1].
    pub(super) fn new(wanted: [f64; N]) -> Self {
        let counts = BTreeMap::from([(0, vec![0; BUCKETS])]);
        Quantiles { wanted, total: 0, neighbours: vec![], known: 0, counts }
    }

    /// A value of this pass; every pass must have the same.
    pub(super) fn count(&mut self, value: f64) {
        let ordered = ordered(value);
        let bits = ordered.checked_shr(u64::BITS - self.known).unwrap_or(0);
        if let Some(counts) = self.counts.get_mut(&bits) {
            counts[(ordered >> (u64::BITS - STEP - self.known)) as usize % BUCKETS] += 1;
        }
    }

    /// Ends a pass; whether another is needed.
    pub(super) fn narrow(&mut self) -> bool {
        if self.known == 0 {
            self.total = self.counts.values().flatten().sum();
            let last = self.total.saturating_sub(1);
            let ranks = self.wanted.iter().flat_map(|quantile| {
                let rank = quantile * last as f64;
                [rank.floor() as u64, rank.ceil() as u64]
            });
            self.neighbours = ranks.map(|rank| Neighbour { rank: rank.min(last), bits: 0 }).collect();
        }
        if self.total == 0 {
            return false;
        }
        for neighbour in &mut self.neighbours {
            let counts = self.counts.get(&neighbour.bits).map_or(&[][..], Vec::as_slice);
            for (bucket, count) in (0..).zip(counts) {
                if neighbour.rank < *count {
                    neighbour.bits = neighbour.bits << STEP | bucket;
                    break;
                }
                neighbour.rank -= count;
            }
        }
        self.known += STEP;
        let more = self.known < u64::BITS;
        let begun = self.neighbours.iter().filter(|_| more).map(|neighbour| (neighbour.bits, vec![0; BUCKETS]));
        self.counts = begun.collect();
        more
    }

    /// The quantiles, after the last pass; None of no values.
    pub(super) fn values(&self) -> Option<[f64; N]> {
        if self.total == 0 || self.known < u64::BITS {
            return None;
        }
        let mut values = self.wanted;
        for (value, pair) in values.iter_mut().zip(self.neighbours.chunks_exact(2)) {
            let rank = *value * (self.total - 1) as f64;
            let [low, high] = [value_of(pair[0].bits), value_of(pair[1].bits)];
            // Of equal neighbours the value itself, also where it is infinite.
            *value = if low == high { low } else { low + (high - low) * rank.fract() };
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles(values: &[f64]) -> Option<[f64; 3]> {
        let mut quantiles = Quantiles::new([0.05, 0.5, 0.95]);
        let mut passes = 0;
        loop {
            values.iter().for_each(|&value| quantiles.count(value));
            passes += 1;
            if !quantiles.narrow() {
                break;
            }
        }
        assert!(passes <= 4);
        quantiles.values()
    }

    /// The definition: sort, and interpolate.
    fn sorted(values: &[f64], quantile: f64) -> f64 {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let rank = quantile * (values.len() - 1) as f64;
        let (low, high) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
        low + (high - low) * rank.fract()
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let noise = |n: u64| {
            let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            (mixed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for count in [1, 2, 3, 20, 21, 1000, 4999] {
            for scale in [1.0, -1e-300, 1e300] {
                // Of several signs and sizes, and many close to each other.
                let near = (0..count).map(|n| scale * (1.0 + 1e-13 * noise(n)));
                let spread = (0..count).map(|n| scale * (noise(n) - 0.3));
                for values in [near.collect::<Vec<f64>>(), spread.collect()] {
                    let found = quantiles(&values).unwrap();
                    assert_eq!(found, [0.05, 0.5, 0.95].map(|q| sorted(&values, q)), "{count} {scale}");
                }
            }
        }
        assert_eq!(quantiles(&[]), None);
        assert_eq!(quantiles(&[1.0, 2.0]), Some([1.05, 1.5, 1.95]));
        assert_eq!(quantiles(&[f64::INFINITY; 3]), Some([f64::INFINITY; 3]));
        assert_eq!(quantiles(&[-0.0, 0.0, -1.0]).unwrap()[1], 0.0);
    }
}
