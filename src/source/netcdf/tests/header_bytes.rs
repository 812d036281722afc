//! Headers of classic files, byte by byte as the NetCDF Classic Format Specification has them.

use proptest::prelude::*;

use super::*;

/// Writes a header.
#[derive(Clone, Default)]
struct Bytes {
    version: u8,
    bytes: Vec<u8>,
}

impl Bytes {
    fn new(version: u8) -> Self {
        Bytes { version, bytes: vec![b'C', b'D', b'F', version] }
    }

    fn word(mut self, value: u32) -> Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    fn count(mut self, value: u64) -> Self {
        if self.version == 5 {
            self.bytes.extend(value.to_be_bytes());
            self
        } else {
            self.word(u32::try_from(value).unwrap())
        }
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
        self
    }

    fn name(self, name: &str) -> Self {
        self.count(name.len() as u64).raw(name.as_bytes())
    }

    fn begin(mut self, at: u64) -> Self {
        if self.version == 1 {
            return self.word(u32::try_from(at).unwrap());
        }
        self.bytes.extend(at.to_be_bytes());
        self
    }

    /// Dimensions time (unlimited) and x of 3; a text; variable `c` of characters, and of shorts `v` in records.
    fn usual(version: u8, records: u64) -> Self {
        let header = Bytes::new(version).count(records);
        let header = header.word(10).count(2).name("time").count(0).name("x").count(3);
        let header = header.word(12).count(1).name("title").word(2).count(5).raw(b"hello");
        let header = header.word(11).count(2);
        let header = header.name("c").count(1).count(1).word(0).count(0).word(2).count(4).begin(400);
        let header = header.name("v").count(2).count(0).count(1);
        let header = header.word(12).count(2).name("_FillValue").word(3).count(1).raw(&[1, 2]);
        let header =
            header.name("scale").word(6).count(2).raw(&[1.5_f64.to_be_bytes(), 2.0_f64.to_be_bytes()].concat());
        header.word(3).count(8).begin(404)
    }

    /// The file, filled up to a length with counting bytes.
    fn file(&self, length: usize) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        assert!(bytes.len() <= length);
        bytes.extend((bytes.len()..length).map(|at| at as u8));
        bytes
    }
}

fn described(bytes: &[u8]) -> Result<Dataset, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("header.nc");
    std::fs::write(&path, bytes).unwrap();
    let dataset = describe(&path)?;
    for array in &dataset.arrays {
        let Storage::Direct(direct) = locate(&path, array)? else { panic!() };
        // The last value is in the file.
        if array.shape.iter().all(|length| *length > 0) {
            let last: u64 = array.shape.iter().zip(&direct.strides).map(|(length, stride)| (length - 1) * stride).sum();
            assert!(direct.offset + last + array.element.bytes() as u64 <= bytes.len() as u64);
        }
    }
    Ok(dataset)
}

#[test]
fn a_header_is_what_its_bytes_say() {
    for version in [1, 2, 5] {
        // Two records of six bytes from byte 404 on.
        let dataset = described(&Bytes::usual(version, 2).file(416)).unwrap();
        let lengths: Vec<_> = dataset.dimensions.iter().map(|d| (d.name.as_str(), d.length, d.unlimited)).collect();
        assert_eq!(lengths, [("time", 2, true), ("x", 3, false)]);
        assert_eq!(dataset.attributes.text("title"), Some("hello"));
        assert_eq!(dataset.all_notes(), ["left out, as the values are texts: c"]);
        let [array] = &dataset.arrays[..] else { panic!() };
        assert_eq!(
            (array.name.as_str(), array.dimensions.join(" "), &array.shape[..]),
            ("v", "time x".into(), &[2, 3][..])
        );
        assert_eq!(array.fill, [1, 2]);
        assert_eq!(array.element, Element { kind: ElementKind::Int(2), endian: Endian::Big });
        assert_eq!(array.attributes.numbers("scale"), Some(&[1.5, 2.0][..]));
    }
}

#[test]
fn records_that_were_streamed_are_counted_by_the_length() {
    for (version, streaming) in [(1, u64::from(u32::MAX)), (2, u64::from(u32::MAX)), (5, u64::MAX)] {
        for (length, records) in [(404, 0), (409, 0), (410, 1), (433, 4), (434, 5)] {
            let dataset = described(&Bytes::usual(version, streaming).file(length)).unwrap();
            assert_eq!(dataset.arrays[0].shape, [records, 3], "{length}");
        }
    }
}

#[test]
fn a_header_that_lies_is_told() {
    let told = |bytes: Bytes, parts: &[&str]| assert_says(described(&bytes.file(2000)), parts);
    assert_says(
        described(&Bytes::usual(5, 3).file(416)),
        &["has 416 bytes, expected 422", "by its header, to the end of v"],
    );
    told(Bytes::usual(5, u64::MAX / 4), &["gives v more bytes than can be counted"]);
    told(Bytes::new(3), &["classic netCDF version 3"]);
    told(Bytes::new(5).count(0).word(9).count(1), &["0x9 and 1 at byte 12", "0xa would begin its dimensions"]);
    // Counts beyond all memory.
    told(Bytes::new(5).count(0).word(10).count(u64::MAX), &["a name of"]);
    told(Bytes::new(5).count(0).word(10).count(1).count(u64::MAX), &["18446744073709551615 bytes"]);
    let none = || Bytes::new(5).count(0).word(0).count(0);
    told(
        none().word(12).count(1).name("a").word(6).count(u64::MAX),
        &["gives attribute a 18446744073709551615 values"],
    );
    told(none().word(12).count(1).name("a").word(6).count(1 << 20), &["ends within its header", "8388608 bytes"]);
    told(none().word(12).count(1).name("a").word(77).count(1), &["type 77"]);
    told(none().word(0).count(0).word(11).count(1).name("v").count(u64::MAX), &["18446744073709551615 dimensions"]);
    told(none().word(0).count(0).word(11).count(1).name("v").count(1).count(0), &["dimension 0, but there are 0"]);
    told(none().word(12).count(1).name("a\nb").word(2).count(0), &["the name \"a\\nb\""]);
    let dimensions =
        |first, second| Bytes::new(5).count(0).word(10).count(2).name("a").count(first).name("b").count(second);
    told(dimensions(0, 0).word(0).count(0).word(0).count(0), &["several unlimited dimensions"]);
    let on = |first, second, a, b| {
        let variable =
            dimensions(first, second).word(0).count(0).word(11).count(1).name("v").count(2).count(a).count(b);
        variable.word(0).count(0).word(6).count(0).begin(200)
    };
    told(on(3, 0, 0, 1), &["unlimited dimension of variable v not at the first place"]);
    told(on(u64::MAX, 2, 0, 1), &["gives v more bytes than can be counted"]);
    told(on(1 << 40, 1, 0, 1), &["has 2000 bytes, expected 8796093022408"]);
    assert!(described(&on(3, 4, 1, 0).file(200 + 96)).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the bytes of a header are, it is an error or a description of values that the file has.
    #[test]
    fn headers_of_any_bytes_are_safe(
        version in prop::sample::select(vec![1_u8, 2, 5]),
        changes in proptest::collection::vec((0..400_usize, prop_oneof![Just(0), Just(0xff), Just(0x7f), any::<u8>()]), 0..12),
        length in 0..500_usize,
    ) {
        let mut bytes = Bytes::usual(version, 2).file(500);
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(length.max(8));
        drop(described(&bytes));
    }
}
