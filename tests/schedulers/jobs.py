"""Cases and jobs: a folder with a configuration, a job made from it by sbatch or qsub, its state and its output; and
whether two results hold the same bytes."""

import hashlib
import re
import subprocess
import time
from pathlib import Path

from cluster import Cluster, wait_until

JOB_SCRIPTS = Path(__file__).resolve().parents[2] / "slurm-pbs"
OUTPUT = "spectra.zarr"
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
        """One process, without a scheduler."""
        command = [self.oceanspec, "run", "config.toml"]
        done = subprocess.run(command, cwd=self.folder, env=self.cluster.environment, capture_output=True, text=True)
        must(done.returncode == 0, f"one process leaves with {done.returncode}:\n{done.stdout}{done.stderr}")

    def sbatch(self, *options: str, nodes: int, ranks_per_node: int = 1, arguments: tuple[str, ...] = ()) -> "Job":
        command = ["sbatch", "--parsable", f"--nodes={nodes}", f"--ntasks-per-node={ranks_per_node}", "--cpus-per-task=1"]
        command += ["--time=10", "--output=job-%j.log", *options, str(JOB_SCRIPTS / "run.sbatch"), "config.toml", *arguments]
        return self._submit(command)

    def qsub(self, nodes: int, variables: str = "") -> "Job":
        """Submits a copy of run.pbs with its lines set, as its users do; Slurm's qsub reads only some as options."""
        script = (JOB_SCRIPTS / "run.pbs").read_text()
        for key, value in (("select", f"{nodes}:ncpus=1:mpiprocs=1"), ("walltime", "00:10:00")):
            script, count = re.subn(rf"^#PBS -l {key}=.*", f"#PBS -l {key}={value}", script, flags=re.MULTILINE)
            must(count == 1, f"run.pbs has {count} lines '#PBS -l {key}='")
        (self.folder / "run.pbs").write_text(script)
        command = ["qsub", "-V", "-v", f"CONFIG=config.toml{variables}", "-j", "oe", "-o", "job-%j.log", "run.pbs"]
        return self._submit(command, SUBMITTED_BY="qsub")

    def _submit(self, command: list[str], **more_environment: str) -> "Job":
        environment = {**self.cluster.environment, "OCEANSPEC": str(self.oceanspec), **more_environment}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60)
        said = (done.stdout + done.stderr).strip()
        must(done.returncode == 0 and re.fullmatch(r"\d+", said.split()[-1]), f"{command[0]}: {said}")
        job = Job(self.cluster, said.split()[-1], self.folder)
        self.jobs.append(job)
        return job

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
        text = f"--- {self.folder}: {sorted(path.name for path in self.folder.iterdir())}\n"
        for path in sorted(self.folder.glob("job-*.log")):
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
        path = self.folder / f"job-{self.number}.log"
        return path.read_text(errors="replace") if path.exists() else ""

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
