//! Reading every value of the arrays of files that describe themselves, chunk by chunk, on all threads.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::extremes::{MapValues, Place, When};
use super::{ArrayReport, StoreReport, ValuesReport};
use crate::report::Observer;
use crate::source::SourceError;
use crate::source::dataset::ArrayInfo;
use crate::source::gridded::{Axes, DimensionNames, Looked, Looks, MapBuffers, Maps, TimesOfFile, map_axes};

/// Which arrays to read and what to expect of them.
#[derive(Clone, Debug, Default)]
pub struct StoreScan {
    /// Only arrays of these names; empty: all with rows, columns and a time dimension.
    pub names: Vec<String>,
    /// Names of dimensions that are configured.
    pub dimensions: DimensionNames,
    /// Only this level, 1-based; none: all.
    pub level: Option<u64>,
    /// Values outside are counted.
    pub valid_range: Option<[f64; 2]>,
}

/// A map: level, then milliseconds since 1970, or of files whose times are not known the place of the file among all, then
/// that along time in it.
type MapKey = (u64, [i64; 2]);

/// An array in one of the files.
struct InFile<'a> {
    number: usize,
    looked: &'a Looked,
    info: &'a ArrayInfo,
    axes: Axes,
    times: Option<&'a TimesOfFile>,
}

/// What was found so far of an array, in all files.
#[derive(Default)]
struct Found {
    maps: BTreeMap<MapKey, MapValues>,
    not_stored: u64,
    unreadable: Vec<String>,
}

/// Reads every value of the arrays of a report. What cannot be read is told with its array; the rest is read.
///
/// Each thread holds one chunk at a time; maps take about 150 bytes each.
pub fn scan_stores(report: &mut StoreReport, looks: &Looks, request: &StoreScan, observer: &dyn Observer) {
    for array in &mut report.arrays {
        let files = files_of(array, looks, request);
        if !files.is_empty() {
            scan(array, &files, request, observer);
        }
    }
}

/// The files of an array that is wanted.
fn files_of<'a>(array: &ArrayReport, looks: &'a Looks, request: &StoreScan) -> Vec<InFile<'a>> {
    let is_named = request.names.contains(&array.name);
    if !is_named && !request.names.is_empty() {
        return Vec::new();
    }
    let in_file = |(number, looked): (usize, &'a Looked)| {
        let info = looked.dataset.array(&array.name)?;
        let axes = map_axes(looked, info, &request.dimensions)?;
        let times = axes.time.and_then(|axis| looked.times.get(&info.dimensions[axis])?.as_ref().ok());
        (is_named || axes.time.is_some()).then_some(InFile { number, looked, info, axes, times })
    };
    looks.files.iter().enumerate().filter_map(in_file).collect()
}

fn scan(array: &mut ArrayReport, files: &[InFile<'_>], request: &StoreScan, observer: &dyn Observer) {
    let level = request.level.map(|level| level - 1);
    let bytes: u64 = files.iter().map(|file| bytes_of(file, level.is_some())).fold(0, u64::saturating_add);
    observer.begin(&format!("scanning {}", array.name), bytes, bytes);
    let found = Mutex::new(Found::default());
    files.par_iter().for_each(|file| scan_file(file, level, request.valid_range, &found, observer));
    observer.end();
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    array.chunks_not_stored = Some(found.not_stored);
    array.unreadable = found.unreadable;
    array.unreadable.sort();
    let mut by_level: BTreeMap<u64, Vec<([i64; 2], MapValues)>> = BTreeMap::new();
    for ((level, time), map) in found.maps {
        by_level.entry(level).or_default().push((time, map));
    }
    let dated = files[0].times.filter(|_| files.iter().all(|file| file.times.is_some()));
    let when = |time: [i64; 2]| When { iteration: None, date: dated.map(|times| times.date(time[0])) };
    let has_levels = files.iter().any(|file| file.axes.level.is_some());
    array.values = by_level
        .into_iter()
        .map(|(level, maps)| ValuesReport {
            level: has_levels.then_some(level + 1),
            ..ValuesReport::of(&maps, when, request.valid_range)
        })
        .collect();
}

/// Bytes of the values of an array in a file, as they are when they are decoded.
fn bytes_of(file: &InFile<'_>, of_one_level: bool) -> u64 {
    let InFile { info, axes, .. } = file;
    let levels = axes.level.filter(|_| of_one_level).map_or(1, |axis| info.shape[axis].max(1));
    info.values().unwrap_or(u64::MAX).saturating_mul(info.element.bytes() as u64) / levels
}

fn scan_file(
    file: &InFile<'_>,
    level: Option<u64>,
    valid_range: Option<[f64; 2]>,
    found: &Mutex<Found>,
    observer: &dyn Observer,
) {
    let found = || -> MutexGuard<'_, Found> { found.lock().unwrap_or_else(PoisonError::into_inner) };
    let failed = |error: SourceError| found().unreadable.push(error.to_string());
    let maps = match Maps::open(file.looked, file.info, file.axes) {
        Ok(maps) => maps,
        Err(error) => return failed(error),
    };
    let times: Option<Vec<i64>> = file.times.map(|times| times.milliseconds().collect());
    let time_of = |at: u64| match &times {
        Some(times) => [times.get(at as usize).copied().unwrap_or_default(), 0],
        None => [file.number as i64, at as i64],
    };
    let scan_piece = |(buffers, parts): &mut (MapBuffers, BTreeMap<MapKey, MapValues>), piece: u64| {
        parts.clear();
        let read = maps.read(piece, level, buffers, |row| {
            let map = parts.entry((row.level, time_of(row.time))).or_default();
            map.add(row.values, Place { face: row.face, j: row.j, i: row.i }, valid_range);
        });
        let values: u64 = parts.values().map(MapValues::count).sum();
        match read {
            Ok(is_stored) => {
                let mut found = found();
                found.not_stored += u64::from(!is_stored);
                parts.iter().for_each(|(key, part)| found.maps.entry(*key).or_default().merge(part));
            }
            Err(error) => failed(error),
        }
        observer.advance(values * file.info.element.bytes() as u64);
    };
    (0..maps.pieces()).into_par_iter().for_each_init(Default::default, scan_piece);
}
