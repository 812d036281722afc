//! Reading windows of open snapshot files.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::super::SourceError;
use super::Number;
use crate::grid::{Extent, Window};
use crate::terms::Sample;

/// Open files of a run of steps.
#[derive(Debug)]
pub struct MdsBlock {
    files: Vec<Option<(PathBuf, File)>>,
    extent: Extent,
    number: Number,
    offset_bytes: u64,
}

impl MdsBlock {
    pub(super) fn new(files: Vec<Option<(PathBuf, File)>>, extent: Extent, number: Number, offset_bytes: u64) -> Self {
        MdsBlock { files, extent, number, offset_bytes }
    }

    /// Reads `window` of every step into `out`, [step, j, i]; a missing step is NaN. Returns bytes read.
    ///
    /// Whole rows are read in one piece, parts of rows row by row.
    ///
    /// # Errors
    /// When a file ends early or cannot be read.
    pub fn read<T: Sample>(&self, window: &Window, raw: &mut Vec<u8>, out: &mut [T]) -> Result<u64, SourceError> {
        let value_bytes = self.number.bytes();
        let columns = window.i.len();
        let whole_rows = columns == self.extent.ni;
        let (pieces, rows_per_piece) = if whole_rows { (1, window.j.len()) } else { (window.j.len(), 1) };
        let piece_bytes = rows_per_piece * columns * value_bytes;
        raw.resize(piece_bytes, 0);
        let mut bytes = 0;
        for (file, out) in self.files.iter().zip(out.chunks_exact_mut(window.points().max(1))) {
            let Some((path, file)) = file else {
                out.fill(T::nan());
                continue;
            };
            for (piece, out) in (0..pieces).zip(out.chunks_exact_mut(rows_per_piece * columns)) {
                let row = window.face * self.extent.nj + window.j.start + piece;
                let value = row * self.extent.ni + window.i.start;
                let at = self.offset_bytes + (value * value_bytes) as u64;
                file.read_exact_at(raw, at).map_err(|error| SourceError::io(path, &error))?;
                self.number.decode(raw, out);
                bytes += piece_bytes as u64;
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Endian;
    use super::*;

    #[test]
    fn any_window_of_any_plane_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("U.0000000001.data");
        let value = |plane: usize, j: usize, i: usize| (plane * 100 + j * 10 + i) as f32;
        let bytes: Vec<u8> = (0..2)
            .flat_map(|plane| (0..4).flat_map(move |j| (0..5).flat_map(move |i| value(plane, j, i).to_be_bytes())))
            .collect();
        std::fs::write(&path, bytes).unwrap();
        let extent = Extent { faces: 1, nj: 4, ni: 5, has_faces: false };
        for (j, i) in [(0..4, 0..5), (1..3, 0..5), (1..4, 2..4), (3..4, 4..5)] {
            let file = Some((path.clone(), File::open(&path).unwrap()));
            let block = MdsBlock::new(vec![file, None], extent, Number::Float32(Endian::Big), 4 * 5 * 4);
            let window = Window { face: 0, j: j.clone(), i: i.clone() };
            let mut out = vec![0.0_f64; 2 * window.points()];
            let bytes = block.read(&window, &mut Vec::new(), &mut out).unwrap();
            assert_eq!(bytes, window.points() as u64 * 4);
            let expected: Vec<f64> = j.flat_map(|j| i.clone().map(move |i| f64::from(value(1, j, i)))).collect();
            assert_eq!(out[..window.points()], expected);
            assert!(out[window.points()..].iter().all(|value| value.is_nan()));
        }
    }
}
