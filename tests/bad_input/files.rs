//! Snapshots that are missing, broken, or at odds with each other.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::row::{Row, row};
use crate::site::Site;

fn set_length(path: &Path, length: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn remove(paths: impl IntoIterator<Item = std::path::PathBuf>) {
    paths.into_iter().for_each(|path| fs::remove_file(path).unwrap());
}

fn replace_by(path: &Path, make: impl Fn(&Path)) {
    fs::remove_file(path).unwrap();
    make(path);
}

const SHAPE: &str = "input.shape=[12, 20]";

pub fn rows() -> Vec<Row> {
    let mut rows = names_and_lengths();
    rows.extend(headers());
    rows.extend(times());
    rows
}

fn names_and_lengths() -> Vec<Row> {
    vec![
        row("no such input folder", 3, &["does not exist or is not a folder", "[input] path", "{}/nowhere"])
            .sets(&["input.path={}/nowhere"])
            .on_ranks(),
        row("a file as input folder", 3, &["does not exist or is not a folder", "{}/mds/U.0000010368.data"])
            .sets(&["input.path={}/mds/U.0000010368.data"]),
        row("links in a circle", 3, &["does not exist or is not a folder", "{}/circle"])
            .spoil(|site| symlink("circle", site.path("circle")).unwrap())
            .sets(&["input.path={}/circle"]),
        row("netCDF in a folder of other files", 3, &["no netCDF file at", "[input] path", "{}/mds"])
            .sets(&["input.format=netcdf"])
            .on_ranks(),
        row("Zarr in a folder of other files", 3, &["no Zarr store at", "{}/mds"]).sets(&["input.format=zarr"]),
        row("an empty folder", 3, &["none of its 0 files has a name of the form", "{}/empty", "[input] pattern"])
            .spoil(|site| fs::create_dir(site.path("empty")).unwrap())
            .sets(&["input.path={}/empty"])
            .on_ranks(),
        row("no file of this name", 3, &["no snapshot of W in", "W.0000000000.data", "[input] v", "nearest is"])
            .sets(&["input.v=W"]),
        row("a truncated file", 3, &["has 100 bytes, expected 960", "U.0000010800.data"])
            .spoil(|site| set_length(&site.data("U", 3), 100))
            .on_ranks(),
        row("an empty file", 3, &["has 0 bytes, expected 960", "V.0000010800.data"])
            .spoil(|site| set_length(&site.data("V", 3), 0)),
        row("a file that is too long", 3, &["has 964 bytes, expected 960", "V.0000010800.data"])
            .spoil(|site| set_length(&site.data("V", 3), 964)),
        row("a folder in a file's place", 3, &["it is not a file", "{}/mds/U.0000010800.data"])
            .spoil(|site| replace_by(&site.data("U", 3), |path| fs::create_dir(path).unwrap())),
        row("a pipe in a file's place", 3, &["it is not a file", "{}/mds/U.0000010800.data"])
            .spoil(|site| site.pipe(&site.data("U", 3))),
        row("a link that leads nowhere", 3, &["No such file or directory", "{}/mds/U.0000010800.data"])
            .spoil(|site| replace_by(&site.data("U", 3), |path| symlink("nowhere", path).unwrap())),
    ]
}

fn headers() -> Vec<Row> {
    /// Writes a text into one `.meta` file.
    fn meta(site: &Site, text: impl AsRef<[u8]>) {
        fs::write(site.meta("U", 3), text).unwrap();
    }
    /// Changes all `.meta` files of a variable.
    fn edit_all(site: &Site, variable: &str, from: &str, to: &str) {
        for path in site.snapshots("meta") {
            if path.file_name().unwrap().to_str().unwrap().starts_with(variable) {
                site.edit(&path, from, to);
            }
        }
    }
    const SIZES: &str = "    20,    1,   20,\n    12,    1,   12\n";
    vec![
        row("an empty .meta", 3, &["has no dimList", "U.0000010800.meta"]).spoil(|site| meta(site, "")),
        row("a .meta that is nonsense", 3, &["is not the text of a .meta file", "U.0000010800.meta"])
            .spoil(|site| meta(site, "hello, world\n")),
        row("a .meta of raw bytes", 3, &["is not the text of a .meta file", "U.0000010800.meta"])
            .spoil(|site| meta(site, [0, 1, 2, 0x1b, 0xff].repeat(99))),
        row("a .meta of megabytes", 3, &["which no .meta file is", "2000000 bytes", "U.0000010800.meta"])
            .spoil(|site| meta(site, " ".repeat(2_000_000))),
        row("a .meta cut short", 3, &["is not closed by", "U.0000010800.meta"])
            .spoil(|site| set_length(&site.meta("U", 3), 40)),
        row("a .meta with sizes of 0", 3, &["1 to 0 of 0, which is no range", "U.0000010800.meta"])
            .spoil(|site| meta(site, "dimList = [ 0, 1, 0, 12, 1, 12 ];")),
        row("a .meta with negative sizes", 3, &["`-20`, which is not a whole number", "U.0000010800.meta"])
            .spoil(|site| meta(site, "dimList = [ -20, 1, -20, 12, 1, 12 ];")),
        row("a .meta with huge sizes", 3, &["4294967296", "which no file can hold", "U.0000010800.meta"])
            .spoil(|site| meta(site, "dimList = [ 4294967296, 1, 4294967296, 4294967296, 1, 4294967296 ];")),
        row("a .meta of another type", 3, &["dataprec is `float16`; float32 and float64 can be read"])
            .spoil(|site| site.edit(&site.meta("U", 3), "float32", "float16")),
        row(
            "a .meta at odds with its neighbours",
            3,
            &["all snapshots of U must have one shape", "20 x 13", "20 x 12"],
        )
        .spoil(|site| site.edit(&site.meta("U", 3), SIZES, "20, 1, 20, 13, 1, 13"))
        .on_ranks(),
        row("a .meta at odds with the file's length", 3, &["has 960 bytes, expected 1920", "25 more snapshot(s)"])
            .spoil(|site| edit_all(site, "U", "float32", "float64")),
        row("a .meta of another iteration", 3, &["says timeStepNumber 7, the file's name says 10800"])
            .spoil(|site| site.edit(&site.meta("U", 3), "     10800 ]", " 7 ]")),
        row("u and v of other shapes", 3, &["U and V differ", "20 x 12", "12 x 20"])
            .spoil(|site| edit_all(site, "V", SIZES, "12, 1, 12, 20, 1, 20")),
        row("a level that is not there", 3, &["[input] level = 9", "has 1 level(s)", "U.0000010368.data"])
            .sets(&["input.level=9"]),
        row("a record that is not there", 3, &["[input] record = 2", "has 1 record(s)"]).sets(&["input.record=2"]),
        row("a field that is not there", 3, &["[input] record = \"SALT\"", "1 record(s): UVEL"])
            .sets(&["input.record=SALT"]),
        row(
            "a field in several kinds of file",
            3,
            &["hold a field of that name", "U, W", "write for example u = \"U\""],
        )
        .spoil(|site| {
            for extension in ["data", "meta"] {
                let from = if extension == "data" { site.data("U", 3) } else { site.meta("U", 3) };
                fs::copy(from, site.path(&format!("mds/W.0000010800.{extension}"))).unwrap();
            }
        })
        .sets(&["input.u=UVEL"]),
        row("one file for u and v", 3, &["[input] record = \"U\"", "has 1 record(s): UVEL"])
            .sets(&["input.pattern=U.{iter:010}.data"])
            .on_ranks(),
        row(
            "one record for u and v",
            3,
            &["u and v are both record \"UVEL\" of", "[input] record = [\"UVEL\", \"VVEL\"]"],
        )
        .sets(&["input.u=U", "input.v=U", "input.record=[1, \"UVEL\"]"]),
        row(
            "a tile among whole files",
            3,
            &["is a tile, and", "U.0000010800.001.001", "move one kind to another folder"],
        )
        .spoil(|site| {
            set_length(&site.data("U", 3), 480);
            site.edit(&site.meta("U", 3), SIZES, "20, 1, 10, 12, 1, 12");
            for from in [site.data("U", 3), site.meta("U", 3)] {
                let extension = from.extension().unwrap().to_str().unwrap();
                let to = site.path(&format!("mds/U.0000010800.001.001.{extension}"));
                fs::rename(from, to).unwrap();
            }
        }),
        row("no .meta and no shape", 3, &["has no .meta file beside it", "[input] shape = [nj, ni]"])
            .spoil(|site| remove(site.snapshots("meta"))),
        row("a shape at odds with .meta", 3, &["gives nj = 12, ni = 20, but [input] shape = [20, 12]"])
            .sets(&["input.shape=[20, 12]"]),
        row("a shape at odds with the length", 3, &["or a whole number of such levels", "960 bytes", "880"])
            .spoil(|site| remove(site.snapshots("meta")))
            .sets(&["input.shape=[11, 20]"]),
        row("a shape beyond counting", 3, &["or a whole number of such levels", "[9223372036854775807"])
            .spoil(|site| remove(site.snapshots("meta")))
            .sets(&["input.shape=[9223372036854775807, 9223372036854775807]"]),
        row("rows and columns exchanged", 3, &["[input] grid must be the grid of these data", "20 x 12", "12 x 20"])
            .spoil(|site| remove(site.snapshots("meta")))
            .sets(&["input.shape=[20, 12]"]),
        row("float32 read as float64", 3, &["or a whole number of such levels", "960 bytes", "1920"])
            .spoil(|site| remove(site.snapshots("meta")))
            .sets(&[SHAPE, "input.dtype=float64"]),
    ]
}

fn times() -> Vec<Row> {
    fn copy_to(site: &Site, iteration: u64) {
        for variable in ["U", "V"] {
            let to = site.path(&format!("mds/{variable}.{iteration:010}.data"));
            fs::copy(site.data(variable, 3), to).unwrap();
        }
    }
    vec![
        row("missing snapshots", 3, &["2 snapshot(s) of U, V missing, first U.0000010944.data", "[prepare] missing"])
            .spoil(|site| {
                for step in [4, 5] {
                    remove(["U", "V"].map(|variable| site.data(variable, step)));
                }
            })
            .on_ranks(),
        row("u without v", 3, &["U and V differ: 26 and 25 snapshots; V.0000010944.data is missing"])
            .spoil(|site| fs::remove_file(site.data("V", 4)).unwrap()),
        row("an uneven step", 3, &["uneven time axis: after iteration 10800 comes iteration 10850, 50 iterations"])
            .spoil(|site| copy_to(site, 10_850))
            .on_ranks(),
        row("a file beyond any record", 3, &["more than 16777216", "4831848576", "[select] time can leave it out"])
            .spoil(|site| copy_to(site, 4_831_848_576)),
        row("a time step at odds with .meta", 3, &["by their .meta files the model took 25 s", "\"50 s\""])
            .sets(&["input.timestep=50 s"])
            .on_ranks(),
        row("a stray file far away", 3, &["uneven time axis", "9000000001", "144 iterations"])
            .spoil(|site| copy_to(site, 9_000_000_001)),
        row("one snapshot", 2, &["does not fit a record of 1", "spectrum.segment"]).spoil(|site| {
            for extension in ["data", "meta"] {
                let keep = site.data("U", 0).file_stem().unwrap().to_str().unwrap()[2..].to_owned();
                remove(site.snapshots(extension).into_iter().filter(|path| !path.to_str().unwrap().contains(&keep)));
            }
        }),
    ]
}
