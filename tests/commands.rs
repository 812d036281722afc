//! The commands as users and schedulers see them: exit codes, messages, and what is left on disk; on one process and,
//! with the same code and one message, on three ranks.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use oceanspec::synth::SynthSpec;
use support::compare::{assert_same_result, files};
use support::program::Program;
use support::result::ResultArrays;
use support::run::{Run, memory, toml_text};
use support::samples::{regional_run, synthetic};

/// Columns, rows and snapshots of the input here.
const NX: usize = 20;
const NY: usize = 12;
const NT: usize = 72;

/// How runs are started: alone, and under mpirun.
const STARTS: &[Option<usize>] = if cfg!(feature = "mpi") { &[None, Some(3)] } else { &[None] };

/// A fresh folder of input.
struct Input {
    folder: tempfile::TempDir,
    run: Run,
}

impl Input {
    fn new() -> Input {
        Input::of(SynthSpec { nx: NX, ny: NY, nt: NT, land: false, ..SynthSpec::default() })
    }

    fn of(spec: SynthSpec) -> Input {
        let folder = tempfile::tempdir().unwrap();
        let run = synthetic(&folder.path().join("input"), &spec).set("spectrum.segment=24 samples");
        Input { folder, run }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("input").join(name)
    }

    fn snapshot(&self, name: &str, step: usize) -> PathBuf {
        self.path(&format!("mds/{name}.{:010}.data", SynthSpec::default().first_iteration + step as u64 * 144))
    }

    fn output(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration with `text` after it, under another name.
    fn with_text(&self, text: &str) -> Run {
        let path = self.path("other.toml");
        fs::write(&path, fs::read_to_string(self.path("run.toml")).unwrap() + text).unwrap();
        Run { config: path, ..self.run.clone() }
    }

    /// Overwrites one value of a snapshot.
    fn poke(&self, file: &Path, j: usize, i: usize, value: f32) {
        let file = fs::OpenOptions::new().write(true).open(file).unwrap();
        file.write_all_at(&value.to_be_bytes(), ((j * NX + i) * 4) as u64).unwrap();
    }
}

/// Shortens a file to 100 bytes.
fn truncate(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    assert!(file.metadata().unwrap().len() > 100);
    file.set_len(100).unwrap();
}

/// The run must fail with this code and message, alone and on three ranks, leaving nothing.
#[track_caller]
fn fails(run: &Run, code: i32, parts: &[&str]) {
    run.fails(code, parts);
    #[cfg(feature = "mpi")]
    run.on(3).fails(code, parts);
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn usage() {
    let run = |arguments: &[&str]| Program::alone().args(arguments).run();
    for arguments in [&[][..], &["ruin"], &["run"], &["run", "a.toml", "--fast"], &["plan"], &["validate", "a.zarr"]] {
        let outcome = run(arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {outcome:#?}");
        assert!(outcome.stderr.contains("Usage") && outcome.stdout.is_empty(), "{arguments:?}: {outcome:#?}");
    }
    let help = run(&["--help"]).succeeded().stdout;
    for command in ["run", "plan", "validate", "synth"] {
        assert!(help.lines().any(|line| line.trim().starts_with(command)), "{command}: {help}");
    }
    assert!(run(&["--version"]).succeeded().stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_configurations() {
    let input = Input::new();
    let unknown = input.with_text("kompression = 3\n");
    let config = unknown.config.to_str().unwrap().to_owned();
    fails(&unknown, 2, &["unknown key `kompression`", "[output]", &config]);
    fails(&input.with_text("[spectrun]\nsegment = \"1 day\"\n"), 2, &["`spectrun`", "`spectrum`"]);
    fails(&input.with_text("path = \n"), 2, &["TOML", "other.toml"]);
    fails(&Run::of(input.path("none.toml")), 2, &["cannot read the configuration", "none.toml"]);
    fails(&input.run.set("spectrum.segmnt=\"1 day\""), 2, &["segmnt", "`segment`", "--set"]);
    fails(&input.run.set("spectrum.overlap=1.5"), 2, &["spectrum.overlap", "1.5"]);
    fails(&input.run.set("spectrum.segment=73 samples"), 2, &["spectrum.segment", "73", "72"]);
    fails(&input.run.set("spectrum.segment=100 min"), 2, &["spectrum.segment", "100 min", "samples"]);
    let band = input.with_text("[[bands]]\nname = \"fast\"\nlimits = [5.0, 13.0]\n");
    fails(&band, 2, &["\"fast\"", "13 cpd", "12 cpd", "limits = [5.0, 13.0]"]);
    fails(&input.run.set("select.i=[5, 21]"), 2, &["[select] i", "[5, 21]", "20"]);
}

#[test]
fn input_that_is_not_there() {
    let input = Input::new();
    let nowhere = input.path("nowhere");
    fails(
        &input.run.set(format!("input.path={}", toml_text(&nowhere))),
        3,
        &["[input] path", nowhere.to_str().unwrap()],
    );
    fails(&input.run.set(format!("input.grid={}", toml_text(&nowhere))), 3, &["XC", "[input] grid"]);
    fails(&input.run.set("input.u=SPEED"), 3, &["SPEED.0000000000.data", "[input] u"]);

    let missing = [input.snapshot("U", 30), input.snapshot("V", 30)];
    fs::remove_file(&missing[0]).unwrap();
    let name = missing[0].file_name().unwrap().to_str().unwrap();
    fails(&input.run, 3, &["U and V", "71 and 72", name]);
    // One component of one time is missing, one of another is cut: named, and left out with their segments.
    let cut = input.snapshot("V", 31);
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[1..]).unwrap();
    fails(&input.run, 3, &[cut.to_str().unwrap(), "959 bytes, expected 960", "[prepare] missing = \"reject\""]);
    let output = input.output("one-component.zarr");
    let outcome = input.run.set("prepare.missing=reject").command(&output).run().succeeded();
    let cut_name = cut.file_name().unwrap().to_str().unwrap();
    for line in [format!("{name}: is missing"), format!("{cut_name}: has 959 bytes, expected 960")] {
        assert!(outcome.stderr.contains(&line), "{}", outcome.stderr);
    }
    let rejected = ResultArrays::open(&output);
    assert_eq!(rejected.values("segments_used").at(&[3, 3]), 3.0);
    let status = rejected.values("time_status").data;
    assert_eq!((status[29], status[30], status[31], status[32]), (0.0, 3.0, 1.0, 0.0));
    fs::write(&cut, &bytes).unwrap();
    fs::remove_file(&missing[1]).unwrap();
    fails(&input.run, 3, &["1 snapshot(s)", name, "[prepare] missing"]);
    // What the message offers does what it says: of the five segments, the two that touch hour 30 go.
    let rejected = ResultArrays::open(&input.run.set("prepare.missing=reject").to(input.output("rejected.zarr")));
    assert_eq!(rejected.values("segments_used").at(&[3, 3]), 3.0);
    let status = rejected.values("time_status").data;
    assert_eq!((status.len(), status[30], status.iter().filter(|&&status| status == 0.0).count()), (72, 3.0, 71));
}

#[test]
fn truncated_files() {
    let input = Input::new();
    let file = input.snapshot("V", 41);
    truncate(&file);
    fails(&input.run, 3, &[file.to_str().unwrap(), "100 bytes", "960"]);

    for name in ["XC", "YC", "hFacC", "hFacW", "Depth", "RAC"] {
        let input = Input::new();
        let file = input.path(&format!("grid/{name}.data"));
        truncate(&file);
        fails(&input.run, 3, &[name, file.to_str().unwrap(), "100 bytes", "960"]);
    }
}

#[test]
fn uneven_times() {
    let input = Input::of(SynthSpec { nx: NX, ny: NY, nt: NT, meta: false, ..SynthSpec::default() });
    for name in ["U", "V"] {
        let from = input.snapshot(name, 50);
        let to = input.path(&format!("mds/{name}.0000017575.data"));
        assert_eq!(from.file_name().unwrap().to_str().unwrap(), format!("{name}.0000017568.data"));
        fs::rename(from, to).unwrap();
    }
    fails(&input.run, 3, &["uneven time axis", "17424", "17575", "151 iterations", "144 iterations"]);
}

#[test]
fn values_out_of_range() {
    let input = Input::new();
    let file = input.snapshot("V", 17);
    input.poke(&file, 4, 7, 11.5);
    let path = file.to_str().unwrap();
    let run = input.run.set("prepare.valid_range=[-10.0, 10.0]");
    // Hour 288 + 17 from the epoch's midnight is 17:00 of the third day.
    fails(&run, 3, &[path, "v = 11.5", "j = 4, i = 7", "2011-09-13T17:00:00", "[-10, 10]", "\"reject\""]);

    let plain = ResultArrays::open(&input.run.set("prepare.valid_range=[-20.0, 20.0]").to(input.output("plain.zarr")));
    let rejected = ResultArrays::open(&run.set("prepare.missing=reject").to(input.output("rejected.zarr")));
    let (segments, ours, theirs) =
        (rejected.values("segments_used"), rejected.values("rotary_psd"), plain.values("rotary_psd"));
    for j in 0..NY - 1 {
        for i in 0..NX - 1 {
            // The bad face is the south of one cell and the north of another; hour 17 is in segments 0 and 1 of 5.
            let touched = i == 7 && (j == 4 || j == 3);
            assert_eq!(segments.at(&[j, i]), if touched { 3.0 } else { 5.0 }, "j = {j}, i = {i}");
            assert_eq!(ours.row(&[j, i]) != theirs.row(&[j, i]), touched, "j = {j}, i = {i}");
        }
    }

    input.poke(&file, 4, 7, f32::NAN);
    fails(&input.run, 3, &[path, "v = NaN", "j = 4, i = 7"]);
}

/// Whichever rank meets it, one rank tells.
#[test]
fn values_out_of_range_late_in_the_record() {
    for step in [35, NT - 1] {
        let input = Input::new();
        let file = input.snapshot("U", step);
        input.poke(&file, 2, 19, -1e4);
        fails(&input.run, 3, &[file.to_str().unwrap(), "u = -10000", "j = 2, i = 19", "[-10, 10]"]);
    }
}

/// The number that the message names works, and not much less does.
#[test]
fn too_little_memory() {
    let input = Input::new();
    for &ranks in STARTS {
        let run = Run { ranks, ..input.run.set("run.threads=1") };
        let message = run.set("run.memory=\"20 MiB\"").fails(5, &["[run] memory", "20.00 MiB"]);
        let least = least_memory(&message);
        run.set(format!("run.memory=\"{least}\"")).to(input.output(&format!("{ranks:?}.zarr")));
        let mebibytes: f64 = least.strip_suffix(" MiB").unwrap().parse().unwrap();
        let less = (mebibytes * 1024.0 * 1024.0) as u64 - (4 << 20);
        run.set(memory(less)).fails(5, &["[run] memory", &least]);
    }
}

/// The same for amounts that are told in GiB.
#[test]
fn the_least_memory_of_large_problems_is_enough_as_it_is_told() {
    for (snapshots, ranks) in [(11_228, 1), (10_497, 1), (10_311, 96), (9_999, 7)] {
        let plan = |memory: &str| {
            let sizes = format!("faces=13,nj=4320,ni=4320,snapshots={snapshots}");
            let set = format!("run.memory={memory}");
            Program::alone().args(["plan", "--assume", &sizes, "--ranks", &ranks.to_string(), "--set", &set]).run()
        };
        let least = least_memory(&plan("1 MiB").failed(5, &["GiB"]));
        plan(&least).succeeded();
    }
}

fn least_memory(message: &str) -> String {
    let (_, after) = message.split_once("to at least ").unwrap();
    after.split_once(',').unwrap().0.to_owned()
}

#[test]
fn an_older_result_is_replaced_only_when_asked() {
    let input = Input::new();
    let output = input.output("result.zarr");
    input.run.to(&output);
    let before = files(&output);
    let changed = input.run.set("spectrum.segment=36 samples");
    let expected = changed.to(input.output("expected.zarr"));
    let beside = names(input.folder.path());
    for &ranks in STARTS {
        let run = Run { ranks, ..changed.clone() };
        run.command(&output).within(20).run().failed(4, &[output.to_str().unwrap(), "--overwrite"]);
        assert!(files(&output) == before, "{ranks:?} touched the older result");
        assert_eq!(names(input.folder.path()), beside);
    }
    // A run that fails leaves the older result, whatever it was allowed.
    let fails_late = changed.set("prepare.valid_range=[0.0, 1e-9]");
    fails_late.command(&output).arg("--overwrite").run().failed(3, &["valid_range"]);
    assert!(files(&output) == before, "a run that failed touched the older result");
    assert_eq!(names(input.folder.path()), beside);

    for &ranks in STARTS {
        Run { ranks, ..changed.clone() }.command(&output).arg("--overwrite").run().succeeded();
        assert_same_result(&output, &expected, "--overwrite");
        assert_eq!(names(input.folder.path()), beside);
        input.run.command(&output).arg("--overwrite").run().succeeded();
        assert!(files(&output) == before);
    }
}

#[test]
fn what_is_not_a_result_is_never_touched() {
    let input = Input::new();
    let at = |name: &str| input.output(name);
    fs::create_dir(at("folder.zarr")).unwrap();
    fs::write(at("folder.zarr/thesis.tex"), "precious").unwrap();
    fs::write(at("file.zarr"), "precious").unwrap();
    fs::create_dir(at("foreign.zarr")).unwrap();
    fs::write(at("foreign.zarr/zarr.json"), r#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#).unwrap();
    let before = files(input.folder.path());
    for name in ["folder.zarr", "file.zarr", "foreign.zarr"] {
        for &ranks in STARTS {
            for overwrite in [false, true] {
                let run = Run { ranks, ..input.run.clone() };
                let command = run.command(&at(name)).args(overwrite.then_some("--overwrite"));
                let outcome = command.within(20).run();
                outcome.failed(4, &[name, "not a result", "[output] path"]);
                assert!(files(input.folder.path()) == before, "{name}: {outcome:#?}");
            }
        }
    }
    let outcome = input.run.command(&at("no/such/folder.zarr")).run();
    outcome.failed(4, &["no such folder", "[output] path"]);
    assert!(!at("no").exists());
}

/// Another program puts something at the output's path while a run is going.
#[test]
fn what_comes_to_the_path_meanwhile_is_not_touched() {
    for &ranks in STARTS {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let partial = folder.path().join("result.zarr.partial");
        let thesis = output.join("thesis.tex");
        let run = Run { ranks, ..regional_run() };
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                let started = Instant::now();
                while !partial.exists() && started.elapsed() < Duration::from_secs(20) {
                    std::thread::yield_now();
                }
                fs::create_dir(&output).unwrap();
                fs::write(&thesis, "precious").unwrap();
            });
            run.command(&output).within(20).run()
        });
        outcome.failed(4, &["result.zarr", "not a result"]);
        assert_eq!(names(&output), ["thesis.tex"]);
        assert_eq!(fs::read(&thesis).unwrap(), b"precious");
    }
}

/// A launcher of another MPI starts copies that know nothing of each other.
#[test]
fn several_processes_that_are_not_one_run() {
    let input = Input::new();
    let output = input.output("result.zarr");
    for variables in [
        &[("OMPI_COMM_WORLD_SIZE", "2")][..],
        &[("PMI_SIZE", "4"), ("PMI_RANK", "1")],
        &[("SLURM_NTASKS", "2"), ("SLURM_STEP_ID", "0"), ("SLURM_PROCID", "1")],
        &[("PMIX_RANK", "0"), ("SLURM_NTASKS", "3")],
    ] {
        let command =
            variables.iter().fold(input.run.command(&output), |command, (name, value)| command.env(name, value));
        let outcome = command.within(30).run();
        let (name, count) = variables.iter().find(|(name, _)| !name.contains("RANK")).unwrap();
        let says = format!("says that {count} processes");
        let name = if variables[0].0 == "PMIX_RANK" { "PMIX_RANK" } else { name };
        outcome.failed(2, &[name, &says, "same store"]);
        assert_eq!(names(input.folder.path()), ["input"], "{variables:?}");
    }
    // A batch script has these too, and there it is one process.
    let batch = [("SLURM_NTASKS", "96"), ("SLURM_JOB_ID", "7"), ("SLURM_PROCID", "0"), ("SLURM_NODEID", "0")];
    let command = batch.iter().fold(input.run.command(&output), |command, (name, value)| command.env(name, value));
    command.run().succeeded();
}

/// The whole LLC4320 on 64 nodes is planned at once, and fits.
#[test]
fn the_plan_of_llc4320() {
    let outcome = Program::alone()
        .args(["plan", "--assume", "faces=13,nj=4320,ni=4320,snapshots=10311", "--ranks", "3072", "--nodes", "64"])
        .args(["--set", "run.memory=192 GiB", "--json"])
        .run()
        .succeeded();
    assert!(outcome.elapsed < Duration::from_secs(10), "{:?}", outcome.elapsed);
    let plan = outcome.json();
    let number = |key: &str| plan[key].as_u64().unwrap_or_else(|| panic!("no {key}: {plan}"));
    assert!((1..=8).contains(&number("passes")), "{plan}");
    assert!((1..1 << 31).contains(&number("largest_mpi_count")), "{plan}");
    assert!((1000..30_000).contains(&number("files_written")), "{plan}");
    // 192 GiB for 48 ranks.
    assert!(number("peak_bytes_per_rank") <= 4 << 30, "{plan}");
    // 13 × 4320 × 4320 points × 10311 snapshots × 2 components × 4 bytes, a little of it twice.
    let needed = 13_u64 * 4320 * 4320 * 10_311 * 2 * 4;
    let factor = plan["read_factor"].as_f64().unwrap();
    assert!((1.0..1.05).contains(&factor), "{plan}");
    assert!((number("bytes_in") as f64 / needed as f64 / factor - 1.0).abs() < 1e-3, "{plan}");
}

#[test]
fn plans_say_what_runs_do() {
    let run = regional_run().set("run.threads=1");
    let plan = run.plan().succeeded().json();
    for key in [
        "passes",
        "tiles",
        "rounds",
        "files_written",
        "bytes_in",
        "bytes_out",
        "read_factor",
        "peak_bytes_per_rank",
        "largest_mpi_count",
    ] {
        assert!(plan[key].as_f64().is_some_and(f64::is_finite), "{key}: {plan}");
    }
    let folder = tempfile::tempdir().unwrap();
    let result = run.to(folder.path().join("result.zarr"));
    let written: serde_json::Value =
        serde_json::from_str(ResultArrays::open(&result).attribute("plan").as_str().unwrap()).unwrap();
    assert_eq!(written, plan);
    let count = files(&result).len() as u64;
    let promised = plan["files_written"].as_u64().unwrap();
    assert!(count <= promised && promised <= 2 * count, "{count} files, {promised} in the plan");
    // For people, without JSON.
    let text = Program::alone().arg("plan").arg(&run.config).run().succeeded().stdout;
    assert!(text.contains("passes") && serde_json::from_str::<serde_json::Value>(&text).is_err(), "{text}");
}

/// The two commands of a first try, from a folder that is neither input nor output.
#[test]
fn synth_then_run_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a folder");
    let synth = || Program::alone().arg("synth").arg(&input).args(["--nx", "24", "--ny", "18", "--nt", "168"]);
    synth().run().succeeded();
    let made = files(&input);
    assert_eq!(made.keys().filter(|path| path.starts_with("mds")).count(), 2 * 2 * 168);
    synth().run().failed(4, &["a folder"]);
    assert!(files(&input) == made, "the second synth touched the folder");

    let run = |overwrite: bool| {
        Program::alone().arg("run").arg(input.join("run.toml")).args(overwrite.then_some("--overwrite")).run()
    };
    let outcome = run(false).succeeded();
    assert!(outcome.stdout.contains("spectra.zarr") && outcome.stdout.lines().count() == 1, "{outcome:#?}");
    let result = input.join("spectra.zarr");
    let first = files(&result);
    run(false).failed(4, &["spectra.zarr", "--overwrite"]);
    assert!(files(&result) == first);
    fs::remove_dir_all(result.join("u_mean")).unwrap();
    run(true).succeeded();
    assert!(files(&result) == first);
    assert_eq!(names(&input), ["grid", "mds", "run.toml", "spectra.zarr", "timings.json", "truth.json"]);
}

#[test]
fn validate_that_cannot_compare() {
    let input = Input::new();
    let result = input.run.to(input.output("result.zarr"));
    let validate = |reference: &Path, tolerance: &str| {
        Program::alone()
            .arg("validate")
            .arg(&result)
            .arg("--against")
            .arg(reference)
            .arg(format!("--tolerance={tolerance}"))
            .run()
    };
    validate(&result, "0").succeeded();
    validate(&input.output("none.zarr"), "1e-6").failed(3, &["none.zarr"]);
    validate(&result, "-1").failed(2, &["--tolerance"]);
    let elsewhere = input.run.set("select.i=[0, 5]").to(input.output("west.zarr"));
    let other = input.run.set("select.i=[9, 15]").to(input.output("east.zarr"));
    let outcome = Program::alone().arg("validate").arg(&elsewhere).arg("--against").arg(&other).run();
    outcome.failed(6, &["in common"]);
}
