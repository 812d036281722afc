//! Whole folders, read back from the files: seams, masks, centred currents, shrunk files, against `truth.json`.

use std::collections::{BTreeMap, HashMap};
use std::f64::consts::TAU;
use std::path::Path;

use serde_json::Value;

use super::layout::{Axis, Cell, FACES, Layout};
use super::projection::{CAP_EDGE, longitude};
use super::sphere::{Vector, angle, cross, dot, east_and_north, point, scaled, sum};
use super::{LlcSpec, synthesise_llc};
use crate::synth::BAD_VALUE;
use crate::terms::inertial_frequency;

fn make(spec: &LlcSpec) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    synthesise_llc(folder.path(), spec, &|_, _| {}).unwrap();
    folder
}

fn read_file(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(bytes.len() % 4, 0);
    bytes.chunks_exact(4).map(|b| f32::from_be_bytes(b.try_into().unwrap())).collect()
}

fn grid_field(dir: &Path, name: &str) -> Vec<f32> {
    read_file(&dir.join(format!("grid/{name}.data")))
}

fn snapshot(dir: &Path, name: &str, spec: &LlcSpec, step: usize) -> Vec<f32> {
    let ending = if spec.shrunk { ".shrunk" } else { "" };
    read_file(&dir.join(format!("mds/{name}.{:010}.data{ending}", spec.times().iteration(step))))
}

fn all_files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["", "mds", "grid"] {
        for entry in std::fs::read_dir(dir.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The low face that is a cell's high face across an axis.
fn high_faces(layout: Layout) -> HashMap<(Axis, Cell), (Axis, Cell)> {
    let low = layout.cells().flat_map(|cell| [(Axis::I, cell), (Axis::J, cell)]);
    low.filter_map(|(axis, cell)| Some((layout.behind(axis, cell)?, (axis, cell)))).collect()
}

fn numbers<const N: usize>(value: &Value) -> [f64; N] {
    let list: Vec<f64> = value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    list.try_into().unwrap()
}

/// The currents by the words of `truth.json` and its numbers alone, `t` seconds after the phases' reference.
fn velocity(truth: &Value, [longitude, latitude]: [f64; 2], t: f64) -> Vector {
    let currents = &truth["currents"];
    let (r, days) = (point(longitude, latitude), t / 86_400.0);
    let mut velocity = cross(numbers(&currents["mean"]["rotation"]), r);
    let phase = |wave: &Value, sign: f64| sign * dot(numbers(&wave["wavenumber"]), r) + wave["phase"].as_f64().unwrap();
    for tide in currents["tides"].as_array().unwrap() {
        let p = TAU * tide["frequency"].as_f64().unwrap() * days + phase(tide, -1.0);
        velocity = sum(velocity, scaled(p.cos(), cross(numbers(&tide["cosine"]), r)));
        velocity = sum(velocity, scaled(p.sin(), cross(numbers(&tide["sine"]), r)));
    }
    let inertial = &currents["inertial"];
    if !inertial.is_null() {
        let q = TAU * inertial_frequency(latitude).0 * days + phase(inertial, 1.0);
        let [east, north] = east_and_north(longitude, latitude);
        let (sin_2, cosine) = ((2.0 * latitude.to_radians()).sin(), latitude.to_radians().cos());
        // (2 z)³ (1 - z²) cos = sin³ 2 lat, with its sign.
        assert!(cosine >= 0.0);
        let radius = inertial["amplitude"].as_f64().unwrap() * sin_2.powi(3);
        velocity = sum(velocity, scaled(radius * q.cos(), east));
        velocity = sum(velocity, scaled(-radius * q.sin(), north));
    }
    velocity
}

fn truth(dir: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(dir.join("truth.json")).unwrap()).unwrap()
}

#[test]
fn files_have_the_layout_and_land_is_zero() {
    let spec = LlcSpec { nx: 8, nt: 3, scalar: true, levels: 2, ..LlcSpec::default() };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new");
    let seen = std::sync::Mutex::new(Vec::new());
    let summary = synthesise_llc(&dir, &spec, &|done, total| seen.lock().unwrap().push((done, total))).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
    let cells = FACES * 64;
    assert_eq!((summary.cells, summary.iterations), (cells as u64, [10_368, 10_656]));
    assert_eq!(summary.bytes.0, (15 + 3 * 2 + 3 * (2 * 2 + 1)) * cells as u64 * 4);
    assert_eq!(all_files(&dir).len(), 2 + 2 * 18 + 2 * 3 * 3);
    let meta = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    assert!(meta("grid/XC.meta").contains(" dimList = [\n     8,    1,    8,\n   104,    1,  104\n ];"));
    assert!(meta("grid/hFacS.meta").contains("   104,    1,  104,\n     2,    1,    2\n ];"));
    let velocity = meta("mds/V.0000010512.meta");
    assert!(velocity.contains(" nDims = [   3 ]") && velocity.contains("'VVEL    '"), "{velocity}");
    let eta = meta("mds/Eta.0000010512.meta");
    assert!(eta.contains(" nDims = [   2 ]") && eta.contains("'ETAN    '"), "{eta}");
    for (name, mask) in [("U", "hFacW"), ("V", "hFacS"), ("Eta", "hFacC")] {
        let mask = grid_field(&dir, mask);
        let values = snapshot(&dir, name, &spec, 1);
        assert_eq!(values.len(), if name == "Eta" { cells } else { 2 * cells });
        for (value, wet) in values.iter().zip(&mask) {
            assert_eq!(*value != 0.0, *wet > 0.0, "{name}");
            assert!(value.is_sign_positive() || *wet > 0.0, "land is +0");
        }
        let (upper, lower) = values.split_at(cells);
        let wet_below = lower.iter().zip(upper).filter(|(below, _)| **below != 0.0);
        assert!(wet_below.clone().count() > cells / 2 || name == "Eta");
        assert!(wet_below.into_iter().all(|(below, above)| *below == 0.5 * above));
    }
}

#[test]
fn files_are_the_same_for_any_number_of_threads() {
    let spec = LlcSpec { nx: 5, nt: 7, scalar: true, levels: 2, ..LlcSpec::default() };
    let with_threads = |threads: usize, spec: &LlcSpec| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        all_files(pool.install(|| make(spec)).path())
    };
    let one = with_threads(1, &spec);
    assert!(one == with_threads(3, &spec));
    assert!(one == with_threads(1, &spec));
    let other = with_threads(2, &LlcSpec { seed: 1, ..spec });
    assert_ne!(one["grid/Depth.data"], other["grid/Depth.data"]);
}

#[test]
fn masks_are_consistent_and_land_lies_where_readers_go_wrong() {
    for (nx, seed) in [(24, 0), (31, 5)] {
        let spec = LlcSpec { nx, nt: 2, levels: 3, seed, ..LlcSpec::default() };
        let folder = make(&spec);
        let layout = Layout { nx };
        let count = layout.cell_count();
        let [centre, west, south] = ["hFacC", "hFacW", "hFacS"].map(|name| grid_field(folder.path(), name));
        let depth = grid_field(folder.path(), "Depth");
        assert!(centre.iter().all(|&share| share == 0.0 || (0.2..=1.0).contains(&share)));
        assert!(centre.iter().filter(|&&share| share > 0.2 && share < 1.0).count() > count / 20);
        let at_seams = |axis: Axis, open: bool, mask: &[f32]| {
            let crosses = |cell: Cell| layout.behind(axis, cell).is_some_and(|(_, behind)| behind.facet != cell.facet);
            let mut seams: Vec<usize> = layout
                .cells()
                .filter(|&cell| crosses(cell) && (mask[layout.index(cell)] > 0.0) == open)
                .map(|cell| cell.facet)
                .collect();
            seams.dedup();
            seams
        };
        for open in [false, true] {
            assert_eq!(at_seams(Axis::I, open, &west[..count]), [0, 1, 2, 3, 4], "seed {seed}");
            assert_eq!(at_seams(Axis::J, open, &south[..count]), [2, 3, 4], "seed {seed}");
        }
        // Antarctica: south of faces 0 and 3 and past the last column of faces 9 and 12, open and closed.
        for facet in [0, 1, 3, 4] {
            let ni = layout.shape(facet)[1];
            let edge: Vec<bool> = (0..nx)
                .map(|along| if facet < 2 { (0, along) } else { (along, ni - 1) })
                .map(|(j, i)| centre[layout.index(Cell { facet, j, i })] > 0.0)
                .collect();
            assert!(edge.contains(&true), "facet {facet}, seed {seed}");
            assert!(edge.contains(&false) || facet == 1 || facet == 4, "facet {facet}, seed {seed}");
        }
        let wet = |level: usize| centre[level * count..][..count].iter().filter(|share| **share > 0.0).count();
        assert!((count * 7 / 10..count * 19 / 20).contains(&wet(0)), "{} of {count}", wet(0));
        assert!(wet(0) > wet(1) && wet(1) > wet(2) && wet(2) > count / 2);
        assert_eq!(depth.iter().filter(|depth| **depth > 0.0).count(), wet(0));
        for level in 0..3 {
            for cell in layout.cells() {
                let share = |mask: &[f32], cell: Cell| mask[level * count + layout.index(cell)];
                for (axis, mask) in [(Axis::I, &west), (Axis::J, &south)] {
                    let behind = layout.behind(axis, cell).map_or(cell, |(_, behind)| behind);
                    assert_eq!(share(mask, cell), share(&centre, cell).min(share(&centre, behind)));
                }
                let above = level.saturating_sub(1) * count + layout.index(cell);
                assert!(share(&centre, cell) == 0.0 || centre[above] > 0.0, "{cell:?}, level {level}");
            }
        }
    }
}

/// Lengths against the coordinates of the files, areas against the sphere.
#[test]
fn lengths_and_areas_are_those_of_the_sphere() {
    const R: f64 = 6_370_000.0;
    let spec = LlcSpec { nx: 30, nt: 2, ..LlcSpec::default() };
    let folder = make(&spec);
    let layout = Layout { nx: 30 };
    let field = |name: &str| grid_field(folder.path(), name);
    let [xc, yc, dxc, dyc, dxg, dyg] = ["XC", "YC", "DXC", "DYC", "DXG", "DYG"].map(field);
    let at = |cell: Cell| {
        let n = layout.index(cell);
        point(f64::from(xc[n]), f64::from(yc[n]))
    };
    for cell in layout.cells() {
        for (axis, lengths, sides) in [(Axis::I, &dxc, &dyg), (Axis::J, &dyc, &dxg)] {
            let length = f64::from(lengths[layout.index(cell)]);
            if let Some((_, behind)) = layout.behind(axis, cell) {
                let [a, b] = [at(cell), at(behind)];
                let far = R * dot(sum(a, scaled(-1.0, b)), sum(a, scaled(-1.0, b))).sqrt();
                assert!((far / length - 1.0).abs() < 1e-3, "{axis:?} {cell:?}: {far} m, {length} m");
            }
            // Cells of 3° by 1.5° and less.
            let side = f64::from(sides[layout.index(cell)]);
            assert!((20e3..340e3).contains(&length) && (20e3..340e3).contains(&side), "{cell:?}: {length} {side}");
        }
    }
    let whole = TAU * R * R * (1.0 + 78f64.to_radians().sin());
    for name in ["RAC", "RAW", "RAS", "RAZ"] {
        let areas = field(name);
        assert!(areas.iter().all(|area| *area > 0.0));
        let total: f64 = areas.iter().map(|area| f64::from(*area)).sum();
        // Great circles in place of parallels; about corners and faces, half a row at Antarctica more or less.
        assert!((total / whole - 1.0).abs() < 2e-3, "{name}: {}", total / whole - 1.0);
    }
    let squares = field("AngleCS").into_iter().zip(field("AngleSN")).map(|(cs, sn)| cs * cs + sn * sn);
    assert!(squares.into_iter().all(|one| (one - 1.0).abs() < 1e-6));
}

/// Centred by hand with the neighbours across seams, turned by the angles of the files, against the formulas at XC, YC:
/// at every wet cell with four wet sides, on three grids, beside seams and elsewhere. The error is below 4 / nx² of the
/// largest speed everywhere, and falls with the square of nx away from the cap's corners: near them finer grids have cells
/// nearer to where the axes turn without limit.
#[test]
fn centred_and_turned_currents_are_those_of_the_formulas_everywhere() {
    let mut errors = Vec::new();
    for nx in [16, 32, 64] {
        let spec = LlcSpec { nx, nt: 4, ..LlcSpec::default() };
        let folder = make(&spec);
        let dir = folder.path();
        let layout = Layout { nx };
        let high = high_faces(layout);
        let truth = truth(dir);
        let [xc, yc, cs, sn, west, south] =
            ["XC", "YC", "AngleCS", "AngleSN", "hFacW", "hFacS"].map(|name| grid_field(dir, name));
        let [u, v] = ["U", "V"].map(|name| snapshot(dir, name, &spec, 3));
        let seconds = 3.0 * 3600.0 - truth["phase_reference_seconds"].as_f64().unwrap();
        let value = |(axis, cell): (Axis, Cell)| {
            let n = layout.index(cell);
            let (values, mask) = if axis == Axis::I { (&u, &west) } else { (&v, &south) };
            (mask[n] > 0.0).then(|| f64::from(values[n]))
        };
        // Of cells beside a seam, and of all others.
        let (mut worst, mut away, mut fastest, mut counts) = ([0.0f64; 2], [0.0f64; 2], 0.0f64, [0; 2]);
        let corners = [0.0, 90.0, 180.0, 270.0].map(|east| point(longitude(east), CAP_EDGE));
        for cell in layout.cells() {
            let n = layout.index(cell);
            let mut at_seam = false;
            let mean = |axis: Axis, at_seam: &mut bool| {
                let beyond = *high.get(&(axis, cell))?;
                *at_seam |= beyond.1.facet != cell.facet;
                Some(0.5 * (value((axis, cell))? + value(beyond)?))
            };
            let (Some(u), Some(v)) = (mean(Axis::I, &mut at_seam), mean(Axis::J, &mut at_seam)) else { continue };
            let [cs, sn] = [f64::from(cs[n]), f64::from(sn[n])];
            let (east, north) = (cs * u - sn * v, sn * u + cs * v);
            let place = [f64::from(xc[n]), f64::from(yc[n])];
            let expected = velocity(&truth, place, seconds);
            let [along_east, along_north] = east_and_north(place[0], place[1]).map(|axis| dot(axis, expected));
            let error = (east - along_east).hypot(north - along_north);
            let at_seam = usize::from(at_seam);
            worst[at_seam] = worst[at_seam].max(error);
            if corners.iter().all(|corner| angle(*corner, point(place[0], place[1])) > 15f64.to_radians()) {
                away[at_seam] = away[at_seam].max(error);
            }
            fastest = fastest.max(along_east.hypot(along_north));
            counts[at_seam] += 1;
        }
        assert!(counts[0] > layout.cell_count() / 2 && counts[1] > 6 * nx, "{counts:?} cells");
        assert!(fastest > 0.2 && fastest < 0.4, "{fastest}");
        assert!(
            worst.iter().all(|error| *error < 4.0 / (nx * nx) as f64 * fastest),
            "nx = {nx}: {worst:?} of {fastest}"
        );
        errors.push(away);
    }
    for at_seam in [0, 1] {
        // 16 for an error of second order alone; the largest are not at the same place on all grids.
        let fall = errors[0][at_seam] / errors[2][at_seam];
        assert!((10.0..20.0).contains(&fall), "{errors:?}");
    }
}

/// Every wet value of U, V and Eta from the words and numbers of truth.json, at the middle of the cell's side.
#[test]
fn values_are_those_of_the_truth() {
    let spec = LlcSpec { nx: 6, nt: 400, scalar: true, meta: false, seed: 2, ..LlcSpec::default() };
    let folder = make(&spec);
    let dir = folder.path();
    let layout = Layout { nx: 6 };
    let truth = truth(dir);
    let [xc, yc] = ["XC", "YC"].map(|name| grid_field(dir, name));
    assert!(!dir.join("mds/U.0000010368.meta").exists() && !dir.join("grid/XC.meta").exists());
    for step in [0, 1, 200, 399] {
        let seconds = (step as f64 - 200.0) * 3600.0;
        let [u, v, eta] = ["U", "V", "Eta"].map(|name| snapshot(dir, name, &spec, step));
        for cell in layout.cells() {
            let n = layout.index(cell);
            for (axis, values) in [(Axis::I, &u), (Axis::J, &v)] {
                let place = layout.low_face(axis, cell);
                let expected = velocity(&truth, [place.longitude, place.latitude], seconds);
                let expected = dot(place.axes()[axis as usize], expected);
                assert!(values[n] == 0.0 || (f64::from(values[n]) - expected).abs() < 3e-8, "{axis:?} {cell:?}");
            }
            let sea = &truth["sea_level"];
            let r = point(f64::from(xc[n]), f64::from(yc[n]));
            let phase = TAU * sea["frequency"].as_f64().unwrap() * seconds / 86_400.0
                - dot(numbers(&sea["wavenumber"]), r)
                + sea["phase"].as_f64().unwrap();
            let expected = dot(numbers(&sea["steady"]), r) + sea["amplitude"].as_f64().unwrap() * phase.cos();
            // Coordinates of float32 move phases by some 1e-6.
            assert!(eta[n] == 0.0 || (f64::from(eta[n]) - expected).abs() < 3e-6, "{cell:?}: {} {expected}", eta[n]);
        }
    }
}

/// The circles that truth.json's words name, against a fit to the series at one place.
#[test]
fn tides_turn_as_stated() {
    let spec = LlcSpec { inertial_amplitude: 0.0, k1_amplitude: 0.0, mean_flow: 0.0, ..LlcSpec::default() };
    let currents = serde_json::json!({ "currents": super::Currents::of(&spec) });
    let tide = &currents["currents"]["tides"][0];
    for place in [[20.0, 50.0], [-140.0, -30.0], [100.0, 85.0]] {
        let [east, north] = east_and_north(place[0], place[1]);
        let r = point(place[0], place[1]);
        let [b, c] = ["cosine", "sine"].map(|name| {
            let vector = cross(numbers(&tide[name]), r);
            [dot(east, vector), dot(north, vector)]
        });
        let stated = [(b[0] + c[1]).hypot(b[1] - c[0]) / 2.0, (b[0] - c[1]).hypot(b[1] + c[0]) / 2.0];
        let steps = 64;
        for (sign, stated) in [(1.0, stated[0]), (-1.0, stated[1])] {
            let (mut re, mut im) = (0.0, 0.0);
            for n in 0..steps {
                let cycles = f64::from(n) / f64::from(steps);
                let w = velocity(&currents, place, cycles * 86_400.0 / tide["frequency"].as_f64().unwrap());
                let (u, v) = (dot(east, w), dot(north, w));
                let (sine, cosine) = (-sign * TAU * cycles).sin_cos();
                re += (u * cosine - v * sine) / f64::from(steps);
                im += (u * sine + v * cosine) / f64::from(steps);
            }
            assert!((re.hypot(im) - stated).abs() < 1e-12, "{place:?}, sense {sign}: {} {stated}", re.hypot(im));
        }
        assert!((stated[0] - stated[1]).abs() > 1e-3, "no ellipse: {stated:?}");
    }
}

#[test]
fn shrunk_files_expand_to_the_whole_ones() {
    let whole = LlcSpec { nx: 9, nt: 3, scalar: true, levels: 3, ..LlcSpec::default() };
    let shrunk = LlcSpec { shrunk: true, ..whole.clone() };
    let (whole_folder, shrunk_folder) = (make(&whole), make(&shrunk));
    let names: Vec<String> =
        all_files(shrunk_folder.path()).into_keys().filter(|name| name.starts_with("mds")).collect();
    assert!(names.len() == 9 && names.iter().all(|name| name.ends_with(".data.shrunk")), "{names:?}");
    for (name, mask) in [("U", "hFacW"), ("V", "hFacS"), ("Eta", "hFacC")] {
        let mask_name = format!("grid/{mask}.data");
        let mask = grid_field(shrunk_folder.path(), mask);
        assert_eq!(mask, read_file(&whole_folder.path().join(mask_name)));
        for step in 0..3 {
            let expected = snapshot(whole_folder.path(), name, &whole, step);
            let words = snapshot(shrunk_folder.path(), name, &shrunk, step);
            let mask = &mask[..expected.len()];
            assert_eq!(words.len(), mask.iter().filter(|share| **share != 0.0).count());
            assert!(words.len() < expected.len());
            let mut words = words.into_iter();
            let expanded: Vec<f32> =
                mask.iter().map(|&share| if share == 0.0 { 0.0 } else { words.next().unwrap() }).collect();
            assert_eq!(expanded, expected, "{name}");
        }
    }
    let config: toml::Table = std::fs::read_to_string(shrunk_folder.path().join("run.toml")).unwrap().parse().unwrap();
    assert_eq!(config["input"]["pattern"].as_str(), Some("{name}.{iter:010}.data.shrunk"));
    assert_eq!(config["input"]["layout"].as_str(), Some("llc"));
    assert!(config["input"].get("shape").is_none());
}

#[test]
fn the_configuration_says_llc_and_the_shape_where_there_is_no_meta() {
    let config = |spec: &LlcSpec| -> toml::Table {
        std::fs::read_to_string(make(spec).path().join("run.toml")).unwrap().parse().unwrap()
    };
    let with_meta = config(&LlcSpec { nx: 4, nt: 960, ..LlcSpec::default() });
    assert_eq!(with_meta["input"]["layout"].as_str(), Some("llc"));
    assert!(with_meta["input"].get("shape").is_none());
    let names: Vec<_> =
        with_meta["bands"].as_array().unwrap().iter().map(|band| band["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["near_inertial", "diurnal", "semidiurnal"]);
    let without = config(&LlcSpec { nx: 4, nt: 3, meta: false, ..LlcSpec::default() });
    let shape: Vec<_> = without["input"]["shape"].as_array().unwrap().iter().map(|n| n.as_integer().unwrap()).collect();
    assert_eq!(shape, [52, 4]);
}

#[test]
fn a_bad_snapshot_is_one_file_and_open_water_keeps_the_caps_corners() {
    let spec = LlcSpec { nx: 8, nt: 3, ..LlcSpec::default() };
    let (clean, spoilt) = (make(&spec), make(&LlcSpec { bad_snapshots: vec![1], ..spec.clone() }));
    let (before, after) = (all_files(clean.path()), all_files(spoilt.path()));
    let changed: Vec<_> = before.iter().filter(|(name, bytes)| after[*name] != **bytes).map(|(name, _)| name).collect();
    assert_eq!(changed, ["mds/U.0000010512.data", "truth.json"]);
    let [good, bad] = [&clean, &spoilt].map(|folder| snapshot(folder.path(), "U", &spec, 1));
    assert!(good.iter().zip(&bad).all(|(good, bad)| *bad == if *good == 0.0 { 0.0 } else { BAD_VALUE }));

    let layout = Layout { nx: 8 };
    let depth = grid_field(make(&LlcSpec { land: false, ..spec }).path(), "Depth");
    let dry: Vec<Cell> = layout.cells().filter(|&cell| depth[layout.index(cell)] == 0.0).collect();
    for cell in [(0, 0), (0, 7), (7, 0), (7, 7)].map(|(j, i)| Cell { facet: 2, j, i }) {
        assert!(dry.contains(&cell), "{dry:?}");
    }
    assert!(dry.len() < 60 && dry.iter().all(|&cell| layout.centre(cell).latitude > 45.0), "{dry:?}");
}
