//! The first look at a folder of MDS files, by one rank: names, shapes, lengths, times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::super::{SourceError, TimeAxis};
use super::catalog::MdsCatalogField;
use super::listing::meta_path;
use super::{Endian, Listing, MdsCatalog, Meta, Number};
use crate::config::Pattern;
use crate::grid::Extent;

/// A field to look for.
#[derive(Clone, Debug)]
pub struct MdsField {
    /// Its name in file names.
    pub name: String,
    /// The configuration key that names it.
    pub key: &'static str,
    /// Its record in the file.
    pub record: RecordChoice,
}

/// A record of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordChoice {
    /// By place, 1-based.
    Number(u64),
    /// By name in `fldList`.
    Name(String),
}

/// What to look for, and how.
#[derive(Clone, Debug)]
pub struct MdsRequest {
    /// Folder.
    pub folder: PathBuf,
    /// File-name template.
    pub pattern: Pattern,
    /// Fields; all on one shape and one time axis.
    pub fields: Vec<MdsField>,
    /// Level, 1-based.
    pub level: u64,
    /// Seconds of one iteration.
    pub seconds_per_iteration: f64,
    /// Iteration 0, in seconds since 1970.
    pub epoch_seconds: i64,
    /// Byte order.
    pub endian: Endian,
    /// Stored type where there is no `.meta`: bytes of a value.
    pub value_bytes: usize,
    /// Shape [nj, ni] where there is no `.meta`.
    pub shape: Option<[usize; 2]>,
    /// Half-open selection, seconds since 1970.
    pub time: Option<[i64; 2]>,
    /// Whether missing snapshots end the run.
    pub fail_on_gaps: bool,
}

/// A snapshot file found.
struct Found {
    iteration: u64,
    file: PathBuf,
    length: u64,
    meta: Option<Meta>,
}

/// How values lie in the files of a field.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    ni: u64,
    nj: u64,
    levels: u64,
    records: u64,
    number: Number,
    fields: Vec<String>,
}

/// Looks at every file of every field.
///
/// # Errors
/// When files are missing, cut, of different shapes, or uneven in time; see [`SourceError`].
pub fn scan(request: &MdsRequest) -> Result<MdsCatalog, SourceError> {
    let listing = Listing::read(&request.folder, &request.pattern)?;
    let names = listing.names();
    let mut fields = Vec::new();
    let mut first: Option<(String, Layout, TimeAxis)> = None;
    for field in &request.fields {
        let found = find(request, field, names)?;
        let layout = layout(request, field, &found)?;
        let iterations: Vec<u64> = found.iter().map(|found| found.iteration).collect();
        let time = TimeAxis::new(&iterations, request.seconds_per_iteration, request.epoch_seconds)?;
        match &first {
            None => first = Some((field.name.clone(), layout.clone(), time)),
            Some((name, other, axis)) => same(request, (name, other, axis), (&field.name, &layout, &time))?,
        }
        let plane = layout.ni * layout.nj * layout.number.bytes() as u64;
        let record = record(request, field, &layout, &request.folder.join(&found[0].file))?;
        if request.level < 1 || request.level > layout.levels {
            return Err(SourceError::NotInFile {
                key: "level",
                asked: request.level.to_string(),
                path: request.folder.join(&found[0].file),
                have: format!("{} level(s)", layout.levels),
            });
        }
        let mut by_iteration: BTreeMap<u64, PathBuf> =
            found.into_iter().map(|found| (found.iteration, found.file)).collect();
        let (_, _, axis) = first.as_ref().ok_or_else(|| SourceError::NoFolder { path: request.folder.clone() })?;
        let files = (0..axis.len()).map(|step| by_iteration.remove(&axis.iteration(step))).collect();
        fields.push(MdsCatalogField {
            name: field.name.clone(),
            files,
            offset_bytes: (record * layout.levels + request.level - 1) * plane,
            length_bytes: plane * layout.levels * layout.records,
        });
    }
    let (_, layout, axis) = first.ok_or_else(|| SourceError::NoFolder { path: request.folder.clone() })?;
    let (time, skipped) = match request.time {
        None => (axis.clone(), 0),
        Some([start, stop]) => {
            let part = axis.select(start, stop)?;
            let skipped = (part.first_iteration - axis.first_iteration) / axis.iterations_per_step;
            (part, skipped as usize)
        }
    };
    for field in &mut fields {
        field.files = field.files[skipped..skipped + time.len()].to_vec();
    }
    if request.fail_on_gaps && time.missing().next().is_some() {
        let field = &request.fields[0];
        let missing: Vec<usize> = time.missing().collect();
        return Err(SourceError::Gaps {
            field: request.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", "),
            count: missing.len(),
            first: format!(
                "{} ({})",
                request.pattern.file_name(&field.name, time.iteration(missing[0])),
                time.date(missing[0])
            ),
        });
    }
    Ok(MdsCatalog {
        extent: Extent { faces: 1, nj: layout.nj as usize, ni: layout.ni as usize, has_faces: false },
        number: layout.number,
        time,
        folder: request.folder.clone(),
        fields,
    })
}

/// The files of one field in order of time, each with its length and `.meta`.
fn find(request: &MdsRequest, field: &MdsField, names: &[String]) -> Result<Vec<Found>, SourceError> {
    let matching: Vec<(u64, &String)> =
        names.iter().filter_map(|name| Some((request.pattern.iteration_of(&field.name, name)?, name))).collect();
    if matching.is_empty() {
        let nearest = names
            .iter()
            .map(|name| (strsim::jaro_winkler(name, &request.pattern.file_name(&field.name, 0)), name))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or_else(String::new, |(_, name)| format!("; nearest is {name}"));
        return Err(SourceError::NoSnapshots {
            field: field.name.clone(),
            key: field.key.to_owned(),
            path: request.folder.clone(),
            count: names.len(),
            example: request.pattern.file_name(&field.name, 0),
            pattern: request.pattern.to_string(),
            nearest,
        });
    }
    let mut found = matching
        .into_par_iter()
        .map(|(iteration, name)| {
            let path = request.folder.join(name);
            let length = std::fs::metadata(&path).map_err(|error| SourceError::io(&path, &error))?.len();
            let meta_path = meta_path(&path);
            let meta = if meta_path.is_file() { Some(Meta::read(&meta_path)?) } else { None };
            Ok(Found { iteration, file: PathBuf::from(name), length, meta })
        })
        .collect::<Result<Vec<_>, SourceError>>()?;
    found.sort_by_key(|found| found.iteration);
    Ok(found)
}

/// The layout that all files of a field share; lengths are checked against it.
fn layout(request: &MdsRequest, field: &MdsField, found: &[Found]) -> Result<Layout, SourceError> {
    let path = |found: &Found| request.folder.join(&found.file);
    let mut common: Option<(Layout, &Found)> = None;
    let mut wrong: Vec<(&Found, u64, String)> = Vec::new();
    for file in found {
        let this = match &file.meta {
            Some(meta) => from_meta(request, meta, &path(file))?,
            None => without_meta(request, file, common.as_ref().map(|(layout, _)| layout), &path(file))?,
        };
        if let Some(iteration) = file.meta.as_ref().and_then(|meta| meta.iteration)
            && iteration != file.iteration
        {
            return Err(SourceError::Meta {
                path: meta_path(&path(file)),
                reason: format!("says timeStepNumber {iteration}, the file's name says {}", file.iteration),
            });
        }
        match &common {
            None => common = Some((this.clone(), file)),
            Some((layout, other)) if *layout != this => {
                return Err(SourceError::Meta {
                    path: meta_path(&path(file)),
                    reason: format!(
                        "describes {}, {} describes {}; all snapshots of {} must have one shape",
                        describe(&this),
                        meta_path(&path(other)).display(),
                        describe(layout),
                        field.name
                    ),
                });
            }
            Some(_) => {}
        }
        let expected = this.ni * this.nj * this.levels * this.records * this.number.bytes() as u64;
        if file.length != expected {
            wrong.push((file, expected, describe(&this)));
        }
    }
    if let Some((file, expected, why)) = wrong.first() {
        return Err(SourceError::Length {
            path: path(file),
            got: file.length,
            expected: *expected,
            why: why.clone(),
            more: match wrong.len() {
                1 => String::new(),
                count => format!("; {} more file(s) of {} have a wrong length too", count - 1, field.name),
            },
        });
    }
    common.map(|(layout, _)| layout).ok_or_else(|| SourceError::NoFolder { path: request.folder.clone() })
}

fn describe(layout: &Layout) -> String {
    let kind = if layout.number.bytes() == 8 { "float64" } else { "float32" };
    format!("{} x {} x {} level(s) x {} record(s) of {kind}", layout.ni, layout.nj, layout.levels, layout.records)
}

fn number(request: &MdsRequest, value_bytes: usize) -> Number {
    if value_bytes == 8 { Number::Float64(request.endian) } else { Number::Float32(request.endian) }
}

fn from_meta(request: &MdsRequest, meta: &Meta, path: &Path) -> Result<Layout, SourceError> {
    let wrong = |reason: String| SourceError::Meta { path: meta_path(path), reason };
    let value_bytes = match meta.data_precision.as_deref() {
        None => request.value_bytes,
        Some("float32" | "real*4") => 4,
        Some("float64" | "real*8") => 8,
        Some(other) => return Err(wrong(format!("dataprec is `{other}`; float32 and float64 can be read"))),
    };
    if meta.ranges.iter().zip(&meta.dimensions).any(|(range, &size)| *range != [1, size]) {
        return Err(wrong("describes one tile of a larger field; tiled files cannot be read yet".into()));
    }
    let (ni, nj) = (meta.dimensions[0], meta.dimensions[1]);
    let levels = meta.dimensions.get(2).copied().unwrap_or(1);
    let records = meta.records.unwrap_or(1);
    let bytes = [ni, nj, levels, records, value_bytes as u64].into_iter().try_fold(1_u64, u64::checked_mul);
    if bytes.is_none_or(|bytes| bytes > i64::MAX as u64) || ni * nj == 0 {
        return Err(wrong(format!("gives {ni} x {nj} x {levels} x {records} values, which no file can hold")));
    }
    if let Some(shape) = request.shape
        && shape != [nj as usize, ni as usize]
    {
        return Err(wrong(format!("gives nj = {nj}, ni = {ni}, but [input] shape = {shape:?}")));
    }
    Ok(Layout { ni, nj, levels, records, number: number(request, value_bytes), fields: meta.fields.clone() })
}

fn without_meta(
    request: &MdsRequest,
    file: &Found,
    common: Option<&Layout>,
    path: &Path,
) -> Result<Layout, SourceError> {
    if let Some(layout) = common {
        return Ok(layout.clone());
    }
    let Some([nj, ni]) = request.shape else { return Err(SourceError::NoShape { path: path.to_owned() }) };
    let plane =
        [nj, ni, request.value_bytes].into_iter().try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX) as u64;
    if file.length == 0 || !file.length.is_multiple_of(plane) {
        return Err(SourceError::Length {
            path: path.to_owned(),
            got: file.length,
            expected: plane,
            why: format!(
                "[input] shape = [{nj}, {ni}] of {} bytes each, or a whole number of such levels",
                request.value_bytes
            ),
            more: String::new(),
        });
    }
    Ok(Layout {
        ni: ni as u64,
        nj: nj as u64,
        levels: file.length / plane,
        records: 1,
        number: number(request, request.value_bytes),
        fields: Vec::new(),
    })
}

/// 0-based record.
fn record(_request: &MdsRequest, field: &MdsField, layout: &Layout, path: &Path) -> Result<u64, SourceError> {
    let not_there = |asked: String| SourceError::NotInFile {
        key: "record",
        asked,
        path: path.to_owned(),
        have: match layout.fields.as_slice() {
            [] => format!("{} record(s)", layout.records),
            names => format!("{} record(s): {}", layout.records, names.join(", ")),
        },
    };
    match &field.record {
        RecordChoice::Number(number) if (1..=layout.records).contains(number) => Ok(number - 1),
        RecordChoice::Number(number) => Err(not_there(number.to_string())),
        RecordChoice::Name(name) => layout
            .fields
            .iter()
            .position(|field| field == name)
            .map(|at| at as u64)
            .filter(|&at| at < layout.records)
            .ok_or_else(|| not_there(format!("\"{name}\""))),
    }
}

/// Two fields must share shape and times.
fn same(
    request: &MdsRequest,
    (name, layout, axis): (&str, &Layout, &TimeAxis),
    (other_name, other, other_axis): (&str, &Layout, &TimeAxis),
) -> Result<(), SourceError> {
    let differ =
        |what: String| SourceError::FieldsDiffer { first: name.to_owned(), second: other_name.to_owned(), what };
    if (layout.ni, layout.nj, layout.number) != (other.ni, other.nj, other.number) {
        return Err(differ(format!("{} and {}", describe(layout), describe(other))));
    }
    if axis == other_axis {
        return Ok(());
    }
    let iterations = |axis: &TimeAxis| -> Vec<u64> {
        (0..axis.len()).filter(|&step| axis.present[step]).map(|step| axis.iteration(step)).collect()
    };
    let (ours, theirs) = (iterations(axis), iterations(other_axis));
    let lacking = ours.iter().find(|iteration| theirs.binary_search(iteration).is_err()).map(|at| (other_name, at));
    let lacking = lacking.or_else(|| theirs.iter().find(|at| ours.binary_search(at).is_err()).map(|at| (name, at)));
    Err(differ(match lacking {
        Some((lacks, &iteration)) => format!(
            "{} and {} snapshots; {} is missing",
            ours.len(),
            theirs.len(),
            request.pattern.file_name(lacks, iteration)
        ),
        None => format!("{} and {} snapshots", ours.len(), theirs.len()),
    }))
}
