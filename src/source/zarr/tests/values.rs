//! Values against the formula that the fixtures were written by.

use super::*;

/// Whether a value is one that the script wrote at place `n`, or the fill value of a hole.
fn assert_values(path: &Path, array: &ArrayInfo) -> usize {
    let (raw, missing) = read_all(path, array);
    let numbers = decoded(array, &raw);
    let fill = decoded(array, &array.fill)[0];
    let chunk = array.chunk.as_ref().unwrap();
    for (n, (number, place)) in numbers.iter().zip(places(&array.shape)).enumerate() {
        let in_first = place.iter().zip(chunk).all(|(at, length)| at < length);
        let expected = if array.attributes.number("holes").is_some() && !in_first {
            fill
        } else {
            written(n as u64, array.element.kind)
        };
        // What rounds when it writes.
        let close = match array.name.as_str() {
            "quantized" => (number - expected).abs() < 1e-3,
            "rounded" => (number - expected).abs() <= expected.abs() * 1e-4,
            _ => number.to_bits() == expected.to_bits() || (number.is_nan() && expected.is_nan()),
        };
        assert!(close, "{} at {place:?}: {number}, expected {expected}", array.name);
    }
    missing
}

fn check_store(stores: &Stores, name: &str, least: usize) {
    let path = stores.path(name);
    let dataset = describe(&path).unwrap();
    let mut read = 0;
    for array in &dataset.arrays {
        if array.name == "yes" {
            // True everywhere.
            continue;
        }
        let in_chunks: u64 = grid(array).iter().product();
        if array.name.starts_with("unreadable") {
            let message = locate(&path, array).unwrap_err();
            assert!(matches!(message, SourceError::Codec { .. }), "{message}");
            continue;
        }
        if name.ends_with("consolidated") && !path.join(&array.name).is_dir() {
            continue;
        }
        read += 1;
        let missing = assert_values(&path, array) as u64;
        let hole = array.attributes.number("holes").is_some();
        assert_eq!(missing, if hole { in_chunks - 1 } else { 0 }, "{}", array.name);
    }
    assert!(read >= least, "{read} arrays in {name}");
}

#[test]
fn every_codec_of_version_2() {
    let stores = Stores::unpacked();
    check_store(&stores, "two", 60);
    check_store(&stores, "two_consolidated", 3);
}

#[test]
fn every_codec_of_version_3() {
    let stores = Stores::unpacked();
    check_store(&stores, "three", 60);
    check_store(&stores, "three_consolidated", 4);
}

#[test]
fn stores_of_xarray_have_the_same_values_whatever_their_version() {
    let stores = Stores::unpacked();
    for name in ["xarray_2", "xarray_2_consolidated", "xarray_3", "xarray_3_consolidated"] {
        let path = stores.path(name);
        let dataset = describe(&path).unwrap();
        for array in ["U", "V", "XC"] {
            assert_values(&path, dataset.array(array).unwrap());
        }
        let numbers = |array: &str| {
            let array = dataset.array(array).unwrap();
            decoded(array, &read_all(&path, array).0)
        };
        assert_eq!(numbers("time"), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(numbers("level"), [2.5]);
        assert_eq!(numbers("i"), (0..8).map(f64::from).collect::<Vec<_>>());
        for (n, packed) in numbers("packed").into_iter().enumerate() {
            let expected = written(n as u64, ElementKind::Float64) * 0.01;
            assert!((packed * 0.01 + 1.0 - expected).abs() < 0.006, "{n}: {packed} {expected}");
        }
    }
}

#[test]
fn many_threads_read_one_array() {
    let stores = Stores::unpacked();
    let path = stores.path("three");
    let dataset = describe(&path).unwrap();
    for name in ["shards_deep", "blosc_zstd_shuffle"] {
        let array = dataset.array(name).unwrap();
        let reader = open(&path, array);
        let all = places(&grid(array));
        let read = || {
            let mut block = Vec::new();
            let one = |index: &Vec<u64>| {
                reader.read(index, &mut block).unwrap();
                block.clone()
            };
            all.iter().map(one).collect::<Vec<_>>()
        };
        let alone = read();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(read)).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), alone);
            }
        });
    }
}

#[test]
fn an_array_alone_is_a_store() {
    let stores = Stores::unpacked();
    for (store, format) in [("two", "Zarr v2"), ("three", "Zarr v3")] {
        let path = stores.path(store).join("zstd").join("");
        let dataset = describe(&path).unwrap();
        assert_eq!((dataset.format.as_str(), dataset.arrays.len()), (format, 1));
        assert_eq!(dataset.arrays[0].name, "zstd");
        assert_values(&path, &dataset.arrays[0]);
    }
}
