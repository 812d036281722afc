//! Files as they are, without judgement: descriptions and times.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::SourceError;
use super::super::dataset::Dataset;
use super::assemble::Holder;
use super::files::{Format, expand};
use super::missing_chunks::MissingChunks;
use super::roles::{DimensionNames, axes};
use super::times::{Instant, Times};
use crate::terms::DateTime;

/// One file or store.
#[derive(Debug)]
pub struct Looked {
    /// Its description.
    pub dataset: Arc<Dataset>,
    /// The same with what its values are found by.
    pub(super) holder: Holder,
    /// Of a tile of several, its number.
    pub tile: Option<[u32; 2]>,
    /// By time dimension, its times, or why they cannot be read.
    pub times: BTreeMap<String, Result<TimesOfFile, String>>,
}

/// The times of a file along one dimension.
#[derive(Clone, Debug)]
pub struct TimesOfFile(Times);

impl TimesOfFile {
    /// Milliseconds since 1970 of the calendar, in the order of the file.
    pub fn milliseconds(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.instants().map(|instant| instant.0)
    }

    /// What should be said of chunks of the coordinate that are not stored.
    pub fn missing_chunks(&self) -> Option<String> {
        self.0.missing_chunks().map(MissingChunks::warning)
    }

    /// Name of the calendar.
    pub fn calendar(&self) -> &'static str {
        self.0.calendar_name()
    }

    /// Date and time of so many milliseconds since 1970.
    pub fn date(&self, milliseconds: i64) -> String {
        self.0.text(Instant(milliseconds))
    }

    /// What times are rounded to [ms].
    pub fn grain(&self) -> i64 {
        self.0.grain()
    }

    /// The step [s] of the axis that a run would make of times of this calendar, ascending, rounded to `grain`; with it, for
    /// each place of the axis, the time that stands there. None where they are uneven.
    pub fn axis(&self, milliseconds: &[i64], grain: i64) -> Option<(f64, Vec<Option<i64>>)> {
        let instants = milliseconds.iter().copied().map(Instant);
        let (axis, places) = self.0.axis(instants, grain, None).ok()?;
        Some((axis.interval(), places.into_iter().map(|place| place.map(|instant| instant.0)).collect()))
    }
}

/// What was found at some paths.
#[derive(Debug)]
pub struct Looks {
    /// Files and stores, in the order of their names.
    pub files: Vec<Looked>,
    /// Why others of them cannot be described.
    pub unreadable: Vec<String>,
}

/// Describes all files that some paths stand for; `{name}` in them stands for any.
///
/// # Errors
/// When a path stands for nothing, or none of the files can be described.
pub fn look(
    format: Format,
    paths: &[PathBuf],
    names: &[&str],
    dimensions: &DimensionNames,
    epoch: Option<DateTime>,
) -> Result<Looks, SourceError> {
    let mut files: Vec<PathBuf> = Vec::new();
    for name in names {
        for path in expand(format, paths, name)? {
            if !files.contains(&path) {
                files.push(path);
            }
        }
    }
    let (mut looks, mut first) = (Looks { files: Vec::new(), unreadable: Vec::new() }, None);
    for path in files {
        match one(format, &path, dimensions, epoch) {
            Ok(looked) => looks.files.push(looked),
            Err(error) => {
                looks.unreadable.push(error.to_string());
                first = first.or(Some(error));
            }
        }
    }
    match first {
        Some(error) if looks.files.is_empty() => Err(error),
        _ => Ok(looks),
    }
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
            times.insert(
                name.clone(),
                Times::read(&holder, array, &found, epoch).map(TimesOfFile).map_err(|error| error.to_string()),
            );
        }
    }
    let tile = holder.place.as_ref().and_then(|place| place.tile.number);
    Ok(Looked { dataset, holder, tile, times })
}
