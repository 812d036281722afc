//! What is told of stores, before any value is read.

use std::fs;

use super::*;

fn describe_named(stores: &Stores, name: &str) -> Dataset {
    describe(&stores.path(name)).unwrap()
}

#[test]
fn stores_of_xarray_are_described() {
    let stores = Stores::unpacked();
    for (name, format) in [
        ("xarray_2", "Zarr v2"),
        ("xarray_2_consolidated", "Zarr v2, consolidated"),
        ("xarray_3", "Zarr v3"),
        ("xarray_3_consolidated", "Zarr v3, consolidated"),
    ] {
        let dataset = describe_named(&stores, name);
        assert_eq!(dataset.format, format);
        assert_eq!(dataset.attributes.text("title"), Some("a small ocean"));
        assert_eq!(dataset.attributes.number("version"), Some(3.0));
        let mut dimensions: Vec<(&str, u64)> =
            dataset.dimensions.iter().map(|dimension| (dimension.name.as_str(), dimension.length)).collect();
        dimensions.sort_unstable();
        assert_eq!(dimensions, [("i", 8), ("i_g", 8), ("j", 6), ("j_g", 6), ("time", 4)]);
        let u = dataset.array("U").unwrap();
        assert_eq!(u.dimensions, ["time", "j", "i_g"]);
        assert_eq!((u.shape.as_slice(), u.chunk.as_deref()), (&[4, 6, 8][..], Some(&[2, 6, 8][..])));
        assert_eq!(u.element.name(), "float32");
        assert_eq!(u.attributes.text("units"), Some("m s-1"));
        assert!(u.attributes.number("missing_value").unwrap().is_nan());
        assert!(u.attributes.number("_FillValue").unwrap().is_nan());
        assert_eq!(dataset.array("V").unwrap().attributes.number("_FillValue").unwrap() as f32, 1e20);
        let packed = dataset.array("packed").unwrap();
        assert_eq!(packed.element.name(), "int16");
        assert_eq!(packed.attributes.number("_FillValue"), Some(-32768.0));
        assert_eq!(packed.attributes.number("scale_factor"), Some(0.01));
        assert_eq!(dataset.array("counts").unwrap().attributes.numbers("valid_range"), Some(&[0.0, 9.0][..]));
        assert_eq!(dataset.array("time").unwrap().attributes.text("units"), Some("hours since 2011-09-10"));
        assert_eq!(dataset.array("time").unwrap().attributes.number("_FillValue"), None);
        assert!(dataset.array("level").unwrap().shape.is_empty());
        assert!(dataset.array("label").is_none());
        assert_eq!(dataset.left_out.keys().collect::<Vec<_>>(), ["label"]);
        assert!(dataset.notes.is_empty(), "{:?}", dataset.notes);
        let codecs = if name.starts_with("xarray_2") { "shuffle + blosc lz4 5" } else { "zstd 0" };
        assert_eq!(u.codecs, codecs);
    }
}

#[test]
fn consolidated_metadata_tells_the_same() {
    let stores = Stores::unpacked();
    for version in ["two", "three"] {
        let (mut listed, mut consolidated) =
            (describe_named(&stores, version), describe_named(&stores, &format!("{version}_consolidated")));
        for dataset in [&mut listed, &mut consolidated] {
            dataset.arrays.sort_by(|a, b| a.name.cmp(&b.name));
            dataset.dimensions.sort_by(|a, b| a.name.cmp(&b.name));
        }
        // NaN is unlike itself; the text of both is alike.
        assert_eq!(format!("{:?}", listed.arrays), format!("{:?}", consolidated.arrays));
        assert_eq!(listed.dimensions, consolidated.dimensions);
        assert_eq!(listed.left_out, consolidated.left_out);
    }
}

#[test]
fn codecs_are_told_in_words() {
    let stores = Stores::unpacked();
    for (store, array, words) in [
        ("two", "plain", ""),
        ("two", "plain_F", "order F"),
        ("two", "zstd", "zstd 3"),
        ("two", "lz4", "lz4"),
        ("two", "blosc_zstd_bytes", "shuffle + blosc zstd 5"),
        ("two", "blosc_lz4hc_bits", "bitshuffle + blosc lz4hc 5"),
        ("two", "blosc_blosclz_none", "blosc blosclz 5"),
        ("two", "shuffle_zlib", "shuffle, zlib 4"),
        ("two", "delta_F", "order F, delta, zstd 3"),
        ("two", "scaled", "fixedscaleoffset 4 -50 int16, zstd 3"),
        ("two", "unreadable_bz2", "bz2"),
        ("three", "plain", ""),
        ("three", "transpose", "transpose [2,0,1], zstd 3"),
        ("three", "crc32c", "zstd 3, crc32c"),
        ("three", "blosc_zlib_noshuffle", "blosc zlib 5"),
        ("three", "shards_deep", "sharding(4 x 12 x 16), shuffle + blosc zstd 5"),
        ("three", "shards_start", "sharding(6 x 24 x 16), zstd 3, crc32c"),
    ] {
        let dataset = describe_named(&stores, store);
        assert_eq!(dataset.array(array).unwrap().codecs, words, "{store} {array}");
    }
    let three = describe_named(&stores, "three");
    assert_eq!(three.array("shards_deep").unwrap().chunk, Some(vec![1, 4, 8]));
}

#[test]
fn names_types_and_fill_values() {
    let stores = Stores::unpacked();
    for store in ["two", "three"] {
        let dataset = describe_named(&stores, store);
        // The same number of rows, but of other columns: no name is given twice.
        assert_eq!(dataset.array("nameless").unwrap().dimensions, ["dim_0", "dim_1"]);
        assert_eq!(dataset.array("nameless_too").unwrap().dimensions, ["dim_0", "dim_1_6"]);
        // The outer group has a dimension of this name and another length.
        assert_eq!(dataset.array("within/deeper/u").unwrap().dimensions, ["within/deeper/d0_3"]);
        assert!(dataset.array("texts").is_none());
        assert!(dataset.left_out.contains_key("texts"), "{:?}", dataset.left_out);
        let yes = dataset.array("yes").unwrap();
        assert_eq!((yes.element.name().as_str(), yes.attributes.number("_FillValue")), ("uint8", None));
        assert_eq!(read_all(&stores.path(store), yes).0, [1; 3]);
    }
    let two = describe_named(&stores, "two");
    assert_eq!(two.array("holes").unwrap().fill, (-1.5_f32).to_le_bytes());
    assert_eq!(two.array("holes_nan_big").unwrap().fill, f64::NAN.to_be_bytes());
    assert_eq!(two.array("holes_none").unwrap().fill, [0; 4]);
    assert_eq!(two.array("type_i2_big").unwrap().element.name(), "int16");
    assert_eq!(two.left_out.len(), 3, "{:?}", two.left_out);
    let three = describe_named(&stores, "three");
    assert_eq!(three.array("holes_infinity").unwrap().fill, f32::NEG_INFINITY.to_le_bytes());
    assert_eq!(three.array("holes_packed").unwrap().fill, (-32768_i16).to_le_bytes());
}

#[test]
fn what_cannot_be_read_is_named_with_what_would_help() {
    let stores = Stores::unpacked();
    for (store, array, codec) in [
        ("two", "unreadable_bz2", "bz2 {\"level\":5}"),
        ("two", "unreadable_lzma", "lzma {"),
        ("two", "unreadable_delta", "delta {"),
        ("three", "unreadable_bz2", "bz2 {\"level\":3}"),
        ("three", "unreadable_shards_in_shards", "sharding_indexed {"),
        ("three", "unreadable_turned_shards", "sharding_indexed {"),
    ] {
        let path = stores.path(store);
        let dataset = describe(&path).unwrap();
        let message = locate(&path, dataset.array(array).unwrap()).unwrap_err().to_string();
        assert!(message.contains(&format!("{array} is stored with {codec}")), "{message}");
        assert!(message.contains("to_zarr"), "{message}");
    }
}

#[test]
fn chains_whose_lengths_are_not_known_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("u")).unwrap();
    fs::write(path.join("zarr.json"), r#"{"zarr_format": 3, "node_type": "group"}"#).unwrap();
    let bytes = r#"{"name": "bytes", "configuration": {"endian": "little"}}"#;
    let located = |codecs: &str| {
        let document = format!(
            r#"{{"zarr_format": 3, "node_type": "array", "shape": [4], "data_type": "float32", "fill_value": 0,
            "chunk_grid": {{"name": "regular", "configuration": {{"chunk_shape": [2]}}}},
            "chunk_key_encoding": {{"name": "default"}}, "codecs": {codecs}}}"#
        );
        fs::write(path.join("u/zarr.json"), document).unwrap();
        locate(path, describe(path).unwrap().array("u").unwrap()).map_err(|error| error.to_string())
    };
    let (zstd, zlib) = (r#"{"name": "zstd"}"#, r#"{"name": "numcodecs.zlib", "configuration": {"level": 4}}"#);
    for good in [zlib, &format!("{zlib}, {zstd}"), &format!("{zlib}, {{\"name\": \"crc32c\"}}")] {
        located(&format!("[{bytes}, {good}]")).unwrap();
    }
    let text = located(&format!("[{bytes}, {zstd}, {zlib}]")).unwrap_err();
    assert!(text.contains("u is stored with zlib on top of another compressor (zstd, zlib 4)"), "{text}");
}

#[test]
fn what_is_no_store_is_refused_with_advice() {
    let stores = Stores::unpacked();
    let folder = stores.path("");
    let check = |path: &Path, words: &str| {
        let message = describe(path).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    };
    check(&folder, "is no Zarr store");
    check(&folder.join("nowhere"), "cannot read");
    check(&folder.join("versions.json"), "is a file; a Zarr store is a folder");
}

#[test]
fn dimensions_as_netcdf_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("u")).unwrap();
    fs::write(path.join(".zgroup"), r#"{"zarr_format": 2, "_nczarr_group": {"dims": {"y": 3}}}"#).unwrap();
    let array = r#""zarr_format": 2, "shape": [3, 4], "chunks": [3, 4], "dtype": "<f4", "compressor": null,
        "fill_value": 0, "order": "C", "filters": null"#;
    let references = r#""_nczarr_array": {"dimrefs": ["/y", "/grid/x"], "storage": "chunked"}"#;
    for (zarray, zattrs) in [
        (format!("{{{array}}}"), format!("{{{references}}}")),
        (format!("{{{array}, {references}}}"), "{}".into()),
        (format!("{{{array}, {}}}", references.replace("_nczarr_array", "_NCZARR_ARRAY")), "{}".into()),
    ] {
        fs::write(path.join("u/.zarray"), zarray).unwrap();
        fs::write(path.join("u/.zattrs"), zattrs).unwrap();
        let dataset = describe(path).unwrap();
        assert_eq!(dataset.array("u").unwrap().dimensions, ["y", "x"]);
        assert!(dataset.array("u").unwrap().attributes.text("_nczarr_array").is_none());
    }
}

#[test]
fn a_store_that_changed_is_not_read_by_its_old_description() {
    let stores = Stores::unpacked();
    let path = stores.path("three");
    let dataset = describe(&path).unwrap();
    let mut array = dataset.array("zstd").unwrap().clone();
    array.shape[0] += 1;
    let message = locate(&path, &array).unwrap_err().to_string();
    assert!(message.contains("it is 3 x 18 x 18, was 4 x 18 x 18"), "{message}");
    array.name = "../two/zstd".into();
    assert!(matches!(locate(&path, &array), Err(SourceError::Dataset { .. })));
}
