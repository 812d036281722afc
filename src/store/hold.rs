//! The folder of an unfinished result, in the hands of the run that made it.
//!
//! It is locked where the file system has locks, so that no other run deletes it or writes into it; and kept open, so
//! that no other folder can pass for it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::StoreError;

/// An open folder; a process that ends, however it does, lets go of it.
#[derive(Debug)]
pub(super) struct Hold {
    folder: File,
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
            Ok(()) => Self::take(path),
        }
    }

    /// Takes a folder that no other run holds.
    ///
    /// # Errors
    /// [`StoreError::PartialInUse`]; errors of the file system.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let folder = File::open(path).map_err(|source| StoreError::io(path, "open", source))?;
        let in_use = || StoreError::PartialInUse { path: path.to_owned() };
        // A file system without locks cannot tell, and then the user has to know.
        if let Err(TryLockError::WouldBlock) = folder.try_lock() {
            return Err(in_use());
        }
        let hold = Hold { folder };
        // Another run may have replaced it between the two steps.
        if hold.is_at(path) { Ok(hold) } else { Err(in_use()) }
    }

    /// Whether `path` leads to this folder.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let identity = |metadata: io::Result<fs::Metadata>| metadata.ok().map(|of| (of.dev(), of.ino()));
        let own = identity(self.folder.metadata());
        own.is_some() && own == identity(path.metadata())
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
        drop(hold);
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
        fs::remove_dir(&path).unwrap();
        assert!(!hold.is_at(&path));
        fs::create_dir(&path).unwrap();
        assert!(!hold.is_at(&path));
    }
}
