//! Positions of equal labels in two lists.

use std::collections::HashMap;
use std::hash::Hash;

/// For each of `theirs`, where the same value stands in `ours`: the first place of a value that comes twice.
pub(crate) fn by_value<T: Hash + Eq>(theirs: &[T], ours: &[T]) -> Vec<Option<u64>> {
    let mut positions = HashMap::with_capacity(ours.len());
    for (value, at) in ours.iter().zip(0..) {
        positions.entry(value).or_insert(at);
    }
    theirs.iter().map(|value| positions.get(value).copied()).collect()
}

/// The same of numbers, which may differ by `tolerance` times the smallest distance of two of `ours`.
pub(crate) fn by_number(theirs: &[f64], ours: &[f64], tolerance: f64) -> Vec<Option<u64>> {
    let mut ascending: Vec<(f64, u64)> = ours.iter().copied().zip(0..).collect();
    ascending.sort_by(|a, b| a.0.total_cmp(&b.0));
    let width = ascending.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(f64::INFINITY, f64::min);
    let tolerance = if width.is_finite() { tolerance * width } else { 0.0 };
    let find = |&value: &f64| {
        let from = ascending.partition_point(|(other, _)| *other < value - tolerance);
        ascending.get(from).filter(|(other, _)| *other <= value + tolerance).map(|(_, at)| *at)
    };
    theirs.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_labels_find_each_other() {
        assert_eq!(by_value(&["b", "x", "a"], &["a", "b", "b"]), [Some(1), None, Some(0)]);
        let ours = [0.5, -0.5, 0.0, 1.0];
        assert_eq!(by_number(&[1.0, 0.0, 0.25, -0.5], &ours, 1e-9), [Some(3), Some(2), None, Some(1)]);
        assert_eq!(by_number(&[0.5 + 4e-4, 0.5 + 6e-4, f64::NAN], &ours, 1e-3), [Some(0), None, None]);
        assert_eq!(by_number(&[2.0, 2.1], &[2.0], 1e-3), [Some(0), None], "of one value no distance is known");
    }
}
