"""Cases and jobs: a folder with a configuration, a job made from it by sbatch or qsub, its state and its output; and
whether two results hold the same bytes."""

import hashlib
import re
import resource
import subprocess
import time
from pathlib import Path

from cluster import CORES, Cluster, wait_until

JOB_SCRIPTS = Path(__file__).resolve().parents[2] / "slurm-pbs"
OUTPUT = "spectra.zarr"
# Of jobs as scenarios submit them, and the schedulers' own names where they are not asked for others.
LOGS = ("job-*.log", "slurm-*.out", "*.o[0-9]*", "*.e[0-9]*")
FINAL_STATES = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE"}


class Failed(Exception):
    """A scenario did not go as it must; the text says what was expected and what was seen."""


def must(condition: bool, what: str) -> None:
    if not condition:
        raise Failed(what)


class Case:
    """A folder with config.toml, from which jobs are submitted and in which the result comes to lie."""

    def __init__(self, cluster: Cluster, oceanspec: Path, name: str, config: str):
        self.cluster = cluster
        self.oceanspec = oceanspec
        self.folder = cluster.folder / "cases" / name
        self.folder.mkdir(parents=True)
        (self.folder / "config.toml").write_text(config)
        self.result = self.folder / OUTPUT
        self.partial = self.folder / f"{OUTPUT}.partial"
        self.jobs: list[Job] = []

    def run_here(self) -> None:
        """One process, without a scheduler; `core_seconds` is then what it took, all its threads together."""
        command = [self.oceanspec, "run", "config.toml"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=self.folder, env=self.cluster.environment, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.core_seconds = after.ru_utime - before.ru_utime
        must(done.returncode == 0, f"one process leaves with {done.returncode}:\n{done.stdout}{done.stderr}")

    def take_input_away(self) -> None:
        config = self.folder / "config.toml"
        config.write_text(config.read_text().replace("/input/mds", "/absent/mds"))

    def sbatch(self, *options: str, nodes: int, ranks_per_node: int = 1, arguments: tuple[str, ...] = ()) -> "Job":
        command = ["sbatch", "--parsable", f"--nodes={nodes}", f"--ntasks-per-node={ranks_per_node}", "--cpus-per-task=1"]
        command += ["--time=10", "--output=job-%j.log", *options, str(JOB_SCRIPTS / "run.sbatch"), "config.toml", *arguments]
        return self._submit(command, SUBMITTED_BY="sbatch")

    def qsub_edited(self, script_name: str, **lines: str) -> "Job":
        """Submits a copy of a script with its lines `#PBS -l NAME=VALUE` set, as its users do."""
        script = (JOB_SCRIPTS / script_name).read_text()
        for name, value in {**lines, "walltime": "00:10:00"}.items():
            script, count = re.subn(rf"^#PBS -l {name}=.*", f"#PBS -l {name}={value}", script, flags=re.MULTILINE)
            must(count == 1, f"{script_name} has {count} lines '#PBS -l {name}='")
        (self.folder / script_name).write_text(script)
        return self.qsub("-V", "-v", "CONFIG=config.toml", "-j", "oe", "-o", "job-%j.log", script_name)

    def qsub(self, *arguments: str) -> "Job":
        return self._submit(["qsub", *arguments])

    def write_site(self, scheduler: str) -> None:
        """A site file of hosts with one rank and all their cores for it."""
        layout = f'scheduler = "{scheduler}"\nranks_per_node = 1\ncores_per_node = {len(CORES)}\n'
        (self.folder / "site.toml").write_text(f'{layout}memory_per_node = "4 GiB"\nwalltime = "10 min"\n')

    def oceanspec_submit(self, nodes: int, *options: str) -> str:
        """What `oceanspec submit` prints."""
        command = [self.oceanspec, "submit", "config.toml", "--site", "site.toml", "--nodes", str(nodes), *options]
        environment = {**self.cluster.environment, "SUBMITTED_BY": "sbatch"}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)
        must(done.returncode == 0, f"oceanspec submit leaves with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def job(self, number: str) -> "Job":
        job = Job(self.cluster, number, self.folder)
        self.jobs.append(job)
        return job

    def _submit(self, command: list[str], **more_environment: str) -> "Job":
        environment = {**self.cluster.environment, "OCEANSPEC": str(self.oceanspec), **more_environment}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)
        said = (done.stdout + done.stderr).strip()
        must(done.returncode == 0 and re.fullmatch(r"\d+", said.split()[-1]), f"{command[0]}: {said}")
        return self.job(said.split()[-1])

    def successor_of(self, job: "Job") -> "Job":
        """The job that a job submitted."""
        found = re.search(r"goes on as job (\d+)", job.log())
        must(found is not None, f"job {job.number} does not say that it goes on as another one")
        return self.job(found[1])

    def shards_written(self) -> int:
        """Whole files of spectra in the unfinished result."""
        chunks = self.partial / "rotary_psd" / "c"
        return sum(1 for path in chunks.rglob("*") if path.is_file() and not path.name.endswith(".writing"))

    def must_equal(self, reference: "Case") -> None:
        must(self.result.is_dir(), f"no result at {self.result}")
        must(not self.partial.exists(), f"{self.partial} is still there")
        ours, theirs = digests(self.result), digests(reference.result)
        must(len(theirs) > 20, f"only {len(theirs)} files in the reference")
        different = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        must(not different, f"{len(different)} of {len(theirs)} files differ from those of one process: {different[:5]}")

    def evidence(self) -> str:
        names = sorted(path.name for path in self.folder.iterdir())
        text = f"--- {self.folder}: {names}, {self.shards_written()} shards in the unfinished result\n"
        for path in sorted(path for pattern in LOGS for path in self.folder.glob(pattern)):
            text += f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-60:]) + "\n"
        return text + "".join(f"--- {job.record()}\n" for job in self.jobs)


class Job:
    def __init__(self, cluster: Cluster, number: str, folder: Path):
        self.cluster = cluster
        self.number = number
        self.folder = folder

    def record(self) -> str:
        return self.cluster.query("scontrol", "--oneliner", "show", "job", self.number).strip()

    def fields(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.record().split() if "=" in pair)

    def state(self) -> str:
        return self.fields().get("JobState", "unknown")

    def log(self) -> str:
        """What all attempts wrote."""
        own = re.compile(rf"job-{self.number}\.log|slurm-{self.number}\.out|.*\.[oe]{self.number}")
        paths = (path for path in sorted(self.folder.iterdir()) if own.fullmatch(path.name))
        return "".join(path.read_text(errors="replace") for path in paths)

    def restarts(self) -> int:
        return int(self.fields().get("Restarts", 0))

    def update(self, setting: str) -> None:
        self.cluster.query("scontrol", "update", f"JobId={self.number}", setting)

    def wait_for(self, condition, seconds: float, what: str) -> None:
        """Waits for `condition`, or fails at once where the job has ended without it."""
        end = time.monotonic() + seconds
        while not condition():
            state = self.state()
            must(state not in FINAL_STATES or condition(), f"job {self.number} is {state} before {what}")
            must(time.monotonic() < end, f"waited {seconds:.0f} s for {what}; job {self.number} is {state}")
            time.sleep(0.1)

    def wait_for_end(self, seconds: float) -> tuple[str, str, int]:
        """State, exit code as Slurm writes it (`3:0`), number of restarts."""
        wait_until(lambda: self.state() in FINAL_STATES, seconds, f"the end of job {self.number}", interval=0.3)
        fields = self.fields()
        return fields["JobState"], fields["ExitCode"], int(fields["Restarts"])


def digests(result: Path) -> dict[str, str]:
    """A digest of every file but the group's zarr.json, which holds the configuration and the plan."""
    files = (path for path in result.rglob("*") if path.is_file() and path != result / "zarr.json")
    return {str(path.relative_to(result)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
