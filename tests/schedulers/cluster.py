"""A Slurm of its own: munged, slurmctld and one slurmd a host, all files in one folder.

Goes in: a folder, and whether this process is in namespaces of its own (then there are three hosts in them, joined by a
bridge) or not (one host, on the loopback interface). Comes out: an environment in which sbatch, srun, scontrol and qsub
talk to this Slurm and no other. Nothing here is stopped by this module: that is drive.py's, which also works when this
process is killed.
"""

import getpass
import glob
import math
import os
import re
import shutil
import socket
import string
import subprocess
import time
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORES = sorted(os.sched_getaffinity(0))[:2]  # the hosts share them, on a larger machine too: durations are alike
KILL_WAIT_SECONDS = 2  # between TERM and KILL at a job's end
HEAD = ("head", "10.66.0.254")  # where slurmctld runs and jobs are submitted
HOSTS = {"n1": "10.66.0.1", "n2": "10.66.0.2", "n3": "10.66.0.3"}


class Cluster:
    def __init__(self, folder: Path, several_hosts: bool):
        self.folder = folder
        self.several_hosts = several_hosts
        self.host_names = list(HOSTS) if several_hosts else [socket.gethostname().split(".")[0]]
        self.host_processes: dict[str, subprocess.Popen] = {}
        self.environment = dict(os.environ)
        self.environment["PATH"] += ":/usr/sbin:/sbin"
        self.environment.update(
            SLURM_CONF=str(folder / "slurm.conf"),
            # Ranks of one host may often not read each other's memory in containers.
            OMPI_MCA_btl_vader_single_copy_mechanism="none",
        )

    def start(self) -> None:
        os.sched_setaffinity(0, CORES)
        for name in ("munge", "state", "spool", "logs", "tmp"):
            (self.folder / name).mkdir(mode=0o755)
        if self.several_hosts:
            self._make_head()
        self._write_configuration()
        self._start_munged()
        self._daemon("slurmctld", ["slurmctld", "-D"])
        for name in self.host_names:
            self.start_host(name)
        self.wait_for_hosts()

    def start_host(self, name: str) -> None:
        """Starts a host, also one that was lost before. It comes without a past, as hosts without disks do: Slurm would
        stumble over the sockets that its steps left."""
        for place in ("spool", "tmp"):
            shutil.rmtree(self.folder / place / name, ignore_errors=True)
            (self.folder / place / name).mkdir(mode=0o755)
        if not self.several_hosts:
            self.host_processes[name] = self._daemon(f"host-{name}", ["slurmd", "-D"])
            return
        command = ["unshare", "--net", "--uts", "--ipc", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]
        host = self._daemon(f"host-{name}", [*command, str(HERE / "host.sh"), name, HOSTS[name]], stdin=subprocess.PIPE)
        ours = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{host.pid}/ns/net") != ours, 10, f"network namespace of {name}")
        self._ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
        self._ip("link", "set", f"to-{name}", "master", "bridge", "up")
        host.stdin.write(b"the link is there\n")
        host.stdin.close()
        self.host_processes[name] = host

    def lose_host(self, name: str) -> None:
        """Ends a host's every process at once, without a word to anybody: a power cut."""
        host = self.host_processes.pop(name)
        host.kill()
        host.wait()
        wait_until(lambda: f"to-{name}:" not in Path("/proc/self/net/dev").read_text(), 10, f"the link of {name} to go")

    def host_states(self) -> dict[str, str]:
        lines = self.query("sinfo", "--noheader", "--Node", "--format=%N %T").splitlines()
        return dict(line.split() for line in lines)

    def wait_for_hosts(self) -> None:
        wait_until(lambda: set(self.host_states().values()) == {"idle"}, 40, "all hosts to be idle")

    def seconds_to_check_of_limits(self) -> float:
        """Slurm looks at the jobs' time limits every 30 s and writes when it does."""
        line = "Testing job time limits"
        log = (self.folder / "logs" / "slurmctld.log").read_text(errors="replace")
        times = [match[1] for match in re.finditer(rf"^\[([^]]+)\].*{line}", log, flags=re.MULTILINE)]
        if not times:
            return math.nan
        return (datetime.fromisoformat(times[-1]) - datetime.now()).total_seconds() + 30.0

    def query(self, *command: str) -> str:
        """The output of a command that asks this Slurm, or an empty text where it could not answer."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        return done.stdout if done.returncode == 0 else ""

    def log_tails(self, lines: int = 25) -> str:
        text = ""
        for path in sorted((self.folder / "logs").iterdir()):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            if tail:
                text += f"--- {path.name}\n" + "\n".join(tail) + "\n"
        return text

    def _daemon(self, name: str, command: list[str], **options) -> subprocess.Popen:
        with open(self.folder / "logs" / f"{name}.output", "ab") as output:
            return subprocess.Popen(
                command,
                env=self.environment,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                **{"stdin": subprocess.DEVNULL, **options},
            )

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, env=self.environment)

    def _make_head(self) -> None:
        """This namespace becomes the head node; hosts inherit its hosts file."""
        name, address = HEAD
        socket.sethostname(name)
        hosts_file = self.folder / "hosts"
        entries = {"localhost": "127.0.0.1", name: address, **HOSTS}
        hosts_file.write_text("".join(f"{where} {host}\n" for host, where in entries.items()))
        subprocess.run(["mount", "--bind", hosts_file, "/etc/hosts"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], check=True)
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", "bridge", "type", "bridge")
        self._ip("address", "add", f"{address}/24", "dev", "bridge")
        self._ip("link", "set", "bridge", "up")

    def _write_configuration(self) -> None:
        shape = f"CPUs={len(CORES)} RealMemory=8192 State=UNKNOWN"
        if self.several_hosts:
            controller, address = HEAD
            port = 6817
            communication = "NoInAddrAny,NoCtldInAddrAny"
            nodes = "\n".join(f"NodeName={name} NodeAddr={where} {shape}" for name, where in HOSTS.items())
        else:
            controller, address = self.host_names[0], "127.0.0.1"
            port, slurmd_port = free_ports(2)
            communication = "NoInAddrAny,NoCtldInAddrAny"
            nodes = f"NodeName={controller} NodeAddr={address} Port={slurmd_port} {shape}"
        template = string.Template((HERE / "slurm.conf.in").read_text())
        (self.folder / "slurm.conf").write_text(
            template.substitute(
                folder=self.folder,
                controller=controller,
                controller_address=address,
                controller_port=port,
                user=getpass.getuser(),
                communication=communication,
                kill_wait=KILL_WAIT_SECONDS,
                nodes=nodes,
            )
        )
        version = re.search(r"(\d+)\.(\d+)", self.query("slurmd", "-V"))
        # A missing /sys/fs/cgroup stops slurmd unless it is told; only newer versions can be told outright.
        plugin = "disabled" if version and (int(version[1]), int(version[2])) >= (23, 11) else "cgroup/v1"
        (self.folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n")
        (self.folder / "plugstack.conf").write_text(f"required {spank_pbs()}\n")
        shutil.copy(HERE / "task_prolog.sh", self.folder)

    def _start_munged(self) -> None:
        munge = self.folder / "munge"
        key = munge / "key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        places = [f"--{what}={munge / what.split('-')[0]}" for what in ("socket", "key-file", "pid-file", "log-file", "seed-file")]
        # --force: it warns instead of refusing that its folder lies in one, /tmp, where all may write.
        self._daemon("munged", ["munged", "--foreground", "--force", *places])
        wait_until((munge / "socket").exists, 10, "munged's socket")


def spank_pbs() -> str | None:
    """Slurm's plugin that gives jobs PBS variables."""
    places = ("/usr/lib/*/slurm*", "/usr/lib/slurm*", "/usr/lib64/slurm*", "/usr/local/lib/slurm*")
    found = [path for place in places for path in glob.glob(f"{place}/spank_pbs.so")]
    return found[0] if found else None


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(condition, seconds: float, what: str, interval: float = 0.2):
    """Waits for a true value of `condition` and returns it; TimeoutError where it does not come."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(interval)
