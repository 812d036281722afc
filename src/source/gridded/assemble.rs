//! An array that is spread over files: those of tiles, and those of stretches of time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Attributes, Dataset, Storage};
use super::super::mds::{Mosaic, Tile};
use super::super::netcdf::Storages;
use super::super::{netcdf, zarr};
use super::catalog::{GriddedField, Part};
use super::files::Format;
use super::packing::Packing;
use super::roles::{Axes, DimensionNames, axes};
use super::tile_place::{TilePlace, tile_place};

/// A file or store that holds an array.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) dataset: Arc<Dataset>,
    pub(super) format: Format,
    /// Where values are, as far as it was found when the file was described.
    storages: Arc<Storages>,
    /// Of one tile of several, where it lies.
    pub(super) place: Option<TilePlace>,
}

impl Holder {
    /// Opens a file or store once, for its description, its coordinates, and the places of the arrays of some names.
    pub(super) fn describe(format: Format, path: &Path, names: &[&str]) -> Result<Self, SourceError> {
        let wanted = |array: &ArrayInfo| array.shape.len() < 2 || names.contains(&array.name.as_str());
        let (dataset, storages) = format.describe(path, &wanted)?;
        let place = tile_place(&dataset);
        Ok(Holder { dataset: Arc::new(dataset), format, storages: Arc::new(storages), place })
    }

    pub(super) fn locate(&self, array: &ArrayInfo) -> Result<Storage, SourceError> {
        if let Some(known) = self.storages.get(&array.name) {
            return Ok(known.clone());
        }
        match self.format {
            Format::Netcdf => netcdf::locate(&self.dataset.path, array),
            Format::Zarr => zarr::locate(&self.dataset.path, array),
        }
    }
}

/// Rows and columns of an array's own grid.
pub(super) fn own_shape(info: &ArrayInfo, axes: &Axes) -> [Option<usize>; 2] {
    [axes.j, axes.i].map(|axis| axis.map(|axis| info.shape[axis] as usize))
}

/// What the holders of an array agree on.
pub(super) struct Assembly<'a> {
    name: &'a str,
    holders: &'a [Holder],
    pub(super) axes: Axes,
    /// Tiles in the order of the mosaic; none for files of the whole.
    pub(super) tiles: Option<Mosaic>,
}

impl<'a> Assembly<'a> {
    /// Compares the descriptions of an array `name`, which every holder has.
    ///
    /// # Errors
    /// Holders of other dimensions, types or packing, or tiles that do not make up a domain.
    pub(super) fn new(name: &'a str, holders: &'a [Holder], names: &DimensionNames) -> Result<Self, SourceError> {
        let mut common: Option<(Axes, Packing, &Dataset)> = None;
        for holder in holders {
            let info = info_of(holder, name)?;
            let here = (axes(&holder.dataset, info, names)?, Packing::of(info), &*holder.dataset);
            if let Some([factor, summand]) =
                here.1.scaled.filter(|scaled| scaled.iter().any(|number| !number.is_finite()))
            {
                return Err(SourceError::Dataset {
                    path: holder.dataset.path.clone(),
                    reason: format!("{name} has scale_factor {factor} and add_offset {summand}; they must be numbers"),
                });
            }
            let Some(first) = &common else {
                common = Some(here);
                continue;
            };
            let wrong = |what: &str, [ours, theirs]: [String; 2]| SourceError::Dataset {
                path: holder.dataset.path.clone(),
                reason: format!(
                    "{name} has {what} {ours}, in {} it has {theirs}; a run takes files that are alike",
                    first.2.path.display()
                ),
            };
            if first.0 != here.0 {
                let words = |axes: &Axes| format!("{axes:?}");
                return Err(wrong("the dimensions", [words(&here.0), words(&first.0)]));
            }
            if first.1 != here.1 {
                let words = |packing: &Packing| format!("{packing:?}");
                return Err(wrong("the type and packing", [words(&here.1), words(&first.1)]));
            }
        }
        let Some((axes, ..)) = common else {
            return Err(SourceError::Dataset { path: PathBuf::new(), reason: format!("no file holds {name}") });
        };
        let tiles = mosaic(name, holders)?;
        Ok(Assembly { name, holders, axes, tiles })
    }

    /// The place of a holder's tile in the mosaic's order; 0 for files of the whole.
    pub(super) fn tile_of(&self, holder: &Holder) -> usize {
        let number = holder.place.as_ref().and_then(|place| place.tile.number);
        let tiles = self.tiles.as_ref().map_or(&[][..], Mosaic::tiles);
        tiles.iter().position(|tile| tile.number == number).unwrap_or(0)
    }

    /// Tiles of a time.
    pub(super) fn tiles_of_a_time(&self) -> usize {
        self.tiles.as_ref().map_or(1, |mosaic| mosaic.tiles().len())
    }

    /// The field, with the values of `files` (places among the holders) found in their order.
    ///
    /// # Errors
    /// When it cannot be told where values are.
    pub(super) fn field(
        &self,
        files: &[usize],
        (level, shift): (u64, [i64; 2]),
        steps: Vec<Option<(u32, u64)>>,
        [nj, ni]: [usize; 2],
    ) -> Result<GriddedField, SourceError> {
        let mut infos: Vec<Arc<ArrayInfo>> = Vec::new();
        let mut parts = Vec::with_capacity(files.len());
        for &file in files {
            let holder = &self.holders[file];
            let info = info_of(holder, self.name)?;
            let level_axis = self.axes.level.map(|axis| info.shape[axis]);
            if level >= level_axis.unwrap_or(1).max(1) && level_axis.is_some() {
                return Err(SourceError::NotInFile {
                    key: "level",
                    asked: (level + 1).to_string(),
                    path: holder.dataset.path.clone(),
                    have: format!("{} level(s) of {}", level_axis.unwrap_or(1), self.name),
                });
            }
            // What attributes say is known by now, and not all their numbers can be sent as text.
            let info = ArrayInfo { attributes: Attributes::default(), ..info.clone() };
            let number = infos.iter().position(|known| **known == info).unwrap_or_else(|| {
                infos.push(Arc::new(info.clone()));
                infos.len() - 1
            });
            parts.push(Part { info: number as u32, path: holder.dataset.path.clone(), storage: holder.locate(&info)? });
        }
        Ok(GriddedField {
            name: self.name.to_owned(),
            axes: self.axes,
            level,
            shift,
            packing: Packing::of(info_of(&self.holders[0], self.name)?),
            mosaic: self.tiles.clone().unwrap_or_else(|| Mosaic::whole(nj, ni)),
            steps,
            parts,
            infos,
            open: OnceLock::new(),
        })
    }
}

pub(super) fn info_of<'d>(holder: &'d Holder, name: &str) -> Result<&'d ArrayInfo, SourceError> {
    holder.dataset.array(name).ok_or_else(|| SourceError::Dataset {
        path: holder.dataset.path.clone(),
        reason: format!("has no array {name}"),
    })
}

/// The mosaic of the tiles that the holders are; none where they are no tiles.
fn mosaic(name: &str, holders: &[Holder]) -> Result<Option<Mosaic>, SourceError> {
    let Some(first) = holders.iter().find_map(|holder| holder.place.as_ref()) else { return Ok(None) };
    let wrong = |path: &PathBuf, reason: String| SourceError::Tiles { path: path.clone(), reason };
    let mut tiles: Vec<Tile> = Vec::new();
    for holder in holders {
        let path = &holder.dataset.path;
        let Some(place) = &holder.place else {
            return Err(wrong(
                path,
                format!("is a whole file of {name}, others are tiles; name one kind in [input] path"),
            ));
        };
        if place.domain != first.domain {
            let words = |[nj, ni]: [usize; 2]| format!("{ni} x {nj}");
            let reason = format!("is a tile of {} cells, others of {}", words(place.domain), words(first.domain));
            return Err(wrong(path, reason));
        }
        if !tiles.contains(&place.tile) {
            tiles.push(place.tile.clone());
        }
    }
    let [nj, ni] = first.domain;
    let made = Mosaic::new(nj, ni, tiles);
    Ok(Some(
        made.map_err(|reason| wrong(&holders[0].dataset.path, format!("and the other files of {name}: {reason}")))?,
    ))
}
