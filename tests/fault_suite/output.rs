//! A disk that fails, fills up or allows no longer files, and an output folder that others touch.

use std::fs;
use std::path::Path;

use crate::attempt::{Attempt, WAYS, case};
use crate::support::compare::{assert_same_result, files};
use crate::support::mounts::private_mounts;
use crate::support::program::Outcome;
use crate::support::unfinished::wait_for_tiles;

#[test]
fn an_error_of_the_disk() {
    for &ranks in WAYS {
        for (phase, rank) in [("write", 1), ("journal", 2), ("maps", 1), ("finish", 0)] {
            let attempt = Attempt::new(ranks);
            let rank = if ranks.is_none() { 0 } else { rank };
            let fault = format!("{}:{rank}:eio", attempt.midway(phase));
            let outcome = attempt.command(&fault).run();
            let finished = attempt.finished();
            outcome.failed(4, &["Input/output error", &attempt.kept(finished)]);
            assert!(finished >= 1 && (phase == "write" || phase == "journal") == (finished < case().tiles), "{fault}");
            assert_eq!(attempt.resume(&fault), finished, "{fault}");
        }
    }
}

/// Bytes in pages, as memory file systems count.
fn disk_bytes(folder: &Path) -> u64 {
    files(folder).values().map(|bytes| (bytes.len() as u64).div_ceil(4096) * 4096).sum()
}

/// A small file system that fills up in mid-run; then it is made larger.
#[test]
fn a_disk_that_becomes_full() {
    let Some(unshare) = private_mounts("a_disk_that_becomes_full") else { return };
    let whole = disk_bytes(&case().expected);
    for &ranks in WAYS {
        let mut attempt = Attempt::new(ranks);
        let folder = attempt.folder.path().to_owned();
        let disk = folder.join("disk");
        fs::create_dir(&disk).unwrap();
        let out = attempt.output.clone();
        attempt.output = disk.join("result.zarr");
        let (at, copy, said) = (disk.display(), out.display(), folder.join("said").display().to_string());
        let script = format!(
            "exec {unshare} sh -c 'mount -t tmpfs -o size={small} none {at} || exit 99; \"$@\" 2>{said}; \
             echo ended with $?; mount -o remount,size={large} {at} || exit 98; \"$@\" --resume || exit 97; \
             ls -A {at}; cp -r {at}/result.zarr {copy}' sh \"$@\"",
            small = whole * 3 / 4,
            large = whole * 4,
        );
        let both = attempt.in_shell(&script).env("TMPDIR", folder.to_str().unwrap()).run().succeeded();
        let (first, second) = both.stdout.split_once('\n').unwrap();
        let code = first.strip_prefix("ended with ").unwrap().parse().unwrap();
        let stderr = fs::read_to_string(&said).unwrap();
        let full = Outcome { code, stdout: String::new(), stderr, elapsed: both.elapsed };
        let message =
            full.failed(4, &["result.zarr.partial", "the disk or the quota is full", "make room", "--resume"]);
        let finished = message.split_once(" tiles are finished").unwrap().0.rsplit_once("; ").unwrap().1;
        let finished = finished.split_once(" of ").unwrap().0;
        assert_ne!(finished, "0");
        assert!(second.contains(&format!("({finished} tiles were finished before)")), "{message} {both:#?}");
        assert!(second.lines().any(|line| line == "result.zarr"), "{both:#?}");
        assert!(!second.contains("partial"), "{both:#?}");
        assert_same_result(&out, &case().expected, "after the disk was made larger");
    }
}

/// The journal is the file that grows too long.
#[test]
fn files_that_may_not_be_so_long() {
    let begun = Attempt::new(None);
    assert_eq!(begun.command("create:0:kill").run().code, 137);
    let length = |path: &Path| fs::metadata(path).unwrap().len();
    let longest = length(&begun.partial().join(".journal/run.json"));
    let shards = files(&case().expected.join("rotary_psd")).into_values().map(|bytes| bytes.len() as u64);
    // The shell counts blocks of 512 bytes.
    let blocks = shards.fold(longest, u64::max) / 512 + 64;
    let attempt = Attempt::new(None);
    let outcome = attempt.in_shell(&format!("ulimit -f {blocks}; \"$@\"; exit $?")).run();
    let finished = attempt.finished();
    outcome.failed(4, &[".journal/tiles.1.0", "files may not be so long", "ulimit -f", &attempt.kept(finished)]);
    assert!((1..case().tiles).contains(&finished), "{finished}");
    assert_eq!(attempt.resume("ulimit -f"), finished);
}

/// Something is done to the unfinished result when some tiles are finished and the run is asleep.
#[track_caller]
fn touched(attempt: &Attempt, touch: impl Fn(&Path)) -> Outcome {
    let fault = format!("{}:0:sleep=4", attempt.midway("compute"));
    let mut started = attempt.command(&fault).start();
    wait_for_tiles(&mut started, &attempt.partial(), 4);
    touch(&attempt.partial());
    let outcome = started.wait();
    let message = outcome.failed(4, &["result.zarr.partial", "moved, deleted or replaced", "is lost; run again"]);
    // There is nothing to go on with.
    assert!(!message.contains("--resume") && !attempt.output.exists(), "{message}");
    outcome
}

/// Deletes a folder into which others write.
fn delete(folder: &Path) {
    while let Err(error) = fs::remove_dir_all(folder) {
        assert_eq!(error.kind(), std::io::ErrorKind::DirectoryNotEmpty);
    }
}

#[test]
fn an_output_folder_that_is_deleted() {
    for &ranks in WAYS {
        let attempt = Attempt::new(ranks);
        touched(&attempt, delete);
        assert!(attempt.names().is_empty(), "{:?}", attempt.names());
    }
}

/// What comes to stand there is another's.
#[test]
fn an_output_folder_that_is_replaced() {
    for &ranks in WAYS {
        let attempt = Attempt::new(ranks);
        touched(&attempt, |partial| {
            fs::rename(partial, partial.with_file_name("moved")).unwrap();
            fs::create_dir(partial).unwrap();
            fs::write(partial.join("precious"), "").unwrap();
        });
        assert_eq!(attempt.names(), ["moved", "result.zarr.partial"]);
        assert!(attempt.partial().join("precious").exists());
    }
}

#[test]
fn a_journal_that_is_deleted() {
    for &ranks in WAYS {
        let attempt = Attempt::new(ranks);
        touched(&attempt, |partial| delete(&partial.join(".journal")));
        // Without its journal the rest is of no use.
        assert!(attempt.names().is_empty(), "{:?}", attempt.names());
    }
}
