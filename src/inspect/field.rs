//! One field of a folder: how its values lie in the files, and which files are odd.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{FieldFiles, Look, TimeReport, ValuesReport};
use crate::source::mds::{FileFacts, Meta};

/// The files of one name.
#[derive(Clone, Debug, Serialize)]
pub struct FieldReport {
    /// The name.
    pub name: String,
    /// Different iterations.
    pub snapshots: usize,
    /// Files, tiles counted each.
    pub files: usize,
    /// Files of a snapshot: 1, or the tiles of most snapshots.
    pub tiles: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// How values lie in most of the files; none where neither a `.meta` nor the configuration says it.
    pub layout: Option<FieldLayout>,
    /// Times; none where only restart files are there.
    pub time: Option<TimeReport>,
    /// Files without an iteration in their names, which a run cannot use.
    pub restart_files: Vec<String>,
    /// Files that are not like the others.
    pub trouble: Vec<Trouble>,
    /// What is in the files, if every value was read; by record, then level.
    pub values: Vec<ValuesReport>,
}

/// How values lie in a file: [record][level][j][i].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FieldLayout {
    /// Columns of the whole domain.
    pub ni: u64,
    /// Rows of the whole domain.
    pub nj: u64,
    /// Levels.
    pub levels: u64,
    /// Records.
    pub records: u64,
    /// Bytes of a value, a floating-point number.
    pub value_bytes: u64,
    /// Names of the fields in a file, where its `.meta` has them.
    pub record_names: Vec<String>,
}

impl FieldLayout {
    fn by_meta(meta: &Meta, value_bytes: u64) -> Option<FieldLayout> {
        Some(FieldLayout {
            ni: *meta.dimensions.first()?,
            nj: *meta.dimensions.get(1)?,
            levels: meta.dimensions.get(2).copied().unwrap_or(1),
            records: meta.records.unwrap_or(1),
            value_bytes: meta.value_bytes(value_bytes)?,
            record_names: meta.fields.clone(),
        })
    }

    /// `48 x 40, 6 levels, float32`.
    pub(super) fn describe(&self) -> String {
        let count = |count: u64, what: &str| match count {
            1 => String::new(),
            count => format!(", {count} {what}"),
        };
        let (levels, records) = (count(self.levels, "levels"), count(self.records, "records"));
        format!("{} x {}{levels}{records}, float{}", self.ni, self.nj, 8 * self.value_bytes)
    }
}

/// A file that is not like the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Its path relative to the folder.
    pub file: String,
    /// What is odd.
    pub what: String,
}

/// What most of the items are; of equally frequent ones the least.
fn most_frequent<T: Ord + Clone>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(item, _)| item)
}

impl FieldReport {
    pub(super) fn of(field: &FieldFiles, look: &Look) -> FieldReport {
        let files = &field.files;
        let lengths = || files.iter().filter_map(|file| file.length.as_ref().ok().copied());
        let usual_length = most_frequent(lengths());
        let by_meta = most_frequent(files.iter().filter_map(|file| {
            let meta = file.meta.as_ref()?.as_ref().ok()?;
            FieldLayout::by_meta(meta, look.value_bytes)
        }));
        let layout = by_meta.or_else(|| by_shape(look, usual_length?));
        let mut tiles: BTreeMap<Option<u64>, usize> = BTreeMap::new();
        files.iter().for_each(|file| *tiles.entry(file.listed.iteration).or_default() += 1);
        let usual_tiles = most_frequent(tiles.values().copied()).unwrap_or(1);

        let what_is_odd = |file: &FileFacts| odd(file, layout.as_ref(), usual_length, look.value_bytes);
        let mut trouble: Vec<Trouble> = files
            .iter()
            .filter_map(|file| Some(Trouble { file: file.listed.file.clone(), what: what_is_odd(file)? }))
            .collect();
        for (iteration, count) in tiles.iter().filter(|(_, count)| **count != usual_tiles) {
            let first = files.iter().find(|file| file.listed.iteration == *iteration);
            trouble.extend(first.map(|file| Trouble {
                file: file.listed.file.clone(),
                what: format!("one of {count} file(s) of its time, most times have {usual_tiles}"),
            }));
        }
        FieldReport {
            name: field.name.clone(),
            snapshots: tiles.keys().filter(|iteration| iteration.is_some()).count(),
            files: files.len(),
            tiles: usual_tiles,
            bytes: lengths().sum(),
            layout,
            time: TimeReport::of(field, look.clock.as_ref()),
            restart_files: files
                .iter()
                .filter(|file| file.listed.iteration.is_none())
                .map(|file| file.listed.file.clone())
                .collect(),
            trouble,
            values: Vec::new(),
        }
    }
}

fn by_shape(look: &Look, length: u64) -> Option<FieldLayout> {
    let [nj, ni] = look.shape?.map(|size| size as u64);
    let plane = nj.checked_mul(ni)?.checked_mul(look.value_bytes)?;
    let levels = length.checked_div(plane)?;
    let layout = FieldLayout { ni, nj, levels, records: 1, value_bytes: look.value_bytes, record_names: Vec::new() };
    (levels > 0).then_some(layout)
}

/// What is odd about a file.
fn odd(file: &FileFacts, layout: Option<&FieldLayout>, usual_length: Option<u64>, value_bytes: u64) -> Option<String> {
    let length = match &file.length {
        Ok(length) => *length,
        Err(reason) => return Some(reason.clone()),
    };
    let meta = match &file.meta {
        Some(Ok(meta)) => Some(meta),
        Some(Err(reason)) => return Some(reason.clone()),
        None => None,
    };
    let Some(meta) = meta else {
        let usual = usual_length.filter(|usual| *usual != length)?;
        return Some(format!("has no .meta and {length} bytes, most have {usual}"));
    };
    if let (Some(said), Some(named)) = (meta.iteration, file.listed.iteration)
        && said != named
    {
        return Some(format!("its .meta says timeStepNumber {said}"));
    }
    let Some(own) = FieldLayout::by_meta(meta, value_bytes) else {
        return Some(format!("its .meta says dataprec {}", meta.data_precision.as_deref().unwrap_or("nothing")));
    };
    if let Some(usual) = layout.filter(|usual| **usual != own) {
        return Some(format!("its .meta describes {}, most describe {}", own.describe(), usual.describe()));
    }
    match file.expected_bytes(value_bytes) {
        Some(expected) if expected != length => Some(format!("has {length} bytes, its .meta describes {expected}")),
        Some(_) => None,
        None => Some("its .meta describes more than a file can hold".into()),
    }
}
