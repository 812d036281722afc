//! Degrees of freedom of one bin of a Welch spectrum.

use super::SegmentSet;

/// Squared correlation of windowed segments by how many hops they lie apart, from Percival & Walden
/// (1993, eq. 292b), which lets any set of segments be summed in O(segments · lags).
#[derive(Clone, Debug)]
pub struct SegmentCorrelation {
    /// |Σ_t h_t h_{t + m·hop}|² for m = 1, 2, ..., h of unit energy.
    squared: Vec<f64>,
}

impl SegmentCorrelation {
    /// For segments tapered by `window` that start every `hop` samples (at least 1).
    pub fn new(window: &[f64], hop: usize) -> Self {
        let energy: f64 = window.iter().map(|w| w * w).sum();
        let lags = (window.len().max(1) - 1) / hop.max(1);
        let correlation =
            |lag: usize| window.iter().zip(&window[lag * hop..]).map(|(a, b)| a * b).sum::<f64>() / energy;
        SegmentCorrelation { squared: (1..=lags).map(|lag| correlation(lag).powi(2)).collect() }
    }

    /// ν = 2 K² / Σ_j Σ_k ρ²_{|j-k|} over all pairs of the K segments used; NaN for none.
    ///
    /// It holds for one bin of S_ww away from 0 and ± df, of a process that is smooth over the window's bandwidth.
    pub fn degrees_of_freedom(&self, used: &SegmentSet) -> f64 {
        let (mut count, mut pairs) = (0.0, 0.0);
        for segment in used.iter() {
            count += 1.0;
            for (lag, squared) in (1..).zip(&self.squared) {
                if used.contains(segment + lag) {
                    pairs += squared;
                }
            }
        }
        2.0 * count * count / (count + 2.0 * pairs)
    }

    /// The same for segments in ascending order, of any number and distance.
    pub(super) fn degrees_of_freedom_of(&self, mut ascending: impl Iterator<Item = usize> + Clone) -> f64 {
        let (mut count, mut pairs) = (0.0, 0.0);
        while let Some(segment) = ascending.next() {
            count += 1.0;
            for later in ascending.clone() {
                let Some(squared) = self.squared.get(later - segment - 1) else { break };
                pairs += squared;
            }
        }
        2.0 * count * count / (count + 2.0 * pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::window_coefficients;
    use super::*;
    use crate::terms::Window;

    fn correlation(window: Window, length: usize, hop: usize) -> SegmentCorrelation {
        SegmentCorrelation::new(&window_coefficients(window, length).unwrap(), hop)
    }

    #[test]
    fn hann_at_half_overlap_has_the_known_closed_form() {
        for (length, tolerance) in [(720, 1e-4), (10_000, 1e-6)] {
            let hann = correlation(Window::Hann, length, length / 2);
            for k in [1, 2, 3, 5, 50, 1000] {
                let k_f64 = k as f64;
                let expected = 36.0 * k_f64 * k_f64 / (19.0 * k_f64 - 1.0);
                let got = hann.degrees_of_freedom(&SegmentSet::all(k));
                assert!((got / expected - 1.0).abs() < tolerance, "K = {k}: {got} is not {expected}");
            }
        }
    }

    #[test]
    fn segments_that_share_nothing_count_two_each() {
        let boxcar = correlation(Window::Boxcar, 30, 30);
        for k in [1, 2, 17] {
            assert_eq!(boxcar.degrees_of_freedom(&SegmentSet::all(k)), 2.0 * k as f64);
        }
        let hann = correlation(Window::Hann, 30, 15);
        assert_eq!(hann.degrees_of_freedom(&SegmentSet::from_used(&[true, false, true, false, true])), 6.0);
        assert_eq!(hann.degrees_of_freedom(&SegmentSet::from_used(&[false, true, false])), 2.0);
        assert!(hann.degrees_of_freedom(&SegmentSet::all(0)).is_nan());
        assert!(hann.degrees_of_freedom(&SegmentSet::from_used(&[false, false])).is_nan());
    }

    #[test]
    fn any_set_agrees_with_the_double_sum() {
        let (length, hop) = (31, 7);
        let window = window_coefficients(Window::Kaiser(6.0), length).unwrap();
        let used = [true, true, false, true, false, false, true, true, true];
        let energy: f64 = window.iter().map(|w| w * w).sum();
        let mut sum = 0.0;
        for j in (0..used.len()).filter(|j| used[*j]) {
            for k in (0..used.len()).filter(|k| used[*k]) {
                let shift = j.abs_diff(k) * hop;
                let rho: f64 = (shift..length).map(|t| window[t] * window[t - shift] / energy).sum();
                sum += rho * rho;
            }
        }
        let k = used.iter().filter(|u| **u).count() as f64;
        let got = SegmentCorrelation::new(&window, hop).degrees_of_freedom(&SegmentSet::from_used(&used));
        assert!((got / (2.0 * k * k / sum) - 1.0).abs() < 1e-13);
        let ascending = (0..used.len()).filter(|k| used[*k]);
        let of_list = SegmentCorrelation::new(&window, hop).degrees_of_freedom_of(ascending);
        assert_eq!(of_list.to_bits(), got.to_bits());
        assert!(SegmentCorrelation::new(&window, hop).degrees_of_freedom_of(std::iter::empty()).is_nan());
    }
}
