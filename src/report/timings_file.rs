//! `timings.json` beside a result.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::RunTimings;

/// The name, unless another result has it.
const NAME: &str = "timings.json";

/// A longer file is none of ours.
const LONGEST: u64 = 1 << 20;

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TimingsFileError {
    /// Both names are taken.
    #[error(
        "the timings are not written: {first} and {second} are not those of an earlier run to this result; move one of them"
    )]
    Taken {
        /// The usual name.
        first: PathBuf,
        /// The name with that of the result.
        second: PathBuf,
    },
    /// The file system.
    #[error("cannot write the timings to {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// Writes the timings of a run beside its result at `output`: as `timings.json`, or where that is of another result, or of
/// somebody else, as `NAME.timings.json` with the result's name. Returns the file's path.
///
/// Under a temporary name first, then renamed. It is a record and not brought to the disk.
///
/// # Errors
/// [`TimingsFileError::Taken`]; [`TimingsFileError::Io`].
pub fn write_timings(output: &Path, timings: &RunTimings) -> Result<PathBuf, TimingsFileError> {
    let result = &timings.facts.result;
    let first = output.with_file_name(NAME);
    let second = output.with_file_name(format!("{result}.{NAME}"));
    let path = match (may_write(&first, result), may_write(&second, result)) {
        (true, _) => first,
        (false, true) => second,
        (false, false) => return Err(TimingsFileError::Taken { first, second }),
    };
    // No other result's run has this name.
    let temporary = output.with_file_name(format!(".{result}.{NAME}.writing"));
    let written = write(&temporary, timings).and_then(|()| fs::rename(&temporary, &path));
    if let Err(source) = written {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(TimingsFileError::Io { path, source });
    }
    Ok(path)
}

fn write(path: &Path, timings: &RunTimings) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(timings)?;
    text.push(b'\n');
    File::create(path)?.write_all(&text)
}

/// Whether nothing stands at `path`, or the timings of an earlier run to the same result.
fn may_write(path: &Path, result: &str) -> bool {
    match path.symlink_metadata() {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(metadata) => metadata.is_file() && metadata.len() <= LONGEST && is_of(path, result).unwrap_or(false),
    }
}

fn is_of(path: &Path, result: &str) -> io::Result<bool> {
    let mut text = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut text)?;
    let found: Value = serde_json::from_slice(&text)?;
    Ok(found["result"] == result && found["oceanspec_version"].is_string())
}

#[cfg(test)]
mod tests {
    use super::super::run_timings::tests::{facts, rank};
    use super::*;

    fn timings(result: &str, seconds: f64) -> RunTimings {
        let mut timings = RunTimings::new(facts(1), 1, &[rank(1.0, 1.0, 1, None)]);
        timings.facts.result = result.to_owned();
        timings.facts.seconds = seconds;
        timings
    }

    fn read(path: &Path) -> Value {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_result_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(write_timings(&at("a.zarr"), &timings("a.zarr", 1.0)).unwrap(), at("timings.json"));
        assert_eq!(write_timings(&at("b.zarr"), &timings("b.zarr", 2.0)).unwrap(), at("b.zarr.timings.json"));
        assert_eq!(write_timings(&at("a.zarr"), &timings("a.zarr", 3.0)).unwrap(), at("timings.json"));
        assert_eq!(write_timings(&at("b.zarr"), &timings("b.zarr", 4.0)).unwrap(), at("b.zarr.timings.json"));
        assert_eq!(names(folder.path()), ["b.zarr.timings.json", "timings.json"]);
        assert_eq!(
            (&read(&at("timings.json"))["result"], &read(&at("timings.json"))["seconds"]),
            (&"a.zarr".into(), &3.0.into())
        );
        assert_eq!(read(&at("b.zarr.timings.json"))["seconds"], 4.0);
    }

    #[test]
    fn what_is_not_ours_stays() {
        for foreign in ["", "{", "[1]", "{\"result\": \"a.zarr\"}", "{\"result\": 3, \"oceanspec_version\": \"0\"}"] {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("timings.json"), foreign).unwrap();
            assert_eq!(write_timings(&at("a.zarr"), &timings("a.zarr", 1.0)).unwrap(), at("a.zarr.timings.json"));
            assert_eq!(fs::read_to_string(at("timings.json")).unwrap(), foreign);
            fs::write(at("a.zarr.timings.json"), foreign).unwrap();
            let error = write_timings(&at("a.zarr"), &timings("a.zarr", 1.0)).unwrap_err();
            assert!(matches!(error, TimingsFileError::Taken { .. }) && error.to_string().contains("move one"));
            assert_eq!(names(folder.path()), ["a.zarr.timings.json", "timings.json"]);
        }
        // A result of that name, and a link, are no timings.
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("timings.json")).unwrap();
        let second = write_timings(&at("timings.json"), &timings("timings.json", 1.0)).unwrap();
        assert_eq!(second, at("timings.json.timings.json"));
        std::os::unix::fs::symlink(at("nowhere"), at("a.zarr.timings.json")).unwrap();
        assert!(write_timings(&at("a.zarr"), &timings("a.zarr", 1.0)).is_err());
        assert!(!at("nowhere").exists());
    }

    #[test]
    fn a_folder_that_has_gone_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone/a.zarr");
        let error = write_timings(&gone, &timings("a.zarr", 1.0)).unwrap_err();
        assert!(matches!(&error, TimingsFileError::Io { path, .. } if path.ends_with("gone/timings.json")), "{error}");
    }
}
