"""What is tried under a real scheduler, one function a scenario; started by drive.py.

    scenarios.py FOLDER OCEANSPEC several|one [NAME]...
"""

import inspect
import subprocess
import sys
import time
import traceback
from pathlib import Path

from cluster import Cluster, spank_pbs, wait_until
from jobs import Case, Failed, must

NODES = 3


class Bench:
    """A running Slurm, the input, and the results of one process to compare with."""

    def __init__(self, cluster: Cluster, oceanspec: Path):
        self.cluster = cluster
        self.oceanspec = oceanspec
        self.nodes = NODES if cluster.several_hosts else 1
        self.cases: list[Case] = []
        self.references: dict[float, Case] = {}

    def make_input(self, columns: int, rows: int, snapshots: int) -> None:
        size = ("--nx", str(columns), "--ny", str(rows), "--nt", str(snapshots))
        subprocess.run([self.oceanspec, "synth", self.cluster.folder / "input", *size], check=True, capture_output=True)

    def config(self, overlap: float) -> str:
        """A run's duration is in its overlap: 0.99 makes about fifty times the segments of 0.5. Their length is prime,
        whose transforms take longest."""
        data = self.cluster.folder / "input"
        return f"""
[input]
path     = "{data}/mds"
grid     = "{data}/grid"
timestep = "25 s"
epoch    = 2011-09-10T00:00:00
[spectrum]
segment  = "719 samples"
overlap  = {overlap}
[[bands]]
name     = "near_inertial"
limits   = ["0.9 f", "1.1 f"]
[output]
path     = "spectra.zarr"
[run]
threads  = 1
"""

    def case(self, name: str, overlap: float) -> Case:
        case = Case(self.cluster, self.oceanspec, name, self.config(overlap))
        self.cases.append(case)
        return case

    def reference(self, overlap: float) -> Case:
        if overlap not in self.references:
            reference = self.case(f"reference-{overlap}", overlap)
            reference.run_here()
            self.references[overlap] = reference
        return self.references[overlap]


SHORT = 0.5
LONG = 0.99


def sbatch(bench: Bench) -> None:
    """sbatch run.sbatch, two ranks a host: COMPLETED, 0, the bytes of one process"""
    case = bench.case("sbatch", SHORT)
    job = case.sbatch(nodes=bench.nodes, ranks_per_node=2)
    end = job.wait_for_end(60)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(f"{2 * bench.nodes} ranks on {bench.nodes} hosts" in job.log(), "the log does not tell ranks and hosts")
    case.must_equal(bench.reference(SHORT))


def sbatch_fails(bench: Bench) -> None:
    """sbatch run.sbatch without its input: the job's exit code is the program's, 3"""
    case = bench.case("sbatch-fails", SHORT)
    config = case.folder / "config.toml"
    config.write_text(config.read_text().replace("/input/mds", "/absent/mds"))
    job = case.sbatch(nodes=bench.nodes)
    end = job.wait_for_end(60)
    must(end == ("FAILED", "3:0", 0), f"ended as {end}")
    must(job.log().count("/absent/mds") == 1, "the missing folder is not named once")


def qsub(bench: Bench) -> None:
    """qsub run.pbs, mpirun over PBS_NODEFILE: COMPLETED, 0, the bytes of one process"""
    case = bench.case("qsub", SHORT)
    job = case.qsub(nodes=bench.nodes)
    end = job.wait_for_end(60)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(f"{bench.nodes} ranks on {bench.nodes} hosts" in job.log(), "the log does not tell ranks and hosts")
    case.must_equal(bench.reference(SHORT))


def qsub_fails(bench: Bench) -> None:
    """qsub run.pbs without its input: the job's exit code is the program's, 3"""
    case = bench.case("qsub-fails", SHORT)
    config = case.folder / "config.toml"
    config.write_text(config.read_text().replace("/input/mds", "/absent/mds"))
    job = case.qsub(nodes=bench.nodes)
    end = job.wait_for_end(60)
    must(end == ("FAILED", "3:0", 0), f"ended as {end}")


SCENARIOS = [sbatch, sbatch_fails, qsub, qsub_fails]


def main() -> int:
    folder, oceanspec, hosts, *wanted = sys.argv[1:]
    unknown = set(wanted) - {scenario.__name__ for scenario in SCENARIOS}
    if unknown:
        sys.exit(f"no scenario {', '.join(unknown)}; there are {', '.join(each.__name__ for each in SCENARIOS)}")
    start = time.monotonic()
    cluster = Cluster(Path(folder), hosts == "several")
    bench = Bench(cluster, Path(oceanspec))
    try:
        cluster.start()
        bench.make_input(48, 48, 1440)
    except Exception:
        traceback.print_exc()
        print(cluster.log_tails(), flush=True)
        return 1
    print(f"Slurm runs on {', '.join(cluster.host_names)} ({time.monotonic() - start:.0f} s)", flush=True)
    failures = 0
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        start, first_case = time.monotonic(), len(bench.cases)
        what = inspect.getdoc(scenario)
        try:
            scenario(bench)
            print(f"PASS  {scenario.__name__}: {what} ({time.monotonic() - start:.0f} s)", flush=True)
        except Exception as error:
            failures += 1
            text = str(error) if isinstance(error, (Failed, TimeoutError)) else traceback.format_exc()
            text += "\n" + "".join(case.evidence() for case in bench.cases[first_case:]) + cluster.log_tails()
            print(f"FAIL  {scenario.__name__}: {what} ({time.monotonic() - start:.0f} s)")
            print("\n".join(f"      | {line}" for line in text.splitlines()), flush=True)
            # What the scenario left behind must not spoil the next one.
            for case in bench.cases[first_case:]:
                for job in case.jobs:
                    cluster.query("scancel", job.number)
            cluster.wait_for_hosts()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
