//! What a segment's length costs: transforms are quick where all its prime factors are 2, 3 and 5.
//!
//! In: a length N [samples] and the type of the samples. Out: N's prime factors; the nearest lengths 2^a 3^b 5^c
//! ("5-smooth") below and above; how long a complex transform of each takes [ns per sample] on one core of the machine
//! that this runs on. Other primes go by the convolutions of Rader (1968) and Bluestein (1970), whose cost differs from
//! length to length and from CPU to CPU, so that it is measured and not modelled. This alone in the room reads a clock.

use std::time::{Duration, Instant};

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use serde::Serialize;

use crate::terms::Sample;

/// The largest prime factor of a quick length.
const LARGEST_QUICK_FACTOR: usize = 5;

/// The longest segment that is measured [samples]: fifteen years of hours. At eight times as many, rustfft needs 0.3 s to
/// plan one transform of a prime length.
const MEASURED_AT_MOST: usize = 1 << 17;

/// Measuring goes on for this long, or this many rounds, and for one round at least.
const MEASURING_TIME: Duration = Duration::from_millis(80);
const ROUNDS: usize = 200;

/// Samples transformed between two looks at the clock, at least: some tens of microseconds.
const SAMPLES_A_LOOK: usize = 1 << 13;

/// A length and the time of its transform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LengthCost {
    /// Length [samples].
    pub samples: usize,
    /// Time of one complex transform in place divided by its length [ns]; none where it was not measured.
    pub ns_per_sample: Option<f64>,
}

/// A segment that is not 5-smooth beside its 5-smooth neighbours.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SegmentCost {
    /// The segment.
    pub segment: LengthCost,
    /// Its prime factors, ascending, repeated ones as often as they divide it.
    pub prime_factors: Vec<usize>,
    /// The nearest 5-smooth length below.
    pub shorter: LengthCost,
    /// The nearest 5-smooth length above.
    pub longer: LengthCost,
}

impl SegmentCost {
    /// Measures segments of `length` samples and their neighbours, in about a tenth of a second; above 2^17 samples it
    /// only names them. None where `length` is 5-smooth itself: nothing is measured then.
    pub fn measure<T: Sample>(length: usize) -> Option<SegmentCost> {
        let prime_factors = prime_factors(length);
        if prime_factors.last().is_none_or(|largest| *largest <= LARGEST_QUICK_FACTOR) {
            return None;
        }
        let [shorter, longer] = smooth_neighbours(length);
        let lengths = [length, shorter, longer];
        let times = if length <= MEASURED_AT_MOST { transform_times::<T>(lengths).map(Some) } else { [None; 3] };
        let cost = |at: usize| LengthCost { samples: lengths[at], ns_per_sample: times[at] };
        Some(SegmentCost { segment: cost(0), prime_factors, shorter: cost(1), longer: cost(2) })
    }
}

/// The prime factors of `number`, ascending and with repetition; none of 0 and 1. Trial division, for numbers that are
/// lengths of records.
fn prime_factors(number: usize) -> Vec<usize> {
    let mut factors = Vec::new();
    let mut rest = number;
    let mut divisor = 2;
    while rest > 1 {
        if divisor > rest / divisor {
            divisor = rest;
        }
        while rest.is_multiple_of(divisor) {
            factors.push(divisor);
            rest /= divisor;
        }
        divisor += 1;
    }
    factors
}

/// The largest 5-smooth number up to `number`, which is at least 1, and the smallest from it on.
fn smooth_neighbours(number: usize) -> [usize; 2] {
    let mut shorter = 1;
    let mut longer = number.next_power_of_two();
    let powers = |first: usize, base: usize| {
        std::iter::successors(Some(first), move |power| power.checked_mul(base))
            .take_while(move |power| *power <= number.next_power_of_two())
    };
    for odd in powers(1, 5).flat_map(|fives| powers(fives, 3)) {
        if odd > number {
            longer = longer.min(odd);
            continue;
        }
        let below = odd << (number / odd).ilog2();
        shorter = shorter.max(below);
        longer = longer.min(if below == number { below } else { 2 * below });
    }
    [shorter, longer]
}

/// Time of a transform of each length [ns per sample]: the median of several, for clocks and neighbours vary within a
/// measurement. The lengths take turns, so that what disturbs for long disturbs all.
fn transform_times<T: Sample>(lengths: [usize; 3]) -> [f64; 3] {
    let zero = Complex::new(T::zero(), T::zero());
    let mut planner = FftPlanner::<T>::new();
    // Zeros stay zeros, and take as long as other numbers: these would grow by sqrt(N) from transform to transform.
    let mut transforms = lengths.map(|length| {
        let fft = planner.plan_fft_forward(length);
        let scratch = vec![zero; fft.get_inplace_scratch_len()];
        (fft, vec![zero; length], scratch)
    });
    let mut round = || {
        transforms.each_mut().map(|(fft, row, scratch)| {
            let repeats = SAMPLES_A_LOOK.div_ceil(row.len());
            let start = Instant::now();
            for _ in 0..repeats {
                fft.process_with_scratch(row, scratch);
            }
            start.elapsed().as_secs_f64() * 1e9 / (repeats * row.len()) as f64
        })
    };
    // The first touches the memory.
    round();
    let started = Instant::now();
    let mut times = [const { Vec::new() }; 3];
    while times[0].len() < ROUNDS && (times[0].is_empty() || started.elapsed() < MEASURING_TIME) {
        times.iter_mut().zip(round()).for_each(|(times, time)| times.push(time));
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_smooth(number: usize) -> bool {
        let without = |number: usize, base: usize| {
            std::iter::successors(Some(number), |n| n.is_multiple_of(base).then(|| n / base)).last().unwrap()
        };
        number > 0 && [2, 3, 5].into_iter().fold(number, without) == 1
    }

    #[test]
    fn lengths_that_are_used_have_these_factors_and_neighbours() {
        for (length, factors, neighbours) in [
            (7, &[7][..], [6, 8]),
            (49, &[7, 7], [48, 50]),
            (720, &[2, 2, 2, 2, 3, 3, 5], [720, 720]),
            (1438, &[2, 719], [1350, 1440]),
            (8760, &[2, 2, 2, 3, 5, 73], [8748, 9000]),
            (8784, &[2, 2, 2, 2, 3, 3, 61], [8748, 9000]),
            (9030, &[2, 3, 5, 7, 43], [9000, 9216]),
            ((1 << 24) - 3, &[(1 << 24) - 3], [16_588_800, 1 << 24]),
        ] {
            assert_eq!(prime_factors(length), factors, "{length}");
            assert_eq!(smooth_neighbours(length), neighbours, "{length}");
        }
    }

    /// Every number up to some thousands, against a look at each number.
    #[test]
    fn neighbours_are_those_that_a_search_finds() {
        let smooth: Vec<usize> = (1..=8192).filter(|&number| is_smooth(number)).collect();
        for number in 1..=8192 {
            let shorter = smooth.iter().rev().find(|&&other| other <= number).unwrap();
            let longer = smooth.iter().find(|&&other| other >= number).unwrap();
            assert_eq!(smooth_neighbours(number), [*shorter, *longer], "{number}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn factors_multiply_to_the_number_and_are_prime(number in 1_usize..1 << 26) {
            let factors = prime_factors(number);
            prop_assert_eq!(factors.iter().product::<usize>(), number);
            prop_assert!(factors.is_sorted());
            for factor in factors {
                prop_assert!(factor >= 2 && (2..factor).take_while(|d| d * d <= factor).all(|d| factor % d != 0));
            }
        }

        #[test]
        fn neighbours_are_smooth_and_nothing_smooth_lies_between(number in 1_usize..1 << 40, step in 0.0..1.0) {
            let [shorter, longer] = smooth_neighbours(number);
            prop_assert!(shorter <= number && number <= longer && is_smooth(shorter) && is_smooth(longer));
            if shorter < longer {
                let between = shorter + 1 + (step * (longer - shorter - 1) as f64) as usize;
                prop_assert!(between < longer && !is_smooth(between));
                prop_assert_eq!(smooth_neighbours(between), [shorter, longer]);
            }
        }
    }

    fn measured<T: Sample>() {
        for length in [1, 2, 720, 1440, 1 << 24] {
            assert_eq!(SegmentCost::measure::<T>(length), None, "{length}");
        }
        for length in [7, 1438, MEASURED_AT_MOST - 1] {
            let cost = SegmentCost::measure::<T>(length).unwrap();
            assert_eq!((cost.segment.samples, cost.prime_factors.iter().product()), (length, length));
            assert!(cost.shorter.samples < length && length < cost.longer.samples);
            for of in [&cost.segment, &cost.shorter, &cost.longer] {
                assert!(of.ns_per_sample.is_some_and(|ns| ns.is_finite() && ns > 0.0), "{cost:?}");
            }
        }
        let long = SegmentCost::measure::<T>((1 << 24) - 3).unwrap();
        assert_eq!([long.segment, long.shorter, long.longer].map(|of| of.ns_per_sample), [None; 3]);
        assert_eq!([long.shorter.samples, long.longer.samples], [16_588_800, 1 << 24]);
    }

    #[test]
    fn only_lengths_that_are_not_smooth_are_measured() {
        measured::<f32>();
        measured::<f64>();
    }
}
