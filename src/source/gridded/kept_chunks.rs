//! Decoded chunks of the grid, which is read in blocks of rows or tiles that do not end where chunks do: those that were
//! used last are kept, up to so many bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::super::SourceError;
use super::roles::Axes;
use super::stored_array::{Decoded, StoredArray};

/// A chunk of the grid: places of the array among the grid's and of the file among the array's, and the chunk's number.
pub(super) type ChunkOfGrid = (usize, usize, u64);

/// Chunks are kept up to so many bytes, or up to [`ROWS`] rows of the grid's largest.
const KEPT_BYTES: u64 = 64 << 20;

/// Longitudes and latitudes are read by turns.
const ROWS: u64 = 2;

/// Of an entry, besides its values.
const ENTRY_BYTES: u64 = 128;

#[derive(Debug, Default)]
struct Inside {
    chunks: HashMap<ChunkOfGrid, (u64, Decoded)>,
    /// Chunks by their last use.
    by_use: BTreeMap<u64, ChunkOfGrid>,
    uses: u64,
    bytes: u64,
}

/// Decoded chunks.
#[derive(Debug, Default)]
pub(super) struct KeptChunks(Mutex<Inside>);

fn bytes_of(decoded: &Decoded) -> u64 {
    ENTRY_BYTES + decoded.as_ref().map_or(0, |bytes| bytes.len() as u64)
}

impl Inside {
    /// Makes room for `bytes` more, so that no more than `most` are kept; gives a buffer of what it let go.
    fn make_room(&mut self, bytes: u64, most: u64) -> Vec<u8> {
        let mut buffer = Vec::new();
        while self.bytes.saturating_add(bytes) > most
            && let Some((_, key)) = self.by_use.pop_first()
        {
            let Some((_, decoded)) = self.chunks.remove(&key) else { continue };
            self.bytes -= bytes_of(&decoded);
            buffer = decoded.unwrap_or_default();
        }
        buffer
    }
}

impl KeptChunks {
    /// Lets `take` have a chunk, which `decode` decodes to `bytes` bytes if it is not kept: one at a time, so that with it
    /// no more than `most` bytes are here, or this chunk alone.
    ///
    /// # Errors
    /// Those of `decode`.
    pub(super) fn with(
        &self,
        key: ChunkOfGrid,
        (bytes, most): (u64, u64),
        decode: impl FnOnce(Vec<u8>) -> Result<Decoded, SourceError>,
        take: impl FnOnce(&Decoded),
    ) -> Result<(), SourceError> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = &mut *inside;
        inside.uses += 1;
        let now = inside.uses;
        if let Some((last, decoded)) = inside.chunks.get_mut(&key) {
            inside.by_use.remove(last);
            *last = now;
            inside.by_use.insert(now, key);
            take(decoded);
            return Ok(());
        }
        let buffer = inside.make_room(bytes.saturating_add(ENTRY_BYTES), most);
        let decoded = decode(buffer)?;
        take(&decoded);
        inside.bytes += bytes_of(&decoded);
        inside.by_use.insert(now, key);
        inside.chunks.insert(key, (now, decoded));
        Ok(())
    }

    /// Gives all memory back.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Inside::default();
    }
}

/// Bytes of an array's chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ChunkBytes {
    /// Of one.
    pub(super) one: u64,
    /// Of those that lie beside each other.
    pub(super) row: u64,
    /// Of those of a time and a level.
    pub(super) plane: u64,
}

impl ChunkBytes {
    /// Of an array; 0 where any part can be read by itself.
    pub(super) fn of(array: &StoredArray, axes: &Axes) -> Self {
        let info = array.info();
        let (Some(chunk), Some(values)) = (&info.chunk, info.values_of_chunk()) else { return ChunkBytes::default() };
        let one = values.saturating_mul(info.element.bytes() as u64).saturating_add(ENTRY_BYTES);
        let count = |axis: Option<usize>| axis.map_or(1, |axis| info.shape[axis].div_ceil(chunk[axis].max(1)));
        let row = one.saturating_mul(count(axes.i));
        ChunkBytes { one, row, plane: row.saturating_mul(count(axes.j)).saturating_mul(count(axes.face)) }
    }
}

/// Most bytes to keep of arrays whose rows of chunks have so many.
pub(super) fn most_bytes(rows: impl Iterator<Item = u64>) -> u64 {
    rows.max().unwrap_or(0).saturating_mul(ROWS).max(KEPT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_that_were_used_last_are_kept_within_their_bytes() {
        let kept = KeptChunks::default();
        let mut decodings = 0;
        let mut take = |number: u64| {
            let decode = |mut buffer: Vec<u8>| {
                decodings += 1;
                buffer.clear();
                buffer.resize(1000, number as u8);
                Ok(Some(buffer))
            };
            let most = 3 * (1000 + ENTRY_BYTES);
            kept.with((0, 0, number), (1000, most), decode, |decoded| {
                assert_eq!(decoded.as_deref(), Some(&[number as u8; 1000][..]));
            })
            .unwrap();
            let inside = kept.0.lock().unwrap();
            assert!(inside.bytes <= most && inside.chunks.len() <= 3 && inside.by_use.len() == inside.chunks.len());
            decodings
        };
        assert_eq!([0, 1, 2, 0, 1, 2].map(&mut take), [1, 2, 3, 3, 3, 3]);
        // 0 was used before 1 and 2.
        assert_eq!([3, 1, 2, 0].map(&mut take), [4, 4, 4, 5]);
        let failed = kept.with(
            (1, 0, 0),
            (1000, 5000),
            |_| Err(SourceError::Dataset { path: "x".into(), reason: "bad".into() }),
            |_| panic!("nothing was decoded"),
        );
        assert!(failed.is_err() && kept.0.lock().unwrap().chunks.len() == 3);
        kept.clear();
        let inside = kept.0.lock().unwrap();
        assert_eq!((inside.bytes, inside.chunks.len(), inside.by_use.len()), (0, 0, 0));
    }

    #[test]
    fn a_chunk_larger_than_all_that_may_be_kept_is_taken_alone() {
        let kept = KeptChunks::default();
        for number in 0..3 {
            kept.with((0, 0, number), (1000, 10), |_| Ok(Some(vec![0; 1000])), |_| ()).unwrap();
            assert_eq!(kept.0.lock().unwrap().chunks.len(), 1);
        }
        assert_eq!(most_bytes([5, KEPT_BYTES].into_iter()), 2 * KEPT_BYTES);
        assert_eq!(most_bytes([5].into_iter()), KEPT_BYTES);
    }
}
