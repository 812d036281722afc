//! What the tests of this room share.

mod stores;

use std::collections::BTreeMap;

use super::super::dataset::{ArrayInfo, Attribute, Attributes, Dataset, Dimension, Element, ElementKind};
use super::super::number::Endian;

/// An array of float32 with texts as attributes.
pub(super) fn array(name: &str, dimensions: &[(&str, u64)], attributes: &[(&str, &str)]) -> ArrayInfo {
    let texts = attributes.iter().map(|(name, text)| ((*name).to_owned(), Attribute::Text((*text).to_owned())));
    ArrayInfo {
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, _)| (*name).to_owned()).collect(),
        shape: dimensions.iter().map(|(_, length)| *length).collect(),
        chunk: None,
        element: Element { kind: ElementKind::Float32, endian: Endian::Little },
        fill: vec![0; 4],
        codecs: String::new(),
        attributes: Attributes(texts.collect()),
    }
}

/// A file of some dimensions and no arrays.
pub(super) fn dataset(dimensions: &[(&str, u64)]) -> Dataset {
    let dimension =
        |(name, length): &(&str, u64)| Dimension { name: (*name).into(), length: *length, unlimited: false };
    Dataset {
        path: "test.nc".into(),
        format: "netCDF classic".into(),
        dimensions: dimensions.iter().map(dimension).collect(),
        arrays: Vec::new(),
        attributes: Attributes::default(),
        left_out: BTreeMap::new(),
        notes: Vec::new(),
        warnings: Vec::new(),
    }
}
