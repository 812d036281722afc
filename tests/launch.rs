//! Starts that are not one run: copies that each believe to be alone, ranks of different programs or arguments, commands
//! of one process under mpirun; and starts that waste the machine.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;
#[cfg(feature = "mpi")]
use std::path::PathBuf;
#[cfg(feature = "mpi")]
use std::process::Command;

use oceanspec::synth::SynthSpec;
use support::program::Program;
use support::run::Run;
#[cfg(feature = "mpi")]
use support::run::toml_text;
use support::samples::synthetic;

fn input(folder: &Path) -> Run {
    let spec = SynthSpec { nx: 20, ny: 12, nt: 72, land: false, ..SynthSpec::default() };
    synthetic(&folder.join("input"), &spec).set("spectrum.segment=24 samples")
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Each launcher by what it leaves in the environment of a process that no MPI connects with the others.
#[test]
fn copies_that_believe_to_be_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    for (variables, said) in [
        (&[("OMPI_COMM_WORLD_SIZE", "4"), ("OMPI_COMM_WORLD_RANK", "0")][..], "OMPI_COMM_WORLD_SIZE says that 4"),
        (&[("PMI_SIZE", "2"), ("PMI_RANK", "1")], "PMI_SIZE says that 2"),
        (&[("PMI_RANK", "1")], "PMI_RANK says that at least 2"),
        (&[("PMIX_SIZE", "3")], "PMIX_SIZE says that 3"),
        (&[("PMIX_RANK", "2")], "PMIX_RANK says that at least 3"),
        (&[("PMIX_RANK", "0"), ("SLURM_NTASKS", "6")], "PMIX_RANK says that 6"),
        (&[("MPI_LOCALNRANKS", "2")], "MPI_LOCALNRANKS says that 2"),
        (&[("PALS_SIZE", "5"), ("PALS_RANKID", "0")], "PALS_SIZE says that 5"),
        (
            &[("SLURM_NTASKS", "96"), ("SLURM_STEP_ID", "0"), ("SLURM_PROCID", "0")],
            "SLURM_NTASKS (in a step) says that 96",
        ),
        (
            &[("SLURM_NTASKS", "1"), ("SLURM_STEP_ID", "0"), ("SLURM_PROCID", "3")],
            "SLURM_PROCID (in a step) says that at least 4",
        ),
    ] {
        let command = run.command(&folder.path().join("result.zarr")).within(40);
        let outcome = variables.iter().fold(command, |command, (name, value)| command.env(name, value)).run();
        let why = if cfg!(feature = "mpi") { "MPI reports 1 rank(s)" } else { "this build has no MPI" };
        outcome.failed(2, &[said, "processes were started", why, "same store"]);
        assert_eq!(names(folder.path()), ["input"], "{variables:?}");
    }
    // One process, told so in whatever way, and the shell of a batch script.
    for variables in [
        &[("SLURM_NTASKS", "96"), ("SLURM_JOB_ID", "7"), ("SLURM_PROCID", "0")][..],
        &[("SLURM_NTASKS", "1"), ("SLURM_STEP_ID", "0"), ("SLURM_PROCID", "0")],
    ] {
        let result = tempfile::tempdir().unwrap();
        let command = run.command(&result.path().join("result.zarr"));
        variables.iter().fold(command, |command, (name, value)| command.env(name, value)).run().succeeded();
    }
}

/// `plan`, `validate`, `compare` and `synth` say that they are for one process; what is told to start one process is.
#[test]
fn commands_of_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let result = run.to(folder.path().join("result.zarr"));
    let synth = folder.path().join("synth");
    let commands: [Vec<&Path>; 4] = [
        vec![Path::new("plan"), &run.config],
        vec![Path::new("validate"), &result, Path::new("--against"), &result],
        vec![Path::new("compare"), &result, &result],
        vec![Path::new("synth"), &synth, Path::new("--nx=9"), Path::new("--ny=8"), Path::new("--nt=24")],
    ];
    for arguments in &commands {
        let name = arguments[0].to_str().unwrap();
        let said = format!("`{name}` is for one process: start it without mpirun");
        let mut hints = vec!["says that 3 processes were started", &said];
        if name == "plan" {
            hints.push("--ranks");
        }
        let variables = |program: Program| program.env("OMPI_COMM_WORLD_SIZE", "3").env("OMPI_COMM_WORLD_RANK", "0");
        variables(Program::alone().args(arguments)).run().failed(2, &hints);
        #[cfg(feature = "mpi")]
        {
            // No rank knows of the others, and still one speaks.
            let outcome = Program::on_ranks(3).args(arguments).within(40).run();
            outcome.failed(2, &hints);
            assert!(outcome.stdout.is_empty(), "{outcome:#?}");
        }
        assert!(!synth.exists());
    }
    for arguments in &commands {
        Program::alone().args(arguments).env("PMIX_RANK", "0").run().succeeded();
    }
}

/// The program under mpirun in two parts, each with its own program and arguments.
#[cfg(feature = "mpi")]
fn in_two_parts(first: &[PathBuf], other_ranks: usize, other: &[PathBuf]) -> Program {
    // In place of the ranks and the program that are given it, the words of the two parts.
    let script = r#"mpirun=$1; shift 3; exec "$mpirun" 1 "$@""#;
    let command = Program::in_shell(script, Some(1)).within(40).args(first);
    command.args([Path::new(":"), Path::new("-n"), Path::new(&other_ranks.to_string())]).args(other)
}

#[cfg(feature = "mpi")]
#[test]
fn ranks_of_different_programs_or_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let program = PathBuf::from(env!("CARGO_BIN_EXE_oceanspec"));
    let output = folder.path().join("result.zarr");
    let line = |program: &Path, set: &str| -> Vec<PathBuf> {
        let mut words = vec![program.to_owned(), "run".into(), run.config.clone()];
        for set in run.sets.iter().cloned().chain([format!("output.path={}", toml_text(&output)), set.to_owned()]) {
            words.extend(["--set".into(), set.into()]);
        }
        words
    };
    let usual = line(&program, "run.threads=1");
    let outcome = in_two_parts(&usual, 2, &line(&program, "run.threads=2")).run();
    let text = outcome.failed(2, &["not one run", "ranks 1, 2 of 3 have other arguments than rank 0"]);
    assert!(!text.contains("program file") && text.lines().next().unwrap().contains("one command line"), "{text}");
    assert_eq!(names(folder.path()), ["input"]);

    // A build whose bytes differ; a copy of the same bytes is the same program.
    let (copy, build) = (folder.path().join("copy"), folder.path().join("build"));
    for path in [&copy, &build] {
        std::fs::copy(&program, path).unwrap();
    }
    use std::io::Write;
    std::fs::OpenOptions::new().append(true).open(&build).unwrap().write_all(b"other").unwrap();
    let version = Command::new(&build).arg("--version").output().unwrap();
    assert!(version.status.success());
    let outcome = in_two_parts(&usual, 1, &line(&build, "run.threads=1")).run();
    let text = outcome.failed(2, &["rank 1 of 2 run another program file than rank 0", "one build"]);
    assert!(!text.contains("arguments"), "{text}");
    assert!(!output.exists() && names(folder.path()).len() == 3);

    in_two_parts(&usual, 2, &line(&copy, "run.threads=1")).run().succeeded();
    assert!(output.join("zarr.json").is_file());
}

/// Cores that this process may run on.
fn cores() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

#[test]
fn more_threads_than_cores() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let warnings = |run: &Run, name: &str| -> Vec<String> {
        let outcome = run.command(&folder.path().join(name)).run().succeeded();
        outcome
            .stderr
            .lines()
            .filter(|line| line.contains("WARN") && line.contains("core"))
            .map(str::to_owned)
            .collect()
    };
    assert!(warnings(&run, "a.zarr").is_empty());
    let threads = cores() + 3;
    let said = warnings(&run.set(format!("run.threads={threads}")), "b.zarr");
    assert!(said.len() == 1 && said[0].contains(&threads.to_string()) && said[0].contains("[run] threads"), "{said:?}");
    #[cfg(feature = "mpi")]
    {
        let said = warnings(&run.on(2).set(format!("run.threads={threads}")), "c.zarr");
        assert_eq!(said.len(), 1, "{said:?}");
        let product = format!("2 rank(s) x {threads} thread(s) = {} on", 2 * threads);
        // A machine of which the tests have a part is told in another way.
        assert!(said[0].contains(&product) || said[0].contains("--bind-to none"), "{said:?}");
    }
}

/// Bound to one core of several, as mpirun does with one or two ranks.
#[test]
fn threads_bound_to_one_core() {
    if cores() < 2 {
        eprintln!("skipped: threads_bound_to_one_core needs two cores");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let first = "core=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/self/status); exec taskset -c $core \"$@\"";
    for ranks in [None, Some(2)].into_iter().filter(|ranks| ranks.is_none() || cfg!(feature = "mpi")) {
        let start = |threads: &str, name: &str| {
            let program = Program::in_shell(first, ranks);
            let outcome = run.set_all(&[threads]).command_of(program, &folder.path().join(name)).run().succeeded();
            outcome.stderr.lines().filter(|line| line.contains("core")).map(str::to_owned).collect::<Vec<_>>()
        };
        let said = start("run.threads=2", &format!("{ranks:?}-2.zarr"));
        let warning = format!("{} rank(s) may run on fewer cores than they have threads", ranks.unwrap_or(1));
        for part in [&warning, "has 2 threads", "--bind-to none", "[run] threads = 1"] {
            assert!(said.iter().any(|line| line.contains("WARN") && line.contains(part)), "{part}: {said:?}");
        }
        assert_eq!(said.iter().filter(|line| line.contains("WARN")).count(), 1, "{said:?}");
    }
}

#[test]
fn plans_for_another_machine_say_what_is_guessed() {
    let plan = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", *set]);
        let sizes = ["plan", "--assume", "nj=40,ni=40,snapshots=1440", "--ranks", "8", "--nodes", "2"];
        Program::alone().args(sizes).args(sets).run().succeeded().stdout
    };
    assert!(plan(&[]).contains("threads and memory guessed from this machine, [run] threads, [run] memory"));
    assert!(plan(&["run.threads=4"]).contains("; memory guessed from this machine, [run] memory"));
    assert!(!plan(&["run.threads=4", "run.memory=64 GiB"]).contains("guess"));
}
