"""models.py OCEANSPEC WORK: the ready configurations of netCDF models, on small files of these models' shapes.

Makes the files (tests/models/make_models.py), runs each configuration with --set for its paths, and compares masks, places,
dates, means, variances and spectra with what numpy and scipy make of the same files; then the same as Zarr, whose results
must be the same values to the bit. MITgcm's own files of the regional run are read where they are at hand:
OCEANSPEC_REGIONAL_NETCDF, or ../shared/data/regional-nio-netcdf beside the clone.
"""

import json
import os
import pathlib
import subprocess
import sys

import cftime
import numpy as np
import xarray as xr

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "models"))

import make_models  # noqa: E402
import model_reference as reference  # noqa: E402

oceanspec, work = sys.argv[1], pathlib.Path(sys.argv[2])
failures: list[str] = []


def check(what: str, is_so: bool, details: object = "") -> bool:
    if not is_so:
        failures.append(f"{what}: {details}")
    return bool(is_so)


def start(preset: str, name: str, settings: dict, *prefix: str) -> subprocess.CompletedProcess:
    """Runs configs/`preset`.toml with other settings."""
    command = [*prefix, oceanspec, "run", str(ROOT / "configs" / f"{preset}.toml"), "--overwrite"]
    for key, value in {"output.path": str(work / f"{name}.zarr"), **settings}.items():
        command += ["--set", f"{key}={json.dumps(value)}"]
    return subprocess.run(command, capture_output=True, text=True)


def fails(what: str, preset: str, settings: dict, words: str) -> None:
    done = start(preset, "fails", settings)
    there = (work / "fails.zarr").exists()
    if check(what, done.returncode == 3 and words in done.stderr and not there, f"code {done.returncode}: {done.stderr[-500:]}"):
        print(f"ok    {what}: code 3, {words!r}")


def run(preset: str, name: str, settings: dict, *prefix: str) -> xr.Dataset | None:
    """Runs a configuration and opens the result."""
    done = start(preset, name, settings, *prefix)
    if not check(f"{name}: runs", done.returncode == 0, f"code {done.returncode}: {done.stderr.strip()[-800:]}"):
        return None
    return xr.open_zarr(work / f"{name}.zarr").load()


def worst(got: np.ndarray, expected: np.ndarray, analysed: np.ndarray, largest) -> float:
    """Largest difference at analysed points, relative to `largest`; infinite where a value is lacking, or there and should not be."""
    if (np.isfinite(got) != np.broadcast_to(analysed.reshape(analysed.shape + (1,) * (got.ndim - 2)), got.shape)).any():
        return np.inf
    return float((np.abs(got - expected) / largest)[analysed].max())


def far(result: xr.Dataset, truth: reference.Currents) -> dict[str, float]:
    """How far each array of a result is from the truth, relative to each spectrum's or the map's largest value."""
    far = {}
    for name, part in (("u", truth.u), ("v", truth.v)):
        for kind, of in truth.moments(part).items():
            far[f"{name}_{kind}"] = worst(result[f"{name}_{kind}"].values, of, truth.analysed, np.abs(of[truth.analysed]).max())
    frequency, psd = truth.rotary(segment(result))
    if not np.allclose(result.freq_time, frequency, rtol=1e-12, atol=1e-12):
        return {"freq_time": np.inf}
    with np.errstate(invalid="ignore"):
        far["rotary_psd"] = worst(result.rotary_psd.values, psd, truth.analysed, psd.max(axis=-1, keepdims=True))
    return far


def segment(result: xr.Dataset) -> int:
    return result.sizes["freq_time"]


def as_cftime(times: xr.DataArray) -> list:
    if np.issubdtype(times.dtype, np.datetime64):
        return [cftime.DatetimeGregorian(*date.timetuple()[:6]) for date in times.values.astype("datetime64[s]").tolist()]
    return list(times.values)


def against(name: str, result: xr.Dataset, truth: reference.Currents, tolerance: float) -> None:
    """Checks everything of a result."""
    check(f"{name}: mask", (result.mask.values == truth.wet).all())
    check(f"{name}: points with spectra and others", truth.analysed.any() and (~truth.analysed).any())
    used = result.segments_used.values
    check(f"{name}: segments_used", ((used > 0) == truth.analysed).all(), f"{used.max()}")
    for array, expected in (("XC", truth.longitude), ("YC", truth.latitude), ("rA", truth.area)):
        if expected is not None:
            apart = np.abs(result[array].values - expected)[truth.wet].max() / np.abs(expected[truth.wet]).max()
            check(f"{name}: {array}", apart < 1e-6, apart)
    dates = as_cftime(result.time)
    check(f"{name}: dates", len(dates) == len(truth.dates) and all(
        [got.timetuple()[:6] == date.timetuple()[:6] for got, date in zip(dates, truth.dates)]),
        f"{dates[:2]}...{dates[-1:]} and {truth.dates[:2]}...{truth.dates[-1:]}")
    apart = far(result, truth)
    if check(f"{name}: values", max(apart.values()) <= tolerance, apart):
        print(f"ok    {name}: {int(truth.analysed.sum())} points, largest relative difference {max(apart.values()):.1e}")


def known_currents(name: str, result: xr.Dataset, truth: reference.Currents, flow) -> None:
    """The circle's variance is on its side of the spectrum, and as large as it was made."""
    df = float(result.freq_time[1] - result.freq_time[0])
    psd, frequency = result.rotary_psd.values, result.freq_time.values
    for sign, expected in ((1, flow.circle_speed**2), (-1, 0.0)):
        near = np.abs(frequency - sign * flow.circle_cpd) <= 2.5 * df
        variance = psd[..., near].sum(axis=-1)[clear_of_land(truth)] * df
        check(f"{name}: circle", np.abs(variance - expected).max() < 0.03 * flow.circle_speed**2,
              f"variance {variance.min():.4f} to {variance.max():.4f} at {sign * flow.circle_cpd:.3f} cpd, made with {expected:.4f}")


def clear_of_land(truth: reference.Currents) -> np.ndarray:
    """Points none of whose faces is dry."""
    clear = truth.analysed.copy()
    for axis in (0, 1):
        for by in (-1, 1):
            clear &= np.roll(truth.wet, by, axis)
    return clear


def same(name: str, result: xr.Dataset | None, other: xr.Dataset) -> None:
    if result is not None:
        different = [array for array in other.variables if not result[array].equals(other[array])]
        if check(f"{name}: the same values", not different, different):
            print(f"ok    {name}: the same values")


def mitgcm_netcdf() -> pathlib.Path | None:
    folder = pathlib.Path(os.environ.get("OCEANSPEC_REGIONAL_NETCDF", ROOT.parent / "shared/data/regional-nio-netcdf"))
    return folder if (folder / "single").is_dir() else None


work.mkdir(parents=True, exist_ok=True)
files = work / "files"
make_models.write_all(files)
NEMO = {"input.path": str(files / "nemo/*_grid_[UV].nc"), "input.grid": str(files / "nemo/mesh_mask.nc")}
NEMO_ZARR = {"input.format": "zarr", "input.path": str(files / "nemo-zarr/grid_[UV].zarr"),
             "input.grid": str(files / "nemo-zarr/mesh_mask.zarr")}
ROMS = {"input.path": str(files / "roms/ocean_his_*.nc"), "input.level": 2}
ROMS_ZARR = {"input.format": "zarr", "input.path": str(files / "roms-zarr/ocean_his.zarr"), "input.level": 2}
HYCOM = {"input.path": str(files / "hycom/hycom_*_uv3z.nc")}
HYCOM_ZARR = {"input.format": "zarr", "input.path": str(files / "hycom-zarr/hycom.zarr")}


def cmip(calendar: str) -> dict:
    folder = files / f"cmip-{calendar}"
    return {"input.path": [str(folder / "uo_*.nc"), str(folder / "vo_*.nc")], "input.grid": str(folder / "areacello_*.nc")}


def cmip_zarr(calendar: str) -> dict:
    store = str(files / f"cmip-{calendar}-zarr/cmip.zarr")
    return {"input.format": "zarr", "input.path": store, "input.grid": store}


CASES = [
    ("nemo", "nemo", NEMO, NEMO_ZARR, reference.nemo, make_models.NEMO),
    ("roms", "roms", ROMS, ROMS_ZARR, reference.roms, make_models.ROMS),
    ("hycom", "hycom", HYCOM, HYCOM_ZARR, reference.hycom, make_models.HYCOM),
    ("cmip", "cmip-noleap", cmip("noleap"), cmip_zarr("noleap"), reference.cmip, make_models.CMIP),
    ("cmip", "cmip-360_day", cmip("360_day"), cmip_zarr("360_day"), reference.cmip, make_models.CMIP),
]
for preset, name, netcdf, zarr, read, flow in CASES:
    truth = read(files / name)
    if (result := run(preset, name, netcdf)) is None:
        continue
    against(name, result, truth, 1e-6)
    known_currents(name, result, truth, flow)
    same(f"{name} as Zarr", run(preset, f"{name}-zarr", zarr), result)
    same(f"{name} on two ranks", run(preset, f"{name}-ranks", netcdf, str(ROOT / "tools/mpirun.sh"), "2"), result)
    if (double := run(preset, f"{name}-f64", {**netcdf, "spectrum.precision": "f64"})) is not None:
        against(f"{name} in float64", double, truth, 1e-12)

GLOBAL = {"input.path": str(files / "nemo-global/*_grid_[UV].nc"), "input.grid": str(files / "nemo-global/mesh_mask.nc"),
          "input.u": "uos", "input.v": "vos", "input.periodic": ["i"], "spectrum.segment": "2 days"}
if (result := run("nemo", "nemo-global", GLOBAL)) is not None:
    against("nemo-global", result, reference.nemo_global(files / "nemo-global"), 1e-6)
    halves = [run("nemo", f"nemo-global-{half}", {**GLOBAL, "select.i": half}) for half in ([0, 7], [7, 18])]
    if None not in halves:
        same("nemo-global in two halves", xr.concat(halves, "i", data_vars="minimal"), result)

# ROMS has a column of u less than cells: no west faces.
fails("ROMS without u_face", "roms", {**ROMS, "input.u_face": "west"}, 'u_face = "east"')
fails("ROMS that wraps", "roms", {**ROMS, "input.periodic": ["i"]}, "without periodic")

# Taken for west and south faces, NEMO's velocities are a cell away: the comparison above would see it.
if (moved := run("nemo", "nemo-moved", {**NEMO, "input.u_face": "west", "input.v_face": "south"})) is not None:
    spectra = moved.rotary_psd.values
    truth = reference.nemo(files / "nemo")
    _, psd = truth.rotary(segment(moved))
    apart = np.nanmax(np.abs(spectra - psd) / psd.max(axis=-1, keepdims=True))
    check("a wrong u_face is seen", apart > 1e-3, apart)

if (folder := mitgcm_netcdf()) is None:
    print("SKIPPED: MITgcm's own netCDF files, whole and tiled: not at hand (OCEANSPEC_REGIONAL_NETCDF says where they are)")
else:
    for form in ("single", "tiled"):
        settings = {"input.path": str(folder / form / "surfUV.*.nc"), "input.grid": str(folder / form / "grid.*.nc")}
        if (result := run("mitgcm-mnc", f"mitgcm-{form}", settings)) is not None:
            against(f"mitgcm-{form}", result, reference.mitgcm(folder / form), 1e-6)

for failure in failures:
    print("FAIL ", failure)
sys.exit(bool(failures))
