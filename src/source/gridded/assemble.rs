//! An array that is spread over files: those of tiles, and those of stretches of time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Attributes, Dataset, Storage};
use super::super::mds::{Mosaic, Tile};
use super::super::netcdf::Storages;
use super::super::number::Endian;
use super::super::{netcdf, zarr};
use super::catalog::{GriddedField, Part};
use super::files::Format;
use super::packing::{NOTHING_WRITTEN, Packing};
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
            for attribute in ["scale_factor", "add_offset"] {
                if let Some(text) = info.attributes.text(attribute) {
                    return Err(SourceError::Dataset {
                        path: holder.dataset.path.clone(),
                        reason: format!("{name} has {attribute} = \"{text}\", a text; it must be a number"),
                    });
                }
            }
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
            let wrong = |what: &str, [ours, theirs]: [String; 2], mend: &str| SourceError::Dataset {
                path: holder.dataset.path.clone(),
                reason: format!("{name} has {what} {ours}, in {} it has {theirs}; {mend}", first.2.path.display()),
            };
            if first.0 != here.0 {
                let other = first.2.array(name).unwrap_or(info);
                let words = [dimensions_in_words(info, &here.0), dimensions_in_words(other, &first.0)];
                return Err(wrong("the dimensions", words, "a run takes files whose dimensions are alike"));
            }
            if first.1 != here.1 {
                let words = [packing_in_words(&here.1), packing_in_words(&first.1)];
                let mend = match here.1.scaled.or(first.1.scaled) {
                    Some(_) => "unpack them (ncpdq -U IN OUT), or give all the same packing",
                    None => "write them anew with one type, byte order and _FillValue",
                };
                return Err(wrong("the type", words, mend));
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
        let first = info_of(&self.holders[0], self.name)?;
        Ok(GriddedField {
            name: self.name.to_owned(),
            units: first.attributes.text("units").map(str::to_owned),
            axes: self.axes,
            level,
            shift,
            packing: Packing::of(first),
            mosaic: self.tiles.clone().unwrap_or_else(|| Mosaic::whole(nj, ni)),
            steps,
            parts,
            infos,
            open: OnceLock::new(),
        })
    }
}

/// Dimensions in the order of the file, each with what it is: "time (time), y (rows), x (columns)".
fn dimensions_in_words(info: &ArrayInfo, axes: &Axes) -> String {
    let roles =
        [(axes.time, "time"), (axes.level, "levels"), (axes.face, "faces"), (axes.j, "rows"), (axes.i, "columns")];
    let word = |(at, name): (usize, &String)| match roles.iter().find(|(axis, _)| *axis == Some(at)) {
        Some((_, role)) => format!("{name} ({role})"),
        None => name.clone(),
    };
    info.dimensions.iter().enumerate().map(word).collect::<Vec<_>>().join(", ")
}

/// Type and packing by the names of CF's attributes.
fn packing_in_words(packing: &Packing) -> String {
    let mut words = packing.element.name();
    if packing.element.bytes() > 1 {
        words += if packing.element.endian == Endian::Big { " (big-endian)" } else { " (little-endian)" };
    }
    if let Some([factor, summand]) = packing.scaled {
        words += &format!(" with scale_factor {factor}, add_offset {summand}");
    }
    let number = |value: &f64| if value.abs() < 1e9 { value.to_string() } else { format!("{value:e}") };
    // What was never written is not said by the file.
    let missing = packing.missing.iter().filter(|value| **value != NOTHING_WRITTEN);
    let missing: Vec<String> = missing.map(number).collect();
    match missing.is_empty() {
        true => words + " and no missing value",
        false => words + " and missing value " + &missing.join(", "),
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

#[cfg(test)]
mod tests {
    use super::super::super::dataset::{Attribute, Element, ElementKind};
    use super::super::tests::{array, dataset};
    use super::*;

    #[test]
    fn packing_by_texts_is_refused() {
        for name in ["scale_factor", "add_offset"] {
            let info = array("u", &[("time", 3), ("y", 4), ("x", 5)], &[(name, "0.001")]);
            let text = refusal(info.clone(), info);
            assert!(text.contains(&format!("u has {name} = \"0.001\", a text; it must be a number")), "{text}");
        }
    }

    fn refusal(first: ArrayInfo, second: ArrayInfo) -> String {
        let holder = |(at, info): (usize, ArrayInfo)| {
            let mut dataset = dataset(&[]);
            dataset.path = format!("p_{at}.nc").into();
            dataset.arrays.push(info);
            Holder { dataset: Arc::new(dataset), format: Format::Netcdf, storages: Arc::default(), place: None }
        };
        let holders: Vec<Holder> = [(1, first), (2, second)].into_iter().map(holder).collect();
        Assembly::new("u", &holders, &DimensionNames::default()).err().unwrap().to_string()
    }

    #[test]
    fn files_that_differ_are_told_in_the_words_of_the_files() {
        let packed = |factor: f64| {
            let mut info = array("u", &[("time", 3), ("y", 4), ("x", 5)], &[]);
            info.element = Element { kind: ElementKind::Int(2), endian: Endian::Little };
            for (name, value) in [("scale_factor", factor), ("_FillValue", -32767.0)] {
                info.attributes.0.insert(name.into(), Attribute::Numbers(vec![value]));
            }
            info
        };
        let text = refusal(packed(0.001), packed(0.0011));
        for part in [
            "p_2.nc: u has the type int16 (little-endian) with scale_factor 0.0011, add_offset 0 and",
            "missing value -32767",
            "in p_1.nc",
            "scale_factor 0.001,",
            "ncpdq -U",
        ] {
            assert!(text.contains(part), "{text}: {part}");
        }
        let plain = |names: [&str; 3]| array("u", &names.map(|name| (name, 3)), &[]);
        let text = refusal(plain(["time", "y", "x"]), plain(["y", "x", "time"]));
        for part in ["y (rows), x (columns), time (time)", "in p_1.nc it has time (time), y (rows), x (columns)"] {
            assert!(text.contains(part), "{text}: {part}");
        }
        assert!(!text.contains("Some"), "{text}");
    }
}
