//! The first look at the input: rank 0 lists, stats and reads headers; the others are told.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::config::{Config, Dtype, Endian, Format, Layout, Missing, Record, Variables};
use crate::exchange::{World, agree};
use crate::fault;
use crate::grid::{self, Bits, Extent, Grid, GridFiles, Lattice, Periodic, Rotation, SelectionRequest, SurveyRequest};
use crate::source::Catalog;
use crate::source::mds::{self, MdsField, MdsGridFiles, MdsRequest, RecordChoice};

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
    let found = if world.rank() == 0 { look_here(config).map(Some) } else { Ok(None) };
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

fn endian(config: &Config) -> mds::Endian {
    match config.input.endian {
        Endian::Big => mds::Endian::Big,
        Endian::Little => mds::Endian::Little,
    }
}

fn value_bytes(config: &Config) -> usize {
    match config.input.dtype {
        Dtype::Float32 => 4,
        Dtype::Float64 => 8,
    }
}

fn grid_files(config: &Config, catalog: &Catalog) -> Result<MdsGridFiles, Error> {
    Ok(MdsGridFiles::new(config.grid_path()?, *catalog.extent(), endian(config), value_bytes(config)))
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
    if matches!(config.prepare.missing, Missing::Interpolate(_)) {
        return Err(not_yet(config, "prepare.missing", "missing = { interpolate = n }"));
    }
    let Variables::Velocity { u, v } = &config.input.variables else {
        return Err(not_yet(config, "input.scalar", "a scalar field"));
    };
    let record = match &config.input.record {
        Record::Number(number) => RecordChoice::Number(*number as u64),
        Record::Name(name) => RecordChoice::Name(name.clone()),
    };
    let field = |name: &String, key| MdsField { name: name.clone(), key, record: record.clone() };
    let seconds = |date: jiff::civil::DateTime| {
        let zero = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
        date.duration_since(zero).as_secs()
    };
    let catalog = mds::scan(&MdsRequest {
        folder: config.input_path()?.to_owned(),
        pattern: config.input.pattern.clone(),
        fields: vec![field(u, "u"), field(v, "v")],
        level: config.input.level as u64,
        seconds_per_iteration: config.timestep()?.0,
        epoch_seconds: seconds(config.epoch()?),
        endian: endian(config),
        value_bytes: value_bytes(config),
        shape: config.input.shape,
        time: config.select.time.as_ref().map(|time| [seconds(time.start), seconds(time.end)]),
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
    let catalog = Catalog::Mds(catalog);
    let files = grid_files(config, &catalog)?;
    let request = SurveyRequest {
        level: config.input.level,
        centre: config.prepare.centre,
        rotate: config.prepare.rotate,
        periodic: Periodic { i: config.input.periodic.i, j: config.input.periodic.j },
    };
    let grid = grid::survey(&files, &extent, &request)?;
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
    Ok(Setup { catalog, grid, lattice, files })
}
