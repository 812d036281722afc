//! The files of a store as they stand on the disk: what comes in is a folder, what goes out are names, sizes and dates.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::super::SourceError;

/// Documents of a group or an array.
const DOCUMENTS: [&str; 5] = ["zarr.json", ".zmetadata", ".zgroup", ".zarray", ".zattrs"];
/// Folders within folders that are looked at: more than an array has dimensions.
const MOST_DEPTH: usize = 80;

/// A file of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its path from the array's folder.
    pub name: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

/// The documents that there are in the folder of a store or an array itself.
pub fn documents(folder: &Path) -> Vec<PathBuf> {
    DOCUMENTS.iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect()
}

/// All files in the folder of an array, documents and chunks, in the order of their names. Folders are listed and files
/// looked at by several threads: a store has many.
///
/// # Errors
/// When a folder cannot be listed or a file not be looked at; those that go meanwhile are not there.
pub fn files_of(folder: &Path) -> Result<Vec<StoredFile>, SourceError> {
    let mut files = within(folder, Path::new(""), 0)?;
    files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn within(folder: &Path, below: &Path, depth: usize) -> Result<Vec<StoredFile>, SourceError> {
    let here = folder.join(below);
    if depth > MOST_DEPTH {
        let reason = format!("lies in more than {MOST_DEPTH} folders of an array: do links go round in a circle?");
        return Err(SourceError::Dataset { path: here, reason });
    }
    let failed = |error| SourceError::io(&here, &error);
    let entries = match fs::read_dir(&here) {
        Err(error) if depth > 0 && error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>();
    let mut names = names.map_err(failed)?;
    // Others with a point are those of file systems and of copies under way.
    names.retain(|name| !name.as_encoded_bytes().starts_with(b".") || DOCUMENTS.iter().any(|known| *name == **known));
    let one = |name: &OsStr| {
        let path = here.join(name);
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(SourceError::io(&path, &error)),
            Ok(state) if state.is_dir() => within(folder, &below.join(name), depth + 1),
            Ok(state) => {
                let modified = state.modified().map_err(|error| SourceError::io(&path, &error))?;
                Ok(vec![StoredFile { name: below.join(name), bytes: state.len(), modified }])
            }
        }
    };
    let files = names.par_iter().with_min_len(8).map(|name| one(name));
    files.try_reduce(Vec::new, |mut all, more| {
        all.extend(more);
        Ok(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_both_layouts_are_listed_and_what_hides_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: usize| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; bytes]).unwrap();
        };
        for (name, bytes) in [(".zarray", 2), ("0.0", 3), ("c/1/0", 5), ("c/0/0", 4), (".nfs001", 9), ("zarr.json", 1)]
        {
            put(name, bytes);
        }
        let files = files_of(folder.path()).unwrap();
        let found: Vec<(&str, u64)> = files.iter().map(|file| (file.name.to_str().unwrap(), file.bytes)).collect();
        assert_eq!(found, [(".zarray", 2), ("0.0", 3), ("c/0/0", 4), ("c/1/0", 5), ("zarr.json", 1)]);
        let documents: Vec<PathBuf> = [".zarray", "zarr.json"].map(|name| folder.path().join(name)).into();
        let mut there = super::documents(folder.path());
        there.sort();
        assert_eq!(there, documents);
        // What cannot be listed says so.
        let error = files_of(&folder.path().join("0.0")).unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("0.0"), "{error}");
        assert!(files_of(&folder.path().join("nowhere")).is_err());
        std::os::unix::fs::symlink(".", folder.path().join("c/2")).unwrap();
        assert!(files_of(folder.path()).is_err());
    }
}
