//! The disk of the result: too small, full in mid-run, not writable. On a small file system of its own where this user may
//! mount one (root, or user namespaces), and in any case by a limit on the length of files.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use oceanspec::synth::SynthSpec;
use support::compare::files;
use support::mounts::private_mounts;
use support::program::{Outcome, Program};
use support::run::Run;
use support::samples::synthetic;

const STARTS: &[Option<usize>] = if cfg!(feature = "mpi") { &[None, Some(3)] } else { &[None] };

/// Spectra of about a megabyte, in several files.
fn input(folder: &Path) -> Run {
    let spec = SynthSpec { nx: 37, ny: 29, nt: 499, seed: 6, land: false, ..SynthSpec::default() };
    synthetic(&folder.join("input"), &spec)
}

/// Runs `run` with its output on a new file system of `bytes` at `at`, where it replaces a copy of `older`. What is there
/// in the end comes to stdout, after what the program writes there.
fn on_small_disk(
    unshare: &str,
    run: &Run,
    ranks: Option<usize>,
    (at_path, bytes): (&Path, u64),
    older: Option<&Path>,
) -> Outcome {
    std::fs::create_dir_all(at_path).unwrap();
    let output = at_path.join("result.zarr");
    let (at, result) = (at_path.display(), output.display());
    let (before, after) = older.map_or((":".to_owned(), ":".to_owned()), |older| {
        let older = older.display();
        (format!("cp -r {older} {result}"), format!("diff -r {older} {result} && echo older result untouched"))
    });
    let script = format!(
        "exec {unshare} sh -c 'mount -t tmpfs -o size={bytes} none {at} && {before} || exit 99; \"$@\"; code=$?; \
         {after}; find {at} -mindepth 1 -printf \"left %P\\n\"; exit $code' sh \"$@\""
    );
    let command = run.command_of(in_namespace(&script, ranks, at_path.parent().unwrap()), &output);
    command.args(older.map(|_| "--overwrite")).within(60).run()
}

/// A shell script that goes into a namespace, where an ordinary user is root by name: what MPI keeps in the folder of
/// temporary files, here `temporary`, must not meet what the real root keeps in the usual one.
fn in_namespace(script: &str, ranks: Option<usize>, temporary: &Path) -> Program {
    Program::in_shell(script, ranks).env("TMPDIR", temporary.to_str().unwrap())
}

fn left(outcome: &Outcome) -> Vec<&str> {
    let mut left: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.strip_prefix("left ")).collect();
    left.sort_unstable();
    left
}

/// What is finished stays, for another run, and nothing else does.
#[track_caller]
fn is_kept_if_it_says_so(outcome: &Outcome) {
    let kept = outcome.stderr.contains(" tiles are finished and kept in ");
    let there = left(outcome).iter().any(|name| name.starts_with("result.zarr.partial"));
    assert_eq!(kept, there, "{outcome:#?}");
}

/// Bytes of a result in pages, as memory file systems count.
fn disk_bytes(result: &Path) -> u64 {
    files(result).values().map(|bytes| (bytes.len() as u64).div_ceil(4096) * 4096).sum()
}

#[test]
fn too_little_room_is_told_before_the_start() {
    let Some(unshare) = private_mounts("too_little_room_is_told_before_the_start") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let disk = folder.path().join("disk");
    for &ranks in STARTS {
        let outcome = on_small_disk(unshare, &run, ranks, (&disk, 700 << 10), None);
        let parts = [
            "result.zarr",
            "need at least",
            "before compression",
            "700.00 KiB free",
            "[output] path",
            "spectrum = false",
            "keep_bits",
        ];
        outcome.failed(4, &parts);
        assert!(left(&outcome).is_empty(), "{outcome:#?}");
        // It was not begun: nothing was read.
        assert!(!outcome.stderr.contains("reading"), "{outcome:#?}");
    }
    // What the message offers does what it says.
    let maps = run.set("output.spectrum=false");
    let outcome = on_small_disk(unshare, &maps, None, (&disk, 700 << 10), None);
    assert!(left(&outcome.succeeded()).contains(&"result.zarr/zarr.json"));
}

#[test]
fn a_disk_that_becomes_full() {
    let Some(unshare) = private_mounts("a_disk_that_becomes_full") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let whole = disk_bytes(&run.to(folder.path().join("whole.zarr")));
    let older = run.set("output.spectrum=false").to(folder.path().join("older.zarr"));
    let disk = folder.path().join("disk");
    for &ranks in STARTS {
        let outcome = on_small_disk(unshare, &run, ranks, (&disk, whole * 4 / 5), None);
        let message = outcome.failed(4, &["result.zarr.partial/", "the disk or the quota is full", "[output] path"]);
        assert_eq!(message.lines().filter(|line| line.contains("oceanspec:")).count(), 1, "{message}");
        is_kept_if_it_says_so(&outcome);
        // That there may be too little was said at the start.
        assert!(outcome.stderr.contains("by how well it compresses"), "{outcome:#?}");

        let bytes = whole * 4 / 5 + disk_bytes(&older);
        let outcome = on_small_disk(unshare, &run, ranks, (&disk, bytes), Some(&older));
        outcome.failed(4, &["the disk or the quota is full"]);
        assert!(outcome.stdout.contains("older result untouched"), "{outcome:#?}");
        assert!(left(&outcome).iter().all(|name| !name.contains("older")), "{outcome:#?}");
        is_kept_if_it_says_so(&outcome);
    }
}

/// The shell's limit on the length of files counts blocks of 512 bytes.
#[test]
fn a_file_that_may_not_be_so_long() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let output = folder.path().join("result.zarr");
    for script in ["ulimit -f 100; \"$@\"; exit $?", "trap '' XFSZ; ulimit -f 100; \"$@\"; exit $?"] {
        let outcome = run.command_of(Program::in_shell(script, None), &output).run();
        outcome.failed(4, &["result.zarr.partial/", "ulimit -f", "[output] path"]);
        assert!(std::fs::read_dir(folder.path()).unwrap().count() == 1, "{outcome:#?}");
    }
}

#[test]
fn a_folder_that_may_not_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    let output = closed.join("result.zarr");
    if let Some(unshare) = private_mounts("a_folder_that_may_not_be_written") {
        for &ranks in STARTS {
            let at = closed.display();
            let script = format!(
                "exec {unshare} sh -c 'mount --bind {at} {at} && mount -o remount,bind,ro {at} || exit 99; exec \"$@\"' sh \"$@\""
            );
            let outcome = run.command_of(in_namespace(&script, ranks, folder.path()), &output).run();
            outcome.failed(4, &["closed", "not writable", "Read-only", "[output] path"]);
        }
    }
    let ordinary_user = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) != 0);
    if ordinary_user {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
        run.command(&output).run().failed(4, &["closed", "not writable", "[output] path"]);
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert!(!output.exists());
}

#[test]
fn a_path_below_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let run = input(folder.path());
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    for below in ["result.zarr", "no/such/result.zarr"] {
        for &ranks in STARTS {
            let run = Run { ranks, ..run.clone() };
            let outcome = run.command(&file.join(below)).run();
            outcome.failed(4, &[file.to_str().unwrap(), "not a folder", "[output] path"]);
        }
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
}
