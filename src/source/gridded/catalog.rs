//! What every rank knows of the files and stores of a run.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::dataset::{ArrayInfo, Storage};
use super::super::mds::Mosaic;
use super::super::{LostSnapshots, SourceError, TimeAxis};
use super::block::GriddedBlock;
use super::cache::{ChunkCache, ChunkKey};
use super::packing::Packing;
use super::roles::Axes;
use super::stored_array::{Plane, StoredArray};
use crate::grid::{Extent, Layout, Window};

/// Files or stores and their arrays, as rank 0 found them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GriddedCatalog {
    /// Size of the native grid.
    pub extent: Extent,
    /// Analysed times.
    pub time: TimeAxis,
    /// Fields in the order of the configuration.
    pub fields: Vec<Arc<GriddedField>>,
    /// Snapshots of the analysed times that are not there.
    pub lost: LostSnapshots,
    /// What the log should say of the files.
    pub notes: Vec<String>,
    /// All files that were looked at; of stores, the documents and the folders of those arrays that are read.
    pub paths: Vec<PathBuf>,
    /// Whether a chunk that is not stored ends the run.
    pub missing_chunks_fail: bool,
    /// Decoded chunks.
    #[serde(skip)]
    pub cache: Arc<ChunkCache>,
}

/// What the libraries of netCDF and HDF5 were seen to take.
const LIBRARY_BYTES: u64 = 8 << 20;
/// Of an open array.
const FILE_BYTES: u64 = 4 << 10;
/// Of a chunk's place and key, here and where it was sent.
const CHUNK_BYTES: u64 = 128;

/// One field of the catalog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GriddedField {
    /// Name of its array.
    pub name: String,
    /// What its dimensions are.
    pub axes: Axes,
    /// Level that is read, 0-based.
    pub level: u64,
    /// Stored index minus native index, of rows and columns.
    pub shift: [i64; 2],
    /// From stored values to physical ones.
    pub packing: Packing,
    /// Where each file lies in the domain.
    pub mosaic: Mosaic,
    /// By step, the place of its first file among `parts` and its index along time there; none where there is no snapshot.
    pub steps: Vec<Option<(u32, u64)>>,
    /// Its arrays, file by file; those of the tiles of one time follow each other in the mosaic's order.
    pub parts: Vec<Part>,
    /// The different descriptions that the parts have.
    pub infos: Vec<Arc<ArrayInfo>>,
    /// Open arrays by part.
    #[serde(skip)]
    pub open: std::sync::OnceLock<Vec<StoredArray>>,
}

/// The array of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Place among the descriptions.
    pub info: u32,
    /// File or store, for messages.
    pub path: PathBuf,
    /// Where its values are.
    pub storage: Storage,
}

impl Part {
    /// The file its values stand in, or the folder of its chunks.
    pub fn stored_in(&self) -> &Path {
        match &self.storage {
            Storage::Zarr(chunks) => chunks.folder(),
            _ => &self.path,
        }
    }
}

/// A rectangle of a window that lies in one tile of one face.
#[derive(Clone, Debug)]
pub(super) struct Rectangle {
    pub(super) tile: usize,
    pub(super) face: usize,
    /// First row and column, from the window's.
    pub(super) to: [usize; 2],
    /// Rows and columns of the array.
    pub(super) j: Range<u64>,
    pub(super) i: Range<u64>,
}

impl GriddedField {
    /// The arrays, which are opened when they are read.
    pub(super) fn arrays(&self) -> &[StoredArray] {
        self.open.get_or_init(|| {
            let open = |part: &Part| {
                StoredArray::new(Arc::clone(&self.infos[part.info as usize]), &self.axes, part.storage.clone())
            };
            self.parts.iter().map(open).collect()
        })
    }

    /// Whether its values come in chunks.
    pub(super) fn is_chunked(&self) -> bool {
        self.arrays().iter().any(|array| !array.is_direct())
    }

    /// The plane of a rectangle.
    pub(super) fn plane(&self, rectangle: &Rectangle, time: u64) -> Plane {
        let Rectangle { face, j, i, .. } = rectangle;
        Plane { time, level: self.level, face: *face as u64, j: j.clone(), i: i.clone() }
    }

    /// Native rows and columns of a face that the array has values for, each run with its stored index minus native index.
    fn there(&self, extent: &Extent) -> [Vec<(Range<usize>, i64)>; 2] {
        let info = &self.infos[0];
        let whole = self.mosaic.is_whole();
        let wraps = match extent.layout {
            Layout::Plain(periodic) => [periodic.j, periodic.i],
            Layout::Llc => [false; 2],
        };
        let of = |at: usize, axis: Option<usize>, cells: usize| {
            let shift = self.shift[at];
            let stored = if whole { axis.map_or(cells as i64, |axis| info.shape[axis] as i64) } else { cells as i64 };
            let start = (-shift).clamp(0, cells as i64);
            let mut runs = vec![(start as usize..(stored - shift).clamp(start, cells as i64) as usize, shift)];
            if wraps[at] && start > 0 {
                // The faces before the first cell are those after the last.
                runs.push((0..start as usize, shift + cells as i64));
            }
            runs
        };
        [of(0, self.axes.j, extent.nj), of(1, self.axes.i, extent.ni)]
    }

    /// The rectangles of a window, of those places that there are values for.
    pub(super) fn rectangles(&self, extent: &Extent, window: &Window) -> Vec<Rectangle> {
        let facet = extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        let [rows_there, columns_there] = self.there(extent);
        let mut found = Vec::new();
        for face in facet.faces.clone() {
            let [j0, i0] = facet.origin(face);
            let part = |range: &Range<usize>, origin: usize, there: &Range<usize>| {
                range.start.max(origin + there.start) - origin.min(range.start.max(origin + there.start))
                    ..range.end.min(origin + there.end).saturating_sub(origin)
            };
            let runs = rows_there.iter().flat_map(|rows| columns_there.iter().map(move |columns| (rows, columns)));
            for ((rows, row_shift), (columns, column_shift)) in runs {
                let (rows, columns) = (part(&j, j0, rows), part(&i, i0, columns));
                if rows.is_empty() || columns.is_empty() {
                    continue;
                }
                for (tile, place) in self.mosaic.tiles().iter().enumerate() {
                    let rows = rows.start.max(place.j.start)..rows.end.min(place.j.end);
                    let columns = columns.start.max(place.i.start)..columns.end.min(place.i.end);
                    if rows.is_empty() || columns.is_empty() {
                        continue;
                    }
                    let local = |range: &Range<usize>, start: usize, shift: i64| {
                        let at = |index: usize| (index as i64 - start as i64 + shift).max(0) as u64;
                        at(range.start)..at(range.end)
                    };
                    found.push(Rectangle {
                        tile,
                        face,
                        to: [j0 + rows.start - j.start, i0 + columns.start - i.start],
                        j: local(&rows, place.j.start, *row_shift),
                        i: local(&columns, place.i.start, *column_shift),
                    });
                }
            }
        }
        found
    }

    /// The place of a step's tile among the parts, and the index along time there.
    pub(super) fn part(&self, step: usize, tile: usize) -> Option<(usize, u64)> {
        let (first, time) = self.steps[step]?;
        Some((first as usize + tile, time))
    }
}

impl GriddedCatalog {
    /// Bytes of one value as stored, of the widest field.
    pub fn stored_bytes(&self) -> usize {
        self.fields.iter().map(|field| field.packing.element.bytes()).max().unwrap_or(4)
    }

    /// The file of a snapshot, or the name of its time where there is none.
    pub fn place(&self, field: usize, step: usize) -> String {
        let field = &self.fields[field];
        match field.part(step, 0) {
            Some((part, time)) => {
                let others = match field.mosaic.tiles().len() {
                    0 | 1 => String::new(),
                    tiles => format!(" or another of its {tiles} tiles"),
                };
                format!("{} of {}{others} at time index {time}", field.name, field.parts[part].path.display())
            }
            None => format!("{} at {} (not there)", field.name, self.time.date(step)),
        }
    }

    /// Opens a run of steps of one field.
    pub fn open_block(&self, field: usize, steps: Range<usize>) -> GriddedBlock {
        GriddedBlock::new(self.extent, field, Arc::clone(&self.fields[field]), Arc::clone(&self.cache), steps)
    }

    /// Whether some values come in chunks.
    pub fn is_chunked(&self) -> bool {
        self.fields.iter().any(|field| field.is_chunked())
    }

    /// What is kept in memory on each rank: libraries, tables of chunks, and the keys of those that a round reads.
    pub fn kept_bytes(&self) -> u64 {
        let of_array = |array: &StoredArray| match array.is_direct() {
            true => FILE_BYTES,
            false => FILE_BYTES + CHUNK_BYTES * array.chunks_in_all(),
        };
        let of_field = |field: &Arc<GriddedField>| field.arrays().iter().map(of_array).sum::<u64>();
        LIBRARY_BYTES + self.fields.iter().map(of_field).sum::<u64>()
    }

    /// The largest chunk of all fields: snapshots, rows, columns; none where all values can be read by themselves.
    pub fn chunk(&self) -> Option<[usize; 3]> {
        let mut largest: Option<[usize; 3]> = None;
        for field in &self.fields {
            for array in field.arrays().iter().filter(|array| !array.is_direct()) {
                let info = array.info();
                let Some(chunk) = &info.chunk else { continue };
                let length =
                    |axis: Option<usize>| axis.map_or(1, |axis| chunk[axis].min(info.shape[axis]).max(1) as usize);
                // What is decoded of other levels and faces takes room too.
                let others: usize = [field.axes.level, field.axes.face].into_iter().map(length).product();
                let here = [length(field.axes.time) * others, length(field.axes.j), length(field.axes.i)];
                let before = largest.unwrap_or([1; 3]);
                largest = Some([0, 1, 2].map(|at| before[at].max(here[at])));
            }
        }
        largest
    }

    /// First steps of the runs that no chunk of any field is cut by; empty where every step stands alone.
    pub fn cuts(&self) -> Vec<usize> {
        if self.chunk().is_none() {
            return Vec::new();
        }
        // A missing step belongs to the chunk before it.
        let chunk_of_steps = |field: &GriddedField| {
            let mut last = None;
            let chunk = |step: usize| {
                let (part, time) = field.part(step, 0)?;
                let info = field.arrays()[part].info();
                let length = field.axes.time.and_then(|axis| Some(info.chunk.as_ref()?[axis])).unwrap_or(1);
                Some((part, time / length.max(1)))
            };
            let chunks = (0..self.time.len()).map(|step| {
                last = chunk(step).or(last);
                last
            });
            chunks.collect::<Vec<_>>()
        };
        let chunks: Vec<Vec<Option<(usize, u64)>>> = self.fields.iter().map(|field| chunk_of_steps(field)).collect();
        let is_cut = |step: &usize| *step == 0 || chunks.iter().all(|of| of[*step] != of[*step - 1]);
        let cuts: Vec<usize> = (0..self.time.len()).filter(is_cut).collect();
        if cuts.len() == self.time.len() { Vec::new() } else { cuts }
    }

    /// The chunks that reading a window of some steps of a field takes.
    pub fn chunks(&self, field: usize, steps: &Range<usize>, window: &Window, into: &mut BTreeSet<ChunkKey>) {
        let of = &self.fields[field];
        for rectangle in of.rectangles(&self.extent, window) {
            for step in steps.clone() {
                let Some((part, time)) = of.part(step, rectangle.tile) else { continue };
                let array = &of.arrays()[part];
                if array.is_direct() {
                    continue;
                }
                let chunks = array.chunks(&of.axes, &of.plane(&rectangle, time));
                into.extend(chunks.into_iter().map(|(chunk, _)| ChunkKey {
                    field: field as u32,
                    file: part as u32,
                    chunk,
                }));
            }
        }
    }

    /// Has chunks decoded and kept until they are released; returns bytes read.
    ///
    /// # Errors
    /// When one cannot be read or decoded, or is not stored where that ends the run.
    pub fn hold(&self, keys: &[ChunkKey]) -> Result<u64, SourceError> {
        self.cache.hold(keys, |key, buffer| {
            let field = &self.fields[key.field as usize];
            let array = &field.arrays()[key.file as usize];
            let (decoded, bytes) = array.decode(key.chunk, buffer)?;
            if decoded.is_none() && self.missing_chunks_fail {
                return Err(self.not_stored(key, ""));
            }
            Ok((decoded, bytes))
        })
    }

    /// Values of one snapshot in a window's chunks, each chunk once: chunks that are in `seen` already do not count.
    pub fn values_decoded(&self, field: usize, window: &Window, seen: &mut BTreeSet<(usize, u64, u64)>) -> u64 {
        let of = &self.fields[field];
        let Some(step) = of.steps.iter().position(Option::is_some) else { return 0 };
        let mut values = 0;
        for rectangle in of.rectangles(&self.extent, window) {
            let Some((part, time)) = of.part(step, rectangle.tile) else { continue };
            let array = &of.arrays()[part];
            let plane = of.plane(&rectangle, time);
            if array.is_direct() {
                values += (plane.j.end - plane.j.start) * (plane.i.end - plane.i.start);
                continue;
            }
            let info = array.info();
            let length =
                |axis: Option<usize>| axis.map_or(1, |axis| info.chunk.as_ref().map_or(1, |chunk| chunk[axis]));
            for (number, _) in array.chunks(&of.axes, &plane) {
                if seen.insert((field, part as u64, number)) {
                    values += length(of.axes.j) * length(of.axes.i);
                }
            }
        }
        values
    }
}
