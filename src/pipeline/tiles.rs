//! The tiles of a pass on their owner: one is estimated while the one before is encoded and those before it are written.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::ThreadPool;

use super::compute::{Estimator, TileMaps};
use super::setup::Setup;
use super::spectra::{PointKind, Spectrum};
use super::stop::Stop;
use super::writers::{Estimated, ShardWriters};
use crate::Error;
use crate::exchange::Transposition;
use crate::plan::Plan;
use crate::report::{Phase, Timings};
use crate::store::{ResultStore, Values};
use crate::terms::Sample;

/// Where finished tiles go.
pub(super) struct TileStage<'a> {
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) store: &'a ResultStore,
    pub(super) writers: &'a ShardWriters<'a>,
    /// Told of points that are estimated.
    pub(super) progress: &'a (dyn Fn(u64) + Sync),
    pub(super) pool: &'a ThreadPool,
    /// Set when nothing of this is wanted any more.
    pub(super) unwanted: &'a AtomicBool,
    pub(super) stop: &'a Stop<'a>,
    pub(super) timings: &'a Timings,
}

impl TileStage<'_> {
    /// Spectra of all owned tiles of a pass; `shards` are buffers kept from pass to pass. Returns when the last tile is
    /// handed over, or the one in hand if the run is to stop or nothing more is wanted.
    ///
    /// # Errors
    /// Of estimating and encoding; what fails in writing, the writers tell.
    pub(super) fn compute<T: Sample>(
        &self,
        estimator: &Estimator<'_, T>,
        transposition: &Transposition<'_, T>,
        shards: &mut [Vec<T>; 2],
    ) -> Result<(), Error> {
        let [filling, filled] = shards;
        let mut before: Option<TileMaps> = None;
        for (tile, series) in transposition.tiles() {
            let (encoded, estimated) = self.pool.join(
                || before.take().map(|maps| self.encode(&estimator.spectra, maps, filled)).transpose(),
                || estimator.tile(tile, series, filling),
            );
            if !self.hand_over(encoded?) {
                return Ok(());
            }
            before = Some(estimated?);
            std::mem::swap(filling, filled);
            (self.progress)(self.plan.tiles[tile].occupancy.points);
            if self.unwanted.load(Ordering::Relaxed) || self.stop.cause().is_some() {
                break;
            }
        }
        let last = self.pool.install(|| before.map(|maps| self.encode(&estimator.spectra, maps, filled)).transpose());
        self.hand_over(last?);
        Ok(())
    }

    /// False when nothing is taken any more.
    fn hand_over(&self, tile: Option<Estimated>) -> bool {
        tile.is_none_or(|tile| self.writers.hand_over(tile))
    }

    /// `shards` are those of one tile, array after array.
    fn encode<T: Sample>(&self, spectra: &[Spectrum<T>], maps: TileMaps, shards: &[T]) -> Result<Estimated, Error> {
        let mut encoded = Vec::new();
        if self.plan.problem.kept_arrays > 0 {
            let place = &self.plan.tiles[maps.tile];
            let face = self.setup.grid.extent.has_faces().then_some(place.face as u64);
            let index: Vec<u64> = face.into_iter().chain([place.row as u64, place.column as u64, 0]).collect();
            // Before it, the only chunk of all time segments.
            let of_segments: Vec<u64> = std::iter::once(0).chain(index.iter().copied()).collect();
            let mut rest = shards;
            for array in spectra.iter().flat_map(|spectrum| &spectrum.points) {
                let (shard, after) = rest.split_at(array.numbers(place.points() as usize));
                rest = after;
                if !array.kept {
                    continue;
                }
                let values = match (T::BYTES, array.is_complex()) {
                    (4, false) => Values::F32(bytemuck::cast_slice(shard)),
                    (4, true) => Values::C64(bytemuck::cast_slice(shard)),
                    (_, false) => Values::F64(bytemuck::cast_slice(shard)),
                    (_, true) => Values::C128(bytemuck::cast_slice(shard)),
                };
                let index = if array.kind == PointKind::Spectrogram { &of_segments } else { &index };
                let shard = self.store.encode_chunk(&array.name, index, values)?;
                self.timings.add(Phase::Write, shard.thread_time(), self.plan.machine.threads);
                encoded.push(shard);
            }
        }
        Ok(Estimated { shards: encoded, maps })
    }
}
