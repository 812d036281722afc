//! References that xarray and zarr-python wrote: tests/fixtures/reference/make_reference.py has the same arithmetic.

use std::path::PathBuf;

use super::grid::{At, Field, Grid};
use super::line;
use crate::store::{ElementKind, StoredGroup};
use crate::validate::validate;

fn frequency() -> Vec<f64> {
    (-3..3).map(|k| f64::from(k) / 4.0).collect()
}
fn spectrum(at: At) -> f64 {
    let k = (at.frequency + 0.75) * 4.0;
    (1 + 100 * at.face + 10 * at.j + at.i) as f64 / (1.0 + k * k)
}
fn mean(at: At) -> f64 {
    (10 * at.j - at.i) as f64 / 8.0
}
fn energy(at: At) -> f64 {
    (if at.band == "high" { 1000.0 } else { 1.0 }) * (at.j as f64 + at.i as f64 / 16.0)
}
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference").join(name)
}

#[test]
fn references_of_xarray_in_zarr_v2_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("result.zarr");
    let grid = Grid {
        face: vec![0],
        j: (0..8).collect(),
        i: (0..8).collect(),
        frequency: frequency(),
        band: vec!["high", "low"],
        chunk: 3,
        ..Grid::default()
    };
    let land = |at: At| at.j == 2 && at.i == 1;
    let psd = |at: At| if land(at) { f64::NAN } else { spectrum(at) };
    let u_mean = |at: At| if land(at) { f64::NAN } else { mean(at) };
    let fields: [Field; 4] = [
        ("rotary_psd", "face j i freq_time", &psd),
        ("u_mean", "face j i", &u_mean),
        ("v_mean", "face j i", &mean),
        ("band_ke", "band face j i", &energy),
    ];
    grid.write(&ours, ElementKind::F64, &fields);
    let report = validate(&ours, &path("v2_mixed.zarr"), 0.0).unwrap();
    assert!(report.passed(), "{report}");
    let counts: Vec<_> = report.arrays.iter().map(|array| (&*array.name, array.values)).collect();
    assert_eq!(counts, [("band_ke", 30), ("rotary_psd", 14 * 6), ("u_mean", 14), ("v_mean", 15)]);

    let mut wrong = fields;
    let changed = |at: At| mean(at) + if at.j == 4 && at.i == 5 { 1e-3 } else { 0.0 };
    wrong[2].2 = &changed;
    grid.write(&ours, ElementKind::F64, &wrong);
    let report = validate(&ours, &path("v2_mixed.zarr"), 1e-6).unwrap();
    assert!(!report.passed());
    let worst = line(&report, "v_mean").worst.clone().unwrap();
    assert_eq!((worst.place.j, worst.place.i, worst.reference.re), (Some(4), Some(5), 35.0 / 8.0));
}

#[test]
fn references_of_xarray_in_zarr_v3_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("result.zarr");
    let grid = Grid {
        face: vec![0, 1],
        j: (0..5).collect(),
        i: (0..7).collect(),
        frequency: frequency(),
        band: vec!["low", "high"],
        chunk: 3,
        ..Grid::default()
    };
    let reference = StoredGroup::open(&path("v3_points.zarr")).unwrap();
    let first = ["j", "i"].map(|name| reference.array(name).unwrap().read_all_f64().unwrap()[0] as i64);
    // The reference has a missing value (a number that xarray declares in base64) in the second band at point 0.
    let energy = move |at: At| if at.band == "high" && [at.j, at.i] == first { f64::NAN } else { energy(at) };
    let psd: Field = ("rotary_psd", "face j i freq_time", &spectrum);
    grid.write(&ours, ElementKind::F64, &[psd, ("band_ke", "band face j i", &energy)]);
    let report = validate(&ours, &path("v3_points.zarr"), 0.0).unwrap();
    assert!(report.passed(), "{report}");
    let array = line(&report, "rotary_psd");
    assert_eq!((array.points, array.reference_points, array.values), (8, 9, 8 * 6));
    assert_eq!(line(&report, "band_ke").values, 2 * 8 - 1);
    let psd: Field = ("rotary_psd", "face j i freq_time", &|at| spectrum(at) * 1.001);
    grid.write(&ours, ElementKind::F64, &[psd]);
    let report = validate(&ours, &path("v3_points.zarr"), 1e-6).unwrap();
    assert!(!report.passed());
    assert_eq!(report.not_in_result, ["band_ke"]);
    assert_eq!(report.arrays.len(), 1);
}
