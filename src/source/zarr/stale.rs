//! Consolidated metadata that is older than the arrays' own: it counts, as in xarray, but that is said.

use std::path::Path;

use serde_json::Value;

use super::array::{lengths, product_text, shown};
use super::document;
use super::store::{ArrayDocument, Store};

/// Arrays that are named.
const NAMED: usize = 6;

/// What should be said of a store whose consolidated metadata gives arrays other shapes than their own documents do.
pub(super) fn warning(path: &Path, store: &Store) -> Option<String> {
    if !store.consolidated {
        return None;
    }
    let odd: Vec<String> =
        store.arrays.iter().filter_map(|(name, document)| difference(path, name, document)).collect();
    if odd.is_empty() {
        return None;
    }
    let more = match odd.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and so are {more} more"),
    };
    let named = odd[..odd.len().min(NAMED)].join(", ");
    let place = if store.version == 2 { ".zmetadata" } else { "consolidated, in zarr.json" };
    let shown = path.display();
    Some(format!(
        "{shown}: its metadata for all arrays ({place}) is older than theirs: {named}{more}; the former counts, as in \
         xarray: zarr.consolidate_metadata(\"{shown}\") brings it up to date"
    ))
}

/// The two shapes of an array in words; none where they are alike, or where it has no document of its own.
fn difference(path: &Path, name: &str, document: &ArrayDocument) -> Option<String> {
    let (file, listed) = match document {
        ArrayDocument::Two(zarray, _) => (".zarray", zarray.get("shape")),
        ArrayDocument::Three(document) => ("zarr.json", document.get("shape")),
    };
    let own = document::read(&path.join(name).join(file)).ok()??;
    let own = own.get("shape");
    let text = |shape: Option<&Value>| {
        let lengths = lengths(shape, "shape").ok().filter(|lengths| !lengths.is_empty());
        lengths.map_or_else(|| shown(shape), |lengths| product_text(&lengths))
    };
    (own != listed).then(|| format!("{name} is {} there, {} in {name}/{file}", text(listed), text(own)))
}
