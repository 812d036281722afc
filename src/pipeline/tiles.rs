//! The tiles of a pass on their owner: estimated one after the other, each written while the next is estimated.

use super::compute::{Estimator, TileMaps};
use super::setup::Setup;
use crate::Error;
use crate::exchange::Transposition;
use crate::fault;
use crate::plan::Plan;
use crate::report::Observer;
use crate::store::{ResultStore, Values};
use crate::terms::Sample;

/// Where finished tiles go.
pub(super) struct TileStage<'a> {
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) store: &'a ResultStore,
    pub(super) observer: &'a dyn Observer,
}

impl TileStage<'_> {
    /// Spectra of all owned tiles of a pass; while one is estimated, the one before is written.
    pub(super) fn compute<T: Sample>(
        &self,
        estimator: &Estimator<'_, T>,
        transposition: &Transposition<'_, T>,
        shards: &mut [Vec<T>; 2],
        owned: &mut Vec<TileMaps>,
    ) -> Result<u64, Error> {
        let [filling, writing] = shards;
        let mut waiting: Option<usize> = None;
        let mut bytes = 0;
        for (tile, series) in transposition.tiles() {
            let (written, estimated) = rayon::join(
                || waiting.map_or(Ok(0), |tile| self.write_shard(tile, writing)),
                || estimator.tile(tile, series, filling),
            );
            bytes += written?;
            owned.push(estimated?);
            std::mem::swap(filling, writing);
            waiting = self.plan.problem.spectrum.then_some(tile);
            self.observer.advance(self.plan.tiles[tile].occupancy.points);
        }
        bytes += waiting.map_or(Ok(0), |tile| self.write_shard(tile, writing))?;
        Ok(bytes)
    }

    fn write_shard<T: Sample>(&self, tile: usize, shard: &[T]) -> Result<u64, Error> {
        fault::at("write")?;
        let tile = &self.plan.tiles[tile];
        let face = self.setup.grid.extent.has_faces.then_some(tile.face as u64);
        let index: Vec<u64> = face.into_iter().chain([tile.row as u64, tile.column as u64, 0]).collect();
        let values = match bytemuck::try_cast_slice::<T, f32>(shard) {
            Ok(values) if T::BYTES == 4 => Values::F32(values),
            _ => Values::F64(bytemuck::cast_slice(shard)),
        };
        Ok(self.store.write_chunk("rotary_psd", &index, values)?)
    }
}
