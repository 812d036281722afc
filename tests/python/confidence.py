"""Confidence limits of results against scipy's chi-squared distribution, from the degrees of freedom beside them.

    python confidence.py PATH...

Exits with 1 if any differs.
"""

import sys

import numpy as np
import xarray as xr
from scipy.stats import chi2


def check(path: str) -> int:
    """Returns how many maps were compared."""
    ds = xr.open_zarr(path)
    names = [name for name in ds if name.startswith("confidence_lower")]
    for lower in names:
        suffix = lower.removeprefix("confidence_lower")
        upper = "confidence_upper" + suffix
        nu = ds["dof" + suffix].values.astype(float)
        # Zeros where the points have no degrees of freedom: their quantiles are not looked at.
        known = nu > 0
        for name, side in [(lower, 1), (upper, -1)]:
            tail = (1 - ds[name].attrs["probability"]) / 2
            values = ds[name].values
            expected = nu[known] / chi2.ppf(1 - tail if side > 0 else tail, nu[known])
            assert values.dtype == np.float32, f"{path}: {name} is {values.dtype}"
            assert np.array_equal(np.isnan(values), ~known), f"{path}: {name} is there without dof, or not with it"
            np.testing.assert_allclose(values[known], expected, rtol=3e-7, err_msg=f"{path}: {name}")
            print(f"{path}: {name} of {known.sum()} points with {len(np.unique(nu[known]))} dof: {values[known][0]}")
    return len(names)


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    return int(not all(check(path) for path in sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
