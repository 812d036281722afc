//! netCDF-4 files that are damaged, or lie.

use std::fs;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::super::{ChunkTable, Hdf5Chunks};
use super::*;

/// A copy of a fixture to be damaged.
fn copy(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::copy(fixture(name), &path).unwrap();
    (folder, path)
}

/// Changes one byte of the file.
fn flip(path: &Path, at: u64, by: u8) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at as usize] ^= by;
    fs::write(path, bytes).unwrap();
}

fn chunks(path: &Path, name: &str) -> (ArrayInfo, Hdf5Chunks) {
    let array = describe(path).unwrap().array(name).unwrap().clone();
    match locate(path, &array).unwrap() {
        Storage::Hdf5(chunks) => (array, chunks),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_cut_short_is_told_with_both_lengths() {
    let (_folder, path) = copy("model.nc");
    let whole = fs::metadata(&path).unwrap().len();
    let array = describe(&path).unwrap().arrays.remove(0);
    for length in [whole - 1, whole / 2, 600] {
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        let parts = ["model.nc", &format!("has {length} bytes"), &format!("expected {whole}")];
        assert_says(describe(&path), &parts);
        assert_says(locate(&path, &array), &parts);
    }
    for length in [0, 4, 8, 40] {
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        assert_says(describe(&path), &["model.nc"]);
    }
}

#[test]
fn a_corrupt_chunk_is_named() {
    let (_folder, path) = copy("masks.nc");
    let (array, chunks) = chunks(&path, "masked");
    let place = chunks.table.masks.iter().position(|(_, mask)| mask & 2 == 0).unwrap();
    flip(&path, chunks.table.addresses[place], 0x55);
    let index = indices(place as u64, &[3, 3, 2]);
    let named = format!("({}, {}, {})", index[0], index[1], index[2]);
    assert_says(
        stored(&array, &Storage::Hdf5(chunks)),
        &["masks.nc", &format!("chunk {named} of masked"), "deflate 4", "corrupt"],
    );
}

#[test]
fn a_missed_checksum_tells_both_sums() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sum.nc");
    let file = hdf5::File::create(&path).unwrap();
    let dataset = file.new_dataset::<f32>().chunk((4, 8)).fletcher32().shape((8, 16)).create("a").unwrap();
    dataset.write_raw(&(0..128).map(|at| at as f32).collect::<Vec<_>>()).unwrap();
    drop((file, dataset));
    let (array, chunks) = chunks(&path, "a");
    compared(&path);
    flip(&path, chunks.table.addresses[3] + 5, 1);
    assert_says(
        stored(&array, &Storage::Hdf5(chunks)),
        &["sum.nc: chunk (1, 1) of a: its checksum (fletcher32) is 0x", ", but 0x", "is stored"],
    );
}

#[test]
fn a_shape_that_lies_makes_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.nc");
    let file = hdf5::File::create(&path).unwrap();
    file.new_dataset::<f32>().chunk((1, 1)).shape((1_usize << 30, 1_usize << 30)).create("a").unwrap();
    file.new_dataset::<f32>().shape((1_usize << 20, 1_usize << 20)).create("b").unwrap();
    drop(file);
    let dataset = describe(&path).unwrap();
    assert_says(
        locate(&path, dataset.array("a").unwrap()),
        &["huge.nc: a of [1073741824, 1073741824] values in chunks of [1, 1] has more chunks than the 1048576"],
    );
    // Nothing of it is stored: that takes no table.
    let b = dataset.array("b").unwrap();
    let reader = locate(&path, b).unwrap().open(b).unwrap().unwrap();
    assert_eq!(reader.read(&[1 << 19, 0], &mut Vec::new()).unwrap(), Chunk::NotThere);
}

#[test]
fn tables_that_do_not_fit_the_array_are_refused() {
    let path = fixture("model.nc");
    let (array, chunks) = chunks(&path, "u");
    let with = |table: ChunkTable| Hdf5Chunks { table: Arc::new(table), ..chunks.clone() };
    let mut fewer = chunks.table.as_ref().clone();
    fewer.addresses.pop();
    assert_says(with(fewer).open(&array).map(|_| ()), &["model.nc", "chunks are listed for u"]);
    let mut unsized_ = chunks.table.as_ref().clone();
    unsized_.sizes.clear();
    assert!(with(unsized_).open(&array).is_err());
    assert!(chunks.open(&ArrayInfo { chunk: None, ..array.clone() }).is_err());
    assert!(chunks.open(&ArrayInfo { chunk: Some(vec![1 << 20, 1 << 20, 1 << 20]), ..array.clone() }).is_err());
    assert!(chunks.open(&ArrayInfo { chunk: Some(vec![0, 3, 4]), ..array.clone() }).is_err());
    let reader = chunks.open(&array).unwrap();
    assert_says(reader.read(&[3, 0, 0], &mut Vec::new()), &["chunk (3, 0, 0) of u", "[3, 2, 2] chunks"]);
    assert!(reader.read(&[0, 0], &mut Vec::new()).is_err());
    // An address behind the file's end.
    let mut far = chunks.table.as_ref().clone();
    far.addresses[0] = 1 << 40;
    assert_says(with(far).open(&array).unwrap().read(&[0, 0, 0], &mut Vec::new()), &["cannot be read"]);
    // Stored bytes that cannot become a chunk are not even tried.
    let short = ArrayInfo { chunk: Some(vec![5, 5, 1 << 20]), ..array.clone() };
    let short = ArrayInfo { shape: vec![5, 5, 1 << 20], ..short };
    let mut one = chunks.table.as_ref().clone();
    (one.addresses, one.sizes) = (vec![0], vec![8]);
    let one = Hdf5Chunks { extent: short.shape.clone(), table: Arc::new(one), ..chunks.clone() };
    let mut block = Vec::new();
    assert_says(one.open(&short).unwrap().read(&[0, 0, 0], &mut block), &["its 8 bytes cannot become the 52428800"]);
    assert_eq!(block.capacity(), 0);
}

#[test]
fn an_array_that_changed_is_told() {
    let path = fixture("model.nc");
    let array = describe(&path).unwrap().array("u").unwrap().clone();
    let other = ArrayInfo { shape: vec![5, 5, 7], ..array.clone() };
    assert_says(locate(&path, &other), &["u has changed", "[5, 5, 7]", "[5, 5, 6]"]);
    let other = ArrayInfo { name: "w".into(), ..array };
    assert_says(
        locate(&path, &other),
        &["model.nc has no array of numbers w"].map(|part| part.split_once(' ').unwrap().1),
    );
}

#[test]
fn what_is_no_netcdf_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert_says(describe(folder.path()), &["is no file"]);
    assert_says(describe(&folder.path().join("none.nc")), &["none.nc", "cannot read"]);
    let path = folder.path().join("text.nc");
    fs::write(&path, "netcdf\u{7}").unwrap();
    assert_says(describe(&path), &["is no netCDF file: it begins with \"netcdf\\x07\""]);
    fs::write(&path, "").unwrap();
    assert_says(describe(&path), &["is empty"]);
    fs::write(&path, super::super::SIGNATURE).unwrap();
    assert_says(describe(&path), &["opening it as netCDF-4 failed"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Damaged chunks of every codec give an error or other values, never a panic.
    #[test]
    fn damaged_chunks_never_panic(flips in proptest::collection::vec((0..4000_u64, 1..=255_u8), 1..6), cut in 0..3_u32) {
        let (_folder, path) = copy("filters.nc");
        let dataset = describe(&fixture("filters.nc")).unwrap();
        let located: Vec<_> = dataset.arrays.iter().map(|array| (array, locate(&path, array).unwrap())).collect();
        let mut bytes = fs::read(&path).unwrap();
        for (_, storage) in &located {
            let Storage::Hdf5(chunks) = storage else { panic!() };
            for (address, size) in chunks.table.addresses.iter().zip(&chunks.table.sizes) {
                for (at, by) in &flips {
                    bytes[(address + at % u64::from(*size)) as usize] ^= by;
                }
            }
        }
        fs::write(&path, bytes).unwrap();
        for (array, storage) in located {
            let Storage::Hdf5(mut chunks) = storage else { panic!() };
            let table = Arc::make_mut(&mut chunks.table);
            table.sizes.iter_mut().for_each(|size| *size = size.saturating_sub(cut * 7));
            let reader = chunks.open(array).unwrap();
            let mut block = Vec::new();
            for chunk in 0..chunks.table.addresses.len() as u64 {
                if let Err(error) = reader.read(&[chunk], &mut block) {
                    let named = matches!(error, SourceError::Chunk { .. });
                    prop_assert!(named, "{}", error);
                }
                prop_assert!(block.len() <= 480);
            }
        }
    }
}
