//! Decoded chunks in memory, from the first work that needs them to the last.
//!
//! Who reads tells before ([`ChunkCache::expect`]) how often each chunk will be asked for; each is decoded once, by whoever
//! needs it first, and given back when its last use that was told of is over. Threads that need the same chunks share the
//! decoding.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::super::SourceError;
use super::stored_array::Decoded;

/// A chunk of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct ChunkKey {
    /// Place among the fields.
    pub field: u32,
    /// Place among the field's files.
    pub file: u32,
    /// Number in the array's grid of chunks.
    pub chunk: u64,
}

#[derive(Debug)]
enum State {
    Waiting,
    Decoding,
    Ready(Arc<Decoded>),
}

#[derive(Debug)]
struct Slot {
    uses: usize,
    state: State,
}

#[derive(Debug, Default)]
struct Inside {
    slots: HashMap<ChunkKey, Slot>,
    /// Buffers of chunks that are done with, by field: of one field they are alike.
    spare: HashMap<u32, Vec<Vec<u8>>>,
    missing: HashSet<ChunkKey>,
}

/// Chunks of all fields.
#[derive(Debug, Default)]
pub struct ChunkCache {
    inside: Mutex<Inside>,
    ready: Condvar,
}

/// A chunk that someone has begun to decode: if that ends without a result, by an error or a panic, it is for others to try.
struct Begun<'a> {
    cache: &'a ChunkCache,
    key: ChunkKey,
}

impl Begun<'_> {
    fn done(self, decoded: Decoded) {
        let mut inside = self.cache.lock();
        if decoded.is_none() {
            inside.missing.insert(self.key);
        }
        if let Some(slot) = inside.slots.get_mut(&self.key) {
            slot.state = State::Ready(Arc::new(decoded));
        }
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut inside = self.cache.lock();
        if let Some(slot) = inside.slots.get_mut(&self.key)
            && matches!(slot.state, State::Decoding)
        {
            slot.state = State::Waiting;
        }
        drop(inside);
        self.cache.ready.notify_all();
    }
}

impl ChunkCache {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        // Entries are whole between calls, so that a panic elsewhere leaves nothing half done.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each chunk will be held as often as it is named, besides what was said before.
    pub fn expect(&self, keys: impl Iterator<Item = ChunkKey>) {
        let mut inside = self.lock();
        for key in keys {
            inside.slots.entry(key).or_insert(Slot { uses: 0, state: State::Waiting }).uses += 1;
        }
    }

    /// Has all of `keys` decoded, by `decode` where nobody has done so; returns bytes read here.
    ///
    /// # Errors
    /// The first of `decode`.
    pub fn hold(
        &self,
        keys: &[ChunkKey],
        decode: impl Fn(ChunkKey, Vec<u8>) -> Result<(Decoded, u64), SourceError>,
    ) -> Result<u64, SourceError> {
        let mut bytes = 0;
        // What nobody has begun first; then what others are at, or gave up.
        for wait in [false, true] {
            for &key in keys {
                bytes += self.hold_one(key, wait, &decode)?;
            }
        }
        Ok(bytes)
    }

    /// Has one chunk decoded; unless told to `wait`, leaves it to others who have begun.
    fn hold_one(
        &self,
        key: ChunkKey,
        wait: bool,
        decode: impl Fn(ChunkKey, Vec<u8>) -> Result<(Decoded, u64), SourceError>,
    ) -> Result<u64, SourceError> {
        let mut inside = self.lock();
        loop {
            let slot = inside.slots.entry(key).or_insert(Slot { uses: 1, state: State::Waiting });
            match slot.state {
                State::Ready(_) => return Ok(0),
                State::Decoding if !wait => return Ok(0),
                State::Decoding => inside = self.ready.wait(inside).unwrap_or_else(PoisonError::into_inner),
                State::Waiting => {
                    slot.state = State::Decoding;
                    break;
                }
            }
        }
        let buffer = inside.spare.get_mut(&key.field).and_then(Vec::pop).unwrap_or_default();
        drop(inside);
        let begun = Begun { cache: self, key };
        let (decoded, read) = decode(key, buffer)?;
        begun.done(decoded);
        Ok(read)
    }

    /// A chunk that is held.
    pub fn get(&self, key: ChunkKey) -> Option<Arc<Decoded>> {
        match &self.lock().slots.get(&key)?.state {
            State::Ready(decoded) => Some(Arc::clone(decoded)),
            _ => None,
        }
    }

    /// Ends one use of each chunk.
    pub fn release(&self, keys: &[ChunkKey]) {
        let mut inside = self.lock();
        for key in keys {
            let Some(slot) = inside.slots.get_mut(key) else { continue };
            slot.uses = slot.uses.saturating_sub(1);
            if slot.uses == 0
                && let Some(Slot { state: State::Ready(decoded), .. }) = inside.slots.remove(key)
                && let Some(Some(buffer)) = Arc::into_inner(decoded)
            {
                inside.spare.entry(key.field).or_default().push(buffer);
            }
        }
    }

    /// Gives all memory back.
    pub fn clear(&self) {
        let mut inside = self.lock();
        inside.slots = HashMap::new();
        inside.spare = HashMap::new();
    }

    /// Chunks that were asked for and are not stored, in order.
    pub fn missing(&self) -> Vec<ChunkKey> {
        let mut missing: Vec<ChunkKey> = self.lock().missing.iter().copied().collect();
        missing.sort_unstable();
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn key(chunk: u64) -> ChunkKey {
        ChunkKey { field: 0, file: 0, chunk }
    }

    #[test]
    fn each_chunk_is_decoded_once_and_given_back() {
        let cache = ChunkCache::default();
        let work: Vec<Vec<ChunkKey>> = (0..40).map(|at| (at..at + 3).map(key).collect()).collect();
        cache.expect(work.iter().flatten().copied());
        let (decodings, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(keys) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let decode = |key: ChunkKey, mut buffer: Vec<u8>| {
                            decodings.fetch_add(1, Ordering::Relaxed);
                            buffer.clear();
                            buffer.extend([key.chunk as u8; 5]);
                            Ok((Some(buffer), 5))
                        };
                        cache.hold(keys, decode).unwrap();
                        for key in keys {
                            assert_eq!(cache.get(*key).unwrap().as_deref(), Some(&[key.chunk as u8; 5][..]));
                        }
                        cache.release(keys);
                    }
                });
            }
        });
        assert_eq!(decodings.into_inner(), 42);
        assert!(cache.lock().slots.is_empty() && cache.missing().is_empty());
        assert!((1..=42).contains(&cache.lock().spare[&0].len()));
    }

    #[test]
    fn an_error_is_for_each_who_needs_the_chunk() {
        let cache = ChunkCache::default();
        cache.expect([key(1), key(1), key(2)].into_iter());
        let fail = |_, _| Err(SourceError::Dataset { path: "x".into(), reason: "bad".into() });
        assert!(cache.hold(&[key(1)], fail).is_err() && cache.hold(&[key(1)], fail).is_err());
        cache.hold(&[key(2)], |_, _| Ok((None, 0))).unwrap();
        assert_eq!((cache.get(key(2)).unwrap().is_none(), cache.missing()), (true, vec![key(2)]));
        assert!(cache.get(key(1)).is_none());
    }

    #[test]
    fn a_panic_leaves_nobody_waiting() {
        let cache = ChunkCache::default();
        cache.expect([key(1)].into_iter());
        let fail = |_: ChunkKey, _: Vec<u8>| panic!("bytes that are no chunk");
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cache.hold(&[key(1)], fail)));
        assert!(held.is_err());
        assert!(matches!(cache.lock().slots[&key(1)].state, State::Waiting));
        cache.hold(&[key(1)], |_, _| Ok((Some(vec![7]), 1))).unwrap();
        assert_eq!(cache.get(key(1)).unwrap().as_deref(), Some(&[7][..]));
    }
}
