"""The LLC grid in numpy: compact files, the 24 seams, and a solid-body rotation sampled as a C grid has it.

Shares no code with oceanspec. Arrays are float64 [face, j, i], 13 faces of n x n cells, unless said otherwise.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

FACES = 13


class Seam(NamedTuple):
    """A high edge of a face and the low edge of the face that it meets. The sign of the velocity never changes."""

    face: int
    edge: str  # "i+" (its last column) or "j+" (its last row)
    target: int
    low: str  # "west" (first column, velocity u) or "south" (first row, velocity v)
    reversed: bool  # cell k of the edge meets cell n - 1 - k

    def __str__(self):
        return f"{self.face} {self.edge} -> {self.target} {self.low}{', reversed' if self.reversed else ''}"


# Found on the LLC90 grid itself: find_seams() looks for them again. Faces 9 and 12 have no neighbour at i+ (Antarctica).
SEAMS = [
    Seam(face, edge, target, low, (edge, low) in (("i+", "south"), ("j+", "west")))
    for face, edge, target, low in [
        (0, "i+", 3, "west"), (0, "j+", 1, "south"), (1, "i+", 4, "west"), (1, "j+", 2, "south"),
        (2, "i+", 5, "west"), (2, "j+", 6, "west"), (3, "i+", 9, "south"), (3, "j+", 4, "south"),
        (4, "i+", 8, "south"), (4, "j+", 5, "south"), (5, "i+", 7, "south"), (5, "j+", 6, "south"),
        (6, "i+", 7, "west"), (6, "j+", 10, "west"), (7, "i+", 8, "west"), (7, "j+", 10, "south"),
        (8, "i+", 9, "west"), (8, "j+", 11, "south"), (9, "j+", 12, "south"), (10, "i+", 11, "west"),
        (10, "j+", 2, "west"), (11, "i+", 12, "west"), (11, "j+", 1, "west"), (12, "j+", 0, "west"),
    ]
]


def faces_of(compact: np.ndarray) -> np.ndarray:
    """One level of a compact file, 13 n^2 values in file order -> [face, j, i]."""
    values = np.ravel(compact)
    n = int(np.sqrt(values.size // FACES))
    upright = values[: 7 * n * n].reshape(7, n, n)
    turned = [
        facet.reshape(n, 3, n).swapaxes(0, 1)  # n rows of 3 n values: three faces side by side
        for facet in values[7 * n * n :].reshape(2, 3 * n * n)
    ]
    return np.concatenate([upright, *turned])


def compact_of(faces: np.ndarray) -> np.ndarray:
    """[face, j, i] -> [13 n rows, n columns] as a file has it."""
    n = faces.shape[-1]
    turned = [faces[first : first + 3].swapaxes(0, 1) for first in (7, 10)]
    return np.concatenate([np.ravel(part) for part in (faces[:7], *turned)]).reshape(FACES * n, n)


def read_level1(folder: Path, name: str) -> np.ndarray:
    """First level of a big-endian float32 file."""
    n = int(np.sqrt(Path(folder, "XC.data").stat().st_size // 4 // FACES))
    return faces_of(np.fromfile(Path(folder, f"{name}.data"), ">f4", count=FACES * n * n)).astype("f8")


def on_sphere(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Unit vectors [..., 3] of places in degrees."""
    lon, lat = np.deg2rad(longitude), np.deg2rad(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between unit vectors [radians], accurate where it is small."""
    return 2 * np.arcsin(np.linalg.norm(a - b, axis=-1) / 2)


def unit(a: np.ndarray) -> np.ndarray:
    return a / np.linalg.norm(a, axis=-1, keepdims=True)


# ---- seams ---------------------------------------------------------------------------------------------------


def of_high_edge(field: np.ndarray, seam: Seam, inward: int = 0) -> np.ndarray:
    """Values [k, ...] of [face, j, i, ...] along the seam's own high edge, or `inward` rows before it."""
    return field[seam.face, :, -1 - inward] if seam.edge == "i+" else field[seam.face, -1 - inward]


def of_low_edge(field: np.ndarray, seam: Seam, inward: int = 0) -> np.ndarray:
    """Values along the target's low edge, in the order of the high edge's cells."""
    values = field[seam.target, :, inward] if seam.low == "west" else field[seam.target, inward]
    return values[::-1] if seam.reversed else values


def centred(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u on west faces, v on south faces -> both at cell centres, along i and j; NaN where there is no neighbour."""
    beyond = {edge: np.full(u.shape[:2], np.nan) for edge in ("i+", "j+")}
    for seam in SEAMS:
        beyond[seam.edge][seam.face] = of_low_edge(u if seam.low == "west" else v, seam)
    u_next = np.concatenate([u[:, :, 1:], beyond["i+"][:, :, None]], axis=2)
    v_next = np.concatenate([v[:, 1:, :], beyond["j+"][:, None, :]], axis=1)
    return (u + u_next) / 2, (v + v_next) / 2


def eastward(u: np.ndarray, v: np.ndarray, cs: np.ndarray, sn: np.ndarray) -> np.ndarray:
    """Components along i and j -> east + 1j * north."""
    return (cs * u - sn * v) + 1j * (sn * u + cs * v)


def find_seams(folder: Path) -> list[tuple[Seam, float]]:
    """The seams by distance alone: which low edge of which face lies beyond each high edge.

    For every high edge, the low edge (either direction) of another face for which the distances between the centres
    agree best with DXC or DYC of that low edge. Returns each with the median relative disagreement; edges where this is
    above 1e-3 have no neighbour and are left out.
    """
    place = on_sphere(read_level1(folder, "XC"), read_level1(folder, "YC"))
    steps = {"west": read_level1(folder, "DXC"), "south": read_level1(folder, "DYC")}
    inside = angle(place[1, 1:, :], place[1, :-1, :])
    radius = np.median(steps["south"][1, 1:, :] / inside)
    found = []
    for face in range(FACES):
        for edge in ("i+", "j+"):
            best = None
            for target in range(FACES):
                for low in ("west", "south"):
                    for backwards in (False, True):
                        seam = Seam(face, edge, target, low, backwards)
                        distance = radius * angle(of_high_edge(place, seam), of_low_edge(place, seam))
                        step = of_low_edge(steps[low], seam)
                        off = float(np.median(np.abs(distance - step) / step))
                        if best is None or off < best[1]:
                            best = (seam, off)
            if best[1] < 1e-3:
                found.append(best)
    return found


# ---- a solid-body rotation -------------------------------------------------------------------------------------


def corners(folder: Path) -> np.ndarray:
    """Unit vectors [face, n + 1, n + 1, 3] of the cells' corners.

    XG, YG are south-west corners; those at the high edges are taken from the faces beyond. NaN where no face has
    them: four places where three facets meet, and the Antarctic edges.
    """
    own = on_sphere(read_level1(folder, "XG"), read_level1(folder, "YG"))
    n = own.shape[1]
    all_corners = np.full((FACES, n + 1, n + 1, 3), np.nan)
    all_corners[:, :n, :n] = own
    for _ in range(3):  # a corner may come by way of two seams
        for seam in SEAMS:
            edge = of_high_edge(all_corners, seam)
            missing = np.isnan(edge[:, 0])
            edge[missing] = of_low_edge(all_corners, seam)[missing]
    return all_corners


def on_faces(axis: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Velocity axis x r [radii per unit of time] normal to the cells' faces: u on west, v on south faces.

    Sampled in the middle of the arc between the face's two corners, along the arc's normal on the sphere. 0 where
    a corner is not known.
    """
    south_west, north_west, south_east = corner[:, :-1, :-1], corner[:, 1:, :-1], corner[:, :-1, 1:]

    def normal_velocity(a, b, sign):
        middle = unit(a + b)
        along = np.cross(unit(b - a), middle)
        return np.nan_to_num(sign * np.sum(np.cross(axis, middle) * along, axis=-1))

    return normal_velocity(south_west, north_west, 1.0), normal_velocity(south_west, south_east, -1.0)


def at_centres(axis: np.ndarray, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """The same velocity as it is at places in degrees: east + 1j * north."""
    lon, lat = np.deg2rad(longitude), np.deg2rad(latitude)
    velocity = np.cross(axis, on_sphere(longitude, latitude))
    east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], axis=-1)
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)
    return np.sum(velocity * east, axis=-1) + 1j * np.sum(velocity * north, axis=-1)
