//! Which arrays are the grid's fields: those that the configuration names, or those of known names that can be.

use super::super::SourceError;
use super::super::dataset::groups_upwards;
use super::assemble::{Assembly, Holder, own_shape};
use super::catalog::GriddedField;
use super::fitting::{check_grid_array, no_array};
use super::grid::GridRequest;
use super::known_names::{ANGLES, known_names};
use super::meaning::meant_otherwise;
use super::roles::axes;
use crate::grid::{Extent, GridField};

/// An array of a grid field, or one of several whose product it is.
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) holders: Vec<Holder>,
    /// Whether it divides.
    pub(super) divides: bool,
}

/// The key of the angle's name.
pub(super) const ANGLE_KEY: &str = "grid_names.angle";

/// The key of a field's name.
pub(super) fn key_of(field: GridField) -> &'static str {
    match field {
        GridField::Xc => "grid_names.XC",
        GridField::Yc => "grid_names.YC",
        GridField::Depth => "grid_names.Depth",
        GridField::Ra => "grid_names.rA",
        GridField::HFacC => "grid_names.hFacC",
        GridField::HFacW => "grid_names.hFacW",
        GridField::HFacS => "grid_names.hFacS",
        GridField::AngleCs => "grid_names.AngleCS",
        GridField::AngleSn => "grid_names.AngleSN",
    }
}

/// The first whole file that an array is taken of, or all tiles that have it.
fn holders_of(holders: &[Holder], name: &str, is_good: impl Fn(&Holder) -> bool) -> Vec<Holder> {
    let all = || holders.iter().filter(|holder| holder.dataset.array(name).is_some() && is_good(holder));
    match all().next() {
        Some(first) if first.place.is_none() => vec![first.clone()],
        _ => all().filter(|holder| holder.place.is_some()).cloned().collect(),
    }
}

/// A grid before its size is known.
pub(super) struct Finder<'a> {
    pub(super) holders: &'a [Holder],
    pub(super) request: &'a GridRequest,
}

impl Finder<'_> {
    /// The factors of a field under the names that the configuration gives, or else MITgcm's, or the other models'; none
    /// where nothing is known of it.
    ///
    /// # Errors
    /// A configured name that no file has, an array that means something else by its attributes, and a mask whose values are
    /// not read.
    pub(super) fn found(&self, field: GridField) -> Result<Option<Vec<Factor>>, SourceError> {
        let configured = self.request.names.iter().find(|name| name.field == field);
        let found = match configured {
            Some(name) => Some(self.factors(&name.factors, |_, _| true).map_err(|name| self.not_there(field, &name))?),
            None => {
                let own = std::iter::once(field.name()).chain(field.aliases().iter().copied());
                let own = own.map(|name| vec![name.to_owned()]);
                let known = known_names(field).iter().map(|names| names.iter().map(|&name| name.to_owned()).collect());
                let is_of_grid = |name: &str, holder: &Holder| self.is_of_grid(field, name, holder);
                let mut found = None;
                for names in own.chain(known) {
                    found = self.factors(&names, is_of_grid).ok();
                    if found.is_some() {
                        break;
                    }
                    names.iter().try_for_each(|name: &String| self.check_left_out(field, name))?;
                }
                found
            }
        };
        for Factor { name, holders, .. } in found.iter().flatten() {
            for holder in holders {
                let array = holder.dataset.array(name);
                if let Some(what) = array.and_then(|array| meant_otherwise(field, key_of(field), array)) {
                    let reason = format!("{name} {what}");
                    return Err(SourceError::Dataset { path: holder.dataset.path.clone(), reason });
                }
            }
        }
        Ok(found)
    }

    /// The array that goes by a name, in the first of the files that has it and there in the nearest group of the fields; with
    /// its holders, none where there is none.
    fn nearest(&self, name: &str, is_good: impl Fn(&str, &Holder) -> bool) -> (String, Vec<Holder>) {
        let of = |holder: &Holder| {
            let groups = self.request.fields.iter().flat_map(|field| groups_upwards(field)).chain([""]);
            let mut names = groups.map(|group| format!("{group}{name}"));
            names.find(|name| holder.dataset.array(name).is_some() && is_good(name, holder))
        };
        match self.holders.iter().find_map(of) {
            Some(name) => {
                let holders = holders_of(self.holders, &name, |holder| is_good(&name, holder));
                (name, holders)
            }
            None => (name.to_owned(), Vec::new()),
        }
    }

    fn not_there(&self, field: GridField, name: &str) -> SourceError {
        no_array(key_of(field), name, self.holders, 1)
    }

    /// The arrays of some names; or the first name that no file has.
    fn factors(&self, names: &[String], is_good: impl Fn(&str, &Holder) -> bool) -> Result<Vec<Factor>, String> {
        let factor = |name: &String| {
            let (name, divides) = match name.strip_prefix("1/") {
                Some(name) => (name.trim().to_owned(), true),
                None => (name.clone(), false),
            };
            let (name, holders) = self.nearest(&name, &is_good);
            if holders.is_empty() { Err(name) } else { Ok(Factor { name, holders, divides }) }
        };
        names.iter().map(factor).collect()
    }

    /// The array of the angle from the columns' direction to east.
    ///
    /// # Errors
    /// A configured name that no file has.
    pub(super) fn angle(&self) -> Result<Option<(String, Vec<Holder>)>, SourceError> {
        if let Some(name) = &self.request.angle {
            let (name, holders) = self.nearest(name, |_, _| true);
            return match holders.is_empty() {
                true => Err(no_array(ANGLE_KEY, &name, self.holders, 1)),
                false => Ok(Some((name, holders))),
            };
        }
        let of = |name: &str| self.nearest(name, |name, holder| self.is_of_grid(GridField::AngleCs, name, holder));
        Ok(ANGLES.into_iter().map(of).find(|(_, holders)| !holders.is_empty()))
    }

    /// Whether an array of a known name has the dimensions of a grid's: MOM6's `h` is a layer's thickness at many times,
    /// ROMS' is the depth of the sea floor; HYCOM's `Depth` is that of its levels.
    fn is_of_grid(&self, field: GridField, name: &str, holder: &Holder) -> bool {
        let Some(info) = holder.dataset.array(name) else { return false };
        let Ok(axes) = axes(&holder.dataset, info, &self.request.dimensions) else { return false };
        let is_single = |axis: Option<usize>| axis.is_none_or(|axis| info.shape[axis] == 1);
        let lies = match field {
            GridField::Xc => axes.i.is_some(),
            GridField::Yc => axes.j.is_some(),
            _ => axes.j.is_some() && axes.i.is_some(),
        };
        lies && is_single(axes.time) && (field.has_levels() || is_single(axes.level))
    }

    /// An array of a field, which the key names, on a grid of `extent`; `shift` is stored index minus native index, of rows
    /// and columns.
    ///
    /// # Errors
    /// An array of another shape than the grid's, and when it cannot be told where its values are.
    pub(super) fn field(
        &self,
        (field, key): (GridField, &'static str),
        (name, holders): (&str, &[Holder]),
        shift: [i64; 2],
        extent: &Extent,
    ) -> Result<GriddedField, SourceError> {
        let assembly = Assembly::new(name, holders, &self.request.dimensions)?;
        check_grid_array((field, key, name), &assembly, holders, (extent, self.request.lies_far()))?;
        // Of a tile in several files, one.
        let mut order: Vec<usize> = (0..holders.len()).collect();
        order.sort_by_key(|&at| assembly.tile_of(&holders[at]));
        order.dedup_by_key(|at| assembly.tile_of(&holders[*at]));
        assembly.field(&order, (0, shift), vec![Some((0, 0))], [extent.nj, extent.ni])
    }
}

/// Faces, rows and columns of the grid by its longitudes and latitudes; none where they are not there.
///
/// # Errors
/// Dimensions that cannot be told, configured names that no file has, longitudes of another shape than latitudes.
pub(super) fn shape(holders: &[Holder], request: &GridRequest) -> Result<Option<[usize; 3]>, SourceError> {
    let finder = Finder { holders, request };
    let mut sizes: [Option<(usize, String)>; 3] = [const { None }; 3];
    for field in [GridField::Xc, GridField::Yc] {
        let Some(found) = finder.found(field)? else { return Ok(None) };
        for Factor { name, holders, .. } in &found {
            let assembly = Assembly::new(name, holders, &request.dimensions)?;
            if let Some(place) = &holders[0].place {
                return Ok(Some([1, place.domain[0], place.domain[1]]));
            }
            let Some(info) = holders[0].dataset.array(name) else { continue };
            let [nj, ni] = own_shape(info, &assembly.axes);
            let here = [assembly.axes.face.map(|axis| info.shape[axis] as usize), nj, ni];
            for ((size, here), words) in sizes.iter_mut().zip(here).zip(["faces", "rows", "columns"]) {
                let Some(here) = here else { continue };
                let (size, first) = size.get_or_insert_with(|| (here, name.clone()));
                if *size != here {
                    let what = format!(
                        "{size} and {here} {words}; both are of the cells' centres: [input] grid_names = {{ XC = ..., YC = ... }}"
                    );
                    return Err(SourceError::FieldsDiffer { first: first.clone(), second: name.clone(), what });
                }
            }
        }
    }
    let [faces, nj, ni] = sizes.map(|size| size.map(|(size, _)| size));
    Ok(nj.zip(ni).map(|(nj, ni)| [faces.unwrap_or(1), nj, ni]))
}
