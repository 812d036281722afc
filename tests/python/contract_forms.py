"""One run in every form in which such data come: netCDF classic and netCDF-4, Zarr 2 and 3, cut in many ways.

The run is MITgcm's own output (MDS); each form is written from it by the libraries that users write theirs with.
"""

import pathlib

import netCDF4
import numpy as np
import xarray as xr
from scipy.io import netcdf_file

EPOCH = "2011-09-10 00:00:00"
SECONDS_PER_ITERATION = 25
GRID = {"XC": ("j", "i"), "YC": ("j", "i"), "Depth": ("j", "i"), "rA": ("j", "i"), "hFacC": ("j", "i"),
        "hFacW": ("j", "i_g"), "hFacS": ("j_g", "i")}
FILES = {"rA": "RAC"}


def field(path: pathlib.Path, shape: tuple[int, int]) -> np.ndarray:
    """The first level of a file."""
    return np.fromfile(path, ">f4", shape[0] * shape[1]).reshape(shape).astype("f4")


def read_run(folder: pathlib.Path) -> xr.Dataset:
    """The run in `folder`/mds with the grid in `folder`/grid, as xarray users have it."""
    iterations = sorted(int(path.name.split(".")[1]) for path in (folder / "mds").glob("U.*.data"))
    meta = (folder / "grid" / "XC.meta").read_text().split("dimList = [")[1].split("]")[0].replace(",", " ").split()
    shape = (int(meta[3]), int(meta[0]))
    series = {name: np.stack([field(folder / "mds" / f"{name}.{at:010}.data", shape) for at in iterations]) for name in "UV"}
    variables = {"U": (("time", "j", "i_g"), series["U"]), "V": (("time", "j_g", "i"), series["V"])}
    for name, dimensions in GRID.items():
        variables[name] = (dimensions, field(folder / "grid" / f"{FILES.get(name, name)}.data", shape))
    seconds = np.array(iterations, "f8") * SECONDS_PER_ITERATION
    dataset = xr.Dataset(variables, coords={"time": ("time", seconds, {"units": f"seconds since {EPOCH}", "calendar": "proleptic_gregorian"})})
    for name in dataset.variables:
        # As the files hold them: no fill value, land is 0.
        dataset[name].encoding["_FillValue"] = None
    return dataset


def faces(path: pathlib.Path, nx: int) -> np.ndarray:
    """The 13 faces of a compact file, [face, j, i]: of the last two facets they lie side by side."""
    values = np.fromfile(path, ">f4").astype("f4")
    stacked, beside = values[:7 * nx * nx].reshape(7, nx, nx), values[7 * nx * nx:].reshape(2, nx, 3, nx)
    return np.concatenate([stacked, beside.transpose(0, 2, 1, 3).reshape(6, nx, nx)])


def read_faces(folder: pathlib.Path, nx: int) -> xr.Dataset:
    """A run on a lat-lon-cap grid as xmitgcm's users have it: with a dimension of faces."""
    iterations = sorted(int(path.name.split(".")[1]) for path in (folder / "mds").glob("U.*.data"))
    variables = {}
    for name, dimensions in (("U", ("j", "i_g")), ("V", ("j_g", "i"))):
        series = np.stack([faces(folder / "mds" / f"{name}.{at:010}.data", nx) for at in iterations])
        variables[name] = (("time", "face", *dimensions), series)
    for name, dimensions in {**GRID, "AngleCS": ("j", "i"), "AngleSN": ("j", "i")}.items():
        variables[name] = (("face", *dimensions), faces(folder / "grid" / f"{FILES.get(name, name)}.data", nx))
    attributes = {"units": f"seconds since {EPOCH}", "calendar": "proleptic_gregorian"}
    dataset = xr.Dataset(variables, coords={"time": ("time", np.array(iterations, "f8") * SECONDS_PER_ITERATION, attributes)})
    for name in dataset.variables:
        dataset[name].encoding["_FillValue"] = None
    return dataset


def write_faces(dataset: xr.Dataset, folder: pathlib.Path) -> dict[str, str]:
    """Writes a run with faces; returns by name the path of each form."""
    nx = dataset.sizes["i"]
    zarr(dataset, folder / "faces-maps.zarr", 3, chunks=(1, 1, nx, nx))
    zarr(dataset, folder / "faces-blocks.zarr", 2, chunks=(24, 5, 7, nx))
    zarr(dataset, folder / "faces-series.zarr", 3, chunks=(dataset.sizes["time"], 1, 6, 5))
    netcdf4(dataset, folder / "faces.nc", zlib=True, chunksizes=(20, 13, 8, 8))
    classic(dataset, folder / "faces-classic.nc", 2, True)
    return {name: str(folder / name) for name in ("faces-maps.zarr", "faces-blocks.zarr", "faces-series.zarr", "faces.nc", "faces-classic.nc")}


def classic(dataset: xr.Dataset, path: pathlib.Path, version: int, unlimited: bool) -> None:
    with netcdf_file(path, "w", version=version) as file:
        for name, length in dataset.sizes.items():
            file.createDimension(name, None if unlimited and name == "time" else length)
        for name, array in dataset.variables.items():
            variable = file.createVariable(name, array.dtype.newbyteorder(">"), array.dims)
            variable[:] = array.values
            for key, value in array.attrs.items():
                setattr(variable, key, value)


def netcdf4(dataset: xr.Dataset, path: pathlib.Path, **of_velocity) -> None:
    """`of_velocity`: what createVariable is told of U and V besides their names, types and dimensions."""
    with netCDF4.Dataset(path, "w") as file:
        for name, length in dataset.sizes.items():
            file.createDimension(name, length)
        for name, array in dataset.variables.items():
            more = of_velocity if name in ("U", "V") else {}
            variable = file.createVariable(name, array.dtype, array.dims, fill_value=False, **more)
            variable.setncatts(array.attrs)
            variable[:] = array.values


def packed(dataset: xr.Dataset, path: pathlib.Path) -> xr.Dataset:
    """Writes U and V as int16 and returns what they are worth, as float32."""
    worth = dataset.copy()
    scale, offset = 2.5e-4, 0.125
    with netCDF4.Dataset(path, "w") as file:
        for name, length in dataset.sizes.items():
            file.createDimension(name, length)
        for name, array in dataset.variables.items():
            if name not in ("U", "V"):
                variable = file.createVariable(name, array.dtype, array.dims, fill_value=False)
                variable.setncatts(array.attrs)
                variable[:] = array.values
                continue
            variable = file.createVariable(name, "i2", array.dims, fill_value=np.int16(-32768), zlib=True,
                                           chunksizes=(24, 20, 24))
            variable.set_auto_maskandscale(False)
            variable.setncatts({"scale_factor": scale, "add_offset": offset})
            numbers = np.round((array.values - offset) / scale).astype("i2")
            variable[:] = numbers
            worth[name] = (array.dims, (numbers * scale + offset).astype("f4"))
    return worth


def mitgcm_netcdf(folder: pathlib.Path) -> xr.Dataset:
    """UVEL and VVEL of MITgcm's own files, of the whole or of tiles, without the extra column and row."""
    whole = None
    for path in sorted(folder.glob("surfUV.*.nc")):
        with netcdf_file(path, "r", mmap=False) as file:
            ni, nj = int(file.sNx), int(file.sNy)
            i, j = (int(file.bi) - 1) * ni, (int(file.bj) - 1) * nj
            seconds = file.variables["T"][:].astype("f8")
            if whole is None:
                whole = {name: np.zeros((len(seconds), int(file.Ny), int(file.Nx)), "f4") for name in "UV"}
            whole["U"][:, j:j + nj, i:i + ni] = file.variables["UVEL"][:, 0, :, :ni]
            whole["V"][:, j:j + nj, i:i + ni] = file.variables["VVEL"][:, 0, :nj, :]
    return xr.Dataset({name: (("time", "j", "i"), values) for name, values in whole.items()}, coords={"time": seconds})


def write_mds(dataset: xr.Dataset, folder: pathlib.Path) -> None:
    """The velocities of a dataset as MDS files."""
    folder.mkdir(parents=True)
    for name in ("U", "V"):
        for seconds, values in zip(dataset.time.values, dataset[name].values):
            iteration = round(float(seconds) / SECONDS_PER_ITERATION)
            nj, ni = values.shape
            path = folder / f"{name}.{iteration:010}"
            path.with_name(path.name + ".data").write_bytes(values.astype(">f4").tobytes())
            path.with_name(path.name + ".meta").write_text(
                f" nDims = [   2 ];\n dimList = [\n {ni}, 1, {ni},\n {nj}, 1, {nj}\n ];\n"
                f" dataprec = [ 'float32' ];\n nrecords = [ 1 ];\n timeStepNumber = [ {iteration:10} ];\n")


def zarr(dataset: xr.Dataset, path: pathlib.Path, version: int, consolidated: bool = True, **of_velocity) -> None:
    """`of_velocity`: the encoding of U and V."""
    dataset.to_zarr(path, mode="w", zarr_format=version, consolidated=consolidated,
                    encoding={"U": of_velocity, "V": of_velocity} if of_velocity else None)


def write_all(dataset: xr.Dataset, folder: pathlib.Path) -> dict[str, dict]:
    """Writes every form below `folder`; returns by name what [input] says of it."""
    import numcodecs
    from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

    folder.mkdir(parents=True, exist_ok=True)
    forms: dict[str, dict] = {}

    def form(name: str, path, **more):
        forms[name] = {"path": [str(folder / one) for one in path] if isinstance(path, list) else str(folder / path), **more}

    for version, unlimited in ((1, True), (2, True), (2, False)):
        name = f"classic-{version}-{'record' if unlimited else 'fixed'}"
        classic(dataset, folder / f"{name}.nc", version, unlimited)
        form(name, f"{name}.nc")
    netcdf4(dataset, folder / "contiguous.nc", contiguous=True)
    form("netcdf4-contiguous", "contiguous.nc")
    netcdf4(dataset, folder / "deflate.nc", zlib=True, complevel=4, shuffle=True, chunksizes=(24, 20, 24))
    form("netcdf4-deflate", "deflate.nc")
    netcdf4(dataset, folder / "uneven.nc", zlib=True, shuffle=False, fletcher32=True, chunksizes=(100, 13, 17))
    form("netcdf4-fletcher-uneven", "uneven.nc")
    netcdf4(dataset, folder / "big.nc", endian="big", chunksizes=(50, 40, 48))
    form("netcdf4-big-endian", "big.nc")
    netcdf4(dataset.transpose("j", "i", "j_g", "i_g", "time"), folder / "last.nc", contiguous=True)
    form("netcdf4-time-last", "last.nc")
    netcdf4(dataset.transpose("j", "i", "j_g", "i_g", "time"), folder / "last-chunked.nc", zlib=True, chunksizes=(7, 9, 500))
    form("netcdf4-time-last-chunked", "last-chunked.nc")
    for first in range(0, dataset.sizes["time"], 240):
        netcdf4(dataset.isel(time=slice(first, first + 240)), folder / f"part.{first:04}.nc", zlib=True, chunksizes=(48, 40, 16))
    form("netcdf4-pattern", "part.*.nc")
    form("netcdf4-list", [f"part.{first:04}.nc" for first in reversed(range(0, dataset.sizes["time"], 240))])
    (folder / "steps").mkdir(exist_ok=True)
    for step in range(dataset.sizes["time"]):
        classic(dataset.isel(time=slice(step, step + 1)), folder / "steps" / f"{step:06}.nc", 2, True)
    form("classic-one-step-a-file", "steps", format="netcdf")
    grid = [name for name in GRID]
    dataset[["U", *grid]].to_netcdf(folder / "only_U.nc", engine="netcdf4")
    dataset[["V"]].to_netcdf(folder / "only_V.nc", engine="netcdf4")
    form("netcdf4-two-files", "only_{name}.nc")

    zarr(dataset, folder / "two.zarr", 2)
    form("zarr2", "two.zarr")
    blosc = numcodecs.Blosc("lz4", 5, numcodecs.Blosc.BITSHUFFLE)
    zarr(dataset, folder / "two-bit.zarr", 2, consolidated=False, chunks=(24, 20, 24), compressors=(blosc,))
    form("zarr2-bitshuffle-not-consolidated", "two-bit.zarr")
    zarr(dataset, folder / "two-zlib.zarr", 2, chunks=(100, 13, 17), compressors=(numcodecs.Zlib(4),), filters=(numcodecs.Shuffle(4),))
    form("zarr2-zlib-uneven", "two-zlib.zarr")
    zarr(dataset, folder / "two-lz4.zarr", 2, chunks=(1, 40, 48), compressors=(numcodecs.LZ4(),))
    form("zarr2-maps-lz4", "two-lz4.zarr")
    zarr(dataset, folder / "three.zarr", 3)
    form("zarr3", "three.zarr")
    zarr(dataset, folder / "three-maps.zarr", 3, chunks=(1, 40, 48), compressors=(ZstdCodec(level=3),))
    form("zarr3-maps", "three-maps.zarr")
    zarr(dataset, folder / "three-series.zarr", 3, chunks=(dataset.sizes["time"], 8, 9), compressors=(BloscCodec(cname="zstd"),))
    form("zarr3-series", "three-series.zarr")
    zarr(dataset, folder / "three-shards.zarr", 3, chunks=(24, 10, 12), shards=(240, 20, 24), compressors=(GzipCodec(level=4),))
    form("zarr3-shards", "three-shards.zarr")
    zarr(dataset.transpose("j", "i", "j_g", "i_g", "time"), folder / "three-last.zarr", 3, chunks=(11, 7, 200))
    form("zarr3-time-last", "three-last.zarr")
    dataset[["U", *grid]].to_zarr(folder / "U.zarr", mode="w", zarr_format=3)
    dataset[["V"]].to_zarr(folder / "V.zarr", mode="w", zarr_format=2)
    form("zarr-two-stores", ["U.zarr", "V.zarr"])
    return forms
