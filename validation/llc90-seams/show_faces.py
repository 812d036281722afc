#!/usr/bin/env python3
"""Draws maps of a result on the LLC grid over longitude and latitude, and over the Arctic: are they smooth at the seams?

    show_faces.py RESULT FILE.png [--band NAME]

Every wet cell is one dot in the place of its centre: nothing is interpolated, no seam is drawn. The first row has
the faces' numbers, to see where the seams are. Needs matplotlib.
"""

import argparse

import matplotlib
import numpy as np
import xarray as xr

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ARCTIC = 50.0  # degrees north


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", help="a store of a grid with faces, written by oceanspec run")
    parser.add_argument("picture")
    parser.add_argument("--band", help="default: the first band")
    arguments = parser.parse_args()

    dataset = xr.open_zarr(arguments.result)
    wet = dataset.mask.values == 1
    longitude, latitude = dataset.XC.values[wet], dataset.YC.values[wet]
    faces = np.broadcast_to(dataset.face.values[:, None, None], wet.shape)
    rows = [("face", faces, "tab20"), ("u_mean", dataset.u_mean.values, "RdBu_r"), ("v_mean", dataset.v_mean.values, "RdBu_r")]
    if dataset.sizes.get("band"):
        names = [str(name) for name in dataset.band.values]
        band = arguments.band or names[0]
        rows += [(f"{name} {band}", dataset[name].values[names.index(band)], "viridis")
                 for name in ("band_ke_cw", "band_ke_ccw")]

    north = latitude > ARCTIC
    turn, distance = np.deg2rad(longitude), 90 - latitude
    figure, axes = plt.subplots(
        len(rows), 2, figsize=(16, 4.6 * len(rows)), width_ratios=[2, 1], squeeze=False, layout="constrained")
    # About one dot a cell: the size falls as the number of cells grows.
    size = 3.0e5 / longitude.size
    for (world, pole), (name, values, colours) in zip(axes, rows):
        shown = values[wet]
        if colours == "RdBu_r":
            limit = float(np.nanpercentile(np.abs(shown), 99.5)) or 1.0
            limits = {"vmin": -limit, "vmax": limit}
        else:
            limits = {"vmin": float(np.nanmin(shown)), "vmax": float(np.nanpercentile(shown, 99.5))}
        style = {"c": shown, "cmap": colours, "marker": "s", "linewidths": 0, **limits}
        dots = world.scatter(longitude, latitude, s=size, **style)
        world.set(title=name, xlim=(-180, 180), ylim=(-90, 90), facecolor="0.85")
        style["c"] = shown[north]
        pole.scatter((distance * np.sin(turn))[north], -(distance * np.cos(turn))[north], s=3 * size, **style)
        pole.set(title=f"{name}, north of {ARCTIC:.0f} N", aspect="equal", xticks=[], yticks=[], facecolor="0.85")
        figure.colorbar(dots, ax=pole)
        lost = int(np.isnan(shown).sum())
        if lost:
            print(f"{name}: {lost} wet cells are NaN")
    figure.savefig(arguments.picture, dpi=80)
    print(f"picture: {arguments.picture}")


if __name__ == "__main__":
    main()
