//! What a run reads is what its plan says, to the byte: over shapes, strides, selections, passes, wrapping axes and
//! missing snapshots.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use oceanspec::config::Config;
use oceanspec::exchange::SingleProcess;
use oceanspec::pipeline::{self, RunOptions, Setup};
use oceanspec::plan::{Plan, PlanError};
use oceanspec::report::Silent;
use oceanspec::store::Start;
use oceanspec::synth::{LlcSpec, SynthSpec, synthesise, synthesise_llc};

fn load(folder: &Path, sets: &[&str]) -> Config {
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    Config::load(&folder.join("run.toml"), &sets).unwrap()
}

fn look(folder: &Path, sets: &[&str]) -> Setup {
    pipeline::look(&load(folder, sets), &SingleProcess).unwrap()
}

fn plan(folder: &Path, sets: &[&str], setup: &Setup) -> Result<Plan, oceanspec::Error> {
    let config = load(folder, sets);
    pipeline::plan(&config, setup, pipeline::machine(&config, &SingleProcess))
}

/// The least memory of a plan, which makes the most passes, as a `--set`.
fn least_memory(folder: &Path, sets: &[&str], setup: &Setup) -> u64 {
    let sets: Vec<&str> = sets.iter().copied().chain(["run.memory=1 KiB"]).collect();
    match plan(folder, &sets, setup) {
        Err(oceanspec::Error::Plan(PlanError::Memory { needed, .. })) => needed.0,
        other => panic!("1 KiB is enough: {other:?}"),
    }
}

/// Runs with as many passes as possible, with some, and with one; returns their numbers.
fn check(folder: &Path, sets: &[&str]) -> Vec<usize> {
    let output = format!("output.path={}", folder.join("spectra.zarr").display());
    let sets: Vec<&str> = sets.iter().copied().chain([output.as_str(), "run.threads=2"]).collect();
    let setup = look(folder, &sets);
    let least = least_memory(folder, &sets, &setup);
    let mut passes = Vec::new();
    for more in [0, 300 << 10, 1 << 30] {
        let memory = format!("run.memory={} B", least + more);
        let sets: Vec<&str> = sets.iter().copied().chain([memory.as_str()]).collect();
        let plan = plan(folder, &sets, &setup).unwrap();
        passes.push(plan.passes.len());
        let options = RunOptions { start: Start::Overwrite, started: Instant::now(), signal: &AtomicUsize::new(0) };
        let done = pipeline::run(&load(folder, &sets), &SingleProcess, &Silent, options).unwrap();
        assert_eq!(done.bytes_read, plan.bytes_in, "{sets:?}, {} passes", plan.passes.len());
        assert!(plan.bytes_in >= plan.bytes_needed);
    }
    assert!(passes.is_sorted_by(|a, b| a >= b) && passes[2] == 1, "{passes:?}");
    passes
}

fn synth(nx: usize, ny: usize, nt: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx, ny, nt, spacing_degrees: 0.05, ..SynthSpec::default() };
    synthesise(folder.path(), &spec, &|_, _| {}).unwrap();
    folder
}

#[test]
fn any_selection_of_a_domain_with_coasts() {
    let folder = synth(67, 45, 120);
    let segment = "spectrum.segment=100 samples";
    let passes = check(folder.path(), &[segment]);
    assert!(passes[0] > 2 && passes[1] > 1, "{passes:?}");
    check(folder.path(), &[segment, "prepare.centre=false"]);
    check(folder.path(), &[segment, "input.periodic=[\"i\"]"]);
    check(folder.path(), &[segment, "input.periodic=[\"i\", \"j\"]", "output.spectrum=false"]);
    check(folder.path(), &[segment, "select.stride=2"]);
    check(folder.path(), &[segment, "select.stride=3", "input.periodic=[\"j\"]"]);
    check(folder.path(), &[segment, "select.stride=4", "prepare.centre=false"]);
    check(folder.path(), &[segment, "select.i=[5, 66]", "select.j=[3, 44]"]);
    check(folder.path(), &[segment, "select.i=[66, 67]", "input.periodic=[\"i\"]"]);
    check(folder.path(), &[segment, "select.j=[44, 45]", "prepare.centre=false", "spectrum.precision=f64"]);
}

#[test]
fn rows_and_columns_alone() {
    let row = synth(301, 1, 60);
    check(row.path(), &["spectrum.segment=60 samples", "input.periodic=[\"j\"]"]);
    let column = synth(1, 211, 60);
    check(column.path(), &["spectrum.segment=59 samples", "input.periodic=[\"i\"]"]);
    check(column.path(), &["spectrum.segment=59 samples", "prepare.centre=false", "select.stride=7"]);
}

#[test]
fn missing_snapshots_are_not_read() {
    let folder = synth(40, 30, 96);
    for step in [3_u64, 4, 50] {
        for field in ["U", "V"] {
            for ending in ["data", "meta"] {
                let name = format!("mds/{field}.{:010}.{ending}", 10_368 + 144 * step);
                std::fs::remove_file(folder.path().join(name)).unwrap();
            }
        }
    }
    check(folder.path(), &["spectrum.segment=24 samples", "prepare.missing=reject"]);
}

#[test]
fn lat_lon_cap_grids_whole_and_shrunk() {
    for shrunk in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let spec = LlcSpec { nx: 20, nt: 60, shrunk, scalar: true, ..LlcSpec::default() };
        synthesise_llc(folder.path(), &spec, &|_, _| {}).unwrap();
        let segment = "spectrum.segment=60 samples";
        let passes = check(folder.path(), &[segment]);
        assert!(passes[0] > 10, "{passes:?}");
        check(folder.path(), &[segment, "prepare.centre=false"]);
        check(folder.path(), &[segment, "input.scalar=[\"Eta\"]", "input.u=\"U\""]);
        check(folder.path(), &[segment, "select.faces=[2, 5, 6]"]);
        check(folder.path(), &[segment, "select.faces=[7, 8, 10, 11, 12]"]);
        check(folder.path(), &[segment, "select.stride=3"]);
        check(folder.path(), &[segment, "select.i=[4, 20]", "select.j=[0, 19]"]);
    }
}
