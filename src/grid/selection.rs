//! A selection of points: faces × rows × columns, each row and column axis with a stride.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::row_blocks::row_blocks;
use super::{Extent, GridError, GridField, GridFiles, Window};
use crate::terms::short;

/// Native indices start, start + step, ... along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// First native index.
    pub start: usize,
    /// Distance between selected indices.
    pub step: usize,
    /// Number of selected indices.
    pub len: usize,
}

impl Axis {
    fn new(start: usize, stop: usize, step: usize) -> Self {
        Axis { start, step, len: (stop - start).div_ceil(step) }
    }

    /// Native index of the selected one.
    pub fn native(&self, selected: usize) -> usize {
        self.start + selected * self.step
    }

    /// All native indices.
    pub fn indices(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len).map(|selected| self.native(selected))
    }
}

/// The selected points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lattice {
    /// Native faces, ascending.
    pub faces: Vec<usize>,
    /// Rows.
    pub j: Axis,
    /// Columns.
    pub i: Axis,
}

impl Lattice {
    /// Values of a 2-D field at selected points, [j, i]: `face`, `j` and `i` count selected ones.
    ///
    /// With a stride only the rows that are wanted are read, one at a time.
    ///
    /// # Errors
    /// As [`GridFiles::read`].
    pub fn read(
        &self,
        files: &dyn GridFiles,
        field: GridField,
        face: usize,
        j: &Range<usize>,
        i: &Range<usize>,
    ) -> Result<Vec<f64>, GridError> {
        let span = |axis: &Axis, part: &Range<usize>| match part.is_empty() {
            true => 0..0,
            false => axis.native(part.start)..axis.native(part.end - 1) + 1,
        };
        let window = Window { face: self.faces[face], j: span(&self.j, j), i: span(&self.i, i) };
        if self.j.step == 1 && self.i.step == 1 {
            return files.read(field, 1, &window);
        }
        let mut values = Vec::with_capacity(j.len() * i.len());
        for row in window.j.clone().step_by(self.j.step) {
            let native = files.read(field, 1, &Window { j: row..row + 1, ..window.clone() })?;
            values.extend(native.iter().step_by(self.i.step));
        }
        Ok(values)
    }
}

/// What a user asked for; `None` means all.
#[derive(Clone, Debug, Default)]
pub struct SelectionRequest {
    /// Faces, 0-based.
    pub faces: Option<Vec<usize>>,
    /// West, east [degrees]; may cross 180.
    pub lon: Option<[f64; 2]>,
    /// South, north [degrees].
    pub lat: Option<[f64; 2]>,
    /// Columns, half-open.
    pub i: Option<[usize; 2]>,
    /// Rows, half-open.
    pub j: Option<[usize; 2]>,
    /// Every how many rows and columns.
    pub stride: usize,
}

/// The least and the greatest number of some.
struct Extremes([f64; 2]);

impl Default for Extremes {
    fn default() -> Self {
        Extremes([f64::INFINITY, f64::NEG_INFINITY])
    }
}

impl Extremes {
    fn extend(&mut self, values: &[f64]) {
        self.0 = values.iter().fold(self.0, |[low, high], &value| [low.min(value), high.max(value)]);
    }
}

impl fmt::Display for Extremes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", short(self.0[0]), short(self.0[1]))
    }
}

/// Whether a longitude lies in [west, east] on the circle.
fn within_longitudes(lon: f64, west: f64, east: f64) -> bool {
    let width = east - west;
    if width >= 360.0 {
        return true;
    }
    (lon - west).rem_euclid(360.0) <= width.rem_euclid(360.0)
}

/// Resolves a request: the smallest rectangle of rows and columns that holds all points of the
/// longitude-latitude box (if any) within the asked rows, columns and faces, then every
/// `stride`-th of them from the first.
///
/// # Errors
/// When nothing is left, or an index lies outside the grid.
pub fn lattice(request: &SelectionRequest, extent: &Extent, files: &dyn GridFiles) -> Result<Lattice, GridError> {
    let empty = |key, reason| GridError::EmptySelection { key, reason };
    let mut faces = request.faces.clone().unwrap_or_else(|| (0..extent.faces).collect());
    faces.sort_unstable();
    if let Some(&face) = faces.iter().find(|&&face| face >= extent.faces) {
        return Err(empty(
            "faces",
            format!("face {face} does not exist, the grid has faces 0 to {}", extent.faces - 1),
        ));
    }
    let bounded = |key, asked: Option<[usize; 2]>, len: usize| match asked {
        None => Ok([0, len]),
        Some([start, stop]) if start < stop && stop <= len => Ok([start, stop]),
        Some([start, stop]) => Err(empty(key, format!("[{start}, {stop}] is not a half-open range within 0 to {len}"))),
    };
    let mut j = bounded("j", request.j, extent.nj)?;
    let mut i = bounded("i", request.i, extent.ni)?;

    if request.lon.is_some() || request.lat.is_some() {
        let (mut longitudes, mut latitudes) = (Extremes::default(), Extremes::default());
        let mut found: Option<([usize; 2], [usize; 2])> = None;
        let mut holding = Vec::new();
        for &face in &faces {
            let mut holds = false;
            for rows in row_blocks(j[0]..j[1], i[1] - i[0]) {
                let window = Window { face, j: rows, i: i[0]..i[1] };
                let read = |asked: bool, field| if asked { files.read(field, 1, &window) } else { Ok(Vec::new()) };
                let xc = read(request.lon.is_some(), GridField::Xc)?;
                let yc = read(request.lat.is_some(), GridField::Yc)?;
                longitudes.extend(&xc);
                latitudes.extend(&yc);
                for at in 0..window.points() {
                    let in_lon = request.lon.is_none_or(|[west, east]| within_longitudes(xc[at], west, east));
                    let in_lat = request.lat.is_none_or(|[south, north]| (south..=north).contains(&yc[at]));
                    if in_lon && in_lat {
                        let (row, column) = (window.j.start + at / window.i.len(), i[0] + at % window.i.len());
                        holds = true;
                        let (rows, columns) = found.get_or_insert(([row, row], [column, column]));
                        rows[0] = rows[0].min(row);
                        rows[1] = rows[1].max(row);
                        columns[0] = columns[0].min(column);
                        columns[1] = columns[1].max(column);
                    }
                }
            }
            if holds {
                holding.push(face);
            }
        }
        let Some((rows, columns)) = found else {
            let part = |name, field, asked: Option<[f64; 2]>, extremes: Extremes| {
                asked.map(|[low, high]| format!("{name} = [{low}, {high}], where the grid's {field} goes {extremes}"))
            };
            let parts = [part("lon", "XC", request.lon, longitudes), part("lat", "YC", request.lat, latitudes)];
            let key = if request.lon.is_some() { "lon" } else { "lat" };
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            return Err(empty(key, format!("no point of the grid lies in {}", parts.join(" and "))));
        };
        j = [rows[0], rows[1] + 1];
        i = [columns[0], columns[1] + 1];
        faces = holding;
    }
    let stride = request.stride.max(1);
    Ok(Lattice { faces, j: Axis::new(j[0], j[1], stride), i: Axis::new(i[0], i[1], stride) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitudes_are_on_a_circle() {
        assert!(within_longitudes(-179.0, 170.0, -170.0));
        assert!(within_longitudes(181.0, 170.0, 190.0));
        assert!(within_longitudes(300.0, -70.0, -50.0));
        assert!(!within_longitudes(0.0, 170.0, -170.0));
        assert!(within_longitudes(12.0, -180.0, 180.0));
    }

    #[test]
    fn an_axis_counts_like_a_python_slice() {
        let axis = Axis::new(3, 10, 4);
        assert_eq!(axis.indices().collect::<Vec<_>>(), [3, 7]);
        assert_eq!(Axis::new(0, 9, 3).len, 3);
        assert_eq!(Axis::new(0, 1, 5).len, 1);
    }
}
