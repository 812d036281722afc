//! What a file or store says of its arrays.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Attributes, Element};

/// A dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// Name.
    pub name: String,
    /// Length.
    pub length: u64,
    /// Whether it can grow (netCDF's unlimited dimensions).
    pub unlimited: bool,
}

/// A netCDF file or a Zarr group: its description, no values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// The file, or the store's folder.
    pub path: PathBuf,
    /// What it is, in words: "netCDF classic (64-bit offset)", "netCDF-4", "Zarr v2, consolidated".
    pub format: String,
    /// Dimensions, in the order of the file.
    pub dimensions: Vec<Dimension>,
    /// Arrays of numbers, in the order of the file.
    pub arrays: Vec<ArrayInfo>,
    /// Attributes of the whole.
    pub attributes: Attributes,
    /// The other arrays, which are not read, by name: what their values are, in words: "texts", "of another type (float16)".
    pub left_out: BTreeMap<String, String>,
    /// What else a user should know of it.
    pub notes: Vec<String>,
    /// What is doubtful about it.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// An array by its name.
    pub fn array(&self, name: &str) -> Option<&ArrayInfo> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// All that a user should know of it, with the arrays that are left out.
    pub fn all_notes(&self) -> Vec<String> {
        let mut by_values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, values) in &self.left_out {
            by_values.entry(values).or_default().push(name);
        }
        let left_out = by_values
            .into_iter()
            .map(|(values, names)| format!("left out, as the values are {values}: {}", names.join(", ")));
        self.notes.iter().cloned().chain(left_out).collect()
    }

    /// An array by its name as one in the group of the array `from` means it: in that group, else in those above.
    pub fn nearest(&self, from: &str, name: &str) -> Option<&ArrayInfo> {
        groups_upwards(from).find_map(|group| self.array(&format!("{group}{name}")))
    }

    /// The same for an array that is left out: what its values are, in words.
    pub fn nearest_left_out(&self, from: &str, name: &str) -> Option<&str> {
        groups_upwards(from).find_map(|group| self.left_out.get(&format!("{group}{name}"))).map(String::as_str)
    }
}

/// What is known of an array before its values are looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrayInfo {
    /// Name; within groups, the path without a leading slash.
    pub name: String,
    /// Names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Length of each.
    pub shape: Vec<u64>,
    /// Lengths of a chunk, the unit that is decoded at once, of a sharded array of an inner one; none where values lie
    /// one after the other without compression.
    pub chunk: Option<Vec<u64>>,
    /// Type and byte order of the values as [`ChunkReader`](super::ChunkReader) gives them.
    pub element: Element,
    /// One value, as stored: what a chunk is made of that is not there.
    pub fill: Vec<u8>,
    /// Filters and compressors in words, in the order of writing: "shuffle, deflate 4"; empty for none.
    pub codecs: String,
    /// Attributes.
    pub attributes: Attributes,
}

/// The group of an array and those above it, the nearest first, as they begin the names of their arrays: "a/b/", "a/", "".
pub fn groups_upwards(array: &str) -> impl Iterator<Item = &str> {
    array.rmatch_indices('/').map(|(at, _)| &array[..=at]).chain([""])
}

impl ArrayInfo {
    /// Place of a dimension.
    pub fn axis(&self, dimension: &str) -> Option<usize> {
        self.dimensions.iter().position(|name| name == dimension)
    }

    /// Values of the whole; none beyond what can be counted.
    pub fn values(&self) -> Option<u64> {
        self.shape.iter().try_fold(1_u64, |product, length| product.checked_mul(*length))
    }

    /// Values of a chunk; none where there are no chunks, or more than can be counted.
    pub fn values_of_chunk(&self) -> Option<u64> {
        self.chunk.as_ref()?.iter().try_fold(1_u64, |product, length| product.checked_mul(*length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_from_the_nearest_to_the_root() {
        assert_eq!(groups_upwards("a/b/u").collect::<Vec<_>>(), ["a/b/", "a/", ""]);
        assert_eq!(groups_upwards("u").collect::<Vec<_>>(), [""]);
    }
}
