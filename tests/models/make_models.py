"""make_models.py FOLDER: small files of the shapes in which ocean models leave their output.

Each model has a folder: names, dimensions, attributes, places of points, masks, fill values and times are the model's, the
currents those of flow.py at each component's own points. Writes netCDF, and copies of some as Zarr (MODEL-zarr).
"""

import pathlib
import sys

import netCDF4
import numpy as np
import xarray as xr
from flow import EARTH_RADIUS_METRES, Flow, sea

NEMO = Flow(latitude=31.0)
ROMS = Flow(latitude=36.0)
HYCOM = Flow(latitude=28.0)
# A day's step resolves inertial motion near the equator only.
CMIP = Flow(latitude=-10.0, line_cpd=0.1)


def variable(file: netCDF4.Dataset, name: str, kind: str, dimensions: tuple, values, fill=None, attributes=None, **storage):
    """`values` are written as they are: `fill` and packing are stated, not applied. Without `storage` deflated where the format can."""
    if file.data_model.startswith("NETCDF4") and dimensions and not storage:
        storage = {"zlib": True, "complevel": 1}
    made = file.createVariable(name, kind, dimensions, fill_value=False if fill is None else fill, **storage)
    made.set_auto_maskandscale(False)
    made.setncatts(attributes or {})
    made[...] = values


def face_masks(wet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """East and north faces between wet cells [..., j, i], of the cell's index; the last column and row are closed."""
    east, north = np.zeros_like(wet), np.zeros_like(wet)
    east[..., :, :-1] = wet[..., :, :-1] & wet[..., :, 1:]
    north[..., :-1, :] = wet[..., :-1, :] & wet[..., 1:, :]
    return east, north


def nemo(folder: pathlib.Path) -> None:
    """Hourly means of ten days in two stretches, u and v in a file each, of NEMO 4 with XIOS; and its mesh_mask.nc."""
    nj, ni, levels, hours = 13, 17, 2, 240
    step = 0.25
    longitude, latitude = np.meshgrid(-20 + step * np.arange(ni), NEMO.latitude - 1.5 + step * np.arange(nj))
    depth = np.array([0.5, 1.6])
    tmask = np.stack([sea(nj, ni, level) for level in range(levels)])
    umask, vmask = face_masks(tmask)
    e1t = np.deg2rad(step) * EARTH_RADIUS_METRES * np.cos(np.deg2rad(latitude))
    e2t = np.full((nj, ni), np.deg2rad(step) * EARTH_RADIUS_METRES)
    with netCDF4.Dataset(folder / "mesh_mask.nc", "w", format="NETCDF4_CLASSIC") as file:
        for name, length in {"x": ni, "y": nj, "z": levels, "t": None}.items():
            file.createDimension(name, length)
        variable(file, "nav_lon", "f4", ("y", "x"), longitude)
        variable(file, "nav_lat", "f4", ("y", "x"), latitude)
        variable(file, "nav_lev", "f4", ("z",), depth)
        variable(file, "time_counter", "f4", ("t",), [0])
        for name, mask in {"tmask": tmask, "umask": umask, "vmask": vmask}.items():
            variable(file, name, "i1", ("t", "z", "y", "x"), mask[None])
        places = {"glamt": longitude, "glamu": longitude + step / 2, "glamv": longitude,
                  "gphit": latitude, "gphiu": latitude, "gphiv": latitude + step / 2, "e1t": e1t, "e2t": e2t}
        for name, values in places.items():
            variable(file, name, "f8", ("t", "y", "x"), values[None])
    # The middles of the hours.
    seconds = 3600.0 * (np.arange(hours) + 0.5) + (np.datetime64("2010-01-01") - np.datetime64("1900-01-01")) / np.timedelta64(1, "s")
    units = {"standard_name": "time", "calendar": "gregorian", "units": "seconds since 1900-01-01 00:00:00",
             "time_origin": "1900-01-01 00:00:00"}
    for letter, name, at, mask, part in (("U", "vozocrtx", (step / 2, 0), umask, 0), ("V", "vomecrty", (0, step / 2), vmask, 1)):
        here = longitude + at[0], latitude + at[1]
        values = np.stack([NEMO.at(*here, seconds / 86400)[part] * (1 - 0.5 * level) for level in range(levels)], axis=1)
        values += NEMO.noise(values.shape, 10 + part)
        values = np.where(mask, values, 1e20)
        for days, first, last in (("20100101_20100105", 0, 120), ("20100106_20100110", 120, hours)):
            path = folder / f"NATL_1h_{days}_grid_{letter}.nc"
            with netCDF4.Dataset(path, "w", format="NETCDF4_CLASSIC") as file:
                level = f"depth{letter.lower()}"
                for dimension, length in {"x": ni, "y": nj, level: levels, "axis_nbounds": 2, "time_counter": None}.items():
                    file.createDimension(dimension, length)
                variable(file, "nav_lat", "f4", ("y", "x"), here[1], attributes={"standard_name": "latitude", "units": "degrees_north"})
                variable(file, "nav_lon", "f4", ("y", "x"), here[0], attributes={"standard_name": "longitude", "units": "degrees_east"})
                variable(file, level, "f4", (level,), depth, attributes={"units": "m", "positive": "down", "axis": "Z"})
                these = seconds[first:last]
                variable(file, "time_centered", "f8", ("time_counter",), these, attributes={**units, "bounds": "time_centered_bounds"})
                edges = np.stack([these - 1800, these + 1800], axis=1)
                variable(file, "time_centered_bounds", "f8", ("time_counter", "axis_nbounds"), edges)
                variable(file, "time_counter", "f8", ("time_counter",), these, attributes={**units, "axis": "T", "bounds": "time_counter_bounds"})
                variable(file, "time_counter_bounds", "f8", ("time_counter", "axis_nbounds"), edges)
                variable(file, name, "f4", ("time_counter", level, "y", "x"), values[first:last], np.float32(1e20),
                         {"long_name": f"ocean current along {'ij'[part]}-axis", "units": "m/s", "online_operation": "average",
                          "interval_operation": "300 s", "interval_write": "1 h", "cell_methods": "time: mean (interval: 300 s)",
                          "missing_value": np.float32(1e20), "coordinates": "time_centered nav_lat nav_lon"},
                         zlib=True, complevel=1, shuffle=True, chunksizes=(1, 1, nj, ni))


def nemo_global(folder: pathlib.Path) -> None:
    """Four days all the way round, without the columns that older NEMO repeats: the last cell's east face is the first's west."""
    nj, ni, hours = 9, 18, 96
    step = 360 / ni
    longitude, latitude = np.meshgrid(-180 + step * np.arange(ni), NEMO.latitude - 8 + 2.0 * np.arange(nj))
    j, i = np.mgrid[0:nj, 0:ni]
    tmask = (j > 0) & (j < nj - 1) & ~((i > 5) & (i < 8) & (j < 5))
    umask = tmask & np.roll(tmask, -1, axis=1)
    vmask = np.zeros_like(tmask)
    vmask[:-1] = tmask[:-1] & tmask[1:]
    with netCDF4.Dataset(folder / "mesh_mask.nc", "w", format="NETCDF4_CLASSIC") as file:
        for name, length in {"x": ni, "y": nj, "nav_lev": 1, "time_counter": None}.items():
            file.createDimension(name, length)
        for name, mask in {"tmask": tmask, "umask": umask, "vmask": vmask}.items():
            variable(file, name, "i1", ("time_counter", "nav_lev", "y", "x"), mask[None, None])
        for name, values in {"glamt": longitude, "gphit": latitude}.items():
            variable(file, name, "f8", ("time_counter", "y", "x"), values[None])
    for letter, name, mask, part in (("U", "uos", umask, 0), ("V", "vos", vmask, 1)):
        values = np.where(mask, NEMO.noise((hours, nj, ni), 50 + part), 1e20)
        with netCDF4.Dataset(folder / f"GLOBAL_1h_grid_{letter}.nc", "w", format="NETCDF4_CLASSIC") as file:
            for dimension, length in {"x": ni, "y": nj, "time_counter": None}.items():
                file.createDimension(dimension, length)
            variable(file, "time_counter", "f8", ("time_counter",), 3600.0 * np.arange(hours),
                     attributes={"units": "seconds since 1990-01-01 00:00:00", "calendar": "gregorian"})
            variable(file, name, "f4", ("time_counter", "y", "x"), values, np.float32(1e20))


def roms_places(j: np.ndarray, i: np.ndarray) -> tuple[np.ndarray, ...]:
    """Longitude, latitude, angle from xi to east [radians] and cell width [m] of points of a conformal curvilinear grid."""
    cell = np.deg2rad(0.1)
    middle = np.arctanh(np.sin(np.deg2rad(ROMS.latitude)))
    zeta = cell * ((i - 8) + 1j * (j - 6))
    turned, bend = np.exp(1j * np.deg2rad(25)), 4.0
    mercator = np.deg2rad(-123) + 1j * middle + turned * (zeta + bend * zeta**2)
    slope = turned * (1 + 2 * bend * zeta)
    latitude = np.arcsin(np.tanh(mercator.imag))
    width = cell * np.abs(slope) * EARTH_RADIUS_METRES * np.cos(latitude)
    return np.rad2deg(mercator.real), np.rad2deg(latitude), np.angle(slope), width


def roms(folder: pathlib.Path) -> None:
    """Hourly history of ten days, five days a file, with the grid in each; xi_u and eta_v are one shorter than xi_rho, eta_rho."""
    nj, ni, levels, hours = 13, 17, 2, 240
    j, i = np.mgrid[0:nj, 0:ni].astype("f8")
    longitude, latitude, angle, width = roms_places(j, i)
    wet = sea(nj, ni)
    grid = {
        "h": ("rho", np.where(wet, 200 + 100 * i, 10.0), {"long_name": "bathymetry at RHO-points", "units": "meter"}),
        "pm": ("rho", 1 / width, {"long_name": "curvilinear coordinate metric in XI", "units": "meter-1"}),
        "pn": ("rho", 1 / width, {"long_name": "curvilinear coordinate metric in ETA", "units": "meter-1"}),
        "angle": ("rho", angle, {"long_name": "angle between XI-axis and EAST", "units": "radians"}),
        "lon_rho": ("rho", longitude, {"units": "degree_east", "standard_name": "longitude"}),
        "lat_rho": ("rho", latitude, {"units": "degree_north", "standard_name": "latitude"}),
        "mask_rho": ("rho", wet, {"flag_values": [0.0, 1.0], "flag_meanings": "land water"}),
        "mask_u": ("u", wet[:, :-1] & wet[:, 1:], {"flag_values": [0.0, 1.0], "flag_meanings": "land water"}),
        "mask_v": ("v", wet[:-1] & wet[1:], {"flag_values": [0.0, 1.0], "flag_meanings": "land water"}),
    }
    seconds = 3600.0 * np.arange(hours) + (np.datetime64("2012-02-25") - np.datetime64("1858-11-17")) / np.timedelta64(1, "s")
    series = {}
    for part, (name, at) in enumerate({"u": (0, 0.5), "v": (0.5, 0)}.items()):
        cut = (slice(None), slice(None, -1)) if name == "u" else (slice(None, -1), slice(None))
        places = roms_places(j[cut] + at[0], i[cut] + at[1])
        grid[f"lon_{name}"] = (name, places[0], {"units": "degree_east", "standard_name": "longitude"})
        grid[f"lat_{name}"] = (name, places[1], {"units": "degree_north", "standard_name": "latitude"})
        turned = [(east + 1j * north) * np.exp(-1j * places[2]) for east, north in [ROMS.at(*places[:2], seconds / 86400)]][0]
        component = turned.imag if part else turned.real
        # The topmost level is the last.
        values = np.stack([component * (0.5 + 0.5 * level) for level in range(levels)], axis=1)
        values += ROMS.noise(values.shape, 20 + part)
        series[name] = np.where(grid[f"mask_{name}"][1], values, 1e37)
    for number, first in enumerate((0, 120), start=1):
        with netCDF4.Dataset(folder / f"ocean_his_{number:04}.nc", "w", format="NETCDF3_64BIT_OFFSET") as file:
            for points, (rows, columns) in {"rho": (nj, ni), "u": (nj, ni - 1), "v": (nj - 1, ni)}.items():
                file.createDimension(f"xi_{points}", columns)
                file.createDimension(f"eta_{points}", rows)
            file.createDimension("s_rho", levels)
            file.createDimension("ocean_time", None)
            variable(file, "s_rho", "f8", ("s_rho",), [-0.75, -0.25],
                     attributes={"long_name": "S-coordinate at RHO-points", "positive": "up", "valid_min": -1.0, "valid_max": 0.0})
            for name, (points, values, attributes) in grid.items():
                variable(file, name, "f8", (f"eta_{points}", f"xi_{points}"), values, attributes=attributes)
            variable(file, "ocean_time", "f8", ("ocean_time",), seconds[first:first + 120],
                     attributes={"long_name": "time since initialization", "units": "seconds since 1858-11-17 00:00:00", "calendar": "gregorian"})
            for name, values in series.items():
                variable(file, name, "f4", ("ocean_time", "s_rho", f"eta_{name}", f"xi_{name}"), values[first:first + 120], np.float32(1e37),
                         {"long_name": f"{name}-momentum component", "units": "meter second-1", "time": "ocean_time",
                          "coordinates": f"lon_{name} lat_{name} s_rho ocean_time"})


HYCOM_MISSING = 50  # A step whose file is not there, as happens in the archive.


def hycom(folder: pathlib.Path) -> None:
    """Every third hour of two weeks, one step a file, packed; u and v at the same points. One file is missing."""
    nj, ni, levels, steps = 12, 15, 2, 112
    longitude, latitude = 190 + 0.08 * np.arange(ni), HYCOM.latitude - 0.44 + 0.08 * np.arange(nj)
    wet = np.stack([sea(nj, ni, level) for level in range(levels)])
    hours = 3.0 * np.arange(steps) + (np.datetime64("2016-02-24") - np.datetime64("2000-01-01")) / np.timedelta64(1, "h")
    currents = HYCOM.at(*np.meshgrid(longitude, latitude), hours / 24)
    packed = []
    for part, current in enumerate(currents):
        values = np.stack([current * (1 - 0.5 * level) for level in range(levels)], axis=1)
        values = np.round((values + HYCOM.noise(values.shape, 30 + part)) / 0.001)
        packed.append(np.where(wet, values, -30000).astype("i2"))
    for step, hour in enumerate(hours):
        if step == HYCOM_MISSING:
            continue
        day = np.datetime64("2016-02-24") + step // 8
        name = f"hycom_GLBv0.08_563_{str(day).replace('-', '')}12_t{3 * (step % 8):03}_uv3z.nc"
        with netCDF4.Dataset(folder / name, "w", format="NETCDF4_CLASSIC") as file:
            for dimension, length in {"time": None, "depth": levels, "lat": nj, "lon": ni}.items():
                file.createDimension(dimension, length)
            variable(file, "time", "f8", ("time",), [hour],
                     attributes={"long_name": "Valid Time", "units": "hours since 2000-01-01 00:00:00",
                                 "time_origin": "2000-01-01 00:00:00", "calendar": "gregorian", "axis": "T"})
            variable(file, "tau", "f8", ("time",), [3.0 * (step % 8)], attributes={"units": "hours since analysis"})
            variable(file, "depth", "f8", ("depth",), [0.0, 2.0], attributes={"units": "m", "positive": "down", "axis": "Z"})
            variable(file, "lat", "f8", ("lat",), latitude, attributes={"units": "degrees_north", "axis": "Y"})
            variable(file, "lon", "f8", ("lon",), longitude, attributes={"units": "degrees_east", "axis": "X"})
            for name, way, values in zip(("water_u", "water_v"), ("Eastward", "Northward"), packed):
                variable(file, name, "i2", ("time", "depth", "lat", "lon"), values[step][None], np.int16(-30000),
                         {"long_name": f"{way} Water Velocity", "standard_name": f"{way.lower()}_sea_water_velocity",
                          "units": "m/s", "missing_value": np.int16(-30000), "scale_factor": np.float32(0.001),
                          "add_offset": np.float32(0.0), "comment": "p-grid"})


CMIP_DAYS = 390


def cmip(folder: pathlib.Path, calendar: str) -> None:
    """Daily means of 390 days, a file a year and component, on a regular grid, in a calendar of the model's own."""
    nj, ni, levels = 9, 11, 2
    longitude, latitude = 80 + 0.5 * np.arange(ni), CMIP.latitude - 2 + 0.5 * np.arange(nj)
    wet = np.stack([sea(nj, ni, level) for level in range(levels)])
    units = "days since 1850-01-01"
    first = netCDF4.date2num(netCDF4.num2date(0, "days since 1999-07-01", calendar), units, calendar)
    days = first + np.arange(CMIP_DAYS) + 0.5
    years = np.array([date.year for date in netCDF4.num2date(days, units, calendar)])
    bounds = {"lat": latitude, "lon": longitude}
    bounds = {name: np.stack([values - 0.25, values + 0.25], axis=1) for name, values in bounds.items()}
    area = np.diff(np.sin(np.deg2rad(bounds["lat"])), axis=1) * np.deg2rad(0.5) * EARTH_RADIUS_METRES**2 * np.ones((nj, ni))

    def axes(file):
        for dimension, length in {"lat": nj, "lon": ni, "bnds": 2}.items():
            file.createDimension(dimension, length)
        for name, values, letter, long in (("lat", latitude, "Y", "latitude"), ("lon", longitude, "X", "longitude")):
            variable(file, name, "f8", (name,), values,
                     attributes={"bounds": f"{name}_bnds", "axis": letter, "standard_name": long,
                                 "units": "degrees_north" if name == "lat" else "degrees_east"})
            variable(file, f"{name}_bnds", "f8", (name, "bnds"), bounds[name])

    fill = {"missing_value": np.float32(1e20)}
    with netCDF4.Dataset(folder / "areacello_Ofx_TOY-1_historical_r1i1p1f1_gr.nc", "w", format="NETCDF4_CLASSIC") as file:
        axes(file)
        variable(file, "areacello", "f4", ("lat", "lon"), np.where(wet[0], area, 1e20), np.float32(1e20),
                 {"standard_name": "cell_area", "units": "m2", **fill})
    for part, (name, direction) in enumerate({"uo": "x", "vo": "y"}.items()):
        current = CMIP.at(*np.meshgrid(longitude, latitude), days)[part]
        values = np.stack([current * (1 - 0.5 * level) for level in range(levels)], axis=1)
        values = np.where(wet, values + CMIP.noise(values.shape, 40 + part), 1e20)
        for year in np.unique(years):
            here = years == year
            dates = [date.strftime("%Y%m%d") for date in netCDF4.num2date(days[here][[0, -1]], units, calendar)]
            path = folder / f"{name}_Oday_TOY-1_historical_r1i1p1f1_gr_{'-'.join(dates)}.nc"
            with netCDF4.Dataset(path, "w", format="NETCDF4_CLASSIC") as file:
                axes(file)
                file.createDimension("time", None)
                file.createDimension("lev", levels)
                variable(file, "time", "f8", ("time",), days[here],
                         attributes={"bounds": "time_bnds", "units": units, "calendar": calendar, "axis": "T", "standard_name": "time"})
                edges = np.stack([days[here] - 0.5, days[here] + 0.5], axis=1)
                variable(file, "time_bnds", "f8", ("time", "bnds"), edges)
                variable(file, "lev", "f8", ("lev",), [5.0, 15.0],
                         attributes={"units": "m", "axis": "Z", "positive": "down", "standard_name": "depth"})
                variable(file, name, "f4", ("time", "lev", "lat", "lon"), values[here], np.float32(1e20),
                         {"standard_name": f"sea_water_{direction}_velocity", "units": "m s-1", "cell_methods": "area: mean where sea time: mean",
                          "cell_measures": "area: areacello volume: volcello", **fill},
                         zlib=True, complevel=1, chunksizes=(30, 1, nj, ni))


def as_zarr(paths: list[pathlib.Path], store: pathlib.Path, version: int, **chunks: int) -> None:
    """What xarray makes of the files: decoded, joined along time, and encoded again."""
    joined = {"data_vars": "minimal", "coords": "minimal", "compat": "override", "join": "override", "combine_attrs": "override"}
    # HYCOM's tau is in "hours since analysis", which is no date.
    with xr.open_mfdataset(paths, drop_variables=["tau"], **joined) as files:
        dataset = files.chunk(chunks).load()
    for array in dataset.variables.values():
        for key in ("chunksizes", "preferred_chunks"):
            array.encoding.pop(key, None)
        array.encoding["chunks"] = tuple(chunks.get(name, dataset.sizes[name]) for name in array.dims)
    store.parent.mkdir(exist_ok=True)
    dataset.to_zarr(store, mode="w", zarr_format=version, consolidated=version == 2)


def write_all(folder: pathlib.Path) -> None:
    """Writes every model below `folder`."""
    models = {"nemo": nemo, "nemo-global": nemo_global, "roms": roms, "hycom": hycom, "cmip-noleap": lambda to: cmip(to, "noleap"),
              "cmip-360_day": lambda to: cmip(to, "360_day")}
    for name, write in models.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        write(folder / name)
    for letter in "UV":
        as_zarr(sorted((folder / "nemo").glob(f"*_grid_{letter}.nc")), folder / f"nemo-zarr/grid_{letter}.zarr", 3, time_counter=50)
    as_zarr([folder / "nemo/mesh_mask.nc"], folder / "nemo-zarr/mesh_mask.zarr", 3)
    as_zarr(sorted((folder / "roms").glob("*.nc")), folder / "roms-zarr/ocean_his.zarr", 3, ocean_time=24)
    as_zarr(sorted((folder / "hycom").glob("*.nc")), folder / "hycom-zarr/hycom.zarr", 2, time=24)
    for calendar in ("noleap", "360_day"):
        paths = sorted((folder / f"cmip-{calendar}").glob("[uv]o_*.nc"))
        as_zarr([*paths, *(folder / f"cmip-{calendar}").glob("area*.nc")], folder / f"cmip-{calendar}-zarr/cmip.zarr", 2, time=100, lon=4)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_models.py FOLDER")
    write_all(pathlib.Path(sys.argv[1]))
