//! Results against references that were changed at known places.

mod fixtures;
mod grid;
mod labels;

use std::path::Path;

use super::*;
use crate::store::ElementKind;
use grid::{At, Field, Grid};

fn frequencies() -> Vec<f64> {
    (-4..4).map(|k| f64::from(k) / 60.0).collect()
}

fn grid() -> Grid {
    Grid {
        face: vec![1, 4],
        j: (10..17).collect(),
        i: (3..16).collect(),
        frequency: frequencies(),
        band: vec!["low", "high"],
        chunk: 8,
        ..Grid::default()
    }
}

/// A spectrum with its peak at 0; its size depends on the point.
fn psd(at: At) -> f64 {
    let size = (1 + at.face * 1000 + at.j * 50 + at.i) as f64;
    size * size / (1.0 + 30.0 * at.frequency.abs()) + at.frequency
}

fn ke(at: At) -> f64 {
    (if at.band == "low" { 1.0 } else { 1e6 }) * (at.j as f64 + at.i as f64 / 16.0 + at.face as f64)
}

const PSD: Field = ("rotary_psd", "face j i freq_time", &psd);
const KE: Field = ("band_ke", "band face j i", &ke);

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    /// Writes the result and the reference, and compares them in blocks of several sizes, with the same outcome.
    fn compare(&self, result: (&Grid, &[Field]), reference: (&Grid, &[Field])) -> Result<Report, ValidateError> {
        let (ours, theirs) = (self.0.path().join("result.zarr"), self.0.path().join("reference.zarr"));
        result.0.write(&ours, ElementKind::F64, result.1);
        reference.0.write(&theirs, ElementKind::F64, reference.1);
        let report = validate(&ours, &theirs, 1e-6)?;
        for block_elements in [1, 50, 500] {
            let blockwise = validate_in_blocks(&ours, &theirs, 1e-6, block_elements)?;
            assert_eq!(format!("{blockwise:?}"), format!("{report:?}"), "blocks of {block_elements}");
        }
        Ok(report)
    }
}

fn line<'a>(report: &'a Report, name: &str) -> &'a ArrayReport {
    report.arrays.iter().find(|array| array.name == name).unwrap()
}

#[test]
fn equal_groups_pass_and_everything_is_counted() {
    let both: &[Field] = &[PSD, KE, ("XC", "j i", &|at| at.i as f64), ("time_status", "time", &|_| 1.0)];
    let report = Folder::new().compare((&grid(), both), (&grid(), both)).unwrap();
    assert!(report.passed(), "{report}");
    let points = 2 * 7 * 13;
    let counts: Vec<_> = report.arrays.iter().map(|array| (&*array.name, array.points, array.values)).collect();
    assert_eq!(counts, [("XC", 7 * 13, 7 * 13), ("band_ke", points, 2 * points), ("rotary_psd", points, 8 * points)]);
    assert!(report.arrays.iter().all(|array| array.worst.as_ref().unwrap().difference == 0.0));
    assert!(report.to_string().ends_with("passed: 3 arrays agree within 1e-6"));
}

#[test]
fn a_difference_is_relative_to_its_own_spectrum() {
    // The spectrum at face 1, j 10, i 3 is 6000 times smaller than at the other end of the grid.
    let here = |at: At| at.face == 1 && at.j == 10 && at.i == 3 && at.frequency == -3.0 / 60.0;
    let peak = psd(At { face: 1, j: 10, i: 3, ..At::default() });
    for (relative, passes) in [(2e-6, false), (0.5e-6, true)] {
        let changed = move |at: At| psd(at) + if here(at) { relative * peak } else { 0.0 };
        let changed: &[Field] = &[("rotary_psd", "face j i freq_time", &changed)];
        let report = Folder::new().compare((&grid(), changed), (&grid(), &[PSD])).unwrap();
        assert_eq!(report.passed(), passes, "{report}");
        let worst = line(&report, "rotary_psd").worst.clone().unwrap();
        assert!((worst.difference / relative - 1.0).abs() < 1e-3, "{worst:?}");
        let place = Place { face: Some(1), j: Some(10), i: Some(3), frequency: Some(-3.0 / 60.0), ..Place::default() };
        assert_eq!(worst.place, place);
        assert!(worst.result.re > worst.reference.re);
        let shown = report.to_string();
        assert!(shown.contains("face 1, j 10, i 3, -0.05 cpd"), "{shown}");
        assert!(shown.ends_with(if passes { "1e-6" } else { "failed: 1 of 1 arrays miss (1e-6): rotary_psd" }));
    }
}

#[test]
fn a_difference_is_relative_to_its_own_band() {
    let largest = ke(At { face: 4, j: 16, i: 15, band: "low", ..At::default() });
    for (relative, passes) in [(2e-6, false), (0.5e-6, true)] {
        let changed = move |at: At| {
            let here = at.band == "low" && at.face == 4 && at.j == 12 && at.i == 5;
            ke(at) - if here { relative * largest } else { 0.0 }
        };
        let changed: &[Field] = &[("band_ke", "band face j i", &changed)];
        let report = Folder::new().compare((&grid(), changed), (&grid(), &[KE])).unwrap();
        assert_eq!(report.passed(), passes, "{report}");
        let worst = line(&report, "band_ke").worst.clone().unwrap();
        assert!((worst.difference / relative - 1.0).abs() < 1e-3, "{worst:?}");
        let place = Place { face: Some(4), j: Some(12), i: Some(5), band: Some("low".into()), ..Place::default() };
        assert_eq!(worst.place, place);
    }
}

#[test]
fn where_the_reference_is_zero_differences_are_absolute() {
    let zero: &[Field] = &[("a", "j i freq_time", &|_| 0.0), ("b", "j i", &|_| 0.0)];
    let small: &[Field] = &[("a", "j i freq_time", &|_| 3e-6), ("b", "j i", &|_| -2e-6)];
    let report = Folder::new().compare((&grid(), small), (&grid(), zero)).unwrap();
    assert_eq!(line(&report, "a").worst.as_ref().unwrap().difference, 3e-6);
    assert_eq!(line(&report, "b").worst.as_ref().unwrap().difference, 2e-6);
    assert!(!report.passed());
}

#[test]
fn nan_agrees_with_nan_only() {
    let with = |land: &'static [i64], inf: f64| {
        move |at: At| match at.i {
            i if land.contains(&i) => f64::NAN,
            9 => inf,
            _ => psd(at),
        }
    };
    let run = |ours: &dyn Fn(At) -> f64, theirs: &dyn Fn(At) -> f64| {
        let dims = "face j i freq_time";
        Folder::new().compare((&grid(), &[("x", dims, ours)]), (&grid(), &[("x", dims, theirs)])).unwrap()
    };
    let same = run(&with(&[3, 5], f64::INFINITY), &with(&[3, 5], f64::INFINITY));
    assert!(same.passed(), "{same}");
    assert_eq!(line(&same, "x").values, 2 * 7 * (13 - 3) * 8);
    let (land, more) = (with(&[3], 1.0), with(&[3, 5], 1.0));
    for report in [run(&land, &more), run(&more, &land)] {
        assert!(!report.passed());
        assert_eq!(line(&report, "x").one_sided, 2 * 7 * 8);
        let first = line(&report, "x").one_sided_at.clone().unwrap();
        assert_eq!((first.place.i, first.place.j, first.place.face), (Some(5), Some(10), Some(1)));
        assert!(first.result.re.is_nan() != first.reference.re.is_nan());
    }
    let signs = run(&with(&[], f64::INFINITY), &with(&[], f64::NEG_INFINITY));
    assert_eq!(line(&signs, "x").one_sided, 2 * 7 * 8);
    assert!(!signs.passed());
}

#[test]
fn elements_meet_by_coordinate_in_any_order() {
    // The reference: other dimension order, rows backwards, a part of the columns, more frequencies' order, fewer bands.
    let mut other = grid();
    other.j.reverse();
    other.i = vec![15, 4, 8, 99];
    other.face = vec![4];
    other.frequency = vec![3.0 / 60.0, -4.0 / 60.0, 0.0];
    other.band = vec!["high"];
    other.chunk = 2;
    let theirs: &[Field] = &[("rotary_psd", "i freq_time face j", &psd), ("band_ke", "j band i face", &ke)];
    let report = Folder::new().compare((&grid(), &[PSD, KE]), (&other, theirs)).unwrap();
    assert!(report.passed(), "{report}");
    let array = line(&report, "rotary_psd");
    assert_eq!((array.points, array.reference_points, array.values), (7 * 3, 7 * 4, 7 * 3 * 3));
    assert_eq!(line(&report, "band_ke").values, 7 * 3);

    let shifted = |at: At| psd(At { i: at.i + 1, ..at });
    let theirs: &[Field] = &[("rotary_psd", "i freq_time face j", &shifted)];
    let report = Folder::new().compare((&grid(), &[PSD, KE]), (&other, theirs)).unwrap();
    assert!(!report.passed(), "{report}");
}

#[test]
fn a_reference_may_be_a_list_of_points() {
    let mut points = Grid { listed: true, ..grid() };
    points.face = vec![4, 1, 4, 4, 1, 7, 1];
    points.j = vec![16, 10, 11, 99, 13, 12, 10];
    points.i = vec![3, 15, 9, 5, 4, 5, 15];
    let theirs: &[Field] = &[("rotary_psd", "point freq_time", &psd), ("band_ke", "point band", &ke)];
    let report = Folder::new().compare((&grid(), &[PSD, KE]), (&points, theirs)).unwrap();
    assert!(report.passed(), "{report}");
    let array = line(&report, "rotary_psd");
    assert_eq!((array.points, array.reference_points, array.values), (5, 7, 5 * 8));

    let changed = |at: At| psd(at) * if at.j == 13 { 1.1 } else { 1.0 };
    let theirs: &[Field] = &[("rotary_psd", "point freq_time", &changed)];
    let report = Folder::new().compare((&grid(), &[PSD]), (&points, theirs)).unwrap();
    let worst = line(&report, "rotary_psd").worst.clone().unwrap();
    assert_eq!((worst.place.face, worst.place.j, worst.place.i), (Some(1), Some(13), Some(4)));
    assert!(!report.passed());

    // Without faces in the result, the points' faces do not matter; without faces in the points, one face will do.
    let flat = Grid { face: vec![], ..grid() };
    let no_face = |at: At| psd(At { face: 0, ..at });
    let ours: &[Field] = &[("rotary_psd", "j i freq_time", &no_face)];
    let theirs: &[Field] = &[("rotary_psd", "point freq_time", &no_face)];
    assert!(Folder::new().compare((&flat, ours), (&points, theirs)).unwrap().passed());
    let bare = Grid { face: vec![], ..points };
    let one = Grid { face: vec![4], ..grid() };
    let theirs: &[Field] = &[("rotary_psd", "point freq_time", &|at| psd(At { face: 4, ..at }))];
    assert!(Folder::new().compare((&one, &[PSD]), (&bare, theirs)).unwrap().passed());
    let error = Folder::new().compare((&grid(), &[PSD]), (&bare, theirs)).unwrap_err();
    assert!(error.to_string().contains("2 faces"), "{error}");
}

#[test]
fn a_single_face_needs_no_face_on_the_other_side() {
    let flat = Grid { face: vec![], ..grid() };
    let one = Grid { face: vec![4], ..grid() };
    let on_four: &[Field] = &[("rotary_psd", "j i freq_time", &|at| psd(At { face: 4, ..at }))];
    assert!(Folder::new().compare((&one, &[PSD]), (&flat, on_four)).unwrap().passed());
    assert!(Folder::new().compare((&flat, on_four), (&one, &[PSD])).unwrap().passed());
    for (ours, theirs) in [((&grid(), &[PSD][..]), (&flat, on_four)), ((&flat, on_four), (&grid(), &[PSD][..]))] {
        let ValidateError::NoPointInCommon { report, .. } = Folder::new().compare(ours, theirs).unwrap_err() else {
            panic!("compared")
        };
        assert!(matches!(report.arrays[0].problems[..], [Problem::SeveralFaces { count: 2, .. }]));
    }
}

#[test]
fn what_the_result_lacks_is_a_miss() {
    let mut less = grid();
    less.frequency.remove(2);
    less.band.pop();
    let report = Folder::new().compare((&less, &[PSD, KE]), (&grid(), &[PSD, KE])).unwrap();
    assert!(!report.passed());
    let missing = Problem::MissingFrequencies { count: 1, total: 8, first: -2.0 / 60.0 };
    assert_eq!(line(&report, "rotary_psd").problems, [missing]);
    assert_eq!(line(&report, "rotary_psd").values, 2 * 7 * 13 * 7);
    assert_eq!(line(&report, "band_ke").problems, [Problem::MissingBands { names: vec!["high".into()] }]);
    assert_eq!(line(&report, "band_ke").values, 2 * 7 * 13);
    // More than the reference has is no miss.
    assert!(Folder::new().compare((&grid(), &[PSD, KE]), (&less, &[PSD, KE])).unwrap().passed());

    // Frequencies match to 1e-9 of the bin width.
    for (shift, passes) in [(0.9e-9, true), (1.2e-9, false), (-0.9e-9, true), (-1.2e-9, false)] {
        let mut shifted = grid();
        shifted.frequency[5] += shift / 60.0;
        let report = Folder::new().compare((&shifted, &[PSD]), (&grid(), &[PSD])).unwrap();
        assert_eq!(report.passed(), passes, "{shift} {report}");
    }
}

#[test]
fn nothing_in_common_is_an_error() {
    let folder = Folder::new();
    let other: &[Field] = &[("another", "face j i", &|_| 1.0), ("time_status", "time", &|_| 1.0)];
    let ours: &[Field] = &[PSD, ("time_status", "time", &|_| 1.0)];
    let error = folder.compare((&grid(), ours), (&grid(), other)).unwrap_err();
    assert!(matches!(error, ValidateError::NoArrayInCommon { .. }), "{error}");
    let away = Grid { j: (100..107).collect(), ..grid() };
    let error = folder.compare((&grid(), &[PSD]), (&away, &[PSD])).unwrap_err();
    assert!(matches!(error, ValidateError::NoPointInCommon { .. }), "{error}");
    let result = folder.0.path().join("result.zarr");
    for tolerance in [f64::NAN, -1.0, f64::INFINITY] {
        assert!(matches!(validate(&result, &result, tolerance), Err(ValidateError::Tolerance { .. })));
    }
    let missing = validate(&result, Path::new("no/such.zarr"), 1e-6).unwrap_err();
    assert!(matches!(missing, ValidateError::Read(_)) && missing.to_string().contains("no/such.zarr"), "{missing}");
    let one_array = validate(&result, &result.join("rotary_psd"), 1e-6).unwrap_err();
    assert!(one_array.to_string().contains("no Zarr group"), "{one_array}");

    // One array in place and one elsewhere: the second is a failure of its own.
    let both: &[Field] = &[PSD, ("b", "face j i time", &|_| 1.0)];
    let report = folder.compare((&grid(), both), (&grid(), both)).unwrap();
    assert!(!report.passed());
    assert!(line(&report, "rotary_psd").passed(1e-6));
    assert!(matches!(line(&report, "b").problems[..], [Problem::UnknownDimension { .. }]));
    // A dimension without its coordinate, and one that only one side has.
    let no_j: &[Field] = &[PSD, ("b", "face j", &|_| 1.0), ("c", "band j", &|_| 1.0)];
    let theirs: &[Field] = &[PSD, ("b", "j i", &|_| 1.0), ("c", "j", &|_| 1.0)];
    let report = folder.compare((&Grid { face: vec![1], ..grid() }, no_j), (&grid(), theirs)).unwrap();
    for name in ["b", "c"] {
        assert!(matches!(line(&report, name).problems[..], [Problem::OnOneSide { .. }]), "{report}");
    }
}

#[test]
fn complex_numbers_are_compared_as_one() {
    let folder = Folder::new();
    let (ours, theirs) = (folder.0.path().join("result.zarr"), folder.0.path().join("reference.zarr"));
    let value = |at: At| 1.0 + at.frequency;
    let dims = "face j i freq_time";
    for (change, passes) in [(2e-6, false), (0.2e-6, true), (0.0, true)] {
        // Magnitude and phase are the value; both change, at one place.
        let changed =
            move |at: At| value(at) + if at.j == 12 && at.i == 5 && at.frequency == 0.0 { change } else { 0.0 };
        let changed: &[Field] = &[("S_uv", dims, &changed)];
        grid().write(&ours, ElementKind::C128, changed);
        grid().write(&theirs, ElementKind::C128, &[("S_uv", dims, &value)]);
        let report = validate(&ours, &theirs, 1e-6).unwrap();
        assert_eq!(report.passed(), passes, "{report}");
        let worst = line(&report, "S_uv").worst.clone().unwrap();
        let expected = change * 2.0_f64.sqrt() / (1.0 + 3.0 / 60.0);
        assert!((worst.difference - expected).abs() <= 1e-3 * expected, "{worst:?}");
        assert_eq!(line(&report, "S_uv").values, 2 * 7 * 13 * 8);
        if !passes {
            let shown = report.to_string();
            assert!(shown.contains("5.403023e-1+8.414710e-1i"), "{shown}");
        }
    }
    // NaN on one side, and a reference of real numbers.
    let with_land = |at: At| if at.i == 5 { f64::NAN } else { value(at) };
    grid().write(&ours, ElementKind::C128, &[("S_uv", dims, &with_land)]);
    assert_eq!(line(&validate(&ours, &theirs, 1e-6).unwrap(), "S_uv").one_sided, 2 * 7 * 8);
    grid().write(&theirs, ElementKind::F64, &[("S_uv", dims, &with_land)]);
    assert!(!validate(&ours, &theirs, 1e-6).unwrap().passed());
}

#[test]
fn a_float32_result_is_held_to_a_float64_reference() {
    let folder = Folder::new();
    let (ours, theirs) = (folder.0.path().join("result.zarr"), folder.0.path().join("reference.zarr"));
    grid().write(&ours, ElementKind::F32, &[PSD]);
    grid().write(&theirs, ElementKind::F64, &[PSD]);
    assert!(validate(&ours, &theirs, 1e-6).unwrap().passed());
    let strict = validate(&ours, &theirs, 1e-9).unwrap();
    assert!(!strict.passed());
    assert!(line(&strict, "rotary_psd").worst.as_ref().unwrap().difference < f64::from(f32::EPSILON));
}
