//! The first look at files that describe themselves, by one rank: what a run needs of them, and whether it will do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::super::zarr;
use super::super::{LostSnapshot, LostSnapshots, SourceError, StepStatus, TimeAxis};
use super::assemble::{Assembly, Holder, info_of};
use super::catalog::{GriddedCatalog, GriddedField};
use super::empty_fields::check_not_empty;
use super::files::{Format, expand};
use super::finder::shape;
use super::fitting::{check_dimensions, check_shape, no_array};
use super::grid::{GridRequest, GriddedGrid};
use super::missing_chunks::MissingChunks;
use super::places::check_places;
use super::times::{Instant, Times, explained};
use super::velocity_units::check_velocity_units;
use crate::grid::{Extent, LLC_FACES, Periodic};
use crate::terms::DateTime;

/// What to look for, and how.
#[derive(Clone, Debug)]
pub struct GriddedRequest {
    /// Format of the snapshots.
    pub format: Format,
    /// Files, folders, patterns.
    pub paths: Vec<PathBuf>,
    /// Names of the arrays, each with the configuration key that names it; u and v first, if there is a velocity.
    pub fields: Vec<(String, &'static str)>,
    /// Level, 1-based.
    pub level: u64,
    /// Half-open selection, by the files' calendar.
    pub time: Option<[DateTime; 2]>,
    /// The instant that times of the result are counted from; none: the files' own.
    pub epoch: Option<DateTime>,
    /// Whether missing snapshots end the run.
    pub fail_on_gaps: bool,
    /// Axes along which a plain grid wraps.
    pub periodic: Periodic,
    /// Whether a chunk that is not stored ends the run.
    pub missing_chunks_fail: bool,
    /// The grid's files, if they are of this kind; none: those of the snapshots.
    pub grid_paths: Option<Vec<PathBuf>>,
    /// Size of a grid in files of another kind.
    pub grid_extent: Option<Extent>,
    /// Names and places of the grid.
    pub grid: GridRequest,
    /// Whether u and v go to the centres of cells.
    pub centre: bool,
}

/// What was found.
#[derive(Debug)]
pub struct Scanned {
    /// Snapshots.
    pub catalog: GriddedCatalog,
    /// The grid; none where it is in files of another kind.
    pub grid: Option<GriddedGrid>,
}

impl GriddedRequest {
    pub(super) fn has_velocity(&self) -> bool {
        self.fields.first().is_some_and(|(_, key)| *key == "u")
    }

    /// Stored index minus native index of a field, of rows and columns.
    pub(super) fn shift(&self, field: usize) -> [i64; 2] {
        match (self.has_velocity(), field) {
            (true, 0) => [0, self.grid.shifts[0]],
            (true, 1) => [self.grid.shifts[1], 0],
            _ => [0, 0],
        }
    }
}

/// Files and stores, each described once.
struct Described<'a> {
    /// Names of the fields.
    names: Vec<&'a str>,
    known: BTreeMap<PathBuf, Holder>,
}

impl Described<'_> {
    fn holders(&mut self, format: Format, paths: &[PathBuf]) -> Result<Vec<Holder>, SourceError> {
        for path in paths {
            if !self.known.contains_key(path) {
                self.known.insert(path.clone(), Holder::describe(format, path, &self.names)?);
            }
        }
        Ok(paths.iter().filter_map(|path| self.known.get(path)).cloned().collect())
    }
}

/// One field's files and times.
pub(super) struct Found {
    pub(super) holders: Vec<Holder>,
    /// By time, the holder and the index along time of each tile; none of a tile that lacks it.
    times: BTreeMap<Instant, Vec<Option<(usize, u64)>>>,
    /// Those of one file, for the calendar.
    calendar: Times,
    /// What times are rounded to [ms].
    grain: i64,
    /// Where the times stand, as [`Times::stored_in`].
    times_in: BTreeSet<PathBuf>,
    /// Chunks of times that are not stored, file by file.
    missing_chunks: Vec<MissingChunks>,
}

impl Found {
    /// The holder and the index along time of each tile, if all are there.
    fn whole(&self, instant: Instant) -> Option<Vec<(usize, u64)>> {
        self.times.get(&instant)?.iter().copied().collect()
    }
}

/// Looks at all files that the paths stand for.
///
/// # Errors
/// When files are missing or contradict each other; see [`SourceError`].
pub fn scan(request: &GriddedRequest) -> Result<Scanned, SourceError> {
    let names = request.fields.iter().map(|(name, _)| name.as_str()).collect();
    let mut described = Described { names, known: BTreeMap::new() };
    // Whether all fields are there, and filled, is told before the times of one are read.
    let mut holders = Vec::new();
    for (name, key) in &request.fields {
        holders.push(holders_of(request, &mut described, name, key)?);
    }
    let mut found = Vec::new();
    for ((name, _), holders) in request.fields.iter().zip(holders) {
        let path = holders.first().map(|holder| holder.dataset.path.clone());
        found.push(find(request, name, holders).map_err(|error| in_place_of(error, request.format, path, name))?);
    }
    let assemblies: Vec<Assembly<'_>> = request
        .fields
        .iter()
        .zip(&found)
        .map(|((name, _), found)| Assembly::new(name, &found.holders, &request.grid.dimensions))
        .collect::<Result<_, _>>()?;
    check_velocity_units(request, &found)?;
    let grid_holders = grid_holders(request, &mut described, &found)?;
    check_dimensions(&request.grid.dimensions, described.known.values().map(|holder| &holder.dataset))?;
    let extent = extent(request, &grid_holders)?;
    for (at, (assembly, found)) in assemblies.iter().zip(&found).enumerate() {
        check_shape(request, at, assembly, found, &extent)?;
    }
    // The times of all fields are those of the same files, or of other ones.
    let lacking = found.iter().find(|found| !found.missing_chunks.is_empty());
    let with_chunks = |error| explained(error, lacking.iter().flat_map(|found| &found.missing_chunks));
    let (mut time, instants) = axis(request, &found).map_err(with_chunks)?;
    if request.fail_on_gaps {
        same_times(request, &found, (&time, &instants)).map_err(with_chunks)?;
    }
    let lost = settle(request, &found, (&mut time, &instants));
    let mut fields = Vec::new();
    for (at, (assembly, found)) in assemblies.iter().zip(&found).enumerate() {
        fields.push(Arc::new(field(request, at, assembly, found, (&instants, &extent))?));
    }
    let mut notes: Vec<String> = described.known.values().flat_map(|holder| holder.dataset.all_notes()).collect();
    notes.sort();
    notes.dedup();
    let mut warnings: Vec<String> =
        described.known.values().flat_map(|holder| holder.dataset.warnings.iter().cloned()).collect();
    warnings.extend(found.iter().flat_map(|found| &found.missing_chunks).map(MissingChunks::warning));
    warnings.sort();
    warnings.dedup();
    for (field, (name, _)) in fields.iter().zip(&request.fields) {
        for (j, i) in field.mosaic.blank() {
            let place = super::super::mds::describe_place(j, i);
            notes.push(format!("no tile of {name} lies at {place}, at any time: taken for land"));
        }
    }
    let grid = match request.grid_extent {
        Some(_) => None,
        None => {
            let fields = (&fields[..], request.centre);
            Some(GriddedGrid::find(&grid_holders, extent, &request.grid, fields, request.has_velocity())?)
        }
    };
    let names: Vec<&str> = request.fields.iter().map(|(name, _)| name.as_str()).collect();
    check_places(&names, &found, &request.grid.dimensions, grid.as_ref())?;
    let paths = paths(&described, &fields, &found);
    let catalog = GriddedCatalog {
        extent,
        time,
        fields,
        lost,
        notes,
        warnings,
        paths,
        missing_chunks_fail: request.missing_chunks_fail,
        cache: Arc::default(),
    };
    Ok(Scanned { catalog, grid })
}

/// What the fields and their times stand in: files, and of stores the documents and the folders of these arrays.
fn paths(described: &Described<'_>, fields: &[Arc<GriddedField>], found: &[Found]) -> Vec<PathBuf> {
    let own = |path: &PathBuf| if path.is_dir() { zarr::documents(path) } else { vec![path.clone()] };
    let mut paths: BTreeSet<PathBuf> = described.known.keys().flat_map(own).collect();
    paths.extend(found.iter().flat_map(|found| found.times_in.iter().cloned()));
    paths.extend(fields.iter().flat_map(|field| &field.parts).map(|part| part.stored_in().to_owned()));
    paths.into_iter().collect()
}

/// What stands in the way of any run on a store, in place of the error that it led to.
fn in_place_of(error: SourceError, format: Format, path: Option<PathBuf>, name: &str) -> SourceError {
    let path = path.filter(|_| format == Format::Zarr);
    let unusable = path.and_then(|path| Some((zarr::unusable(&path, name)?, path)));
    unusable.map_or(error, |(reason, path)| SourceError::Dataset { path, reason })
}

/// The files and stores that have an array of a name.
fn holders_of(
    request: &GriddedRequest,
    described: &mut Described<'_>,
    name: &str,
    key: &'static str,
) -> Result<Vec<Holder>, SourceError> {
    let paths = expand(request.format, &request.paths, name)?;
    let all = described.holders(request.format, &paths)?;
    let holders: Vec<Holder> = all.iter().filter(|holder| holder.dataset.array(name).is_some()).cloned().collect();
    let checked = match holders.is_empty() {
        true => Err(no_array(key, name, &all, 2)),
        false => check_not_empty(name, &holders),
    };
    match checked {
        Ok(()) => Ok(holders),
        Err(error) => Err(in_place_of(error, request.format, paths.first().cloned(), name)),
    }
}

/// The times of a field, and which file has each.
fn find(request: &GriddedRequest, name: &str, holders: Vec<Holder>) -> Result<Found, SourceError> {
    let assembly = Assembly::new(name, &holders, &request.grid.dimensions)?;
    let tiles = assembly.tiles_of_a_time();
    let mut times: BTreeMap<Instant, Vec<Option<(usize, u64)>>> = BTreeMap::new();
    let (mut calendar, mut grain): (Option<Times>, i64) = (None, 1);
    let (mut times_in, mut missing_chunks) = (BTreeSet::new(), Vec::new());
    for (at, holder) in holders.iter().enumerate() {
        let these = Times::read(holder, info_of(holder, name)?, &assembly.axes, request.epoch)?;
        if let Some(first) = &calendar {
            first.agrees(&these, &holder.dataset.path)?;
        }
        if let Some(missing) = these.missing_chunks() {
            if request.missing_chunks_fail {
                return Err(missing.error());
            }
            missing_chunks.push(missing.clone());
        }
        let tile = assembly.tile_of(holder);
        for (index, instant) in these.instants().enumerate() {
            let place = times.entry(instant).or_insert_with(|| vec![None; tiles]);
            if let Some((other, _)) = place[tile] {
                if !these.is_selected(instant, request.time)? {
                    continue;
                }
                let one = holders[other].dataset.path.display();
                let reason = match other == at {
                    true => format!("has {} twice", these.text(instant)),
                    false => format!(
                        "it and {one} both have {name} of {}; leave one of the two out, or cut the time off one: ncks -d",
                        these.text(instant)
                    ),
                };
                let error = SourceError::Dataset { path: holder.dataset.path.clone(), reason };
                return Err(explained(error, missing_chunks.iter()));
            }
            place[tile] = Some((at, index as u64));
        }
        grain = grain.max(these.grain());
        times_in.insert(these.stored_in().to_owned());
        calendar.get_or_insert(these);
    }
    drop(assembly);
    let Some(calendar) = calendar else {
        return Err(SourceError::EmptyTime { reason: "there are no snapshots".into() });
    };
    Ok(Found { holders, times, calendar, grain, times_in, missing_chunks })
}

fn grid_holders(
    request: &GriddedRequest,
    described: &mut Described<'_>,
    found: &[Found],
) -> Result<Vec<Holder>, SourceError> {
    if request.grid_extent.is_some() {
        return Ok(Vec::new());
    }
    let mut holders = Vec::new();
    if let Some(paths) = &request.grid_paths {
        let other = if request.format == Format::Netcdf { Format::Zarr } else { Format::Netcdf };
        let files = expand(request.format, paths, "").or_else(|_| expand(other, paths, ""));
        let files = files.map_err(|_| SourceError::NotFound {
            key: "grid",
            path: paths.first().cloned().unwrap_or_default(),
            what: "no netCDF file, Zarr store or folder of MITgcm's XC.data",
        })?;
        for path in files {
            let format = if path.is_dir() { Format::Zarr } else { Format::Netcdf };
            holders.extend(described.holders(format, &[path])?);
        }
    }
    // What the snapshots' own files hold of the grid does as well.
    for found in found {
        let mut tiles: BTreeSet<[u32; 2]> = BTreeSet::new();
        for holder in &found.holders {
            let number = holder.place.as_ref().and_then(|place| place.tile.number).unwrap_or_default();
            if tiles.insert(number) {
                holders.push(holder.clone());
            }
        }
    }
    Ok(holders)
}

fn extent(request: &GriddedRequest, holders: &[Holder]) -> Result<Extent, SourceError> {
    if let Some(extent) = request.grid_extent {
        return Ok(extent);
    }
    let path = || holders.first().map_or_else(PathBuf::new, |holder| holder.dataset.path.clone());
    let wrong = |reason: String| SourceError::Dataset { path: path(), reason };
    match shape(holders, &request.grid)? {
        None => Err(wrong(
            "no longitudes and latitudes of cell centres were found: say which arrays they are, as in [input] grid_names = { XC = \"lon\", YC = \"lat\" }, or in which files they are: [input] grid".into(),
        )),
        Some([1, nj, ni]) if nj > 0 && ni > 0 => Ok(Extent::plain(nj, ni, request.periodic)),
        Some([LLC_FACES, nj, ni]) if nj == ni && ni > 0 => Ok(Extent::llc(ni)),
        Some([faces, nj, ni]) => Err(wrong(format!(
            "the grid has {faces} faces of {ni} x {nj} cells; only lat-lon-cap grids have faces here: {LLC_FACES} square ones"
        ))),
    }
}

/// The axis of the times that some field has, and the instant of each step; none of a step that no field has.
fn axis(request: &GriddedRequest, found: &[Found]) -> Result<(TimeAxis, Vec<Option<Instant>>), SourceError> {
    for other in &found[1..] {
        found[0].calendar.agrees(&other.calendar, &other.holders[0].dataset.path)?;
    }
    let all: BTreeSet<Instant> = found.iter().flat_map(|found| found.times.keys().copied()).collect();
    let grain = found.iter().map(|found| found.grain).max().unwrap_or(1);
    found[0].calendar.axis(all.into_iter(), grain, request.time)
}

/// Under the policy `fail`, every field has every time, and no time is missing.
fn same_times(
    request: &GriddedRequest,
    found: &[Found],
    (time, instants): (&TimeAxis, &[Option<Instant>]),
) -> Result<(), SourceError> {
    let lacks = |at: usize, step: &usize| instants[*step].is_none_or(|instant| found[at].whole(instant).is_none());
    for (at, (name, _)) in request.fields.iter().enumerate() {
        let lacking: Vec<usize> = (0..time.len()).filter(|step| lacks(at, step)).collect();
        let Some(first) = lacking.first() else { continue };
        let (count, date) = (lacking.len(), time.date(*first));
        let Some(other) = (0..found.len()).find(|&other| !lacks(other, first)) else {
            return Err(SourceError::Gaps { field: name.clone(), count, first: date });
        };
        let what = format!(
            "{name} lacks {count} of the {} times, first {date}; [prepare] missing = \"reject\" leaves out the segments that touch such times",
            time.len()
        );
        return Err(SourceError::FieldsDiffer { first: request.fields[other].0.clone(), second: name.clone(), what });
    }
    Ok(())
}

/// Sets the status of every time and lists the snapshots that are not there.
fn settle(
    request: &GriddedRequest,
    found: &[Found],
    (time, instants): (&mut TimeAxis, &[Option<Instant>]),
) -> LostSnapshots {
    let mut lost = LostSnapshots::default();
    for (step, instant) in instants.iter().enumerate() {
        let mut status = StepStatus::Used;
        for ((name, _), found) in request.fields.iter().zip(found) {
            if instant.is_some_and(|instant| found.whole(instant).is_some()) {
                continue;
            }
            status = StepStatus::Missing;
            let tiles = instant.and_then(|instant| found.times.get(&instant));
            let there = tiles.map_or(0, |tiles| tiles.iter().flatten().count());
            let what =
                if there > 0 { format!("is missing in some tiles ({there} are there)") } else { "is missing".into() };
            let file = format!("{name} of {}", time.date(step));
            lost.push(|| LostSnapshot { field: name.clone(), step, file, what });
        }
        time.status[step] = status;
    }
    lost
}

/// The field with the places of its values.
fn field(
    request: &GriddedRequest,
    at: usize,
    assembly: &Assembly<'_>,
    found: &Found,
    (instants, extent): (&[Option<Instant>], &Extent),
) -> Result<GriddedField, SourceError> {
    let mut groups: HashMap<Vec<usize>, usize> = HashMap::new();
    let mut files: Vec<usize> = Vec::new();
    let mut steps = Vec::with_capacity(instants.len());
    for instant in instants {
        let Some((instant, places)) = instant.and_then(|instant| Some((instant, found.whole(instant)?))) else {
            steps.push(None);
            continue;
        };
        let index = places[0].1;
        if let Some((other, _)) = places.iter().find(|(_, other)| *other != index) {
            return Err(SourceError::Tiles {
                path: found.holders[*other].dataset.path.clone(),
                reason: format!(
                    "has {} at another place along time than {}; the files of tiles must hold the same times",
                    found.calendar.text(instant),
                    found.holders[places[0].0].dataset.path.display()
                ),
            });
        }
        let group: Vec<usize> = places.iter().map(|(holder, _)| *holder).collect();
        let first = *groups.entry(group.clone()).or_insert_with(|| {
            files.extend(&group);
            files.len() - group.len()
        });
        steps.push(Some((first as u32, index)));
    }
    let mut field = assembly.field(&files, (request.level - 1, request.shift(at)), steps, [extent.nj, extent.ni])?;
    if field.axes.level.is_none() {
        field.level = 0;
    }
    Ok(field)
}
