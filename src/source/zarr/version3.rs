//! Metadata of version 3: `zarr.json`.

use serde_json::{Map, Value};

use super::super::Endian;
use super::super::dataset::Element;
use super::array::{Array, Coding, Parsed, Sharding, check_chunk, codecs, lengths, names, product_text, shown};
use super::codec::{Codecs, endian};
use super::data_type::{self, DataType};
use super::document;
use super::keys::ChunkKeys;

/// Keys that are read or that change nothing for a reader.
const KEYS: [&str; 12] = [
    "zarr_format",
    "node_type",
    "shape",
    "data_type",
    "chunk_grid",
    "chunk_key_encoding",
    "fill_value",
    "codecs",
    "attributes",
    "dimension_names",
    "storage_transformers",
    "consolidated_metadata",
];

/// Reads the metadata of an array.
///
/// # Errors
/// What in it cannot be.
pub(super) fn parse(document: &Map<String, Value>) -> Result<Parsed, String> {
    if document.get("zarr_format").and_then(Value::as_u64) != Some(3) {
        return Err(format!("zarr_format is {}, expected 3", shown(document.get("zarr_format"))));
    }
    let unknown = |(key, value): &(&String, &Value)| {
        !KEYS.contains(&key.as_str()) && value.get("must_understand") != Some(&Value::Bool(false))
    };
    if let Some((key, _)) = document.iter().find(unknown) {
        let key: String = key.chars().take(80).collect();
        return Ok(Parsed::LeftOut(format!("stored with the extension \"{key}\"")));
    }
    if document.get("storage_transformers").is_some_and(|list| list.as_array().is_none_or(|list| !list.is_empty())) {
        return Ok(Parsed::LeftOut(format!("stored by {}", shown(document.get("storage_transformers")))));
    }
    let data_type = data_type::of_version_3(document.get("data_type").unwrap_or(&Value::Null))?;
    let is_truth = data_type == DataType::Truth;
    let mut element = match data_type {
        DataType::Number(element) => element,
        DataType::Truth => data_type::TRUTH,
        DataType::Other(kind) => return Ok(Parsed::LeftOut(kind)),
    };
    let shape = lengths(document.get("shape"), "shape")?;
    let grid = document.get("chunk_grid");
    if grid.and_then(|grid| grid.get("name")) != Some(&Value::String("regular".into())) {
        return Ok(Parsed::LeftOut(format!("in chunks of a grid that is not regular ({})", shown(grid))));
    }
    let outer = lengths(grid.and_then(|grid| grid.get("configuration")?.get("chunk_shape")), "chunk_shape")?;
    check_chunk(&shape, &outer, "chunk_shape", element)?;

    let Some(Value::Array(list)) = document.get("codecs") else {
        return Err(format!("codecs is {}, expected a list", shown(document.get("codecs"))));
    };
    let mut steps = Codecs::default();
    let mut shard = None;
    let mut chunk = outer.clone();
    match codecs(list, "name")?.as_slice() {
        [(name, settings)] if *name == "sharding_indexed" => {
            chunk = lengths(settings.get("chunk_shape"), "sharding's chunk_shape")?;
            check_chunk(&outer, &chunk, "sharding's chunk_shape", element)?;
            if outer.iter().zip(&chunk).any(|(outer, inner)| outer % inner != 0) {
                let (outer, inner) = (product_text(&outer), product_text(&chunk));
                return Err(format!("shards of {outer} values are no multiple of their chunks of {inner}"));
            }
            steps.words.push(format!("sharding({})", product_text(&outer)));
            shard = Some(sharding(settings, outer, &mut steps)?);
            let Some(Value::Array(inner)) = settings.get("codecs") else {
                return Err(format!("sharding's codecs is {}, expected a list", shown(settings.get("codecs"))));
            };
            chain(&codecs(inner, "name")?, &mut steps, shape.len(), &mut element)?;
        }
        list => chain(list, &mut steps, shape.len(), &mut element)?,
    }
    steps.refuse_unknown_lengths();
    let attributes = match document.get("attributes") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(attributes)) => attributes.clone(),
        other => return Err(format!("attributes is {}, expected an object", shown(other))),
    };
    let mut attributes = document::attributes(&attributes);
    // Neither true nor false is missing.
    if is_truth {
        attributes.0.remove("_FillValue");
    }
    Ok(Parsed::Array(Box::new(Array {
        dimensions: names(document.get("dimension_names"), shape.len(), "dimension_names")?,
        fill: data_type::fill(document.get("fill_value").unwrap_or(&Value::Null), element)?,
        shape,
        chunk,
        element,
        words: steps.words.join(", "),
        attributes,
        coding: Coding {
            keys: ChunkKeys::of_version_3(document.get("chunk_key_encoding"))?,
            codecs: steps.steps,
            shard,
        },
        unreadable: steps.unreadable,
    })))
}

/// A chain of codecs: those of arrays, one that makes bytes of an array, those of bytes.
fn chain(
    list: &[(&str, Map<String, Value>)],
    steps: &mut Codecs,
    rank: usize,
    element: &mut Element,
) -> Result<(), String> {
    let Some(to_bytes) = list.iter().position(|(name, _)| *name == "bytes") else {
        // What makes bytes of arrays is then another codec, or there is none.
        match list.iter().find(|(name, _)| !["transpose", "bitround"].contains(name)) {
            Some((name, settings)) => steps.refuse(name, settings),
            None => return Err("codecs has none that makes bytes of numbers, such as \"bytes\"".into()),
        }
        return Ok(());
    };
    let settings = &list[to_bytes].1;
    match endian(settings) {
        Some(endian) => element.endian = endian,
        None if element.bytes() == 1 => {}
        None => return Err(format!("the codec \"bytes\" has endian {}", shown(settings.get("endian")))),
    }
    for (at, (name, settings)) in list.iter().enumerate() {
        let of_arrays = ["transpose", "bitround", "delta", "fixedscaleoffset", "quantize"]
            .contains(&name.strip_prefix("numcodecs.").unwrap_or(name));
        if at == to_bytes {
            // Filters before it name types by numpy, which are little-endian; so must the bytes be.
            if element.endian == Endian::Big && list[..at].iter().any(|(name, _)| name.starts_with("numcodecs.")) {
                steps.refuse_for(format!("{} before big-endian bytes", list[0].0));
            }
        } else if of_arrays != (at < to_bytes) {
            let place = if of_arrays { "after" } else { "before" };
            return Err(format!("the codec \"{name}\" stands {place} \"bytes\""));
        } else {
            steps.add(name, settings, rank, *element)?;
        }
    }
    Ok(())
}

/// Where the index of a shard is and how it is stored.
fn sharding(settings: &Map<String, Value>, shape: Vec<u64>, steps: &mut Codecs) -> Result<Sharding, String> {
    let index_first = match settings.get("index_location").map_or(Some("end"), Value::as_str) {
        Some("end") => false,
        Some("start") => true,
        _ => return Err(format!("sharding's index_location is {}", shown(settings.get("index_location")))),
    };
    let Some(Value::Array(list)) = settings.get("index_codecs") else {
        return Err(format!("sharding's index_codecs is {}, expected a list", shown(settings.get("index_codecs"))));
    };
    let list = codecs(list, "name")?;
    let known = matches!(list.as_slice(), [("bytes", _)] | [("bytes", _), ("crc32c", _)]);
    let order = list.first().and_then(|(_, settings)| endian(settings));
    if !known || order.is_none() {
        steps.refuse_for(format!("a shard's index of {}", shown(settings.get("index_codecs"))));
    }
    Ok(Sharding { shape, index_first, index_big_endian: order == Some(Endian::Big), index_checksum: list.len() == 2 })
}
