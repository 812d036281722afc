//! The first look at the input: rank 0 lists, stats and reads headers; the others are told.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::areas::all_areas;
use super::fields::Fields;
use super::gridded_input::scan_gridded;
use super::layout_of_grid::layout_of_grid;
use crate::Error;
use crate::config::{Config, Dtype, Endian, Format, Missing, Record, ShrunkMask, UFace, VFace};
use crate::exchange::{World, agree};
use crate::fault;
use crate::grid::{
    self, Bits, Extent, Grid, GridError, GridField, GridFiles, Lattice, Layout, Masks, Periodic, Reach, Rotation,
    SelectionRequest, SurveyRequest,
};
use crate::report::{Phase, Timings};
use crate::source::gridded::{self, GriddedGrid};
use crate::source::mds::{self, MdsField, MdsGridFiles, MdsRequest, RecordChoice};
use crate::source::{Catalog, SourceError};
use crate::terms::{Calendar, DateTime};

/// What every rank knows of the input.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Files and times.
    pub catalog: Catalog,
    /// Masks.
    pub grid: Grid,
    /// Selected points.
    pub lattice: Lattice,
    /// How far the selected points with a spectrum reach; the globe where nothing asks for it.
    pub reach: Reach,
    /// What is read.
    pub fields: Fields,
    files: GridSource,
}

/// The grid's files.
#[derive(Clone, Debug)]
pub(super) enum GridSource {
    /// MITgcm binary files.
    Mds(MdsGridFiles),
    /// Files that describe themselves.
    Gridded(Arc<GriddedGrid>),
}

impl GridSource {
    pub(super) fn files(&self) -> &dyn GridFiles {
        match self {
            GridSource::Mds(files) => files,
            GridSource::Gridded(files) => &**files,
        }
    }

    fn paths(&self) -> Vec<PathBuf> {
        match self {
            GridSource::Mds(files) => files.paths(),
            GridSource::Gridded(files) => files.stored_in(),
        }
    }
}

impl Setup {
    /// The grid's files.
    pub fn grid_files(&self) -> &dyn GridFiles {
        self.files.files()
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
    rotation: Rotation,
    has_depth: bool,
    has_area: bool,
    reach: Reach,
    /// Of a grid in files that describe themselves.
    gridded: Option<Arc<GriddedGrid>>,
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
    let mut sent: Sent = serde_json::from_slice(&world.broadcast(text)).map_err(|error| internal(error.to_string()))?;
    let extent = sent.extent;
    let bits = |of: fn(&Grid) -> &Bits| {
        let mine = found.as_ref().map_or_else(Vec::new, |setup| bytemuck::cast_slice(of(&setup.grid).words()).to_vec());
        let bytes = world.broadcast(mine);
        let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        let bits = Bits::from_words(&extent, words).map(Arc::new);
        bits.ok_or_else(|| internal("a mask of another size came from rank 0"))
    };
    let grid = Grid {
        wet: bits(|grid| &grid.wet)?,
        analysed: bits(|grid| &grid.analysed)?,
        open_west: bits(|grid| &grid.open_west)?,
        open_south: bits(|grid| &grid.open_south)?,
        extent: sent.extent,
        rotation: sent.rotation,
        has_depth: sent.has_depth,
        has_area: sent.has_area,
    };
    set_masks(&mut sent.catalog, &grid);
    let files = match sent.gridded {
        Some(gridded) => GridSource::Gridded(gridded),
        None => GridSource::Mds(grid_files(config, extent)?),
    };
    Ok(Setup {
        catalog: sent.catalog,
        grid,
        lattice: sent.lattice,
        reach: sent.reach,
        fields: Fields::of(&config.input.variables),
        files,
    })
}

fn internal(what: impl Into<String>) -> Error {
    Error::Internal { what: what.into() }
}

fn sent(setup: &Setup) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&Sent {
        catalog: setup.catalog.clone(),
        lattice: setup.lattice.clone(),
        extent: setup.grid.extent,
        rotation: setup.grid.rotation,
        has_depth: setup.grid.has_depth,
        has_area: setup.grid.has_area,
        reach: setup.reach,
        gridded: match &setup.files {
            GridSource::Gridded(files) => Some(Arc::clone(files)),
            GridSource::Mds(_) => None,
        },
    })
    .map_err(|error| internal(error.to_string()))
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

/// A configured date, of no calendar yet.
pub(super) fn date_time(date: jiff::civil::DateTime) -> DateTime {
    DateTime {
        year: date.year().into(),
        month: date.month().unsigned_abs(),
        day: date.day().unsigned_abs(),
        hour: date.hour().unsigned_abs(),
        minute: date.minute().unsigned_abs(),
        second: date.second().unsigned_abs(),
        nanosecond: date.subsec_nanosecond().unsigned_abs(),
    }
}

/// Whole seconds from 1970-01-01 to the date that `key` gives, both UTC and of the `calendar`.
///
/// # Errors
/// A date that the calendar does not have, told with its line.
pub(super) fn seconds_since_1970(
    config: &Config,
    key: &str,
    date: jiff::civil::DateTime,
    calendar: Calendar,
) -> Result<i64, Error> {
    let time = date_time(date);
    calendar.seconds(&time).map_err(|error| Error::Setting { text: config.explain(key, &error.to_string()) })
}

pub(super) fn grid_files(config: &Config, extent: Extent) -> Result<MdsGridFiles, Error> {
    Ok(MdsGridFiles::new(config.grid_path()?, extent, endian(config), value_bytes(config)))
}

/// Shrunk files are read by the masks that every rank has.
fn set_masks(catalog: &mut Catalog, grid: &Grid) {
    catalog.set_masks(|mask| {
        Arc::clone(match mask {
            GridField::HFacW => &grid.open_west,
            GridField::HFacS => &grid.open_south,
            _ => &grid.wet,
        })
    });
}

/// Snapshots that are named in the log, and warnings of files that are told.
const NAMED: usize = 10;

/// What the log says of the files.
fn tell(catalog: &Catalog) {
    catalog.notes().iter().for_each(|note| info!("{note}"));
    let warnings = catalog.warnings();
    warnings.iter().take(NAMED).for_each(|text| warn!("{text}"));
    if warnings.len() > NAMED {
        warn!("and {} more such warnings of other files", warnings.len() - NAMED);
    }
    catalog.lost().lines(NAMED).for_each(|line| warn!("{line}"));
}

/// What the log says where nothing but the values of the first snapshot tells land from water; of some cells that are taken
/// for land one of u and v has a value.
fn land_by_values(extent: &Extent, wet: &Bits, half_cells: u64) -> String {
    let cells = (extent.faces * extent.nj * extent.ni) as u64;
    let land = match cells.saturating_sub(wet.count()) {
        0 => "none".to_owned(),
        land => land.to_string(),
    };
    let half = match half_cells {
        0 => String::new(),
        half => format!(" ({half} of them lack u or v alone)"),
    };
    format!(
        "no mask and no depth: land is taken where the first snapshot has no values, {land} of {cells} cells{half}; where land is \
         0, or that snapshot has holes, give [input] grid a file with a mask"
    )
}

/// Where no tile of the snapshots lies there must be no water.
fn blank_is_land(catalog: &Catalog, grid: &Grid) -> Result<(), Error> {
    for (field, j, i) in catalog.blank() {
        let points = j.clone().flat_map(|row| i.clone().map(move |column| (row, column)));
        if let Some((row, column)) = points.into_iter().find(|&(row, column)| grid.wet.get(0, row, column)) {
            return Err(SourceError::UncoveredWater {
                field: field.to_owned(),
                j: j.clone(),
                i: i.clone(),
                place: grid.extent.point([0, row, column]),
            }
            .into());
        }
    }
    Ok(())
}

/// Whether the grid has what means over areas are weighted and chosen by.
fn check_areas(config: &Config, grid: &Grid, files: &dyn GridFiles) -> Result<(), Error> {
    for (key, areas) in all_areas(config, &Reach::GLOBE) {
        let lacks = if !grid.has_area {
            Some((GridField::Ra, "the means over areas are weighted by it".to_owned()))
        } else if areas.asks_for_depth() && !grid.has_depth {
            Some((GridField::Depth, "`depth` chooses cells by it".to_owned()))
        } else {
            None
        };
        if let Some((field, why)) = lacks {
            let (name, place) = (field.name(), files.place(field));
            return Err(GridError::Missing { name, place, need: format!("{why}; without it leave out [{key}]") }.into());
        }
    }
    Ok(())
}

fn look_here(config: &Config) -> Result<Setup, Error> {
    match config.input.format {
        Format::Mds => look_at_mds(config),
        Format::Netcdf => look_at_gridded(config, gridded::Format::Netcdf),
        Format::Zarr => look_at_gridded(config, gridded::Format::Zarr),
    }
}

fn look_at_mds(config: &Config) -> Result<Setup, Error> {
    let extent = layout_of_grid(config)?;
    let record = |at: usize| match config.input.record_of(at) {
        // The default, which leaves it to the files.
        Record::Number(1) if config.input.record.len() == 1 => None,
        Record::Number(number) => Some(RecordChoice::Number(*number as u64)),
        Record::Name(name) => Some(RecordChoice::Name(name.clone())),
    };
    let variables = &config.input.variables;
    let keys = ["u", "v"].into_iter().filter(|_| variables.velocity.is_some()).chain(std::iter::repeat("scalar"));
    let field =
        |(at, (name, key)): (usize, (&str, &'static str))| MdsField { name: name.into(), key, record: record(at) };
    let fields = variables.names().into_iter().zip(keys).enumerate().map(field).collect();
    let llc_files = extent.map(|extent| grid_files(config, extent)).transpose()?;
    let llc_masks = llc_files.as_ref().zip(extent).map(|(files, extent)| Masks::new(files, extent));
    let periodic = config.input.periodic;
    let seconds = |key: &str, date| seconds_since_1970(config, key, date, Calendar::ProlepticGregorian);
    let request = MdsRequest {
        folder: config.input_path()?.to_owned(),
        pattern: config.input.pattern.clone(),
        fields,
        level: config.input.level as u64,
        seconds_per_iteration: config.timestep()?.0,
        epoch_seconds: seconds("input.epoch", config.epoch()?)?,
        endian: endian(config),
        value_bytes: value_bytes(config),
        shape: config.input.shape.or(extent.map(|extent| [extent.faces * extent.nj, extent.ni])),
        time: match &config.select.time {
            Some(time) => Some([seconds("select.time", time.start)?, seconds("select.time", time.end)?]),
            None => None,
        },
        fail_on_gaps: config.prepare.missing == Missing::Fail,
        layout: match extent {
            Some(_) => Layout::Llc,
            None => Layout::Plain(Periodic { i: periodic.i, j: periodic.j }),
        },
        shrunk_mask: config.input.shrunk_mask.map(|mask| match mask {
            ShrunkMask::HFacC => GridField::HFacC,
            ShrunkMask::HFacW => GridField::HFacW,
            ShrunkMask::HFacS => GridField::HFacS,
        }),
    };
    let catalog = mds::scan(&request, llc_masks.as_ref())?;
    let extent = catalog.extent;
    let levels = catalog.levels;
    let files = grid_files(config, extent)?;
    // Masks that shrunk files were compared with are not read again.
    let masks = llc_masks.filter(|masks| *masks.extent() == extent).unwrap_or_else(|| Masks::new(&files, extent));
    survey(config, Catalog::Mds(catalog), Some(levels), &masks, GridSource::Mds(files.clone()))
}

fn look_at_gridded(config: &Config, format: gridded::Format) -> Result<Setup, Error> {
    let (catalog, files) = scan_gridded(config, format)?;
    let mask = files.files();
    let levels = if mask.has(GridField::HFacC) { mask.levels(GridField::HFacC)? } else { 1 };
    if let Some(doubt) = gridded::doubtful_level(&catalog.fields, config.input.level as u64, levels as u64) {
        warn!("{doubt}");
    }
    let shared = files.clone();
    let masks = Masks::new(shared.files(), catalog.extent);
    survey(config, Catalog::Gridded(catalog), None, &masks, files)
}

/// The second half of the first look: the grid, of snapshots that were found. `levels` are those of MDS files, whose levels
/// are not told from those of the mask by their names.
fn survey(
    config: &Config,
    mut catalog: Catalog,
    levels: Option<u64>,
    masks: &Masks<'_>,
    source: GridSource,
) -> Result<Setup, Error> {
    let files = source.files();
    let extent = *catalog.extent();
    tell(&catalog);
    if let (Catalog::Gridded(catalog), GridSource::Gridded(grid)) = (&catalog, &source) {
        let warnings = grid.missing_chunks(config.input.level, catalog.missing_chunks_fail)?;
        warnings.iter().for_each(|text| warn!("{text}"));
    }
    let fields = Fields::of(&config.input.variables);
    let input = &config.input;
    let lacks_last = match (&catalog, &source) {
        (Catalog::Gridded(_), _) if !fields.has_velocity() => [false; 2],
        (Catalog::Gridded(catalog), GridSource::Gridded(grid)) => {
            let (of_fields, of_masks) = (catalog.lacks_last(), grid.lacks_last());
            [of_fields[0] || of_masks[0], of_fields[1] || of_masks[1]]
        }
        (Catalog::Gridded(catalog), GridSource::Mds(_)) => catalog.lacks_last(),
        (Catalog::Mds(_), _) => [false; 2],
    };
    let request = SurveyRequest {
        level: config.input.level,
        centre: config.prepare.centre && fields.has_velocity(),
        rotate: config.prepare.rotate && fields.has_velocity(),
        lacks_first: [
            input.u_face == UFace::East && !input.periodic.i,
            input.v_face == VFace::North && !input.periodic.j,
        ],
        lacks_last,
    };
    let grid = grid::survey(masks, &request)?;
    if let GridSource::Gridded(gridded) = &source
        && gridded.is_masked_by_values()
    {
        warn!("{}", land_by_values(&grid.extent, &grid.wet, gridded.half_cells()));
    }
    set_masks(&mut catalog, &grid);
    blank_is_land(&catalog, &grid)?;
    // Shrunk files were compared with the levels of their own mask.
    if let Some(levels) = levels
        && config.input.level > 1
        && !catalog.is_shrunk()
        && files.has(GridField::HFacC)
    {
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
        files,
    )?;
    grid::check_values(files, &grid, &lattice)?;
    let reach = match config.zonal.is_some() || config.bins.is_some() {
        true => grid::reach(files, &grid, &lattice)?,
        false => Reach::GLOBE,
    };
    check_areas(config, &grid, files)?;
    files.forget();
    Ok(Setup { catalog, grid, lattice, reach, fields, files: source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn land_that_values_tell_is_counted() {
        let extent = Extent::plain(3, 70, Periodic { i: false, j: false });
        let mut wet = Bits::zero(&extent);
        (0..3).flat_map(|j| (0..70).map(move |i| (j, i))).for_each(|(j, i)| wet.set(0, j, i, true));
        assert!(land_by_values(&extent, &wet, 0).contains("no values, none of 210 cells;"));
        wet.set(0, 1, 69, false);
        assert!(land_by_values(&extent, &wet, 0).contains("no values, 1 of 210 cells;"));
        assert!(land_by_values(&extent, &wet, 1).contains("1 of 210 cells (1 of them lack u or v alone);"));
    }
}
