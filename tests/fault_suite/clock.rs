//! A clock that jumps by days, back and forth: no time that the program measures is taken from it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::attempt::{Attempt, WAYS};
use crate::support::program::Program;

/// The library that makes the clock jump.
fn library() -> &'static str {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jumping-clock.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fault_suite/clock.c");
        let mut compile = Command::new("cc");
        let status =
            compile.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(source).status();
        assert!(status.as_ref().is_ok_and(|status| status.success()), "{compile:?}: {status:?}");
        library
    });
    library.to_str().unwrap()
}

/// With the jumping clock in the program: in all ranks, but not in mpirun, which is not ours.
fn under_jumps(attempt: &Attempt, program: Program) -> Program {
    match attempt.ranks {
        None => program.env("LD_PRELOAD", library()),
        Some(_) => program.env("OMPI_MCA_mca_base_env_list", &format!("LD_PRELOAD={}", library())),
    }
}

#[test]
fn a_clock_that_jumps() {
    for &ranks in WAYS {
        let attempt = Attempt::new(ranks);
        let sets = ["--set", "run.walltime=1 h", "--set", "run.stall_timeout=5 s"];
        under_jumps(&attempt, attempt.command("compute:0:sleep=4").args(sets)).run().succeeded();
        attempt.check_result("with a jumping clock");

        let attempt = Attempt::new(ranks);
        let fault = format!("{}:0:kill", attempt.midway("write"));
        assert_eq!(under_jumps(&attempt, attempt.command(&fault)).run().code, 137);
        let finished = attempt.finished();
        let resumed = attempt.command("").arg("--resume").args(sets);
        let outcome = under_jumps(&attempt, resumed).run().succeeded();
        assert!(outcome.stdout.contains(&format!("({finished} tiles were finished before)")), "{outcome:#?}");
        attempt.check_result("resumed with a jumping clock");
    }
}

/// Whether the clock really jumps: the one time that is the day's, by nature, is when a scheduler ends the job.
#[test]
fn the_program_sees_the_jumps() {
    for &ranks in WAYS {
        let attempt = Attempt::new(ranks);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let end = (now + 3 * 86_400).to_string();
        let outcome = under_jumps(&attempt, attempt.command("").env("SLURM_JOB_END_TIME", &end)).run().succeeded();
        let left = outcome.stderr.lines().find(|line| line.contains("SLURM_JOB_END_TIME leaves ")).unwrap();
        // Two days, or four, less a moment.
        let hours: f64 = left.split_whitespace().rev().find_map(|word| word.parse().ok()).unwrap();
        eprintln!("{left}");
        assert!((hours / 24.0 - 3.0).abs() > 0.5, "{left}");
        attempt.check_result("with three days to go");
    }
}
