//! Stores as zarr-python and xarray write them (`tests/fixtures/make_zarr_fixtures.py`): what is told of them, their
//! values, and what happens when they are damaged.

mod damaged;
mod described;
mod random;
mod values;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use super::super::dataset::Chunk;
use super::super::dataset::ElementKind;
use super::*;

/// The fixtures in a folder, which goes with the last test that holds it; not to be changed.
struct Stores(Arc<tempfile::TempDir>);

impl Stores {
    fn unpacked() -> Self {
        static FOLDER: Mutex<Weak<tempfile::TempDir>> = Mutex::new(Weak::new());
        let mut shared = FOLDER.lock().unwrap();
        if let Some(folder) = shared.upgrade() {
            return Stores(folder);
        }
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/zarr_stores.tar.xz");
        let status = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()).status().unwrap();
        assert!(status.success(), "tar -xf {}: {status}", archive.display());
        *shared = Arc::downgrade(&folder);
        Stores(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("zarr_stores").join(name)
    }

    /// A group of one array of a store, to be changed.
    fn one_array(&self, store: &str, name: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let group = if store == "two" { ".zgroup" } else { "zarr.json" };
        fs::copy(self.path(store).join(group), folder.path().join(group)).unwrap();
        copy(&self.path(store).join(name), &folder.path().join(name));
        folder
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn open(path: &Path, array: &ArrayInfo) -> Box<dyn ChunkReader> {
    let storage = locate(path, array).unwrap();
    // As another rank gets it.
    let storage: Storage = serde_json::from_str(&serde_json::to_string(&storage).unwrap()).unwrap();
    storage.open(array).unwrap().unwrap()
}

/// All places of a grid of so many, last fastest.
fn places(lengths: &[u64]) -> Vec<Vec<u64>> {
    lengths.iter().fold(vec![vec![]], |places, length| {
        places.iter().flat_map(|place| (0..*length).map(|at| [place.as_slice(), &[at]].concat())).collect()
    })
}

fn grid(array: &ArrayInfo) -> Vec<u64> {
    array.shape.iter().zip(array.chunk.as_ref().unwrap()).map(|(length, chunk)| length.div_ceil(*chunk)).collect()
}

/// All values of an array as stored, and how many chunks were not there.
fn read_all(path: &Path, array: &ArrayInfo) -> (Vec<u8>, usize) {
    let reader = open(path, array);
    let (chunk, bytes) = (array.chunk.as_ref().unwrap(), array.element.bytes());
    let mut values = vec![0xee; array.values().unwrap() as usize * bytes];
    let (mut missing, mut block) = (0, vec![0xee; 7]);
    for index in places(&grid(array)) {
        let there = match reader.read(&index, &mut block).unwrap() {
            Chunk::Read(read) => {
                assert_eq!(block.len() as u64, array.values_of_chunk().unwrap() * bytes as u64, "{}", array.name);
                assert!(read > 0);
                true
            }
            Chunk::NotThere => false,
        };
        missing += usize::from(!there);
        for (number, place) in places(chunk).into_iter().enumerate() {
            let whole: Vec<u64> = (0..place.len()).map(|k| index[k] * chunk[k] + place[k]).collect();
            if whole.iter().zip(&array.shape).all(|(at, length)| at < length) {
                let to = whole.iter().zip(&array.shape).fold(0, |to, (at, length)| to * length + at) as usize * bytes;
                let value = if there { &block[number * bytes..][..bytes] } else { &array.fill };
                values[to..to + bytes].copy_from_slice(value);
            }
        }
    }
    (values, missing)
}

/// The value that the script wrote at place `n` of an array.
fn written(n: u64, kind: ElementKind) -> f64 {
    let whole = ((n % 29) * (n / 29 % 5)) as i64 - 50;
    match kind {
        ElementKind::Float32 | ElementKind::Float64 => whole as f64 * 0.25,
        ElementKind::Int(1) => f64::from(whole as i8),
        ElementKind::Int(_) => whole as f64,
        ElementKind::UInt(1) => f64::from(whole as u8),
        ElementKind::UInt(2) => f64::from(whole as u16),
        ElementKind::UInt(4) => f64::from(whole as u32),
        ElementKind::UInt(_) => whole as u64 as f64,
    }
}

fn decoded(array: &ArrayInfo, raw: &[u8]) -> Vec<f64> {
    let mut numbers = vec![0.0; raw.len() / array.element.bytes()];
    array.element.decode(raw, &mut numbers);
    numbers
}
