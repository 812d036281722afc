//! Names of the files that chunks stand in.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::array::shown;

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
        }
        assert!(ChunkKeys::of_version_2(Some(&json!("../"))).is_err());
        assert!(ChunkKeys::of_version_3(Some(&json!({"name": "fanout"}))).is_err());
        assert!(ChunkKeys::of_version_3(None).is_err());
    }
}
