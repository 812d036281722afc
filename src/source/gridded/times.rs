//! The times of a file's snapshots, by CF's attributes of the time coordinate.

use std::path::{Path, PathBuf};

use super::super::cf_time::{CfTimes, TimeUnits, calendar_of};
use super::super::dataset::ArrayInfo;
use super::super::{SourceError, TimeAxis};
use super::assemble::Holder;
use super::files::Format;
use super::missing_chunks::MissingChunks;
use super::roles::Axes;
use super::stored_array::StoredArray;
use crate::terms::{DateTime, ParseTermError};

/// A time: milliseconds since 1970 of the files' calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Instant(pub(super) i64);

/// Times of one file.
#[derive(Clone, Debug)]
pub(super) struct Times {
    times: CfTimes,
    /// The file of the coordinate, or the folder of its chunks.
    stored_in: PathBuf,
    /// Chunks of the coordinate that are not stored.
    missing_chunks: Option<MissingChunks>,
}

/// An error of times, with the chunks of times that are not stored, which may be why.
pub(super) fn explained<'a>(error: SourceError, mut missing: impl Iterator<Item = &'a MissingChunks>) -> SourceError {
    match missing.next() {
        Some(first) => {
            let more = match missing.count() {
                0 => String::new(),
                more => format!(", and some in {more} other file(s)"),
            };
            SourceError::Explained { error: Box::new(error), why: format!("not stored: {}{more}", first.words()) }
        }
        None => error,
    }
}

/// Names of scalar coordinates that tell the time of a file without a time dimension.
const SCALARS: [&str; 4] = ["time", "time_counter", "ocean_time", "MT"];

impl Times {
    /// Reads the times of an array's snapshots; `epoch` is the configured time of the model's start.
    ///
    /// # Errors
    /// No coordinate of the time dimension, or one whose units or values are no times.
    pub(super) fn read(
        holder: &Holder,
        array: &ArrayInfo,
        axes: &Axes,
        epoch: Option<DateTime>,
    ) -> Result<Times, SourceError> {
        let dataset = &holder.dataset;
        let wrong = |reason: String| SourceError::Dataset { path: dataset.path.clone(), reason };
        let name = axes.time.map(|axis| &array.dimensions[axis]);
        let coordinate = match name {
            Some(name) => dataset.nearest(&array.name, name),
            None => SCALARS
                .iter()
                .find_map(|name| dataset.nearest(&array.name, name))
                .filter(|array| array.values() == Some(1)),
        };
        let Some(coordinate) = coordinate else {
            let left_out = name.and_then(|name| dataset.nearest_left_out(&array.name, name));
            return Err(wrong(match (name, left_out) {
                (Some(name), Some(values)) => format!(
                    "the values of the coordinate {name} are {values}, which are not read; write them anew as numbers with units \
                     such as \"hours since 2011-01-01\""
                ),
                (Some(name), None) => format!(
                    "{} has the time dimension {name}, and no array of that name tells the times; rename the coordinate, or say \
                     which dimension is time: [input] dimensions = {{ time = \"...\" }}",
                    array.name
                ),
                (None, _) => format!(
                    "{} has no time dimension among ({}); say which it is: [input] dimensions = {{ time = \"...\" }}",
                    array.name,
                    array.dimensions.join(", ")
                ),
            }));
        };
        let about = |error: ParseTermError| wrong(format!("{}: {error}", coordinate.name));
        let (values, missing_chunks) = StoredArray::whole(holder, coordinate)?;
        let name = &coordinate.name;
        if coordinate.attributes.0.contains_key("climatology") {
            return Err(wrong(format!(
                "{name} has the attribute climatology: these are means over the same season or hour of many years, not a \
                 record in time"
            )));
        }
        let Some(units) = coordinate.attributes.text("units") else {
            return Err(wrong(format!(
                "{name} has no units, so that its numbers may be seconds, hours or a count; add them, as with \
                 ncatted -a units,{name},c,c,\"hours since 2011-09-10\" or xarray's ds.{name}.attrs[\"units\"]; \"s\" counts \
                 from [input] epoch"
            )));
        };
        let calendar = calendar_of(coordinate.attributes.text("calendar"), units).map_err(about)?;
        let epoch = epoch.map(|date| calendar.seconds(&date)).transpose().map_err(about)?;
        let units = TimeUnits::parse(units, calendar, epoch).map_err(about)?;
        let times = units.times(&values, coordinate.element.kind).map_err(about);
        let times = times.map_err(|error| explained(error, missing_chunks.iter()))?;
        if let Some(length) = axes.time.map(|axis| array.shape[axis]).filter(|length| *length != values.len() as u64) {
            return Err(wrong(format!("{} has {length} times, {} has {}", array.name, coordinate.name, values.len())));
        }
        let stored_in = match holder.format {
            Format::Netcdf => dataset.path.clone(),
            Format::Zarr => dataset.path.join(&coordinate.name),
        };
        Ok(Times { times, stored_in, missing_chunks })
    }

    /// The file of the coordinate, or the folder of its chunks.
    pub(super) fn stored_in(&self) -> &Path {
        &self.stored_in
    }

    /// Chunks of the coordinate that are not stored.
    pub(super) fn missing_chunks(&self) -> Option<&MissingChunks> {
        self.missing_chunks.as_ref()
    }

    /// The times in the order of the file.
    pub(super) fn instants(&self) -> impl Iterator<Item = Instant> + '_ {
        self.times.milliseconds.iter().copied().map(Instant)
    }

    /// Name of the calendar.
    pub(super) fn calendar_name(&self) -> &'static str {
        self.times.calendar.name()
    }

    /// Whether another file's times are of the same calendar.
    ///
    /// # Errors
    /// If they are not, with the other file's path.
    pub(super) fn agrees(&self, other: &Times, path: &Path) -> Result<(), SourceError> {
        let [ours, theirs] = [self, other].map(|times| times.times.calendar.name());
        if ours == theirs {
            return Ok(());
        }
        let reason =
            format!("its times are of the calendar {theirs}, those of other files of {ours}; one run has one calendar");
        Err(SourceError::Dataset { path: path.to_owned(), reason })
    }

    /// Whether a selection, half-open, has an instant; without one all are.
    ///
    /// # Errors
    /// A date that the calendar does not have.
    pub(super) fn is_selected(&self, instant: Instant, select: Option<[DateTime; 2]>) -> Result<bool, SourceError> {
        let Some([start, end]) = self.edges(select)? else { return Ok(true) };
        Ok((start..end).contains(&instant.0.div_euclid(1000)))
    }

    /// A selection in seconds since 1970.
    fn edges(&self, select: Option<[DateTime; 2]>) -> Result<Option<[i64; 2]>, SourceError> {
        let edge = |date: DateTime| self.times.calendar.seconds(&date);
        let edges = select.map(|[start, end]| Ok::<_, ParseTermError>([edge(start)?, edge(end)?])).transpose();
        edges.map_err(|error| SourceError::EmptyTime { reason: error.to_string() })
    }

    /// Date and time of an instant.
    pub(super) fn text(&self, instant: Instant) -> String {
        self.times.date(instant.0)
    }

    /// The axis of some times of all files, ascending, with the instant of each step; none of a step that is missing.
    ///
    /// # Errors
    /// As [`TimeAxis::of_times`]; a date of the selection that the calendar does not have.
    pub(super) fn axis(
        &self,
        instants: impl Iterator<Item = Instant>,
        grain: i64,
        select: Option<[DateTime; 2]>,
    ) -> Result<(TimeAxis, Vec<Option<Instant>>), SourceError> {
        let milliseconds: Vec<i64> = instants.map(|instant| instant.0).collect();
        let all = CfTimes { milliseconds, grain, ..self.times.clone() };
        let (axis, places) = TimeAxis::of_times(&all, self.edges(select)?)?;
        let instants = places.into_iter().map(|place| Some(Instant(all.milliseconds[place?]))).collect();
        Ok((axis, instants))
    }

    /// What times are rounded to [ms].
    pub(super) fn grain(&self) -> i64 {
        self.times.grain
    }
}
