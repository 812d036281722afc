//! The job scripts in slurm-pbs/, run as the schedulers run them: a copy of the script from a spool folder, started
//! elsewhere than where it was submitted, with the variables that PBS Pro and Slurm set. The launchers and the program
//! are small recording scripts; one test uses the machine's own mpirun.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// One submission: a home, the folder of the submission with run.toml in it, and a folder of recorders on PATH.
struct Job {
    root: PathBuf,
    command: Command,
}

impl Job {
    fn new(test: &str, script: &str, launchers: &[&str]) -> Job {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("job_scripts").join(test);
        let _ = fs::remove_dir_all(&root);
        for folder in ["home", "submitted", "bin", "spool"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("submitted/run.toml"), "").unwrap();
        for name in launchers.iter().chain(&["oceanspec"]) {
            link(&root, name, "recorder.sh");
        }
        fs::write(root.join("bin/seconds"), "0").unwrap();
        fs::write(root.join("bin/code"), "0").unwrap();
        let spooled = root.join("spool/job.SC");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("slurm-pbs").join(script), &spooled).unwrap();
        let mut command = Command::new("bash");
        command
            .arg(&spooled)
            .current_dir(root.join("home"))
            .env_clear()
            .env("HOME", root.join("home"))
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", root.join("bin").display()))
            .stdin(Stdio::null());
        Job { root, command }
    }

    /// PBS Pro: `hosts` names a host once for each rank; NCPUS and OMP_NUM_THREADS are those of a whole chunk.
    fn pbs(test: &str, hosts: &[&str], ncpus: u32) -> Job {
        let mut job = Job::new(test, "run.pbs", &["mpirun"]);
        let node_file = job.root.join("spool/4711.pbs-1.example.aux");
        fs::write(&node_file, hosts.iter().map(|host| format!("{host}\n")).collect::<String>()).unwrap();
        job.command
            .env("PBS_O_WORKDIR", job.root.join("submitted"))
            .env("PBS_NODEFILE", node_file)
            .env("PBS_JOBID", "4711[].pbs-1.example")
            .env("NCPUS", ncpus.to_string())
            .env("OMP_NUM_THREADS", ncpus.to_string())
            .env("CONFIG", "run.toml");
        job
    }

    /// Slurm, two hosts with three ranks of five cores each; the batch script starts in the folder of the submission.
    fn slurm(test: &str) -> Job {
        let mut job = Job::new(test, "run.sbatch", &["srun"]);
        job.command
            .env("SLURM_SUBMIT_DIR", job.root.join("submitted"))
            .env("SLURM_JOB_ID", "812")
            .env("SLURM_NTASKS", "6")
            .env("SLURM_JOB_NUM_NODES", "2")
            .env("SLURM_CPUS_PER_TASK", "5")
            .env("OMP_NUM_THREADS", "40");
        job
    }

    fn leave_with(&self, code: i32) {
        fs::write(self.root.join("bin/code"), code.to_string()).unwrap();
    }

    fn run(&mut self) -> Output {
        self.command.output().unwrap()
    }

    fn recorded(&self, launcher: &str, what: &str) -> Vec<String> {
        let path = self.root.join("bin").join(format!("{launcher}.{what}"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.lines().map(str::to_owned).collect()
    }

    fn launched(&self, launcher: &str) -> bool {
        self.root.join("bin").join(format!("{launcher}.argv")).exists()
    }
}

/// Puts a script of tests/job_scripts/ on the job's PATH. A link, because a file just written may still be open in a
/// process that another test has just forked, and then cannot be run.
fn link(root: &Path, name: &str, script: &str) {
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/job_scripts").join(script), root.join("bin").join(name))
        .unwrap();
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// True if `arguments` holds the words of `expected` one after the other.
fn has_words(arguments: &[String], expected: &[&str]) -> bool {
    arguments.windows(expected.len()).any(|window| window == expected)
}

#[test]
fn pbs_launches_every_slot_with_its_share_of_the_cores() {
    let mut job = Job::pbs("pbs_layout", &["n1", "n1", "n1", "n2", "n2", "n2"], 30);
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    let argv = job.recorded("mpirun", "argv");
    let node_file = job.root.join("spool/4711.pbs-1.example.aux").display().to_string();
    assert!(has_words(&argv, &["--hostfile", &node_file]), "{argv:?}");
    assert!(has_words(&argv, &["-np", "6"]), "{argv:?}");
    assert!(has_words(&argv, &["--map-by", "ppr:3:node:PE=10"]), "{argv:?}");
    assert!(has_words(&argv, &["run", "run.toml", "--set", "run.threads=10"]), "{argv:?}");
    assert_eq!(argv.last().map(String::as_str), Some("run.threads=10"), "{argv:?}");
    // The program by its full path: the other hosts' PATH is not this one.
    let program = job.root.join("bin/oceanspec").display().to_string();
    assert!(has_words(&argv, &[&program, "run"]), "{argv:?}");
    assert_eq!(job.recorded("mpirun", "cwd"), [job.root.join("submitted").display().to_string()]);
    assert!(!job.recorded("mpirun", "env").iter().any(|line| line.starts_with("OMP_NUM_THREADS")));
    for version in ["oceanspec 9.8.7", "mpirun 9.8.7", "job 4711[].pbs-1.example: 6 ranks on 2 hosts, 10 threads each"]
    {
        assert!(stdout(&output).contains(version), "{version}: {}", stdout(&output));
    }
}

#[test]
fn pbs_passes_on_threads_and_further_arguments() {
    let mut job = Job::pbs("pbs_resume", &["n1", "n1"], 8);
    job.command.env("RUN_ARGS", "--resume --set run.memory=\"8GiB\"").env("THREADS", "3");
    assert!(job.run().status.success());
    let argv = job.recorded("mpirun", "argv");
    assert!(has_words(&argv, &["--set", "run.threads=3", "--resume", "--set", "run.memory=\"8GiB\""]), "{argv:?}");
    assert!(has_words(&argv, &["--map-by", "ppr:2:node:PE=3"]), "{argv:?}");
}

#[test]
fn fewer_cores_than_ranks_still_means_one_thread() {
    let mut job = Job::pbs("pbs_one_thread", &["n1", "n1", "n1"], 2);
    assert!(job.run().status.success());
    assert!(has_words(&job.recorded("mpirun", "argv"), &["--set", "run.threads=1"]));
}

#[test]
fn exit_codes_come_through() {
    for code in [0, 3, 75, 137] {
        let mut pbs = Job::pbs(&format!("pbs_code_{code}"), &["n1", "n1"], 2);
        pbs.leave_with(code);
        let output = pbs.run();
        assert_eq!(output.status.code(), Some(code), "run.pbs: {}", stderr(&output));
        assert!(stdout(&output).contains(&format!("exit code {code}")));

        let mut slurm = Job::slurm(&format!("slurm_code_{code}"));
        slurm.command.arg("run.toml");
        slurm.leave_with(code);
        let output = slurm.run();
        assert_eq!(output.status.code(), Some(code), "run.sbatch: {}", stderr(&output));
        assert!(stdout(&output).contains(&format!("exit code {code}")));
    }
}

#[test]
fn a_missing_configuration_is_one_clear_line() {
    let mut unset = Job::pbs("pbs_no_config", &["n1"], 1);
    unset.command.env_remove("CONFIG");
    let mut absent = Job::pbs("pbs_absent_config", &["n1"], 1);
    absent.command.env("CONFIG", "absent.toml");
    let unset_slurm = Job::slurm("slurm_no_config");
    let mut absent_slurm = Job::slurm("slurm_absent_config");
    absent_slurm.command.arg("absent.toml");
    for (mut job, launcher) in [(unset, "mpirun"), (absent, "mpirun"), (unset_slurm, "srun"), (absent_slurm, "srun")] {
        let output = job.run();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains("no configuration file"), "{}", stderr(&output));
        assert!(stderr(&output).contains("submitted"), "the folder is not named: {}", stderr(&output));
        assert!(!job.launched(launcher));
    }
}

#[test]
fn a_missing_program_is_one_clear_line() {
    let mut slurm = Job::slurm("slurm_no_program");
    slurm.command.arg("run.toml");
    for (mut job, launcher) in [(Job::pbs("pbs_no_program", &["n1"], 1), "mpirun"), (slurm, "srun")] {
        fs::remove_file(job.root.join("bin/oceanspec")).unwrap();
        let output = job.run();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains("oceanspec is not on PATH"), "{}", stderr(&output));
        assert!(!job.launched(launcher));
    }
}

#[test]
fn uneven_chunks_are_refused() {
    let mut job = Job::pbs("pbs_uneven", &["n1", "n1", "n2"], 4);
    let output = job.run();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("3 ranks do not divide over 2 hosts"), "{}", stderr(&output));
    assert!(!job.launched("mpirun"));
}

#[test]
fn slurm_launches_by_srun_with_cores_and_signals() {
    let mut job = Job::slurm("slurm_layout");
    job.command.args(["run.toml", "--resume"]);
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    let argv = job.recorded("srun", "argv");
    assert!(argv.contains(&"--cpus-per-task=5".to_owned()), "{argv:?}");
    // A rank that leaves with 75 must not have the others killed, which would end the job with 137.
    assert!(argv.contains(&"--kill-on-bad-exit=0".to_owned()), "{argv:?}");
    let program = job.root.join("bin/oceanspec").display().to_string();
    assert!(has_words(&argv, &[&program, "run", "run.toml", "--set", "run.threads=5", "--resume"]), "{argv:?}");
    assert_eq!(job.recorded("srun", "cwd"), [job.root.join("submitted").display().to_string()]);
    let env = job.recorded("srun", "env");
    assert!(!env.iter().any(|line| line.starts_with("OMP_NUM_THREADS")), "{env:?}");
    assert!(env.contains(&"SLURM_MPI_TYPE=pmix".to_owned()), "{env:?}");
    assert!(stdout(&output).contains("oceanspec 9.8.7") && stdout(&output).contains("6 ranks on 2 hosts, 5 threads"));
}

/// qsig and scancel --full signal the script's shell too; it must wait for the launcher and report its code.
#[test]
fn a_signal_to_the_shell_does_not_hide_the_exit_code() {
    let mut slurm = Job::slurm("slurm_signal");
    slurm.command.arg("run.toml");
    for (mut job, launcher) in [(Job::pbs("pbs_signal", &["n1"], 1), "mpirun"), (slurm, "srun")] {
        fs::write(job.root.join("bin/seconds"), "1").unwrap();
        job.leave_with(75);
        let mut shell = job.command.stdout(Stdio::null()).spawn().unwrap();
        let environment = job.root.join("bin").join(format!("{launcher}.env"));
        let since = Instant::now();
        while !environment.exists() {
            assert!(since.elapsed() < Duration::from_secs(20), "{launcher} was not started");
            std::thread::sleep(Duration::from_millis(10));
        }
        let sent = Command::new("bash").args(["-c", &format!("kill -USR1 {}", shell.id())]).status().unwrap();
        assert!(sent.success());
        assert_eq!(shell.wait().unwrap().code(), Some(75), "{launcher}");
    }
}

#[test]
fn wall_times_say_hours() {
    for (script, line) in [("run.pbs", "#PBS -l walltime=11:50:00"), ("run.sbatch", "#SBATCH --time=11:50:00")] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("slurm-pbs").join(script)).unwrap();
        // Two fields would be minutes and seconds to both schedulers.
        assert!(text.lines().any(|written| written == line), "{script}: no `{line}`");
        // Directives after the first command are not read.
        let first_command = text.lines().position(|l| !l.is_empty() && !l.starts_with('#')).unwrap();
        let directive = script.trim_start_matches("run.").to_uppercase();
        let late = text.lines().skip(first_command).find(|l| l.starts_with(&format!("#{directive} ")));
        assert_eq!(late, None, "{script}: a directive after the first command is not read");
    }
}

/// The options above, before the machine's own OpenMPI: as many ranks as the node file has lines, each with its cores.
#[test]
fn the_machines_own_openmpi_accepts_the_layout() {
    let version = Command::new("mpirun").arg("--version").output();
    let open_mpi = version.is_ok_and(|output| stdout(&output).contains("Open MPI"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if !open_mpi || cores < 2 {
        eprintln!("NOT TESTED: needs OpenMPI's mpirun and two cores");
        return;
    }
    let mut job = Job::pbs("pbs_real_mpirun", &["localhost", "localhost"], 2);
    fs::remove_file(job.root.join("bin/mpirun")).unwrap();
    fs::remove_file(job.root.join("bin/oceanspec")).unwrap();
    link(&job.root, "oceanspec", "rank.sh");
    job.command
        .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
        .env("PATH", format!("{}:{}", job.root.join("bin").display(), std::env::var("PATH").unwrap()));
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    for line in ["rank 0 of 2 on 1 core", "rank 1 of 2 on 1 core"] {
        assert!(stdout(&output).contains(line), "{line}: {}", stdout(&output));
    }
    job.leave_with(3);
    let output = job.run();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
}
