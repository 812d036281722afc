"""Zonal and regional means, spectrograms, components and confidence limits of runs, against numpy and scipy.

    python products.py PROGRAM SAMPLE WORK [--only base,zonal,scaled,regions,bins,spectrogram,components,confidence,halves,known]

SAMPLE is the unpacked regional sample (mds/, grid/). In WORK (made) further input is written, a run across the equator with
gaps, and the program makes results of both, with everything on; what it should have made is worked out by `product_reference.py`.
Every array may differ by 1e-6 of the largest value of each spectrum or map, with float64 by 1e-12. `halves` adds two runs up and compares
with the whole; `known` are records whose answer is known without an estimate. Exits with 1 if anything differs.
"""

import argparse
import pathlib
import sys
import warnings

warnings.simplefilter("error")

import numpy as np  # noqa: E402
import xarray as xr  # noqa: E402

import product_reference as reference  # noqa: E402
from product_case import Case, cases  # noqa: E402
from product_known import known  # noqa: E402

PARTS = ["base", "zonal", "scaled", "regions", "bins", "spectrogram", "components", "confidence", "halves", "known"]
TOLERANCE = {"f32": 1e-6, "f64": 1e-12}
BAND_ARRAYS = ["band_ke", "band_ke_cw", "band_ke_ccw"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
SEASONS = {"djf": (12, 1, 2), "mam": (3, 4, 5), "jja": (6, 7, 8), "son": (9, 10, 11)}


class Comparison:
    """Counts and prints what was compared. Arrays of results are brought to the order of the reference: points first."""

    def __init__(self, label, result, spectra, tolerance):
        self.label, self.result, self.spectra, self.tolerance = label, result, spectra, tolerance
        self.record = spectra.record
        self.failed = self.passed = 0

    def tell(self, good: bool, message: str) -> None:
        print(f"{'ok  ' if good else 'FAIL'} {self.label}: {message}")
        self.passed, self.failed = self.passed + good, self.failed + (not good)

    def __contains__(self, name: str) -> bool:
        if name not in self.result:
            self.tell(False, f"{name} is not there")
        return name in self.result

    def same(self, name: str, got, expected, over=-1, scale=None) -> None:
        """`over`: the axes of one spectrum or one map; `scale`: what differences are relative to, if not its largest value."""
        expected = np.asarray(expected)
        if got.shape != expected.shape:
            return self.tell(False, f"{name}: shape {got.shape}, expected {expected.shape}")
        lost, there = np.isnan(got), ~np.isnan(expected)
        if np.array_equal(lost, there) or (lost == there).any():
            place = tuple(int(index[0]) for index in np.nonzero(lost == there))
            return self.tell(False, f"{name}: {(lost & there).sum()} NaN that should not be, "
                                    f"{(~lost & ~there).sum()} that should, first at {place}")
        if not there.any():
            return self.tell(False, f"{name}: nothing but NaN")
        if scale is None:
            scale = np.max(np.where(there, np.abs(expected), 0), axis=over, keepdims=True, initial=0.0)
        difference = np.where(there, np.abs(got - np.where(there, expected, 0)), 0)
        relative = np.divide(difference, scale, out=np.where(difference > 0, np.inf, 0.0), where=scale > 0)
        worst = np.unravel_index(np.argmax(relative), relative.shape)
        self.tell(bool(relative[worst] <= self.tolerance),
                  f"{name} {got.shape}: at most {relative[worst]:.1e} off (allowed {self.tolerance:.0e})"
                  + (f", at {tuple(map(int, worst))}: {got[worst]}, expected {expected[worst]}"
                     if relative[worst] > self.tolerance else ""))

    def equal(self, name: str, got, expected) -> None:
        good = np.shape(got) == np.shape(expected) and np.array_equal(got, expected)
        self.tell(good, f"{name} {np.shape(got)}: {'the same' if good else f'{got}, expected {expected}'}")

    def at_points(self, name: str) -> np.ndarray:
        """[point, ...] of a map, or of spectra; and looks that land is NaN, or 0 of what counts."""
        values = self.result[name].transpose("j", "i", ...).values
        values = values if values.dtype.kind == "c" else values.astype("f8")
        land = values[~self.record.wet]
        dry = np.isnan(land) if self.result[name].dtype.kind in "fc" else land == 0
        if not dry.all():
            self.tell(False, f"{name}: values on land")
        return values[self.record.j, self.record.i]

    def labels(self, name: str) -> np.ndarray:
        return self.result[name].values

    def parts_cover(self, name: str, inside: np.ndarray, counted: np.ndarray) -> None:
        """Each point that counts is in one part of the sea."""
        self.tell(bool((inside[..., counted].reshape(-1, counted.sum()).sum(axis=0) == 1).all()),
                  f"{name}: every point is in one of {inside[..., 0].size}")

    def means(self, prefix: str, inside: np.ndarray, psd: np.ndarray, bands: dict, dims: list[str]) -> None:
        """psd, area, count and bands over parts of the sea [part..., point]."""
        shape, weights = inside.shape[:-1], (inside * self.record.area).reshape(-1, inside.shape[-1])
        counted = np.isfinite(psd[:, 0])
        if dims != ["bin_lat", "bin_lon"] and f"{prefix}_psd" in self:
            mean, _ = reference.weighted_mean(weights, psd)
            self.same(f"{prefix}_psd", self.result[f"{prefix}_psd"].transpose(*dims, "freq_time").values, mean)
        if f"{prefix}_area" in self:
            self.same(f"{prefix}_area", self.result[f"{prefix}_area"].transpose(*dims).values,
                      (weights @ counted).reshape(shape), over=None)
        if f"{prefix}_count" in self:
            self.equal(f"{prefix}_count", self.result[f"{prefix}_count"].transpose(*dims).values,
                       (inside & counted).sum(axis=-1))
        for name in BAND_ARRAYS:
            if f"{prefix}_{name}" in self:
                got = self.result[f"{prefix}_{name}"].transpose("band", *dims).values
                # A cell that does not have the band leaves the mean unknown: the area is one for all bands.
                whole = np.stack([(weights * (counted & np.isnan(band))).sum(axis=1) == 0 for band in bands[name]])
                expected = np.stack([reference.weighted_mean(weights, band)[0] for band in bands[name]])
                expected = np.where(whole, expected, np.nan).reshape(-1, *shape)
                self.same(f"{prefix}_{name}", got, expected, over=tuple(range(1, expected.ndim)))


def compare(case: Case, spectra, result, parts, precision, average) -> int:
    """Everything in one result. Returns how many arrays differ."""
    to = Comparison(f"{case.name} {precision}, {average}", result, spectra, TOLERANCE[precision])
    record, everything = spectra.record, np.arange(len(spectra.starts))
    psd = spectra.mean(spectra.rotary, everything)
    bands = spectra.bands(psd, list(case.bands.values()))
    dof = spectra.degrees_of_freedom(everything)
    counted = np.isfinite(psd[:, 0])
    if "base" in parts:
        to.same("freq_time", result.freq_time.values, spectra.frequency)
        to.equal("band", list(map(str, result.band.values)), list(case.bands))
        to.same("rotary_psd", to.at_points("rotary_psd"), psd)
        for name in BAND_ARRAYS:
            to.same(name, to.at_points(name), bands[name].T, over=0)
        to.equal("segments_used", to.at_points("segments_used"), spectra.used.sum(axis=0))
        to.same("dof", to.at_points("dof"), dof, scale=np.float64(dof[counted].max() * max(1, 2e-7 / to.tolerance)))

    inside = {}
    if {"zonal", "scaled"} & set(parts):
        latitudes = to.labels("lat")
        inside["zonal"] = reference.in_latitude_bins(record, latitudes, case.zonal["width"])
        to.parts_cover("lat", inside["zonal"], counted)
        inside["zonal"] = inside["zonal"] & reference.within_depth(record, case.zonal.get("depth"))
        if "zonal" in parts:
            to.means("zonal", inside["zonal"], psd, bands, ["lat"])
        if "scaled" in parts:
            scaled(to, case, psd, inside["zonal"])
    if "regions" in parts:
        inside["region"] = in_regions(case, record)
        to.equal("region", list(map(str, to.labels("region"))), [region["name"] for region in case.regions])
        to.means("region", inside["region"], psd, bands, ["region"])
    if "bins" in parts:
        inside["bin"] = reference.in_cells(record, to.labels("bin_lat"), to.labels("bin_lon"), case.bins["width"])
        to.parts_cover("bins", inside["bin"], counted)
        inside["bin"] = inside["bin"] & reference.within_depth(record, case.bins.get("depth"))
        to.means("bin", inside["bin"], psd, bands, ["bin_lat", "bin_lon"])
    if "spectrogram" in parts:
        spectrogram(to, case, inside, average)
    if "components" in parts:
        components(to, everything)
    if "confidence" in parts:
        confidence(to, inside, dof, counted)
    return to.failed


def in_regions(case: Case, record) -> np.ndarray:
    """[region, point]"""
    parts = []
    for region in case.regions:
        part = (reference.in_geojson(record, pathlib.Path(region["geojson"])) if "geojson" in region
                else reference.in_box(record, region["lon"], region["lat"]))
        parts.append(part & reference.within_depth(record, region.get("depth")))
    return np.stack(parts)


def scaled(to: Comparison, case: Case, psd, inside) -> None:
    step, limit = case.zonal.get("f_ratio_step", 0.05), case.zonal.get("f_ratio_limit", 3.0)
    count = round(limit / step)
    ratio = np.arange(-count, count + 1) * step
    to.same("f_ratio", to.labels("f_ratio"), ratio)
    density = to.spectra.scaled(psd, ratio, step)
    mean, area = reference.weighted_mean(inside * to.record.area, density)
    if "zonal_psd_scaled" in to:
        to.same("zonal_psd_scaled", to.result["zonal_psd_scaled"].transpose("lat", "f_ratio").values, mean)
    if "zonal_area_scaled" in to:
        to.same("zonal_area_scaled", to.result["zonal_area_scaled"].transpose("lat", "f_ratio").values, area, over=None)


def confidence(to: Comparison, inside, dof, counted) -> None:
    """float32 whatever the precision; of a zonal mean, the limits of one point of its mean dof."""
    if "confidence_lower" not in to or "confidence_upper" not in to:
        return
    probability = to.result["confidence_lower"].attrs["probability"]
    for side, factors in reference.confidence_factors(dof, probability).items():
        to.same(f"confidence_{side}", to.at_points(f"confidence_{side}"), factors,
                scale=np.abs(factors) * max(1, 3e-7 / to.tolerance))
    for prefix, part in inside.items():
        # Limits stand where a spectrum does: there is no bin_psd.
        mean, _ = reference.weighted_mean(part * to.record.area, dof)
        for side, factors in reference.confidence_factors(mean, probability).items():
            name = f"{prefix}_confidence_{side}"
            if prefix != "bin" and name in to:
                to.same(name, to.result[name].values.astype("f8"), factors, scale=np.abs(factors) * max(1, 3e-7 / to.tolerance))


def classes(to: Comparison, average: str) -> list[np.ndarray]:
    """The segments behind each label of `time_segment`."""
    labels, middles = to.labels("time_segment"), to.spectra.middles
    months = middles.astype("M8[M]").astype(int) % 12 + 1
    found = []
    if average == "segment":
        if labels.dtype.kind == "M":
            apart = np.abs((labels - middles) / np.timedelta64(1, "s")).max() if len(labels) == len(middles) else np.inf
            to.tell(apart <= 0.5 * to.spectra.record.step_seconds, f"time_segment: at most {apart:.0f} s from the middles")
        return [np.array([each]) for each in range(len(middles))]
    for label in labels:
        text = str(label).lower()
        if average == "month":
            wanted = [MONTHS.index(text[:3]) + 1] if text[:3] in MONTHS else [int(label)]
        else:
            wanted = SEASONS[text] if text in SEASONS else list(SEASONS.values())[int(label) - 1]
        found.append(np.flatnonzero(np.isin(months, wanted)))
    to.tell(sum(map(len, found)) == len(middles), f"time_segment {list(map(str, labels))}: every segment belongs to one")
    return found


def spectrogram(to: Comparison, case: Case, inside, average) -> None:
    found = classes(to, average)
    psd = np.stack([to.spectra.mean(to.spectra.rotary, segments) for segments in found], axis=1)
    if "spectrogram" in to:
        to.same("spectrogram", to.at_points("spectrogram"), psd)
    if "spectrogram_segments_used" in to:
        used = np.stack([to.spectra.used[segments].sum(axis=0) for segments in found], axis=1)
        to.equal("spectrogram_segments_used", to.at_points("spectrogram_segments_used"), used)
    if "spectrogram_dof" in to:
        dof = np.stack([to.spectra.degrees_of_freedom(segments) for segments in found], axis=1)
        to.same("spectrogram_dof", to.at_points("spectrogram_dof"), dof,
                scale=np.float64(np.nanmax(dof) * max(1, 2e-7 / to.tolerance)))
        for side, factors in reference.confidence_factors(dof, 0.95).items():
            name = f"spectrogram_confidence_{side}"
            if name in to:
                to.same(name, to.at_points(name), factors, scale=np.abs(factors) * max(1, 3e-7 / to.tolerance))
    if "band_ke_segments" in to:
        each = [to.spectra.bands(psd[:, one], list(case.bands.values()))["band_ke"] for one in range(len(found))]
        values = to.result["band_ke_segments"].transpose("j", "i", "time_segment", "band").values.astype("f8")
        to.same("band_ke_segments", values[to.record.j, to.record.i], np.stack(each, axis=0).transpose(2, 0, 1), over=0)
    for prefix, part in inside.items():
        name = f"{prefix}_spectrogram"
        if name in to:
            weights = (part * to.record.area).reshape(-1, part.shape[-1])
            mean = np.stack([reference.weighted_mean(weights, psd[:, one])[0] for one in range(len(found))])
            got = to.result[name].transpose("time_segment", ..., "freq_time").values
            to.same(name, got, mean.reshape(len(found), *part.shape[:-1], -1))


def components(to: Comparison, segments) -> None:
    """Ratios and angles are compared as far as the densities fix them: weighted by these."""
    to.same("freq_time_one_sided", to.labels("freq_time_one_sided"), to.spectra.frequency_one_sided)
    expected = to.spectra.components(segments)
    total = expected["S_uu"] + expected["S_vv"]
    largest = np.nanmax(total, axis=-1, keepdims=True, initial=0)
    for name, values in expected.items():
        if name in to:
            # Components' errors are those of the whole: a weak one beside a strong one is not more exact.
            scale = largest / np.where(total > 0, total, np.nan) if name == "rotary_coefficient" else largest
            to.same(name, to.at_points(name), values, scale=np.nan_to_num(scale, nan=np.inf))
    for name, (got, value) in ellipse(to, segments, expected, total).items():
        to.same(name, got, value, scale=largest)


def ellipse(to: Comparison, segments, densities, total) -> dict:
    """What the four arrays stand for, in units of a density: (got, expected) by name.

    Semi-axes are sqrt(S_ccw df) +- sqrt(S_cw df) [m s-1] with half of the bins at 0 and Nyquist in each sense.
    """
    names = ["ellipse_major", "ellipse_minor", "ellipse_inclination", "ellipse_stability"]
    if not all(name in to for name in names):
        return {}
    major, minor, inclination, stability = (to.at_points(name) for name in names)
    to.equal("units", [to.result[name].attrs["units"] for name in names], ["m s-1", "m s-1", "degree", "1"])
    major, minor, angle = major / np.sqrt(to.spectra.df), minor / np.sqrt(to.spectra.df), np.deg2rad(inclination)
    ccw, cw = to.spectra.senses(to.spectra.mean(to.spectra.rotary, segments))
    uu, vv, uv = (densities[name] for name in ("S_uu", "S_vv", "S_uv"))
    outer = uu - vv + 2j * uv.real
    # Sums of squares and products of the semi-axes are 2 (S_ccw + S_cw) and S_ccw - S_cw.
    return {
        "ellipse_major and _minor, squares": ((major**2 + minor**2) / 2, ccw + cw),
        "ellipse_major times _minor": (major * minor, ccw - cw),
        "ellipse_inclination": (np.abs(outer) * np.exp(2j * angle), outer),
        "ellipse_stability": (2 * stability * np.sqrt(ccw * cw), np.abs(outer)),
    }


def halves(program, work, case, parts, selections) -> int:
    """Zonal and regional arrays of two parts of the grid, added by their areas, are those of the whole."""
    parts = [part for part in ("zonal", "scaled", "regions", "bins") if part in parts]
    whole = case.run(program, work, parts, "f64", suffix="-whole")
    failed = 0
    for dimension, ranges in selections.items():
        one, other = (case.run(program, work, parts, "f64", select={dimension: each}, suffix=f"-{dimension}-{number}")
                      for number, each in enumerate(ranges))
        for name in whole.data_vars:
            prefix = name.split("_")[0]
            if prefix not in ("zonal", "region", "bin") or "confidence" in name or name.endswith(("_area", "_area_scaled", "_bounds")):
                continue
            area = f"{prefix}_area_scaled" if name.endswith("_scaled") else f"{prefix}_area"
            both = [xr.align(part[[name, area]], whole, join="right", exclude=["j", "i", "band"])[0] for part in (one, other)]
            weights = [part[area].fillna(0) for part in both]
            total = sum(weights)
            if name.endswith("_count"):
                added, expected = sum(part[name].fillna(0) for part in both), whole[name]
            else:
                products = [part[name].where(weight > 0, 0) * weight for part, weight in zip(both, weights)]
                added = sum(products) / total.where(total > 0)
                expected = whole[name]
            good = np.allclose(total, whole[area], rtol=1e-12) and np.allclose(
                added, expected.transpose(*added.dims), rtol=1e-11, atol=1e-13 * float(np.abs(expected).max()), equal_nan=True)
            print(f"{'ok  ' if good else 'FAIL'} halves by {dimension}: {name}")
            failed += not good
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("sample", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("work", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--only", type=lambda text: text.split(","), default=PARTS)
    arguments = parser.parse_args()
    program, work, parts = arguments.program, arguments.work, arguments.only
    if unknown := set(parts) - set(PARTS):
        parser.error(f"{sorted(unknown)} are none of {PARTS}")
    work.mkdir(parents=True, exist_ok=True)

    failed = 0
    regional, even, odd = cases(arguments.sample, work)
    averages = ["segment", "month", "season"] if "spectrogram" in parts else ["segment"]
    estimated = {}
    for case, precision, each in [(regional, "f32", averages), (even, "f32", averages[:1]), (even, "f64", averages), (odd, "f64", averages[:1])]:
        for average in each:
            spectra = estimated.get(case.name) or case.spectra()
            estimated[case.name] = spectra
            # Nothing but spectrograms differs with how segments are averaged.
            shown = [part for part in parts if average == averages[0] or part in ("spectrogram", "zonal", "regions", "bins")]
            result = case.run(program, work, shown, precision, average, suffix=f"-{precision}-{average}")
            failed += compare(case, spectra, result, shown, precision, average)
    if "halves" in parts:
        whole = parts if set(parts) & {"zonal", "regions", "bins"} else PARTS
        failed += halves(program, work, even, whole, {"i": ([0, 5], [5, 12]), "j": ([0, 13], [13, 24])})
    if "known" in parts:
        failed += known(program, work, parts if set(parts) - {"known"} else PARTS)
    print(f"{failed} differ")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
