#!/usr/bin/env python3
"""Reference spectra of the regional run: scipy.signal.welch, in float64, at every wet point.

    make_reference.py DIR           compute, and pack reference.tar.xz beside this file
    make_reference.py --check DIR   compute, and compare with the committed reference.tar.xz

DIR holds the unpacked sample (mds/ and grid/). Either way the spectra are first compared with
shipped-points.npz, the spectra at 20 points which came with the run. Exit 1 where anything differs.

Shares no code with oceanspec: what it needs of the file format, the C grid, bands and degrees of
freedom is written out here once more.
"""

import argparse
import io
import lzma
import sys
import tarfile
import tempfile
import tomllib
import warnings
from pathlib import Path

import numpy as np
import scipy.signal
import xarray as xr

CASE = Path(__file__).resolve().parent
NJ, NI = 40, 48
SNAPSHOT_COUNT = 1440
SAMPLES_PER_DAY = 24.0
SEGMENT = 240  # samples: 10 days
OVERLAP = 120
OMEGA = 2 * np.pi / 86164  # rad/s, MITgcm's default rotationPeriod
TOLERANCE = 1e-12  # of the largest value of each spectrum or map


def read_grid_level1(folder: Path, name: str) -> np.ndarray:
    """First level of a grid file, float64 [j, i]."""
    return np.fromfile(folder / f"{name}.data", ">f4", count=NJ * NI).reshape(NJ, NI).astype(np.float64)


def read_series(folder: Path, name: str) -> np.ndarray:
    """All snapshots of a surface field, float64 [time, j, i], in order of the iteration number."""
    files = sorted(folder.glob(f"{name}.*.data"))
    if len(files) != SNAPSHOT_COUNT:
        sys.exit(f"{folder}: {len(files)} files of {name}, expected {SNAPSHOT_COUNT}")
    return np.stack([np.fromfile(path, ">f4").reshape(NJ, NI) for path in files]).astype(np.float64)


def centred(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the two faces of each cell; past the domain's edge there is no face: NaN."""
    u_c = np.full_like(u, np.nan)
    v_c = np.full_like(v, np.nan)
    u_c[:, :, :-1] = 0.5 * (u[:, :, :-1] + u[:, :, 1:])
    v_c[:, :-1, :] = 0.5 * (v[:, :-1, :] + v[:, 1:, :])
    return u_c, v_c


def rotary_psd(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided S_ww of w = u + iv [time, point]: ascending frequency [cpd], density [point, frequency]."""
    frequency, psd = scipy.signal.welch(
        w,
        fs=SAMPLES_PER_DAY,
        window="hann",
        nperseg=SEGMENT,
        noverlap=OVERLAP,
        detrend="constant",
        return_onesided=False,
        scaling="density",
        axis=0,
    )
    order = np.argsort(frequency)
    return frequency[order], psd[order].T


def limit_cpd(written: float | str, f0: np.ndarray) -> np.ndarray:
    """A band limit of config.toml at every point; f is |f0|. Only the forms used there."""
    if isinstance(written, str):
        return float(written.removesuffix("f")) * np.abs(f0)
    return np.full(f0.shape, float(written))


def band_ke(psd: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integral of S_ww / 2 over lo <= |f| <= hi [m2 s-2], (clockwise, counter-clockwise) by point.

    The density is constant on each bin, so its integral from 0 outwards is piecewise linear in
    frequency, and a band is the difference of that curve between its limits. Bins end halfway
    between their centres. Half of the bin at 0 and half of the one at Nyquist lie on either side.
    """
    half = SEGMENT // 2
    df = SAMPLES_PER_DAY / SEGMENT
    edges = np.concatenate([[0.0], (np.arange(half) + 0.5) * df, [half * df]])
    widths = np.diff(edges)
    # Ascending order: index `half` is frequency 0, index 0 is -Nyquist, which stands for +Nyquist too.
    outwards = {
        "cw": psd[:, half::-1],
        "ccw": np.concatenate([psd[:, half:], psd[:, :1]], axis=1),
    }
    result = []
    for density in outwards.values():
        curve = np.concatenate([np.zeros((len(psd), 1)), np.cumsum(0.5 * density * widths, axis=1)], axis=1)
        result.append(np.array([np.interp(b, edges, c) - np.interp(a, edges, c) for a, b, c in zip(lo, hi, curve)]))
    return result[0], result[1]


def degrees_of_freedom(segment_count: int) -> float:
    """Percival & Walden (1993), eq. 292b, for a Hann window of unit energy."""
    window = scipy.signal.get_window("hann", SEGMENT, fftbins=True)
    window = window / np.sqrt(np.sum(window**2))
    hop = SEGMENT - OVERLAP
    total = 0.0
    for m in range(1, segment_count):
        shift = m * hop
        if shift < SEGMENT:
            total += (1 - m / segment_count) * np.sum(window[: SEGMENT - shift] * window[shift:]) ** 2
    return 2 * segment_count / (1 + 2 * total)


def reference(sample: Path, centre: bool) -> xr.Dataset:
    """The arrays that oceanspec writes for config.toml, by other means."""
    grid = sample / "grid"
    wet = read_grid_level1(grid, "hFacC") > 0
    u, v = read_series(sample / "mds", "U"), read_series(sample / "mds", "V")
    u[:, read_grid_level1(grid, "hFacW") == 0] = 0.0  # no flow through the coast
    v[:, read_grid_level1(grid, "hFacS") == 0] = 0.0
    if centre:
        u, v = centred(u, v)
    u, v = u[:, wet], v[:, wet]

    frequency, psd = rotary_psd(u + 1j * v)
    segment_count = (SNAPSHOT_COUNT - OVERLAP) // (SEGMENT - OVERLAP)
    dof = degrees_of_freedom(segment_count)
    valid = np.isfinite(u).all(axis=0) & np.isfinite(v).all(axis=0)

    def on_map(values: np.ndarray, fill: float = np.nan) -> np.ndarray:
        """Values by wet point -> map [j, i, ...]."""
        out = np.full(wet.shape + values.shape[1:], fill, dtype=values.dtype)
        out[wet] = values
        return out

    yc = read_grid_level1(grid, "YC")
    f0 = 2 * OMEGA * np.sin(np.deg2rad(yc)) * 86400 / (2 * np.pi)
    with open(CASE / "config.toml", "rb") as file:
        bands = tomllib.load(file)["bands"]
    ke = {"cw": [], "ccw": []}
    for band in bands:
        lo, hi = (limit_cpd(written, f0[wet]) for written in band["limits"])
        for sense, values in zip(ke, band_ke(psd, lo, hi)):
            ke[sense].append(on_map(values))
    cw, ccw = np.stack(ke["cw"]), np.stack(ke["ccw"])

    ji = ("j", "i")
    arrays = {
        "rotary_psd": (("j", "i", "freq_time"), on_map(psd), "two-sided rotary PSD", "m2 s-2 d"),
        "band_ke": (("band", *ji), cw + ccw, "kinetic energy in the band", "m2 s-2"),
        "band_ke_cw": (("band", *ji), cw, "clockwise kinetic energy in the band", "m2 s-2"),
        "band_ke_ccw": (("band", *ji), ccw, "counter-clockwise kinetic energy in the band", "m2 s-2"),
        "u_mean": (ji, on_map(u.mean(axis=0)), "time mean of u", "m s-1"),
        "v_mean": (ji, on_map(v.mean(axis=0)), "time mean of v", "m s-1"),
        "u_variance": (ji, on_map(u.var(axis=0)), "variance of u (ddof 0)", "m2 s-2"),
        "v_variance": (ji, on_map(v.var(axis=0)), "variance of v (ddof 0)", "m2 s-2"),
        "segments_used": (ji, on_map(np.where(valid, segment_count, 0).astype(np.int32), 0), "segments averaged", "1"),
        "dof": (ji, on_map(np.where(valid, np.float32(dof), np.nan).astype(np.float32)), "degrees of freedom", "1"),
    }
    coordinates = {
        "XC": (ji, read_grid_level1(grid, "XC"), "longitude", "degrees_east"),
        "YC": (ji, yc, "latitude", "degrees_north"),
        "Depth": (ji, read_grid_level1(grid, "Depth"), "depth of the sea floor", "m"),
        "rA": (ji, read_grid_level1(grid, "RAC"), "cell area", "m2"),
        "f0": (ji, f0, "inertial frequency, positive north", "d-1"),
        "mask": (ji, wet.astype(np.int8), "1 = wet", "1"),
    }

    def variables(table: dict) -> dict:
        return {
            name: (dims, values, {"long_name": long_name, "units": units})
            for name, (dims, values, long_name, units) in table.items()
        }

    return xr.Dataset(
        variables(arrays),
        coords={
            "j": ("j", np.arange(NJ), {"long_name": "row of the source, from 0", "units": "1"}),
            "i": ("i", np.arange(NI), {"long_name": "column of the source, from 0", "units": "1"}),
            "freq_time": ("freq_time", frequency, {"long_name": "frequency, negative = clockwise", "units": "d-1"}),
            "band": ("band", np.array([band["name"] for band in bands], dtype=object)),
            **variables(coordinates),
        },
        attrs={"omega": OMEGA, "centre": int(centre), "source": "scipy.signal.welch, float64"},
    )


def worst_difference(got: np.ndarray, expected: np.ndarray, axis: int | None) -> float:
    """Largest |got - expected| relative to the largest |expected| along `axis` (None: of the whole array)."""
    if got.shape != expected.shape or not np.array_equal(np.isnan(got), np.isnan(expected)):
        return np.inf
    scale = np.nanmax(np.abs(expected), axis=axis, keepdims=True, initial=0.0)
    difference = np.abs(got - expected)
    relative = np.divide(difference, scale, out=np.where(difference > 0, np.inf, 0.0), where=scale > 0)
    return float(np.nanmax(relative))


def check(label: str, worst: float) -> bool:
    """Prints one line; true where `worst` is within TOLERANCE."""
    good = worst <= TOLERANCE
    print(f"{'ok  ' if good else 'FAIL'} {label}: largest relative difference {worst:.1e} (allowed {TOLERANCE:.0e})")
    return good


def agrees_with_shipped_points(dataset: xr.Dataset, name: str, key: str) -> bool:
    """The 20 spectra which came with the run, in FFT order, and the maps of U and V as stored."""
    shipped = np.load(CASE / "shipped-points.npz")
    order = np.argsort(shipped["freq_cpd"])
    at = (shipped["j"], shipped["i"])
    good = check(f"{name}: frequencies of shipped-points.npz",
                 worst_difference(dataset.freq_time.values, shipped["freq_cpd"][order], None))
    good &= check(f"{name}: {key} of shipped-points.npz, {len(at[0])} points",
                  worst_difference(dataset.rotary_psd.values[at], shipped[key][:, order], -1))
    if key == "psd_native":
        wet = dataset.mask.values == 1
        for ours, theirs in (("u_mean", "u_mean"), ("u_variance", "u_var"), ("v_mean", "v_mean"), ("v_variance", "v_var")):
            good &= check(f"{name}: {ours} of shipped-points.npz, wet points",
                          worst_difference(dataset[ours].values[wet], shipped[theirs][wet], None))
    return good


def agrees_with_committed(dataset: xr.Dataset, name: str, folder: Path) -> bool:
    """Every array and coordinate of the committed store, bar those that hold text, against this one."""
    committed = xr.open_zarr(folder / name, consolidated=True).load()
    good = set(committed.variables) == set(dataset.variables)
    if not good:
        print(f"FAIL {name}: other arrays: {sorted(set(committed.variables) ^ set(dataset.variables))}")
    for variable in sorted(set(committed.variables) & set(dataset.variables)):
        ours, theirs = dataset[variable].values, committed[variable].values
        if ours.dtype == object or theirs.dtype.kind in "OTU":
            same = list(map(str, ours)) == list(map(str, theirs))
            print(f"{'ok  ' if same else 'FAIL'} {name}: {variable}: names")
            good &= same
        else:
            axis = -1 if variable == "rotary_psd" else None
            good &= check(f"{name}: {variable}", worst_difference(ours * 1.0, theirs * 1.0, axis))
    return good


def write_store(dataset: xr.Dataset, path: Path) -> None:
    """One uncompressed chunk an array, so that the tar's compression sees the numbers."""
    encoding = {name: {"chunks": v.shape, "compressors": None} for name, v in dataset.variables.items()}
    with warnings.catch_warnings():
        # Consolidated metadata and strings are in use everywhere, but not yet in the Zarr v3 text.
        warnings.simplefilter("ignore")
        dataset.to_zarr(path, zarr_format=3, consolidated=True, encoding=encoding, mode="w")


def pack(folder: Path, target: Path) -> None:
    """A tar whose bytes depend on names and contents only: sorted, owner 0, one date."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            info = tarfile.TarInfo(path.relative_to(folder).as_posix())
            info.size, info.mode, info.mtime = path.stat().st_size, 0o644, 1704067200
            with open(path, "rb") as file:
                tar.addfile(info, file)
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 3, "pb": 3}]
    target.write_bytes(lzma.compress(raw.getvalue(), format=lzma.FORMAT_XZ, filters=filters))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sample", type=Path, metavar="DIR", help="the unpacked sample: mds/ and grid/")
    parser.add_argument("--check", action="store_true", help="compare with reference.tar.xz, write nothing")
    arguments = parser.parse_args()

    # Hann at 50 %: the closed form of the sum.
    count = (SNAPSHOT_COUNT - OVERLAP) // (SEGMENT - OVERLAP)
    closed = 36 * count**2 / (19 * count - 1)
    good = check("degrees of freedom against 36 K2 / (19 K - 1)", abs(degrees_of_freedom(count) / closed - 1))

    stores = {
        "reference-centred.zarr": (reference(arguments.sample, centre=True), "psd_center"),
        "reference-native.zarr": (reference(arguments.sample, centre=False), "psd_native"),
    }
    for name, (dataset, key) in stores.items():
        good &= agrees_with_shipped_points(dataset, name, key)

    archive = CASE / "reference.tar.xz"
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.check:
            with tarfile.open(archive) as tar:
                tar.extractall(scratch, filter="data")
            for name, (dataset, _) in stores.items():
                good &= agrees_with_committed(dataset, name, Path(scratch))
        elif good:
            for name, (dataset, _) in stores.items():
                write_store(dataset, Path(scratch) / name)
            pack(Path(scratch), archive)
            print(f"wrote {archive.name}: {archive.stat().st_size} bytes")
    if not good:
        print("reference NOT confirmed", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
