//! The arrays of a result as float64.

use std::path::{Path, PathBuf};

use oceanspec::store::StoredGroup;
use serde_json::Value;

/// A result (or reference) on disk.
pub struct ResultArrays {
    path: PathBuf,
    group: StoredGroup,
}

/// An array, in C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub dimensions: Vec<String>,
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
}

impl Values {
    /// One element.
    #[track_caller]
    pub fn at(&self, index: &[usize]) -> f64 {
        assert_eq!(index.len(), self.shape.len());
        let flat = index.iter().zip(&self.shape).fold(0, |flat, (&at, &len)| {
            assert!(at < len, "{index:?} in {:?}", self.shape);
            flat * len + at
        });
        self.data[flat]
    }

    /// The elements of the last axis at an index of the others.
    #[track_caller]
    pub fn row(&self, index: &[usize]) -> &[f64] {
        let len = *self.shape.last().unwrap();
        let first = index.iter().zip(&self.shape).fold(0, |flat, (&at, &len)| {
            assert!(at < len, "{index:?} in {:?}", self.shape);
            flat * len + at
        });
        &self.data[first * len..(first + 1) * len]
    }
}

impl ResultArrays {
    #[track_caller]
    pub fn open(path: &Path) -> ResultArrays {
        let group = StoredGroup::open(path).unwrap_or_else(|error| panic!("{error}"));
        ResultArrays { path: path.to_owned(), group }
    }

    /// Names of all arrays.
    pub fn names(&self) -> Vec<String> {
        self.group.headers().keys().cloned().collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.group.headers().contains_key(name)
    }

    pub fn dimensions(&self, name: &str) -> Vec<String> {
        self.group.headers()[name].dimensions.clone()
    }

    /// All values of a numeric array.
    #[track_caller]
    pub fn values(&self, name: &str) -> Values {
        let array = self.group.array(name).unwrap_or_else(|error| panic!("{error}"));
        let header = array.header();
        Values {
            dimensions: header.dimensions.clone(),
            shape: header.shape.iter().map(|&len| len as usize).collect(),
            data: array.read_all_f64().unwrap_or_else(|error| panic!("{error}")),
        }
    }

    /// All values of an array of text.
    #[track_caller]
    pub fn text(&self, name: &str) -> Vec<String> {
        self.group.array(name).unwrap().read_text().unwrap()
    }

    /// A coordinate of whole numbers.
    #[track_caller]
    pub fn indices(&self, name: &str) -> Vec<usize> {
        self.values(name).data.iter().map(|&value| value as usize).collect()
    }

    /// The type of an array as its metadata names it.
    pub fn data_type(&self, name: &str) -> String {
        let text = std::fs::read(self.path.join(name).join("zarr.json")).unwrap();
        let metadata: Value = serde_json::from_slice(&text).unwrap();
        metadata["data_type"].as_str().unwrap().to_owned()
    }

    /// An attribute of the group.
    #[track_caller]
    pub fn attribute(&self, name: &str) -> Value {
        self.group.attributes().get(name).unwrap_or_else(|| panic!("no attribute {name}")).clone()
    }

    /// Attributes of an array: those of its own metadata, and those of the consolidated ones.
    #[track_caller]
    pub fn attributes_of(&self, name: &str) -> [Value; 2] {
        let read = |path: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
        let own = read(self.path.join(name).join("zarr.json"));
        let root = read(self.path.join("zarr.json"));
        [&own, &root["consolidated_metadata"]["metadata"][name]].map(|metadata| metadata["attributes"].clone())
    }

    /// A number of the plan that the run followed.
    #[track_caller]
    pub fn planned(&self, key: &str) -> u64 {
        let plan: Value = serde_json::from_str(self.attribute("plan").as_str().unwrap()).unwrap();
        plan[key].as_u64().unwrap_or_else(|| panic!("the plan has no {key}: {plan}"))
    }
}

/// Fails unless all values have the same bits; NaN is NaN.
#[track_caller]
pub fn assert_same_bits(ours: &[f64], expected: &[f64], what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    for (at, (a, b)) in ours.iter().zip(expected).enumerate() {
        let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        assert!(same, "{what}: value {at} is {a}, expected {b}");
    }
}

/// Fails unless two results have the same arrays with the same values, whatever their chunks and attributes.
#[track_caller]
pub fn assert_same_arrays(result: &Path, expected: &Path, what: &str) {
    let (ours, theirs) = (ResultArrays::open(result), ResultArrays::open(expected));
    assert_eq!(ours.names(), theirs.names(), "{what}");
    for name in ours.names() {
        let what = format!("{what}: {name}");
        if ours.data_type(&name) == "string" {
            assert_eq!(ours.text(&name), theirs.text(&name), "{what}");
            continue;
        }
        let (ours, theirs) = (ours.values(&name), theirs.values(&name));
        assert_eq!((&ours.dimensions, &ours.shape), (&theirs.dimensions, &theirs.shape), "{what}");
        assert_same_bits(&ours.data, &theirs.data, &what);
    }
}
