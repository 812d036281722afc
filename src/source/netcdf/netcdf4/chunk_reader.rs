//! Reads the chunks of an HDF5 dataset and undoes their filters, several threads at once.

use std::cell::RefCell;
use std::fmt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::super::SourceError;
use super::super::super::dataset::{ArrayInfo, Chunk, ChunkReader};
use super::super::super::open_files::OpenFiles;
use super::super::filters::{self, Scratch};
use super::super::{ChunkTable, Filter, Hdf5Chunks};

thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default()));

/// An open dataset.
struct Hdf5ChunkReader {
    path: PathBuf,
    name: String,
    filters: Vec<Filter>,
    table: Arc<ChunkTable>,
    /// Chunks along each dimension.
    counts: Vec<u64>,
    chunk: Vec<u64>,
    chunk_bytes: usize,
    /// Lengths of the dataset where they are less than the array's.
    short: Option<Vec<u64>>,
    fill: Vec<u8>,
}

impl fmt::Debug for Hdf5ChunkReader {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Without the table, which can have millions of entries.
        f.debug_struct("Hdf5ChunkReader").field("path", &self.path).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Opens the chunks of an array.
pub(in super::super) fn open_chunks(
    chunks: &Hdf5Chunks,
    array: &ArrayInfo,
) -> Result<Box<dyn ChunkReader>, SourceError> {
    let path = &chunks.path;
    let wrong = |reason: String| SourceError::Dataset { path: path.clone(), reason };
    if let Some(filter) = chunks.filters.iter().find(|filter| !filters::is_known(filter.id)) {
        return Err(super::describe::cannot_be_read(path, &array.name, &filters::words(filter)));
    }
    let chunk = array.chunk.clone().ok_or_else(|| wrong(format!("{} has no chunks", array.name)))?;
    let bytes = array.values_of_chunk().and_then(|values| values.checked_mul(array.element.bytes() as u64));
    let chunk_bytes = bytes.filter(|bytes| (1..=u64::from(u32::MAX)).contains(bytes));
    let chunk_bytes =
        chunk_bytes.ok_or_else(|| wrong(format!("{} has chunks of {chunk:?} values", array.name)))? as usize;
    let counts: Vec<u64> = array.shape.iter().zip(&chunk).map(|(length, chunk)| length.div_ceil(*chunk)).collect();
    let count = counts.iter().try_fold(1_u64, |product, count| product.checked_mul(*count));
    let ChunkTable { addresses, sizes, .. } = chunks.table.as_ref();
    let listed = addresses.is_empty() || count == Some(addresses.len() as u64);
    let sized = chunks.filters.is_empty() || addresses.len() == sizes.len();
    if !listed || !sized || chunk.len() != array.shape.len() || chunks.extent.len() != array.shape.len() {
        return Err(wrong(format!(
            "{} chunks are listed for {} of {:?} values in chunks of {chunk:?}",
            addresses.len(),
            array.name,
            array.shape
        )));
    }
    Ok(Box::new(Hdf5ChunkReader {
        path: path.clone(),
        name: array.name.clone(),
        filters: chunks.filters.clone(),
        table: Arc::clone(&chunks.table),
        counts,
        chunk,
        chunk_bytes,
        short: (chunks.extent != array.shape).then(|| chunks.extent.clone()),
        fill: array.fill.clone(),
    }))
}

impl Hdf5ChunkReader {
    /// Place of a chunk in the order of the grid.
    fn place(&self, index: &[u64]) -> Result<usize, SourceError> {
        let within = index.len() == self.counts.len() && index.iter().zip(&self.counts).all(|(at, count)| at < count);
        if !within {
            return Err(self.failed(index, format!("there are only {:?} chunks", self.counts)));
        }
        Ok(index.iter().zip(&self.counts).fold(0, |place, (at, count)| place * *count as usize + *at as usize))
    }

    fn failed(&self, index: &[u64], reason: String) -> SourceError {
        let chunk = index.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        SourceError::Chunk { path: self.path.clone(), array: self.name.clone(), chunk: format!("({chunk})"), reason }
    }

    fn decode(&self, place: usize, address: u64, block: &mut Vec<u8>) -> Result<u64, String> {
        let file = OpenFiles::of_process().get(&self.path).map_err(|error| format!("cannot open the file: {error}"))?;
        let read = |into: &mut [u8]| {
            file.read_exact_at(into, address)
                .map_err(|error| format!("{} bytes from byte {address} on cannot be read: {error}", into.len()))
        };
        if self.filters.is_empty() {
            block.resize(self.chunk_bytes, 0);
            read(block)?;
            return Ok(self.chunk_bytes as u64);
        }
        let (stored, mask) = (self.table.sizes[place] as usize, self.table.mask(place));
        let most = filters::most_bytes(&self.filters, mask, stored as u64);
        if most < self.chunk_bytes as u64 {
            return Err(format!("its {stored} bytes cannot become the {} that are expected", self.chunk_bytes));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.from.len() < stored {
                scratch.from.resize(stored, 0);
            }
            read(&mut scratch.from[..stored])?;
            block.resize(self.chunk_bytes, 0);
            filters::undo(&self.filters, mask, scratch, stored, block)?;
            Ok(stored as u64)
        })
    }

    /// Puts the fill value where the array is longer than the dataset.
    fn fill_beyond(&self, index: &[u64], extent: &[u64], block: &mut [u8]) {
        let left = |((at, chunk), extent): ((&u64, &u64), &u64)| extent.saturating_sub(at * chunk).min(*chunk) as usize;
        let left: Vec<usize> = index.iter().zip(&self.chunk).zip(extent).map(left).collect();
        let chunk: Vec<usize> = self.chunk.iter().map(|length| *length as usize).collect();
        fill_beyond(block, &chunk, &left, &self.fill);
    }
}

/// Fills [`chunk`] values, but for the first `left` along each dimension.
fn fill_beyond(block: &mut [u8], chunk: &[usize], left: &[usize], fill: &[u8]) {
    let ([length, inner @ ..], [first, inner_left @ ..]) = (chunk, left) else { return };
    let part_bytes = block.len() / (*length).max(1);
    let (kept, beyond) = block.split_at_mut(first * part_bytes);
    beyond.chunks_exact_mut(fill.len()).for_each(|value| value.copy_from_slice(fill));
    if chunk.len() > 1 {
        for part in kept.chunks_exact_mut(part_bytes.max(1)) {
            fill_beyond(part, inner, inner_left, fill);
        }
    }
}

impl ChunkReader for Hdf5ChunkReader {
    fn read(&self, index: &[u64], block: &mut Vec<u8>) -> Result<Chunk, SourceError> {
        let place = self.place(index)?;
        let address = self.table.addresses.get(place).copied().unwrap_or(ChunkTable::NOT_THERE);
        if address == ChunkTable::NOT_THERE {
            return Ok(Chunk::NotThere);
        }
        let bytes = self.decode(place, address, block).map_err(|reason| self.failed(index, reason))?;
        if let Some(extent) = &self.short {
            self.fill_beyond(index, extent, block);
        }
        Ok(Chunk::Read(bytes))
    }
}
