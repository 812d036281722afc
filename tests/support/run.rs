//! `oceanspec run` and `oceanspec plan` of one configuration with variations.

use std::path::{Path, PathBuf};

use super::program::{Outcome, Program};

/// A configuration, keys set over it, and how it is started.
#[derive(Clone, Debug)]
pub struct Run {
    pub config: PathBuf,
    pub sets: Vec<String>,
    /// Ranks under mpirun; none starts one process without it.
    pub ranks: Option<usize>,
}

impl Run {
    pub fn of(config: impl AsRef<Path>) -> Run {
        Run { config: config.as_ref().to_owned(), sets: Vec::new(), ranks: None }
    }

    /// The same with a key set, as in `set("run.threads=2")`.
    #[must_use]
    pub fn set(&self, text: impl Into<String>) -> Run {
        let mut run = self.clone();
        run.sets.push(text.into());
        run
    }

    /// The same with several keys set.
    #[must_use]
    pub fn set_all(&self, texts: &[&str]) -> Run {
        texts.iter().fold(self.clone(), |run, text| run.set(*text))
    }

    /// The same under mpirun.
    #[must_use]
    pub fn on(&self, ranks: usize) -> Run {
        Run { ranks: Some(ranks), ..self.clone() }
    }

    fn program(&self) -> Program {
        match self.ranks {
            None => Program::alone(),
            #[cfg(feature = "mpi")]
            Some(ranks) => Program::on_ranks(ranks),
            #[cfg(not(feature = "mpi"))]
            Some(_) => panic!("this build has no MPI"),
        }
    }

    /// The command that writes to `output`, not yet started.
    pub fn command(&self, output: &Path) -> Program {
        self.command_of(self.program(), output)
    }

    /// The same of a program that is started in its own way.
    pub fn command_of(&self, program: Program, output: &Path) -> Program {
        let output = format!("output.path={}", toml_text(output));
        program
            .arg("run")
            .arg(&self.config)
            .args(self.sets.iter().chain([&output]).flat_map(|set| ["--set", set.as_str()]))
    }

    /// Runs; the result must come.
    #[track_caller]
    pub fn to(&self, output: impl AsRef<Path>) -> PathBuf {
        let output = output.as_ref();
        self.command(output).run().succeeded();
        assert!(output.join("zarr.json").is_file(), "{self:?} left no result");
        output.to_owned()
    }

    /// Runs; it must fail with `code` and a message with `parts`, and leave nothing at the output's path or beside it.
    #[track_caller]
    pub fn fails(&self, code: i32, parts: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let outcome = self.command(&folder.path().join("result.zarr")).within(20).run();
        let message = outcome.failed(code, parts);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{self:?} left {left:?}");
        message
    }

    /// `plan --json` on this many ranks of one node.
    pub fn plan(&self) -> Outcome {
        Program::alone()
            .arg("plan")
            .arg(&self.config)
            .args(self.sets.iter().flat_map(|set| ["--set", set.as_str()]))
            .args(["--json", "--ranks", &self.ranks.unwrap_or(1).to_string()])
            .run()
    }

    /// A memory limit [bytes per node] at which the plan has `passes` passes; where none has, the largest one, to 16 KiB,
    /// at which it has more.
    ///
    /// Fails where no limit has so many.
    pub fn memory_for(&self, passes: u64) -> u64 {
        let count = |bytes: u64| {
            let outcome = self.set(memory(bytes)).plan();
            match outcome.code {
                0 => Some(outcome.json()["passes"].as_u64().unwrap()),
                5 => None,
                _ => panic!("{outcome:#?}"),
            }
        };
        let peak = self.set(memory(8 << 30)).plan().succeeded().json()["peak_bytes_per_rank"].as_u64().unwrap();
        let (mut enough, mut much) = (1_u64 << 20, peak * self.ranks.unwrap_or(1) as u64);
        assert_eq!(count(much), Some(1));
        while much - enough > 16 << 10 {
            let middle = enough + (much - enough) / 2;
            match count(middle) {
                Some(found) if found == passes => return middle,
                Some(found) if found < passes => much = middle,
                _ => enough = middle,
            }
        }
        assert!(count(enough).is_some_and(|found| found >= passes), "{self:?} has no plan of {passes} passes");
        enough
    }
}

/// The setting of a memory limit.
pub fn memory(bytes: u64) -> String {
    format!("run.memory=\"{bytes} B\"")
}

/// A path as a TOML string.
pub fn toml_text(path: &Path) -> String {
    toml::Value::String(path.to_str().unwrap().to_owned()).to_string()
}
