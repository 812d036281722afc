//! The regional sample of a real model against its committed float64 references.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use support::mds::read_big_float32;
use support::program::{Outcome, Program};
use support::result::ResultArrays;
use support::run::Run;
use support::samples::{regional, regional_run};

const NJ: usize = 40;
const NI: usize = 48;

/// Arrays that the references hold, every one of which `validate` must have looked at.
const COMPARED: [&str; 17] = [
    "rotary_psd",
    "band_ke",
    "band_ke_cw",
    "band_ke_ccw",
    "u_mean",
    "v_mean",
    "u_variance",
    "v_variance",
    "segments_used",
    "dof",
    "XC",
    "YC",
    "Depth",
    "rA",
    "f0",
    "mask",
    "freq_time",
];

fn reference(name: &str) -> PathBuf {
    regional().join(format!("reference-{name}.zarr"))
}

fn validate(result: &Path, reference: &Path, tolerance: &str) -> Outcome {
    Program::alone().arg("validate").arg(result).arg("--against").arg(reference).args(["--tolerance", tolerance]).run()
}

fn ways() -> [(&'static str, Run); 2] {
    [("centred", regional_run()), ("native", regional_run().set("prepare.centre=false"))]
}

#[test]
fn centred_and_native_agree_with_the_references() {
    let folder = tempfile::tempdir().unwrap();
    for (name, run) in ways() {
        let result = run.to(folder.path().join(format!("{name}.zarr")));
        let outcome = validate(&result, &reference(name), "1e-6").succeeded();
        let expected = ResultArrays::open(&reference(name));
        for array in COMPARED {
            assert!(expected.has(array), "the reference has no {array}");
            assert!(array == "freq_time" || outcome.stdout.contains(array), "{array} was not compared: {outcome:#?}");
        }
        // The comparison sees what float32 leaves: a thousandth of the tolerance is too fine.
        validate(&result, &reference(name), "1e-9").failed(6, &["does not agree"]);
    }
}

#[test]
fn swapped_references_are_missed() {
    let folder = tempfile::tempdir().unwrap();
    for ((_, run), other) in ways().into_iter().zip(["native", "centred"]) {
        let result = run.to(folder.path().join(format!("not-{other}.zarr")));
        for tolerance in ["1e-6", "1e-3"] {
            validate(&result, &reference(other), tolerance).failed(6, &["does not agree", other]);
        }
    }
}

#[test]
fn float64_agrees_to_1e_12_and_is_float64_throughout() {
    let folder = tempfile::tempdir().unwrap();
    for (name, run) in ways() {
        let result = run.set("spectrum.precision=f64").to(folder.path().join(format!("{name}.zarr")));
        validate(&result, &reference(name), "1e-12").succeeded();
        let result = ResultArrays::open(&result);
        for array in COMPARED {
            let expected = match array {
                "segments_used" => "int32",
                "mask" => "uint8",
                "dof" => "float32",
                _ => "float64",
            };
            assert_eq!(result.data_type(array), expected, "{array}");
        }
        // More than float32 holds: the arrays were not widened on the way out.
        for array in ["rotary_psd", "band_ke", "u_mean", "u_variance", "f0"] {
            let rounded = |value: &f64| value.is_nan() || f64::from(*value as f32) == *value;
            assert!(!result.values(array).data.iter().all(rounded), "{array} holds float32 numbers");
        }
        for (array, file) in [("XC", "XC"), ("YC", "YC"), ("rA", "RAC"), ("Depth", "Depth")] {
            let stored = read_big_float32(&regional().join("grid").join(file).with_extension("data"));
            assert_eq!(result.values(array).data, stored, "{array}");
        }
        // 2 Omega sin(latitude) in cycles per day; Omega turns once in 86164 s.
        for (f0, latitude) in result.values("f0").data.iter().zip(&result.values("YC").data) {
            let expected = 2.0 * 86_400.0 / 86_164.0 * latitude.to_radians().sin();
            assert!((f0 / expected - 1.0).abs() < 1e-15 * 4.0, "{f0} at {latitude}, expected {expected}");
        }
    }
    let single = ResultArrays::open(&regional_run().to(folder.path().join("single.zarr")));
    assert_eq!(single.data_type("rotary_psd"), "float32");
    assert_eq!(single.data_type("freq_time"), "float64");
}

/// Near-inertial motion: the largest clockwise density, at every wet point and of every row, in the same bin as in the
/// reference, and near f.
#[test]
fn clockwise_peaks_are_where_the_reference_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let result = ResultArrays::open(&regional_run().to(folder.path().join("centred.zarr")));
    let expected = ResultArrays::open(&reference("centred"));
    let frequencies = result.values("freq_time").data;
    assert_eq!(frequencies.len(), 240);
    assert!((frequencies[0] + 12.0).abs() < 1e-12 && frequencies[120] == 0.0);
    let (psd, psd_expected) = (result.values("rotary_psd"), expected.values("rotary_psd"));
    let f0 = result.values("f0");
    // Clockwise is negative; the bin at Nyquist is both, and low frequencies are not waves.
    let clockwise: Vec<usize> = (1..240).filter(|&bin| frequencies[bin] <= -0.45).collect();
    let peak = |row: &[f64]| *clockwise.iter().max_by(|a, b| row[**a].total_cmp(&row[**b])).unwrap();
    let (mut rows, mut points) = (0, 0);
    for j in 0..NJ {
        let (mut sum, mut sum_expected) = (vec![0.0; 240], vec![0.0; 240]);
        let mut wet = 0;
        for i in 0..NI {
            let (ours, theirs) = (psd.row(&[j, i]), psd_expected.row(&[j, i]));
            assert_eq!(ours[0].is_nan(), theirs[0].is_nan(), "j = {j}, i = {i}");
            if ours[0].is_nan() {
                continue;
            }
            wet += 1;
            assert_eq!(peak(ours), peak(theirs), "j = {j}, i = {i}");
            for bin in 0..240 {
                sum[bin] += ours[bin];
                sum_expected[bin] += theirs[bin];
            }
        }
        if wet == 0 {
            continue;
        }
        rows += 1;
        points += wet;
        let bin = peak(&sum);
        assert_eq!(bin, peak(&sum_expected), "row {j}");
        let (at, f0) = (-frequencies[bin], f0.at(&[j, 0]));
        assert!((0.85 * f0 - 0.05..=1.05 * f0 + 0.05).contains(&at), "row {j} peaks at {at} cpd, f is {f0}");
        let opposite = sum[240 - bin];
        assert!(sum[bin] > 5.0 * opposite, "row {j}: {} clockwise, {opposite} counter-clockwise", sum[bin]);
    }
    assert_eq!(points, 1469);
    assert!(rows >= 38, "only {rows} rows have water");
}
