//! The text of a configuration file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::ConfigError;

/// A configuration longer than this is something else.
const LONGEST_BYTES: u64 = 1 << 20;

/// Reads a file that must be a text of a sensible length. What is no file (a folder, a pipe, a device) is not opened:
/// a pipe without a writer would never answer.
///
/// # Errors
/// [`ConfigError::Read`], [`ConfigError::NotAFile`], [`ConfigError::TooLong`], [`ConfigError::NotUtf8`].
pub(super) fn text(path: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(ConfigError::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(failed)?;
    if bytes.len() as u64 > LONGEST_BYTES {
        return Err(ConfigError::TooLong { path: path.to_owned(), bytes: metadata.len(), most: LONGEST_BYTES });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..good].iter().filter(|&&byte| byte == b'\n').count() + 1;
        ConfigError::NotUtf8 { path: path.to_owned(), line, byte: bytes.get(good).copied().unwrap_or_default() }
    })
}
