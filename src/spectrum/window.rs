//! Coefficients of the windows, as `scipy.signal.get_window(name, N, fftbins=True)`.

use std::f64::consts::PI;

use super::SpectrumError;
use super::dpss::periodic_dpss;
use crate::terms::Window;

/// The `length` coefficients of a periodic (DFT-even) window, in float64.
///
/// Coefficient n is the value of the symmetric window of `length + 1` points; the last one, equal to
/// the first, is left out. One sample has the coefficient 1, as in scipy.
///
/// # Errors
/// [`SpectrumError::Window`] where the parameter is out of range or the window would be all zero.
pub fn window_coefficients(window: Window, length: usize) -> Result<Vec<f64>, SpectrumError> {
    let wrong = |reason| SpectrumError::Window { window, length, reason };
    let coefficients = match window {
        _ if length <= 1 => vec![1.0; length],
        Window::Boxcar => vec![1.0; length],
        Window::Hann => cosine_sum(length, &[0.5, 0.5]),
        Window::Hamming => cosine_sum(length, &[0.54, 0.46]),
        Window::Blackman => cosine_sum(length, &[0.42, 0.5, 0.08]),
        Window::Tukey(share) if (0.0..=1.0).contains(&share) => tukey(length, share),
        Window::Tukey(_) => return Err(wrong("the tapered share is between 0 and 1")),
        Window::Kaiser(beta) if (0.0..=100.0).contains(&beta) => kaiser(length, beta),
        Window::Kaiser(_) => return Err(wrong("beta is between 0 and 100")),
        Window::Dpss(nw) if nw > 0.0 && nw < length as f64 / 2.0 => periodic_dpss(length, nw),
        Window::Dpss(_) => return Err(wrong("the time-half-bandwidth product is above 0 and below half the segment")),
    };
    let energy: f64 = coefficients.iter().map(|w| w * w).sum();
    if energy > 0.0 && energy.is_finite() { Ok(coefficients) } else { Err(wrong("the window has no energy")) }
}

/// Width of the rectangle that lets as much white noise pass as the window's main lobe and side lobes together, N Σw² / (Σw)²
/// (Harris 1978) [bins]: 1 for a boxcar, 1.5 for Hann. A line's height in the density is its power over this many df.
///
/// # Errors
/// As [`window_coefficients`].
pub fn equivalent_noise_bandwidth(window: Window, length: usize) -> Result<f64, SpectrumError> {
    let coefficients = window_coefficients(window, length)?;
    let (sum, energy) = coefficients.iter().fold((0.0, 0.0), |(sum, energy), w| (sum + w, energy + w * w));
    Ok(length as f64 * energy / (sum * sum))
}

/// Evaluates `value` at the distance from the nearer end, which makes the window symmetric to the bit.
fn symmetric(length: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..length).map(|n| value(n.min(length - n))).collect()
}

/// a0 - a1 cos x + a2 cos 2x ..., x = 2πn/N.
fn cosine_sum(length: usize, amplitudes: &[f64]) -> Vec<f64> {
    symmetric(length, |n| {
        let x = 2.0 * PI * n as f64 / length as f64;
        let term = |(order, a): (usize, &f64)| if order % 2 == 0 { *a } else { -*a } * (order as f64 * x).cos();
        amplitudes.iter().enumerate().map(term).sum()
    })
}

/// Flat, with a cosine taper over `share`/2 of the length at each end (Harris 1978).
fn tukey(length: usize, share: f64) -> Vec<f64> {
    let taper = share * length as f64 / 2.0;
    symmetric(length, |n| if n as f64 >= taper { 1.0 } else { 0.5 - 0.5 * (PI * n as f64 / taper).cos() })
}

/// I0(β sqrt(1 - (2n/N - 1)²)) / I0(β) (Kaiser 1974).
fn kaiser(length: usize, beta: f64) -> Vec<f64> {
    let top = bessel_i0(beta);
    let span = length as f64;
    symmetric(length, |n| {
        let n = n as f64;
        bessel_i0(beta * (4.0 * n * (span - n)).sqrt() / span) / top
    })
}

/// Modified Bessel function of the first kind, order 0 (Abramowitz & Stegun 1964, eq. 9.6.12).
///
/// All terms of the power series are positive, so nothing cancels; it is summed until it stops changing.
fn bessel_i0(x: f64) -> f64 {
    let quarter_square = 0.25 * x * x;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    loop {
        term *= quarter_square / (k * k);
        let next = sum + term;
        // A NaN argument leaves by the same door.
        if next <= sum || next.is_nan() {
            return next;
        }
        (sum, k) = (next, k + 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn coefficients_are_those_of_scipy() {
        let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/spectrum_windows.json")).unwrap();
        let cases = fixture["windows"].as_array().unwrap();
        assert!(cases.len() > 50);
        for case in cases {
            let window: Window = case["window"].as_str().unwrap().parse().unwrap();
            let expected: Vec<f64> = case["values"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let got = window_coefficients(window, expected.len()).unwrap();
            let tolerance = if matches!(window, Window::Dpss(_)) { 1e-10 } else { 1e-13 };
            for (n, (g, e)) in got.iter().zip(&expected).enumerate() {
                assert!((g - e).abs() <= tolerance, "{window} of {} at {n}: {g} is not {e}", expected.len());
            }
        }
    }

    #[test]
    fn bessel_function_is_accurate_to_the_last_bits() {
        // DLMF/mpmath values, 17 digits.
        for (x, value) in [
            (0.0, 1.0),
            (1.0, 1.266_065_877_752_008_4),
            (8.6, 750.461_159_563_166_1),
            (50.0, 2.932_553_783_849_336e20),
            (100.0, 1.073_751_707_131_073_8e42),
        ] {
            let got = bessel_i0(x);
            assert!((got / value - 1.0).abs() < 4e-15, "I0({x}) = {got}, not {value}");
        }
    }

    #[test]
    fn impossible_parameters_are_errors() {
        for (window, length) in [
            (Window::Tukey(1.5), 8),
            (Window::Tukey(f64::NAN), 8),
            (Window::Kaiser(-1.0), 8),
            (Window::Kaiser(f64::INFINITY), 8),
            (Window::Dpss(4.0), 8),
            (Window::Dpss(0.0), 8),
            (Window::Hann, 0),
        ] {
            let error = window_coefficients(window, length).unwrap_err();
            assert!(error.to_string().contains("spectrum.window"), "{error}");
        }
    }
}
