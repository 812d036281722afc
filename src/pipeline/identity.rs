//! What makes two runs give the same bytes: the configuration, the input's files, the program.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::setup::Setup;
use crate::Error;
use crate::config::Config;
use crate::source::{SourceError, date_of, zarr};
use crate::terms::{Bytes, InstructionSet};

/// Counts the versions of the program that give other numbers for the same input and configuration; a test compares the
/// numbers of a small run with those that it was last raised for.
pub const NUMBERS: u32 = 2;

/// What another run must have in common with one that it goes on with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    program: Program,
    /// The effective configuration without what cannot change the result.
    config: String,
    input: Vec<InputFile>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Program {
    version: String,
    numbers: u32,
    /// Sums are rounded otherwise with other vectors.
    instructions: String,
}

/// A file of the input as it was, or the folder of a Zarr array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InputFile {
    path: PathBuf,
    /// Of a folder, those of all files.
    bytes: u64,
    /// Nanoseconds since 1970; of a folder, of the file that was written last.
    modified: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<Folder>,
}

/// What tells the files of a folder from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Folder {
    files: u64,
    /// Over the names, sizes and dates of all files.
    digest: u32,
}

/// Why a run cannot be gone on with, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Another configuration.
    #[error(
        "{partial} was begun with another configuration: {}; give back the former one, or `--overwrite` to start anew",
        differences.join("; ")
    )]
    Config {
        /// The unfinished result.
        partial: PathBuf,
        /// Each key with both values.
        differences: Vec<String>,
    },
    /// Another program.
    #[error(
        "{partial} was begun {then}, and this is {now}: go on with the former, or give `--overwrite` to start anew"
    )]
    Program {
        /// The unfinished result.
        partial: PathBuf,
        /// What began it.
        then: String,
        /// What this is.
        now: String,
    },
    /// Another input.
    #[error(
        "{partial} was begun with other input: {differences}; bring the former back, or give `--overwrite` to start anew"
    )]
    Input {
        /// The unfinished result.
        partial: PathBuf,
        /// The first files that differ, with both sizes and dates, and how many there are.
        differences: String,
    },
    /// The input was changed while the run was reading it.
    #[error(
        "the input was changed while the run was reading it: {differences}; the result would be of neither: run again"
    )]
    Changed {
        /// The first files that differ, with both sizes and dates, and how many there are.
        differences: String,
    },
    /// Files of the input have gone while the run was reading it, and none was changed.
    #[error("the input was taken away while the run was reading it: {differences}; bring it back")]
    Lost {
        /// The first files that have gone, and how many there are.
        differences: String,
    },
}

/// Files that a message names.
const NAMED: usize = 3;

impl Identity {
    /// Of a run of `config` on the input that was looked at.
    ///
    /// # Errors
    /// When the folder of a Zarr array cannot be listed.
    pub(super) fn new(config: &Config, setup: &Setup) -> Result<Identity, SourceError> {
        let mut paths = setup.paths();
        paths.extend(config.paths_read().into_iter().map(Path::to_owned));
        paths.sort_unstable();
        paths.dedup();
        // A server of a file system answers many questions at a time.
        let input =
            paths.into_par_iter().filter_map(|path| InputFile::of(&path).transpose()).collect::<Result<_, _>>()?;
        let program = Program {
            version: env!("CARGO_PKG_VERSION").into(),
            numbers: NUMBERS,
            instructions: format!("{} {:?}", std::env::consts::ARCH, InstructionSet::detect()),
        };
        Ok(Identity { program, config: essential(&config.to_toml()), input })
    }

    /// Whether a run of this identity may go on with `partial`, which was begun as `then`.
    ///
    /// # Errors
    /// What differs.
    pub(super) fn check(&self, then: &Identity, partial: &Path) -> Result<(), IdentityError> {
        let partial = || partial.to_owned();
        let (old, new) = (&then.program, &self.program);
        if (old.numbers, &old.instructions) != (new.numbers, &new.instructions) {
            return Err(IdentityError::Program { partial: partial(), then: old.words(), now: new.words() });
        }
        check_config(&then.config, &self.config, &partial())?;
        match differences(&then.input, &self.input) {
            Some(differences) => Err(IdentityError::Input { partial: partial(), differences }),
            None => Ok(()),
        }
    }

    /// Whether the input's files are still what they were.
    ///
    /// # Errors
    /// [`IdentityError::Changed`]: what was read may be of either. [`IdentityError::Lost`]: it is of the former. When the
    /// folder of a Zarr array cannot be listed.
    pub(super) fn check_input(&self) -> Result<(), Error> {
        let now = self.input.par_iter().map(|file| InputFile::of(&file.path));
        let now = now.collect::<Result<Vec<Option<InputFile>>, SourceError>>()?;
        let changed = self.input.iter().zip(&now).any(|(was, is)| is.as_ref().is_some_and(|is| is != was));
        let now: Vec<InputFile> = now.into_iter().flatten().collect();
        match differences(&self.input, &now) {
            Some(differences) if changed => Err(IdentityError::Changed { differences }.into()),
            Some(differences) => Err(IdentityError::Lost { differences }.into()),
            None => Ok(()),
        }
    }
}

impl IdentityError {
    /// The exit code of the contract.
    pub fn exit_code(&self) -> i32 {
        match self {
            IdentityError::Config { .. } | IdentityError::Program { .. } => 2,
            IdentityError::Input { .. } | IdentityError::Changed { .. } | IdentityError::Lost { .. } => 3,
        }
    }
}

impl Program {
    fn words(&self) -> String {
        let Program { version, numbers, instructions } = self;
        format!("by oceanspec {version} (numbers of version {numbers}, on {instructions})")
    }
}

impl InputFile {
    /// None if there is no such file or folder.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    fn of(path: &Path) -> Result<Option<InputFile>, SourceError> {
        let Ok(metadata) = path.metadata() else { return Ok(None) };
        if metadata.is_dir() {
            return InputFile::of_folder(path).map(Some);
        }
        let modified = metadata.modified().ok().and_then(nanoseconds);
        Ok(modified.map(|modified| InputFile { path: path.to_owned(), bytes: metadata.len(), modified, folder: None }))
    }

    fn of_folder(path: &Path) -> Result<InputFile, SourceError> {
        let (mut bytes, mut newest, mut digest) = (0_u64, 0, 0);
        let files = zarr::files_of(path)?;
        for file in &files {
            let modified = nanoseconds(file.modified).unwrap_or_default();
            digest = crc32c::crc32c_append(digest, file.name.as_os_str().as_bytes());
            digest = crc32c::crc32c_append(digest, &[0]);
            digest = crc32c::crc32c_append(digest, &file.bytes.to_le_bytes());
            digest = crc32c::crc32c_append(digest, &modified.to_le_bytes());
            bytes = bytes.saturating_add(file.bytes);
            newest = newest.max(modified);
        }
        let folder = Some(Folder { files: files.len() as u64, digest });
        Ok(InputFile { path: path.to_owned(), bytes, modified: newest, folder })
    }

    fn words(&self) -> String {
        let seconds = self.modified.div_euclid(1_000_000_000);
        let fraction = self.modified.rem_euclid(1_000_000_000);
        let (bytes, date) = (Bytes(self.bytes), date_of(seconds, 0.0));
        match &self.folder {
            None => format!("{bytes} of {date}.{fraction:09}"),
            Some(Folder { files, digest }) => {
                format!("{bytes} in {files} files (digest {digest:08x}), the last of {date}.{fraction:09}")
            }
        }
    }
}

/// Since 1970.
fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|before| -before),
    }
}

/// Both lists are sorted by path.
fn differences(then: &[InputFile], now: &[InputFile]) -> Option<String> {
    let mut found = Vec::new();
    let (mut old, mut new) = (then.iter().peekable(), now.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(was), Some(is)) if was.path == is.path => {
                if was != is {
                    found.push(format!("{} was {}, is {}", is.path.display(), was.words(), is.words()));
                }
                old.next();
                new.next();
            }
            (Some(was), is) if is.is_none_or(|is| was.path < is.path) => {
                found.push(format!("{} is not there any more", was.path.display()));
                old.next();
            }
            (_, Some(is)) => {
                found.push(format!("{} was not there", is.path.display()));
                new.next();
            }
            (Some(_), None) => break,
        }
    }
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    let more = if more > 0 { format!("; and {more} more files") } else { String::new() };
    (!found.is_empty()).then(|| found.join("; ") + &more)
}

/// The configuration without what the machine is asked for, and where the result goes.
pub(super) fn essential(toml: &str) -> String {
    let Ok(mut table) = toml.parse::<toml::Table>() else { return toml.to_owned() };
    table.remove("run");
    if let Some(output) = table.get_mut("output").and_then(toml::Value::as_table_mut) {
        output.remove("path");
    }
    toml::to_string(&table).unwrap_or_default()
}

/// Whether two configurations, as [`essential`] leaves them, are the same.
///
/// # Errors
/// [`IdentityError::Config`].
pub(super) fn check_config(then: &str, now: &str, partial: &Path) -> Result<(), IdentityError> {
    if then == now {
        return Ok(());
    }
    let keys = |text: &str| {
        let mut keys = Vec::new();
        flatten("", &toml::Value::Table(text.parse().unwrap_or_default()), &mut keys);
        keys
    };
    let (old, new) = (keys(then), keys(now));
    let of =
        |keys: &[(String, String)], key: &str| keys.iter().find(|(of, _)| of == key).map(|(_, value)| value.clone());
    let mut names: Vec<&String> = old.iter().chain(&new).map(|(key, _)| key).collect();
    names.sort_unstable();
    names.dedup();
    let words = |value: Option<String>| value.unwrap_or_else(|| "not set".into());
    let differences = names
        .into_iter()
        .map(|key| (key, of(&old, key), of(&new, key)))
        .filter(|(_, then, now)| then != now)
        .map(|(key, then, now)| format!("`{key}` was {}, is {}", words(then), words(now)))
        .collect();
    Err(IdentityError::Config { partial: partial.to_owned(), differences })
}

/// Keys by their path, with their values as text.
fn flatten(prefix: &str, value: &toml::Value, keys: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&path, value, keys);
            }
        }
        toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
            list.iter().enumerate().for_each(|(at, value)| flatten(&format!("{prefix}[{at}]"), value, keys));
        }
        value => keys.push((prefix.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: u64, modified: i64) -> InputFile {
        InputFile { path: path.into(), bytes, modified, folder: None }
    }

    #[test]
    fn a_chunk_that_was_written_anew_is_a_change_of_its_array() {
        let folder = tempfile::tempdir().unwrap();
        let chunk = |name: &str| folder.path().join("U/c").join(name);
        std::fs::create_dir_all(chunk("0")).unwrap();
        std::fs::write(chunk("0/0"), "1234").unwrap();
        std::fs::write(chunk("0/1"), "12345678").unwrap();
        let now = || InputFile::of(&folder.path().join("U")).unwrap().unwrap();
        let identity = Identity {
            program: Program { version: String::new(), numbers: NUMBERS, instructions: String::new() },
            config: String::new(),
            input: vec![now()],
        };
        let sent = serde_json::to_string(&identity).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&sent).unwrap(), identity);
        identity.check_input().unwrap();
        // Neither its length nor its folders tell it.
        let file = std::fs::File::options().write(true).open(chunk("0/0")).unwrap();
        let later = file.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(9);
        std::fs::write(chunk("0/0"), "4321").unwrap();
        file.set_modified(later).unwrap();
        let text = identity.check_input().unwrap_err().to_string();
        assert!(text.contains("the input was changed") && text.contains("/U was 12 B in 2 files (digest "), "{text}");
        std::fs::remove_file(chunk("0/0")).unwrap();
        let text = identity.check(&Identity { input: vec![now()], ..identity.clone() }, Path::new("x")).unwrap_err();
        assert!(text.to_string().contains("/U was 8 B in 1 files"), "{text}");
        std::fs::remove_dir_all(folder.path().join("U")).unwrap();
        assert!(identity.check_input().unwrap_err().to_string().contains("taken away"));
    }

    #[test]
    fn what_differs_in_the_input_is_named() {
        let then = [file("a", 1, 1), file("b", 2, 2), file("c", 3, 3), file("e", 5, 5)];
        assert_eq!(differences(&then, &then), None);
        let now = [file("b", 2, 2_000_000_007), file("c", 3000, 3), file("d", 4, 4), file("e", 5, 5)];
        let text = differences(&then, &now).unwrap();
        assert!(text.starts_with("a is not there any more; b was 2 B of "), "{text}");
        assert!(text.contains(".000000002, is 2 B of ") && text.contains(":02.000000007"), "{text}");
        assert!(text.contains("c was 3 B") && text.ends_with("; and 1 more files"), "{text}");
        assert!(differences(&then[..1], &[]).unwrap().contains("a is not there"));
        assert!(differences(&[], &then[..1]).unwrap().contains("a was not there"));
    }

    #[test]
    fn what_differs_in_the_configuration_is_named() {
        let config = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
            essential(&Config::assumed(&sets).unwrap().to_toml())
        };
        let check = |then: &str, now: &str| check_config(then, now, Path::new("x.partial"));
        let then = config(&["spectrum.segment=30 days"]);
        for same in ["run.memory=1 GiB", "run.threads=7", "output.path=elsewhere.zarr"] {
            check(&then, &config(&["spectrum.segment=30 days", same])).unwrap();
        }
        let now = config(&["spectrum.segment=15 days", "output.keep_bits=12"]);
        let text = check(&then, &now).unwrap_err().to_string();
        assert!(text.contains("`spectrum.segment` was \"30 days\", is \"15 days\""), "{text}");
        assert!(text.contains("`output.keep_bits` was not set, is 12") && text.contains("--overwrite"), "{text}");
        let band = |limit: &str| format!("[[bands]]\nname = \"b\"\nlimits = [1.0, {limit}]\n");
        let text = check(&band("2.0"), &band("3.0")).unwrap_err().to_string();
        assert!(text.contains("`bands[0].limits` was [1.0, 2.0], is [1.0, 3.0]"), "{text}");
    }
}
