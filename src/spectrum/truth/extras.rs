//! What is kept beside the mean: spectra of classes of segments, and the cross-spectrum of the two senses.

use rustfft::num_complex::Complex;

use super::super::{Extras, GroupSummary, Rotation, SegmentClasses, SegmentSet, Welch, WelchScratch, WelchSpec};
use super::agreement::DETRENDS;
use super::reference::{direct_psd, direct_transforms};
use super::{Noise, assert_spectrum, bits, hourly, lane_bits, lane_of, rotary, tolerance};
use crate::terms::{Detrend, InstructionSet, LANES, Line, Sample, Window};

/// Classes of many segments and of one, all through one another, and class 4 of none.
fn classes(segments: usize) -> SegmentClasses {
    let of_segment = (0..segments).map(|segment| match segment {
        1 => 3,
        4 => 5,
        _ => [0, 2, 1, 2][segment % 4],
    });
    SegmentClasses::new(of_segment.collect(), 6)
}

fn keeping_both<T: Sample>(spec: &WelchSpec) -> Welch<T> {
    let count = Welch::<T>::new(spec).unwrap().segmentation().count;
    Welch::with_extras(spec, Extras { cross: true, classes: Some(classes(count)) }).unwrap()
}

/// All that is kept of one lane.
struct Kept<T> {
    density: Vec<f64>,
    cross: Vec<Complex<f64>>,
    classes: Vec<(Vec<T>, u32, f64)>,
}

impl<T: Sample> Kept<T> {
    fn of(welch: &Welch<T>, scratch: &WelchScratch<T>, lane: usize) -> Self {
        let length = welch.segmentation().length;
        let mut density = vec![-1.0; length];
        welch.rotary_density(scratch, lane, &mut density);
        let mut cross = vec![Complex::new(-1.0, -1.0); length / 2 + 1];
        welch.cross_density(scratch, lane, &mut cross);
        let of_class = |class: usize| {
            let mut psd = vec![-T::one(); length];
            welch.class_psd(scratch, class, lane, &mut psd);
            let (used, dof) = welch.class_segments(scratch, class, lane);
            (psd, used, dof)
        };
        Kept { density, cross, classes: (0..welch.class_count()).map(of_class).collect() }
    }

    fn bits(&self) -> Vec<u64> {
        let mut all = bits(&self.density);
        all.extend(self.cross.iter().flat_map(|x| [x.re.to_bits(), x.im.to_bits()]));
        for (psd, used, dof) in &self.classes {
            all.extend(bits(psd));
            all.extend([u64::from(*used), dof.to_bits()]);
        }
        all
    }
}

type Group<T> = (Vec<Line<T>>, Vec<Line<T>>);

/// Noise in which some lanes have gaps; lane 3 has no whole segment, if they are longer than 9.
fn with_gaps<T: Sample>(noise: &mut Noise, steps: usize) -> Group<T> {
    let (mut u, mut v) = (noise.lines::<T>(steps, 0.5, 0.1), noise.lines::<T>(steps, -0.3, 0.2));
    u[0].0[1] = T::nan();
    v[steps / 2].0[2] = T::nan();
    for t in (0..steps).step_by(9) {
        v[t].0[3] = T::nan();
    }
    u[steps - 1].0[9] = T::nan();
    (u, v)
}

fn agrees_with_direct_dft<T: Sample>() {
    let mut noise = Noise(301);
    for segment in [1, 2, 3, 8, 15, 16, 17, 31, 40, 97, 120] {
        let steps = 4 * segment + segment / 2 + 3;
        for (overlap, window) in [(0.0, Window::Boxcar), (0.5, Window::Hann), (0.7, Window::Kaiser(5.0))] {
            for detrend in DETRENDS {
                let (u, v) = with_gaps::<T>(&mut noise, steps);
                let rotation = noise.rotation::<T>();
                let spec = hourly(steps, segment, overlap, window, detrend);
                let welch = keeping_both::<T>(&spec);
                let of_class = classes(welch.segmentation().count);
                let mut scratch = welch.scratch();
                let mut psd = vec![T::zero(); LANES * segment];
                let summary = welch.rotary(&u, &v, Some(&rotation), u16::MAX, &mut scratch, &mut psd);
                for lane in [0, 1, 2, 3, 9, 15] {
                    let what = format!("{window} {detrend} {overlap} N = {segment} lane {lane}");
                    let (cos, sin) = (rotation.cos.0[lane].as_f64(), rotation.sin.0[lane].as_f64());
                    let (scale, transforms) =
                        direct_transforms(&spec, &lane_of(&u, lane), &lane_of(&v, lane), cos, sin);
                    let used: Vec<bool> = transforms.iter().map(Option::is_some).collect();
                    let kept = Kept::of(&welch, &scratch, lane);
                    // Of few samples, and few segments, nothing averages the rounding.
                    let tolerance = tolerance::<T>(segment).max(4.0 * T::epsilon().as_f64());
                    // One or two samples without their mean or line are zero but for rounding.
                    let floor = (4.0 * f64::EPSILON).powi(2);
                    let check = |got: &[f64], expected: &[f64]| {
                        if expected[0].is_nan() {
                            assert!(got.iter().all(|x| x.is_nan()), "{what}");
                        } else {
                            assert_spectrum(got, expected, tolerance, floor, &what);
                        }
                    };
                    let whole = direct_psd(segment, scale, transforms.iter().flatten());
                    check(&kept.density, &whole);
                    let rounded: Vec<T> = kept.density.iter().map(|x| T::rounded(*x)).collect();
                    assert_eq!(bits(&rounded), bits(&psd[lane * segment..][..segment]), "{what}");

                    let count = used.iter().filter(|used| **used).count();
                    assert_eq!(summary.segments_used[lane] as usize, count, "{what}");
                    let peak = whole.iter().copied().fold(0.0, f64::max);
                    for (k, got) in kept.cross.iter().enumerate() {
                        let both = |x: &Vec<Complex<f64>>| x[k] * x[(segment - k) % segment];
                        let expected =
                            transforms.iter().flatten().map(both).sum::<Complex<f64>>() / (scale * count as f64);
                        let error = (got - expected).norm();
                        let close = error <= tolerance * peak + floor || (count == 0 && got.re.is_nan());
                        assert!(close, "{what}: bin {k} is {got}, not {expected}; {:.2e} of the peak", error / peak);
                    }

                    for (class, (psd, class_used, dof)) in kept.classes.iter().enumerate() {
                        let is_in: Vec<bool> = of_class.of_segment().iter().map(|of| *of == class).collect();
                        let of = |at: &usize| is_in[*at];
                        let members = (0..used.len()).filter(of).filter_map(|at| transforms[at].as_ref());
                        assert_eq!(*class_used as usize, members.clone().count(), "{what} class {class}");
                        let expected = direct_psd(segment, scale, members);
                        let psd: Vec<f64> = psd.iter().map(|x| x.as_f64()).collect();
                        check(&psd, &expected);
                        let set: Vec<bool> = used.iter().zip(&is_in).map(|(used, is_in)| *used && *is_in).collect();
                        let expected = welch.degrees_of_freedom(&SegmentSet::from_used(&set));
                        assert_eq!(dof.to_bits(), expected.to_bits(), "{what} class {class}: {dof}, not {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_float32_keeps_agrees_with_a_direct_dft() {
    agrees_with_direct_dft::<f32>();
}

#[test]
fn what_float64_keeps_agrees_with_a_direct_dft() {
    agrees_with_direct_dft::<f64>();
}

/// Runs of neighbouring segments are what Welch's method gives of their samples alone.
fn a_class_is_a_record<T: Sample>() {
    let mut noise = Noise(311);
    for (segment, overlap, detrend) in [
        (30, 0.5, Detrend::Constant),
        (31, 0.5, Detrend::Linear),
        (24, 0.75, Detrend::None),
        (37, 0.0, Detrend::Linear),
    ] {
        let spec = hourly(300, segment, overlap, Window::Hann, detrend);
        let plain = Welch::<T>::new(&spec).unwrap();
        let cut = plain.segmentation().clone();
        // Runs of 1, 2, 3 segments and so on.
        let run_of = |at: usize| {
            (1..)
                .scan(0, |end, len| {
                    *end += len;
                    Some(*end)
                })
                .take_while(|end| *end <= at)
                .count()
        };
        let of_segment: Vec<usize> = (0..cut.count).map(run_of).collect();
        let runs = of_segment[cut.count - 1] + 1;
        let classes = SegmentClasses::new(of_segment.clone(), runs);
        let welch = Welch::<T>::with_extras(&spec, Extras { cross: false, classes: Some(classes) }).unwrap();
        let (u, v) = (noise.lines::<T>(300, 0.5, 0.1), noise.lines::<T>(300, -0.3, 0.1));
        let mut scratch = welch.scratch();
        let mut psd = vec![T::zero(); LANES * segment];
        let summary = welch.rotary(&u, &v, None, u16::MAX, &mut scratch, &mut psd);
        for lane in [0, 7, 15] {
            let mut weighted = vec![0.0; segment];
            for run in 0..runs {
                let members: Vec<usize> = (0..cut.count).filter(|at| of_segment[*at] == run).collect();
                let samples = cut.start(members[0])..cut.samples(members[members.len() - 1]).end;
                let alone = Welch::<T>::new(&WelchSpec { steps: samples.len(), ..spec.clone() }).unwrap();
                let (expected, one) = rotary(&alone, &u[samples.clone()], &v[samples], None, u16::MAX);
                let expected: Vec<f64> = expected[lane * segment..][..segment].iter().map(|x| x.as_f64()).collect();
                let mut got = vec![T::nan(); segment];
                welch.class_psd(&scratch, run, lane, &mut got);
                assert_spectrum(&got, &expected, tolerance::<T>(segment), 0.0, &format!("{detrend} run {run}"));
                let (used, dof) = welch.class_segments(&scratch, run, lane);
                let expected = (one.segments_used[lane], one.degrees_of_freedom[lane].to_bits());
                assert_eq!((used, dof.to_bits()), expected);
                for (sum, x) in weighted.iter_mut().zip(&got) {
                    *sum += f64::from(used) * x.as_f64() / f64::from(summary.segments_used[lane]);
                }
            }
            // The whole is the mean of its parts.
            assert_spectrum(&psd[lane * segment..][..segment], &weighted, 4.0 * T::epsilon().as_f64(), 0.0, "the mean");
        }
    }
}

#[test]
fn a_class_of_neighbours_is_the_spectrum_of_their_samples() {
    a_class_is_a_record::<f32>();
    a_class_is_a_record::<f64>();
}

/// Nothing of the spectrum changes by what is kept, nothing that is kept by what was in the scratch or is in other lanes.
fn nothing_leaks<T: Sample>() {
    let mut noise = Noise(321);
    for (segment, detrend) in [(31, Detrend::None), (40, Detrend::Constant), (37, Detrend::Linear)] {
        let spec = hourly(203, segment, 0.5, Window::Hann, detrend);
        let (plain, welch) = (Welch::<T>::new(&spec).unwrap(), keeping_both::<T>(&spec));
        let (u, v) = with_gaps::<T>(&mut noise, 203);
        let rotation = noise.rotation::<T>();
        let run = |welch: &Welch<T>, group: &Group<T>, active, scratch: &mut WelchScratch<T>| {
            let mut psd = vec![T::one(); LANES * segment];
            let summary = welch.rotary(&group.0, &group.1, Some(&rotation), active, scratch, &mut psd);
            (psd, summary)
        };
        let group = (u, v);
        let mut fresh = welch.scratch();
        let (psd, summary) = run(&welch, &group, u16::MAX, &mut fresh);
        let (plain_psd, plain_summary) = rotary(&plain, &group.0, &group.1, Some(&rotation), u16::MAX);
        let expected: Vec<Vec<u64>> = (0..LANES).map(|lane| Kept::of(&welch, &fresh, lane).bits()).collect();
        for lane in 0..LANES {
            assert_eq!(lane_bits(&psd, &summary, lane), lane_bits(&plain_psd, &plain_summary, lane));
        }

        // One lane of the group among others, over scratch that others used.
        let mut scratch = welch.scratch();
        for lane in [0, 1, 2, 3, 9, 14] {
            let mut other: Group<T> = (noise.lines(203, 9.0, 1.0), noise.lines(203, 0.0, 5.0));
            other.0[5] = Line([T::infinity(); LANES]);
            run(&welch, &other, u16::MAX, &mut scratch);
            for t in 0..203 {
                (other.0[t].0[lane], other.1[t].0[lane]) = (group.0[t].0[lane], group.1[t].0[lane]);
            }
            for active in [u16::MAX, 1 << lane] {
                run(&welch, &other, active, &mut scratch);
                assert_eq!(Kept::of(&welch, &scratch, lane).bits(), expected[lane], "{detrend} lane {lane}");
            }
            // Land beside it, and land alone.
            for (active, other_lane) in [(1 << lane, (lane + 1) % LANES), (0, lane)] {
                run(&welch, &other, active, &mut scratch);
                let none = Kept::of(&welch, &scratch, other_lane);
                assert!(
                    none.density.iter().all(|x| x.is_nan())
                        && none.cross.iter().all(|x| x.re.is_nan() && x.im.is_nan())
                );
                for (psd, used, dof) in none.classes {
                    assert!(psd.iter().all(|x| x.is_nan()) && used == 0 && dof.is_nan());
                }
            }
        }
    }
}

#[test]
fn what_is_kept_changes_nothing_and_depends_on_nothing_else() {
    nothing_leaks::<f32>();
    nothing_leaks::<f64>();
}

#[test]
fn vectors_change_no_bit_of_what_is_kept() {
    let mut noise = Noise(331);
    for segment in [8, 31, 120] {
        let spec = hourly(500, segment, 0.5, Window::Hann, Detrend::Linear);
        let (u, v) = with_gaps::<f32>(&mut noise, 500);
        let count = Welch::<f32>::new(&spec).unwrap().segmentation().count;
        let kept = [InstructionSet::Compiled, InstructionSet::detect()].map(|instructions| {
            let extras = Extras { cross: true, classes: Some(classes(count)) };
            let welch = Welch::<f32>::with_instructions(&spec, extras, instructions).unwrap();
            let mut scratch = welch.scratch();
            welch.rotary(&u, &v, None, u16::MAX, &mut scratch, &mut vec![0.0; LANES * segment]);
            (0..LANES).flat_map(|lane| Kept::of(&welch, &scratch, lane).bits()).collect::<Vec<_>>()
        });
        assert_eq!(kept[0], kept[1]);
    }
}

/// A circle has nothing of the other sense; a line through both has a cross-spectrum of the phase twice its direction.
#[test]
fn known_motions_have_their_cross_spectra() {
    let spec = hourly(240, 48, 0.5, Window::Hann, Detrend::Constant);
    let welch = Welch::<f64>::with_extras(&spec, Extras { cross: true, classes: None }).unwrap();
    let angle = |t: usize| 2.0 * std::f64::consts::PI * 5.0 * t as f64 / 48.0;
    // Lane n turns the motion by 0.1 n: lanes of a straight one, of a circle to the left.
    let straight = Complex::new(0.3, 0.0);
    let at = |t: usize, lane: usize| Complex::from_polar(1.0, 0.1 * lane as f64) * straight * angle(t).cos();
    let (u, v): Group<f64> = (0..240)
        .map(|t| {
            let line = |part: fn(Complex<f64>) -> f64| Line(std::array::from_fn(|lane| part(at(t, lane))));
            (line(|x| x.re), line(|x| x.im))
        })
        .unzip();
    let mut scratch = welch.scratch();
    let mut psd = vec![0.0; LANES * 48];
    let _: GroupSummary = welch.rotary(&u, &v, None::<&Rotation<f64>>, u16::MAX, &mut scratch, &mut psd);
    for lane in 0..LANES {
        let mut cross = vec![Complex::default(); 25];
        welch.cross_density(&scratch, lane, &mut cross);
        let (ccw, cw) = (psd[lane * 48 + 24 + 5], psd[lane * 48 + 24 - 5]);
        assert!((cross[5].norm() / (ccw * cw).sqrt() - 1.0).abs() < 1e-12);
        let turned = cross[5] * Complex::from_polar(1.0, -0.2 * lane as f64);
        assert!(turned.arg().abs() < 1e-12, "lane {lane}: {}", turned.arg());
    }
    let circle: Group<f64> = (0..240).map(|t| (Line([angle(t).cos(); LANES]), Line([angle(t).sin(); LANES]))).unzip();
    welch.rotary(&circle.0, &circle.1, None, u16::MAX, &mut scratch, &mut psd);
    let mut cross = vec![Complex::default(); 25];
    welch.cross_density(&scratch, 0, &mut cross);
    assert!(psd[24 + 5] > 0.1 && cross.iter().all(|x| x.norm() < 1e-15));
}
