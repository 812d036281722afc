//! Whether anything of an array is stored: told by the names of files, of as few as need be.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::super::SourceError;
use super::super::dataset::ArrayInfo;
use super::ZarrChunks;
use super::keys::Key;

/// Folders within folders that are gone down for an example.
const MOST_DEPTH: usize = 8;

/// An array of which no chunk is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nothing {
    /// Files of chunks that are expected.
    pub expected: u64,
    /// The first of them.
    pub first: PathBuf,
    /// A file of another name in the array's folder, from there.
    pub other: Option<PathBuf>,
}

impl ZarrChunks {
    /// What there is to say where no file of a chunk of `array` is there; none where one is, or where none is expected.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn nothing(&self, array: &ArrayInfo) -> Result<Option<Nothing>, SourceError> {
        let unit = self.coding.shard.as_ref().map(|sharding| &sharding.shape).or(array.chunk.as_ref());
        let Some(unit) = unit else { return Ok(None) };
        let grid: Vec<u64> =
            array.shape.iter().zip(unit).map(|(length, unit)| length.div_ceil((*unit).max(1))).collect();
        let expected = grid.iter().fold(1, |product: u64, count| product.saturating_mul(*count));
        let first = self.coding.keys.path(&self.folder, &vec![0; grid.len()]);
        if expected == 0 || first.is_file() {
            return Ok(None);
        }
        let mut other = None;
        match self.any_within(Path::new(""), &grid, &mut other) {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(Nothing { expected, first, other })),
            Err(error) => Err(SourceError::io(&self.folder, &error)),
        }
    }

    /// Whether a folder, or one within it, has a file with the name of a chunk.
    fn any_within(&self, below: &Path, grid: &[u64], other: &mut Option<PathBuf>) -> io::Result<bool> {
        for entry in entries(&self.folder.join(below))? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") || name == "zarr.json" {
                continue;
            }
            let path = below.join(name);
            let is_folder = is_folder(&entry);
            let key = path.to_str().map_or(Key::Other, |text| self.coding.keys.key(text, grid));
            if key == Key::Chunk && !is_folder {
                return Ok(true);
            }
            if key == Key::Folder && is_folder {
                if self.any_within(&path, grid, other)? {
                    return Ok(true);
                }
                continue;
            }
            if other.is_none() {
                *other = file_within(&self.folder, path, is_folder);
            }
        }
        Ok(false)
    }
}

/// What a folder holds: nothing, if it is not there.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        listed => Some(listed?),
    };
    Ok(listed.into_iter().flatten())
}

/// Links to folders are followed.
fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
        kind => kind.is_ok_and(|kind| kind.is_dir()),
    }
}

/// A path if it is a file's, or the path of a file within the folder that it is.
fn file_within(folder: &Path, path: PathBuf, is_folder: bool) -> Option<PathBuf> {
    let (mut path, mut goes_on) = (path, is_folder);
    for _ in 0..MOST_DEPTH {
        if !goes_on {
            return Some(path);
        }
        let entry = entries(&folder.join(&path)).ok()?.next()?.ok()?;
        path.push(entry.file_name());
        goes_on = self::is_folder(&entry);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::dataset::{Attributes, Element, ElementKind};
    use super::super::super::number::Endian;
    use super::super::array::Coding;
    use super::super::keys::ChunkKeys;
    use super::*;

    fn array() -> ArrayInfo {
        ArrayInfo {
            name: "u".into(),
            dimensions: ["t", "y", "x"].map(str::to_owned).to_vec(),
            shape: vec![20, 7, 9],
            chunk: Some(vec![10, 7, 3]),
            element: Element { kind: ElementKind::Float32, endian: Endian::Little },
            fill: vec![0; 4],
            codecs: String::new(),
            attributes: Attributes::default(),
        }
    }

    fn put(folder: &Path, name: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn one_chunk_is_something_and_names_of_another_form_are_nothing() {
        let of = |encoding: serde_json::Value| ChunkKeys::of_version_3(Some(&encoding)).unwrap();
        let points = ChunkKeys::of_version_2(None).unwrap();
        let slashes = ChunkKeys::of_version_2(Some(&"/".into())).unwrap();
        let default = of(serde_json::json!("default"));
        for (keys, good, bad, first) in [
            (points, "1.0.2", "1/0/2", "0.0.0"),
            (slashes, "1/0/2", "1.0.2", "0/0/0"),
            (default, "c/1/0/2", "1/0/2", "c/0/0/0"),
            (default, "c/0/0/0", "c.0.0.0", "c/0/0/0"),
            // Beyond the end.
            (points, "0.0.1", "2.0.0", "0.0.0"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let coding = Coding { keys, codecs: Vec::new(), shard: None };
            let chunks = ZarrChunks { folder: folder.path().join("u"), coding };
            let nothing = chunks.nothing(&array()).unwrap().unwrap();
            assert_eq!((nothing.expected, nothing.other), (6, None));
            for name in [".zarray", "zarr.json", bad] {
                put(&chunks.folder, name);
            }
            let nothing = chunks.nothing(&array()).unwrap().unwrap();
            assert_eq!((nothing.first, nothing.other), (chunks.folder.join(first), Some(bad.into())));
            put(&chunks.folder, good);
            assert_eq!(chunks.nothing(&array()).unwrap(), None);
            let empty = ArrayInfo { shape: vec![0, 7, 9], ..array() };
            fs::remove_file(chunks.folder.join(good)).unwrap();
            assert_eq!(chunks.nothing(&empty).unwrap(), None);
        }
    }
}
