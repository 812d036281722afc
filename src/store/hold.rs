//! The folder of an unfinished result, in the hands of the run that made it or goes on with it.
//!
//! Three things keep other runs away. The folder is kept open, so that no other one can pass for it. A file in it is locked
//! where the file system has locks; the system lets go of a lock when its process ends, however it does. And the file says
//! who holds it and has a count that goes up as long as the holder lives ([`Lease`](super::lease::Lease)): file systems of
//! networks may have no locks, or locks that other hosts do not see.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::lease::{Beating, Lease};
use super::{StoreError, journal};
use crate::fault::{Done, note};

/// The lock's file in the journal's folder.
const LOCK: &str = "lock";

/// An open folder and its locked file.
#[derive(Debug)]
pub(super) struct Hold {
    folder: File,
    /// Ends before the lock does.
    beating: Beating,
    _lock: File,
}

fn lock_path(path: &Path) -> PathBuf {
    path.join(journal::FOLDER).join(LOCK)
}

/// The lock's file, locked if no other process has it; whether this file system has locks.
fn locked(path: &Path, create: bool) -> Result<(File, bool), StoreError> {
    let file = lock_path(path);
    // Over networks a lock is for those who may write.
    let lock = File::options()
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .open(&file)
        .map_err(|source| StoreError::io(&file, "open", source))?;
    match lock.try_lock() {
        Ok(()) => Ok((lock, true)),
        Err(TryLockError::WouldBlock) => Err(in_use(path, &Lease::read(&lock))),
        Err(TryLockError::Error(_)) => Ok((lock, false)),
    }
}

fn in_use(path: &Path, lease: &Option<Lease>) -> StoreError {
    let holder = lease.as_ref().map_or_else(|| "another process".to_owned(), Lease::holder);
    StoreError::PartialInUse { path: path.to_owned(), holder }
}

impl Hold {
    /// Makes the folder, which must not be there: of several processes that try, one succeeds.
    ///
    /// # Errors
    /// [`StoreError::PartialExists`]; errors of the file system.
    pub(super) fn make(path: &Path) -> Result<Self, StoreError> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(StoreError::PartialExists { path: path.to_owned() })
            }
            Err(source) => Err(StoreError::io(path, "make the folder", source)),
            Ok(()) => {
                note(Done::Made(path));
                Self::take(path)
            }
        }
    }

    /// Takes a folder that no other run holds. Waits some seconds where only the holder's count can tell whether it lives.
    ///
    /// # Errors
    /// [`StoreError::PartialInUse`]; errors of the file system.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let folder = File::open(path).map_err(|source| StoreError::io(path, "open", source))?;
        let inner = path.join(journal::FOLDER);
        match fs::create_dir(&inner) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(StoreError::io(&inner, "make the folder", source));
            }
            Ok(()) => note(Done::Made(&inner)),
            Err(_) => {}
        }
        let (lock, has_locks) = locked(path, true)?;
        let file = lock_path(path);
        let before = Lease::read(&lock);
        if let Some(lease) = &before
            && lease.lives(&file, has_locks)
        {
            return Err(in_use(path, &before));
        }
        let failed = |source| StoreError::io(&file, "write", source);
        let beating = Beating::start(&lock, &file, has_locks).map_err(failed)?;
        let Some(beating) = beating else { return Err(in_use(path, &Lease::read(&lock))) };
        let hold = Hold { folder, beating, _lock: lock };
        // Another run may have replaced it between the two steps.
        if hold.is_at(path) { Ok(hold) } else { Err(in_use(path, &None)) }
    }

    /// Refuses a folder that another run has locked, touching nothing. A holder whose lock is not seen from here is found
    /// by [`take`](Self::take).
    ///
    /// # Errors
    /// [`StoreError::PartialInUse`]; errors of the file system.
    pub(super) fn look(path: &Path) -> Result<(), StoreError> {
        match lock_path(path).symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => locked(path, false).map(|_| ()),
        }
    }

    /// Whether `path` leads to this folder, and no other run has taken it.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let identity = |metadata: io::Result<fs::Metadata>| metadata.ok().map(|of| (of.dev(), of.ino()));
        let own = identity(self.folder.metadata());
        own.is_some() && own == identity(path.metadata()) && !self.beating.is_taken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_and_the_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held");
        let hold = Hold::make(&path).unwrap();
        assert!(hold.is_at(&path));
        assert!(matches!(Hold::make(&path), Err(StoreError::PartialExists { .. })));
        assert!(matches!(Hold::take(&path), Err(StoreError::PartialInUse { .. })));
        let text = Hold::look(&path).unwrap_err().to_string();
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        drop(hold);
        Hold::look(&path).unwrap();
        drop(Hold::take(&path).unwrap());
        let all: Vec<_> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| Hold::make(&folder.path().join("new")))).collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
    }

    #[test]
    fn another_folder_of_the_name_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held");
        let hold = Hold::make(&path).unwrap();
        fs::remove_dir_all(&path).unwrap();
        assert!(!hold.is_at(&path));
        fs::create_dir(&path).unwrap();
        assert!(!hold.is_at(&path));
    }
}
