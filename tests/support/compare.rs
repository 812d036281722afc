//! Whether two results are the same to the byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// All files below a folder by their relative paths.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(root: &Path, folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, into);
            } else {
                into.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    collect(folder, folder, &mut all);
    all
}

/// The root metadata without `plan`, which names ranks, and `config`, which names paths and memory.
fn root_metadata(text: &[u8]) -> Value {
    let mut root: Value = serde_json::from_slice(text).unwrap();
    let attributes = root["attributes"].as_object_mut().unwrap();
    for name in ["plan", "config"] {
        assert!(attributes.remove(name).is_some(), "the result has no attribute {name}");
    }
    root
}

/// Fails unless two results have the same files with the same bytes, but for `plan` and `config` of the root.
#[track_caller]
pub fn assert_same_result(result: &Path, expected: &Path, what: &str) {
    let (mut ours, mut theirs) = (files(result), files(expected));
    let root = Path::new("zarr.json");
    let (our_root, their_root) = (ours.remove(root).unwrap(), theirs.remove(root).unwrap());
    assert_eq!(root_metadata(&our_root), root_metadata(&their_root), "{what}: zarr.json");
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&theirs), "{what}: other files");
    let is_mean = |name: &Path| name.iter().next().is_some_and(|array| array.to_str().unwrap().ends_with("_mean"));
    assert!(ours.keys().any(|name| is_mean(name) && !name.ends_with("zarr.json")), "{what}: no values at all");
    for (name, bytes) in &ours {
        let other = &theirs[name];
        let differ = bytes.iter().zip(other).position(|(a, b)| a != b);
        assert!(
            bytes == other,
            "{what}: {} differs, {} and {} bytes, first at {differ:?}",
            name.display(),
            bytes.len(),
            other.len()
        );
    }
}
