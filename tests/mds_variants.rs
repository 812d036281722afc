//! Every kind of MDS file that a real model wrote (`tests/fixtures/mds-variants.md`): what the program reads of each is
//! what stands in it, and what its twins give.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use oceanspec::config::without_tile;
use oceanspec::grid::{Extent, Layout, Periodic, Window};
use oceanspec::source::mds::{Endian, GridFile, Listing, MdsCatalog, MdsField, MdsRequest, Meta, RecordChoice, scan};
use support::compare::assert_same_result;
use support::result::{ResultArrays, assert_same_arrays, assert_same_bits};
use support::run::{Run, toml_text};

/// The folder, unpacked once.
fn variants() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // A static is never dropped; a folder of one name is replaced, and does not pile up.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mds-variants-of-the-tests");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mds-variants.tar.xz");
        let status = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&folder).status().unwrap();
        assert!(status.success(), "tar -xf {}: {status}", archive.display());
        folder.join("mds-variants")
    })
}

/// A `.data` file read without the program: its values as float64, in the order in which they lie, and its sizes.
struct Decoded {
    values: Vec<f64>,
    /// i, j, level; first and size of the file's part, and the whole.
    first: [usize; 3],
    size: [usize; 3],
    whole: [usize; 3],
}

impl Decoded {
    fn of(path: &Path) -> Decoded {
        let bytes = fs::read(path).unwrap();
        let text = fs::read_to_string(path.with_extension("meta")).unwrap();
        let inside = |name: &str| {
            let after = text.split_once(name).unwrap().1.split_once('[').unwrap().1;
            after.split_once(']').unwrap().0.to_owned()
        };
        let list = inside("dimList");
        let numbers: Vec<usize> =
            list.split([',', ' ', '\n']).filter(|word| !word.is_empty()).map(|n| n.parse().unwrap()).collect();
        let (mut first, mut size, mut whole) = ([0; 3], [1; 3], [1; 3]);
        for (at, dimension) in numbers.chunks(3).enumerate() {
            (first[at], size[at], whole[at]) = (dimension[1] - 1, dimension[2] + 1 - dimension[1], dimension[0]);
        }
        let values = if inside("dataprec").contains("float64") {
            bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_be_bytes(*bytes)).collect()
        } else {
            bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_be_bytes(*bytes))).collect()
        };
        Decoded { values, first, size, whole }
    }

    /// Planes in the file.
    fn planes(&self) -> usize {
        self.values.len() / (self.size[0] * self.size[1])
    }

    fn plane(&self, at: usize) -> &[f64] {
        let points = self.size[0] * self.size[1];
        &self.values[at * points..(at + 1) * points]
    }

    /// One plane of the whole, from a file and, if it is a tile, its neighbours.
    fn whole_plane(tiles: &[Decoded], at: usize) -> Vec<f64> {
        let [ni, nj, _] = tiles[0].whole;
        let mut whole = vec![f64::NAN; ni * nj];
        for tile in tiles {
            for (row, values) in tile.plane(at).chunks(tile.size[0]).enumerate() {
                let start = (tile.first[1] + row) * ni + tile.first[0];
                whole[start..start + tile.size[0]].copy_from_slice(values);
            }
        }
        assert!(whole.iter().all(|value| !value.is_nan()));
        whole
    }
}

fn request(folder: &str, timestep: f64, level: usize, fields: &[(&str, Option<RecordChoice>)]) -> MdsRequest {
    let field = |(name, record): &(&str, Option<RecordChoice>)| MdsField {
        name: (*name).to_owned(),
        key: "u",
        record: record.clone(),
    };
    MdsRequest {
        folder: variants().join(folder),
        pattern: "{name}.{iter:010}.data".parse().unwrap(),
        fields: fields.iter().map(field).collect(),
        level: level as u64,
        seconds_per_iteration: timestep,
        epoch_seconds: 0,
        endian: Endian::Big,
        value_bytes: 4,
        shape: None,
        time: None,
        fail_on_gaps: true,
        layout: Layout::Plain(Periodic::default()),
        shrunk_mask: None,
    }
}

fn number(number: usize) -> Option<RecordChoice> {
    Some(RecordChoice::Number(number as u64))
}

fn name(name: &str) -> Option<RecordChoice> {
    Some(RecordChoice::Name(name.to_owned()))
}

fn window(catalog: &MdsCatalog) -> Window {
    Window { face: 0, j: 0..catalog.extent.nj, i: 0..catalog.extent.ni }
}

/// A window of a field at a step, [j, i].
fn read(catalog: &MdsCatalog, field: usize, step: usize, window: &Window) -> Vec<f64> {
    let (mut stored, width) = (Vec::new(), window.i.len());
    let block = catalog.open_block(field, step..step + 1).unwrap();
    block.read(window, &mut stored).unwrap();
    let mut out = vec![f64::NAN; window.points()];
    for (row, out) in out.chunks_exact_mut(width).enumerate() {
        block.decode_row(&stored, (row, width), out);
    }
    out
}

/// Part of a whole plane.
fn part(plane: &[f64], ni: usize, window: &Window) -> Vec<f64> {
    window.j.clone().flat_map(|j| plane[j * ni + window.i.start..j * ni + window.i.end].to_vec()).collect()
}

/// All files of a field at an iteration, read without the program.
fn decoded(folder: &str, name: &str, iteration: u64) -> Vec<Decoded> {
    let listing = Listing::read(&variants().join(folder), &"{name}.{iter:010}.data".parse().unwrap()).unwrap();
    let files = listing.files_of(name);
    let files = files.iter().filter(|file| file.iteration == Some(iteration));
    files.map(|file| Decoded::of(&variants().join(folder).join(&file.file))).collect()
}

const FOLDERS: [(&str, f64); 4] = [("single", 25.0), ("tiled", 25.0), ("diag", 25.0), ("cs32", 1200.0)];

/// Every level and record of every snapshot, restart file and grid field, over the whole and over parts that cut through
/// tiles; and no file of the folder is left over.
#[test]
fn every_file_holds_what_is_read_of_it() {
    let mut seen = BTreeSet::new();
    for (folder, timestep) in FOLDERS {
        let path = variants().join(folder);
        let listing = Listing::read(&path, &"{name}.{iter:010}.data".parse().unwrap()).unwrap();
        let sorted = listing.sorted();
        assert!(sorted.stray.is_empty(), "{:?}", sorted.stray);
        for (field, files) in &sorted.fields {
            for facts in listing.examine(files.clone()) {
                assert_eq!(facts.length.clone().ok(), facts.expected_bytes(4), "{}", facts.listed.file);
                seen.insert(path.join(&facts.listed.file));
            }
            if files.iter().any(|file| file.iteration.is_some()) {
                check_field(folder, field, timestep);
            }
        }
        for (field, files) in &sorted.grid {
            let file =
                GridFile::open(&path, field, (Endian::Big, 4), [40, 48]).unwrap_or_else(|e| panic!("{field}: {e:?}"));
            let tiles: Vec<Decoded> = files.iter().map(|file| Decoded::of(&path.join(file))).collect();
            assert_eq!(file.is_tiled(), tiles.len() > 1);
            let [levels, nj, ni] = file.shape();
            assert_eq!(levels, tiles[0].planes());
            for level in 1..=levels {
                let whole = Decoded::whole_plane(&tiles, level - 1);
                for (j, i) in [(0..nj, 0..ni), (nj / 3..nj / 2 + 1, ni / 3..ni / 2 + 1)] {
                    let window = Window { face: 0, j, i };
                    let ours = file.read(&Extent::plain(nj, ni, Periodic::default()), level, &window).unwrap();
                    assert_same_bits(&ours, &part(&whole, ni, &window), &format!("{folder}/{field} level {level}"));
                }
            }
            seen.extend(files.iter().map(|file| path.join(file)));
        }
    }
    let mut files = 0;
    for (folder, _) in FOLDERS {
        for entry in fs::read_dir(variants().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().unwrap() == "data" {
                assert!(seen.contains(&path), "{} was not read", path.display());
                Meta::read(&path.with_extension("meta")).unwrap();
                files += 1;
            }
        }
    }
    assert_eq!(files, seen.len());
    assert!(files > 140, "{files}");
}

/// A field of one folder: all times, records and levels, each by number and, where it has a name, by name.
fn check_field(folder: &str, field: &str, timestep: f64) {
    let mut first = request(folder, timestep, 1, &[(field, number(1))]);
    if field == "dynAve" {
        // Its first mean is shorter.
        first.time = Some([432_000, 1_296_001]);
    }
    let catalog = scan(&first, None).unwrap_or_else(|error| panic!("{folder}/{field}: {error}"));
    let meta = Meta::read(&a_meta(folder, field)).unwrap();
    let records = meta.records.unwrap() as usize;
    let levels = meta.dimensions.get(2).map_or(1, |&levels| levels as usize);
    assert_eq!(catalog.fields[0].planes as usize, records * levels);
    for step in 0..catalog.time.len() {
        let tiles = decoded(folder, field, catalog.time.iteration(step));
        assert_eq!(tiles[0].planes(), records * levels);
        for plane in 0..records * levels {
            let (record, level) = (plane / levels, plane % levels + 1);
            let whole = Decoded::whole_plane(&tiles, plane);
            let by_name = meta.fields.get(record).filter(|_| meta.fields.len() == records);
            for choice in [number(record + 1)].into_iter().chain(by_name.map(|text| name(text))) {
                let request = MdsRequest { time: first.time, ..request(folder, timestep, level, &[(field, choice)]) };
                let catalog = scan(&request, None).unwrap();
                let (nj, ni) = (catalog.extent.nj, catalog.extent.ni);
                assert_eq!([ni, nj], tiles[0].whole[..2]);
                for (j, i) in [(0..nj, 0..ni), (nj / 2 - 3..nj / 2 + 2, ni / 2 - 5..ni / 2 + 4), (nj - 1..nj, 0..1)] {
                    let window = Window { face: 0, j, i };
                    let ours = read(&catalog, 0, step, &window);
                    let what = format!("{folder}/{field} record {} level {level} step {step}", record + 1);
                    assert_same_bits(&ours, &part(&whole, ni, &window), &what);
                }
            }
        }
    }
}

/// A `.meta` of the field.
fn a_meta(folder: &str, field: &str) -> PathBuf {
    let folder = variants().join(folder);
    let mut names: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let is_its = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&format!("{field}.")) && name.ends_with(".meta")
    };
    names.iter().find(is_its).unwrap().clone()
}

/// Tiles, records of two-dimensional files and restart slices are the state dumps of the same time.
#[test]
fn twins_hold_the_same_values() {
    for level in 1..=6 {
        let state = scan(&request("single", 25.0, level, &[("U", None), ("V", None)]), None).unwrap();
        let all = window(&state);
        let tiled = scan(&request("tiled", 25.0, level, &[("U", None), ("V", None)]), None).unwrap();
        assert_eq!((state.time.len(), state.levels), (2, 6));
        assert_eq!(tiled.time, state.time);
        // By name the level's slice; by number the slice itself.
        let names = [("pickup", name("Uvel")), ("pickup", name("Vvel"))];
        let by_name = scan(&request("single", 25.0, level, &names), None).unwrap();
        let slices = [("pickup", number(level)), ("pickup", number(6 + level))];
        let by_number = scan(&request("single", 25.0, level, &slices), None).unwrap();
        assert_eq!((by_name.levels, by_name.number.bytes()), (6, 8));
        for field in [0, 1] {
            let ours = read(&state, field, 0, &all);
            assert!(ours.iter().any(|value| *value != 0.0));
            assert_same_bits(&read(&tiled, field, 0, &all), &ours, "tiles");
            let exact = read(&by_name, field, 0, &all);
            let rounded: Vec<f64> = exact.iter().map(|&value| f64::from(value as f32)).collect();
            assert_same_bits(&rounded, &ours, "restart file by name");
            assert_same_bits(&read(&by_number, field, 0, &all), &exact, "restart file by number");
            assert!(exact.iter().zip(&ours).any(|(exact, rounded)| exact != rounded));
        }
    }
    let state = scan(&request("single", 25.0, 1, &[("U", None), ("V", None)]), None).unwrap();
    for folder in ["single", "tiled"] {
        for records in [[number(1), number(2)], [name("UVEL"), name("VVEL")]] {
            let fields = records.map(|record| ("surfUV", record));
            let surface = scan(&request(folder, 25.0, 1, &fields), None).unwrap();
            for field in [0, 1] {
                let (ours, expected) =
                    [&surface, &state].map(|catalog| read(catalog, field, 0, &window(&state))).into();
                assert_same_bits(&ours, &expected, "surfUV");
            }
        }
        let friendly = scan(&request(folder, 25.0, 1, &[("UVEL", None), ("VVEL", None)]), None).unwrap();
        let ours = read(&friendly, 1, 0, &window(&state));
        assert_same_bits(&ours, &read(&state, 1, 0, &window(&state)), "surfUV by the fields' names");
        assert!(friendly.notes[0].contains("surfUV"), "{:?}", friendly.notes);
    }
    // The restart file that is overwritten in turn is of the second dump's time.
    for kind in ["single", "tiled"] {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(variants().join(kind)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with("pickup.ckptA") {
                fs::copy(entry.path(), folder.path().join(name.replace("ckptA", "0000010512"))).unwrap();
            }
        }
        for level in [1, 3, 6] {
            let mut restart = request(kind, 25.0, level, &[("pickup", name("Vvel"))]);
            restart.folder = folder.path().to_owned();
            let restart = scan(&restart, None).unwrap();
            let dump = scan(&request("single", 25.0, level, &[("V", None)]), None).unwrap();
            let exact = read(&restart, 0, 0, &window(&dump));
            let rounded: Vec<f64> = exact.iter().map(|&value| f64::from(value as f32)).collect();
            assert_same_bits(&rounded, &read(&dump, 0, 1, &window(&dump)), &format!("{kind}: pickup.ckptA"));
        }
    }
}

/// A cubed sphere, six faces side by side: a plain rectangle here.
#[test]
fn a_cubed_sphere_is_a_rectangle() {
    let fields = [("dynSnap", name("UVEL")), ("dynSnap", name("VVEL")), ("dynSnap", name("THETA"))];
    let catalog = scan(&request("cs32", 1200.0, 2, &fields), None).unwrap();
    assert_eq!((catalog.extent.nj, catalog.extent.ni, catalog.time.len()), (32, 192, 3));
    assert_eq!(catalog.time.interval(), 5.0 * 86_400.0);
    assert_eq!(catalog.time.date(0), "1970-01-21T00:00:00");
    let raw = fs::read(variants().join("cs32/dynSnap.0000001800.data")).unwrap();
    for (field, [j, i]) in [[0, 0], [17, 100], [31, 191]].into_iter().enumerate() {
        // Two levels a record, of which the second.
        let at = 4 * (((2 * field + 1) * 32 + j) * 192 + i);
        let expected = f64::from(f32::from_be_bytes(raw[at..at + 4].try_into().unwrap()));
        assert_eq!(read(&catalog, field, 1, &Window { face: 0, j: j..j + 1, i: i..i + 1 }), [expected]);
        assert_ne!(expected, 0.0);
    }
    let error = scan(&request("cs32", 25.0, 1, &fields), None).unwrap_err().to_string();
    assert!(error.contains("timestep = \"25 s\"") && error.contains("1200 s"), "{error}");
}

/// A configuration of a folder; snapshots and grid of the folder itself unless `grid` is another.
fn run_of(folder: &tempfile::TempDir, path: &Path, grid: &Path, lines: &str, segment: usize) -> Run {
    let config = folder.path().join("run.toml");
    let text = format!(
        "[input]\npath = {}\ngrid = {}\ntimestep = \"25 s\"\nepoch = 2011-09-10T00:00:00\n{lines}\n\
         [spectrum]\nsegment = \"{segment} samples\"\n[[bands]]\nname = \"all\"\nlimits = [0.0, 0.1]\n",
        toml_text(path),
        toml_text(grid)
    );
    fs::write(&config, text).unwrap();
    Run::of(config)
}

#[test]
fn runs_on_tiles_are_runs_on_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let [single, tiled] = ["single", "tiled"].map(|name| {
        let inside = tempfile::tempdir_in(folder.path()).unwrap();
        let path = variants().join(name);
        (run_of(&inside, &path, &path, "", 2), inside)
    });
    for level in 1..=6 {
        let level_set = format!("input.level={level}");
        let [one, other] = [(&single.0, "single"), (&tiled.0, "tiled")]
            .map(|(run, name)| run.set(&level_set).to(folder.path().join(format!("{name}-{level}.zarr"))));
        assert_same_result(&other, &one, &level_set);
        let result = ResultArrays::open(&one);
        assert_eq!(result.values("time").data, [259_200.0, 262_800.0]);
        assert!(result.values("u_mean").data.iter().any(|mean| mean.is_finite()), "level {level}");
        #[cfg(feature = "mpi")]
        if level == 1 || level == 6 {
            let two = tiled.0.set(&level_set).on(2).to(folder.path().join(format!("ranks-{level}.zarr")));
            assert_same_result(&two, &one, &format!("{level_set} on 2 ranks"));
        }
    }
    // Selections within and across tiles, and the tiles' masks for whole files.
    for (number, sets) in
        [["select.i=[20, 30]", "select.j=[15, 25]"], ["select.i=[26, 40]", "select.stride=2"]].iter().enumerate()
    {
        let [one, other] = [(&single.0, "s"), (&tiled.0, "t")]
            .map(|(run, name)| run.set_all(sets).to(folder.path().join(format!("{name}-{number}.zarr"))));
        assert_same_result(&other, &one, &sets.join(" "));
    }
    let grid = format!("input.grid={}", toml_text(&variants().join("tiled")));
    let mixed = single.0.set(grid).to(folder.path().join("mixed.zarr"));
    assert_same_result(&mixed, &folder.path().join("single-1.zarr"), "grid in tiles");
}

/// One tile of 2 x 2 away from all snapshots: taken for land if the grid says so, else an error.
#[test]
fn a_blank_tile_must_be_land() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiles");
    fs::create_dir(&path).unwrap();
    let copy = |skip: &dyn Fn(&str) -> bool| {
        for entry in fs::read_dir(variants().join("tiled")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if !skip(&name) {
                fs::copy(entry.path(), path.join(&name)).unwrap();
            }
        }
    };
    let is_last = |name: &str| without_tile(name).is_some_and(|(_, tile)| tile == [2, 2]);
    copy(&|name| is_last(name) && (name.starts_with("U.") || name.starts_with("V.")));
    let run = run_of(&folder, &path, &path, "", 2);
    run.fails(3, &["no tile of U lies at j = 20 to 39, i = 24 to 47, where the grid has water", "[input] grid"]);
    for entry in fs::read_dir(&path).unwrap() {
        let file = entry.unwrap().path();
        if is_last(file.file_name().unwrap().to_str().unwrap()) {
            fs::remove_file(file).unwrap();
        }
    }
    let output = folder.path().join("blank.zarr");
    let outcome = run.set("prepare.rotate=false").command(&output).run().succeeded();
    assert!(outcome.stderr.contains("no tile of V lies at j = 20 to 39"), "{}", outcome.stderr);
    let whole = run.set(format!("input.path={}", toml_text(&variants().join("single"))));
    let whole = whole.set(format!("input.grid={}", toml_text(&variants().join("single")))).set("prepare.rotate=false");
    let [ours, all] = [output, whole.to(folder.path().join("all.zarr"))].map(|path| ResultArrays::open(&path));
    let [mask, of_all] = [&ours, &all].map(|result| result.values("mask"));
    let [mean, mean_of_all] = [&ours, &all].map(|result| result.values("v_mean"));
    for (j, i) in (0..40).flat_map(|j| (0..48).map(move |i| (j, i))) {
        let blank = j >= 20 && i >= 24;
        assert_eq!(mask.at(&[j, i]), if blank { 0.0 } else { of_all.at(&[j, i]) });
        // Next to the blank tile v's northern face is dry.
        if !blank && j != 19 {
            assert_same_bits(&[mean.at(&[j, i])], &[mean_of_all.at(&[j, i])], &format!("{j}, {i}"));
        }
    }
}

/// Several fields in a file, by all the ways to name them.
#[test]
fn diagnostics_by_number_by_name_and_by_the_fields_name() {
    let folder = tempfile::tempdir().unwrap();
    let only = folder.path().join("state3d");
    fs::create_dir(&only).unwrap();
    for entry in fs::read_dir(variants().join("diag")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("state3d") {
            fs::copy(entry.path(), only.join(entry.file_name())).unwrap();
        }
    }
    let grid = variants().join("single");
    let state = "u = \"state3d\"\nv = \"state3d\"\n";
    for level in 1..=3 {
        let result = |path: &Path, lines: &str, name: &str| {
            let inside = tempfile::tempdir_in(folder.path()).unwrap();
            let run = run_of(&inside, path, &grid, &format!("{lines}level = {level}"), 3);
            let output = folder.path().join(format!("{name}-{level}.zarr"));
            let outcome = run.command(&output).run().succeeded();
            assert_eq!(
                outcome.stderr.contains("the files have 3 levels, hFacC has 6"),
                level > 1,
                "{}",
                outcome.stderr
            );
            (output, outcome.stderr)
        };
        let diag = variants().join("diag");
        let (expected, _) = result(&diag, &format!("{state}record = [1, 2]\n"), "number");
        let values = ResultArrays::open(&expected);
        assert_eq!(values.values("time").data, [432_000.0, 864_000.0, 1_296_000.0]);
        for (name, path, lines) in [
            ("name", &diag, format!("{state}record = [\"UVEL\", \"VVEL\"]\n")),
            ("pattern", &diag, "u = \"UVEL\"\nv = \"VVEL\"\npattern = \"state3d.{iter:010}.data\"\n".into()),
            ("mixed", &diag, format!("{state}record = [\"UVEL\", 2]\n")),
            ("friendly", &only, "u = \"UVEL\"\nv = \"VVEL\"\n".into()),
        ] {
            let (ours, log) = result(path, &lines, name);
            assert_same_arrays(&ours, &expected, &format!("{name}, level {level}"));
            assert_eq!(log.contains("by their .meta"), name == "friendly", "{log}");
        }
        // The mean of u at a point without land, from the files themselves.
        let mean = values.values("u_mean");
        let series = |j: usize, i: usize| {
            [17_280, 34_560, 51_840].map(|at| decoded("diag", "state3d", at)[0].plane(level - 1)[j * 48 + i])
        };
        let mut compared = 0;
        for (j, i) in (0..40).flat_map(|j| (0..47).map(move |i| (j, i))) {
            let (west, east) = (series(j, i), series(j, i + 1));
            if mean.at(&[j, i]).is_finite() && west[0] * east[0] != 0.0 {
                let expected = west.iter().chain(&east).sum::<f64>() / 6.0;
                assert!((mean.at(&[j, i]) - expected).abs() < 1e-7, "{j}, {i}");
                compared += 1;
            }
        }
        assert!(compared > 500, "{compared}");
    }
    let run = run_of(&folder, &variants().join("diag"), &grid, "u = \"UVEL\"\nv = \"VVEL\"\n", 3);
    run.fails(3, &["dynAve, state3d", "u = \"dynAve\"", "record = [\"UVEL\", \"VVEL\"]", "\"dynAve.{iter:010}.data\""]);
}

/// Means over five days, the first over two: refused with the selection that helps; with it, the times are the middles.
#[test]
fn means_over_intervals_stand_at_their_middles() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "u = \"dynAve\"\nv = \"dynAve\"\nrecord = [\"UVEL\", \"VVEL\"]\nlevel = 2\n";
    let run = run_of(&folder, &variants().join("diag"), &variants().join("single"), lines, 2);
    let message = run.fails(
        3,
        &[
            "uneven time axis",
            "dynAve.0000017280.data is a mean over 2 days",
            "a mean over 5 days",
            "[select] time = [",
        ],
    );
    let advice = message.split_once("[select] time = ").unwrap().1;
    let advice = &advice[..=advice.find(']').unwrap()];
    let result = ResultArrays::open(&run.set(format!("select.time={advice}")).to(folder.path().join("means.zarr")));
    assert_eq!(result.values("time").data, [648_000.0, 1_080_000.0]);
    assert_eq!(result.values("time_status").data, [0.0, 0.0]);
    let metadata = fs::read_to_string(folder.path().join("means.zarr/time/zarr.json")).unwrap();
    for part in ["middle of the interval", "means over 5 days"] {
        assert!(metadata.contains(part), "{metadata}");
    }
    run.set("input.timestep=\"50 s\"").fails(3, &["[input] timestep = \"50 s\"", "25 s", "dynAve.0000017280.data"]);
}
