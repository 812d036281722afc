//! Going on with a run that did not finish: after kills at random moments, stops, changes of what it was begun with.
//!
//! `OCEANSPEC_KILLS` sets the number of kills, `OCEANSPEC_SEED` the moments (both are printed): `make soak` has many.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use oceanspec::synth::SynthSpec;
use support::compare::{assert_same_result, files};
use support::program::{Outcome, signal};
use support::run::Run;
use support::samples::synthetic;
use support::unfinished::{finished_tiles, names, partial_of, wait_for_tiles};

/// Input for a run of many tiles and passes, and what an undisturbed run makes of it.
struct Case {
    run: Run,
    expected: PathBuf,
    /// How long one process takes.
    elapsed: Duration,
}

fn case() -> &'static Case {
    static CASE: OnceLock<Case> = OnceLock::new();
    CASE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resume");
        let _ = fs::remove_dir_all(&folder);
        // A bad snapshot, so that counts of gaps are carried on as well.
        let spec = SynthSpec { nx: 83, ny: 71, nt: 2400, seed: 8, bad_snapshots: vec![700], ..SynthSpec::default() };
        let run = synthetic(&folder, &spec).set_all(&[
            "run.threads=2",
            "run.memory=52 MiB",
            "spectrum.segment=20 days",
            "prepare.missing=reject",
            "prepare.valid_range=[-50, 50]",
        ]);
        let expected = folder.join("expected.zarr");
        let outcome = run.command(&expected).run().succeeded();
        Case { run, expected, elapsed: outcome.elapsed }
    })
}

/// A small generator (splitmix64): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A run that was killed when some tiles were finished.
#[track_caller]
fn killed(run: &Run, output: &Path) {
    let mut started = run.command(output).start();
    wait_for_tiles(&mut started, &partial_of(output), 5);
    signal("KILL", started.pid());
    assert_eq!(started.wait().code, 137);
    assert!(!output.exists() && finished_tiles(&partial_of(output)) >= 5);
}

/// Whether a file of an array is one of its chunks, and whole.
fn is_chunk(name: &Path) -> bool {
    name.starts_with("c") && !name.display().to_string().contains(".writing")
}

fn resume(run: &Run, output: &Path) -> Outcome {
    run.command(output).arg("--resume").run()
}

/// Enough for several passes, not for one.
fn memory_of(way: Option<usize>) -> &'static str {
    match way {
        None => "run.memory=52 MiB",
        Some(2) => "run.memory=100 MiB",
        Some(_) => "run.memory=150 MiB",
    }
}

/// Ranks that may be tried here: none is one process without mpirun.
fn ways() -> Vec<Option<usize>> {
    let with_mpi: &[Option<usize>] = if cfg!(feature = "mpi") { &[Some(2), Some(3)] } else { &[] };
    [&[None], with_mpi].concat()
}

/// Kills, each at a random moment of a run or resumption on a random number of ranks, of a random process of it; whenever
/// one comes to its end, the result is what an undisturbed run makes.
#[test]
fn kills_at_random_moments() {
    let kills = number_from("OCEANSPEC_KILLS", 12);
    let seed =
        number_from("OCEANSPEC_SEED", Instant::now().elapsed().as_nanos() as u64 ^ u64::from(std::process::id()));
    eprintln!("{kills} kills, OCEANSPEC_SEED={seed}");
    let Case { run, expected, elapsed } = case();
    let mut random = Random(seed);
    let ways = ways();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    let (mut killed, mut finished, mut resumed) = (0, 0, 0);
    while killed < kills {
        let way = ways[random.below(ways.len() as u64) as usize];
        let run = Run { ranks: way, ..run.set(memory_of(way)) };
        let run = run.set(format!("run.threads={}", 1 + random.below(2)));
        let partial = partial_of(&output);
        let goes_on = partial.exists();
        let mut started = run.command(&output).args(goes_on.then_some("--resume")).within(60).start();
        let moment = elapsed.mul_f64(random.below(1000) as f64 / if way.is_some() { 400.0 } else { 800.0 });
        std::thread::sleep(moment);
        let ranks = started.ranks();
        let all = random.below(3) == 0;
        let what = format!("kill {killed} of seed {seed}: {way:?} after {moment:?}");
        let is_killed = !started.has_ended();
        if is_killed {
            match random.below(3) {
                _ if all => ranks.iter().for_each(|&rank| signal("KILL", rank)),
                0 => signal("KILL", started.pid()),
                _ if ranks.is_empty() => signal("KILL", started.pid()),
                _ => signal("KILL", ranks[random.below(ranks.len() as u64) as usize]),
            }
            killed += 1;
        }
        let said = started.said();
        eprintln!("{what}: goes on {goes_on}, ranks {ranks:?}, had said:\n{said}");
        // What becomes of mpirun when its ranks are killed is Open MPI's: it may hang, and then it is killed as well.
        if !started.end_within(Duration::from_secs(30)) {
            eprintln!("... did not end by itself: killed. It had said:\n{}", started.said());
        }
        let outcome = started.wait();
        eprintln!("... {} after {:?}", outcome.code, outcome.elapsed);
        wait_for_ends(&output);
        if output.exists() {
            assert_same_result(&output, expected, &what);
            assert_eq!(names(folder.path()), ["result.zarr"], "{what}");
            fs::remove_dir_all(&output).unwrap();
            finished += 1;
        } else {
            assert!(is_killed && outcome.code != 0, "{what}: {outcome:#?}");
        }
        resumed += usize::from(goes_on);
    }
    if partial_of(&output).exists() {
        resume(run, &output).succeeded();
        assert_same_result(&output, expected, "the last");
    }
    eprintln!("{killed} kills, {resumed} resumptions, {finished} results in between");
}

/// Waits until no process works for this output any more: ranks of a killed mpirun end a little later, also those that it
/// was just about to start, and hold the result until then.
fn wait_for_ends(output: &Path) {
    let begun = Instant::now();
    while programs_for(output) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "processes live on for {}", output.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn programs_for(output: &Path) -> usize {
    let name = output.to_str().unwrap();
    let is_one = |process: &Path| {
        let program = fs::read_link(process.join("exe")).is_ok_and(|exe| exe.ends_with("oceanspec"));
        program && fs::read(process.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(name))
    };
    fs::read_dir("/proc").unwrap().flatten().filter(|entry| is_one(&entry.path())).count()
}

/// A resumption reads and computes what is missing and nothing else, and names the rest in its last line.
#[test]
fn only_what_is_missing_is_done() {
    let Case { run, expected, .. } = case();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    killed(run, &output);
    let partial = partial_of(&output);
    let finished = finished_tiles(&partial);
    // What was cut off while it was written.
    fs::write(partial.join("rotary_psd/c/.0.writing"), "half").unwrap();
    fs::write(partial.join(".zarr.json.writing"), "half").unwrap();
    let shards = || {
        let all = files(&partial.join("rotary_psd")).into_keys();
        let inode = |name: &Path| {
            use std::os::unix::fs::MetadataExt;
            fs::metadata(partial.join("rotary_psd").join(name)).unwrap().ino()
        };
        all.filter(|name| is_chunk(name)).map(|name| (inode(&name), name)).collect::<Vec<_>>()
    };
    let before = shards();
    let outcome = resume(run, &output).succeeded();
    assert!(outcome.stdout.contains(&format!("({finished} tiles were finished before)")), "{outcome:#?}");
    assert!(outcome.stderr.contains(&format!("going on, session 2: {finished} of ")), "{outcome:#?}");
    assert_same_result(&output, expected, "resumed");
    assert_eq!(names(folder.path()), ["result.zarr"]);
    // Finished shards were not touched: the same files, not files with the same bytes.
    use std::os::unix::fs::MetadataExt;
    let kept = before
        .iter()
        .filter(|(inode, name)| fs::metadata(output.join("rotary_psd").join(name)).unwrap().ino() == *inode)
        .count();
    assert!(kept >= finished, "{kept} of {finished}");
}

/// Records without their shards, and records that were cut off, count for nothing.
#[test]
fn what_was_lost_is_done_again() {
    let Case { run, expected, .. } = case();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    killed(run, &output);
    let partial = partial_of(&output);
    let shards: Vec<PathBuf> = files(&partial.join("rotary_psd")).into_keys().filter(|name| is_chunk(name)).collect();
    fs::remove_file(partial.join("rotary_psd").join(&shards[0])).unwrap();
    fs::write(partial.join("rotary_psd").join(&shards[1]), "short").unwrap();
    let journal = partial.join(".journal/tiles.1.0");
    let bytes = fs::read(&journal).unwrap();
    fs::write(&journal, &bytes[..bytes.len() - 100]).unwrap();
    resume(run, &output).succeeded();
    assert_same_result(&output, expected, "after losses");
}

/// The same input with a snapshot of its own, so that other tests can go on while its date changes.
fn with_own_snapshot(run: &Run, folder: &Path) -> (Run, PathBuf) {
    use std::os::unix::fs::symlink;
    let from = run.config.parent().unwrap();
    fs::create_dir(folder.join("mds")).unwrap();
    fs::copy(&run.config, folder.join("run.toml")).unwrap();
    symlink(from.join("grid"), folder.join("grid")).unwrap();
    let mut snapshots: Vec<PathBuf> =
        fs::read_dir(from.join("mds")).unwrap().map(|entry| entry.unwrap().path()).collect();
    snapshots.sort();
    let own = snapshots.iter().position(|path| path.extension().is_some_and(|name| name == "data")).unwrap();
    let there = |at: usize| folder.join("mds").join(snapshots[at].file_name().unwrap());
    for (at, snapshot) in snapshots.iter().enumerate() {
        if at == own { fs::copy(snapshot, there(at)).map(|_| ()) } else { symlink(snapshot, there(at)) }.unwrap();
    }
    (Run { config: folder.join("run.toml"), ..run.clone() }, there(own))
}

/// An unfinished result of another configuration, input or program is refused, says what differs, and stays as it is.
#[test]
fn what_has_changed_is_told() {
    let Case { run, expected, .. } = case();
    let folder = tempfile::tempdir().unwrap();
    let (run, snapshot) = with_own_snapshot(run, folder.path());
    let run = &run;
    let output = folder.path().join("result.zarr");
    killed(run, &output);
    let partial = partial_of(&output);
    let before = files(&partial);
    let unchanged = |what: &str| {
        let mut now = files(&partial);
        // Who held it last.
        let lock = Path::new(".journal/lock");
        now.remove(lock);
        let mut before = before.clone();
        before.remove(lock);
        assert!(now == before, "{what}: the unfinished result was touched");
    };
    let refused = |run: &Run, code: i32, parts: &[&str]| {
        for way in ways() {
            let run = Run { ranks: way, ..run.clone() };
            resume(&run, &output).failed(code, parts);
        }
        unchanged(parts[0]);
    };
    refused(
        &run.set("spectrum.segment=10 days").set("output.codec=none"),
        2,
        &[
            "result.zarr.partial",
            "`spectrum.segment` was \"20 days\", is \"10 days\"",
            "`output.codec` was ",
            "--overwrite",
        ],
    );
    let times = fs::metadata(&snapshot).unwrap().modified().unwrap();
    let open = fs::File::options().write(true).open(&snapshot).unwrap();
    open.set_modified(times + Duration::from_secs(1)).unwrap();
    refused(run, 3, &["result.zarr.partial", snapshot.to_str().unwrap(), " was ", ", is "]);
    open.set_modified(times).unwrap();
    // A plain run says what there is, and what can be done about it.
    for way in ways() {
        let run = Run { ranks: way, ..run.clone() };
        run.command(&output).run().failed(4, &["result.zarr.partial", "--resume", "--overwrite"]);
    }
    unchanged("a plain run");
    let begun = partial.join(".journal/run.json");
    let text = fs::read_to_string(&begun).unwrap();
    let other = text.replacen("\"numbers\":", "\"numbers\":9", 1);
    assert_ne!(text, other);
    fs::write(&begun, &other).unwrap();
    let version = format!("numbers of version 9{}", oceanspec::pipeline::NUMBERS);
    resume(run, &output).failed(2, &["result.zarr.partial", &version, "--overwrite"]);
    fs::write(&begun, "{}").unwrap();
    resume(run, &output).failed(4, &["run.json", "--overwrite"]);
    fs::write(&begun, &text).unwrap();
    resume(run, &output).succeeded();
    assert_same_result(&output, expected, "after all refusals");
}

#[test]
fn nothing_to_resume() {
    let Case { run, expected, .. } = case();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    for way in ways() {
        let run = Run { ranks: way, ..run.clone() };
        run.command(&output).arg("--resume").run().failed(4, &["result.zarr.partial", "nothing to resume"]);
        assert!(names(folder.path()).is_empty());
    }
    run.command(&output).args(["--resume", "--overwrite"]).run().failed(2, &["--resume", "--overwrite"]);
    run.command(&output).arg("--resume=auto").run().succeeded();
    assert_same_result(&output, expected, "auto, with nothing there");
    run.command(&output).arg("--resume").run().failed(4, &["nothing to resume", "a finished one stands"]);
    run.command(&output).arg("--resume=auto").run().failed(4, &["there is a result already"]);
    assert_same_result(&output, expected, "still there");
}

/// A run with `--overwrite` that was killed may replace the older result when it is gone on with.
#[test]
fn the_older_result_stays_until_the_end() {
    let Case { run, expected, .. } = case();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    let older = run.set("output.spectrum=false").to(&output);
    let before = files(&older);
    let mut started = run.command(&output).arg("--overwrite").start();
    wait_for_tiles(&mut started, &partial_of(&output), 5);
    signal("KILL", started.pid());
    started.wait();
    assert!(files(&output) == before);
    resume(run, &output).succeeded();
    assert_same_result(&output, expected, "in place of the older one");
    assert_eq!(names(folder.path()), ["result.zarr"]);
}

/// A signal stops a run with 75 when what is in hand is written; all ranks, with one message.
#[test]
fn signals_stop_in_time() {
    let Case { run, expected, .. } = case();
    for (way, name) in ways().into_iter().zip(["USR1", "USR2", "USR1"]) {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("result.zarr");
        let run = Run { ranks: way, ..run.set(memory_of(way)) };
        let mut started = run.command(&output).start();
        wait_for_tiles(&mut started, &partial_of(&output), 3);
        signal(name, started.pid());
        let sent = Instant::now();
        let outcome = started.wait();
        assert!(sent.elapsed() < Duration::from_secs(10), "{way:?}: {:?}", sent.elapsed());
        let finished = finished_tiles(&partial_of(&output));
        outcome.failed(75, &[&format!("stopped by SIG{name}; {finished} of "), "--resume"]);
        assert!(!output.exists());
        let outcome = resume(&Run { ranks: None, ..run }, &output).succeeded();
        assert!(outcome.stdout.contains(&format!("({finished} tiles")), "{outcome:#?}");
        assert_same_result(&output, expected, "after a stop");
    }
}

/// Wall times that are too short for the whole: every attempt goes on where the one before stopped.
#[test]
fn wall_times_add_up() {
    let Case { run, expected, elapsed } = case();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    // Of a second and more half a second is kept for the end.
    let mut seconds = (elapsed.as_secs_f64() * 0.4).ceil().max(1.0);
    let mut attempts = 0;
    loop {
        let before = finished_tiles(&partial_of(&output));
        let command = run.set(format!("run.walltime=\"{seconds} s\"")).command(&output).arg("--resume=auto");
        let outcome = command.run();
        attempts += 1;
        if outcome.code == 0 {
            break;
        }
        outcome.failed(75, &["wall time", "--resume"]);
        assert!(outcome.elapsed.as_secs_f64() < seconds + 0.5, "{:?} of {seconds} s", outcome.elapsed);
        assert!(attempts < 40, "no end after {attempts} attempts of {seconds} s");
        if finished_tiles(&partial_of(&output)) == before {
            // The machine has more to do than when the time was measured.
            seconds += 1.0;
        }
    }
    eprintln!("{attempts} attempts of {seconds} s");
    assert_same_result(&output, expected, "in several attempts");
}

/// What is left when a result is whole but for its place.
#[test]
fn an_end_that_was_cut_off() {
    let Case { run, expected, .. } = case();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("result.zarr");
    let older = folder.path().join("result.zarr.older");
    run.to(&output);
    fs::rename(&output, partial_of(&output)).unwrap();
    let other = run.set("spectrum.segment=10 days");
    resume(&other, &output).failed(2, &["`spectrum.segment`"]);
    for with_older in [false, true] {
        if with_older {
            fs::rename(&output, partial_of(&output)).unwrap();
            run.set("output.spectrum=false").to(&older);
        }
        for way in ways().into_iter().take(1) {
            let outcome = resume(&Run { ranks: way, ..run.clone() }, &output).succeeded();
            assert!(outcome.stdout.contains("it was whole"), "{outcome:#?}");
        }
        assert_same_result(&output, expected, "put in place");
        assert_eq!(names(folder.path()), ["result.zarr"]);
    }
}
