//! One-sided spectra of scalars: against a direct DFT, scipy, the rotary kernel; Parseval; gaps, neighbours, used scratch.

use serde_json::Value;

use super::super::{Extras, ScalarSummary, SegmentSet, Welch, WelchSpec, one_sided_bins};
use super::agreement::{DETRENDS, series_of_fixture, windows_for};
use super::reference::direct_welch;
use super::{Noise, assert_spectrum, bits, hourly, lane_of, lines, rotary, tolerance};
use crate::terms::{Detrend, InstructionSet, LANES, Line, Sample, Window};

/// One run over fresh scratch.
fn one_sided<T: Sample>(welch: &Welch<T>, x: &[Line<T>], active: u16) -> (Vec<T>, ScalarSummary) {
    let mut psd = vec![T::zero(); LANES * welch.one_sided_frequencies().len()];
    let summary = welch.one_sided(x, active, &mut welch.scratch(), &mut psd);
    (psd, summary)
}

/// A two-sided spectrum, ascending, with its negative half laid on the positive one.
fn folded(two_sided: &[f64]) -> Vec<f64> {
    let n = two_sided.len();
    let at = |k: usize| two_sided[(n / 2 + k) % n];
    (0..one_sided_bins(n)).map(|k| if k == 0 || 2 * k == n { at(k) } else { at(k) + at(n - k) }).collect()
}

/// The slow reference of a scalar.
fn direct(spec: &WelchSpec, x: &[f64]) -> Vec<f64> {
    folded(&direct_welch(spec, x, &vec![0.0; x.len()], 1.0, 0.0))
}

/// All numbers of one lane, as bits.
fn lane_bits<T: Sample>(psd: &[T], summary: &ScalarSummary, lane: usize) -> Vec<u64> {
    let bins = psd.len() / LANES;
    let mut all = bits(&psd[lane * bins..][..bins]);
    all.extend(bits(&[summary.mean[lane], summary.variance[lane], summary.degrees_of_freedom[lane]]));
    all.push(u64::from(summary.segments_used[lane]));
    all
}

fn agrees_with_direct_dft<T: Sample>() {
    let mut noise = Noise(111);
    let lanes = [0, 5, 15];
    let active = lanes.iter().fold(0, |mask, lane| mask | 1 << lane);
    for segment in [1, 2, 3, 8, 15, 16, 17, 30, 31, 97, 101, 120, 240] {
        let steps = 2 * segment + segment / 2 + 3;
        let x = noise.lines::<T>(steps, 0.5, 0.1);
        for window in windows_for(segment) {
            for detrend in DETRENDS {
                // Even and odd numbers of segments.
                for overlap in [0.0, 0.5, 0.7] {
                    let spec = hourly(steps, segment, overlap, window, detrend);
                    let (psd, _) = one_sided(&Welch::<T>::new(&spec).unwrap(), &x, active);
                    for lane in lanes {
                        let expected = direct(&spec, &lane_of(&x, lane));
                        let what = format!("{window} {detrend} {overlap} N = {segment} lane {lane}");
                        let got = &psd[lane * expected.len()..][..expected.len()];
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
    let fixture: Value = serde_json::from_str(include_str!("../../../tests/fixtures/spectrum_one_sided.json")).unwrap();
    let cases = fixture["one_sided"].as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        let text = |key: &str| case[key].as_str().unwrap();
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let numbers =
            |key: &str| -> Vec<f64> { case[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect() };
        let (window, detrend) = (text("window").parse().unwrap(), text("detrend").parse().unwrap());
        let (steps, segment) = (count("steps"), count("segment"));
        let welch =
            Welch::<T>::new(&hourly(steps, segment, case["overlap"].as_f64().unwrap(), window, detrend)).unwrap();
        let (u, _) = series_of_fixture(count("seed") as u64, steps);
        let (psd, _) = one_sided(&welch, &lines::<T>(steps, |t, _| u[t]), u16::MAX);
        let (frequency, expected) = (numbers("frequency"), numbers("psd"));
        assert_eq!(frequency.len(), welch.one_sided_frequencies().len());
        for (ours, theirs) in welch.one_sided_frequencies().iter().zip(&frequency) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} is not {theirs}");
        }
        for lane in 0..LANES {
            let got = &psd[lane * expected.len()..][..expected.len()];
            assert_spectrum(got, &expected, tolerance::<T>(segment), 0.0, &format!("{case:.120}"));
        }
    }
}

#[test]
fn float32_agrees_with_scipy() {
    agrees_with_scipy::<f32>();
}

#[test]
fn float64_agrees_with_scipy() {
    agrees_with_scipy::<f64>();
}

/// The rotary spectrum of u = x, v = 0, folded; moments, segments and degrees of freedom are the same numbers.
fn is_the_folded_rotary_spectrum<T: Sample>() {
    let mut noise = Noise(121);
    for (steps, segment, overlap) in [(203, 40, 0.5), (203, 41, 0.6), (211, 97, 0.5), (90, 90, 0.0)] {
        for detrend in DETRENDS {
            let x = noise.lines::<T>(steps, 20.0, 0.5);
            let zero = lines::<T>(steps, |_, _| 0.0);
            let welch = Welch::<T>::new(&hourly(steps, segment, overlap, Window::Hann, detrend)).unwrap();
            let (psd, summary) = one_sided(&welch, &x, u16::MAX);
            let (two_sided, of_rotary) = rotary(&welch, &x, &zero, None, u16::MAX);
            let two_sided: Vec<f64> = two_sided.iter().map(|value| value.as_f64()).collect();
            for lane in 0..LANES {
                let expected = folded(&two_sided[lane * segment..][..segment]);
                let got = &psd[lane * expected.len()..][..expected.len()];
                assert_spectrum(got, &expected, 2.0 * tolerance::<T>(segment), 0.0, &format!("{detrend} {lane}"));
            }
            assert_eq!((summary.mean, summary.variance), (of_rotary.u_mean, of_rotary.u_variance));
            assert_eq!(summary.segments_used, of_rotary.segments_used);
            assert_eq!(summary.degrees_of_freedom, of_rotary.degrees_of_freedom);
        }
    }
}

#[test]
fn a_scalar_is_a_velocity_without_a_second_component() {
    is_the_folded_rotary_spectrum::<f32>();
    is_the_folded_rotary_spectrum::<f64>();
}

fn parseval<T: Sample>() {
    let mut noise = Noise(131);
    for segment in [1, 2, 7, 16, 97, 120] {
        for count in [1, 2, 3, 6] {
            let steps = segment * count;
            let x = noise.lines::<T>(steps, 0.3, 1.0);
            let spec = hourly(steps, segment, 0.0, Window::Boxcar, Detrend::None);
            let welch = Welch::<T>::new(&spec).unwrap();
            let (psd, _) = one_sided(&welch, &x, u16::MAX);
            let bins = one_sided_bins(segment);
            for lane in 0..LANES {
                let integral =
                    psd[lane * bins..][..bins].iter().map(|x| x.as_f64()).sum::<f64>() * 24.0 / segment as f64;
                let square = lane_of(&x, lane).iter().map(|x| x * x).sum::<f64>() / steps as f64;
                let off = (integral / square - 1.0).abs();
                assert!(off < tolerance::<T>(segment), "N = {segment}, {count} segments: off by {off}");
            }
        }
    }
}

#[test]
fn the_integral_is_the_mean_square() {
    parseval::<f32>();
    parseval::<f64>();
}

/// A cosine of amplitude a on a bin is a line of variance a²/2 on that bin alone, at DC and Nyquist of a².
#[test]
fn lines_stand_on_their_bins_with_their_variance() {
    for segment in [30, 31] {
        let steps = 3 * segment;
        for k in 0..=segment / 2 {
            let x = lines::<f64>(steps, |t, _| {
                3.0 * (2.0 * std::f64::consts::PI * ((k * t) % segment) as f64 / segment as f64).cos()
            });
            let welch = Welch::<f64>::new(&hourly(steps, segment, 0.5, Window::Boxcar, Detrend::None)).unwrap();
            let (psd, _) = one_sided(&welch, &x, 1);
            let df = 24.0 / segment as f64;
            for (bin, density) in psd[..one_sided_bins(segment)].iter().enumerate() {
                let expected = match (bin == k, k == 0 || 2 * k == segment) {
                    (false, _) => 0.0,
                    (true, true) => 9.0 / df,
                    (true, false) => 4.5 / df,
                };
                assert!((density - expected).abs() < 1e-12 * 9.0 / df, "N = {segment}, line {k}, bin {bin}: {density}");
            }
        }
    }
}

/// Times without a value, by lane: none, at either end, in the first, the second, both or neither of a pair, everywhere.
const MISSING: [&[usize]; 12] = [
    &[],
    &[0],
    &[202],
    &[20],
    &[40],
    &[19, 100],
    &[60, 61, 62, 63],
    &[79, 80],
    &[10, 50, 90, 130, 170],
    &[30, 110, 190],
    &[5, 25, 45, 65, 85, 105, 125, 145, 165, 185],
    &[199],
];

fn gaps_leave_out_their_segments<T: Sample>() {
    let mut noise = Noise(151);
    let (steps, segment) = (203, 40);
    for detrend in DETRENDS {
        for overlap in [0.0, 0.5, 0.6] {
            let mut x = noise.lines::<T>(steps, 0.5, 0.1);
            for (lane, times) in MISSING.iter().enumerate() {
                times.iter().for_each(|&t| x[t].0[lane] = T::nan());
            }
            x.iter_mut().for_each(|line| line.0[13] = T::nan());
            let spec = hourly(steps, segment, overlap, Window::Hann, detrend);
            let welch = Welch::<T>::new(&spec).unwrap();
            let (psd, summary) = one_sided(&welch, &x, u16::MAX);
            for lane in 0..LANES {
                let series = lane_of(&x, lane);
                let cut = welch.segmentation();
                let used: Vec<bool> = (0..cut.count).map(|k| cut.samples(k).all(|t| !series[t].is_nan())).collect();
                let count = used.iter().filter(|used| **used).count();
                let what = format!("{detrend} {overlap} lane {lane}");
                assert_eq!(summary.segments_used[lane] as usize, count, "{what}");
                let bins = one_sided_bins(segment);
                let got = &psd[lane * bins..][..bins];
                let valid: Vec<f64> = series.iter().copied().filter(|x| !x.is_nan()).collect();
                if count == 0 {
                    assert!(got.iter().all(|x| x.is_nan()) && summary.degrees_of_freedom[lane].is_nan(), "{what}");
                } else {
                    assert_spectrum(got, &direct(&spec, &series), tolerance::<T>(segment), 0.0, &what);
                    let dof = welch.degrees_of_freedom(&SegmentSet::from_used(&used));
                    assert_eq!(summary.degrees_of_freedom[lane], dof, "{what}");
                }
                if valid.is_empty() {
                    assert!(summary.mean[lane].is_nan() && summary.variance[lane].is_nan(), "{what}");
                } else {
                    let n = valid.len() as f64;
                    let mean = valid.iter().sum::<f64>() / n;
                    let variance = valid.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                    assert!((summary.mean[lane] - mean).abs() < 1e-13, "{what}");
                    assert!((summary.variance[lane] - variance).abs() < 1e-13, "{what}");
                }
            }
        }
    }
}

#[test]
fn segments_that_touch_a_gap_are_left_out_and_their_partners_are_not() {
    gaps_leave_out_their_segments::<f32>();
    gaps_leave_out_their_segments::<f64>();
}

fn short_gaps_are_filled<T: Sample>() {
    let mut noise = Noise(161);
    let (steps, segment) = (203, 40);
    let mut x = noise.lines::<T>(steps, 0.5, 0.1);
    let holes: [&[usize]; 5] = [&[], &[50], &[50, 51, 52], &[50, 51, 52, 53], &[0, 100, 101, 202]];
    for (lane, times) in holes.iter().enumerate() {
        times.iter().for_each(|&t| x[t].0[lane] = T::nan());
    }
    let plain = hourly(steps, segment, 0.5, Window::Hann, Detrend::Constant);
    let (psd_plain, plain_summary) = one_sided(&Welch::<T>::new(&plain).unwrap(), &x, u16::MAX);
    let spec = WelchSpec { longest_gap: 3, ..plain };
    let welch = Welch::<T>::new(&spec).unwrap();
    let mut scratch = welch.scratch();
    let mut psd = vec![T::zero(); psd_plain.len()];
    let summary = welch.one_sided(&x, u16::MAX, &mut scratch, &mut psd);
    for lane in 0..LANES {
        let mut series = lane_of(&x, lane);
        for (lane_with, first, last) in [(1, 50, 50), (2, 50, 52), (4, 100, 101)] {
            if lane == lane_with {
                let (from, to) = (series[first - 1], series[last + 1]);
                for (n, value) in (1..).zip(&mut series[first..=last]) {
                    *value = from + (to - from) * f64::from(n) / (last + 2 - first) as f64;
                }
            }
        }
        let expected = direct(&spec, &series);
        let got = &psd[lane * expected.len()..][..expected.len()];
        assert_spectrum(got, &expected, tolerance::<T>(segment), 0.0, &format!("lane {lane}"));
        if holes.get(lane).is_none_or(|times| times.is_empty()) {
            assert_eq!(lane_bits(&psd, &summary, lane), lane_bits(&psd_plain, &plain_summary, lane));
        }
    }
    let counts = scratch.gaps();
    let (mut filled, mut left_out) = (vec![0; steps], vec![0; steps]);
    [50, 50, 51, 52, 100, 101].iter().for_each(|&t: &usize| filled[t] += 1);
    [0, 50, 51, 52, 53, 202].iter().for_each(|&t: &usize| left_out[t] += 1);
    assert_eq!((counts.filled(), counts.left_out()), (&filled[..], &left_out[..]), "a sample counts once");
    assert_eq!(bits(&summary.mean), bits(&plain_summary.mean));
    assert_eq!(bits(&summary.variance), bits(&plain_summary.variance));
    assert!(summary.segments_used[2] > plain_summary.segments_used[2]);
}

#[test]
fn short_gaps_are_filled_in_the_spectrum_and_not_in_the_moments() {
    short_gaps_are_filled::<f32>();
    short_gaps_are_filled::<f64>();
}

/// Puts one series in every lane in turn, among neighbours of every kind; its bits must never change.
fn lanes_are_independent<T: Sample>() {
    let mut noise = Noise(171);
    let steps = 150;
    for (segment, detrend) in
        [(37, Detrend::None), (48, Detrend::Constant), (48, Detrend::Linear), (33, Detrend::Record)]
    {
        let welch = Welch::<T>::new(&hourly(steps, segment, 0.5, Window::Kaiser(5.0), detrend)).unwrap();
        let series = noise.lines::<T>(steps, 0.5, 0.1);
        for gap in [None, Some(100), Some(0)] {
            let mut first: Option<Vec<u64>> = None;
            for lane in 0..LANES {
                for neighbours in 0..4 {
                    let mut x = noise.lines::<T>(steps, 9.0, 1.0);
                    let active = if neighbours == 3 { 1 << lane } else { u16::MAX };
                    let stain = [T::one(), T::nan(), T::infinity(), T::nan()][neighbours];
                    for t in 0..steps {
                        if neighbours == 3 || (neighbours > 0 && t % 50 == 7) {
                            x[t] = Line([stain; LANES]);
                        }
                        x[t].0[lane] = series[t].0[2];
                    }
                    if let Some(t) = gap {
                        x[t].0[lane] = T::nan();
                    }
                    let (psd, summary) = one_sided(&welch, &x, active);
                    let got = lane_bits(&psd, &summary, lane);
                    let expected = first.get_or_insert_with(|| got.clone());
                    assert_eq!(&got, expected, "{detrend} lane {lane} neighbours {neighbours} gap {gap:?}");
                    assert!(summary.segments_used[lane] > 0);
                }
            }
        }
    }
}

#[test]
fn a_lane_depends_on_no_other_to_the_bit() {
    lanes_are_independent::<f32>();
    lanes_are_independent::<f64>();
}

#[test]
fn inactive_lanes_are_nan_and_empty() {
    let x = Noise(181).lines::<f32>(90, 0.0, 1.0);
    let welch = Welch::<f32>::new(&hourly(90, 30, 0.5, Window::Hann, Detrend::Constant)).unwrap();
    for active in [0, 0b1010_0000_0000_0001] {
        let (psd, summary) = one_sided(&welch, &x, active);
        for lane in 0..LANES {
            let on = active >> lane & 1 == 1;
            assert!(psd[lane * 16..][..16].iter().all(|x| x.is_nan() != on));
            assert_eq!(summary.segments_used[lane], if on { 5 } else { 0 });
            for value in [summary.mean[lane], summary.variance[lane], summary.degrees_of_freedom[lane]] {
                assert_eq!(value.is_nan(), !on);
            }
        }
    }
}

/// Scratch goes from a velocity to a scalar and back, and from groups with gaps to whole ones.
#[test]
fn scratch_of_another_group_leaves_no_trace() {
    let mut noise = Noise(191);
    for (detrend, longest_gap) in [(Detrend::None, 0), (Detrend::Linear, 2)] {
        let spec = WelchSpec { longest_gap, ..hourly(100, 31, 0.5, Window::Hann, detrend) };
        let welch = Welch::<f32>::new(&spec).unwrap();
        let mut group = || noise.lines::<f32>(100, 0.2, 1.0);
        let (mut stained, v, x) = (group(), group(), group());
        for t in [3, 50, 99] {
            stained[t] = Line([f32::NAN; LANES]);
        }
        let (mut scratch, active) = (welch.scratch(), 0b0111_1111_0000_1111);
        let mut psd = vec![f32::NAN; LANES * 16];
        welch.rotary(&stained, &v, None, u16::MAX, &mut scratch, &mut vec![0.0; LANES * 31]);
        welch.one_sided(&stained, u16::MAX, &mut scratch, &mut psd);
        let used = welch.one_sided(&x, active, &mut scratch, &mut psd);
        let (expected, fresh) = one_sided(&welch, &x, active);
        for lane in 0..LANES {
            assert_eq!(lane_bits(&psd, &used, lane), lane_bits(&expected, &fresh, lane));
        }
        let mut two_sided = vec![0.0; LANES * 31];
        welch.rotary(&x, &v, None, active, &mut scratch, &mut two_sided);
        assert_eq!(bits(&two_sided), bits(&rotary(&welch, &x, &v, None, active).0));
    }
}

fn rounding_is_that_of_the_deviations<T: Sample>() {
    let mut noise = Noise(201);
    let (steps, segment) = (300, 120);
    let scatter = noise.lines::<f64>(steps, 0.0, 0.1);
    let instructions = [InstructionSet::Compiled, InstructionSet::detect()];
    for detrend in DETRENDS {
        // A mean of a thousand deviations; where a line is removed, a trend as well.
        let slope = if detrend == Detrend::Linear { 1.0 } else { 0.0 };
        let x = lines::<T>(steps, |t, lane| -250.0 + slope * t as f64 + scatter[t].0[lane]);
        let spec = hourly(steps, segment, 0.5, Window::Hann, detrend);
        let [compiled, detected] = instructions
            .map(|set| one_sided(&Welch::<T>::with_instructions(&spec, Extras::default(), set).unwrap(), &x, u16::MAX));
        assert_eq!(bits(&compiled.0), bits(&detected.0), "vectors of another width change no bit");
        for lane in 0..LANES {
            assert_eq!(lane_bits(&compiled.0, &compiled.1, lane), lane_bits(&detected.0, &detected.1, lane));
            let mut expected = direct(&spec, &lane_of(&x, lane));
            let mut got = detected.0[lane * expected.len()..][..expected.len()].to_vec();
            if detrend == Detrend::None {
                // Away from the mean's own bins too, where its peak would hide an error.
                assert!((got[0].as_f64() / expected[0] - 1.0).abs() < tolerance::<T>(segment));
                for bin in 0..2 {
                    (expected[bin], got[bin]) = (0.0, T::zero());
                }
            }
            // In float64 the mean costs digits in the reference as much as in the kernel.
            let mean_cost = if T::BYTES == 8 { 2500.0 } else { 1.0 };
            assert_spectrum(&got, &expected, mean_cost * tolerance::<T>(segment), 0.0, &format!("{detrend} {lane}"));
        }
    }
}

#[test]
fn large_means_and_trends_cost_nothing() {
    rounding_is_that_of_the_deviations::<f32>();
    rounding_is_that_of_the_deviations::<f64>();
}
