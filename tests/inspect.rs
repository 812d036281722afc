//! `inspect` on folders with every kind of oddness, and what it says a run would make of them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use oceanspec::synth::{SynthSpec, synthesise};
use serde_json::{Value, json};
use support::program::Program;
use support::samples::regional;

const NX: usize = 20;
const NY: usize = 12;
const NT: usize = 30;
const FIRST: u64 = 10_368;

fn input() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: NX, ny: NY, nt: NT, land: false, ..SynthSpec::default() };
    synthesise(folder.path(), &spec, &|_, _| {}).unwrap();
    folder
}

fn iteration(step: usize) -> u64 {
    FIRST + 144 * step as u64
}

fn snapshot(folder: &Path, name: &str, step: usize) -> PathBuf {
    folder.join(format!("mds/{name}.{:010}.data", iteration(step)))
}

fn poke(file: &Path, j: usize, i: usize, value: f32) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(&value.to_be_bytes(), ((j * NX + i) * 4) as u64).unwrap();
}

fn inspect(path: &Path, options: &[&str]) -> Value {
    Program::alone().arg("inspect").arg(path).args(options).arg("--json").run().succeeded().json()
}

fn field<'a>(report: &'a Value, name: &str) -> &'a Value {
    let fields = report["input"]["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("{name} is not in {report:#}"))
}

#[test]
fn a_sound_folder() {
    let folder = input();
    let report = inspect(&folder.path().join("mds"), &[]);
    for name in ["U", "V"] {
        let field = field(&report, name);
        assert_eq!((&field["snapshots"], &field["files"], &field["tiles"]), (&json!(NT), &json!(NT), &json!(1)));
        assert_eq!(field["bytes"], json!(NX * NY * 4 * NT));
        assert_eq!((&field["layout"]["ni"], &field["layout"]["nj"]), (&json!(NX), &json!(NY)));
        let time = &field["time"];
        assert_eq!((&time["first_iteration"], &time["last_iteration"]), (&json!(FIRST), &json!(iteration(NT - 1))));
        assert_eq!((&time["iterations_per_step"], &time["missing"]), (&json!(144), &json!(0)));
        assert_eq!(field["trouble"], json!([]));
    }
    assert_eq!((&report["run"], &report["grid"]), (&Value::Null, &Value::Null));

    let report = inspect(&folder.path().join("run.toml"), &["--set", "spectrum.segment=10 samples"]);
    assert_eq!(field(&report, "U")["time"]["last"], "2011-09-14T05:00:00");
    assert_eq!(report["grid"]["wet_points"], json!(NX * NY));
    let plan = &report["run"]["plan"];
    assert_eq!((&plan["snapshots"], &plan["nj"], &plan["ni"]), (&json!(NT), &json!(NY), &json!(NX)));
    // The folder of the grid alone.
    assert_eq!(inspect(&folder.path().join("grid"), &[])["grid"]["ni"], json!(NX));
}

/// Each kind of odd file is told, in the JSON and to people, and a run is said to stop.
#[test]
fn odd_files() {
    let folder = input();
    let mds = folder.path().join("mds");
    fs::remove_file(snapshot(folder.path(), "U", 7)).unwrap();
    fs::remove_file(snapshot(folder.path(), "U", 8)).unwrap();
    let cut = snapshot(folder.path(), "U", 12);
    fs::OpenOptions::new().write(true).open(&cut).unwrap().set_len(100).unwrap();
    let turned = snapshot(folder.path(), "V", 3).with_extension("meta");
    let text = fs::read_to_string(&turned).unwrap();
    fs::write(&turned, text.replace("20,", "24,").replace(" 20 ", " 24 ").replace("20\n", "24\n")).unwrap();
    assert_ne!(fs::read_to_string(&turned).unwrap(), text);
    fs::write(snapshot(folder.path(), "V", 4).with_extension("meta"), "nonsense").unwrap();
    fs::rename(snapshot(folder.path(), "V", 29), mds.join("V.0000014560.data")).unwrap();
    fs::write(mds.join("STDERR.0000"), "").unwrap();
    fs::write(mds.join("pickup.ckptA.data"), [0; 8]).unwrap();

    let report = inspect(&mds, &[]);
    let u = field(&report, "U");
    assert_eq!(u["snapshots"], json!(NT - 2));
    assert_eq!(u["time"]["gaps"], json!([{ "after": iteration(6), "before": iteration(9), "missing": 2 }]));
    let trouble = |field: &Value, step: usize, name: &str| {
        let file = snapshot(Path::new(""), name, step).file_name().unwrap().to_str().unwrap().to_owned();
        let all = field["trouble"].as_array().unwrap();
        let found = all.iter().find(|trouble| trouble["file"] == file);
        found.unwrap_or_else(|| panic!("{file} is not in {field:#}"))["what"].as_str().unwrap().to_owned()
    };
    let said = trouble(u, 12, "U");
    assert!(said.contains("100 bytes") && said.contains("960"), "{said}");
    let v = field(&report, "V");
    assert!(trouble(v, 3, "V").contains("24 x 12"), "{v:#}");
    assert!(trouble(v, 4, "V").contains("ends within"), "{v:#}");
    assert_eq!(v["time"]["uneven"], json!([{ "after": iteration(28), "before": 14_560, "missing": 0 }]));
    assert!(report["input"]["stray_files"].as_array().unwrap().contains(&json!("STDERR.0000")), "{report:#}");
    assert_eq!(field(&report, "pickup")["restart_files"], json!(["pickup.ckptA.data"]));

    let said = Program::alone().arg("inspect").arg(folder.path().join("run.toml")).run().succeeded().stdout;
    for part in
        ["2 snapshot(s) missing: 2 after 11232", "100 bytes", "24 x 12", "uneven at 1 place", "stop with code 3"]
    {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
}

#[test]
fn every_value_is_read() {
    let folder = input();
    let file = |name, step| snapshot(folder.path(), name, step);
    poke(&file("U", 5), 3, 9, f32::NAN);
    poke(&file("U", 5), 3, 10, f32::INFINITY);
    poke(&file("U", 6), 11, 19, 1e32);
    poke(&file("U", 20), 0, 0, -77.5);
    fs::copy(file("V", 10), file("V", 17)).unwrap();
    fs::write(file("V", 18), [0; NX * NY * 4]).unwrap();

    let report = inspect(&folder.path().join("run.toml"), &["--scan"]);
    let u = &field(&report, "U")["values"][0];
    assert_eq!((&u["values"], &u["nan"], &u["infinite"]), (&json!(NX * NY * NT), &json!(1), &json!(1)));
    assert_eq!((&u["snapshots_with_nan"], &u["nan_is_fixed"]), (&json!(1), &json!(false)));
    let most = &u["maximum"];
    assert_eq!(most["value"].as_f64().unwrap() as f32, 1e32);
    assert_eq!((&most["j"], &most["i"], &most["iteration"]), (&json!(11), &json!(19), &json!(iteration(6))));
    assert_eq!(most["date"], "2011-09-13T06:00:00");
    assert_eq!((&u["minimum"]["value"], &u["minimum"]["iteration"]), (&json!(-77.5), &json!(iteration(20))));
    assert_eq!(u["out_of_range"], json!(2));
    let v = &field(&report, "V")["values"][0];
    assert_eq!(v["repeated"], json!([[iteration(17), iteration(10)]]));
    assert_eq!(v["constant"], json!([iteration(18)]));
    assert_eq!((&v["nan"], &v["out_of_range"]), (&json!(0), &json!(0)));

    // NaN on land, the same in every snapshot.
    for step in 0..NT {
        poke(&file("U", step), 3, 9, f32::NAN);
        poke(&file("U", step), 3, 10, 0.0);
    }
    let report = inspect(&folder.path().join("mds"), &["--scan"]);
    let u = &field(&report, "U")["values"][0];
    assert_eq!((&u["nan"], &u["nan_is_fixed"], &u["out_of_range"]), (&json!(NT), &json!(true), &Value::Null));

    let said = Program::alone().arg("inspect").arg(folder.path().join("mds")).arg("--scan").run().succeeded().stdout;
    for part in
        ["1e32", "j = 11, i = 19, iteration 11232", "30 NaN", "same places", "12816 is 11808", "iteration 12960"]
    {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
}

/// The extremes of the regional sample against a decoding of its own.
#[test]
fn extremes_of_the_regional_sample() {
    let mds = regional().join("mds");
    let report = inspect(&mds, &["--scan"]);
    for name in ["U", "V"] {
        let mut range = [f32::INFINITY, f32::NEG_INFINITY];
        for entry in fs::read_dir(&mds).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            if file.starts_with(&format!("{name}.")) && file.ends_with(".data") {
                for value in fs::read(&path).unwrap().as_chunks::<4>().0.iter().map(|bytes| f32::from_be_bytes(*bytes))
                {
                    range = [range[0].min(value), range[1].max(value)];
                }
            }
        }
        let values = &field(&report, name)["values"][0];
        let found = ["minimum", "maximum"].map(|end| values[end]["value"].as_f64().unwrap() as f32);
        assert_eq!(found, range, "{name}");
    }
}

/// One data file stands for its field; a result, a folder that is not there and several processes are refused.
#[test]
fn what_is_named() {
    let folder = input();
    let report = inspect(&snapshot(folder.path(), "V", 2), &[]);
    assert_eq!(report["input"]["fields"].as_array().unwrap().len(), 1);
    assert_eq!(field(&report, "V")["snapshots"], json!(NT));
    let run = |path: &Path| Program::alone().arg("inspect").arg(path).run();
    run(&folder.path().join("nowhere")).failed(3, &["nowhere"]);
    run(&folder.path().join("nowhere.toml")).failed(2, &["nowhere.toml"]);
    let store = folder.path().join("store.zarr");
    fs::create_dir(&store).unwrap();
    fs::write(store.join("zarr.json"), "{}").unwrap();
    run(&store).failed(3, &["store.zarr"]);
    let said = run(folder.path()).succeeded().stdout;
    assert!(said.contains("[input] pattern"), "{said}");
    Program::alone()
        .arg("inspect")
        .arg(folder.path())
        .env("OMPI_COMM_WORLD_SIZE", "3")
        .run()
        .failed(2, &["inspect", "without mpirun"]);
}
