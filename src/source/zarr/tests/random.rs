//! Any change of the metadata or of the chunks: no panic, no memory beyond what a chunk of the description needs.

use std::fs;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Chunks of more bytes are not read here: their length is the description's, which a plan weighs before.
const MOST_CHUNK_BYTES: u64 = 1 << 20;

/// Describes a store and reads what it can; buffers stay within a few chunks' bytes.
fn try_all(path: &Path) {
    let Ok(dataset) = describe(path) else { return };
    for array in &dataset.arrays {
        assert_eq!(array.dimensions.len(), array.shape.len());
        assert_eq!(array.fill.len(), array.element.bytes());
        let bytes = array.values_of_chunk().unwrap() * array.element.bytes() as u64;
        let Ok(storage) = locate(path, array) else { continue };
        let Ok(Some(reader)) = storage.open(array) else { continue };
        if bytes > MOST_CHUNK_BYTES {
            continue;
        }
        let last: Vec<u64> = grid(array).iter().map(|chunks| chunks.saturating_sub(1)).collect();
        for index in [vec![0; last.len()], last] {
            let mut block = Vec::new();
            if let Ok(Chunk::Read(_)) = reader.read(&index, &mut block) {
                assert_eq!(block.len() as u64, bytes);
            }
            assert!(block.capacity() as u64 <= 2 * bytes + (1 << 17), "{} of {bytes}", block.capacity());
        }
    }
}

/// Values that metadata could hold, likely and unlikely ones.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..40).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "<f4",
            ">f8",
            "|i1",
            "<U4",
            "float64",
            "int8",
            "F",
            "C",
            "/",
            ".",
            "v2",
            "default",
            "bytes",
            "zstd",
            "blosc",
            "gzip",
            "zlib",
            "lz4",
            "crc32c",
            "shuffle",
            "delta",
            "transpose",
            "sharding_indexed",
            "little",
            "big",
            "NaN",
            "0x7fc00000",
            "start",
            "end",
            "regular",
            "group",
            "array",
            "é\u{0}",
            "AAAAAAAA+H8=",
        ])
        .prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
}

/// Replaces, or takes away, one of the values within another; `at` counts through them.
fn replace(value: &mut Value, at: &mut usize, new: &Option<Value>) -> bool {
    let children: Vec<String> = match value {
        Value::Object(object) => object.keys().cloned().collect(),
        Value::Array(list) => (0..list.len()).map(|k| k.to_string()).collect(),
        _ => return false,
    };
    for key in children {
        if *at == 0 {
            match (&mut *value, new) {
                (Value::Object(object), Some(new)) => drop(object.insert(key, new.clone())),
                (Value::Object(object), None) => drop(object.remove(&key)),
                (Value::Array(list), Some(new)) => list[key.parse::<usize>().unwrap()] = new.clone(),
                (Value::Array(list), None) => drop(list.remove(key.parse::<usize>().unwrap())),
                _ => {}
            }
            return true;
        }
        *at -= 1;
        let child = match &mut *value {
            Value::Array(list) => list.get_mut(key.parse::<usize>().unwrap()),
            other => other.get_mut(key.as_str()),
        };
        if child.is_some_and(|child| replace(child, at, new)) {
            return true;
        }
    }
    false
}

const ARRAYS: [(&str, &str); 13] = [
    ("two", "zstd"),
    ("two", "blosc_zstd_bytes"),
    ("two", "blocks_blosclz_2"),
    ("two", "delta_F"),
    ("two", "scaled"),
    ("two", "twice"),
    ("two", "lz4"),
    ("three", "shards_start"),
    ("three", "shards_deep"),
    ("three", "transpose"),
    ("three", "crc32c_inside"),
    ("three", "shuffled"),
    ("three", "gzip"),
];

#[test]
fn any_change_of_an_arrays_metadata() {
    let stores = Stores::unpacked();
    let folders: Vec<_> = ARRAYS.iter().map(|(store, name)| stores.one_array(store, name)).collect();
    let documents: Vec<(PathBuf, Value)> = ARRAYS
        .iter()
        .zip(&folders)
        .map(|((store, name), folder)| {
            let file = folder.path().join(name).join(if *store == "two" { ".zarray" } else { "zarr.json" });
            let value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            (file, value)
        })
        .collect();
    let change = (0_usize..60, prop::option::weighted(0.9, any_value()));
    proptest!(|(which in 0..ARRAYS.len(), changes in prop::collection::vec(change, 1..4))| {
        let (file, original) = &documents[which];
        let mut document = original.clone();
        for (at, new) in changes {
            replace(&mut document, &mut at.clone(), &new);
        }
        fs::write(file, document.to_string()).unwrap();
        try_all(folders[which].path());
    });
}

#[test]
fn any_change_of_a_documents_bytes() {
    let stores = Stores::unpacked();
    for (store, document) in [("two_consolidated", ".zmetadata"), ("three_consolidated", "zarr.json")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(document);
        let original = fs::read(stores.path(store).join(document)).unwrap();
        let change = (0..original.len(), any::<u8>());
        proptest!(|(changes in prop::collection::vec(change, 1..4), cut in prop::option::weighted(0.2, 0..original.len()))| {
            let mut text = original.clone();
            for (at, byte) in changes {
                text[at] = byte;
            }
            text.truncate(cut.unwrap_or(text.len()));
            fs::write(&file, text).unwrap();
            try_all(folder.path());
        });
    }
}

#[test]
fn any_change_of_a_chunks_bytes() {
    let stores = Stores::unpacked();
    let folders: Vec<_> = ARRAYS.iter().map(|(store, name)| stores.one_array(store, name)).collect();
    let chunks: Vec<(PathBuf, Vec<u8>)> = ARRAYS
        .iter()
        .zip(&folders)
        .map(|((store, name), folder)| {
            let file = folder.path().join(name).join(if *store == "two" { "0.0.0" } else { "c/0/0/0" });
            (file.clone(), fs::read(file).unwrap())
        })
        .collect();
    // The first bytes, where the headers are, more often than the others.
    let place = prop_oneof![0_usize..24, any::<usize>()];
    let change = (place, prop_oneof![any::<u8>(), Just(0), Just(255)]);
    proptest!(|(which in 0..ARRAYS.len(), changes in prop::collection::vec(change, 0..5), cut in prop::option::weighted(0.3, any::<usize>()))| {
        let (file, original) = &chunks[which];
        let mut bytes = original.clone();
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut % (original.len() + 1)));
        fs::write(file, bytes).unwrap();
        try_all(folders[which].path());
    });
}
