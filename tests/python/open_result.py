"""Opens results with zarr and xarray, with every warning an error, and checks what users rely on.

    python open_result.py PATH...

Exits with 1 if any result misses anything.
"""

import json
import pathlib
import sys
import warnings

warnings.simplefilter("error")

import numpy as np  # noqa: E402
import xarray as xr  # noqa: E402
import zarr  # noqa: E402

# The order of dimensions in every array that has them.
ORDER = ["band", "face", "j", "i", "freq_time", "freq_time_one_sided"]
GROUP_ATTRIBUTES = ["Conventions", "omega", "oceanspec_version"]


def check(path: pathlib.Path) -> list[str]:
    """Returns what is wrong with one result."""
    wrong: list[str] = []

    def expect(condition, message: str) -> None:
        if not condition:
            wrong.append(message)

    root = json.loads((path / "zarr.json").read_text())
    consolidated = root.get("consolidated_metadata", {}).get("metadata", {})
    folders = {child.name for child in path.iterdir() if child.is_dir()}
    expect(consolidated, "no consolidated metadata in the root zarr.json")
    expect(set(consolidated) == folders, f"consolidated {sorted(consolidated)}, folders {sorted(folders)}")
    for name in consolidated:
        own = json.loads((path / name / "zarr.json").read_text())
        expect(own == consolidated[name], f"{name}: consolidated metadata are not its own")
    for name in GROUP_ATTRIBUTES:
        expect(name in root["attributes"], f"the group has no attribute {name}")
    leftovers = [str(file) for file in path.rglob(".*")]
    expect(not leftovers, f"left over: {leftovers}")

    group = zarr.open_consolidated(str(path))
    raw = {name: array for name, array in group.arrays()}
    plain = zarr.open_group(str(path), mode="r", use_consolidated=False)
    loaded = xr.open_zarr(path).load()
    expect(set(loaded.variables) == set(raw), "xarray and zarr do not see the same arrays")

    for name, array in raw.items():
        metadata, attributes = consolidated[name], dict(array.attrs)
        dimensions = metadata["dimension_names"]
        variable = loaded[name]
        is_text = metadata["data_type"] == "string"
        values = array[...]
        expect(np.array_equal(values, plain[name][...], equal_nan=values.dtype.kind in "fc"), f"{name}: values differ")
        expect(list(variable.dims) == dimensions, f"{name}: dimensions {variable.dims}, stored {dimensions}")
        known = [dimension for dimension in dimensions if dimension in ORDER]
        expect(known == sorted(known, key=ORDER.index), f"{name}: dimensions in the order {dimensions}")
        expect(attributes.get("long_name"), f"{name}: no long_name")
        expect(is_text or attributes.get("units"), f"{name}: no units")
        if "since" in attributes.get("units", ""):
            expect(variable.dtype.kind == "M", f"{name}: {attributes['units']} decoded to {variable.dtype}")
        elif is_text:
            expect(all(isinstance(text, str) for text in variable.values.flat), f"{name}: not strings in xarray")
        else:
            expect(variable.dtype == array.dtype, f"{name}: {array.dtype} on disk, {variable.dtype} in xarray")
            same = np.array_equal(variable.values, values, equal_nan=values.dtype.kind in "fc")
            expect(same, f"{name}: xarray has other values than zarr")
        if {"j", "i"} <= set(dimensions) and name not in loaded.coords:
            named = attributes.get("coordinates", "").split()
            expect(named, f"{name}: no coordinates attribute")
            for coordinate in named:
                expect(coordinate in variable.coords, f"{name}: {coordinate} is not one of its coordinates in xarray")
        for dimension in dimensions:
            if dimension in raw:
                expect(dimension in variable.coords, f"{name}: no coordinate {dimension}")
        if name in dimensions:
            expect(name in loaded.indexes, f"{name}: not an index in xarray")

    print(f"{path}: {len(raw)} arrays, zarr {zarr.__version__}, xarray {xr.__version__}")
    for name, variable in loaded.variables.items():
        missing = f"{float(np.isnan(variable.values).mean()):.0%} NaN" if variable.dtype.kind in "fc" else ""
        print(f"  {name:16} {str(variable.dtype):14} {dict(variable.sizes)} {missing}")
    return wrong


def main() -> int:
    paths = [pathlib.Path(argument) for argument in sys.argv[1:]]
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for path in paths:
        for message in check(path):
            failed = True
            print(f"{path}: {message}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
