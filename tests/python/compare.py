"""Ratios and differences of two results, by numpy and xarray, against what `oceanspec compare` wrote and said.

    python compare.py A B RATIOS.zarr COMPARISON.json

Exits with 1 if a number differs.
"""

import json
import sys
import warnings

warnings.simplefilter("error")

import numpy as np  # noqa: E402
import xarray as xr  # noqa: E402


def main(a_path: str, b_path: str, ratios_path: str, json_path: str) -> int:
    a, b, ratios = (xr.open_zarr(path).load() for path in (a_path, b_path, ratios_path))
    with open(json_path) as file:
        found = {array["name"]: array for array in json.load(file)["arrays"]}
    wrong = []

    def same(what: str, value, expected, tolerance: float = 1e-12) -> None:
        if not np.allclose(value, expected, rtol=tolerance, atol=0.0, equal_nan=True):
            wrong.append(f"{what}: {value}, expected {expected}")

    if not {"rotary_psd", "band_ke", "u_mean"} <= set(found):
        wrong.append(f"compared were {sorted(found)}")
    for name, array in found.items():
        in_a, in_b = xr.align(a[name].astype("f8"), b[name].astype("f8"), join="inner")
        both = np.isfinite(in_a) & np.isfinite(in_b)
        x, y = in_a.values[both.values], in_b.values[both.values]
        quotient = x[y != 0] / y[y != 0]
        if array["values"] != x.size or array["ratios"] != quotient.size or x.size == 0:
            wrong.append(f"{name}: {array['values']} values, {array['ratios']} ratios, expected {x.size}, {quotient.size}")
        same(f"{name}, mean of A", array["mean_a"], x.mean(), 1e-11)
        same(f"{name}, mean of B", array["mean_b"], y.mean(), 1e-11)
        for key, percentile in [("ratio_p05", 5), ("ratio_median", 50), ("ratio_p95", 95)]:
            same(f"{name}, {key}", array[key], np.percentile(quotient, percentile))
        same(f"{name}, rms", array["rms_difference"], np.sqrt(np.mean((x - y) ** 2)))
        same(f"{name}, largest", abs(array["largest"]["difference"]), np.abs(x - y).max())
        at = array["largest"]["at"]
        there = [float(values.sel(at, method=None if "band" in at else "nearest")) for values in (in_a, in_b)]
        same(f"{name}, largest at {at}", [array["largest"]["a"], array["largest"]["b"]], there)

        ratio, difference = ratios[f"{name}_ratio"], ratios[f"{name}_difference"]
        if ratio.attrs["units"] != "1" or difference.attrs["units"] != a[name].attrs["units"]:
            wrong.append(f"{name}: units {ratio.attrs['units']}, {difference.attrs['units']}")
        if ratio.dims != a[name].dims or not {"XC", "YC"} <= set(ratio.coords):
            wrong.append(f"{name}: dimensions {ratio.dims}, coordinates {sorted(ratio.coords)}")
        expected = in_a.where(both) / in_b.where(both & (in_b != 0))
        same(f"{name}_ratio", ratio.values, expected.values, 1e-7)
        same(f"{name}_difference", difference.values, (in_a - in_b).where(both).values, 1e-7)
    for line in wrong:
        print(line)
    print(f"{len(found)} arrays, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
