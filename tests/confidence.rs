//! Confidence limits through whole runs: a real model's output against scipy's numbers, gaps, scalars, and none at all.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use oceanspec::spectrum::confidence_factors;
use oceanspec::synth::SynthSpec;
use serde_json::Value;
use support::compare::files;
use support::result::ResultArrays;
use support::samples::{regional_run, synthetic};

/// Degrees of freedom and factors of so many Hann segments of this length, by scipy.
fn of_scipy(segment: usize, count: usize, probability: f64) -> [f64; 3] {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/chi_squared.json")).unwrap();
    let number = |case: &Value, key: &str| case[key].as_f64().unwrap();
    let wanted = [segment as f64, count as f64, probability];
    let cases = fixture["limits"].as_array().unwrap();
    let case = cases.iter().find(|case| ["segment", "count", "probability"].map(|key| number(case, key)) == wanted);
    ["dof", "lower", "upper"].map(|key| number(case.unwrap(), key))
}

/// The three maps of a result, `suffix` behind their names, and how many points have each number of degrees of freedom;
/// NaN in all or in none, each pair of factors that of its own point.
#[track_caller]
fn check(result: &ResultArrays, suffix: &str, probability: f64) -> Vec<(f64, usize)> {
    let [dof, lower, upper] =
        ["dof", "confidence_lower", "confidence_upper"].map(|name| result.values(&format!("{name}{suffix}")));
    assert_eq!((&lower.dimensions, &upper.shape), (&dof.dimensions, &dof.shape));
    let mut counts: Vec<(f64, usize)> = Vec::new();
    for ((dof, lower), upper) in dof.data.iter().zip(&lower.data).zip(&upper.data) {
        assert_eq!((lower.is_nan(), upper.is_nan()), (dof.is_nan(), dof.is_nan()));
        if dof.is_nan() {
            continue;
        }
        // All three are rounded to float32.
        let expected = confidence_factors(*dof, probability);
        for (got, expected) in [lower, upper].into_iter().zip(expected) {
            assert!((got / expected - 1.0).abs() < 3e-7, "ν = {dof}: {got}, expected {expected}");
        }
        match counts.iter_mut().find(|(known, _)| known == dof) {
            Some((_, count)) => *count += 1,
            None => counts.push((*dof, 1)),
        }
    }
    counts.sort_by(|a, b| a.0.total_cmp(&b.0));
    counts
}

#[test]
fn the_regional_run_has_the_limits_of_scipy() {
    let folder = tempfile::tempdir().unwrap();
    for (text, probability, precision) in [("", 0.95, "f32"), ("spectrum.confidence=0.8", 0.8, "f64")] {
        let run = regional_run().set(format!("spectrum.precision={precision}"));
        let run = if text.is_empty() { run } else { run.set(text) };
        let result = ResultArrays::open(&run.to(folder.path().join(precision)));
        let [dof, lower, upper] = of_scipy(240, 11, probability);
        let counts = check(&result, "", probability);
        assert!(matches!(counts[..], [(known, 1469)] if (known / dof - 1.0).abs() < 1e-7), "{counts:?}");
        for (name, expected) in [("confidence_lower", lower), ("confidence_upper", upper)] {
            assert_eq!(result.data_type(name), "float32");
            let values = result.values(name).data;
            let wet: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            assert!(wet.iter().all(|value| (value / expected - 1.0).abs() < 1e-7), "{name}: {}, {expected}", wet[0]);
            for attributes in result.attributes_of(name) {
                assert_eq!((&attributes["units"], &attributes["probability"]), (&"1".into(), &probability.into()));
                assert!(attributes["long_name"].as_str().unwrap().contains("rotary_psd"), "{attributes}");
            }
        }
    }
}

#[test]
fn points_with_gaps_have_wider_limits() {
    let folder = tempfile::tempdir().unwrap();
    // Some currents are faster than 1 m/s: a few points lose segments.
    let run = regional_run().set("prepare.missing=reject").set("prepare.valid_range=[-1.0, 1.0]");
    let result = ResultArrays::open(&run.to(folder.path().join("result.zarr")));
    let counts = check(&result, "", 0.95);
    assert!(counts.len() > 2 && counts.last().unwrap().1 > 1400, "{counts:?}");
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), 1469);
}

/// All files but the metadata of the group, which holds the configuration and the list of arrays.
fn files_of(result: &Path) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    files(result).into_iter().filter(|(name, _)| name != Path::new("zarr.json")).collect()
}

#[test]
fn without_confidence_there_are_no_limits_and_all_else_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 21, ny: 9, nt: 600, seed: 3, ..SynthSpec::default() };
    let run = synthetic(folder.path(), &spec).set("spectrum.segment=150 samples");
    let with = run.to(folder.path().join("with.zarr"));
    let without = run.set("spectrum.confidence=0").to(folder.path().join("without.zarr"));
    assert!(!ResultArrays::open(&without).names().iter().any(|name| name.starts_with("confidence")));
    let (mut with, without) = (files_of(&with), files_of(&without));
    let all = with.len();
    with.retain(|name, _| !name.starts_with("confidence_lower") && !name.starts_with("confidence_upper"));
    assert!(all >= with.len() + 4, "{all} files, {} of them not limits", with.len());
    assert!(with == without, "other arrays depend on the limits");
}
