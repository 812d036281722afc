//! The frequency axis of a segment, ascending, in cycles per day.

use crate::terms::{CyclesPerDay, SECONDS_PER_DAY, Seconds};

/// Distance between bins, df = 1 / (N dt), for segments of `length` samples.
pub fn frequency_step(length: usize, sampling_interval: Seconds) -> CyclesPerDay {
    CyclesPerDay(SECONDS_PER_DAY / (length as f64 * sampling_interval.0))
}

/// The `length` bin centres [cycles per day], ascending; the first is -Nyquist for an even length.
pub fn ascending_frequencies(length: usize, sampling_interval: Seconds) -> Vec<f64> {
    let segment_seconds = length as f64 * sampling_interval.0;
    let zero = zero_index(length) as f64;
    (0..length).map(|k| (k as f64 - zero) * SECONDS_PER_DAY / segment_seconds).collect()
}

/// Bins of a one-sided spectrum of segments of `length` samples: DC to Nyquist, which is a bin where `length` is even.
pub fn one_sided_bins(length: usize) -> usize {
    length / 2 + 1
}

/// The bin centres of a one-sided spectrum [cycles per day]: 0, df, ... up to Nyquist at the most.
pub fn one_sided_frequencies(length: usize, sampling_interval: Seconds) -> Vec<f64> {
    let segment_seconds = length as f64 * sampling_interval.0;
    (0..one_sided_bins(length)).map(|k| k as f64 * SECONDS_PER_DAY / segment_seconds).collect()
}

/// Index of the DC bin on the ascending axis; the bin of k df is `zero_index + k`, for
/// -(N/2) <= k <= (N-1)/2 with integer division.
pub fn zero_index(length: usize) -> usize {
    length / 2
}

/// Where the ascending axis starts in FFT order: entry a of the one is entry (a + start) mod N of the
/// other, so `row[start..]` followed by `row[..start]` is ascending.
pub fn ascending_start(length: usize) -> usize {
    length - zero_index(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_those_of_fftshift() {
        let hour = Seconds(3600.0);
        assert_eq!(ascending_frequencies(1, hour), [0.0]);
        assert_eq!(ascending_frequencies(2, hour), [-12.0, 0.0]);
        assert_eq!(ascending_frequencies(3, hour), [-8.0, 0.0, 8.0]);
        assert_eq!(ascending_frequencies(4, hour), [-12.0, -6.0, 0.0, 6.0]);
        for length in 1..40 {
            let axis = ascending_frequencies(length, Seconds(1500.0));
            let df = frequency_step(length, Seconds(1500.0)).0;
            assert_eq!(axis[zero_index(length)], 0.0);
            if length % 2 == 0 {
                assert_eq!(axis[0], -SECONDS_PER_DAY / 3000.0);
            }
            let one_sided = one_sided_frequencies(length, Seconds(1500.0));
            assert_eq!(one_sided.len(), length / 2 + 1);
            for (k, f) in one_sided.iter().enumerate() {
                // To the bit; for an even length Nyquist is stored at -Nyquist.
                assert_eq!(*f, axis[(length / 2 + k) % length].abs(), "{length} {k}");
            }
            for (a, f) in axis.iter().enumerate() {
                let k = (a + ascending_start(length)) % length;
                let signed = if 2 * k >= length && k > 0 { k as f64 - length as f64 } else { k as f64 };
                assert!((f - signed * df).abs() <= 1e-13 * length as f64, "{length} {a}: {f} is not {signed} df");
            }
        }
    }
}
