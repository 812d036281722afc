//! `[input]`: what is read.

use std::path::PathBuf;

use jiff::civil::DateTime;

use super::check;
use super::date;
use super::document::Document;
use super::error::ConfigError;
use super::pattern::Pattern;
use super::raw::{RawInput, RawRecord, RawRecords};
use crate::terms::Seconds;

/// The model output to read.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Format of the snapshots.
    pub format: Format,
    /// Folder or store of the snapshots, absolute; [`Config::input_path`](super::Config::input_path) asks for it.
    pub path: Option<PathBuf>,
    /// Template of the file names in `path`.
    pub pattern: Pattern,
    /// Folder of the grid files, absolute; [`Config::grid_path`](super::Config::grid_path) falls back on `path`.
    pub grid: Option<PathBuf>,
    /// How the faces lie in the files; none: recognise it.
    pub layout: Option<Layout>,
    /// What is analysed.
    pub variables: Variables,
    /// Vertical level, 1-based.
    pub level: usize,
    /// Record in files of many records: one for all variables, or one for each.
    pub record: Vec<Record>,
    /// Length of one iteration; [`Config::timestep`](super::Config::timestep) asks for it.
    pub timestep: Option<Seconds>,
    /// Time of iteration 0, UTC; [`Config::epoch`](super::Config::epoch) asks for it.
    pub epoch: Option<DateTime>,
    /// Byte order.
    pub endian: Endian,
    /// Type of a stored value.
    pub dtype: Dtype,
    /// `[nj, ni]` of one level in a file without a `.meta`.
    pub shape: Option<[usize; 2]>,
    /// Directions in which a plain grid wraps.
    pub periodic: Periodic,
}

/// Format of the snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MITgcm's flat binary files with `.meta` beside them.
    Mds,
    /// netCDF.
    Netcdf,
    /// Zarr.
    Zarr,
}

/// How the faces of the grid lie in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One rectangle.
    Plain,
    /// Lat-lon-cap: 13 square faces in MITgcm's compact order.
    Llc,
}

/// What is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variables {
    /// A horizontal velocity by the names of its components along i and j.
    Velocity {
        /// Component along i.
        u: String,
        /// Component along j.
        v: String,
    },
    /// Scalars at cell centres by their names; at least one, all different.
    Scalars(Vec<String>),
}

/// One record of a file that holds several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// By its number, 1-based.
    Number(usize),
    /// By the field's name in the `.meta`.
    Name(String),
}

/// Byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Most significant byte first, as MITgcm writes.
    Big,
    /// Least significant byte first.
    Little,
}

/// Type of a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// 4 bytes.
    Float32,
    /// 8 bytes.
    Float64,
}

/// Directions in which a plain grid wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Periodic {
    /// The last column's neighbour is the first column.
    pub i: bool,
    /// The last row's neighbour is the first row.
    pub j: bool,
}

const FORMATS: [(&str, Format); 3] = [("mds", Format::Mds), ("netcdf", Format::Netcdf), ("zarr", Format::Zarr)];
const LAYOUTS: [(&str, Layout); 2] = [("plain", Layout::Plain), ("llc", Layout::Llc)];
const ENDIANS: [(&str, Endian); 2] = [("big", Endian::Big), ("little", Endian::Little)];
const DTYPES: [(&str, Dtype); 2] = [("float32", Dtype::Float32), ("float64", Dtype::Float64)];
const DEFAULT_PATTERN: &str = "{name}.{iter:010}.data";

impl Input {
    /// The record of a variable, by its place in the order of [`Variables`].
    pub fn record_of(&self, variable: usize) -> &Record {
        // The list has one item, or one for each variable.
        &self.record[if self.record.len() == 1 { 0 } else { variable }]
    }

    pub(super) fn check(raw: RawInput, document: &Document) -> Result<Input, ConfigError> {
        let layout = raw.layout.map(|word| check::choice(document, "input.layout", &word, &LAYOUTS)).transpose()?;
        let periodic = periodic(document, raw.periodic.unwrap_or_default())?;
        if layout == Some(Layout::Llc) && periodic != Periodic::default() {
            let message = "is for plain grids; the seams of layout = \"llc\" are known: leave periodic out";
            return Err(document.wrong("input.periodic", message));
        }
        let record = records(document, raw.record)?;
        let variables = variables(document, raw.u, raw.v, raw.scalar, &record)?;
        Ok(Input {
            format: raw
                .format
                .map_or(Ok(Format::Mds), |word| check::choice(document, "input.format", &word, &FORMATS))?,
            path: raw.path.map(|text| check::path(document, "input.path", text)).transpose()?,
            pattern: check::term(document, "input.pattern", raw.pattern.as_deref().unwrap_or(DEFAULT_PATTERN))?,
            grid: raw.grid.map(|text| check::path(document, "input.grid", text)).transpose()?,
            layout,
            variables,
            level: check::at_least(document, "input.level", raw.level.unwrap_or(1), 1, "levels count from 1")?,
            record,
            timestep: raw.timestep.map(|text| check::duration(document, "input.timestep", &text)).transpose()?,
            epoch: raw.epoch.map(|date| date::check(document, "input.epoch", date)).transpose()?,
            endian: raw
                .endian
                .map_or(Ok(Endian::Big), |word| check::choice(document, "input.endian", &word, &ENDIANS))?,
            dtype: raw
                .dtype
                .map_or(Ok(Dtype::Float32), |word| check::choice(document, "input.dtype", &word, &DTYPES))?,
            shape: raw.shape.map(|list| shape(document, list)).transpose()?,
            periodic,
        })
    }

    pub(super) fn raw(&self) -> RawInput {
        let (u, v, scalar) = match &self.variables {
            Variables::Velocity { u, v } => (Some(u.clone()), Some(v.clone()), None),
            Variables::Scalars(names) => (None, None, Some(names.clone())),
        };
        let periodic = [("i", self.periodic.i), ("j", self.periodic.j)];
        RawInput {
            format: check::word(&self.format, &FORMATS),
            path: self.path.as_deref().map(check::path_text),
            pattern: Some(self.pattern.to_string()),
            grid: self.grid.as_deref().map(check::path_text),
            layout: self.layout.and_then(|layout| check::word(&layout, &LAYOUTS)),
            u,
            v,
            scalar,
            level: Some(self.level as i64),
            record: Some(match self.record.as_slice() {
                [one] => RawRecords::One(raw_record(one)),
                several => RawRecords::Several(several.iter().map(raw_record).collect()),
            }),
            timestep: self.timestep.map(check::duration_text),
            epoch: self.epoch.map(date::raw),
            endian: check::word(&self.endian, &ENDIANS),
            dtype: check::word(&self.dtype, &DTYPES),
            shape: self.shape.map(|shape| shape.map(|count| count as i64).to_vec()),
            periodic: Some(periodic.iter().filter(|(_, wraps)| *wraps).map(|(name, _)| (*name).to_owned()).collect()),
        }
    }
}

fn raw_record(record: &Record) -> RawRecord {
    match record {
        Record::Number(number) => RawRecord::Number(*number as i64),
        Record::Name(name) => RawRecord::Name(name.clone()),
    }
}

fn records(document: &Document, raw: Option<RawRecords>) -> Result<Vec<Record>, ConfigError> {
    let check = |key: &str, record| match record {
        RawRecord::Number(number) => {
            check::at_least(document, key, number, 1, "records count from 1; a field's name goes in quotes")
                .map(Record::Number)
        }
        RawRecord::Name(name) => check::not_empty(document, key, name).map(Record::Name),
    };
    match raw.unwrap_or(RawRecords::One(RawRecord::Number(1))) {
        RawRecords::One(record) => Ok(vec![check("input.record", record)?]),
        RawRecords::Several(records) => {
            records.into_iter().enumerate().map(|(at, record)| check(&format!("input.record[{at}]"), record)).collect()
        }
    }
}

fn variables(
    document: &Document,
    u: Option<String>,
    v: Option<String>,
    scalar: Option<Vec<String>>,
    records: &[Record],
) -> Result<Variables, ConfigError> {
    let count = scalar.as_ref().map_or(2, Vec::len);
    if records.len() != 1 && records.len() != count {
        let message = format!("has {} records for {count} variables; give one for all, or one for each", records.len());
        return Err(document.wrong("input.record", message));
    }
    let Some(names) = scalar else {
        let u = check::not_empty(document, "input.u", u.unwrap_or_else(|| "U".to_owned()))?;
        let v = check::not_empty(document, "input.v", v.unwrap_or_else(|| "V".to_owned()))?;
        if u == v && (records.len() == 1 || records[0] == records[1]) {
            let message = format!(
                "u and v are both \"{u}\"; where one file holds both, say which record each is, as in \
                 record = [\"UVEL\", \"VVEL\"]"
            );
            return Err(document.wrong("input.v", message));
        }
        return Ok(Variables::Velocity { u, v });
    };
    if let Some(given) = u.as_ref().map(|_| "u").or(v.as_ref().map(|_| "v")) {
        let message =
            format!("`scalar` and `{given}` are both given; a run takes a velocity (u, v) or scalars, not both");
        return Err(document.wrong("input.scalar", message));
    }
    if names.is_empty() {
        return Err(document.wrong("input.scalar", "is empty; name at least one variable, or leave it out for u and v"));
    }
    for (at, name) in names.iter().enumerate() {
        let key = format!("input.scalar[{at}]");
        if names[..at].contains(name) {
            return Err(document.wrong(&key, format!("\"{name}\" is there twice")));
        }
        check::not_empty(document, &key, name.clone())?;
    }
    Ok(Variables::Scalars(names))
}

fn shape(document: &Document, list: Vec<i64>) -> Result<[usize; 2], ConfigError> {
    let [nj, ni] = check::two(document, "input.shape", list, "[nj, ni], rows and columns of one level")?;
    let count = |at: &str, number| check::at_least(document, at, number, 1, "a shape is [nj, ni]");
    Ok([count("input.shape[0]", nj)?, count("input.shape[1]", ni)?])
}

fn periodic(document: &Document, names: Vec<String>) -> Result<Periodic, ConfigError> {
    let mut periodic = Periodic::default();
    for (at, name) in names.iter().enumerate() {
        let wraps = match name.as_str() {
            "i" => &mut periodic.i,
            "j" => &mut periodic.j,
            _ => {
                return Err(
                    document.wrong(&format!("input.periodic[{at}]"), format!("is \"{name}\"; known: \"i\" \"j\""))
                );
            }
        };
        if std::mem::replace(wraps, true) {
            return Err(document.wrong(&format!("input.periodic[{at}]"), format!("\"{name}\" is there twice")));
        }
    }
    Ok(periodic)
}
