#!/usr/bin/env python3
"""Rotary spectra as users of the Pangeo stack write them: xarray, dask's threads, scipy.signal.welch, to_zarr.

    xarray_dask.py INPUT OUTPUT --segment 720 --detrend none

INPUT is a folder that `oceanspec synth` made, or a file or store that formats.py made of it. Snapshots in MDS files become
lazy arrays one file at a time; netCDF and Zarr are opened in the chunks they have, or, of files without, a day at a time.
The time axis is made whole by a rechunk, where it is not, and Welch's method runs block by block through apply_ufunc.
"""
import argparse
import json
import pathlib

import dask
import dask.array as da
import numpy as np
import scipy.signal
import xarray as xr


def of_snapshots(folder, name, shape):
    files = sorted((folder / "mds").glob(f"{name}.*.data"))
    read = dask.delayed(lambda path: np.fromfile(path, ">f4").reshape(shape).astype("f4"))
    lazy = [da.from_delayed(read(path), shape, "f4") for path in files]
    return xr.DataArray(da.stack(lazy), dims=("time", "j", "i"), name=name)


def fields(path):
    """U and V, lazy, [time, j, i]."""
    if path.is_dir() and (path / "mds").is_dir():
        spec = json.loads((path / "truth.json").read_text())["spec"]
        return [of_snapshots(path, name, (spec["ny"], spec["nx"])) for name in "UV"]
    dataset = xr.open_dataset(path, chunks={}, engine="zarr" if path.is_dir() else "netcdf4")
    if dataset["U"].encoding.get("preferred_chunks") is None:
        dataset = dataset.chunk({"time": 24})
    # The grid is not written with the result, as it is not from MDS.
    return [dataset[name].reset_coords(drop=True) for name in "UV"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--segment", type=int, required=True)
    parser.add_argument("--detrend", choices=["none", "constant", "linear"], default="none")
    parser.add_argument("--samples-per-day", type=float, default=24.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    u, v = fields(arguments.input)
    w = (u + 1j * v).astype("complex64")
    if len(w.chunksizes["time"]) > 1:
        w = w.chunk({"time": -1, "j": 48, "i": 48})

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
