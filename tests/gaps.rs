//! Missing snapshots, values that are no numbers or out of range: what is left out, what is filled, and what the result
//! and the log say about it. Whole runs against scipy's numbers (fixtures/gaps.json, by fixtures/make_gap_fixtures.py).
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use oceanspec::synth::{BAD_VALUE, SynthSpec, write_data};
use serde_json::Value;
use support::compare::{assert_same_result, files};
use support::direct;
use support::mds::{Component, Waters, file_name, read_big_float32};
use support::program::Program;
use support::result::ResultArrays;
use support::run::{Run, memory};
use support::samples::synthetic;

/// Land of the fixture's waters.
const LAND: [(usize, usize); 6] = [(0, 4), (3, 0), (3, 1), (4, 12), (5, 12), (2, 17)];

fn waters() -> Waters {
    Waters { nx: 19, ny: 6, nt: 60, periodic: [false, false], land: |j, i| LAND.contains(&(j, i)) }
}

/// Whether a point of these waters has a spectrum: wet, and not in the last row or column.
fn has_spectrum(j: usize, i: usize) -> bool {
    j < 5 && i < 18 && !LAND.contains(&(j, i))
}

/// Puts one big-endian float32 into a file of rows of `width` values.
fn poke(file: &Path, width: usize, j: usize, i: usize, value: f32) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(&value.to_be_bytes(), ((j * width + i) * 4) as u64).unwrap();
}

fn snapshot_file(folder: &Path, waters: &Waters, component: Component, t: usize) -> PathBuf {
    folder.join("mds").join(file_name(component, waters.iteration(t)))
}

/// The hour of a snapshot of [`waters`], whose first is at one o'clock of the first day.
fn date(t: usize) -> String {
    format!("2011-09-{:02}T{:02}:00:00", 10 + (t + 1) / 24, (t + 1) % 24)
}

fn index(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// A number of the fixture; null stands for NaN.
fn number(value: &Value) -> f64 {
    if value.is_null() { f64::NAN } else { value.as_f64().unwrap() }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn list<'a>(case: &'a Value, key: &str) -> &'a [Value] {
    case.get(key).map_or(&[], |list| list.as_array().unwrap())
}

fn fixture() -> Value {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/gaps.json")).unwrap();
    let waters = waters();
    assert_eq!(["nx", "ny", "nt"].map(|key| index(&fixture[key])), [waters.nx, waters.ny, waters.nt]);
    let land: Vec<(usize, usize)> = list(&fixture, "land").iter().map(|at| (index(&at[0]), index(&at[1]))).collect();
    assert_eq!(land, LAND);
    fixture
}

/// The input of a case of the fixture, with everything wrong that it says.
fn write_case(folder: &Path, case: &Value) -> Run {
    let waters = waters();
    waters.write(folder);
    let file =
        |component: &Value, t: &Value| snapshot_file(folder, &waters, Component::BOTH[index(component)], index(t));
    for whole in list(case, "whole") {
        let component = Component::BOTH[index(&whole[0])];
        for j in 0..waters.ny {
            for i in (0..waters.nx).filter(|&i| waters.open(component, j, i)) {
                poke(&file(&whole[0], &whole[1]), waters.nx, j, i, number(&whole[2]) as f32);
            }
        }
    }
    for single in list(case, "single") {
        let [j, i] = [&single[2], &single[3]].map(index);
        poke(&file(&single[0], &single[1]), waters.nx, j, i, number(&single[4]) as f32);
    }
    for t in list(case, "missing") {
        for component in Component::BOTH {
            let path = snapshot_file(folder, &waters, component, index(t));
            fs::remove_file(&path).unwrap();
            fs::remove_file(path.with_extension("meta")).unwrap();
        }
    }
    let spec = &case["spec"];
    let text = |key: &str| spec[key].as_str().unwrap();
    Run::of(folder.join("run.toml")).set_all(&[
        &format!("spectrum.segment={} samples", spec["segment"]),
        &format!("spectrum.overlap={}", spec["overlap"]),
        &format!("spectrum.window={}", text("window")),
        &format!("spectrum.detrend={}", text("detrend")),
    ])
}

fn policy(longest_gap: usize) -> String {
    match longest_gap {
        0 => "prepare.missing=reject".to_owned(),
        steps => format!("prepare.missing={{ interpolate = {steps} }}"),
    }
}

/// Fails where a number is further from what it must be than `tolerance` times `scale`, or NaN where it must not be.
#[track_caller]
fn assert_near(got: f64, expected: f64, tolerance: f64, scale: f64, what: &str) {
    let near = (got - expected).abs() <= tolerance * scale || (got.is_nan() && expected.is_nan());
    assert!(near, "{what}: {got}, expected {expected}");
}

fn compare(case: &Value, expected: &Value, result: &Path, tolerance: f64, what: &str) {
    let result = ResultArrays::open(result);
    let psd = result.values("rotary_psd");
    let maps = ["u_mean", "v_mean", "u_variance", "v_variance"].map(|name| result.values(name));
    let [segments, dof, band, mask] = ["segments_used", "dof", "band_ke", "mask"].map(|name| result.values(name));
    for j in 0..6 {
        for i in 0..19 {
            let used = index(&expected["segments_used"][j][i]);
            assert_eq!(segments.at(&[j, i]), used as f64, "{what} at {j}, {i}");
            assert_eq!(mask.at(&[j, i]) == 1.0, !LAND.contains(&(j, i)), "{what} at {j}, {i}");
            for value in [psd.row(&[j, i])[0], dof.at(&[j, i]), band.at(&[0, j, i])] {
                assert_eq!(value.is_nan(), used == 0, "{what} at {j}, {i}");
            }
        }
    }
    for point in list(expected, "points") {
        let at = [index(&point["at"][0]), index(&point["at"][1])];
        let what = format!("{what} at {at:?}");
        let reference = numbers(&point["psd"]);
        let peak = reference.iter().copied().fold(0.0, f64::max);
        assert_eq!(psd.row(&at).len(), reference.len());
        for (bin, (got, expected)) in psd.row(&at).iter().zip(&reference).enumerate() {
            assert_near(*got, *expected, tolerance, peak, &format!("{what}, bin {bin}"));
        }
        for (map, expected) in maps.iter().zip(numbers(&point["moments"])) {
            assert_near(map.at(&at), expected, tolerance, 1.0, &what);
        }
        // Stored in float32 in either precision.
        assert_near(dof.at(&at), number(&point["dof"]), 1e-7, 20.0, &what);
    }
    let status: Vec<usize> = list(expected, "time_status").iter().map(index).collect();
    assert_eq!(result.indices("time_status"), status, "{what}: {case}");
    check_attributes(&result, &status, what);
}

/// Counts of the group, dates at `time_status`: in the metadata of the array and in the consolidated ones.
fn check_attributes(result: &ResultArrays, status: &[usize], what: &str) {
    for (code, name) in ["used", "rejected", "interpolated", "missing"].into_iter().enumerate() {
        let steps: Vec<usize> = (0..status.len()).filter(|&t| status[t] == code).collect();
        assert_eq!(index(&result.attribute(&format!("snapshots_{name}"))), steps.len(), "{what}: {name}");
        let dates: Vec<String> = steps.into_iter().map(date).collect();
        for attributes in result.attributes_of("time_status") {
            let listed = attributes.get(name).filter(|_| code > 0);
            let listed: Option<Vec<&str>> =
                listed.map(|dates| dates.as_array().unwrap().iter().map(|date| date.as_str().unwrap()).collect());
            let expected = (code > 0 && !dates.is_empty()).then(|| dates.iter().map(String::as_str).collect());
            assert_eq!(listed, expected, "{what}: {name}");
            assert_eq!(attributes["flag_meanings"], "used rejected interpolated missing");
        }
    }
}

fn agrees_with_scipy(precision: &str, tolerance: f64) {
    let fixture = fixture();
    let mut compared = 0;
    for case in list(&fixture, "cases") {
        let folder = tempfile::tempdir().unwrap();
        let run = write_case(folder.path(), case).set(format!("spectrum.precision={precision}"));
        for expected in list(case, "results") {
            let longest_gap = index(&expected["longest_gap"]);
            let what = format!("{precision}, {}, filling {longest_gap}", case["name"]);
            let result = run.set(policy(longest_gap)).to(folder.path().join(format!("{longest_gap}.zarr")));
            compare(case, expected, &result, tolerance, &what);
            compared += 1;
        }
    }
    assert!(compared >= 24, "{compared} results");
}

#[test]
fn float32_agrees_with_scipy_over_gaps() {
    agrees_with_scipy("f32", 1e-6);
}

#[test]
fn float64_agrees_with_scipy_over_gaps() {
    agrees_with_scipy("f64", 1e-12);
}

/// Whatever stands at dry faces, and at open ones that no point with a spectrum needs, changes no byte, under any policy.
#[test]
fn land_and_what_nobody_needs_are_exempt() {
    let waters = waters();
    let folder = tempfile::tempdir().unwrap();
    waters.write(folder.path());
    let run = Run::of(folder.path().join("run.toml"));
    let policies = ["prepare.missing=fail", "prepare.missing=reject", "prepare.missing={ interpolate = 2 }"];
    let clean = run.set(policies[0]).to(folder.path().join("clean.zarr"));
    // One at a time, so that no file of one kind hides another.
    let unneeded = |component, j, i| match component {
        // The last row has no v to the north, the last column no u to the east.
        Component::U => j == 5,
        Component::V => i == 18,
    } && waters.open(component, j, i);
    let mut spoilt = 0;
    for (name, at_fault) in [("land", false), ("unneeded", true)] {
        for t in [0, 7, 8, 9, 59] {
            for component in Component::BOTH {
                let value = [f32::NAN, BAD_VALUE, f32::NEG_INFINITY][t % 3];
                let mut values = waters.snapshot(component, t, 0.0);
                for (at, stored) in values.iter_mut().enumerate() {
                    let (j, i) = (at / waters.nx, at % waters.nx);
                    if if at_fault { unneeded(component, j, i) } else { !waters.open(component, j, i) } {
                        *stored = value;
                        spoilt += 1;
                    }
                }
                write_data(&snapshot_file(folder.path(), &waters, component, t), &values, None).unwrap();
            }
        }
        for (number, policy) in policies.into_iter().enumerate() {
            for select in [&[][..], &["select.stride=2"]] {
                let run = run.set(policy).set_all(select);
                let path = folder.path().join(format!("{name}-{number}-{}.zarr", select.len()));
                let outcome = run.command(&path).run().succeeded();
                assert!(!outcome.stderr.contains("snapshot(s)"), "{outcome:#?}");
                if select.is_empty() {
                    assert_same_result(&path, &clean, &format!("{name} {policy}"));
                }
            }
        }
        waters.write(folder.path());
    }
    assert!(spoilt > 100, "{spoilt}");
}

/// Between the points of a stride, and beside a selection, bad values do not matter; where they do, they are told.
#[test]
fn only_what_a_selection_needs_can_be_wrong() {
    let waters = waters();
    let folder = tempfile::tempdir().unwrap();
    waters.write(folder.path());
    let u = snapshot_file(folder.path(), &waters, Component::U, 30);
    poke(&u, waters.nx, 1, 9, f32::NAN);
    let run = Run::of(folder.path().join("run.toml"));
    let status = |sets: &[&str], name: &str| {
        let result = run.set("prepare.missing=reject").set_all(sets).to(folder.path().join(name));
        ResultArrays::open(&result).indices("time_status")[30]
    };
    // U at (1, 9) is the west face of cell 9 and the east face of cell 8.
    for (number, (sets, needed)) in [
        (&["select.i=[0, 8]"][..], false),
        (&["select.i=[0, 9]"], true),
        (&["select.i=[9, 12]"], true),
        (&["select.i=[10, 12]"], false),
        (&["select.i=[9, 12]", "select.j=[2, 4]"], false),
        (&["select.stride=2"], false),
        (&["select.stride=2", "select.j=[1, 5]"], true),
        (&["select.stride=3", "select.j=[1, 5]"], true),
        (&["select.stride=3", "select.j=[1, 5]", "select.i=[1, 18]"], false),
        (&["select.i=[5, 9]", "prepare.centre=false"], false),
        (&["select.i=[5, 10]", "prepare.centre=false"], true),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(status(sets, &format!("{number}.zarr")), usize::from(needed), "{sets:?}");
        let run = run.set_all(sets);
        if needed {
            run.fails(3, &[u.to_str().unwrap(), "u = NaN at j = 1, i = 9", &date(30)]);
        } else {
            run.to(folder.path().join(format!("fail-{number}.zarr")));
        }
    }
}

/// The first bad value in time is named, though places before it are bad later, and whichever rank reads it.
#[test]
fn the_first_bad_snapshot_is_named() {
    let waters = waters();
    let folder = tempfile::tempdir().unwrap();
    waters.write(folder.path());
    let spoil = |component, t, j, i| {
        let file = snapshot_file(folder.path(), &waters, component, t);
        poke(&file, waters.nx, j, i, 77.0);
        file
    };
    let run = Run::of(folder.path().join("run.toml"));
    let fails = |file: &Path, place: &str, t: usize| {
        for threads in [1, 2] {
            let run = run.set(format!("run.threads={threads}"));
            run.fails(3, &[file.to_str().unwrap(), place, &date(t)]);
            #[cfg(feature = "mpi")]
            run.on(3).fails(3, &[file.to_str().unwrap(), place, &date(t)]);
        }
    };
    // Hours 45, 44 and 5 are of the last and the first of three ranks; hours 44 and 45 are read together.
    fails(&spoil(Component::U, 45, 0, 1), "u = 77 at j = 0, i = 1", 45);
    fails(&spoil(Component::V, 44, 4, 9), "v = 77 at j = 4, i = 9", 44);
    fails(&spoil(Component::V, 5, 3, 8), "v = 77 at j = 3, i = 8", 5);
}

/// What the log says at the end of a run, without the time that it took.
fn told(stderr: &str) -> Vec<String> {
    let told = |line: &&str| line.contains("snapshot(s)") || line.contains("point(s)") || line.contains(" more: see");
    stderr.lines().filter(told).map(str::to_owned).collect()
}

#[test]
fn the_log_names_the_first_ten_of_each_kind() {
    let waters = waters();
    let folder = tempfile::tempdir().unwrap();
    waters.write(folder.path());
    let file = |component, t| snapshot_file(folder.path(), &waters, component, t);
    for t in (2..26).step_by(2) {
        // Two points share the face; the other one is not the first of its file.
        poke(&file(Component::U, t), waters.nx, 1, 9, 50.0 + t as f32);
        poke(&file(Component::U, t), waters.nx, 4, 2, -99.0);
        poke(&file(Component::V, t), waters.nx, 0, 2, f32::NAN);
    }
    poke(&file(Component::V, 40), waters.nx, 3, 8, BAD_VALUE);
    for t in [30, 33, 34] {
        for component in Component::BOTH {
            fs::remove_file(file(component, t)).unwrap();
        }
    }
    let run = Run::of(folder.path().join("run.toml"));
    let outcome = |name: &str, set: &str| {
        let outcome = run.set(set).command(&folder.path().join(name)).run().succeeded();
        let told = told(&outcome.stderr);
        (told, outcome)
    };
    // 18 x 5 points without the four on land.
    let points = (0..5).flat_map(|j| (0..18).map(move |i| (j, i))).filter(|&(j, i)| has_spectrum(j, i)).count();
    let (lines, outcome_rejected) = outcome("reject.zarr", "prepare.missing=reject");
    let holds = |line: &str, parts: &[&str]| {
        for part in parts {
            assert!(line.contains(part), "`{part}` is not in `{line}`: {outcome_rejected:#?}");
        }
    };
    assert_eq!(lines.len(), 1 + 1 + 3 + 1 + 10 + 1, "{lines:#?}");
    holds(&lines[0], &["3 snapshot(s) missing", "segments that touch"]);
    holds(&lines[1], &["3 snapshot(s) missing", "segments that touch them are left out"]);
    for (line, t) in lines[2..5].iter().zip([30, 33, 34]) {
        holds(line, &[&date(t), "is missing", &format!("left out at {points} point(s)")]);
    }
    holds(&lines[5], &["13 snapshot(s) with values", "[prepare] valid_range", "left out"]);
    for (line, t) in lines[6..16].iter().zip((2..26).step_by(2)) {
        let value = format!("u = {} at j = 1, i = 9", 50 + t);
        // Cells 8 and 9 of row 1, 1 and 2 of row 4, and 2 of row 0.
        holds(line, &[&date(t), file(Component::U, t).to_str().unwrap(), &value, "left out at 5 point(s)"]);
    }
    holds(&lines[16], &["3 more", "time_status"]);

    let (lines, _) = outcome("interpolate.zarr", "prepare.missing={ interpolate = 1 }");
    assert!(lines[1].contains("1 interpolated in time; 2 in gaps too long"), "{lines:#?}");
    assert!(lines[2].contains(&date(30)) && lines[2].contains("interpolated at"), "{lines:#?}");
    assert!(lines[5].contains("13 snapshot(s)") && lines[5].ends_with("interpolated in time"), "{lines:#?}");

    // Clean input: nothing to tell.
    waters.write(folder.path());
    let (lines, outcome) = outcome("clean.zarr", "prepare.missing=reject");
    assert!(lines.is_empty(), "{outcome:#?}");
    check_attributes(&ResultArrays::open(&folder.path().join("clean.zarr")), &[0; 60], "clean");
}

/// A file of LLC4320 holds 1e32 in one snapshot of U. The run says which; with `reject` the rest comes out right.
#[test]
fn the_bad_file_of_llc4320() {
    const STEP: usize = 31;
    const SEGMENT: usize = 24;
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    let synth = ["synth", "--nx", "20", "--ny", "12", "--nt", "96"];
    Program::alone().args(synth).arg("--bad-snapshot=31").arg(&input).run().succeeded();
    Program::alone()
        .args(synth)
        .arg("--bad-snapshot=96")
        .arg(folder.path().join("none"))
        .run()
        .failed(2, &["--bad-snapshot is 96", "0 to 95"]);
    let clean = synthetic(&folder.path().join("clean"), &SynthSpec { nx: 20, ny: 12, nt: 96, ..SynthSpec::default() });
    let segment = format!("spectrum.segment={SEGMENT} samples");
    let run = Run::of(input.join("run.toml")).set(&segment);
    let file = input.join(format!("mds/U.{:010}.data", 10_368 + 144 * STEP));
    let place = [file.to_str().unwrap(), "u = 1e32", "2011-09-14T07:00:00", "valid_range"];
    run.fails(3, &place);
    #[cfg(feature = "mpi")]
    run.on(3).fails(3, &place);

    let rejected = run.set("prepare.missing=reject");
    let path = folder.path().join("rejected.zarr");
    let outcome = rejected.command(&path).run().succeeded();
    let lines = told(&outcome.stderr);
    assert_eq!(lines.len(), 2, "{outcome:#?}");
    assert!(lines[1].contains(place[0]) && lines[1].contains("u = 1e32"), "{lines:#?}");
    let result = ResultArrays::open(&path);
    let status: Vec<usize> = (0..96).map(|t| usize::from(t == STEP)).collect();
    assert_eq!(result.indices("time_status"), status);
    assert_eq!(index(&result.attribute("snapshots_rejected")), 1);

    let whole = ResultArrays::open(&clean.set(&segment).to(folder.path().join("clean.zarr")));
    let [psd, psd_clean] = [&result, &whole].map(|result| result.values("rotary_psd"));
    let [segments, segments_clean] = [&result, &whole].map(|result| result.values("segments_used"));
    // The segments left, as records by themselves: the program on clean input, and the definition.
    let hop = SEGMENT / 2;
    let starts: Vec<usize> =
        (0..=96 - SEGMENT).step_by(hop).filter(|start| !(*start..start + SEGMENT).contains(&STEP)).collect();
    assert_eq!(starts.len(), 5);
    let hour = |step: usize| {
        let hours = 10_368 / 144 + step;
        format!("2011-09-{:02}T{:02}:00:00", 10 + hours / 24, hours % 24)
    };
    let alone: Vec<_> = starts
        .iter()
        .map(|start| {
            let time = format!("select.time=[{}, {}]", hour(*start), hour(start + SEGMENT));
            let path = folder.path().join(format!("{start}.zarr"));
            ResultArrays::open(&clean.set_all(&[&segment, &time]).to(path)).values("rotary_psd")
        })
        .collect();
    let faces = |name: &str| -> Vec<Vec<f64>> {
        let file = |t| folder.path().join(format!("clean/mds/{name}.{:010}.data", 10_368 + 144 * t));
        (0..96).map(|t| read_big_float32(&file(t))).collect()
    };
    let (u, v) = (faces("U"), faces("V"));
    let (mut compared, mut untouched) = (0, 0);
    for j in 0..12 {
        for i in 0..20 {
            let used = segments.at(&[j, i]);
            if segments_clean.at(&[j, i]) == 0.0 {
                assert_eq!(used, 0.0);
                continue;
            }
            let at = |values: &[f64], j: usize, i: usize| values[j * 20 + i];
            let u: Vec<f64> = u.iter().map(|u| 0.5 * (at(u, j, i) + at(u, j, i + 1))).collect();
            let v: Vec<f64> = v.iter().map(|v| 0.5 * (at(v, j, i) + at(v, j + 1, i))).collect();
            let row = psd.row(&[j, i]);
            if u.iter().all(|u| *u == 0.0) {
                // Both faces of u are dry: nothing was bad here.
                assert_eq!((used, row), (7.0, psd_clean.row(&[j, i])), "{j}, {i}");
                untouched += 1;
                continue;
            }
            assert_eq!(used, 5.0, "{j}, {i}");
            let mean = |spectra: &[Vec<f64>]| -> Vec<f64> {
                (0..SEGMENT).map(|bin| spectra.iter().map(|psd| psd[bin]).sum::<f64>() / 5.0).collect()
            };
            let ours = mean(&alone.iter().map(|psd| psd.row(&[j, i]).to_vec()).collect::<Vec<_>>());
            let defined = mean(
                &starts
                    .iter()
                    .map(|&t| direct::rotary_psd(&u[t..t + SEGMENT], &v[t..t + SEGMENT], SEGMENT))
                    .collect::<Vec<_>>(),
            );
            for (reference, tolerance) in [(ours, 3e-7), (defined, 1e-6)] {
                let difference = direct::relative_difference(row, &reference);
                assert!(difference < tolerance, "{j}, {i}: off by {difference:e}");
            }
            compared += 1;
        }
    }
    assert!(compared > 100 && untouched < compared, "{compared} {untouched}");
}

/// Every kind of gap at once, in a record of several tiles; of its three segments, from hours 0, 24 and 48, the second
/// touches no bad snapshot as a whole.
fn everything_wrong(folder: &Path) -> Run {
    let spec = SynthSpec { nx: 50, ny: 41, nt: 300, seed: 3, bad_snapshots: vec![5], ..SynthSpec::default() };
    let run = synthetic(folder, &spec);
    let file = |name: &str, t: u64| folder.join(format!("mds/{name}.{:010}.data", 10_368 + 144 * t));
    for t in [10, 11, 270, 271, 272, 273] {
        for name in ["U", "V"] {
            fs::remove_file(file(name, t)).unwrap();
        }
    }
    // Anywhere, so that the edges of tiles, strips and passes are among them: some dry, some needed by nobody.
    for n in 0..400 {
        let at = |salt: usize, len: usize| ((support::mds::noise(&[salt, n]) + 1.0) / 2.0 * len as f32) as usize % len;
        let (t, j, i) = (at(0, 300), at(1, 41), at(2, 50));
        let path = file(if n % 2 == 0 { "U" } else { "V" }, t as u64);
        if path.exists() {
            poke(&path, 50, j, i, [f32::NAN, 1e32, -30.0][n % 3]);
        }
    }
    run.set("spectrum.segment=240 samples").set("spectrum.overlap=0.9")
}

#[test]
fn ranks_threads_and_passes_change_neither_bytes_nor_words() {
    let folder = tempfile::tempdir().unwrap();
    let run = everything_wrong(&folder.path().join("input"));
    for (number, policy) in ["prepare.missing=reject", "prepare.missing={ interpolate = 2 }"].into_iter().enumerate() {
        let run = run.set(policy);
        let go = |run: &Run, name: &str| {
            let path = folder.path().join(format!("{number}-{name}.zarr"));
            let outcome = run.command(&path).run().succeeded();
            (path, told(&outcome.stderr))
        };
        let (expected, words) = go(&run.set("run.threads=1"), "baseline");
        let result = ResultArrays::open(&expected);
        assert!(result.planned("tiles") >= 4 && result.planned("passes") == 1);
        for code in [0, 1, 3].into_iter().chain((number == 1).then_some(2)) {
            assert!(result.indices("time_status").contains(&code), "no snapshot of status {code}");
        }
        let most = result.values("segments_used").data.into_iter().fold(0.0, f64::max);
        assert_eq!(most, [1.0, 2.0][number]);
        let mut spread = vec![(None, 2, 1), (None, 2, 3)];
        if cfg!(feature = "mpi") {
            spread.extend([(Some(3), 1, 1), (Some(2), 1, 3)]);
        }
        for (ranks, threads, passes) in spread {
            let mut other = run.set(format!("run.threads={threads}"));
            other.ranks = ranks;
            if passes > 1 {
                other = other.set(memory(other.memory_for(passes)));
            }
            let name = format!("{ranks:?}-{threads}-{passes}");
            let (path, other_words) = go(&other, &name);
            assert_eq!(ResultArrays::open(&path).planned("passes"), passes, "{name}");
            assert_same_result(&path, &expected, &name);
            assert_eq!(other_words, words, "{name}");
        }
        assert!(words.len() > 10 && words.iter().any(|line| line.contains("more: see")), "{words:#?}");
    }
    // The second run had more to work with than the first: it was not the same setting twice.
    let [rejected, filled] = [0, 1].map(|n| files(&folder.path().join(format!("{n}-baseline.zarr"))));
    assert!(rejected != filled);
}
