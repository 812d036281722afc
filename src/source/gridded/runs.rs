//! Values without compression that lie one after the other, but not row by row: read in long runs, as if they were chunks.

use std::os::unix::fs::FileExt;

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Chunk, ChunkReader, Direct};
use super::super::open_files::OpenFiles;

/// Bytes of a run at most, if there is more than one value in it.
const RUN_BYTES: u64 = 8 << 20;

/// Reads runs of an array.
#[derive(Debug)]
pub(super) struct Runs {
    direct: Direct,
    shape: Vec<u64>,
    run: Vec<u64>,
    value_bytes: u64,
}

impl Runs {
    /// Of `array`, which has the run's lengths as its chunk.
    pub(super) fn new(direct: &Direct, array: &ArrayInfo) -> Self {
        let run = array.chunk.clone().unwrap_or_default();
        let value_bytes = array.element.bytes() as u64;
        Runs { direct: direct.clone(), shape: array.shape.clone(), run, value_bytes }
    }

    /// The lengths of runs: whole along the fastest dimensions, as many as fit. None where values do not lie in order.
    pub(super) fn lengths(direct: &Direct, array: &ArrayInfo) -> Option<Vec<u64>> {
        let mut bytes = array.element.bytes() as u64;
        let mut run = vec![1; array.shape.len()];
        for at in (0..array.shape.len()).rev() {
            let in_order = direct.strides[at] == bytes || array.shape[at] == 1;
            // Beyond a run that is full it does not matter.
            if run[at + 1..] == array.shape[at + 1..] && in_order {
                run[at] = (RUN_BYTES / bytes).clamp(1, array.shape[at].max(1));
                bytes = bytes.checked_mul(array.shape[at].max(1))?;
            } else if run[at + 1..] == array.shape[at + 1..] {
                return (at + 1 < array.shape.len()).then_some(run);
            }
        }
        Some(run)
    }
}

impl ChunkReader for Runs {
    fn read(&self, index: &[u64], block: &mut Vec<u8>) -> Result<Chunk, SourceError> {
        let whole = self.run.iter().product::<u64>() * self.value_bytes;
        block.resize(whole as usize, 0);
        let first: Vec<u64> = index.iter().zip(&self.run).map(|(at, length)| at * length).collect();
        let start =
            first.iter().zip(&self.direct.strides).fold(self.direct.offset, |sum, (at, stride)| sum + at * stride);
        // Only the slowest dimension of a run that is longer than 1 can end early, and what is missing is at the end.
        let there: u64 =
            first.iter().zip(&self.run).zip(&self.shape).map(|((at, run), length)| (*run).min(length - at)).product();
        let bytes = there * self.value_bytes;
        let failed = |error: std::io::Error| SourceError::io(&self.direct.path, &error);
        let file = OpenFiles::of_process().get(&self.direct.path).map_err(failed)?;
        file.read_exact_at(&mut block[..bytes as usize], start).map_err(failed)?;
        Ok(Chunk::Read(bytes))
    }
}
