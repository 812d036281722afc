//! A selection is the slice of the whole result, bit for bit, wherever its edges fall among tiles, lane groups and
//! passes: centring knows the neighbours outside it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use oceanspec::synth::SynthSpec;
use support::result::{ResultArrays, Values, assert_same_arrays, assert_same_bits};
use support::run::{Run, memory};
use support::samples::{regional, regional_run, synthetic};

/// Rows and columns of the regional sample.
const NJ: usize = 40;
const NI: usize = 48;

/// Settings of the whole results: with centring; without; and with a domain that wraps.
const WAYS: [&[&str]; 3] = [&[], &["prepare.centre=false"], &["input.periodic=[\"i\", \"j\"]"]];

/// The whole result of each way, computed once.
fn whole(way: usize) -> &'static Path {
    static RESULTS: [OnceLock<PathBuf>; 3] = [const { OnceLock::new() }; 3];
    RESULTS[way].get_or_init(|| {
        regional_run().set_all(WAYS[way]).to(regional().join(format!("whole-{way}.zarr")));
        regional().join(format!("whole-{way}.zarr"))
    })
}

/// The selected elements of an array of the whole result, which covers the grid.
fn slice(whole: &Values, rows: &[usize], columns: &[usize]) -> Vec<f64> {
    let axis = |name: &str| whole.dimensions.iter().position(|dimension| dimension == name);
    let mut picks: Vec<Vec<usize>> = whole.shape.iter().map(|&len| (0..len).collect()).collect();
    if let Some(axis) = axis("j") {
        picks[axis] = rows.to_vec();
    }
    if let Some(axis) = axis("i") {
        picks[axis] = columns.to_vec();
    }
    let mut flat = vec![0];
    for (pick, &len) in picks.iter().zip(&whole.shape) {
        flat = flat.iter().flat_map(|&before| pick.iter().map(move |&at| before * len + at)).collect();
    }
    flat.into_iter().map(|at| whole.data[at]).collect()
}

/// Compares every array of `result` with the rows and columns of `whole`.
fn assert_slice(result: &Path, whole: &Path, rows: &[usize], columns: &[usize], what: &str) {
    let (part, whole) = (ResultArrays::open(result), ResultArrays::open(whole));
    assert_eq!(part.indices("j"), rows, "{what}");
    assert_eq!(part.indices("i"), columns, "{what}");
    assert_eq!(part.names(), whole.names(), "{what}");
    let mut on_the_grid = 0;
    for name in part.names() {
        if name == "i" || name == "j" {
            continue;
        }
        if part.data_type(&name) == "string" {
            assert_eq!(part.text(&name), whole.text(&name), "{what}: {name}");
            continue;
        }
        let (ours, theirs) = (part.values(&name), whole.values(&name));
        on_the_grid += usize::from(ours.dimensions.contains(&"i".to_owned()));
        assert_eq!((ours.dimensions, &theirs.shape.len()), (theirs.dimensions.clone(), &ours.shape.len()), "{what}");
        assert_same_bits(&ours.data, &slice(&theirs, rows, columns), &format!("{what}: {name}"));
    }
    assert!(on_the_grid >= 13, "{what}: only {on_the_grid} arrays were compared");
    let psd = part.values("rotary_psd");
    assert!(psd.data.iter().any(|value| value.is_finite() && *value > 0.0), "{what}: no spectrum in the selection");
}

/// A selection of the regional sample and what it should give.
struct Selection {
    sets: &'static [&'static str],
    rows: Vec<usize>,
    columns: Vec<usize>,
}

fn strided(range: std::ops::Range<usize>, stride: usize) -> Vec<usize> {
    range.step_by(stride).collect()
}

fn selection(
    sets: &'static [&'static str],
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> Selection {
    Selection { sets, rows: rows.collect(), columns: columns.collect() }
}

impl Selection {
    fn check(&self, way: usize, ranks: Option<usize>, passes: u64) {
        let folder = tempfile::tempdir().unwrap();
        let mut run = regional_run().set_all(WAYS[way]).set_all(self.sets).set("run.threads=2");
        run.ranks = ranks;
        if passes > 1 {
            run = run.set(memory(run.memory_for(passes)));
        }
        let path = run.to(folder.path().join("part.zarr"));
        let got = ResultArrays::open(&path).planned("passes");
        assert!(got >= passes, "{run:?}: {got} passes");
        assert_slice(&path, whole(way), &self.rows, &self.columns, &format!("{run:?}"));
    }
}

/// Coordinates are whole degrees and a quarter or three: XC = -59.625 + 0.75 i, YC = 20.375 + 0.75 j.
fn within(first: f64, range: [f64; 2], len: usize) -> std::ops::Range<usize> {
    let inside: Vec<usize> =
        (0..len).filter(|&at| (range[0]..=range[1]).contains(&(first + 0.75 * at as f64))).collect();
    inside[0]..inside.last().unwrap() + 1
}

fn rows_within(south: f64, north: f64) -> std::ops::Range<usize> {
    within(20.375, [south, north], NJ)
}

fn columns_within(west: f64, east: f64) -> std::ops::Range<usize> {
    within(-59.625, [west, east], NI)
}

#[test]
fn rows_and_columns() {
    for way in [0, 1] {
        for part in [
            selection(&["select.i=[5, 29]"], 0..NJ, 5..29),
            selection(&["select.j=[13, 27]"], 13..27, 0..NI),
            selection(&["select.i=[17, 33]", "select.j=[7, 8]"], 7..8, 17..33),
            selection(&["select.i=[30, 31]", "select.j=[0, 40]"], 0..NJ, 30..31),
            selection(&["select.i=[20, 21]", "select.j=[20, 21]"], 20..21, 20..21),
            selection(&["select.i=[0, 48]", "select.j=[0, 40]"], 0..NJ, 0..NI),
        ] {
            part.check(way, None, 1);
        }
    }
}

#[test]
fn strides() {
    for (sets, stride) in
        [(&["select.stride=2"], 2), (&["select.stride=3"], 3), (&["select.stride=4"], 4), (&["select.stride=7"], 7)]
    {
        for way in 0..WAYS.len() {
            Selection { sets, rows: strided(0..NJ, stride), columns: strided(0..NI, stride) }.check(way, None, 1);
        }
    }
    let part = Selection {
        sets: &["select.stride=3", "select.i=[4, 41]", "select.j=[5, 39]"],
        rows: strided(5..39, 3),
        columns: strided(4..41, 3),
    };
    part.check(0, None, 1);
    part.check(1, None, 1);
}

/// The last column and row of a domain that wraps need the first, which the selection does not hold.
#[test]
fn the_far_edge_of_a_domain_that_wraps() {
    for part in [
        selection(&["select.i=[40, 48]"], 0..NJ, 40..48),
        selection(&["select.j=[20, 40]", "select.i=[3, 48]"], 20..40, 3..48),
        Selection {
            sets: &["select.i=[2, 48]", "select.j=[1, 40]", "select.stride=3"],
            rows: strided(1..40, 3),
            columns: strided(2..48, 3),
        },
    ] {
        part.check(2, None, 1);
    }
}

#[test]
fn longitudes_and_latitudes() {
    let lon = columns_within(-50.0, -33.3);
    let lat = rows_within(27.0, 41.9);
    assert_eq!((lon.clone(), lat.clone()), (13..36, 9..29));
    for (sets, rows, columns) in [
        (&["select.lon=[-50.0, -33.3]"][..], 0..NJ, lon.clone()),
        (&["select.lon=[310.0, 326.7]"], 0..NJ, lon.clone()),
        (&["select.lon=[310.0, -33.3]"], 0..NJ, lon.clone()),
        (&["select.lat=[27.0, 41.9]"], lat.clone(), 0..NI),
        (&["select.lon=[310, 326.7]", "select.lat=[27, 41.9]"], lat.clone(), lon.clone()),
        (&["select.lon=[-50.0, -33.3]", "select.i=[20, 48]", "select.j=[0, 12]"], 0..12, 20..36),
    ] {
        for way in [0, 1] {
            Selection { sets, rows: rows.clone().collect(), columns: columns.clone().collect() }.check(way, None, 1);
        }
    }
    // Both limits belong to the box, to the bit of the stored coordinate.
    let exact = columns_within(-54.375, -35.625);
    selection(&["select.lon=[-54.375, -35.625]"], 0..NJ, exact).check(0, None, 1);
    regional_run().set("select.lon=[-50.0, 326.7]").fails(2, &["select.lon", "376.7"]);
    regional_run().set("select.lon=[10.0, 20.0]").fails(2, &["[select] lon", "no point"]);
}

/// A box over the date line on a grid that crosses it, its longitudes running on to 190 as some grids write them.
#[test]
fn across_the_date_line() {
    let folder = tempfile::tempdir().unwrap();
    let spec =
        SynthSpec { nx: 40, ny: 10, nt: 30, west: 170.0, spacing_degrees: 0.5, land: false, ..SynthSpec::default() };
    let run = synthetic(&folder.path().join("input"), &spec).set("spectrum.segment=15 samples");
    let all = run.to(folder.path().join("all.zarr"));
    let xc = ResultArrays::open(&all).values("XC");
    assert_eq!((xc.at(&[0, 0]), xc.at(&[0, 39])), (170.25, 189.75));
    for (name, lon) in [("negative", "[177.0, -176.0]"), ("positive", "[177.0, 184.0]"), ("both", "[-183.0, -176.0]")] {
        let part = run.set(format!("select.lon={lon}")).to(folder.path().join(format!("{name}.zarr")));
        let rows: Vec<usize> = (0..10).collect();
        let columns: Vec<usize> = (14..28).collect();
        assert_slice(&part, &all, &rows, &columns, lon);
    }
}

/// Ranks, passes and selections together.
#[cfg(feature = "mpi")]
#[test]
fn on_two_ranks_and_in_several_passes() {
    for way in [0, 1] {
        let strided_box = Selection {
            sets: &["select.lon=[303.0, 330.0]", "select.lat=[23.0, 48.0]", "select.stride=2"],
            rows: strided(rows_within(23.0, 48.0), 2),
            columns: strided(columns_within(-57.0, -30.0), 2),
        };
        strided_box.check(way, Some(2), 1);
        let part = selection(&["select.i=[3, 44]", "select.j=[2, 39]"], 2..39, 3..44);
        part.check(way, Some(2), 2);
        part.check(way, Some(3), 1);
        part.check(way, None, 3);
    }
}

/// Only the files of some days in a folder, or the days chosen from all: the same result.
#[test]
fn times() {
    let folder = tempfile::tempdir().unwrap();
    // 2011-09-20T06:00 to 2011-10-12T05:00, hourly: 11 hours of 25 s into day 10.25 from the epoch.
    let first = (10 * 24 + 6) * 144;
    let count = 22 * 24;
    let some = folder.path().join("some");
    std::fs::create_dir(&some).unwrap();
    for at in 0..count {
        for name in ["U", "V"] {
            for extension in ["data", "meta"] {
                let file = format!("{name}.{:010}.{extension}", first + at * 144);
                std::os::unix::fs::symlink(regional().join("mds").join(&file), some.join(&file)).unwrap();
            }
        }
    }
    let from_folder = regional_run().set(format!("input.path={}", support::run::toml_text(&some)));
    let expected = from_folder.to(folder.path().join("folder.zarr"));
    assert_eq!(ResultArrays::open(&expected).values("time").shape, [count as usize]);

    let chosen = |interval: &str| regional_run().set(format!("select.time=[{interval}]"));
    let check = |run: Run, name: &str| {
        let path = run.to(folder.path().join(name));
        assert_same_arrays(&path, &expected, name);
    };
    check(chosen("2011-09-20T06:00:00, 2011-10-12T06:00:00"), "exact.zarr");
    // Half-open: the first belongs to it, the last does not.
    check(chosen("2011-09-20T05:00:01, 2011-10-12T05:00:01"), "between.zarr");
    #[cfg(feature = "mpi")]
    check(chosen("2011-09-20T06:00:00, 2011-10-12T06:00:00").on(3), "ranks.zarr");
    // The whole record is something else.
    let all = ResultArrays::open(whole(0)).values("u_mean");
    assert_ne!(all.at(&[20, 25]), ResultArrays::open(&expected).values("u_mean").at(&[20, 25]));
    chosen("2012-01-01, 2012-02-01").fails(2, &["[select] time", "2011-09-13T00:00:00", "2011-11-11T23:00:00"]);
}
