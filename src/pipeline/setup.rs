//! The first look at the input: rank 0 lists, stats and reads headers; the others are told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use crate::Error;
use crate::config::{Config, Dtype, Endian, Format, Layout, Missing, Record};
use crate::exchange::{World, agree};
use crate::fault;
use crate::grid::{
    self, Bits, Extent, Grid, GridField, GridFiles, Lattice, Periodic, Rotation, SelectionRequest, SurveyRequest,
};
use crate::report::{Phase, Timings};
use crate::source::mds::{self, MdsField, MdsGridFiles, MdsRequest, RecordChoice};
use crate::source::{Catalog, SourceError};

/// What every rank knows of the input.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Files and times.
    pub catalog: Catalog,
    /// Masks.
    pub grid: Grid,
    /// Selected points.
    pub lattice: Lattice,
    files: MdsGridFiles,
}

impl Setup {
    /// The grid's files.
    pub fn grid_files(&self) -> &dyn GridFiles {
        &self.files
    }

    /// All files that a run may read, and some that may not be there.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let mut paths = self.catalog.paths();
        paths.extend(self.files.paths());
        paths
    }
}

/// The small part of a [`Setup`], as it is sent.
#[derive(Serialize, Deserialize)]
struct Sent {
    catalog: Catalog,
    lattice: Lattice,
    extent: Extent,
    periodic: Periodic,
    rotation: Rotation,
    has_depth: bool,
    has_area: bool,
}

/// Collective: rank 0 looks at the input, all ranks get what it found.
///
/// # Errors
/// On rank 0, what is wrong with the input; on the others, that it failed there.
pub fn look(config: &Config, world: &dyn World) -> Result<Setup, Error> {
    timed_look(config, world, &Timings::default())
}

/// As [`look`], with the time of rank 0 counted.
///
/// # Errors
/// As [`look`].
pub(super) fn timed_look(config: &Config, world: &dyn World, timings: &Timings) -> Result<Setup, Error> {
    let found = if world.rank() == 0 { timings.time(Phase::Scan, 1, || look_here(config)).map(Some) } else { Ok(None) };
    let found = agree(world, fault::at("scan").and(found), Error::exit_code)?;
    if world.size() == 1 {
        return found.ok_or_else(|| internal("rank 0 found nothing"));
    }
    let text = found.as_ref().map(sent).transpose()?.unwrap_or_default();
    let sent: Sent = serde_json::from_slice(&world.broadcast(text)).map_err(|error| internal(error.to_string()))?;
    let bits = |of: fn(&Grid) -> &Bits| {
        let mine = found.as_ref().map_or_else(Vec::new, |setup| bytemuck::cast_slice(of(&setup.grid).words()).to_vec());
        let bytes = world.broadcast(mine);
        let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        Bits::from_words(&sent.extent, words).ok_or_else(|| internal("a mask of another size came from rank 0"))
    };
    let grid = Grid {
        wet: bits(|grid| &grid.wet)?,
        analysed: bits(|grid| &grid.analysed)?,
        open_west: bits(|grid| &grid.open_west)?,
        open_south: bits(|grid| &grid.open_south)?,
        extent: sent.extent,
        periodic: sent.periodic,
        rotation: sent.rotation,
        has_depth: sent.has_depth,
        has_area: sent.has_area,
    };
    let files = grid_files(config, &sent.catalog)?;
    Ok(Setup { catalog: sent.catalog, grid, lattice: sent.lattice, files })
}

fn internal(what: impl Into<String>) -> Error {
    Error::Internal { what: what.into() }
}

fn sent(setup: &Setup) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&Sent {
        catalog: setup.catalog.clone(),
        lattice: setup.lattice.clone(),
        extent: setup.grid.extent,
        periodic: setup.grid.periodic,
        rotation: setup.grid.rotation,
        has_depth: setup.grid.has_depth,
        has_area: setup.grid.has_area,
    })
    .map_err(|error| internal(error.to_string()))
}

fn not_yet(config: &Config, key: &str, what: &str) -> Error {
    Error::Setting { text: config.explain(key, &format!("{what} cannot be handled by this version")) }
}

pub(super) fn endian(config: &Config) -> mds::Endian {
    match config.input.endian {
        Endian::Big => mds::Endian::Big,
        Endian::Little => mds::Endian::Little,
    }
}

pub(super) fn value_bytes(config: &Config) -> usize {
    match config.input.dtype {
        Dtype::Float32 => 4,
        Dtype::Float64 => 8,
    }
}

/// Seconds from 1970-01-01 to a date, both UTC.
pub(super) fn seconds_since_1970(date: jiff::civil::DateTime) -> i64 {
    let zero = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    date.duration_since(zero).as_secs()
}

fn grid_files(config: &Config, catalog: &Catalog) -> Result<MdsGridFiles, Error> {
    Ok(MdsGridFiles::new(config.grid_path()?, *catalog.extent(), endian(config), value_bytes(config)))
}

/// Snapshots that are named in the log.
const NAMED: usize = 10;

/// What the log says of the files.
fn tell(catalog: &Catalog) {
    catalog.notes().iter().for_each(|note| info!("{note}"));
    catalog.lost().lines(NAMED).for_each(|line| warn!("{line}"));
}

/// Where no tile of the snapshots lies there must be no water.
fn blank_is_land(catalog: &Catalog, grid: &Grid) -> Result<(), Error> {
    for (field, j, i) in catalog.blank() {
        // Snapshots have the rows of all faces in one column.
        let point = |row: usize| (row / grid.extent.nj, row % grid.extent.nj);
        let mut points = j.clone().flat_map(|row| i.clone().map(move |column| (point(row), column)));
        if let Some(((face, row), column)) = points.find(|&((face, row), column)| grid.wet.get(face, row, column)) {
            return Err(SourceError::UncoveredWater {
                field: field.to_owned(),
                j: j.clone(),
                i: i.clone(),
                place: if grid.extent.has_faces {
                    format!("face {face}, j = {row}, i = {column}")
                } else {
                    format!("j = {row}, i = {column}")
                },
            }
            .into());
        }
    }
    Ok(())
}

/// Faces of a lat-lon-cap grid; its compact files stack them in one column.
const LLC_FACES: usize = 13;

fn look_here(config: &Config) -> Result<Setup, Error> {
    match config.input.format {
        Format::Mds => {}
        Format::Netcdf => return Err(not_yet(config, "input.format", "netCDF")),
        Format::Zarr => return Err(not_yet(config, "input.format", "Zarr input")),
    }
    if config.input.layout == Some(Layout::Llc) {
        return Err(not_yet(config, "input.layout", "the llc layout"));
    }
    let variables = &config.input.variables;
    let velocity = variables.velocity.is_some();
    let record = |at: usize| match config.input.record_of(at) {
        // The default, which leaves it to the files.
        Record::Number(1) if config.input.record.len() == 1 => None,
        Record::Number(number) => Some(RecordChoice::Number(*number as u64)),
        Record::Name(name) => Some(RecordChoice::Name(name.clone())),
    };
    let key = |at: usize| if at < variables.first_scalar() { ["u", "v"][at] } else { "scalar" };
    let field = |(at, name): (usize, &str)| MdsField { name: name.to_owned(), key: key(at), record: record(at) };
    let catalog = mds::scan(&MdsRequest {
        folder: config.input_path()?.to_owned(),
        pattern: config.input.pattern.clone(),
        fields: variables.names().into_iter().enumerate().map(field).collect(),
        level: config.input.level as u64,
        seconds_per_iteration: config.timestep()?.0,
        epoch_seconds: seconds_since_1970(config.epoch()?),
        endian: endian(config),
        value_bytes: value_bytes(config),
        shape: config.input.shape,
        time: config.select.time.as_ref().map(|time| [seconds_since_1970(time.start), seconds_since_1970(time.end)]),
        fail_on_gaps: config.prepare.missing == Missing::Fail,
    })?;
    let extent = catalog.extent;
    if config.input.layout.is_none() && extent.ni > 1 && extent.nj == LLC_FACES * extent.ni {
        let message = format!(
            "the files have {} columns and {} rows, {LLC_FACES} times as many: this is the compact form of an llc grid, \
             which this version cannot handle; if it is one plain rectangle all the same, say layout = \"plain\"",
            extent.ni, extent.nj
        );
        return Err(Error::Setting { text: config.explain("input.layout", &message) });
    }
    let levels = catalog.levels;
    let catalog = Catalog::Mds(catalog);
    tell(&catalog);
    let files = grid_files(config, &catalog)?;
    let request = SurveyRequest {
        level: config.input.level,
        centre: velocity && config.prepare.centre,
        rotate: velocity && config.prepare.rotate,
        periodic: Periodic { i: config.input.periodic.i, j: config.input.periodic.j },
    };
    let grid = grid::survey(&files, &extent, &request)?;
    blank_is_land(&catalog, &grid)?;
    if config.input.level > 1 && files.has(GridField::HFacC) {
        let of_mask = files.levels(GridField::HFacC)? as u64;
        if levels > 1 && of_mask != levels {
            warn!(
                "the files have {levels} levels, hFacC has {of_mask}: [input] level = {} is taken of both; where it is \
                 another depth in the files, the mask of land is that of another depth",
                config.input.level
            );
        }
    }
    let range = |range: &Option<std::ops::Range<usize>>| range.as_ref().map(|range| [range.start, range.end]);
    let lattice = grid::lattice(
        &SelectionRequest {
            faces: config.select.faces.clone(),
            lon: config.select.lon,
            lat: config.select.lat,
            i: range(&config.select.i),
            j: range(&config.select.j),
            stride: config.select.stride,
        },
        &extent,
        &files,
    )?;
    grid::check_values(&files, &grid, &lattice)?;
    Ok(Setup { catalog, grid, lattice, files })
}
