//! Names of the files that chunks stand in.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::array::shown;

/// What a name in the folder of an array is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A chunk's.
    Chunk,
    /// A folder's, in which chunks may be.
    Folder,
    Other,
}

/// How a chunk's place in the grid of chunks becomes a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChunkKeys {
    /// Whether names begin with "c", as those of version 3.
    prefix: bool,
    /// Whether every dimension but the last is a folder.
    folders: bool,
}

impl ChunkKeys {
    /// Of version 2, by its `dimension_separator`.
    ///
    /// # Errors
    /// When that is neither a point nor a slash.
    pub(super) fn of_version_2(separator: Option<&Value>) -> Result<Self, String> {
        let separator = separator.filter(|separator| !separator.is_null());
        Ok(ChunkKeys { prefix: false, folders: is_slash(separator, ".", "dimension_separator")? })
    }

    /// Of version 3, by its `chunk_key_encoding`.
    ///
    /// # Errors
    /// When it is not known.
    pub(super) fn of_version_3(encoding: Option<&Value>) -> Result<Self, String> {
        let name = encoding.and_then(|encoding| encoding.as_str().or_else(|| encoding.get("name")?.as_str()));
        let separator = encoding.and_then(|encoding| encoding.get("configuration")?.get("separator"));
        match name {
            Some("default") => Ok(ChunkKeys { prefix: true, folders: is_slash(separator, "/", "separator")? }),
            Some("v2") => Ok(ChunkKeys { prefix: false, folders: is_slash(separator, ".", "separator")? }),
            _ => Err(format!("chunk_key_encoding is {}, known are \"default\" and \"v2\"", shown(encoding))),
        }
    }

    /// The file of a chunk.
    pub(super) fn path(self, folder: &Path, index: &[u64]) -> PathBuf {
        let separator = if self.folders { '/' } else { '.' };
        let mut name = String::with_capacity(folder.as_os_str().len() + 8 * index.len());
        if self.prefix {
            name.push('c');
        } else if index.is_empty() {
            name.push('0');
        }
        for at in index {
            if !name.is_empty() {
                name.push(separator);
            }
            // Writing into a text does not fail.
            let _ = write!(name, "{at}");
        }
        folder.join(name)
    }

    /// What a path from the array's folder is, in a grid of so many chunks.
    pub(super) fn key(self, path: &str, grid: &[u64]) -> Key {
        let mut parts: Vec<&str> = path.split(if self.folders { '/' } else { '.' }).collect();
        if self.prefix && parts.remove(0) != "c" {
            return Key::Other;
        }
        if grid.is_empty() {
            let is_it = if self.prefix { parts.is_empty() } else { parts == ["0"] };
            return if is_it { Key::Chunk } else { Key::Other };
        }
        let is_place =
            |(part, count): (&&str, &u64)| part.parse::<u64>().is_ok_and(|at| at < *count && at.to_string() == **part);
        if parts.len() > grid.len() || !parts.iter().zip(grid).all(is_place) {
            return Key::Other;
        }
        match parts.len() == grid.len() {
            true => Key::Chunk,
            false if self.folders => Key::Folder,
            false => Key::Other,
        }
    }
}

fn is_slash(separator: Option<&Value>, default: &str, key: &str) -> Result<bool, String> {
    match separator.map_or(Some(default), Value::as_str) {
        Some(".") => Ok(false),
        Some("/") => Ok(true),
        _ => Err(format!("{key} is {}, expected \".\" or \"/\"", shown(separator))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_follow_the_specifications() {
        let name = |keys: ChunkKeys, index: &[u64]| keys.path(Path::new("u"), index).display().to_string();
        let two = |value: Value| ChunkKeys::of_version_2(Some(&value)).unwrap();
        let three = |value: Value| ChunkKeys::of_version_3(Some(&value)).unwrap();
        for (keys, of_three, of_none) in [
            (two(Value::Null), "u/1.0.23", "u/0"),
            (two(json!("/")), "u/1/0/23", "u/0"),
            (three(json!({"name": "default"})), "u/c/1/0/23", "u/c"),
            (three(json!({"name": "default", "configuration": {"separator": "."}})), "u/c.1.0.23", "u/c"),
            (three(json!({"name": "v2"})), "u/1.0.23", "u/0"),
            (three(json!({"name": "v2", "configuration": {"separator": "/"}})), "u/1/0/23", "u/0"),
        ] {
            assert_eq!(name(keys, &[1, 0, 23]), of_three);
            assert_eq!(name(keys, &[]), of_none);
            let key = |path: &str, grid: &[u64]| keys.key(path.strip_prefix("u/").unwrap(), grid);
            assert_eq!((key(of_three, &[2, 1, 24]), key(of_none, &[])), (Key::Chunk, Key::Chunk));
            assert_eq!((key(of_three, &[2, 1, 23]), key(of_three, &[2, 1])), (Key::Other, Key::Other));
            let folder = of_three.strip_suffix("/0/23").map(|folder| key(folder, &[2, 1, 24]));
            assert!(folder.is_none_or(|key| key == Key::Folder), "{folder:?}");
            assert_eq!(key("u/01.0.23", &[2, 1, 24]), Key::Other);
        }
        assert!(ChunkKeys::of_version_2(Some(&json!("../"))).is_err());
        assert!(ChunkKeys::of_version_3(Some(&json!({"name": "fanout"}))).is_err());
        assert!(ChunkKeys::of_version_3(None).is_err());
    }
}
