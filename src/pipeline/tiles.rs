//! The tiles of a pass on their owner: one is estimated while the one before is encoded and those before it are written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rayon::ThreadPool;

use super::compute::{Estimator, TileMaps};
use super::setup::Setup;
use crate::Error;
use crate::exchange::Transposition;
use crate::fault;
use crate::plan::{Plan, SHARD_WRITERS};
use crate::store::{EncodedChunk, ResultStore, Values};
use crate::terms::Sample;

/// Where finished tiles go.
pub(super) struct TileStage<'a> {
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) store: &'a ResultStore,
    /// Told of points that are estimated.
    pub(super) progress: &'a (dyn Fn(u64) + Sync),
    pub(super) pool: &'a ThreadPool,
    /// Set when nothing of this is wanted any more.
    pub(super) stop: &'a AtomicBool,
}

/// What is to be written, with its tile's place in `Plan::tiles`.
type Encoded = (usize, EncodedChunk);

impl TileStage<'_> {
    /// Spectra of all owned tiles of a pass; `shards` are buffers kept from pass to pass. The workers of the pool
    /// estimate and encode; files are written by threads of their own, which wait for the disk meanwhile. Returns bytes
    /// written.
    ///
    /// # Errors
    /// The first of writing, in the order of the tiles, else the first of the rest.
    pub(super) fn compute<T: Sample>(
        &self,
        estimator: &Estimator<'_, T>,
        transposition: &Transposition<'_, T>,
        shards: &mut [Vec<T>; 2],
        owned: &mut Vec<TileMaps>,
    ) -> Result<u64, Error> {
        let (hand_over, encoded) = mpsc::sync_channel(0);
        let encoded = Mutex::new(Some(encoded));
        thread::scope(|scope| {
            let writers: Vec<_> = (0..SHARD_WRITERS).map(|_| scope.spawn(|| self.write_shards(&encoded))).collect();
            // After a writer's failure nobody takes anything any more: that is the error to tell.
            let hand_over = move |shard: Option<Encoded>| shard.is_none_or(|shard| hand_over.send(shard).is_ok());
            let computed = self.estimate(estimator, transposition, shards, owned, &hand_over);
            // The writers end when there is nothing more to come.
            drop(hand_over);
            let mut bytes = 0;
            let mut failures = Vec::new();
            for writer in writers {
                match writer.join() {
                    Ok(Ok(of_writer)) => bytes += of_writer,
                    Ok(Err(failure)) => failures.push(failure),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            match failures.into_iter().min_by_key(|(tile, _)| *tile) {
                Some((_, error)) => Err(error),
                None => computed.map(|()| bytes),
            }
        })
    }

    fn estimate<T: Sample>(
        &self,
        estimator: &Estimator<'_, T>,
        transposition: &Transposition<'_, T>,
        shards: &mut [Vec<T>; 2],
        owned: &mut Vec<TileMaps>,
        hand_over: &impl Fn(Option<Encoded>) -> bool,
    ) -> Result<(), Error> {
        let [filling, filled] = shards;
        let mut before: Option<usize> = None;
        for (tile, series) in transposition.tiles() {
            let (encoded, estimated) = self.pool.join(
                || before.map(|tile| self.encode(tile, filled)).transpose(),
                || estimator.tile(tile, series, filling),
            );
            if !hand_over(encoded?) || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            owned.push(estimated?);
            std::mem::swap(filling, filled);
            before = self.plan.problem.spectrum.then_some(tile);
            (self.progress)(self.plan.tiles[tile].occupancy.points);
        }
        hand_over(self.pool.install(|| before.map(|tile| self.encode(tile, filled)).transpose())?);
        Ok(())
    }

    fn encode<T: Sample>(&self, tile: usize, shard: &[T]) -> Result<Encoded, Error> {
        let place = &self.plan.tiles[tile];
        let face = self.setup.grid.extent.has_faces.then_some(place.face as u64);
        let index: Vec<u64> = face.into_iter().chain([place.row as u64, place.column as u64, 0]).collect();
        let values = match bytemuck::try_cast_slice::<T, f32>(shard) {
            Ok(values) if T::BYTES == 4 => Values::F32(values),
            _ => Values::F64(bytemuck::cast_slice(shard)),
        };
        Ok((tile, self.store.encode_chunk("rotary_psd", &index, values)?))
    }

    /// Writes what comes, to the end or the first failure of any writer; returns bytes written, or the tile that failed.
    fn write_shards(&self, encoded: &Mutex<Option<Receiver<Encoded>>>) -> Result<u64, (usize, Error)> {
        let lock = || encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        loop {
            let next = lock().as_ref().and_then(|encoded| encoded.recv().ok());
            let Some((tile, shard)) = next else { return Ok(bytes) };
            let write = || -> Result<u64, Error> {
                fault::at("write")?;
                Ok(self.store.write_encoded(shard)?)
            };
            match write() {
                Ok(written) => bytes += written,
                Err(error) => {
                    *lock() = None;
                    return Err((tile, error));
                }
            }
        }
    }
}
