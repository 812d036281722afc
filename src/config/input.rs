//! `[input]`: what is read.

use std::path::PathBuf;

use jiff::civil::DateTime;

use super::check;
use super::date;
use super::document::Document;
use super::error::ConfigError;
use super::format_keys::of_no_use;
use super::gridded::{Dimensions, GridNames, MISSING_CHUNKS, MissingChunks, U_FACES, UFace, V_FACES, VFace};
use super::pattern::Pattern;
use super::raw::{RawInput, RawNames, RawRecord, RawRecords};
use crate::terms::Seconds;

/// The model output to read.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Format of the snapshots.
    pub format: Format,
    /// Folder, files, stores or patterns of them, absolute; [`Config::input_path`](super::Config::input_path) and
    /// [`Config::input_paths`](super::Config::input_paths) ask for them.
    pub paths: Vec<PathBuf>,
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
    /// The mask whose wet words shrunk files hold; none: that of each variable's own points.
    pub shrunk_mask: Option<ShrunkMask>,
    /// Where u of a cell's index lies.
    pub u_face: UFace,
    /// Where v of a cell's index lies.
    pub v_face: VFace,
    /// What becomes of chunks that are not stored.
    pub missing_chunks: MissingChunks,
    /// Names of dimensions, of netCDF and Zarr.
    pub dimensions: Dimensions,
    /// Names of the grid's arrays, of netCDF and Zarr.
    pub grid_names: GridNames,
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

/// The mask of files that hold the wet words alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShrunkMask {
    /// Of cells.
    HFacC,
    /// Of west faces.
    HFacW,
    /// Of south faces.
    HFacS,
}

/// How the faces of the grid lie in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One rectangle.
    Plain,
    /// Lat-lon-cap: 13 square faces in MITgcm's compact order.
    Llc,
}

/// What is analysed: a velocity, scalars, or both; one variable at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variables {
    /// A horizontal velocity.
    pub velocity: Option<Velocity>,
    /// Scalars at cell centres by their names, all different.
    pub scalars: Vec<String>,
}

/// A horizontal velocity by the names of its components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Velocity {
    /// Component along i.
    pub u: String,
    /// Component along j.
    pub v: String,
}

impl Variables {
    /// The names in the order of the fields everywhere: u and v if there is a velocity, then the scalars as given.
    pub fn names(&self) -> Vec<&str> {
        let velocity = self.velocity.iter().flat_map(|velocity| [velocity.u.as_str(), velocity.v.as_str()]);
        velocity.chain(self.scalars.iter().map(String::as_str)).collect()
    }

    /// How many fields are read.
    pub fn count(&self) -> usize {
        self.first_scalar() + self.scalars.len()
    }

    /// Place of the first scalar among the fields.
    pub fn first_scalar(&self) -> usize {
        if self.velocity.is_some() { 2 } else { 0 }
    }
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
const MASKS: [(&str, ShrunkMask); 3] =
    [("hFacC", ShrunkMask::HFacC), ("hFacW", ShrunkMask::HFacW), ("hFacS", ShrunkMask::HFacS)];
const ENDIANS: [(&str, Endian); 2] = [("big", Endian::Big), ("little", Endian::Little)];
const DTYPES: [(&str, Dtype); 2] = [("float32", Dtype::Float32), ("float64", Dtype::Float64)];
const DEFAULT_PATTERN: &str = "{name}.{iter:010}.data";

impl Input {
    /// The record of a variable, by its place in the order of [`Variables::names`].
    pub fn record_of(&self, variable: usize) -> &Record {
        // The list has one item, or one for each variable.
        &self.record[if self.record.len() == 1 { 0 } else { variable }]
    }

    pub(super) fn check(mut raw: RawInput, document: &Document) -> Result<Input, ConfigError> {
        let paths = paths(document, raw.path.take())?;
        let format = match raw.format.take() {
            Some(word) => check::choice(document, "input.format", &word, &FORMATS)?,
            None => format_of(&paths),
        };
        let of_no_use = of_no_use(document, format, &mut raw);
        let layout = raw.layout.map(|word| check::choice(document, "input.layout", &word, &LAYOUTS)).transpose()?;
        let periodic = periodic(document, raw.periodic.unwrap_or_default())?;
        if layout == Some(Layout::Llc) && periodic != Periodic::default() {
            let message = "is for plain grids; the seams of layout = \"llc\" are known: leave periodic out";
            return Err(document.wrong("input.periodic", message));
        }
        let record = records(document, raw.record)?;
        let variables = variables(document, raw.u, raw.v, raw.scalar, &record)?;
        if format == Format::Mds && paths.len() > 1 {
            let message = format!(
                "has {} paths; they end as those of netCDF (.nc), or all as Zarr's (.zarr), or [input] format says which they \
                 are; MDS files lie in one folder",
                paths.len()
            );
            return Err(document.wrong("input.path", message));
        }
        let input = Input {
            format,
            paths,
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
            shrunk_mask: raw
                .shrunk_mask
                .map(|word| check::choice(document, "input.shrunk_mask", &word, &MASKS))
                .transpose()?,
            u_face: raw
                .u_face
                .map_or(Ok(UFace::West), |word| check::choice(document, "input.u_face", &word, &U_FACES))?,
            v_face: raw
                .v_face
                .map_or(Ok(VFace::South), |word| check::choice(document, "input.v_face", &word, &V_FACES))?,
            missing_chunks: raw.missing_chunks.map_or(Ok(MissingChunks::Fill), |word| {
                check::choice(document, "input.missing_chunks", &word, &MISSING_CHUNKS)
            })?,
            dimensions: Dimensions::check(raw.dimensions.unwrap_or_default(), document)?,
            grid_names: GridNames::check(raw.grid_names.unwrap_or_default(), document)?,
        };
        match of_no_use {
            Some((key, why)) => Err(document.wrong(&key, why)),
            None => Ok(input),
        }
    }

    pub(super) fn raw(&self) -> RawInput {
        let Variables { velocity, scalars } = &self.variables;
        let component = |of: fn(&Velocity) -> &String| velocity.as_ref().map(of).cloned();
        let periodic = [("i", self.periodic.i), ("j", self.periodic.j)];
        let is_mds = self.format == Format::Mds;
        let (endian, dtype) = (check::word(&self.endian, &ENDIANS), check::word(&self.dtype, &DTYPES));
        RawInput {
            format: check::word(&self.format, &FORMATS),
            path: match self.paths.as_slice() {
                [] => None,
                [one] => Some(RawNames::One(check::path_text(one))),
                several => Some(RawNames::Several(several.iter().map(|path| check::path_text(path)).collect())),
            },
            pattern: is_mds.then(|| self.pattern.to_string()),
            grid: self.grid.as_deref().map(check::path_text),
            layout: self.layout.and_then(|layout| check::word(&layout, &LAYOUTS)),
            u: component(|velocity| &velocity.u),
            v: component(|velocity| &velocity.v),
            scalar: (!scalars.is_empty()).then(|| scalars.clone()),
            level: Some(self.level as i64),
            record: is_mds.then(|| match self.record.as_slice() {
                [one] => RawRecords::One(raw_record(one)),
                several => RawRecords::Several(several.iter().map(raw_record).collect()),
            }),
            timestep: self.timestep.map(check::duration_text),
            epoch: self.epoch.map(date::raw),
            // Of other formats they are of a grid in MDS files, where there is one.
            endian: endian.filter(|_| is_mds || self.endian != Endian::Big),
            dtype: dtype.filter(|_| is_mds || self.dtype != Dtype::Float32),
            shape: self.shape.map(|shape| shape.map(|count| count as i64).to_vec()),
            shrunk_mask: self.shrunk_mask.and_then(|mask| check::word(&mask, &MASKS)),
            u_face: check::word(&self.u_face, &U_FACES).filter(|_| !is_mds),
            v_face: check::word(&self.v_face, &V_FACES).filter(|_| !is_mds),
            missing_chunks: check::word(&self.missing_chunks, &MISSING_CHUNKS).filter(|_| !is_mds),
            dimensions: self.dimensions.raw(),
            grid_names: self.grid_names.raw(),
            periodic: Some(periodic.iter().filter(|(_, wraps)| *wraps).map(|(name, _)| (*name).to_owned()).collect()),
        }
    }
}

fn paths(document: &Document, raw: Option<RawNames>) -> Result<Vec<PathBuf>, ConfigError> {
    match raw {
        None => Ok(Vec::new()),
        Some(RawNames::One(text)) => Ok(vec![unpacked(document, "input.path", text)?]),
        Some(RawNames::Several(texts)) if texts.is_empty() => {
            Err(document.wrong("input.path", "is empty; name at least one file, folder or store"))
        }
        Some(RawNames::Several(texts)) => {
            let path = |(at, text)| unpacked(document, &format!("input.path[{at}]"), text);
            texts.into_iter().enumerate().map(path).collect()
        }
    }
}

fn unpacked(document: &Document, key: &str, text: String) -> Result<PathBuf, ConfigError> {
    if text.to_ascii_lowercase().ends_with(".zip") {
        return Err(
            document.wrong(key, "is a zip file, which is not read: unzip it, and name the store or folder it holds")
        );
    }
    check::path(document, key, text)
}

/// The format that names of files tell, where it is not said.
fn format_of(paths: &[PathBuf]) -> Format {
    let ends = |endings: &[&str]| {
        !paths.is_empty()
            && paths.iter().all(|path| {
                path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
            })
    };
    if ends(&["nc", "nc3", "nc4", "cdf", "h5"]) {
        Format::Netcdf
    } else if ends(&["zarr"]) {
        Format::Zarr
    } else {
        Format::Mds
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
    // Without `scalar` there is a velocity; with it, only if one of its components is named.
    let velocity = if scalar.is_none() || u.is_some() || v.is_some() {
        let u = check::not_empty(document, "input.u", u.unwrap_or_else(|| "U".to_owned()))?;
        let v = check::not_empty(document, "input.v", v.unwrap_or_else(|| "V".to_owned()))?;
        Some(Velocity { u, v })
    } else {
        None
    };
    if scalar.as_ref().is_some_and(Vec::is_empty) {
        return Err(document.wrong("input.scalar", "is empty; name at least one variable, or leave it out for u and v"));
    }
    let variables = Variables { velocity, scalars: scalar.unwrap_or_default() };
    let (names, count) = (variables.names(), variables.count());
    if records.len() != 1 && records.len() != count {
        let order = match (&variables.velocity, variables.scalars.is_empty()) {
            (Some(_), false) => " (u, v, then scalar)",
            _ => "",
        };
        let message =
            format!("has {} records for {count} variables{order}; give one for all, or one for each", records.len());
        return Err(document.wrong("input.record", message));
    }
    if let Some(Velocity { u, v }) = &variables.velocity
        && u == v
        && (records.len() == 1 || records[0] == records[1])
    {
        let message = format!(
            "u and v are both \"{u}\"; where one file holds both, say which record each is, as in \
             record = [\"UVEL\", \"VVEL\"]"
        );
        return Err(document.wrong("input.v", message));
    }
    for (at, name) in variables.scalars.iter().enumerate() {
        let key = format!("input.scalar[{at}]");
        check::not_empty(document, &key, name.clone())?;
        if variables.scalars[..at].contains(name) {
            return Err(document.wrong(&key, format!("\"{name}\" is there twice")));
        }
        let place = variables.first_scalar() + at;
        let same = |other: usize| names[other] == name && (records.len() == 1 || records[other] == records[place]);
        if let Some(component) = (0..variables.first_scalar()).find(|other| same(*other)) {
            let component = ["u", "v"][component];
            return Err(document.wrong(&key, format!("is \"{name}\", as {component} is: a run takes a field once")));
        }
    }
    for (at, name) in variables.scalars.iter().enumerate() {
        let key = format!("input.scalar[{at}]");
        if let Some(why) = unfit_for_arrays(name, &variables) {
            return Err(document.wrong(&key, format!("is \"{name}\", {why}")));
        }
    }
    Ok(variables)
}

/// The longest name of a scalar [bytes]: arrays are folders, of names of at most 255 bytes, and theirs are longer.
const LONGEST_SCALAR: usize = 200;

/// Why a scalar's arrays (`psd_NAME`, `NAME_mean` and others) cannot be named after it.
fn unfit_for_arrays(name: &str, variables: &Variables) -> Option<String> {
    if let Some(odd) = name.chars().find(|c| c.is_control() || c.is_whitespace() || ['/', '\\'].contains(c)) {
        return Some(format!("and the result's arrays cannot be named with the character {odd:?} of it"));
    }
    if name.starts_with(['.', '_']) {
        return Some("and the result's arrays cannot be named after it: it has to begin otherwise".to_owned());
    }
    if name.len() > LONGEST_SCALAR {
        return Some(format!(
            "of {} bytes; the result's arrays are named after it: at most {LONGEST_SCALAR}",
            name.len()
        ));
    }
    // psd_mean would be the mean of "psd" and the spectrum of "mean".
    let prefixes = ["psd", "dof", "segments_used", "confidence_lower", "confidence_upper", "band_variance"];
    let components: &[&str] = if variables.velocity.is_some() { &["u", "v"] } else { &[] };
    let taken = prefixes.iter().chain(components).any(|taken| *taken == name);
    taken.then(|| format!("and {name}_mean and {name}_variance are names of other arrays of the result"))
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
