#!/usr/bin/env python3
"""Rotary spectra as an expert writes them who has the memory: numpy and scipy.fft on two threads, all in memory.

    numpy_fft.py INPUT OUTPUT.npy --segment 720 --detrend none

INPUT is a folder that `oceanspec synth` made. Blocks of snapshots are read and turned into one complex64 array
[point, time]; blocks of points are then windowed, transformed and averaged in place into the result [j, i, frequency],
which is saved at the end.
"""
import argparse
import json
import pathlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.fft
import scipy.signal

SNAPSHOTS_AT_ONCE = 16
POINTS_AT_ONCE = 512


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
    points = spec["ny"] * spec["nx"]
    files = [sorted((arguments.input / "mds").glob(f"{name}.*.data")) for name in "UV"]
    steps = len(files[0])
    series = np.empty((points, steps), "c8")

    def read(start):
        stop = min(start + SNAPSHOTS_AT_ONCE, steps)
        block = np.empty((stop - start, points), "c8")
        for part, paths in ((block.real, files[0]), (block.imag, files[1])):
            for row, path in zip(part, paths[start:stop]):
                row[:] = np.fromfile(path, ">f4")
        series[:, start:stop] = block.T

    segment, hop = arguments.segment, arguments.segment - arguments.segment // 2
    window = scipy.signal.get_window("hann", segment).astype("f4")
    scale = np.float32(1 / (arguments.samples_per_day * np.sum(window.astype("f8") ** 2)))
    starts = range(0, steps - segment + 1, hop)
    psd = np.empty((points, segment), "f4")
    half = (segment + 1) // 2

    def estimate(first):
        block = series[first:first + POINTS_AT_ONCE]
        power = np.zeros((len(block), segment), "f4")
        for start in starts:
            part = block[:, start:start + segment]
            if arguments.detrend != "none":
                part = scipy.signal.detrend(part, type=arguments.detrend)
            transform = scipy.fft.fft(part * window, overwrite_x=True)
            power += transform.real ** 2 + transform.imag ** 2
        power *= scale / len(starts)
        out = psd[first:first + POINTS_AT_ONCE]
        out[:, segment - half:] = power[:, :half]
        out[:, :segment - half] = power[:, half:]

    with ThreadPoolExecutor(arguments.threads) as pool:
        list(pool.map(read, range(0, steps, SNAPSHOTS_AT_ONCE)))
        list(pool.map(estimate, range(0, points, POINTS_AT_ONCE)))
    np.save(arguments.output, psd.reshape(spec["ny"], spec["nx"], segment))


if __name__ == "__main__":
    main()
