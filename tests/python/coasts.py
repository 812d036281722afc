"""coasts.py OCEANSPEC SAMPLE WORK: land, coasts and units of netCDF files and Zarr stores, every wet point against numpy.

Velocities at the cells' own points are theirs at every coast, whatever tells land from water; a hole in the first snapshot is
no coast; masks of faces alone tell the cells; scalars have the units of their files.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import xarray as xr

oceanspec, sample, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
failures: list[str] = []
NJ, NI, TIMES = 9, 11, 96
random = np.random.default_rng(17)
wet = random.random((NJ, NI)) > 0.3
u, v = random.normal(0.2, 0.1, (2, TIMES, NJ, NI)).astype("f4")


def check(name: str, is_right: bool, found=None) -> None:
    print(f"{'ok   ' if is_right else 'FAIL '} {name}")
    if not is_right:
        print(f"      {found}")
        failures.append(name)


def dataset(u: np.ndarray, v: np.ndarray, rows="lat", columns="lon", **more) -> xr.Dataset:
    fields = {"uo": (("time", "lat", columns), u, {"units": "m s-1"}), "vo": (("time", rows, "lon"), v, {"units": "m s-1"})}
    coordinates = {"time": ("time", np.arange(TIMES, dtype="f8"), {"units": "hours since 2000-01-01"}),
                   "lat": ("lat", 30 + 0.5 * np.arange(NJ), {"units": "degrees_north"}),
                   "lon": ("lon", 0.5 * np.arange(NI), {"units": "degrees_east"})}
    return xr.Dataset({**fields, **more}, coordinates)


def run(path: pathlib.Path, **settings) -> tuple[subprocess.CompletedProcess, xr.Dataset | None]:
    result = work / "result.zarr"
    shutil.rmtree(result, ignore_errors=True)
    sets = {"input.path": str(path), "input.format": "zarr" if path.suffix == ".zarr" else "netcdf", "input.u": "uo", "input.v": "vo",
            "input.grid": str(path), "input.epoch": "2000-01-01", "spectrum.segment": "1 day", "output.path": str(result), **settings}
    arguments = [part for key, value in sets.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    done = subprocess.run([oceanspec, "run", str(sample / "config.toml"), *arguments], capture_output=True, text=True)
    return done, xr.open_zarr(result).load() if done.returncode == 0 else None


def compare(name: str, path: pathlib.Path, wet: np.ndarray, u: np.ndarray, v: np.ndarray, **settings) -> subprocess.CompletedProcess:
    """Means and variances of all wet points, and which these are."""
    done, result = run(path, **settings)
    if result is None:
        check(name, False, done.stderr)
        return done
    wanted = {"u_mean": u.mean(0, dtype="f8"), "v_mean": v.mean(0, dtype="f8"), "u_variance": u.var(0, dtype="f8"), "v_variance": v.var(0, dtype="f8")}
    differ = {key: np.abs(np.where(wet, result[key].values - values, 0)).max() for key, values in wanted.items()}
    land = all(np.isnan(result[key].values[~wet]).all() for key in wanted)
    check(name, (result["mask"].values == wet).all() and land and max(differ.values()) < 1e-6, (differ, land, result["mask"].values - wet))
    return done


own = {"prepare.centre": False}
plane = ("lat", "lon")
masks = {"mask": wet.astype("i1"), "tmask": wet.astype("f4"), "deptho": np.where(wet, 3000.0, 0.0), "hFacC": wet.astype("f8")}
for name, values in masks.items():
    for kind in ("nc", "zarr"):
        path = work / f"{name}.{kind}"
        data = dataset(np.where(wet, u, 0), np.where(wet, v, 0), **{name: (plane, values)})
        data.to_netcdf(path) if kind == "nc" else data.to_zarr(path)
        compare(f"u and v at the cells' own points, land by {name}, {kind}", path, wet, u, v, **own)
        if name == "mask":
            # Whatever faces they are said to lie on.
            compare(f"the same, far faces, {kind}", path, wet, u, v, **own, **{"input.u_face": "east", "input.v_face": "north"})
values = dataset(np.where(wet, u, np.nan), np.where(wet, v, np.nan))
values.to_netcdf(work / "values.nc")
compare("u and v at the cells' own points, land by values", work / "values.nc", wet, u, v, **own)

# A hole of one of the two in the first snapshot: no water without u, and it is told.
hole = np.where(wet, u, np.nan)
place = tuple(np.argwhere(wet)[5])
hole[(0, *place)] = np.nan
rest = wet.copy()
rest[place] = False
dataset(hole, np.where(wet, v, np.nan)).to_netcdf(work / "hole.nc")
done = compare("a hole of u alone in the first snapshot is land", work / "hole.nc", rest, u, v, **own)
check("and is told", "1 of them lack u or v alone" in done.stderr, done.stderr)

# On a C grid: faces of the coast have no value, and count 0; a hole between two wet cells is no coast.
west, south = wet & np.roll(wet, 1, 1), wet & np.roll(wet, 1, 0)
periodic = {"input.periodic": ["i", "j"]}
# Cells without an open face are land.
inner = west | south | np.roll(west, -1, 1) | np.roll(south, -1, 0)


def staggered(u: np.ndarray, v: np.ndarray, **more) -> xr.Dataset:
    data = dataset(u, v, "lat_v", "lon_u", **more)
    return data.assign_coords(lon_u=("lon_u", data.lon.values - 0.25, {"units": "degrees_east"}), lat_v=("lat_v", data.lat.values - 0.25, {"units": "degrees_north"}))


closed = [np.where(west, u, 0), np.where(south, v, 0)]
centred = [(values + np.roll(values, -1, axis)) / np.float32(2) for values, axis in zip(closed, (2, 1))]
coast = [np.where(west, u, np.nan), np.where(south, v, np.nan)]
staggered(*coast).to_netcdf(work / "coast.nc")
compare("a C grid, land by values", work / "coast.nc", inner, *centred, **periodic)
face_masks = {"umask": (("lat", "lon_u"), west.astype("i1")), "vmask": (("lat_v", "lon"), south.astype("i1"))}
staggered(*closed, **face_masks).to_netcdf(work / "faces.nc")
done = compare("a C grid, land by masks of faces alone", work / "faces.nc", inner, *centred, **periodic)
check("which is no guess", "land is taken" not in done.stderr, done.stderr)
open_face = tuple(np.argwhere(west)[3])
coast[0][(0, *open_face)] = np.nan
staggered(*coast).to_netcdf(work / "coast-hole.nc")
done, _ = run(work / "coast-hole.nc", **periodic)
check("a C grid, a hole of u in the first snapshot ends the run", done.returncode == 3 and f"u = NaN at j = {open_face[0]}, i = {open_face[1]}" in done.stderr,
      (open_face, done.stderr))

# Scalars are in their files' units.
data = dataset(u, v, zos=(("time", *plane), 100 * u, {"units": "cm"}), THETA=(("time", *plane), v + 290, {"units": "K"}),
               Salt=(("time", *plane), v + 35, {"units": "g kg-1"}), Eta=(("time", *plane), u))
data.to_netcdf(work / "scalars.nc")
done, result = run(work / "scalars.nc", **own, **{"input.scalar": ["zos", "THETA", "Salt", "Eta"]})
found = None if result is None else {name: [result[f"{name}_mean"].units, result[f"{name}_variance"].units, result[f"psd_{name}"].units]
                                     for name in ("zos", "THETA", "Salt", "Eta")}
check("units of scalars", found == {"zos": ["cm", "cm2", "cm2 d"], "THETA": ["K", "K2", "K2 d"], "Salt": ["g kg-1", "g2 kg-2", "g2 kg-2 d"],
                                    "Eta": ["m", "m2", "m2 d"]}, (found, done.stderr))

# Integers that were never written, and numbers with or without a sign.
land = {"zlib": True, "dtype": "i2", "scale_factor": 2e-4, "_FillValue": None}
values = dataset(np.where(wet, u, -32767 * 2e-4), np.where(wet, v, -32767 * 2e-4))
values.to_netcdf(work / "unwritten.nc", encoding={"uo": land, "vo": land})
packed = [np.round(array / 2e-4) * 2e-4 for array in (u.astype("f8"), v.astype("f8"))]
compare("packed land without a fill value", work / "unwritten.nc", wet, *packed, **own)

sys.exit(bool(failures))
