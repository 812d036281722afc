//! Components and ellipses: scipy's spectra and cross-spectra, known ellipses, rotated axes, energy.

use std::f64::consts::PI;

use rustfft::num_complex::Complex;
use serde_json::Value;

use super::super::{
    Ellipse, Extras, RotaryBin, Rotation, Welch, WelchSpec, equivalent_noise_bandwidth, frequency_step, one_sided_bins,
};
use super::agreement::series_of_fixture;
use super::{Noise, hourly, lines, tolerance};
use crate::terms::{Detrend, LANES, Line, Sample, Seconds, Window};

const HOUR: Seconds = Seconds(3600.0);

/// The bins of each lane, 0 to N/2.
fn bins_of<T: Sample>(
    spec: &WelchSpec,
    u: &[Line<T>],
    v: &[Line<T>],
    turn: Option<&Rotation<T>>,
) -> Vec<Vec<RotaryBin>> {
    let welch = Welch::<T>::with_extras(spec, Extras { cross: true, classes: None }).unwrap();
    let mut scratch = welch.scratch();
    let length = spec.segment;
    welch.rotary(u, v, turn, u16::MAX, &mut scratch, &mut vec![T::zero(); LANES * length]);
    let of_lane = |lane: usize| {
        let (mut density, mut cross) = (vec![0.0; length], vec![Complex::default(); one_sided_bins(length)]);
        welch.rotary_density(&scratch, lane, &mut density);
        welch.cross_density(&scratch, lane, &mut cross);
        (0..cross.len()).map(|k| RotaryBin::of(&density, &cross, k)).collect()
    };
    (0..LANES).map(of_lane).collect()
}

fn agrees_with_scipy<T: Sample>() {
    let text = include_str!("../../../tests/fixtures/spectrum_components.json");
    let fixture: Value = serde_json::from_str(text).unwrap();
    let cases = fixture["components"].as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let values =
            |key: &str| -> Vec<f64> { case[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect() };
        let (window, detrend) =
            (case["window"].as_str().unwrap().parse().unwrap(), case["detrend"].as_str().unwrap().parse().unwrap());
        let (steps, segment) = (count("steps"), count("segment"));
        let spec = hourly(steps, segment, case["overlap"].as_f64().unwrap(), window, detrend);
        let (u, v) = series_of_fixture(count("seed") as u64, steps);
        let (u, v) = (lines::<T>(steps, |t, _| u[t]), lines::<T>(steps, |t, _| v[t]));
        let bins = &bins_of(&spec, &u, &v, None)[5];
        let (s_uu, s_vv) = (values("S_uu"), values("S_vv"));
        assert_eq!(bins.len(), s_uu.len());
        let peak = s_uu.iter().zip(&s_vv).map(|(a, b)| a + b).fold(0.0, f64::max);
        let allowed = tolerance::<T>(segment) * peak;
        for (k, bin) in bins.iter().enumerate() {
            let s_uv = bin.s_uv();
            for (name, got, expected) in [
                ("S_uu", bin.s_uu(), s_uu[k]),
                ("S_vv", bin.s_vv(), s_vv[k]),
                ("real S_uv", s_uv.re, values("S_uv_real")[k]),
                ("imaginary S_uv", s_uv.im, values("S_uv_imag")[k]),
                ("ke", bin.kinetic_energy(), 0.5 * (s_uu[k] + s_vv[k])),
            ] {
                assert!(
                    (got - expected).abs() <= allowed,
                    "{case:.120}: {name}, bin {k}: {got}, not {expected}; {:.1e} of the peak",
                    (got - expected).abs() / peak
                );
            }
        }
    }
}

#[test]
fn components_of_float32_agree_with_scipy() {
    agrees_with_scipy::<f32>();
}

#[test]
fn components_of_float64_agree_with_scipy() {
    agrees_with_scipy::<f64>();
}

/// Distance of two directions of an axis [degree].
fn between(a: f64, b: f64) -> f64 {
    let apart = (a - b).rem_euclid(180.0);
    apart.min(180.0 - apart)
}

/// (semi-major, semi-minor, inclination) by lane: both senses, to and fro, all quadrants.
fn known(lane: usize) -> (f64, f64, f64) {
    let minor = [0.2, -0.2, 0.0, 0.05, -0.29][lane % 5];
    (0.3, minor, (11.25 * lane as f64) % 180.0)
}

fn known_ellipses_come_back<T: Sample>() {
    for (segment, cycles) in [(48, 5), (47, 5), (97, 31), (30, 14), (31, 1)] {
        // Windows by which what turns one way leaves nothing in the bin of the other way.
        for window in [Window::Boxcar, Window::Hann, Window::Hamming] {
            let bandwidth = equivalent_noise_bandwidth(window, segment).unwrap();
            let motion = |t: usize, lane: usize| {
                let (major, minor, inclination) = known(lane);
                // The phase is reduced as an integer: its rounding would else be what is measured.
                let turns = (cycles * t % segment) as f64 / segment as f64 + 0.07 * lane as f64;
                let (sin, cos) = (2.0 * PI * turns).sin_cos();
                Complex::from_polar(1.0, inclination.to_radians()) * Complex::new(major * cos, minor * sin)
            };
            let steps = 3 * segment;
            let (u, v) = (lines::<T>(steps, |t, lane| motion(t, lane).re), lines(steps, |t, lane| motion(t, lane).im));
            let spec = hourly(steps, segment, 0.5, window, Detrend::None);
            let df = frequency_step(segment, HOUR);
            for (lane, bins) in bins_of(&spec, &u, &v, None).iter().enumerate() {
                let (major, minor, inclination) = known(lane);
                let Ellipse { major: got_major, minor: got_minor, inclination: got_inclination, stability } =
                    bins[cycles].ellipse(df);
                let (allowed, what) = (20.0 * tolerance::<T>(segment), format!("{window} N = {segment} lane {lane}"));
                let factor = bandwidth.sqrt();
                assert!((got_major * factor - major).abs() < allowed, "{what}: {got_major} {major}");
                assert!((got_minor * factor - minor).abs() < allowed, "{what}: {got_minor} {minor}");
                assert!(between(got_inclination, inclination) < 100.0 * allowed, "{what}: {got_inclination}");
                assert!((0.0..180.0).contains(&got_inclination), "{what}: {got_inclination}");
                assert!((stability - 1.0).abs() < allowed && stability <= 1.0, "{what}: {stability}");
                let coefficient = 2.0 * major * minor / (major * major + minor * minor);
                assert!((bins[cycles].rotary_coefficient() - coefficient).abs() < 10.0 * allowed, "{what}");
            }
        }
    }
}

#[test]
fn ellipses_of_known_axes_come_back() {
    known_ellipses_come_back::<f32>();
    known_ellipses_come_back::<f64>();
}

fn turned_axes_turn_the_ellipse<T: Sample>() {
    let mut noise = Noise(411);
    for (segment, detrend) in [(30, Detrend::Constant), (31, Detrend::Linear), (97, Detrend::None)] {
        let steps = 5 * segment;
        // The same in all lanes, with more energy in one direction, and more in one sense.
        let mut slow = Complex::new(0.0, 0.0);
        let series: Vec<Complex<f64>> = (0..steps)
            .map(|_| {
                slow = slow * Complex::from_polar(0.8, 0.9) + noise.normal();
                slow + Complex::new(1.0, 0.4) * noise.normal() + Complex::new(0.5, 0.7)
            })
            .collect();
        let (u, v) = (lines::<T>(steps, |t, _| series[t].re), lines::<T>(steps, |t, _| series[t].im));
        let mut turns = Rotation::<T>::identity();
        let angle = |lane: usize| 23.0 * lane as f64;
        for lane in 0..LANES {
            let (sin, cos) = angle(lane).to_radians().sin_cos();
            (turns.cos.0[lane], turns.sin.0[lane]) = (T::rounded(cos), T::rounded(sin));
        }
        let spec = hourly(steps, segment, 0.5, Window::Hann, detrend);
        let df = frequency_step(segment, HOUR);
        let lanes = bins_of(&spec, &u, &v, Some(&turns));
        let straight = &lanes[0];
        let peak = straight.iter().map(|bin| bin.kinetic_energy()).fold(0.0, f64::max);
        let allowed = 10.0 * tolerance::<T>(segment);
        for (lane, bins) in lanes.iter().enumerate() {
            for (k, (bin, before)) in bins.iter().zip(straight).enumerate() {
                // What a bin of little energy has is known to a share of the peak only.
                let relative = allowed * peak / before.kinetic_energy();
                let (after, ellipse) = (bin.ellipse(df), before.ellipse(df));
                let what = format!("{detrend} N = {segment} lane {lane} bin {k}");
                let energy = bin.s_uu() + bin.s_vv() - before.s_uu() - before.s_vv();
                assert!(energy.abs() <= 2.0 * allowed * peak, "{what}");
                assert!((after.major - ellipse.major).abs() <= relative * ellipse.major, "{what}");
                assert!((after.minor - ellipse.minor).abs() <= relative * ellipse.major, "{what}");
                assert!((after.stability - ellipse.stability).abs() <= 10.0 * relative, "{what}");
                // Where the axes are unsteady, so is their direction.
                let degrees = 100.0 * relative / ellipse.stability;
                let apart = between(after.inclination, ellipse.inclination + angle(lane));
                assert!(apart <= degrees, "{what}: {apart} of {degrees}");
            }
        }
        assert!(straight.iter().any(|bin| bin.ellipse(df).stability < 0.6), "of one ellipse alone nothing is learnt");
    }
}

#[test]
fn turned_axes_turn_the_inclination_and_nothing_else() {
    turned_axes_turn_the_ellipse::<f32>();
    turned_axes_turn_the_ellipse::<f64>();
}

#[test]
fn integrals_are_variances_and_the_covariance() {
    let mut noise = Noise(421);
    for segment in [2, 3, 16, 31, 97, 120] {
        let (u, v) = (noise.lines::<f64>(segment, 0.5, 0.2), noise.lines::<f64>(segment, 0.1, 0.1));
        let spec = hourly(segment, segment, 0.0, Window::Boxcar, Detrend::Constant);
        let df = frequency_step(segment, HOUR);
        for (lane, bins) in bins_of(&spec, &u, &v, None).iter().enumerate() {
            let mean = |x: &[Line<f64>]| x.iter().map(|line| line.0[lane]).sum::<f64>() / segment as f64;
            let (u_mean, v_mean) = (mean(&u), mean(&v));
            let moment = |get: fn(f64, f64) -> f64| {
                let at = |t: usize| get(u[t].0[lane] - u_mean, v[t].0[lane] - v_mean);
                (0..segment).map(at).sum::<f64>() / segment as f64
            };
            let integral = |get: &dyn Fn(&RotaryBin) -> f64| df.0 * bins.iter().map(get).sum::<f64>();
            let variance = moment(|u, v| u * u + v * v);
            for (got, expected) in [
                (integral(&RotaryBin::s_uu), moment(|u, _| u * u)),
                (integral(&RotaryBin::s_vv), moment(|_, v| v * v)),
                (integral(&|bin| bin.s_uv().re), moment(|u, v| u * v)),
                (integral(&RotaryBin::kinetic_energy), variance / 2.0),
                // Mean kinetic energy on an ellipse.
                (
                    bins.iter().map(|bin| bin.ellipse(df)).map(|e| (e.major.powi(2) + e.minor.powi(2)) / 4.0).sum(),
                    variance / 2.0,
                ),
            ] {
                assert!((got - expected).abs() <= 1e-13 * variance, "N = {segment}: {got}, not {expected}");
            }
        }
    }
}

/// At DC and Nyquist the motion is to and fro along one line.
#[test]
fn bins_of_both_senses_have_straight_motion() {
    let spec = hourly(90, 30, 0.5, Window::Boxcar, Detrend::None);
    let at = |t: usize| 0.4 + if t.is_multiple_of(2) { 0.3 } else { -0.3 };
    let direction = |lane: usize| (17.0 * lane as f64).to_radians();
    let u = lines::<f64>(90, |t, lane| at(t) * direction(lane).cos());
    let v = lines::<f64>(90, |t, lane| at(t) * direction(lane).sin());
    let df = frequency_step(30, HOUR);
    for (lane, bins) in bins_of(&spec, &u, &v, None).iter().enumerate() {
        for (bin, level) in [(bins[0], 0.4_f64), (bins[15], 0.3)] {
            let ellipse = bin.ellipse(df);
            assert!((ellipse.major - 2.0_f64.sqrt() * level).abs() < 1e-12 && ellipse.minor == 0.0);
            assert!(between(ellipse.inclination, 17.0 * lane as f64) < 1e-9 && bin.rotary_coefficient() == 0.0);
            assert!((bin.kinetic_energy() * df.0 - 0.5 * level * level).abs() < 1e-12);
            let cos = direction(lane).cos();
            assert!((bin.s_uu() * df.0 - (level * cos).powi(2)).abs() < 1e-12);
        }
    }
}

#[test]
fn what_is_not_known_is_nan() {
    let unknown = Complex::new(f64::NAN, f64::NAN);
    let df = frequency_step(10, HOUR);
    let nothing = RotaryBin::of(&[f64::NAN; 10], &[unknown; 6], 3);
    let ellipse = nothing.ellipse(df);
    for value in [
        nothing.s_uu(),
        nothing.s_vv(),
        nothing.s_uv().re,
        nothing.s_uv().im,
        nothing.kinetic_energy(),
        nothing.rotary_coefficient(),
        ellipse.major,
        ellipse.minor,
        ellipse.inclination,
        ellipse.stability,
    ] {
        assert!(value.is_nan());
    }
    let without_cross = RotaryBin::of(&[2.0; 10], &[], 3);
    assert_eq!((without_cross.kinetic_energy(), without_cross.rotary_coefficient()), (2.0, 0.0));
    assert!(without_cross.s_uu().is_nan() && without_cross.ellipse(df).inclination.is_nan());
    let still = RotaryBin::of(&[0.0; 10], &[Complex::default(); 6], 3);
    let ellipse = still.ellipse(df);
    assert_eq!((still.s_uu(), ellipse.major, ellipse.minor), (0.0, 0.0, 0.0));
    assert!(ellipse.inclination.is_nan() && ellipse.stability.is_nan() && still.rotary_coefficient().is_nan());
    let circle = RotaryBin { ccw: 2.0, cw: 0.0, cross: Complex::default() };
    assert!(circle.ellipse(df).inclination.is_nan() && circle.ellipse(df).stability.is_nan());
}

#[test]
fn bandwidths_of_windows_are_the_known_ones() {
    for (window, expected, tolerance) in
        [(Window::Boxcar, 1.0, 1e-15), (Window::Hann, 1.5, 1e-12), (Window::Hamming, 1.362_826, 1e-6)]
    {
        for length in [30, 97, 720] {
            let got = equivalent_noise_bandwidth(window, length).unwrap();
            assert!((got - expected).abs() < tolerance, "{window} {length}: {got}");
        }
    }
    assert!(equivalent_noise_bandwidth(Window::Tukey(2.0), 30).is_err());
}
