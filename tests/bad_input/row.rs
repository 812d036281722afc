//! One row of the table: what is wrong, what the program does, what it must say.

use std::path::Path;

use crate::site::Site;
use crate::support::program::{Outcome, Program};

/// A row.
pub struct Row {
    /// What is wrong: the first cell of the row in docs/errors.md.
    pub name: &'static str,
    /// Exit code.
    pub code: i32,
    /// Parts of the message. The first one stands word for word in docs/errors.md; `{}` is the site's folder.
    pub says: &'static [&'static str],
    /// What is done to a good input.
    spoil: Option<fn(&Site)>,
    /// A line of the configuration by its table: the message must show it with its number and carets.
    line: Option<(&'static str, &'static str)>,
    sets: &'static [&'static str],
    /// Arguments after the program's name instead of `run run.toml`; `{}` is the site's folder.
    arguments: Option<&'static [&'static str]>,
    /// Whether the older result stays in its place before the start.
    older: bool,
    /// Whether one process is tried.
    pub alone: bool,
    /// Whether several ranks are tried.
    pub on_ranks: bool,
}

/// A row about the command `run run.toml`.
pub fn row(name: &'static str, code: i32, says: &'static [&'static str]) -> Row {
    Row {
        name,
        code,
        says,
        spoil: None,
        line: None,
        sets: &[],
        arguments: None,
        older: true,
        alone: true,
        on_ranks: false,
    }
}

impl Row {
    pub fn spoil(self, spoil: fn(&Site)) -> Row {
        Row { spoil: Some(spoil), ..self }
    }

    pub fn line(self, table: &'static str, line: &'static str) -> Row {
        Row { line: Some((table, line)), ..self }
    }

    pub fn sets(self, sets: &'static [&'static str]) -> Row {
        Row { sets, ..self }
    }

    pub fn command(self, arguments: &'static [&'static str]) -> Row {
        Row { arguments: Some(arguments), ..self }
    }

    /// The row spoils the place of the result itself.
    pub fn without_older(self) -> Row {
        Row { older: false, ..self }
    }

    pub fn on_ranks(self) -> Row {
        Row { on_ranks: true, ..self }
    }

    /// The row is wrong only there.
    pub fn only_on_ranks(self) -> Row {
        Row { alone: false, on_ranks: true, ..self }
    }

    /// Runs it, and fails unless the message, the code and the disk are right: on `ranks`, or alone.
    ///
    /// A run is tried with the older result in its place and leave to replace it, which must stay as it is; alone also
    /// with nothing there, which must stay so.
    pub fn check(&self, ranks: Option<usize>) {
        let site = Site::new();
        let shown = self.line.map(|(table, line)| (site.put(table, line), line));
        if let Some(spoil) = self.spoil {
            spoil(&site);
        }
        self.check_once(&site, shown, ranks, self.older);
        if ranks.is_none() && self.older && self.arguments.is_none() {
            std::fs::remove_dir_all(site.path("result.zarr")).unwrap();
            self.check_once(&site, shown, ranks, false);
        }
    }

    fn check_once(&self, site: &Site, shown: Option<(usize, &str)>, ranks: Option<usize>, overwrite: bool) {
        let before = site.entries();
        let folder = site.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let outcome = self.run(&site.path("run.toml"), folder, ranks, overwrite);
        let message = outcome.failed(self.code, &[]);
        for part in self.says {
            let part = part.replace("{}", folder);
            assert!(message.contains(&part), "`{part}` is not in the message: {outcome:#?}");
        }
        if let Some((number, line)) = shown {
            check_excerpt(&message, number, line);
        }
        assert!(!message.contains("internal error"), "{outcome:#?}");
        let after = site.entries();
        for (path, entry) in &before {
            assert!(after.get(path) == Some(entry), "{} changed: {outcome:#?}", path.display());
        }
        let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
        assert!(new.is_empty(), "{new:?} is new: {outcome:#?}");
    }

    fn run(&self, config: &Path, folder: &str, ranks: Option<usize>, overwrite: bool) -> Outcome {
        let program = match ranks {
            None => Program::alone(),
            #[cfg(feature = "mpi")]
            Some(ranks) => Program::on_ranks(ranks),
            #[cfg(not(feature = "mpi"))]
            Some(_) => panic!("this build has no MPI"),
        };
        let program = match self.arguments {
            Some(arguments) => program.args(arguments.iter().map(|argument| argument.replace("{}", folder))),
            None => program
                .arg("run")
                .arg(config)
                .args(self.sets.iter().flat_map(|set| ["--set".to_owned(), set.replace("{}", folder)]))
                .args(overwrite.then_some("--overwrite")),
        };
        program.within(20).run()
    }
}

/// The message must show the line, with its number, and carets under a part of it.
#[track_caller]
fn check_excerpt(message: &str, number: usize, line: &str) {
    let mut lines = message.lines().skip(1);
    let place = lines.next().unwrap_or_default();
    assert!(place.contains(&format!("run.toml:{number}:")), "not at line {number}:\n{message}");
    let shown = lines.next().unwrap_or_default();
    let Some(at) = shown.find(line) else { panic!("`{line}` is not shown:\n{message}") };
    let carets = lines.next().unwrap_or_default();
    let first = carets.find('^').unwrap_or_else(|| panic!("no caret:\n{message}"));
    let last = carets.rfind('^').unwrap_or_default();
    assert!(at <= first && last <= at + line.len(), "carets beside the line:\n{message}");
}
