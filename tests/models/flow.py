"""The currents that the small model files hold: a mean, an inertial circle, a second line, and a little noise.

They are known at every place and time, so that each model's file can hold them at its own points.
"""

import dataclasses

import numpy as np

OMEGA = 2 * np.pi / 86164  # rad/s
EARTH_RADIUS_METRES = 6.371e6
M2_CPD = 1.9322736


@dataclasses.dataclass(frozen=True)
class Flow:
    """Currents about `latitude` [degrees north].

    The circle turns at the inertial frequency of `latitude` everywhere, clockwise in the north and counter-clockwise in the
    south, with `circle_speed` [m/s]; its phase changes by a third of a turn over `wave_degrees` of longitude. The second line,
    at `line_cpd`, is an ellipse with half axes of `line_speeds` [m/s], east and north.
    """

    latitude: float
    circle_speed: float = 0.3
    line_cpd: float = M2_CPD
    line_speeds: tuple[float, float] = (0.12, 0.05)
    mean: tuple[float, float] = (0.07, -0.04)
    noise_speed: float = 0.01
    wave_degrees: float = 20.0

    @property
    def circle_cpd(self) -> float:
        """Frequency of the circle, negative for clockwise [cycles per day]."""
        return -2 * OMEGA * np.sin(np.deg2rad(self.latitude)) * 86400 / (2 * np.pi)

    def at(self, longitude: np.ndarray, latitude: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eastward and northward speed without noise [m/s], [time, j, i], at [j, i] and [time]."""
        phase = 2 * np.pi * (longitude / (3 * self.wave_degrees) + latitude / 90)
        turn = 2 * np.pi * days[:, None, None]
        circle = self.circle_speed * np.exp(1j * (turn * self.circle_cpd + phase))
        east = circle.real + self.line_speeds[0] * np.cos(turn * self.line_cpd + phase) + self.mean[0]
        north = circle.imag + self.line_speeds[1] * np.sin(turn * self.line_cpd + phase) + self.mean[1]
        return east, north

    def noise(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        return np.random.default_rng(seed).normal(0, self.noise_speed, shape)


def sea(nj: int, ni: int, level: int = 0) -> np.ndarray:
    """Water [j, i]: a coast in the south-west, an island, and in deeper levels a bank."""
    j, i = np.mgrid[0:nj, 0:ni]
    coast = i + 2 * j < 6
    island = (np.abs(j - nj // 2) <= 1) & (np.abs(i - ni // 2 - 2) <= 1)
    bank = (level > 0) & (i > ni - 5) & (j > nj - 4)
    return ~(coast | island | bank)
