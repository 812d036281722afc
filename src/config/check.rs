//! Checks that several keys share; each gives the value or a message about the key.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::document::Document;
use super::error::ConfigError;
use super::keys;
use crate::terms::{Depths, ParseTermError, Seconds, TIME_STEPS, short};

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

/// The values that words stand for, from a table of words; not empty, and none twice.
pub(super) fn choices<T: Copy>(
    document: &Document,
    key: &str,
    chosen: &[String],
    words: &[(&'static str, T)],
) -> Result<Vec<T>, ConfigError> {
    if chosen.is_empty() {
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        return Err(document.wrong(key, format!("is empty; known: {}", known.join(" "))));
    }
    let choose = |(at, word): (usize, &String)| {
        let key = format!("{key}[{at}]");
        if chosen[..at].contains(word) {
            return Err(document.wrong(&key, format!("\"{word}\" is there twice")));
        }
        choice(document, &key, word, words)
    };
    chosen.iter().enumerate().map(choose).collect()
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

/// West and east in degrees, eastward from the one to the other.
pub(super) fn lon_range(document: &Document, key: &str, list: Vec<f64>) -> Result<[f64; 2], ConfigError> {
    let [west, east] = two(document, key, list, "[west, east] in degrees")?;
    for (at, degrees) in [west, east].into_iter().enumerate() {
        if !(-360.0..=360.0).contains(&degrees) {
            let message = format!("is {degrees}; longitudes are within -360 and 360 degrees");
            return Err(document.wrong(&format!("{key}[{at}]"), message));
        }
    }
    let eastward = east - west;
    if eastward == 0.0 || eastward > 360.0 || eastward <= -360.0 {
        let message = format!(
            "[{west}, {east}] goes {eastward} degrees from west to east; it must be up to 360, and not 0 \
             (below 0 crosses the date line or the zero meridian)"
        );
        return Err(document.wrong(key, message));
    }
    Ok([west, east])
}

/// South and north in degrees.
pub(super) fn lat_range(document: &Document, key: &str, list: Vec<f64>) -> Result<[f64; 2], ConfigError> {
    let [south, north] = two(document, key, list, "[south, north] in degrees")?;
    for (at, degrees) in [south, north].into_iter().enumerate() {
        if !(-90.0..=90.0).contains(&degrees) {
            let message = format!("is {degrees}; latitudes are within -90 and 90 degrees");
            return Err(document.wrong(&format!("{key}[{at}]"), message));
        }
    }
    if south < north {
        return Ok([south, north]);
    }
    Err(document.wrong(key, format!("is [{south}, {north}]; the south must be below the north")))
}

/// Depths of the sea floor; none given: all.
pub(super) fn depths(document: &Document, key: &str, list: Option<Vec<f64>>) -> Result<Depths, ConfigError> {
    let Some(list) = list else { return Ok(Depths::ALL) };
    let [from, to] = two(document, key, list, "[shallowest, deepest] in m")?;
    if from >= 0.0 && from < to {
        return Ok(Depths { from, to });
    }
    let message =
        format!("is [{from}, {to}]; depths are 0 or more, the shallowest below the deepest, which may be inf");
    Err(document.wrong(key, message))
}

/// Bins are not narrower [degrees]: no model's grid is.
const NARROWEST_BIN: f64 = 0.01;

/// Refuses a width of bins, in degrees, of which no whole number makes `whole`.
pub(super) fn bin_width(document: &Document, key: &str, width: f64, whole: f64) -> Result<(), ConfigError> {
    if !(NARROWEST_BIN..=whole).contains(&width) {
        let message = format!("is {width}; it must be {NARROWEST_BIN} to {whole} degrees");
        return Err(document.wrong(key, message));
    }
    if is_whole(whole / width) {
        return Ok(());
    }
    let (bins, near) = (short(whole / width), nearest_parts(whole, width));
    Err(document.wrong(key, format!("is {width}, and {whole} / {width} is {bins}, no whole number; {near} would do")))
}

/// Whether a number that was written in decimals, or came from a division of such, is meant as a whole one.
pub(super) fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() <= 1e-9 * number.abs()
}

/// The parts nearest to `part`, below and above it, of which a whole number makes `whole`.
pub(super) fn nearest_parts(whole: f64, part: f64) -> String {
    let [more, fewer] = [(whole / part).ceil(), (whole / part).floor().max(1.0)];
    // As short as it can be written and still taken for that count.
    let written = |parts: f64| {
        let mut texts = (0..17).map(|digits| format!("{:.digits$}", whole / parts));
        let taken = texts.find(|text| {
            text.parse::<f64>().is_ok_and(|part| is_whole(whole / part) && (whole / part).round() == parts)
        });
        taken.unwrap_or_else(|| (whole / parts).to_string())
    };
    format!("{} or {}", written(more), written(fewer))
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
    if is_address(&text) {
        return Err(
            document.wrong(key, "is an address; only files on this machine's file systems are read and written")
        );
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

/// Whether a text is the address of something elsewhere, `s3://...`, not a path.
fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
    })
}

/// A checked path as TOML text; [`path`] made sure that it is UTF-8.
pub(super) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
