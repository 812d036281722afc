//! Metadata of version 2: `.zarray` and `.zattrs`.

use serde_json::{Map, Value};

use super::super::dataset::Attribute;
use super::array::{Array, Coding, Parsed, check_chunk, codecs, lengths, names, shown};
use super::codec::Codecs;
use super::data_type::{self, DataType};
use super::document;
use super::keys::ChunkKeys;

/// Reads the metadata of an array.
///
/// # Errors
/// What in it cannot be.
pub(super) fn parse(zarray: &Map<String, Value>, zattrs: &Map<String, Value>) -> Result<Parsed, String> {
    if zarray.get("zarr_format").and_then(Value::as_u64) != Some(2) {
        return Err(format!("zarr_format is {}, expected 2", shown(zarray.get("zarr_format"))));
    }
    let data_type = data_type::of_version_2(zarray.get("dtype").unwrap_or(&Value::Null))?;
    let is_truth = data_type == DataType::Truth;
    let element = match data_type {
        DataType::Number(element) => element,
        DataType::Truth => data_type::TRUTH,
        DataType::Other(kind) => return Ok(Parsed::LeftOut(kind)),
    };
    let shape = lengths(zarray.get("shape"), "shape")?;
    let chunk = lengths(zarray.get("chunks"), "chunks")?;
    check_chunk(&shape, &chunk, "chunks", element)?;
    let rank = shape.len();

    let mut steps = Codecs::default();
    match zarray.get("order").and_then(Value::as_str) {
        Some("C") | None => {}
        Some("F") => steps.add_fortran_order(rank),
        Some(_) => return Err(format!("order is {}, expected \"C\" or \"F\"", shown(zarray.get("order")))),
    }
    let filters = match zarray.get("filters") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(filters)) => filters,
        other => return Err(format!("filters is {}, expected a list", shown(other))),
    };
    let compressor = zarray.get("compressor").filter(|compressor| !compressor.is_null()).cloned();
    for (name, settings) in codecs(filters, "id")?.into_iter().chain(codecs(compressor.as_slice(), "id")?) {
        steps.add(name, &settings, rank, element)?;
    }
    steps.refuse_unknown_lengths();

    let fill_value = zarray.get("fill_value").unwrap_or(&Value::Null);
    let fill = data_type::fill(fill_value, element)?;
    let mut attributes = document::attributes(zattrs);
    // As xarray reads version 2: what stands for chunks that are not there stands for missing values too.
    // Neither true nor false is missing.
    if is_truth {
        attributes.0.remove("_FillValue");
    } else if !fill_value.is_null() && !attributes.0.contains_key("_FillValue") {
        let mut number = [0.0_f64];
        element.decode(&fill, &mut number);
        attributes.0.insert("_FillValue".into(), Attribute::Numbers(number.to_vec()));
    }
    Ok(Parsed::Array(Box::new(Array {
        dimensions: dimensions(zarray, zattrs, rank)?,
        shape,
        chunk,
        element,
        fill,
        words: steps.words.join(", "),
        attributes,
        coding: Coding {
            keys: ChunkKeys::of_version_2(zarray.get("dimension_separator"))?,
            codecs: steps.steps,
            shard: None,
        },
        unreadable: steps.unreadable,
    })))
}

/// xarray's `_ARRAY_DIMENSIONS`, or the references of netCDF's own Zarr, which are paths of dimensions.
fn dimensions(
    zarray: &Map<String, Value>,
    zattrs: &Map<String, Value>,
    rank: usize,
) -> Result<Vec<Option<String>>, String> {
    let of_xarray = zattrs.get("_ARRAY_DIMENSIONS");
    if of_xarray.is_some() {
        return names(of_xarray, rank, "_ARRAY_DIMENSIONS");
    }
    let key = |name: &&String| name.eq_ignore_ascii_case("_nczarr_array");
    let of_netcdf = [zattrs, zarray].into_iter().find_map(|object| object.get(object.keys().find(key)?));
    let references = of_netcdf.and_then(|array| array.get("dimension_references").or_else(|| array.get("dimrefs")));
    let mut names = names(references, rank, "dimrefs")?;
    for name in names.iter_mut().flatten() {
        if let Some((_, last)) = name.rsplit_once('/') {
            *name = last.to_owned();
        }
    }
    Ok(names)
}
