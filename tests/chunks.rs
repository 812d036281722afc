//! Stores of odd shapes: chunks of u and v that end at different times, velocities on far faces, keys of other formats.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use support::compare::files;
use support::result::ResultArrays;
use support::run::Run;
use support::zarr_input::{array, coordinates, noise};

const SHAPE: [usize; 3] = [120, 12, 20];

/// A store of u and v in such chunks, and a run of it.
fn stored(folder: &Path, name: &str, chunks: [[usize; 3]; 2]) -> Run {
    stored_of(folder, name, (SHAPE, chunks), noise)
}

/// The same of a shape and values.
fn stored_of(
    folder: &Path,
    name: &str,
    (shape, chunks): ([usize; 3], [[usize; 3]; 2]),
    value: impl Fn(usize, &[usize]) -> f32,
) -> Run {
    let store = folder.join(name);
    coordinates(&store, shape);
    let dimensions = ["time", "y", "x"].iter().copied().zip(shape).collect::<Vec<_>>();
    for (field, chunk) in chunks.into_iter().enumerate() {
        array((&store, ["U", "V"][field]), &dimensions, &chunk, &[], |at| value(field, at));
    }
    array((&store, "Depth"), &dimensions[1..], &shape[1..], &[], |_| 100.0);
    let config = folder.join(format!("{name}.toml"));
    let text =
        format!("[input]\npath = \"{name}\"\n[spectrum]\nsegment = \"30 samples\"\n[output]\ncodec = \"none\"\n");
    std::fs::write(&config, text).unwrap();
    Run::of(config)
}

fn values_of(result: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(result).into_iter().filter(|(name, _)| name.file_name().is_some_and(|name| name != "zarr.json")).collect()
}

#[test]
fn chunks_of_any_lengths_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = [SHAPE, SHAPE];
    let expected = values_of(&stored(folder.path(), "whole.zarr", whole).to(folder.path().join("whole")));
    for (name, chunks) in [
        ("lengths.zarr", [[24, 5, 7], [25, 6, 20]]),
        ("coprime.zarr", [[50, 4, 4], [49, 12, 5]]),
        ("mixed.zarr", [[120, 2, 3], [1, 12, 20]]),
        ("maps.zarr", [[1, 12, 20], [1, 12, 20]]),
    ] {
        let run = stored(folder.path(), name, chunks);
        for threads in [1, 3] {
            let set = run.set(format!("run.threads={threads}"));
            let output = set.to(folder.path().join(format!("{name}-{threads}")));
            assert!(values_of(&output) == expected, "{name} on {threads} thread(s)");
            #[cfg(feature = "mpi")]
            if threads == 1 {
                let output = set.on(3).to(folder.path().join(format!("{name}-ranks")));
                assert!(values_of(&output) == expected, "{name} on three ranks");
            }
        }
    }
}

#[test]
fn velocities_on_far_faces_stay_at_their_index_without_centring() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        stored(folder.path(), "far.zarr", [SHAPE, SHAPE]).set_all(&["prepare.centre=false", "prepare.rotate=false"]);
    let near = ResultArrays::open(&run.to(folder.path().join("near")));
    let run = run.set_all(&["input.u_face=east", "input.v_face=north"]);
    let far = ResultArrays::open(&run.to(folder.path().join("far")));
    for name in ["u_mean", "u_variance", "v_mean", "v_variance", "mask", "rotary_psd"] {
        assert_eq!(far.values(name).data, near.values(name).data, "{name}");
    }
    let variances = far.values("u_variance").data;
    assert!(variances.len() == 240 && variances.iter().all(|variance| *variance > 0.1), "{variances:?}");
}

#[test]
fn what_is_decoded_by_several_ranks_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let planned = |run: &Run, ranks: usize, key: &str| {
        let outcome = support::program::Program::alone().arg("plan").arg(&run.config);
        let outcome = outcome.args(["--ranks", &ranks.to_string(), "--json"]).run().succeeded();
        serde_json::from_str::<serde_json::Value>(&outcome.stdout).unwrap()[key].as_f64().unwrap()
    };
    // Three runs of time in chunks of whole maps: by place each of four ranks would decode all.
    let maps = stored(folder.path(), "days.zarr", [[40, 12, 20]; 2]);
    assert_eq!([1, 3, 4].map(|ranks| planned(&maps, ranks, "read_factor")), [1.0; 3]);
    // Of series each rank decodes those of its own tiles, and some that others have as well.
    let series = stored(folder.path(), "series.zarr", [[120, 1, 20]; 2]);
    let factor = planned(&series, 4, "read_factor");
    assert!((1.0..2.0).contains(&factor), "{factor}");
    // u and v end at different times: what lies across the end of a share is decoded on both sides.
    let lengths = stored(folder.path(), "lengths.zarr", [[24, 12, 20], [25, 12, 20]]);
    assert!(planned(&lengths, 1, "read_factor") <= 1.05);
    assert!((1.05..2.0).contains(&planned(&lengths, 3, "read_factor")), "{}", planned(&lengths, 3, "read_factor"));
}

#[test]
fn keys_of_mds_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = stored(folder.path(), "keys.zarr", [SHAPE, SHAPE]);
    run.set("input.timestep=25 s").fails(2, &["`input.timestep`: is for MDS files"]);
    run.set("input.layout=llc").fails(2, &["`input.layout`: is for MDS files"]);
    let grid = format!("input.grid={}", folder.path().join("keys.zarr").display());
    run.set_all(&[&grid, "input.shape=[12, 20]"]).fails(2, &["`input.shape`: is for MDS files, and neither"]);
}

/// As ROMS has them: u a column less than there are cells, v a row less, on the faces after the cells of their index.
#[test]
fn velocities_of_a_column_and_a_row_less_can_stay_at_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let [steps, nj, ni] = SHAPE;
    let whole = stored(folder.path(), "whole.zarr", [SHAPE; 2]);
    let run = stored(folder.path(), "less.zarr", [SHAPE; 2]);
    let store = folder.path().join("less.zarr");
    for (field, name, [rows, columns]) in [(0, "U", [nj, ni - 1]), (1, "V", [nj - 1, ni])] {
        std::fs::remove_dir_all(store.join(name)).unwrap();
        let dimensions = [("time", steps), (&format!("y{name}"), rows), (&format!("x{name}"), columns)];
        array((&store, name), &dimensions, &[24, 5, 7], &[], |at| noise(field, at));
    }
    let kept = ["prepare.centre=false", "prepare.rotate=false"];
    let expected = ResultArrays::open(&whole.set_all(&kept).to(folder.path().join("whole")));
    let less = run.set_all(&kept).set_all(&["input.u_face=east", "input.v_face=north"]);
    run.set_all(&kept).fails(3, &["U has 19 x 12 points", "u_face = \"east\""]);
    let check = |name: &str| {
        let found = ResultArrays::open(&less.to(folder.path().join(name)));
        for name in ["u_variance", "v_variance"] {
            let [found, expected] = [&found, &expected].map(|result| result.values(name).data);
            for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let at_the_rim = at / ni == nj - 1 || at % ni == ni - 1;
                assert!(
                    if at_the_rim { found.is_nan() } else { found == expected },
                    "{name} at {at}: {found} {expected}"
                );
            }
        }
    };
    check("less");
    // Masks of faces of all cells, or a column and a row less.
    for (round, less) in [0, 1].into_iter().enumerate() {
        for (name, [rows, columns]) in [("umask", [nj, ni - less]), ("vmask", [nj - less, ni])] {
            array(
                (&store, name),
                &[(&format!("y{name}"), rows), (&format!("x{name}"), columns)],
                &[rows, columns],
                &[],
                |_| 1.0,
            );
        }
        check(&format!("masks-{round}"));
        ["umask", "vmask"].iter().for_each(|name| std::fs::remove_dir_all(store.join(name)).unwrap());
    }
}

/// Chunks without a codec are read as long as they are decoded: what a run reads is what its plan counts.
#[test]
fn a_run_decodes_what_its_plan_counts() {
    for (name, chunks, ranks) in [
        ("one.zarr", [[24, 4, 10], [60, 6, 20]], 1),
        ("days.zarr", [[40, 12, 20]; 2], 4),
        ("series.zarr", [[120, 1, 20]; 2], 4),
        ("blocks.zarr", [[120, 3, 5], [120, 6, 4]], 3),
        ("lengths.zarr", [[24, 12, 20], [20, 12, 20]], 3),
    ] {
        if ranks > 1 && cfg!(not(feature = "mpi")) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let run = stored(folder.path(), name, chunks);
        let run = if ranks > 1 { run.on(ranks) } else { run };
        let planned = run.plan().succeeded().json()["bytes_in"].as_u64().unwrap();
        run.to(folder.path().join("result.zarr"));
        let timings = std::fs::read_to_string(folder.path().join("timings.json")).unwrap();
        let read = serde_json::from_str::<serde_json::Value>(&timings).unwrap()["bytes_read"].as_u64().unwrap();
        assert_eq!(read, planned, "{name} on {ranks} rank(s)");
    }
}

/// Lengths that cannot be are refused, or do not matter; they are neither multiplied nor allocated.
#[test]
fn lengths_beyond_measure_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let huge = 1_u64 << 62;
    let [steps, nj, ni] = SHAPE.map(|length| length as u64);
    let all = ["time", "z", "y", "x"];
    for (number, (dimensions, shape, chunks)) in [
        (&all[..], vec![steps, huge, nj, ni], vec![1, 1, 1, 1]),
        (&all[..], vec![steps, huge, nj, ni], vec![steps, huge, nj, ni]),
        (&all[..], vec![steps, huge, nj, ni], vec![huge, huge, huge, huge]),
        (&["time", "y", "x"], vec![steps, nj, ni], vec![huge, huge, huge]),
        (&["time", "y", "x"], vec![steps, nj, ni], vec![steps, huge, 1]),
        (&["time", "y", "x"], vec![steps, huge, ni], vec![steps, huge, ni]),
        (&["time", "y", "x"], vec![huge, nj, ni], vec![huge, nj, ni]),
        (&["time", "y", "x"], vec![huge, nj, ni], vec![1, 1, 1]),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("huge-{number}.zarr");
        let run = stored(folder.path(), &name, [SHAPE; 2]);
        let array = folder.path().join(name).join("U");
        let document = serde_json::json!({ "zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "<f4",
            "compressor": null, "fill_value": 0.0, "order": "C", "filters": null });
        std::fs::write(array.join(".zarray"), document.to_string()).unwrap();
        let names = serde_json::json!({ "_ARRAY_DIMENSIONS": dimensions });
        std::fs::write(array.join(".zattrs"), names.to_string()).unwrap();
        for ranks in [1, 4] {
            let outcome = run.on(ranks).plan();
            assert!([0, 3, 5].contains(&outcome.code), "{shape:?} {chunks:?}: {outcome:#?}");
        }
        let outcome = run.command(&folder.path().join("result.zarr")).within(20).run();
        assert!([0, 3, 5].contains(&outcome.code), "{shape:?} {chunks:?}: {outcome:#?}");
        let _ = std::fs::remove_dir_all(folder.path().join("result.zarr"));
    }
}

/// In series a bad value in an early row of tiles is met before an earlier one in a later row; a chunk that cannot be read
/// has no time, and tells of itself only where nothing else was met.
#[test]
fn the_first_bad_value_of_chunks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let shape = [128, 96, 40];
    let spoiled = |name: &str, bad: &[[usize; 3]]| {
        let value = |field: usize, at: &[usize]| match field == 0 && bad.iter().any(|bad| bad[..] == *at) {
            true => f32::NAN,
            false => noise(field, at),
        };
        stored_of(folder.path(), name, (shape, [[128, 8, 40]; 2]), value)
    };
    let cut = |name: &str| {
        let chunk = std::fs::File::options().write(true).open(folder.path().join(name).join("U/0.11.0")).unwrap();
        chunk.set_len(100).unwrap();
    };
    let fails = |run: &Run, parts: &[&str]| {
        for threads in [1, 2] {
            run.set(format!("run.threads={threads}")).fails(3, parts);
        }
    };
    let (early, late) = ([90, 1, 3], [40, 90, 7]);
    fails(&spoiled("both.zarr", &[early, late]), &["u = NaN at j = 90, i = 7"]);
    let run = spoiled("value-and-chunk.zarr", &[early]);
    cut("value-and-chunk.zarr");
    fails(&run, &["u = NaN at j = 1, i = 3"]);
    let run = spoiled("chunk.zarr", &[]);
    cut("chunk.zarr");
    fails(&run, &["U", "(0, 11, 0)"]);
}

/// Of Zarr there are no tables of chunks, however many levels there are besides the one that is read.
#[test]
fn levels_that_are_not_read_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let run = stored(folder.path(), "levels.zarr", [SHAPE; 2]);
    let array = folder.path().join("levels.zarr/U");
    let document = serde_json::json!({ "zarr_format": 2, "shape": [120, 4096, 12, 20], "chunks": [120, 1, 1, 1],
        "dtype": "<f4", "compressor": null, "fill_value": 0.0, "order": "C", "filters": null });
    std::fs::write(array.join(".zarray"), document.to_string()).unwrap();
    std::fs::write(array.join(".zattrs"), r#"{ "_ARRAY_DIMENSIONS": ["time", "z", "y", "x"] }"#).unwrap();
    // A store of which nothing is stored is refused.
    std::fs::write(array.join("0.0.0.0"), [0; 480]).unwrap();
    let bytes = run.plan().succeeded().json()["memory"]["masks_bytes"].as_u64().unwrap();
    assert!(bytes < 20 << 20, "{bytes}");
}

#[test]
fn keys_of_plain_grids_are_refused_of_faces() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("faces.zarr");
    let dimensions = [("time", 8), ("face", 13), ("j", 6), ("i", 6)];
    let time = [("units", "hours since 2000-01-01")];
    array((&store, "time"), &[("time", 8)], &[8], &time, |at| at[0] as f32);
    for (field, name) in ["U", "V"].into_iter().enumerate() {
        array((&store, name), &dimensions, &[8, 13, 6, 6], &[], |at| noise(field, at));
    }
    for name in ["XC", "YC", "Depth"] {
        array((&store, name), &dimensions[1..], &[13, 6, 6], &[], |at| 10.0 + at[0] as f32);
    }
    let config = folder.path().join("faces.toml");
    std::fs::write(&config, "[input]\npath = \"faces.zarr\"\n[spectrum]\nsegment = \"8 samples\"\n").unwrap();
    let run = Run::of(config).set("prepare.rotate=false");
    run.plan().succeeded();
    for (key, value) in [("u_face", "east"), ("v_face", "north"), ("periodic", "[\"i\"]")] {
        let part = format!("`input.{key}`: is for plain grids, and this one has 13 faces");
        run.set(format!("input.{key}={value}")).fails(2, &[&part]);
    }
}
