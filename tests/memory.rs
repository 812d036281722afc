//! Peak memory of real runs, as the kernel saw it, against the plan's projection and [run] memory; and the same bytes
//! for any limit and number of ranks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "support/zarr_input.rs"]
mod zarr_input;

use oceanspec::synth::{SynthSpec, synthesise};

const PROGRAM: &str = env!("CARGO_BIN_EXE_oceanspec");
const MEBIBYTE: u64 = 1 << 20;

/// One way to run.
struct Way<'a> {
    ranks: usize,
    memory_mebibytes: u64,
    sets: &'a [&'a str],
}

impl Way<'_> {
    fn sets(&self) -> Vec<String> {
        let memory = format!("run.memory={} MiB", self.memory_mebibytes);
        let sets = self.sets.iter().map(|&set| set.to_owned()).chain([memory, "run.threads=1".into()]);
        sets.flat_map(|set| ["--set".to_owned(), set]).collect()
    }

    fn plan(&self, config: &Path) -> serde_json::Value {
        let ranks = self.ranks.to_string();
        let output = Command::new(PROGRAM)
            .arg("plan")
            .arg(config)
            .args(self.sets())
            .args(["--ranks", &ranks, "--json"])
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs; the most memory that each rank ever had.
    fn peaks(&self, config: &Path, output: &Path) -> Vec<u64> {
        let mut command = if self.ranks > 1 {
            let mut command = Command::new("bash");
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/mpirun.sh");
            command.arg(script).arg(self.ranks.to_string()).arg(PROGRAM);
            command
        } else {
            Command::new(PROGRAM)
        };
        command.arg("run").arg(config).args(self.sets());
        command.arg("--set").arg(format!("output.path={}", output.display()));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let peaks = watch(&mut child, self.ranks);
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(peaks.len(), self.ranks, "ranks seen");
        peaks.into_values().collect()
    }
}

/// VmHWM of a process that runs the program.
fn peak(pid: u32) -> Option<u64> {
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    if program != fs::canonicalize(PROGRAM).ok()? {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

fn children(parent: u32) -> Vec<u32> {
    let parent_of = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|&pid| parent_of(pid) == Some(parent)).collect()
}

/// Looks at the ranks until they end; the kernel's high-water mark only grows.
fn watch(child: &mut Child, ranks: usize) -> BTreeMap<u32, u64> {
    let mut peaks = BTreeMap::new();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        let pids = match ranks {
            1 => vec![child.id()],
            _ if peaks.len() == ranks => peaks.keys().copied().collect(),
            _ => children(child.id()),
        };
        for pid in pids {
            if let Some(bytes) = peak(pid) {
                let most = peaks.entry(pid).or_insert(bytes);
                *most = bytes.max(*most);
            }
        }
        if started.elapsed() > Duration::from_secs(300) {
            let _ = child.kill();
            panic!("not done after 300 s");
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    peaks
}

/// The files of all arrays; metadata tell of the limits of the run.
fn chunks(store: &Path) -> BTreeMap<PathBuf, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![store.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() != "zarr.json" {
                found.insert(entry.path().strip_prefix(store).unwrap().to_owned(), entry.path());
            }
        }
    }
    found
}

fn assert_same_bytes(one: &Path, other: &Path) {
    let (one, other) = (chunks(one), chunks(other));
    assert!(one.len() > 10);
    assert!(one.keys().eq(other.keys()), "other files");
    for (name, path) in &one {
        assert!(fs::read(path).unwrap() == fs::read(&other[name]).unwrap(), "{} differs", name.display());
    }
}

/// Runs all ways and compares them; a plan may be above what was needed by a factor of `slack`.
fn check(config: &Path, folder: &Path, slack: f64, ways: &[Way<'_>]) {
    let first = folder.join("first.zarr");
    let later = folder.join("later.zarr");
    for (number, way) in ways.iter().filter(|way| way.ranks == 1 || cfg!(feature = "mpi")).enumerate() {
        let plan = way.plan(config);
        let output = if number == 0 { &first } else { &later };
        let peaks = way.peaks(config, output);
        let projected = plan["peak_bytes_per_rank"].as_u64().unwrap();
        let highest = *peaks.iter().max().unwrap();
        let what = format!(
            "{} rank(s), {} MiB, {:?}, {} pass(es): projected {projected}, seen {peaks:?}",
            way.ranks, way.memory_mebibytes, way.sets, plan["passes"]
        );
        assert!(highest <= projected, "{what}");
        assert!(peaks.iter().sum::<u64>() <= way.memory_mebibytes * MEBIBYTE, "{what}");
        assert!(projected as f64 <= slack * highest as f64, "{what}");
        if number > 0 {
            assert_same_bytes(&first, &later);
            fs::remove_dir_all(&later).unwrap();
        }
    }
    fs::remove_dir_all(&first).unwrap();
}

fn synth(nx: usize, ny: usize, nt: usize) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let spec = SynthSpec { nx, ny, nt, ..SynthSpec::default() };
    synthesise(&folder.path().join("in"), &spec, &|_, _| {}).unwrap();
    let config = folder.path().join("in/run.toml");
    (folder, config)
}

#[test]
fn series_dominate_and_stay_within_the_plan() {
    // 175 MB of series in float32.
    let (folder, config) = synth(160, 160, 1000);
    let way = |ranks, memory_mebibytes, sets| Way { ranks, memory_mebibytes, sets };
    let none: &[&str] = &[];
    let ways = [
        way(1, 1024, none),
        way(1, 150, none),
        way(2, 300, none),
        way(2, 150, none),
        way(3, 1024, none),
        way(3, 150, none),
    ];
    check(&config, folder.path(), 1.6, &ways);
    let no_spectrum: &[&str] = &["output.spectrum=false"];
    check(&config, folder.path(), 1.6, &[way(1, 300, no_spectrum), way(2, 150, no_spectrum)]);
    let double: &[&str] = &["spectrum.precision=f64"];
    check(&config, folder.path(), 1.6, &[way(1, 1024, double), way(2, 300, double)]);
}

#[test]
fn maps_and_names_are_counted_too() {
    // More bytes of maps than of series, without bands and with three; then many files of few points.
    let way = |ranks, memory_mebibytes, sets| Way { ranks, memory_mebibytes, sets };
    let (folder, config) = synth(600, 500, 12);
    let small: &[&str] = &["spectrum.segment=12 samples", "bands=[]"];
    check(&config, folder.path(), 2.5, &[way(1, 1024, small), way(1, 80, small), way(2, 150, small)]);
    let bands: &[&str] = &[
        "bands=[{name='a',limits=[3,9]},{name='b',limits=[4,9]},{name='c',limits=[5,9]}]",
        "spectrum.segment=12 samples",
    ];
    check(&config, folder.path(), 2.5, &[way(1, 1024, bands), way(2, 200, bands)]);
    let (folder, config) = synth(9, 11, 9000);
    check(&config, folder.path(), 2.5, &[way(1, 1024, &[]), way(2, 120, &[])]);
}

/// u and v in chunks that end at different times, and series of u beside maps of v: 88 MB of each.
#[test]
fn chunks_that_lie_across_others_stay_within_the_plan() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let shape = [600, 192, 192];
    let dimensions = ["time", "y", "x"].iter().copied().zip(shape).collect::<Vec<_>>();
    let way = |memory_mebibytes| Way { ranks: 1, memory_mebibytes, sets: &[] };
    for (name, chunks, slack) in [
        ("aligned.zarr", [[24, 64, 64], [24, 64, 64]], 2.0),
        ("across.zarr", [[24, 64, 64], [25, 64, 64]], 2.0),
        ("coprime.zarr", [[100, 64, 64], [97, 64, 64]], 2.0),
        ("mixed.zarr", [[600, 12, 12], [1, 192, 192]], 2.0),
    ] {
        let store = folder.path().join(name);
        zarr_input::coordinates(&store, shape);
        for (field, chunk) in chunks.into_iter().enumerate() {
            zarr_input::array((&store, ["U", "V"][field]), &dimensions, &chunk, &[], |at| zarr_input::noise(field, at));
        }
        zarr_input::array((&store, "Depth"), &dimensions[1..], &shape[1..], &[], |_| 100.0);
        let config = folder.path().join("run.toml");
        fs::write(&config, format!("[input]\npath = \"{name}\"\n[spectrum]\nsegment = \"100 samples\"\n")).unwrap();
        check(&config, folder.path(), slack, &[way(1024), way(250)]);
        fs::remove_dir_all(&store).unwrap();
    }
}
