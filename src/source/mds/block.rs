//! Reading windows of a run of snapshots.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::SourceError;
use super::Number;
use super::mosaic::Mosaic;
use super::plane::{Plane, tile_bytes, tile_path};
use super::shrunk::ShrunkIndex;
use crate::grid::{Extent, Window};
use crate::terms::Sample;

/// Files of tiles that a block holds open at most; of whole files it holds all, one a step.
const OPEN_TILES: usize = 64;

/// How the values lie in the files.
#[derive(Clone, Debug)]
pub(super) enum Stored {
    /// All of them; place of the chosen level and record among the planes of a file, and how many there are.
    Planes(u64, u64),
    /// The wet ones; how many there are in a file.
    Shrunk(Arc<ShrunkIndex>, u64),
}

/// A run of steps of one field.
#[derive(Debug)]
pub struct MdsBlock {
    extent: Extent,
    mosaic: Mosaic,
    number: Number,
    stored: Stored,
    /// By step, the name that a file of the whole would have; none where there is nothing to read.
    files: Vec<Option<PathBuf>>,
    /// Open files by step and tile.
    open: Mutex<HashMap<(usize, usize), Arc<File>>>,
}

impl MdsBlock {
    /// Opens whole files; tiles are opened when a window needs them.
    pub(super) fn new(
        extent: Extent,
        (mosaic, number): (Mosaic, Number),
        stored: Stored,
        files: Vec<Option<PathBuf>>,
    ) -> Result<Self, SourceError> {
        let block = MdsBlock { extent, mosaic, number, stored, files, open: Mutex::default() };
        if block.mosaic.is_whole() {
            for step in (0..block.files.len()).filter(|&step| block.files[step].is_some()) {
                block.file(step, 0)?;
            }
        }
        Ok(block)
    }

    fn path(&self, step: usize, tile: usize) -> PathBuf {
        let whole = self.files[step].clone().unwrap_or_default();
        tile_path(&whole, &self.mosaic.tiles()[tile])
    }

    /// The file of a step's tile, opened at the first call.
    fn file(&self, step: usize, tile: usize) -> Result<Arc<File>, SourceError> {
        // What a panic elsewhere left behind is whole: entries are put in by one call.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&(step, tile)) {
            return Ok(Arc::clone(file));
        }
        let path = self.path(step, tile);
        let file = File::open(&path).map_err(|error| SourceError::io(&path, &error))?;
        let got = file.metadata().map_err(|error| SourceError::io(&path, &error))?.len();
        let expected = match &self.stored {
            Stored::Planes(_, planes) => tile_bytes(&self.mosaic.tiles()[tile], *planes, self.number),
            Stored::Shrunk(_, words) => words * self.number.bytes() as u64,
        };
        if got != expected {
            let why = "its length when the run started".into();
            return Err(SourceError::Length { path, got, expected, why, more: String::new() });
        }
        let file = Arc::new(file);
        if self.mosaic.is_whole() || open.len() < OPEN_TILES {
            open.insert((step, tile), Arc::clone(&file));
        }
        Ok(file)
    }

    /// Reads the stored bytes of `window` of every step, [step, j, i]; those of a missing step are as they were, those
    /// of a blank tile 0. Returns bytes read.
    ///
    /// # Errors
    /// When a file cannot be opened or read, ends early, or is not as long as it was.
    pub fn read(&self, window: &Window, stored: &mut Vec<u8>) -> Result<u64, SourceError> {
        if !self.mosaic.is_whole() {
            // Tiles that were left behind make room.
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|(_, tile), _| self.mosaic.touching(&window.j, &window.i).any(|(touched, _)| touched == *tile));
        }
        let bytes_of_step = window.points() * self.number.bytes();
        stored.resize(self.files.len() * bytes_of_step, 0);
        let mut bytes = 0;
        for (step, stored) in stored.chunks_exact_mut(bytes_of_step.max(1)).enumerate() {
            if self.files[step].is_some() {
                bytes += self.read_step(step, window, stored)?;
            }
        }
        Ok(bytes)
    }

    fn read_step(&self, step: usize, window: &Window, stored: &mut [u8]) -> Result<u64, SourceError> {
        let failed = |tile: usize, error| SourceError::io(self.path(step, tile), &error);
        match &self.stored {
            Stored::Planes(at, _) => {
                let plane = Plane { mosaic: &self.mosaic, number: self.number, at: *at };
                plane.read(&self.extent, window, stored, |tile| self.file(step, tile), failed)
            }
            Stored::Shrunk(index, _) => {
                let file = self.file(step, 0)?;
                index.read(&file, self.number, window, stored).map_err(|error| failed(0, error))
            }
        }
    }

    /// Files that it holds open as long as it lives; none if that changes with what is read.
    pub fn files(&self) -> Option<usize> {
        self.mosaic.is_whole().then(|| self.files.iter().flatten().count())
    }

    /// Decodes values of a row of a window of `width` columns that [`read`](Self::read) read, of every step:
    /// `stored` are the window's bytes, `row` is counted from its first, `out` is [step, i]. A missing step is NaN.
    pub fn decode_row<T: Sample>(&self, stored: &[u8], (row, width): (usize, usize), out: &mut [T]) {
        let row_bytes = width * self.number.bytes();
        let bytes_of_step = stored.len() / self.files.len();
        for (step, out) in out.chunks_exact_mut(width).enumerate() {
            if self.files[step].is_some() {
                let start = step * bytes_of_step + row * row_bytes;
                self.number.decode(&stored[start..start + row_bytes], out);
            } else {
                out.fill(T::nan());
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Endian;
    use super::super::mosaic::tests::tile;
    use super::*;
    use crate::grid::Periodic;

    /// Values of a window, [step, j, i].
    pub(in super::super) fn decoded<T: Sample>(block: &MdsBlock, window: &Window, stored: &[u8]) -> Vec<T> {
        let (rows, width) = (window.j.len(), window.i.len());
        let mut values = vec![T::zero(); block.files.len() * rows * width];
        let mut of_row = vec![T::zero(); block.files.len() * width];
        for row in 0..rows {
            block.decode_row(stored, (row, width), &mut of_row);
            for (step, of_row) in of_row.chunks_exact(width).enumerate() {
                values[(step * rows + row) * width..][..width].copy_from_slice(of_row);
            }
        }
        values
    }

    #[test]
    fn any_window_of_any_plane_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("U.0000000001.data");
        let value = |plane: usize, j: usize, i: usize| (plane * 100 + j * 10 + i) as f32;
        let bytes: Vec<u8> = (0..2)
            .flat_map(|plane| (0..4).flat_map(move |j| (0..5).flat_map(move |i| value(plane, j, i).to_be_bytes())))
            .collect();
        std::fs::write(&path, bytes).unwrap();
        let number = Number::Float32(Endian::Big);
        let plain = |nj, ni| Extent::plain(nj, ni, Periodic::default());
        for extent in [plain(4, 5), Extent { faces: 2, ..plain(2, 5) }] {
            for (face, j, i) in [(0, 0..2, 0..5), (0, 1..2, 0..5), (extent.faces - 1, 0..2, 2..4), (0, 1..2, 4..5)] {
                let files = vec![Some(path.clone()), None];
                let block = MdsBlock::new(extent, (Mosaic::whole(4, 5), number), Stored::Planes(1, 2), files).unwrap();
                let window = Window { face, j: j.clone(), i: i.clone() };
                let mut stored = Vec::new();
                let bytes = block.read(&window, &mut stored).unwrap();
                let out: Vec<f64> = decoded(&block, &window, &stored);
                assert_eq!(bytes, window.points() as u64 * 4);
                let row = |j| i.clone().map(move |i| f64::from(value(1, face * extent.nj + j, i)));
                let expected: Vec<f64> = j.flat_map(row).collect();
                assert_eq!(out[..window.points()], expected);
                assert!(out[window.points()..].iter().all(|value| value.is_nan()));
            }
        }
        let extent = plain(4, 5);
        let short =
            MdsBlock::new(extent, (Mosaic::whole(4, 5), number), Stored::Planes(1, 3), vec![Some(path)]).unwrap_err();
        assert!(short.to_string().contains("has 160 bytes, expected 240"), "{short}");
    }

    #[test]
    fn tiles_are_opened_when_they_are_needed_and_not_all_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let number = Number::Float32(Endian::Big);
        let tiles: Vec<_> = (0..50_usize).map(|at| tile([at as u32 + 1, 1], 0..2, at..at + 1)).collect();
        let files: Vec<_> = (0..3).map(|step| Some(dir.path().join(format!("U.{step:010}.data")))).collect();
        for (step, file) in files.iter().flatten().enumerate() {
            for (at, tile) in tiles.iter().enumerate() {
                let values = [step as f32, at as f32];
                std::fs::write(tile_path(file, tile), values.map(f32::to_be_bytes).concat()).unwrap();
            }
        }
        let lost = tile_path(files[1].as_ref().unwrap(), &tiles[49]);
        std::fs::remove_file(&lost).unwrap();
        let extent = Extent::plain(2, 50, Periodic::default());
        let mosaic = Mosaic::new(2, 50, tiles).unwrap();
        let block = MdsBlock::new(extent, (mosaic, number), Stored::Planes(0, 1), files).unwrap();
        let mut stored = Vec::new();
        let window = Window { face: 0, j: 0..2, i: 0..49 };
        for _ in 0..2 {
            assert_eq!(block.read(&window, &mut stored).unwrap(), 3 * 2 * 49 * 4);
            let out: Vec<f32> = decoded(&block, &window, &stored);
            assert_eq!(block.open.lock().unwrap().len(), OPEN_TILES);
            assert_eq!(out[98 + 48], 1.0);
            assert_eq!(out[98 + 49 + 48], 48.0);
        }
        let window = Window { face: 0, j: 0..2, i: 48..50 };
        let error = block.read(&window, &mut stored).unwrap_err().to_string();
        assert!(error.contains(lost.to_str().unwrap()), "{error}");
        assert!(block.open.lock().unwrap().len() < 5);
    }
}
