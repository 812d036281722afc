//! Runs on lat-lon-cap grids: any division, selections, shrunk files, levels, scalars, and what is told of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use oceanspec::synth::{LlcSpec, synthesise_llc};
use support::compare::assert_same_result;
use support::result::{ResultArrays, Values, assert_same_arrays, assert_same_bits};
use support::run::{Run, memory};

const NX: usize = 12;

fn spec() -> LlcSpec {
    LlcSpec { nx: NX, nt: 60, ..LlcSpec::default() }
}

/// A configuration that runs as it stands, with short segments.
fn llc(folder: &Path, spec: &LlcSpec) -> Run {
    synthesise_llc(folder, spec, &|_, _| {}).unwrap();
    // Short segments have no room for the bands that the configuration has for long ones.
    let bands =
        "bands=[{ name = \"tides\", limits = [0.7, 2.5] }, { name = \"inertial\", limits = [\"0.5 f\", \"1.5 f\"] }]";
    Run::of(folder.join("run.toml")).set("spectrum.segment=24 samples").set(bands)
}

/// Every selected place of an array, by its native indices.
fn at(values: &Values, [face, j, i]: [&[usize]; 3], [to_face, to_j, to_i]: [&[usize]; 3]) -> Vec<f64> {
    let axis = |name: &str| values.dimensions.iter().position(|dimension| dimension == name);
    let mut picks: Vec<Vec<usize>> = values.shape.iter().map(|&len| (0..len).collect()).collect();
    for (name, have, want) in [("face", face, to_face), ("j", j, to_j), ("i", i, to_i)] {
        if let Some(axis) = axis(name) {
            picks[axis] = want.iter().map(|index| have.iter().position(|other| other == index).unwrap()).collect();
        }
    }
    let mut flat = vec![0];
    for (pick, &len) in picks.iter().zip(&values.shape) {
        flat = flat.iter().flat_map(|&before| pick.iter().map(move |&at| before * len + at)).collect();
    }
    flat.into_iter().map(|at| values.data[at]).collect()
}

#[test]
fn any_division_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let run = llc(folder.path(), &spec()).set("run.threads=2");
    let expected = run.to(folder.path().join("expected.zarr"));
    let arrays = ResultArrays::open(&expected);
    assert_eq!(arrays.dimensions("rotary_psd"), ["face", "j", "i", "freq_time"]);
    assert_eq!(arrays.values("rotary_psd").shape, [13, NX, NX, 24]);
    assert_eq!(arrays.indices("face"), (0..13).collect::<Vec<_>>());
    assert_eq!(arrays.dimensions("band_ke"), ["band", "face", "j", "i"]);
    let other = folder.path().join("other.zarr");
    for passes in [3, 7] {
        let few = run.set(memory(run.memory_for(passes))).set("run.threads=1");
        assert_same_result(&few.to(&other), &expected, &format!("{passes} passes"));
        fs::remove_dir_all(&other).unwrap();
    }
    if cfg!(feature = "mpi") {
        for ranks in [2, 3] {
            let run = run.on(ranks).set("run.threads=1");
            assert_same_result(&run.to(&other), &expected, &format!("{ranks} ranks"));
            fs::remove_dir_all(&other).unwrap();
        }
        // More threads than snapshots in a round: workers share the rows.
        let short = run.set("select.time=[2011-09-13T00:00:00, 2011-09-14T02:00:00]").set("run.threads=16");
        let alone = short.set("run.threads=1").to(folder.path().join("short.zarr"));
        assert_same_result(&short.on(2).to(&other), &alone, "many threads");
    }
}

#[test]
fn selections_are_slices() {
    let folder = tempfile::tempdir().unwrap();
    let run = llc(folder.path(), &spec());
    let whole = ResultArrays::open(&run.to(folder.path().join("whole.zarr")));
    let all: Vec<usize> = (0..NX).collect();
    for (number, (sets, faces, rows, columns)) in [
        (vec!["select.faces=[7, 8, 9]"], vec![7, 8, 9], all.clone(), all.clone()),
        (vec!["select.faces=[6]"], vec![6], all.clone(), all.clone()),
        (vec!["select.faces=[2, 5, 8, 12]", "select.j=[3, 11]"], vec![2, 5, 8, 12], (3..11).collect(), all.clone()),
        (vec!["select.i=[5, 12]", "select.j=[0, 7]"], (0..13).collect(), (0..7).collect(), (5..12).collect()),
        (vec!["select.stride=3"], (0..13).collect(), vec![0, 3, 6, 9], vec![0, 3, 6, 9]),
        // The last row and column are selected too.
        (
            vec!["select.stride=2", "select.i=[1, 12]", "select.j=[1, 12]"],
            (0..13).collect(),
            vec![1, 3, 5, 7, 9, 11],
            vec![1, 3, 5, 7, 9, 11],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let sets: Vec<&str> = sets;
        let part = run.set_all(&sets).set(memory(run.memory_for(2))).to(folder.path().join(format!("{number}.zarr")));
        let part = ResultArrays::open(&part);
        assert_eq!(part.indices("face"), faces, "{sets:?}");
        for name in ["rotary_psd", "band_ke", "u_mean", "v_mean", "u_variance", "XC", "mask", "segments_used"] {
            let (ours, theirs) = (part.values(name), whole.values(name));
            let expected = at(&theirs, [&(0..13).collect::<Vec<_>>(), &all, &all], [&faces, &rows, &columns]);
            assert_same_bits(&ours.data, &expected, &format!("{sets:?}: {name}"));
        }
    }
}

#[test]
fn shrunk_files_give_what_whole_ones_do() {
    let folder = tempfile::tempdir().unwrap();
    let spec = LlcSpec { levels: 3, scalar: true, ..spec() };
    let whole = llc(&folder.path().join("whole"), &spec);
    let shrunk = llc(&folder.path().join("shrunk"), &LlcSpec { shrunk: true, ..spec.clone() });
    let surface = llc(&folder.path().join("surface"), &LlcSpec { shrunk: true, levels: 1, ..spec });
    let names = |run: &Run, name: &str| run.to(folder.path().join(format!("{name}.zarr")));
    let expected = names(&whole, "whole-1");
    assert_same_arrays(&names(&shrunk, "shrunk-1"), &expected, "the surface of 3-D files");
    // One level is the beginning of several; its mask has one level too.
    assert_same_arrays(&names(&surface, "surface-1"), &expected, "files of the surface");
    let third = |run: &Run| run.set("input.level=3");
    let deep = names(&third(&whole), "whole-3");
    assert_same_arrays(&names(&third(&shrunk), "shrunk-3"), &deep, "the third level");
    let wet = |path: &Path| ResultArrays::open(path).values("mask").data.iter().sum::<f64>();
    assert!(wet(&deep) < wet(&expected));
    // Parts of rows, of upright and of turned faces.
    for (number, set) in ["select.i=[3, 9]", "select.stride=5", "select.faces=[7, 9, 12]"].into_iter().enumerate() {
        let part = names(&whole.set(set), &format!("whole-part-{number}"));
        assert_same_arrays(&names(&shrunk.set(set), &format!("shrunk-part-{number}")), &part, set);
    }
    // Scalars have the mask of the cells.
    let scalar = |run: &Run| {
        let text = fs::read_to_string(&run.config).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with("u ") && !line.starts_with("v "));
        let path = run.config.with_file_name("scalar.toml");
        fs::write(&path, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        Run { config: path, ..run.clone() }.set("input.scalar=[\"Eta\"]")
    };
    let sea_level = names(&scalar(&whole), "whole-eta");
    assert!(ResultArrays::open(&sea_level).has("psd_Eta"));
    assert_same_arrays(&names(&scalar(&shrunk), "shrunk-eta"), &sea_level, "a scalar");
}

/// Moves every snapshot into a folder of its iteration, under another name.
fn nest(folder: &Path) {
    let snapshots = folder.join("mds");
    let files: Vec<PathBuf> = fs::read_dir(&snapshots).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let parts: Vec<&str> = name.split('.').collect();
        let nested = snapshots.join(parts[1]);
        fs::create_dir_all(&nested).unwrap();
        fs::rename(&file, nested.join(format!("{}_llc.shrunk", parts[0]))).unwrap();
    }
}

#[test]
fn any_template_and_nested_folders() {
    let folder = tempfile::tempdir().unwrap();
    let run = llc(folder.path(), &LlcSpec { shrunk: true, nt: 30, ..spec() });
    let expected = run.to(folder.path().join("expected.zarr"));
    nest(folder.path());
    let nested = run.set("input.pattern=\"{iter:010}/{name}_llc.shrunk\"");
    assert_same_arrays(&nested.to(folder.path().join("nested.zarr")), &expected, "nested folders");
}

#[test]
fn a_wrong_mask_is_named_with_the_one_that_would_match() {
    let folder = tempfile::tempdir().unwrap();
    let run = llc(folder.path(), &LlcSpec { shrunk: true, nt: 30, scalar: true, ..spec() });
    let snapshots = folder.path().join("mds");
    let rename = |from: &str, to: &str| {
        for entry in fs::read_dir(&snapshots).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if let Some(rest) = name.strip_prefix(&format!("{from}.")) {
                fs::copy(&path, snapshots.join(format!("{to}.{rest}"))).unwrap();
            }
        }
    };
    rename("V", "U");
    run.fails(3, &["U.0000010368.data.shrunk", "hFacW", "it is that of hFacS", "[input] shrunk_mask = \"hFacS\""]);
    rename("Eta", "oceTAUX");
    rename("Eta", "oceTAUY");
    rename("Eta", "Other");
    // Wind stress lies at the cells' mask; so does any other field that is said to.
    let stress = run.set_all(&["input.u=\"oceTAUX\"", "input.v=\"oceTAUY\""]);
    let stress = stress.to(folder.path().join("stress.zarr"));
    let other = run.set_all(&["input.u=\"Other\"", "input.v=\"Eta\""]);
    other.fails(3, &["Other.0000010368.data.shrunk", "it is that of hFacC"]);
    let other = other.set("input.shrunk_mask=hFacC").to(folder.path().join("other.zarr"));
    assert_same_arrays(&other, &stress, "the mask of the cells");
    // A length that no mask has: a cut file.
    for entry in fs::read_dir(&snapshots).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    }
    run.set("input.u=oceTAUX").fails(3, &["no mask of the grid has so many words"]);
    fs::remove_file(folder.path().join("grid/hFacS.data")).unwrap();
    run.set_all(&["input.u=Eta", "input.shrunk_mask=hFacS"]).fails(3, &["hFacS", "does not exist"]);
}

#[test]
fn the_layout_is_recognised_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let run = llc(folder.path(), &LlcSpec { nt: 30, ..spec() });
    let text = fs::read_to_string(&run.config).unwrap();
    let silent = text.lines().filter(|line| !line.starts_with("layout"));
    fs::write(&run.config, silent.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let said = run.command(&folder.path().join("a.zarr")).run().succeeded().stderr;
    assert!(said.contains("layout = \"llc\": 13 faces of 12 x 12 points"), "{said}");
    // Coordinates of a rectangle: the shape alone does not make a lat-lon-cap grid.
    let places = |step: [f32; 2]| -> Vec<u8> {
        let value = |at: usize| step[0] * (at % NX) as f32 + step[1] * (at / NX) as f32;
        (0..13 * NX * NX).flat_map(|at| value(at).to_be_bytes()).collect()
    };
    fs::write(folder.path().join("grid/XC.data"), places([0.5, 0.0])).unwrap();
    fs::write(folder.path().join("grid/YC.data"), places([0.0, 0.5])).unwrap();
    let rectangle = run.set("prepare.rotate=false");
    let outcome = rectangle.command(&folder.path().join("b.zarr")).run();
    assert!(outcome.stderr.contains("layout = \"plain\""), "{}", outcome.stderr);
    rectangle.set("input.layout=llc").fails(2, &["input.layout", "across the seams", "times as far apart"]);
}

#[test]
fn the_edges_at_antarctica_are_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let run = llc(folder.path(), &LlcSpec { nt: 30, land: false, ..spec() });
    let outcome = run.command(&folder.path().join("a.zarr")).run().succeeded();
    assert!(outcome.stderr.contains("have no neighbour beyond it: NaN"), "{}", outcome.stderr);
    let result = ResultArrays::open(&folder.path().join("a.zarr"));
    let (mean, mask) = (result.values("u_mean"), result.values("mask"));
    for (place, (value, wet)) in mean.data.iter().zip(&mask.data).enumerate() {
        let (face, i) = (place / (NX * NX), place % NX);
        let at_antarctica = [9, 12].contains(&face) && i + 1 == NX;
        assert_eq!(value.is_nan(), *wet == 0.0 || at_antarctica, "face {face}, i = {i}");
    }
}
