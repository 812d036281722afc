//! Input that is replaced, changed, cut or taken away in mid-run.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::attempt::{Attempt, Ranks, WAYS, case, input};
use crate::support::program::Outcome;
use crate::support::unfinished::wait_for_tiles;

/// A run of input of its own.
struct OwnInput {
    _folder: TempDir,
    attempt: Attempt,
    /// A snapshot that is still to be read in every pass.
    snapshot: PathBuf,
}

impl OwnInput {
    fn new(ranks: Ranks) -> OwnInput {
        let folder = tempfile::tempdir().unwrap();
        let attempt = Attempt::of(&input(folder.path()), ranks);
        let all = fs::read_dir(folder.path().join("mds")).unwrap().map(|entry| entry.unwrap().path());
        let snapshot = all.filter(|path| path.extension().is_some_and(|name| name == "data")).max().unwrap();
        OwnInput { _folder: folder, attempt, snapshot }
    }

    /// Something is done to the snapshot when some tiles are finished and rank 0 is asleep; the end of it is 3.
    #[track_caller]
    fn after(&self, what: impl Fn(&Path), parts: &[&str]) -> Outcome {
        let fault = format!("{}:0:sleep=4", self.attempt.midway("compute"));
        let mut started = self.attempt.command(&fault).start();
        wait_for_tiles(&mut started, &self.attempt.partial(), 4);
        what(&self.snapshot);
        let outcome = started.wait();
        outcome.failed(3, &[&[self.snapshot.to_str().unwrap()], parts].concat());
        assert!(!self.attempt.output.exists() && outcome.stdout.is_empty(), "{outcome:#?}");
        outcome
    }
}

fn other_values(snapshot: &Path) -> Vec<u8> {
    let other = snapshot.with_file_name(snapshot.file_name().unwrap().to_str().unwrap().replace('V', "U"));
    assert_ne!(other, snapshot);
    fs::read(other).unwrap()
}

const CHANGED: [&str; 3] = ["the input was changed while the run was reading it: ", " was ", ", is "];

/// What was read may be of either: it is told at the end, and what is finished is of no use.
#[test]
fn a_snapshot_that_is_replaced() {
    for &ranks in WAYS {
        let own = OwnInput::new(ranks);
        let replace = |snapshot: &Path| {
            let beside = snapshot.with_extension("new");
            fs::write(&beside, other_values(snapshot)).unwrap();
            fs::rename(beside, snapshot).unwrap();
        };
        own.after(replace, &CHANGED);
        assert!(own.attempt.names().is_empty(), "{:?}", own.attempt.names());
    }
}

#[test]
fn a_snapshot_that_is_changed_in_place() {
    let own = OwnInput::new(None);
    let change = |snapshot: &Path| {
        let open = fs::File::options().write(true).open(snapshot).unwrap();
        open.write_all_at(&other_values(snapshot)[..400], 0).unwrap();
    };
    own.after(change, &CHANGED);
    assert!(own.attempt.names().is_empty(), "{:?}", own.attempt.names());
}

/// It cannot be read; when it is as it was, the run goes on.
#[test]
fn a_snapshot_that_is_cut() {
    for &ranks in WAYS {
        let own = OwnInput::new(ranks);
        let attempt = &own.attempt;
        let (whole, written) = (fs::read(&own.snapshot).unwrap(), fs::metadata(&own.snapshot).unwrap().modified());
        let open = fs::File::options().write(true).open(&own.snapshot).unwrap();
        // Where it is open still, reading it fails; else it is not as long as it was.
        let outcome = own.after(|_| open.set_len(whole.len() as u64 / 2).unwrap(), &[]);
        let finished = attempt.finished();
        assert!((4..case().tiles).contains(&finished), "{finished}");
        outcome.failed(3, &[&attempt.kept(finished)]);
        let again = attempt.run_on(None).command(&attempt.output).arg("--resume").run();
        again.failed(3, &[own.snapshot.to_str().unwrap(), &(whole.len() / 2).to_string(), &whole.len().to_string()]);
        open.write_all_at(&whole, 0).unwrap();
        open.set_modified(written.unwrap()).unwrap();
        assert_eq!(attempt.resume("brought back"), finished);
    }
}

/// Files that are open are read to the end, but nobody can say any more of what the result is made.
#[test]
fn a_snapshot_that_is_taken_away() {
    for &ranks in WAYS {
        let own = OwnInput::new(ranks);
        let away = own.attempt.folder.path().join("away");
        let what = |snapshot: &Path| fs::rename(snapshot, &away).unwrap();
        let outcome = own.after(what, &["the input was taken away", "is not there any more", "bring it back"]);
        let finished = own.attempt.finished();
        outcome.failed(3, &[&own.attempt.kept(finished)]);
        assert_eq!(finished, case().tiles);
        fs::rename(&away, &own.snapshot).unwrap();
        assert_eq!(own.attempt.resume("brought back"), finished);
    }
}
