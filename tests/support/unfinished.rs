//! An unfinished result as another run finds it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::program::Started;

/// Where a run writes to until its result is whole.
pub fn partial_of(output: &Path) -> PathBuf {
    PathBuf::from(format!("{}.partial", output.display()))
}

/// What there is in a folder, without what a run says of its times.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with("timings.json"));
    names.sort();
    names
}

/// Finished tiles of an unfinished result, by what its journal holds.
pub fn finished_tiles(partial: &Path) -> usize {
    let Ok(entries) = fs::read_dir(partial.join(".journal")) else { return 0 };
    let journals =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.display().to_string().contains("tiles."));
    journals.map(|path| fs::read(path).unwrap().windows(8).filter(|bytes| bytes == b"oceantil").count()).sum()
}

/// Waits until so many tiles are finished.
#[track_caller]
pub fn wait_for_tiles(started: &mut Started, partial: &Path, tiles: usize) {
    let begun = Instant::now();
    while finished_tiles(partial) < tiles {
        assert!(!started.has_ended() && begun.elapsed() < Duration::from_secs(60), "{}", started.said());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until no process has an unfinished result in its hands: ranks may end a little later than mpirun.
#[track_caller]
pub fn wait_until_free(partial: &Path) {
    let Ok(lock) = fs::File::options().read(true).write(true).open(partial.join(".journal/lock")) else { return };
    let begun = Instant::now();
    while lock.try_lock().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} is still held", partial.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}
