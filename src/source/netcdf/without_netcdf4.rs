//! What a build without the feature `netcdf` says of netCDF-4 files.

use std::path::Path;

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, ChunkReader, Dataset, Storage};
use super::{ByLibrary, Hdf5Chunks, Storages};

fn not_built_in(path: &Path) -> SourceError {
    SourceError::Dataset {
        path: path.to_owned(),
        reason: "is a netCDF-4 (HDF5) file, which this build cannot read: build it with the feature netcdf (on by \
                 default; cargo build --release --features netcdf), or convert the file: nccopy -k nc6 FILE OUT"
            .into(),
    }
}

pub(super) fn describe(path: &Path, _wanted: &dyn Fn(&ArrayInfo) -> bool) -> Result<(Dataset, Storages), SourceError> {
    Err(not_built_in(path))
}

pub(super) fn locate(path: &Path, _array: &ArrayInfo) -> Result<Storage, SourceError> {
    Err(not_built_in(path))
}

pub(super) fn open_chunks(chunks: &Hdf5Chunks, _array: &ArrayInfo) -> Result<Box<dyn ChunkReader>, SourceError> {
    Err(not_built_in(&chunks.path))
}

pub(super) fn open_by_library(by: &ByLibrary, _array: &ArrayInfo) -> Result<Box<dyn ChunkReader>, SourceError> {
    Err(not_built_in(&by.path))
}
