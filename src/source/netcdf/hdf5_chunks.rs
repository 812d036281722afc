//! Where the chunks of an HDF5 dataset are.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, ChunkReader};
use super::netcdf4;

/// Chunks of an HDF5 dataset by their places in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hdf5Chunks {
    /// The file.
    pub path: PathBuf,
    /// Filters in the order of writing.
    pub filters: Vec<Filter>,
    /// Lengths of the dataset in the file, which along an unlimited dimension can be less than the array's: all values
    /// beyond are the fill value.
    pub extent: Vec<u64>,
    /// Places of the chunks; shared, since there can be millions.
    #[serde(serialize_with = "serialize_shared", deserialize_with = "deserialize_shared")]
    pub table: Arc<ChunkTable>,
}

/// A filter of HDF5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Its number, as registered with The HDF Group.
    pub id: u16,
    /// Its name, if the file has it.
    pub name: String,
    /// Its parameters ("client data").
    pub values: Vec<u32>,
}

/// Places of chunks in the order of the grid of chunks, the last dimension fastest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkTable {
    /// Bytes before each chunk; [`NOT_THERE`](Self::NOT_THERE) of those that are not stored. Empty if none is.
    pub addresses: Vec<u64>,
    /// Stored bytes of each chunk; empty where all are stored without filters, as they are.
    pub sizes: Vec<u32>,
    /// Place in the grid and mask of the chunks for which some filters were left out, by bits, in the order of places.
    pub masks: Vec<(u64, u32)>,
}

impl ChunkTable {
    /// The address of a chunk that is not stored.
    pub const NOT_THERE: u64 = u64::MAX;

    /// Whether the chunk at `place` is stored.
    pub fn has(&self, place: u64) -> bool {
        let address = usize::try_from(place).ok().and_then(|place| self.addresses.get(place));
        address.is_some_and(|address| *address != Self::NOT_THERE)
    }

    /// Bits of the filters that were left out for the chunk at `place`.
    pub fn mask(&self, place: usize) -> u32 {
        match self.masks.binary_search_by_key(&(place as u64), |(place, _)| *place) {
            Ok(at) => self.masks[at].1,
            Err(_) => 0,
        }
    }
}

impl Hdf5Chunks {
    /// What reads them; the file is opened as they are read. Reading keeps two buffers of a chunk for each thread that reads.
    ///
    /// # Errors
    /// When they do not fit the array, or a filter is among the chunks' that cannot be undone here.
    pub fn open(&self, array: &ArrayInfo) -> Result<Box<dyn ChunkReader>, SourceError> {
        netcdf4::open_chunks(self, array)
    }
}

fn serialize_shared<S: Serializer>(table: &Arc<ChunkTable>, serializer: S) -> Result<S::Ok, S::Error> {
    table.as_ref().serialize(serializer)
}

fn deserialize_shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<ChunkTable>, D::Error> {
    ChunkTable::deserialize(deserializer).map(Arc::new)
}
