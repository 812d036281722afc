//! Agreement with the direct DFT and with scipy.signal.welch.

use serde_json::Value;

use super::super::Welch;
use super::reference::direct_welch;
use super::{Noise, assert_spectrum, hourly, lane_of, lines, rotary, tolerance};
use crate::terms::{Detrend, LANES, Sample, Window};

pub(super) const DETRENDS: [Detrend; 4] = [Detrend::None, Detrend::Constant, Detrend::Linear, Detrend::Record];

pub(super) fn windows_for(segment: usize) -> Vec<Window> {
    let mut windows =
        vec![Window::Boxcar, Window::Hann, Window::Hamming, Window::Blackman, Window::Tukey(0.25), Window::Kaiser(8.6)];
    if segment > 5 {
        windows.push(Window::Dpss(2.5));
    }
    windows
}

fn agrees_with_direct_dft<T: Sample>() {
    let mut noise = Noise(11);
    let lanes = [0, 5, 15];
    let active = lanes.iter().fold(0, |mask, lane| mask | 1 << lane);
    for segment in [1, 2, 3, 8, 15, 16, 17, 30, 31, 97, 101, 120, 240] {
        let steps = 2 * segment + segment / 2 + 3;
        let (u, v) = (noise.lines::<T>(steps, 0.5, 0.1), noise.lines::<T>(steps, -0.3, 0.1));
        let rotation = noise.rotation();
        for window in windows_for(segment) {
            for detrend in DETRENDS {
                for overlap in [0.0, 0.5, 0.7] {
                    let spec = hourly(steps, segment, overlap, window, detrend);
                    let (psd, _) = rotary(&Welch::<T>::new(&spec).unwrap(), &u, &v, Some(&rotation), active);
                    for lane in lanes {
                        let (cos, sin) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
                        let expected = direct_welch(&spec, &lane_of(&u, lane), &lane_of(&v, lane), cos, sin);
                        let what = format!("{window} {detrend} {overlap} N = {segment} lane {lane}");
                        let got = &psd[lane * segment..][..segment];
                        // One or two samples without their mean or line are zero but for rounding.
                        let floor = (4.0 * f64::EPSILON).powi(2);
                        assert_spectrum(got, &expected, tolerance::<T>(segment), floor, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn float32_agrees_with_a_direct_dft() {
    agrees_with_direct_dft::<f32>();
}

#[test]
fn float64_agrees_with_a_direct_dft() {
    agrees_with_direct_dft::<f64>();
}

fn agrees_with_scipy<T: Sample>() {
    let fixture: Value = serde_json::from_str(include_str!("../../../tests/fixtures/spectrum_welch.json")).unwrap();
    let cases = fixture["welch"].as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap();
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let expected: Vec<f64> =
            case["psd_ascending"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        let (window, detrend) = (text("window").parse().unwrap(), text("detrend").parse().unwrap());
        let (steps, segment) = (count("steps"), count("segment"));
        let spec = hourly(steps, segment, case["overlap"].as_f64().unwrap(), window, detrend);
        let (u, v) = series_of_fixture(count("seed") as u64, steps);
        let (u, v) = (lines::<T>(steps, |t, _| u[t]), lines::<T>(steps, |t, _| v[t]));
        let (psd, _) = rotary(&Welch::<T>::new(&spec).unwrap(), &u, &v, None, u16::MAX);
        for lane in 0..LANES {
            let got = &psd[lane * segment..][..segment];
            assert_spectrum(got, &expected, tolerance::<T>(segment), 0.0, &format!("{case:.120}"));
        }
    }
}

/// The series of make_spectrum_fixtures.py, exact in float32.
pub(super) fn series_of_fixture(seed: u64, steps: usize) -> (Vec<f64>, Vec<f64>) {
    let mut noise = Noise(seed);
    let mut twelve_bits = || (noise.bits() >> 52) as f64 / 4096.0 - 0.5;
    (0..steps).map(|t| (twelve_bits() + (t as f64 / 64.0 + 3.0), twelve_bits() - t as f64 / 128.0)).unzip()
}

#[test]
fn float32_agrees_with_scipy() {
    agrees_with_scipy::<f32>();
}

#[test]
fn float64_agrees_with_scipy() {
    agrees_with_scipy::<f64>();
}
