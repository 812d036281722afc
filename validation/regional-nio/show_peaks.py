#!/usr/bin/env python3
"""Near-inertial peaks of a result of oceanspec beside f, by latitude.

    show_peaks.py RESULT [--png FILE]

For every other row of the grid: the median spectrum of the row's wet interior points (all eight
neighbours wet), its clockwise peak between 0.75 f and 1.25 f, and the density at the opposite
frequency. RESULT is a store on a grid without faces, in the northern hemisphere.
"""

import argparse
import sys

import numpy as np
import xarray as xr

SEARCH = (0.75, 1.25)  # of f
FEWEST_POINTS = 5  # in a row, for a median


def interior(mask: np.ndarray) -> np.ndarray:
    """True where a point and its eight neighbours are wet; never on the edge of the domain. [j, i]"""
    wet = np.pad(mask == 1, 1, constant_values=False)
    nj, ni = mask.shape
    return np.logical_and.reduce([wet[dj : dj + nj, di : di + ni] for dj in range(3) for di in range(3)])


def peak(frequency: np.ndarray, density: np.ndarray, lo: float, hi: float) -> tuple[float, int, bool]:
    """Frequency of the largest density for lo <= frequency <= hi.

    Returns the top of the parabola through the logarithms of the largest bin and its neighbours,
    the index of that bin, and whether it is a true maximum (larger than both neighbours).
    """
    candidates = np.flatnonzero((frequency >= lo) & (frequency <= hi))
    k = candidates[np.argmax(density[candidates])]
    left, top, right = np.log(density[k - 1 : k + 2])
    is_maximum = top >= left and top >= right
    shift = 0.5 * (left - right) / (left - 2 * top + right) if is_maximum else 0.0
    return frequency[k] + shift * (frequency[1] - frequency[0]), int(k), bool(is_maximum)


def rows(dataset: xr.Dataset):
    """One dictionary for every other row that has enough interior points."""
    frequency = dataset.freq_time.values
    inside = interior(dataset.mask.values)
    for j in range(0, inside.shape[0], 2):
        columns = np.flatnonzero(inside[j])
        if len(columns) < FEWEST_POINTS:
            continue
        spectrum = np.nanmedian(dataset.rotary_psd.isel(j=j).values[columns], axis=0)
        f0 = float(np.median(dataset.f0.values[j, columns]))
        clockwise = slice(len(frequency) // 2, None, -1)  # from 0 down to the most negative
        at, k, is_maximum = peak(-frequency[clockwise], spectrum[clockwise], SEARCH[0] * f0, SEARCH[1] * f0)
        opposite = np.argmin(np.abs(frequency - (-frequency[clockwise][k])))
        yield {
            "j": j,
            "i": int(columns[len(columns) // 2]),
            "latitude": float(np.median(dataset.YC.values[j, columns])),
            "points": len(columns),
            "f0": f0,
            "peak": at,
            "density": spectrum[clockwise][k],
            "opposite": spectrum[opposite],
            "is_maximum": is_maximum,
            "spectrum": spectrum,
        }


def draw(dataset: xr.Dataset, table: list[dict], path: str) -> None:
    """The rows' spectra against frequency and latitude, with -f and +f."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    latitude = [row["latitude"] for row in table]
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    shown = np.abs(dataset.freq_time.values) <= 3
    picture = axes.pcolormesh(
        dataset.freq_time.values[shown],
        latitude,
        np.log10([row["spectrum"][shown] for row in table]),
        shading="nearest",
    )
    f0 = np.array([row["f0"] for row in table])
    for sign in (-1, 1):
        axes.plot(sign * f0, latitude, "w--", linewidth=1)
    axes.set(xlabel="frequency [cpd], negative = clockwise (dashed: f)", ylabel="latitude [degrees north]")
    figure.colorbar(picture, label="log10 rotary PSD [m2 s-2 / cpd]")
    figure.savefig(path, dpi=120)
    print(f"\npicture: {path}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("result", metavar="RESULT", help="a store written by oceanspec run")
    parser.add_argument("--png", metavar="FILE", help="also draw the spectra, where matplotlib is installed")
    arguments = parser.parse_args()

    dataset = xr.open_zarr(arguments.result)
    table = list(rows(dataset))
    if not table:
        print(f"{arguments.result}: no row has {FEWEST_POINTS} wet interior points", file=sys.stderr)
        return 1
    resolution = float(dataset.freq_time[1] - dataset.freq_time[0])
    print(f"Clockwise peak near f, median over each row's wet interior points ({arguments.result}).")
    print(f"Frequencies in cycles per day; bins of {resolution:.3g} cpd, the peak by a parabola through three bins.")
    print("PSD in m2 s-2 / cpd, at the peak's bin and at the opposite frequency.\n")
    print(" latitude  points     f  cw peak  peak/f    PSD cw   PSD ccw   cw/ccw")
    for row in table:
        note = "" if row["is_maximum"] else "  (no maximum within the search range)"
        print(
            f"{row['latitude']:9.3f} {row['points']:7d} {row['f0']:5.3f} {row['peak']:8.3f} {row['peak'] / row['f0']:7.3f}"
            f" {row['density']:9.2e} {row['opposite']:9.2e} {row['density'] / row['opposite']:8.0f}{note}"
        )
    found = [row["peak"] / row["f0"] for row in table if row["is_maximum"]]
    if found:
        print(f"\n{len(found)} of {len(table)} rows have a maximum within {SEARCH[0]}-{SEARCH[1]} f, on average at "
              f"{np.mean(found):.3f} f ({min(found):.3f} to {max(found):.3f}).")
    if arguments.png:
        try:
            draw(dataset, table, arguments.png)
        except ModuleNotFoundError:
            print("\nno picture: matplotlib is not installed in this Python", file=sys.stderr)
    middle = table[len(table) // 2]
    print(f"""
To look at it yourself:
    {sys.executable}
    >>> import xarray as xr
    >>> ds = xr.open_zarr("{arguments.result}")
    >>> ds
    >>> ds.rotary_psd.sel(j={middle['j']}, i={middle['i']}).to_series()""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
