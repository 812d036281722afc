//! `oceanspec submit`: the scripts it writes from plan, site and template, run as schedulers run them; what it refuses;
//! and what it makes of qsub and sbatch, for which recorders stand in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "job_scripts/job.rs"]
mod job;
mod support;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use oceanspec::synth::{SynthSpec, synthesise};

use job::{Job, has_words, link, stderr};
use support::program::{Outcome, Program};

/// Hourly currents on 24 x 20 points for ten days; the folder and run.toml in it.
fn input() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 24, ny: 20, nt: 240, ..SynthSpec::default() };
    let config = synthesise(&folder.path().join("input"), &spec, &|_, _| {}).unwrap().config;
    (folder, config)
}

fn site_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("slurm-pbs/sites").join(name)
}

fn submit(config: &Path, arguments: &[&str]) -> Outcome {
    Program::alone().arg("submit").arg(config).args(arguments).run()
}

/// The same with a site file of this text.
fn submit_at(site: &str, config: &Path, arguments: &[&str]) -> Outcome {
    let file = config.parent().unwrap().join("site.toml");
    fs::write(&file, site).unwrap();
    submit(config, &[&["--site", file.to_str().unwrap()], arguments].concat())
}

fn directives(script: &str) -> Vec<&str> {
    script.lines().filter(|line| line.starts_with("#PBS ") || line.starts_with("#SBATCH ")).collect()
}

fn assert_is_bash(script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    fs::write(&file, script).unwrap();
    let output = Command::new("bash").arg("-n").arg(&file).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
}

/// The run that a filled script starts, beside the variables of the job: this program, absolute paths, the settings.
#[track_caller]
fn assert_starts_this_program(job: &Job, config: &Path, threads: usize, sets: &[&str]) {
    let argv = job.argv();
    let threads = format!("run.threads={threads}");
    let start = [env!("CARGO_BIN_EXE_oceanspec"), "run", config.to_str().unwrap(), "--resume=auto", "--set", &threads];
    assert!(has_words(&argv, &start), "{argv:?}");
    job.has_seconds_left(7210);
    assert!(argv.ends_with(&sets.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()), "{argv:?}");
    let folder = std::env::current_dir().unwrap().display().to_string();
    assert_eq!(job.recorded(job.launcher, "cwd"), [folder], "relative paths of --set start where submit was typed");
}

#[test]
fn the_pbs_site_fills_a_script_that_runs() {
    let (_folder, config) = input();
    let site = site_file("pbs-28-cores.toml");
    let site = site.to_str().unwrap();
    let outcome = submit(&config, &["--site", site, "--set", "output.path=it's here.zarr", "--nodes", "2"]).succeeded();
    assert_eq!(
        directives(&outcome.stdout),
        [
            "#PBS -N oceanspec",
            "#PBS -l place=scatter:excl",
            "#PBS -j oe",
            "#PBS -m ae",
            "#PBS -W group_list=ocean",
            "#PBS -l select=2:ncpus=28:mpiprocs=4:mem=112640mb:model=bro",
            "#PBS -l walltime=8:00:00",
            "#PBS -q normal",
            "#PBS -A ocean01",
        ]
    );
    for part in ["2 node(s) x 4 rank(s) x 7 thread(s), wall time 8:00:00", "of 110.00 GiB allowed", "read", "files"] {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
    assert!(!outcome.stderr.contains("guessed"), "{}", outcome.stderr);
    assert_is_bash(&outcome.stdout);
    let hosts = ["n1", "n1", "n1", "n1", "n2", "n2", "n2", "n2"];
    let mut job = Job::pbs_of("submit_pbs", &outcome.stdout, &hosts, 28);
    job.command.env_remove("CONFIG").env_remove("OCEANSPEC");
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_starts_this_program(
        &job,
        &config,
        7,
        &["--set", "run.memory=110 GiB", "--set", "output.path=it's here.zarr"],
    );
    assert!(has_words(&job.argv(), &["-np", "8", "--map-by", "ppr:4:node:PE=7"]), "{:?}", job.argv());
    assert_eq!(job.recorded("module", "argv"), ["load", "gcc", "openmpi"]);
    // Where qstat is silent the script knows the wall time all the same.
    fs::remove_file(job.bin("qstat")).unwrap();
    job.leave_with(75);
    assert_eq!(job.run().status.code(), Some(75));
    job.has_seconds_left(8 * 3600);
    assert!(job.started("qsub"));
}

#[test]
fn the_slurm_site_fills_a_script_that_runs() {
    let (_folder, config) = input();
    let site = site_file("slurm-64-cores.toml");
    let walltime = ["--walltime", "2 h 30 min"];
    let outcome = submit(&config, &[&["--site", site.to_str().unwrap()], &walltime[..]].concat()).succeeded();
    assert_eq!(
        directives(&outcome.stdout),
        [
            "#SBATCH --job-name=oceanspec",
            "#SBATCH --exclusive",
            "#SBATCH --mem=0",
            "#SBATCH --signal=USR1@120",
            "#SBATCH --requeue",
            "#SBATCH --open-mode=append",
            "#SBATCH --threads-per-core=1",
            "#SBATCH --nodes=1",
            "#SBATCH --ntasks-per-node=8",
            "#SBATCH --cpus-per-task=8",
            "#SBATCH --time=2:30:00",
            "#SBATCH --partition=compute",
            "#SBATCH --account=ocean01",
        ]
    );
    assert!(outcome.stderr.contains("1 node(s) x 8 rank(s) x 8 thread(s)"), "{}", outcome.stderr);
    assert_is_bash(&outcome.stdout);
    let mut job = Job::slurm_of("submit_slurm", &outcome.stdout);
    job.command.arg("--overwrite");
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    // The recorders' Slurm gives five cores a rank.
    assert_starts_this_program(&job, &config, 5, &["--set", "run.memory=230 GiB", "--overwrite"]);
    assert_eq!(job.recorded("module", "argv"), ["load", "gcc", "openmpi"]);
}

#[test]
fn torque_gets_whole_nodes_and_the_ranks_by_a_variable() {
    let (_folder, config) = input();
    let site = "scheduler = 'slurm'\ncores_per_node = 24\nranks_per_node = 6\nmemory_per_node = '64 GB'\nchunk = 'fast'\n\
                walltime = '51:00:00'";
    let outcome = submit_at(site, &config, &["--scheduler", "torque", "--nodes", "3", "--overwrite"]).succeeded();
    assert_eq!(
        directives(&outcome.stdout),
        ["#PBS -N oceanspec", "#PBS -j oe", "#PBS -l nodes=3:ppn=24:fast", "#PBS -l walltime=51:00:00"]
    );
    assert_is_bash(&outcome.stdout);
    let mut job = Job::torque_of("submit_torque", &outcome.stdout, &["n1", "n2", "n3"], 24);
    let output = job.run();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_starts_this_program(&job, &config, 4, &["--set", "run.memory=64 GB", "--overwrite"]);
    assert!(has_words(&job.argv(), &["-np", "18", "--map-by", "ppr:6:node:PE=4"]), "{:?}", job.argv());
}

#[test]
fn without_a_site_the_machine_is_guessed_and_that_is_said() {
    let (_folder, config) = input();
    let sets = ["--set", "run.memory=1 GiB"];
    let outcome =
        submit(&config, &[&["--scheduler", "slurm", "--walltime", "1:00:00"], &sets[..]].concat()).succeeded();
    assert!(outcome.stderr.contains("guessed from this machine: cores_per_node; --site FILE"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("of 1.00 GiB allowed"), "{}", outcome.stderr);
    // The run's own wall time counts where there is no other, and before the site's.
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[run]\nwalltime = \"3:00:00\"\nthreads = 3\n")).unwrap();
    let outcome = submit_at("walltime = '8:00:00'\nscheduler = 'pbs'\ncores_per_node = 8", &config, &[]).succeeded();
    assert!(outcome.stdout.contains("#PBS -l walltime=3:00:00\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("#PBS -l select=1:ncpus=8:mpiprocs=1\n"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("x 8 thread(s)"), "the script sets them: {}", outcome.stderr);
    assert!(outcome.stderr.contains("memory_per_node; --site FILE"), "{}", outcome.stderr);
}

#[test]
fn an_own_template_lies_beside_the_site_file() {
    let (folder, config) = input();
    let site = "scheduler = 'pbs'\ncores_per_node = 4\nwalltime = '1:00:00'\ntemplate = 'own.pbs'\nqueue = 'q1'";
    submit_at(site, &config, &[]).failed(2, &["cannot read", "own.pbs", "No such file"]);
    let own = folder.path().join("input/own.pbs");
    fs::write(&own, "#!/bin/bash\n#PBS -N own\n#PBS -q other\n# module load openmpi\nmpirun oceanspec run \"$@\"\n")
        .unwrap();
    let outcome = submit_at(site, &config, &[]).succeeded();
    let expected = ["#PBS -N own", "#PBS -l select=1:ncpus=4:mpiprocs=1", "#PBS -l walltime=1:00:00", "#PBS -q q1"];
    assert_eq!(directives(&outcome.stdout), expected);
    fs::write(&own, "#!/bin/bash\n#PBS -N own\nmpirun oceanspec run \"$1\"\n").unwrap();
    submit_at(site, &config, &[]).failed(2, &["own.pbs has no line `# module load openmpi`"]);
}

/// 480 x 400 points and 500 hours, all but three of them files without blocks: only their names and lengths count.
fn large_input() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let spec = SynthSpec { nx: 480, ny: 400, nt: 3, land: false, meta: false, ..SynthSpec::default() };
    let config = synthesise(&folder.path().join("input"), &spec, &|_, _| {}).unwrap().config;
    for step in 3..500 {
        for name in ["U", "V"] {
            let iteration = spec.first_iteration + step * 144;
            let file = File::create(folder.path().join(format!("input/mds/{name}.{iteration:010}.data"))).unwrap();
            file.set_len(480 * 400 * 4).unwrap();
        }
    }
    let text = fs::read_to_string(&config).unwrap();
    let segment = text.lines().find(|line| line.starts_with("segment")).unwrap();
    fs::write(&config, text.replace(segment, "segment = \"100 samples\"")).unwrap();
    (folder, config)
}

#[test]
fn as_few_nodes_are_taken_as_need_eight_passes() {
    let (_folder, config) = large_input();
    let site = "scheduler = 'slurm'\ncores_per_node = 8\nranks_per_node = 2\nwalltime = '1:00:00'\nmemory_per_node = '200 MiB'";
    let outcome = submit_at(site, &config, &[]).succeeded();
    let nodes: usize = directives(&outcome.stdout)
        .iter()
        .find_map(|line| line.strip_prefix("#SBATCH --nodes="))
        .map(|nodes| nodes.parse().unwrap())
        .unwrap();
    let passes = |nodes: usize| {
        let sets = ["--set", "run.memory=200 MiB", "--set", "run.threads=4", "--json"];
        let machine = [(2 * nodes).to_string(), "--nodes".to_owned(), nodes.to_string()];
        let plan = Program::alone().arg("plan").arg(&config).args(sets).arg("--ranks").args(machine).run().succeeded();
        plan.json()["passes"].as_u64().unwrap()
    };
    assert!(nodes > 1, "{}", outcome.stderr);
    assert!(passes(nodes) <= 8 && passes(nodes - 1) > 8, "{} {} {}", nodes, passes(nodes), passes(nodes - 1));
    assert!(outcome.stderr.contains(&format!("{} pass(es)\n", passes(nodes))), "{}", outcome.stderr);

    // Within the site's limit, with more passes; of equal ones the fewest nodes.
    let limited = format!("{site}\nmax_nodes = {}", nodes - 1);
    let outcome = submit_at(&limited, &config, &[]).succeeded();
    assert!(passes(1) <= passes(nodes - 1) && outcome.stdout.contains("#SBATCH --nodes=1\n"), "{}", outcome.stdout);
    let told = format!("{} pass(es); more nodes, or more memory, would need fewer", passes(1));
    assert!(outcome.stderr.contains(&told), "{}", outcome.stderr);
    submit_at(&limited, &config, &["--nodes", &nodes.to_string()]).failed(2, &["--nodes", "`max_nodes`"]);
    // One node can do it in many passes; more, whose ranks exchange more, cannot.
    let outcome = submit_at(&site.replace("200 MiB", "160 MiB"), &config, &[]).succeeded();
    assert!(outcome.stdout.contains("#SBATCH --nodes=1\n"), "{}", outcome.stderr);
    // Where even one tile at a time is too much, with the plan's words.
    submit_at(&site.replace("200 MiB", "60 MiB"), &config, &[]).failed(5, &["not enough memory", "60.00 MiB"]);
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let (_folder, config) = input();
    let good = "scheduler = 'pbs'\ncores_per_node = 4\nwalltime = '1:00:00'\nmemory_per_node = '2 GiB'";
    submit(&config, &["--walltime", "1:00:00"]).failed(2, &["--scheduler pbs, slurm or torque"]);
    submit(&config, &["--scheduler", "slurm"]).failed(2, &["no wall time is given", "--walltime 11:50:00"]);
    submit(&config, &["--scheduler", "slurm", "--walltime", "11:50"]).failed(2, &["11 minutes 50 seconds"]);
    submit(&config, &["--scheduler", "lsf", "--walltime", "1:00:00"]).failed(2, &["known: pbs slurm torque"]);
    submit(&config, &["--site", "absent.toml"]).failed(2, &["cannot read absent.toml"]);
    submit(&config.with_file_name("absent.toml"), &["--scheduler", "pbs"]).failed(2, &["absent.toml"]);
    submit_at(&format!("{good}\nmodule = ['a']"), &config, &[])
        .failed(2, &["unknown key `module`", "`modules`", "site.toml:5:1"]);
    submit_at(good, &config, &["--set", "run.walltime=2:00:00"]).failed(2, &["give --walltime"]);
    submit_at(good, &config, &["--set", "run.memory=3 GiB"]).failed(2, &["3.00 GiB", "`memory_per_node` = 2.00 GiB"]);
    submit_at(good, &config, &["--set", "spectrum.segmnet=1 day"]).failed(2, &["segment"]);
    submit_at(good, &config, &["--nodes", "0"]).failed(2, &["--nodes"]);
    // A smaller part of the node is the user's choice.
    let outcome = submit_at(good, &config, &["--set", "run.memory=1 GiB", "--set", "run.threads=2"]).succeeded();
    assert!(
        outcome.stderr.contains("of 1.00 GiB allowed") && outcome.stderr.contains("x 2 thread(s)"),
        "{}",
        outcome.stderr
    );
}

/// `--go` with a recorder as the scheduler's command; its folder and how the program ended.
fn go(scheduler: &str, command: &str, files: &[(&str, &str)], config: &Path) -> (tempfile::TempDir, Outcome) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    link(folder.path(), command, "recorder.sh");
    for (what, text) in files {
        fs::write(folder.path().join(format!("bin/{command}.{what}")), text).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().join("bin").display());
    let arguments = ["--scheduler", scheduler, "--walltime", "1:00:00", "--go"];
    let outcome = Program::alone().arg("submit").arg(config).args(arguments).env("PATH", &path).run();
    (folder, outcome)
}

#[test]
fn go_hands_the_script_over_and_prints_the_jobs_number() {
    let (_folder, config) = input();
    for (scheduler, command, options, printed, id) in [
        ("pbs", "qsub", "\n", "4711.pbs-1.example\n", "4711.pbs-1.example\n"),
        ("torque", "qsub", "\n", "12.head\n", "12.head\n"),
        ("slurm", "sbatch", "--parsable\n", "812;east\n", "812\n"),
    ] {
        let (bin, outcome) = go(scheduler, command, &[("out", printed), ("err", "low on hours\n")], &config);
        let outcome = outcome.succeeded();
        assert_eq!(outcome.stdout, id);
        assert!(outcome.stderr.contains("low on hours") && outcome.stderr.contains("node(s)"), "{}", outcome.stderr);
        let read = |what: &str| fs::read_to_string(bin.path().join(format!("bin/{command}.{what}"))).unwrap();
        assert_eq!(read("argv"), options);
        let shown = submit(&config, &["--scheduler", scheduler, "--walltime", "1:00:00"]).succeeded();
        assert_eq!(read("stdin").trim_end(), shown.stdout.trim_end(), "what is shown is what is handed over");
    }
}

#[test]
fn the_schedulers_refusal_is_the_users_message() {
    let (_folder, config) = input();
    let refusal = [("code", "170"), ("err", "qsub: Unknown queue\n"), ("out", "")];
    let (_bin, outcome) = go("pbs", "qsub", &refusal, &config);
    outcome.failed(2, &["qsub did not take the job", "170", "qsub: Unknown queue"]);
    assert_eq!(outcome.stdout, "");
    // Words on standard output count as well, and a success without a number is none.
    let (_bin, outcome) = go("slurm", "sbatch", &[("code", "1"), ("out", "invalid partition\n")], &config);
    outcome.failed(2, &["sbatch did not take the job", "invalid partition"]);
    let (_bin, outcome) = go("slurm", "sbatch", &[], &config);
    outcome.failed(2, &["sbatch did not take the job", "it said nothing"]);
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--scheduler", "pbs", "--walltime", "1:00:00", "--go"];
    let path = folder.path().to_str().unwrap();
    let outcome = Program::alone().arg("submit").arg(&config).args(arguments).env("PATH", path).run();
    outcome.failed(2, &["cannot start qsub", "Without --go"]);
}
