//! Grids of small Zarr stores: what is found, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::grid::{Extent, GridField, GridFiles, Periodic, Window};

/// A store of version 2 without compression.
struct Store<'a>(&'a Path);

impl<'a> Store<'a> {
    /// With attributes of the group, as JSON.
    fn new(path: &'a Path, attributes: &str) -> Self {
        fs::create_dir_all(path).unwrap();
        fs::write(path.join(".zgroup"), r#"{"zarr_format": 2}"#).unwrap();
        fs::write(path.join(".zattrs"), attributes).unwrap();
        Store(path)
    }

    /// An array in one chunk, with more attributes, as JSON, such as `"units": "degree"`.
    fn array(&self, name: &str, dimensions: &[(&str, usize)], value: impl Fn(usize) -> f32, attributes: &str) -> &Self {
        let folder = self.0.join(name);
        fs::create_dir_all(&folder).unwrap();
        let shape: Vec<usize> = dimensions.iter().map(|(_, length)| *length).collect();
        let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
        let comma = if attributes.is_empty() { "" } else { ", " };
        fs::write(folder.join(".zattrs"), format!(r#"{{"_ARRAY_DIMENSIONS": {names:?}{comma}{attributes}}}"#)).unwrap();
        let document = format!(
            r#"{{"zarr_format": 2, "shape": {shape:?}, "chunks": {shape:?}, "dtype": "<f4", "order": "C", "compressor": null, "filters": null, "fill_value": null}}"#
        );
        fs::write(folder.join(".zarray"), document).unwrap();
        let values: Vec<u8> = (0..shape.iter().product()).flat_map(|at| value(at).to_le_bytes()).collect();
        fs::write(folder.join(vec!["0"; shape.len()].join(".")), values).unwrap();
        self
    }

    /// Two hours of u and v on a grid of latitude and longitude.
    fn velocities(&self, [nj, ni]: [usize; 2]) -> &Self {
        let velocity = [("time", 2), ("lat", nj), ("lon", ni)];
        self.array("time", &[("time", 2)], |at| at as f32, r#""units": "hours since 2000-01-01""#)
            .array("lon", &[("lon", ni)], |at| at as f32, "")
            .array("lat", &[("lat", nj)], |at| at as f32, "")
            .array("U", &velocity, |_| 0.5, "")
            .array("V", &velocity, |_| 0.25, "")
    }
}

fn request(path: &Path, grid: Option<&Path>, grid_request: GridRequest) -> GriddedRequest {
    GriddedRequest {
        format: Format::Zarr,
        paths: vec![path.to_owned()],
        fields: vec![("U".into(), "u"), ("V".into(), "v")],
        level: 1,
        time: None,
        epoch: None,
        fail_on_gaps: true,
        periodic: Periodic::default(),
        missing_chunks_fail: false,
        grid_paths: grid.map(|path| vec![path.to_owned()]),
        grid_extent: None,
        grid: grid_request,
        centre: true,
    }
}

fn names(field: GridField, factors: &[&str]) -> GridRequest {
    let factors = factors.iter().map(|&factor| factor.to_owned()).collect();
    GridRequest { names: vec![GridName { field, factors }], ..GridRequest::default() }
}

/// What comes of a grid in a store of its own, of which `write` writes the arrays, beside 5 x 4 points of data.
fn found(grid_request: GridRequest, write: impl Fn(&Store<'_>)) -> Result<Scanned, String> {
    let folder = tempfile::tempdir().unwrap();
    let [data, grid] = ["data.zarr", "grid.zarr"].map(|name| folder.path().join(name));
    Store::new(&data, "{}").velocities([4, 5]);
    write(&Store::new(&grid, "{}"));
    let scanned = scan(&request(&data, Some(&grid), grid_request)).map_err(|error| error.to_string())?;
    let grid = scanned.grid.as_ref().unwrap();
    let window = Window { face: 0, j: 0..4, i: 0..5 };
    for field in GridField::ALL.into_iter().filter(|field| grid.has(*field)) {
        assert_eq!(grid.read(field, 1, &window).unwrap().len(), 20);
    }
    Ok(scanned)
}

fn has_words(result: Result<Scanned, String>, words: &[&str]) {
    let error = result.map(|_| ()).unwrap_err();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}

#[test]
fn arrays_of_another_grid_are_refused() {
    let none = GridRequest::default;
    for (nj, ni) in [(8, 10), (4, 6), (3, 5), (4, 4)] {
        let result = found(none(), |store| {
            store.array("tmask", &[("y", nj), ("x", ni)], |_| 1.0, "");
        });
        let points = format!("{ni} x {nj} points (ni x nj) on 1 face(s)");
        let words = ["grid.zarr: tmask, which is hFacC of the grid", &points, "5 x 4 cells on 1", "grid_names.hFacC"];
        has_words(result, &words);
    }
    let area = |store: &Store<'_>| {
        store.array("e1", &[("y", 4), ("x", 6)], |_| 1.0, "");
    };
    has_words(found(names(GridField::Ra, &["e1"]), area), &["e1, which is RAC", "6 x 4 points", "grid_names.rA"]);
    let angle = |store: &Store<'_>| {
        store.array("angle", &[("y", 4), ("x", 6)], |_| 0.0, "");
    };
    has_words(
        found(none(), angle),
        &["angle, which is AngleCS", "6 x 4 points", "grid_names.angle can name another array"],
    );
    let line = |store: &Store<'_>| {
        store.array("line", &[("x", 5)], |_| 1.0, "");
    };
    has_words(found(names(GridField::HFacC, &["line"]), line), &["line, which is hFacC", "5 x 1 points"]);
    let two = |store: &Store<'_>| {
        let (y, x) = ([("y", 4), ("x", 5)], [("y", 4), ("xu", 6)]);
        store.array("glamt", &y, |_| 1.0, "").array("gphit", &x, |_| 1.0, "");
    };
    has_words(found(none(), two), &["glamt and gphit differ: 5 and 6 columns", "grid_names"]);
}

#[test]
fn masks_of_faces_have_the_points_that_velocities_can_have() {
    let mask = |name: &'static str, nj: usize, ni: usize| {
        move |store: &Store<'_>| {
            store.array(name, &[("yu", nj), ("xu", ni)], |at| (at % ni) as f32 / 8.0, "");
        }
    };
    let near = GridRequest::default;
    let far = || GridRequest { shifts: [-1, -1], far: [true, true], ..GridRequest::default() };
    // Where u and v stay at their own points.
    let kept = || GridRequest { shifts: [0, 0], ..far() };
    for (request, name, [nj, ni], good) in [
        (near(), "umask", [4, 6], true),
        (near(), "umask", [4, 4], false),
        (near(), "umask", [5, 5], false),
        (near(), "vmask", [5, 5], true),
        (near(), "vmask", [3, 5], false),
        (kept(), "umask", [4, 4], true),
        (kept(), "umask", [4, 6], false),
        (kept(), "vmask", [3, 5], true),
        (kept(), "vmask", [3, 4], false),
        (far(), "umask", [4, 4], true),
        (far(), "umask", [4, 6], false),
        (far(), "vmask", [3, 5], true),
        (far(), "vmask", [4, 4], false),
    ] {
        let result = found(request, mask(name, nj, ni));
        assert_eq!(result.is_ok(), good, "{name} {ni} x {nj}: {:?}", result.err());
    }
}

#[test]
fn every_face_has_its_own_grid() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.zarr");
    let faces = [("face", 13), ("j", 3), ("i", 3)];
    let store = Store::new(&path, "{}");
    let velocity = [("time", 2), ("face", 13), ("j", 3), ("i", 3)];
    store
        .array("time", &[("time", 2)], |at| at as f32, r#""units": "hours since 2000-01-01""#)
        .array("U", &velocity, |_| 0.5, "")
        .array("V", &velocity, |_| 0.5, "")
        .array("XC", &faces, |at| at as f32, "")
        .array("YC", &faces, |at| at as f32 / 2.0, "");
    assert_eq!(scan(&request(&path, None, GridRequest::default())).unwrap().catalog.extent, Extent::llc(3));
    store.array("hFacC", &[("j", 3), ("i", 3)], |_| 1.0, "");
    let result = scan(&request(&path, None, GridRequest::default())).map_err(|error| error.to_string());
    has_words(result, &["hFacC, which is hFacC", "3 x 3 points (ni x nj) on 1 face(s)", "3 x 3 cells on 13"]);
}

#[test]
fn configured_names_that_are_not_there_are_refused() {
    let mask = |store: &Store<'_>| {
        store.array("landsea", &[("y", 4), ("x", 5)], |_| 1.0, "");
    };
    assert!(found(names(GridField::HFacC, &["landsea"]), mask).is_ok());
    has_words(
        found(names(GridField::HFacC, &["landsee"]), mask),
        &[r#"[input] grid_names.hFacC = "landsee": no array of that name in"#, "other file(s)", "U, V, landsea, lat"],
    );
    has_words(found(names(GridField::Ra, &["landsea", "1/dy"]), mask), &[r#"grid_names.rA = "dy""#]);
    has_words(found(names(GridField::Xc, &["nav"]), mask), &[r#"grid_names.XC = "nav""#]);
    let angle = GridRequest { angle: Some("nope".into()), ..GridRequest::default() };
    has_words(found(angle, mask), &[r#"[input] grid_names.angle = "nope""#]);
    let dimensions = |names: &[(&str, Role)]| GridRequest {
        dimensions: DimensionNames { names: names.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect() },
        ..GridRequest::default()
    };
    assert!(found(dimensions(&[("time", Role::Time), ("x", Role::I), ("lon", Role::I)]), mask).is_ok());
    has_words(
        found(dimensions(&[("time", Role::Time), ("tyme", Role::Time)]), mask),
        &[
            r#"[input] dimensions = { time = "tyme" }: "#,
            "no array with that dimension, nor have 1 other file(s); there are lat, lon, time, x, y",
        ],
    );
}

#[test]
fn depths_of_levels_are_no_depth_of_the_sea_floor() {
    let place = |result: Result<Scanned, String>| result.unwrap().grid.unwrap().place(GridField::HFacC);
    let levels = |store: &Store<'_>| {
        store.array("Depth", &[("Depth", 1)], |_| 10.0, "");
    };
    let scanned = found(GridRequest::default(), levels).unwrap();
    assert!(!scanned.grid.as_ref().unwrap().has(GridField::Depth));
    assert!(place(Ok(scanned)).starts_with("the values of U of "));
    let angle = |store: &Store<'_>| {
        store.array("angle", &[("bearing", 36)], |_| 10.0, "");
    };
    assert!(!found(GridRequest::default(), angle).unwrap().grid.unwrap().has(GridField::AngleCs));
    let floor = |store: &Store<'_>| {
        store.array("Depth", &[("y", 4), ("x", 5)], |_| 10.0, "");
    };
    assert!(found(GridRequest::default(), floor).unwrap().grid.unwrap().has(GridField::Depth));
}

#[test]
fn a_mask_that_is_1_on_land_is_none() {
    let lsm = |attributes: &'static str| {
        move |store: &Store<'_>| {
            store.array("lsm", &[("y", 4), ("x", 5)], |_| 1.0, attributes);
        }
    };
    let of_land = r#""standard_name": "land_binary_mask""#;
    let scanned = found(GridRequest::default(), lsm(of_land)).unwrap();
    assert!(scanned.grid.unwrap().place(GridField::HFacC).starts_with("the values of U of "));
    has_words(
        found(names(GridField::HFacC, &["lsm"]), lsm(of_land)),
        &["lsm is 1 on land (its standard_name is land_binary_mask), but hFacC is 1 in water", "grid_names.hFacC"],
    );
    let of_sea = r#""standard_name": "sea_binary_mask""#;
    assert!(found(names(GridField::HFacC, &["lsm"]), lsm(of_sea)).is_ok());
    let mask = |store: &Store<'_>| {
        store.array("mask", &[("y", 4), ("x", 5)], |_| 1.0, r#""standard_name": "land_area_fraction""#);
    };
    has_words(found(GridRequest::default(), mask), &["mask is 1 on land"]);
}

#[test]
fn masks_of_truths_are_read_and_those_of_other_types_refused() {
    let mask = |dtype: &'static str, name: &'static str| {
        move |store: &Store<'_>| {
            let folder = store.0.join(name);
            fs::create_dir_all(&folder).unwrap();
            let document = format!(
                r#"{{"zarr_format": 2, "shape": [4, 5], "chunks": [4, 5], "dtype": "{dtype}", "order": "C", "compressor": null, "filters": null, "fill_value": false}}"#
            );
            fs::write(folder.join(".zarray"), document).unwrap();
            fs::write(folder.join("0.0"), (0..20).map(|at| u8::from(at != 7)).collect::<Vec<u8>>()).unwrap();
        }
    };
    for name in ["mask", "hFacC"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.zarr");
        let store = Store::new(&path, "{}");
        store.velocities([4, 5]);
        mask("|b1", name)(&store);
        let grid = scan(&request(&path, None, GridRequest::default())).unwrap().grid.unwrap();
        let wet = grid.read(GridField::HFacC, 1, &Window { face: 0, j: 0..4, i: 0..5 }).unwrap();
        assert_eq!(wet, (0..20).map(|at| f64::from(u8::from(at != 7))).collect::<Vec<_>>());
    }
    let words = ["tmask, which by its name is the mask hFacC", "of another type (<f2)", "[input] grid_names.hFacC"];
    has_words(found(GridRequest::default(), mask("<f2", "tmask")), &words);
    // What goes before it counts.
    let both = |store: &Store<'_>| {
        mask("<f2", "tmask")(store);
        store.array("hFacC", &[("y", 4), ("x", 5)], |_| 1.0, "");
    };
    assert!(found(GridRequest::default(), both).is_ok());
    assert!(
        found(names(GridField::HFacC, &["other"]), |store| {
            mask("<f2", "tmask")(store);
            store.array("other", &[("y", 4), ("x", 5)], |_| 1.0, "");
        })
        .is_ok()
    );
}

#[test]
fn chunks_of_the_grid_that_are_not_stored_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.zarr");
    let store = Store::new(&path, "{}");
    store.velocities([4, 5]).array("hFacC", &[("k", 2), ("lat", 4), ("lon", 5)], |_| 1.0, "");
    let document = path.join("hFacC/.zarray");
    let text = fs::read_to_string(&document).unwrap().replace(r#""chunks": [2, 4, 5]"#, r#""chunks": [1, 4, 5]"#);
    fs::write(&document, text).unwrap();
    for level in 0..2 {
        fs::write(path.join(format!("hFacC/{level}.0.0")), 1_f32.to_le_bytes().repeat(20)).unwrap();
    }
    let grid = scan(&request(&path, None, GridRequest::default())).unwrap().grid.unwrap();
    assert_eq!(grid.missing_chunks(1, true).unwrap(), Vec::<String>::new());
    fs::remove_file(path.join("hFacC/1.0.0")).unwrap();
    fs::remove_file(path.join("lat/0")).unwrap();
    let [latitudes] = &grid.missing_chunks(1, false).unwrap()[..] else { panic!("latitudes alone") };
    let words = "not stored: 1 of the 1 chunks of lat in ";
    assert!(latitudes.starts_with(words) && latitudes.contains("the fill value, 0; "), "{latitudes}");
    let warnings = grid.missing_chunks(2, false).unwrap();
    let mask = warnings.iter().find(|text| text.contains("chunks of hFacC")).unwrap();
    assert!(warnings.len() == 2 && mask.contains("of this mask that is land, as it should be"), "{warnings:?}");
    let error = grid.missing_chunks(2, true).unwrap_err().to_string();
    assert!(error.contains("chunk (0) of lat: is not stored; [input] missing_chunks"), "{error}");
}

#[test]
fn a_level_that_the_mask_has_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.zarr");
    Store::new(&path, "{}").velocities([4, 5]).array(
        "hFacC",
        &[("k", 3), ("lat", 4), ("lon", 5)],
        |at| (at / 20) as f32,
        "",
    );
    let scanned = scan(&request(&path, None, GridRequest::default())).unwrap();
    let grid = scanned.grid.unwrap();
    let window = Window { face: 0, j: 1..2, i: 2..4 };
    let read = |level: usize| grid.read(GridField::HFacC, level, &window).map_err(|error| error.to_string());
    assert_eq!((read(1).unwrap(), read(3).unwrap()), (vec![0.0; 2], vec![2.0; 2]));
    let error = read(7).unwrap_err();
    assert!(error.contains("[input] level = 7") && error.contains("has 3 levels of hFacC"), "{error}");
    // One level is that of all.
    assert_eq!(grid.read(GridField::Xc, 7, &window).unwrap(), [2.0, 3.0]);
    let fields = &scanned.catalog.fields;
    let doubt = |level, of_mask| doubtful_level(fields, level, of_mask).unwrap_or_default();
    assert_eq!(doubt(7, 1), "U has no levels: [input] level = 7 has no effect");
    assert!(doubt(3, 3).contains("U has no levels, hFacC has 3: [input] level = 3 is that of the mask of land alone"));
    assert_eq!(doubt(1, 3), "");
}

#[test]
fn a_level_of_fields_that_may_not_be_the_masks_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let of = |levels: usize| {
        let path = folder.path().join(format!("{levels}.zarr"));
        let store = Store::new(&path, "{}");
        store.velocities([4, 5]);
        for name in ["U", "V"] {
            store.array(name, &[("time", 2), ("k", levels), ("lat", 4), ("lon", 5)], |_| 1.0, "");
        }
        scan(&request(&path, None, GridRequest::default())).unwrap().catalog.fields
    };
    let (one, many) = (of(1), of(3));
    assert!(doubtful_level(&one, 1, 50).unwrap().contains("U has 1 level, hFacC has 50: its first is taken"));
    assert_eq!(doubtful_level(&one, 1, 1), None);
    assert!(doubtful_level(&many, 2, 50).unwrap().contains("U has 3 levels, hFacC has 50"));
    assert_eq!(doubtful_level(&many, 1, 50), None);
    assert_eq!(doubtful_level(&many, 2, 3), None);
}

#[test]
fn a_tile_in_two_files_is_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (bi, name) in [(1, "U"), (2, "U"), (1, "V"), (2, "V")] {
        let path = folder.path().join(format!("{name}.{bi}.zarr"));
        let store = Store::new(&path, &format!(r#"{{"bi": {bi}, "bj": 1, "sNx": 3, "sNy": 4, "Nx": 6, "Ny": 4}}"#));
        store
            .array("time", &[("time", 2)], |at| at as f32, r#""units": "hours since 2000-01-01""#)
            .array("X", &[("X", 3)], |at| (10 * bi + at) as f32, "")
            .array("Y", &[("Y", 4)], |at| at as f32, "")
            .array(name, &[("time", 2), ("Y", 4), ("X", 3)], |_| 1.0, "");
        paths.push(path);
    }
    let request = GriddedRequest { paths, ..request(folder.path(), None, GridRequest::default()) };
    let grid = scan(&request).unwrap().grid.unwrap();
    let window = Window { face: 0, j: 1..2, i: 0..6 };
    assert_eq!(grid.read(GridField::Xc, 1, &window).unwrap(), [10.0, 11.0, 12.0, 20.0, 21.0, 22.0]);
    assert_eq!(grid.read(GridField::Yc, 1, &window).unwrap(), [1.0; 6]);
}

#[test]
fn what_is_kept_of_the_grid_is_counted() {
    let mask = |store: &Store<'_>| {
        store.array("tmask", &[("y", 4), ("x", 5)], |_| 1.0, "");
    };
    let grid = found(GridRequest::default(), mask).unwrap().grid.unwrap();
    let kept = grid.kept_bytes();
    // lon, lat and tmask in one chunk each, and the largest once more.
    assert!((160..2000).contains(&kept), "{kept}");
    grid.forget();
}
