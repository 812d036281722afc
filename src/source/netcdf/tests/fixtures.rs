//! The fixtures that h5py and netCDF4-python wrote.

use super::*;

/// Every array not named "other..." holds what the rule says.
fn assert_rule(name: &str) -> Dataset {
    let path = fixture(name);
    let dataset = describe(&path).unwrap_or_else(|error| panic!("{error}"));
    let ruled: Vec<&ArrayInfo> =
        dataset.arrays.iter().filter(|array| !array.name.rsplit('/').next().unwrap().starts_with("other")).collect();
    assert!(!ruled.is_empty());
    for array in ruled {
        let ours = read(&path, array).unwrap_or_else(|error| panic!("{error}"));
        assert!(native(array)(ours) == by_rule(array), "{} of {name}", array.name);
    }
    dataset
}

fn storage_of(dataset: &Dataset, name: &str) -> Storage {
    locate(&dataset.path, dataset.array(name).unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_filter_is_undone() {
    let dataset = assert_rule("filters.nc");
    assert_eq!(dataset.notes, Vec::<String>::new());
    assert_eq!(dataset.format, "netCDF-4");
    let codecs = |name: &str| dataset.array(name).unwrap().codecs.as_str();
    assert_eq!(codecs("zstd"), "zstd 9");
    assert_eq!(codecs("lz4_shuffled"), "shuffle, lz4, fletcher32");
    assert_eq!(codecs("blosc_lz4"), "blosc (lz4 5, shuffle)");
    assert_eq!(codecs("blosc_bits"), "blosc (lz4 9, bit shuffle)");
    assert_eq!(codecs("twice"), "deflate 1, shuffle, deflate 6");
    assert_eq!(codecs("sum_first"), "fletcher32, shuffle, deflate 6");
    for array in &dataset.arrays {
        assert!(matches!(storage_of(&dataset, &array.name), Storage::Hdf5(_)), "{}", array.name);
    }
    for name in ["twice", "sum_first"] {
        let array = dataset.array(name).unwrap();
        assert!(read(&dataset.path, array).unwrap() == by_netcdf(&dataset.path, name), "{name}");
    }
}

#[test]
fn filters_that_a_chunk_was_stored_without_are_not_undone() {
    let dataset = assert_rule("masks.nc");
    let Storage::Hdf5(chunks) = storage_of(&dataset, "masked") else { panic!() };
    // All chunks were written without a checksum.
    assert_eq!(chunks.table.masks.len(), chunks.table.addresses.len());
    let seen: std::collections::BTreeSet<u32> = chunks.table.masks.iter().map(|(_, mask)| *mask).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [4, 5, 6, 7]);
    compared(&fixture("masks.nc"));
}

#[test]
fn every_layout_is_read() {
    let dataset = assert_rule("layouts.nc");
    let dataset = Dataset { path: compared(&dataset.path).path, ..dataset };
    for name in ["contiguous", "contiguous_big", "scalar"] {
        let Storage::Direct(direct) = storage_of(&dataset, name) else { panic!("{name}") };
        let file = hdf5::File::open(&dataset.path).unwrap();
        assert_eq!(Some(direct.offset), file.dataset(name).unwrap().offset());
        assert_eq!(dataset.array(name).unwrap().chunk, None);
    }
    let compact = dataset.array("compact_big").unwrap();
    assert_eq!(compact.chunk, Some(vec![5, 6]));
    assert!(matches!(storage_of(&dataset, "compact_big"), Storage::Library(_)));
    assert!(dataset.notes.iter().any(|note| note.contains("compact_big") && note.contains("one thread at a time")));
    for name in ["other_unwritten", "other_unwritten_chunks"] {
        let Storage::Hdf5(chunks) = storage_of(&dataset, name) else { panic!("{name}") };
        assert!(chunks.table.addresses.iter().all(|address| *address == u64::MAX), "{name}");
    }
    assert_eq!(dataset.array("other_unwritten").unwrap().fill, (-7.5_f32).to_le_bytes());
    assert_eq!(dataset.array("other_holes").unwrap().fill, 2.5_f32.to_be_bytes());
    let Storage::Hdf5(holes) = storage_of(&dataset, "other_holes") else { panic!() };
    assert_eq!(holes.table.addresses.iter().filter(|address| **address != u64::MAX).count(), 2);
    // The library itself passes over compounds without a type of netCDF's.
    assert!(dataset.array("other_text").is_none() && dataset.array("other_compound").is_none());
    assert!(dataset.left_out["other_text"] == "texts");
    // Numbers of 16 bits, which the library widens.
    assert_eq!(dataset.array("other_half").unwrap().element.kind, ElementKind::Float32);
    assert!(dataset.notes.iter().any(|note| note.contains("other_half") && note.contains("16 bits in 2 bytes")));
}

#[test]
fn chunks_in_newer_indices_are_found() {
    let dataset = assert_rule("newest.nc");
    compared(&dataset.path);
    assert_eq!(dataset.arrays.len(), 5);
    for array in &dataset.arrays {
        assert!(matches!(storage_of(&dataset, &array.name), Storage::Hdf5(_)), "{}", array.name);
    }
}

#[test]
fn the_model_of_netcdf_is_kept() {
    let path = fixture("model.nc");
    let dataset = assert_rule("model.nc");
    compared(&path);
    let dimensions: Vec<_> = dataset.dimensions.iter().map(|d| (d.name.as_str(), d.length, d.unlimited)).collect();
    assert_eq!(dimensions, [("time", 5, true), ("y", 5, false), ("x", 6, false), ("ocean/y", 3, false)]);
    let names: Vec<&str> = dataset.arrays.iter().map(|array| array.name.as_str()).collect();
    assert_eq!(names, ["u", "other_short", "x", "time", "ocean/surface/v"]);
    assert_eq!(dataset.array("ocean/surface/v").unwrap().dimensions, ["time", "ocean/y", "x"]);
    let u = dataset.array("u").unwrap();
    assert_eq!(
        (u.dimensions.as_slice(), u.shape.as_slice()),
        (&["time".to_owned(), "y".into(), "x".into()][..], &[5, 5, 6][..])
    );
    assert_eq!(u.chunk, Some(vec![2, 3, 4]));
    assert_eq!(u.fill, (-32768_i16).to_le_bytes());
    assert_eq!(u.codecs, "shuffle, deflate 4");
    assert_eq!(u.attributes.number("scale_factor"), Some(f64::from(0.01_f32)));
    assert_eq!(u.attributes.number("_FillValue"), Some(-32768.0));
    assert_eq!(u.attributes.text("units"), Some("m s-1"));
    assert_eq!(dataset.attributes.text("title"), Some("a model"));
    assert_eq!(dataset.attributes.numbers("numbers"), Some(&[1.5, -2.0][..]));
    assert!(
        matches!(dataset.attributes.0.get("texts"), Some(super::super::super::dataset::Attribute::Texts(texts)) if texts.len() == 2)
    );
    assert_eq!(dataset.all_notes(), ["left out, as the values are texts: other_letters, other_name"]);
    // A record that a variable does not have in the file is fill, also within a chunk that is stored.
    let short = dataset.array("other_short").unwrap();
    assert_eq!(short.shape, [5, 5, 6]);
    let Storage::Hdf5(chunks) = storage_of(&dataset, "other_short") else { panic!() };
    assert_eq!(chunks.extent, [3, 5, 6]);
    let values = read(&path, short).unwrap();
    assert!(values[3 * 30 * 4..].chunks_exact(4).all(|value| value == 1e20_f32.to_le_bytes()));
}

#[test]
fn no_records_are_no_values() {
    let path = fixture("empty.nc");
    let dataset = describe(&path).unwrap();
    let array = dataset.array("other_none").unwrap();
    assert_eq!(array.shape, [0, 4]);
    assert_eq!(read(&path, array).unwrap(), Vec::<u8>::new());
}

#[test]
fn what_only_the_library_reads_it_reads() {
    for (name, reason) in [("scaleoffset.nc", "scaleoffset (filter 6)"), ("userblock.nc", "user block")] {
        let dataset = assert_rule(name);
        compared(&dataset.path);
        for array in &dataset.arrays {
            let Storage::Library(by) = storage_of(&dataset, &array.name) else { panic!("{name}") };
            assert!(by.reason.contains(reason), "{}", by.reason);
            assert!(dataset.notes.iter().any(|note| note.contains(&array.name) && note.contains(reason)));
        }
    }
}

#[test]
fn a_filter_that_nobody_has_is_named() {
    let dataset = assert_rule("bitshuffle.nc");
    let array = dataset.array("other_bits").unwrap();
    assert_says(
        locate(&dataset.path, array),
        &["bitshuffle.nc", "other_bits is stored with bitshuffle (filter 32008)", "HDF5_PLUGIN_PATH", "h5repack"],
    );
    assert!(dataset.notes.iter().any(|note| note.contains("filter 32008")), "{:?}", dataset.notes);
}
