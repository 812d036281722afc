"""bad_stores.py OCEANSPEC SAMPLE WORK: netCDF files and Zarr stores with something wrong: the code, one line, no result.

Each case stands in docs/errors.md with the words that it must say.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import contract_forms as forms
import netCDF4
import numpy as np

oceanspec, sample, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
dataset = forms.read_run(sample).isel(time=slice(0, 300))
docs = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "errors.md").read_text()
failures: list[str] = []
CHUNKS = {"zlib": True, "shuffle": True, "chunksizes": (50, 20, 24)}


def case(name: str, code: int, says: str, path, config: pathlib.Path = sample / "config.toml", command: str = "run", **settings) -> None:
    """Runs, or plans, on `path` (below the work folder) with more keys of [input], and compares what comes of it."""
    paths = [str(work / one) for one in path] if isinstance(path, list) else str(work / path)
    result = work / "result.zarr"
    kind = "zarr" if "zarr" in str(path) else "netcdf"
    sets = {"output.path": str(result), "input.path": paths, "input.grid": str(sample / "grid"), "spectrum.segment": "5 days",
            "input.format": kind, **{f"input.{key}" if "." not in key else key: value for key, value in settings.items()}}
    words = [oceanspec, command, str(config)]
    for key, value in sets.items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    done = subprocess.run(words, capture_output=True, text=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("oceanspec:")]
    wrong = []
    if done.returncode != code:
        wrong.append(f"exit code {done.returncode}, expected {code}")
    if len(lines) != 1 or says not in lines[0]:
        wrong.append(f"expected one line with {says!r}, got {lines}")
    left = sorted(one.name for one in work.glob("result*"))
    if left:
        wrong.append(f"left behind: {left}")
        for one in left:
            shutil.rmtree(work / one, ignore_errors=True)
    rows = [row for row in docs.splitlines() if row.startswith(f"| {name} |")]
    if len(rows) != 1 or says not in rows[0]:
        wrong.append(f"docs/errors.md has {rows}, expected a row with {says!r}")
    print(f"{'FAIL ' if wrong else 'ok   '} {name}" + "".join(f"\n      {text}" for text in wrong))
    failures.extend(wrong)


def damage(path: pathlib.Path, at: int, count: int = 64) -> None:
    """Changes bytes, none to its opposite: sums do not tell 0 from 65535."""
    bytes_ = bytearray(path.read_bytes())
    bytes_[at:at + count] = bytes(byte ^ 0x5A for byte in bytes_[at:at + count])
    path.write_bytes(bytes_)


def cut(path: pathlib.Path, part: float) -> None:
    bytes_ = path.read_bytes()
    path.write_bytes(bytes_[:int(len(bytes_) * part)])


# netCDF
case("no netCDF file", 3, "no netCDF file at", "nowhere.nc")
(work / "text.nc").write_text("no netCDF\n" * 100)
case("a file that is no netCDF", 3, "is no netCDF file", "text.nc")
forms.netcdf4(dataset, work / "good.nc", **CHUNKS)
case("no array of this name", 3, "no array of that name in", "good.nc", u="UVEL")
forms.classic(dataset, work / "cut-classic.nc", 2, True)
cut(work / "cut-classic.nc", 0.7)
case("a cut classic file", 3, "bytes, expected", "cut-classic.nc")
shutil.copy(work / "good.nc", work / "cut.nc")
cut(work / "cut.nc", 0.7)
case("a cut netCDF-4 file", 3, "cut.nc", "cut.nc")
shutil.copy(work / "good.nc", work / "corrupt.nc")
damage(work / "corrupt.nc", (work / "corrupt.nc").stat().st_size // 2, 4096)
case("a corrupt chunk", 3, "corrupt.nc: chunk", "corrupt.nc")
forms.netcdf4(dataset, work / "checksum.nc", fletcher32=True, chunksizes=(50, 20, 24))
damage(work / "checksum.nc", (work / "checksum.nc").stat().st_size // 2, 4)
case("a checksum that does not fit", 3, "checksum", "checksum.nc")
for name, calendar in (("a", "noleap"), ("b", "360_day")):
    part = dataset.isel(time=slice(0, 150) if name == "a" else slice(150, 300)).copy()
    part.time.attrs["calendar"] = calendar
    forms.netcdf4(part, work / f"calendar_{name}.nc", **CHUNKS)
case("files of two calendars", 3, "one run has one calendar", "calendar_*.nc")
later = dataset[["V"]].isel(time=slice(3, 300))
forms.netcdf4(dataset[["U"]], work / "odds_U.nc", **CHUNKS)
forms.netcdf4(later, work / "odds_V.nc", **CHUNKS)
case("times of u and v that differ", 3, "V lacks 3 of the 300 times", "odds_{name}.nc")
forms.netcdf4(dataset.isel(time=slice(0, 200)), work / "twice_1.nc", **CHUNKS)
forms.netcdf4(dataset.isel(time=slice(150, 300)), work / "twice_2.nc", **CHUNKS)
case("one time in two files", 3, "both have U of", "twice_*.nc")
uneven = dataset.copy()
uneven["time"] = ("time", dataset.time.values + np.where(np.arange(300) >= 100, 1000.0, 0.0), dataset.time.attrs)
forms.netcdf4(uneven, work / "uneven.nc", **CHUNKS)
case("times that are not even", 3, "uneven time axis", "uneven.nc")
months = dataset.copy()
months["time"] = ("time", np.arange(300.0), {"units": "months since 2011-01-01"})
forms.netcdf4(months, work / "months.nc", **CHUNKS)
case("months as times", 3, "are not of one length", "months.nc")
for name, attributes, says in (("times without units", {}, "time has no units, so that its numbers may be seconds, hours or a count"),
                               ("a mean annual cycle", {**dataset.time.attrs, "climatology": "bounds"}, "time has the attribute climatology")):
    other = dataset.copy()
    other["time"] = ("time", np.arange(300.0) * 3600, attributes)
    forms.netcdf4(other, work / "meaning.nc", **CHUNKS)
    case(name, 3, says, "meaning.nc")
    (work / "meaning.nc").unlink()
model_time = dataset.copy()
model_time["time"] = ("time", np.arange(300.0) * 3600, {"units": "s"})
forms.netcdf4(model_time, work / "model_time.nc", **CHUNKS)
lines = (sample / "config.toml").read_text().splitlines(keepends=True)
(work / "no_epoch.toml").write_text("".join(line for line in lines if not line.startswith("epoch")))
case("no date in the units of time", 3, "so it is the model's own time; [input] epoch says when that is 0", "model_time.nc", work / "no_epoch.toml")
(work / "link_2.nc").symlink_to("moved.nc")
forms.netcdf4(dataset, work / "link_1.nc", **CHUNKS)
case("a link to a folder or store that is gone", 3, "it leads to a file or folder that is not there", "link_*.nc")
forms.netcdf4(dataset.drop_vars("time").rename(time="record", j="a", i_g="b", j_g="c", i="d"), work / "names.nc", **CHUNKS)
case("dimensions that say nothing", 3, "no time dimension among", "names.nc")
forms.netcdf4(dataset.isel(j=slice(0, 30), j_g=slice(0, 30)), work / "small.nc", **CHUNKS)
case("snapshots of another grid", 3, "points (ni x nj)", "small.nc")
forms.netcdf4(dataset, work / "nan.nc", **CHUNKS)
with netCDF4.Dataset(work / "nan.nc", "a") as file:
    file["U"][7, 20, 20] = np.nan
case("a value that is none", 3, "U of", "nan.nc")
with netCDF4.Dataset(work / "words.nc", "w") as file:
    for name, length in zip(("time", "j", "i_g"), dataset.U.shape):
        file.createDimension(name, length)
    file.createVariable("U", str, ("time", "j", "i_g"))
case("texts for a velocity", 3, "is there, but its values are texts, which are not read", "words.nc")
with netCDF4.Dataset(work / "dated.nc", "w") as file:
    group = file.createGroup("model")
    for name, length in zip(("time", "j", "i_g"), dataset.U.shape):
        file.createDimension(name, length)
    file.createVariable("time", str, ("time",))
    for name in ("U", "V"):
        group.createVariable(name, "f4", ("time", "j", "i_g"))[...] = 0
case("times that are texts", 3, "the values of the coordinate time are texts, which are not read", "dated.nc", u="model/U", v="model/V")
forms.netcdf4(dataset[["hFacC"]].isel(i=slice(0, 40)), work / "mask.nc")
case("a mask of another grid", 3, "hFacC, which is hFacC of the grid, has 40 x 40 points (ni x nj)", "good.nc", grid=str(work / "mask.nc"))
forms.netcdf4(dataset.drop_vars(["XC", "YC"]), work / "places.nc", **CHUNKS)
case("no longitudes and latitudes", 3, "no longitudes and latitudes of cell centres were found", "places.nc", grid=str(work / "places.nc"))
forms.netcdf4(dataset[["XC", "YC"]].expand_dims(face=6), work / "faces.nc")
case("faces that are not lat-lon-cap's", 3, "only lat-lon-cap grids have faces here", "good.nc", grid=str(work / "faces.nc"))
good = {"grid": str(work / "good.nc")}
case("a name of the grid that no file has", 3, 'grid_names.hFacC = "landsee": no array of that name', "good.nc", **good,
     **{"input.grid_names.hFacC": "landsee"})
case("an angle that no file has", 3, 'grid_names.angle = "theta": no array of that name', "good.nc", **good, **{"input.grid_names.angle": "theta"})
case("a dimension that no array has", 3, 'dimensions = { time = "tyme" }', "good.nc", **good, **{"input.dimensions.time": "tyme"})
of_land = dataset[["hFacC"]].rename(hFacC="lsm")
of_land.lsm.attrs["standard_name"] = "land_binary_mask"
forms.netcdf4(of_land, work / "lsm.nc")
case("a mask of land", 3, "lsm is 1 on land", "good.nc", grid=str(work / "lsm.nc"), **{"input.grid_names.hFacC": "lsm"})
flags = dataset[["hFacC"]].rename(hFacC="mask")
flags.mask.attrs.update(flag_values=np.array([1.0, 2.0]), flag_meanings="sea land")
forms.netcdf4(flags, work / "flags.nc")
case("a mask whose flags are above 0 on land", 3, "mask is 2 on land (by its flag_meanings)", "good.nc", grid=str(work / "flags.nc"),
     **{"input.grid_names.hFacC": "mask"})
plain = dataset.drop_vars(["hFacC", "hFacW", "hFacS", "Depth"])
height = plain.assign(deptho=-dataset.Depth)
forms.netcdf4(height, work / "height.nc", **CHUNKS)
case("heights for depths", 3, "are negative and 0 positive, and above 0 is water", "height.nc", grid=str(work / "height.nc"))
height.deptho.attrs["positive"] = "up"
forms.netcdf4(height, work / "up.nc", **CHUNKS)
case("heights for depths that say so", 3, "deptho is a height above the sea, not a depth below it", "up.nc", grid=str(work / "up.nc"))
radians = dataset.assign(XC=np.radians(dataset.XC), YC=np.radians(dataset.YC))
radians.XC.attrs["units"] = radians.YC.attrs["units"] = "radians"
forms.netcdf4(radians, work / "radians.nc", **CHUNKS)
case("places in radians that say so", 3, 'XC has units = "radians", but places of cells are in degrees', "radians.nc", grid=str(work / "radians.nc"))
north, east = {"units": "degrees_north"}, {"units": "degrees_east"}
latitude, longitude = dataset.YC.values[:, 0], dataset.XC.values[0]
forms.netcdf4(dataset.assign_coords(j=("j", latitude, north)), work / "rows_U.nc", **CHUNKS)
forms.netcdf4(dataset.assign_coords(j_g=("j_g", latitude[::-1].copy(), north)), work / "rows_V.nc", **CHUNKS)
case("rows of u and v in another order", 3, "U and V differ: row 0 is at latitude 49.625 in j_g of", "rows_{name}.nc")
for number, values in ((1, longitude), (2, np.roll(longitude, 24))):
    part = dataset.isel(time=slice(150 * number - 150, 150 * number))
    forms.netcdf4(part.assign_coords(i_g=("i_g", values, east)), work / f"columns_{number}.nc", **CHUNKS)
case("columns of two files in another order", 3, "U: column 0 is at longitude -41.625 in i_g of", "columns_*.nc")
forms.netcdf4(dataset[["XC", "YC", "hFacC", "hFacW", "hFacS"]].assign(
    XC=("i", longitude), YC=("j", latitude[::-1].copy())), work / "turned.nc")
case("rows of a grid in another order", 3, "U and the grid differ: row 0 is at latitude", "rows_U.nc", grid=str(work / "turned.nc"))
forms.netcdf4(dataset[["hFacC"]].expand_dims(k=3), work / "levels.nc")
case("a level that the mask has not", 3, "level = 7: ", "good.nc", grid=str(work / "levels.nc"), level=7)
forms.netcdf4(dataset, work / "cm.nc", **CHUNKS)
with netCDF4.Dataset(work / "cm.nc", "a") as file:
    file["U"].units = "cm/s"
case("velocities in other units", 3, 'U has units = "cm/s"; velocities must be in m s-1', "cm.nc")
for number, factor in ((1, 0.001), (2, 0.0011)):
    part = dataset.isel(time=slice(0, 150) if number == 1 else slice(150, 300)).drop_encoding()
    packing = {name: {"dtype": "i2", "scale_factor": factor, "_FillValue": -32767} for name in "UV"}
    part.to_netcdf(work / f"packed_{number}.nc", encoding=packing)
case("files packed each in their own way", 3, "with scale_factor 0.0011, add_offset 0 and missing value -32767", "packed_*.nc")

# Zarr
case("an address as path", 2, "is an address", "bucket.zarr", **{"input.path": "s3://bucket/year.zarr"})
case("a zip file as path", 2, "is a zip file", "year.zarr.zip")
case("no Zarr store", 3, "no Zarr store at", "nowhere.zarr")


def store(name: str, **encoding) -> pathlib.Path:
    forms.zarr(dataset, work / name, 2, consolidated=False, chunks=(50, 20, 24), **encoding)
    return work / name


cut(store("short.zarr") / "U" / "2.1.0", 0.5)
case("a cut chunk", 3, "short.zarr/U/2.1.0", "short.zarr")
(store("hole.zarr") / "V" / "1.0.1").unlink()
case("a chunk that is not there", 3, 'missing_chunks = "fill"', "hole.zarr", missing_chunks="fail")
case("a chunk that is not there", 3, 'missing_chunks = "fill"', "hole.zarr", command="plan", missing_chunks="fail")
chunk = store("unstored.zarr") / "V" / "1.0.1"
chunk.unlink()
metadata = chunk.parent / ".zarray"
metadata.write_text(json.dumps({**json.loads(metadata.read_text()), "fill_value": "NaN"}))
case("a chunk that is not there, of values that count as missing", 3, "chunk (1, 0, 1) is not stored and is taken for its fill value", "unstored.zarr")
shutil.rmtree(work / "unfilled.zarr", ignore_errors=True)
store("unfilled.zarr")
for name in ("U", "V"):
    for path in (work / "unfilled.zarr" / name).glob("[0-9]*"):
        path.unlink()
case("a store whose chunks were never written", 3, "the store was made and never filled (xarray's compute=False)", "unfilled.zarr")
case("a store whose chunks were never written", 3, "the store was made and never filled (xarray's compute=False)", "unfilled.zarr", command="plan")
metadata = store("renamed.zarr") / "U" / ".zarray"
metadata.write_text(json.dumps({**json.loads(metadata.read_text()), "dimension_separator": "/"}))
case("chunks by other names than the metadata says", 3, "names of another form than the metadata says", "renamed.zarr")
with netCDF4.Dataset(work / "unfilled.nc", "w") as file, netCDF4.Dataset(work / "good.nc") as good_file:
    for name, dimension in good_file.dimensions.items():
        file.createDimension(name, len(dimension))
    for name, variable in good_file.variables.items():
        made = file.createVariable(name, variable.dtype, variable.dimensions, chunksizes=(50, 20, 24) if name in "UV" else None, zlib=name in "UV")
        made.setncatts({key: variable.getncattr(key) for key in variable.ncattrs() if key != "_FillValue"})
        if name not in "UV":
            made[...] = variable[...]
case("a netCDF-4 file that was never filled", 3, "the file was made and never filled", "unfilled.nc")
chunked_grid = dataset[["XC", "YC", "hFacC"]].drop_encoding()
chunked_grid.to_zarr(work / "grid.zarr", mode="w", zarr_format=2, consolidated=False, encoding={name: {"chunks": (20, 48)} for name in ("XC", "YC")})
(work / "grid.zarr" / "YC" / "1.0").unlink()
store("good.zarr")
case("a chunk of latitudes that is not there", 3, "chunk (1, 0) of YC: is not stored", "good.zarr", grid=str(work / "grid.zarr"), missing_chunks="fail")
forms.zarr(dataset.drop_encoding(), work / "times.zarr", 2, consolidated=False, chunks=(50, 20, 24))
timed = dataset[["time"]].drop_encoding()
shutil.rmtree(work / "times.zarr" / "time")
timed.to_zarr(work / "times.zarr", mode="a", zarr_format=2, consolidated=False, encoding={"time": {"chunks": (50,)}})
(work / "times.zarr" / "time" / "2").unlink()
case("a chunk of times that is not there", 3, "not stored: 1 of the 6 chunks of time in", "times.zarr")
dataset[["U"]].to_zarr(work / "unlisted.zarr", mode="w", zarr_format=2, consolidated=True)
shutil.copytree(work / "good.zarr" / "V", work / "unlisted.zarr" / "V")
case("an array that consolidated metadata does not list", 3, "has a folder of that name, which its consolidated metadata does not list: zarr.consolidate_metadata(",
     "unlisted.zarr")
case("the path of one array of a store", 3, "is one Zarr array; [input] path is that of the group", "good.zarr/U")
attributes = store("nameless.zarr") / "U" / ".zattrs"
attributes.write_text("{}")
case("arrays without names of dimensions", 3, "the dimensions of U have no names, by which times and places are found; xarray does not open such a store either",
     "nameless.zarr")
attributes = store("texts.zarr") / "U" / ".zattrs"
attributes.write_text(json.dumps({**json.loads(attributes.read_text()), "scale_factor": "0.001"}))
case("packing by texts", 3, 'U has scale_factor = "0.001", a text; it must be a number', "texts.zarr")
equator = chunked_grid.copy()
equator["YC"] = equator.YC - float(equator.YC[20, 20])
equator.to_zarr(work / "zero.zarr", mode="w", zarr_format=2, consolidated=False)
metadata = work / "zero.zarr" / "YC" / ".zarray"
metadata.write_text(json.dumps({**json.loads(metadata.read_text()), "fill_value": 0.0}))
case("latitudes that stand for missing values", 3, "but latitudes are degrees from -90 to 90; a value that equals _FillValue, missing_value or, in Zarr 2, fill_value is read as NaN; see [input] grid and grid_names",
     "good.zarr", grid=str(work / "zero.zarr"))
metadata = store("chain.zarr") / "U" / ".zarray"
text = json.loads(metadata.read_text())
metadata.write_text(json.dumps({**text, "filters": [{"id": "zstd", "level": 1}], "compressor": {"id": "zlib", "level": 1}}))
case("two compressors whose lengths are not known", 3, "U is stored with zlib on top of another compressor (zstd", "chain.zarr")
metadata = store("codec.zarr") / "U" / ".zarray"
metadata.write_text(metadata.read_text().replace('"blosc"', '"pcodec"'))
case("a codec that cannot be read", 3, "pcodec", "codec.zarr")
half = dataset.assign(U=dataset.U.astype("float16"), V=dataset.V.astype("float16"))
for version in (2, 3):
    forms.zarr(half, work / f"half_{version}.zarr", version, chunks=(50, 20, 24))
    case("numbers of a type that is not read", 3, "is there, but its values are of another type (", f"half_{version}.zarr")
forms.zarr(dataset.drop_vars("hFacC").assign(wet=dataset.hFacC.astype("float16")), work / "half_mask.zarr", 3, chunks=(50, 20, 24))
case("a mask of a type that is not read", 3, "wet, which by its name is the mask hFacC of the grid, is there, but its values are", "half_mask.zarr",
     grid=str(work / "half_mask.zarr"))
metadata = store("dates.zarr") / "time" / ".zarray"
metadata.write_text(json.dumps({**json.loads(metadata.read_text()), "dtype": "<M8[ns]"}))
case("times that are stored as datetime64", 3, "the values of the coordinate time are of numpy's datetime64 (<M8[ns]), which are not read", "dates.zarr")
metadata = store("shape.zarr") / "U" / ".zarray"
text = json.loads(metadata.read_text())
metadata.write_text(json.dumps({**text, "shape": [10**15, 10**15, 10**15]}))
case("a shape too large to count", 3, "shape.zarr", "shape.zarr")
metadata.write_text(json.dumps({**text, "chunks": [50, 0, 24]}))
case("chunks of no length", 3, "shape.zarr", "shape.zarr")

sys.exit(bool(failures))
