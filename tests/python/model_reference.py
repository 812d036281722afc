"""What the files of each model hold, by netCDF4 and numpy in float64, at cell centres and along east and north.

Nothing here is the program's: values are unpacked, faces of land are 0, components are moved by each model's own staggering.
"""

import dataclasses
import pathlib

import netCDF4
import numpy as np
import scipy.signal


@dataclasses.dataclass
class Currents:
    """`u`, `v` [time, j, i] where `analysed` [j, i]; `dates` [time] are cftime's; `area` may be unknown.

    Steps that are `filled` [time] enter spectra, but neither means nor variances.
    """

    u: np.ndarray
    v: np.ndarray
    wet: np.ndarray
    analysed: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    area: np.ndarray | None
    dates: np.ndarray
    filled: np.ndarray | None = None

    def moments(self, part: np.ndarray) -> dict[str, np.ndarray]:
        known = part if self.filled is None else part[~self.filled]
        return {"mean": known.mean(axis=0), "variance": known.var(axis=0)}

    @property
    def samples_per_day(self) -> float:
        return 86400 / (self.dates[1] - self.dates[0]).total_seconds()

    def rotary(self, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Frequencies [cpd, ascending] and Welch's spectra [j, i, frequency] of half overlapping Hann segments."""
        frequency, psd = scipy.signal.welch(self.u + 1j * self.v, fs=self.samples_per_day, window="hann", nperseg=length,
                                            noverlap=length // 2, detrend="constant", return_onesided=False,
                                            scaling="density", axis=0)
        order = np.argsort(frequency)
        return frequency[order], np.moveaxis(psd[order], 0, -1)


def values(path: pathlib.Path, name: str, level: int | None = None) -> np.ndarray:
    """An array as float64, of a level if it has any: NaN where missing."""
    with netCDF4.Dataset(path) as file:
        variable = file[name]
        variable.set_auto_maskandscale(False)
        raw = variable[:] if level is None else variable[:, level]
        attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
        missing = [attributes[key] for key in ("_FillValue", "missing_value") if key in attributes]
        scaled = raw.astype("f8") * float(attributes.get("scale_factor", 1)) + float(attributes.get("add_offset", 0))
        return np.where(np.isin(raw, missing), np.nan, scaled)


def dates(path: pathlib.Path, name: str, units: str = "", calendar: str = "") -> np.ndarray:
    with netCDF4.Dataset(path) as file:
        of = file[name]
        return netCDF4.num2date(of[:], units or of.units, calendar or of.calendar, only_use_cftime_datetimes=True)


def series(paths: list[pathlib.Path], name: str, level: int) -> np.ndarray:
    return np.concatenate([values(path, name, level) for path in paths])


def all_dates(paths: list[pathlib.Path], name: str) -> np.ndarray:
    return np.concatenate([dates(path, name) for path in paths])


def inner(wet: np.ndarray) -> np.ndarray:
    """Wet points that are not on the rim of the domain."""
    within = np.zeros_like(wet)
    within[1:-1, 1:-1] = wet[1:-1, 1:-1]
    return within


def nemo(folder: pathlib.Path) -> Currents:
    mask = {name: values(folder / "mesh_mask.nc", name)[0, 0] > 0 for name in ("tmask", "umask", "vmask")}
    grid = {name: values(folder / "mesh_mask.nc", name)[0] for name in ("glamt", "gphit", "e1t", "e2t")}
    files = {letter: sorted(folder.glob(f"*_grid_{letter}.nc")) for letter in "UV"}
    east = np.where(mask["umask"], series(files["U"], "vozocrtx", 0), 0.0)
    north = np.where(mask["vmask"], series(files["V"], "vomecrty", 0), 0.0)
    u, v = np.full_like(east, np.nan), np.full_like(north, np.nan)
    u[:, :, 1:] = (east[:, :, :-1] + east[:, :, 1:]) / 2
    v[:, 1:, :] = (north[:, :-1, :] + north[:, 1:, :]) / 2
    # The last row and column are left out too: docs/netcdf-and-zarr.md.
    return Currents(u, v, mask["tmask"], inner(mask["tmask"]), grid["glamt"], grid["gphit"], grid["e1t"] * grid["e2t"],
                    all_dates(files["U"], "time_counter"))


def nemo_global(folder: pathlib.Path) -> Currents:
    """All the way round: the column before the first is the last."""
    grid = {name: np.squeeze(values(folder / "mesh_mask.nc", name)) for name in ("glamt", "gphit", "tmask", "umask", "vmask")}
    east = np.where(grid["umask"] > 0, values(folder / "GLOBAL_1h_grid_U.nc", "uos"), 0.0)
    north = np.where(grid["vmask"] > 0, values(folder / "GLOBAL_1h_grid_V.nc", "vos"), 0.0)
    v = np.full_like(north, np.nan)
    v[:, 1:, :] = (north[:, :-1, :] + north[:, 1:, :]) / 2
    wet = grid["tmask"] > 0
    return Currents((np.roll(east, 1, axis=2) + east) / 2, v, wet, wet, grid["glamt"], grid["gphit"], None,
                    dates(folder / "GLOBAL_1h_grid_U.nc", "time_counter"))


def roms(folder: pathlib.Path) -> Currents:
    files = sorted(folder.glob("ocean_his_*.nc"))
    grid = {name: values(files[0], name) for name in ("lon_rho", "lat_rho", "mask_rho", "mask_u", "mask_v", "angle", "pm", "pn")}
    between = {name: np.where(grid[f"mask_{name}"] > 0, series(files, name, -1), 0.0) for name in "uv"}
    wet = grid["mask_rho"] > 0
    xi, eta = (np.full((len(between["u"]), *wet.shape), np.nan) for _ in "uv")
    xi[:, :, 1:-1] = (between["u"][:, :, :-1] + between["u"][:, :, 1:]) / 2
    eta[:, 1:-1, :] = (between["v"][:, :-1, :] + between["v"][:, 1:, :]) / 2
    turned = (xi + 1j * eta) * np.exp(1j * grid["angle"])
    return Currents(turned.real, turned.imag, wet, inner(wet), grid["lon_rho"], grid["lat_rho"], 1 / (grid["pm"] * grid["pn"]),
                    all_dates(files, "ocean_time"))


def at_the_same_points(u: np.ndarray, v: np.ndarray, longitude, latitude, area, when: np.ndarray) -> Currents:
    """Of components on one grid, with land where there are no values."""
    wet = ~np.isnan(u[0]) | ~np.isnan(v[0])
    return Currents(u, v, wet, wet, *np.meshgrid(longitude, latitude), area, when)


def hycom(folder: pathlib.Path) -> Currents:
    files = sorted(folder.glob("hycom_*_uv3z.nc"))
    there = all_dates(files, "time")
    step = there[1] - there[0]
    when = there[0] + step * np.arange(round((there[-1] - there[0]) / step) + 1)
    at = np.array([(date - there[0]) / step for date in there])
    filled = []
    for name in ("water_u", "water_v"):
        known = series(files, name, 0)
        shape = known.shape[1:]
        columns = [np.interp(np.arange(len(when)), at, column) for column in known.reshape(len(at), -1).T]
        filled.append(np.array(columns).T.reshape(len(when), *shape))
    assert len(when) == len(there) + 1, "one step of the archive is missing"
    currents = at_the_same_points(*filled, values(files[0], "lon"), values(files[0], "lat"), None, when)
    currents.filled = ~np.isin(np.arange(len(when)), at.round())
    return currents


def cmip(folder: pathlib.Path) -> Currents:
    files = {name: sorted(folder.glob(f"{name}_*.nc")) for name in ("uo", "vo")}
    (area,) = folder.glob("areacello_*.nc")
    return at_the_same_points(series(files["uo"], "uo", 0), series(files["vo"], "vo", 0), values(area, "lon"),
                              values(area, "lat"), values(area, "areacello"), all_dates(files["uo"], "time"))


def mitgcm(folder: pathlib.Path) -> Currents:
    """MITgcm's own files, whole or of tiles; the last column of u and row of v belong to the neighbour."""
    joined: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("grid.t*.nc")):
        with netCDF4.Dataset(path) as file:
            nj, ni, rows, columns = file.sNy, file.sNx, file.Ny, file.Nx
            j, i = nj * (file.bj - 1), ni * (file.bi - 1)
        flow = folder / path.name.replace("grid.", "surfUV.0000010368.")
        parts = {name: values(path, name) for name in ("xC", "yC", "rAc")}
        parts |= {name: values(path, name)[0] for name in ("hFacC", "hFacW", "hFacS")}
        parts |= {name: values(flow, name, 0) for name in ("UVEL", "VVEL")}
        for name, part in parts.items():
            whole = joined.setdefault(name, np.full((*part.shape[:-2], rows, columns), np.nan))
            whole[..., j:j + nj, i:i + ni] = part[..., :nj, :ni]
    west = np.where(joined["hFacW"] > 0, joined["UVEL"], 0.0)
    south = np.where(joined["hFacS"] > 0, joined["VVEL"], 0.0)
    u, v = np.full_like(west, np.nan), np.full_like(south, np.nan)
    u[:, :, :-1] = (west[:, :, :-1] + west[:, :, 1:]) / 2
    v[:, :-1, :] = (south[:, :-1, :] + south[:, 1:, :]) / 2
    wet = joined["hFacC"] > 0
    analysed = wet.copy()
    analysed[-1, :], analysed[:, -1] = False, False
    when = dates(flow, "T", "seconds since 2011-09-10", "standard")
    return Currents(u, v, wet, analysed, joined["xC"], joined["yC"], joined["rAc"], when)
