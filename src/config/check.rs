//! Checks that several keys share; each gives the value or a message about the key.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::document::Document;
use super::error::ConfigError;
use super::keys;
use crate::terms::{ParseTermError, Seconds, TIME_STEPS, short};

/// The value that a word stands for, from a table of words.
pub(super) fn choice<T: Copy>(
    document: &Document,
    key: &str,
    word: &str,
    words: &[(&'static str, T)],
) -> Result<T, ConfigError> {
    if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
        return Ok(*value);
    }
    let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
    let near = keys::nearest(word, &known).map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
    Err(document.wrong(key, format!("is \"{word}\"; {near}known: {}", known.join(" "))))
}

/// The word for a value: the way back from [`choice`].
pub(super) fn word<T: PartialEq>(value: &T, words: &[(&'static str, T)]) -> Option<String> {
    words.iter().find(|(_, known)| known == value).map(|(word, _)| (*word).to_owned())
}

/// A value with a grammar of its own.
pub(super) fn term<T: FromStr<Err = ParseTermError>>(
    document: &Document,
    key: &str,
    text: &str,
) -> Result<T, ConfigError> {
    text.parse().map_err(|error: ParseTermError| document.wrong(key, error.to_string()))
}

/// A duration of a model's time step.
pub(super) fn duration(document: &Document, key: &str, text: &str) -> Result<Seconds, ConfigError> {
    let seconds: Seconds = term(document, key, text)?;
    if TIME_STEPS.contains(&seconds.0) {
        Ok(seconds)
    } else {
        let (least, most) = (Seconds(*TIME_STEPS.start()), Seconds(*TIME_STEPS.end()));
        Err(document.wrong(key, format!("is {} s; it must be above 0 s: {least} to {most}", short(seconds.0))))
    }
}

/// A duration as text that reads back to the same float64.
pub(super) fn duration_text(duration: Seconds) -> String {
    let text = duration.to_string();
    if text.parse() == Ok(duration) { text } else { format!("{} s", duration.0) }
}

/// A whole number that is not below `least`; `meaning` says why.
pub(super) fn at_least(
    document: &Document,
    key: &str,
    number: i64,
    least: usize,
    meaning: &str,
) -> Result<usize, ConfigError> {
    match usize::try_from(number) {
        Ok(value) if value >= least => Ok(value),
        _ => Err(document.wrong(key, format!("is {number}, below {least}; {meaning}"))),
    }
}

/// A list of exactly two.
pub(super) fn two<T>(document: &Document, key: &str, list: Vec<T>, meaning: &str) -> Result<[T; 2], ConfigError> {
    <[T; 2]>::try_from(list)
        .map_err(|list| document.wrong(key, format!("has {} values, must have 2: {meaning}", list.len())))
}

/// 0-based first index and the index past the last.
pub(super) fn index_range(document: &Document, key: &str, list: Vec<i64>) -> Result<Range<usize>, ConfigError> {
    let [first, end] = two(document, key, list, "[first, end], half-open, 0-based")?;
    match (usize::try_from(first), usize::try_from(end)) {
        (Ok(first), Ok(end)) if first < end => Ok(first..end),
        (Ok(_), Ok(_)) => Err(document
            .wrong(key, format!("selects nothing: the first index {first} must be below the end {end} (half-open)"))),
        _ => Err(document.wrong(key, format!("is [{first}, {end}]; indices count from 0"))),
    }
}

/// A text that is not empty.
pub(super) fn not_empty(document: &Document, key: &str, text: String) -> Result<String, ConfigError> {
    if text.trim().is_empty() { Err(document.wrong(key, "is empty")) } else { Ok(text) }
}

/// A path as an absolute one: relative to the file, or to the current folder if it comes from a
/// `--set` or there is no file.
pub(super) fn path(document: &Document, key: &str, text: String) -> Result<PathBuf, ConfigError> {
    let text = not_empty(document, key, text)?;
    if text.contains('\0') {
        return Err(document.wrong(key, "holds the character NUL, which no path can"));
    }
    let folder = document.origin().filter(|_| !document.is_set(key)).and_then(Path::parent);
    let path = folder.map_or_else(|| PathBuf::from(&text), |folder| folder.join(&text));
    let absolute = std::path::absolute(&path).map_err(|source| ConfigError::CurrentFolder {
        key: key.to_owned(),
        path: path.clone(),
        source,
    })?;
    if absolute.to_str().is_none() {
        let message = format!("is {}, which is not UTF-8 and cannot be stored with the result", absolute.display());
        return Err(document.wrong(key, message));
    }
    Ok(absolute)
}

/// A checked path as TOML text; [`path`] made sure that it is UTF-8.
pub(super) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
