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
    /// What the log should warn of.
    pub warnings: Vec<String>,
    /// All files that were looked at; of stores, the documents and the folders of those arrays that are read.
    pub paths: Vec<PathBuf>,
    /// Whether a chunk that is not stored ends the run.
    pub missing_chunks_fail: bool,
    /// Decoded chunks.
    #[serde(skip)]
    pub cache: Arc<ChunkCache>,
}

/// Runs of time along which chunks of all fields end are not longer than so many of the longest chunks.
const MOST_CHUNKS_OF_A_RUN: usize = 2;
/// What the libraries of netCDF and HDF5 were seen to take.
const LIBRARY_BYTES: u64 = 8 << 20;
/// Of an open array.
const FILE_BYTES: u64 = 4 << 10;
/// Of a chunk's place in a table, here and in the text that it is sent as.
const PLACE_BYTES: u64 = 64;

/// What a field decodes at once: the longest of its chunks along each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldChunk {
    /// Snapshots.
    pub steps: usize,
    /// Faces.
    pub faces: usize,
    /// Levels.
    pub levels: usize,
    /// Bytes of a value.
    pub value_bytes: usize,
    /// Rows: of a chunk, of an array.
    pub rows: [usize; 2],
    /// Columns: of a chunk, of an array.
    pub columns: [usize; 2],
    /// Whether each time is spread over several arrays.
    pub tiled: bool,
    /// Whether chunks of other fields begin or end within this one's time.
    pub goes_on: bool,
}

/// Where a time axis is cut by chunks, as first steps; empty where every step stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeCuts {
    /// Runs that are read by one rank and in one round.
    pub runs: Vec<usize>,
    /// Stretches in which no chunk begins or ends.
    pub stretches: Vec<usize>,
}

/// At a step, whether no chunk of a field goes on from the step before, and whether some chunk begins.
#[derive(Clone, Copy, Debug)]
struct Edge {
    all: bool,
    any: bool,
}

/// One field of the catalog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GriddedField {
    /// Name of its array.
    pub name: String,
    /// Its units, where the first file tells them.
    pub units: Option<String>,
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

    /// Whether there are no values for the last row, and for the last column.
    pub(super) fn lacks_last(&self, extent: &Extent) -> [bool; 2] {
        let there = self.there(extent);
        let ends = there.map(|runs| runs.iter().map(|(run, _)| run.end).max().unwrap_or(0));
        [ends[0] < extent.nj, ends[1] < extent.ni]
    }

    /// Snapshots of a chunk of an array.
    fn steps_of_chunk(&self, array: &StoredArray) -> u64 {
        self.axes.time.and_then(|axis| array.info().chunk.as_ref().map(|chunk| chunk[axis])).unwrap_or(1).max(1)
    }

    /// Where chunks end, step by step. A missing step belongs to the chunks before it.
    fn edges(&self) -> Vec<Edge> {
        let arrays = self.arrays();
        let tiles = self.mosaic.tiles().len().max(1);
        let mut last: Option<(u32, u64)> = None;
        let edge = |place: &Option<(u32, u64)>| {
            let Some((first, time)) = *place else { return Edge { all: false, any: false } };
            let Some((first_before, before)) = last.replace((first, time)) else {
                return Edge { all: true, any: true };
            };
            let changes = |tile: usize| {
                let array = &arrays[first as usize + tile];
                let length = self.steps_of_chunk(array);
                first != first_before || time / length != before / length
            };
            let is_direct = |tile: usize| arrays[first as usize + tile].is_direct();
            Edge {
                all: (0..tiles).all(|tile| is_direct(tile) || changes(tile)),
                any: (0..tiles).any(|tile| !is_direct(tile) && changes(tile)),
            }
        };
        self.steps.iter().map(edge).collect()
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
    /// Whether u, the first field, has no last column, and v, the second, no last row.
    pub fn lacks_last(&self) -> [bool; 2] {
        let lacks = |field: usize, axis: usize| {
            self.fields.get(field).is_some_and(|field| field.lacks_last(&self.extent)[axis])
        };
        [lacks(0, 1), lacks(1, 0)]
    }

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

    /// What is kept in memory on each rank: libraries, and tables of chunks, which HDF5 alone needs.
    pub fn kept_bytes(&self) -> u64 {
        let of_part = |(part, array): (&Part, &StoredArray)| match part.storage {
            Storage::Hdf5(_) => PLACE_BYTES.saturating_mul(array.chunks_in_all()).saturating_add(FILE_BYTES),
            _ => FILE_BYTES,
        };
        let parts = self.fields.iter().flat_map(|field| field.parts.iter().zip(field.arrays()));
        parts.map(of_part).fold(LIBRARY_BYTES, u64::saturating_add)
    }

    /// What each field decodes at once; those that can be read by themselves are left out.
    pub fn chunks(&self) -> Vec<FieldChunk> {
        let stretches = self.cuts().stretches;
        self.fields.iter().filter_map(|field| self.chunk_of(field, &stretches)).collect()
    }

    fn chunk_of(&self, field: &GriddedField, stretches: &[usize]) -> Option<FieldChunk> {
        let axes = &field.axes;
        let mut largest: Option<FieldChunk> = None;
        for array in field.arrays() {
            let info = array.info();
            let Some(chunk) = &info.chunk else { continue };
            let length = |axis: Option<usize>| axis.map_or(1, |axis| chunk[axis].max(1) as usize);
            let whole = |axis: Option<usize>| axis.map_or(1, |axis| info.shape[axis].max(1) as usize);
            let both = |axis: Option<usize>| [length(axis), whole(axis)];
            let here = FieldChunk {
                steps: length(axes.time),
                faces: length(axes.face),
                levels: length(axes.level),
                value_bytes: info.element.bytes(),
                rows: both(axes.j),
                columns: both(axes.i),
                tiled: field.mosaic.tiles().len() > 1,
                goes_on: false,
            };
            let larger = |one: [usize; 2], other: [usize; 2]| [one[0].max(other[0]), one[1].max(other[1])];
            largest = Some(largest.map_or(here, |before| FieldChunk {
                steps: before.steps.max(here.steps),
                faces: before.faces.max(here.faces),
                levels: before.levels.max(here.levels),
                rows: larger(before.rows, here.rows),
                columns: larger(before.columns, here.columns),
                ..here
            }));
        }
        let edges = field.edges();
        let goes_on = stretches.iter().any(|&step| step > 0 && !edges[step].all);
        largest.map(|chunk| FieldChunk { goes_on, ..chunk })
    }

    /// Where chunks cut the time axis. Runs end where chunks of all fields do; where that is seldom, where those of the field
    /// with the longest do, and chunks of others that lie across are decoded on both sides.
    pub fn cuts(&self) -> TimeCuts {
        let steps = self.time.len();
        if !self.is_chunked() {
            return TimeCuts::default();
        }
        let edges: Vec<Vec<Edge>> = self.fields.iter().map(|field| field.edges()).collect();
        let starts = |is_start: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..steps).filter(|&step| step == 0 || is_start(step)).collect()
        };
        let longest = |starts: &[usize]| {
            let ends = starts.iter().skip(1).copied().chain([steps]);
            starts.iter().zip(ends).map(|(start, end)| end - start).max().unwrap_or(0)
        };
        let all = starts(&|step| edges.iter().all(|edges| edges[step].all));
        let chunked = self.fields.iter().zip(&edges).filter(|(field, _)| field.is_chunked());
        let own = chunked.map(|(_, edges)| starts(&|step| edges[step].all)).min_by_key(Vec::len);
        let runs = match own {
            Some(own) if longest(&all) > MOST_CHUNKS_OF_A_RUN * longest(&own) => own,
            _ => all,
        };
        if runs.len() == steps {
            return TimeCuts::default();
        }
        let any = |step: usize| edges.iter().any(|edges| edges[step].any) || runs.binary_search(&step).is_ok();
        TimeCuts { stretches: starts(&any), runs }
    }

    /// The chunks that reading a window of some steps of a field takes.
    pub fn keys(&self, field: usize, steps: &Range<usize>, window: &Window, into: &mut BTreeSet<ChunkKey>) {
        let of = &self.fields[field];
        for rectangle in of.rectangles(&self.extent, window) {
            let mut last = None;
            for step in steps.clone() {
                let Some((part, time)) = of.part(step, rectangle.tile) else { continue };
                let array = &of.arrays()[part];
                // Steps of one chunk take the same.
                let here = Some((part, time / of.steps_of_chunk(array)));
                if array.is_direct() || here == last {
                    continue;
                }
                last = here;
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

    /// Snapshots of a field that are decoded to read some runs of steps, each chunk once a run.
    pub fn steps_decoded(&self, field: usize, runs: &[Range<usize>]) -> u64 {
        let of = &self.fields[field];
        let mut steps = 0_u64;
        for run in runs {
            let mut last = None;
            for (part, time) in run.clone().filter_map(|step| of.part(step, 0)) {
                let array = &of.arrays()[part];
                let length = of.steps_of_chunk(array);
                if array.is_direct() {
                    steps = steps.saturating_add(1);
                } else if last.replace((part, time / length)) != Some((part, time / length)) {
                    // Beyond the array's end there are none.
                    let stored = of.axes.time.map_or(1, |axis| array.info().shape[axis]);
                    let decoded = length.min(stored.saturating_sub(time - time % length)).max(1);
                    steps = decoded.saturating_add(steps);
                }
            }
        }
        steps
    }

    /// Values of one snapshot in a window's chunks, each chunk once: chunks that are in `seen` already do not count, other
    /// levels and faces do.
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
                    let axes = [of.axes.j, of.axes.i, of.axes.level, of.axes.face];
                    let of_chunk = axes.map(length).into_iter().fold(1, u64::saturating_mul);
                    values = of_chunk.saturating_add(values);
                }
            }
        }
        values
    }
}
