//! Spectra of scalars: alone, several, and beside a velocity, over whole runs. A real model's sea level against the
//! definition of the spectrum; several fields against runs of each alone, to the byte.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use oceanspec::synth::{MdsHeader, SynthSpec, write_data};
use support::compare::{assert_same_result, files};
use support::direct;
use support::mds::{Waters, noise, read_big_float32};
use support::program::{Program, signal};
use support::result::{ResultArrays, assert_same_bits};
use support::run::{Run, memory};
use support::samples::{regional, synthetic};
use support::unfinished::{finished_tiles, partial_of, wait_for_tiles};

/// Names of a list of arrays, sorted.
fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

const GEOMETRY: [&str; 10] = ["Depth", "XC", "YC", "f0", "i", "j", "mask", "rA", "time", "time_status"];

/// Sixty days of the regional run's sea level, daily (`fixtures/regional-eta.md`).
fn sea_level(folder: &Path) -> Run {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/regional-eta.tar.xz");
    fs::create_dir(folder.join("eta")).unwrap();
    let status = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.join("eta")).status().unwrap();
    assert!(status.success(), "tar -xf {}: {status}", archive.display());
    let grid = regional().join("grid");
    let text = format!(
        "[input]\npath = \"eta\"\ngrid = \"{}\"\nscalar = [\"Eta\"]\ntimestep = \"25 s\"\n\
         epoch = 2011-09-10T00:00:00\n[spectrum]\nsegment = \"20 days\"\n\
         [[bands]]\nname = \"weekly\"\nlimits = [0.1, 0.19]\n[[bands]]\nname = \"all\"\nlimits = [0.0, 0.5]\n\
         [[bands]]\nname = \"slow\"\nlimits = [0.0, \"0.1 f\"]\n",
        grid.display()
    );
    fs::write(folder.join("run.toml"), text).unwrap();
    Run::of(folder.join("run.toml"))
}

/// What bins of constant density hold between two frequencies, by a fine grid of the two-sided spectrum's both halves.
fn band(psd: &[f64], segment: usize, df: f64, [lo, hi]: [f64; 2]) -> f64 {
    const PARTS: usize = 40_000;
    let hi = hi.min(df * segment as f64 / 2.0);
    let width = (hi - lo) / PARTS as f64;
    let density = |f: f64| {
        let k = ((f / df).round() as usize).min(segment / 2);
        // Of the two halves each has half, but of a bin that is not doubled the whole.
        if k == 0 || 2 * k == segment { 2.0 * psd[k] } else { psd[k] }
    };
    (0..PARTS).map(|part| density(lo + (part as f64 + 0.5) * width) * width).sum()
}

fn a_model_s_sea_level(precision: &str, tolerance: f64) {
    let folder = tempfile::tempdir().unwrap();
    let result = sea_level(folder.path()).set(format!("spectrum.precision={precision}"));
    let result = ResultArrays::open(&result.to(folder.path().join("result.zarr")));
    let own = ["psd_Eta", "band_variance_Eta", "band_flag", "Eta_mean", "Eta_variance", "segments_used", "dof"];
    let limits = ["confidence_lower", "confidence_upper"];
    let axes = ["freq_time", "band", "band_limits"];
    assert_eq!(result.names(), sorted(&[&own[..], &limits, &axes, &GEOMETRY].concat()));

    let (segment, df) = (20, 1.0 / 20.0);
    let frequencies = result.values("freq_time").data;
    assert_eq!(frequencies.len(), 11);
    assert!(frequencies.iter().enumerate().all(|(k, f)| (f - k as f64 * df).abs() < 1e-15), "{frequencies:?}");

    let psd = result.values("psd_Eta");
    assert_eq!(
        (&psd.dimensions[..], &psd.shape[..]),
        (&["j", "i", "freq_time"].map(String::from)[..], &[40, 48, 11][..])
    );
    let [mean, variance, bands, flags] =
        ["Eta_mean", "Eta_variance", "band_variance_Eta", "band_flag"].map(|name| result.values(name));
    let [segments, dof, mask, f0] = ["segments_used", "dof", "mask", "f0"].map(|name| result.values(name));
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.path().join("eta"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|name| name == "data"))
        .collect();
    paths.sort();
    let snapshots: Vec<Vec<f64>> = paths.iter().map(|path| read_big_float32(path)).collect();
    assert_eq!(snapshots.len(), 60);
    let wet = read_big_float32(&regional().join("grid/hFacC.data"));
    // Five Hann segments of an even length that share half: rho = 1/6.
    let expected_dof = 2.0 * 25.0 / (5.0 + 2.0 * 4.0 / 36.0);
    let mut points = 0;
    for j in 0..40 {
        for i in 0..48 {
            let at = [j, i];
            let is_wet = wet[j * 48 + i] > 0.0;
            assert_eq!(mask.at(&at) == 1.0, is_wet);
            assert_eq!(segments.at(&at), if is_wet { 5.0 } else { 0.0 });
            if !is_wet {
                assert!(psd.row(&at).iter().all(|value| value.is_nan()));
                assert!(mean.at(&at).is_nan() && bands.at(&[0, j, i]).is_nan() && dof.at(&at).is_nan());
                continue;
            }
            points += 1;
            let series: Vec<f64> = snapshots.iter().map(|values| values[j * 48 + i]).collect();
            let expected = direct::one_sided_psd(&series, segment, 1.0);
            let off = direct::relative_difference(psd.row(&at), &expected);
            assert!(off < tolerance, "{at:?}: off by {off:e}");
            let expected_mean = direct::mean(&series);
            let expected_variance =
                series.iter().map(|x| (x - expected_mean).powi(2)).sum::<f64>() / series.len() as f64;
            let scale = expected_mean.abs() + expected_variance.sqrt();
            assert!((mean.at(&at) - expected_mean).abs() < tolerance * scale);
            assert!((variance.at(&at) / expected_variance - 1.0).abs() < tolerance);
            assert!((dof.at(&at) / expected_dof - 1.0).abs() < 1e-7, "{}", dof.at(&at));
            let slow = 0.1 * f0.at(&at).abs();
            for (n, limits) in [[0.1, 0.19], [0.0, 0.5], [0.0, slow]].into_iter().enumerate() {
                let (got, expected) = (bands.at(&[n, j, i]), band(&expected, segment, df, limits));
                // The grid misplaces each edge of a bin by half a cell at most.
                assert!((got / expected - 1.0).abs() < 1e-3, "{at:?}, band {n}: {got}, expected {expected}");
                let narrow = limits[1] - limits[0] < 2.0 * df * (1.0 - 1e-9);
                let overlaps = n == 2;
                assert_eq!(flags.at(&[n, j, i]), f64::from(u8::from(narrow) + 2 * u8::from(overlaps)), "{at:?} {n}");
            }
            let whole = expected.iter().sum::<f64>() * df;
            assert!((bands.at(&[1, j, i]) / whole - 1.0).abs() < 2.0 * tolerance, "all of the variance");
        }
    }
    // No neighbour is needed: every wet point has a spectrum.
    assert_eq!(points, 1469);

    let attributes = |name: &str| result.attributes_of(name)[0].clone();
    let units =
        ["psd_Eta", "Eta_mean", "Eta_variance", "band_variance_Eta"].map(|name| attributes(name)["units"].clone());
    assert_eq!(units, ["m2 d", "m", "m2", "m2"]);
    assert!(attributes("psd_Eta")["sidedness"].as_str().unwrap().starts_with("one-sided"));
    assert!(attributes("dof")["long_name"].as_str().unwrap().contains("psd_Eta"));
    assert_eq!(result.attribute("sidedness"), "psd_Eta is one-sided");
    assert!(!result.attribute("title").as_str().unwrap().contains("kinetic"));
    let real = if precision == "f64" { "float64" } else { "float32" };
    assert!(["psd_Eta", "Eta_mean", "band_variance_Eta"].iter().all(|name| result.data_type(name) == real));
}

#[test]
fn a_model_s_sea_level_in_float32() {
    a_model_s_sea_level("f32", 1e-6);
}

#[test]
fn a_model_s_sea_level_in_float64() {
    a_model_s_sea_level("f64", 1e-12);
}

const LAND: [(usize, usize); 6] = [(0, 4), (3, 0), (3, 1), (4, 12), (5, 12), (2, 17)];
const NX: usize = 19;
const NY: usize = 6;
const NT: usize = 60;

/// Hourly currents, and two scalars of noise: sea level, and water of 15 degrees.
fn waters(folder: &Path) -> Run {
    let waters = Waters { nx: NX, ny: NY, nt: NT, periodic: [false, false], land: |j, i| LAND.contains(&(j, i)) };
    waters.write(folder);
    for t in 0..NT {
        for (name, at, mean) in [("Eta", 7, 0.1), ("Theta", 8, 15.0)] {
            let value = |j, i| if waters.wet(j, i) { noise(&[at, t, j, i]) + mean } else { 0.0 };
            let values: Vec<f32> = (0..NY).flat_map(|j| (0..NX).map(move |i| value(j, i))).collect();
            let header: MdsHeader = waters.header(t);
            write_data(&scalar_file(folder, name, t), &values, Some(&header)).unwrap();
        }
    }
    Run::of(folder.join("run.toml"))
}

fn scalar_file(folder: &Path, name: &str, t: usize) -> PathBuf {
    folder.join(format!("mds/{name}.{:010}.data", (t as u64 + 1) * support::mds::ITERATIONS))
}

const ETA: &str = "input.scalar=[\"Eta\"]";
const THETA: &str = "input.scalar=[\"Theta\"]";
const BOTH: &str = "input.scalar=[\"Eta\", \"Theta\"]";
const ALL: [&str; 2] = [BOTH, "input.u=U"];

/// Synthetic currents whose configuration names no variables.
fn currents(folder: &Path, spec: &SynthSpec) -> Run {
    let run = synthetic(folder, spec);
    let text = fs::read_to_string(&run.config).unwrap();
    let is_other = |line: &&str| !["u", "v"].contains(&line.split('=').next().unwrap().trim());
    let others: Vec<&str> = text.lines().filter(is_other).collect();
    assert_eq!(others.len() + 2, text.lines().count(), "{text}");
    fs::write(&run.config, others.join("\n")).unwrap();
    run
}

/// Fails unless the files of some arrays are the same.
#[track_caller]
fn assert_same_files(result: &Path, expected: &Path, arrays: &[[&str; 2]]) {
    let mut compared = 0;
    for [name, other] in arrays {
        let chunks = |folder: &Path, name: &str| {
            let mut chunks = files(&folder.join(name));
            chunks.retain(|name, _| !name.ends_with("zarr.json"));
            chunks
        };
        let (ours, theirs) = (chunks(result, name), chunks(expected, other));
        assert!(ours == theirs, "{name} is not {other} of {}", expected.display());
        compared += ours.len();
    }
    // What is 0 everywhere has no files.
    assert!(compared + 1 >= arrays.len(), "{compared} files");
}

const OF_A_VELOCITY: [&str; 13] = [
    "rotary_psd",
    "band_ke",
    "band_ke_cw",
    "band_ke_ccw",
    "band_flag",
    "u_mean",
    "v_mean",
    "u_variance",
    "v_variance",
    "segments_used",
    "dof",
    "confidence_lower",
    "confidence_upper",
];

/// What each field gives does not depend on the others: the same files as of a run of that field alone.
#[test]
fn fields_of_one_run_are_those_of_runs_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let run = waters(folder.path()).set("output.codec=none");
    let to = |run: &Run, name: &str| run.to(folder.path().join(name));
    for precision in ["f32", "f64"] {
        let run = run.set(format!("spectrum.precision={precision}"));
        let native = run.set("prepare.centre=false");
        let velocity = to(&native, &format!("velocity-{precision}"));
        let all = to(&native.set_all(&ALL), &format!("all-{precision}"));
        let arrays = OF_A_VELOCITY.map(|name| [name, name]);
        assert_same_files(&all, &velocity, &arrays);
        for (name, alone) in [("Eta", ETA), ("Theta", THETA)] {
            let alone = to(&run.set(alone), &format!("{name}-{precision}"));
            let [psd, band, mean, variance, segments, dof] =
                ["psd_", "band_variance_", "", "", "segments_used_", "dof_"].map(|before| format!("{before}{name}"));
            let [lower, upper] = ["confidence_lower", "confidence_upper"].map(|limit| format!("{limit}_{name}"));
            let (mean, variance) = (format!("{mean}_mean"), format!("{variance}_variance"));
            assert_same_files(
                &all,
                &alone,
                &[
                    [&psd, &psd],
                    [&band, &band],
                    [&mean, &mean],
                    [&variance, &variance],
                    [&segments, "segments_used"],
                    [&dof, "dof"],
                    [&lower, "confidence_lower"],
                    [&upper, "confidence_upper"],
                ],
            );
            let (all, alone) = (ResultArrays::open(&all), ResultArrays::open(&alone));
            let axes = [&all, &alone].map(|result| result.dimensions(&psd)[2].clone());
            assert_eq!(axes, ["freq_time_one_sided", "freq_time"]);
            assert_eq!(all.values(&axes[0]).data, alone.values(&axes[1]).data);
            assert_eq!(all.values("freq_time").data.len(), 10);
        }
        // Of scalars alone, the plain names are of the first.
        let both = to(&run.set(BOTH), &format!("both-{precision}"));
        let names = ["psd_Eta", "psd_Theta", "Eta_mean", "Theta_variance", "dof_Eta", "dof_Theta", "segments_used_Eta"];
        let like_all: Vec<[&str; 2]> = names.iter().map(|name| [*name, *name]).collect();
        assert_same_files(&both, &all, &like_all);
        assert_same_files(&both, &both, &[["dof", "dof_Eta"], ["segments_used", "segments_used_Eta"]]);
        let both = ResultArrays::open(&both);
        assert!(!OF_A_VELOCITY[..4].iter().any(|name| both.has(name)) && !both.has("freq_time_one_sided"));
        assert!(both.has("band_flag"));
    }

    // With centring the velocity lacks the last row and column, and the scalars beside it do so too; alone they have them.
    let all = ResultArrays::open(&to(&run.set_all(&ALL), "centred"));
    let alone = ResultArrays::open(&to(&run.set(THETA), "alone"));
    let (beside, alone) = (all.values("psd_Theta"), alone.values("psd_Theta"));
    let (mut edge, mut inner) = (0, 0);
    for j in 0..NY {
        for i in 0..NX {
            if LAND.contains(&(j, i)) {
                assert!(alone.row(&[j, i])[0].is_nan());
            } else if j + 1 == NY || i + 1 == NX {
                assert!(beside.row(&[j, i])[0].is_nan() && alone.row(&[j, i])[0] >= 0.0, "{j} {i}");
                edge += 1;
            } else {
                assert_same_bits(beside.row(&[j, i]), alone.row(&[j, i]), &format!("{j}, {i}"));
                inner += 1;
            }
        }
    }
    assert_eq!((edge, inner), (NX + NY - 2, (NX - 1) * (NY - 1) - LAND.len() + 1));
}

/// Units, remarks and names where several fields stand side by side.
#[test]
fn every_array_says_what_it_is_of() {
    let folder = tempfile::tempdir().unwrap();
    let run = waters(folder.path());
    for t in 0..NT {
        for kind in ["data", "meta"] {
            let path = scalar_file(folder.path(), "Eta", t).with_extension(kind);
            fs::copy(&path, scalar_file(folder.path(), "TRAC01", t).with_extension(kind)).unwrap();
        }
    }
    let result = run.set("input.u=U").set("input.scalar=[\"Theta\", \"TRAC01\"]");
    let path = result.to(folder.path().join("result.zarr"));
    let result = ResultArrays::open(&path);
    for (array, units, words) in [
        ("rotary_psd", "m2 s-2 d", "rotary"),
        ("psd_Theta", "K2 d", "potential temperature (Theta)"),
        ("Theta_mean", "degC", "mean potential temperature (Theta)"),
        ("Theta_variance", "K2", "potential temperature"),
        ("band_variance_Theta", "K2", "in the band"),
        ("psd_TRAC01", "unknown", "density of TRAC01"),
        ("TRAC01_mean", "unknown", "mean TRAC01"),
        ("segments_used_TRAC01", "1", "psd_TRAC01"),
        ("dof", "1", "rotary_psd"),
        ("dof_Theta", "1", "psd_Theta"),
        ("confidence_lower", "1", "rotary_psd"),
        ("confidence_upper_Theta", "1", "psd_Theta"),
        ("freq_time_one_sided", "d-1", "from 0 to Nyquist"),
    ] {
        for attributes in result.attributes_of(array) {
            assert_eq!(attributes["units"], units, "{array}");
            assert!(attributes["long_name"].as_str().unwrap().contains(words), "{array}: {attributes}");
        }
    }
    assert!(result.attributes_of("TRAC01_mean")[0]["comment"].as_str().unwrap().contains("do not tell the units"));
    let sidedness = result.attribute("sidedness");
    assert!(sidedness.as_str().unwrap().ends_with("; psd_Theta, psd_TRAC01 are one-sided"), "{sidedness}");

    // A result agrees with itself, frequency by frequency, and not with another.
    let validate = |result: &Path, against: &Path| {
        Program::alone().arg("validate").arg(result).arg("--against").arg(against).run()
    };
    let outcome = validate(&path, &path).succeeded();
    assert!(outcome.stdout.contains("psd_TRAC01") && outcome.stdout.contains("rotary_psd"), "{outcome:#?}");
    let other = run.set("input.u=U").set("input.scalar=[\"Theta\", \"TRAC01\"]").set("spectrum.window=boxcar");
    validate(&other.to(folder.path().join("other.zarr")), &path).failed(6, &["does not agree"]);
}

/// The same files however a run is divided, of scalars alone and beside a velocity; a plan that counts what there is.
#[test]
fn the_same_bytes_for_any_ranks_threads_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let run = currents(
        &folder.path().join("in"),
        &SynthSpec { nx: 67, ny: 45, nt: 240, spacing_degrees: 0.05, ..SynthSpec::default() },
    );
    let run = run.set("spectrum.segment=100 samples").set_all(&["prepare.missing=reject", "run.threads=1"]);
    let scalar = |name: &str| format!("input.scalar=[\"{name}\", \"Eta\"]");
    // U's files once more by another name are a scalar beside it.
    let mds = folder.path().join("in/mds");
    for entry in fs::read_dir(&mds).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(rest) = name.strip_prefix("U.") {
            fs::hard_link(&path, mds.join(format!("Eta.{rest}"))).unwrap();
        }
    }
    for (what, run) in [("scalars", run.set(scalar("V"))), ("all", run.set("input.scalar=[\"Eta\"]").set("input.u=U"))]
    {
        let baseline = run.to(folder.path().join(format!("{what}.zarr")));
        let result = ResultArrays::open(&baseline);
        assert_eq!((result.planned("passes"), result.planned("spectra")), (1, 2));
        let written = files(&baseline).len() as u64;
        assert!((written..written + 100).contains(&result.planned("files_written")), "{written} files");
        let ranks: &[Option<usize>] = if cfg!(feature = "mpi") { &[None, Some(1), Some(2), Some(3)] } else { &[None] };
        for (n, ranks) in ranks.iter().enumerate() {
            let mut other = run.set(format!("run.threads={}", 1 + n % 2));
            other.ranks = *ranks;
            for passes in [1, 3] {
                if passes == 1 && ranks.is_none() {
                    continue;
                }
                let other = if passes > 1 { other.set(memory(other.memory_for(passes))) } else { other.clone() };
                let path = other.to(folder.path().join(format!("{what}-{n}-{passes}.zarr")));
                assert!(ResultArrays::open(&path).planned("passes") >= passes);
                assert_same_result(&path, &baseline, &format!("{what} {ranks:?} {passes}"));
            }
        }
        // A selection is the slice of the whole, whatever lane a point is in.
        let part =
            run.set_all(&["select.i=[13, 50]", "select.j=[7, 31]"]).to(folder.path().join(format!("{what}-part")));
        let part = ResultArrays::open(&part);
        for name in ["psd_Eta", "Eta_variance", "dof_Eta"] {
            let (part, whole) = (part.values(name), result.values(name));
            for j in 7..31 {
                let row = |values: &support::result::Values, j: usize, range: std::ops::Range<usize>| -> Vec<f64> {
                    let bins = values.shape.get(2).copied().unwrap_or(1);
                    let first = j * values.shape[1] * bins;
                    values.data[first + range.start * bins..first + range.end * bins].to_vec()
                };
                assert_same_bits(&row(&part, j - 7, 0..37), &row(&whole, j, 13..50), &format!("{what} {name} {j}"));
            }
        }
        // Without spectra the maps are the same.
        let maps = run.set("output.spectrum=false").to(folder.path().join(format!("{what}-maps.zarr")));
        assert!(!maps.join("psd_Eta").exists() && !maps.join("freq_time").exists());
        assert_same_files(
            &maps,
            &baseline,
            &["Eta_mean", "Eta_variance", "segments_used", "dof_Eta"].map(|name| [name; 2]),
        );
    }
}

/// Puts one big-endian float32 into a file.
fn poke(file: &Path, j: usize, i: usize, value: f32) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(&value.to_be_bytes(), ((j * NX + i) * 4) as u64).unwrap();
}

/// Segments of ten, hop five: those that hold none of some times.
fn segments_without(times: &[usize]) -> Vec<usize> {
    (0..11).map(|k| 5 * k).filter(|start| !times.iter().any(|t| (*start..start + 10).contains(t))).collect()
}

#[test]
fn gaps_of_a_scalar_are_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = waters(folder.path()).set("input.u=U").set(BOTH);
    // A value that is none at one point, one that no water has at another, a file that is not there.
    poke(&scalar_file(folder.path(), "Theta", 22), 1, 3, f32::NAN);
    poke(&scalar_file(folder.path(), "Theta", 37), 2, 5, 1e30);
    let lost = scalar_file(folder.path(), "Eta", 41);
    fs::remove_file(&lost).unwrap();
    fs::remove_file(lost.with_extension("meta")).unwrap();

    run.set("select.time=[2011-09-10, 2011-09-11T12:00:00]")
        .fails(3, &["Theta = NaN", "j = 1, i = 3", "Theta.0000003312"]);
    run.set("prepare.valid_range=[-10, 12]")
        .set("select.time=[2011-09-10, 2011-09-10T12:00:00]")
        .fails(3, &["Theta = ", "is not within [prepare] valid_range = [-10, 12]"]);
    run.fails(3, &["Eta", "missing"]);

    let reject = run.set("prepare.missing=reject");
    let path = reject.to(folder.path().join("reject.zarr"));
    let result = ResultArrays::open(&path);
    let status = result.indices("time_status");
    let expected: Vec<usize> = (0..NT)
        .map(|t| match t {
            22 => 1,
            41 => 3,
            _ => 0,
        })
        .collect();
    assert_eq!(status, expected, "a value of 1e30 is a number");
    let [velocity, eta, theta] =
        ["segments_used", "segments_used_Eta", "segments_used_Theta"].map(|name| result.values(name));
    for j in 0..NY - 1 {
        for i in 0..NX - 1 {
            let wet = !LAND.contains(&(j, i));
            let expected = |count: usize| if wet { count as f64 } else { 0.0 };
            let without_nan = if (j, i) == (1, 3) { segments_without(&[22]).len() } else { 11 };
            assert_eq!(velocity.at(&[j, i]), expected(11), "{j} {i}");
            assert_eq!(eta.at(&[j, i]), expected(segments_without(&[41]).len()), "{j} {i}");
            assert_eq!(theta.at(&[j, i]), expected(without_nan), "{j} {i}");
        }
    }
    // Spectrum, mean and variance at the point with a gap, from the segments that are left.
    let series = |name: &str, j: usize, i: usize| -> Vec<f64> {
        let value = |t| {
            let path = scalar_file(folder.path(), name, t);
            if path.exists() { read_big_float32(&path)[j * NX + i] } else { f64::NAN }
        };
        (0..NT).map(value).collect()
    };
    let mean_of_segments = |series: &[f64], starts: &[usize]| -> Vec<f64> {
        let all: Vec<Vec<f64>> =
            starts.iter().map(|start| direct::one_sided_psd(&series[*start..start + 10], 10, 24.0)).collect();
        (0..6).map(|k| all.iter().map(|psd| psd[k]).sum::<f64>() / all.len() as f64).collect()
    };
    for (name, times, j, i) in [("Theta", &[22][..], 1, 3), ("Eta", &[41], 0, 0), ("Theta", &[], 4, 17)] {
        let series = series(name, j, i);
        let expected = mean_of_segments(&series, &segments_without(times));
        let psd = result.values(&format!("psd_{name}"));
        let off = direct::relative_difference(psd.row(&[j, i]), &expected);
        assert!(off < 1e-6, "{name} {j} {i}: off by {off:e}");
        let valid: Vec<f64> = series.iter().copied().filter(|x| !x.is_nan()).collect();
        let mean = result.values(&format!("{name}_mean")).at(&[j, i]);
        assert!((mean / direct::mean(&valid) - 1.0).abs() < 1e-6, "{name} {j} {i}: {mean}");
    }

    let filled =
        run.set("prepare.missing={ interpolate = 2 }").command(&folder.path().join("filled.zarr")).run().succeeded();
    let result = ResultArrays::open(&folder.path().join("filled.zarr"));
    let expected: Vec<usize> = (0..NT).map(|t| if t == 22 || t == 41 { 2 } else { 0 }).collect();
    assert_eq!(result.indices("time_status"), expected);
    let mut theta = series("Theta", 1, 3);
    theta[22] = 0.5 * (theta[21] + theta[23]);
    let off =
        direct::relative_difference(result.values("psd_Theta").row(&[1, 3]), &direct::one_sided_psd(&theta, 10, 24.0));
    assert!(off < 1e-6, "off by {off:e}");
    assert!(
        filled.stderr.contains("Theta = NaN at j = 1, i = 3") && filled.stderr.contains("interpolated in 1 series"),
        "{filled:#?}"
    );

    // The velocity's numbers know nothing of this.
    let velocity = waters(&folder.path().join("whole")).to(folder.path().join("velocity.zarr"));
    assert_same_files(&path, &velocity, &OF_A_VELOCITY.map(|name| [name, name]));
}

/// A run of several spectra is gone on with: tiles without one of their shards are done again, and files are counted.
#[test]
fn a_run_of_several_spectra_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 83, ny: 71, nt: 2400, seed: 8, ..SynthSpec::default() };
    let run = currents(&folder.path().join("in"), &spec);
    let run =
        run.set_all(&["run.threads=2", "run.memory=52 MiB", "spectrum.segment=20 days", "input.scalar=[\"U\", \"V\"]"]);
    let expected = run.to(folder.path().join("expected.zarr"));
    let output = folder.path().join("result.zarr");
    let mut started = run.command(&output).start();
    let partial = partial_of(&output);
    wait_for_tiles(&mut started, &partial, 5);
    signal("KILL", started.pid());
    started.wait();
    assert!(!output.exists());
    let finished = finished_tiles(&partial);
    let shard = files(&partial.join("psd_V"))
        .into_keys()
        .find(|name| name.starts_with("c") && !name.display().to_string().contains(".writing"))
        .unwrap();
    fs::remove_file(partial.join("psd_V").join(shard)).unwrap();
    let outcome = run.command(&output).arg("--resume").run().succeeded();
    assert!(
        outcome.stdout.contains(&format!("({} tiles were finished before)", finished - 1)),
        "{finished}: {outcome:#?}"
    );
    assert_same_result(&output, &expected, "resumed");
}
