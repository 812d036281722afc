//! Welch's method as the textbook writes it: float64, one lane, a direct DFT, nothing shared with the kernel but
//! the window's coefficients, which are held to scipy's elsewhere.

use rustfft::num_complex::Complex;

use super::super::{WelchSpec, window_coefficients};
use crate::terms::Detrend;

/// S_ww, ascending, of the series cos·u - sin·v, sin·u + cos·v; segments with a NaN are left out. NaN where none is left.
pub(super) fn direct_welch(spec: &WelchSpec, u: &[f64], v: &[f64], cos: f64, sin: f64) -> Vec<f64> {
    let (scale, transforms) = direct_transforms(spec, u, v, cos, sin);
    direct_psd(spec.segment, scale, transforms.iter().flatten())
}

/// The mean periodogram, ascending; NaN of nothing.
pub(super) fn direct_psd<'a>(
    n: usize,
    scale: f64,
    transforms: impl Iterator<Item = &'a Vec<Complex<f64>>>,
) -> Vec<f64> {
    let (mut psd, mut used) = (vec![0.0; n], 0);
    for transform in transforms {
        for (bin, value) in transform.iter().enumerate() {
            // Bin k of the DFT stands at k - N above half, and ascending order starts at -(N/2).
            let signed = if 2 * bin >= n && bin > 0 { bin as i64 - n as i64 } else { bin as i64 };
            psd[(signed + n as i64 / 2) as usize] += value.norm_sqr() / scale;
        }
        used += 1;
    }
    psd.iter().map(|sum| if used > 0 { sum / f64::from(used) } else { f64::NAN }).collect()
}

/// fs Σ w², and the transform of each segment in FFT order, none of one with a NaN.
pub(super) fn direct_transforms(
    spec: &WelchSpec,
    u: &[f64],
    v: &[f64],
    cos: f64,
    sin: f64,
) -> (f64, Vec<Option<Vec<Complex<f64>>>>) {
    let n = spec.segment;
    let window = window_coefficients(spec.window, n).unwrap();
    let samples_per_day = 86_400.0 / spec.sampling_interval.0;
    let scale = samples_per_day * window.iter().map(|w| w * w).sum::<f64>();
    let w: Vec<Complex<f64>> =
        u.iter().zip(v).map(|(u, v)| Complex::new(cos * u - sin * v, sin * u + cos * v)).collect();
    let valid: Vec<Complex<f64>> = w.iter().copied().filter(|w| !w.is_nan()).collect();
    let record_mean = mean(&valid);
    let hop = n - (spec.overlap * n as f64).floor() as usize;
    let transforms = (0..w.len()).step_by(hop).filter(|start| start + n <= w.len()).map(|start| {
        let mut x = w[start..start + n].to_vec();
        if x.iter().any(|x| x.is_nan()) {
            return None;
        }
        match spec.detrend {
            Detrend::None => {}
            Detrend::Record => x.iter_mut().for_each(|x| *x -= record_mean),
            Detrend::Constant => {
                let mean = mean(&x);
                x.iter_mut().for_each(|x| *x -= mean);
            }
            Detrend::Linear => remove_line(&mut x),
        }
        let tapered: Vec<Complex<f64>> = x.iter().zip(&window).map(|(x, w)| x * w).collect();
        Some(direct_dft(&tapered))
    });
    (scale, transforms.collect())
}

fn mean(x: &[Complex<f64>]) -> Complex<f64> {
    // Two passes: the second takes the rounding of the first away.
    let n = x.len() as f64;
    let first = x.iter().sum::<Complex<f64>>() / n;
    first + x.iter().map(|x| x - first).sum::<Complex<f64>>() / n
}

fn remove_line(x: &mut [Complex<f64>]) {
    let level = mean(x);
    x.iter_mut().for_each(|x| *x -= level);
    let middle = (x.len() as f64 - 1.0) / 2.0;
    let square: f64 = (0..x.len()).map(|t| (t as f64 - middle).powi(2)).sum();
    if square > 0.0 {
        let slope = x.iter().enumerate().map(|(t, x)| x * (t as f64 - middle)).sum::<Complex<f64>>() / square;
        x.iter_mut().enumerate().for_each(|(t, x)| *x -= slope * (t as f64 - middle));
    }
}

/// X_k = Σ x_n exp(-2πi k n / N), O(N²).
pub(super) fn direct_dft(x: &[Complex<f64>]) -> Vec<Complex<f64>> {
    let n = x.len();
    let phase = |m: usize| Complex::from_polar(1.0, -2.0 * std::f64::consts::PI * m as f64 / n as f64);
    let roots: Vec<Complex<f64>> = (0..n).map(phase).collect();
    (0..n).map(|k| x.iter().enumerate().map(|(t, x)| x * roots[k * t % n]).sum()).collect()
}
