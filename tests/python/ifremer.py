"""configs/ifremer-llc4320.toml gives what scipy.signal.welch gives with the settings of Ifremer's scripts.

    python ifremer.py RESULT SNAPSHOTS GRID SEGMENT [STRIDE]

RESULT is what that configuration made of the snapshots U.*.data and V.*.data in the folder SNAPSHOTS, on the grid in GRID,
with segments of SEGMENT samples. The snapshots of a plain grid are hourly, those of an LLC grid (13 times as many
rows as columns) three-hourly. Here the steps are done as the scripts do them: u and v of one index as one complex number, single
precision, missing values as 0, every STRIDE-th (4) row and column, welch at every point. Exits with 1 if anything differs.
"""

import pathlib
import re
import sys

import numpy as np
import scipy.signal
import xarray as xr

TOLERANCE = 2e-6  # of each spectrum's largest value: both sides are float32
FACES = 13


def level1(path: pathlib.Path, shape: tuple[int, int]) -> np.ndarray:
    """First level of a file [j, i]; of compact LLC files [face, j, i]."""
    values = np.fromfile(path, ">f4", count=shape[0] * shape[1])
    rows, columns = shape
    if rows != FACES * columns:
        return values.reshape(shape)
    upright = values[: 7 * columns**2].reshape(7, columns, columns)
    turned = values[7 * columns**2 :].reshape(2, columns, 3, columns).swapaxes(1, 2).reshape(6, columns, columns)
    return np.concatenate([upright, turned])


def main() -> int:
    if len(sys.argv) not in (5, 6):
        print(__doc__, file=sys.stderr)
        return 2
    result, snapshots, grid = xr.open_zarr(sys.argv[1]).load(), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    segment, stride = int(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) == 6 else 4
    meta = next(snapshots.glob("U.*.meta")).read_text()
    columns, _, _, rows = (int(number) for number in re.findall(r"\d+", meta.split("dimList")[1])[:4])
    shape = rows, columns
    samples_per_day = 8.0 if rows == FACES * columns else 24.0

    def series(name: str, mask: str) -> np.ndarray:
        """[time, ...]; on the dry faces, which shrunk files leave out and the scripts fill, 0."""
        dry = level1(grid / f"{mask}.data", shape) == 0
        return np.stack([np.where(dry, 0, level1(file, shape)) for file in sorted(snapshots.glob(f"{name}.*.data"))])

    w = (series("U", "hFacW") + 1j * series("V", "hFacS")).astype("c8")[..., ::stride, ::stride]
    frequency, psd = scipy.signal.welch(
        w, fs=samples_per_day, window="hann", nperseg=segment, detrend=False, return_onesided=False, scaling="density", axis=0)
    order = np.argsort(frequency)
    psd = np.moveaxis(psd[order], 0, -1).astype("f8")
    psd[~(level1(grid / "hFacC.data", shape)[..., ::stride, ::stride] > 0)] = np.nan

    got = result.rotary_psd.values.astype("f8")
    wrong = []
    for dimension, count in zip(("j", "i"), psd.shape[-3:-1]):
        if not np.array_equal(result[dimension], np.arange(count) * stride):
            wrong.append(f"{dimension} is {result[dimension].values}, not every {stride}-th of {count}")
    if not np.allclose(result.freq_time, frequency[order], rtol=1e-12, atol=1e-12):
        wrong.append("frequencies differ")
    if got.shape != psd.shape or not np.array_equal(np.isnan(got), np.isnan(psd)):
        wrong.append(f"shape {got.shape} or land differ from {psd.shape}")
    else:
        largest = np.nanmax(psd, axis=-1, keepdims=True, initial=0)
        off = float(np.nanmax(np.abs(got - psd) / np.where(largest > 0, largest, np.finfo("f4").tiny)))
        print(f"{int(np.isfinite(psd[..., 0]).sum())} points, segments of {segment}: at most {off:.1e} of a spectrum's peak off")
        if not off <= TOLERANCE:
            wrong.append(f"spectra differ by {off:.1e} of their peaks")
    for message in wrong:
        print(message, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
