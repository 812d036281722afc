#!/usr/bin/env python3
"""Results of oceanspec on the input of make_input.py, against the truth, numpy and xgcm.

    check.py GRID DIR

DIR has the input and the results solid.zarr, turned.zarr (grid-turned) and random.zarr (random, grid-wet). GRID is the
folder of the grid as MITgcm wrote it. Prints what was found and exits with 1 if anything is not as it should be.
"""

import sys
from pathlib import Path

import numpy as np
import scipy.signal
import xarray as xr

from llc import FACES, SEAMS, at_centres, centred, eastward, faces_of, of_high_edge, of_low_edge, read_level1
from make_input import COSINE, LINE_CPD, SAMPLES_PER_DAY, SINE, STEADY
from xgcm_centre import centred_by_xgcm

SEGMENT = 8
SEAM_BOUND = 3e-4  # of the largest speed
BAND_BOUND = 1e-3  # energy, of the largest value
POLE = 85.0  # degrees north: beyond it the angles, means over a cell, do not tell where east is
BESIDE_BOUND = 3.0  # times the error in the row beside the seam
MAP_TOLERANCE = 1e-6  # of the largest value of a map or spectrum: the program's promise in float32
TURN_TOLERANCE = 2e-6  # twice: two results, and angles that were rounded once more

wrong: list[str] = []


def expect(condition, message: str) -> None:
    if not condition:
        wrong.append(message)


def series(folder: Path, name: str) -> np.ndarray:
    """All snapshots, float64 [time, face, j, i]."""
    return np.stack([faces_of(np.fromfile(file, ">f4")) for file in sorted(folder.glob(f"{name}.*.data"))]).astype("f8")


def relative(got: np.ndarray, expected: np.ndarray, axis=None) -> float:
    """Largest difference, relative to the largest value of the whole (or along an axis); infinite if NaN differ."""
    if got.shape != expected.shape or not np.array_equal(np.isnan(got), np.isnan(expected)):
        return np.inf
    scale = np.nanmax(np.abs(expected), axis=axis, keepdims=True, initial=0.0)
    return float(np.nanmax(np.abs(got - expected) / np.where(scale > 0, scale, np.finfo("f4").tiny)))


def reference(velocity: np.ndarray, wet: np.ndarray) -> dict[str, np.ndarray]:
    """What the arrays should hold, from centred velocity [time, face, j, i], east + 1j * north; NaN on land."""
    velocity = np.where(wet, velocity, complex(np.nan, np.nan))
    frequency, psd = scipy.signal.welch(
        np.nan_to_num(velocity), fs=SAMPLES_PER_DAY, window="boxcar", nperseg=SEGMENT, noverlap=SEGMENT // 2,
        detrend=False, return_onesided=False, scaling="density", axis=0)
    psd = np.moveaxis(np.where(np.isnan(velocity[0]), np.nan, psd), 0, -1)[..., np.argsort(frequency)]
    frequency = np.sort(frequency)
    df = SAMPLES_PER_DAY / SEGMENT
    ke = [psd[..., np.argmin(np.abs(frequency - sense * LINE_CPD))] / 2 * df for sense in (-1, 1)]
    return {
        "rotary_psd": psd, "band_ke_cw": ke[0], "band_ke_ccw": ke[1], "band_ke": ke[0] + ke[1],
        "u_mean": velocity.real.mean(axis=0), "v_mean": velocity.imag.mean(axis=0),
        "u_variance": velocity.real.var(axis=0), "v_variance": velocity.imag.var(axis=0),
    }


def like_reference(name: str, result: xr.Dataset, velocity: np.ndarray, wet: np.ndarray) -> None:
    """Every cell, coasts and edges too: the program does with the files what numpy does."""
    worst = {}
    for array, expected in reference(velocity, wet).items():
        got = result[array].values.astype("f8")
        got = got[0] if array.startswith("band") else got
        worst[array] = relative(got, expected, axis=-1 if array == "rotary_psd" else None)
        expect(worst[array] <= MAP_TOLERANCE, f"{name}: {array} differs from numpy by {worst[array]:.1e} of its largest")
    print(f"{name}: beside numpy, all cells: " + ", ".join(f"{array} {off:.0e}" for array, off in worst.items()))


def shape_and_mask(name: str, result: xr.Dataset, grid: Path, wet: np.ndarray, centred_cells: np.ndarray) -> None:
    n = wet.shape[-1]
    expect(result.rotary_psd.dims == ("face", "j", "i", "freq_time"), f"{name}: dimensions {result.rotary_psd.dims}")
    for dimension, size in (("face", FACES), ("j", n), ("i", n)):
        expect(np.array_equal(result[dimension], np.arange(size)), f"{name}: coordinate {dimension} is not 0 to {size - 1}")
    expect(np.array_equal(result.mask.values == 1, wet), f"{name}: mask is not hFacC > 0")
    expect(np.array_equal(result.segments_used.values > 0, centred_cells), f"{name}: segments_used")
    for array in ("XC", "YC"):
        expect(np.array_equal(result[array].values, read_level1(grid, array)), f"{name}: {array} is not the grid's")


def along(field: np.ndarray, use: np.ndarray, inward: int = 0) -> np.ndarray:
    """Largest value along the high edge of each seam where `use` holds; NaN where it holds nowhere."""
    rows = [(of_high_edge(field, seam, inward), of_high_edge(use, seam, inward)) for seam in SEAMS]
    return np.array([np.max(values[used]) if used.any() else np.nan for values, used in rows])


def seams(result: xr.Dataset, is_open: np.ndarray, truth: np.ndarray) -> None:
    """The mean flow at the cells whose four faces are open, beside the truth, seam by seam; steps across the seams."""
    speed = np.linalg.norm(STEADY)
    error = np.abs(result.u_mean.values + 1j * result.v_mean.values - truth) / speed
    at, beside = along(error, is_open), along(error, is_open, 1)
    print("seam                   open cells  error at it  beside it  (of the largest speed)")
    for seam, here, there in zip(SEAMS, at, beside):
        print(f"{str(seam):24} {int(of_high_edge(is_open, seam).sum()):8} {here:12.1e} {there:10.1e}")
        expect(not here > SEAM_BOUND, f"seam {seam}: error {here:.1e} of the largest speed, allowed {SEAM_BOUND:.0e}")
        expect(not here > BESIDE_BOUND * there, f"seam {seam}: error {here:.1e}, beside it {there:.1e}")
    expect(np.isfinite(at).sum() == 23, "23 of the 24 seams have cells with four open faces")
    print(f"all seams: {np.nanmax(at):.2e}, beside them {np.nanmax(beside):.2e}")

    def jump(name: str, array: np.ndarray, inward: int) -> float:
        """Root mean square difference over the seam, or between the two rows before it."""
        differences = []
        for seam in SEAMS:
            a, b = (of_high_edge(array, seam, 1), of_high_edge(array, seam)) if inward else (
                of_high_edge(array, seam), of_low_edge(array, seam))
            differences.append((b - a)[np.isfinite(a) & np.isfinite(b)])
        return float(np.sqrt(np.mean(np.concatenate(differences) ** 2)))

    for name in ("u_mean", "v_mean", "band_ke_cw", "band_ke_ccw"):
        array = np.where(is_open, result[name].values.reshape(is_open.shape).astype("f8"), np.nan)
        over, before = jump(name, array, 0), jump(name, array, 1)
        print(f"{name}: step across the seams {over:.2e}, between the rows before them {before:.2e}")
        expect(over <= 1.5 * before, f"{name}: steps across the seams, {over:.2e}, are larger than before them, {before:.2e}")


def known_flow(result: xr.Dataset, grid: Path, is_open: np.ndarray, truth: np.ndarray) -> None:
    """Area means of east and north on each face; the line's energy in both senses."""
    area = np.where(is_open, read_level1(grid, "RAC"), 0.0)
    speed = np.linalg.norm(STEADY)
    for face in range(FACES):
        weight = area[face] / area[face].sum()
        got = [float(np.nansum(weight * result[name].values[face])) for name in ("u_mean", "v_mean")]
        want = [float(np.sum(weight * part[face])) for part in (truth.real, truth.imag)]
        print(f"face {face:2}: mean east {got[0]:+.5f}, truth {want[0]:+.5f}; north {got[1]:+.5f}, truth {want[1]:+.5f} m/s")
        expect(np.abs(np.subtract(got, want)).max() <= SEAM_BOUND * speed, f"face {face}: means {got}, truth {want}")

    places = read_level1(grid, "XC"), read_level1(grid, "YC")
    cosine, sine = at_centres(COSINE, *places), at_centres(SINE, *places)
    use = is_open & (np.abs(places[1]) < POLE)
    for name, amplitude in (("band_ke_cw", (cosine + 1j * sine) / 2), ("band_ke_ccw", (cosine - 1j * sine) / 2)):
        off = relative(result[name].values[0][use], (np.abs(amplitude) ** 2 / 2)[use])
        print(f"{name}: {off:.1e} of its largest from the truth south of {POLE:.0f} N")
        expect(off <= BAND_BOUND, f"{name} differs from the truth by {off:.1e} of its largest value")


def turned_axes(one: xr.Dataset, other: xr.Dataset, turn: float) -> None:
    """All angles turned by a constant: means turn with them, nothing rotary changes."""
    means = [result.u_mean.values + 1j * result.v_mean.values for result in (one, other)]
    off = relative(means[1], means[0] * np.exp(1j * turn))
    expect(off <= TURN_TOLERANCE, f"angles turned by {turn}: means are off by {off:.1e}")
    same = relative(means[1], means[0])
    expect(same > 1e-3, f"angles turned by {turn}: means are what they were")
    worst = {}
    for name in ("rotary_psd", "band_ke", "band_ke_cw", "band_ke_ccw"):
        axis = -1 if name == "rotary_psd" else None
        worst[name] = relative(other[name].values.astype("f8"), one[name].values.astype("f8"), axis)
        expect(worst[name] <= TURN_TOLERANCE, f"angles turned by {turn}: {name} changes by {worst[name]:.1e}")
    print(f"axes turned by {np.rad2deg(turn):.1f} degrees: means follow to {off:.0e}; changes: "
          + ", ".join(f"{name} {off:.0e}" for name, off in worst.items()))


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    grid = folder / "grid"
    results = {name: xr.open_zarr(folder / f"{name}.zarr").load() for name in ("solid", "turned", "random")}
    angles = read_level1(source, "AngleCS"), read_level1(source, "AngleSN")
    wet = read_level1(source, "hFacC") > 0

    u, v = series(folder / "solid", "U"), series(folder / "solid", "V")
    u[:, read_level1(source, "hFacW") == 0] = 0.0  # no flow through the coast
    v[:, read_level1(source, "hFacS") == 0] = 0.0
    ours = np.stack([eastward(*centred(*snapshot), *angles) for snapshot in zip(u, v)])
    theirs = eastward(*centred_by_xgcm(u, v), *angles)
    off = relative(theirs, ours)
    print(f"xgcm beside numpy: {off:.0e}")
    expect(off <= 1e-15, f"xgcm centres otherwise than numpy here: {off:.1e}")
    shape_and_mask("solid", results["solid"], grid, wet, wet)
    like_reference("solid", results["solid"], theirs, wet)

    dry = [(read_level1(source, name) == 0).astype("f8") for name in ("hFacW", "hFacS")]
    is_open = wet & (np.stack(centred(*dry)).max(axis=0) == 0)
    truth = at_centres(STEADY, read_level1(source, "XC"), read_level1(source, "YC"))
    seams(results["solid"], is_open, truth)
    known_flow(results["solid"], grid, is_open, truth)
    turned_axes(results["solid"], results["turned"], float((folder / "turned-by.txt").read_text()))

    everywhere = np.ones_like(wet)
    u, v = series(folder / "random", "U"), series(folder / "random", "V")
    velocity = eastward(*centred_by_xgcm(u, v), *angles)
    inside = np.isfinite(velocity[0])
    expect(inside.sum() == inside.size - 2 * wet.shape[-1], "two edges have no neighbour")
    shape_and_mask("random", results["random"], grid, everywhere, inside)
    like_reference("random", results["random"], velocity, everywhere)

    for message in wrong:
        print(message, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
