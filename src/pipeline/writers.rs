//! Threads that write finished tiles, shards and journal: they wait for the disk while the workers of the pool go on, from pass to pass.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};

use super::compute::TileMaps;
use super::finished::{payload, place};
use crate::Error;
use crate::fault;
use crate::plan::{Plan, SHARD_WRITERS};
use crate::report::{Phase, Timings};
use crate::store::{EncodedChunk, ResultStore, ShardFiles};

/// A tile that is to be written.
pub(super) struct Estimated {
    /// Spectra, if they are kept, one shard an array.
    pub(super) shards: Vec<EncodedChunk>,
    /// The rest.
    pub(super) maps: TileMaps,
}

/// Where they write.
#[derive(Clone, Copy)]
pub(super) struct Destination<'a> {
    pub(super) store: &'a ResultStore,
    pub(super) plan: &'a Plan,
    /// Maps of a tile.
    pub(super) planes: usize,
    pub(super) timings: &'a Timings,
}

/// Writers at work; the shards of a tile are written by one of them.
pub(super) struct ShardWriters<'scope> {
    queue: Arc<Queue>,
    /// Keeps nothing: a tile is handed over when a writer takes it.
    hand_over: SyncSender<Estimated>,
    threads: Vec<ScopedJoinHandle<'scope, u64>>,
}

/// What the writers share.
struct Queue {
    /// None after a failure: then nothing is taken any more.
    encoded: Mutex<Option<Receiver<Estimated>>>,
    /// Of the first tile, in the order of tiles, that could not be written.
    failure: Mutex<Option<(usize, Error)>>,
}

impl<'scope> ShardWriters<'scope> {
    pub(super) fn start(scope: &'scope Scope<'scope, '_>, to: Destination<'scope>) -> Self {
        let (hand_over, encoded) = mpsc::sync_channel(0);
        let queue = Arc::new(Queue { encoded: Mutex::new(Some(encoded)), failure: Mutex::default() });
        let threads = (0..SHARD_WRITERS)
            .map(|_| {
                let queue = Arc::clone(&queue);
                scope.spawn(move || queue.write_all(to))
            })
            .collect();
        ShardWriters { queue, hand_over, threads }
    }

    /// Waits until a writer takes the tile; false after a failure, which [`check`](Self::check) tells.
    pub(super) fn hand_over(&self, tile: Estimated) -> bool {
        self.hand_over.send(tile).is_ok()
    }

    /// Whether all went well so far.
    ///
    /// # Errors
    /// When a shard could not be written; told once.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.queue.check()
    }

    /// Waits for the last shards; returns bytes written.
    ///
    /// # Errors
    /// When a shard could not be written.
    pub(super) fn finish(self) -> Result<u64, Error> {
        drop(self.hand_over);
        let mut bytes = 0;
        for thread in self.threads {
            bytes += thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        self.queue.check().map(|()| bytes)
    }
}

impl Destination<'_> {
    /// Writes the shards of a tile, then the record that says so; returns bytes of the shards.
    fn write(self, shards: Vec<EncodedChunk>, maps: &TileMaps) -> Result<u64, Error> {
        fault::at("write")?;
        let mut written = ShardFiles::default();
        for shard in shards {
            written.add(self.store.write_encoded(shard)?);
        }
        fault::at("journal")?;
        let payload = payload(maps, self.planes);
        self.store.journal().append(place(&self.plan.tiles[maps.tile]), written, &payload)?;
        self.timings.add_bytes(Phase::Write, written.bytes + payload.len() as u64);
        Ok(written.bytes)
    }
}

impl Queue {
    /// Writes what comes, to the end or the first failure of any writer; returns bytes written.
    fn write_all(&self, to: Destination<'_>) -> u64 {
        let encoded = || self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        loop {
            let next = encoded().as_ref().and_then(|encoded| encoded.recv().ok());
            let Some(Estimated { shards, maps }) = next else { return bytes };
            match to.timings.time(Phase::Write, SHARD_WRITERS, || to.write(shards, &maps)) {
                Ok(written) => bytes += written,
                Err(error) => {
                    self.fail(maps.tile, error);
                    *encoded() = None;
                    return bytes;
                }
            }
        }
    }

    fn fail(&self, tile: usize, error: Error) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| tile < *first) {
            *failure = Some((tile, error));
        }
    }

    fn check(&self) -> Result<(), Error> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok(()), |(_, error)| Err(error))
    }
}
