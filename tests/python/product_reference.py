"""What is derived from spectra, by numpy and scipy in float64, from the files of a run: nothing here is the program's.

`Record` reads MDS snapshots and grid files and gives the velocities of the wet points; `Spectra` are scipy's of each
segment of each point, two-sided (rotary) and one-sided (components); `Space` sums over parts of the sea.
Points are numbered in the order of the file, land left out: arrays are [point, ...] or [segment, point, ...].
"""

import json
import pathlib
import re

import numpy as np
import scipy.signal
from scipy.stats import chi2

OMEGA = 2 * np.pi / 86164  # rad/s


class Record:
    """A plain latitude-longitude run in the folders `mds` and `grid` of `folder`."""

    def __init__(self, folder: pathlib.Path, centre: bool, timestep_seconds: float, epoch: str, valid_range=None):
        self.folder = folder
        meta = next((folder / "mds").glob("U.*.meta")).read_text()
        ni, _, _, nj = (int(number) for number in re.findall(r"\d+", meta.split("dimList")[1])[:4])
        self.shape = nj, ni
        self.wet = self.grid("hFacC") > 0
        files = {name: sorted((folder / "mds").glob(f"{name}.*.data")) for name in "UV"}
        seconds = np.array([int(path.name.split(".")[1]) for path in files["U"]]) * timestep_seconds
        steps = np.unique(np.diff(seconds))
        assert len(steps) == 1 and len(files["V"]) == len(seconds), f"{folder}: {len(seconds)} times, steps of {steps} s"
        self.step_seconds = float(steps[0])
        self.times = np.datetime64(epoch, "ms") + (1000 * seconds).astype("timedelta64[ms]")
        u = self.series(files["U"], "hFacW", valid_range)
        v = self.series(files["V"], "hFacS", valid_range)
        if centre:
            # No face past the last column and row.
            u[:, :, :-1] = 0.5 * (u[:, :, :-1] + u[:, :, 1:])
            v[:, :-1, :] = 0.5 * (v[:, :-1, :] + v[:, 1:, :])
            u[:, :, -1], v[:, -1, :] = np.nan, np.nan
        # A velocity is there with both components or not at all.
        lost = np.isnan(u) | np.isnan(v)
        self.u, self.v = (np.where(lost, np.nan, part)[:, self.wet] for part in (u, v))
        self.longitude, self.latitude, self.depth, self.area = (
            self.grid(name)[self.wet] for name in ("XC", "YC", "Depth", "RAC"))
        self.f0 = 2 * OMEGA * np.sin(np.deg2rad(self.latitude)) * 86400 / (2 * np.pi)
        self.j, self.i = np.nonzero(self.wet)

    def grid(self, name: str) -> np.ndarray:
        """First level of a grid file [j, i]."""
        values = np.fromfile(self.folder / "grid" / f"{name}.data", ">f4", count=self.shape[0] * self.shape[1])
        return values.reshape(self.shape).astype("f8")

    def series(self, files: list[pathlib.Path], mask: str, valid_range) -> np.ndarray:
        """[time, j, i]: 0 on dry faces, NaN where a value is out of range."""
        values = np.stack([np.fromfile(path, ">f4").reshape(self.shape) for path in files]).astype("f8")
        dry = np.broadcast_to(self.grid(mask) == 0, values.shape)
        if valid_range:
            values[~dry & ~((values >= valid_range[0]) & (values <= valid_range[1]))] = np.nan
        values[dry] = 0.0
        return values


def hann(length: int) -> np.ndarray:
    return scipy.signal.get_window("hann", length, fftbins=True)


class Spectra:
    """Of Hann segments of `length` samples that share half, each without its mean.

    `rotary` [segment, point, frequency] over `frequency` [cpd, ascending]; `uu`, `vv`, `uv` (conj(U) V) one-sided over
    `frequency_one_sided`; NaN where a segment has a lost sample, and `used` [segment, point] says where it has none.
    """

    def __init__(self, record: Record, length: int):
        self.record, self.length, self.overlap = record, length, length // 2
        self.samples_per_day = 86400 / record.step_seconds
        self.df = self.samples_per_day / length
        hop = length - self.overlap
        self.starts = np.arange(0, len(record.times) - length + 1, hop)
        half = np.timedelta64(round(500 * record.step_seconds * length), "ms")
        self.middles = record.times[self.starts] + half
        options = {"fs": self.samples_per_day, "window": "hann", "nperseg": length, "noverlap": self.overlap,
                   "detrend": "constant", "scaling": "density", "axis": 0}
        rotary, uu, vv, uv = [], [], [], []
        for start in self.starts:
            u, v = (part[start:start + length] for part in (record.u, record.v))
            frequency, psd = scipy.signal.welch(u + 1j * v, return_onesided=False, **options)
            self.frequency_one_sided, cross = scipy.signal.csd(u, v, return_onesided=True, **options)
            rotary.append(psd[np.argsort(frequency)].T)
            uv.append(cross.T)
            uu.append(scipy.signal.welch(u, **options)[1].T)
            vv.append(scipy.signal.welch(v, **options)[1].T)
        self.frequency = np.sort(frequency)
        self.rotary, self.uu, self.vv, self.uv = (np.stack(each) for each in (rotary, uu, vv, uv))
        self.used = np.isfinite(self.rotary[:, :, 0])
        # The mean of segments is what scipy makes of the whole record, where nothing is lost.
        whole = self.used.all(axis=0)
        expected = scipy.signal.welch((record.u + 1j * record.v)[:, whole], return_onesided=False, **options)[1]
        expected = expected[np.argsort(frequency)].T
        apart = np.abs(self.rotary[:, whole].mean(axis=0) - expected).max(axis=1) / expected.max(axis=1).clip(1e-300)
        assert whole.any() and apart.max() < 1e-12, f"segments are not scipy's: {apart.max()}"

    def mean(self, values: np.ndarray, segments) -> np.ndarray:
        """Mean [point, ...] over those of `segments` that a point has; NaN where it has none."""
        values, used = values[segments], self.used[segments]
        there = used.reshape(used.shape + (1,) * (values.ndim - 2))
        count = there.sum(axis=0)
        mean = np.where(there, values, 0).sum(axis=0) / np.maximum(count, 1)
        return np.where(count > 0, mean, np.nan)

    def degrees_of_freedom(self, segments) -> np.ndarray:
        """Of each point [point], Percival & Walden (1993, eq. 292b) as the double sum over segments; NaN for none."""
        window = hann(self.length)
        window /= np.sqrt(np.sum(window**2))
        starts = self.starts[segments]
        shifts = np.abs(starts[:, None] - starts[None, :])
        rho2 = np.array([[np.sum(window[:max(self.length - s, 0)] * window[s:]) ** 2 for s in row] for row in shifts])
        rho2 = rho2.reshape(len(starts), len(starts))
        used = self.used[segments].astype("f8")
        pairs = np.einsum("jp,jk,kp->p", used, rho2, used)
        return 2 * used.sum(axis=0) ** 2 / np.where(pairs > 0, pairs, np.nan)

    def cumulative(self, psd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Integral of spectra [point, frequency] from -Nyquist up: edges of the bins [edge] and its values [point, edge].

        The density is constant on each bin; of an even length the bin at Nyquist is half at either end.
        """
        nyquist = self.samples_per_day / 2
        inner = (self.frequency[1:] + self.frequency[:-1]) / 2
        edges = np.concatenate([[-nyquist], inner, [nyquist]])
        if self.length % 2 == 0:
            edges = np.concatenate([edges[:-1], [nyquist - self.df / 2, nyquist]])
            psd = np.concatenate([psd, psd[:, :1]], axis=1)
        steps = psd * np.diff(edges)
        return edges, np.concatenate([np.zeros((len(psd), 1)), np.cumsum(steps, axis=1)], axis=1)

    def integral(self, psd: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Of spectra [point, frequency] from low to high [point, ...], both within -Nyquist to Nyquist."""
        edges, curves = self.cumulative(psd)
        return np.array([np.interp(b, edges, c) - np.interp(a, edges, c) for a, b, c in zip(low, high, curves)])

    def bands(self, psd: np.ndarray, limits: list[list]) -> dict[str, np.ndarray]:
        """Kinetic energy [band, point] by name of the array; NaN where a band is wholly beyond Nyquist."""
        nyquist = self.samples_per_day / 2
        cw, ccw = [], []
        for written in limits:
            low, high = (self.limit(each, nyquist) for each in written)
            beyond = np.where(low >= nyquist, np.nan, 0.0)
            low, high = np.minimum(low, nyquist), np.minimum(high, nyquist)
            cw.append(0.5 * self.integral(psd, -high, -low) + beyond)
            ccw.append(0.5 * self.integral(psd, low, high) + beyond)
        cw, ccw = np.array(cw), np.array(ccw)
        return {"band_ke": cw + ccw, "band_ke_cw": cw, "band_ke_ccw": ccw}

    def limit(self, written, nyquist: float) -> np.ndarray:
        """A band's limit at every point [cpd]: a number, "nyquist", or a multiple of |f0|."""
        f = np.abs(self.record.f0)
        if written == "nyquist":
            return np.full(f.shape, nyquist)
        if isinstance(written, str):
            return float(written.removesuffix("f").strip() or 1) * f
        return np.full(f.shape, float(written))

    def scaled(self, psd: np.ndarray, f_ratio: np.ndarray, step: float) -> np.ndarray:
        """Density on f / f0 [point, f_ratio], mean over each bin of `step`; NaN where a point has no say."""
        f0 = self.record.f0[:, None]
        ends = np.sort(np.stack([f0 * (f_ratio - step / 2), f0 * (f_ratio + step / 2)]), axis=0)
        density = self.integral(psd, *ends) / step
        outside = np.abs(ends).max(axis=0) > self.samples_per_day / 2
        return np.where(outside | (np.abs(f0) < 2 * self.df), np.nan, density)

    def components(self, segments) -> dict[str, np.ndarray]:
        """One-sided arrays [point, frequency] by name, but the ellipse (see `ellipse`)."""
        uu, vv, uv = (self.mean(each, segments) for each in (self.uu, self.vv, self.uv))
        ccw, cw = self.senses(self.mean(self.rotary, segments))
        with np.errstate(invalid="ignore", divide="ignore"):
            coefficient = (ccw - cw) / (ccw + cw)
        return {"S_uu": uu, "S_vv": vv, "S_uv": uv, "ke_psd": 0.5 * (uu + vv), "rotary_coefficient": coefficient}

    def senses(self, psd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(counter-clockwise, clockwise) density at each one-sided frequency; 0 and Nyquist half to each."""
        count = len(self.frequency_one_sided)
        zero = self.length // 2
        at = np.arange(count)
        last = (at == self.length / 2) | (at == 0)
        # For an even length Nyquist stands at -Nyquist only.
        ccw = psd[:, np.where(last & (at > 0), 0, (zero + at) % self.length)]
        cw = psd[:, zero - at]
        return np.where(last, ccw / 2, ccw), np.where(last, cw / 2, cw)


def confidence_factors(nu: np.ndarray, probability: float) -> dict[str, np.ndarray]:
    tail = (1 - probability) / 2
    return {"lower": nu / chi2.ppf(1 - tail, nu), "upper": nu / chi2.ppf(tail, nu)}


def weighted_mean(weights: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [part, ...] of values [point, ...] by weights [part, point], NaN left out, and the sum of the weights that counted."""
    there = np.isfinite(values).astype("f8")
    total = np.tensordot(weights, there, axes=1)
    sums = np.tensordot(weights, np.where(there > 0, values, 0), axes=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums / total, total


def within_depth(record: Record, depth: list[float] | None) -> np.ndarray:
    low, high = depth or (-np.inf, np.inf)
    return (record.depth >= low) & (record.depth <= high)


def in_latitude_bins(record: Record, centres: np.ndarray, width: float) -> np.ndarray:
    """[lat, point]; half-open bins about their centres."""
    low = np.round((centres + 90) / width - 0.5) * width - 90
    return (record.latitude >= low[:, None]) & (record.latitude < low[:, None] + width)


def in_box(record: Record, longitude: list[float], latitude: list[float]) -> np.ndarray:
    """[point]; from west eastward to before east, from south to below north."""
    west, east = longitude
    eastward = (record.longitude - west) % 360 < (east - west) % 360
    return eastward & (record.latitude >= latitude[0]) & (record.latitude < latitude[1])


def in_ring(record: Record, ring: list) -> np.ndarray:
    """[point]: within a closed ring, by the winding of its edges about the point; edges go the short way round."""
    corners = np.unwrap([corner[0] for corner in ring], period=360)
    inside = np.zeros(record.latitude.shape, bool)
    for turn in (-360, 0, 360):
        x, y = record.longitude + turn, record.latitude
        angles = [np.arctan2(latitude - y, longitude - x) for longitude, (_, latitude) in zip(corners, ring)]
        steps = (np.diff(angles, axis=0) + np.pi) % (2 * np.pi) - np.pi
        inside |= np.abs(steps.sum(axis=0)) > np.pi
    return inside


def in_geojson(record: Record, path: pathlib.Path) -> np.ndarray:
    """[point]; Polygon and MultiPolygon, bare or in features; rings after the first are holes."""
    document = json.loads(path.read_text())
    features = document.get("features", [document])
    inside = np.zeros(record.latitude.shape, bool)
    for geometry in (feature.get("geometry", feature) for feature in features):
        many = geometry["type"] == "MultiPolygon"
        for outline, *holes in geometry["coordinates"] if many else [geometry["coordinates"]]:
            inside |= in_ring(record, outline) & ~np.any([in_ring(record, hole) for hole in holes], axis=0)
    return inside


def in_cells(record: Record, latitudes: np.ndarray, longitudes: np.ndarray, width: list[float]) -> np.ndarray:
    """[bin_lat, bin_lon, point]; half-open bins about their centres, longitudes modulo 360."""
    across = (record.longitude - (longitudes[:, None] - width[0] / 2)) % 360 < width[0]
    return in_latitude_bins(record, latitudes, width[1])[:, None, :] & across[None, :, :]
