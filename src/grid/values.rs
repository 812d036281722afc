//! Whether coordinates, areas and angles can be what they are said to be, at the selected wet points.
//!
//! A grid in another byte order, in radians or of swapped files has the right shape, and spectra would come out with a
//! wrong inertial frequency or turned wrongly, without a word.

use super::row_blocks::row_blocks;
use super::{Grid, GridError, GridField, GridFiles, Lattice, Rotation};
use crate::terms::short;

/// Degrees; unwrapped longitudes may go round more than once.
const LONGITUDES: std::ops::RangeInclusive<f64> = -720.0..=720.0;
const LATITUDES: std::ops::RangeInclusive<f64> = -90.0..=90.0;
/// Of `AngleCS`² + `AngleSN`².
const ROTATION: std::ops::RangeInclusive<f64> = 0.99..=1.01;
/// The area of a cell over that from its neighbours' places: other radii and odd cells pass, other units do not.
const AREA_RATIOS: std::ops::RangeInclusive<f64> = 0.1..=10.0;
const EARTH_RADIUS_METRES: f64 = 6.37e6;
/// Cells of a block of rows whose area is compared.
const SAMPLES_A_BLOCK: usize = 64;

/// Fields of some selected rows, [j, i].
struct Block<'a> {
    grid: &'a Grid,
    lattice: &'a Lattice,
    face: usize,
    rows: std::ops::Range<usize>,
    xc: Vec<f64>,
    yc: Vec<f64>,
}

impl Block<'_> {
    /// Native indices of a place.
    fn native(&self, at: usize) -> [usize; 3] {
        let [row, column] = [self.rows.start + at / self.lattice.i.len, at % self.lattice.i.len];
        [self.lattice.faces[self.face], self.lattice.j.native(row), self.lattice.i.native(column)]
    }

    fn is_wet(&self, at: usize) -> bool {
        let [face, j, i] = self.native(at);
        self.grid.wet.get(face, j, i)
    }

    /// Whether the cell and its neighbours in the next column and row are wet, and not at a pole.
    fn has_area(&self, at: usize) -> bool {
        let columns = self.lattice.i.len;
        at % columns + 1 < columns
            && at + columns < self.xc.len()
            && [at, at + 1, at + columns].into_iter().all(|at| self.is_wet(at))
            && self.yc[at].abs() < 89.0
    }

    /// Area of the cell by the places of its neighbours in the next column and row [m2], with a stride that of one of
    /// the cells between.
    fn area(&self, at: usize) -> f64 {
        let turn = |change: f64| change - 360.0 * (change / 360.0).round();
        let change = |to: usize| [turn(self.xc[to] - self.xc[at]), self.yc[to] - self.yc[at]].map(f64::to_radians);
        let ([along_x, along_y], [across_x, across_y]) = (change(at + 1), change(at + self.lattice.i.len));
        let angles = (along_x * across_y - along_y * across_x).abs() * self.yc[at].to_radians().cos();
        angles * EARTH_RADIUS_METRES.powi(2) / (self.lattice.i.step * self.lattice.j.step) as f64
    }
}

/// A cell whose area is compared with its neighbours' places.
struct Sample {
    /// The area over that of the places.
    ratio: f64,
    area: f64,
    native: [usize; 3],
}

/// Checks `XC`, `YC`, `RAC` (where there is one) and, if velocities are turned by them, the angles.
///
/// # Errors
/// [`GridError::Value`] at the first place that is wrong, and whatever reading gives.
pub fn check_values(files: &dyn GridFiles, grid: &Grid, lattice: &Lattice) -> Result<(), GridError> {
    let columns = 0..lattice.i.len;
    let mut samples: Vec<Sample> = Vec::new();
    for face in 0..lattice.faces.len() {
        for rows in row_blocks(0..lattice.j.len, lattice.i.len) {
            let read = |field| lattice.read(files, field, face, &rows, &columns);
            let (xc, yc) = (read(GridField::Xc)?, read(GridField::Yc)?);
            let block = Block { grid, lattice, face, rows: rows.clone(), xc, yc };
            let wet = || (0..block.xc.len()).filter(|&at| block.is_wet(at));
            let wrong = |field, value: f64, at, allowed: &str| {
                GridError::value(files, field, short(value), grid.extent.point(block.native(at)), allowed)
            };
            if let Some(at) = wet().find(|&at| !LATITUDES.contains(&block.yc[at])) {
                return Err(wrong(GridField::Yc, block.yc[at], at, "latitudes are degrees from -90 to 90"));
            }
            if let Some(at) = wet().find(|&at| !LONGITUDES.contains(&block.xc[at])) {
                return Err(wrong(GridField::Xc, block.xc[at], at, "longitudes are degrees from -720 to 720"));
            }
            if grid.has_area {
                let area = read(GridField::Ra)?;
                if let Some(at) = wet().find(|&at| !(area[at].is_finite() && area[at] > 0.0)) {
                    return Err(wrong(GridField::Ra, area[at], at, "areas are above 0 m2"));
                }
                let some = (0..area.len()).step_by((area.len() / SAMPLES_A_BLOCK).max(1));
                samples.extend(some.filter(|&at| block.has_area(at)).map(|at| Sample {
                    ratio: area[at] / block.area(at),
                    area: area[at],
                    native: block.native(at),
                }));
            }
            if grid.rotation == Rotation::Angles {
                let (cosine, sine) = (read(GridField::AngleCs)?, read(GridField::AngleSn)?);
                let square = |at: usize| cosine[at].powi(2) + sine[at].powi(2);
                if let Some(at) = wet().find(|&at| !ROTATION.contains(&square(at))) {
                    let value = format!("{}, AngleSN {}", short(cosine[at]), short(sine[at]));
                    let allowed = "they are the cosine and the sine of one angle, and the sum of their squares is 1";
                    let point = grid.extent.point(block.native(at));
                    return Err(GridError::value(files, GridField::AngleCs, value, point, allowed));
                }
            }
        }
    }
    check_areas(files, grid, samples)
}

/// Refuses units by the middle one of some cells: single cells may be odd.
fn check_areas(files: &dyn GridFiles, grid: &Grid, mut samples: Vec<Sample>) -> Result<(), GridError> {
    samples.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    match samples.get(samples.len() / 2) {
        Some(Sample { ratio, area, native }) if !AREA_RATIOS.contains(ratio) => {
            let value = format!("{} m2, {} times what XC and YC span", short(*area), short(*ratio));
            let allowed = "XC and YC are degrees (no radians or metres), areas are m2";
            Err(GridError::value(files, GridField::Ra, value, grid.extent.point(*native), allowed))
        }
        _ => Ok(()),
    }
}
