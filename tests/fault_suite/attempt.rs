//! A run of several passes and tiles, a fault in it, and going on with what it left.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use oceanspec::synth::SynthSpec;
use tempfile::TempDir;

use crate::support::compare::assert_same_result;
use crate::support::program::Program;
use crate::support::run::{Run, memory};
use crate::support::samples::synthetic;
use crate::support::unfinished::{finished_tiles, names, partial_of, wait_until_free};

/// Ranks under mpirun; none is one process without it.
pub type Ranks = Option<usize>;

/// What the faults are tried on.
pub const WAYS: &[Ranks] = if cfg!(feature = "mpi") { &[None, Some(3)] } else { &[None] };

/// Seconds after which a run must have ended, whatever was done to it; an undisturbed one takes one or two.
pub const LIMIT: u64 = 40;

/// Snapshots of each component.
const SNAPSHOTS: usize = 960;

/// Passes that the memory is set for: one for each row of tiles.
const PASSES: u64 = 6;

/// Passes before the middle of a run, and tiles of each rank in them at least.
const PASSES_BEFORE: usize = 3;

pub fn spec() -> SynthSpec {
    SynthSpec { nx: 61, ny: 47, nt: SNAPSHOTS, seed: 4, meta: false, ..SynthSpec::default() }
}

/// The run, what an undisturbed one makes, and what the plan says.
pub struct Case {
    pub run: Run,
    pub expected: PathBuf,
    pub tiles: usize,
    /// Allowed memory, by ranks.
    memory: Vec<(Ranks, u64)>,
    /// Rounds of a pass, by ranks.
    rounds: Vec<(Ranks, usize)>,
}

/// Input of `spec` in a folder.
pub fn input(folder: &Path) -> Run {
    synthetic(folder, &spec()).set_all(&["run.threads=1", "spectrum.segment=20 days"])
}

pub fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fault-suite");
        let _ = std::fs::remove_dir_all(&folder);
        let run = input(&folder);
        let expected = run.to(folder.join("expected.zarr"));
        let ways = [None, Some(2), Some(3)];
        let of = |ranks: Ranks| Run { ranks, ..run.clone() };
        let limits = ways.map(|ranks| (ranks, of(ranks).memory_for(PASSES))).to_vec();
        let plan = |ranks, bytes| of(ranks).set(memory(bytes)).plan().succeeded().json();
        let number = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
        let rounds = limits.iter().map(|&(ranks, bytes)| {
            let plan = plan(ranks, bytes);
            assert!(number(&plan["passes"]) > PASSES_BEFORE + 1, "{plan}");
            (ranks, number(&plan["rounds"]) / number(&plan["passes"]))
        });
        let rounds = rounds.collect();
        let tiles = number(&plan(None, 8 << 30)["tiles"]);
        Case { run, expected, tiles, memory: limits, rounds }
    })
}

fn of<T: Copy>(values: &[(Ranks, T)], ranks: Ranks) -> T {
    values.iter().find(|(of, _)| *of == ranks).unwrap().1
}

/// A run to which something is done, in a folder of its own.
pub struct Attempt {
    run: Run,
    pub ranks: Ranks,
    pub folder: TempDir,
    pub output: PathBuf,
}

impl Attempt {
    pub fn new(ranks: Ranks) -> Attempt {
        Attempt::of(&case().run, ranks)
    }

    /// The same of other input that gives the same result.
    pub fn of(run: &Run, ranks: Ranks) -> Attempt {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        Attempt { run: run.clone(), ranks, folder, output }
    }

    /// A point in the middle of the run, when some tiles are finished and some are not, or at the end of it.
    pub fn midway(&self, phase: &str) -> String {
        let ranks = self.ranks.unwrap_or(1);
        let tiles_before = PASSES_BEFORE * 4 / ranks;
        let count = match phase {
            // Blocks of 16 snapshots.
            "read" => PASSES_BEFORE * SNAPSHOTS.div_ceil(ranks).div_ceil(16) + 2,
            "exchange" => PASSES_BEFORE * of(&case().rounds, self.ranks),
            "compute" => tiles_before,
            "write" | "journal" => tiles_before - 1,
            "maps" => 3,
            "finish" | "create" => 0,
            _ => panic!("{phase}"),
        };
        format!("{phase}+{count}")
    }

    /// The run on a number of ranks, in the memory that makes several passes of it.
    pub fn run_on(&self, ranks: Ranks) -> Run {
        Run { ranks, ..self.run.set(memory(of(&case().memory, ranks))) }
    }

    /// The command, with a fault.
    pub fn command(&self, fault: &str) -> Program {
        self.run_on(self.ranks).command(&self.output).env("OCEANSPEC_FAULT", fault).within(LIMIT)
    }

    /// The same as what a shell script does with `"$@"`.
    pub fn in_shell(&self, script: &str) -> Program {
        self.run_on(self.ranks).command_of(Program::in_shell(script, self.ranks), &self.output).within(2 * LIMIT)
    }

    pub fn partial(&self) -> PathBuf {
        partial_of(&self.output)
    }

    /// Tiles that stand in the journal.
    pub fn finished(&self) -> usize {
        wait_until_free(&self.partial());
        finished_tiles(&self.partial())
    }

    pub fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    /// What is said of the tiles that are kept.
    pub fn kept(&self, finished: usize) -> String {
        let (tiles, partial) = (case().tiles, self.partial());
        format!(
            "; {finished} of {tiles} tiles are finished and kept in {}: run again with `--resume`",
            partial.display()
        )
    }

    /// Goes on, on another number of ranks; the result is the expected one, with nothing beside it. Returns how many tiles
    /// were finished before.
    #[track_caller]
    pub fn resume(&self, what: &str) -> usize {
        assert!(!self.output.exists(), "{what}: there is a result already");
        wait_until_free(&self.partial());
        let ranks = if self.ranks.is_none() && cfg!(feature = "mpi") { Some(2) } else { None };
        let outcome = self.run_on(ranks).command(&self.output).arg("--resume").within(LIMIT).run().succeeded();
        self.check_result(what);
        let before = outcome.stdout.split_once(" tiles were finished before)");
        before.map_or(0, |(text, _)| text.rsplit_once('(').unwrap().1.parse().unwrap())
    }

    /// The result is the expected one, with nothing beside it.
    #[track_caller]
    pub fn check_result(&self, what: &str) {
        assert_same_result(&self.output, &case().expected, what);
        assert_eq!(self.names(), ["result.zarr"], "{what}");
    }
}
