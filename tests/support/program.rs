//! The program as a process, alone or under mpirun, with a time limit.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Variables by which launchers tell a process that it is one of several; the tests may run inside a job themselves.
const LAUNCHER_PREFIXES: [&str; 6] = ["OMPI_", "PMI_", "PMIX_", "SLURM_", "PALS_", "MPI_LOCAL"];

/// A command to come.
pub struct Program {
    command: Command,
    limit: Duration,
}

/// How it ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Program {
    /// One process, without mpirun.
    pub fn alone() -> Program {
        Program::of(Command::new(env!("CARGO_BIN_EXE_oceanspec")))
    }

    /// `ranks` processes under mpirun. A machine without mpirun cannot run these tests, and that is a failure.
    #[cfg(feature = "mpi")]
    pub fn on_ranks(ranks: usize) -> Program {
        let found = Command::new("mpirun").arg("--version").output();
        assert!(
            found.as_ref().is_ok_and(|output| output.status.success()),
            "mpirun cannot be started ({found:?}); install the MPI that the feature mpi is built with, or test with \
             --no-default-features"
        );
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/mpirun.sh"));
        command.arg(ranks.to_string()).arg(env!("CARGO_BIN_EXE_oceanspec"));
        Program::of(command)
    }

    /// A shell script in which `"$@"` is the program with its arguments, alone or on `ranks` ranks. It tells the end by a
    /// signal as 128 + the signal's number.
    pub fn in_shell(script: &str, ranks: Option<usize>) -> Program {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]);
        if let Some(ranks) = ranks {
            command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/mpirun.sh")).arg(ranks.to_string());
        }
        command.arg(env!("CARGO_BIN_EXE_oceanspec"));
        Program::of(command)
    }

    fn of(mut command: Command) -> Program {
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| LAUNCHER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))) {
                command.env_remove(name);
            }
        }
        command.env_remove("OCEANSPEC_LOG").env_remove("OCEANSPEC_LOG_FORMAT").stdin(Stdio::null());
        Program { command, limit: Duration::from_secs(120) }
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Program {
        self.command.arg(argument);
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Program {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    pub fn within(mut self, seconds: u64) -> Program {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// Waits for the end; a program that passes its limit is ended, with its ranks, and the test fails.
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts it in a process group of its own.
    pub fn start(mut self) -> Started {
        // Files, not pipes: nothing has to be read while the program runs.
        let folder = tempfile::tempdir().unwrap();
        let [out, err] = ["out", "err"].map(|name| File::create(folder.path().join(name)).unwrap());
        self.command.stdout(out).stderr(err).process_group(0);
        let child = self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        Started { command: self.command, child, folder, started: Instant::now(), limit: self.limit }
    }
}

/// A program at work.
pub struct Started {
    command: Command,
    child: Child,
    folder: tempfile::TempDir,
    started: Instant,
    limit: Duration,
}

impl Started {
    /// Its process: mpirun where there are ranks.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Processes of the program itself, by their ids: the ranks, or the one process.
    pub fn ranks(&self) -> Vec<u32> {
        let program = Path::new(env!("CARGO_BIN_EXE_oceanspec")).canonicalize().unwrap();
        let is_rank = |pid: &u32| std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
        let mut ranks: Vec<u32> = family(self.pid()).into_iter().filter(is_rank).collect();
        ranks.sort_unstable();
        ranks
    }

    /// What it has said so far on standard error.
    pub fn said(&self) -> String {
        self.text("err")
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join(name)).unwrap()).into_owned()
    }

    /// Kills it, with all that it has started, if it has not ended after this time; whether it had.
    pub fn end_within(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        while !self.has_ended() {
            if begun.elapsed() > time {
                family(self.pid()).into_iter().for_each(|pid| signal("KILL", pid));
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Waits for the end, which may be by a signal: its code is then 128 + the signal's number.
    pub fn wait(mut self) -> Outcome {
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.started.elapsed() > self.limit {
                let states: Vec<String> = family(self.child.id()).into_iter().map(state).collect();
                // mpirun takes its ranks along when it is asked to end, not when it is killed.
                for signal in ["-TERM", "-KILL"] {
                    let _ = Command::new("kill").args([signal, "--", &format!("-{}", self.child.id())]).status();
                    std::thread::sleep(Duration::from_secs(3));
                }
                let _ = self.child.wait();
                let said = [self.text("out"), self.text("err")].concat();
                let states = states.join("\n");
                panic!("{:?} still ran after {:?}:\n{said}\n{states}", self.command, self.limit);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1);
        Outcome { code, stdout: self.text("out"), stderr: self.text("err"), elapsed: self.started.elapsed() }
    }
}

/// A process and all that it has started, directly or not.
fn family(pid: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name of the program, in parentheses, may hold anything.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        if let Some(parent) = rest.split_whitespace().nth(1).and_then(|parent| parent.parse::<u32>().ok()) {
            parents.push((process, parent));
        }
    }
    let mut all = vec![pid];
    let mut next = 0;
    while next < all.len() {
        let of = all[next];
        all.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(process, _)| *process));
        next += 1;
    }
    all
}

/// What a process is and what each of its threads waits for, as far as the system tells.
fn state(pid: u32) -> String {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let threads =
        std::fs::read_dir(format!("/proc/{pid}/task")).map_or_else(|_| Vec::new(), |all| all.flatten().collect());
    let of_thread = |thread: &std::fs::DirEntry| {
        let path = thread.path().display().to_string();
        let stat = read(format!("{path}/stat"));
        let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("?");
        format!("{} {state} {}", read(format!("{path}/comm")), read(format!("{path}/wchan")))
    };
    format!("process {pid}: {}", threads.iter().map(of_thread).collect::<Vec<_>>().join(", "))
}

/// Sends a signal, by name, to a process that may have ended.
pub fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null()).status();
}

impl Outcome {
    /// Fails the test unless the program ended well.
    #[track_caller]
    pub fn succeeded(self) -> Outcome {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Fails the test unless the program ended with `code` and one message that holds all of `parts`; returns the
    /// message, of one or several lines.
    #[track_caller]
    pub fn failed(&self, code: i32, parts: &[&str]) -> String {
        assert_eq!(self.code, code, "expected exit code {code} and {parts:?}: {self:#?}");
        let starts: Vec<usize> = self.stderr.match_indices("oceanspec: ").map(|(at, _)| at).collect();
        let of_lines: Vec<usize> =
            starts.into_iter().filter(|&at| at == 0 || self.stderr.as_bytes()[at - 1] == b'\n').collect();
        assert_eq!(of_lines.len(), 1, "one rank says what is wrong, once: {self:#?}");
        let message = self.stderr[of_lines[0]..].to_owned();
        for part in parts {
            assert!(message.contains(part), "`{part}` is not in the message: {self:#?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        message
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}
