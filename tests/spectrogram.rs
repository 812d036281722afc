//! Spectra through time and of components, in whole runs: what they are to the mean spectrum, to each other and to direct
//! transforms, with gaps, on several ranks, and that nothing else changes with them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use oceanspec::synth::SynthSpec;
use oceanspec::validate::validate;
use support::compare::{assert_same_result, files};
use support::result::{ResultArrays, Values};
use support::run::Run;
use support::samples::{regional_run, synthetic};

const EVERYTHING: [&str; 5] = [
    "zonal.width=0.5",
    "bins.width=[1.0, 1.0]",
    "bands=[{ preset = \"literature\" }]",
    "spectrogram.keep=[\"points\", \"zonal\", \"bins\", \"bands\"]",
    "components.keep=[\"S_uu\", \"S_vv\", \"S_uv\", \"ke_psd\", \"rotary_coefficient\", \"ellipse\"]",
];

fn everything(run: &Run, average: &str) -> Run {
    run.set_all(&EVERYTHING).set(format!("spectrogram.average={average}"))
}

/// Values of one index of the first dimension.
fn slab(values: &Values, index: usize) -> &[f64] {
    let length = values.data.len() / values.shape[0];
    &values.data[index * length..][..length]
}

#[track_caller]
fn assert_close(ours: f64, expected: f64, scale: f64, tolerance: f64, what: &str) {
    let close = (ours - expected).abs() <= tolerance * scale || ours.is_nan() && expected.is_nan();
    assert!(close, "{what}: {ours}, expected {expected}, of {scale}");
}

/// Largest value of a row that is a number.
fn largest(row: &[f64]) -> f64 {
    row.iter().fold(0.0, |most: f64, value| if value.is_nan() { most } else { most.max(value.abs()) })
}

/// The mean over time segments is the mean spectrum, and its bands are the bands.
#[track_caller]
fn check_segments(result: &ResultArrays, labels: usize, tolerance: f64) {
    let values = |name: &str| result.values(name);
    let [psd, spectrogram, used] = ["rotary_psd", "spectrogram", "spectrogram_segments_used"].map(values);
    assert_eq!(spectrogram.dimensions, ["time_segment", "j", "i", "freq_time"]);
    assert_eq!((spectrogram.shape[0], used.shape[0]), (labels, labels));
    let frequencies = psd.shape[2];
    let points = psd.data.len() / frequencies;
    let [all, dof] = ["segments_used", "spectrogram_dof"].map(values);
    let [bands, of_segments, energies] = ["band", "band_ke_segments", "band_ke"].map(|name| match name {
        "band" => Values { dimensions: vec![], shape: vec![result.text("band").len()], data: vec![] },
        _ => values(name),
    });
    let bands = bands.shape[0];
    let mut partly = 0;
    for point in 0..points {
        let counts: Vec<f64> = (0..labels).map(|label| slab(&used, label)[point]).collect();
        let total: f64 = counts.iter().sum();
        assert_eq!(total, all.data[point], "segments at {point}");
        partly += usize::from(total > 0.0 && counts.contains(&0.0));
        for (label, count) in counts.iter().enumerate() {
            let first = slab(&spectrogram, label)[point * frequencies];
            assert_eq!((first.is_nan(), slab(&dof, label)[point].is_nan()), (*count == 0.0, *count == 0.0));
        }
        if total == 0.0 {
            continue;
        }
        let row = &psd.data[point * frequencies..][..frequencies];
        let mean = |of: &dyn Fn(usize) -> f64| -> f64 {
            (0..labels).filter(|label| counts[*label] > 0.0).map(|label| counts[label] * of(label)).sum::<f64>() / total
        };
        for (k, expected) in row.iter().enumerate() {
            let ours = mean(&|label| slab(&spectrogram, label)[point * frequencies + k]);
            assert_close(ours, *expected, largest(row), tolerance, &format!("bin {k} at {point}"));
        }
        for band in 0..bands {
            let ours = mean(&|label| slab(&of_segments, label)[band * points + point]);
            let expected = energies.data[band * points + point];
            assert_close(ours, expected, expected, 4.0 * tolerance, &format!("band {band} at {point}"));
        }
    }
    // What is partly there is what the areas of the means are for.
    let [zonal, area, whole] = ["zonal_spectrogram", "zonal_spectrogram_area", "zonal_area"].map(values);
    let mut smaller = 0;
    for label in 0..labels {
        for (row, whole) in whole.data.iter().enumerate() {
            let area = slab(&area, label)[row];
            assert!(area <= whole * (1.0 + 1e-12));
            smaller += usize::from(area < whole * (1.0 - 1e-9));
            assert_eq!(area == 0.0, slab(&zonal, label)[row * frequencies].is_nan());
        }
    }
    assert_eq!(smaller > 0, partly > 0, "{smaller} means of less than the whole bin, {partly} points with gaps");
}

#[test]
fn spectra_through_time_are_parts_of_the_mean() {
    let folder = tempfile::tempdir().unwrap();
    let run = everything(&regional_run(), "segment");
    let open = |run: &Run, name: &str| ResultArrays::open(&run.to(folder.path().join(name)));
    let segments = open(&run, "segment");
    check_segments(&segments, 11, 4e-7);
    let bounds = segments.values("time_segment_bounds");
    let middles = segments.values("time_segment").data;
    let times = segments.values("time").data;
    let step = times[1] - times[0];
    assert_eq!(bounds.row(&[0]), [times[0], times[239]]);
    assert_eq!(middles[1] - middles[0], 120.0 * step);
    check_segments(&open(&run.set("spectrum.precision=f64"), "f64"), 11, 1e-13);
    // A few points lose segments to currents faster than 1 m/s.
    let gaps = run.set_all(&["prepare.missing=reject", "prepare.valid_range=[-1.0, 1.0]"]);
    check_segments(&open(&gaps, "gaps"), 11, 4e-7);
    let months = open(&run.set("spectrogram.average=month"), "month");
    let labels = months.text("time_segment");
    assert!(labels.len() > 1 && labels.iter().all(|label| label.len() > 2), "{labels:?}");
    check_segments(&months, labels.len(), 4e-7);
    let seasons = open(&run.set("spectrogram.average=season"), "season");
    let labels = seasons.text("time_segment");
    assert!(labels.iter().all(|label| ["DJF", "MAM", "JJA", "SON"].contains(&label.as_str())), "{labels:?}");
    check_segments(&seasons, labels.len(), 4e-7);
}

#[test]
fn components_hold_the_energy_of_both_senses() {
    let folder = tempfile::tempdir().unwrap();
    let run = everything(&regional_run(), "month");
    for (precision, tolerance) in [("f32", 4e-7), ("f64", 2e-13)] {
        let result =
            ResultArrays::open(&run.set(format!("spectrum.precision={precision}")).to(folder.path().join(precision)));
        let names = ["rotary_psd", "S_uu", "S_vv", "ke_psd", "ellipse_major", "ellipse_minor", "rotary_coefficient"];
        let [psd, s_uu, s_vv, ke, major, minor, coefficient] = names.map(|name| result.values(name));
        assert_eq!(s_uu.dimensions, ["j", "i", "freq_time_one_sided"]);
        let (n, half) = (psd.shape[2], s_uu.shape[2]);
        assert_eq!(half, n / 2 + 1);
        let df = result.values("freq_time_one_sided").data[1];
        for point in 0..psd.data.len() / n {
            let row = &psd.data[point * n..][..n];
            let most = largest(row);
            for k in 0..half {
                let (ccw, cw) = match k {
                    0 => (row[n / 2] / 2.0, row[n / 2] / 2.0),
                    k if 2 * k == n => (row[0] / 2.0, row[0] / 2.0),
                    k => (row[n / 2 + k], row[n / 2 - k]),
                };
                let at = point * half + k;
                let what = |name: &str| format!("{precision} {name} bin {k} at {point}");
                assert_close(s_uu.data[at] + s_vv.data[at], ccw + cw, most, tolerance, &what("S_uu + S_vv"));
                assert_close(ke.data[at], 0.5 * (ccw + cw), most, tolerance, &what("ke_psd"));
                assert_close(coefficient.data[at], (ccw - cw) / (ccw + cw), 1.0, 4.0 * tolerance, &what("coefficient"));
                let root = (most * df).sqrt();
                assert_close(major.data[at], (ccw * df).sqrt() + (cw * df).sqrt(), root, tolerance, &what("major"));
                assert_close(minor.data[at], (ccw * df).sqrt() - (cw * df).sqrt(), root, tolerance, &what("minor"));
            }
        }
        assert_eq!(result.data_type("S_uv"), if precision == "f32" { "complex64" } else { "complex128" });
    }
}

#[test]
fn nothing_else_changes_and_ranks_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 70, ny: 30, nt: 500, seed: 9, ..SynthSpec::default() };
    let run = synthetic(folder.path(), &spec).set("spectrum.segment=100 samples");
    let all = everything(&run, "segment");
    let expected = all.set("run.threads=1").to(folder.path().join("expected.zarr"));
    #[cfg(feature = "mpi")]
    {
        let ranks = all.on(3).set("run.threads=1").to(folder.path().join("ranks.zarr"));
        assert_same_result(&ranks, &expected, "three ranks");
    }
    assert_same_result(&all.to(folder.path().join("threads.zarr")), &expected, "all threads");
    let plain = files(&run.set(EVERYTHING[2]).to(folder.path().join("plain.zarr")));
    let with = files(&expected);
    // Other arrays with shards may change the cut into tiles, but not the metadata and values of maps.
    for name in ["band_ke", "u_mean", "dof", "confidence_upper", "band_flag", "freq_time"] {
        let of = |files: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
            files
                .iter()
                .filter(|(path, _)| path.starts_with(name))
                .map(|(path, bytes)| (path.clone(), bytes.clone()))
                .collect::<Vec<_>>()
        };
        assert!(!of(&plain).is_empty() && of(&plain) == of(&with), "{name} changes");
    }
    let open = |path: &Path| ResultArrays::open(path).values("rotary_psd").data;
    let (ours, expected) = (open(&expected), open(&folder.path().join("plain.zarr")));
    let same = ours.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
    assert!(same, "rotary_psd depends on what comes with it");
    // Components alone, without the spectra that they come from.
    let alone = run.set_all(&["output.spectrum=false", EVERYTHING[4]]).to(folder.path().join("alone.zarr"));
    let alone = ResultArrays::open(&alone);
    assert!(
        alone.has("S_uu") && !alone.has("rotary_psd") && !alone.has("freq_time") && alone.has("freq_time_one_sided")
    );
}

#[test]
fn a_result_with_everything_agrees_with_itself() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 24, ny: 20, nt: 500, seed: 4, ..SynthSpec::default() };
    let run = synthetic(folder.path(), &spec).set_all(&["spectrum.segment=100 samples"]);
    for average in ["segment", "month"] {
        let all = everything(&run, average)
            .set("regions=[{ name = \"all\", lon = [-180, 180], lat = [-90, 90] }]")
            .set("spectrogram.keep=[\"points\", \"zonal\", \"regions\", \"bins\", \"bands\"]");
        let path = all.to(folder.path().join(average));
        let report = validate(&path, &path, 0.0).unwrap();
        assert!(report.passed(), "{report}");
        let result = ResultArrays::open(&path);
        let compared = |name: &str| report.arrays.iter().any(|array| array.name == name && array.values > 0);
        for name in result.names() {
            let kind = result.data_type(&name);
            let is_number = kind.starts_with("float") || kind.starts_with("complex");
            if is_number && !result.dimensions(&name).contains(&name) {
                assert!(compared(&name), "{name} is not compared:\n{report}");
            }
        }
        for name in ["zonal_psd_scaled", "region_spectrogram", "bin_band_ke", "band_ke_segments", "lat_bounds", "S_uv"]
        {
            assert!(compared(name), "{name}:\n{report}");
        }
    }
}
