#!/usr/bin/env python3
"""Rotary spectra as users of the Pangeo stack write them: xarray, dask's threads, scipy.signal.welch, to_zarr.

    xarray_dask.py INPUT OUTPUT --segment 720 --detrend none

INPUT is a folder that `oceanspec synth` made. Snapshots become lazy arrays one file at a time, the time axis is made
whole by a rechunk, and Welch's method runs block by block through apply_ufunc.
"""
import argparse
import json
import pathlib

import dask
import dask.array as da
import numpy as np
import scipy.signal
import xarray as xr


def field(folder, name, shape):
    files = sorted((folder / "mds").glob(f"{name}.*.data"))
    read = dask.delayed(lambda path: np.fromfile(path, ">f4").reshape(shape).astype("f4"))
    lazy = [da.from_delayed(read(path), shape, "f4") for path in files]
    return xr.DataArray(da.stack(lazy), dims=("time", "j", "i"), name=name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--segment", type=int, required=True)
    parser.add_argument("--detrend", choices=["none", "constant", "linear"], default="none")
    parser.add_argument("--samples-per-day", type=float, default=24.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    spec = json.loads((arguments.input / "truth.json").read_text())["spec"]
    shape = spec["ny"], spec["nx"]
    w = field(arguments.input, "U", shape) + 1j * field(arguments.input, "V", shape)
    w = w.astype("complex64").chunk({"time": -1, "j": 48, "i": 48})

    def rotary(series):
        _, psd = scipy.signal.welch(
            series, fs=arguments.samples_per_day, window="hann", nperseg=arguments.segment,
            noverlap=arguments.segment // 2, detrend=False if arguments.detrend == "none" else arguments.detrend,
            return_onesided=False, scaling="density", axis=-1)
        return np.fft.fftshift(psd, axes=-1).astype("f4")

    psd = xr.apply_ufunc(
        rotary, w, input_core_dims=[["time"]], output_core_dims=[["freq_time"]], dask="parallelized",
        output_dtypes=["f4"], dask_gufunc_kwargs={"output_sizes": {"freq_time": arguments.segment}})
    frequency = np.fft.fftshift(np.fft.fftfreq(arguments.segment, 1 / arguments.samples_per_day))
    result = psd.rename("rotary_psd").assign_coords(freq_time=frequency).to_dataset()
    with dask.config.set(scheduler="threads", num_workers=arguments.threads):
        result.to_zarr(arguments.output, mode="w", encoding={"rotary_psd": {"compressors": None}})


if __name__ == "__main__":
    main()
