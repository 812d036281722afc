//! Files as they are, without judgement: descriptions and times.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Dataset};
use super::assemble::Holder;
use super::files::{Format, expand};
use super::roles::{Axes, DimensionNames, axes};
use super::times::Times;
use crate::terms::DateTime;

/// One file or store.
#[derive(Debug)]
pub struct Looked {
    /// Its description.
    pub dataset: Arc<Dataset>,
    /// By time dimension, its times, or why they cannot be read.
    pub times: BTreeMap<String, Result<TimesOfFile, String>>,
}

/// The times of a file along one dimension.
#[derive(Clone, Debug)]
pub struct TimesOfFile {
    /// Milliseconds since 1970 of the calendar, in the order of the file.
    pub milliseconds: Vec<i64>,
    /// Name of the calendar.
    pub calendar: &'static str,
    times: Times,
}

impl TimesOfFile {
    /// Date and time of so many milliseconds since 1970.
    pub fn date(&self, milliseconds: i64) -> String {
        self.times.text(super::times::Instant(milliseconds))
    }
}

/// Describes all files that some paths stand for; `{name}` in them stands for any.
///
/// # Errors
/// When a path stands for nothing, or a file cannot be described.
pub fn look(
    format: Format,
    paths: &[PathBuf],
    names: &[&str],
    dimensions: &DimensionNames,
    epoch: Option<DateTime>,
) -> Result<Vec<Looked>, SourceError> {
    let mut files: Vec<PathBuf> = Vec::new();
    for name in names {
        for path in expand(format, paths, name)? {
            if !files.contains(&path) {
                files.push(path);
            }
        }
    }
    files.into_iter().map(|path| one(format, &path, dimensions, epoch)).collect()
}

fn one(
    format: Format,
    path: &std::path::Path,
    dimensions: &DimensionNames,
    epoch: Option<DateTime>,
) -> Result<Looked, SourceError> {
    let holder = Holder::describe(format, path, &[])?;
    let dataset = Arc::clone(&holder.dataset);
    let mut times: BTreeMap<String, Result<TimesOfFile, String>> = BTreeMap::new();
    for array in dataset.arrays.iter().filter(|array| array.dimensions.len() > 1) {
        let Ok(found) = axes(&dataset, array, dimensions) else { continue };
        let Some(name) = found.time.map(|axis| &array.dimensions[axis]) else { continue };
        if !times.contains_key(name) {
            times.insert(name.clone(), of_file(&holder, array, &found, epoch).map_err(|error| error.to_string()));
        }
    }
    Ok(Looked { dataset, times })
}

fn of_file(
    holder: &Holder,
    array: &ArrayInfo,
    axes: &Axes,
    epoch: Option<DateTime>,
) -> Result<TimesOfFile, SourceError> {
    let times = Times::read(holder, array, axes, epoch)?;
    Ok(TimesOfFile {
        milliseconds: times.instants().map(|instant| instant.0).collect(),
        calendar: times.calendar_name(),
        times,
    })
}
