//! What stands in the way of a run on a store as a whole: told where it fails, in place of what it fails by.

use std::path::Path;

use super::super::dataset::Dataset;
use super::array::Parsed;
use super::describe::CONSOLIDATED;
use super::store::{ArrayDocument, Store, check_name, find};

/// Whether an array has a folder of its own in a described store whose consolidated metadata does not list it.
pub fn is_unlisted(dataset: &Dataset, name: &str) -> bool {
    dataset.format.ends_with(CONSOLIDATED)
        && dataset.array(name).is_none()
        && check_name(&dataset.path, name).is_ok()
        && Store::open(&dataset.path.join(name)).is_ok_and(|store| store.is_array)
}

/// Why no run can go on a path: it is an array in place of a group, or its array `name` has no names of dimensions.
pub fn unusable(path: &Path, name: &str) -> Option<String> {
    if Store::open(path).ok()?.is_array {
        let group = path.parent().filter(|group| !group.as_os_str().is_empty());
        let group = group.map_or_else(|| "..".into(), |group| group.display().to_string());
        return Some(format!(
            "is one Zarr array; [input] path is that of the group, which holds the times and the other arrays: {group}"
        ));
    }
    let (document, _) = find(path, name).ok()?;
    let Ok(Parsed::Array(array)) = document.parse() else { return None };
    if array.dimensions.is_empty() || array.dimensions.iter().any(Option::is_some) {
        return None;
    }
    let place = match document {
        ArrayDocument::Two(..) => format!("\"_ARRAY_DIMENSIONS\": [\"time\", \"lat\", \"lon\"] in {name}/.zattrs"),
        ArrayDocument::Three(_) => format!("\"dimension_names\": [\"time\", \"lat\", \"lon\"] in {name}/zarr.json"),
    };
    Some(format!(
        "the dimensions of {name} have no names, by which times and places are found; xarray does not open such a store \
         either. Give names to those of all arrays: {place}, each in its own order, and then consolidate the metadata anew if \
         it is"
    ))
}
