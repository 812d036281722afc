//! Degrees of freedom of kinetic energy: of one frequency, both senses together, and of a band.
//!
//! What is averaged over several bins has more degrees of freedom than one of them, but not as many as all: a window
//! correlates neighbours. Both numbers are those of the chi-squared distribution with the mean and the variance of the sum
//! (Welch 1967; Percival & Walden 1993, section 6.10), for a process that is smooth over the window's bandwidth and whose two
//! senses are independent. Where u and v keep one phase, as in motion along a line, they are not, and there are fewer.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::SegmentSet;
use super::band::BinRange;
use super::frequency::zero_index;
use crate::terms::{CyclesPerDay, Sample};

/// Degrees of freedom of KE(f) = (S_ccw + S_cw) / 2, from those of one bin and both densities in any one unit:
/// ν (S_ccw + S_cw)² / (S_ccw² + S_cw²), between ν and 2 ν.
pub fn kinetic_energy_dof(dof: f64, ccw: f64, cw: f64) -> f64 {
    dof * (ccw + cw).powi(2) / (ccw * ccw + cw * cw)
}

/// How bins of a Welch spectrum vary together.
#[derive(Clone, Debug)]
pub struct BinCovariance {
    /// |Σ_t h_t h_{t + l·hop} exp(-2πi m t / N)|², [l][m], of h of unit energy; m to N/2.
    squared: Vec<Vec<f64>>,
}

impl BinCovariance {
    /// For segments tapered by `window` that start every `hop` samples (at least 1).
    pub fn new(window: &[f64], hop: usize) -> Self {
        let length = window.len();
        let energy: f64 = window.iter().map(|w| w * w).sum();
        let fft = FftPlanner::new().plan_fft_forward(length);
        let of_shift = |shift: usize| {
            let mut products = vec![Complex::new(0.0, 0.0); length];
            for (product, (a, b)) in products.iter_mut().zip(window.iter().zip(&window[shift..])) {
                product.re = a * b / energy;
            }
            fft.process(&mut products);
            products[..length / 2 + 1].iter().map(|sum| sum.norm_sqr()).collect()
        };
        BinCovariance { squared: (0..length).step_by(hop.max(1)).map(of_shift).collect() }
    }

    /// cov(S_k, S_{k+m}) / (S_k S_{k+m}) of the mean over the segments used, for m of 0 to N/2: the sum over their pairs,
    /// by K². The first is 2 / ν. NaN for no segment.
    pub fn of_mean(&self, used: &SegmentSet) -> Vec<f64> {
        let mut pairs = vec![0.0; self.squared.len()];
        for segment in used.iter() {
            for (lag, pairs) in pairs.iter_mut().enumerate() {
                if used.contains(segment + lag) {
                    *pairs += if lag == 0 { 1.0 } else { 2.0 };
                }
            }
        }
        let count = pairs.first().copied().unwrap_or(0.0);
        let of_bins_apart = |apart: usize| {
            let sum: f64 = pairs.iter().zip(&self.squared).map(|(pairs, squared)| pairs * squared[apart]).sum();
            sum / (count * count)
        };
        (0..self.squared.first().map_or(0, Vec::len)).map(of_bins_apart).collect()
    }
}

/// Degrees of freedom of [`band_energy`](super::band_energy)'s total: 2 E² / Σ_k Σ_l E_k E_l C(k - l), E_k being what bin k
/// brings to E and C the `covariance` of bins ([`BinCovariance::of_mean`]) of this spectrum.
///
/// `psd`, `frequency_step`, `lo` and `hi` are those of `band_energy`; NaN where that is, and where there is no energy.
///
/// # Panics
/// If `covariance` is that of another segment.
pub fn band_energy_dof<T: Sample>(
    psd: &[T],
    frequency_step: CyclesPerDay,
    (lo, hi): (CyclesPerDay, CyclesPerDay),
    covariance: &[f64],
) -> f64 {
    let bins = psd.len();
    assert_eq!(covariance.len(), bins / 2 + 1, "covariance of {bins} bins");
    let Some(band) = BinRange::new(bins, frequency_step, lo, hi) else {
        return f64::NAN;
    };
    let zero = zero_index(bins);
    // DC, and Nyquist of an even count, come twice: half in each sense.
    let of_bins: Vec<(usize, f64)> = band
        .shares()
        .flat_map(|(k, share)| [zero - k, (zero + k) % bins].map(|at| (at, share * psd[at].as_f64())))
        .collect();
    let energy: f64 = of_bins.iter().map(|(_, energy)| energy).sum();
    let mut variance = 0.0;
    for (at, one) in &of_bins {
        for (other_at, other) in &of_bins {
            let apart = at.abs_diff(*other_at);
            variance += one * other * covariance[apart.min(bins - apart)];
        }
    }
    2.0 * energy * energy / variance
}

#[cfg(test)]
mod tests {
    use super::super::{SegmentCorrelation, window_coefficients};
    use super::*;
    use crate::terms::Window;

    #[test]
    fn one_bin_has_the_degrees_of_freedom_of_one_bin() {
        for (window, length, hop) in [(Window::Hann, 48, 24), (Window::Kaiser(6.0), 31, 7), (Window::Boxcar, 20, 20)] {
            let window = window_coefficients(window, length).unwrap();
            let used = SegmentSet::from_used(&[true, true, false, true, true, true, false, true]);
            let covariance = BinCovariance::new(&window, hop).of_mean(&used);
            let dof = SegmentCorrelation::new(&window, hop).degrees_of_freedom(&used);
            assert!((0.5 * dof * covariance[0] - 1.0).abs() < 1e-12);
            // All energy in one sense, in a bin; then the same in both, far apart.
            let (df, zero) = (CyclesPerDay(1.0), zero_index(length));
            let limits = (CyclesPerDay(6.75), CyclesPerDay(7.25));
            let mut psd = vec![0.0; length];
            psd[zero + 7] = 3.0;
            let got = band_energy_dof(&psd, df, limits, &covariance);
            assert!((got / dof - 1.0).abs() < 1e-12, "{got} is not {dof}");
            psd[zero - 7] = 3.0;
            let got = band_energy_dof(&psd, df, limits, &covariance);
            assert!((got / kinetic_energy_dof(dof, 3.0, 3.0) - 1.0).abs() < 0.01, "{got} is not twice {dof}");
        }
    }

    /// |Σ h² exp(-2πi m t / N)|² of a Hann window is 1, (2/3)², (1/6)², 0; a boxcar's bins share nothing.
    #[test]
    fn neighbours_share_what_the_window_spreads() {
        let once = SegmentSet::all(1);
        let hann = BinCovariance::new(&window_coefficients(Window::Hann, 64).unwrap(), 32).of_mean(&once);
        for (got, expected) in hann.iter().zip([1.0, 4.0 / 9.0, 1.0 / 36.0, 0.0, 0.0]) {
            assert!((got - expected).abs() < 1e-14, "{hann:?}");
        }
        let boxcar = BinCovariance::new(&[1.0; 64], 64).of_mean(&SegmentSet::all(4));
        assert!((boxcar[0] - 0.25).abs() < 1e-14 && boxcar[1..].iter().all(|shared| shared.abs() < 1e-14));
        // Ten bins of four segments in each sense, 2 · 4 · 10 · 2.
        let limits = (CyclesPerDay(4.5), CyclesPerDay(14.5));
        let dof = band_energy_dof(&[1.0; 64], CyclesPerDay(1.0), limits, &boxcar);
        assert!((dof / 160.0 - 1.0).abs() < 1e-12, "{dof}");
        // All there is: as many as half the bins that are there, twice.
        let dof = band_energy_dof(&[1.0; 64], CyclesPerDay(1.0), (CyclesPerDay(0.0), CyclesPerDay(32.0)), &boxcar);
        assert!((dof / (2.0 * 4.0 * 64.0) - 1.0).abs() < 1e-12, "{dof}");
    }

    #[test]
    fn what_is_not_known_is_nan() {
        let covariance = BinCovariance::new(&[1.0; 6], 6).of_mean(&SegmentSet::all(2));
        let dof = |psd: &[f64], lo, hi| {
            band_energy_dof(psd, CyclesPerDay(1.0), (CyclesPerDay(lo), CyclesPerDay(hi)), &covariance)
        };
        assert!(dof(&[1.0; 6], 4.0, 5.0).is_nan() && dof(&[f64::NAN; 6], 0.0, 1.0).is_nan());
        assert!(dof(&[0.0; 6], 0.0, 1.0).is_nan());
        assert!(BinCovariance::new(&[1.0; 6], 3).of_mean(&SegmentSet::all(0)).iter().all(|value| value.is_nan()));
    }
}
