//! The same files to the byte for any number of ranks, threads and passes, with mpirun and without.
//!
//! Every comparison first makes sure that the two runs did differ in what they are compared for: the plan in the result
//! says how many ranks, threads and passes there were.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use oceanspec::synth::SynthSpec;
use support::compare::assert_same_result;
use support::direct;
use support::mds::read_big_float32;
use support::result::ResultArrays;
use support::run::{Run, memory};
use support::samples::{regional_run, synthetic};

/// A result to compare others with: one process, one thread, one pass.
struct Baseline {
    run: Run,
    folder: tempfile::TempDir,
    path: PathBuf,
}

/// How a run is spread.
#[derive(Clone, Copy, Debug)]
struct Spread {
    /// None: without mpirun.
    ranks: Option<usize>,
    threads: usize,
    passes: u64,
}

impl Baseline {
    fn of(run: Run) -> Baseline {
        let folder = tempfile::tempdir().unwrap();
        let path = run.set("run.threads=1").to(folder.path().join("baseline.zarr"));
        let result = ResultArrays::open(&path);
        assert_eq!(["ranks", "threads_per_rank", "passes"].map(|key| result.planned(key)), [1, 1, 1]);
        Baseline { run, folder, path }
    }

    /// Runs spread out and compares.
    fn compare(&self, spread: Spread) {
        let Spread { ranks, threads, passes } = spread;
        let mut run = self.run.set(format!("run.threads={threads}"));
        run.ranks = ranks;
        if passes > 1 {
            run = run.set(memory(run.memory_for(passes)));
        }
        let path = run.to(self.folder.path().join(format!("{ranks:?}-{threads}-{passes}.zarr")));
        let result = ResultArrays::open(&path);
        let planned = ["ranks", "threads_per_rank"].map(|key| result.planned(key));
        assert_eq!(planned, [ranks.unwrap_or(1) as u64, threads as u64], "{spread:?}");
        let got = result.planned("passes");
        assert!(if passes > 2 { got >= passes } else { got == passes }, "{spread:?} had {got} passes");
        assert_same_result(&path, &self.path, &format!("{:?} {spread:?}", self.run));
    }

    /// Ranks under mpirun, one thread and one pass.
    #[cfg(feature = "mpi")]
    fn compare_ranks(&self, ranks: &[usize]) {
        for &ranks in ranks {
            self.compare(Spread { ranks: Some(ranks), threads: 1, passes: 1 });
        }
    }
}

/// Points of a result whose spectrum is what the definition gives from the files: the baseline is not only the same
/// everywhere, but right. Without centring, so that a point is one value of each file.
fn check_points(folder: &Path, result: &Path, points: &[(usize, usize)], segment: usize) {
    let result = ResultArrays::open(result);
    let psd = result.values("rotary_psd");
    let files = |name: &str| -> Vec<Vec<f64>> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder.join("mds")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            let file = path.file_name().unwrap().to_str().unwrap();
            file.starts_with(name) && file.ends_with(".data")
        });
        paths.sort();
        paths.iter().map(|path| read_big_float32(path)).collect()
    };
    let (u, v) = (files("U."), files("V."));
    let width = psd.shape[1];
    for &(j, i) in points {
        let series = |files: &[Vec<f64>]| files.iter().map(|values| values[j * width + i]).collect::<Vec<_>>();
        let expected = direct::rotary_psd(&series(&u), &series(&v), segment);
        let difference = direct::relative_difference(psd.row(&[j, i]), &expected);
        assert!(difference < 1e-5, "j = {j}, i = {i}: off by {difference:e}");
    }
}

#[test]
fn regional_threads() {
    let baseline = Baseline::of(regional_run());
    for threads in [2, 5] {
        baseline.compare(Spread { ranks: None, threads, passes: 1 });
    }
}

#[test]
fn regional_passes_of_one_process() {
    let baseline = Baseline::of(regional_run());
    for (threads, passes) in [(1, 2), (2, 3), (1, 6)] {
        baseline.compare(Spread { ranks: None, threads, passes });
    }
}

#[cfg(feature = "mpi")]
#[test]
fn regional_ranks() {
    Baseline::of(regional_run()).compare_ranks(&[1, 2, 3, 4, 6]);
}

#[cfg(feature = "mpi")]
#[test]
fn regional_ranks_threads_and_passes_together() {
    let baseline = Baseline::of(regional_run());
    for (ranks, threads, passes) in [(2, 2, 2), (3, 1, 3), (2, 1, 4), (4, 2, 2)] {
        baseline.compare(Spread { ranks: Some(ranks), threads, passes });
    }
}

/// Native points, float64, one spectrum less: other sizes of lines, tiles and files.
#[cfg(feature = "mpi")]
#[test]
fn regional_variants_on_ranks_and_in_passes() {
    for sets in [&["prepare.centre=false"][..], &["spectrum.precision=f64", "prepare.missing=reject"]] {
        let baseline = Baseline::of(regional_run().set_all(sets));
        baseline.compare(Spread { ranks: Some(3), threads: 1, passes: 1 });
        baseline.compare(Spread { ranks: Some(2), threads: 2, passes: 3 });
        baseline.compare(Spread { ranks: None, threads: 2, passes: 4 });
    }
    let baseline = Baseline::of(regional_run().set("output.spectrum=false"));
    assert!(!ResultArrays::open(&baseline.path).has("rotary_psd"));
    baseline.compare(Spread { ranks: Some(3), threads: 1, passes: 2 });
}

/// 37 columns, 29 rows, 101 snapshots: nothing divides anything.
#[test]
fn prime_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    let run = synthetic(&input, &SynthSpec { nx: 37, ny: 29, nt: 101, seed: 5, ..SynthSpec::default() });
    let native = Baseline::of(run.set_all(&["spectrum.segment=47 samples", "prepare.centre=false"]));
    let mask = ResultArrays::open(&native.path).values("mask");
    let wet: Vec<(usize, usize)> =
        (0..29).flat_map(|j| (0..37).map(move |i| (j, i))).filter(|&(j, i)| mask.at(&[j, i]) == 1.0).collect();
    let last = *wet.last().unwrap();
    check_points(&input, &native.path, &[wet[0], wet[wet.len() / 2], last], 47);

    for baseline in [native, Baseline::of(run.set("spectrum.segment=101 samples"))] {
        baseline.compare(Spread { ranks: None, threads: 3, passes: 1 });
        #[cfg(feature = "mpi")]
        baseline.compare_ranks(&[2, 3, 4, 6]);
    }
}

/// The same grid with spectra so long that it takes several tiles, and several passes.
#[test]
fn prime_sizes_in_several_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let run = synthetic(
        &folder.path().join("input"),
        &SynthSpec { nx: 37, ny: 29, nt: 499, seed: 6, ..SynthSpec::default() },
    );
    let baseline = Baseline::of(run.set("spectrum.segment=499 samples"));
    assert_tiles(&baseline, 4);
    for passes in [2, 3] {
        baseline.compare(Spread { ranks: None, threads: 2, passes });
    }
    #[cfg(feature = "mpi")]
    {
        baseline.compare_ranks(&[2, 3, 5]);
        baseline.compare(Spread { ranks: Some(2), threads: 2, passes: 2 });
    }
}

/// Fails where the input would not be spread as the test means it.
fn assert_tiles(baseline: &Baseline, least: u64) {
    let tiles = ResultArrays::open(&baseline.path).planned("tiles");
    assert!(tiles >= least, "{tiles} tiles, this test needs {least}: give it more points or longer spectra");
}

/// Many tiles in one row or one column.
#[cfg(feature = "mpi")]
#[test]
fn long_rows_and_columns() {
    for (nx, ny) in [(1009, 3), (3, 1031)] {
        let folder = tempfile::tempdir().unwrap();
        let run = synthetic(
            &folder.path().join("input"),
            &SynthSpec { nx, ny, nt: 241, south: -20.0, spacing_degrees: 0.05, ..SynthSpec::default() },
        );
        let baseline = Baseline::of(run.set_all(&["spectrum.segment=241 samples", "prepare.centre=false"]));
        assert_tiles(&baseline, 5);
        baseline.compare_ranks(&[3, 4]);
        baseline.compare(Spread { ranks: Some(2), threads: 1, passes: 2 });
    }
}

/// One point, one row, one column: most ranks own nothing, and read all the same.
#[cfg(feature = "mpi")]
#[test]
fn more_ranks_than_tiles() {
    for (nx, ny) in [(1, 1), (1, 7), (7, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("input");
        let run = synthetic(&input, &SynthSpec { nx, ny, nt: 31, ..SynthSpec::default() });
        let run = run.set("spectrum.segment=15 samples");
        let native = Baseline::of(run.set("prepare.centre=false"));
        assert_eq!(ResultArrays::open(&native.path).planned("tiles"), 1);
        check_points(&input, &native.path, &[(0, 0), (ny - 1, nx - 1)], 15);
        native.compare_ranks(&[2, 4]);
        // Wrapped onto itself, a single column is its own eastern neighbour.
        Baseline::of(run.set("input.periodic=[\"i\", \"j\"]")).compare_ranks(&[2, 4]);
        if (nx, ny) == (1, 1) {
            run.fails(2, &["no wet point", "domain's edge"]);
            run.on(4).fails(2, &["no wet point", "domain's edge"]);
        }
    }
}

/// Fewer snapshots than two a rank, and fewer than ranks.
#[cfg(feature = "mpi")]
#[test]
fn one_snapshot_a_rank_or_none() {
    for (nt, ranks) in [(5, 4), (4, 4), (3, 4), (2, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("input");
        let run = synthetic(&input, &SynthSpec { nx: 19, ny: 6, nt, land: false, ..SynthSpec::default() });
        let run = run.set_all(&[&format!("spectrum.segment={nt} samples"), "prepare.centre=false"]);
        let baseline = Baseline::of(run);
        check_points(&input, &baseline.path, &[(0, 0), (5, 18)], nt);
        baseline.compare_ranks(&[ranks]);
    }
}
