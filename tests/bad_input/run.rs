//! Settings that do not fit the data, memory, values, and the place of the result.

use std::fs;
use std::os::unix::fs::symlink;

use crate::row::{Row, row};

pub fn rows() -> Vec<Row> {
    let mut rows = settings();
    rows.extend(values());
    rows.extend(places());
    rows
}

fn settings() -> Vec<Row> {
    vec![
        row("a segment longer than the record", 2, &["a segment of 240 samples does not fit a record of 26"])
            .line("spectrum", "segment = \"10 days\"")
            .on_ranks(),
        row("a segment of no whole number of samples", 2, &["2.5 samples of 1 h, not a whole number"])
            .line("spectrum", "segment = \"150 min\""),
        row("a segment shorter than two snapshots", 2, &["1 samples of 1 h, a segment has at least 2"])
            .line("spectrum", "segment = \"1 h\""),
        row("a segment without end", 2, &["a record has at most 16777216", "1e30 days"])
            .line("spectrum", "segment = \"1e30 days\""),
        row("a fixed band past Nyquist", 2, &["beyond the Nyquist frequency 12 cpd of snapshots 1 h apart", "13 cpd"])
            .line("bands", "limits = [1, 13]")
            .on_ranks(),
        row("a window too wide for the segment", 2, &["and below half the segment", "dpss(30)", "24 samples"])
            .line("spectrum", "window = \"dpss(30)\""),
        row(
            "memory too small for one tile",
            5,
            &["set [run] memory to at least", "3.00 MiB per node", "KiB of series"],
        )
        .sets(&["run.memory=3 MiB"])
        .on_ranks(),
    ]
}

fn values() -> Vec<Row> {
    vec![
        row(
            "a value out of range",
            3,
            &["is not within [prepare] valid_range = [-10, 10]", "u = 11.5", "j = 3, i = 4"],
        )
        .spoil(|site| site.poke(&site.data("U", 25), [3, 4], 11.5))
        .on_ranks(),
        row("a value that is no number", 3, &["is not within [prepare] valid_range = [-10, 10]", "v = NaN"])
            .spoil(|site| site.poke(&site.data("V", 3), [3, 4], f32::NAN)),
        row("snapshots in another byte order", 3, &["[input] endian or dtype is wrong", "U.0000010368.data"])
            .sets(&["input.endian=little", "input.grid={}/little"])
            .spoil(|site| {
                fs::create_dir(site.path("little")).unwrap();
                for entry in fs::read_dir(site.path("grid")).unwrap() {
                    let path = entry.unwrap().path();
                    let to = site.path("little").join(path.file_name().unwrap());
                    fs::copy(&path, &to).unwrap();
                    if path.extension().unwrap() == "data" {
                        site.swap_bytes(&to);
                    }
                }
            })
            .on_ranks(),
        row("float64 read as float32", 3, &["[input] endian or dtype is wrong"])
            .spoil(|site| site.snapshots("data").iter().for_each(|path| site.widen(path)))
            .sets(&["input.shape=[12, 20]"]),
    ]
}

fn places() -> Vec<Row> {
    vec![
        row("a result is there already", 4, &["there is a result already; give `--overwrite`", "{}/result.zarr"])
            .command(&["run", "{}/run.toml"])
            .on_ranks(),
        row("another thing at the place", 4, &["something that is not a result of this program", "{}/thesis"])
            .spoil(|site| {
                fs::create_dir(site.path("thesis")).unwrap();
                fs::write(site.path("thesis/thesis.tex"), "precious").unwrap();
            })
            .sets(&["output.path={}/thesis"])
            .on_ranks(),
        row("a file at the place", 4, &["something that is not a result of this program", "{}/notes"])
            .spoil(|site| fs::write(site.path("notes"), "precious").unwrap())
            .sets(&["output.path={}/notes"]),
        row("a link that leads nowhere at the place", 4, &["something that is not a result of this program"])
            .spoil(|site| symlink("nowhere", site.path("link.zarr")).unwrap())
            .sets(&["output.path={}/link.zarr"]),
        row("an unfinished result beside the place", 4, &["left by a run that did not finish", "--overwrite"])
            .spoil(|site| fs::rename(site.path("result.zarr"), site.path("other.zarr.partial")).unwrap())
            .without_older()
            .command(&["run", "{}/run.toml", "--set", "output.path={}/other.zarr"]),
        row("a result moved aside", 4, &["an older result, moved aside by a run that was stopped", ".older"])
            .spoil(|site| fs::rename(site.path("result.zarr"), site.path("other.zarr.older")).unwrap())
            .without_older()
            .command(&["run", "{}/run.toml", "--overwrite", "--set", "output.path={}/other.zarr"]),
        row("no folder for the result", 4, &["there is no such folder", "{}/no/such", "[output] path"])
            .sets(&["output.path={}/no/such/out.zarr"])
            .on_ranks(),
        row("a file for the result's folder", 4, &["this is not a folder", "{}/run.toml", "[output] path"])
            .sets(&["output.path={}/run.toml/out.zarr"]),
        row("the root as the result", 2, &["a result replaces all that is in its folder", "output.path"])
            .sets(&["output.path=/"]),
        row("no name for the result", 4, &["not a name that a result can have"])
            .spoil(|site| fs::create_dir_all(site.path("other/folder")).unwrap())
            .sets(&["output.path={}/other/folder/.."]),
        row("an empty output path", 2, &["`output.path`: is empty"]).sets(&["output.path="]),
        row("a name too long", 4, &["File name too long"]).sets(&[concat!(
            "output.path={}/",
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        )]),
        row("the input as the result", 2, &["a result replaces all that is in its folder", "[input] path", "{}/mds"])
            .sets(&["output.path={}/mds"])
            .on_ranks(),
        row("the input within an older result", 2, &["a result replaces all that is in its folder", "{}/result.zarr"])
            .spoil(|site| fs::rename(site.path("mds"), site.path("result.zarr/mds")).unwrap())
            .without_older()
            .command(&["run", "{}/run.toml", "--overwrite", "--set", "input.path={}/result.zarr/mds"]),
    ]
}
