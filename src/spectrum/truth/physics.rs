//! What must hold whatever the implementation: energy, senses of rotation, lines, noise.

use std::f64::consts::PI;

use rustfft::num_complex::Complex;
use serde_json::Value;

use super::super::{Rotation, SegmentSet, Welch, band_energy, frequency_step, window_coefficients, zero_index};
use super::{Noise, assert_spectrum, hourly, lines, rotary, tolerance};
use crate::terms::{CyclesPerDay, Detrend, LANES, Line, Sample, Seconds, Window};

const HOUR: Seconds = Seconds(3600.0);

/// u and v of Σ amplitude · exp(2πi f t), f in cycles per day, hourly, the same in all lanes.
fn circles<T: Sample>(steps: usize, parts: &[(f64, f64)]) -> (Vec<Line<T>>, Vec<Line<T>>) {
    let w = |t: usize| -> Complex<f64> {
        parts.iter().map(|(a, f)| Complex::from_polar(*a, 2.0 * PI * f * t as f64 / 24.0)).sum()
    };
    (lines(steps, |t, _| w(t).re), lines(steps, |t, _| w(t).im))
}

fn parseval<T: Sample>() {
    let mut noise = Noise(5);
    for segment in [1, 2, 3, 16, 30, 31, 97, 720] {
        let (u, v) = (noise.lines::<T>(segment, 0.5, 0.2), noise.lines::<T>(segment, 0.1, 0.2));
        let rotation = noise.rotation();
        let df = frequency_step(segment, HOUR).0;
        for detrend in [Detrend::None, Detrend::Constant] {
            let welch = Welch::<T>::new(&hourly(segment, segment, 0.0, Window::Boxcar, detrend)).unwrap();
            let (psd, summary) = rotary(&welch, &u, &v, Some(&rotation), u16::MAX);
            for lane in 0..LANES {
                let integral = df * psd[lane * segment..][..segment].iter().map(|x| x.as_f64()).sum::<f64>();
                let variance = summary.u_variance[lane] + summary.v_variance[lane];
                let squared_mean = summary.u_mean[lane].powi(2) + summary.v_mean[lane].powi(2);
                let power = if detrend == Detrend::None { variance + squared_mean } else { variance };
                let error = (integral - power).abs();
                assert!(
                    error <= tolerance::<T>(segment) * power + 1e-30,
                    "{detrend} N = {segment} lane {lane}: {integral} is not {power}"
                );
            }
        }
    }
}

#[test]
fn the_integral_is_the_variance() {
    parseval::<f32>();
    parseval::<f64>();
}

fn circle_has_one_sense<T: Sample>() {
    let segment = 240;
    let zero = zero_index(segment);
    let welch = Welch::<T>::new(&hourly(600, segment, 0.5, Window::Hann, Detrend::Constant)).unwrap();
    for cycles in [7_i64, -7, 60, -60, 1, -1] {
        // The phase is reduced as an integer: its rounding would else be what is measured.
        let angle = |t: usize| 2.0 * PI * (cycles * t as i64).rem_euclid(240) as f64 / 240.0;
        let (u, v) = (lines::<T>(600, |t, _| 0.3 * angle(t).cos()), lines(600, |t, _| 0.3 * angle(t).sin()));
        let (psd, _) = rotary(&welch, &u, &v, None, 1);
        let at = (zero as i64 + cycles) as usize;
        let peak = psd[at].as_f64();
        assert!((peak / (0.09 * 10.0 / 1.5) - 1.0).abs() < tolerance::<T>(segment), "{cycles}: {peak}");
        for (bin, value) in psd[..segment].iter().enumerate().filter(|(bin, _)| bin.abs_diff(at) > 1) {
            // Rounding of the amplitude is eps, of the power eps².
            assert!(value.as_f64() < (20.0 * T::epsilon().as_f64()).powi(2) * peak, "{cycles}: {bin} {value}");
        }
    }
}

#[test]
fn a_circle_lands_on_one_sign_only() {
    circle_has_one_sense::<f32>();
    circle_has_one_sense::<f64>();
}

fn rotation_leaves_the_spectrum<T: Sample>() {
    let mut noise = Noise(17);
    for segment in [97, 120] {
        for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear, Detrend::Record] {
            let (u, v) = (noise.lines::<T>(400, 0.5, 0.1), noise.lines::<T>(400, -0.2, 0.1));
            let rotation = noise.rotation::<T>();
            let welch = Welch::<T>::new(&hourly(400, segment, 0.5, Window::Hann, detrend)).unwrap();
            let (plain, before) = rotary(&welch, &u, &v, None, u16::MAX);
            let (turned, after) = rotary(&welch, &u, &v, Some(&rotation), u16::MAX);
            for lane in 0..LANES {
                let (c, s) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
                // cos and sin rounded to T stretch a vector by a rounding error.
                let stretch = c * c + s * s;
                let row = lane * segment..(lane + 1) * segment;
                let expected: Vec<f64> = plain[row.clone()].iter().map(|x| x.as_f64() * stretch).collect();
                assert_spectrum(&turned[row], &expected, 2.0 * tolerance::<T>(segment), 0.0, "rotated");
                let (u, v) = (before.u_mean[lane], before.v_mean[lane]);
                assert!((after.u_mean[lane] - (c * u - s * v)).abs() < 1e-15);
                assert!((after.v_mean[lane] - (s * u + c * v)).abs() < 1e-15);
                let total = |s: &super::GroupSummary| s.u_variance[lane] + s.v_variance[lane];
                assert!((total(&after) / (total(&before) * stretch) - 1.0).abs() < 1e-13);
            }
        }
    }
}

#[test]
fn a_constant_rotation_leaves_the_spectrum_and_turns_the_means() {
    rotation_leaves_the_spectrum::<f32>();
    rotation_leaves_the_spectrum::<f64>();
}

#[test]
fn a_quarter_turn_sends_east_to_north() {
    let quarter = Rotation { cos: Line([0.0; LANES]), sin: Line([1.0; LANES]) };
    let (u, v) = (lines::<f64>(64, |t, _| 2.0 + (t % 2) as f64), lines::<f64>(64, |_, _| -1.0));
    let welch = Welch::<f64>::new(&hourly(64, 32, 0.5, Window::Hann, Detrend::None)).unwrap();
    let (_, summary) = rotary(&welch, &u, &v, Some(&quarter), u16::MAX);
    assert_eq!((summary.u_mean[3], summary.v_mean[3]), (1.0, 2.5));
    assert_eq!((summary.u_variance[3], summary.v_variance[3]), (0.0, 0.25));
}

fn line_has_the_shape_of_the_window<T: Sample>() {
    let amplitude = 0.4;
    for segment in [119, 120] {
        let df = frequency_step(segment, HOUR).0;
        for window in [Window::Boxcar, Window::Hann, Window::Tukey(0.25), Window::Kaiser(8.6)] {
            let w = window_coefficients(window, segment).unwrap();
            let energy: f64 = w.iter().map(|w| w * w).sum();
            let welch = Welch::<T>::new(&hourly(segment * 3, segment, 0.5, window, Detrend::None)).unwrap();
            for bins in [20.0, 20.25, 20.5, -33.9] {
                let (u, v) = circles::<T>(segment * 3, &[(amplitude, bins * df)]);
                let (psd, _) = rotary(&welch, &u, &v, None, 1);
                let expected: Vec<f64> = welch
                    .frequencies()
                    .iter()
                    .map(|f| {
                        let away = 2.0 * PI * (bins * df - f) / 24.0;
                        let response: Complex<f64> =
                            w.iter().enumerate().map(|(t, w)| Complex::from_polar(*w, away * t as f64)).sum();
                        amplitude * amplitude * response.norm_sqr() / (24.0 * energy)
                    })
                    .collect();
                // Rounding the input itself to T is part of the error here.
                let what = format!("{window} at {bins} bins of {segment}");
                assert_spectrum(&psd[..segment], &expected, 2.0 * tolerance::<T>(segment), 0.0, &what);
                let integral = df * psd[..segment].iter().map(|x| x.as_f64()).sum::<f64>();
                assert!((integral / (amplitude * amplitude) - 1.0).abs() < 2.0 * tolerance::<T>(segment), "{what}");
            }
        }
    }
}

#[test]
fn a_line_on_and_between_bins_has_the_shape_of_the_window() {
    line_has_the_shape_of_the_window::<f32>();
    line_has_the_shape_of_the_window::<f64>();
}

fn m2_keeps_its_energy<T: Sample>() {
    const M2: f64 = 1.932_273_6;
    let (ccw, cw) = (0.05, 0.2);
    let (u, v) = circles::<T>(2160, &[(ccw, M2), (cw, -M2)]);
    let welch = Welch::<T>::new(&hourly(2160, 720, 0.5, Window::Hann, Detrend::Constant)).unwrap();
    let (psd, summary) = rotary(&welch, &u, &v, None, 1);
    let row = &psd[..720];
    let peak = (0..360).max_by(|a, b| row[*a].as_f64().total_cmp(&row[*b].as_f64())).unwrap();
    assert_eq!(360 - peak, 58, "30 days of M2 are 57.97 cycles");
    assert!((welch.frequencies()[peak] + 58.0 / 30.0).abs() < 1e-12);
    let energy = band_energy(row, frequency_step(720, HOUR), CyclesPerDay(1.75), CyclesPerDay(2.15));
    assert!((energy.ccw / (0.5 * ccw * ccw) - 1.0).abs() < 1e-5, "{energy:?}");
    assert!((energy.cw / (0.5 * cw * cw) - 1.0).abs() < 1e-5, "{energy:?}");
    assert_eq!(summary.segments_used[0], 5);
    assert!((summary.degrees_of_freedom[0] - 36.0 * 25.0 / 94.0).abs() < 1e-3);
}

#[test]
fn m2_keeps_its_energy_in_each_sense() {
    m2_keeps_its_energy::<f32>();
    m2_keeps_its_energy::<f64>();
}

#[test]
fn white_noise_covers_its_confidence_interval() {
    let fixture: Value = serde_json::from_str(include_str!("../../../tests/fixtures/spectrum_chi2.json")).unwrap();
    for case in fixture["chi2"].as_array().unwrap() {
        let number = |key: &str| case[key].as_f64().unwrap();
        let (steps, segment) = (number("steps") as usize, number("segment") as usize);
        let window: Window = case["window"].as_str().unwrap().parse().unwrap();
        let welch = Welch::<f32>::new(&hourly(steps, segment, number("overlap"), window, Detrend::Constant)).unwrap();
        let dof = welch.degrees_of_freedom(&SegmentSet::all(welch.segmentation().count));
        assert!((dof / number("dof") - 1.0).abs() < 1e-12, "{case}: {dof}");
        // u and v of deviation 0.2, 24 samples a day.
        let truth = 2.0 * 0.04 / 24.0;
        let (low, high) = (number("low") * truth / dof, number("high") * truth / dof);
        let (mut inside, mut all) = (0, 0);
        let mut noise = Noise(2024);
        for _ in 0..40 {
            let (u, v) = (noise.lines::<f32>(steps, 0.3, 0.2), noise.lines::<f32>(steps, 0.0, 0.2));
            let (psd, _) = rotary(&welch, &u, &v, None, u16::MAX);
            for row in psd.chunks(segment) {
                let zero = zero_index(segment);
                for (_, s) in row.iter().enumerate().filter(|(bin, _)| bin.abs_diff(zero) > 2) {
                    // Where 95 % of the estimates fall is where their intervals cover the truth.
                    inside += usize::from((low..=high).contains(&f64::from(*s)));
                    all += 1;
                }
            }
        }
        let rate = inside as f64 / all as f64;
        assert!((rate - 0.95).abs() < 0.006, "{case}: {rate}");
    }
}
