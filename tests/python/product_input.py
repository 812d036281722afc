"""Small runs on a latitude-longitude grid that crosses the equator and the date line, as MDS files.

Each writes `mds` and `grid` into a folder: float32, big-endian, six-hourly snapshots of 864 iterations of 25 s.
"""

import pathlib

import numpy as np

ITERATIONS = 864
STEP_DAYS = 0.25
EARTH_RADIUS = 6.371e6
OMEGA = 2 * np.pi / 86164


class Grid:
    """Cells of `spacing` degrees from `west`, `south`; `wet` [j, i]. `closed`: the domain's west and south edges are."""

    def __init__(self, west: float, south: float, spacing: float, wet: np.ndarray, depth: np.ndarray, closed: bool):
        nj, ni = wet.shape
        self.closed = closed
        self.wet, self.depth = wet, np.where(wet, depth, 0.0)
        longitude = west + spacing * (np.arange(ni) + 0.5)
        latitude = south + spacing * (np.arange(nj) + 0.5)
        self.longitude, self.latitude = np.meshgrid(np.where(longitude > 180, longitude - 360, longitude), latitude)
        half = np.deg2rad(spacing / 2)
        bands = np.sin(np.deg2rad(self.latitude) + half) - np.sin(np.deg2rad(self.latitude) - half)
        self.area = EARTH_RADIUS**2 * np.deg2rad(spacing) * bands
        self.f0 = 2 * OMEGA * np.sin(np.deg2rad(self.latitude)) * 86400 / (2 * np.pi)

    def write(self, folder: pathlib.Path) -> None:
        west = self.wet & np.roll(self.wet, 1, axis=1)
        south = self.wet & np.roll(self.wet, 1, axis=0)
        if self.closed:
            west[:, 0], south[0, :] = False, False
        files = {"XC": self.longitude, "YC": self.latitude, "Depth": self.depth, "RAC": self.area,
                 "hFacC": self.wet, "hFacW": west, "hFacS": south}
        for name, values in files.items():
            write_field(folder / "grid" / name, values, None)


def write_field(path: pathlib.Path, values: np.ndarray, iteration: int | None) -> None:
    nj, ni = values.shape
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(path.name + ".data").write_bytes(values.astype(">f4").tobytes())
    step = "" if iteration is None else f" timeStepNumber = [ {iteration:10} ];\n"
    path.with_name(path.name + ".meta").write_text(
        f" nDims = [   2 ];\n dimList = [\n {ni}, 1, {ni},\n {nj}, 1, {nj}\n ];\n"
        f" dataprec = [ 'float32' ];\n nrecords = [ 1 ];\n{step}")


def write_run(folder: pathlib.Path, grid: Grid, u: np.ndarray, v: np.ndarray) -> None:
    """u, v [time, j, i]: of west and south faces."""
    grid.write(folder)
    for name, series in (("U", u), ("V", v)):
        for step, values in enumerate(series):
            iteration = ITERATIONS * (step + 1)
            write_field(folder / "mds" / f"{name}.{iteration:010}", values, iteration)


def days(count: int) -> np.ndarray:
    """Since the epoch, of each snapshot."""
    return STEP_DAYS * (np.arange(count) + 1)


def noisy(folder: pathlib.Path) -> None:
    """Both hemispheres, 165 E to 165 W: red noise, inertial circles, M2; land; some values that are out of range."""
    random = np.random.default_rng(7)
    nj, ni, nt = 24, 12, 480
    wet = random.random((nj, ni)) < 0.8
    # The last of these has no segment left.
    bad = [(5, 5, slice(40, 42)), (15, 8, slice(200, 330)), (9, 9, slice(0, 1)), (20, 3, slice(10, None, 15))]
    for j, i, _ in bad:
        wet[j, i - 1:i + 1] = True
    grid = Grid(165.0, -30.0, 2.5, wet, random.uniform(50.0, 5000.0, (nj, ni)), closed=True)
    t = days(nt)[:, None, None]
    noise = random.normal(size=(2, nt, nj, ni))
    for step in range(1, nt):
        noise[:, step] = 0.8 * noise[:, step - 1] + 0.6 * noise[:, step]
    phase = random.uniform(0, 2 * np.pi, (nj, ni))
    w = 0.2 * np.exp(-1j * (2 * np.pi * grid.f0 * t + phase))
    w = w + 0.1 * np.cos(2 * np.pi * 1.9322736 * t) + 0.05j * np.sin(2 * np.pi * 1.9322736 * t)
    # Stronger in the second half and to the north: no mean, in time or in space, is that of another weight.
    w = w * (1 + t / t.max()) * (1 + np.arange(nj)[:, None] / nj)
    u, v = 0.1 + w.real + 0.1 * noise[0], -0.05 + w.imag + 0.1 * noise[1]
    for j, i, steps in bad:
        u[steps, j, i] = 25.0
    write_run(folder, grid, u, v)


def circles(folder: pathlib.Path) -> None:
    """Inertial circles of 0.3 m/s at each point's own f0, for `centre = false`; twice as fast in the second half."""
    grid = Grid(0.0, -30.0, 2.5, np.ones((24, 3), bool), np.full((24, 3), 4000.0), closed=False)
    t = days(480)[:, None, None]
    w = np.where(np.arange(480)[:, None, None] < 240, 0.3, 0.6) * np.exp(-2j * np.pi * grid.f0 * t)
    write_run(folder, grid, w.real, w.imag)


def ellipses(folder: pathlib.Path, frequency: float, major: float, minor: float, inclination_degrees: float) -> None:
    """One ellipse, counter-clockwise for minor > 0, with another phase at every point; for `centre = false`."""
    grid = Grid(10.0, 20.0, 2.5, np.ones((4, 5), bool), np.full((4, 5), 4000.0), closed=False)
    phase = 2 * np.pi * frequency * days(480)[:, None, None] + np.arange(20).reshape(4, 5)
    w = (major * np.cos(phase) + 1j * minor * np.sin(phase)) * np.exp(1j * np.deg2rad(inclination_degrees))
    write_run(folder, grid, w.real, w.imag)
