//! Whether what is asked of the files is in them, and whether it fits together: a field has as many points as the grid has
//! cells, or of velocities and their masks one row or column less or more.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Dataset};
use super::super::mds::Mosaic;
use super::super::zarr;
use super::assemble::{Assembly, Holder, info_of, own_shape};
use super::catalog::GriddedField;
use super::files::Format;
use super::roles::{DimensionNames, Role};
use super::scan::{Found, GriddedRequest};
use crate::grid::{Extent, GridField, Layout};

/// What mends another number of points than cells.
fn mend(staggered: Option<usize>, own: [Option<usize>; 2], cells: [usize; 2]) -> &'static str {
    let more = |axis: usize| own[axis].map_or(0, |own| own as i64 - cells[axis] as i64);
    match staggered.map(|axis| (axis, more(axis), more(1 - axis))) {
        Some((1, -1, 0)) => "with a column less u lies on east faces: [input] u_face = \"east\", without periodic",
        Some((0, -1, 0)) => "with a row less v lies on north faces: [input] v_face = \"north\", without periodic",
        Some((1, 1, 0)) => "with a column more u lies on west faces: [input] u_face = \"west\"",
        Some((0, 1, 0)) => "with a row more v lies on south faces: [input] v_face = \"south\"",
        _ => "[input] grid must be the grid of these data",
    }
}

/// Whether so many points along an axis do for so many cells: of what lies on far faces along it there can be one less, of
/// what lies on near ones one more, the neighbour's.
fn fits(is_staggered: bool, (far, wraps): (bool, bool), own: usize, cells: usize) -> bool {
    let staggered = if far { own + 1 == cells && !wraps } else { own == cells + 1 };
    own == cells || is_staggered && staggered
}

/// Columns by rows.
fn words(sizes: [Option<usize>; 2]) -> String {
    let [nj, ni] = sizes.map(|size| size.map_or("1".to_owned(), |size| size.to_string()));
    format!("{ni} x {nj}")
}

/// Compares the rows and columns of a field with the grid's cells.
///
/// # Errors
/// Files of another domain, of other faces, or with another number of points than the field's place in a cell gives.
pub(super) fn check_shape(
    request: &GriddedRequest,
    at: usize,
    assembly: &Assembly<'_>,
    found: &Found,
    extent: &Extent,
) -> Result<(), SourceError> {
    let (name, _) = &request.fields[at];
    let wraps = [request.periodic.j, request.periodic.i];
    let domain = assembly.tiles.as_ref().map(Mosaic::domain);
    if let Some(domain) = domain.filter(|domain| *domain != [extent.nj, extent.ni]) {
        return Err(SourceError::FieldsDiffer {
            first: name.clone(),
            second: "the grid".into(),
            what: format!("{} x {} and {} x {} cells (ni x nj)", domain[1], domain[0], extent.ni, extent.nj),
        });
    }
    for holder in &found.holders {
        let info = info_of(holder, name)?;
        let cells =
            holder.place.as_ref().map_or([extent.nj, extent.ni], |place| [place.tile.j.len(), place.tile.i.len()]);
        let own = own_shape(info, &assembly.axes);
        let faces = assembly.axes.face.map_or(1, |axis| info.shape[axis] as usize);
        let staggered = request.has_velocity().then(|| [1, 0].get(at).copied()).flatten();
        let far = request.grid.lies_far();
        let fits = |axis: usize| {
            own[axis].is_some_and(|own| fits(staggered == Some(axis), (far[axis], wraps[axis]), own, cells[axis]))
        };
        let good = (0..2).all(fits);
        if !good || faces != extent.faces {
            return Err(SourceError::Dataset {
                path: holder.dataset.path.clone(),
                reason: format!(
                    "{name} has {} points (ni x nj) on {faces} face(s), the grid has {} cells on {}; {}",
                    words(own),
                    words(cells.map(Some)),
                    extent.faces,
                    mend(staggered, own, cells)
                ),
            });
        }
    }
    Ok(())
}

/// Compares an array of the grid with its cells: only longitudes and latitudes can do without rows or columns.
///
/// # Errors
/// Another number of points, or of faces.
pub(super) fn check_grid_array(
    (field, key, name): (GridField, &'static str, &str),
    assembly: &Assembly<'_>,
    holders: &[Holder],
    (extent, far): (&Extent, [bool; 2]),
) -> Result<(), SourceError> {
    let wraps = match extent.layout {
        Layout::Plain(periodic) => [periodic.j, periodic.i],
        Layout::Llc => [false; 2],
    };
    let wrong = |holder: &Holder, has: String, cells: [usize; 2]| SourceError::Dataset {
        path: holder.dataset.path.clone(),
        reason: format!(
            "{name}, which is {} of the grid, has {has}, the grid has {} cells on {} by its longitudes and latitudes; \
             [input] grid must be the grid of these data, {key} can name another array",
            field.name(),
            words(cells.map(Some)),
            extent.faces
        ),
    };
    for holder in holders {
        let info = info_of(holder, name)?;
        if let Some(place) = holder.place.as_ref().filter(|place| place.domain != [extent.nj, extent.ni]) {
            let has = format!("tiles of {} points (ni x nj)", words(place.domain.map(Some)));
            return Err(wrong(holder, has, [extent.nj, extent.ni]));
        }
        let cells =
            holder.place.as_ref().map_or([extent.nj, extent.ni], |place| [place.tile.j.len(), place.tile.i.len()]);
        let own = own_shape(info, &assembly.axes);
        let good = (0..2).all(|axis| {
            let is_staggered = matches!((field, axis), (GridField::HFacW, 1) | (GridField::HFacS, 0));
            match (own[axis], field, axis) {
                (Some(own), ..) => fits(is_staggered, (far[axis], wraps[axis]), own, cells[axis]),
                (None, GridField::Xc, 0) | (None, GridField::Yc, 1) => true,
                (None, ..) => cells[axis] == 1,
            }
        });
        let faces = assembly.axes.face.map_or(1, |axis| info.shape[axis] as usize);
        if !good || faces != extent.faces {
            return Err(wrong(holder, format!("{} points (ni x nj) on {faces} face(s)", words(own)), cells));
        }
    }
    Ok(())
}

/// Names that are given where the asked one is not there.
const NAMED: usize = 12;

/// The first of some names, and how many more there are.
fn some_of(names: &BTreeSet<&str>) -> String {
    let first: Vec<&str> = names.iter().copied().take(NAMED).collect();
    match names.len().saturating_sub(NAMED) {
        0 if first.is_empty() => "none".into(),
        0 => first.join(", "),
        rest => format!("{} and {rest} more", first.join(", ")),
    }
}

fn and_others(count: usize) -> String {
    if count > 1 { format!(" and {} other file(s)", count - 1) } else { String::new() }
}

/// No file has an array of numbers of this name; of those that are there, the ones of so many dimensions or more are told.
pub(super) fn no_array(key: &'static str, name: &str, holders: &[Holder], dimensions: usize) -> SourceError {
    let left_out = holders.iter().find_map(|holder| Some((holder, holder.dataset.left_out.get(name)?)));
    if let Some((holder, values)) = left_out {
        let (path, values) = (holder.dataset.path.clone(), values.clone());
        return SourceError::ArrayLeftOut { key, name: name.to_owned(), path, values };
    }
    let arrays = holders.iter().flat_map(|holder| &holder.dataset.arrays);
    let have = arrays.filter(|array| array.shape.len() >= dimensions).map(|array| array.name.as_str()).collect();
    let is_unlisted = |holder: &&Holder| holder.format == Format::Zarr && zarr::is_unlisted(&holder.dataset, name);
    let unlisted = holders.iter().find(is_unlisted).map(|holder| {
        let path = holder.dataset.path.display();
        format!(
            "; {path} has a folder of that name, which its consolidated metadata does not list: \
             zarr.consolidate_metadata(\"{path}\")"
        )
    });
    let paths: BTreeSet<_> = holders.iter().map(|holder| &holder.dataset.path).collect();
    SourceError::NoArray {
        key,
        name: name.to_owned(),
        path: holders.first().map(|holder| holder.dataset.path.clone()).unwrap_or_default(),
        more: and_others(paths.len()),
        have: some_of(&have) + &unlisted.unwrap_or_default(),
    }
}

/// Whether every configured dimension is one of some array.
///
/// # Errors
/// The first that is not.
pub(super) fn check_dimensions<'a>(
    configured: &DimensionNames,
    datasets: impl Iterator<Item = &'a Arc<Dataset>> + Clone,
) -> Result<(), SourceError> {
    let all = || datasets.clone().flat_map(|dataset| &dataset.arrays).flat_map(|array: &ArrayInfo| &array.dimensions);
    for (name, role) in &configured.names {
        if !all().any(|dimension| dimension == name) {
            let key = match role {
                Role::Time => "time",
                Role::Level => "level",
                Role::Face => "face",
                Role::J => "j",
                Role::I => "i",
            };
            return Err(SourceError::NotInFile {
                key: "dimensions",
                asked: format!("{{ {key} = \"{name}\" }}"),
                path: datasets.clone().next().map(|dataset| dataset.path.clone()).unwrap_or_default(),
                have: format!(
                    "no array with that dimension{}; there are {}",
                    and_others(datasets.clone().count()).replace(" and", ", nor have"),
                    some_of(&all().map(String::as_str).collect())
                ),
            });
        }
    }
    Ok(())
}

/// What should be said where a level, 1-based, may be another depth in the mask, of so many levels, than in the fields.
pub fn doubtful_level(fields: &[Arc<GriddedField>], level: u64, of_mask: u64) -> Option<String> {
    let field = fields.first()?;
    let name = &field.name;
    let levels = field.axes.level.map(|axis| field.infos[0].shape[axis]);
    match levels {
        None if level > 1 && of_mask > 1 => Some(format!(
            "{name} has no levels, hFacC has {of_mask}: [input] level = {level} is that of the mask of land alone"
        )),
        None if level > 1 => Some(format!("{name} has no levels: [input] level = {level} has no effect")),
        Some(1) if level == 1 && of_mask > 1 => Some(format!(
            "{name} has 1 level, hFacC has {of_mask}: its first is taken for the mask of land; where {name} is at another \
             depth, cut the same level out of hFacC, or leave out the dimension of levels of {name} and say [input] level"
        )),
        Some(levels) if level > 1 && of_mask > 1 && levels != of_mask => Some(format!(
            "{name} has {levels} levels, hFacC has {of_mask}: [input] level = {level} is taken of both; where it is \
             another depth in {name}, the mask of land is that of another depth"
        )),
        _ => None,
    }
}
