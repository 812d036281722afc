//! `[select]`: the part of the input that is analysed.

use std::ops::Range;

use jiff::civil::DateTime;

use super::check;
use super::date;
use super::document::Document;
use super::error::ConfigError;
use super::raw::{RawDate, RawSelect};

/// A selection; what is none is not restricted, and all that is given holds at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Faces, 0-based, ascending, none twice.
    pub faces: Option<Vec<usize>>,
    /// `[west, east]` in degrees within ±360, eastward from west to east; `east < west` crosses the date line or
    /// the zero meridian. 360 degrees apart is all the way round.
    pub lon: Option<[f64; 2]>,
    /// `[south, north]` in degrees, south < north.
    pub lat: Option<[f64; 2]>,
    /// Columns, 0-based, half-open.
    pub i: Option<Range<usize>>,
    /// Rows, 0-based, half-open.
    pub j: Option<Range<usize>>,
    /// Every so many rows and columns.
    pub stride: usize,
    /// First time and the time past the last, UTC, half-open.
    pub time: Option<Range<DateTime>>,
}

/// The last face of the lat-lon-cap grid.
const LAST_FACE: usize = 12;

impl Select {
    pub(super) fn check(raw: RawSelect, document: &Document) -> Result<Select, ConfigError> {
        Ok(Select {
            faces: raw.faces.map(|list| faces(document, list)).transpose()?,
            lon: raw.lon.map(|list| check::lon_range(document, "select.lon", list)).transpose()?,
            lat: raw.lat.map(|list| check::lat_range(document, "select.lat", list)).transpose()?,
            i: raw.i.map(|list| check::index_range(document, "select.i", list)).transpose()?,
            j: raw.j.map(|list| check::index_range(document, "select.j", list)).transpose()?,
            stride: check::at_least(document, "select.stride", raw.stride.unwrap_or(1), 1, "1 takes every point")?,
            time: raw.time.map(|list| time(document, list)).transpose()?,
        })
    }

    pub(super) fn raw(&self) -> RawSelect {
        let indices = |range: &Range<usize>| vec![range.start as i64, range.end as i64];
        RawSelect {
            faces: self.faces.as_ref().map(|faces| faces.iter().map(|&face| face as i64).collect()),
            lon: self.lon.map(|lon| lon.to_vec()),
            lat: self.lat.map(|lat| lat.to_vec()),
            i: self.i.as_ref().map(indices),
            j: self.j.as_ref().map(indices),
            stride: Some(self.stride as i64),
            time: self.time.as_ref().map(|time| vec![date::raw(time.start), date::raw(time.end)]),
        }
    }
}

fn faces(document: &Document, list: Vec<i64>) -> Result<Vec<usize>, ConfigError> {
    if list.is_empty() {
        return Err(document.wrong("select.faces", "is empty and selects nothing; leave it out for all faces"));
    }
    let mut faces = Vec::with_capacity(list.len());
    for (at, &number) in list.iter().enumerate() {
        let key = format!("select.faces[{at}]");
        match usize::try_from(number) {
            Ok(face) if faces.contains(&face) => {
                return Err(document.wrong(&key, format!("face {face} is there twice")));
            }
            Ok(face) if face <= LAST_FACE => faces.push(face),
            _ => return Err(document.wrong(&key, format!("is {number}; faces count from 0 to {LAST_FACE}"))),
        }
    }
    faces.sort_unstable();
    Ok(faces)
}

fn time(document: &Document, list: Vec<RawDate>) -> Result<Range<DateTime>, ConfigError> {
    let [first, end] = check::two(document, "select.time", list, "[first, end], half-open")?;
    let first = date::check(document, "select.time[0]", first)?;
    let end = date::check(document, "select.time[1]", end)?;
    if first < end {
        return Ok(first..end);
    }
    Err(document.wrong("select.time", format!("selects nothing: {first} must be before {end} (half-open)")))
}
