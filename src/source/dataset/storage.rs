//! Where the values of an array are, and how they are read.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::SourceError;
use super::super::{netcdf, zarr};
use super::ArrayInfo;

/// Values at regular places of a file, as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direct {
    /// The file.
    pub path: PathBuf,
    /// Bytes before the first value.
    pub offset: u64,
    /// Bytes from a value to the next along each dimension.
    pub strides: Vec<u64>,
}

/// Where the values of an array are: all that another rank must know to read them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Storage {
    /// At regular places of a file.
    Direct(Direct),
    /// In chunks of an HDF5 file, whose places are known.
    Hdf5(netcdf::Hdf5Chunks),
    /// By the netCDF library, in blocks of the array's `chunk`.
    Library(netcdf::ByLibrary),
    /// In the chunks of a Zarr array.
    Zarr(zarr::ZarrChunks),
}

/// What reading a chunk gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Its values are in the buffer; bytes that were read for it.
    Read(u64),
    /// It is not stored: all its values are the fill value, which the buffer does not hold.
    NotThere,
}

/// Reads and decodes the chunks of an open array; several threads at once.
pub trait ChunkReader: fmt::Debug + Send + Sync {
    /// Decodes the chunk at `index` of the grid of chunks into `block`, [the array's dimensions], of the length of a whole
    /// chunk also at the array's end, where values beyond it may be anything; what `block` held before does not matter.
    ///
    /// # Errors
    /// When the chunk cannot be read or is not what it should be: [`SourceError::Chunk`].
    fn read(&self, index: &[u64], block: &mut Vec<u8>) -> Result<Chunk, SourceError>;

    /// Whether the chunk at `index` is stored, as far as that can be told without decoding it.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn is_stored(&self, _index: &[u64]) -> Result<bool, SourceError> {
        Ok(true)
    }
}

impl Storage {
    /// The file, or of a Zarr array its folder.
    pub fn path(&self) -> &Path {
        match self {
            Storage::Direct(direct) => &direct.path,
            Storage::Hdf5(chunks) => &chunks.path,
            Storage::Library(library) => &library.path,
            Storage::Zarr(chunks) => chunks.folder(),
        }
    }

    /// What reads an array of chunks; none for values at regular places, which need none.
    ///
    /// # Errors
    /// When the array is not the one that this was made for, or is stored by what cannot be undone.
    pub fn open(&self, array: &ArrayInfo) -> Result<Option<Box<dyn ChunkReader>>, SourceError> {
        Ok(match self {
            Storage::Direct(_) => None,
            Storage::Hdf5(chunks) => Some(chunks.open(array)?),
            Storage::Library(library) => Some(library.open(array)?),
            Storage::Zarr(chunks) => Some(chunks.open(array)?),
        })
    }
}
