//! Reading windows of a run of snapshots of one field.

use std::ops::Range;
use std::sync::Arc;

use super::super::SourceError;
use super::cache::{ChunkCache, ChunkKey};
use super::catalog::GriddedField;
use super::stored_array::Destination;
use crate::grid::{Extent, Window};
use crate::terms::Sample;

/// A run of steps of one field; its chunks are held by whoever reads.
#[derive(Debug)]
pub struct GriddedBlock {
    extent: Extent,
    number: usize,
    field: Arc<GriddedField>,
    cache: Arc<ChunkCache>,
    steps: Range<usize>,
}

impl GriddedBlock {
    pub(super) fn new(
        extent: Extent,
        number: usize,
        field: Arc<GriddedField>,
        cache: Arc<ChunkCache>,
        steps: Range<usize>,
    ) -> Self {
        GriddedBlock { extent, number, field, cache, steps }
    }

    /// Reads the stored bytes of `window` of every step, [step, j, i]; those of places without values and of missing steps
    /// are as they were. Returns bytes read, of chunks none.
    ///
    /// # Errors
    /// When a file cannot be read, or a chunk is not held.
    pub fn read(&self, window: &Window, stored: &mut Vec<u8>) -> Result<u64, SourceError> {
        let field = &self.field;
        let value_bytes = field.packing.element.bytes();
        let row_bytes = window.i.len() * value_bytes;
        let step_bytes = window.j.len() * row_bytes;
        stored.resize(self.steps.len() * step_bytes, 0);
        let mut bytes = 0;
        for rectangle in field.rectangles(&self.extent, window) {
            let first = rectangle.to[0] * row_bytes + rectangle.to[1] * value_bytes;
            for (at, step) in self.steps.clone().enumerate() {
                let Some((part, time)) = field.part(step, rectangle.tile) else { continue };
                let array = &field.arrays()[part];
                let plane = field.plane(&rectangle, time);
                let start = at * step_bytes + first;
                let mut to = Destination { bytes: &mut stored[start..(at + 1) * step_bytes], row_bytes };
                if array.is_direct() {
                    bytes += array.read_direct(&field.axes, &plane, &mut to)?;
                    continue;
                }
                for (chunk, within) in array.chunks(&field.axes, &plane) {
                    let key = ChunkKey { field: self.number as u32, file: part as u32, chunk };
                    let Some(decoded) = self.cache.get(key) else {
                        let reason = format!("chunk {chunk} of {} was read before it was decoded", field.name);
                        return Err(SourceError::Dataset { path: field.parts[part].path.clone(), reason });
                    };
                    array.copy(&field.axes, &plane, &within, &decoded, &mut to);
                }
            }
        }
        Ok(bytes)
    }

    /// Decodes row `k` of a window that [`read`](Self::read) read into `stored`, of every step: `out` is [step, i]. A
    /// missing step, and a place without a value, is NaN.
    pub fn decode_row<T: Sample>(&self, stored: &[u8], window: &Window, k: usize, out: &mut [T]) {
        let (field, width) = (&self.field, window.i.len());
        let row_bytes = width * field.packing.element.bytes();
        let step_bytes = window.j.len() * row_bytes;
        let row = Window { face: window.face, j: window.j.start + k..window.j.start + k + 1, i: window.i.clone() };
        let there = field.rectangles(&self.extent, &row);
        let covered: usize = there.iter().map(|rectangle| (rectangle.i.end - rectangle.i.start) as usize).sum();
        for ((at, step), out) in self.steps.clone().enumerate().zip(out.chunks_exact_mut(width)) {
            if field.steps[step].is_none() {
                out.fill(T::nan());
                continue;
            }
            let start = at * step_bytes + k * row_bytes;
            field.packing.decode(&stored[start..start + row_bytes], out);
            if covered < width {
                let mut next = 0;
                let mut runs: Vec<Range<usize>> = there
                    .iter()
                    .map(|rectangle| rectangle.to[1]..rectangle.to[1] + (rectangle.i.end - rectangle.i.start) as usize)
                    .collect();
                runs.sort_unstable_by_key(|run| run.start);
                for run in runs {
                    out[next..run.start].fill(T::nan());
                    next = run.end;
                }
                out[next..].fill(T::nan());
            }
        }
    }
}
