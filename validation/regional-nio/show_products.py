#!/usr/bin/env python3
"""Draws what is derived from spectra: zonal spectra, the same on f / f0, a spectrogram, tidal ellipses.

    show_products.py RESULT FILE.png [--region NAME | --point J I] [--frequency 1.9322736] [--limit 3]

RESULT is a store on a grid without faces; what it does not hold is left out. The spectrogram is that of a region, else of a point
(by their labels; default: the first region, or the wet point in the middle of the list). Ellipses are those of the bin
nearest to --frequency (M2), every other point. Needs matplotlib.
"""

import argparse
import sys

import matplotlib
import numpy as np
import xarray as xr

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.collections import EllipseCollection  # noqa: E402
from matplotlib.colors import LogNorm  # noqa: E402

DECADES = 5  # of the colours, down from the largest value
EVERY = 2  # rows and columns of ellipses
LARGEST_ELLIPSE = 1.8  # of the distance of two ellipses


def coloured(axes, x, y, density, label: str) -> None:
    """Density [y, x] by logarithmic colours; what is not there is grey."""
    top = float(np.nanmax(density))
    picture = axes.pcolormesh(
        x, y, np.where(density > 0, density, np.nan), shading="nearest", norm=LogNorm(top / 10**DECADES, top))
    axes.set_facecolor("0.85")
    axes.figure.colorbar(picture, ax=axes, label=label)


def inertial(dataset: xr.Dataset) -> np.ndarray:
    """f0 at the centres of the latitude bins [cpd]."""
    return 2 * dataset.attrs["omega"] * np.sin(np.deg2rad(dataset.lat.values)) * 86400 / (2 * np.pi)


def zonal(axes, dataset: xr.Dataset, arguments) -> None:
    shown = dataset.zonal_psd.where(np.abs(dataset.freq_time) <= arguments.limit, drop=True).transpose("lat", "freq_time")
    coloured(axes, shown.freq_time, shown.lat, shown.values, "m2 s-2 / cpd")
    f0 = inertial(dataset)
    axes.plot(-f0, dataset.lat, "w--", linewidth=1)
    axes.plot(f0, dataset.lat, "w:", linewidth=1)
    axes.set(title="zonal mean rotary spectra; dashed: -f, dotted: +f",
             xlabel="frequency [cpd], negative = clockwise", ylabel="latitude [degrees north]")


def scaled(axes, dataset: xr.Dataset, _arguments) -> None:
    shown = dataset.zonal_psd_scaled.transpose("lat", "f_ratio")
    coloured(axes, shown.f_ratio, shown.lat, shown.values, "m2 s-2")
    axes.axvline(-1, color="white", linestyle="--", linewidth=1)
    axes.set(title="on frequency over f, inertial motion at -1", xlabel="frequency / f0", ylabel="latitude [degrees north]")


def spectrogram(axes, dataset: xr.Dataset, arguments) -> None:
    if "region_spectrogram" in dataset and not arguments.point:
        name = arguments.region or str(dataset.region.values[0])
        series, where = dataset.region_spectrogram.sel(region=name), f"region {name}"
    else:
        wet = np.argwhere(dataset.rotary_psd.notnull().any("freq_time").values if "rotary_psd" in dataset
                          else dataset.segments_used.values > 0)
        j, i = arguments.point or (dataset[name].values[k] for name, k in zip("ji", wet[len(wet) // 2]))
        series, where = dataset.spectrogram.sel(j=j, i=i), f"point j {j}, i {i}"
    series = series.where(np.abs(series.freq_time) <= arguments.limit, drop=True).transpose("freq_time", "time_segment")
    times = series.time_segment.values
    if times.dtype.kind not in "Mif":
        axes.set_xticks(np.arange(len(times)), times)
        times = np.arange(len(times))
    coloured(axes, times, series.freq_time, series.values, "m2 s-2 / cpd")
    if times.dtype.kind == "M":
        axes.tick_params(axis="x", rotation=30)
    axes.set(title=f"spectrogram, {where}", ylabel="frequency [cpd], negative = clockwise")


def ellipses(axes, dataset: xr.Dataset, arguments) -> None:
    at = dataset.sel(freq_time_one_sided=arguments.frequency, method="nearest")
    at = at.isel(j=slice(None, None, EVERY), i=slice(None, None, EVERY))
    wet = at.ellipse_major.notnull().values
    major, minor, inclination, x, y = (
        at[name].transpose("j", "i").values[wet].astype("f8")
        for name in ("ellipse_major", "ellipse_minor", "ellipse_inclination", "XC", "YC"))
    spacing = EVERY * float(np.abs(np.diff(dataset.YC.values, axis=0)).mean())
    # The few largest do not make all others small.
    scale = LARGEST_ELLIPSE * spacing / (2 * np.percentile(major, 95))
    for sense, colour, words in ((minor >= 0, "tab:red", "counter-clockwise"), (minor < 0, "tab:blue", "clockwise")):
        axes.add_collection(EllipseCollection(
            2 * scale * major[sense], 2 * scale * np.abs(minor[sense]), inclination[sense], units="xy",
            offsets=np.column_stack([x[sense], y[sense]]), offset_transform=axes.transData, facecolor="none",
            edgecolor=colour, linewidth=0.7))
        axes.plot([], [], color=colour, label=words)
    axes.pcolormesh(dataset.XC, dataset.YC, np.where(dataset.mask == 1, np.nan, 0.0), cmap="Greys", vmin=-0.4, vmax=1,
                    shading="nearest")
    frequency = float(at.freq_time_one_sided)
    axes.legend(loc="lower right", fontsize="small")
    axes.set(title=f"ellipses at {frequency:.4g} cpd", xlabel="longitude", ylabel="latitude", aspect="equal",
             xlim=(float(dataset.XC.min()), float(dataset.XC.max())), ylim=(float(dataset.YC.min()), float(dataset.YC.max())))


PANELS = [
    (("zonal_psd",), zonal),
    (("zonal_psd_scaled",), scaled),
    (("region_spectrogram", "spectrogram"), spectrogram),
    (("ellipse_major",), ellipses),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", metavar="RESULT")
    parser.add_argument("picture", metavar="FILE.png")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--region", help="the spectrogram's")
    where.add_argument("--point", type=int, nargs=2, metavar=("J", "I"), help="the spectrogram's")
    parser.add_argument("--frequency", type=float, default=1.9322736, help="of the ellipses [cpd]")
    parser.add_argument("--limit", type=float, default=3.0, help="frequencies shown [cpd]")
    arguments = parser.parse_args()

    dataset = xr.open_zarr(arguments.result)
    panels = [draw for names, draw in PANELS if any(name in dataset for name in names)]
    if not panels:
        print(f"{arguments.result} has none of {', '.join(name for names, _ in PANELS for name in names)}", file=sys.stderr)
        return 1
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(7.5 * columns, 5.5 * rows), squeeze=False, layout="constrained")
    for empty in axes.flat[len(panels):]:
        empty.remove()
    for draw, at in zip(panels, axes.flat):
        draw(at, dataset, arguments)
    figure.savefig(arguments.picture, dpi=100)
    print(f"picture: {arguments.picture}, {len(panels)} panels")
    return 0


if __name__ == "__main__":
    sys.exit(main())
