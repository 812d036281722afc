//! Ranks that are stopped (SIGSTOP), which MPI never reports: the heartbeat ends the run after `[run] stall_timeout`, with
//! code 7 and one message. Ranks that are slow, or stopped for less, are left alone.
#![cfg(feature = "mpi")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use oceanspec::synth::SynthSpec;
use support::compare::assert_same_result;
use support::program::Outcome;
use support::run::Run;
use support::samples::synthetic;

const RANKS: usize = 3;

/// A variable of this test's processes; its value tells one run from another.
const MARK: &str = "OCEANSPEC_TEST_MARK";

/// How long a run computes at least, whatever the machine.
const BUSY: Duration = Duration::from_secs(6);

/// Segments that overlap by all but two samples.
fn run_in(folder: &Path, ny: usize) -> Run {
    let _ = std::fs::remove_dir_all(folder);
    synthetic(folder, &SynthSpec { nx: 53, ny, nt: 1999, seed: 6, land: false, ..SynthSpec::default() });
    Run::of(folder.join("run.toml")).on(RANKS).set_all(&[
        "run.threads=1",
        "spectrum.segment=720 samples",
        "spectrum.overlap=0.998",
    ])
}

/// A run that takes [`BUSY`] or more: as many rows as this machine needs for that, by the time that a few take.
fn run() -> Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    let run = RUN.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("heartbeat");
        let (mut rows, output) = (17, tempfile::tempdir().unwrap());
        for attempt in 0..5 {
            let run = run_in(&folder, rows);
            let took = run.command(&output.path().join(format!("{attempt}.zarr"))).run().succeeded().elapsed;
            if took > BUSY {
                return run;
            }
            rows = (rows as f64 * (1.3 * BUSY.as_secs_f64() / took.as_secs_f64()).clamp(1.2, 8.0)) as usize;
        }
        panic!("{rows} rows are computed in less than {BUSY:?}");
    });
    run.clone()
}

/// A run that is under way.
struct Started {
    mark: String,
    ranks: BTreeMap<usize, u32>,
    end: Option<JoinHandle<Outcome>>,
}

/// What marks the processes of a run, and the rank's number if it is one.
fn marked(pid: u32, mark: &str) -> Option<Option<usize>> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let value = |name: &str| {
        let mut lines = environment.split(|&byte| byte == 0).map(String::from_utf8_lossy);
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    };
    value(MARK).filter(|value| value == mark)?;
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let is_program = program == Path::new(env!("CARGO_BIN_EXE_oceanspec"));
    Some(value("OMPI_COMM_WORLD_RANK").filter(|_| is_program).and_then(|rank| rank.parse().ok()))
}

/// The processes of a run, with the number of those that are ranks.
fn processes(mark: &str) -> Vec<(u32, Option<usize>)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, marked(pid, mark)?))).collect()
}

/// Looks until `found` has something.
#[track_caller]
fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

impl Started {
    /// Starts, and waits until all ranks are at work and have let each other know.
    fn start(run: &Run, output: &Path) -> Started {
        let mark = format!("{}-{}", std::process::id(), output.display());
        let program = run.command(output).env(MARK, &mark).within(100);
        let end = Some(thread::spawn(move || program.run()));
        let mut started = Started { mark, ranks: BTreeMap::new(), end };
        started.ranks = wait("three ranks", || {
            let ranks: BTreeMap<usize, u32> =
                processes(&started.mark).into_iter().filter_map(|(pid, rank)| Some((rank?, pid))).collect();
            (ranks.len() == RANKS).then_some(ranks)
        });
        let unfinished = output.with_extension("zarr.partial");
        wait("the unfinished result", || unfinished.exists().then_some(()));
        thread::sleep(Duration::from_secs(1));
        started
    }

    fn signal(&self, signal: &str, ranks: &[usize]) {
        let pids = ranks.iter().map(|rank| self.ranks[rank].to_string());
        assert!(Command::new("kill").arg(signal).args(pids).status().unwrap().success());
    }

    /// How it ended; nothing of it is left.
    fn end(mut self) -> Outcome {
        let outcome = self.end.take().unwrap().join().unwrap();
        wait("the end of all processes", || processes(&self.mark).is_empty().then_some(()));
        outcome
    }
}

impl Drop for Started {
    /// A stopped process outlives a test that fails.
    fn drop(&mut self) {
        for (pid, _) in processes(&self.mark) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }
}

/// One rank is stopped for good.
#[track_caller]
fn is_lost(rank: usize, message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    let started = Started::start(&run().set("run.stall_timeout=3 s"), &output);
    let stopped = Instant::now();
    started.signal("-STOP", &[rank]);
    let outcome = started.end();
    let took = stopped.elapsed();
    let said = outcome.failed(7, &["has not been heard of", "([run] stall_timeout)", "--resume"]);
    assert!(said.starts_with(message), "{said}");
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(15), "{took:?}: {outcome:#?}");
    assert!(outcome.stdout.is_empty() && !output.exists(), "{outcome:#?}");
}

#[test]
fn a_stopped_rank_ends_the_run() {
    is_lost(1, "oceanspec: rank 1 on ");
    is_lost(2, "oceanspec: rank 2 on ");
}

#[test]
fn rank_0_stopped_ends_the_run() {
    is_lost(0, "oceanspec: rank 0 on ");
}

/// The computation keeps every rank from MPI for longer than the heartbeat waits; then one rank, and at last all of them,
/// are stopped and go on.
#[test]
fn busy_ranks_and_short_stops_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let busy = run().set("run.stall_timeout=2 s").command(&path("busy.zarr")).run().succeeded();
    assert!(busy.elapsed > BUSY / 2, "{:?}", busy.elapsed);

    let stop = |name: &str, timeout: &str, ranks: &[usize], seconds_stopped: u64| {
        let started = Started::start(&run().set(format!("run.stall_timeout={timeout}")), &path(name));
        started.signal("-STOP", ranks);
        thread::sleep(Duration::from_secs(seconds_stopped));
        started.signal("-CONT", ranks);
        started.end().succeeded();
        assert_same_result(&path(name), &path("busy.zarr"), name);
    };
    stop("one.zarr", "8 s", &[1], 3);
    stop("zero.zarr", "8 s", &[0], 3);
    // A scheduler suspends all ranks of a job: none misses another for that.
    stop("all.zarr", "3 s", &[0, 1, 2], 5);
    // Switched off.
    stop("off.zarr", "none", &[2], 1);
}
