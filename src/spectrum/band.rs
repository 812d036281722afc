//! What a frequency band holds: kinetic energy by sense of rotation, variance of a scalar.

use super::frequency::{one_sided_bins, zero_index};
use crate::terms::{CyclesPerDay, Sample};

/// Kinetic energy of a band [m2 s-2], clockwise and counter-clockwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotaryEnergy {
    /// From negative frequencies.
    pub cw: f64,
    /// From positive frequencies.
    pub ccw: f64,
}

impl RotaryEnergy {
    /// Energy of both senses.
    pub fn total(self) -> f64 {
        self.cw + self.ccw
    }
}

/// Integral of S_ww / 2 over `lo` <= |f| <= `hi`, sums in float64.
///
/// `psd` is one spectrum S_ww [m2 s-2 d], ascending in frequency, with bins `frequency_step` apart. The
/// density is constant on each bin [f_k - df/2, f_k + df/2], so bins at a limit count by their overlap.
/// The DC bin belongs half to each sense; for an even number of bins so does the Nyquist bin, which is
/// stored once, at -Nyquist. Together they fill [0, Nyquist] in each sense, and nothing counts twice.
///
/// Limits below 0 and above Nyquist are cut to that range; `hi` below `lo` is an empty band. NaN where a bin under the band is NaN, and for
/// a band wholly above Nyquist, of which nothing is known.
pub fn band_energy<T: Sample>(
    psd: &[T],
    frequency_step: CyclesPerDay,
    lo: CyclesPerDay,
    hi: CyclesPerDay,
) -> RotaryEnergy {
    let bins = psd.len();
    let Some(band) = BinRange::new(bins, frequency_step, lo, hi) else {
        return RotaryEnergy { cw: f64::NAN, ccw: f64::NAN };
    };
    let zero = zero_index(bins);
    // For an even count the bin at +Nyquist is the one stored at -Nyquist.
    let positive = |k: usize| psd[if zero + k < bins { zero + k } else { 0 }].as_f64();
    let negative = |k: usize| psd[zero - k].as_f64();
    let (mut cw, mut ccw) = (band.of_first * negative(band.first), band.of_first * positive(band.first));
    if band.last > band.first {
        cw += sum(&psd[zero - band.last + 1..zero - band.first]) + band.of_last * negative(band.last);
        ccw += sum(&psd[zero + band.first + 1..zero + band.last]) + band.of_last * positive(band.last);
    }
    let half_width = 0.5 * frequency_step.0;
    RotaryEnergy { cw: half_width * cw, ccw: half_width * ccw }
}

/// Variance of a scalar at `lo` <= f <= `hi`, sums in float64.
///
/// `psd` is one one-sided spectrum [unit² d] of segments of `segment` samples: N/2 + 1 values from 0, bins
/// `frequency_step` apart, every bin doubled but DC and, for an even segment, Nyquist. It is what the two-sided spectrum has
/// within those limits of |f|, the density being constant on each bin [f_k - df/2, f_k + df/2]: of DC and Nyquist, which
/// are not doubled, the half of the bin that is within [0, Nyquist] counts twice, so that each counts once in all.
///
/// Limits and what is not known are as in [`band_energy`].
///
/// # Panics
/// If `psd` has another length.
pub fn band_variance<T: Sample>(
    psd: &[T],
    segment: usize,
    frequency_step: CyclesPerDay,
    lo: CyclesPerDay,
    hi: CyclesPerDay,
) -> f64 {
    assert_eq!(psd.len(), one_sided_bins(segment), "one-sided spectra of {segment} samples");
    let Some(band) = BinRange::new(segment, frequency_step, lo, hi) else {
        return f64::NAN;
    };
    let both_sides = |k: usize| if k == 0 || 2 * k == segment { 2.0 * psd[k].as_f64() } else { psd[k].as_f64() };
    let mut variance = band.of_first * both_sides(band.first);
    if band.last > band.first {
        variance += sum(&psd[band.first + 1..band.last]) + band.of_last * both_sides(band.last);
    }
    frequency_step.0 * variance
}

/// The bins of 0 to Nyquist under a band, by their number k: one at least, so that a band of no width is NaN on land too.
/// Those between the first and the last are under it as a whole.
pub(super) struct BinRange {
    first: usize,
    last: usize,
    /// How much of the first is under the band, in bins.
    of_first: f64,
    /// The same of the last, where that is another.
    of_last: f64,
}

impl BinRange {
    /// Of a two-sided spectrum of `bins` bins; `None` if nothing is known of the band.
    pub(super) fn new(bins: usize, frequency_step: CyclesPerDay, lo: CyclesPerDay, hi: CyclesPerDay) -> Option<Self> {
        let nyquist = bins as f64 / 2.0;
        let (from, to) = (lo.0 / frequency_step.0, hi.0 / frequency_step.0);
        let above_nyquist = from >= nyquist && to > nyquist;
        if bins == 0 || above_nyquist || from.is_nan() || to.is_nan() {
            return None;
        }
        let from = from.clamp(0.0, nyquist);
        let to = to.clamp(from, nyquist);
        let first = nearest(from).min(bins / 2);
        let last = nearest(to).clamp(first, bins / 2);
        let under = |k: usize| ((k as f64 + 0.5).min(to) - (k as f64 - 0.5).max(from)).max(0.0);
        Some(BinRange { first, last, of_first: under(first), of_last: under(last) })
    }

    /// Each bin with how much of it is under the band, in bins.
    pub(super) fn shares(&self) -> impl Iterator<Item = (usize, f64)> {
        (self.first..=self.last).map(|k| match k {
            _ if k == self.first => (k, self.of_first),
            _ if k == self.last => (k, self.of_last),
            _ => (k, 1.0),
        })
    }
}

/// The whole number nearest to one that is not negative; from halves up.
fn nearest(bin: f64) -> usize {
    let below = bin as usize;
    below + usize::from(bin - below as f64 >= 0.5)
}

/// Σ of the values in float64, in an order of partial sums that any width of vectors suits: the bits depend on their
/// number alone. Bands are short, and versions for several instruction sets would cost more in calls than they save.
fn sum<T: Sample>(values: &[T]) -> f64 {
    let (sixteens, rest) = values.as_chunks::<16>();
    let (fours, rest) = rest.as_chunks::<4>();
    let mut partial = [0.0; 16];
    for chunk in sixteens {
        add(&mut partial, chunk);
    }
    let mut partial: [f64; 4] =
        std::array::from_fn(|n| (partial[n] + partial[n + 8]) + (partial[n + 4] + partial[n + 12]));
    for chunk in fours {
        add(&mut partial, chunk);
    }
    rest.iter().fold((partial[0] + partial[2]) + (partial[1] + partial[3]), |sum, value| sum + value.as_f64())
}

fn add<T: Sample, const N: usize>(sums: &mut [f64; N], values: &[T; N]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value.as_f64();
    }
}

#[cfg(test)]
mod tests {
    use super::super::frequency::ascending_frequencies;
    use super::*;
    use crate::terms::Seconds;

    const HOUR: Seconds = Seconds(3600.0);

    fn spectrum(bins: usize) -> (Vec<f64>, CyclesPerDay) {
        let psd = (0..bins).map(|k| 1.0 + ((k * k * 7919 + 31 * k) % 101) as f64).collect();
        (psd, CyclesPerDay(24.0 / bins as f64))
    }

    fn energy(psd: &[f64], df: CyclesPerDay, lo: f64, hi: f64) -> RotaryEnergy {
        band_energy(psd, df, CyclesPerDay(lo), CyclesPerDay(hi))
    }

    /// Density at a signed frequency on the periodic axis, straight from the definition of a bin.
    fn density_at(psd: &[f64], f: f64) -> f64 {
        let axis = ascending_frequencies(psd.len(), HOUR);
        let nearest = |centre: &f64| {
            let distance = (f - centre).rem_euclid(24.0);
            distance.min(24.0 - distance)
        };
        let (index, _) = axis.iter().enumerate().min_by(|a, b| nearest(a.1).total_cmp(&nearest(b.1))).unwrap();
        psd[index]
    }

    #[test]
    fn bands_that_tile_the_axis_sum_to_half_the_variance() {
        for bins in [1, 2, 3, 8, 15, 16, 17, 30, 31, 97] {
            let (psd, df) = spectrum(bins);
            let half_variance = 0.5 * df.0 * psd.iter().sum::<f64>();
            let whole = energy(&psd, df, 0.0, 12.0).total();
            assert!((whole / half_variance - 1.0).abs() < 1e-14, "{bins}");
            for edges in [vec![0.0, 1.0, 1.1, 1.9, 5.0, 12.0], (0..=1200).map(|x| x as f64 / 100.0).collect()] {
                let sum: f64 = edges.windows(2).map(|e| energy(&psd, df, e[0], e[1]).total()).sum();
                assert!((sum / half_variance - 1.0).abs() < 1e-12, "{bins}: {sum} is not {half_variance}");
            }
        }
    }

    /// Of whole densities in quarters of bins all sums are exact, in whatever order: long bands and short ones, and what is
    /// left of either after the partial sums, bin by bin.
    #[test]
    fn every_bin_under_a_band_counts_once() {
        for bins in [1, 2, 7, 8, 24, 25, 97, 128] {
            let (psd, _) = spectrum(bins);
            let (zero, df) = (zero_index(bins), CyclesPerDay(1.0));
            let single: Vec<f32> = psd.iter().map(|density| *density as f32).collect();
            let one_sided: Vec<f64> = (0..=bins / 2).map(|k| psd[k]).collect();
            for (from, to) in (0..=2 * bins).flat_map(|from| (from..=2 * bins).map(move |to| (from, to))) {
                let (lo, hi) = (from as f64 / 4.0, to as f64 / 4.0);
                let (mut cw, mut ccw, mut variance) = (0.0, 0.0, 0.0);
                for k in 0..=bins / 2 {
                    let share = (hi.min(k as f64 + 0.5) - lo.max(k as f64 - 0.5)).max(0.0);
                    cw += 0.5 * share * psd[zero - k];
                    ccw += 0.5 * share * psd[(zero + k) % bins];
                    variance += if k == 0 || 2 * k == bins { 2.0 } else { 1.0 } * share * one_sided[k];
                }
                let expected = RotaryEnergy { cw, ccw };
                assert_eq!(energy(&psd, df, lo, hi), expected, "{bins}: {lo} to {hi}");
                assert_eq!(band_energy(&single, df, CyclesPerDay(lo), CyclesPerDay(hi)), expected);
                assert_eq!(band_variance(&one_sided, bins, df, CyclesPerDay(lo), CyclesPerDay(hi)), variance);
            }
        }
    }

    #[test]
    fn any_band_agrees_with_a_fine_grid() {
        for bins in [1, 2, 15, 16, 31, 32] {
            let (psd, df) = spectrum(bins);
            for (lo, hi) in [(0.0, 12.0), (0.0, 0.2), (1.0, 1.01), (0.83, 5.21), (9.0, 12.0), (11.9, 14.0), (-1.0, 3.0)]
            {
                let steps = 20_000;
                let (from, to) = (f64::max(lo, 0.0), f64::min(hi, 12.0));
                let width = (to - from) / steps as f64;
                let (mut cw, mut ccw) = (0.0, 0.0);
                for step in 0..steps {
                    let f = from + (step as f64 + 0.5) * width;
                    cw += 0.5 * width * density_at(&psd, -f);
                    ccw += 0.5 * width * density_at(&psd, f);
                }
                let got = energy(&psd, df, lo, hi);
                // Each edge of a bin costs the grid up to one cell of the largest density.
                let tolerance = (bins + 2) as f64 * 0.5 * width * 102.0;
                assert!((got.cw - cw).abs() < tolerance, "{bins} {lo} {hi}: {} {cw}", got.cw);
                assert!((got.ccw - ccw).abs() < tolerance, "{bins} {lo} {hi}: {} {ccw}", got.ccw);
            }
        }
    }

    /// A one-sided spectrum is a two-sided one, even in f, folded; its bands are those of twice the kinetic energy.
    #[test]
    fn bands_of_a_one_sided_spectrum_are_those_of_the_two_sided_one() {
        for bins in [1, 2, 3, 8, 15, 16, 17, 30, 31, 97] {
            let (half, df) = spectrum(bins);
            let two_sided: Vec<f64> = (0..bins).map(|a| half[a.abs_diff(zero_index(bins))]).collect();
            let one_sided: Vec<f64> =
                (0..=bins / 2).map(|k| if k == 0 || 2 * k == bins { half[k] } else { 2.0 * half[k] }).collect();
            let variance = |lo, hi| band_variance(&one_sided, bins, df, CyclesPerDay(lo), CyclesPerDay(hi));
            for (lo, hi) in [(0.0, 12.0), (0.0, 0.2), (1.0, 1.01), (0.83, 5.21), (9.0, 12.0), (11.9, 14.0), (-1.0, 3.0)]
            {
                let expected = 2.0 * energy(&two_sided, df, lo, hi).total();
                let got = variance(lo, hi);
                assert!((got - expected).abs() <= 1e-14 * expected, "{bins} {lo} {hi}: {got} is not {expected}");
            }
            let whole = df.0 * two_sided.iter().sum::<f64>();
            assert!((variance(0.0, 12.0) / whole - 1.0).abs() < 1e-14, "{bins}");
            assert!(variance(12.0, 13.0).is_nan() && variance(f64::NAN, 1.0).is_nan());
        }
        let df = CyclesPerDay(1.0);
        assert!(band_variance(&[f64::NAN; 4], 6, df, CyclesPerDay(0.9), CyclesPerDay(1.1)).is_nan());
        // Of DC and Nyquist all, of the others a share.
        let shares = [[8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 8.0], [0.0, 8.0, 0.0, 0.0]]
            .map(|psd| band_variance(&psd, 6, df, CyclesPerDay(0.0), CyclesPerDay(3.0)));
        assert_eq!(shares, [8.0; 3]);
        let quarter = band_variance(&[8.0, 0.0, 0.0, 0.0], 6, df, CyclesPerDay(0.25), CyclesPerDay(3.0));
        assert_eq!(quarter, 4.0);
    }

    #[test]
    fn a_band_inside_one_bin_takes_its_share() {
        let (psd, df) = spectrum(24);
        let got = energy(&psd, df, 2.9, 3.2);
        assert!((got.ccw - 0.5 * 0.3 * psd[15]).abs() < 1e-13);
        assert!((got.cw - 0.5 * 0.3 * psd[9]).abs() < 1e-13);
    }

    #[test]
    fn mirrored_spectra_swap_the_senses() {
        for bins in [16, 17] {
            let (psd, df) = spectrum(bins);
            let zero = zero_index(bins);
            let mirrored: Vec<f64> = (0..bins).map(|a| psd[(2 * zero + bins - a) % bins]).collect();
            for (lo, hi) in [(0.0, 12.0), (0.3, 1.7), (10.0, 12.0)] {
                let (a, b) = (energy(&psd, df, lo, hi), energy(&mirrored, df, lo, hi));
                assert_eq!((a.cw, a.ccw), (b.ccw, b.cw));
            }
        }
    }

    #[test]
    fn dc_and_nyquist_belong_half_to_each_sense() {
        let df = CyclesPerDay(1.0);
        let dc = energy(&[0.0, 0.0, 0.0, 8.0, 0.0, 0.0], df, 0.0, 3.0);
        assert_eq!(dc, RotaryEnergy { cw: 2.0, ccw: 2.0 });
        let nyquist = energy(&[8.0, 0.0, 0.0, 0.0, 0.0, 0.0], df, 0.0, 3.0);
        assert_eq!(nyquist, RotaryEnergy { cw: 2.0, ccw: 2.0 });
    }

    #[test]
    fn what_is_not_known_is_nan_never_zero() {
        let df = CyclesPerDay(1.0);
        assert!(energy(&[1.0; 6], df, 4.0, 5.0).total().is_nan());
        assert!(energy(&[1.0; 6], df, 3.0, 5.0).total().is_nan());
        assert_eq!(energy(&[1.0; 6], df, 2.5, 5.0).total(), 0.5);
        assert_eq!(energy(&[1.0; 6], df, 0.0, 0.0).total(), 0.0);
        assert!(energy(&[f64::NAN; 6], df, 0.0, 0.0).total().is_nan());
        assert!(energy(&[f64::NAN; 6], df, 0.9, 1.1).total().is_nan());
        let one_gap = [1.0, 1.0, 1.0, 1.0, 1.0, f64::NAN];
        assert!(energy(&one_gap, df, 0.0, 1.4).total().is_finite());
        assert!(energy(&one_gap, df, 1.6, 2.0).ccw.is_nan() && energy(&one_gap, df, 1.6, 2.0).cw.is_finite());
    }
}
