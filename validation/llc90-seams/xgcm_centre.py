"""Centring of a vector on the LLC grid as users of xgcm do it."""

import warnings

import numpy as np
import xarray as xr
import xgcm

# As xgcm's documentation of ECCO's grid lists them: face: axis: (neighbour at the low edge, at the high edge),
# a neighbour is (face, its axis, whether the axis runs the other way).
CONNECTIONS = {
    0: {"X": ((12, "Y", False), (3, "X", False)), "Y": (None, (1, "Y", False))},
    1: {"X": ((11, "Y", False), (4, "X", False)), "Y": ((0, "Y", False), (2, "Y", False))},
    2: {"X": ((10, "Y", False), (5, "X", False)), "Y": ((1, "Y", False), (6, "X", False))},
    3: {"X": ((0, "X", False), (9, "Y", False)), "Y": (None, (4, "Y", False))},
    4: {"X": ((1, "X", False), (8, "Y", False)), "Y": ((3, "Y", False), (5, "Y", False))},
    5: {"X": ((2, "X", False), (7, "Y", False)), "Y": ((4, "Y", False), (6, "Y", False))},
    6: {"X": ((2, "Y", False), (7, "X", False)), "Y": ((5, "Y", False), (10, "X", False))},
    7: {"X": ((6, "X", False), (8, "X", False)), "Y": ((5, "X", False), (10, "Y", False))},
    8: {"X": ((7, "X", False), (9, "X", False)), "Y": ((4, "X", False), (11, "Y", False))},
    9: {"X": ((8, "X", False), None), "Y": ((3, "X", False), (12, "Y", False))},
    10: {"X": ((6, "Y", False), (11, "X", False)), "Y": ((7, "Y", False), (2, "X", False))},
    11: {"X": ((10, "X", False), (12, "X", False)), "Y": ((8, "Y", False), (1, "X", False))},
    12: {"X": ((11, "X", False), None), "Y": ((9, "Y", False), (0, "X", False))},
}


def centred_by_xgcm(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u on west faces, v on south faces [time, face, j, i] -> both at cell centres; NaN where there is no neighbour.

    Each component is told of the other one: without `other_component` xgcm takes the wrong component at the eight
    seams where the axes differ (xgcm 0.10.1), and before 0.10 it did so too where u was not in a dictionary (issue 748).
    """
    _, faces, nj, ni = u.shape
    indices = {"face": faces, "j": nj, "i": ni, "j_g": nj, "i_g": ni}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations within xgcm
        grid = xgcm.Grid(
            xr.Dataset(coords={name: np.arange(count) for name, count in indices.items()}),
            coords={"X": {"center": "i", "left": "i_g"}, "Y": {"center": "j", "left": "j_g"}},
            face_connections={"face": CONNECTIONS}, padding="fill", fill_value=np.nan, autoparse_metadata=False)
        west = xr.DataArray(u, dims=("time", "face", "j", "i_g"))
        south = xr.DataArray(v, dims=("time", "face", "j_g", "i"))
        along_i = grid.interp({"X": west}, "X", other_component={"Y": south})
        along_j = grid.interp({"Y": south}, "Y", other_component={"X": west})
    return tuple(part.transpose("time", "face", "j", "i").values for part in (along_i, along_j))
