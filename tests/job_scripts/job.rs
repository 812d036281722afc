//! A job script as a scheduler runs it: a copy from a spool folder, started in the home folder, with the variables that
//! PBS Pro, Torque and Slurm set and no others. Launchers, schedulers' commands and the program are recorders.
#![allow(dead_code, unreachable_pub, reason = "two programs of tests use it, each its part")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// One job: a home, the folder of the submission with run.toml in it, and a folder of recorders on PATH.
pub struct Job {
    pub root: PathBuf,
    pub command: Command,
    /// Name of what starts the ranks.
    pub launcher: &'static str,
}

/// The commands that the scripts and the recorders use.
const TOOLS: [&str; 11] =
    ["basename", "bash", "cat", "date", "dirname", "env", "sed", "sleep", "sort", "timeout", "wc"];

pub fn script(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("slurm-pbs").join(name)).unwrap()
}

impl Job {
    fn new(test: &str, script: &str, launcher: &'static str, others: &[&str]) -> Job {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("job_scripts").join(test);
        let _ = fs::remove_dir_all(&root);
        for folder in ["home", "submitted", "bin", "spool"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("submitted/run.toml"), "").unwrap();
        for name in others.iter().chain(&[launcher, "oceanspec"]) {
            link(&root, name, "recorder.sh");
        }
        // No other command of this machine, which may have schedulers of its own.
        fs::create_dir(root.join("tools")).unwrap();
        for name in TOOLS {
            let found =
                ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name)).into_iter().find(|p| p.exists());
            symlink(found.unwrap_or_else(|| panic!("no {name} here")), root.join("tools").join(name)).unwrap();
        }
        let spooled = root.join("spool/job.SC");
        fs::write(&spooled, script).unwrap();
        let mut command = Command::new("bash");
        command
            .arg(&spooled)
            .current_dir(root.join("home"))
            .env_clear()
            .env("HOME", root.join("home"))
            .env("PATH", format!("{0}/bin:{0}/tools", root.display()))
            .stdin(Stdio::null());
        Job { root, command, launcher }
    }

    /// PBS Pro: `hosts` names a host once for each rank; NCPUS and OMP_NUM_THREADS are those of a whole chunk. qstat says
    /// that the job may take two hours and ten seconds.
    pub fn pbs_of(test: &str, script: &str, hosts: &[&str], ncpus: u32) -> Job {
        let mut job = Job::new(test, script, "mpirun", &["qsub", "qstat", "module"]);
        job.pbs_variables(hosts);
        job.command.env("NCPUS", ncpus.to_string()).env("OMP_NUM_THREADS", ncpus.to_string());
        let told = "Job Id: 4711[].pbs-1.example\n    Job_Name = oceanspec\n    resources_used.walltime = 00:00:02\n    \
                    Resource_List.select = 2:ncpus=30\n    Resource_List.walltime = 02:00:10\n";
        fs::write(job.bin("qstat.out"), told).unwrap();
        fs::write(job.bin("qsub.out"), "4712.pbs-1.example\n").unwrap();
        job
    }

    pub fn pbs(test: &str, hosts: &[&str], ncpus: u32) -> Job {
        Job::pbs_of(test, &script("run.pbs"), hosts, ncpus)
    }

    /// Torque: `hosts` names a host once for each of its `ppn` cores; the job may take two hours and ten seconds.
    pub fn torque_of(test: &str, script: &str, hosts: &[&str], ppn: usize) -> Job {
        let mut job = Job::new(test, script, "mpirun", &["qsub", "module"]);
        let slots: Vec<&str> = hosts.iter().flat_map(|&host| std::iter::repeat_n(host, ppn)).collect();
        job.pbs_variables(&slots);
        job.command.env("PBS_NUM_PPN", ppn.to_string()).env("PBS_WALLTIME", "7210");
        fs::write(job.bin("qsub.out"), "4712.pbs-1.example\n").unwrap();
        job
    }

    pub fn torque(test: &str, hosts: &[&str], ppn: usize) -> Job {
        Job::torque_of(test, &script("run.torque"), hosts, ppn)
    }

    fn pbs_variables(&mut self, hosts: &[&str]) {
        let node_file = self.node_file();
        fs::write(&node_file, hosts.iter().map(|host| format!("{host}\n")).collect::<String>()).unwrap();
        self.command
            .env("PBS_O_WORKDIR", self.root.join("submitted"))
            .env("PBS_NODEFILE", node_file)
            .env("PBS_JOBID", "4711[].pbs-1.example")
            .env("CONFIG", "run.toml");
    }

    /// Slurm, two hosts with three ranks of five cores each; the batch script starts in the folder of the submission. The
    /// job ends in two hours and ten seconds.
    pub fn slurm_of(test: &str, script: &str) -> Job {
        let mut job = Job::new(test, script, "srun", &["scontrol", "module"]);
        let end = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() + 7210;
        job.command
            .env("SLURM_SUBMIT_DIR", job.root.join("submitted"))
            .env("SLURM_JOB_ID", "812")
            .env("SLURM_NTASKS", "6")
            .env("SLURM_JOB_NUM_NODES", "2")
            .env("SLURM_CPUS_PER_TASK", "5")
            .env("SLURM_JOB_END_TIME", end.to_string())
            .env("OMP_NUM_THREADS", "40");
        job
    }

    /// The same, of run.toml.
    pub fn slurm(test: &str) -> Job {
        let mut job = Job::slurm_of(test, &script("run.sbatch"));
        job.command.arg("run.toml");
        job
    }

    pub fn bin(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(name)
    }

    pub fn node_file(&self) -> PathBuf {
        self.root.join("spool/4711.pbs-1.example.aux")
    }

    /// The code that the launcher, or another command, leaves with.
    pub fn code(&self, command: &str, code: i32) {
        fs::write(self.bin(&format!("{command}.code")), code.to_string()).unwrap();
    }

    /// The same of the launcher.
    pub fn leave_with(&self, code: i32) {
        self.code(self.launcher, code);
    }

    pub fn run(&mut self) -> Output {
        self.command.output().unwrap()
    }

    /// Starts the job in a process group of its own, as schedulers do, and waits until the launcher is at work.
    pub fn start(&mut self, seconds: u32) -> Child {
        fs::write(self.bin(&format!("{}.seconds", self.launcher)), seconds.to_string()).unwrap();
        let child = self.command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.wait_for(self.launcher);
        child
    }

    /// Waits until a command is at work.
    pub fn wait_for(&self, command: &str) {
        let environment = self.bin(&format!("{command}.env"));
        let since = Instant::now();
        while !environment.exists() {
            assert!(since.elapsed() < Duration::from_secs(60), "{command} was not started");
            std::thread::sleep(Duration::from_millis(10));
        }
        // The recorder writes its environment last.
        std::thread::sleep(Duration::from_millis(100));
    }

    pub fn recorded(&self, command: &str, what: &str) -> Vec<String> {
        let path = self.bin(&format!("{command}.{what}"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.lines().map(str::to_owned).collect()
    }

    /// What the launcher was given.
    pub fn argv(&self) -> Vec<String> {
        self.recorded(self.launcher, "argv")
    }

    pub fn environment(&self, command: &str) -> BTreeMap<String, String> {
        let pairs = self.recorded(command, "env");
        pairs.iter().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    pub fn started(&self, command: &str) -> bool {
        self.bin(&format!("{command}.argv")).exists()
    }

    /// Whether the run was given a wall time that is `seconds` or, as starting takes a while, a minute less at most.
    #[track_caller]
    pub fn has_seconds_left(&self, seconds: u64) {
        let argv = self.argv();
        let given: Vec<_> = argv.iter().filter_map(|word| word.strip_prefix("run.walltime=")).collect();
        assert_eq!(given.len(), 1, "{argv:?}");
        let fields: Vec<u64> = given[0].split(':').map(|field| field.parse().unwrap()).collect();
        assert!(fields.len() == 3 && fields[1] < 60 && fields[2] < 60, "{given:?}");
        let left = fields.iter().fold(0, |sum, field| 60 * sum + field);
        assert!((seconds.saturating_sub(60)..=seconds).contains(&left), "{given:?} is not {seconds} s");
    }
}

/// Puts a script of tests/job_scripts/ into the folder of recorders. A link, because a file just written may still be open
/// in a process that another test has just forked, and then cannot be run.
pub fn link(root: &Path, name: &str, script: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/job_scripts").join(script);
    symlink(script, root.join("bin").join(name)).unwrap();
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// True if `arguments` holds the words of `expected` one after the other.
pub fn has_words(arguments: &[String], expected: &[&str]) -> bool {
    arguments.windows(expected.len()).any(|window| window == expected)
}
