//! The job scripts in slurm-pbs/, run as the schedulers run them. The launchers, the schedulers' commands and the program
//! are small recording scripts; one test uses the machine's own mpirun.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "job_scripts/job.rs"]
mod job;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use job::{Job, has_words, link, script, stderr, stdout};

const SCRIPTS: [&str; 3] = ["run.pbs", "run.sbatch", "run.torque"];

/// A small job of each scheduler, and the command that it goes on by.
fn of_each(test: &str) -> [(Job, &'static str); 3] {
    [
        (Job::pbs(&format!("pbs_{test}"), &["n1", "n1"], 2), "qsub"),
        (Job::torque(&format!("torque_{test}"), &["n1"], 2), "qsub"),
        (Job::slurm(&format!("slurm_{test}")), "scontrol"),
    ]
}

#[test]
fn pbs_launches_every_slot_with_its_share_of_the_cores() {
    let mut job = Job::pbs("pbs_layout", &["n1", "n1", "n1", "n2", "n2", "n2"], 30);
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    let argv = job.argv();
    assert!(has_words(&argv, &["--hostfile", job.node_file().to_str().unwrap()]), "{argv:?}");
    assert!(has_words(&argv, &["-np", "6"]), "{argv:?}");
    assert!(has_words(&argv, &["--map-by", "ppr:3:node:PE=10", "--bind-to", "core"]), "{argv:?}");
    assert!(has_words(&argv, &["run", "run.toml", "--resume=auto", "--set", "run.threads=10", "--set"]), "{argv:?}");
    job.has_seconds_left(7210);
    // The program by its full path: the other hosts' PATH is not this one.
    let program = job.bin("oceanspec").display().to_string();
    assert!(has_words(&argv, &[&program, "run"]), "{argv:?}");
    assert_eq!(job.recorded("mpirun", "cwd"), [job.root.join("submitted").display().to_string()]);
    assert!(!job.environment("mpirun").contains_key("OMP_NUM_THREADS"));
    assert_eq!(job.recorded("qstat", "argv"), ["-f", "4711[].pbs-1.example"]);
    let first = "job 4711[].pbs-1.example, attempt 1 of 20: 6 ranks on 2 hosts, 10 threads each";
    for line in ["oceanspec 9.8.7", "mpirun 9.8.7", first] {
        assert!(stdout(&output).contains(line), "{line}: {}", stdout(&output));
    }
}

#[test]
fn torque_divides_the_cores_of_its_nodes_among_ranks() {
    for (ppn, ranks, threads) in [(32, "4", "8"), (28, "2", "14"), (12, "1", "12"), (64, "8", "8"), (1, "1", "1")] {
        let mut job = Job::torque(&format!("torque_layout_{ppn}"), &["n1", "n2", "n3"], ppn);
        let output = job.run();
        assert!(output.status.success(), "{}", stderr(&output));
        let argv = job.argv();
        let all = (ranks.parse::<usize>().unwrap() * 3).to_string();
        assert!(has_words(&argv, &["-np", &all]), "{ppn}: {argv:?}");
        assert!(has_words(&argv, &["--map-by", &format!("ppr:{ranks}:node:PE={threads}")]), "{ppn}: {argv:?}");
        assert!(has_words(&argv, &["run.toml", "--resume=auto", "--set", &format!("run.threads={threads}")]));
        job.has_seconds_left(7210);
        assert_eq!(job.recorded("mpirun", "cwd"), [job.root.join("submitted").display().to_string()]);
    }
    let mut told = Job::torque("torque_ranks", &["n1", "n2"], 28);
    told.command.env("RANKS_PER_NODE", "4");
    assert!(told.run().status.success());
    assert!(has_words(&told.argv(), &["-np", "8", "--map-by", "ppr:4:node:PE=7"]), "{:?}", told.argv());
}

#[test]
fn slurm_launches_by_srun_with_cores_and_signals() {
    let mut job = Job::slurm("slurm_layout");
    job.command.arg("--overwrite");
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    let argv = job.argv();
    assert!(
        argv.contains(&"--cpus-per-task=5".to_owned()) && argv.contains(&"--cpu-bind=cores".to_owned()),
        "{argv:?}"
    );
    // A rank that leaves with 75 must not have the others killed, which would end the job with 137.
    assert!(argv.contains(&"--kill-on-bad-exit=0".to_owned()), "{argv:?}");
    let program = job.bin("oceanspec").display().to_string();
    let expected = [&*program, "run", "run.toml", "--resume=auto", "--set", "run.threads=5"];
    assert!(has_words(&argv, &expected) && argv.last().unwrap() == "--overwrite", "{argv:?}");
    job.has_seconds_left(7210);
    assert_eq!(job.recorded("srun", "cwd"), [job.root.join("submitted").display().to_string()]);
    let environment = job.environment("srun");
    assert!(!environment.contains_key("OMP_NUM_THREADS"), "{environment:?}");
    assert_eq!(environment["SLURM_MPI_TYPE"], "pmix");
    assert!(stdout(&output).contains("oceanspec 9.8.7") && stdout(&output).contains("6 ranks on 2 hosts, 5 threads"));
}

#[test]
fn pbs_passes_on_threads_and_further_arguments() {
    for mut job in [Job::pbs("pbs_arguments", &["n1", "n1"], 8), Job::torque("torque_arguments", &["n1"], 8)] {
        job.command.env("RUN_ARGS", "--overwrite --set run.memory=8GiB").env("THREADS", "3");
        assert!(job.run().status.success());
        let argv = job.argv();
        assert!(has_words(&argv, &["--resume=auto", "--set", "run.threads=3"]), "{argv:?}");
        assert!(argv.ends_with(&["--overwrite", "--set", "run.memory=8GiB"].map(str::to_owned)), "{argv:?}");
        assert!(argv.iter().any(|word| word.ends_with(":node:PE=3")), "{argv:?}");
    }
}

#[test]
fn fewer_cores_than_ranks_still_means_one_thread() {
    let mut job = Job::pbs("pbs_one_thread", &["n1", "n1", "n1"], 2);
    assert!(job.run().status.success());
    assert!(has_words(&job.argv(), &["--set", "run.threads=1"]));
}

#[test]
fn what_is_left_of_the_wall_time_is_told() {
    // Numbers with leading zeros are no octal numbers.
    for (told, seconds) in [("08:09:09", 29_349), ("100:00:00", 360_000), ("00:00:00", 1)] {
        let mut job = Job::pbs("pbs_walltime", &["n1"], 1);
        fs::write(job.bin("qstat.out"), format!("Job Id: 1\n\tResource_List.walltime = {told}\n")).unwrap();
        assert!(job.run().status.success());
        job.has_seconds_left(seconds);
    }
    let no_qstat = Job::pbs("pbs_walltime_variable", &["n1"], 1);
    fs::remove_file(no_qstat.bin("qstat")).unwrap();
    let mut no_variable = Job::torque("torque_walltime_variable", &["n1"], 1);
    no_variable.command.env_remove("PBS_WALLTIME");
    let mut no_end = Job::slurm("slurm_walltime_variable");
    no_end.command.env_remove("SLURM_JOB_END_TIME");
    for mut job in [no_qstat, no_variable, no_end] {
        let output = job.run();
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(!job.argv().iter().any(|word| word.starts_with("run.walltime=")), "{:?}", job.argv());
        assert!(stderr(&output).contains("WALLTIME tells the"), "{}", stderr(&output));
        job.command.env("WALLTIME", "0:30:00");
        let output = job.run();
        assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
        job.has_seconds_left(1800);
    }
}

#[test]
fn exit_codes_come_through_and_only_75_goes_on() {
    for code in [0, 3, 75, 137] {
        for (mut job, next) in of_each(&format!("code_{code}")) {
            job.leave_with(code);
            let output = job.run();
            assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
            assert!(stdout(&output).contains(&format!("{} ended with exit code {code}", job.launcher)));
            assert_eq!(job.started(next), code == 75, "{}", stdout(&output));
        }
    }
}

/// The job's own script with its own variables, again and again, up to the bound.
#[test]
fn a_pbs_job_submits_itself_until_the_bound() {
    let variables = [("RUN_ARGS", "--set bands=[{name=\"a\",limits=[1,2]}]"), ("THREADS", "1"), ("MAX_ATTEMPTS", "3")];
    for (mut job, name) in
        [(Job::pbs("pbs_chain", &["n1"], 1), "run.pbs"), (Job::torque("torque_chain", &["n1"], 1), "run.torque")]
    {
        job.leave_with(75);
        job.command.envs(variables);
        for attempt in 2..=3 {
            let output = job.run();
            assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
            let expected = format!("goes on as job 4712.pbs-1.example, attempt {attempt} of 3");
            assert!(stdout(&output).contains(&expected), "{}", stdout(&output));
            let argv = job.recorded("qsub", "argv");
            let spooled = job.root.join("spool/job.SC").display().to_string();
            assert!(argv.len() == 3 && argv[0] == "-v" && argv[2] == spooled, "{argv:?}");
            // Names without values: qsub takes them from its environment, whatever signs they hold.
            let told = job.environment("qsub");
            let told = argv[1].split(',').map(|name| (name, told[name].as_str())).collect::<Vec<_>>();
            assert!(
                told.contains(&("ATTEMPT", &attempt.to_string())) && told.contains(&("CONFIG", "run.toml")),
                "{told:?}"
            );
            assert!(variables.iter().all(|pair| told.contains(pair)), "{told:?}");
            assert_eq!(job.recorded("qsub", "cwd"), [job.root.join("submitted").display().to_string()]);
            let told: Vec<_> = told.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            job.command.envs(told);
        }
        fs::remove_file(job.bin("qsub.argv")).unwrap();
        let output = job.run();
        assert_eq!(output.status.code(), Some(75));
        assert!(!job.started("qsub"));
        let loud = format!("{name}: NOT DONE AFTER 3 ATTEMPTS, AND NOT SUBMITTED AGAIN (MAX_ATTEMPTS=3)");
        assert!(stderr(&output).contains(&loud), "{}", stderr(&output));
    }
}

#[test]
fn a_slurm_job_is_queued_again_until_the_bound() {
    for (restarts, bound, again) in
        [(None, None, true), (Some(18), None, true), (Some(19), None, false), (Some(1), Some(2), false)]
    {
        let mut job = Job::slurm("slurm_chain");
        job.leave_with(75);
        job.command.envs(restarts.map(|count: u32| ("SLURM_RESTART_COUNT", count.to_string())));
        job.command.envs(bound.map(|count: u32| ("MAX_ATTEMPTS", count.to_string())));
        let output = job.run();
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
        assert_eq!(job.started("scontrol"), again, "{restarts:?} {bound:?}");
        if again {
            assert_eq!(job.recorded("scontrol", "argv"), ["requeue", "812"]);
            assert!(stderr(&output).is_empty(), "{}", stderr(&output));
        } else {
            let attempt = restarts.unwrap() + 1;
            let loud = format!("NOT DONE AFTER {attempt} ATTEMPTS, AND NOT QUEUED AGAIN (MAX_ATTEMPTS={attempt})");
            assert!(stderr(&output).contains(&loud), "{}", stderr(&output));
        }
    }
}

#[test]
fn what_to_type_is_said_where_a_job_cannot_go_on_by_itself() {
    let said = |mut job: Job, part: &str| {
        job.leave_with(75);
        let output = job.run();
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
        for part in ["NOT DONE", "from here", "submitted: ", part] {
            assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
        }
    };
    for (job, command) in of_each("refused") {
        job.code(command, 1);
        let by_hand = if command == "qsub" { "qsub -v CONFIG='run.toml' run." } else { "sbatch run.sbatch 'run.toml'" };
        said(job, by_hand);
    }
    for (job, command) in of_each("without") {
        fs::remove_file(job.bin(command)).unwrap();
        said(job, "command not found");
    }
    // One job of an array would submit the whole array.
    let mut array = Job::pbs("pbs_array", &["n1"], 1);
    array.command.env("PBS_ARRAY_INDEX", "3");
    let qsub = array.bin("qsub.argv");
    said(array, "qsub -v");
    assert!(!qsub.exists());
}

#[test]
fn a_missing_configuration_is_one_clear_line() {
    let mut unset = Job::pbs("pbs_no_config", &["n1"], 1);
    unset.command.env_remove("CONFIG");
    let mut absent = Job::pbs("pbs_absent_config", &["n1"], 1);
    absent.command.env("CONFIG", "absent.toml");
    let mut torque = Job::torque("torque_absent_config", &["n1"], 1);
    torque.command.env("CONFIG", "absent.toml");
    let unset_slurm = Job::slurm_of("slurm_no_config", &script("run.sbatch"));
    let mut absent_slurm = Job::slurm_of("slurm_absent_config", &script("run.sbatch"));
    absent_slurm.command.arg("absent.toml");
    for mut job in [unset, absent, torque, unset_slurm, absent_slurm] {
        let output = job.run();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains("no configuration file"), "{}", stderr(&output));
        assert!(stderr(&output).contains("submitted"), "the folder is not named: {}", stderr(&output));
        assert!(!job.started(job.launcher));
    }
}

#[test]
fn a_missing_program_is_one_clear_line() {
    for (mut job, _) in of_each("no_program") {
        fs::remove_file(job.bin("oceanspec")).unwrap();
        let output = job.run();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains("oceanspec is not on PATH"), "{}", stderr(&output));
        assert!(!job.started(job.launcher));
    }
}

#[test]
fn uneven_chunks_are_refused() {
    let mut pbs = Job::pbs("pbs_uneven", &["n1", "n1", "n2"], 4);
    let mut torque = Job::torque("torque_uneven", &["n1", "n2"], 2);
    fs::write(torque.node_file(), "n1\nn1\nn2\n").unwrap();
    for (job, part) in
        [(&mut pbs, "3 ranks do not divide over 2 hosts"), (&mut torque, "3 cores are not 2 on each of 2")]
    {
        let output = job.run();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
        assert!(!job.started("mpirun"));
    }
}

fn signal(name: &str, target: &str) {
    assert!(Command::new("bash").args(["-c", &format!("kill -{name} -- {target}")]).status().unwrap().success());
}

/// scancel --batch signals the script's shell alone; it must wait for the launcher and report its code.
#[test]
fn a_signal_to_the_shell_does_not_hide_the_exit_code() {
    for (mut job, next) in of_each("signal") {
        job.leave_with(75);
        let shell = job.start(1);
        signal("USR1", &shell.id().to_string());
        let output = shell.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
        assert!(job.started(next));
    }
}

/// qsig reaches every process of the job: the ranks stop in time, and the shell lives to submit the job again.
#[test]
fn a_signal_to_the_whole_group_stops_the_run_and_the_job_goes_on() {
    for name in ["USR1", "USR2"] {
        for (mut job, next) in of_each(&format!("group_{name}")) {
            job.leave_with(75);
            fs::write(job.bin(&format!("{next}.seconds")), "1").unwrap();
            let shell = job.start(60);
            let group = format!("-{}", shell.id());
            signal(name, &group);
            // Once more, while the job is being handed in: that goes on.
            job.wait_for(next);
            signal(name, &group);
            let output = shell.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
            assert!(job.bin(&format!("{next}.done")).exists() && stderr(&output).is_empty(), "{}", stderr(&output));
        }
    }
}

/// When the time is over, and at qdel and scancel, all processes get TERM. Nobody wants the job back.
#[test]
fn after_term_the_code_comes_through_and_the_job_does_not_go_on() {
    for (mut job, next) in of_each("term") {
        let shell = job.start(60);
        signal("TERM", &format!("-{}", shell.id()));
        let output = shell.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "mpirun's code: {}", stderr(&output));
        assert!(stderr(&output).contains("ended by TERM"), "{}", stderr(&output));
        assert!(!job.started(next));
    }
    // A run that stopped in time just before does not either.
    for (mut job, next) in of_each("term_shell") {
        job.leave_with(75);
        let shell = job.start(1);
        signal("TERM", &shell.id().to_string());
        let output = shell.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
        assert!(!job.started(next));
    }
}

#[test]
fn wall_times_say_hours_and_directives_come_first() {
    for (name, line) in SCRIPTS.into_iter().zip(["#PBS -l walltime=", "#SBATCH --time=", "#PBS -l walltime="]) {
        let text = script(name);
        // Two fields would be minutes and seconds to all of them.
        assert!(text.lines().any(|written| written == format!("{line}11:50:00")), "{name}: no `{line}`");
        // Directives after the first command are not read.
        let first_command = text.lines().position(|l| !l.is_empty() && !l.starts_with('#')).unwrap();
        let mark = line.split(' ').next().unwrap();
        let late = text.lines().skip(first_command).find(|l| l.starts_with(&format!("{mark} ")));
        assert_eq!(late, None, "{name}: a directive after the first command is not read");
    }
    // A job that is queued again keeps its output, and only a job that may be is.
    for line in ["#SBATCH --requeue", "#SBATCH --open-mode=append", "#SBATCH --signal=USR1@120"] {
        assert!(script("run.sbatch").lines().any(|written| written == line), "{line}");
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = SCRIPTS.map(|name| format!("slurm-pbs/{name}"));
    let recorders = ["tests/job_scripts/recorder.sh", "tests/job_scripts/rank.sh"].map(str::to_owned);
    let check: Result<Output, _> =
        Command::new("shellcheck").args(["-s", "bash"]).args(files).args(recorders).current_dir(folder).output();
    match check {
        Ok(output) => assert!(output.status.success(), "{}", stdout(&output)),
        Err(error) => eprintln!("NOT TESTED: shellcheck: {error}"),
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
    let two_ranks = ["rank 0 of 2 on 1 core", "rank 1 of 2 on 1 core"];
    for (mut job, lines) in [
        (Job::pbs("pbs_real_mpirun", &["localhost", "localhost"], 2), &two_ranks[..]),
        // A slot a rank, two cores.
        (Job::pbs("pbs_real_mpirun_threads", &["localhost"], 2), &["rank 0 of 1 on 2 core"]),
        // A slot a core.
        (Job::torque("torque_real_mpirun", &["localhost"], 2), &["rank 0 of 1 on 2 core"]),
    ] {
        fs::remove_file(job.bin("mpirun")).unwrap();
        fs::remove_file(job.bin("oceanspec")).unwrap();
        link(&job.root, "oceanspec", "rank.sh");
        job.command
            .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
            .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
            .env("PATH", format!("{}:{}", job.root.join("bin").display(), std::env::var("PATH").unwrap()));
        let output = job.run();
        assert!(output.status.success(), "{}", stderr(&output));
        for line in lines {
            assert!(stdout(&output).contains(line), "{line}: {}", stdout(&output));
        }
        job.code("oceanspec", 3);
        let output = job.run();
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    }
}
