//! Rounding where it hurts: signals on a large mean or trend, and the statistics beside the spectrum.

use super::super::{Extras, Welch};
use super::reference::direct_welch;
use super::{Noise, assert_spectrum, bits, hourly, lane_of, lines, rotary, tolerance};
use crate::terms::{Detrend, InstructionSet, LANES, Sample, Window};

fn large_means_cost_nothing<T: Sample>() {
    let mut noise = Noise(31);
    let (steps, segment) = (300, 120);
    let (u, v) = (noise.lines::<T>(steps, 100.0, 0.1), noise.lines::<T>(steps, -250.0, 0.1));
    let rotation = noise.rotation::<T>();
    for window in [Window::Boxcar, Window::Hann, Window::Tukey(0.25)] {
        for detrend in [Detrend::Constant, Detrend::Linear, Detrend::Record, Detrend::None] {
            let spec = hourly(steps, segment, 0.5, window, detrend);
            let (psd, _) = rotary(&Welch::<T>::new(&spec).unwrap(), &u, &v, Some(&rotation), u16::MAX);
            for lane in 0..LANES {
                let (cos, sin) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
                let mut expected = direct_welch(&spec, &lane_of(&u, lane), &lane_of(&v, lane), cos, sin);
                let mut got = psd[lane * segment..][..segment].to_vec();
                if detrend == Detrend::None && window != Window::Tukey(0.25) {
                    // Away from the mean's own bins too, where its peak would hide an error.
                    let zero = segment / 2;
                    let peak = expected[zero];
                    assert!((got[zero].as_f64() / peak - 1.0).abs() < tolerance::<T>(segment));
                    for bin in zero - 1..=zero + 1 {
                        expected[bin] = 0.0;
                        got[bin] = T::zero();
                    }
                }
                // In float64 the mean costs digits in the reference as much as in the kernel.
                let mean_cost = if T::BYTES == 8 { 2500.0 } else { 1.0 };
                let what = format!("{window} {detrend} lane {lane}");
                assert_spectrum(&got, &expected, mean_cost * tolerance::<T>(segment), 0.0, &what);
            }
        }
    }
}

#[test]
fn a_mean_a_thousand_times_the_signal_costs_nothing() {
    large_means_cost_nothing::<f32>();
    large_means_cost_nothing::<f64>();
}

#[test]
fn a_trend_a_thousand_times_the_signal_costs_nothing_in_float32() {
    let mut noise = Noise(37);
    let (steps, segment) = (400, 160);
    let scatter = noise.lines::<f64>(steps, 0.0, 0.1);
    let u = lines::<f32>(steps, |t, lane| t as f64 + scatter[t].0[lane]);
    let v = lines::<f32>(steps, |t, lane| 5.0 - 0.7 * t as f64 + scatter[steps - 1 - t].0[lane]);
    let spec = hourly(steps, segment, 0.5, Window::Hann, Detrend::Linear);
    let (psd, _) = rotary(&Welch::<f32>::new(&spec).unwrap(), &u, &v, None, u16::MAX);
    for lane in 0..LANES {
        let expected = direct_welch(&spec, &lane_of(&u, lane), &lane_of(&v, lane), 1.0, 0.0);
        assert_spectrum(&psd[lane * segment..][..segment], &expected, tolerance::<f32>(segment), 0.0, "trend");
    }
}

#[test]
fn constant_series_have_no_variance_and_no_spectrum() {
    for value in [0.0, 0.1, -1234.567] {
        let u = lines::<f32>(90, |_, _| value);
        for detrend in [Detrend::Constant, Detrend::Linear, Detrend::Record] {
            let welch = Welch::<f32>::new(&hourly(90, 30, 0.5, Window::Hann, detrend)).unwrap();
            let (psd, summary) = rotary(&welch, &u, &u, None, u16::MAX);
            assert!(psd.iter().all(|x| *x == 0.0), "{value} {detrend}");
            assert_eq!((summary.u_variance, summary.v_variance), ([0.0; LANES], [0.0; LANES]));
            assert_eq!(summary.u_mean, [f64::from(value as f32); LANES]);
        }
    }
}

fn statistics_are_those_of_two_passes<T: Sample>() {
    let mut noise = Noise(41);
    for (steps, mean, deviation, spike) in [(1, 0.5, 0.1, 0.0), (501, 0.5, 0.1, 0.0), (501, 900.0, 0.01, 5e4)] {
        let (mut u, v) = (noise.lines::<T>(steps, mean, deviation), noise.lines::<T>(steps, -mean, deviation));
        // A sample far from all others must not become the origin of the sums.
        u[0].0.iter_mut().for_each(|x| *x += T::rounded(spike));
        let rotation = noise.rotation::<T>();
        let welch = Welch::<T>::new(&hourly(steps, steps, 0.0, Window::Hann, Detrend::Constant)).unwrap();
        let (_, summary) = rotary(&welch, &u, &v, Some(&rotation), u16::MAX);
        for lane in 0..LANES {
            let (c, s) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
            let (u, v) = (lane_of(&u, lane), lane_of(&v, lane));
            let east: Vec<f64> = u.iter().zip(&v).map(|(u, v)| c * u - s * v).collect();
            let north: Vec<f64> = u.iter().zip(&v).map(|(u, v)| s * u + c * v).collect();
            let total: f64 = [&east, &north].iter().map(|x| two_passes(x).1).sum();
            for (x, mean, variance) in [
                (&east, summary.u_mean[lane], summary.u_variance[lane]),
                (&north, summary.v_mean[lane], summary.v_variance[lane]),
            ] {
                let expected = two_passes(x);
                assert!((mean - expected.0).abs() < 1e-12 * (1.0 + expected.0.abs()), "{mean} is not {}", expected.0);
                assert!((variance - expected.1).abs() <= 1e-13 * total + 1e-28, "{variance} is not {}", expected.1);
            }
        }
    }
}

fn two_passes(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

#[test]
fn means_and_variances_are_those_of_two_passes() {
    statistics_are_those_of_two_passes::<f32>();
    statistics_are_those_of_two_passes::<f64>();
}

fn instruction_sets_agree<T: Sample>() {
    let mut noise = Noise(43);
    let (u, v) = (noise.lines::<T>(211, 0.5, 0.1), noise.lines::<T>(211, -0.5, 0.1));
    let rotation = noise.rotation::<T>();
    for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear, Detrend::Record] {
        let spec = hourly(211, 67, 0.5, Window::Hann, detrend);
        let welch = [InstructionSet::Compiled, InstructionSet::detect()]
            .map(|instructions| Welch::<T>::with_instructions(&spec, Extras::default(), instructions).unwrap());
        let [plain, wide] = welch.map(|welch| rotary(&welch, &u, &v, Some(&rotation), u16::MAX));
        assert_eq!(bits(&plain.0), bits(&wide.0), "{detrend}");
        assert_eq!(plain.1, wide.1, "{detrend}");
    }
}

#[test]
fn wider_vectors_change_no_bit() {
    instruction_sets_agree::<f32>();
    instruction_sets_agree::<f64>();
}
