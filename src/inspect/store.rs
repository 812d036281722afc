//! Files and stores that describe themselves: their arrays, and the times of all of them together.

use std::collections::BTreeMap;

use serde::Serialize;

use super::time::Gap;
use crate::source::dataset::ArrayInfo;
use crate::source::gridded::{Looked, Packing};

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
}

/// Times along one dimension.
#[derive(Clone, Debug, Serialize)]
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
    /// Where they are, in milliseconds since 1970.
    pub gaps: Vec<DatedGap>,
    /// Distances that are no whole number of steps.
    pub uneven: Vec<DatedGap>,
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
    pub fn of(paths: Vec<String>, looked: &[Looked]) -> Self {
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
            notes: once(&mut looked.iter().flat_map(|file| file.dataset.notes.iter().cloned())),
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
    let unreadable =
        of().filter_map(|(file, times)| Some(format!("{}: {}", file.dataset.path.display(), times.as_ref().err()?)));
    let unreadable: Vec<String> = unreadable.collect();
    let mut all: BTreeMap<i64, ()> = BTreeMap::new();
    let readable = || of().filter_map(|(_, times)| times.as_ref().ok());
    readable().for_each(|times| all.extend(times.milliseconds.iter().map(|&time| (time, ()))));
    let sorted: Vec<i64> = all.into_keys().collect();
    let Some(any) = readable().next() else {
        return Some(StoreTimeReport {
            dimension: dimension.to_owned(),
            calendar: String::new(),
            count: 0,
            first: String::new(),
            last: String::new(),
            seconds_per_step: None,
            missing: 0,
            gaps: Vec::new(),
            uneven: Vec::new(),
            unreadable,
        });
    };
    let (&first, &last) = (sorted.first()?, sorted.last()?);
    // From the first on, so that no number is negative.
    let from_first: Vec<u64> = sorted.iter().map(|time| time.abs_diff(first)).collect();
    let usual = crate::source::usual_distance(&from_first);
    let (gaps, uneven) = Gap::all(&from_first, usual);
    let dated = |gap: &Gap| DatedGap {
        after: any.date(first + gap.after as i64),
        before: any.date(first + gap.before as i64),
        missing: gap.missing,
    };
    Some(StoreTimeReport {
        dimension: dimension.to_owned(),
        calendar: any.calendar.to_owned(),
        count: sorted.len(),
        first: any.date(first),
        last: any.date(last),
        seconds_per_step: usual.map(|usual| usual as f64 / 1000.0),
        missing: gaps.iter().map(|gap| gap.missing).sum(),
        gaps: gaps.iter().map(dated).collect(),
        uneven: uneven.iter().map(dated).collect(),
        unreadable,
    })
}
