//! Means over latitude bins, regions and longitude-latitude bins: every array computed anew from the maps and spectra of
//! the same result, added up from two runs, and the same for any ranks, passes and kept spectra.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use oceanspec::synth::SynthSpec;
use support::compare::{assert_same_result, files};
use support::program::Program;
use support::result::{ResultArrays, Values};
use support::run::{Run, memory};
use support::samples::{regional_run, synthetic};

/// Every set of areas, with depths where the grid has them.
fn with_areas(run: &Run, folder: &Path) -> Run {
    let polygon = r#"{ "type": "FeatureCollection", "features": [ { "type": "Feature",
        "properties": { "name": "triangle" }, "geometry": { "type": "Polygon", "coordinates":
        [[[60.0, 5.0], [80.0, 5.0], [70.0, 25.0], [60.0, 5.0]]] } } ] }"#;
    let path = folder.join("areas.geojson");
    std::fs::write(&path, polygon).unwrap();
    let regions = format!(
        "regions=[{{ name = \"all\", lon = [-180, 180], lat = [-90, 90] }}, \
         {{ name = \"deep\", lon = [-180, 180], lat = [-90, 90], depth = [1000, inf] }}, {{ geojson = {path:?} }}]"
    );
    run.set_all(&["zonal.width=0.5", "zonal.depth=[100, 3000]", "bins.width=[0.5, 1.0]"])
        .set(regions)
        .set("bands=[{ preset = \"literature\" }]")
}

/// What the means are taken of, by point.
struct Points {
    latitude: Vec<f64>,
    longitude: Vec<f64>,
    depth: Vec<f64>,
    area: Vec<f64>,
    /// Number in C order of the points with a spectrum.
    there: Vec<usize>,
}

impl Points {
    fn of(result: &ResultArrays) -> Points {
        let data = |name: &str| result.values(name).data;
        let used = data("segments_used");
        Points {
            latitude: data("YC"),
            longitude: data("XC"),
            depth: data("Depth"),
            area: data("rA"),
            there: (0..used.len()).filter(|&at| used[at] > 0.0).collect(),
        }
    }

    /// Mean of values [point][value] over the points of which `within` is true; their area and number.
    fn mean(&self, values: &[f64], length: usize, within: impl Fn(usize) -> bool) -> (Vec<f64>, f64, f64) {
        let chosen: Vec<usize> = self.there.iter().copied().filter(|&at| within(at)).collect();
        let area: f64 = chosen.iter().map(|&at| self.area[at]).sum();
        let mean = (0..length)
            .map(|k| chosen.iter().map(|&at| self.area[at] * values[at * length + k]).sum::<f64>() / area)
            .collect();
        (mean, area, chosen.len() as f64)
    }
}

#[track_caller]
fn assert_close(ours: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    let largest =
        expected.iter().fold(0.0, |most: f64, value| if value.is_nan() { most } else { most.max(value.abs()) });
    for (at, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let close = (ours - expected).abs() <= tolerance * largest || ours.is_nan() && expected.is_nan();
        assert!(close, "{what} [{at}]: {ours}, expected {expected}");
    }
}

/// The values of an array with a leading dimension, for one index of the rest.
fn column(values: &Values, index: usize) -> Vec<f64> {
    let stride: usize = values.shape[1..].iter().product();
    values.data.iter().skip(index).step_by(stride).copied().collect()
}

/// Values of a map [band, j, i] as [point][band].
fn by_point(values: &Values) -> Vec<f64> {
    let points: usize = values.shape[1..].iter().product();
    (0..points).flat_map(|point| column(values, point)).collect()
}

#[test]
fn the_regional_run_is_averaged_as_its_own_arrays_are() {
    let folder = tempfile::tempdir().unwrap();
    let run = with_areas(&regional_run(), folder.path());
    for (precision, tolerance) in [("f32", 2e-7), ("f64", 1e-13)] {
        let result =
            ResultArrays::open(&run.set(format!("spectrum.precision={precision}")).to(folder.path().join(precision)));
        let points = Points::of(&result);
        assert_eq!(points.there.len(), 1469);
        let psd = result.values("rotary_psd");
        let frequencies = psd.shape[2];
        let bands = ["band_ke", "band_ke_cw", "band_ke_ccw"].map(|name| (name, result.values(name)));
        let bounds = result.values("lat_bounds");
        let [rows, columns] = ["bin_lat_bounds", "bin_lon_bounds"].map(|name| result.values(name));
        let inside = |edges: &[f64], value: f64| edges[0] <= value && value < edges[1];
        let names = result.text("region");
        assert_eq!(names, ["all", "deep", "triangle"]);
        let triangle = |at: usize| {
            let (x, y) = (points.longitude[at], points.latitude[at]);
            (5.0..25.0).contains(&y) && (x - 70.0).abs() < (25.0 - y) / 2.0
        };
        let mut counted = [0.0; 3];
        for (kind, (prefix, length)) in
            [("zonal", bounds.shape[0]), ("region", 3), ("bin", rows.shape[0] * columns.shape[0])]
                .into_iter()
                .enumerate()
        {
            for number in 0..length {
                let within = |at: usize| match kind {
                    0 => {
                        let depth = points.depth[at];
                        inside(bounds.row(&[number]), points.latitude[at]) && (100.0..=3000.0).contains(&depth)
                    }
                    1 => [true, points.depth[at] >= 1000.0, triangle(at)][number],
                    _ => {
                        let (row, column) = (number / columns.shape[0], number % columns.shape[0]);
                        inside(rows.row(&[row]), points.latitude[at])
                            && inside(columns.row(&[column]), points.longitude[at])
                    }
                };
                let what = |name: &str| format!("{precision} {prefix}_{name} {number}");
                let (mean, area, count) = points.mean(&psd.data, frequencies, within);
                let known = |name: &str| result.values(&format!("{prefix}_{name}")).data[number];
                assert_eq!(known("count"), count, "{}", what("count"));
                assert_close(&[known("area")], &[area], 1e-14, &what("area"));
                counted[kind] += count;
                if kind < 2 {
                    let ours = result.values(&format!("{prefix}_psd"));
                    assert_close(ours.row(&[number]), &mean, tolerance, &what("psd"));
                    let dof = result.values("dof").data;
                    let (expected, ..) = points.mean(&dof, 1, within);
                    assert_close(&[known("dof")], &expected, 1e-6, &what("dof"));
                }
                for (name, band) in &bands {
                    let ours = result.values(&format!("{prefix}_{name}"));
                    let (expected, ..) = points.mean(&by_point(band), band.shape[0], within);
                    assert_close(&column(&ours, number), &expected, tolerance, &what(name));
                }
            }
        }
        // Two models' means are set side by side in the same way.
        let (ours, other) = (folder.path().join(precision), folder.path().join("f32"));
        let compared = Program::alone().arg("compare").arg(ours).arg(other).run().succeeded();
        for name in ["zonal_psd", "zonal_psd_scaled", "region_psd", "bin_band_ke", "zonal_area"] {
            assert!(compared.stdout.contains(&format!("{name} ")), "{name}: {}", compared.stdout);
        }
        // Depths leave points out, regions take some more than once, bins have each.
        assert!(counted[0] > 100.0 && counted[0] < 1469.0, "{counted:?}");
        assert!(counted[1] > 1469.0 && counted[2] == 1469.0, "{counted:?}");
    }
}

/// Two halves of a run give the whole.
#[test]
fn means_of_two_runs_are_added_by_their_areas() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 30, ny: 14, nt: 400, seed: 11, ..SynthSpec::default() };
    let run = synthetic(folder.path(), &spec).set_all(&[
        "spectrum.segment=100 samples",
        "zonal.width=0.25",
        "output.spectrum=false",
    ]);
    let open = |select: &str, name: &str| ResultArrays::open(&run.set(select).to(folder.path().join(name)));
    let whole = open("select.stride=1", "whole");
    let halves = [open("select.i=[0, 13]", "west"), open("select.i=[13, 30]", "east")];
    for (name, area, length) in [("zonal_psd", "zonal_area", 1), ("zonal_psd_scaled", "zonal_area_scaled", 0)] {
        let expected = whole.values(name);
        let last = expected.shape[1];
        for (at, latitude) in whole.values("lat").data.iter().enumerate() {
            let (mut sum, mut total) = (vec![0.0; last], vec![0.0; last]);
            for half in &halves {
                let Some(row) = half.values("lat").data.iter().position(|known| known == latitude) else { continue };
                let weights = match length {
                    1 => vec![half.values(area).data[row]; last],
                    _ => half.values(area).row(&[row]).to_vec(),
                };
                for (k, mean) in half.values(name).row(&[row]).iter().enumerate().filter(|(k, _)| weights[*k] > 0.0) {
                    sum[k] += weights[k] * mean;
                    total[k] += weights[k];
                }
            }
            let ours: Vec<f64> = sum.iter().zip(&total).map(|(sum, total)| sum / total).collect();
            assert_close(&ours, expected.row(&[at]), 1e-13, &format!("{name} at {latitude}"));
        }
    }
}

#[test]
fn means_are_the_same_for_any_ranks_passes_and_kept_spectra() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 90, ny: 40, nt: 700, seed: 5, ..SynthSpec::default() };
    let run = with_areas(&synthetic(folder.path(), &spec), folder.path()).set("spectrum.segment=150 samples");
    let expected = run.set("run.threads=1").to(folder.path().join("expected.zarr"));
    let tiles = ResultArrays::open(&expected).planned("tiles");
    assert!(tiles > 8, "{tiles} tiles");
    let passes = run.set("run.threads=2").set(memory(run.memory_for(3))).to(folder.path().join("passes.zarr"));
    assert!(ResultArrays::open(&passes).planned("passes") >= 3);
    assert_same_result(&passes, &expected, "three passes");
    #[cfg(feature = "mpi")]
    {
        let ranks = run.on(3).set("run.threads=1").to(folder.path().join("ranks.zarr"));
        assert_same_result(&ranks, &expected, "three ranks");
    }
    let small = run.set("output.spectrum=false").to(folder.path().join("small.zarr"));
    let (small, all) = (files(&small), files(&expected));
    let some: Vec<_> = all
        .iter()
        .filter(|(name, _)| !name.starts_with("rotary_psd") && name.as_path() != Path::new("zarr.json"))
        .collect();
    assert!(some.len() > 40 && small.len() == some.len() + 1);
    assert!(some.iter().all(|(name, bytes)| small.get(*name) == Some(bytes)), "means depend on what is kept");
}
