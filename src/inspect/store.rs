//! Files and stores that describe themselves: their arrays, and the times of all of them together.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ValuesReport;
use super::time::Gap;
use crate::source::dataset::ArrayInfo;
use crate::source::gridded::{Looked, Looks, Packing, TimesOfFile};

/// What some paths stand for.
#[derive(Clone, Debug, Serialize)]
pub struct StoreReport {
    /// The paths as configured.
    pub paths: Vec<String>,
    /// Files or stores.
    pub files: usize,
    /// Their formats, each once.
    pub formats: Vec<String>,
    /// Their arrays by name, as the first file with each describes it.
    pub arrays: Vec<ArrayReport>,
    /// Times along each time dimension, of all files together.
    pub times: Vec<StoreTimeReport>,
    /// What else is to be known of them.
    pub notes: Vec<String>,
    /// Files that cannot be described, with the reason; they are not among the others.
    pub unreadable: Vec<String>,
}

/// One array.
#[derive(Clone, Debug, Serialize)]
pub struct ArrayReport {
    /// Name.
    pub name: String,
    /// Names of the dimensions.
    pub dimensions: Vec<String>,
    /// Their lengths, in the first file.
    pub shape: Vec<u64>,
    /// Type of the stored values.
    pub dtype: String,
    /// Lengths of a chunk; none where values lie one after the other.
    pub chunk: Option<Vec<u64>>,
    /// Filters and compressors.
    pub codecs: String,
    /// How values are packed, if they are.
    pub packing: String,
    /// Units.
    pub units: Option<String>,
    /// Long or standard name.
    pub long_name: Option<String>,
    /// Files that hold it.
    pub files: usize,
    /// Whether others describe it in another way, but for the lengths of dimensions.
    pub differs: bool,
    /// What is in it, if every value was read; by level.
    pub values: Vec<ValuesReport>,
    /// Chunks that are not stored, if every value was read: all their values are the fill value.
    pub chunks_not_stored: Option<u64>,
    /// What cannot be read of it, if every value was read.
    pub unreadable: Vec<String>,
}

/// Times along one dimension.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StoreTimeReport {
    /// The dimension.
    pub dimension: String,
    /// Calendar.
    pub calendar: String,
    /// Different times.
    pub count: usize,
    /// Date of the first.
    pub first: String,
    /// Date of the last.
    pub last: String,
    /// The most frequent distance [s]; none of a single time.
    pub seconds_per_step: Option<f64>,
    /// Whole steps without a snapshot.
    pub missing: u64,
    /// Where they are.
    pub gaps: Vec<DatedGap>,
    /// Distances that are no whole number of steps, where a run would find the times uneven.
    pub uneven: Vec<DatedGap>,
    /// Files whose times are of another calendar; they are not among the others.
    pub other_calendars: usize,
    /// What a run would refuse: several calendars, times that come twice.
    pub odd: Vec<String>,
    /// Files whose times cannot be read, with the reason.
    pub unreadable: Vec<String>,
}

/// A gap by its dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatedGap {
    /// Date before it.
    pub after: String,
    /// Date after it.
    pub before: String,
    /// Steps that are missing between.
    pub missing: u64,
}

impl StoreReport {
    /// Of what was looked at.
    pub fn of(paths: Vec<String>, looks: &Looks) -> Self {
        let looked = &looks.files;
        let once = |texts: &mut dyn Iterator<Item = String>| {
            let mut texts: Vec<String> = texts.collect();
            texts.sort();
            texts.dedup();
            texts
        };
        let mut arrays: Vec<ArrayReport> = Vec::new();
        for array in looked.iter().flat_map(|file| &file.dataset.arrays) {
            let here = ArrayReport::of(array);
            match arrays.iter_mut().find(|other| other.name == array.name) {
                None => arrays.push(here),
                Some(other) => {
                    other.files += 1;
                    other.differs |= !other.is_like(&here);
                }
            }
        }
        StoreReport {
            paths,
            files: looked.len(),
            formats: once(&mut looked.iter().map(|file| file.dataset.format.clone())),
            arrays,
            times: times(looked),
            notes: once(
                &mut looked
                    .iter()
                    .flat_map(|file| file.dataset.all_notes().into_iter().chain(file.dataset.warnings.iter().cloned())),
            ),
            unreadable: looks.unreadable.clone(),
        }
    }
}

impl ArrayReport {
    fn of(array: &ArrayInfo) -> Self {
        let text = |name: &str| array.attributes.text(name).map(str::to_owned);
        ArrayReport {
            name: array.name.clone(),
            dimensions: array.dimensions.clone(),
            shape: array.shape.clone(),
            dtype: array.element.name(),
            chunk: array.chunk.clone(),
            codecs: array.codecs.clone(),
            packing: Packing::of(array).describe(),
            units: text("units"),
            long_name: text("long_name").or_else(|| text("standard_name")),
            files: 1,
            differs: false,
            values: Vec::new(),
            chunks_not_stored: None,
            unreadable: Vec::new(),
        }
    }

    fn is_like(&self, other: &ArrayReport) -> bool {
        let of = |array: &ArrayReport| {
            (
                array.dimensions.clone(),
                array.dtype.clone(),
                array.chunk.clone(),
                array.codecs.clone(),
                array.packing.clone(),
            )
        };
        of(self) == of(other)
    }
}

fn times(looked: &[Looked]) -> Vec<StoreTimeReport> {
    let mut names: Vec<&String> = looked.iter().flat_map(|file| file.times.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter_map(|name| along(name, looked)).collect()
}

fn along(dimension: &str, looked: &[Looked]) -> Option<StoreTimeReport> {
    let of = || looked.iter().filter_map(|file| Some((file, file.times.get(dimension)?)));
    let unreadable = of().filter_map(|(_, times)| times.as_ref().err().cloned()).collect();
    let mut report = StoreTimeReport { dimension: dimension.to_owned(), unreadable, ..Default::default() };
    let readable: Vec<(&Looked, &TimesOfFile)> =
        of().filter_map(|(file, times)| Some((file, times.as_ref().ok()?))).collect();
    let Some((_, any)) = readable.first() else { return Some(report) };
    report.calendar = any.calendar().to_owned();
    let of_another = |(_, times): &&(&Looked, &TimesOfFile)| times.calendar() != any.calendar();
    if let Some((file, times)) = readable.iter().find(of_another) {
        report.other_calendars = readable.iter().filter(of_another).count();
        report.odd.push(format!(
            "the times of {} are of the calendar {}, those of {} file(s) of {}, which are shown; one run has one calendar",
            file.dataset.path.display(),
            times.calendar(),
            readable.len() - report.other_calendars,
            any.calendar()
        ));
    }
    let shown: Vec<&(&Looked, &TimesOfFile)> = readable.iter().filter(|of| !of_another(of)).collect();
    let mut files_of: BTreeMap<i64, Vec<&Looked>> = BTreeMap::new();
    for (file, times) in &shown {
        times.milliseconds().for_each(|time| files_of.entry(time).or_default().push(file));
    }
    let twice: Vec<(i64, [&Looked; 2])> =
        files_of.iter().filter_map(|(time, files)| Some((*time, same_twice(dimension, files)?))).collect();
    if let Some((time, [one, other])) = twice.first() {
        let places = match std::ptr::eq(*one, *other) {
            true => format!("{} has it twice", one.dataset.path.display()),
            false => format!("{} and {} have it", one.dataset.path.display(), other.dataset.path.display()),
        };
        let count = twice.len();
        report.odd.push(format!("{count} time(s) of an array come twice, first {}: {places}", any.date(*time)));
    }
    let sorted: Vec<i64> = files_of.into_keys().collect();
    let (&first, &last) = (sorted.first()?, sorted.last()?);
    report.count = sorted.len();
    (report.first, report.last) = (any.date(first), any.date(last));
    report.odd.extend(shown.iter().filter_map(|(_, times)| times.missing_chunks()));
    let dated =
        |after: i64, before: i64, missing: u64| DatedGap { after: any.date(after), before: any.date(before), missing };
    let grain = shown.iter().map(|(_, times)| times.grain()).max().unwrap_or(1);
    if let Some((step, places)) = any.axis(&sorted, grain) {
        report.seconds_per_step = (sorted.len() > 1).then_some(step);
        let there: Vec<(usize, i64)> =
            places.iter().enumerate().filter_map(|(at, time)| Some((at, (*time)?))).collect();
        let gaps = there.windows(2).filter(|pair| pair[1].0 > pair[0].0 + 1);
        report.gaps = gaps.map(|pair| dated(pair[0].1, pair[1].1, (pair[1].0 - pair[0].0 - 1) as u64)).collect();
    } else {
        // From the first on, so that no number is negative.
        let from_first: Vec<u64> = sorted.iter().map(|time| time.abs_diff(first)).collect();
        let usual = crate::source::usual_distance(&from_first);
        let (gaps, uneven) = Gap::all(&from_first, usual);
        let all = |gaps: &[Gap]| -> Vec<DatedGap> {
            gaps.iter().map(|gap| dated(first + gap.after as i64, first + gap.before as i64, gap.missing)).collect()
        };
        report.seconds_per_step = usual.map(|usual| usual as f64 / 1000.0);
        (report.gaps, report.uneven) = (all(&gaps), all(&uneven));
    }
    report.missing = report.gaps.iter().map(|gap| gap.missing).sum();
    Some(report)
}

/// Two of the files with one time that both have an array along `dimension`, of the same tile.
fn same_twice<'a>(dimension: &str, files: &[&'a Looked]) -> Option<[&'a Looked; 2]> {
    let mut seen: Vec<(&str, Option<[u32; 2]>, &'a Looked)> = Vec::new();
    for &file in files {
        let before = seen.len();
        let along = |array: &&ArrayInfo| array.dimensions.len() > 1 && array.axis(dimension).is_some();
        for array in file.dataset.arrays.iter().filter(along) {
            let same = |(name, tile, _): &&(&str, Option<[u32; 2]>, &Looked)| *name == array.name && *tile == file.tile;
            if let Some((_, _, other)) = seen[..before].iter().find(same) {
                return Some([other, file]);
            }
            seen.push((array.name.as_str(), file.tile, file));
        }
    }
    None
}
