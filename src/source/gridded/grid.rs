//! The grid in files that describe themselves: names of the models' own, one- and two-dimensional coordinates, angles, and
//! masks, or in place of masks where the fields have values.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::super::SourceError;
use super::assemble::{Assembly, Holder, own_shape};
use super::catalog::GriddedField;
use super::known_names::{ANGLES, known_names};
use super::roles::{DimensionNames, axes};
use super::stored_array::{Decoded, Destination, Plane};
use crate::grid::{Extent, GridError, GridField, GridFiles, Window};

/// A grid field as some product of arrays: `rA = ["e1t", "e2t"]`, `["1/pm", "1/pn"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridName {
    /// The field.
    pub field: GridField,
    /// Names of arrays; those after `1/` divide.
    pub factors: Vec<String>,
}

/// What is known of the grid besides its files.
#[derive(Clone, Debug, Default)]
pub struct GridRequest {
    /// Names that the configuration gives.
    pub names: Vec<GridName>,
    /// Name of the angle from the columns' direction to east, in radians or as its units say.
    pub angle: Option<String>,
    /// Names of dimensions.
    pub dimensions: DimensionNames,
    /// Stored index minus native index of columns of u and of rows of v.
    pub shifts: [i64; 2],
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Source {
    /// A product of arrays; some divide.
    Product(Vec<(Arc<GriddedField>, bool)>),
    /// The cosine or sine of an angle, which is in radians times the factor.
    Angle(Arc<GriddedField>, f64),
    /// Where fields have values.
    Values(Vec<Side>),
}

/// Values of a field that make a cell or face wet: those of the cell itself, or of the next column or row too.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Side {
    field: Arc<GriddedField>,
    /// Whether the next row, or the next column, counts as well.
    next: [bool; 2],
}

/// The grid's arrays.
#[derive(Debug, Serialize, Deserialize)]
pub struct GriddedGrid {
    extent: Extent,
    sources: Vec<(GridField, Source)>,
    /// Files and folders that were looked at.
    paths: Vec<PathBuf>,
    #[serde(skip)]
    decoded: Mutex<HashMap<ChunkOfGrid, Arc<Decoded>>>,
}

/// Field, factor, part, and number of a chunk.
type ChunkOfGrid = (GridField, usize, usize, u64);

/// Decoded chunks of the grid that are kept.
const KEPT_CHUNKS: usize = 64;

fn holders_of(holders: &[Holder], name: &str) -> Vec<Holder> {
    let all = || holders.iter().filter(|holder| holder.dataset.array(name).is_some());
    match all().next() {
        // Of several whole files with it, the first.
        Some(first) if first.place.is_none() => vec![first.clone()],
        _ => all().filter(|holder| holder.place.is_some()).cloned().collect(),
    }
}

/// A grid before its size is known.
struct Finder<'a> {
    holders: &'a [Holder],
    request: &'a GridRequest,
}

impl Finder<'_> {
    /// The names under which a field may go: the configured, or MITgcm's and the other models'.
    fn candidates(&self, field: GridField) -> Vec<Vec<String>> {
        if let Some(name) = self.request.names.iter().find(|name| name.field == field) {
            return vec![name.factors.clone()];
        }
        let names =
            std::iter::once(field.name()).chain(field.aliases().iter().copied()).map(|name| vec![name.to_owned()]);
        let known = known_names(field).iter().map(|factors| factors.iter().map(|&factor| factor.to_owned()).collect());
        names.chain(known).collect()
    }

    /// The factors of a field that are there, with the holders of each.
    fn found(&self, field: GridField) -> Option<Vec<(String, Vec<Holder>, bool)>> {
        let is_configured = self.request.names.iter().any(|name| name.field == field);
        self.candidates(field).into_iter().find_map(|factors| {
            factors
                .into_iter()
                .map(|factor| {
                    let (name, divides) = match factor.strip_prefix("1/") {
                        Some(name) => (name.trim().to_owned(), true),
                        None => (factor, false),
                    };
                    let mut holders = holders_of(self.holders, &name);
                    holders.retain(|holder| is_configured || self.is_of_grid(field, &name, holder));
                    (!holders.is_empty()).then_some((name, holders, divides))
                })
                .collect()
        })
    }

    /// Whether an array of a known name has the dimensions of a grid's: MOM6's `h` is a layer's thickness at many times,
    /// ROMS' is the depth of the sea floor.
    fn is_of_grid(&self, field: GridField, name: &str, holder: &Holder) -> bool {
        let Some(info) = holder.dataset.array(name) else { return false };
        let Ok(axes) = axes(&holder.dataset, info, &self.request.dimensions) else { return false };
        let is_single = |axis: Option<usize>| axis.is_none_or(|axis| info.shape[axis] == 1);
        is_single(axes.time) && (field.has_levels() || is_single(axes.level))
    }

    fn field(
        &self,
        name: &str,
        holders: &[Holder],
        shift: [i64; 2],
        shape: [usize; 2],
    ) -> Result<GriddedField, SourceError> {
        let assembly = Assembly::new(name, holders, &self.request.dimensions)?;
        let mut order: Vec<usize> = (0..holders.len()).collect();
        order.sort_by_key(|&at| assembly.tile_of(&holders[at]));
        assembly.field(&order, (0, shift), vec![Some((0, 0))], shape)
    }
}

/// Faces, rows and columns of the grid by its longitudes and latitudes; none where they are not there.
///
/// # Errors
/// Dimensions that cannot be told.
pub(super) fn shape(holders: &[Holder], request: &GridRequest) -> Result<Option<[usize; 3]>, SourceError> {
    let finder = Finder { holders, request };
    let (mut faces, mut sizes) = (1, [None, None]);
    for field in [GridField::Xc, GridField::Yc] {
        let Some(found) = finder.found(field) else { return Ok(None) };
        for (name, holders, _) in &found {
            let assembly = Assembly::new(name, holders, &request.dimensions)?;
            if let Some(place) = &holders[0].place {
                return Ok(Some([1, place.domain[0], place.domain[1]]));
            }
            let Some(info) = holders[0].dataset.array(name) else { continue };
            if let Some(axis) = assembly.axes.face {
                faces = info.shape[axis] as usize;
            }
            for (size, found) in sizes.iter_mut().zip(own_shape(info, &assembly.axes)) {
                *size = size.or(found);
            }
        }
    }
    Ok(sizes[0].zip(sizes[1]).map(|(nj, ni)| [faces, nj, ni]))
}

impl GriddedGrid {
    /// The grid of `extent` in `holders`; `velocity` and `scalar` are fields whose values tell land from water where there is
    /// no mask, and whether velocities go to the centres of cells.
    ///
    /// # Errors
    /// When it cannot be told where values are, or what dimensions mean.
    pub(super) fn find(
        holders: &[Holder],
        extent: Extent,
        request: &GridRequest,
        (fields, centre): (&[Arc<GriddedField>], bool),
        has_velocity: bool,
    ) -> Result<Self, SourceError> {
        let finder = Finder { holders, request };
        let mut sources = Vec::new();
        let shape = [extent.nj, extent.ni];
        for field in GridField::ALL {
            let shift = match field {
                GridField::HFacW => [0, request.shifts[0]],
                GridField::HFacS => [request.shifts[1], 0],
                _ => [0, 0],
            };
            let Some(found) = finder.found(field) else { continue };
            let factor = |(name, holders, divides): &(String, Vec<Holder>, bool)| {
                Ok::<_, SourceError>((Arc::new(finder.field(name, holders, shift, shape)?), *divides))
            };
            sources.push((field, Source::Product(found.iter().map(factor).collect::<Result<_, _>>()?)));
        }
        let has = |sources: &[(GridField, Source)], field: GridField| sources.iter().any(|(of, _)| *of == field);
        let names =
            request.angle.iter().map(String::as_str).chain(ANGLES.into_iter().filter(|_| request.angle.is_none()));
        let angle = names.into_iter().find(|name| !holders_of(holders, name).is_empty());
        if let (false, Some(name)) = (has(&sources, GridField::AngleCs), angle) {
            let holders = holders_of(holders, name);
            let array = Arc::new(finder.field(name, &holders, [0, 0], shape)?);
            let info = holders.first().and_then(|holder| holder.dataset.array(name));
            let units = info.and_then(|info| info.attributes.text("units")).unwrap_or("radians").to_ascii_lowercase();
            let factor = if units.starts_with("deg") { std::f64::consts::PI / 180.0 } else { 1.0 };
            sources.push((GridField::AngleCs, Source::Angle(Arc::clone(&array), factor)));
            sources.push((GridField::AngleSn, Source::Angle(array, factor)));
        }
        if !has(&sources, GridField::HFacC) && !has(&sources, GridField::Depth) {
            let own = |at: usize, next: [bool; 2]| Side { field: Arc::clone(&fields[at]), next };
            let sides = match (has_velocity, centre) {
                (true, true) => vec![own(0, [false, true]), own(1, [true, false])],
                (true, false) => vec![own(0, [false; 2]), own(1, [false; 2])],
                (false, _) => vec![own(0, [false; 2])],
            };
            sources.push((GridField::HFacC, Source::Values(sides)));
            if has_velocity {
                for (field, at) in [(GridField::HFacW, 0), (GridField::HFacS, 1)] {
                    if !has(&sources, field) {
                        sources.push((field, Source::Values(vec![own(at, [false; 2])])));
                    }
                }
            }
        }
        let mut paths: Vec<PathBuf> = holders.iter().map(|holder| holder.dataset.path.clone()).collect();
        paths.sort();
        paths.dedup();
        Ok(GriddedGrid { extent, sources, paths, decoded: Mutex::default() })
    }

    /// The same, read by itself.
    ///
    /// # Errors
    /// Never for what was found; see serde.
    pub fn copy(&self) -> Self {
        GriddedGrid {
            extent: self.extent,
            sources: self.sources.clone(),
            paths: self.paths.clone(),
            decoded: Mutex::default(),
        }
    }

    /// Files and folders that were looked at.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Whether land is told by where the fields have values.
    pub fn is_masked_by_values(&self) -> bool {
        self.sources.iter().any(|(field, source)| *field == GridField::HFacC && matches!(source, Source::Values(_)))
    }

    fn source(&self, field: GridField) -> Option<&Source> {
        self.sources.iter().find(|(of, _)| *of == field).map(|(_, source)| source)
    }

    /// Values of a window of an array, NaN where it has none.
    fn values(
        &self,
        (of, number): (GridField, usize),
        field: &GriddedField,
        level: usize,
        window: &Window,
    ) -> Result<Vec<f64>, SourceError> {
        let bytes = field.packing.element.bytes();
        let row_bytes = window.i.len() * bytes;
        let mut values = vec![f64::NAN; window.points()];
        let step = field.steps.iter().position(Option::is_some).unwrap_or(0);
        let levels = field.axes.level.map_or(1, |axis| field.infos[0].shape[axis]);
        for rectangle in field.rectangles(&self.extent, window) {
            let Some((part, time)) = field.part(step, rectangle.tile) else { continue };
            let array = &field.arrays()[part];
            let plane = Plane { level: (level as u64 - 1).min(levels - 1), ..field.plane(&rectangle, time) };
            let mut stored = vec![0; (plane.j.end - plane.j.start) as usize * row_bytes];
            let mut to = Destination { bytes: &mut stored, row_bytes };
            if array.is_direct() {
                array.read_direct(&field.axes, &plane, &mut to)?;
            } else {
                for (chunk, within) in array.chunks(&field.axes, &plane) {
                    let key = (of, number, part, chunk);
                    let kept = self.decoded.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
                    let decoded = match kept {
                        Some(decoded) => decoded,
                        None => {
                            let decoded = Arc::new(array.decode(chunk, Vec::new())?.0);
                            let mut kept = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
                            if kept.len() >= KEPT_CHUNKS {
                                kept.clear();
                            }
                            kept.insert(key, Arc::clone(&decoded));
                            decoded
                        }
                    };
                    array.copy(&field.axes, &plane, &within, &decoded, &mut to);
                }
            }
            let width = (plane.i.end - plane.i.start) as usize;
            for (row, raw) in stored.chunks_exact(row_bytes).enumerate() {
                let start = (rectangle.to[0] + row) * window.i.len() + rectangle.to[1];
                field.packing.decode(&raw[..width * bytes], &mut values[start..start + width]);
            }
        }
        Ok(values)
    }

    /// 1 where the field has a value, 0 elsewhere; beyond the grid there is none.
    fn has_values(&self, of: GridField, at: usize, side: &Side, window: &Window) -> Result<Vec<bool>, SourceError> {
        let facet = self.extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        let more = [side.next[0] && j.end < facet.nj, side.next[1] && i.end < facet.ni].map(usize::from);
        let wide = Window {
            face: window.face,
            j: window.j.start..window.j.end + more[0],
            i: window.i.start..window.i.end + more[1],
        };
        let values = self.values((of, at), &side.field, side.field.level as usize + 1, &wide)?;
        let there = |row: usize, column: usize| {
            row < wide.j.len() && column < wide.i.len() && !values[row * wide.i.len() + column].is_nan()
        };
        let any = |row: usize, column: usize| {
            there(row, column) || side.next[0] && there(row + 1, column) || side.next[1] && there(row, column + 1)
        };
        let (rows, columns): (Range<usize>, usize) = (0..window.j.len(), window.i.len());
        Ok(rows
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| any(row, column))
            .collect())
    }
}

impl GridFiles for GriddedGrid {
    fn has(&self, field: GridField) -> bool {
        self.source(field).is_some()
    }

    fn place(&self, field: GridField) -> String {
        let of = |array: &GriddedField| format!("{} of {}", array.name, array.parts[0].path.display());
        match self.source(field) {
            Some(Source::Product(factors)) => factors.iter().map(|(array, _)| of(array)).collect::<Vec<_>>().join(", "),
            Some(Source::Angle(array, _)) => of(array),
            Some(Source::Values(sides)) => {
                format!("the values of {}", sides.iter().map(|side| of(&side.field)).collect::<Vec<_>>().join(", "))
            }
            None => {
                let files = self.paths.first().map_or_else(String::new, |path| path.display().to_string());
                format!("an array for {} in {files} ([input] grid_names)", field.name())
            }
        }
    }

    fn levels(&self, field: GridField) -> Result<usize, GridError> {
        let levels = |array: &GriddedField| array.axes.level.map_or(1, |axis| array.infos[0].shape[axis] as usize);
        Ok(match self.source(field) {
            Some(Source::Product(factors)) => factors.iter().map(|(array, _)| levels(array)).max().unwrap_or(1),
            _ => 1,
        })
    }

    fn read(&self, field: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError> {
        let unreadable = |error: SourceError| GridError::Unreadable {
            name: field.name(),
            place: self.place(field),
            reason: error.to_string(),
        };
        match self.source(field) {
            Some(Source::Product(factors)) => {
                let mut product: Option<Vec<f64>> = None;
                for (at, (array, divides)) in factors.iter().enumerate() {
                    let mut values = self.values((field, at), array, level, window).map_err(unreadable)?;
                    if *divides {
                        values.iter_mut().for_each(|value| *value = 1.0 / *value);
                    }
                    product = Some(match product {
                        None => values,
                        Some(before) => before.iter().zip(&values).map(|(a, b)| a * b).collect(),
                    });
                }
                Ok(product.unwrap_or_default())
            }
            Some(Source::Angle(array, factor)) => {
                let angles = self.values((field, 0), array, 1, window).map_err(unreadable)?;
                let cosine = field == GridField::AngleCs;
                Ok(angles
                    .iter()
                    .map(|angle| angle * factor)
                    .map(|angle| if cosine { angle.cos() } else { angle.sin() })
                    .collect())
            }
            Some(Source::Values(sides)) => {
                let mut wet = vec![false; window.points()];
                for (at, side) in sides.iter().enumerate() {
                    let there = self.has_values(field, at, side, window).map_err(unreadable)?;
                    wet.iter_mut().zip(there).for_each(|(wet, there)| *wet |= there);
                }
                Ok(wet.into_iter().map(|wet| f64::from(u8::from(wet))).collect())
            }
            None => {
                let need = "it is not there".to_owned();
                Err(GridError::Missing { name: field.name(), place: self.place(field), need })
            }
        }
    }
}
