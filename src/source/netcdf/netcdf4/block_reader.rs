//! Reads blocks of a variable by the netCDF library, one thread at a time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::super::super::SourceError;
use super::super::super::dataset::{ArrayInfo, Chunk, ChunkReader};
use super::super::{ByLibrary, not_there};
use super::access::native;
use super::library::{failed, with_library};

/// Files that the library has open at most: each has buffers of its own.
const MOST_OPEN: usize = 16;

/// A file as long as it is open; locked only within [`with_library`].
type Slot = Mutex<Option<netcdf::File>>;

/// Those that are open, in the order of opening.
static OPEN: Mutex<VecDeque<Weak<Slot>>> = Mutex::new(VecDeque::new());

/// A variable, whose file is open from the first reading until others need its place.
struct BlockReader {
    by: ByLibrary,
    array: ArrayInfo,
    /// Lengths of a block.
    block: Vec<usize>,
    file: Arc<Slot>,
}

impl fmt::Debug for BlockReader {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("BlockReader").field("by", &self.by).field("array", &self.array.name).finish_non_exhaustive()
    }
}

impl Drop for BlockReader {
    fn drop(&mut self) {
        // A file that was only read has nothing to lose.
        let _closed = with_library(&self.by.path, || {
            drop(taken(&self.file));
            Ok(())
        });
    }
}

/// Takes a file out, to be closed.
fn taken(slot: &Slot) -> Option<netcdf::File> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Makes room for one more file; only within [`with_library`].
fn make_room(slot: &Arc<Slot>) {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|other| other.upgrade().is_some_and(|other| !Arc::ptr_eq(&other, slot)));
    while open.len() >= MOST_OPEN {
        drop(open.pop_front().and_then(|oldest| oldest.upgrade()).and_then(|oldest| taken(&oldest)));
    }
    open.push_back(Arc::downgrade(slot));
}

/// Opens a variable.
pub(in super::super) fn open_by_library(
    by: &ByLibrary,
    array: &ArrayInfo,
) -> Result<Box<dyn ChunkReader>, SourceError> {
    let path = &by.path;
    let block = array.chunk.iter().flatten().map(|length| usize::try_from(*length)).collect::<Result<Vec<_>, _>>();
    let bytes = array.values_of_chunk().and_then(|values| values.checked_mul(array.element.bytes() as u64));
    let (Ok(block), Some(1..=0xffff_ffff)) = (block, bytes) else {
        let reason = format!("{} has chunks of {:?} values", array.name, array.chunk);
        return Err(SourceError::Dataset { path: path.clone(), reason });
    };
    Ok(Box::new(BlockReader { by: by.clone(), array: array.clone(), block, file: Arc::default() }))
}

impl BlockReader {
    fn failed(&self, index: &[u64], reason: String) -> SourceError {
        let chunk = index.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let (path, array) = (self.by.path.clone(), self.array.name.clone());
        SourceError::Chunk { path, array, chunk: format!("({chunk})"), reason }
    }

    /// First value and number of values along each dimension of a block, which at the array's end is cut.
    fn ranges(&self, index: &[u64]) -> Option<Vec<(usize, usize)>> {
        if index.len() != self.block.len() || self.block.len() != self.array.shape.len() {
            return None;
        }
        let range = |((at, block), shape): ((&u64, &usize), &u64)| {
            let start = usize::try_from(*at).ok()?.checked_mul(*block)?;
            let left = usize::try_from(*shape).ok()?.checked_sub(start).filter(|left| *left > 0)?;
            Some((start, left.min(*block)))
        };
        index.iter().zip(&self.block).zip(&self.array.shape).map(range).collect()
    }
}

impl ChunkReader for BlockReader {
    fn read(&self, index: &[u64], block: &mut Vec<u8>) -> Result<Chunk, SourceError> {
        let ranges = self.ranges(index).ok_or_else(|| self.failed(index, "there is no such block".into()))?;
        let value_bytes = self.array.element.bytes();
        let bytes = ranges.iter().map(|(_, count)| count).product::<usize>() * value_bytes;
        block.resize(self.block.iter().product::<usize>() * value_bytes, 0);
        let extents: Vec<netcdf::Extent> = ranges
            .iter()
            .map(|(start, count)| netcdf::Extent::SliceCount { start: *start, count: *count, stride: 1 })
            .collect();
        with_library(&self.by.path, || {
            let path = &self.by.path;
            let mut slot = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match slot.take() {
                Some(file) => file,
                None => {
                    make_room(&self.file);
                    netcdf::open(path).map_err(|error| failed(path, "opening it as netCDF-4", error))?
                }
            };
            let file = slot.insert(file);
            let variable = file.variable(&self.array.name).ok_or_else(|| not_there(path, &self.array))?;
            let read = variable.get_raw_values_into(&mut block[..bytes], extents);
            read.map_err(|error| self.failed(index, format!("the netCDF library cannot read it: {error}")))
        })?;
        let counts: Vec<usize> = ranges.iter().map(|(_, count)| *count).collect();
        spread(block, &counts, &self.block, value_bytes);
        if self.array.element.endian != native() {
            block.chunks_exact_mut(value_bytes).for_each(<[u8]>::reverse);
        }
        Ok(Chunk::Read(bytes as u64))
    }
}

/// Moves [`counts`] values, which stand one after the other at the beginning, to their places in a whole block.
fn spread(block: &mut [u8], counts: &[usize], lengths: &[usize], value_bytes: usize) {
    let Some(inner) = counts.len().checked_sub(1).filter(|_| counts != lengths) else { return };
    let run = counts[inner] * value_bytes;
    let runs: usize = counts[..inner].iter().product();
    // From the last to the first, so that none is written over before it was moved.
    for at in (0..runs).rev() {
        let (mut rest, mut stride, mut to) = (at, lengths[inner], 0);
        for (count, length) in counts[..inner].iter().zip(&lengths[..inner]).rev() {
            to += rest % count * stride;
            rest /= count;
            stride *= length;
        }
        block.copy_within(at * run..(at + 1) * run, to * value_bytes);
    }
}
