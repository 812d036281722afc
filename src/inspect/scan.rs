//! Reading every value of a field, several files at a time.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rayon::prelude::*;

use super::extremes::{MapValues, Place, When};
use super::{FieldFiles, FieldReport, Look, ValuesReport};
use crate::report::Observer;
use crate::source::SourceError;
use crate::source::mds::{FileFacts, Number};

/// Rows are read in pieces of about so many bytes.
const PIECE_BYTES: u64 = 1 << 20;

/// Which values to read and what to expect of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScanRequest {
    /// Only this record, 1-based; none: all.
    pub record: Option<u64>,
    /// Only this level, 1-based; none: all.
    pub level: Option<u64>,
    /// Values outside are counted.
    pub valid_range: Option<[f64; 2]>,
}

/// A record and level, both 0-based.
type Plane = (u64, u64);

/// Reads every value of a field; the reports are in order of record, then level.
///
/// Files that are odd in length or layout are left out: [`FieldReport::trouble`] has them. Memory is a piece of
/// about 1 MiB a thread, and about 150 bytes a map.
///
/// # Errors
/// When a file cannot be read.
pub fn scan_values(
    files: &FieldFiles,
    report: &FieldReport,
    look: &Look,
    request: &ScanRequest,
    observer: &dyn Observer,
) -> Result<Vec<ValuesReport>, SourceError> {
    let Some(layout) = &report.layout else { return Ok(Vec::new()) };
    let odd: HashSet<&str> = report.trouble.iter().map(|trouble| trouble.file.as_str()).collect();
    let sound: Vec<&FileFacts> = files.files.iter().filter(|file| !odd.contains(file.listed.file.as_str())).collect();
    if sound.is_empty() {
        // Where no file is as long as the layout says, its numbers may be anything.
        return Ok(Vec::new());
    }
    let only = |chosen: Option<u64>, count: u64| match chosen {
        Some(number) if (1..=count).contains(&number) => number - 1..number,
        Some(_) => 0..0,
        None => 0..count,
    };
    let planes: Vec<Plane> = only(request.record, layout.records)
        .flat_map(|record| only(request.level, layout.levels).map(move |level| (record, level)))
        .collect();
    let snapshots: Vec<&[&FileFacts]> =
        sound.chunk_by(|one, next| one.listed.iteration == next.listed.iteration).collect();
    let lengths = sound.iter().filter_map(|file| file.length.as_ref().ok());
    let bytes = lengths.sum::<u64>() / (layout.records * layout.levels) * planes.len() as u64;
    observer.begin(&format!("scanning {}", report.name), snapshots.len() as u64, bytes);
    let number = match (layout.value_bytes, look.endian) {
        (8, endian) => Number::Float64(endian),
        (_, endian) => Number::Float32(endian),
    };
    let scanned: Result<Vec<Vec<MapValues>>, SourceError> = snapshots
        .par_iter()
        .map_init(Buffers::default, |buffers, tiles| {
            let mut maps = vec![MapValues::default(); planes.len()];
            for file in *tiles {
                let tile = Tile::of(file, [layout.ni, layout.nj], layout.levels);
                tile.scan(&look.folder.join(&file.listed.file), number, &planes, request, buffers, &mut maps)?;
            }
            observer.advance(1);
            Ok(maps)
        })
        .collect();
    observer.end();
    let scanned = scanned?;
    let reports = planes.iter().enumerate().map(|(at, (record, level))| {
        let maps: Vec<(Option<u64>, MapValues)> =
            snapshots.iter().zip(&scanned).map(|(tiles, maps)| (tiles[0].listed.iteration, maps[at].clone())).collect();
        // Of a restart file whose records are slices, names are not those of records.
        let named = layout.record_names.len() as u64 == layout.records;
        let name = layout.record_names.get(*record as usize).filter(|_| named).cloned();
        let when = |iteration: Option<u64>| When {
            iteration,
            date: look.clock.zip(iteration).map(|(clock, iteration)| clock.date(iteration)),
        };
        ValuesReport {
            record: Some(record + 1),
            record_name: name,
            level: Some(level + 1),
            ..ValuesReport::of(&maps, when, request.valid_range)
        }
    });
    Ok(reports.collect())
}

#[derive(Default)]
struct Buffers {
    raw: Vec<u8>,
    values: Vec<f64>,
}

/// Where the values of a file lie in the domain; a file that is no tile holds all of it.
struct Tile {
    first_i: u64,
    first_j: u64,
    ni: u64,
    nj: u64,
    levels: u64,
}

impl Tile {
    fn of(file: &FileFacts, [ni, nj]: [u64; 2], levels: u64) -> Tile {
        let ranges = file.meta.as_ref().and_then(|meta| meta.as_ref().ok()).map(|meta| meta.ranges.as_slice());
        let (i, j) = match ranges {
            Some([i, j, ..]) => (*i, *j),
            _ => ([1, ni], [1, nj]),
        };
        Tile { first_i: i[0] - 1, first_j: j[0] - 1, ni: i[1] - i[0] + 1, nj: j[1] - j[0] + 1, levels }
    }

    /// Adds the values of a file to the maps of their planes; the file's length was found right.
    fn scan(
        &self,
        path: &Path,
        number: Number,
        planes: &[Plane],
        request: &ScanRequest,
        buffers: &mut Buffers,
        maps: &mut [MapValues],
    ) -> Result<(), SourceError> {
        let unreadable = |error: std::io::Error| SourceError::Io { path: path.to_owned(), reason: error.to_string() };
        let file = File::open(path).map_err(unreadable)?;
        let row_bytes = self.ni * number.bytes() as u64;
        let rows_at_once = (PIECE_BYTES / row_bytes).clamp(1, self.nj);
        for ((record, level), map) in planes.iter().zip(maps) {
            let start = (record * self.levels + level) * self.nj * row_bytes;
            for row in (0..self.nj).step_by(rows_at_once as usize) {
                let rows = rows_at_once.min(self.nj - row);
                buffers.raw.resize((rows * row_bytes) as usize, 0);
                buffers.values.resize((rows * self.ni) as usize, 0.0);
                file.read_exact_at(&mut buffers.raw, start + row * row_bytes).map_err(unreadable)?;
                number.decode(&buffers.raw, &mut buffers.values);
                for (j, values) in (self.first_j + row..).zip(buffers.values.chunks_exact(self.ni as usize)) {
                    map.add(values, Place { face: None, j, i: self.first_i }, request.valid_range);
                }
            }
        }
        Ok(())
    }
}
