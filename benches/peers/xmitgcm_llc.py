#!/usr/bin/env python3
"""Rotary spectra of global LLC snapshots as users of xmitgcm write them: open_mdsdataset, dask's threads, scipy.signal.welch,
to_zarr, one face after the other.

    xmitgcm_llc.py INPUT OUTPUT --segment 360 [--block 90] [--at-once] [--faces 0 9] [--snapshots 100]

INPUT has mds/ (U.*.data and V.*.data in compact form with .meta) and grid/ (hFacC), of any nx. xmitgcm makes one lazy
array a face and snapshot; a rechunk makes the time axis whole in blocks of points; Welch's method runs block by block; land is NaN. One
face at a time needs some 3.4 times the memory of a face's whole series (nx = 270, 1000 snapshots: about 2.1 GiB);
--at-once makes one graph of everything, which needs it for all 13. xmitgcm reads the whole facet for each of its faces. No centring, no rotation, no detrending: what oceanspec
does with prepare.centre=false prepare.rotate=false spectrum.detrend=none.

Prints seconds, peak memory (VmHWM), bytes asked for from files (rchar, with mapped files missing from it) and from the
disk (read_bytes), as JSON. The result can be compared: oceanspec validate OURS --against OUTPUT --tolerance 1e-5.
"""
import argparse
import json
import pathlib
import time
import warnings

import dask
import numpy as np
import scipy.signal
import xarray as xr
import xmitgcm

FACES = 13


def counters():
    """Bytes of this process so far."""
    lines = dict(line.split(": ") for line in pathlib.Path("/proc/self/io").read_text().splitlines())
    return {name: int(lines[name]) for name in ("rchar", "read_bytes", "write_bytes")}


def peak_bytes():
    status = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def opened(folder, samples_per_day, snapshots):
    """U and V on the same dimensions (time, face, j, i), lazily, and the wet points."""
    bytes_of_level = next((folder / "mds").glob("U.*.data")).stat().st_size
    nx = int(round((bytes_of_level / 4 / FACES) ** 0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one a snapshot: no available_diagnostics.log
        dataset = xmitgcm.open_mdsdataset(
            str(folder / "mds"), iters="all", prefix=["U", "V"], read_grid=False, geometry="llc", nx=nx, nz=1,
            delta_t=25, ref_date="2011-09-10 00:00:00").isel(time=slice(None, snapshots))
    hours = np.diff(dataset.time.values) / np.timedelta64(1, "h")
    if not np.allclose(hours, 24 / samples_per_day):
        raise SystemExit(f"snapshots are {set(hours)} hours apart, not {24 / samples_per_day}")
    mask = xmitgcm.utils.read_3d_llc_data(str(folder / "grid/hFacC.data"), 1, nx, dtype=">f4", memmap=False)
    wet = np.asarray(mask).reshape(FACES, nx, nx) > 0
    # Where the .meta name their fields, xmitgcm calls them by these.
    u, v = (dataset[name if name in dataset else f"{name}VEL"].drop_vars("iter") for name in "UV")
    return u.rename(i_g="i"), v.rename(j_g="j"), xr.DataArray(wet, dims=("face", "j", "i"))


def spectra(u, v, wet, segment, samples_per_day, block):
    """rotary_psd (face, j, i, freq_time), lazily."""
    w = (u + 1j * v).astype("complex64").chunk({"time": -1, "face": 1, "j": block, "i": block})

    def rotary(series):
        _, psd = scipy.signal.welch(
            series, fs=samples_per_day, window="hann", nperseg=segment, noverlap=segment // 2, detrend=False,
            return_onesided=False, scaling="density", axis=-1)
        return np.fft.fftshift(psd, axes=-1).astype("f4")

    psd = xr.apply_ufunc(
        rotary, w, input_core_dims=[["time"]], output_core_dims=[["freq_time"]], dask="parallelized",
        output_dtypes=["f4"], dask_gufunc_kwargs={"output_sizes": {"freq_time": segment}})
    return psd.where(wet).transpose("face", "j", "i", "freq_time").rename("rotary_psd")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--segment", type=int, required=True)
    parser.add_argument("--samples-per-day", type=float, default=24.0)
    parser.add_argument("--block", type=int, default=90, help="points along j and i in a chunk with the whole series")
    parser.add_argument("--at-once", action="store_true", help="one graph of all faces")
    parser.add_argument("--faces", type=int, nargs="+", default=list(range(FACES)))
    parser.add_argument("--snapshots", type=int, help="the first so many only")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    start, before = time.perf_counter(), counters()
    u, v, wet = opened(arguments.input, arguments.samples_per_day, arguments.snapshots)
    u, v, wet = (part.isel(face=arguments.faces) for part in (u, v, wet))
    open_seconds = time.perf_counter() - start
    psd = spectra(u, v, wet, arguments.segment, arguments.samples_per_day, arguments.block)
    frequency = np.fft.fftshift(np.fft.fftfreq(arguments.segment, 1 / arguments.samples_per_day))
    indices = {"face": np.array(arguments.faces), "j": np.arange(psd.sizes["j"]), "i": np.arange(psd.sizes["i"])}
    result = psd.drop_vars(["face", "j", "i"], errors="ignore").assign_coords(freq_time=frequency, **indices).to_dataset()
    encoding = {"rotary_psd": {"compressors": None}}
    parts = [slice(None)] if arguments.at_once else [slice(face, face + 1) for face in range(len(arguments.faces))]
    with dask.config.set(scheduler="threads", num_workers=arguments.threads):
        if arguments.at_once:
            result.to_zarr(arguments.output, mode="w", encoding=encoding)
        else:
            result.to_zarr(arguments.output, mode="w", encoding=encoding, compute=False)
            for part in parts:
                whole = result.isel(face=part).drop_vars(["j", "i", "freq_time"])
                whole.to_zarr(arguments.output, mode="r+", region={"face": part})

    used = {name: value - before[name] for name, value in counters().items()}
    input_bytes = u.nbytes + v.nbytes
    print(json.dumps({
        "seconds": round(time.perf_counter() - start, 2), "open_seconds": round(open_seconds, 2), "peak_bytes": peak_bytes(),
        "input_bytes": input_bytes, **used, "read_factor": round(used["rchar"] / input_bytes, 3)}))


if __name__ == "__main__":
    main()
