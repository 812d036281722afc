//! netCDF files of all kinds, against what the libraries read of them.

mod classic;
#[cfg(feature = "netcdf")]
mod damage;
#[cfg(feature = "netcdf")]
mod fixtures;
mod header_bytes;
#[cfg(feature = "netcdf")]
mod made;

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::dataset::{ArrayInfo, Chunk, Dataset, Element, ElementKind, Storage};
use super::super::number::Endian;
use super::{SourceError, describe, locate};

/// All values of an array as they are stored, by its storage.
fn stored(array: &ArrayInfo, storage: &Storage) -> Result<Vec<u8>, SourceError> {
    let value_bytes = array.element.bytes();
    let count = usize::try_from(array.values().unwrap()).unwrap();
    let mut all = vec![0xee; count * value_bytes];
    let reader = storage.open(array)?;
    let mut block = Vec::new();
    let mut of_chunk = (vec![u64::MAX], Chunk::NotThere);
    for (place, value) in all.chunks_exact_mut(value_bytes).enumerate() {
        let at = indices(place as u64, &array.shape);
        let Storage::Direct(direct) = storage else {
            let chunk = array.chunk.as_ref().unwrap();
            let index: Vec<u64> = at.iter().zip(chunk).map(|(at, chunk)| at / chunk).collect();
            if of_chunk.0 != index {
                let read = reader.as_ref().unwrap().read(&index, &mut block)?;
                if matches!(read, Chunk::Read(_)) {
                    assert_eq!(block.len() as u64, array.values_of_chunk().unwrap() * value_bytes as u64);
                }
                of_chunk = (index, read);
            }
            match of_chunk.1 {
                Chunk::NotThere => value.copy_from_slice(&array.fill),
                Chunk::Read(_) => {
                    let within = at.iter().zip(chunk).fold(0, |place, (at, chunk)| place * chunk + at % chunk) as usize;
                    value.copy_from_slice(&block[within * value_bytes..][..value_bytes]);
                }
            }
            continue;
        };
        let offset = direct.offset + at.iter().zip(&direct.strides).map(|(at, stride)| at * stride).sum::<u64>();
        std::fs::File::open(&direct.path).unwrap().read_exact_at(value, offset).unwrap();
    }
    Ok(all)
}

fn indices(place: u64, shape: &[u64]) -> Vec<u64> {
    let mut rest = place;
    let mut at: Vec<u64> = shape.iter().rev().map(|length| (rest % length, rest /= length).0).collect();
    at.reverse();
    at
}

/// All values of an array in the machine's byte order.
fn native(array: &ArrayInfo) -> impl Fn(Vec<u8>) -> Vec<u8> {
    let Element { endian, .. } = array.element;
    let bytes = array.element.bytes();
    move |mut values| {
        if endian == Endian::Big {
            values.chunks_exact_mut(bytes).for_each(<[u8]>::reverse);
        }
        values
    }
}

fn read(path: &Path, array: &ArrayInfo) -> Result<Vec<u8>, SourceError> {
    let storage = locate(path, array)?;
    let sent: Storage = serde_json::from_slice(&serde_json::to_vec(&storage).unwrap()).unwrap();
    assert_eq!(sent, storage);
    stored(array, &sent)
}

/// Describes a file, and compares every value of every array with what the netCDF library reads.
#[cfg(feature = "netcdf")]
fn compared(path: &Path) -> Dataset {
    let dataset = describe(path).unwrap_or_else(|error| panic!("{error}"));
    assert!(!dataset.arrays.is_empty());
    for array in &dataset.arrays {
        let ours = native(array)(read(path, array).unwrap_or_else(|error| panic!("{error}")));
        let theirs = by_netcdf(path, &array.name);
        assert!(ours == theirs, "{} of {}", array.name, path.display());
    }
    dataset
}

#[cfg(feature = "netcdf")]
fn by_netcdf(path: &Path, name: &str) -> Vec<u8> {
    let file = netcdf::open(path).unwrap();
    let variable = file.variable(name).unwrap();
    variable.get_raw_values(..).unwrap()
}

/// The value that the fixtures hold at a place: see tests/fixtures/make_netcdf_fixtures.py.
fn by_rule(array: &ArrayInfo) -> Vec<u8> {
    let rule = |k: u64| -> Vec<u8> {
        let (whole, real) = (37 * k % 101, (37 * k % 1001) as f64 / 4.0 - 100.0);
        match array.element.kind {
            ElementKind::Float32 => (real as f32).to_le_bytes().to_vec(),
            ElementKind::Float64 => real.to_le_bytes().to_vec(),
            ElementKind::Int(bytes) | ElementKind::UInt(bytes) => whole.to_le_bytes()[..usize::from(bytes)].to_vec(),
        }
    };
    (0..array.values().unwrap()).flat_map(rule).collect()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netcdf").join(name)
}

/// The text of an error has these parts.
#[track_caller]
fn assert_says<T: std::fmt::Debug>(result: Result<T, SourceError>, parts: &[&str]) {
    let text = result.unwrap_err().to_string();
    for part in parts {
        assert!(text.contains(part), "{text:?} has no {part:?}");
    }
    assert!(!text.contains('\n'), "{text}");
}
