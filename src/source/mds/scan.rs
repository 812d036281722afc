//! The first look at a folder of MDS files, by one rank: what a run needs of it, and whether it will do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::{LostSnapshot, LostSnapshots, SourceError, StepStatus, TimeAxis};
use super::catalog::MdsCatalogField;
use super::judgement::{Judged, Snapshot, judge};
use super::layout::{NotThere, RecordChoice};
use super::times::{axis, examine_selected};
use super::variables::{Located, locate};
use super::{Endian, Listing, MdsCatalog, Shrunk};
use crate::config::Pattern;
use crate::grid::{Extent, GridField, Layout, Masks};

/// A field to look for.
#[derive(Clone, Debug)]
pub struct MdsField {
    /// Its name in file names, or in the `.meta` of files of several fields.
    pub name: String,
    /// The configuration key that names it.
    pub key: &'static str,
    /// Its record in the file; none: the first, or that of its name where the files go by another.
    pub record: Option<RecordChoice>,
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
    /// Whether missing, cut and unreadable snapshots end the run.
    pub fail_on_gaps: bool,
    /// How the grid's faces are joined.
    pub layout: Layout,
    /// The mask of shrunk files; none: that of the field's own points.
    pub shrunk_mask: Option<GridField>,
}

/// Vectors that MITgcm stores at other points than the velocity's, so that their shrunk files have the mask of the cells.
const VECTORS_BY_CELL: [&str; 4] = ["oceTAUX", "oceTAUY", "SIuice", "SIvice"];

impl MdsRequest {
    /// The mask that shrunk files of a field have.
    fn mask(&self, field: &MdsField) -> GridField {
        self.shrunk_mask.unwrap_or(match (field.name.as_str(), field.key) {
            (name, _) if VECTORS_BY_CELL.contains(&name) => GridField::HFacC,
            ("U", _) => GridField::HFacW,
            ("V", _) => GridField::HFacS,
            (_, "u") => GridField::HFacW,
            (_, "v") => GridField::HFacS,
            _ => GridField::HFacC,
        })
    }
}

/// Looks at every file of the selected times; `masks` are those of a lat-lon-cap grid, whose files may be shrunk.
///
/// # Errors
/// When files are missing, cut, of different shapes, or uneven in time; see [`SourceError`].
pub fn scan(request: &MdsRequest, masks: Option<&Masks<'_>>) -> Result<MdsCatalog, SourceError> {
    let listing = Listing::read(&request.folder, &request.pattern)?;
    let mut notes = Vec::new();
    let located = locate(&listing, request, &mut notes)?;
    // Fields of one file are looked at once.
    let mut judged: BTreeMap<&str, Judged> = BTreeMap::new();
    for (field, asked) in located.iter().zip(&request.fields) {
        if !judged.contains_key(field.stem.as_str()) {
            let facts = examine_selected(&listing, request, field.files.clone())?;
            let name = if field.stem.is_empty() { request.pattern.to_string() } else { field.stem.clone() };
            judged.insert(&field.stem, judge(request, (&name, request.mask(asked)), masks, &facts)?);
        }
    }
    let of: Vec<&Judged> = located.iter().filter_map(|field| judged.get(field.stem.as_str())).collect();
    let Some(first) = of.first() else { return Err(SourceError::NoFolder { path: request.folder.clone() }) };
    let planes = planes(request, &located, &of)?;
    let mut selected: BTreeSet<u64> = BTreeSet::new();
    for (at, other) in of.iter().enumerate() {
        same_layout(request, (0, first), (at, other))?;
        selected.extend(other.snapshots.keys());
    }
    let all = located.iter().flat_map(|field| &field.files).filter_map(|file| file.iteration).collect();
    let mut time = axis(request, &selected, &all, first.averaged_over)?;
    if request.fail_on_gaps {
        for (at, other) in of.iter().enumerate() {
            same_times(request, &located, (0, first), (at, other))?;
        }
        no_gaps(request, &located, &time)?;
    }
    let lost = settle(request, &located, &of, &mut time);
    for (field, judged) in request.fields.iter().zip(&of) {
        for (j, i) in judged.mosaic.blank() {
            let place = super::mosaic::describe(j, i);
            notes.push(format!("no tile of {} lies at {place}, at any time: taken for land", field.name));
        }
        if let Some(Shrunk { mask, words, .. }) = judged.shrunk {
            notes.push(format!("the files of {} are shrunk to the {words} wet words of {}", field.name, mask.name()));
        }
    }
    let fields = request
        .fields
        .iter()
        .zip(of.iter().zip(planes))
        .map(|(field, (judged, plane))| MdsCatalogField {
            name: field.name.clone(),
            files: (0..time.len()).map(|step| usable(judged, time.iteration(step))).collect(),
            plane,
            planes: judged.layout.planes(),
            mosaic: judged.mosaic.clone(),
            shrunk: judged.shrunk,
            index: None,
        })
        .collect();
    let layout = &first.layout;
    Ok(MdsCatalog {
        extent: match request.layout {
            Layout::Plain(periodic) => Extent::plain(layout.nj as usize, layout.ni as usize, periodic),
            Layout::Llc => Extent::llc(layout.ni as usize),
        },
        number: layout.number,
        levels: layout.levels_of_a_field(),
        time,
        folder: request.folder.clone(),
        fields,
        lost,
        notes,
    })
}

/// The file of an iteration, if there is one that can be read.
fn usable(judged: &Judged, iteration: u64) -> Option<PathBuf> {
    let snapshot = judged.snapshots.get(&iteration)?;
    snapshot.fault.is_none().then(|| PathBuf::from(&snapshot.file))
}

/// The plane of every field; no two are one.
fn planes(request: &MdsRequest, located: &[Located], judged: &[&Judged]) -> Result<Vec<u64>, SourceError> {
    let mut planes: Vec<u64> = Vec::new();
    for (at, (field, judged)) in located.iter().zip(judged).enumerate() {
        let plane = judged.layout.plane(&field.record, request.level).map_err(|NotThere { key, asked, have }| {
            SourceError::NotInFile { key, asked, path: judged.example.clone(), have }
        })?;
        let same = planes.iter().zip(located).position(|(other, of)| *other == plane && of.stem == field.stem);
        if let Some(other) = same {
            return Err(SourceError::SameRecord {
                first: request.fields[other].key.to_owned(),
                second: request.fields[at].key.to_owned(),
                record: match &field.record {
                    RecordChoice::Number(number) => number.to_string(),
                    RecordChoice::Name(name) => format!("\"{name}\""),
                },
                path: judged.example.clone(),
            });
        }
        planes.push(plane);
    }
    Ok(planes)
}

fn differ(request: &MdsRequest, (a, b): (usize, usize), what: String) -> SourceError {
    let name = |at: usize| request.fields[at].name.clone();
    SourceError::FieldsDiffer { first: name(a), second: name(b), what }
}

/// Two fields must share shape, type, and kind of time.
fn same_layout(
    request: &MdsRequest,
    (a, one): (usize, &Judged),
    (b, other): (usize, &Judged),
) -> Result<(), SourceError> {
    let (ours, theirs) = (&one.layout, &other.layout);
    if (ours.ni, ours.nj, ours.number) != (theirs.ni, theirs.nj, theirs.number) {
        return Err(differ(request, (a, b), format!("{} and {}", ours.describe(), theirs.describe())));
    }
    let lengths = [one, other].map(|judged| judged.averaged_over.unwrap_or(0.0));
    if (lengths[0] - lengths[1]).abs() > 1e-3 * lengths[0].max(lengths[1]) {
        let describe = |length: f64| match length {
            0.0 => "snapshots".to_owned(),
            length => format!("means over {}", crate::terms::Seconds(length)),
        };
        return Err(differ(request, (a, b), lengths.map(describe).join(" and ")));
    }
    Ok(())
}

/// Under the policy `fail`, every field has every time.
fn same_times(
    request: &MdsRequest,
    located: &[Located],
    (a, one): (usize, &Judged),
    (b, other): (usize, &Judged),
) -> Result<(), SourceError> {
    let lacks = |at: usize, ours: &Judged, theirs: &Judged| {
        let lacking = theirs.snapshots.keys().find(|iteration| !ours.snapshots.contains_key(iteration))?;
        Some(request.pattern.file_name(&located[at].stem, *lacking))
    };
    let Some(file) = lacks(b, other, one).or_else(|| lacks(a, one, other)) else { return Ok(()) };
    let what = format!(
        "{} and {} snapshots; {file} is missing; [prepare] missing = \"reject\" leaves out the segments that touch such times",
        one.snapshots.len(),
        other.snapshots.len()
    );
    Err(differ(request, (a, b), what))
}

/// Under the policy `fail`, no time is missing.
fn no_gaps(request: &MdsRequest, located: &[Located], time: &TimeAxis) -> Result<(), SourceError> {
    let Some(step) = time.missing().next() else { return Ok(()) };
    let file = request.pattern.file_name(&located[0].stem, time.iteration(step));
    Err(SourceError::Gaps {
        field: request.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", "),
        count: time.missing().count(),
        first: format!("{file} ({})", time.date(step)),
    })
}

/// Sets the status of every time and lists the snapshots that cannot be used.
fn settle(request: &MdsRequest, located: &[Located], judged: &[&Judged], time: &mut TimeAxis) -> LostSnapshots {
    let mut lost = LostSnapshots::default();
    for step in 0..time.len() {
        let iteration = time.iteration(step);
        let mut status = StepStatus::Used;
        for ((field, located), judged) in request.fields.iter().zip(located).zip(judged) {
            let (file, what) = match judged.snapshots.get(&iteration) {
                None => {
                    status = StepStatus::Missing;
                    (None, "is missing")
                }
                Some(Snapshot { file, fault: Some(fault) }) => {
                    if status == StepStatus::Used {
                        status = StepStatus::Rejected;
                    }
                    (Some(file), fault.as_str())
                }
                Some(Snapshot { fault: None, .. }) => continue,
            };
            lost.push(|| LostSnapshot {
                field: field.name.clone(),
                step,
                file: file.cloned().unwrap_or_else(|| request.pattern.file_name(&located.stem, iteration)),
                what: what.to_owned(),
            });
        }
        time.status[step] = status;
    }
    lost
}

#[cfg(test)]
impl Default for MdsRequest {
    fn default() -> Self {
        MdsRequest {
            folder: PathBuf::new(),
            pattern: "{name}.{iter:010}.data".parse().unwrap(),
            fields: [("U", "u"), ("V", "v")]
                .map(|(name, key)| MdsField { name: name.into(), key, record: None })
                .into(),
            level: 1,
            seconds_per_iteration: 25.0,
            epoch_seconds: 0,
            endian: Endian::Big,
            value_bytes: 4,
            shape: None,
            time: None,
            fail_on_gaps: true,
            layout: Layout::Plain(crate::grid::Periodic::default()),
            shrunk_mask: None,
        }
    }
}
