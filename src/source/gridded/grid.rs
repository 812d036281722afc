//! The grid in files that describe themselves: names of the models' own, one- and two-dimensional coordinates, angles, and
//! masks, or in place of masks where the fields have values.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::super::SourceError;
use super::assemble::Holder;
use super::catalog::GriddedField;
use super::finder::{ANGLE_KEY, Factor, Finder, key_of};
use super::kept_chunks::{ChunkBytes, KeptChunks, most_bytes};
use super::roles::DimensionNames;
use super::stored_array::{Destination, Plane};
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
    /// Whether u lies on the east faces of the cells of its index, v on the north faces.
    pub far: [bool; 2],
    /// Names of the fields: the grid's arrays are looked for in the groups of these, then in the groups above.
    pub fields: Vec<String>,
}

impl GridRequest {
    /// Whether what is staggered along rows, and along columns, lies on the faces after the cells of its index.
    pub(super) fn lies_far(&self) -> [bool; 2] {
        [self.far[1], self.far[0]]
    }
}

/// What a field is made of; arrays by their places among the grid's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Source {
    /// A product of arrays; some divide.
    Product(Vec<(usize, bool)>),
    /// The cosine or sine of an angle, which is in radians times the factor.
    Angle(usize, f64),
    /// Where fields have values: at one of the sides, or at each.
    Values { sides: Vec<Side>, each: bool },
    /// Where masks of faces are above 0 at one of the sides.
    Faces(Vec<Side>),
}

/// Values of an array that make a cell wet: those of the cell's index, or of the next column or row too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Side {
    array: usize,
    /// Whether the next row, or the next column, counts as well.
    next: [bool; 2],
}

/// The grid's arrays.
#[derive(Debug, Serialize, Deserialize)]
pub struct GriddedGrid {
    pub(super) extent: Extent,
    /// Arrays of the grid, then those of snapshots whose values tell land from water.
    pub(super) arrays: Vec<Arc<GriddedField>>,
    /// How many are of the grid.
    pub(super) of_grid: usize,
    pub(super) sources: Vec<(GridField, Source)>,
    #[serde(skip)]
    kept: KeptChunks,
    /// See [`half_cells`](Self::half_cells).
    #[serde(skip)]
    half_cells: AtomicU64,
    /// See [`most_kept`](Self::most_kept).
    #[serde(skip)]
    most_kept: OnceLock<[u64; 2]>,
}

impl GriddedGrid {
    /// The grid of `extent` in `holders`. Where there is no mask, values of `fields` tell land from water: of u and v, the
    /// first two, if it `has_velocity`, which go to the centres of cells if `centre`; else of the first.
    ///
    /// # Errors
    /// Configured names that no file has, arrays of another shape than the grid's, masks that are 1 on land; when it cannot
    /// be told where values are, or what dimensions mean.
    pub(super) fn find(
        holders: &[Holder],
        extent: Extent,
        request: &GridRequest,
        (fields, centre): (&[Arc<GriddedField>], bool),
        has_velocity: bool,
    ) -> Result<Self, SourceError> {
        let finder = Finder { holders, request };
        let (mut arrays, mut sources) = (Vec::new(), Vec::new());
        for field in GridField::ALL {
            let shift = match field {
                GridField::HFacW => [0, request.shifts[0]],
                GridField::HFacS => [request.shifts[1], 0],
                _ => [0, 0],
            };
            let Some(found) = finder.found(field)? else { continue };
            let mut factors = Vec::new();
            for Factor { name, holders, divides } in &found {
                factors.push((arrays.len(), *divides));
                arrays.push(Arc::new(finder.field((field, key_of(field)), (name, holders), shift, &extent)?));
            }
            sources.push((field, Source::Product(factors)));
        }
        let has = |sources: &[(GridField, Source)], field: GridField| sources.iter().any(|(of, _)| *of == field);
        let angle = finder.angle()?;
        if let (false, Some((name, holders))) = (has(&sources, GridField::AngleCs), angle) {
            let info = holders.first().and_then(|holder| holder.dataset.array(&name));
            let units = info.and_then(|info| info.attributes.text("units")).unwrap_or("radians").to_ascii_lowercase();
            let factor = if units.starts_with("deg") { std::f64::consts::PI / 180.0 } else { 1.0 };
            let at = arrays.len();
            arrays.push(Arc::new(finder.field((GridField::AngleCs, ANGLE_KEY), (&name, &holders), [0, 0], &extent)?));
            sources.push((GridField::AngleCs, Source::Angle(at, factor)));
            sources.push((GridField::AngleSn, Source::Angle(at, factor)));
        }
        let of_grid = arrays.len();
        if !has(&sources, GridField::HFacC) && !has(&sources, GridField::Depth) {
            // Of u and v that go to centres a cell has both sides.
            let sides = |[u, v]: [usize; 2]| {
                let nexts = [[false, centre], [centre, false]];
                [u, v].into_iter().zip(nexts).map(|(array, next)| Side { array, next }).collect::<Vec<_>>()
            };
            let face_mask = |field: GridField| match sources.iter().find(|(of, _)| *of == field)?.1 {
                Source::Product(ref factors) if has_velocity => match factors[..] {
                    [(array, false)] => Some(array),
                    _ => None,
                },
                _ => None,
            };
            let source = if let (Some(u), Some(v)) = (face_mask(GridField::HFacW), face_mask(GridField::HFacS)) {
                Source::Faces(sides([u, v]))
            } else if has_velocity {
                arrays.extend_from_slice(&fields[..2]);
                // Without centring u and v are taken at one point, which has both or is land.
                Source::Values { sides: sides([of_grid, of_grid + 1]), each: !centre }
            } else {
                arrays.extend_from_slice(&fields[..1]);
                Source::Values { sides: vec![Side { array: of_grid, next: [false; 2] }], each: false }
            };
            sources.push((GridField::HFacC, source));
        }
        Ok(GriddedGrid {
            extent,
            arrays,
            of_grid,
            sources,
            kept: KeptChunks::default(),
            half_cells: AtomicU64::new(0),
            most_kept: OnceLock::new(),
        })
    }

    /// The files that its arrays stand in, of stores the arrays' folders.
    pub fn stored_in(&self) -> Vec<PathBuf> {
        self.arrays.iter().flat_map(|field| &field.parts).map(|part| part.stored_in().to_owned()).collect()
    }

    /// Rows and columns by name, where longitudes and latitudes are of one dimension each and all of `fields` have these two:
    /// such fields may be given at the cells' own places.
    pub fn places_of(&self, fields: &[Arc<GriddedField>]) -> Option<[String; 2]> {
        let of = |array: &GriddedField, axis: Option<usize>| Some(array.infos.first()?.dimensions[axis?].clone());
        let place = |field: GridField| match self.source(field)? {
            Source::Product(factors) => match &factors[..] {
                [(array, false)] if self.arrays[*array].infos.first()?.shape.len() == 1 => {
                    let array = &self.arrays[*array];
                    of(array, array.axes.i).or_else(|| of(array, array.axes.j))
                }
                _ => None,
            },
            _ => None,
        };
        let places = [place(GridField::Yc)?, place(GridField::Xc)?];
        let has = |field: &Arc<GriddedField>| {
            [of(field, field.axes.j), of(field, field.axes.i)]
                .iter()
                .zip(&places)
                .all(|(of, place)| of.as_ref() == Some(place))
        };
        fields.iter().all(has).then_some(places)
    }

    /// Longitudes along the columns, or latitudes along the rows, of a grid that has them in one array of one dimension, with
    /// the name of that.
    pub(super) fn line(&self, field: GridField) -> Option<Result<(String, Vec<f64>), SourceError>> {
        let Some(Source::Product(factors)) = self.source(field) else { return None };
        let [(array, false)] = factors[..] else { return None };
        let is_line = self.extent.faces == 1 && self.arrays[array].infos.first()?.shape.len() == 1;
        let (rows, columns) = if field == GridField::Xc { (1, self.extent.ni) } else { (self.extent.nj, 1) };
        let window = Window { face: 0, j: 0..rows, i: 0..columns };
        is_line.then(|| Ok((self.place(field), self.values(array, 1, &window)?)))
    }

    /// Whether the masks of faces have no last column, of u, and no last row, of v.
    pub fn lacks_last(&self) -> [bool; 2] {
        [(GridField::HFacW, 1), (GridField::HFacS, 0)].map(|(field, axis)| match self.source(field) {
            Some(Source::Product(factors)) => {
                factors.iter().any(|(array, _)| self.arrays[*array].lacks_last(&self.extent)[axis])
            }
            _ => false,
        })
    }

    /// Whether nothing but values tells land from water.
    pub fn is_masked_by_values(&self) -> bool {
        matches!(self.source(GridField::HFacC), Some(Source::Values { .. }))
    }

    /// Of the cells that were read as land, as they have not all the values that make one wet, those that have some.
    pub fn half_cells(&self) -> u64 {
        self.half_cells.load(Ordering::Relaxed)
    }

    fn source(&self, field: GridField) -> Option<&Source> {
        self.sources.iter().find(|(of, _)| *of == field).map(|(_, source)| source)
    }

    /// Bytes of decoded chunks that are kept at most, while the grid's arrays are read, and those of snapshots.
    fn most_kept(&self) -> [u64; 2] {
        let rows_of = |field: &Arc<GriddedField>| {
            field.arrays().iter().map(|array| ChunkBytes::of(array, &field.axes).row).max().unwrap_or(0)
        };
        let (grid, snapshots) = self.arrays.split_at(self.of_grid);
        *self.most_kept.get_or_init(|| [grid, snapshots].map(|arrays| most_bytes(arrays.iter().map(rows_of))))
    }

    /// Values of a window of an array at a level, 1-based, NaN where it has none. An array of one level is that of all.
    fn values(&self, number: usize, level: usize, window: &Window) -> Result<Vec<f64>, SourceError> {
        let field = &self.arrays[number];
        let bytes = field.packing.element.bytes();
        let row_bytes = window.i.len() * bytes;
        let mut values = vec![f64::NAN; window.points()];
        let step = field.steps.iter().position(Option::is_some).unwrap_or(0);
        let levels = field.axes.level.map_or(1, |axis| field.infos[0].shape[axis]);
        if levels > 1 && level as u64 > levels {
            return Err(SourceError::NotInFile {
                key: "level",
                asked: level.to_string(),
                path: field.parts[0].path.clone(),
                have: format!("{levels} levels of {}", field.name),
            });
        }
        for rectangle in field.rectangles(&self.extent, window) {
            let Some((part, time)) = field.part(step, rectangle.tile) else { continue };
            let array = &field.arrays()[part];
            let plane = Plane { level: (level as u64 - 1).min(levels - 1), ..field.plane(&rectangle, time) };
            let mut stored = vec![0; (plane.j.end - plane.j.start) as usize * row_bytes];
            let mut to = Destination { bytes: &mut stored, row_bytes };
            if array.is_direct() {
                array.read_direct(&field.axes, &plane, &mut to)?;
            } else {
                let most = self.most_kept()[usize::from(number >= self.of_grid)];
                let sizes = (ChunkBytes::of(array, &field.axes).one, most);
                for (chunk, within) in array.chunks(&field.axes, &plane) {
                    let decode = |buffer| Ok(array.decode(chunk, buffer)?.0);
                    let copy = |decoded: &_| array.copy(&field.axes, &plane, &within, decoded, &mut to);
                    self.kept.with((number, part, chunk), sizes, decode, copy)?;
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

    /// Whether a value of an array `is_there` at one of the sides of each cell of a window; beyond the grid there is none.
    fn sides_there(
        &self,
        side: &Side,
        (level, window): (usize, &Window),
        is_there: fn(f64) -> bool,
    ) -> Result<Vec<bool>, SourceError> {
        let facet = self.extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        let more = [side.next[0] && j.end < facet.nj, side.next[1] && i.end < facet.ni].map(usize::from);
        let wide = Window {
            face: window.face,
            j: window.j.start..window.j.end + more[0],
            i: window.i.start..window.i.end + more[1],
        };
        let values = self.values(side.array, level, &wide)?;
        let there = |row: usize, column: usize| {
            row < wide.j.len() && column < wide.i.len() && is_there(values[row * wide.i.len() + column])
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

    /// 1 in cells that a mask of sides makes wet, at one side or at `each`, and 0 in others.
    fn wet_by_sides(
        &self,
        (sides, each): (&[Side], bool),
        (level, window): (Option<usize>, &Window),
        is_there: fn(f64) -> bool,
    ) -> Result<Vec<f64>, SourceError> {
        let mut counts = vec![0; window.points()];
        for side in sides {
            let level = level.unwrap_or(self.arrays[side.array].level as usize + 1);
            let there = self.sides_there(side, (level, window), is_there)?;
            counts.iter_mut().zip(there).for_each(|(count, there)| *count += usize::from(there));
        }
        let needed = if each { sides.len() } else { 1 };
        let half = counts.iter().filter(|count| (1..needed).contains(*count)).count();
        self.half_cells.fetch_add(half as u64, Ordering::Relaxed);
        Ok(counts.into_iter().map(|count| f64::from(u8::from(count >= needed))).collect())
    }
}

impl GridFiles for GriddedGrid {
    fn has(&self, field: GridField) -> bool {
        self.source(field).is_some()
    }

    fn place(&self, field: GridField) -> String {
        let of = |array: usize| {
            let array = &self.arrays[array];
            format!("{} of {}", array.name, array.parts[0].path.display())
        };
        match self.source(field) {
            Some(Source::Product(factors)) => {
                factors.iter().map(|(array, _)| of(*array)).collect::<Vec<_>>().join(", ")
            }
            Some(Source::Angle(array, _)) => of(*array),
            Some(Source::Values { sides, .. } | Source::Faces(sides)) => {
                format!("the values of {}", sides.iter().map(|side| of(side.array)).collect::<Vec<_>>().join(", "))
            }
            None => {
                let files =
                    self.arrays.first().map_or_else(String::new, |field| field.parts[0].path.display().to_string());
                format!("an array for {} in {files} ([input] grid_names)", field.name())
            }
        }
    }

    fn levels(&self, field: GridField) -> Result<usize, GridError> {
        let levels = |array: usize| {
            let array = &self.arrays[array];
            array.axes.level.map_or(1, |axis| array.infos[0].shape[axis] as usize)
        };
        Ok(match self.source(field) {
            Some(Source::Product(factors)) => factors.iter().map(|(array, _)| levels(*array)).max().unwrap_or(1),
            Some(Source::Faces(sides)) => sides.iter().map(|side| levels(side.array)).max().unwrap_or(1),
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
                for (array, divides) in factors {
                    let mut values = self.values(*array, level, window).map_err(unreadable)?;
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
                let angles = self.values(*array, 1, window).map_err(unreadable)?;
                let cosine = field == GridField::AngleCs;
                Ok(angles
                    .iter()
                    .map(|angle| angle * factor)
                    .map(|angle| if cosine { angle.cos() } else { angle.sin() })
                    .collect())
            }
            Some(Source::Values { sides, each }) => {
                self.wet_by_sides((sides, *each), (None, window), |value| !value.is_nan()).map_err(unreadable)
            }
            Some(Source::Faces(sides)) => {
                self.wet_by_sides((sides, false), (Some(level), window), |value| value > 0.0).map_err(unreadable)
            }
            None => {
                let need = "it is not there".to_owned();
                Err(GridError::Missing { name: field.name(), place: self.place(field), need })
            }
        }
    }

    fn advice(&self, value: &str) -> String {
        match value.starts_with("NaN") {
            true => "a value that equals _FillValue, missing_value or, in Zarr 2, fill_value is read as NaN; see [input] grid and \
                     grid_names"
                .into(),
            false => "see [input] grid and grid_names".into(),
        }
    }

    fn kept_bytes(&self) -> u64 {
        // Those of snapshots are given back before snapshots are read, for which more is counted.
        let (mut planes, mut largest) = (0_u64, 0);
        for field in &self.arrays[..self.of_grid] {
            for array in field.arrays() {
                let bytes = ChunkBytes::of(array, &field.axes);
                planes = planes.saturating_add(bytes.plane);
                largest = bytes.one.max(largest);
            }
        }
        // And what one is decoded from.
        planes.min(self.most_kept()[0]).saturating_add(largest)
    }

    fn forget(&self) {
        self.kept.clear();
    }
}
