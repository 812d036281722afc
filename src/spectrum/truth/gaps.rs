//! Missing samples, land, neighbours and used scratch.

use super::super::{SegmentSet, Welch, WelchSpec};
use super::reference::direct_welch;
use super::{Noise, assert_spectrum, bits, hourly, lane_bits, lane_of, rotary, tolerance};
use crate::terms::{Detrend, LANES, Line, Sample, Window};

fn gaps_leave_out_their_segments<T: Sample>() {
    let mut noise = Noise(51);
    let (steps, segment) = (203, 40);
    for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear, Detrend::Record] {
        for overlap in [0.0, 0.5, 0.6] {
            let (mut u, mut v) = (noise.lines::<T>(steps, 0.5, 0.1), noise.lines::<T>(steps, 0.1, 0.1));
            let rotation = noise.rotation::<T>();
            // Lane 0 has none; the others at the start, the very end, inside, on edges, in u or v or both, everywhere.
            let missing: [&[usize]; LANES] = [
                &[],
                &[0],
                &[202],
                &[199],
                &[20],
                &[39],
                &[40],
                &[19, 100],
                &[60, 61, 62, 63],
                &[0, 202],
                &[79, 80],
                &[120],
                &[10, 50, 90, 130, 170],
                &[],
                &[5, 25, 45, 65, 85, 105, 125, 145, 165, 185],
                &[1],
            ];
            for (lane, times) in missing.iter().enumerate() {
                for (n, t) in times.iter().enumerate() {
                    if (lane + n) % 3 != 1 {
                        u[*t].0[lane] = T::nan();
                    }
                    if (lane + n) % 3 != 2 {
                        v[*t].0[lane] = T::nan();
                    }
                }
            }
            for line in &mut v {
                line.0[13] = T::nan();
            }
            let spec = hourly(steps, segment, overlap, Window::Hann, detrend);
            let welch = Welch::<T>::new(&spec).unwrap();
            let (psd, summary) = rotary(&welch, &u, &v, Some(&rotation), u16::MAX);
            for lane in 0..LANES {
                let (lu, lv) = (lane_of(&u, lane), lane_of(&v, lane));
                let cut = welch.segmentation();
                let used: Vec<bool> =
                    (0..cut.count).map(|k| cut.samples(k).all(|t| !lu[t].is_nan() && !lv[t].is_nan())).collect();
                let count = used.iter().filter(|used| **used).count();
                let what = format!("{detrend} {overlap} lane {lane}");
                assert_eq!(summary.segments_used[lane] as usize, count, "{what}");
                let got = &psd[lane * segment..][..segment];
                if count == 0 {
                    assert!(got.iter().all(|x| x.is_nan()) && summary.degrees_of_freedom[lane].is_nan(), "{what}");
                } else {
                    let (cos, sin) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
                    let expected = direct_welch(&spec, &lu, &lv, cos, sin);
                    assert_spectrum(got, &expected, tolerance::<T>(segment), 0.0, &what);
                    let dof = welch.degrees_of_freedom(&SegmentSet::from_used(&used));
                    assert_eq!(summary.degrees_of_freedom[lane], dof, "{what}");
                }
                let valid: Vec<f64> =
                    lu.iter().zip(&lv).filter(|(u, v)| !u.is_nan() && !v.is_nan()).map(|(u, _)| *u).collect();
                if valid.is_empty() {
                    assert!(summary.u_mean[lane].is_nan() && summary.v_variance[lane].is_nan(), "{what}");
                } else {
                    // Turn the means back: u = cos·east + sin·north over cos² + sin².
                    let (c, s) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
                    let u = (c * summary.u_mean[lane] + s * summary.v_mean[lane]) / (c * c + s * s);
                    let mean = valid.iter().sum::<f64>() / valid.len() as f64;
                    assert!((u - mean).abs() < 1e-13, "{what}: {u} is not {mean}");
                }
            }
            assert_eq!(summary.segments_used[13], 0);
            assert!(summary.segments_used[0] as usize == welch.segmentation().count);
        }
    }
}

#[test]
fn segments_that_touch_a_gap_are_left_out() {
    gaps_leave_out_their_segments::<f32>();
    gaps_leave_out_their_segments::<f64>();
}

/// Puts one series in every lane in turn, among neighbours of every kind; its bits must never change.
fn lanes_are_independent<T: Sample>() {
    let mut noise = Noise(61);
    let steps = 150;
    for (segment, detrend) in
        [(37, Detrend::None), (48, Detrend::Constant), (48, Detrend::Linear), (33, Detrend::Record)]
    {
        let welch = Welch::<T>::new(&hourly(steps, segment, 0.5, Window::Kaiser(5.0), detrend)).unwrap();
        let (su, sv) = (noise.lines::<T>(steps, 0.5, 0.1), noise.lines::<T>(steps, 0.5, 0.1));
        let turns = noise.rotation::<T>();
        for gap in [None, Some(100), Some(0)] {
            let mut first: Option<Vec<u64>> = None;
            for lane in 0..LANES {
                for neighbours in 0..4 {
                    let (mut u, mut v) = (noise.lines::<T>(steps, 0.0, 1.0), noise.lines::<T>(steps, 9.0, 1.0));
                    let mut rotation = noise.rotation::<T>();
                    let active = if neighbours == 3 { 1 << lane } else { u16::MAX };
                    let stain = [T::one(), T::nan(), T::infinity(), T::nan()][neighbours];
                    for t in 0..steps {
                        if neighbours == 3 || (neighbours > 0 && t % 50 == 7) {
                            u[t] = Line([stain; LANES]);
                        }
                        (u[t].0[lane], v[t].0[lane]) = (su[t].0[2], sv[t].0[2]);
                    }
                    if let Some(t) = gap {
                        u[t].0[lane] = T::nan();
                    }
                    (rotation.cos.0[lane], rotation.sin.0[lane]) = (turns.cos.0[2], turns.sin.0[2]);
                    let (psd, summary) = rotary(&welch, &u, &v, Some(&rotation), active);
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

/// The longest run that is filled is `longest`: each series by itself, looking left and right from every missing value.
fn interpolated(series: &[f64], longest: usize) -> Vec<f64> {
    let value = |t: usize| {
        let before = (0..t).rev().find(|&at| !series[at].is_nan())?;
        let after = (t..series.len()).find(|&at| !series[at].is_nan())?;
        let weight = (t - before) as f64 / (after - before) as f64;
        (after - before - 1 <= longest).then(|| (1.0 - weight) * series[before] + weight * series[after])
    };
    (0..series.len()).map(|t| if series[t].is_nan() { value(t).unwrap_or(f64::NAN) } else { series[t] }).collect()
}

fn short_gaps_are_filled<T: Sample>() {
    let (steps, segment) = (203, 40);
    // Times at which u, and at which v, is missing, by lane; lane 9 has no sample of both, lane 10 ends in a gap.
    let holes: [(&[usize], &[usize]); 11] = [
        (&[], &[]),
        (&[50], &[]),
        (&[50, 51, 52], &[51]),
        (&[50, 51, 52, 53], &[]),
        (&[], &[0, 1, 100, 101]),
        (&[39, 40, 41, 43, 45, 46, 47], &[44]),
        (&[10, 30, 60, 90, 120, 150, 180], &[20, 21, 121, 122, 123, 124, 199]),
        (&[77, 78], &[79, 80]),
        (&[100], &[100, 101, 102]),
        (&[], &[]),
        (&[202], &[201]),
    ];
    let mut noise = Noise(91);
    for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear, Detrend::Record] {
        let (mut u, mut v) = (noise.lines::<T>(steps, 0.5, 0.1), noise.lines::<T>(steps, 0.1, 0.1));
        for (lane, (of_u, of_v)) in holes.iter().enumerate() {
            of_u.iter().for_each(|&t| u[t].0[lane] = T::nan());
            of_v.iter().for_each(|&t| v[t].0[lane] = T::nan());
        }
        for t in 0..steps {
            let component = if t % 2 == 0 { &mut u } else { &mut v };
            component[t].0[9] = T::nan();
        }
        let plain = hourly(steps, segment, 0.5, Window::Hann, detrend);
        let (psd_plain, plain_summary) = rotary(&Welch::<T>::new(&plain).unwrap(), &u, &v, None, u16::MAX);
        for longest in [1, 3, 4] {
            let spec = WelchSpec { longest_gap: longest, ..plain.clone() };
            let welch = Welch::<T>::new(&spec).unwrap();
            let mut scratch = welch.scratch();
            let mut psd = vec![T::zero(); LANES * segment];
            let summary = welch.rotary(&u, &v, None, u16::MAX, &mut scratch, &mut psd);
            let (mut filled, mut left_out) = (vec![0; steps], vec![0; steps]);
            for lane in 0..LANES {
                let what = format!("{detrend} {longest} lane {lane}");
                let came = [lane_of(&u, lane), lane_of(&v, lane)];
                let valid = |t: &usize| !came[0][*t].is_nan() && !came[1][*t].is_nan();
                let none_valid = !(0..steps).any(|t| valid(&t));
                let used = came.clone().map(|series| if none_valid { series } else { interpolated(&series, longest) });
                for t in (0..steps).filter(|t| !valid(t)) {
                    let still = used[0][t].is_nan() || used[1][t].is_nan();
                    *(if still { &mut left_out[t] } else { &mut filled[t] }) += 1;
                }
                // The mean of the record is that of the valid samples alone.
                let count = (0..steps).filter(valid).count() as f64;
                let mean = |series: &[f64]| (0..steps).filter(valid).map(|t| series[t]).sum::<f64>() / count;
                let reference = if detrend == Detrend::Record {
                    let [u, v] = [0, 1].map(|at| {
                        let mean = mean(&came[at]);
                        used[at].iter().map(|x| x - mean).collect::<Vec<_>>()
                    });
                    direct_welch(&WelchSpec { detrend: Detrend::None, ..spec.clone() }, &u, &v, 1.0, 0.0)
                } else {
                    direct_welch(&spec, &used[0], &used[1], 1.0, 0.0)
                };
                let row = &psd[lane * segment..][..segment];
                if reference[0].is_nan() {
                    assert!(row.iter().all(|x| x.is_nan()) && summary.segments_used[lane] == 0, "{what}");
                } else {
                    assert_spectrum(row, &reference, tolerance::<T>(segment), 0.0, &what);
                }
                if holes.get(lane).is_none_or(|(u, v)| u.is_empty() && v.is_empty()) {
                    assert_eq!(lane_bits(&psd, &summary, lane), lane_bits(&psd_plain, &plain_summary, lane), "{what}");
                }
            }
            let counted = scratch.gaps();
            assert_eq!((counted.filled(), counted.left_out()), (&filled[..], &left_out[..]));
            // Nothing that was made up is in the means and variances.
            for (with, without) in [
                (summary.u_mean, plain_summary.u_mean),
                (summary.v_mean, plain_summary.v_mean),
                (summary.u_variance, plain_summary.u_variance),
                (summary.v_variance, plain_summary.v_variance),
            ] {
                assert_eq!(bits(&with), bits(&without));
            }
            assert!(summary.segments_used[1] > plain_summary.segments_used[1]);
        }
    }
}

#[test]
fn short_gaps_are_filled_in_the_spectrum_and_not_in_the_moments() {
    short_gaps_are_filled::<f32>();
    short_gaps_are_filled::<f64>();
}

#[test]
fn inactive_lanes_are_nan_and_empty() {
    let mut noise = Noise(71);
    let (u, v) = (noise.lines::<f32>(90, 0.0, 1.0), noise.lines::<f32>(90, 0.0, 1.0));
    let welch = Welch::<f32>::new(&hourly(90, 30, 0.5, Window::Hann, Detrend::Constant)).unwrap();
    for active in [0, 0b1010_0000_0000_0001] {
        let (psd, summary) = rotary(&welch, &u, &v, None, active);
        for lane in 0..LANES {
            let on = active >> lane & 1 == 1;
            assert!(psd[lane * 30..][..30].iter().all(|x| x.is_nan() != on));
            assert_eq!(summary.segments_used[lane], if on { 5 } else { 0 });
            for value in [
                summary.u_mean[lane],
                summary.v_mean[lane],
                summary.u_variance[lane],
                summary.v_variance[lane],
                summary.degrees_of_freedom[lane],
            ] {
                assert_eq!(value.is_nan(), !on);
            }
        }
    }
}

#[test]
fn scratch_of_another_group_leaves_no_trace() {
    let mut noise = Noise(81);
    for detrend in [Detrend::None, Detrend::Linear] {
        let welch = Welch::<f32>::new(&hourly(100, 31, 0.5, Window::Hann, detrend)).unwrap();
        let mut group = || (noise.lines::<f32>(100, 0.2, 1.0), noise.lines::<f32>(100, 0.2, 1.0));
        let (mut stained, (u, v)) = (group(), group());
        for t in [3, 50, 99] {
            stained.0[t] = Line([f32::NAN; LANES]);
            stained.1[t].0[4] = f32::INFINITY;
        }
        let mut scratch = welch.scratch();
        let mut psd = vec![f32::NAN; LANES * 31];
        welch.rotary(&stained.0, &stained.1, None, u16::MAX, &mut scratch, &mut psd);
        let used = welch.rotary(&u, &v, None, 0b0111_1111_0000_1111, &mut scratch, &mut psd);
        let (expected, fresh) = rotary(&welch, &u, &v, None, 0b0111_1111_0000_1111);
        assert_eq!(bits(&psd), bits(&expected));
        for lane in 0..LANES {
            assert_eq!(lane_bits(&psd, &used, lane), lane_bits(&expected, &fresh, lane));
        }
    }
}
