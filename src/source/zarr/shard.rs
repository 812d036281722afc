//! Files of several chunks (Zarr's `sharding_indexed`): an index of their places, read once, and ranges of bytes.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use super::array::Sharding;
use super::pipeline::without_checksum;

/// Shards whose indexes are held, if they are small.
const MOST_OPEN: usize = 16;
/// Bytes of indexes that are held.
const MOST_INDEX_BYTES: u64 = 64 << 20;
/// Bytes of a chunk's place: its offset and its length.
const ENTRY: u64 = 16;

/// The shards of an open array.
#[derive(Debug)]
pub(super) struct Shards {
    /// Chunks of a shard along each dimension.
    per_shard: Vec<u64>,
    index_bytes: u64,
    sharding: Sharding,
    most_open: usize,
    /// The last that were used, newest last.
    open: Mutex<VecDeque<(u64, Arc<Slot>)>>,
}

/// A shard that is opened by who comes first; the others wait.
type Slot = Mutex<Option<Found>>;

/// An opened shard, or that it is not there.
#[derive(Clone, Debug)]
enum Found {
    Shard(Arc<Shard>),
    NotThere,
}

/// A shard whose index is known.
#[derive(Debug)]
pub(super) struct Shard {
    file_bytes: u64,
    /// Offset and length of each chunk, last dimension fastest; what is not there has both at their greatest.
    index: Vec<[u64; 2]>,
}

/// Where a chunk is.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Shards {
    /// Shards of chunks of `chunk` values; none if those do not fit in.
    pub(super) fn new(sharding: &Sharding, chunk: &[u64]) -> Option<Self> {
        if sharding.shape.len() != chunk.len() {
            return None;
        }
        let count = |(shard, chunk): (&u64, &u64)| {
            shard.checked_div(*chunk).filter(|count| *count > 0 && count * chunk == *shard)
        };
        let per_shard = sharding.shape.iter().zip(chunk).map(count).collect::<Option<Vec<u64>>>()?;
        let entries = per_shard.iter().try_fold(ENTRY, |bytes, count| bytes.checked_mul(*count))?;
        let index_bytes = entries.checked_add(if sharding.index_checksum { 4 } else { 0 })?;
        // Few shards of many chunks; one at least.
        let most_open = (MOST_INDEX_BYTES / index_bytes).clamp(1, MOST_OPEN as u64) as usize;
        Some(Shards { per_shard, index_bytes, sharding: sharding.clone(), most_open, open: Mutex::default() })
    }

    /// The shard of a chunk: its place in the grid of shards, its number there, and the chunk's number in it.
    pub(super) fn place(&self, index: &[u64], grid: &[u64]) -> (Vec<u64>, u64, u64) {
        let outer: Vec<u64> = index.iter().zip(&self.per_shard).map(|(at, count)| at / count).collect();
        let (mut shard, mut inner) = (0, 0);
        for (k, count) in self.per_shard.iter().enumerate() {
            shard = shard * grid[k].div_ceil(*count) + outer[k];
            inner = inner * count + index[k] % count;
        }
        (outer, shard, inner)
    }

    /// Where chunk number `inner` of shard number `shard` is, and the bytes that were read to learn it.
    ///
    /// # Errors
    /// When the shard cannot be opened or its index is not what it should be.
    pub(super) fn find(
        &self,
        shard: u64,
        inner: u64,
        open: impl FnOnce() -> Result<Option<(Arc<File>, u64)>, String>,
    ) -> Result<(Option<Piece>, u64), String> {
        let slot = self.slot(shard);
        let mut found = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let mut read = 0;
        let opened = match &*found {
            Some(opened) => opened.clone(),
            None => {
                let opened = match open()? {
                    Some((file, file_bytes)) => {
                        read = self.index_bytes;
                        Found::Shard(Arc::new(self.open_shard(&file, file_bytes)?))
                    }
                    None => Found::NotThere,
                };
                found.insert(opened).clone()
            }
        };
        drop(found);
        let Found::Shard(found) = opened else { return Ok((None, read)) };
        let entry = usize::try_from(inner).ok().and_then(|inner| found.index.get(inner));
        let Some([offset, length]) = entry.copied() else {
            return Err(format!("its shard's index has {} chunks, not one number {inner}", found.index.len()));
        };
        if [offset, length] == [u64::MAX; 2] {
            return Ok((None, read));
        }
        if offset.checked_add(length).is_none_or(|end| end > found.file_bytes) {
            return Err(format!(
                "its shard's index says {length} bytes from byte {offset}, but the file has {} bytes",
                found.file_bytes
            ));
        }
        Ok((Some(Piece { offset, length }), read))
    }

    /// The place for a shard, made newest; the oldest give way.
    fn slot(&self, shard: u64) -> Arc<Slot> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open.iter().position(|(other, _)| *other == shard).and_then(|at| open.remove(at));
        let (_, slot) = held.unwrap_or_else(|| (shard, Arc::default()));
        while open.len() >= self.most_open {
            open.pop_front();
        }
        open.push_back((shard, slot.clone()));
        slot
    }

    fn open_shard(&self, file: &File, file_bytes: u64) -> Result<Shard, String> {
        if file_bytes < self.index_bytes {
            return Err(format!("its shard has {file_bytes} bytes, its index alone has {}", self.index_bytes));
        }
        let bytes = usize::try_from(self.index_bytes).map_err(|_| "the index of its shard is too long".to_owned())?;
        let mut raw = Vec::new();
        super::super::codec::resize(&mut raw, bytes)?;
        let offset = if self.sharding.index_first { 0 } else { file_bytes - self.index_bytes };
        file.read_exact_at(&mut raw, offset).map_err(|error| format!("cannot read the index of its shard: {error}"))?;
        if self.sharding.index_checksum {
            without_checksum(&raw).map_err(|reason| format!("the index of its shard is damaged: {reason}"))?;
        }
        let number = if self.sharding.index_big_endian { u64::from_be_bytes } else { u64::from_le_bytes };
        let (words, _) = raw.as_chunks::<8>();
        let index = words.as_chunks::<2>().0.iter().map(|entry| entry.map(number)).collect();
        Ok(Shard { file_bytes, index })
    }
}
