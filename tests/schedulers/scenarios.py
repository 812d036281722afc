"""What is tried under a real scheduler, one function a scenario; started by drive.py.

    scenarios.py FOLDER OCEANSPEC several|one [NAME]...
"""

import inspect
import subprocess
import sys
import time
import traceback
from pathlib import Path

from cluster import CORES, Cluster, wait_until
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
        """Segments of a prime length, whose transforms take longest, and memory for less than a whole pass, where the
        run is long."""
        memory = "100 MiB" if overlap == LONG else "4 GiB"
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
memory   = "{memory}"
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


SHORT, LONG = 0.5, 0.993  # overlaps: a run's duration is in its segments, 0.1 and 15 s of one core
MID_RUN_SHARDS = 6  # of 64: so many are written when something is done to a job in mid-run
JOB_SECONDS = 240  # a job that takes longer hangs


def sbatch(bench: Bench) -> None:
    """sbatch run.sbatch, a rank for each core: COMPLETED, 0, the bytes of one process"""
    case = bench.case("sbatch", SHORT)
    job = case.sbatch(nodes=bench.nodes, ranks_per_node=len(CORES))
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(f"{len(CORES) * bench.nodes} ranks on {bench.nodes} hosts" in job.log(), "the log does not tell ranks and hosts")
    case.must_equal(bench.reference(SHORT))


def sbatch_fails(bench: Bench) -> None:
    """sbatch run.sbatch without its input: the job's exit code is the program's, 3"""
    case = bench.case("sbatch-fails", SHORT)
    case.take_input_away()
    job = case.sbatch(nodes=bench.nodes)
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("FAILED", "3:0", 0), f"ended as {end}")
    must(job.log().count("/absent/mds") == 1, "the missing folder is not named once")


def qsub(bench: Bench) -> None:
    """qsub run.pbs, mpirun over PBS_NODEFILE: COMPLETED, 0, the bytes of one process"""
    case = bench.case("qsub", SHORT)
    job = case.qsub_edited("run.pbs", select=f"{bench.nodes}:ncpus=1:mpiprocs=1")
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(f"{bench.nodes} ranks on {bench.nodes} hosts" in job.log(), "the log does not tell ranks and hosts")
    case.must_equal(bench.reference(SHORT))


def qsub_torque(bench: Bench) -> None:
    """qsub run.torque, one rank a host of the node file's cores: COMPLETED, 0, the bytes of one process"""
    case = bench.case("qsub-torque", SHORT)
    job = case.qsub_edited("run.torque", nodes=f"{bench.nodes}:ppn={len(CORES)}")
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(one_rank_a_host(bench) in job.log(), f"the log does not tell of {one_rank_a_host(bench)}")
    case.must_equal(bench.reference(SHORT))


def qsub_fails(bench: Bench) -> None:
    """qsub run.pbs without its input: the job's exit code is the program's, 3"""
    case = bench.case("qsub-fails", SHORT)
    case.take_input_away()
    job = case.qsub_edited("run.pbs", select=f"{bench.nodes}:ncpus=1:mpiprocs=1")
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("FAILED", "3:0", 0), f"ended as {end}")
    must(job.log().count("/absent/mds") == 1, "the missing folder is not named once")


def submit_sbatch(bench: Bench) -> None:
    """oceanspec submit --go: prints the job's number; COMPLETED, 0, the bytes of one process"""
    case = bench.case("submit-sbatch", SHORT)
    case.write_site("slurm")
    printed = case.oceanspec_submit(bench.nodes, "--go").strip()
    must(printed.isdigit(), f"it prints {printed!r}")
    job = case.job(printed)
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(one_rank_a_host(bench) in job.log(), f"the log does not tell of {one_rank_a_host(bench)}")
    case.must_equal(bench.reference(SHORT))


def submit_qsub(bench: Bench) -> None:
    """oceanspec submit's script by qsub: COMPLETED, 0, the bytes of one process"""
    case = bench.case("submit-qsub", SHORT)
    case.write_site("pbs")
    # Slurm's qsub does not read from standard input, by which --go would hand it over.
    (case.folder / "printed.pbs").write_text(case.oceanspec_submit(bench.nodes))
    job = case.qsub("printed.pbs")
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 0), f"ended as {end}")
    must(one_rank_a_host(bench) in job.log(), f"the log does not tell of {one_rank_a_host(bench)}")
    case.must_equal(bench.reference(SHORT))


def one_rank_a_host(bench: Bench) -> str:
    return f"{bench.nodes} ranks on {bench.nodes} hosts, {len(CORES)} threads each"


def sbatch_time_limit(bench: Bench) -> None:
    """Slurm's signal before the time limit: the run leaves with 75, the script requeues the job, the next attempt goes on; the bytes of one process"""
    duration = bench.reference(LONG).core_seconds / min(bench.nodes, len(CORES))  # a rank has one thread
    for attempt in range(4):
        # The run must be at work when Slurm looks at the limits the next time, which it does every 30 s.
        lead = 2 + 0.6 * duration
        wait_until(lambda: abs(bench.cluster.seconds_to_check_of_limits() - lead) < 0.5, 70, "a check of time limits")
        case = bench.case(f"time-limit-{attempt}", LONG)
        job = case.sbatch("--time=10", "--signal=USR1@110", nodes=bench.nodes)
        job.wait_for(lambda: case.shards_written() >= MID_RUN_SHARDS, JOB_SECONDS, "the first shards")
        job.update("TimeLimit=2")
        job.wait_for(lambda: job.restarts() > 0 or job.state() == "COMPLETED", JOB_SECONDS, "being queued again")
        if job.restarts() > 0:
            break
        # It was done before Slurm looked.
    job.update("TimeLimit=10")
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 1), f"ended as {end}")
    must("ended with exit code 75" in job.log(), "the log does not tell of exit code 75")
    must("going on" in job.log(), "the next attempt did not go on with the first one's tiles")
    case.must_equal(bench.reference(LONG))


def sbatch_walltime(bench: Bench) -> None:
    """a wall time that is too short for the run: it stops by itself, as often as it takes; the bytes of one process"""
    reference = bench.reference(LONG)
    # One rank with one thread takes longer, however many cores there are.
    seconds = round(0.75 * reference.core_seconds)
    case = bench.case("walltime", LONG)
    job = case.sbatch(nodes=1, arguments=("--set", f"run.walltime=0:00:{seconds:02}"))
    state, code, restarts = job.wait_for_end(JOB_SECONDS)
    must((state, code) == ("COMPLETED", "0:0") and restarts > 0, f"ended as {state}, {code}, {restarts} restarts")
    must(job.log().count("ended with exit code 75") == restarts, f"exit code 75 is not told {restarts} times")
    must(job.log().count("going on") == restarts, f"it does not go on {restarts} times")
    case.must_equal(reference)


def qsub_signal(bench: Bench) -> None:
    """USR1 to a job of qsub, all its processes: the run leaves with 75, the script submits itself, that job goes on; the bytes of one process"""
    case = bench.case("qsub-signal", LONG)
    job = case.qsub_edited("run.pbs", select=f"{bench.nodes}:ncpus=1:mpiprocs=1")
    job.wait_for(lambda: case.shards_written() >= MID_RUN_SHARDS, JOB_SECONDS, "the first shards")
    # As qsig of PBS Pro does.
    bench.cluster.query("scancel", "--full", "--signal=USR1", job.number)
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("FAILED", "75:0", 0), f"ended as {end}")
    next_job = case.successor_of(job)
    end = next_job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 0), f"the second job ended as {end}")
    must("going on" in next_job.log(), "the second job did not go on with the first one's tiles")
    case.must_equal(bench.reference(LONG))


def requeue(bench: Bench) -> None:
    """scontrol requeue in mid-run, which kills it: the next attempt goes on; the bytes of one process"""
    case = bench.case("requeue", LONG)
    job = case.sbatch(nodes=bench.nodes)
    job.wait_for(lambda: case.shards_written() >= MID_RUN_SHARDS, JOB_SECONDS, "the first shards")
    bench.cluster.query("scontrol", "requeue", job.number)
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 1), f"ended as {end}")
    must("going on" in job.log(), "the next attempt did not go on with the first one's tiles")
    case.must_equal(bench.reference(LONG))


def lost_host(bench: Bench) -> None:
    """a host that is gone in mid-run: Slurm queues the job again, which goes on when the host is back; the bytes of one process"""
    cluster = bench.cluster
    lost = cluster.host_names[-1]
    case = bench.case("lost-host", LONG)
    job = case.sbatch(nodes=bench.nodes)
    job.wait_for(lambda: case.shards_written() >= MID_RUN_SHARDS, JOB_SECONDS, "the first shards")
    cluster.lose_host(lost)
    wait_until(lambda: cluster.host_states()[lost].startswith("down"), 90, f"Slurm to miss {lost}")
    job.wait_for(lambda: job.restarts() == 1, 30, "being queued again")
    cluster.start_host(lost)
    end = job.wait_for_end(JOB_SECONDS)
    must(end == ("COMPLETED", "0:0", 1), f"ended as {end}")
    must("going on" in job.log(), "the next attempt did not go on with the first one's tiles")
    case.must_equal(bench.reference(LONG))


SCENARIOS = [
    sbatch,
    sbatch_fails,
    qsub,
    qsub_torque,
    qsub_fails,
    submit_sbatch,
    submit_qsub,
    sbatch_time_limit,
    sbatch_walltime,
    qsub_signal,
    requeue,
    lost_host,
]
NEED_SEVERAL_HOSTS = [lost_host]


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
        bench.make_input(128, 128, 1440)
    except Exception:
        traceback.print_exc()
        print(cluster.log_tails(), flush=True)
        return 1
    print(f"Slurm runs on {', '.join(cluster.host_names)} ({time.monotonic() - start:.0f} s)", flush=True)
    failures = 0
    for scenario in SCENARIOS:
        if wanted and scenario.__name__ not in wanted:
            continue
        if scenario in NEED_SEVERAL_HOSTS and not cluster.several_hosts:
            print(f"NOT TESTED: {scenario.__name__}: there is one host", flush=True)
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
