#!/usr/bin/env python3
"""Ours, what users would write instead, and the machine's floor, side by side on the same files.

    side_by_side.py PROGRAM FLOOR [--nx 384 --ny 384 --nt 2160 --segment 720 --repeats 5] [--work DIR] [--json FILE]
                    [--skip PART]...

PROGRAM is oceanspec, FLOOR the example of that name, which measures the machine's own rates. Input is made by `oceanspec synth` in DIR, once.
Every way is run once unmeasured, so that the input is in the page cache, then REPEATS times, the ways in turn; times
are medians. Peak memory is the sum over all processes of a way of the most that each ever had (VmHWM). Outputs
are compared first: ways that differ by more than 1e-5 of a spectrum's largest value are not timed against each other.

What is derived from spectra is timed beside plain Welch in pairs, REPEATS of each, the one or the other first by turns; the
median of the pairs' ratios is told, for the machine's speed drifts by more than the difference. So are the same snapshots in
other formats (formats.py makes them in DIR, once), beside MDS; the example read_rate, beside FLOOR, reads them and nothing else.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

import numpy as np
import zarr

import format_rows
import formats

HERE = pathlib.Path(__file__).resolve().parent
TOLERANCE = 1e-5
PLAIN = ["prepare.centre=false", "prepare.rotate=false", "spectrum.detrend=none", "bands=[]", "output.codec=none"]
BANDS = ("[" + ", ".join(
    f'{{name="{name}", limits={limits}}}' for name, limits in [
        ("low", "[0.05, 0.5]"), ("diurnal", "[0.9, 1.1]"), ("semidiurnal", "[1.9, 2.1]"),
        ("near_inertial", '["0.9 f", "1.1 f"]'), ("supertidal", "[2.1, 12.0]")]) + "]")
ZONAL, PRESET, CONFIDENCE = "zonal.width=1.0", 'bands=[{preset="literature"}]', "spectrum.confidence=0.95"
MONTHLY = [ZONAL, "spectrogram.average=month", 'spectrogram.keep=["zonal"]']
COMPONENTS = 'components.keep=["S_uu", "S_vv", "S_uv", "ke_psd", "rotary_coefficient", "ellipse"]'
TOGETHER, WANTED = "zonal, bands, confidence", 1.1


def peaks_of(process):
    """Runs to the end; VmHWM [bytes] of every process below, the highest value that was seen."""
    seen = {}

    def children(pid):
        try:
            tasks = pathlib.Path(f"/proc/{pid}/task")
            found = [int(word) for task in tasks.iterdir() for word in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []
        return found + [deeper for child in found for deeper in children(child)]

    while process.poll() is None:
        for pid in [process.pid, *children(process.pid)]:
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                program = os.readlink(f"/proc/{pid}/exe")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM"):
                    seen[pid] = (program, int(line.split()[1]) * 1024)
        time.sleep(0.01)
    # mpirun itself is the launcher's, not the run's.
    return sum(peak for program, peak in seen.values() if not program.endswith(("mpirun", "orterun", "bash", "dash")))


class Way:
    """One way to the spectra: a command, and how its result is read."""

    def __init__(self, name, command, output, part, environment=None):
        self.name, self.command, self.output, self.part = name, command, output, part
        self.environment = {**os.environ, **(environment or {})}
        self.seconds, self.peak = [], 0

    def run(self, measured):
        if self.output.is_dir():
            shutil.rmtree(self.output)
        self.output.unlink(missing_ok=True)
        start = time.perf_counter()
        process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        peak = peaks_of(process)
        seconds = time.perf_counter() - start
        if process.returncode:
            sys.exit(f"{self.name}: code {process.returncode}\n{process.stderr.read().decode()}")
        if measured:
            self.seconds.append(seconds)
            self.peak = max(self.peak, peak)
        return seconds

    def rows(self, j):
        """Spectra of some rows of the grid."""
        if self.output.suffix == ".npy":
            return np.load(self.output, mmap_mode="r")[j]
        return zarr.open_group(self.output, mode="r")["rotary_psd"][j]


def difference(one, other, wet):
    """Largest difference, relative to the largest value of each spectrum, over wet points."""
    worst = 0.0
    for start in range(0, len(wet), 32):
        j = slice(start, start + 32)
        ours, theirs = (way.rows(j)[wet[j]].astype("f8") for way in (one, other))
        if ours.size:
            # A cell with closed west and south faces is still water: nothing but zeros, which must then be equal.
            peak = np.where(theirs.max(axis=1) > 0, theirs.max(axis=1), np.finfo("f4").tiny)
            apart = np.max(np.abs(ours - theirs).max(axis=1) / peak)
            worst = max(worst, apart) if np.isfinite(apart) else np.inf
    return worst


def same_bytes(one, other):
    """Whether the spectra are the same, file by file."""
    files = [path.relative_to(one.output) for path in (one.output / "rotary_psd").rglob("*") if path.is_file()]
    return all((one.output / file).read_bytes() == (other.output / file).read_bytes() for file in files)


def machine():
    models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "cpu": models[0] if models else platform.machine(), "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(),
        "load_before": round(os.getloadavg()[0], 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("floor", type=pathlib.Path)
    parser.add_argument("--nx", type=int, default=384)
    parser.add_argument("--ny", type=int, default=384)
    parser.add_argument("--nt", type=int, default=2160)
    parser.add_argument("--segment", type=int, default=720)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/bench"))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--skip", action="append", default=[], choices=["peers", "memory", "costs", "scaling", "small", "products", "formats"])
    arguments = parser.parse_args()
    program = str(arguments.program.resolve())
    arguments.work.mkdir(parents=True, exist_ok=True)

    def synth(nx, ny, nt):
        folder = arguments.work / f"{nx}x{ny}x{nt}"
        if not (folder / "run.toml").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([program, "synth", folder, "--nx", str(nx), "--ny", str(ny), "--nt", str(nt)], check=True)
        return folder

    cores = len(os.sched_getaffinity(0))
    mpirun = ["bash", str(HERE.parent / "tools/mpirun.sh")]

    def ours(name, part, folder=None, ranks=None, memory="8 GiB", threads=None, segment=None, sets=PLAIN, more=(), config=None):
        config = config or (folder or data) / "run.toml"
        output = arguments.work / f"{name.replace(' ', '_').replace(',', '')}.zarr"
        # A list replaces the whole of [[bands]].
        sets = [*sets, *more, f"spectrum.segment={segment or arguments.segment} samples", f"run.memory={memory}",
                f"run.threads={threads or cores // (ranks or 1) or 1}", f"output.path={output}"]
        command = [program, "run", str(config), *(word for each in sets for word in ("--set", each))]
        of_rank = threads or cores // (ranks or 1) or 1
        pinned = ["--pin", str(of_rank)] if ranks and ranks * of_rank <= cores else []
        return Way(name, [*mpirun, *pinned, str(ranks), *command] if ranks else command, output, part)

    def peer(name, script, suffix, source=None):
        output = arguments.work / f"{script}{suffix}"
        command = [sys.executable, str(HERE / f"peers/{script}.py"), str(source or data), str(output),
                   "--segment", str(arguments.segment), "--threads", str(cores)]
        return Way(name, command, output, "peers")

    read_rate = arguments.floor.with_name("read_rate")
    if "formats" not in arguments.skip and not read_rate.exists():
        sys.exit(f"{read_rate} is not there: build the example read_rate as well, or leave its rows out (--skip formats)")
    data = synth(arguments.nx, arguments.ny, arguments.nt)
    small = synth(48, 40, 240)
    base = ours("one process", "base")
    ways = [
        base,
        ours("1 rank", "base", ranks=1),
        ours("2 ranks", "base", ranks=2),
        ours("one process, 1 GiB", "memory", memory="1 GiB"),
        ours("one process, 512 MiB", "memory", memory="512 MiB"),
        ours("2 ranks, 512 MiB", "memory", ranks=2, memory="512 MiB"),
        ours("with centre and rotate", "costs", more=["prepare.centre=true", "prepare.rotate=true"]),
        ours("with detrend linear", "costs", more=["spectrum.detrend=linear"]),
        ours("with five bands", "costs", more=[f"bands={BANDS}"]),
        ours("with zstd", "costs", more=["output.codec=zstd"]),
        ours("with all of these", "costs", more=[
            "prepare.centre=true", "prepare.rotate=true", "spectrum.detrend=linear", f"bands={BANDS}",
            "output.codec=zstd"]),
        *(ours(f"{ranks} x 1 thread", "scaling", ranks=ranks, threads=1) for ranks in (1, 2, 4, 8)),
        ours("48 x 40 x 240", "small", folder=small, segment=120),
        peer("xarray, dask, scipy", "xarray_dask", ".zarr"),
        peer("numpy, scipy.fft", "numpy_fft", ".npy"),
    ]
    ways = [way for way in ways if way.part not in arguments.skip]
    plain = ours("plain", "products", more=["spectrum.confidence=0"])
    products = [ours(name, "products", more=["spectrum.confidence=0", *more]) for name, more in [
        ("zonal means", [ZONAL]),
        ("five bands", [PRESET]),
        ("confidence", [CONFIDENCE]),
        (TOGETHER, [ZONAL, PRESET, CONFIDENCE]),
        ("zonal means alone", [ZONAL, "output.spectrum=false"]),
        ("zonal spectrogram by month", MONTHLY),
        ("kinetic energy", ['components.keep=["ke_psd"]']),
        ("all components", [COMPONENTS]),
    ]]
    if "products" in arguments.skip:
        products = []
    folder = data / "formats"
    made = [] if "formats" in arguments.skip else formats.make(data, folder)
    for way in ways:
        way.run(measured=False)

    wet = zarr.open_group(base.output, mode="r")["mask"][:] == 1

    def check(way):
        """Ends the benchmark where outputs are not what they should be; the difference of a peer."""
        if way.part == "peers":
            worst = float(difference(base, way, wet))
            if not worst <= TOLERANCE:
                sys.exit(f"{way.name} differs from ours by {worst:.1e} of a spectrum's peak, more than {TOLERANCE}: no times")
            return worst
        if way.part in ("base", "memory", "scaling", "formats") and way is not base and not same_bytes(base, way):
            sys.exit(f"{way.name} gives other bytes than {base.name}: no times")
        return None

    checks = {way.name: check(way) for way in ways}
    checks = {name: worst for name, worst in checks.items() if worst is not None}

    for _ in range(arguments.repeats):
        for way in ways:
            way.run(measured=True)
    ratios = {way.name: [] for way in products}
    for way in products:
        plain.run(measured=False)
        way.run(measured=False)
        if (way.output / "rotary_psd").is_dir() and difference(plain, way, wet) != 0:
            sys.exit(f"{way.name} changes the spectra: no times")
        for pair in range(arguments.repeats):
            first, second = (plain, way) if pair % 2 == 0 else (way, plain)
            seconds = {each.name: each.run(measured=True) for each in (first, second)}
            ratios[way.name].append(seconds[way.name] / seconds[plain.name])
        shutil.rmtree(way.output)
    mds = ours("MDS", "formats")
    users = None if "peers" in arguments.skip else lambda each: peer(
        f"xarray, dask, scipy: {each.name}", "xarray_dask", ".zarr", each.path(folder))
    of_formats = format_rows.measure(
        made, folder, arguments.repeats, mds, lambda each: ours(each.name, "formats", config=folder / f"{each.name}.toml"),
        users, check)
    rates = format_rows.rates(read_rate, made, folder, arguments.repeats)
    floor = json.loads(subprocess.run(
        [arguments.floor, data / "mds", str(arguments.segment), str(int(wet.sum())), arguments.work / "floor.bytes"],
        check=True, capture_output=True, text=True).stdout)

    medians = {way.name: statistics.median(way.seconds) for way in ways}
    here = machine()
    print(f"{here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB, Linux {here['kernel']}, "
          f"load {here['load_before']}")
    print(f"{arguments.nx} x {arguments.ny} points ({int(wet.sum())} wet), {arguments.nt} snapshots, segments of "
          f"{arguments.segment}; medians of {arguments.repeats}")
    print(f"floor {floor['total']:.2f} s: read {floor['read']:.2f}, copy {floor['copy']:.2f}, "
          f"transforms {floor['transform']:.2f}, write {floor['write']:.2f}")
    print(f"{'':26} {'median s':>8} {'least':>7} {'most':>7} {'to one process':>15} {'to floor':>9} {'peak MiB':>9}")
    for way in ways:
        median = medians[way.name]
        to_floor = f"{median / floor['total']:9.2f}" if way.part != "small" else f"{'':9}"
        to_base = f"{median / medians[base.name]:15.2f}" if way.part != "small" else f"{'':15}"
        print(f"{way.name:26} {median:8.2f} {min(way.seconds):7.2f} {max(way.seconds):7.2f} {to_base} {to_floor} "
              f"{way.peak / 2**20:9.0f}")
    if products:
        print(f"{'beside plain Welch, in pairs':26} {'median s':>8} {'ratio':>7} {'least':>7} {'most':>7} {'peak MiB':>9}")
    for way in products:
        of_pairs = ratios[way.name]
        print(f"{way.name:26} {statistics.median(way.seconds):8.2f} {statistics.median(of_pairs):7.3f} {min(of_pairs):7.3f} "
              f"{max(of_pairs):7.3f} {way.peak / 2**20:9.0f}")
        if way.name == TOGETHER:
            met = "met" if statistics.median(of_pairs) < WANTED else "NOT met"
            print(f"{'':26} wanted: together less than {WANTED:.2f} times plain Welch: {met}")
    if made:
        decoded_bytes = 8 * arguments.nx * arguments.ny * arguments.nt
        mds_bytes = sum(path.stat().st_size for path in (data / "mds").iterdir())
        format_rows.show(of_formats, rates, mds, mds_bytes, decoded_bytes)
    for name, worst in checks.items():
        print(f"largest difference to {name}: {worst:.1e} of each spectrum's peak")
    if arguments.json:
        arguments.json.write_text(json.dumps({
            "machine": here, "floor": floor, "differences": checks,
            "ways": [{"name": way.name, "seconds": way.seconds, "median": medians[way.name], "peak_bytes": way.peak}
                     for way in ways],
            "products": [{"name": way.name, "seconds": way.seconds, "ratios_to_plain": ratios[way.name],
                          "ratio": statistics.median(ratios[way.name]), "peak_bytes": way.peak} for way in products],
            "formats": of_formats, "reading_alone": rates}, indent=1))


if __name__ == "__main__":
    main()
