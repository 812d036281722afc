//! One look at the grid before the run: masks of the whole grid, and whether velocities need turning.

use std::ops::RangeInclusive;

use super::row_blocks::row_blocks;
use super::{Bits, Extent, GridError, GridField, GridFiles, Periodic, Window};
use crate::terms::short;

/// How grid velocities become eastward and northward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Rotation {
    /// They are so already, or the user wants them as they are.
    None,
    /// By AngleCS and AngleSN.
    Angles,
}

/// What the survey should find out.
#[derive(Clone, Copy, Debug)]
pub struct SurveyRequest {
    /// Level of hFac, 1-based.
    pub level: usize,
    /// Velocities go to cell centres, so that the last row and column lack a neighbour.
    pub centre: bool,
    /// Velocities go to east/north.
    pub rotate: bool,
    /// Wrapping axes.
    pub periodic: Periodic,
}

/// Masks of the native grid, the same on all ranks.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Size.
    pub extent: Extent,
    /// Wrapping axes.
    pub periodic: Periodic,
    /// Cells with water at the level.
    pub wet: Bits,
    /// Cells with a spectrum: wet, with all the neighbours that centring needs.
    pub analysed: Bits,
    /// Open west faces (hFacW > 0).
    pub open_west: Bits,
    /// Open south faces (hFacS > 0).
    pub open_south: Bits,
    /// Turning of velocities.
    pub rotation: Rotation,
    /// Which of the optional fields `Depth` and `RAC` exist.
    pub has_depth: bool,
    /// See `has_depth`.
    pub has_area: bool,
}

impl Grid {
    /// Wet cells without a spectrum, because a neighbour beyond the domain's edge is unknown.
    pub fn edge_points(&self) -> u64 {
        self.wet.count() - self.analysed.count()
    }
}

/// A mask of water: how much of a cell is open, or how deep it is [m]. Zero, negative numbers and NaN are land; what is
/// open is not next to nothing (as bytes in the wrong order are) and not more than there can be.
struct Mask {
    open: RangeInclusive<f64>,
    allowed: &'static str,
}

/// 2 is MITgcm's `hFacSup`, for a surface that moves.
const SHARE: Mask = Mask { open: 1e-6..=2.0, allowed: "a cell's open share is 0 (land) to 1" };
const DEPTH: Mask = Mask { open: 1e-6..=1e5, allowed: "a depth is 0 (land) to 100000 m" };

/// Bits of `field > 0` at `level`.
fn positive(files: &dyn GridFiles, field: GridField, level: usize, extent: &Extent) -> Result<Bits, GridError> {
    let mut bits = Bits::zero(extent);
    let mask = if field == GridField::Depth { DEPTH } else { SHARE };
    for face in 0..extent.faces {
        for rows in row_blocks(0..extent.nj, extent.ni) {
            let window = Window { face, j: rows, i: 0..extent.ni };
            let values = files.read(field, level, &window)?;
            for (row, values) in window.j.zip(values.chunks_exact(extent.ni)) {
                let words = bits.row_mut(face, row);
                for (i, &value) in values.iter().enumerate() {
                    if value > 0.0 {
                        if !mask.open.contains(&value) {
                            let point = format!("j = {row}, i = {i}");
                            return Err(GridError::value(files, field, short(value), point, mask.allowed));
                        }
                        words[i / 64] |= 1 << (i % 64);
                    }
                }
            }
        }
    }
    Ok(bits)
}

/// Open faces where the grid has no hFacW or hFacS: a face is dry where either cell is.
fn between_wet_cells(wet: &Bits, extent: &Extent, periodic: &Periodic, west: bool) -> Bits {
    let mut open = Bits::zero(extent);
    for face in 0..extent.faces {
        for j in 0..extent.nj {
            for i in 0..extent.ni {
                let behind = match (west, i, j) {
                    (true, 0, _) => periodic.i.then_some((j, extent.ni - 1)),
                    (true, _, _) => Some((j, i - 1)),
                    (false, _, 0) => periodic.j.then_some((extent.nj - 1, i)),
                    (false, _, _) => Some((j - 1, i)),
                };
                let other = behind.is_none_or(|(j, i)| wet.get(face, j, i));
                open.set(face, j, i, other && wet.get(face, j, i));
            }
        }
    }
    open
}

/// Reads masks and checks what the run needs of the grid.
///
/// Wet is hFacC > 0 at the level; without hFacC, Depth > 0.
///
/// # Errors
/// When a needed field is missing, unreadable or of another shape; when the grid is curvilinear and
/// velocities should be turned but there are no angles.
pub fn survey(files: &dyn GridFiles, extent: &Extent, request: &SurveyRequest) -> Result<Grid, GridError> {
    let missing = |field: GridField, need: &str| GridError::Missing {
        name: field.name(),
        place: files.place(field),
        need: need.to_owned(),
    };
    for field in [GridField::Xc, GridField::Yc] {
        if !files.has(field) {
            return Err(missing(
                field,
                "XC and YC are needed for places and for the inertial frequency; set [input] grid to the folder that holds them",
            ));
        }
    }
    let wet = if files.has(GridField::HFacC) {
        positive(files, GridField::HFacC, request.level, extent)?
    } else if files.has(GridField::Depth) {
        positive(files, GridField::Depth, 1, extent)?
    } else {
        return Err(missing(
            GridField::HFacC,
            "there is no mask of land: hFacC would do, or Depth; put one of them into [input] grid",
        ));
    };
    let open = |field: GridField, west: bool| {
        if files.has(field) {
            positive(files, field, request.level, extent)
        } else {
            Ok(between_wet_cells(&wet, extent, &request.periodic, west))
        }
    };
    let open_west = open(GridField::HFacW, true)?;
    let open_south = open(GridField::HFacS, false)?;

    let mut analysed = wet.clone();
    if request.centre {
        for face in 0..extent.faces {
            for j in 0..extent.nj {
                if !request.periodic.complete(extent, j, 0) && extent.ni > 1 {
                    analysed.row_mut(face, j).fill(0);
                }
                if !request.periodic.complete(extent, j, extent.ni - 1) {
                    analysed.set(face, j, extent.ni - 1, false);
                }
            }
        }
    }

    let rotation = if !request.rotate {
        Rotation::None
    } else {
        match (files.has(GridField::AngleCs), files.has(GridField::AngleSn)) {
            (true, true) => Rotation::Angles,
            (false, false) => {
                check_latitude_longitude(files, extent)?;
                Rotation::None
            }
            (has_cosine, _) => {
                let field = if has_cosine { GridField::AngleSn } else { GridField::AngleCs };
                return Err(missing(
                    field,
                    "one of the two angle files is there, both are needed to turn velocities to east/north ([prepare] rotate)",
                ));
            }
        }
    };
    Ok(Grid {
        extent: *extent,
        periodic: request.periodic,
        wet,
        analysed,
        open_west,
        open_south,
        rotation,
        has_depth: files.has(GridField::Depth),
        has_area: files.has(GridField::Ra),
    })
}

/// A change of a coordinate along the axis it should not depend on, in degrees, that rounding explains.
const LATITUDE_LONGITUDE_TOLERANCE: f64 = 1e-3;

/// Checks that XC does not change along j, nor YC along i.
///
/// MITgcm can leave blank tiles, which are all land, at 0; points with both coordinates 0 do not count.
fn check_latitude_longitude(files: &dyn GridFiles, extent: &Extent) -> Result<(), GridError> {
    for face in 0..extent.faces {
        let mut longitudes: Vec<Option<f64>> = vec![None; extent.ni];
        for rows in row_blocks(0..extent.nj, extent.ni) {
            let window = Window { face, j: rows, i: 0..extent.ni };
            let xc = files.read(GridField::Xc, 1, &window)?;
            let yc = files.read(GridField::Yc, 1, &window)?;
            for (xc, yc) in xc.chunks_exact(extent.ni).zip(yc.chunks_exact(extent.ni)) {
                check_row(files, &mut longitudes, xc, yc)?;
            }
        }
    }
    Ok(())
}

/// Checks a row against its own latitude and the longitudes of the rows before.
fn check_row(files: &dyn GridFiles, longitudes: &mut [Option<f64>], xc: &[f64], yc: &[f64]) -> Result<(), GridError> {
    let wrong = |field, change, along| GridError::NoAngles { place: files.place(GridField::Xc), field, change, along };
    let (mut latitude, mut yc_change, mut xc_change) = (None, 0.0_f64, 0.0_f64);
    for ((longitude, &x), &y) in longitudes.iter_mut().zip(xc).zip(yc) {
        if x == 0.0 && y == 0.0 {
            continue;
        }
        let turn = |change: f64| change - 360.0 * (change / 360.0).round();
        yc_change = yc_change.max((y - *latitude.get_or_insert(y)).abs());
        xc_change = xc_change.max(turn(x - *longitude.get_or_insert(x)).abs());
    }
    if yc_change > LATITUDE_LONGITUDE_TOLERANCE {
        return Err(wrong("YC", yc_change, "i"));
    }
    if xc_change > LATITUDE_LONGITUDE_TOLERANCE {
        return Err(wrong("XC", xc_change, "j"));
    }
    Ok(())
}
