"""drive.py OCEANSPEC [--keep] [SCENARIO]...: the job scripts and the program under a real Slurm, started for this.

Installs Slurm's packages where that is possible, makes a folder for everything, and runs scenarios.py: as root in
process, network and mount namespaces of their own, else beside the machine's other processes with one host on loopback.
Whatever was started is ended when this process ends, also when it is killed: a process namespace ends with its first
process, which the kernel kills with its parent. Where there are no namespaces, processes are known by a variable in
their environment, and if this process was killed by SIGKILL, the next run ends them.

What cannot be tested is said in lines that begin with NOT TESTED, and is a failure where REQUIRE_SCHEDULERS=1.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = "slurm-wlm slurm-client slurmd slurmctld munge slurm-wlm-torque iproute2".split()
COMMANDS = "sbatch srun scontrol sinfo scancel slurmctld slurmd munged qsub ip".split()
FOLDER_PREFIX = "oceanspec-schedulers-"
MARK = "OCEANSPEC_SCHEDULERS_FOLDER"  # in the environment of all that a run starts
TIME_LIMIT_SECONDS = 900
NAMESPACES = "unshare --pid --net --mount --uts --ipc --mount-proc --fork --kill-child".split()

not_tested: list[str] = []


def say_not_tested(what: str, why: str) -> None:
    not_tested.append(what)
    line = f"NOT TESTED: {what}: {why}"
    print(f"{'!' * 80}\n{line}\n{'!' * 80}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="the job scripts and the program under a real Slurm")
    parser.add_argument("oceanspec", type=Path)
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and results")
    parser.add_argument("scenario", nargs="*")
    arguments = parser.parse_intermixed_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    # By sudo where that asks nobody: root can make hosts.
    if os.geteuid() != 0 and can("sudo", "-n", "true"):
        passed_on = "--preserve-env=REQUIRE_SCHEDULERS,TMPDIR"
        os.execvp("sudo", ["sudo", "-n", passed_on, sys.executable, "-B", __file__, *sys.argv[1:]])
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))

    sweep()
    why = install()
    if why:
        say_not_tested("job scripts and resuming under a real scheduler", why)
        return 1 if os.environ.get("REQUIRE_SCHEDULERS") == "1" else 0
    several = os.geteuid() == 0 and can(*NAMESPACES, "ip", "link", "add", "bridge", "type", "bridge")
    if not several:
        say_not_tested("several hosts, and the loss of one", "making network namespaces and a bridge needs root and its powers")
    code = run(arguments, several)
    if not_tested and os.environ.get("REQUIRE_SCHEDULERS") == "1":
        code = code or 1
    return code


def can(*command: str) -> bool:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except OSError:
        return False


def missing_commands() -> list[str]:
    return [name for name in COMMANDS if not shutil.which(name)]


def install() -> str:
    """Installs what is missing; an empty text, or why that was not possible."""
    missing = missing_commands()
    if missing:
        if not shutil.which("apt-get"):
            return f"{', '.join(missing)} are missing, and this system has no apt-get to install them"
        if os.geteuid() != 0:
            return f"{', '.join(missing)} are missing; as root: apt-get install --no-install-recommends {' '.join(PACKAGES)}"
        print(f"installing by apt-get: {' '.join(PACKAGES)}", flush=True)
        apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*apt, "update"], env=environment, capture_output=True)
        command = [*apt, "install", "-y", "--no-install-recommends", "--no-remove", *PACKAGES]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        missing = missing_commands()
        if missing:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
            return f"{', '.join(missing)} are missing after apt-get install ({done.returncode}):\n{last}"
    if not shutil.which("mpirun"):
        return "mpirun is missing: ./setup.sh"
    return ""


def run(arguments: argparse.Namespace, several: bool) -> int:
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    folder.chmod(0o755)
    (folder / "owner").write_text(f"{os.getpid()} {start_time(os.getpid())}\n")
    command = [sys.executable, "-B", str(HERE / "scenarios.py"), str(folder), str(arguments.oceanspec.resolve())]
    command += ["several" if several else "one", *arguments.scenario]
    if several:
        # unshare ends with this process, whatever ends it, and with it all in its namespaces.
        command = ["setpriv", "--pdeathsig", "KILL", *NAMESPACES, *command]
    child = None
    try:
        child = subprocess.Popen(
            command, env={**os.environ, MARK: str(folder)}, stdin=subprocess.DEVNULL, start_new_session=True
        )
        return child.wait(timeout=TIME_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"FAIL  the scenarios were not done after {TIME_LIMIT_SECONDS} s", flush=True)
        return 1
    finally:
        if child:
            child.kill()
            child.wait()
        end_processes_of(folder)
        if arguments.keep:
            print(f"kept: {folder}", flush=True)
        else:
            shutil.rmtree(folder)


def start_time(pid: int) -> str | None:
    """When a process was started, in clock ticks since boot; None where there is none of that number."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()[19]


def sweep() -> None:
    """Removes what runs left behind that were killed by SIGKILL."""
    for folder in Path(tempfile.gettempdir()).glob(FOLDER_PREFIX + "*"):
        try:
            pid, started = (folder / "owner").read_text().split()
        except (OSError, ValueError):
            continue
        if folder.stat().st_uid != os.geteuid() or start_time(int(pid)) == started:
            continue
        print(f"removing what an earlier run left: {folder}", flush=True)
        end_processes_of(folder)
        shutil.rmtree(folder)


def end_processes_of(folder: Path) -> None:
    """Ends all processes that a run with this folder started, and waits until they are gone."""
    end = time.monotonic() + 20
    killed: set[int] = set()
    while True:
        found = {pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_of_run(pid, folder)}
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        killed = {pid for pid in killed | found if is_alive(pid)}
        if not killed:
            return
        if time.monotonic() > end:
            print(f"these processes could not be ended: {sorted(killed)}", flush=True)
            return
        time.sleep(0.1)


def is_of_run(pid: int, folder: Path) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        if f"{MARK}={folder}".encode() in (process / "environ").read_bytes().split(b"\0"):
            return True
        if (process / "comm").read_text().strip() != "slurmstepd":
            return False
        # It writes a title over its environment; its log and socket lie in the folder.
        return any(os.readlink(entry).startswith(f"{folder}/") for entry in (process / "fd").iterdir())
    except OSError:
        return False  # ended, or somebody else's


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
