//! Stores whose chunks are cut, changed or lie: an error that says which, never a panic, never a fill value.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// An array whose first chunk's file is changed again and again.
struct Damaged {
    folder: tempfile::TempDir,
    array: ArrayInfo,
    chunk: PathBuf,
    original: Vec<u8>,
}

impl Damaged {
    fn new(stores: &Stores, store: &str, name: &str) -> Self {
        let folder = stores.one_array(store, name);
        let array = describe(folder.path()).unwrap().array(name).unwrap().clone();
        let chunk = folder.path().join(name).join(if store == "two" { "0.0.0" } else { "c/0/0/0" });
        let original = fs::read(&chunk).unwrap();
        Damaged { folder, array, chunk, original }
    }

    /// Checks the words of the error that reading the changed chunk gives.
    fn check(&self, damage: impl FnOnce(&mut Vec<u8>), words: &str) {
        let mut bytes = self.original.clone();
        damage(&mut bytes);
        fs::write(&self.chunk, bytes).unwrap();
        let reader = open(self.folder.path(), &self.array);
        let error = reader.read(&[0, 0, 0], &mut Vec::new()).unwrap_err();
        assert!(matches!(&error, SourceError::Chunk { path, .. } if *path == self.chunk), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(&format!("chunk (0, 0, 0) of {}: ", self.array.name)), "{message}");
        assert!(message.contains(words), "{}: {message}, expected {words}", self.array.name);
    }
}

#[test]
fn cut_chunks() {
    let stores = Stores::unpacked();
    for (store, name, words) in [
        ("two", "plain", "it has 1536 bytes, expected 3072"),
        ("two", "zstd", "zstd"),
        ("two", "zlib", "zlib"),
        ("two", "gzip", "expected 3072"),
        ("two", "lz4", "lz4"),
        ("two", "blosc_lz4_bytes", "blosc's header says"),
        ("two", "blosc_zstd_bits", "blosc's header says"),
        ("two", "shuffle_zlib", "zlib"),
        ("three", "zstd", "zstd"),
        ("three", "crc32c", "its checksum is 0x"),
        ("three", "crc32c_alone", "bytes, expected 3076"),
        ("three", "shards", "the index of its shard is damaged: its checksum is 0x"),
    ] {
        let array = Damaged::new(&stores, store, name);
        array.check(|bytes| bytes.truncate(bytes.len() / 2), words);
        array.check(Vec::clear, "");
        array.check(|bytes| bytes.truncate(3), "");
    }
}

#[test]
fn checksums_that_are_not_theirs() {
    let stores = Stores::unpacked();
    let flip = |bytes: &mut Vec<u8>| {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
    };
    let array = |name: &str| Damaged::new(&stores, "three", name);
    array("crc32c").check(flip, "its checksum is 0x");
    array("zstd_checksum").check(flip, "zstd: ");
    array("crc32c_alone").check(|bytes| bytes[100] ^= 4, "its checksum is 0x");
    let shards = array("shards_start");
    shards.check(|bytes| bytes[9] ^= 4, "the index of its shard is damaged: its checksum is 0x");
    // Behind the index: in the first chunk.
    shards.check(|bytes| bytes[120] ^= 4, "its checksum is 0x");
}

#[test]
fn headers_that_lie() {
    let stores = Stores::unpacked();
    let claim =
        |at: usize, claimed: u32| move |bytes: &mut Vec<u8>| bytes[at..at + 4].copy_from_slice(&claimed.to_le_bytes());
    let lz4 = Damaged::new(&stores, "two", "lz4");
    lz4.check(claim(0, 0x7fff_ffff), "decoded, it has 2147483647 bytes, expected 3072");
    lz4.check(claim(0, 3071), "decoded, it has 3071 bytes, expected 3072");
    let blosc = Damaged::new(&stores, "two", "blosc_zstd_bytes");
    for (at, claimed, words) in [
        (0, 0x0004_0109, "blosc's format is 9, known is 2"),
        (4, 6144, "decoded, it has 6144 bytes, expected 3072"),
        (4, 0x7fff_ffff, "blosc's header says blocks of 3072 of 2147483647 bytes, in "),
        (8, 0, "blosc's header says blocks of 0 of 3072 bytes"),
        (8, 1, "blosc's header says blocks of 1 of 3072 bytes"),
        (8, u32::MAX, "blosc's header says blocks of 4294967295 of 3072 bytes"),
        (12, 0, "blosc's header says 0 bytes, there are "),
        (16, u32::MAX, "block 0 of blosc's lies beyond its end"),
        (20, u32::MAX, "block 0 of blosc's lies beyond its end"),
    ] {
        blosc.check(claim(at, claimed), words);
    }
    let zstd = Damaged::new(&stores, "two", "zstd");
    // A frame of zstd that says that it holds 2^40 bytes.
    let frame = |bytes: &mut Vec<u8>| {
        *bytes = [&[0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0x48][..], &(1_u64 << 40).to_le_bytes(), &[1, 0, 0]].concat();
    };
    zstd.check(frame, "decoded, it has 1099511627776 bytes, expected 3072");
    let long = |bytes: &mut Vec<u8>| bytes.resize(100_000, 0);
    zstd.check(long, "it has 100000 bytes, which is more than the 68992 that can be expected");
}

#[test]
fn an_index_that_points_elsewhere() {
    let stores = Stores::unpacked();
    // Without a checksum: two numbers a chunk, most significant byte first, at the end.
    let shards = Damaged::new(&stores, "three", "shards_bare");
    for (offset, length, words) in [
        (1 << 40, 1536, "its shard's index says 1536 bytes from byte 1099511627776, but the file has "),
        (u64::MAX, 1536, "its shard's index says 1536 bytes from byte 18446744073709551615"),
        (0, 1 << 50, "its shard's index says 1125899906842624 bytes from byte 0"),
        (0, 8, "it has 8 bytes, expected 1536"),
        (0, 0, "it has 0 bytes, expected 1536"),
    ] {
        let entry = |bytes: &mut Vec<u8>| {
            let index = bytes.len() - 16 * 6;
            bytes[index..index + 8].copy_from_slice(&u64::to_be_bytes(offset));
            bytes[index + 8..index + 16].copy_from_slice(&u64::to_be_bytes(length));
        };
        shards.check(entry, words);
    }
}

#[test]
fn what_is_there_but_cannot_be_read_is_not_missing() {
    let stores = Stores::unpacked();
    let folder = stores.one_array("two", "zstd");
    let path = folder.path();
    let dataset = describe(path).unwrap();
    let array = dataset.array("zstd").unwrap();
    let reader = open(path, array);
    let chunk = path.join("zstd/0.0.0");
    let mut block = Vec::new();
    let mut message = || reader.read(&[0, 0, 0], &mut block).unwrap_err().to_string();
    fs::remove_file(&chunk).unwrap();
    fs::create_dir(&chunk).unwrap();
    assert!(message().contains("is no file"));
    fs::remove_dir(&chunk).unwrap();
    symlink("0.0.0", &chunk).unwrap();
    assert!(message().contains("cannot be read"));
    fs::remove_file(&chunk).unwrap();
    assert_eq!(reader.read(&[0, 0, 0], &mut Vec::new()).unwrap(), Chunk::NotThere);
    // A whole array that is gone is no array of fill values.
    fs::remove_dir_all(path.join("zstd")).unwrap();
    let message = reader.read(&[0, 0, 0], &mut Vec::new()).unwrap_err().to_string();
    assert!(message.contains("the array's folder"), "{message}");
    // Nor is a place outside of it.
    let message = reader.read(&[0, 2, 0], &mut Vec::new()).unwrap_err().to_string();
    assert!(message.contains("chunk (0, 2, 0) of zstd: the array has [1, 2, 2] chunks"), "{message}");
    assert!(reader.read(&[0, 0], &mut Vec::new()).is_err());
}

#[test]
fn metadata_that_lies() {
    let stores = Stores::unpacked();
    let two = stores.one_array("two", "zstd");
    let three = stores.one_array("three", "shards");
    for (version, from, to, words) in [
        ("two", "\"shape\":[3,18,18]", "\"shape\":[-3,18,18]", "shape holds -3, expected a whole number"),
        ("two", "\"shape\":[3,18,18]", "\"shape\":[3.5,18,18]", "shape holds 3.5"),
        ("two", "\"shape\":[3,18,18]", "\"shape\":3", "shape is 3, expected a list"),
        ("two", "\"shape\":[3,18,18]", "\"shape\":[3,18]", "chunks has 3 dimensions, shape has 2"),
        ("two", "\"shape\":[3,18,18]", "\"shape\":[4294967296,4294967296,18]", "more bytes than can be addressed"),
        ("two", "\"chunks\":[3,16,16]", "\"chunks\":[0,16,16]", "a chunk cannot be of length 0"),
        ("two", "\"chunks\":[3,16,16]", "\"chunks\":[3,16,18446744073709551615]", "more bytes than can be addressed"),
        ("two", "\"chunks\":[3,16,16]", "\"chunks\":null", "chunks is null"),
        ("two", "\"<f4\"", "\"<f5\"", "dtype is \"<f5\""),
        ("two", "\"zarr_format\":2", "\"zarr_format\":1", "zarr_format is 1, expected 2"),
        ("two", "\"order\":\"C\"", "\"order\":\"A\"", "order is \"A\""),
        ("two", "\"fill_value\":null", "\"fill_value\":[]", "fill_value is []"),
        ("two", "\"filters\":null", "\"filters\":[3]", "a codec is 3"),
        ("two", "\"dimension_separator\":\".\"", "\"dimension_separator\":\"x\"", "dimension_separator is \"x\""),
        ("three", "\"shape\":[3,18,18]", "\"shape\":[3,18,18,2]", "chunk_shape has 3 dimensions, shape has 4"),
        ("three", "\"chunk_shape\":[3,8,8]", "\"chunk_shape\":[2,8,8]", "are no multiple of their chunks of 2 x 8 x 8"),
        ("three", "\"chunk_shape\":[3,8,8]", "\"chunk_shape\":[0,8,8]", "a chunk cannot be of length 0"),
        ("three", "\"index_location\":\"end\"", "\"index_location\":\"middle\"", "index_location is \"middle\""),
        ("three", "\"endian\":\"little\"", "\"endian\":\"middle\"", "endian"),
        ("three", "\"d0_3\",", "", "dimension_names has 2 names, shape has 3 dimensions"),
        ("three", "\"d0_3\"", "\"d1_18\"", "its dimension d1_18 has length 18, but 3 in shards"),
        ("three", "\"default\"", "\"other\"", "chunk_key_encoding is "),
        ("three", "\"node_type\":\"array\"", "\"node_type\":\"tree\"", "node_type is \"tree\""),
        ("three", "\"fill_value\":0.0", "\"fill_value\":\"x\"", "fill_value is \"x\""),
        ("three", "\"codecs\":[", "\"codecs\":[{\"name\":\"bytes\"},", "codec"),
        ("three", "{", "[", "is not JSON"),
    ] {
        let (path, file) = match version {
            "two" => (two.path(), two.path().join("zstd/.zarray")),
            _ => (three.path(), three.path().join("shards/zarr.json")),
        };
        let original = fs::read(&file).unwrap();
        let text = serde_json::from_slice::<serde_json::Value>(&original).unwrap().to_string();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let error = describe(path).unwrap_err();
        fs::write(&file, original).unwrap();
        assert!(matches!(error, SourceError::Dataset { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(words), "{from} -> {to}: {message}");
    }
}

#[test]
fn consolidated_metadata_leads_nowhere_else() {
    let stores = Stores::unpacked();
    for (store, document, from, to) in [
        ("two_consolidated", ".zmetadata", "\"zstd/.zarray\"", "\"../two/zstd/.zarray\""),
        ("two_consolidated", ".zmetadata", "\"zstd/.zarray\"", "\"/zstd/.zarray\""),
        ("three_consolidated", "zarr.json", "\"zstd\": {\n        \"shape\"", "\"..\": {\n        \"shape\""),
    ] {
        let text = fs::read_to_string(stores.path(store).join(document)).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(document), text.replacen(from, to, 1)).unwrap();
        let message = describe(folder.path()).unwrap_err().to_string();
        assert!(message.contains("is no name of an array"), "{message}");
    }
}

#[test]
fn folders_that_hold_themselves_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".zgroup"), r#"{"zarr_format": 2}"#).unwrap();
    symlink(".", folder.path().join("again")).unwrap();
    let message = describe(folder.path()).unwrap_err().to_string();
    assert!(message.contains("one within the other"), "{message}");
}
