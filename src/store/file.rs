//! Files that are whole or not there: a temporary name, a sync, a rename.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{StoreError, journal};
use crate::fault::{Done, note};

/// Ends the names of files that are being written.
const WRITING: &str = ".writing";

/// Whether a file's name is one of a write that was cut off.
pub(super) fn is_cut_off(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(WRITING))
}

/// An error of a write or sync: where a name has gone that was there, what is written has been touched by others.
fn failed(path: &Path, action: &'static str, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::NotFound => StoreError::Vanished { path: path.to_owned() },
        _ => StoreError::io(path, action, source),
    }
}

/// Writes `pieces` one after the other as the file `path`; makes its folder where it is missing, but not `base`, a
/// folder above it: where that has gone, what was written there before is lost, and a file more would hide it.
/// With `sync` the bytes are on the disk when this returns. Returns the number of bytes.
///
/// # Errors
/// [`StoreError::Vanished`] without `base`, or where another folder goes meanwhile; [`StoreError::NotWritable`], [`StoreError::DiskFull`],
/// [`StoreError::FileLimit`] or [`StoreError::Io`]; `path` is then as it was.
pub(super) fn write_whole(base: &Path, path: &Path, pieces: &[&[u8]], sync: bool) -> Result<u64, StoreError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(StoreError::NotAName { path: path.to_owned() });
    };
    let mut temporary_name = std::ffi::OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(WRITING);
    let temporary = folder.join(temporary_name);

    let mut file = match File::create(&temporary) {
        // Trying first spares the file system's server a look-up for every file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !base.is_dir() {
                return Err(StoreError::Vanished { path: base.to_owned() });
            }
            make_folders(base, folder)?;
            File::create(&temporary)
        }
        other => other,
    }
    .map_err(|source| failed(&temporary, "make the file", source))?;
    note(Done::Made(&temporary));
    let written = pieces
        .iter()
        .try_for_each(|piece| file.write_all(piece))
        .and_then(|()| if sync { file.sync_all().inspect(|()| note(Done::Synced(&temporary))) } else { Ok(()) })
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_ok() {
        note(Done::Renamed(&temporary, path));
    }
    if let Err(source) = written {
        drop(file);
        // The first error is the one to tell; what is left has a name that nothing reads.
        let _ = fs::remove_file(&temporary);
        return Err(failed(path, "write", source));
    }
    Ok(pieces.iter().map(|piece| piece.len() as u64).sum())
}

/// Makes a folder and those above it, below `base`.
fn make_folders(base: &Path, folder: &Path) -> Result<(), StoreError> {
    if folder == base || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folders(base, above)?;
    }
    match fs::create_dir(folder) {
        // Another thread or rank was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(failed(folder, "make the folder", source)),
        Ok(()) => {
            note(Done::Made(folder));
            Ok(())
        }
    }
}

/// Brings names and small metadata files below `folder` to the disk: every folder, every `zarr.json`. Returns how many
/// files of values there are. Runs on the rayon pool of the caller.
pub(super) fn sync_tree(folder: &Path) -> Result<u64, StoreError> {
    let mut paths = Vec::new();
    let files = list_tree(folder, &mut paths)?;
    // Side by side they share commits of the file system's journal.
    paths.par_iter().try_for_each(|path| sync_path(path))?;
    Ok(files)
}

/// Adds what [`sync_tree`] syncs, what is in a folder before the folder; returns how many files of values there are.
fn list_tree(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<u64, StoreError> {
    let failed = |path: &Path, source| failed(path, "sync", source);
    let mut files = 0;
    for entry in fs::read_dir(folder).map_err(|source| failed(folder, source))? {
        let entry = entry.map_err(|source| failed(folder, source))?;
        let path = entry.path();
        if entry.file_name() == journal::FOLDER {
            continue;
        }
        if entry.file_type().map_err(|source| failed(&path, source))?.is_dir() {
            files += list_tree(&path, paths)?;
        } else if entry.file_name() == "zarr.json" {
            paths.push(path);
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            files += 1;
        }
    }
    paths.push(folder.to_owned());
    Ok(files)
}

/// Brings one file, or the names in one folder, to the disk.
pub(super) fn sync_path(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|source| failed(path, "sync", source))?;
    note(Done::Synced(path));
    Ok(())
}

/// Deletes a folder and all in it, or a link to one but not what it leads to; fine if there is none.
pub(super) fn remove_tree(path: &Path) -> Result<(), StoreError> {
    let removed = match path.symlink_metadata() {
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, "delete", error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        let path = base.join("a/b/c");
        assert_eq!(write_whole(base, &path, &[b"one", b"", b"two"], true).unwrap(), 6);
        assert_eq!(fs::read(&path).unwrap(), b"onetwo");
        assert_eq!(write_whole(base, &path, &[b"three"], false).unwrap(), 5);
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");

        // The rename fails where a folder is in the way: nothing is left and nothing is lost.
        let taken = base.join("taken");
        fs::create_dir_all(taken.join("inside")).unwrap();
        assert!(write_whole(base, &taken, &[b"x"], false).is_err());
        assert!(taken.join("inside").is_dir());
        assert_eq!(fs::read_dir(base).unwrap().count(), 2);
        fs::write(base.join("a/zarr.json"), "{}").unwrap();
        fs::write(base.join("a/.c.writing"), "").unwrap();
        assert_eq!(sync_tree(base).unwrap(), 1);
    }

    #[test]
    fn a_folder_that_has_gone_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("base");
        let answer = write_whole(&base, &base.join("c/0"), &[b"x"], false);
        assert!(matches!(answer, Err(StoreError::Vanished { path }) if path == base));
        assert!(!base.exists());
        fs::create_dir(&base).unwrap();
        write_whole(&base, &base.join("c/0"), &[b"x"], false).unwrap();
    }

    #[test]
    fn a_full_disk_is_told() {
        let error = fs::write("/dev/full", b"x").map_err(|e| StoreError::io(Path::new("/dev/full"), "write", e));
        assert!(matches!(error, Err(StoreError::DiskFull { .. })));
    }
}
