//! The rotary spectrum written down from its definition, slowly: what the program is compared with.

use std::f64::consts::PI;

/// Two-sided density of u + iv [m2 s-2 d], ascending frequency from -N/2 (N even) or -(N-1)/2, by the sum of the
/// discrete Fourier transform: periodic Hann window, half overlap, each segment without its mean, sampled hourly.
pub fn rotary_psd(u: &[f64], v: &[f64], segment: usize) -> Vec<f64> {
    density(u, v, segment, 24.0)
}

/// One-sided density of x [unit2 d], from 0 to Nyquist, every bin doubled but these two; otherwise as [`rotary_psd`].
pub fn one_sided_psd(x: &[f64], segment: usize, samples_per_day: f64) -> Vec<f64> {
    let two_sided = density(x, &vec![0.0; x.len()], segment, samples_per_day);
    let at = |k: usize| two_sided[(segment / 2 + k) % segment];
    (0..=segment / 2).map(|k| if k == 0 || 2 * k == segment { at(k) } else { 2.0 * at(k) }).collect()
}

fn density(u: &[f64], v: &[f64], segment: usize, samples_per_day: f64) -> Vec<f64> {
    let hop = segment - segment / 2;
    let window: Vec<f64> = (0..segment).map(|n| 0.5 - 0.5 * (2.0 * PI * n as f64 / segment as f64).cos()).collect();
    let power: f64 = window.iter().map(|w| w * w).sum();
    let starts: Vec<usize> = (0..).map(|k| k * hop).take_while(|start| start + segment <= u.len()).collect();
    assert!(!starts.is_empty());
    (0..segment)
        .map(|bin| {
            let k = bin as f64 - (segment / 2) as f64;
            let mut sum = 0.0;
            for &start in &starts {
                let (u, v) = (&u[start..start + segment], &v[start..start + segment]);
                let (u_mean, v_mean) = (mean(u), mean(v));
                let (mut re, mut im) = (0.0, 0.0);
                for n in 0..segment {
                    let (x, y) = (window[n] * (u[n] - u_mean), window[n] * (v[n] - v_mean));
                    let (sin, cos) = (-2.0 * PI * k * n as f64 / segment as f64).sin_cos();
                    re += x * cos - y * sin;
                    im += x * sin + y * cos;
                }
                sum += (re * re + im * im) / (samples_per_day * power);
            }
            sum / starts.len() as f64
        })
        .collect()
}

/// The mean.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Largest difference, relative to the largest expected magnitude.
#[track_caller]
pub fn relative_difference(ours: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(ours.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    assert!(largest > 0.0 && largest.is_finite());
    // NaN must not be lost in a maximum.
    ours.iter().zip(expected).fold(0.0, |most: f64, (a, b)| {
        let difference = (a - b).abs() / largest;
        if difference <= most { most } else { difference }
    })
}
