//! Zarr stores to read, written by hand: version 2, float32, without a codec.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// Writes an array in chunks, of the values at each index.
pub(crate) fn array(
    (store, name): (&Path, &str),
    dimensions: &[(&str, usize)],
    chunks: &[usize],
    attributes: &[(&str, &str)],
    value: impl Fn(&[usize]) -> f32,
) {
    let folder = store.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(store.join(".zgroup"), r#"{"zarr_format": 2}"#).unwrap();
    let shape: Vec<usize> = dimensions.iter().map(|(_, length)| *length).collect();
    let header = json!({ "zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "<f4", "compressor": null,
                         "fill_value": null, "order": "C", "filters": null });
    fs::write(folder.join(".zarray"), header.to_string()).unwrap();
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut all = json!({ "_ARRAY_DIMENSIONS": names });
    attributes.iter().for_each(|(name, text)| all[*name] = Value::from(*text));
    fs::write(folder.join(".zattrs"), all.to_string()).unwrap();
    let counts: Vec<usize> = shape.iter().zip(chunks).map(|(length, chunk)| length.div_ceil(*chunk)).collect();
    for_each_index(&counts, &mut |at| {
        let mut bytes = Vec::new();
        for_each_index(chunks, &mut |within| {
            let index: Vec<usize> =
                at.iter().zip(chunks).zip(within).map(|((at, chunk), in_it)| at * chunk + in_it).collect();
            let inside = index.iter().zip(&shape).all(|(index, length)| index < length);
            bytes.extend(if inside { value(&index) } else { 0.0 }.to_le_bytes());
        });
        let key: Vec<String> = at.iter().map(usize::to_string).collect();
        fs::write(folder.join(key.join(".")), bytes).unwrap();
    });
}

fn for_each_index(lengths: &[usize], each: &mut dyn FnMut(&[usize])) {
    let mut index = vec![0; lengths.len()];
    for number in 0..lengths.iter().product() {
        let mut rest: usize = number;
        for (index, length) in index.iter_mut().zip(lengths).rev() {
            *index = rest % length;
            rest /= length;
        }
        each(&index);
    }
}

/// Writes longitudes, latitudes and hourly times of a store with dimensions `time`, `y` and `x`.
pub(crate) fn coordinates(store: &Path, [steps, nj, ni]: [usize; 3]) {
    let degrees = |at: &[usize]| at[0] as f32 / 8.0;
    let time = [("units", "hours since 2000-01-01")];
    array((store, "time"), &[("time", steps)], &[steps], &time, |at| at[0] as f32);
    array((store, "lon"), &[("x", ni)], &[ni], &[("units", "degrees_east")], degrees);
    array((store, "lat"), &[("y", nj)], &[nj], &[("units", "degrees_north")], degrees);
}

/// A number between -1 and 1 that looks random, by field, step, row and column.
pub(crate) fn noise(field: usize, at: &[usize]) -> f32 {
    let mixed = at.iter().fold(field as u64 + 1, |mixed, &index| {
        let mixed = (mixed ^ index as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    });
    (mixed % 20_001) as f32 / 10_000.0 - 1.0
}
