//! What the grid's files say, as a run would read them.

use serde::Serialize;

use crate::grid::{Extent, GridError, GridField, GridFiles, Masks, SurveyRequest, Window, survey};

/// The grid of a run.
#[derive(Clone, Debug, Serialize)]
pub struct GridReport {
    /// Fields that a run looks for and that are there.
    pub fields: Vec<&'static str>,
    /// Columns.
    pub ni: usize,
    /// Rows.
    pub nj: usize,
    /// Least and greatest XC [degrees east].
    pub longitude: [f64; 2],
    /// Least and greatest YC [degrees north].
    pub latitude: [f64; 2],
    /// Level of the mask, 1-based.
    pub level: usize,
    /// Cells with water at the level.
    pub wet_points: u64,
    /// Whether there are angles to turn velocities by.
    pub angles: bool,
}

/// Surveys a grid at a level, 1-based.
///
/// # Errors
/// As a run: see [`survey`].
pub fn inspect_grid(
    files: &dyn GridFiles,
    extent: &Extent,
    level: usize,
    rotate: bool,
) -> Result<GridReport, GridError> {
    let request = SurveyRequest { level, centre: true, rotate, lacks_first: [false; 2], lacks_last: [false; 2] };
    let grid = survey(&Masks::new(files, *extent), &request)?;
    Ok(GridReport {
        fields: GridField::ALL.into_iter().filter(|field| files.has(*field)).map(GridField::name).collect(),
        ni: extent.ni,
        nj: extent.nj * extent.faces,
        longitude: extremes(files, GridField::Xc, extent)?,
        latitude: extremes(files, GridField::Yc, extent)?,
        level,
        wet_points: grid.wet.count(),
        angles: files.has(GridField::AngleCs) && files.has(GridField::AngleSn),
    })
}

/// Least and greatest value, row by row; blank tiles, at 0, count as well.
fn extremes(files: &dyn GridFiles, field: GridField, extent: &Extent) -> Result<[f64; 2], GridError> {
    let mut range = [f64::INFINITY, f64::NEG_INFINITY];
    for face in 0..extent.faces {
        for j in 0..extent.nj {
            for value in files.read(field, 1, &Window { face, j: j..j + 1, i: 0..extent.ni })? {
                range = [range[0].min(value), range[1].max(value)];
            }
        }
    }
    Ok(range)
}
