"""What is run: inputs, configurations with every product on, and the program."""

import json
import pathlib
import subprocess
import sys

import xarray as xr

import product_input
import product_reference as reference

SPECTROGRAM_KEEP = ["points", "bands", "zonal", "regions", "bins"]
COMPONENTS = ["S_uu", "S_vv", "S_uv", "ke_psd", "rotary_coefficient", "ellipse"]


class Case:
    """One input, and how it is analysed. `sets` of the tables of the products, by their keys."""

    def __init__(self, name, folder, samples, bands, regions, zonal, bins, centre=True, valid_range=None):
        self.name, self.folder, self.samples, self.bands, self.regions = name, folder, samples, bands, regions
        self.zonal, self.bins, self.centre, self.valid_range = zonal, bins, centre, valid_range

    def spectra(self) -> reference.Spectra:
        record = reference.Record(self.folder, self.centre, 25.0, "2011-09-10", self.valid_range)
        return reference.Spectra(record, self.samples)

    def config(self, parts, output, precision, average, select) -> str:
        tables = {
            "input": {"path": str(self.folder / "mds"), "grid": str(self.folder / "grid"), "timestep": "25 s",
                      "epoch": "2011-09-10", "layout": "plain"},
            "prepare": {"centre": self.centre, "missing": "reject"},
            "select": select,
            "spectrum": {"segment": f"{self.samples} samples", "precision": precision},
            "output": {"path": str(output)},
        }
        if self.valid_range:
            tables["prepare"]["valid_range"] = self.valid_range
        if {"zonal", "scaled"} & set(parts):
            tables["zonal"] = dict(self.zonal)
        if "bins" in parts:
            tables["bins"] = dict(self.bins)
        if "components" in parts:
            tables["components"] = {"keep": COMPONENTS}
        if "spectrogram" in parts:
            needed = {"zonal": "zonal", "regions": "regions", "bins": "bins"}
            keep = [each for each in SPECTROGRAM_KEEP if needed.get(each, "base") in [*parts, "base"]]
            tables["spectrogram"] = {"average": average, "keep": keep}
        text = "".join(f"[{name}]\n{keys(table)}\n" for name, table in tables.items() if table)
        lists = {"bands": [{"name": name, "limits": limits} for name, limits in self.bands.items()]}
        if "regions" in parts:
            lists["regions"] = self.regions
        return text + "".join(f"[[{name}]]\n{keys(table)}\n" for name, each in lists.items() for table in each)

    def run(self, program, work, parts, precision="f32", average="segment", select=None, suffix="") -> xr.Dataset:
        output = work / f"{self.name}{suffix}.zarr"
        config = work / f"{self.name}{suffix}.toml"
        config.write_text(self.config(parts, output, precision, average, select or {}))
        done = subprocess.run([program, "run", config, "--overwrite"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{config}: code {done.returncode}\n{done.stderr}")
        return xr.open_zarr(output).load()


def keys(table: dict) -> str:
    """As TOML; JSON's texts, numbers and lists are TOML's, but for infinity."""
    return "".join(f"{key} = {json.dumps(value).replace('Infinity', 'inf')}\n" for key, value in table.items())


def polygon_with_hole(path: pathlib.Path, outline, hole) -> str:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [outline, hole]}}]}))
    return str(path)


def two_polygons(path: pathlib.Path, one, other, hole) -> str:
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": {
        "type": "MultiPolygon", "coordinates": [[one], [other, hole]]}}))
    return str(path)


def cases(sample: pathlib.Path, work: pathlib.Path) -> list[Case]:
    """The regional sample, and the run across the equator with an even and an odd length of segments."""
    outline = [[-57.1, 22.3], [-30.2, 24.1], [-28.3, 47.9], [-44.7, 34.2], [-55.3, 48.8], [-57.1, 22.3]]
    hole = [[-47.3, 27.1], [-38.2, 26.3], [-42.4, 31.9], [-47.3, 27.1]]
    regional = Case(
        "regional", sample, 240,
        {"low": [0.0, 0.5], "diurnal": [0.9, 1.1], "semidiurnal": [1.9, 2.1], "near_inertial": ["0.9 f", "1.1 f"],
         "supertidal": [2.1, "nyquist"]},
        # Points on all four edges of the first; the floor of the basin is flat, at 4000 m.
        [{"name": "west", "lon": [-59.625, -44.625], "lat": [20.375, 49.625]},
         {"name": "deep east", "lon": [-45.1, -24.1], "lat": [25.1, 45.1], "depth": [4000.0, float("inf")]},
         {"name": "with a hole", "geojson": polygon_with_hole(work / "hole.geojson", outline, hole)}],
        {"width": 1.0, "depth": [200.0, float("inf")]}, {"width": [4.0, 3.0], "depth": [200.0, 4000.0]})
    product_input.noisy(work / "equator")
    east = [[170.4, -21.2], [179.7, -19.3], [179.6, 14.2], [169.2, 11.1], [170.4, -21.2]]
    west = [[-179.8, -26.3], [-166.1, -24.8], [-167.3, 27.7], [-179.9, 21.4], [-179.8, -26.3]]
    hole = [[-176.6, -10.3], [-170.9, -9.2], [-172.2, 8.4], [-176.6, -10.3]]
    crossing = [[171.3, -24.2], [-168.9, -21.1], [-173.8, 3.3], [-166.2, 26.8], [173.4, 22.1], [171.3, -24.2]]
    crossing_hole = [[177.4, -12.3], [-176.9, -9.2], [-178.2, 3.4], [177.4, -12.3]]
    regions = [
        {"name": "date line", "lon": [175.1, -170.1], "lat": [-20.1, 20.1]},
        {"name": "polygons", "geojson": two_polygons(work / "two.geojson", east, west, hole), "depth": [500.0, 4500.0]},
        {"name": "edges across", "geojson": polygon_with_hole(work / "crossing.geojson", crossing, crossing_hole)}]
    bands = {"low": [0.0, 0.5], "near_inertial": ["0.9 f", "1.1 f"], "high": [1.2, "nyquist"], "fast": ["2.5 f", "2.9 f"]}
    across = [Case(f"equator-{samples}", work / "equator", samples, bands, regions,
                   {"width": 5.0, "depth": [100.0, float("inf")], "f_ratio_limit": 3.0, "f_ratio_step": step},
                   {"width": [7.5, 10.0]}, valid_range=[-10.0, 10.0]) for samples, step in ((60, 0.05), (45, 0.125))]
    return [regional, *across]
