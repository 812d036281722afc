//! Arrays that the netCDF library reads.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, ChunkReader};
use super::netcdf4;

/// An array that is read by the netCDF library, one thread at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByLibrary {
    /// The file.
    pub path: PathBuf,
    /// Why it is not read here, in words.
    pub reason: String,
}

impl ByLibrary {
    /// What reads it; the file is opened as it is read.
    ///
    /// # Errors
    /// When its blocks are none that can be read.
    pub fn open(&self, array: &ArrayInfo) -> Result<Box<dyn ChunkReader>, SourceError> {
        netcdf4::open_by_library(self, array)
    }
}
