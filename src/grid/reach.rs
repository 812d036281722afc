//! How far the points with a spectrum reach.

use serde::{Deserialize, Serialize};

use super::row_blocks::row_blocks;
use super::{Grid, GridError, GridField, GridFiles, Lattice};

/// Limits of longitude and latitude [degrees]; longitudes are from -180 up to, and without, 180.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// West and east.
    pub longitude: [f64; 2],
    /// South and north.
    pub latitude: [f64; 2],
}

impl Reach {
    /// All of the earth.
    pub const GLOBE: Reach = Reach { longitude: [-180.0, 180.0], latitude: [-90.0, 90.0] };
}

/// Limits of the selected points that have a spectrum; the globe if there is none.
///
/// # Errors
/// As [`GridFiles::read`].
pub fn reach(files: &dyn GridFiles, grid: &Grid, lattice: &Lattice) -> Result<Reach, GridError> {
    let columns = 0..lattice.i.len;
    let none = [f64::INFINITY, f64::NEG_INFINITY];
    let mut reach = Reach { longitude: none, latitude: none };
    let widen = |limits: &mut [f64; 2], value: f64| *limits = [limits[0].min(value), limits[1].max(value)];
    for (place, &face) in lattice.faces.iter().enumerate() {
        for rows in row_blocks(0..lattice.j.len, lattice.i.len) {
            let read = |field| lattice.read(files, field, place, &rows, &columns);
            let (xc, yc) = (read(GridField::Xc)?, read(GridField::Yc)?);
            let native = rows.clone().flat_map(|j| lattice.i.indices().map(move |i| (lattice.j.native(j), i)));
            for ((j, i), (x, y)) in native.zip(xc.iter().zip(&yc)) {
                if grid.analysed.get(face, j, i) {
                    widen(&mut reach.longitude, (x + 180.0).rem_euclid(360.0) - 180.0);
                    widen(&mut reach.latitude, *y);
                }
            }
        }
    }
    Ok(if reach.latitude[0] <= reach.latitude[1] { reach } else { Reach::GLOBE })
}
