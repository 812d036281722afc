"""good_stores.py OCEANSPEC SAMPLE WORK: netCDF files and Zarr stores that a run takes, and what the log says of them.

Where land is taken from the first snapshot's values, where u and v may be at the cells' own places, and arrays in groups.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import netCDF4
import numpy as np
import xarray as xr
import zarr

oceanspec, sample, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
failures: list[str] = []
NJ, NI, TIMES = 6, 8, 96
LAND = "no mask and no depth: land is taken where the first snapshot has no values"
PLACES = "u and v have the dimensions of the cells' own places (lat, lon)"


def fields() -> xr.Dataset:
    """Hourly noise on a grid of half a degree, with the same names for all points, as regridded files have them."""
    noise = np.random.default_rng(8).normal(0, 0.1, (2, TIMES, NJ, NI)).astype("f4")
    variables = {name: (("time", "lat", "lon"), values, {"units": "m s-1"}) for name, values in zip(("uo", "vo"), noise)}
    coordinates = {"time": ("time", np.arange(TIMES, dtype="f8"), {"units": "hours since 2000-01-01"}),
                   "lat": ("lat", 30 + 0.5 * np.arange(NJ), {"units": "degrees_north"}),
                   "lon": ("lon", 0.5 * np.arange(NI), {"units": "degrees_east"})}
    return xr.Dataset(variables, coordinates)


def start(path: pathlib.Path, result: str, *, command: str = "run", **settings) -> subprocess.CompletedProcess:
    kind = "zarr" if path.suffix == ".zarr" else "netcdf"
    sets = {"input.path": str(path), "input.format": kind, "input.u": "uo", "input.v": "vo", "input.grid": str(path), "input.epoch": "2000-01-01",
            "spectrum.segment": "1 day", "output.path": str(work / result), **settings}
    arguments = [part for key, value in sets.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    return subprocess.run([oceanspec, command, str(sample / "config.toml"), *arguments], capture_output=True, text=True)


def check(name: str, is_right: bool, found) -> None:
    print(f"{'ok   ' if is_right else 'FAIL '} {name}")
    if not is_right:
        print(f"      {found}")
        failures.append(name)


def tells(name: str, path: pathlib.Path, says: list[str], silent: list[str], **settings) -> None:
    """Runs on `path`, and looks at the lines of the log; `plan` and `inspect` warn of the same."""
    result = f"{path.stem}-{len(list(work.iterdir()))}.zarr"
    for command in ("plan", "inspect", "run"):
        done = start(path, result, command=command, **settings)
        is_right = done.returncode == 0 and all(part in done.stderr for part in says) and not any(part in done.stderr for part in silent)
        check(f"{name}: {command}", is_right, (done.returncode, done.stderr))


own = {"prepare.centre": False}
dataset = fields()
dataset.to_netcdf(work / "zeros.nc")
tells("no land among the values", work / "zeros.nc", [f"{LAND}, none of {NJ * NI} cells"], [PLACES], **own)
holes = fields()
holes.uo[0, 2:4, 3] = np.nan
holes.vo[0, 2:4, 3] = np.nan
holes.to_netcdf(work / "holes.nc")
tells("a hole in the first snapshot", work / "holes.nc", [f"{LAND}, 2 of {NJ * NI} cells"], [], **own)
masked = fields()
masked["mask"] = (("lat", "lon"), np.ones((NJ, NI), "i1"))
masked.to_netcdf(work / "masked.nc")
tells("a mask", work / "masked.nc", [], ["land is taken"], **own)

for version in (2, 3):
    # Arrays of true and false, as zarr-python makes them; xarray writes int8.
    truths = fields()
    truths.to_zarr(work / f"truths_{version}.zarr", zarr_format=version, consolidated=False)
    wet = np.ones((NJ, NI), bool)
    wet[1, 2] = wet[4, 5] = False
    names = {"dimension_names": ("lat", "lon")} if version == 3 else {}
    array = zarr.open_group(work / f"truths_{version}.zarr", mode="r+").create_array("mask", data=wet, chunks=(3, 4), **names)
    if version == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["lat", "lon"]
    tells(f"a mask of true and false, version {version}", work / f"truths_{version}.zarr", [], ["land is taken"], **own)
    done = start(work / f"truths_{version}.zarr", f"truths-{version}-result.zarr", **own)
    result = xr.open_zarr(work / f"truths-{version}-result.zarr", consolidated=False)
    check(f"its land, version {version}", bool((result.mask.values.astype(bool) == wet).all()), result.mask.values)

tells("centring of fields at the cells' own places", work / "masked.nc", [PLACES], [])
staggered = masked.assign_coords(lon_u=("lon_u", masked.lon.values - 0.25), lat_v=("lat_v", masked.lat.values - 0.25))
staggered["uo"] = (("time", "lat", "lon_u"), masked.uo.values)
staggered["vo"] = (("time", "lat_v", "lon"), masked.vo.values)
staggered.to_netcdf(work / "staggered.nc")
tells("centring of staggered fields", work / "staggered.nc", [], [PLACES])

grid = xr.Dataset({"YC": (("lat", "lon"), np.broadcast_to(masked.lat.values[:, None], (NJ, NI))),
                   "XC": (("lat", "lon"), np.broadcast_to(masked.lon.values, (NJ, NI))), "hFacC": masked.mask.astype("f4")}).drop_vars(("lat", "lon"))
for version in (2, 3):
    # The second half of the rows is land, and left out; of a chunk of longitudes nobody knows why.
    path = work / f"grid_{version}.zarr"
    grid.to_zarr(path, zarr_format=version, consolidated=False, encoding={name: {"chunks": (3, NI)} for name in grid})
    (path / "hFacC" / ("1.0" if version == 2 else "c/1/0")).unlink()
    mask = ["not stored: 1 of the 2 chunks of hFacC in ", "of this mask that is land"]
    tells(f"a mask without its chunks of land, version {version}", work / "masked.nc", mask, ["chunks of XC", "chunks of YC"],
          **own, **{"input.grid": str(path)})
appended = fields()
path = work / "appended.zarr"
appended.isel(time=slice(0, 72)).to_zarr(path, zarr_format=2, encoding={name: {"chunks": (24, NJ, NI)} for name in ("uo", "vo")})
appended.isel(time=slice(72, None)).to_zarr(path, append_dim="time", consolidated=False)
old = ["its metadata for all arrays (.zmetadata) is older than theirs", f"uo is 72 x {NJ} x {NI} there, {TIMES} x {NJ} x {NI} in uo/.zarray",
       "zarr.consolidate_metadata("]
tells("consolidated metadata that is old", path, old, [], **own)
zarr.consolidate_metadata(path)
tells("consolidated metadata brought up to date", path, [], ["is older than theirs"], **own)

masked.to_netcdf(work / "group.nc", group="ocean")
masked.to_zarr(work / "group.zarr", group="ocean", zarr_format=2, consolidated=False)
with netCDF4.Dataset(work / "group.nc", "a") as file:
    # Of the same name, for others.
    file.createDimension("other", 3)
    file.createVariable("lon", "f8", ("other",))[:] = [0, 100, 0]
done = start(work / "masked.nc", "root.zarr", **own)
check("arrays in the root group", done.returncode == 0, done.stderr)
for kind in ("nc", "zarr"):
    root = "/" if kind == "nc" else ""
    names = {"input.u": f"{root}ocean/uo", "input.v": f"{root}ocean/vo"}
    done = start(work / f"group.{kind}", f"group-{kind}.zarr", **names, **own)
    compared = subprocess.run([oceanspec, "validate", str(work / f"group-{kind}.zarr"), "--against", str(work / "root.zarr"), "--tolerance", "1e-12"],
                              capture_output=True, text=True)
    check(f"arrays in a group, {kind}", done.returncode == 0 and compared.returncode == 0, (done.stderr, compared.stdout, compared.stderr))

# Chunks of the grid and of times that are not stored, and consolidated metadata that is older than the arrays.
masked.to_zarr(work / "mask-hole.zarr", zarr_format=3, consolidated=False, encoding={"mask": {"chunks": (3, NI)}})
(work / "mask-hole.zarr" / "mask" / "c" / "1" / "0").unlink()
tells("a chunk of a mask that is not stored", work / "mask-hole.zarr", ["not stored: 1 of the 2 chunks of mask in ", "of this mask that is land"], [], **own)
fields().isel(time=slice(0, 72)).to_zarr(work / "stale.zarr", zarr_format=2, encoding={"time": {"chunks": (24,)}})
fields().isel(time=slice(72, 96)).to_zarr(work / "stale.zarr", zarr_format=2, append_dim="time", consolidated=False)
tells("consolidated metadata that is older than the arrays", work / "stale.zarr",
      ["is older than theirs", "uo is 72 x 6 x 8 there, 96 x 6 x 8 in uo/.zarray"], [], **own)

sys.exit(bool(failures))
