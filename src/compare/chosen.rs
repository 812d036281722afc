//! Which arrays are compared.

use std::collections::BTreeSet;
use std::path::Path;

use super::CompareError;
use crate::store::{ElementKind, StoredGroup};

/// Names of arrays.
pub(super) struct Chosen {
    /// Of those that are compared.
    pub(super) names: Vec<String>,
    /// Of those that would be, were they in the other group too.
    pub(super) only_in_a: Vec<String>,
    pub(super) only_in_b: Vec<String>,
}

/// The arrays of floating point that both groups have, but coordinates; or those `asked` for, if they are numbers.
pub(super) fn chosen(
    groups: &[StoredGroup; 2],
    paths: [&Path; 2],
    asked: Option<&[String]>,
) -> Result<Chosen, CompareError> {
    let Some(asked) = asked else {
        let [in_a, in_b] = [comparable(&groups[0])?, comparable(&groups[1])?];
        // A map of whole numbers in one group may be one of floating point in the other.
        let names: Vec<String> = in_a.intersection(&in_b).cloned().collect();
        if names.is_empty() {
            return Err(CompareError::NoArrayInCommon { a: paths[0].to_owned(), b: paths[1].to_owned() });
        }
        let only = |these: &BTreeSet<String>, others: &BTreeSet<String>| these.difference(others).cloned().collect();
        return Ok(Chosen { names, only_in_a: only(&in_a, &in_b), only_in_b: only(&in_b, &in_a) });
    };
    for name in asked {
        for (group, path) in groups.iter().zip(paths) {
            let Some(header) = group.headers().get(name) else {
                return Err(CompareError::NotThere { path: path.to_owned(), array: name.clone() });
            };
            let not_numbers = |what| CompareError::NotNumbers { array: name.clone(), what };
            if header.dimensions.is_empty() {
                return Err(not_numbers("no named dimensions"));
            }
            if header.dimensions.contains(name) {
                return Err(not_numbers("the labels of a dimension"));
            }
            match group.array(name)?.kind() {
                Some(ElementKind::C64 | ElementKind::C128) => return Err(not_numbers("complex numbers")),
                Some(kind) if kind.is_real() => {}
                _ => return Err(not_numbers("elements that are not numbers")),
            }
        }
    }
    let mut names: Vec<String> = Vec::with_capacity(asked.len());
    for name in asked {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    Ok(Chosen { names, only_in_a: vec![], only_in_b: vec![] })
}

/// Arrays of floating point along named dimensions that are coordinates of nothing.
fn comparable(group: &StoredGroup) -> Result<BTreeSet<String>, CompareError> {
    let headers = group.headers();
    // Edges of bins belong to their coordinate.
    let coordinates: BTreeSet<&str> = headers
        .values()
        .flat_map(|header| ["coordinates", "bounds"].map(|key| header.attributes.get(key)))
        .filter_map(|names| names?.as_str())
        .flat_map(str::split_whitespace)
        .collect();
    let mut names = BTreeSet::new();
    for (name, header) in headers {
        let is_coordinate = coordinates.contains(name.as_str()) || header.dimensions.contains(name);
        if header.dimensions.is_empty() || is_coordinate {
            continue;
        }
        if matches!(group.array(name)?.kind(), Some(ElementKind::F32 | ElementKind::F64)) {
            names.insert(name.clone());
        }
    }
    Ok(names)
}
