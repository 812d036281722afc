//! What a loss of power takes: all that was not synced.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::Done;

/// What is on the disk of a file or folder that this process made.
#[derive(Clone, Copy, Default)]
struct OnDisk {
    name: bool,
    bytes: u64,
}

static MADE: Mutex<BTreeMap<PathBuf, OnDisk>> = Mutex::new(BTreeMap::new());

/// Takes note of what was done.
pub(crate) fn note(done: Done<'_>) {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    match done {
        Done::Made(path) => {
            made.insert(path.to_owned(), OnDisk::default());
        }
        Done::Renamed(from, to) => {
            let before = made.remove(from).unwrap_or_default();
            made.insert(to.to_owned(), OnDisk { name: false, ..before });
        }
        Done::Synced(path) => {
            let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
            for (known, on_disk) in made.iter_mut() {
                on_disk.name |= known.parent() == Some(path);
                if known == path {
                    on_disk.bytes = length;
                }
            }
        }
    }
}

/// Takes off the disk what is not synced. `in_order`: as file systems with a journal do, with whatever is synced of a
/// file its name, and those of the folders above, are there as well.
pub(super) fn lose(in_order: bool) {
    let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    for (path, on_disk) in made.iter() {
        let is_folder = path.is_dir();
        if is_folder && !on_disk.name && !in_order {
            let _ = fs::remove_dir_all(path);
        } else if !is_folder && !on_disk.name && (!in_order || on_disk.bytes == 0) {
            let _ = fs::remove_file(path);
        } else if !is_folder && let Ok(file) = fs::File::options().write(true).open(path) {
            let _ = file.set_len(on_disk.bytes);
        }
    }
}
