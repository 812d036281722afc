//! A store in the words of a [`Dataset`]: names of dimensions that the metadata leaves open are chosen here.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Dataset, Dimension, Storage};
use super::array::{Array, Parsed};
use super::store::Store;
use super::{ZarrChunks, document, stale};

/// How the format of a store with consolidated metadata ends.
pub(super) const CONSOLIDATED: &str = ", consolidated";

/// Describes a group or a single array; see [`describe_and_locate`](super::describe_and_locate).
pub(super) fn describe(
    path: &Path,
    wanted: &dyn Fn(&ArrayInfo) -> bool,
) -> Result<(Dataset, HashMap<String, Storage>), SourceError> {
    let store = Store::open(path)?;
    let mut storages = HashMap::new();
    let mut dataset = Dataset {
        path: path.to_owned(),
        format: format!("Zarr v{}{}", store.version, if store.consolidated { CONSOLIDATED } else { "" }),
        dimensions: Vec::new(),
        arrays: Vec::new(),
        attributes: document::attributes(&store.attributes),
        left_out: BTreeMap::new(),
        notes: Vec::new(),
        warnings: stale::warning(path, &store).into_iter().collect(),
    };
    let mut dimensions = Dimensions::default();
    for (name, document) in &store.arrays {
        let wrong =
            |reason: String| SourceError::Dataset { path: path.to_owned(), reason: format!("{name}: {reason}") };
        match document.parse().map_err(wrong)? {
            Parsed::Array(array) => {
                let names = dimensions.names(name, &array).map_err(wrong)?;
                let (coding, is_readable) = (array.coding.clone(), array.unreadable.is_none());
                let info = info(name, names, *array);
                if is_readable && wanted(&info) {
                    let folder = if store.is_array { path.to_owned() } else { path.join(name) };
                    storages.insert(name.clone(), Storage::Zarr(ZarrChunks { folder, coding }));
                }
                dataset.arrays.push(info);
            }
            Parsed::LeftOut(values) => {
                dataset.left_out.insert(name.clone(), values);
            }
        }
    }
    dataset.dimensions = dimensions.all;
    Ok((dataset, storages))
}

fn info(name: &str, dimensions: Vec<String>, array: Array) -> ArrayInfo {
    ArrayInfo {
        name: name.to_owned(),
        dimensions,
        shape: array.shape,
        chunk: Some(array.chunk),
        element: array.element,
        fill: array.fill,
        codecs: array.words,
        attributes: array.attributes,
    }
}

/// The dimensions of all arrays, each name of one length.
#[derive(Default)]
struct Dimensions {
    all: Vec<Dimension>,
    seen: HashMap<String, Seen>,
}

/// Where a name was first seen.
struct Seen {
    length: u64,
    array: String,
    group: String,
}

impl Dimensions {
    /// Names for the dimensions of an array. Where another group uses a name for another length, this group's goes before
    /// it; where the metadata has no name, it is the dimension's number, with its length if need be.
    fn names(&mut self, name: &str, array: &Array) -> Result<Vec<String>, String> {
        let group = name.rsplit_once('/').map_or("", |(group, _)| group);
        let mut names = Vec::new();
        for (k, (dimension, length)) in array.dimensions.iter().zip(&array.shape).enumerate() {
            let mut chosen = dimension.clone().unwrap_or_else(|| format!("dim_{k}"));
            if let Some(seen) = self.other_length(&chosen, *length) {
                chosen = match dimension {
                    Some(dimension) if seen.group != group => format!("{group}/{dimension}"),
                    Some(_) => chosen,
                    None => format!("dim_{k}_{length}"),
                };
            }
            if let Some(Seen { length: other, array, .. }) = self.other_length(&chosen, *length) {
                return Err(format!("its dimension {chosen} has length {length}, but {other} in {array}"));
            }
            if !self.seen.contains_key(&chosen) {
                let seen = Seen { length: *length, array: name.to_owned(), group: group.to_owned() };
                self.seen.insert(chosen.clone(), seen);
                self.all.push(Dimension { name: chosen.clone(), length: *length, unlimited: false });
            }
            names.push(chosen);
        }
        Ok(names)
    }

    /// What has this name with another length.
    fn other_length(&self, name: &str, length: u64) -> Option<&Seen> {
        self.seen.get(name).filter(|seen| seen.length != length)
    }
}
