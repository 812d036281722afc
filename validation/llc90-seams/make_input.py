#!/usr/bin/env python3
"""Input for the check of the seams, from the LLC90 grid.

    make_input.py GRID DIR

GRID is the folder of the grid as MITgcm wrote it. DIR gets config.toml and

    solid/        U and V of solid-body rotations, steady, and with a line in time
    random/       U and V that are random numbers: no two faces are alike
    grid/         the grid
    grid-turned/  the same, with the angles of all cells turned by one angle, drawn anew each time (turned-by.txt)
    grid-wet/     the same without masks and with water everywhere: all 24 seams from end to end
"""

import shutil
import sys
from pathlib import Path

import numpy as np

from llc import FACES, SEAMS, compact_of, corners, find_seams, on_faces, read_level1, unit

SNAPSHOTS = 24
SAMPLES_PER_DAY = 8.0
ITERATIONS_PER_SAMPLE = 9  # of 1200 s
LINE_CPD = 2.0
# Axes of rotation times speed [m/s at most]: constant, and with the cosine and the sine of the line at LINE_CPD.
STEADY, COSINE, SINE = 1.0 * unit(np.array([0.5, -0.3, 0.8])), 0.5 * unit(np.array([-1.0, 0.2, -0.4])), 0.3 * unit(
    np.array([0.2, 1.0, 0.3])
)
SEED = 20110910


def axis_of_rotation(snapshot: int) -> np.ndarray:
    """All three together, the axis of one solid-body rotation [m/s]."""
    phase = 2 * np.pi * LINE_CPD * snapshot / SAMPLES_PER_DAY
    return STEADY + np.cos(phase) * COSINE + np.sin(phase) * SINE


def write(path: Path, faces: np.ndarray) -> None:
    """One level in compact form, with its .meta."""
    rows, columns = FACES * faces.shape[-1], faces.shape[-1]
    compact_of(faces).astype(">f4").tofile(f"{path}.data")
    Path(f"{path}.meta").write_text(
        f" nDims = [   2 ];\n dimList = [\n {columns:5d},    1,{columns:5d},\n {rows:5d},    1,{rows:5d}\n ];\n"
        " dataprec = [ 'float32' ];\n nrecords = [     1 ];\n"
    )


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    seams = find_seams(source)
    if {seam for seam, _ in seams} != set(SEAMS):
        print("the distances between cells give other seams than llc.py has", file=sys.stderr)
        return 1
    print(f"{len(seams)} seams by distance; distances are DXC, DYC to {max(off for _, off in seams):.1e} (medians)")

    for name in ("solid", "random", "grid", "grid-turned", "grid-wet"):
        (folder / name).mkdir(parents=True)
    shutil.copyfile(Path(__file__).parent / "config.toml", folder / "config.toml")
    for name in ("XC", "YC", "Depth", "RAC", "AngleCS", "AngleSN", "hFacC", "hFacW", "hFacS"):
        for suffix in (".data", ".meta"):
            shutil.copyfile(source / f"{name}{suffix}", folder / "grid" / f"{name}{suffix}")
    for file in (folder / "grid").iterdir():
        shutil.copyfile(file, folder / "grid-turned" / file.name)
        if not file.name.startswith("hFac"):
            shutil.copyfile(file, folder / "grid-wet" / file.name)

    turn = np.random.default_rng().uniform(-np.pi, np.pi)
    (folder / "turned-by.txt").write_text(f"{turn!r}\n")
    angles = np.exp(1j * turn) * (read_level1(source, "AngleCS") + 1j * read_level1(source, "AngleSN"))
    write(folder / "grid-turned/AngleCS", angles.real)
    write(folder / "grid-turned/AngleSN", angles.imag)
    write(folder / "grid-wet/Depth", np.full(angles.shape, 1000.0))

    corner, rng = corners(source), np.random.default_rng(SEED)
    for snapshot in range(SNAPSHOTS):
        iteration = f"{(snapshot + 1) * ITERATIONS_PER_SAMPLE:010d}"
        for name, values in zip("UV", on_faces(axis_of_rotation(snapshot), corner)):
            write(folder / f"solid/{name}.{iteration}", values)
            write(folder / f"random/{name}.{iteration}", rng.uniform(-1.0, 1.0, angles.shape))
    print(f"{folder}: {SNAPSHOTS} snapshots; angles turned by {np.rad2deg(turn):.3f} degrees")
    return 0


if __name__ == "__main__":
    sys.exit(main())
