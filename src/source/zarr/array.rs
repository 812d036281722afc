//! The metadata of one array, of either version: what comes in is JSON, what goes out is checked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::dataset::{Attributes, Element};
use super::codec::{Codec, Unreadable};
use super::keys::ChunkKeys;

/// Most dimensions of an array; numpy's limit.
const MOST_DIMENSIONS: usize = 64;

/// An array as its metadata describes it.
#[derive(Clone, Debug)]
pub(super) struct Array {
    /// Names; none where the metadata has none.
    pub(super) dimensions: Vec<Option<String>>,
    pub(super) shape: Vec<u64>,
    /// The unit that is decoded at once.
    pub(super) chunk: Vec<u64>,
    pub(super) element: Element,
    pub(super) fill: Vec<u8>,
    /// Codecs in words.
    pub(super) words: String,
    pub(super) attributes: Attributes,
    pub(super) coding: Coding,
    /// What stands in the way of reading it.
    pub(super) unreadable: Option<Unreadable>,
}

/// How the chunks of an array are found and decoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Coding {
    pub(super) keys: ChunkKeys,
    pub(super) codecs: Vec<Codec>,
    pub(super) shard: Option<Sharding>,
}

/// Files of several chunks each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sharding {
    /// Values of a file along each dimension.
    pub(super) shape: Vec<u64>,
    /// Whether the index stands before the chunks, not behind them.
    pub(super) index_first: bool,
    pub(super) index_big_endian: bool,
    pub(super) index_checksum: bool,
}

/// What the metadata of an array gave.
#[derive(Debug)]
pub(super) enum Parsed {
    /// An array of numbers.
    Array(Box<Array>),
    /// Something that is not read, and why.
    LeftOut(String),
}

/// Lengths as a list of whole numbers.
///
/// # Errors
/// When it is none, or too long.
pub(super) fn lengths(value: Option<&Value>, name: &str) -> Result<Vec<u64>, String> {
    let Some(Value::Array(values)) = value else {
        return Err(format!("{name} is {}, expected a list of whole numbers", shown(value)));
    };
    if values.len() > MOST_DIMENSIONS {
        return Err(format!("{name} has {} dimensions, at most {MOST_DIMENSIONS} are read", values.len()));
    }
    let whole =
        |value: &Value| value.as_u64().ok_or_else(|| format!("{name} holds {}, expected a whole number", short(value)));
    values.iter().map(whole).collect()
}

/// Checks that chunks of `chunk` values, which `name` gives, can cut up an array of `shape`.
///
/// # Errors
/// With both numbers, where they cannot, or where either holds more than can be addressed.
pub(super) fn check_chunk(shape: &[u64], chunk: &[u64], name: &str, element: Element) -> Result<(), String> {
    if chunk.len() != shape.len() {
        return Err(format!("{name} has {} dimensions, shape has {}", chunk.len(), shape.len()));
    }
    if chunk.contains(&0) {
        return Err(format!("{name} is {}: a chunk cannot be of length 0", product_text(chunk)));
    }
    for (lengths, name) in [(shape, "shape"), (chunk, name)] {
        let bytes =
            lengths.iter().try_fold(element.bytes() as u64, |bytes, length| bytes.checked_mul((*length).max(1)));
        if bytes.is_none_or(|bytes| bytes > i64::MAX as u64) {
            return Err(format!("{name} is {}, more bytes than can be addressed", product_text(lengths)));
        }
    }
    Ok(())
}

/// Names of dimensions out of a list of texts, one for each dimension.
///
/// # Errors
/// When it is another list.
pub(super) fn names(value: Option<&Value>, rank: usize, key: &str) -> Result<Vec<Option<String>>, String> {
    let values = match value {
        None | Some(Value::Null) => return Ok(vec![None; rank]),
        Some(Value::Array(values)) => values,
        _ => return Err(format!("{key} is {}, expected a list of texts", shown(value))),
    };
    if values.len() != rank {
        return Err(format!("{key} has {} names, shape has {rank} dimensions", values.len()));
    }
    let name = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::String(name) => Ok(Some(name.clone()).filter(|name| !name.is_empty())),
        _ => Err(format!("{key} holds {}, expected a text", short(value))),
    };
    values.iter().map(name).collect()
}

/// A codec's name and settings.
type NamedCodec<'a> = (&'a str, Map<String, Value>);

/// A list of codecs: each one's name and settings, which version 2 (`name_key` "id") keeps beside the name.
///
/// # Errors
/// When it is none.
pub(super) fn codecs<'a>(values: &'a [Value], name_key: &str) -> Result<Vec<NamedCodec<'a>>, String> {
    let one = |value: &'a Value| {
        let wrong = || format!("a codec is {}, expected an object with \"{name_key}\"", short(value));
        if let (Value::String(name), "name") = (value, name_key) {
            return Ok((name.as_str(), Map::new()));
        }
        let object = value.as_object().ok_or_else(wrong)?;
        let name = object.get(name_key).and_then(Value::as_str).ok_or_else(wrong)?;
        let settings = if name_key == "name" {
            match object.get("configuration") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(settings)) => settings.clone(),
                Some(_) => return Err(wrong()),
            }
        } else {
            object.iter().filter(|(key, _)| *key != name_key).map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        Ok((name, settings))
    };
    values.iter().map(one).collect()
}

/// "24 x 96 x 96".
pub(super) fn product_text(lengths: &[u64]) -> String {
    lengths.iter().map(u64::to_string).collect::<Vec<_>>().join(" x ")
}

/// A value for a message.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "missing".into(), short)
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 80 { text.chars().take(80).chain("...".chars()).collect() } else { text }
}
