#!/usr/bin/env python3
"""The input of the side-by-side benchmark in the formats in which ocean models' output comes.

    formats.py INPUT FOLDER [--only NAME]...

INPUT is a folder that `oceanspec synth` made of a plain grid. FOLDER gets, of each format, one file or store NAME.nc or
NAME.zarr with U and V [time, j, i], the same float32 numbers, CF time and the grid's arrays as coordinates, and NAME.toml,
a configuration to run with. What is there is kept: a format is made under another name, then renamed. At most
BLOCK_BYTES of a field are in memory at once, more only where a single row of chunks is larger.
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import shutil
import sys
import time
import tomllib

import dask.array as da
import netCDF4
import numcodecs
import numpy as np
import xarray as xr
import zarr

BLOCK_BYTES = 128 << 20
# Compressed over plain bytes, with some to spare: these currents, a fifth of them land, come to 0.72 to 0.78.
PACKED = 0.85
FIELDS = {"U": "velocity along i", "V": "velocity along j"}
# Names in the files: of MITgcm's grid files, long names, units.
GRID = {
    "XC": ("XC", "longitude of cell centres", "degrees_east"),
    "YC": ("YC", "latitude of cell centres", "degrees_north"),
    "hFacC": ("hFacC", "fraction of the cell that is wet", "1"),
    "hFacW": ("hFacW", "fraction of the west face that is wet", "1"),
    "hFacS": ("hFacS", "fraction of the south face that is wet", "1"),
    "rA": ("RAC", "area of cells", "m2"),
    "Depth": ("Depth", "depth of the sea floor", "m"),
}


class Snapshots:
    """What `oceanspec synth` made: MDS files of U and V, and of the grid."""

    def __init__(self, folder):
        self.folder = folder
        spec = json.loads((folder / "truth.json").read_text())["spec"]
        self.files = {name: sorted((folder / "mds").glob(f"{name}.*.data")) for name in FIELDS}
        iterations = np.array([int(path.name.split(".")[1]) for path in self.files["U"]])
        self.epoch = tomllib.loads((folder / "run.toml").read_text())["input"]["epoch"]
        self.hours = iterations * spec["timestep"] / 3600.0
        self.shape = len(iterations), spec["ny"], spec["nx"]
        self.field_bytes = 4 * int(np.prod(self.shape))

    def window(self, name, t, j):
        """Some rows of some times of a field, [t, j, i]."""
        _, _, ni = self.shape
        out = np.empty((t.stop - t.start, j.stop - j.start, ni), "f4")
        for step, path in zip(out, self.files[name][t]):
            step[:] = np.fromfile(path, ">f4", step.size, offset=4 * j.start * ni).reshape(step.shape)
        return out

    def windows(self, unit):
        """Times and rows [t, j] of blocks that cut no unit of that many times and rows."""
        nt, nj, ni = self.shape
        t, j = unit[0] * max(1, 24 // unit[0]), unit[1]
        rows = j * max(1, BLOCK_BYTES // (4 * t * j * ni))
        for start in range(0, nt, t):
            for row in range(0, nj, rows):
                yield slice(start, min(start + t, nt)), slice(row, min(row + rows, nj))

    def grid(self, name):
        return np.fromfile(self.folder / "grid" / f"{name}.data", ">f4").reshape(self.shape[1:]).astype("f4")

    def time_attributes(self):
        return {"units": f"hours since {self.epoch:%Y-%m-%d %H:%M:%S}", "calendar": "proleptic_gregorian", "standard_name": "time"}


def attributes(name):
    return {"long_name": FIELDS[name], "units": "m s-1"}


def write_netcdf(snapshots, path, unit, kind, **options):
    """A file of `kind`; time can grow but where values lie in one piece, as models write it."""
    nt, nj, ni = snapshots.shape
    with netCDF4.Dataset(path, "w", format=kind) as file:
        for name, length in [("time", nt if options.get("contiguous") else None), ("j", nj), ("i", ni)]:
            file.createDimension(name, length)
        axis = file.createVariable("time", "f8", ("time",))
        axis.setncatts(snapshots.time_attributes())
        for name, (source, long_name, units) in GRID.items():
            array = file.createVariable(name, "f4", ("j", "i"))
            array.setncatts({"long_name": long_name, "units": units})
            array[:] = snapshots.grid(source)
        # All are declared before the first is written: a record of a classic file holds the time and both fields.
        for name in FIELDS:
            array = file.createVariable(name, "f4", ("time", "j", "i"), fill_value=False, **options)
            array.setncatts({**attributes(name), "coordinates": "XC YC"})
        axis[:] = snapshots.hours
        for t, j in snapshots.windows(unit):
            for name in FIELDS:
                file[name][t, j] = snapshots.window(name, t, j)


def write_zarr(snapshots, path, unit, version, chunk, compressor, shards=None):
    """A store as xarray writes it, `unit` by `unit`."""
    dims = ("time", "j", "i")
    coordinates = {
        name: (("j", "i"), snapshots.grid(source), {"long_name": long_name, "units": units})
        for name, (source, long_name, units) in GRID.items()}
    attributes_of_time = snapshots.time_attributes()
    coordinates["time"] = ("time", snapshots.hours, attributes_of_time)
    empty = da.zeros(snapshots.shape, dtype="f4", chunks=shards or chunk)
    template = xr.Dataset({name: (dims, empty, attributes(name)) for name in FIELDS}, coordinates)
    encoding = {name: {"chunks": chunk, "compressors": [compressor]} for name in FIELDS}
    if shards:
        encoding = {name: {**each, "shards": shards} for name, each in encoding.items()}
    template.to_zarr(path, mode="w", zarr_format=version, encoding=encoding, compute=False)
    store = zarr.open_group(path, mode="r+", use_consolidated=False)
    for t, j in snapshots.windows(unit):
        for name in FIELDS:
            store[name][t, j] = snapshots.window(name, t, j)


@dataclasses.dataclass
class Format:
    """One way to hold the snapshots: its name, that of the file or store, what it is, and what writes it."""
    name: str
    file: str
    words: str
    write: collections.abc.Callable
    is_packed: bool = True

    def path(self, folder):
        return folder / self.file

    def stored_bytes(self, folder):
        path = self.path(folder)
        files = path.rglob("*") if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files if file.is_file())


def all_formats(shape):
    """The formats, their chunks no longer than the arrays."""
    nt, nj, ni = shape

    def within(*lengths):
        return tuple(min(length, whole) for length, whole in zip(lengths, shape))

    block, maps, series = within(24, 96, 96), within(1, nj, ni), within(nt, 24, 72)
    shard = tuple(length * count for length, count in zip(block, (10, 2, 2)))
    zstd = zarr.codecs.ZstdCodec(level=3)
    lz4 = numcodecs.Blosc(cname="lz4", clevel=5, shuffle=numcodecs.Blosc.SHUFFLE)

    def netcdf(name, words, unit, kind, **options):
        return Format(name, f"{name}.nc", words, lambda snapshots, path: write_netcdf(snapshots, path, unit, kind, **options),
                      "compression" in options)

    def store(name, words, version, chunk, compressor, shards=None):
        return Format(name, f"{name}.zarr", words, lambda snapshots, path: write_zarr(
            snapshots, path, shards or chunk, version, chunk, compressor, shards))

    def lengths(chunk):
        return " x ".join(map(str, chunk))

    return [
        netcdf("netcdf-classic", "netCDF classic", (1, nj), "NETCDF3_64BIT_OFFSET"),
        netcdf("netcdf4-contiguous", "netCDF-4, contiguous", (1, nj), "NETCDF4", contiguous=True),
        netcdf("netcdf4-deflate", f"netCDF-4, deflate 4, shuffle, {lengths(block)}", block, "NETCDF4",
               compression="zlib", complevel=4, shuffle=True, chunksizes=block),
        store("zarr3-zstd", f"Zarr v3, zstd 3, {lengths(block)}", 3, block, zstd),
        store("zarr2-blosc", f"Zarr v2, blosc lz4 shuffle, {lengths(block)}", 2, block, lz4),
        store("zarr3-sharded", f"Zarr v3, zstd 3, {lengths(block)}, shards {lengths(shard)}", 3, block, zstd, shard),
        store("zarr3-maps", f"Zarr v3, zstd 3, {lengths(maps)}", 3, maps, zstd),
        store("zarr3-series", f"Zarr v3, zstd 3, {lengths(series)}", 3, series, zstd),
    ]


CONFIGURATION = """\
# {words}
[input]
format = "{kind}"
path   = "{file}"
u      = "U"
v      = "V"
[spectrum]
segment = "1 day"
[output]
path = "{name}-spectra.zarr"
"""


def make(data, folder, only=None, say=print):
    """Writes the formats of `data` that `folder` lacks; those of `only`, if it names any. Returns all of these."""
    snapshots = Snapshots(data)
    formats = [each for each in all_formats(snapshots.shape) if not only or each.name in only]
    missing = [each for each in formats if not each.path(folder).exists()]
    folder.mkdir(parents=True, exist_ok=True)
    grid_bytes = 4 * len(GRID) * int(np.prod(snapshots.shape[1:]))
    needed = sum(2 * snapshots.field_bytes * (PACKED if each.is_packed else 1.02) + grid_bytes for each in missing)
    free = shutil.disk_usage(folder).free
    if needed > free:
        sys.exit(f"{folder}: {len(missing)} formats ({', '.join(each.name for each in missing)}) take "
                 f"{needed / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are free: make room, give another folder (--work), "
                 "or leave these rows out (--skip formats)")
    if missing:
        say(f"making {len(missing)} formats in {folder}: {needed / 2**30:.1f} GiB of {free / 2**30:.1f} GiB that are free", flush=True)
    for each in missing:
        start = time.perf_counter()
        path = each.path(folder)
        partial = path.with_name(f"partial-{path.name}")
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)
        each.write(snapshots, partial)
        kind = "zarr" if path.suffix == ".zarr" else "netcdf"
        (folder / f"{each.name}.toml").write_text(
            CONFIGURATION.format(words=each.words, kind=kind, file=each.file, name=each.name))
        partial.rename(path)
        stored = each.stored_bytes(folder)
        say(f"{each.file}: {stored / 2**20:.1f} MiB, the fields alone take {2 * snapshots.field_bytes / 2**20:.1f} MiB, "
            f"made in {time.perf_counter() - start:.1f} s", flush=True)
    return formats


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    make(arguments.input, arguments.folder, arguments.only)


if __name__ == "__main__":
    main()
