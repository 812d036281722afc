//! Lines on stderr: each an object of JSON where that is asked for, of whichever rank, in whatever end; else as people read
//! them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use oceanspec::synth::SynthSpec;
use serde_json::Value;
use support::program::{Outcome, Program};
use support::run::Run;
use support::samples::synthetic;

const NX: usize = 37;

fn make(name: &str) -> Run {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    synthetic(&folder, &SynthSpec { nx: NX, ny: 29, nt: 240, seed: 6, land: false, ..SynthSpec::default() })
}

fn run() -> Run {
    static CONFIG: OnceLock<PathBuf> = OnceLock::new();
    Run::of(CONFIG.get_or_init(|| make("log").config))
}

/// A run whose last snapshot has a value that is no number: the last rank reads it.
fn spoilt() -> Run {
    static CONFIG: OnceLock<PathBuf> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let config = make("log-spoilt").config;
        let mds = config.with_file_name("mds");
        let names = std::fs::read_dir(&mds).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let last = names.filter(|name| name.starts_with("U.") && name.ends_with(".data")).max().unwrap();
        let file = OpenOptions::new().write(true).open(mds.join(last)).unwrap();
        file.write_all_at(&f32::NAN.to_be_bytes(), ((9 * NX + 9) * 4) as u64).unwrap();
        config
    });
    Run::of(config)
}

/// The lines as JSON. mpirun has a word of its own at the end of a run that fails, between lines of hyphens.
#[track_caller]
fn lines(outcome: &Outcome) -> Vec<Value> {
    let mut of_mpirun = false;
    let mut lines = Vec::new();
    for line in outcome.stderr.lines() {
        if line.starts_with("-----") {
            of_mpirun = !of_mpirun;
        } else if !of_mpirun {
            let found: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{outcome:#?}"));
            for (key, is_right) in [
                ("time", found["time"].as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z'))),
                ("level", ["ERROR", "WARN", "INFO"].iter().any(|level| found["level"] == *level)),
                ("rank", found["rank"].is_u64()),
                ("message", found["message"].is_string()),
            ] {
                assert!(is_right, "{key} of {line}");
            }
            lines.push(found);
        }
    }
    assert!(!of_mpirun, "{outcome:#?}");
    lines
}

fn starts() -> impl Iterator<Item = Option<usize>> {
    [None, Some(3)].into_iter().filter(|ranks| ranks.is_none() || cfg!(feature = "mpi"))
}

fn start(run: &Run, ranks: Option<usize>, output: &Path) -> Program {
    Run { ranks, ..run.clone() }.command(output)
}

#[test]
fn a_run_in_json() {
    for ranks in starts() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let outcome = start(&run(), ranks, &output).args(["--log-format", "json"]).run().succeeded();
        let lines = lines(&outcome);
        assert!(lines.iter().all(|line| line["rank"] == 0), "{outcome:#?}");
        assert!(lines.iter().any(|line| line["message"].as_str().unwrap().contains("240 snapshots of 37 x 29 points")));
        // The end of the run in one line, with its numbers.
        let last = lines.last().unwrap();
        assert_eq!(
            (&last["message"], &last["level"], &last["result"]),
            (&"timings".into(), &"INFO".into(), &"result.zarr".into())
        );
        assert_eq!(last["phases"].as_object().unwrap().len(), 7);
        assert_eq!(last["ranks"], ranks.unwrap_or(1));
        // Standard output stays as it is.
        assert!(outcome.stdout.contains(": spectra of "), "{outcome:#?}");
        // As asked for by the environment, of warnings alone.
        let quiet = start(&run(), ranks, &output).arg("--overwrite").env("OCEANSPEC_LOG_FORMAT", "JSON");
        let quiet = quiet.env("OCEANSPEC_LOG", "warn").run().succeeded();
        assert!(self::lines(&quiet).iter().all(|line| line["level"] == "WARN"), "{quiet:#?}");
    }
}

/// Lines of other ranks have their numbers.
#[cfg(feature = "mpi")]
#[test]
fn ranks_in_json_and_in_text() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    // Every rank looks at the scheduler's limit and says so, if it is asked to.
    let told = |format: &str| {
        let program = start(&run(), Some(3), &output).arg("--overwrite").args(["--log-format", format]);
        program.env("OCEANSPEC_LOG", "info").env("PBS_WALLTIME", "3600").run().succeeded()
    };
    let json = told("json");
    let mut ranks: Vec<u64> = lines(&json)
        .iter()
        .filter(|line| line["message"].as_str().unwrap().starts_with("PBS_WALLTIME gives"))
        .map(|line| line["rank"].as_u64().unwrap())
        .collect();
    ranks.sort_unstable();
    assert_eq!(ranks, [0, 1, 2], "{json:#?}");
    let text = told("text");
    for begin in [" INFO ", "rank 1:  INFO ", "rank 2:  INFO "] {
        let line = format!("{begin}PBS_WALLTIME gives 1 h of wall time");
        assert_eq!(text.stderr.lines().filter(|found| *found == line).count(), 1, "{line}: {text:#?}");
    }
}

#[test]
fn a_failing_run_in_json() {
    for ranks in starts() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let outcome = start(&spoilt(), ranks, &output).args(["--log-format=json"]).run();
        assert_eq!(outcome.code, 3, "{outcome:#?}");
        let errors: Vec<Value> = lines(&outcome).into_iter().filter(|line| line["level"] == "ERROR").collect();
        assert_eq!(errors.len(), 1, "{outcome:#?}");
        assert_eq!((&errors[0]["code"], &errors[0]["rank"]), (&3.into(), &ranks.map_or(0, |ranks| ranks - 1).into()));
        let message = errors[0]["message"].as_str().unwrap();
        assert!(message.contains("NaN") && !message.contains("oceanspec:"), "{message}");
        // Before there is a configuration, and before there are ranks.
        let outcome =
            start(&Run::of(folder.path().join("none.toml")), ranks, &output).args(["--log-format", "json"]).run();
        let found = lines(&outcome);
        assert_eq!((outcome.code, found.len(), &found[0]["code"]), (2, 1, &2.into()), "{outcome:#?}");
    }
    let copy = start(&run(), None, Path::new("/nowhere/result.zarr")).args(["--log-format", "json"]).within(40);
    let outcome = copy.env("PMI_SIZE", "2").env("PMI_RANK", "1").run();
    assert_eq!((&lines(&outcome)[0]["rank"], outcome.code), (&1.into(), 2), "{outcome:#?}");
    let usage = Program::alone().args(["run", "a.toml", "--fast"]).env("OCEANSPEC_LOG_FORMAT", "json").run();
    let found = lines(&usage);
    assert!(found.len() == 1 && found[0]["code"] == 2, "{usage:#?}");
    assert!(found[0]["message"].as_str().unwrap().contains("--fast"), "{usage:#?}");
}

#[test]
fn text_as_ever() {
    for ranks in starts() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        // An option goes before the environment.
        let outcome = start(&run(), ranks, &output).args(["--log-format", "text"]).env("OCEANSPEC_LOG_FORMAT", "json");
        let outcome = outcome.run().succeeded();
        let expected = " INFO 240 snapshots of 37 x 29 points, ";
        assert_eq!(outcome.stderr.lines().filter(|line| line.starts_with(expected)).count(), 1, "{outcome:#?}");
        let levels = [" INFO ", " WARN "];
        let is_plain = |line: &str| levels.iter().any(|level| line.starts_with(level));
        assert!(outcome.stderr.lines().all(is_plain), "{outcome:#?}");
        start(&spoilt(), ranks, &output).arg("--overwrite").run().failed(3, &["NaN"]);
        let outcome = start(&run(), ranks, &output).env("OCEANSPEC_LOG_FORMAT", "yaml").run();
        outcome.failed(2, &["OCEANSPEC_LOG_FORMAT is \"yaml\"", "text or json"]);
    }
    Program::alone().args(["run", "--log-format", "yaml", "a.toml"]).run().failed(2, &["yaml", "text, json"]);
}

/// A panic says what, where and on which rank.
#[cfg(feature = "faults")]
#[test]
fn a_panic_in_json() {
    for ranks in starts() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let rank = ranks.map_or(0, |ranks| ranks - 1);
        let program = Run { ranks, ..run() }.command_of(Program::in_shell("\"$@\"; exit $?", ranks), &output);
        let fault = format!("read:{rank}:panic");
        let outcome = program.args(["--log-format", "json"]).env("OCEANSPEC_FAULT", &fault).within(40).run();
        assert_eq!(outcome.code, 1, "{outcome:#?}");
        // MPI has a word too when a rank ends all.
        let of_ours = outcome.stderr.lines().filter(|line| line.starts_with('{'));
        let errors: Vec<Value> = of_ours.map(|line| serde_json::from_str(line).unwrap()).collect();
        let errors: Vec<&Value> = errors.iter().filter(|line| line["level"] == "ERROR").collect();
        assert_eq!(errors.len(), 2, "{outcome:#?}");
        assert!(errors.iter().all(|line| line["rank"] == rank), "{outcome:#?}");
        let message = errors[0]["message"].as_str().unwrap();
        assert!(message.contains("panicked at src") && message.contains(&fault), "{message}");
        assert_eq!(errors[1]["code"], 1);
        assert!(!outcome.stderr.lines().any(|line| line.starts_with("thread '")), "{outcome:#?}");
    }
}
