"""scan.py OCEANSPEC SAMPLE WORK: what `inspect --scan` says of netCDF files and Zarr stores, against numpy.

The regional run is spoiled in known places and written in forms that read in different ways; every number that is told must
be numpy's, and what cannot be read must be told while the rest is read.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import contract_forms as forms
import netCDF4
import numpy as np
import xarray as xr

oceanspec, sample, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
failures: list[str] = []
RANGE = [-0.5, 0.6]


def check(name: str, is_right: bool, found=None) -> None:
    print(f"{'ok   ' if is_right else 'FAIL '} {name}")
    if not is_right:
        print(f"      {found}")
        failures.append(name)


def inspect(path, *options: str) -> dict:
    done = subprocess.run([oceanspec, "inspect", str(path), "--scan", "--json", *options], capture_output=True, text=True)
    if done.returncode != 0:
        return {"code": done.returncode, "said": done.stderr}
    return {array["name"]: array for array in json.loads(done.stdout)["input"]["arrays"]}


def date(seconds: float) -> str:
    return str(np.datetime64("2011-09-10T00:00:00") + np.timedelta64(int(seconds), "s"))


def expected(values: np.ndarray, seconds: np.ndarray, has_faces: bool = False) -> dict:
    """What is to be said of maps [time, ...places]; of values that occur several times the first in time, then in place."""
    finite = np.isfinite(values)
    places = ("face", "j", "i")[0 if has_faces else 1:]
    maps = values.reshape(len(values), -1)

    def extreme(at: int) -> dict:
        time, *place = np.unravel_index(at, values.shape)
        return {"value": float(values.flat[at]), "iteration": None, "date": date(seconds[time]), **dict(zip(places, map(int, place)))}

    odd = {tuple(np.flatnonzero(~np.isfinite(one))) for one in maps}
    constant = [at for at, one in enumerate(maps) if len(set(one[np.isfinite(one)])) <= 1]
    first: dict[bytes, int] = {}
    repeated = []
    for at, one in enumerate(maps):
        if at not in constant:
            if one.tobytes() in first:
                repeated.append([date(seconds[at]), date(seconds[first[one.tobytes()]])])
            first.setdefault(one.tobytes(), at)
    return {
        "values": values.size, "nan": int(np.isnan(values).sum()), "infinite": int(np.isinf(values).sum()),
        "snapshots_with_nan": int((~finite).reshape(len(values), -1).any(1).sum()),
        "nan_is_fixed": bool((~finite).any() and len(odd) == 1),
        "minimum": extreme(int(np.where(finite, values, np.inf).argmin())),
        "maximum": extreme(int(np.where(finite, values, -np.inf).argmax())),
        "constant": [date(seconds[at]) for at in constant], "repeated": repeated,
    }


def compare(name: str, report: dict, values: dict[str, np.ndarray], seconds: np.ndarray, has_faces: bool = False) -> None:
    for field, maps in values.items():
        # Levels, if there are any, are the second dimension.
        levels = [(None, maps)] if maps.ndim == 3 + has_faces else [(k + 1, maps[:, k]) for k in range(maps.shape[1])]
        found = report.get(field, {}).get("values", [])
        wanted = [{"record": None, "record_name": None, "level": level, "out_of_range": None, **expected(of, seconds, has_faces)}
                  for level, of in levels]
        check(f"{name}: {field}", found == wanted, (report.get("said"), found, wanted))


def spoiled(dataset: xr.Dataset) -> xr.Dataset:
    dataset = dataset.copy(deep=True)
    u, v = dataset.U.values, dataset.V.values
    u[30, 7, 11], u[31, 7, 12], u[90, 39, 47], u[17, 0, 0] = np.nan, np.inf, 1e32, -1e32
    u[200], v[77], v[78] = 0.25, v[3], v[3]
    v[:, 5, 9] = np.nan
    # The greatest value twice: the earlier counts, and of one time the first row.
    v[40, 30, 3] = v[40, 8, 40] = v[260, 0, 0] = 9.0
    return dataset


dataset = spoiled(forms.read_run(sample).isel(time=slice(0, 300)))
seconds = dataset.time.values
fields = {name: dataset[name].values for name in "UV"}
folder = work / "forms"
folder.mkdir()
forms.classic(dataset, folder / "classic.nc", 1, True)
forms.netcdf4(dataset, folder / "contiguous.nc")
forms.netcdf4(dataset, folder / "deflate.nc", zlib=True, shuffle=True, chunksizes=(50, 20, 24))
forms.netcdf4(dataset, folder / "uneven.nc", fletcher32=True, chunksizes=(7, 13, 11))
forms.netcdf4(dataset.transpose("j", "j_g", "i", "i_g", "time"), folder / "last.nc")
forms.netcdf4(dataset.transpose("i", "i_g", "time", "j", "j_g"), folder / "last-chunked.nc", zlib=True, chunksizes=(5, 60, 9))
forms.zarr(dataset, folder / "maps.zarr", 3, chunks=(1, 40, 48))
forms.zarr(dataset, folder / "series.zarr", 2, chunks=(300, 3, 5))
for name in ("classic.nc", "contiguous.nc", "deflate.nc", "uneven.nc", "last.nc", "last-chunked.nc", "maps.zarr", "series.zarr"):
    compare(name, inspect(folder / name), fields, seconds)

# Many files, which may be cut anywhere in time.
(work / "files").mkdir()
for start, end in ((0, 41), (41, 42), (42, 250), (250, 300)):
    forms.netcdf4(dataset.isel(time=slice(start, end)), work / "files" / f"{start}.nc", zlib=True, chunksizes=(1, 9, 48))
compare("four files", inspect(work / "files"), fields, seconds)

# Levels and faces; time in any place among them.
deep = xr.Dataset({"U": (("time", "k", "j", "i_g"), np.stack([fields["U"], 2 * fields["U"], -fields["U"]], 1)), "time": dataset.time})
deep["U"].encoding["_FillValue"] = None
deep.to_zarr(work / "deep.zarr", zarr_format=3, encoding={"U": {"chunks": (100, 2, 40, 16)}})
compare("levels", inspect(work / "deep.zarr"), {"U": deep.U.values}, seconds)
noise = np.random.default_rng(5).normal(0, 1, (60, 13, 8, 8)).astype("f4")
noise[12, 9, 3, 4] = 50.0
faces = xr.Dataset({"U": (("time", "face", "j", "i_g"), noise), "time": dataset.time[:60]})
faces["U"].encoding["_FillValue"] = None
faces.to_zarr(work / "faces.zarr", zarr_format=3, encoding={"U": {"chunks": (7, 5, 8, 3)}})
compare("faces", inspect(work / "faces.zarr"), {"U": noise}, seconds[:60], has_faces=True)

# Packed values are unpacked; what stands for no value is NaN.
plain = forms.read_run(sample).isel(time=slice(0, 60))
forms.packed(plain, work / "packed.nc")
with netCDF4.Dataset(work / "packed.nc", "a") as file:
    file.set_auto_maskandscale(False)
    file["U"][7, 3, 4] = -32768
with netCDF4.Dataset(work / "packed.nc") as file:
    unpacked = {name: np.ma.filled(file[name][:].astype("f8"), np.nan) for name in "UV"}
compare("packed", inspect(work / "packed.nc"), unpacked, seconds[:60])

# With a configuration: its fields at its level, and the values outside its range.
sets = [part for key, value in {"input.path": str(work / "deep.zarr"), "input.format": "zarr", "input.grid": str(sample / "grid"),
                                "input.scalar": ["U"], "input.level": 2, "prepare.valid_range": RANGE}.items()
        for part in ("--set", f"{key}={json.dumps(value)}")]
(work / "run.toml").write_text('[spectrum]\nsegment = "5 days"\n')
report = inspect(work / "run.toml", *sets)
second = deep.U.values[:, 1]
outside = int((np.isfinite(second) & ((second < RANGE[0]) | (second > RANGE[1]))).sum())
found = report.get("U", {}).get("values")
check("a configuration's level and range", found == [{"record": None, "record_name": None, "level": 2, "out_of_range": outside,
                                                    **expected(second, seconds)}], (report.get("said"), found, outside))

# What cannot be read is told, and the rest is read.
shutil.copy(folder / "deflate.nc", work / "corrupt.nc")
bytes_ = bytearray((work / "corrupt.nc").read_bytes())
half = len(bytes_) // 2
bytes_[half:half + 4096] = bytes(byte ^ 0x5A for byte in bytes_[half:half + 4096])
(work / "corrupt.nc").write_bytes(bytes_)
report = inspect(work / "corrupt.nc")
lost = {name: array["unreadable"] for name, array in report.items() if array.get("unreadable")}
read = {name: report[name]["values"][0]["values"] for name in "UV"}
check("a corrupt chunk is named, the rest is read",
      1 <= sum(map(len, lost.values())) <= 2 and all("corrupt.nc: chunk (" in text for texts in lost.values() for text in texts)
      and all(read[name] == 300 * 40 * 48 - 24000 * len(lost.get(name, [])) for name in "UV"), (lost, read))
said = subprocess.run([oceanspec, "inspect", str(work / "corrupt.nc"), "--scan"], capture_output=True, text=True).stdout
check("and stands among what is odd", "    odd: " in said and "corrupt.nc: chunk (" in said, said)
gone = next((folder / "maps.zarr" / "U" / "c" / "5").rglob("0"))
while gone.is_dir():
    gone = gone / "0"
gone.unlink()
report = inspect(folder / "maps.zarr")
check("a chunk that is not stored is counted", [report[name]["chunks_not_stored"] for name in "UV"] == [1, 0],
      {name: report[name]["chunks_not_stored"] for name in "UV"})
said = subprocess.run([oceanspec, "inspect", str(folder / "maps.zarr"), "--scan"], capture_output=True, text=True).stdout
for words in ("1 chunk(s) not stored", "1e32 (j = 39, i = 47, 2011-09-16T18:00:00)", "one value everywhere at", " is 2011-09-13T03:00:00",
              "300 NaN and 0 infinite in 300 snapshot(s), at the same places in each"):
    check(f"for people: {words}", words in said, said)

print(f"{len(failures)} failed")
sys.exit(bool(failures))
