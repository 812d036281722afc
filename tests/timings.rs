//! Where the time of a run went: `timings.json` beside the result and the table at the end, of one process and of three
//! ranks.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use oceanspec::synth::SynthSpec;
use serde_json::Value;
use support::compare::files;
use support::program::Outcome;
use support::run::Run;
use support::samples::synthetic;

const PHASES: [&str; 7] = ["scan", "read", "prepare", "exchange", "compute", "write", "wait"];

/// A number of snapshots that three ranks share evenly.
const SNAPSHOTS: usize = 360;

fn run() -> Run {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timings");
        let _ = std::fs::remove_dir_all(&folder);
        synthetic(&folder, &SynthSpec { nx: 61, ny: 53, nt: SNAPSHOTS, seed: 9, ..SynthSpec::default() });
        folder
    });
    Run::of(folder.join("run.toml")).set("run.memory=\"2 GiB\"").set("run.threads=2")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The lines of the table without their level.
fn table(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.stderr.lines().filter_map(|line| line.strip_prefix(" INFO "));
    lines.skip_while(|line| !line.starts_with("phase ")).collect()
}

/// Runs; the file, beside what the plan says and the result holds.
fn check(run: &Run) -> (Value, Outcome) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    let outcome = run.command(&output).run().succeeded();
    assert_eq!(names(folder.path()), ["result.zarr", "timings.json"]);
    let timings = read(&folder.path().join("timings.json"));
    let plan = run.plan().succeeded().json();
    let ranks = run.ranks.unwrap_or(1) as u64;
    for (key, expected) in [
        ("result", "result.zarr".into()),
        ("oceanspec_version", env!("CARGO_PKG_VERSION").into()),
        ("ranks", ranks.into()),
        ("nodes", 1.into()),
        ("threads", 2.into()),
        ("session", 1.into()),
        ("tiles_finished_before", 0.into()),
        ("bytes_read", plan["bytes_in"].clone()),
    ] {
        assert_eq!(timings[key], expected, "{key}");
    }
    assert!(outcome.stdout.contains(&format!("spectra of {} points", timings["points"])), "{outcome:#?}");
    let date = timings["date"].as_str().unwrap();
    assert!(date.len() == 20 && date.ends_with('Z') && &date[10..11] == "T", "{date}");

    let wall = timings["seconds"].as_f64().unwrap();
    assert!(wall > 0.0 && wall <= outcome.elapsed.as_secs_f64(), "{wall}");
    let phases = timings["phases"].as_object().unwrap();
    assert_eq!(phases.len(), PHASES.len());
    for phase in PHASES {
        let seconds = &phases[phase]["seconds"];
        let [min, mean, max] = ["min", "mean", "max"].map(|key| seconds[key].as_f64().unwrap());
        assert!(0.0 <= min && min <= mean * 1.000001 && mean <= max * 1.000001, "{phase}: {seconds}");
        // Clocks of threads begin and end within that of the run.
        assert!(max <= wall, "{phase}: {max} of {wall} s");
        let bytes = phases[phase]["bytes"].as_u64().unwrap();
        match phases[phase]["bytes_per_second"].as_f64() {
            Some(rate) => assert!((rate * mean / bytes as f64 - 1.0).abs() < 1e-6, "{phase}"),
            None => assert!(bytes == 0 || mean == 0.0, "{phase}"),
        }
        if !["exchange", "wait"].contains(&phase) {
            assert!(max > 0.0, "{phase}");
        }
    }
    let bytes = |phase: &str| phases[phase]["bytes"].as_u64().unwrap();
    assert_eq!(bytes("read"), plan["bytes_in"].as_u64().unwrap());
    assert_eq!(bytes("prepare"), bytes("read"));
    // Each rank reads the same share of the time: of each series all but the owner's own share is sent.
    assert_eq!(bytes("exchange") * ranks, bytes("compute") * (ranks - 1));
    assert!(bytes("compute") >= timings["points"].as_u64().unwrap() * 2 * 4 * SNAPSHOTS as u64);
    let of_values = files(&output).into_iter().filter(|(name, _)| !name.ends_with("zarr.json"));
    let stored: u64 = of_values.map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!(timings["bytes_written"], bytes("write"));
    // The journal has the maps in float64.
    assert!(bytes("write") > stored && bytes("write") < 4 * stored, "{} of {stored}", bytes("write"));

    let memory = &timings["memory"];
    assert_eq!(memory["projected_bytes_per_rank"], plan["peak_bytes_per_rank"]);
    let peak = |key: &str| memory["peak_bytes"][key].as_f64().unwrap();
    assert!(0.0 < peak("min") && peak("min") <= peak("mean") && peak("mean") <= peak("max"), "{memory}");
    assert!(peak("max") <= plan["peak_bytes_per_rank"].as_f64().unwrap(), "{memory}");
    assert!(memory["fullest_rank"].as_u64().unwrap() < ranks);
    assert!((1.0..=ranks as f64).contains(&timings["imbalance"].as_f64().unwrap()));

    let table = table(&outcome);
    assert_eq!(table.len(), 1 + PHASES.len() + 2, "{outcome:#?}");
    for (line, phase) in table[1..].iter().zip(PHASES) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mean: f64 = words[if ranks > 1 { 2 } else { 1 }].parse().unwrap();
        assert_eq!(words[0], phase);
        assert!((mean - phases[phase]["seconds"]["mean"].as_f64().unwrap()).abs() < 0.0051, "{line}");
    }
    assert!(table[9].starts_with("peak memory: ") && table[9].contains(" planned"), "{table:?}");
    (timings, outcome)
}

#[test]
fn one_process() {
    let (timings, outcome) = check(&run());
    assert_eq!(timings["imbalance"], 1.0);
    assert!(!outcome.stderr.contains("imbalance"), "{outcome:#?}");
}

#[cfg(feature = "mpi")]
#[test]
fn three_ranks() {
    let (timings, outcome) = check(&run().on(3));
    let seconds = |phase: &str, key: &str| timings["phases"][phase]["seconds"][key].as_f64().unwrap();
    // All wait for others; rank 0 alone looks at the input, for which the others wait.
    assert!(seconds("wait", "min") > 0.0 && seconds("exchange", "min") > 0.0);
    assert!(seconds("scan", "min") == 0.0 && (seconds("scan", "mean") * 3.0 - seconds("scan", "max")).abs() < 1e-6);
    assert!(seconds("wait", "max") >= 0.5 * seconds("scan", "max"), "{timings:#}");
    assert!(outcome.stderr.contains("imbalance of computing "), "{outcome:#?}");
    assert!(outcome.stderr.contains(&format!(" on rank {}, ", timings["memory"]["fullest_rank"])), "{outcome:#?}");
}

/// A run that stops in time tells where its time went, and leaves no file beside a result that is not there.
#[test]
fn a_run_that_is_stopped_and_gone_on_with() {
    for ranks in [None, Some(3)].into_iter().filter(|ranks| ranks.is_none() || cfg!(feature = "mpi")) {
        let run = Run { ranks, ..run() };
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let stopped = run.command(&output).env("SLURM_JOB_END_TIME", "1000").run();
        stopped.failed(75, &["--resume"]);
        assert_eq!(table(&stopped).iter().filter(|line| line.starts_with("scan ")).count(), 1, "{stopped:#?}");
        assert_eq!(names(folder.path()), ["result.zarr.partial"]);
        run.command(&output).arg("--resume").run().succeeded();
        assert_eq!(names(folder.path()), ["result.zarr", "timings.json"]);
        assert_eq!(read(&folder.path().join("timings.json"))["session"], 2);
    }
}

#[test]
fn results_in_one_folder() {
    let run = run().set("output.spectrum=false");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    run.to(at("a.zarr"));
    run.to(at("b.zarr"));
    assert_eq!(names(folder.path()), ["a.zarr", "b.zarr", "b.zarr.timings.json", "timings.json"]);
    assert_eq!(read(&at("timings.json"))["result"], "a.zarr");
    assert_eq!(read(&at("b.zarr.timings.json"))["result"], "b.zarr");
    // Somebody else's files stay; the result comes all the same, with a word.
    for name in ["timings.json", "b.zarr.timings.json"] {
        std::fs::write(at(name), "precious").unwrap();
    }
    let outcome = run.command(&at("b.zarr")).arg("--overwrite").run().succeeded();
    assert!(outcome.stderr.contains(" WARN the timings are not written: "), "{outcome:#?}");
    for name in ["timings.json", "b.zarr.timings.json"] {
        assert_eq!(std::fs::read(at(name)).unwrap(), b"precious");
    }
    assert_eq!(names(folder.path()).len(), 4);
}
