#!/usr/bin/env python3
"""Time of a run against the size of the grid and the length of the record.

    sizes.py PROGRAM [--memory "2 GiB"] [--sizes 192x192x2160 ...] [--repeats 3] [--work DIR] [--json FILE]

PROGRAM is oceanspec. Input of each size (columns x rows x hours) is made by `oceanspec synth` in DIR, read once, so that
it is in the page cache as far as that reaches, and deleted afterwards. Segments are 30 days; no centring, rotation,
bands or compression, as in side_by_side.py. Prints seconds (medians), nanoseconds and bytes a second of input, and the
peak memory beside the allowed one.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import time

from side_by_side import PLAIN, machine, peaks_of

SIZES = ["192x192x2160", "384x384x1080", "384x384x2160", "384x384x4320", "384x384x8784", "768x768x2160", "1152x1152x2160"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--memory", default="2 GiB")
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/bench-sizes"))
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    program = str(arguments.program.resolve())
    arguments.work.mkdir(parents=True, exist_ok=True)
    rows = []
    print(f"{'size':>15} {'input GiB':>10} {'median s':>9} {'ns a byte':>10} {'MiB/s':>7} {'peak MiB':>9}", flush=True)
    for size in arguments.sizes:
        folder, output = arguments.work / size, arguments.work / "spectra.zarr"
        shutil.rmtree(folder, ignore_errors=True)
        nx, ny, nt = size.split("x")
        subprocess.run([program, "synth", folder, "--nx", nx, "--ny", ny, "--nt", nt], check=True, capture_output=True)
        sets = [*PLAIN, "spectrum.segment=720 samples", f"run.memory={arguments.memory}", f"output.path={output}"]
        command = [program, "run", str(folder / "run.toml"), *(word for each in sets for word in ("--set", each))]
        input_bytes = 8 * int(nx) * int(ny) * int(nt)
        seconds, peak = [], 0
        for repeat in range(arguments.repeats + 1):
            shutil.rmtree(output, ignore_errors=True)
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            peak = max(peak, peaks_of(process))
            if process.returncode:
                raise SystemExit(f"{size}: {process.stderr.read().decode()}")
            if repeat:
                seconds.append(time.perf_counter() - start)
        shutil.rmtree(folder)
        shutil.rmtree(output)
        median = statistics.median(seconds)
        rows.append({"size": size, "input_bytes": input_bytes, "seconds": seconds, "median": median, "peak_bytes": peak})
        print(f"{size:>15} {input_bytes / 2**30:10.2f} {median:9.2f} {median / input_bytes * 1e9:10.3f} "
              f"{input_bytes / 2**20 / median:7.0f} {peak / 2**20:9.0f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "memory": arguments.memory, "sizes": rows}, indent=1))


if __name__ == "__main__":
    main()
