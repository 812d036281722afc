//! Every value of an array of maps, piece by piece, for who looks at all of them without a plan.

use std::ops::Range;

use super::super::SourceError;
use super::super::dataset::ArrayInfo;
use super::look::Looked;
use super::packing::Packing;
use super::roles::{Axes, DimensionNames, axes};
use super::stored_array::{Decoded, Destination, Plane, StoredArray};

/// Bytes of a piece of rows, where values do not come in chunks.
const PIECE_BYTES: u64 = 1 << 20;

/// What the dimensions of an array of maps are; none of an array without rows and columns.
pub fn map_axes(looked: &Looked, array: &ArrayInfo, dimensions: &DimensionNames) -> Option<Axes> {
    axes(&looked.dataset, array, dimensions).ok().filter(|axes| axes.j.is_some() && axes.i.is_some())
}

/// Lengths of a piece of an array without chunks: rows of one map.
fn rows_of_a_map(array: &ArrayInfo, axes: &Axes) -> Vec<u64> {
    let width = axes.i.map_or(1, |i| array.shape[i]);
    let row_bytes = width.saturating_mul(array.element.bytes() as u64).max(1);
    let mut lengths = vec![1; array.shape.len()];
    axes.i.into_iter().for_each(|i| lengths[i] = width);
    axes.j.into_iter().for_each(|j| lengths[j] = (PIECE_BYTES / row_bytes).clamp(1, array.shape[j].max(1)));
    lengths
}

fn along(ranges: &[Range<u64>], axis: Option<usize>) -> Range<u64> {
    axis.map_or(0..1, |axis| ranges[axis].clone())
}

/// An array of maps whose values can be read: in pieces, which are its chunks, or rows of one map.
#[derive(Debug)]
pub struct Maps {
    axes: Axes,
    array: StoredArray,
    packing: Packing,
    /// Lengths of a piece along each dimension.
    piece: Vec<u64>,
    /// First row and column in the domain.
    origin: [u64; 2],
    /// Rows and columns that count: of a tile its own cells.
    own: [u64; 2],
}

/// A stretch of a row of one map: places are 0-based, rows and columns in the whole domain.
#[derive(Debug)]
pub struct MapRow<'a> {
    /// Place along time in the file.
    pub time: u64,
    /// Level.
    pub level: u64,
    /// Face, where there are faces.
    pub face: Option<u64>,
    /// Row.
    pub j: u64,
    /// Column of the first value.
    pub i: u64,
    /// Physical values, NaN where there is none.
    pub values: &'a [f64],
}

/// What pieces are read into, one after the other.
#[derive(Debug, Default)]
pub struct MapBuffers {
    chunk: Vec<u8>,
    raw: Vec<u8>,
    values: Vec<f64>,
}

impl Maps {
    /// Finds the values of an array of a file or store.
    ///
    /// # Errors
    /// When it cannot be told where they are.
    pub fn open(looked: &Looked, info: &ArrayInfo, axes: Axes) -> Result<Maps, SourceError> {
        let array = StoredArray::new(info.clone().into(), &axes, looked.holder.locate(info)?);
        let piece = array.info().chunk.clone().unwrap_or_else(|| rows_of_a_map(info, &axes));
        let length = |axis: Option<usize>| axis.map_or(1, |axis| info.shape[axis]);
        let (mut origin, mut own) = ([0; 2], [length(axes.j), length(axes.i)]);
        if let Some(place) = &looked.holder.place {
            origin = [place.tile.j.start as u64, place.tile.i.start as u64];
            own = [place.tile.j.len() as u64, place.tile.i.len() as u64];
        }
        Ok(Maps { axes, array, packing: Packing::of(info), piece, origin, own })
    }

    fn grid(&self) -> impl DoubleEndedIterator<Item = u64> + '_ {
        self.array.info().shape.iter().zip(&self.piece).map(|(all, length)| all.div_ceil((*length).max(1)))
    }

    /// Number of pieces.
    pub fn pieces(&self) -> u64 {
        self.grid().fold(1, u64::saturating_mul)
    }

    /// Indices along each dimension of a piece, by its number in the order of the array.
    fn ranges(&self, number: u64) -> Vec<Range<u64>> {
        let mut rest = number;
        let lengths = self.piece.iter().zip(&self.array.info().shape);
        let mut ranges: Vec<Range<u64>> = Vec::with_capacity(self.piece.len());
        for (count, (length, all)) in self.grid().collect::<Vec<_>>().into_iter().zip(lengths).rev() {
            let first = rest % count.max(1) * length;
            ranges.push(first..first.saturating_add(*length).min(*all));
            rest /= count.max(1);
        }
        ranges.reverse();
        ranges
    }

    /// The place of a piece among the chunks, in words; none where there are no chunks.
    pub fn chunk_text(&self, number: u64) -> Option<String> {
        (!self.array.is_direct()).then(|| self.array.index_text(number))
    }

    /// Reads a piece by its number and calls `each` with its rows, of one level (0-based) or of all. Returns whether it is
    /// stored; of a chunk that is not, all values are the fill value.
    ///
    /// # Errors
    /// When the file cannot be read, or the chunk cannot be decoded.
    pub fn read(
        &self,
        number: u64,
        level: Option<u64>,
        buffers: &mut MapBuffers,
        mut each: impl FnMut(&MapRow<'_>),
    ) -> Result<bool, SourceError> {
        let axes = &self.axes;
        let ranges = self.ranges(number);
        let mut levels = along(&ranges, axes.level);
        if let Some(level) = level.filter(|_| axes.level.is_some()) {
            levels = level.max(levels.start)..(level + 1).min(levels.end);
        }
        let [rows, columns] = [(axes.j, self.own[0]), (axes.i, self.own[1])].map(|(axis, own)| {
            let range = along(&ranges, axis);
            range.start.min(own)..range.end.min(own)
        });
        let [height, width] = [&rows, &columns].map(|range| range.end - range.start);
        if levels.is_empty() || height == 0 || width == 0 {
            return Ok(true);
        }
        let decoded: Decoded = match self.array.is_direct() {
            true => None,
            false => self.array.decode(number, std::mem::take(&mut buffers.chunk))?.0,
        };
        let row_bytes = width as usize * self.packing.element.bytes();
        buffers.raw.resize(height as usize * row_bytes, 0);
        buffers.values.resize(width as usize, 0.0);
        for time in along(&ranges, axes.time) {
            for level in levels.clone() {
                for face in along(&ranges, axes.face) {
                    let plane = Plane { time, level, face, j: rows.clone(), i: columns.clone() };
                    let mut to = Destination { bytes: &mut buffers.raw, row_bytes };
                    match self.array.is_direct() {
                        true => self.array.read_direct(axes, &plane, &mut to).map(|_| ())?,
                        false => self.array.copy(axes, &plane, &[0..height, 0..width], &decoded, &mut to),
                    }
                    for (j, raw) in rows.clone().zip(buffers.raw.chunks_exact(row_bytes)) {
                        self.packing.decode(raw, &mut buffers.values);
                        each(&MapRow {
                            time,
                            level,
                            face: axes.face.map(|_| face),
                            j: self.origin[0] + j,
                            i: self.origin[1] + columns.start,
                            values: &buffers.values,
                        });
                    }
                }
            }
        }
        let is_stored = self.array.is_direct() || decoded.is_some();
        buffers.chunk = decoded.unwrap_or_default();
        Ok(is_stored)
    }
}
