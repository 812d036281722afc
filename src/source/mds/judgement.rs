//! What the files of one variable are together: one layout, one set of tiles, and by time what is wrong with each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::SourceError;
use super::intervals::Intervals;
use super::layout::{Assumed, Layout};
use super::listing::{FileFacts, meta_path};
use super::mosaic::{Mosaic, Tile};
use super::plane::{tile_bytes, tile_path};
use super::shrunk::Shrunk;
use super::{MdsRequest, Meta, Number};
use crate::config::without_tile;
use crate::grid::{Extent, GridField, LLC_FACES, Layout as GridLayout, Masks};

/// How the names of files end that hold the wet words alone.
const SHRUNK: &str = ".shrunk";

/// Files of one variable that agree with each other.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) layout: Layout,
    pub(super) mosaic: Mosaic,
    /// Of files that hold the wet words alone, which.
    pub(super) shrunk: Option<Shrunk>,
    /// By iteration.
    pub(super) snapshots: BTreeMap<u64, Snapshot>,
    /// Seconds that each file is a mean over; none for snapshots.
    pub(super) averaged_over: Option<f64>,
    /// A data file, for messages.
    pub(super) example: PathBuf,
}

/// What there is of a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot {
    /// The name that a file of the whole has, relative to the folder.
    pub(super) file: String,
    /// Why it cannot be used.
    pub(super) fault: Option<String>,
}

/// What is wrong with a file.
#[derive(Clone, Debug)]
enum Fault {
    /// It has another length than its layout says.
    Length { got: u64, expected: u64 },
    /// The system's words.
    Unreadable(String),
    /// What is wrong with its `.meta`.
    Meta(String),
    /// It is not there, while other times have this tile.
    NoTile,
}

impl Fault {
    fn text(&self) -> String {
        match self {
            Fault::Length { got, expected } => format!("has {got} bytes, expected {expected}"),
            Fault::Unreadable(reason) => format!("cannot be read: {reason}"),
            Fault::Meta(reason) => format!("its .meta {reason}"),
            Fault::NoTile => "is not there".into(),
        }
    }
}

/// The name of a snapshot without the numbers of a tile.
fn whole_name(facts: &FileFacts) -> String {
    let whole = facts.listed.tile.and_then(|_| without_tile(&facts.listed.file));
    whole.map_or_else(|| facts.listed.file.clone(), |(whole, _)| whole)
}

/// Judges the files of the variable `name`, all with an iteration and in its order; `masks` are those of a lat-lon-cap
/// grid, and `mask` is the one that shrunk files of this variable have.
///
/// # Errors
/// Files that contradict each other; under the policy `fail`, and where more than half of the snapshots are wrong,
/// those that cannot be used.
pub(super) fn judge(
    request: &MdsRequest,
    (name, mask): (&str, GridField),
    masks: Option<&Masks<'_>>,
    facts: &[FileFacts],
) -> Result<Judged, SourceError> {
    let judge = Judge { request, name, facts };
    let Some(first) = facts.first() else { return Err(SourceError::NoFolder { path: request.folder.clone() }) };
    judge.one_kind()?;
    let shrunk = masks.map_or(Ok(None), |masks| judge.shrunk(masks, mask))?;
    let layout = match (&shrunk, masks) {
        (Some(_), Some(masks)) => judge.layout_of_level(masks.extent()),
        _ => judge.layout()?,
    };
    let mosaic = judge.mosaic(&layout)?;
    judge.fits_layout(&layout, &mosaic)?;
    let mut faults = judge.faults(&layout, &mosaic, shrunk.as_ref());
    let mut snapshots: BTreeMap<u64, Snapshot> = BTreeMap::new();
    for file in facts {
        let Some(iteration) = file.listed.iteration else { continue };
        let snapshot = snapshots.entry(iteration).or_insert_with(|| Snapshot { file: whole_name(file), fault: None });
        if let (None, Some((path, fault))) = (&snapshot.fault, faults.get(&iteration)) {
            let name = path.strip_prefix(&request.folder).unwrap_or(path).display();
            let of_tile = if mosaic.is_whole() { String::new() } else { format!("{name} ") };
            snapshot.fault = Some(format!("{of_tile}{}", fault.text()));
        }
    }
    // A few wrong files were cut; if most are wrong, it is the description.
    let most = 2 * faults.len() > snapshots.len();
    if (request.fail_on_gaps || most)
        && let Some((_, (path, fault))) = faults.pop_first()
    {
        return Err(judge.error(path, fault, faults.len(), most, (&layout, shrunk.as_ref())));
    }
    let good = facts.iter().filter_map(|file| Some((file.listed.iteration?, file.meta.as_ref()?.as_ref().ok()?, file)));
    let intervals = Intervals::of(good.map(|(iteration, meta, file)| (iteration, file.listed.file.as_str(), meta)));
    intervals.check_timestep(request.seconds_per_iteration)?;
    Ok(Judged {
        layout,
        mosaic,
        shrunk,
        snapshots,
        averaged_over: intervals.averaged_over(request)?,
        example: request.folder.join(&first.listed.file),
    })
}

struct Judge<'a> {
    request: &'a MdsRequest,
    name: &'a str,
    facts: &'a [FileFacts],
}

impl Judge<'_> {
    fn path(&self, file: &FileFacts) -> PathBuf {
        self.request.folder.join(&file.listed.file)
    }

    fn assumed(&self) -> Assumed {
        let MdsRequest { endian, value_bytes, shape, .. } = *self.request;
        Assumed { endian, value_bytes: value_bytes as u64, shape }
    }

    /// Files with a `.meta` that was understood.
    fn described(&self) -> impl Iterator<Item = (&FileFacts, &Meta)> {
        self.facts.iter().filter_map(|file| Some((file, file.meta.as_ref()?.as_ref().ok()?)))
    }

    /// Whole files or tiles, not both.
    fn one_kind(&self) -> Result<(), SourceError> {
        let find = |tiled: bool| self.facts.iter().find(|file| file.listed.tile.is_some() == tiled);
        match (find(false), find(true)) {
            (Some(whole), Some(tile)) => Err(SourceError::Tiles {
                path: self.path(tile),
                reason: format!(
                    "is a tile, and {} is a whole file of {}; move one kind to another folder",
                    whole.listed.file, self.name
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The layout that all files share.
    fn layout(&self) -> Result<Layout, SourceError> {
        let assumed = self.assumed();
        let mut common: Option<(Layout, &FileFacts)> = None;
        for (file, meta) in self.described() {
            let wrong = |reason: String| SourceError::Meta { path: meta_path(&self.path(file)), reason };
            let this = Layout::from_meta(meta, &assumed).map_err(wrong)?;
            let partial = meta.ranges.iter().zip(&meta.dimensions).any(|(range, &size)| *range != [1, size]);
            if partial && file.listed.tile.is_none() {
                let reason = "describes one tile of a larger field, but its name has no tile numbers (.001.001)";
                return Err(wrong(reason.into()));
            }
            if let (Some(says), Some(named)) = (meta.iteration, file.listed.iteration)
                && says != named
            {
                return Err(wrong(format!("says timeStepNumber {says}, the file's name says {named}")));
            }
            match &common {
                None => common = Some((this, file)),
                Some((layout, other)) if *layout != this => {
                    return Err(wrong(format!(
                        "describes {}, {} describes {}; all snapshots of {} must have one shape",
                        this.describe(),
                        meta_path(&self.path(other)).display(),
                        layout.describe(),
                        self.name
                    )));
                }
                Some(_) => {}
            }
        }
        common.map_or_else(|| self.layout_without_meta(), |(layout, _)| Ok(layout))
    }

    /// The length that most files have.
    fn usual_length(&self) -> u64 {
        let mut lengths: Vec<u64> = self.facts.iter().filter_map(|file| file.length.as_ref().ok().copied()).collect();
        lengths.sort_unstable();
        lengths.chunk_by(|a, b| a == b).max_by_key(|run| run.len()).map_or(0, |run| run[0])
    }

    /// Whether the files hold the wet words alone: their name says so, or they have as many words as the mask is wet and
    /// are not whole planes.
    fn shrunk(&self, masks: &Masks<'_>, mask: GridField) -> Result<Option<Shrunk>, SourceError> {
        let file = &self.facts[0];
        let named = file.listed.file.ends_with(SHRUNK);
        if !named && (self.described().next().is_some() || file.listed.tile.is_some()) {
            return Ok(None);
        }
        let (usual, value_bytes) = (self.usual_length(), self.request.value_bytes as u64);
        let plane = masks.extent().points() as u64 * value_bytes;
        if usual == 0 || (!named && usual.is_multiple_of(plane)) {
            return Ok(None);
        }
        let words = usual / value_bytes;
        let of = |mask| match usual.is_multiple_of(value_bytes) {
            true => Shrunk::of(masks, mask, words, self.request.level),
            false => Ok(None),
        };
        if let Some(shrunk) = of(mask)? {
            return Ok(Some(shrunk));
        }
        let mut others = Vec::new();
        for other in [GridField::HFacC, GridField::HFacW, GridField::HFacS] {
            if other != mask && of(other)?.is_some() {
                others.push(other.name());
            }
        }
        if !named && others.is_empty() {
            return Ok(None);
        }
        let path =
            self.facts.iter().find(|file| file.length == Ok(usual)).map_or_else(PathBuf::new, |file| self.path(file));
        if !masks.files().has(mask) {
            return Err(SourceError::NoMask { path, mask: mask.name(), place: masks.files().place(mask) });
        }
        Err(SourceError::WrongMask {
            path,
            got: usual,
            mask: mask.name(),
            level: self.request.level,
            expected: masks.count(mask, self.request.level as usize)? * value_bytes,
            others: match others.is_empty() {
                true => "no mask of the grid has so many words, at any number of levels: is it the grid of these data?"
                    .into(),
                false => {
                    format!("it is that of {}: set [input] shrunk_mask = \"{}\"", others.join(" and of "), others[0])
                }
            },
        })
    }

    /// As if the file had the levels down to the one that is read, whole.
    fn layout_of_level(&self, extent: &Extent) -> Layout {
        Layout {
            ni: extent.ni as u64,
            nj: (extent.faces * extent.nj) as u64,
            levels: self.request.level,
            records: 1,
            number: Number::of(self.request.value_bytes as u64, self.request.endian),
            fields: Vec::new(),
        }
    }

    /// Compact files have 13 times as many rows as columns, and are no tiles.
    fn fits_layout(&self, layout: &Layout, mosaic: &Mosaic) -> Result<(), SourceError> {
        if self.request.layout != GridLayout::Llc {
            return Ok(());
        }
        let path = self.path(&self.facts[0]);
        if !mosaic.is_whole() {
            let reason = "is a tile: of a lat-lon-cap grid whole files can be read (layout = \"llc\")".into();
            return Err(SourceError::Tiles { path, reason });
        }
        if layout.nj != LLC_FACES as u64 * layout.ni {
            return Err(SourceError::NotCompact { path, ni: layout.ni, nj: layout.nj });
        }
        Ok(())
    }

    /// The configured shape, and as many levels as most files hold.
    fn layout_without_meta(&self) -> Result<Layout, SourceError> {
        let file = &self.facts[0];
        if let Some((file, reason)) =
            self.facts.iter().find_map(|file| Some((file, file.meta.as_ref()?.as_ref().err()?)))
        {
            return Err(SourceError::Meta { path: meta_path(&self.path(file)), reason: reason.clone() });
        }
        let shape = self.request.shape.filter(|_| file.listed.tile.is_none());
        let Some(shape) = shape else { return Err(SourceError::NoShape { path: self.path(file) }) };
        let usual = self.usual_length();
        Layout::from_length(usual, shape, &self.assumed()).map_err(|plane| {
            let file = self.facts.iter().find(|file| file.length == Ok(usual)).unwrap_or(file);
            SourceError::Length {
                path: self.path(file),
                got: usual,
                expected: plane,
                why: format!(
                    "[input] shape = {shape:?} of {} bytes each, or a whole number of such levels",
                    self.request.value_bytes
                ),
                more: String::new(),
            }
        })
    }

    /// The tiles of all times together.
    fn mosaic(&self, layout: &Layout) -> Result<Mosaic, SourceError> {
        // Layouts hold no more bytes than an i64 counts.
        let (nj, ni) = (layout.nj as usize, layout.ni as usize);
        if self.facts.iter().all(|file| file.listed.tile.is_none()) {
            return Ok(Mosaic::whole(nj, ni));
        }
        let mut tiles: BTreeMap<_, (Tile, &FileFacts)> = BTreeMap::new();
        for (file, meta) in self.described() {
            let wrong = |reason: String| SourceError::Tiles { path: meta_path(&self.path(file)), reason };
            let number = file.listed.tile;
            let tile = Tile::of_meta(number, meta).ok_or_else(|| wrong("gives no range of rows and columns".into()))?;
            match tiles.get(&number) {
                Some((known, other)) if *known != tile => {
                    let other = meta_path(&self.path(other));
                    let (here, there) = (tile.describe(), known.describe());
                    return Err(wrong(format!("gives its tile as {here}, {} as {there}", other.display())));
                }
                Some(_) => {}
                None => {
                    tiles.insert(number, (tile, file));
                }
            }
        }
        if let Some(file) = self.facts.iter().find(|file| !tiles.contains_key(&file.listed.tile)) {
            return Err(match &file.meta {
                Some(Err(reason)) => SourceError::Meta { path: meta_path(&self.path(file)), reason: reason.clone() },
                _ => SourceError::Tiles {
                    path: self.path(file),
                    reason: "has no .meta file beside it to say which part of the domain it is".into(),
                },
            });
        }
        let tiles = tiles.into_values().map(|(tile, _)| tile).collect();
        let path = self.path(&self.facts[0]);
        Mosaic::new(nj, ni, tiles).map_err(|reason| SourceError::Tiles { path, reason })
    }

    /// The first fault of each time that has one, with the file.
    fn faults(&self, layout: &Layout, mosaic: &Mosaic, shrunk: Option<&Shrunk>) -> BTreeMap<u64, (PathBuf, Fault)> {
        let mut faults: BTreeMap<u64, (PathBuf, Fault)> = BTreeMap::new();
        for of_time in self.facts.chunk_by(|a, b| a.listed.iteration == b.listed.iteration) {
            let Some(iteration) = of_time[0].listed.iteration else { continue };
            let whole = self.request.folder.join(whole_name(&of_time[0]));
            let fault = mosaic.tiles().iter().find_map(|tile| {
                let Ok(at) = of_time.binary_search_by_key(&tile.number, |file| file.listed.tile) else {
                    return Some((tile_path(&whole, tile), Fault::NoTile));
                };
                let file = &of_time[at];
                let expected = match shrunk {
                    Some(shrunk) => shrunk.words * layout.number.bytes() as u64,
                    None => tile_bytes(tile, layout.planes(), layout.number),
                };
                let fault = match (&file.meta, &file.length) {
                    (_, Err(reason)) => Fault::Unreadable(reason.clone()),
                    (_, Ok(got)) if *got != expected => Fault::Length { got: *got, expected },
                    (Some(Err(reason)), _) if shrunk.is_none() => Fault::Meta(reason.clone()),
                    _ => return None,
                };
                Some((self.path(file), fault))
            });
            if let Some(fault) = fault {
                faults.insert(iteration, fault);
            }
        }
        faults
    }

    fn error(
        &self,
        path: PathBuf,
        fault: Fault,
        others: usize,
        most: bool,
        (layout, shrunk): (&Layout, Option<&Shrunk>),
    ) -> SourceError {
        let more = match (others, most) {
            (0, true) => String::new(),
            (_, true) => format!(
                "; {others} more snapshot(s) of {} are wrong too, most of all: is this their shape and type ([input] shape, dtype, or the .meta)?",
                self.name
            ),
            (0, false) => "; [prepare] missing = \"reject\" leaves out the segments that touch it".into(),
            (_, false) => format!(
                "; {others} more snapshot(s) of {} are wrong too; [prepare] missing = \"reject\" leaves out the segments that touch them",
                self.name
            ),
        };
        match fault {
            Fault::Length { got, expected } => {
                let why = shrunk
                    .map_or_else(|| layout.describe(), |shrunk| format!("the wet words of {}", shrunk.mask.name()));
                SourceError::Length { path, got, expected, why, more }
            }
            Fault::Unreadable(reason) => SourceError::Io { path, reason: format!("{reason}{more}") },
            Fault::Meta(reason) => SourceError::Meta { path: meta_path(&path), reason: format!("{reason}{more}") },
            Fault::NoTile => {
                SourceError::Tiles { path, reason: format!("is not there, but other times have this tile{more}") }
            }
        }
    }
}
