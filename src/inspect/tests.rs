use std::fs;
use std::path::Path;

use super::extremes::{MapValues, Place, When};
use super::*;
use crate::report::Silent;
use crate::source::mds::Endian;

fn look(folder: &Path) -> Look {
    Look {
        folder: folder.to_owned(),
        pattern: "{name}.{iter:010}.data".parse().unwrap(),
        names: Vec::new(),
        endian: Endian::Big,
        value_bytes: 4,
        shape: None,
        clock: None,
    }
}

fn scanned(look: &Look, request: &ScanRequest) -> FieldReport {
    let (report, files) = inspect_folder(look).unwrap();
    let mut field = report.fields.into_iter().next().unwrap();
    field.values = scan_values(&files[0], &field, look, request, &Silent).unwrap();
    field
}

fn bytes(values: impl Iterator<Item = f64>) -> Vec<u8> {
    values.flat_map(f64::to_be_bytes).collect()
}

/// 6 x 4 points in tiles of 3 x 2, two levels, two records, float64; the value tells its place.
#[test]
fn places_in_tiles_are_those_of_the_domain() {
    let folder = tempfile::tempdir().unwrap();
    for (tile_j, tile_i) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let name = format!("S.0000000007.{:03}.{:03}", tile_i + 1, tile_j + 1);
        let (first_i, first_j) = (tile_i * 3, tile_j * 2);
        let value = |record, level, j, i| f64::from(1000 * record + 100 * level + 10 * j + i);
        let values = (0..2).flat_map(move |record| {
            (0..2).flat_map(move |level| {
                (0..2).flat_map(move |j| (0..3).map(move |i| value(record, level, first_j + j, first_i + i)))
            })
        });
        fs::write(folder.path().join(format!("{name}.data")), bytes(values)).unwrap();
        let meta = format!(
            "dimList = [ 6,{},{}, 4,{},{}, 2,1,2 ]; dataprec = ['float64']; nrecords = [2]; fldList = {{ 'SALT' 'THETA' }};",
            first_i + 1,
            first_i + 3,
            first_j + 1,
            first_j + 2
        );
        fs::write(folder.path().join(format!("{name}.meta")), meta).unwrap();
    }
    let field = scanned(&look(folder.path()), &ScanRequest::default());
    assert_eq!((field.snapshots, field.files, field.tiles, field.trouble.len()), (1, 4, 4, 0));
    assert_eq!(field.values.len(), 4);
    for (values, (record, level)) in field.values.iter().zip([(1, 1), (1, 2), (2, 1), (2, 2)]) {
        assert_eq!((values.record, values.level, values.values), (Some(record), Some(level), 24));
        assert_eq!(values.record_name.as_deref(), Some(["SALT", "THETA"][record as usize - 1]));
        let start = f64::from(1000 * (record as i32 - 1) + 100 * (level as i32 - 1));
        let place = |extreme: &Option<Extreme>| extreme.as_ref().map(|found| (found.value, found.j, found.i));
        assert_eq!(place(&values.minimum), Some((start, 0, 0)));
        assert_eq!(place(&values.maximum), Some((start + 35.0, 3, 5)));
    }
    let one = ScanRequest { record: Some(2), level: Some(1), valid_range: Some([1000.0, 1034.0]) };
    let field = scanned(&look(folder.path()), &one);
    assert_eq!((field.values.len(), field.values[0].out_of_range), (1, Some(1)));

    fs::remove_file(folder.path().join("S.0000000007.002.001.data")).unwrap();
    fs::copy(folder.path().join("S.0000000007.001.001.data"), folder.path().join("S.0000000008.001.001.data")).unwrap();
    let (report, _) = inspect_folder(&look(folder.path())).unwrap();
    let trouble = &report.fields[0].trouble;
    assert!(trouble.iter().any(|trouble| trouble.what.contains("file(s) of its time")), "{trouble:?}");
}

#[test]
fn without_meta_files_the_shape_is_what_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for iteration in 0..3 {
        fs::write(folder.path().join(format!("U.{iteration:010}.data")), vec![0; 4 * 12 * 2]).unwrap();
    }
    fs::write(folder.path().join("U.0000000003.data"), [0; 50]).unwrap();
    let mut look = look(folder.path());
    let (report, _) = inspect_folder(&look).unwrap();
    assert_eq!(report.fields[0].layout, None);
    look.shape = Some([3, 4]);
    let (report, _) = inspect_folder(&look).unwrap();
    let layout = report.fields[0].layout.as_ref().unwrap();
    assert_eq!((layout.nj, layout.ni, layout.levels), (3, 4, 2));
    let trouble = &report.fields[0].trouble;
    assert_eq!(trouble.len(), 1);
    assert!(trouble[0].what.contains("50 bytes") && trouble[0].what.contains("96"), "{trouble:?}");
}

/// Numbers in names and `.meta` files that no file can have are told, not computed with.
#[test]
fn absurd_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for iteration in ["0000000000", "18446744073709551615"] {
        fs::write(folder.path().join(format!("U.{iteration}.data")), [0; 8]).unwrap();
        let huge = u64::MAX;
        let meta = format!("dimList = [ {huge},1,{huge}, {huge},1,{huge} ]; nrecords = [ {huge} ];");
        fs::write(folder.path().join(format!("U.{iteration}.meta")), meta).unwrap();
    }
    let field = scanned(&look(folder.path()), &ScanRequest::default());
    assert_eq!(field.trouble.len(), 2);
    assert!(field.trouble[0].what.contains("more than a file can hold"), "{:?}", field.trouble);
    assert_eq!(field.time.unwrap().iterations_per_step, Some(u64::MAX));

    // A tile of a domain that no disk could hold.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("U.0000000001.001.001.data"), [0; 16]).unwrap();
    let meta = format!("dimList = [ {huge},1,2, {huge},1,2 ];", huge = u64::MAX);
    fs::write(folder.path().join("U.0000000001.001.001.meta"), meta).unwrap();
    assert_eq!(scanned(&look(folder.path()), &ScanRequest::default()).values[0].values, 4);
}

/// What is said of a map does not depend on how it was cut, nor on the order of its parts.
#[test]
fn parts_of_a_map_merge_in_any_order() {
    let values: Vec<f64> =
        (0..60).map(|at| f64::from(at * 37 % 11)).chain([f64::NAN, 10.0, f64::INFINITY, -0.0]).collect();
    let part = |rows: std::ops::Range<u64>, columns: std::ops::Range<u64>| {
        let mut part = MapValues::default();
        for j in rows {
            let row = &values[(j * 8 + columns.start) as usize..(j * 8 + columns.end) as usize];
            part.add(row, Place { face: Some(3), j, i: columns.start }, Some([1.0, 9.0]));
        }
        part
    };
    let whole = part(0..8, 0..8);
    let mut parts = [part(0..3, 0..8), part(3..8, 0..5), part(3..8, 5..8)];
    for _ in 0..3 {
        parts.rotate_left(1);
        let mut merged = MapValues::default();
        parts.iter().for_each(|part| merged.merge(part));
        assert_eq!(merged, whole);
    }
    let mut moved = MapValues::default();
    moved.add(&values[..8], Place { face: Some(3), j: 1, i: 0 }, None);
    let mut here = MapValues::default();
    here.add(&values[..8], Place { face: Some(3), j: 0, i: 0 }, None);
    assert_ne!(moved, here);
}

/// Places of values that are none are told from each other, the first place of all too.
#[test]
fn values_that_are_none_at_other_places() {
    let map = |row: [f64; 3]| {
        let mut map = MapValues::default();
        map.add(&row, Place { face: None, j: 0, i: 0 }, None);
        ((), map)
    };
    let nan = f64::NAN;
    let is_fixed = |maps: [((), MapValues); 2]| ValuesReport::of(&maps, |()| When::default(), None).nan_is_fixed;
    assert!(is_fixed([map([1.0, nan, 2.0]), map([3.0, nan, 4.0])]));
    for other in [[nan, nan, 2.0], [1.0, 2.0, nan], [1.0, 2.0, 3.0]] {
        assert!(!is_fixed([map([1.0, nan, 2.0]), map(other)]), "{other:?}");
    }
}
