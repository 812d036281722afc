//! Snapshots in tiles: whole, with blank ones, cut, and contradictory.

use super::StepStatus::{Missing, Rejected, Used};
use super::*;
use crate::config::TileNumber;

const TILES: [TileNumber; 4] = [[1, 1], [2, 1], [1, 2], [2, 2]];

/// Rows and columns of a tile: 1 + 2 rows, 3 + 1 columns.
fn ranges([i, j]: TileNumber) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    (if j == 1 { 0..1 } else { 1..3 }, if i == 1 { 0..3 } else { 3..4 })
}

fn tile_name(field: &str, iteration: u64, [i, j]: TileNumber, extension: &str) -> String {
    format!("{field}.{iteration:010}.{i:03}.{j:03}.{extension}")
}

fn tile_header(iteration: u64, tile: TileNumber) -> String {
    let (j, i) = ranges(tile);
    let (whole, part) = (format!("{NI},1,{NI}, {NJ},1,{NJ}"), (i.start + 1, i.end, j.start + 1, j.end));
    header(iteration, "").replace(&whole, &format!("{NI},{},{}, {NJ},{},{}", part.0, part.1, part.2, part.3))
}

fn write_tile(folder: &Folder, field: &str, iteration: u64, tile: TileNumber) {
    let (j, i) = ranges(tile);
    let points = j.flat_map(|j| i.clone().map(move |i| j * NI + i));
    folder.write(&tile_name(field, iteration, tile, "data"), &bytes(points.map(|at| value(field, iteration, at))));
    folder.write(&tile_name(field, iteration, tile, "meta"), tile_header(iteration, tile).as_bytes());
}

fn tiled(count: u64, tiles: &[TileNumber]) -> Folder {
    let folder = Folder::empty();
    for iteration in (1..=count).map(|at| at * STEP) {
        for field in ["U", "V"] {
            tiles.iter().for_each(|&tile| write_tile(&folder, field, iteration, tile));
        }
    }
    folder
}

#[test]
fn tiles_are_the_whole() {
    let folders = [tiled(3, &TILES), Folder::with_snapshots(3)];
    let [tiled, whole] = folders.each_ref().map(Folder::catalog);
    for field in [0, 1] {
        assert_eq!(read(&tiled, field), read(&whole, field));
    }
    assert_eq!((&tiled.time, tiled.extent, tiled.number), (&whole.time, whole.extent, whole.number));
    assert!(tiled.place(0, 1).ends_with("U.0000000020.data (in tiles)"), "{}", tiled.place(0, 1));
    assert!(tiled.fields[0].mosaic.blank().is_empty());
}

#[test]
fn a_tile_that_never_is_there_is_land() {
    let folder = tiled(3, &TILES[..3]);
    let catalog = folder.catalog();
    assert_eq!(catalog.fields[1].mosaic.blank(), [(1..3, 3..4)]);
    assert_eq!(catalog.notes.len(), 2, "{:?}", catalog.notes);
    assert!(catalog.notes[0].contains("j = 1 to 2, i = 3 to 3"), "{:?}", catalog.notes);
    for (at, ours) in read(&catalog, 0).into_iter().enumerate() {
        let (step, at) = (at / (NJ * NI), at % (NJ * NI));
        let blank = at % NI == 3 && at / NI > 0;
        assert_eq!(ours, if blank { 0.0 } else { value("U", 10 * (step as u64 + 1), at) });
    }
}

#[test]
fn a_tile_that_is_sometimes_there_is_missed() {
    let folder = tiled(4, &TILES);
    folder.remove(&tile_name("V", 20, [1, 2], "data"));
    folder.fails(&["V.0000000020.001.002.data is not there", "other times have this tile", "[prepare] missing"]);
    folder.cut(&tile_name("U", 30, [2, 1], "data"), 4);
    folder.fails(&["U.0000000030.002.001.data has 0 bytes, expected 4"]);
    for tile in TILES {
        folder.remove(&tile_name("U", 40, tile, "data"));
    }
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Used, Rejected, Rejected, Missing]);
    let named: Vec<String> = catalog.lost.lines(5).collect();
    assert_eq!(
        named,
        [
            "V.0000000020.data: V.0000000020.001.002.data is not there",
            "U.0000000030.data: U.0000000030.002.001.data has 0 bytes, expected 4",
            "U.0000000040.data: is missing",
        ]
    );
    assert!(read(&catalog, 1)[NJ * NI..2 * NJ * NI].iter().all(|value| value.is_nan()));
    assert!(read(&catalog, 0)[NJ * NI..2 * NJ * NI].iter().all(|value| value.is_finite()));
}

#[test]
fn a_tile_cut_while_the_run_goes_on_is_an_error() {
    let folder = tiled(2, &TILES);
    let catalog = folder.catalog();
    folder.cut(&tile_name("U", 20, [2, 2], "data"), 1);
    let block = catalog.open_block(0, 0..2).unwrap();
    let window = |i| Window { face: 0, j: 0..3, i };
    block.read(&window(0..3), &mut Vec::new()).unwrap();
    let error = block.read(&window(2..4), &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("U.0000000020.002.002.data has 7 bytes, expected 8"), "{error}");
}

#[test]
fn tiles_that_do_not_fit_are_errors() {
    for policy in [true, false] {
        let folder = || {
            let mut folder = tiled(3, &TILES);
            folder.request.fail_on_gaps = policy;
            folder
        };
        let meta = |folder: &Folder, iteration, from: &str, to: &str| {
            let text = tile_header(iteration, [1, 2]);
            assert!(text.contains(from), "{text}");
            folder.write(&tile_name("U", iteration, [1, 2], "meta"), text.replace(from, to).as_bytes());
        };
        let one = folder();
        meta(&one, 20, "3,2,3", "3,1,2");
        one.fails(&["U.0000000020.001.002.meta gives its tile as 001.002 (j = 0 to 1", "U.0000000010.001.002.meta"]);
        let all = folder();
        [10, 20, 30].into_iter().for_each(|iteration| meta(&all, iteration, "3,2,3", "3,1,3"));
        all.fails(&["tiles 001.001 (j = 0 to 0, i = 0 to 2) and 001.002", "overlap"]);
        let other = folder();
        meta(&other, 10, "4,1,3", "5,1,3");
        other.fails(&["describes 5 x 3", "must have one shape"]);
        let without = folder();
        [10, 20, 30].into_iter().for_each(|at| without.remove(&tile_name("V", at, [2, 2], "meta")));
        without.fails(&["V.0000000010.002.002.data has no .meta file beside it to say which part"]);
        let mixed = folder();
        mixed.snapshot("V", 30);
        mixed.fails(&["is a tile, and V.0000000030.data is a whole file of V"]);
        let unnamed = Folder::with_snapshots(2);
        unnamed.write("U.0000000020.meta", tile_header(20, [1, 2]).as_bytes());
        unnamed.fails(&["U.0000000020.meta: describes one tile", "no tile numbers"]);
    }
    // A tile whose .meta is missing at some times lies where it lies at others.
    let folder = tiled(3, &TILES);
    folder.remove(&tile_name("V", 20, [2, 2], "meta"));
    assert_eq!(folder.catalog().time.status, [Used; 3]);
}
