//! One array of one file: windows of it, read where they lie or out of decoded chunks.

use std::cell::RefCell;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Chunk, ChunkReader, Storage};
use super::super::open_files::OpenFiles;
use super::assemble::Holder;
use super::missing_chunks::MissingChunks;
use super::packing::Packing;
use super::roles::Axes;
use super::runs::Runs;

/// An array of a file; files are opened as they are read, and shared with all other arrays ([`OpenFiles`]).
#[derive(Clone, Debug)]
pub struct StoredArray {
    info: Arc<ArrayInfo>,
    storage: Storage,
    reader: Arc<OnceLock<Box<dyn ChunkReader>>>,
}

/// Values of a coordinate at most.
const SMALL: u64 = 1 << 24;

/// A rectangle of one time, level and face, in the array's own indices.
#[derive(Clone, Debug)]
pub struct Plane {
    /// Indices along time, level and face.
    pub time: u64,
    /// See `time`.
    pub level: u64,
    /// See `time`.
    pub face: u64,
    /// Rows.
    pub j: Range<u64>,
    /// Columns.
    pub i: Range<u64>,
}

/// A decoded chunk; none where it is not stored and is the fill value everywhere.
pub(super) type Decoded = Option<Vec<u8>>;

impl Plane {
    /// The first indices of the rectangle along each dimension of the array.
    fn corner(&self, axes: &Axes, rank: usize) -> Vec<u64> {
        let mut corner = vec![0; rank];
        let places = [
            (axes.time, self.time),
            (axes.level, self.level),
            (axes.face, self.face),
            (axes.j, self.j.start),
            (axes.i, self.i.start),
        ];
        for (axis, at) in places {
            if let Some(axis) = axis {
                corner[axis] = at;
            }
        }
        corner
    }
}

/// Where a rectangle goes: bytes, and bytes from a row to the next.
pub struct Destination<'a> {
    /// From the rectangle's first value on.
    pub bytes: &'a mut [u8],
    /// Bytes from a row to the next.
    pub row_bytes: usize,
}

impl StoredArray {
    /// An array whose values are found.
    pub fn new(info: Arc<ArrayInfo>, axes: &Axes, storage: Storage) -> Self {
        let mut info = info;
        if let Storage::Direct(direct) = &storage
            && axes.i.or(axes.j).is_some_and(|axis| direct.strides[axis] != info.element.bytes() as u64)
            && let Some(runs) = Runs::lengths(direct, &info)
        {
            info = Arc::new(ArrayInfo { chunk: Some(runs), ..ArrayInfo::clone(&info) });
        }
        StoredArray { info, storage, reader: Arc::default() }
    }

    /// All values of a coordinate, an array of one dimension or none, as CF's attributes say; with its chunks that are not
    /// stored.
    ///
    /// # Errors
    /// When it cannot be read, has several dimensions, or more values than a coordinate.
    pub(super) fn whole(holder: &Holder, info: &ArrayInfo) -> Result<(Vec<f64>, Option<MissingChunks>), SourceError> {
        let path = &holder.dataset.path;
        let values = info.values().filter(|values| *values <= SMALL);
        let Some(values) = values else { return Err(wrong(path, info, "is too large for a coordinate")) };
        let storage = holder.locate(info)?;
        let bytes = info.element.bytes();
        let mut stored = Vec::with_capacity(values as usize * bytes);
        // As if it were one row.
        let rank = info.shape.len();
        let axes = Axes { i: rank.checked_sub(1), ..Axes::default() };
        if rank > 1 {
            return Err(wrong(path, info, "has several dimensions, a coordinate has one"));
        }
        let array = StoredArray::new(Arc::new(info.clone()), &axes, storage);
        let length = info.shape.first().copied().unwrap_or(1);
        stored.resize(length as usize * bytes, 0);
        let plane = Plane { time: 0, level: 0, face: 0, j: 0..1, i: 0..length };
        let row_bytes = stored.len();
        let mut to = Destination { bytes: &mut stored, row_bytes };
        let (packing, mut missing) = (Packing::of(info), None);
        if array.is_direct() {
            array.read_direct(&axes, &plane, &mut to)?;
        } else {
            let chunks = array.chunks(&axes, &plane);
            let mut is_whole = true;
            for (chunk, within) in &chunks {
                let decoded = array.decode(*chunk, Vec::new())?.0;
                is_whole &= decoded.is_some();
                array.copy(&axes, &plane, within, &decoded, &mut to);
            }
            if !is_whole {
                let mut fill = [f64::NAN];
                packing.decode(&info.fill, &mut fill);
                let chunks = chunks.into_iter().map(|(chunk, _)| chunk).collect();
                missing = MissingChunks::among((path, &array), &chunks, fill[0])?;
            }
        }
        let mut values = vec![0.0; length as usize];
        packing.decode(&stored, &mut values);
        Ok((values, missing))
    }

    /// What is known of it.
    pub fn info(&self) -> &ArrayInfo {
        &self.info
    }

    /// Whether any part of it can be read by itself.
    pub fn is_direct(&self) -> bool {
        self.info.chunk.is_none()
    }

    /// What reads its chunks.
    fn reader(&self) -> Result<&dyn ChunkReader, SourceError> {
        if let Some(reader) = self.reader.get() {
            return Ok(&**reader);
        }
        let opened: Box<dyn ChunkReader> = match (&self.storage, self.storage.open(&self.info)?) {
            (_, Some(chunks)) => chunks,
            (Storage::Direct(direct), None) if self.info.chunk.is_some() => Box::new(Runs::new(direct, &self.info)),
            (_, None) => return Err(wrong(self.storage.path(), &self.info, "has no chunks")),
        };
        // Two threads may make it; one of the two is kept.
        Ok(&**self.reader.get_or_init(|| opened))
    }

    /// Numbers of the chunks along each dimension.
    fn grid(&self) -> Vec<u64> {
        let chunk = self.info.chunk.as_deref().unwrap_or(&self.info.shape);
        self.info.shape.iter().zip(chunk).map(|(length, chunk)| length.div_ceil((*chunk).max(1))).collect()
    }

    /// Chunks of the whole array.
    pub(super) fn chunks_in_all(&self) -> u64 {
        self.grid().iter().fold(1, |product, count| product.saturating_mul(*count))
    }

    /// The place of a chunk in the grid of chunks.
    pub(super) fn index(&self, number: u64) -> Vec<u64> {
        let grid = self.grid();
        let mut rest = number;
        let mut index = vec![0; grid.len()];
        for (index, count) in index.iter_mut().zip(&grid).rev() {
            *index = rest % count;
            rest /= count;
        }
        index
    }

    /// The place of a chunk in words: "(3, 0, 1)".
    pub(super) fn index_text(&self, number: u64) -> String {
        let index: Vec<String> = self.index(number).iter().map(u64::to_string).collect();
        format!("({})", index.join(", "))
    }

    /// Decodes a chunk by its number in the order of the grid of chunks; the buffer is used and comes back if there is
    /// nothing to decode. Also gives bytes read.
    ///
    /// # Errors
    /// As [`ChunkReader::read`].
    pub fn decode(&self, number: u64, mut buffer: Vec<u8>) -> Result<(Decoded, u64), SourceError> {
        let index = self.index(number);
        match self.reader()?.read(&index, &mut buffer)? {
            Chunk::Read(bytes) => {
                let expected = self.info.values_of_chunk().unwrap_or(0) * self.info.element.bytes() as u64;
                if buffer.len() as u64 != expected {
                    let reason = format!("chunk {index:?} has {} bytes, expected {expected}", buffer.len());
                    return Err(wrong(self.storage.path(), &self.info, &reason));
                }
                Ok((Some(buffer), bytes))
            }
            Chunk::NotThere => Ok((None, 0)),
        }
    }

    /// Whether a chunk is stored, by its number in the order of the grid of chunks.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub(super) fn is_stored(&self, number: u64) -> Result<bool, SourceError> {
        match &self.storage {
            Storage::Hdf5(chunks) => Ok(chunks.table.has(number)),
            Storage::Zarr(_) => self.reader()?.is_stored(&self.index(number)),
            Storage::Direct(_) | Storage::Library(_) => Ok(true),
        }
    }

    /// Numbers of the chunks that a rectangle touches, with the part of it that lies in each: rows and columns from the
    /// rectangle's first.
    pub fn chunks(&self, axes: &Axes, plane: &Plane) -> Vec<(u64, [Range<u64>; 2])> {
        let rank = self.info.shape.len();
        let chunk = self.info.chunk.as_deref().unwrap_or(&self.info.shape);
        let grid = self.grid();
        let corner = plane.corner(axes, rank);
        let number = |index: &[u64]| index.iter().zip(&grid).fold(0, |number, (at, count)| number * count + at);
        let mut index: Vec<u64> = corner.iter().zip(chunk).map(|(at, chunk)| at / chunk).collect();
        let runs = |axis: Option<usize>, range: &Range<u64>| -> Vec<(u64, Range<u64>)> {
            let Some(axis) = axis else { return vec![(0, 0..range.end - range.start)] };
            let length = chunk[axis];
            (range.start / length..range.end.div_ceil(length))
                .map(|at| {
                    (at, (at * length).max(range.start) - range.start..((at + 1) * length).min(range.end) - range.start)
                })
                .collect()
        };
        let (rows, columns) = (runs(axes.j, &plane.j), runs(axes.i, &plane.i));
        let mut chunks = Vec::with_capacity(rows.len() * columns.len());
        for (row, j) in &rows {
            for (column, i) in &columns {
                if let Some(axis) = axes.j {
                    index[axis] = *row;
                }
                if let Some(axis) = axes.i {
                    index[axis] = *column;
                }
                chunks.push((number(&index), [j.clone(), i.clone()]));
            }
        }
        chunks
    }

    /// Copies the part `[j, i]` (from the rectangle's first row and column) that lies in a decoded chunk to its place.
    pub fn copy(
        &self,
        axes: &Axes,
        plane: &Plane,
        [j, i]: &[Range<u64>; 2],
        decoded: &Decoded,
        to: &mut Destination<'_>,
    ) {
        let bytes = self.info.element.bytes();
        let width = (i.end - i.start) as usize;
        let place = |row: u64| (row as usize) * to.row_bytes + i.start as usize * bytes;
        let Some(block) = decoded else {
            for row in j.clone() {
                let start = place(row);
                to.bytes[start..start + width * bytes]
                    .chunks_exact_mut(bytes)
                    .for_each(|value| value.copy_from_slice(&self.info.fill));
            }
            return;
        };
        let chunk = self.info.chunk.as_deref().unwrap_or(&self.info.shape);
        let rank = chunk.len();
        let mut strides = vec![bytes as u64; rank];
        for at in (0..rank.saturating_sub(1)).rev() {
            strides[at] = strides[at + 1] * chunk[at + 1];
        }
        let stride = |axis: Option<usize>| axis.map_or(0, |axis| strides[axis] as usize);
        let (down, across) = (stride(axes.j), stride(axes.i));
        let corner =
            Plane { j: plane.j.start + j.start..plane.j.end, i: plane.i.start + i.start..plane.i.end, ..plane.clone() };
        let first: u64 = corner
            .corner(axes, rank)
            .iter()
            .zip(chunk)
            .zip(&strides)
            .map(|((at, chunk), stride)| at % chunk * stride)
            .sum();
        for row in j.clone() {
            let from = first as usize + (row - j.start) as usize * down;
            let start = place(row);
            let row = &mut to.bytes[start..start + width * bytes];
            if across == bytes {
                row.copy_from_slice(&block[from..from + width * bytes]);
            } else {
                for (column, value) in row.chunks_exact_mut(bytes).enumerate() {
                    let from = from + column * across;
                    value.copy_from_slice(&block[from..from + bytes]);
                }
            }
        }
    }

    /// Reads a rectangle of an array that can be read anywhere; returns bytes read.
    ///
    /// # Errors
    /// When the file cannot be read or ends early.
    pub fn read_direct(&self, axes: &Axes, plane: &Plane, to: &mut Destination<'_>) -> Result<u64, SourceError> {
        let Storage::Direct(direct) = &self.storage else {
            return Err(wrong(self.storage.path(), &self.info, "is in chunks"));
        };
        let bytes = self.info.element.bytes();
        let corner = plane.corner(axes, self.info.shape.len());
        let first = corner.iter().zip(&direct.strides).fold(direct.offset, |sum, (at, stride)| sum + at * stride);
        let stride = |axis: Option<usize>| axis.map_or(0, |axis| direct.strides[axis] as usize);
        let (down, across) = (stride(axes.j), stride(axes.i));
        let rows = (plane.j.end - plane.j.start) as usize;
        let width = (plane.i.end - plane.i.start) as usize;
        let failed = |error: std::io::Error| SourceError::io(&direct.path, &error);
        let row_length = width * bytes;
        let span = |rows: usize| (rows - 1) * down + (width - 1) * across + bytes;
        if rows == 0 || width == 0 {
            return Ok(0);
        }
        let file = OpenFiles::of_process().get(&direct.path).map_err(failed)?;
        if across == bytes && rows > 1 && down == row_length && to.row_bytes == row_length {
            let all = &mut to.bytes[..rows * row_length];
            file.read_exact_at(all, first).map_err(failed)?;
            return Ok(all.len() as u64);
        }
        if across == bytes && (rows == 1 || row_length * MOST_WASTE < down) {
            for row in 0..rows {
                let start = row * to.row_bytes;
                let at = first + (row * down) as u64;
                file.read_exact_at(&mut to.bytes[start..start + row_length], at).map_err(failed)?;
            }
            return Ok((rows * row_length) as u64);
        }
        if across > bytes * FAR_APART {
            for row in 0..rows {
                let start = row * to.row_bytes;
                for (column, value) in to.bytes[start..start + row_length].chunks_exact_mut(bytes).enumerate() {
                    file.read_exact_at(value, first + (row * down + column * across) as u64).map_err(failed)?;
                }
            }
            return Ok((rows * row_length) as u64);
        }
        // Rows with little between them, or columns that lie apart: in one piece.
        PIECE.with_borrow_mut(|piece| {
            let length = span(rows);
            if piece.len() < length {
                piece.resize(length, 0);
            }
            let piece = &mut piece[..length];
            file.read_exact_at(piece, first).map_err(failed)?;
            for row in 0..rows {
                let (start, from) = (row * to.row_bytes, row * down);
                let out = &mut to.bytes[start..start + row_length];
                if across == bytes {
                    out.copy_from_slice(&piece[from..from + row_length]);
                    continue;
                }
                for (column, value) in out.chunks_exact_mut(bytes).enumerate() {
                    let from = from + column * across;
                    value.copy_from_slice(&piece[from..from + bytes]);
                }
            }
            Ok(length as u64)
        })
    }
}

// What is read in one piece, before its values are put to their places.
thread_local!(static PIECE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });

/// Rows are read one by one where what lies between them is so many times as long.
const MOST_WASTE: usize = 2;

/// Values are read one by one that lie so many values apart, as the times of a classic file's records do.
const FAR_APART: usize = 64;

fn wrong(path: &Path, info: &ArrayInfo, reason: &str) -> SourceError {
    SourceError::Dataset { path: path.to_owned(), reason: format!("{} {reason}", info.name) }
}
