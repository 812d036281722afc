//! Results that are written, finished and read again.

mod place;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::terms::Bytes;

fn attributes(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn array(name: &str, dims: &str, shape: &[u64], chunk: &[u64], kind: ElementKind) -> ArraySpec {
    ArraySpec {
        name: name.into(),
        dimensions: dims.split_whitespace().map(str::to_owned).collect(),
        shape: shape.to_vec(),
        chunk: chunk.to_vec(),
        inner: None,
        kind,
        fill: match kind {
            ElementKind::F32 | ElementKind::F64 | ElementKind::C64 | ElementKind::C128 => Fill::Nan,
            ElementKind::Text => Fill::Empty,
            _ => Fill::Zero,
        },
        attributes: attributes(json!({"long_name": name, "units": "1"})),
        keep_bits: None,
    }
}

const FACES: u64 = 2;
const NJ: u64 = 7;
const NI: u64 = 11;
const NF: u64 = 5;

/// A result like the real ones in small: all kinds, edge chunks in every dimension, sharded and not.
fn spec(codec: Codec) -> GroupSpec {
    use ElementKind::*;
    let coordinates = |spec: &mut ArraySpec, units: &str, names: &str| {
        spec.attributes.insert("units".into(), units.into());
        spec.attributes.insert("coordinates".into(), names.into());
    };
    let mut psd = array("rotary_psd", "face j i freq_time", &[FACES, NJ, NI, NF], &[1, 4, 4, NF], F32);
    psd.inner = Some(vec![1, 2, 2, NF]);
    coordinates(&mut psd, "m2 s-2 d", "XC YC");
    let mut ke = array("band_ke", "band face j i", &[2, FACES, NJ, NI], &[2, 1, 8, 12], F64);
    ke.inner = Some(vec![1, 1, 4, 4]);
    coordinates(&mut ke, "m2 s-2", "XC YC");
    let mut flag = array("band_flag", "band face j i", &[2, FACES, NJ, NI], &[2, 1, 8, 12], U8);
    flag.inner = Some(vec![1, 1, 4, 4]);
    flag.attributes.insert("flag_masks".into(), json!([1, 2, 4]));
    flag.attributes.insert("flag_meanings".into(), "narrow overlaps beyond".into());
    coordinates(&mut flag, "1", "XC YC");
    let mut used = array("segments_used", "face j i", &[FACES, NJ, NI], &[1, NJ, NI], I32);
    coordinates(&mut used, "1", "XC YC");
    let mut xc = array("XC", "face j i", &[FACES, NJ, NI], &[1, 4, 4], F32);
    xc.attributes.insert("units".into(), "degrees_east".into());
    let mut yc = array("YC", "face j i", &[FACES, NJ, NI], &[1, 4, 4], F32);
    yc.attributes.insert("units".into(), "degrees_north".into());
    let mut time = array("time", "time", &[6], &[6], I64);
    time.attributes.insert("units".into(), "seconds since 2011-09-10T00:00:00".into());
    time.attributes.insert("calendar".into(), "proleptic_gregorian".into());
    let mut freq = array("freq_time", "freq_time", &[NF], &[NF], F64);
    freq.attributes.insert("units".into(), "d-1".into());
    let mut band = array("band", "band", &[2], &[2], Text);
    let mut cross = array("S_uv", "face j i freq_time", &[FACES, NJ, NI, NF], &[1, 4, 4, NF], C64);
    cross.inner = Some(vec![1, 2, 2, NF]);
    coordinates(&mut cross, "m2 s-2 d", "XC YC");
    let mut limits = array("band_limits", "band limit", &[2, 2], &[2, 2], Text);
    band.attributes.remove("units");
    limits.attributes.remove("units");
    GroupSpec {
        arrays: vec![
            psd,
            ke,
            flag,
            used,
            xc,
            yc,
            time,
            array("time_status", "time", &[6], &[4], U8),
            freq,
            band,
            limits,
            array("face", "face", &[FACES], &[FACES], I64),
            array("j", "j", &[NJ], &[NJ], I64),
            array("i", "i", &[NI], &[NI], I64),
            cross,
            array("response", "freq_time", &[NF], &[3], C128),
        ],
        attributes: attributes(json!({"Conventions": "CF-1.10", "omega": crate::terms::OMEGA})),
        codec,
    }
}

/// The value at a place: every element has its own.
fn value(array: &str, index: &[u64]) -> f64 {
    let linear = index.iter().fold(0, |linear, index| linear * 13 + index) as f64;
    match array {
        // Land: two whole inner chunks, and single points.
        "rotary_psd" | "band_ke" | "S_uv"
            if index[index.len().min(3) - 1] < 2 || (linear as u64).is_multiple_of(17) =>
        {
            f64::NAN
        }
        "rotary_psd" => linear * 0.37 + 0.1,
        "band_ke" => (linear + 1.0).sqrt(),
        "band_flag" => linear % 8.0,
        "freq_time" => linear * 0.25 - 0.5,
        "time" => linear * 3600.0,
        _ => linear,
    }
}

/// A complex number at a place; land in both parts.
fn complex_value(array: &str, index: &[u64]) -> [f64; 2] {
    let x = value(array, index);
    [x + 0.25, 7.0 - x]
}

fn indices(start: &[u64], shape: &[u64]) -> Vec<Vec<u64>> {
    let mut all = vec![vec![]];
    for (&start, &length) in start.iter().zip(shape) {
        all = all
            .into_iter()
            .flat_map(|head: Vec<u64>| (start..start + length).map(move |x| [&head[..], &[x]].concat()))
            .collect();
    }
    all
}

/// Writes one chunk of `value`s.
fn write(store: &ResultStore, spec: &ArraySpec, chunk: &[u64]) -> Result<u64, StoreError> {
    let start: Vec<u64> = chunk.iter().zip(&spec.chunk).map(|(index, length)| index * length).collect();
    let shape: Vec<u64> = (0..start.len()).map(|d| spec.chunk[d].min(spec.shape[d] - start[d])).collect();
    let values: Vec<f64> = indices(&start, &shape).iter().map(|index| value(&spec.name, index)).collect();
    match spec.kind {
        ElementKind::F32 => {
            let values: Vec<f32> = values.iter().map(|&x| x as f32).collect();
            store.write_chunk(&spec.name, chunk, Values::F32(&values))
        }
        ElementKind::F64 => store.write_chunk(&spec.name, chunk, Values::F64(&values)),
        ElementKind::C64 => {
            let complex = indices(&start, &shape).into_iter().map(|index| complex_value(&spec.name, &index));
            let values: Vec<[f32; 2]> = complex.map(|pair| pair.map(|part| part as f32)).collect();
            store.write_chunk(&spec.name, chunk, Values::C64(&values))
        }
        ElementKind::C128 => {
            let complex = indices(&start, &shape).into_iter().map(|index| complex_value(&spec.name, &index));
            store.write_chunk(&spec.name, chunk, Values::C128(&complex.collect::<Vec<_>>()))
        }
        ElementKind::I32 => {
            let values: Vec<i32> = values.iter().map(|&x| x as i32).collect();
            store.write_chunk(&spec.name, chunk, Values::I32(&values))
        }
        ElementKind::I64 => {
            let values: Vec<i64> = values.iter().map(|&x| x as i64).collect();
            store.write_chunk(&spec.name, chunk, Values::I64(&values))
        }
        ElementKind::U8 => {
            let values: Vec<u8> = values.iter().map(|&x| x as u8).collect();
            store.write_chunk(&spec.name, chunk, Values::U8(&values))
        }
        ElementKind::Text => {
            let values: Vec<String> = values.iter().map(|x| format!("{}é{x}", spec.name)).collect();
            store.write_chunk(&spec.name, chunk, Values::Text(&values))
        }
    }
}

fn chunks(spec: &ArraySpec) -> Vec<Vec<u64>> {
    let grid: Vec<u64> = spec.shape.iter().zip(&spec.chunk).map(|(shape, chunk)| shape.div_ceil(*chunk)).collect();
    indices(&vec![0; grid.len()], &grid)
}

fn write_all(path: &Path, spec: &GroupSpec, start: Start) {
    let store = ResultStore::create(path, spec.clone(), start).unwrap();
    for array in &spec.arrays {
        for chunk in chunks(array) {
            write(&store, array, &chunk).unwrap();
        }
    }
    let files_written = store.files_written();
    store.finish(files_written).unwrap();
}

/// Every file below `folder`, by its relative path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(folder: &Path, root: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, all);
            } else {
                all.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(folder, folder, &mut all);
    all
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn assert_holds_values(path: &Path, spec: &GroupSpec) {
    let group = StoredGroup::open(path).unwrap();
    assert_eq!(group.headers().len(), spec.arrays.len());
    for array in &spec.arrays {
        let stored = group.array(&array.name).unwrap();
        assert_eq!(stored.header().dimensions, array.dimensions);
        let all = indices(&vec![0; array.shape.len()], &array.shape);
        if array.kind == ElementKind::Text {
            let expected: Vec<String> =
                all.iter().map(|index| format!("{}é{}", array.name, value(&array.name, index))).collect();
            assert_eq!(stored.read_text().unwrap(), expected);
            continue;
        }
        assert_eq!((stored.kind(), stored.is_complex()), (Some(array.kind), !array.kind.is_real()));
        if stored.is_complex() {
            let read = stored.read_complex(&vec![0; array.shape.len()], &array.shape).unwrap();
            for (index, read) in all.iter().zip(read) {
                let expected = complex_value(&array.name, index);
                assert!(same(read[0], expected[0]) && same(read[1], expected[1]), "{} {index:?}: {read:?}", array.name);
            }
            assert!(stored.read_all_f64().is_err());
            continue;
        }
        let read = stored.read_all_f64().unwrap();
        assert!(stored.read_complex(&vec![0; array.shape.len()], &array.shape).is_err());
        for (index, read) in all.iter().zip(read) {
            let mut expected = value(&array.name, index);
            if array.kind == ElementKind::F32 {
                expected = f64::from(expected as f32);
            }
            assert!(same(read, expected), "{} {index:?}: {read}, not {expected}", array.name);
        }
    }
}

/// With OCEANSPEC_KEEP_STORES=FOLDER the results stay there, for tests/python/open_result.py.
#[test]
fn every_value_comes_back_where_it_was_put() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("OCEANSPEC_KEEP_STORES").map_or(temporary.path().to_owned(), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    for (name, codec) in [("none.zarr", Codec::None), ("zstd.zarr", Codec::Zstd(3))] {
        let path = folder.join(name);
        let spec = spec(codec);
        write_all(&path, &spec, Start::Overwrite);
        assert_holds_values(&path, &spec);
        // The consolidated metadata are there for zarrs too, and the same as each array's own.
        let storage = std::sync::Arc::new(zarrs::filesystem::FilesystemStore::new(&path).unwrap());
        let group = zarrs::group::Group::open(storage, "/").unwrap();
        assert_eq!(group.consolidated_metadata().unwrap().metadata.len(), spec.arrays.len());
        assert!(group.attributes().contains_key("oceanspec_version"));
        let document = |path: PathBuf| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
        for array in &spec.arrays {
            let own = document(path.join(&array.name).join("zarr.json"));
            assert_eq!(document(path.join("zarr.json"))["consolidated_metadata"]["metadata"][&array.name], own);
        }
        assert!(files(&path).keys().all(|path| !path.to_str().unwrap().contains(".writing")));
    }
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(Codec::Zstd(3));
    let written = |threads: usize, name: &str| {
        let path = folder.path().join(name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write_all(&path, &spec, Start::New));
        files(&path)
    };
    let one = written(1, "one.zarr");
    assert!(one.len() > 30);
    assert_eq!(one, written(2, "two.zarr"));
    assert_eq!(one, written(5, "five.zarr"));
}

#[test]
fn other_ranks_attach_and_all_threads_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let spec = spec(Codec::Zstd(1));
    let rank0 = ResultStore::create(&path, spec.clone(), Start::New).unwrap();
    let before = files(folder.path());
    let rank1 = ResultStore::attach(&path, spec.clone(), JournalFile { session: 1, rank: 1 }).unwrap();
    assert_eq!(files(folder.path()), before);
    let work: Vec<(&ArraySpec, Vec<u64>)> =
        spec.arrays.iter().flat_map(|array| chunks(array).into_iter().map(move |chunk| (array, chunk))).collect();
    let sizes: Vec<u64> = work
        .par_iter()
        .enumerate()
        .map(|(n, (array, chunk))| write(if n % 2 == 0 { &rank0 } else { &rank1 }, array, chunk).unwrap())
        .collect();
    let files_written = rank0.files_written() + rank1.files_written();
    rank0.finish(files_written).unwrap();
    assert_holds_values(&path, &spec);
    let on_disk: usize =
        files(&path).iter().filter(|(path, _)| !path.ends_with("zarr.json")).map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(sizes.iter().sum::<u64>(), on_disk as u64);
}

#[test]
fn fill_takes_no_room_and_reads_as_fill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let mut spec = spec(Codec::None);
    spec.arrays.push(array("scalar", "", &[], &[], ElementKind::F64));
    spec.arrays.push(array("none", "nothing j", &[0, NJ], &[1, NJ], ElementKind::F32));
    let store = ResultStore::create(&path, spec.clone(), Start::New).unwrap();
    // The NaN that 0/0 gives on this machine need not be the NaN of the fill.
    let land = vec![-f32::NAN; (4 * 4 * NF) as usize];
    assert_eq!(store.write_chunk("rotary_psd", &[0, 0, 0, 0], Values::F32(&land)).unwrap(), 0);
    assert_eq!(store.write_chunk("segments_used", &[0, 0, 0], Values::I32(&[0; 77])).unwrap(), 0);
    let mut coast = land.clone();
    coast[0] = 1.5;
    // One inner chunk of 1 x 2 x 2 x 5 float32 and its checksum; an index of 4 pairs and its checksum.
    let expected = 4 * (2 * 2 * NF) + 4 + 4 * 16 + 4;
    assert_eq!(store.write_chunk("rotary_psd", &[1, 0, 1, 0], Values::F32(&coast)).unwrap(), expected);
    assert_eq!(store.write_chunk("scalar", &[], Values::F64(&[2.5])).unwrap(), 12);
    let files_written = store.files_written();
    store.finish(files_written).unwrap();
    let group = StoredGroup::open(&path).unwrap();
    let psd = group.array("rotary_psd").unwrap().read_all_f64().unwrap();
    assert_eq!(psd.iter().filter(|x| !x.is_nan()).collect::<Vec<_>>(), [&1.5]);
    assert_eq!(group.array("rotary_psd").unwrap().read_f64(&[1, 0, 4, 0], &[1, 1, 1, 1]).unwrap(), [1.5]);
    assert_eq!(group.array("segments_used").unwrap().read_all_f64().unwrap(), [0.0; 154]);
    assert_eq!(group.array("scalar").unwrap().read_all_f64().unwrap(), [2.5]);
    assert_eq!(group.array("none").unwrap().read_all_f64().unwrap(), [0.0; 0]);
    assert_eq!(group.array("band").unwrap().read_text().unwrap(), ["", ""]);
}

/// Land of a complex array is written nowhere, and bits are kept of each part.
#[test]
fn complex_numbers_are_filled_and_rounded_by_their_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let mut spec = spec(Codec::None);
    let cross = spec.arrays.iter_mut().find(|array| array.name == "S_uv").unwrap();
    cross.keep_bits = Some(7);
    let store = ResultStore::create(&path, spec, Start::New).unwrap();
    let land = vec![[-f32::NAN; 2]; (4 * 4 * NF) as usize];
    assert_eq!(store.write_chunk("S_uv", &[0, 0, 0, 0], Values::C64(&land)).unwrap(), 0);
    let values: Vec<[f32; 2]> = (0..4 * 4 * NF).map(|n| [(n as f32 + 1.0).sin(), (n as f32 + 1.0).cos()]).collect();
    store.write_chunk("S_uv", &[1, 0, 0, 0], Values::C64(&values)).unwrap();
    let files_written = store.files_written();
    store.finish(files_written).unwrap();
    let stored = StoredGroup::open(&path).unwrap().array("S_uv").unwrap();
    let nothing = stored.read_complex(&[0, 0, 0, 0], &[1, 4, 4, NF]).unwrap();
    assert!(nothing.iter().flatten().all(|part| part.is_nan()));
    let read = stored.read_complex(&[1, 0, 0, 0], &[1, 4, 4, NF]).unwrap();
    for (read, value) in read.iter().flatten().zip(values.iter().flatten()) {
        assert!((read - f64::from(*value)).abs() <= f64::from(value.abs()) / 256.0, "{read} {value}");
        assert_eq!((*read as f32).to_bits().trailing_zeros().min(16), 16);
    }
}

#[test]
fn kept_bits_round_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let mut spec = spec(Codec::Zstd(3));
    let plain = spec.arrays[0].clone();
    spec.arrays[0].keep_bits = Some(7);
    spec.arrays.push(ArraySpec { name: "plain".into(), ..plain });
    let values: Vec<f32> = (0..4 * 4 * NF).map(|n| (n as f32).sin()).collect();
    let store = ResultStore::create(&path, spec, Start::New).unwrap();
    let rounded = store.write_chunk("rotary_psd", &[0, 0, 0, 0], Values::F32(&values)).unwrap();
    let exact = store.write_chunk("plain", &[0, 0, 0, 0], Values::F32(&values)).unwrap();
    assert!(rounded < exact, "{rounded} bytes rounded, {exact} exact");
    let files_written = store.files_written();
    store.finish(files_written).unwrap();
    let stored = StoredGroup::open(&path).unwrap().array("rotary_psd").unwrap();
    let stored = stored.read_f64(&[0, 0, 0, 0], &[1, 4, 4, NF]).unwrap();
    assert!(stored.iter().zip(&values).any(|(stored, value)| *stored != f64::from(*value)));
    for (stored, value) in stored.iter().zip(&values) {
        assert!((stored - f64::from(*value)).abs() <= f64::from(value.abs()) / 256.0, "{stored} {value}");
    }
}

#[test]
fn blocks_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(Codec::None);
    let store = ResultStore::create(&folder.path().join("out.zarr"), spec.clone(), Start::New).unwrap();
    let refused = |array: &str, chunk: &[u64], values: Values| {
        matches!(store.write_chunk(array, chunk, values), Err(StoreError::Block { .. }))
    };
    assert!(refused("face", &[0], Values::I64(&[1])), "too few");
    assert!(refused("face", &[0], Values::I64(&[1, 2, 3])), "too many");
    assert!(refused("face", &[0], Values::I32(&[1, 2])), "another type");
    assert!(refused("response", &[0], Values::C64(&[[0.0; 2]; 3])), "another precision");
    assert!(refused("face", &[1], Values::I64(&[1, 2])), "outside");
    assert!(refused("face", &[u64::MAX], Values::I64(&[1, 2])), "far outside");
    assert!(refused("face", &[0, 0], Values::I64(&[1, 2])), "another rank");
    assert!(matches!(store.write_chunk("no", &[0], Values::U8(&[])), Err(StoreError::UnknownArray { .. })));
    store.write_chunk("face", &[0], Values::I64(&[1, 2])).unwrap();
    let again = store.write_chunk("face", &[0], Values::I64(&[1, 2]));
    assert!(matches!(again, Err(StoreError::WrittenTwice { .. })));

    // Of many threads that write the same chunk, one is right.
    let psd = &spec.arrays[0];
    let results: Vec<_> = (0..8).into_par_iter().map(|_| write(&store, psd, &[0, 1, 1, 0])).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

#[test]
fn arrays_that_cannot_be_stored_are_refused() {
    let good = spec(Codec::None);
    let refused = |change: &dyn Fn(&mut GroupSpec)| {
        let mut bad = good.clone();
        change(&mut bad);
        matches!(
            ResultStore::attach(Path::new("x.zarr"), bad, JournalFile { session: 1, rank: 1 }),
            Err(StoreError::Spec { .. })
        )
    };
    assert!(!refused(&|_| {}));
    assert!(refused(&|spec| spec.arrays[0].inner = Some(vec![1, 3, 2, NF])));
    assert!(refused(&|spec| spec.arrays[0].inner = Some(vec![1, 0, 2, NF])));
    assert!(refused(&|spec| spec.arrays[0].chunk = vec![1, 4, 0, NF]));
    assert!(refused(&|spec| spec.arrays[0].chunk = vec![1, 4, 4]));
    assert!(refused(&|spec| spec.arrays[0].name = "../out".into()));
    assert!(refused(&|spec| spec.arrays[0].name = "band_ke".into()));
    assert!(refused(&|spec| spec.arrays[0].shape[1] += 1));
    assert!(refused(&|spec| spec.arrays[0].keep_bits = Some(24)));
    assert!(refused(&|spec| spec.arrays[3].keep_bits = Some(4)));
    assert!(refused(&|spec| spec.arrays[3].fill = Fill::Nan));
    assert!(refused(&|spec| spec.arrays[14].keep_bits = Some(24)));
    assert!(refused(&|spec| spec.arrays[14].fill = Fill::Empty));
    assert!(refused(&|spec| spec.codec = Codec::Zstd(23)));
}
