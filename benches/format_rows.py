"""Rows of the side-by-side benchmark: the same snapshots through each format of formats.py, beside MDS and beside xarray.

Each format is run in pairs with MDS, the one or the other first by turns, and its spectra must be the same bytes. Rates of
reading alone are those of the example read_rate.
"""
import json
import shutil
import statistics
import subprocess

# Shares of the rates of others that reading netCDF-4 (deflate 4, shuffle) should come to: ours of the same chunks in
# Zarr zstd, and the netCDF library's.
PACKED, SAME_CHUNKS = "netcdf4-deflate", "zarr3-zstd"
OF_ZARR, OF_LIBRARY = 0.8, 2.0
# Of the users' way, which takes ten times as long.
PEER_REPEATS = 2


def take_timings(output):
    """The timings of the run that made `output`; the file goes, so that no later run can be taken for it."""
    for path in (output.with_name("timings.json"), output.with_name(f"{output.name}.timings.json")):
        if path.exists() and (timings := json.loads(path.read_text()))["result"] == output.name:
            path.unlink()
            return timings
    raise SystemExit(f"no timings beside {output}")


def measure(formats, folder, repeats, mds, ours, peer, check):
    """Times of each format, in pairs with `mds`.

    `ours` and `peer` make the ways to run a format; `peer` is none where the users' way is left out. `check` ends the
    benchmark where the outputs of a way are not what they should be.
    """
    rows = []
    for each in formats:
        way = ours(each)
        mds.run(measured=False)
        way.run(measured=False)
        check(way)
        read, ratios = [], []
        for pair in range(repeats):
            seconds = {}
            for one in (mds, way) if pair % 2 == 0 else (way, mds):
                seconds[one.name] = one.run(measured=True)
                phases = take_timings(one.output)["phases"]
                if one is way:
                    read.append(phases["read"]["seconds"]["mean"])
            ratios.append(seconds[way.name] / seconds[mds.name])
        row = {"name": each.name, "words": each.words, "stored_bytes": each.stored_bytes(folder), "seconds": way.seconds,
               "ratios_to_mds": ratios, "read_seconds": read, "peak_bytes": way.peak}
        shutil.rmtree(way.output)
        if peer:
            other = peer(each)
            other.run(measured=False)
            row["peer_difference"] = check(other)
            for _ in range(min(repeats, PEER_REPEATS)):
                other.run(measured=True)
            row |= {"peer_seconds": other.seconds, "peer_peak_bytes": other.peak}
            shutil.rmtree(other.output)
        rows.append(row)
    return rows


def rates(read_rate, formats, folder, repeats):
    """Rates of reading alone of each format, by its name; the two that are compared take turns."""
    def of(group):
        if not group:
            return {}
        command = [read_rate, "--repeats", str(repeats), *(each.path(folder) for each in group)]
        files = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["files"]
        return {each.name: file for each, file in zip(group, files)}

    together = [each for each in formats if each.name in (PACKED, SAME_CHUNKS)]
    found = of(together)
    for each in formats:
        if each not in together:
            found |= of([each])
    return {each.name: found[each.name] for each in formats}


def show(rows, rates_of, mds, mds_bytes, decoded_bytes):
    """Prints what `measure` and `rates` found."""
    has_peers = any("peer_seconds" in row for row in rows)
    peers = f" {'xarray s':>9} {'to ours':>8} {'peak MiB':>9}" if has_peers else ""
    print(f"{'formats, in pairs with MDS':26} {'median s':>8} {'to MDS':>7} {'least':>7} {'most':>7} {'read s':>7} {'MiB':>7} "
          f"{'packed':>7} {'peak MiB':>9}{peers}")
    print(f"{'MDS':26} {statistics.median(mds.seconds):8.2f} {1:7.3f} {'':7} {'':7} {'':7} {mds_bytes / 2**20:7.0f} "
          f"{mds_bytes / decoded_bytes:7.2f} {mds.peak / 2**20:9.0f}")
    for row in rows:
        median, ratios = statistics.median(row["seconds"]), row["ratios_to_mds"]
        line = (f"{row['name']:26} {median:8.2f} {statistics.median(ratios):7.3f} {min(ratios):7.3f} {max(ratios):7.3f} "
                f"{statistics.median(row['read_seconds']):7.2f} {row['stored_bytes'] / 2**20:7.0f} "
                f"{row['stored_bytes'] / decoded_bytes:7.2f} {row['peak_bytes'] / 2**20:9.0f}")
        if "peer_seconds" in row:
            peer = statistics.median(row["peer_seconds"])
            line += f" {peer:9.2f} {peer / median:8.1f} {row['peer_peak_bytes'] / 2**20:9.0f}"
        print(line)
    for row in rows:
        print(f"{row['name']}: {row['words']}")
    if has_peers:
        worst = max(row["peer_difference"] for row in rows)
        print(f"largest difference to xarray, dask, scipy: {worst:.1e} of each spectrum's peak; its medians are of "
              f"{len(rows[0]['peer_seconds'])}")
    threads = max(way["threads"] for way in next(iter(rates_of.values()))["ways"])
    names = ["ours", "library, 1", f"library, {threads}" if threads > 1 else None, "floor"]
    names = [name for name in names if name]
    print(f"{'reading alone, MB/s':26} " + " ".join(f"{name:>11}" for name in names)
          + f" {'to library':>11} {'to Zarr':>8}   ({threads} threads; decoded bytes, the floor's as stored)")
    for name, file in rates_of.items():
        found = {f"library, {way['threads']}" if way["way"] == "library" else way["way"]: way["mb_per_second"]
                 for way in file["ways"]}
        cells = " ".join(f"{found[way]:11.0f}" if way in found else f"{'':11}" for way in names)
        ratios = [f"{file[key]:{width}.2f}" if file[key] else f"{'':{width}}" for key, width in (("to_library", 11), ("to_zarr", 8))]
        print(f"{name:26} {cells} {' '.join(ratios)}".rstrip())
    packed = rates_of.get(PACKED)
    if packed and packed["to_zarr"]:
        for key, wanted, words in [("to_zarr", OF_ZARR, "the same chunks in Zarr zstd"), ("to_library", OF_LIBRARY, "the library's")]:
            met = "met" if packed[key] >= wanted else "NOT met"
            print(f"{'':26} wanted: {PACKED} at {wanted} of the rate of {words}: {packed[key]:.2f}, {met}")
