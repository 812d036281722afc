//! A rank that fails, panics or is killed, in every phase of a run: all ranks end within ten seconds, with the right
//! code, one message, nothing at the output's path but what stood there before. The program is built with the feature
//! `faults`, which lets a phase fail when OCEANSPEC_FAULT asks for it (src/fault.rs).
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use oceanspec::synth::SynthSpec;
use support::compare::{assert_same_result, files};
use support::program::{Outcome, Program};
use support::run::Run;
use support::samples::synthetic;
use support::unfinished::names;

/// Every phase, with the rank that fails: in turn the one that others wait for, and one of those who wait.
const FAULTS: [(&str, usize); 12] = [
    ("config", 0),
    ("config", 2),
    ("scan", 0),
    ("scan", 2),
    ("plan", 1),
    ("create", 2),
    ("read", 1),
    ("exchange", 2),
    ("compute", 0),
    ("write", 2),
    ("maps", 1),
    ("finish", 0),
];

/// Until all ranks have ended.
const LIMIT: Duration = Duration::from_secs(10);

/// What is asked for, the exit code, and how the one message begins; a killed process says nothing.
const ACTIONS: [(&str, i32, Option<&str>); 3] = [
    ("error", 2, Some("oceanspec: a fault was asked for: ")),
    ("panic", 1, Some("oceanspec: internal error on rank ")),
    ("kill", 137, None),
];

/// Input that three ranks share, each with tiles of its own.
fn run() -> Run {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
        let _ = std::fs::remove_dir_all(&folder);
        synthetic(&folder, &SynthSpec { nx: 37, ny: 29, nt: 499, seed: 6, land: false, ..SynthSpec::default() });
        folder
    });
    Run::of(folder.join("run.toml"))
}

fn start(run: &Run, ranks: Option<usize>, output: &Path, fault: &str) -> Program {
    run.command_of(Program::in_shell("\"$@\"; exit $?", ranks), output).env("OCEANSPEC_FAULT", fault).within(40)
}

/// One message, its code, and in time.
#[track_caller]
fn check(outcome: &Outcome, code: i32, message: Option<&str>, fault: &str) {
    assert_eq!(outcome.code, code, "{fault}: {outcome:#?}");
    let said: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("oceanspec:")).collect();
    assert_eq!(said.len(), usize::from(message.is_some()), "{fault}: {outcome:#?}");
    assert!(message.is_none_or(|message| said[0].starts_with(message)), "{fault}: {said:?}");
    assert_eq!(outcome.stderr.matches("panicked").count(), usize::from(code == 1), "{fault}: {outcome:#?}");
    assert!(outcome.stdout.is_empty(), "{fault}: {outcome:#?}");
    assert!(outcome.elapsed < LIMIT, "{fault}: {:?}", outcome.elapsed);
}

/// Every phase and action, with and without an older result at the output's path.
fn all_faults(ranks: Option<usize>) {
    let run = run();
    let kept = tempfile::tempdir().unwrap();
    let older = run.set("output.spectrum=false").to(kept.path().join("older.zarr"));
    for (number, (phase, rank)) in FAULTS.into_iter().enumerate() {
        let rank = if ranks.is_none() { 0 } else { rank };
        for (action, code, message) in ACTIONS {
            let fault = format!("{phase}:{rank}:{action}");
            let message = message.map(|begin| match action {
                "panic" => format!("{begin}{rank} of {}: ", ranks.unwrap_or(1)),
                _ => format!("{begin}{fault}"),
            });
            let folder = tempfile::tempdir().unwrap();
            let output = folder.path().join("result.zarr");
            let with_older = number % 2 == 0;
            if with_older {
                copy(&older, &output);
            }
            let outcome = start(&run, ranks, &output, &fault).args(with_older.then_some("--overwrite")).run();
            check(&outcome, code, message.as_deref(), &fault);
            if with_older {
                assert!(files(&output) == files(&older), "{fault}: the older result was touched");
            } else {
                assert!(!output.exists(), "{fault}: there is something at the output's path");
            }
            // An error takes the unfinished result along, unless it is the end that fails, or one that the rank in
            // charge of it never hears of.
            let stays = action != "error" || phase == "finish" || (phase == "exchange" && rank != 0);
            let left: Vec<String> = names(folder.path()).into_iter().filter(|name| name != "result.zarr").collect();
            assert!(left.is_empty() || (stays && left == ["result.zarr.partial"]), "{fault}: {left:?}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn one_process() {
    all_faults(None);
}

#[cfg(feature = "mpi")]
#[test]
fn three_ranks() {
    all_faults(Some(3));
}

/// The others are busy for long when a rank fails, or two.
#[cfg(feature = "mpi")]
#[test]
fn while_the_others_are_at_work() {
    let run = run();
    for (faults, says) in [
        ("compute:1:error,compute:2:sleep=60", "compute:1:error"),
        ("compute:0:error,compute:2:sleep=60", "compute:0:error"),
        ("read:1:error,read:2:error,read:0:sleep=60", "read:1:error"),
        ("write:2:panic,compute:0:sleep=60,compute:1:sleep=60", "internal error on rank 2 of 3"),
        ("compute:0:kill,compute:1:sleep=60,compute:2:sleep=60", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let outcome = start(&run, Some(3), &output, faults).run();
        let (code, message) = match says {
            "" => (137, None),
            says if says.starts_with("internal") => (1, Some(format!("oceanspec: {says}"))),
            says => (2, Some(format!("oceanspec: a fault was asked for: {says}"))),
        };
        check(&outcome, code, message.as_deref(), faults);
        assert!(!output.exists());
    }
}

/// A worker that panics while the other workers of its rank go on for long.
#[test]
fn a_panic_beside_busy_threads() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    // The first block of time to come sleeps, the next one panics.
    let outcome = start(&run().set("run.threads=2"), None, &output, "read:0:sleep=60,read:0:panic").run();
    check(&outcome, 1, Some("oceanspec: internal error on rank 0 of 1: "), "read:0:panic");
    assert!(!output.exists());
}

/// What a killed run leaves is in nobody's way, and no other run gets at what one that is going on writes.
#[test]
fn after_a_kill_and_beside_a_run() {
    let run = run();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    let expected = run.to(folder.path().join("expected.zarr"));
    assert_eq!(start(&run, None, &output, "write:0:kill").run().code, 137);
    assert_eq!(names(folder.path()), ["expected.zarr", "result.zarr.partial"]);
    run.command(&output).run().failed(4, &["result.zarr.partial", "--overwrite"]);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| start(&run, None, &output, "compute:0:sleep=3").arg("--overwrite").run());
        // From its start on, and for the three seconds that it sleeps.
        std::thread::sleep(Duration::from_secs(2));
        let outcome = run.command(&output).arg("--overwrite").run();
        outcome.failed(4, &["result.zarr.partial", "another run is writing"]);
        slow.join().unwrap().succeeded();
    });
    assert_same_result(&output, &expected, "beside another run");
    assert_eq!(names(folder.path()), ["expected.zarr", "result.zarr"]);
}

/// The unfinished result is deleted while it is written.
#[test]
fn the_folder_that_vanishes() {
    for ranks in [None, Some(3)].into_iter().filter(|ranks| ranks.is_none() || cfg!(feature = "mpi")) {
        let run = run();
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let partial = folder.path().join("result.zarr.partial");
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                let started = Instant::now();
                // The last of the metadata, while the first rank sleeps.
                while !partial.join("v_variance/zarr.json").exists() && started.elapsed() < LIMIT {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::fs::remove_dir_all(&partial).unwrap();
            });
            start(&run, ranks, &output, "compute:0:sleep=3").run()
        });
        outcome.failed(4, &["result.zarr.partial", "moved, deleted or replaced"]);
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
}
