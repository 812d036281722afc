//! Small Zarr stores: which times they have, which chunks they lack.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::*;
use crate::grid::{Extent, Periodic, Window};
use crate::inspect::StoreReport;
use crate::source::SourceError;
use crate::terms::DateTime;

const HOURS: &str = r#""units": "hours since 2011-09-10""#;

fn put(folder: &Path, name: &str, attributes: &str, dimensions: &[(&str, usize)], values: &[f64]) {
    let folder = folder.join(name);
    fs::create_dir_all(&folder).unwrap();
    let lengths: Vec<usize> = dimensions.iter().map(|(_, length)| *length).collect();
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    // Of maps a chunk is one time, of coordinates the whole.
    let mut chunks = lengths.clone();
    if chunks.len() > 1 {
        chunks[0] = 1;
    }
    let zarray = format!(
        r#"{{"zarr_format": 2, "shape": {lengths:?}, "chunks": {chunks:?}, "dtype": "<f8", "compressor": null,
        "filters": null, "fill_value": -999.0, "order": "C"}}"#
    );
    fs::write(folder.join(".zarray"), zarray).unwrap();
    let comma = if attributes.is_empty() { "" } else { ", " };
    fs::write(folder.join(".zattrs"), format!(r#"{{"_ARRAY_DIMENSIONS": {names:?}{comma}{attributes}}}"#)).unwrap();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let size = chunks.iter().product::<usize>() * 8;
    for (at, chunk) in bytes.chunks_exact(size).enumerate() {
        let name = if lengths.len() > 1 { format!("{at}.0.0") } else { "0".into() };
        fs::write(folder.join(name), chunk).unwrap();
    }
}

/// A store of U and V of 2 x 3 points at some times.
fn store(folder: &Path, name: &str, attributes: &str, times: &[f64]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join(".zgroup"), r#"{"zarr_format": 2}"#).unwrap();
    put(&path, "time", attributes, &[("time", times.len())], times);
    for name in ["U", "V"] {
        put(&path, name, "", &[("time", times.len()), ("j", 2), ("i", 3)], &vec![0.5; 6 * times.len()]);
    }
    path
}

fn request(path: &Path) -> GriddedRequest {
    GriddedRequest {
        format: Format::Zarr,
        paths: vec![path.to_owned()],
        fields: vec![("U".into(), "u"), ("V".into(), "v")],
        level: 1,
        time: None,
        epoch: Some(DateTime::midnight(2011, 9, 10)),
        fail_on_gaps: true,
        periodic: Periodic::default(),
        missing_chunks_fail: true,
        grid_paths: None,
        grid_extent: Some(Extent::plain(2, 3, Periodic::default())),
        grid: GridRequest::default(),
        centre: false,
    }
}

fn said(result: Result<Scanned, SourceError>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

fn report(path: &Path) -> StoreReport {
    let looks = look(Format::Zarr, &[path.to_owned()], &[""], &DimensionNames::default(), None).unwrap();
    StoreReport::of(Vec::new(), &looks)
}

#[test]
fn times_without_units_and_climatologies_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "a.zarr", "", &[0.0, 1.0, 2.0]);
    let text = said(scan(&request(&path)));
    assert!(text.contains("time has no units") && text.contains("ncatted -a units,time,c,c"), "{text}");
    let climatology = format!(r#"{HOURS}, "climatology": "climatology_bounds""#);
    let path = store(folder.path(), "b.zarr", &climatology, &[0.0, 1.0, 2.0]);
    let text = said(scan(&request(&path)));
    assert!(text.contains("time has the attribute climatology"), "{text}");
    let path = store(folder.path(), "c.zarr", r#""units": "s""#, &[0.0, 3600.0]);
    assert_eq!(scan(&request(&path)).unwrap().catalog.time.interval(), 3600.0);
}

#[test]
fn a_time_that_comes_twice_can_be_left_out_by_selection() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0, 3.0]);
    store(folder.path(), "b.zarr", HOURS, &[3.0, 4.0, 5.0, 6.0]);
    let mut asked = request(folder.path());
    let text = said(scan(&asked));
    assert!(text.contains("both have U of 2011-09-10T03:00:00"), "{text}");
    let at = |hour: u8| DateTime { hour, ..DateTime::midnight(2011, 9, 10) };
    asked.time = Some([at(2), at(4)]);
    assert!(said(scan(&asked)).contains("both have U"));
    for (from, to, steps) in [(0, 3, 3), (4, 7, 3)] {
        asked.time = Some([at(from), at(to)]);
        assert_eq!(scan(&asked).unwrap().catalog.time.len(), steps);
    }
    // `inspect` tells it too.
    let report = report(folder.path());
    let odd = &report.times[0].odd;
    assert!(
        odd[0].contains("1 time(s) of an array come twice, first 2011-09-10T03:00:00") && odd.len() == 1,
        "{odd:?}"
    );
    assert!(odd[0].contains("a.zarr and ") && report.to_string().contains("odd: time: 1 time(s)"), "{report}");
}

#[test]
fn the_paths_of_a_store_are_its_documents_and_the_arrays_that_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0]);
    put(&path, "W", "", &[("time", 2), ("j", 2), ("i", 3)], &[0.0; 12]);
    let paths = scan(&request(&path)).unwrap().catalog.paths;
    assert_eq!(paths, [".zgroup", "U", "V", "time"].map(|name| path.join(name)));
}

#[test]
fn chunks_that_are_not_stored_are_found_before_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0, 3.0]);
    let catalog = scan(&request(&path)).unwrap().catalog;
    let keys = |steps: std::ops::Range<usize>| {
        let mut keys = BTreeSet::new();
        (0..2).for_each(|field| catalog.keys(field, &steps, &Window { face: 0, j: 0..2, i: 0..3 }, &mut keys));
        keys
    };
    catalog.check_stored(&keys(0..4)).unwrap();
    fs::remove_file(path.join("V/2.0.0")).unwrap();
    catalog.check_stored(&keys(0..2)).unwrap();
    let text = catalog.check_stored(&keys(0..4)).unwrap_err().to_string();
    assert!(text.contains("chunk (2, 0, 0) of V: is not stored; [input] missing_chunks = \"fill\""), "{text}");
    fs::remove_file(path.join("V/3.0.0")).unwrap();
    let text = catalog.check_stored(&keys(0..4)).unwrap_err().to_string();
    assert!(text.contains("(2, 0, 0) of V: is not stored, nor are 1 more of the 8 that are read"), "{text}");
}

#[test]
fn a_field_without_a_chunk_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0]);
    let asked = GriddedRequest { missing_chunks_fail: false, ..request(&path) };
    let chunk = |step: usize| path.join(format!("V/{step}.0.0"));
    for step in 0..3 {
        scan(&asked).unwrap();
        fs::remove_file(chunk(step)).unwrap();
    }
    // Nor are the times there, which would come twice.
    fs::remove_file(path.join("time/0")).unwrap();
    let text = said(scan(&asked));
    let first = chunk(0).display().to_string();
    for part in ["no chunk of V is stored; 3 file(s) of chunks are expected", &first, "never filled"] {
        assert!(text.contains(part), "{text}: {part}");
    }
    fs::create_dir_all(path.join("V/0/0")).unwrap();
    fs::write(path.join("V/0/0/0"), "x").unwrap();
    let text = said(scan(&asked));
    assert!(text.contains("its folder holds others, such as 0/0/0: names of another form"), "{text}");
}

#[test]
fn chunks_of_times_that_are_not_stored_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let times = |fill: &str, path: &Path| {
        let zarray = format!(
            r#"{{"zarr_format": 2, "shape": [4], "chunks": [1], "dtype": "<f8", "compressor": null, "filters": null,
            "fill_value": {fill}, "order": "C"}}"#
        );
        fs::write(path.join("time/.zarray"), zarray).unwrap();
        for step in 0..4 {
            fs::write(path.join(format!("time/{step}")), f64::from(10 + step).to_le_bytes()).unwrap();
        }
    };
    let path = store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0, 3.0]);
    let asked = GriddedRequest { missing_chunks_fail: false, ..request(&path) };
    times("null", &path);
    assert_eq!(scan(&asked).unwrap().catalog.warnings, Vec::<String>::new());
    fs::remove_file(path.join("time/0")).unwrap();
    let text = said(scan(&asked));
    assert!(text.contains("missing, first 2011-09-10T01:00:00"), "{text}");
    let words = "not stored: 1 of the 4 chunks of time in ";
    assert!(text.contains(words) && text.contains("the fill value, 0"), "{text}");
    let warnings = scan(&GriddedRequest { fail_on_gaps: false, ..asked.clone() }).unwrap().catalog.warnings;
    assert!(
        warnings.len() == 1 && warnings[0].starts_with(words) && warnings[0].contains("missing_chunks"),
        "{warnings:?}"
    );
    assert!(report(&path).to_string().contains(words));
    let text = said(scan(&GriddedRequest { missing_chunks_fail: true, ..asked.clone() }));
    assert!(text.contains("chunk (0) of time: is not stored; [input] missing_chunks"), "{text}");
    // A value that stands for none is no time.
    times("-5.0", &path);
    fs::remove_file(path.join("time/2")).unwrap();
    let text = said(scan(&asked));
    assert!(text.contains(words) && text.contains("the fill value, NaN"), "{text}");
}

#[test]
fn consolidated_metadata_that_is_old_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0]);
    let consolidate = |names: &[&str]| {
        let mut metadata = serde_json::Map::new();
        for file in names.iter().flat_map(|name| [format!("{name}/.zarray"), format!("{name}/.zattrs")]) {
            let text = fs::read_to_string(path.join(&file)).unwrap();
            metadata.insert(file, serde_json::from_str(&text).unwrap());
        }
        let all = serde_json::json!({"zarr_consolidated_format": 1, "metadata": metadata});
        fs::write(path.join(".zmetadata"), all.to_string()).unwrap();
    };
    consolidate(&["U", "V", "time"]);
    assert_eq!(scan(&request(&path)).unwrap().catalog.warnings, Vec::<String>::new());
    store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0, 3.0, 4.0]);
    // The times stand in one chunk.
    let times: Vec<u8> = [0.0_f64, 1.0, 2.0].iter().flat_map(|time| time.to_le_bytes()).collect();
    fs::write(path.join("time/0"), times).unwrap();
    let catalog = scan(&request(&path)).unwrap().catalog;
    assert_eq!(catalog.time.len(), 3);
    let [warning] = &catalog.warnings[..] else { panic!("{:?}", catalog.warnings) };
    for part in
        ["(.zmetadata) is older", "U is 3 x 2 x 3 there, 5 x 2 x 3 in U/.zarray, V", "zarr.consolidate_metadata"]
    {
        assert!(warning.contains(part), "{warning}: {part}");
    }
    assert!(report(&path).notes.contains(warning));
    consolidate(&["U", "time"]);
    let text = said(scan(&request(&path)));
    assert!(text.contains("there are U; ") && text.contains("does not list: zarr.consolidate_metadata("), "{text}");
    fs::remove_dir_all(path.join("V")).unwrap();
    let text = said(scan(&request(&path)));
    assert!(text.ends_with("there are U"), "{text}");
}

#[test]
fn paths_of_arrays_and_arrays_without_names_of_dimensions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0]);
    let text = said(scan(&request(&path.join("U"))));
    assert!(text.contains("U: is one Zarr array; [input] path is that of the group"), "{text}");
    assert!(text.ends_with(&path.display().to_string()), "{text}");
    fs::write(path.join("U/.zattrs"), "{}").unwrap();
    let text = said(scan(&request(&path)));
    assert!(text.contains("the dimensions of U have no names") && text.contains("_ARRAY_DIMENSIONS"), "{text}");
}

#[test]
fn inspect_judges_times_as_a_run_does() {
    let folder = tempfile::tempdir().unwrap();
    // Steps of a seventh of a day, which are no whole milliseconds; one is not there.
    let sevenths: Vec<f64> = (0..40).filter(|step| *step != 17).map(|step| f64::from(step) / 7.0).collect();
    let days = r#""units": "days since 2001-01-01""#;
    let path = store(folder.path(), "a.zarr", days, &sevenths);
    let times = report(&path).times.remove(0);
    assert_eq!((times.uneven.len(), times.missing, times.gaps.len(), times.count), (0, 1, 1, 39));
    assert!((times.seconds_per_step.unwrap() - 86_400.0 / 7.0).abs() < 1e-2, "{times:?}");
    let path = store(folder.path(), "b.zarr", HOURS, &[0.0, 1.0, 2.0, 3.5]);
    assert_eq!(report(&path).times[0].uneven.len(), 1);
    let path = store(folder.path(), "c.zarr", HOURS, &[5.0]);
    assert_eq!(report(&path).times[0].seconds_per_step, None);

    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0]);
    store(folder.path(), "b.zarr", &format!(r#"{HOURS}, "calendar": "360_day""#), &[2.0, 3.0, 4.0]);
    let times = report(folder.path()).times.remove(0);
    assert_eq!((times.count, times.other_calendars, times.calendar.as_str()), (2, 1, "standard"));
    assert!(times.odd[0].contains("b.zarr are of the calendar 360_day"), "{:?}", times.odd);
}

#[test]
fn a_store_that_cannot_be_described_is_odd_beside_others_and_an_error_alone() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), "a.zarr", HOURS, &[0.0, 1.0, 2.0]);
    let bad = folder.path().join("b.zarr");
    std::fs::create_dir(&bad).unwrap();
    std::fs::write(bad.join("zarr.json"), "{").unwrap();
    let report = report(folder.path());
    assert_eq!((report.files, report.times[0].count), (1, 3));
    assert!(report.unreadable.len() == 1 && report.unreadable[0].contains("b.zarr"), "{:?}", report.unreadable);
    assert!(report.to_string().contains("odd: ") && report.to_string().contains("b.zarr/zarr.json"), "{report}");
    let error = look(Format::Zarr, &[bad], &[""], &DimensionNames::default(), None).unwrap_err().to_string();
    assert!(error.contains("b.zarr/zarr.json"), "{error}");
}
