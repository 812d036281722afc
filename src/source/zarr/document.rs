//! The JSON documents of a store, as Python writes them: with numbers that JSON does not have.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::super::SourceError;
use super::super::dataset::{Attribute, Attributes};
use super::data_type::number_in_words;
use crate::terms::base64;

/// Longest document that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Names that stand between quotes nowhere else: what Python's `json` writes for the numbers that JSON does not have.
const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// A JSON object, if the file is there.
///
/// # Errors
/// When it cannot be read, is too long, or holds something else.
pub(super) fn read(path: &Path) -> Result<Option<Map<String, Value>>, SourceError> {
    let wrong = |reason: String| SourceError::Dataset { path: path.to_owned(), reason };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(SourceError::io(path, &error)),
    };
    let mut text = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(|error| SourceError::io(path, &error))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(wrong(format!("is longer than {MOST_BYTES} bytes, which is not read as metadata")));
    }
    match parse(&text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(wrong("holds no JSON object".into())),
        Err(error) => Err(wrong(format!("is not JSON: {error}"))),
    }
}

/// Parses JSON in which `NaN`, `Infinity` and `-Infinity` may stand for numbers; they become texts.
pub(super) fn parse(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).or_else(|error| match quoted(text) {
        Cow::Owned(text) => serde_json::from_slice(&text),
        Cow::Borrowed(_) => Err(error),
    })
}

/// Puts quotes around the numbers that JSON does not have.
fn quoted(text: &[u8]) -> Cow<'_, [u8]> {
    let (mut out, mut done, mut at, mut inside) = (Vec::new(), 0, 0, false);
    while at < text.len() {
        match text[at] {
            b'\\' if inside => at += 1,
            b'"' => inside = !inside,
            b'-' | b'I' | b'N' if !inside => {
                if let Some(word) = WORDS.iter().find(|word| text[at..].starts_with(word.as_bytes())) {
                    out.extend_from_slice(&text[done..at]);
                    out.extend_from_slice(format!("\"{word}\"").as_bytes());
                    at += word.len() - 1;
                    done = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(&text[done..]);
    Cow::Owned(out)
}

/// Attributes of one name each: texts, numbers and lists of them; others are left out.
pub(super) fn attributes(object: &Map<String, Value>) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in object {
        // What says how the store is made is told otherwise.
        if name == "_ARRAY_DIMENSIONS" || name.to_ascii_lowercase().starts_with("_nczarr") {
            continue;
        }
        let attribute = match value {
            Value::String(text) if name == "_FillValue" => match fill_of_xarray(text) {
                Some(number) => Attribute::Numbers(vec![number]),
                None => Attribute::Text(text.clone()),
            },
            Value::Array(values) => match values.iter().map(number).collect::<Option<Vec<f64>>>() {
                Some(numbers) => Attribute::Numbers(numbers),
                None => match values.iter().map(|value| value.as_str().map(str::to_owned)).collect() {
                    Some(texts) => Attribute::Texts(texts),
                    None => continue,
                },
            },
            Value::String(text) => match number_in_words(text) {
                Some(number) => Attribute::Numbers(vec![number]),
                None => Attribute::Text(text.clone()),
            },
            _ => match number(value) {
                Some(number) => Attribute::Numbers(vec![number]),
                None => continue,
            },
        };
        attributes.0.insert(name.clone(), attribute);
    }
    attributes
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::String(text) => number_in_words(text),
        _ => None,
    }
}

/// `_FillValue` as xarray writes floating-point numbers into version 3: a float64, little-endian, in base64.
fn fill_of_xarray(text: &str) -> Option<f64> {
    number_in_words(text).or_else(|| Some(f64::from_le_bytes(base64(text)?.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_have_are_read() {
        let text = br#"{"a": NaN, "b": [-Infinity, 1.5, Infinity], "c": "not NaN: \" NaN, \\", "d": "\\", "e": NaN}"#;
        let Value::Object(object) = parse(text).unwrap() else { panic!() };
        let attributes = attributes(&object);
        assert!(attributes.number("a").unwrap().is_nan());
        assert_eq!(attributes.numbers("b").unwrap(), [f64::NEG_INFINITY, 1.5, f64::INFINITY]);
        assert_eq!(attributes.text("c").unwrap(), "not NaN: \" NaN, \\");
        assert!(attributes.number("e").unwrap().is_nan());
        assert!(parse(b"{\"a\": NaNs}").is_err());
        assert!(parse(b"{\"a\": ").is_err());
    }

    #[test]
    fn attributes_are_texts_numbers_or_lists() {
        let text =
            br#"{"_ARRAY_DIMENSIONS": ["y"], "_FillValue": "AAAAAICHw0A=", "n": [1, 2], "t": ["a", "b"], "m": [1, "a"],
            "o": {}, "z": null, "yes": true, "empty": []}"#;
        let Value::Object(object) = parse(text).unwrap() else { panic!() };
        let attributes = attributes(&object);
        assert_eq!(attributes.number("_FillValue"), Some(9999.0));
        assert_eq!(attributes.numbers("n"), Some(&[1.0, 2.0][..]));
        assert_eq!(attributes.0["t"], Attribute::Texts(vec!["a".into(), "b".into()]));
        assert_eq!(attributes.number("yes"), Some(1.0));
        assert_eq!(attributes.numbers("empty"), Some(&[][..]));
        for name in ["m", "o", "z", "_ARRAY_DIMENSIONS"] {
            assert!(!attributes.0.contains_key(name), "{name}");
        }
    }
}
