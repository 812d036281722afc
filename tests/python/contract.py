"""contract.py OCEANSPEC SAMPLE WORK: the regional run through every form in which such data come gives the same bytes.

SAMPLE is the unpacked regional sample (config.toml, mds, grid). MITgcm's own netCDF files of the same run are read as well
where they are at hand: OCEANSPEC_REGIONAL_NETCDF, or ../shared/data/regional-nio-netcdf beside the clone.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import contract_forms as forms

oceanspec, sample, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
failures: list[str] = []


def toml(value) -> str:
    """A value as TOML has it."""
    return json.dumps(value)


def run(name: str, settings: dict, *prefix: str, config: pathlib.Path | None = None) -> pathlib.Path:
    """A run of the sample's configuration, or another, with other settings of [input]; returns the result's folder."""
    result = work / "results" / f"{name}.zarr"
    shutil.rmtree(result, ignore_errors=True)
    sets = [f"output.path={toml(str(result))}"]
    sets += [f"{key if '.' in key else 'input.' + key}={toml(value)}" for key, value in settings.items()]
    command = [*prefix, oceanspec, "run", str(config or sample / "config.toml")]
    for one in sets:
        command += ["--set", one]
    done = subprocess.run(command, capture_output=True, text=True)
    peak = re.search(r"peak memory: ([\d.]+) MiB.*, ([\d.]+) MiB planned", done.stderr)
    if peak and float(peak[1]) > float(peak[2]):
        failures.append(f"{name}: {peak[1]} MiB of memory, {peak[2]} planned")
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "oceanspec:" in line]
        failures.append(f"{name}: exit code {done.returncode}: {said[:1]}")
    return result


def files(result: pathlib.Path) -> dict[str, bytes]:
    """All files of a result but the group's own metadata, which hold the configuration."""
    return {str(path.relative_to(result)): path.read_bytes()
            for path in sorted(result.rglob("*")) if path.is_file() and path != result / "zarr.json"}


def compare(name: str, result: pathlib.Path, expected: dict[str, bytes]) -> None:
    got = files(result) if result.is_dir() else {}
    different = sorted(key for key in expected.keys() | got.keys() if expected.get(key) != got.get(key))
    if different or not expected:
        failures.append(f"{name}: {len(different)} of {len(expected)} files differ, first {different[:5]}")
    else:
        print(f"ok    {name}: {len(expected)} files, the same bytes")


def inspect(name: str, path, words: list[str]) -> None:
    """What `inspect` says of a form, which must have some words in it."""
    done = subprocess.run([oceanspec, "inspect", path], capture_output=True, text=True)
    lacking = [word for word in [*words, "every 1 h", "1440 time(s), 2011-09-13T00:00:00 to 2011-11-11T23:00:00"] if word not in done.stdout]
    if done.returncode != 0 or lacking:
        failures.append(f"inspect {name}: exit code {done.returncode}, without {lacking}: {done.stdout[:300]} {done.stderr[:200]}")


def mitgcm_netcdf() -> pathlib.Path | None:
    beside = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "data" / "regional-nio-netcdf"
    folder = pathlib.Path(os.environ.get("OCEANSPEC_REGIONAL_NETCDF", beside))
    return folder if (folder / "single").is_dir() else None


(work / "results").mkdir(parents=True, exist_ok=True)
dataset = forms.read_run(sample)
expected = files(run("mds", {}))
for name, settings in forms.write_all(dataset, work / "forms").items():
    form = {"format": "zarr" if "zarr" in name else "netcdf", "grid": settings["path"], **settings}
    if isinstance(form["grid"], list):
        form["grid"] = form["grid"][0]
    form["grid"] = form["grid"].replace("{name}", "U")
    compare(name, run(name, form), expected)

for name, words in {
    "classic-2-record.nc": ["netCDF classic", "U (time = 1440, j = 40, i_g = 48) float32", "without chunks"],
    "deflate.nc": ["netCDF-4", "chunks of 24 x 20 x 24", "shuffle", "deflate 4", "calendar proleptic_gregorian"],
    "part.*.nc": ["6 files or stores"],
    "two-bit.zarr": ["Zarr v2", "chunks of 24 x 20 x 24", "lz4"],
    "three-shards.zarr": ["Zarr v3", "chunks of 24 x 10 x 12", "shard", "gzip"],
}.items():
    inspect(name, str(work / "forms" / name), words)

# On several ranks, and in many passes: shares along time and by place.
mpirun = str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "mpirun.sh")
for name in ("deflate.nc", "three-series.zarr", "three-maps.zarr"):
    path = str(work / "forms" / name)
    settings = {"format": "zarr" if "zarr" in name else "netcdf", "path": path, "grid": path}
    compare(f"{name} on three ranks", run("ranks", settings, mpirun, "3"), expected)

# A file for each time, more than may be open.
part = dataset.isel(time=slice(0, 240))
forms.netcdf4(part, work / "forms" / "whole.nc", chunksizes=(24, 20, 24))
(work / "forms" / "hours").mkdir()
for at in range(240):
    forms.netcdf4(part.isel(time=slice(at, at + 1)), work / "forms" / "hours" / f"{at:03}.nc", zlib=True, chunksizes=(1, 20, 24))
days = {"format": "netcdf", "grid": str(sample / "grid"), "spectrum.segment": "5 days"}
whole = run("whole", {**days, "path": str(work / "forms" / "whole.nc")})
few = ("bash", "-c", 'ulimit -n 64; exec "$@"', "bash")
compare("240 files, 64 open", run("steps", {**days, "path": str(work / "forms" / "hours")}, *few), files(whole))

# The faces of a lat-lon-cap grid, with their seams and angles.
cap = work / "cap"
subprocess.run([oceanspec, "synth", str(cap), "--grid", "llc", "--nx", "16", "--nt", "120"], check=True, capture_output=True)
expected = files(run("cap", {}, config=cap / "run.toml"))
for name, path in forms.write_faces(forms.read_faces(cap, 16), work / "forms").items():
    settings = {"format": "zarr" if "zarr" in name else "netcdf", "path": path, "grid": path}
    compare(name, run(name, settings, config=cap / "run.toml"), expected)
    compare(f"{name} on three ranks", run(name, settings, mpirun, "3", config=cap / "run.toml"), expected)

worth = forms.packed(dataset, work / "forms" / "packed.nc")
forms.write_mds(worth, work / "forms" / "worth")
packed = {"format": "netcdf", "path": str(work / "forms" / "packed.nc"), "grid": str(sample / "grid")}
compare("netcdf4-packed", run("packed", packed), files(run("worth", {"path": str(work / "forms" / "worth")})))

if (folder := mitgcm_netcdf()) is None:
    print("SKIPPED: MITgcm's own netCDF files, whole and tiled: not at hand (OCEANSPEC_REGIONAL_NETCDF says where they are)")
else:
    for form in ("single", "tiled"):
        forms.write_mds(forms.mitgcm_netcdf(folder / form), work / "forms" / f"mnc-{form}")
        mds = run(f"mnc-{form}-as-mds", {"path": str(work / "forms" / f"mnc-{form}"), "spectrum.segment": "5 days"})
        settings = {"format": "netcdf", "path": str(folder / form / "surfUV.*.nc"), "u": "UVEL", "v": "VVEL",
                    "grid": str(sample / "grid"), "spectrum.segment": "5 days"}
        compare(f"mnc-{form}", run(f"mnc-{form}", settings), files(mds))

for failure in failures:
    print("FAIL ", failure)
sys.exit(bool(failures))
