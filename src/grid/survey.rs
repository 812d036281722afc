//! One look at the grid before the run: masks of the whole grid, and whether velocities need turning.

use std::sync::Arc;

use super::row_blocks::row_blocks;
use super::{Bits, Cell, Extent, GridError, GridField, GridFiles, Masks, Side, Window};

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
    /// Velocities of the first column, of u, or of the first row, of v, are not there: those of a cell's index lie on its
    /// other faces.
    pub lacks_first: [bool; 2],
    /// Velocities of the last column, of u, or of the last row, of v, are not there.
    pub lacks_last: [bool; 2],
}

/// Masks of the native grid, the same on all ranks.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Size.
    pub extent: Extent,
    /// Cells with water at the level.
    pub wet: Arc<Bits>,
    /// Cells with a spectrum: wet, with all the neighbours that centring needs.
    pub analysed: Arc<Bits>,
    /// Open west faces (hFacW > 0).
    pub open_west: Arc<Bits>,
    /// Open south faces (hFacS > 0).
    pub open_south: Arc<Bits>,
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

/// Open faces where the grid has no hFacW or hFacS: a face is dry where either cell is. Beyond the domain all is open.
fn between_wet_cells(wet: &Bits, extent: &Extent, side: Side) -> Bits {
    let mut open = Bits::zero(extent);
    for face in 0..extent.faces {
        for j in 0..extent.nj {
            for i in 0..extent.ni {
                let is_wet = |[face, j, i]: Cell| wet.get(face, j, i);
                let behind = wet.get(face, j, i) && extent.behind(side, [face, j, i]).is_none_or(is_wet);
                open.set(face, j, i, behind);
            }
        }
    }
    open
}

/// Wet cells with both the neighbours that centring needs: only the last rows and columns of faces can lack one.
fn complete(wet: &Bits, extent: &Extent, [lacks_column, lacks_row]: [bool; 2]) -> Bits {
    let mut complete = wet.clone();
    for face in 0..extent.faces {
        let last_row = (0..extent.ni).map(|i| [face, extent.nj - 1, i]);
        let last_column = (0..extent.nj).map(|j| [face, j, extent.ni - 1]);
        for cell in last_row.chain(last_column).filter(|&cell| !extent.is_complete(cell)) {
            let [face, j, i] = cell;
            complete.set(face, j, i, false);
        }
        let first_row = (0..extent.ni).filter(|_| lacks_row).map(|i| (0, i));
        let first_column = (0..extent.nj).filter(|_| lacks_column).map(|j| (j, 0));
        first_row.chain(first_column).for_each(|(j, i)| complete.set(face, j, i, false));
    }
    complete
}

/// Wet cells of a plain grid without those of the last column, or row.
fn without_last(wet: &Bits, extent: &Extent, [column, row]: [bool; 2]) -> Bits {
    let mut rest = wet.clone();
    let last_row = (0..extent.ni).filter(|_| row).map(|i| (extent.nj - 1, i));
    let last_column = (0..extent.nj).filter(|_| column).map(|j| (j, extent.ni - 1));
    last_row.chain(last_column).for_each(|(j, i)| rest.set(0, j, i, false));
    rest
}

/// Reads masks and checks what the run needs of the grid.
///
/// Wet is hFacC > 0 at the level; without hFacC, Depth > 0.
///
/// # Errors
/// When a needed field is missing, unreadable or of another shape; when the grid is curvilinear and
/// velocities should be turned but there are no angles.
pub fn survey(masks: &Masks<'_>, request: &SurveyRequest) -> Result<Grid, GridError> {
    let (files, extent) = (masks.files(), masks.extent());
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
        masks.bits(GridField::HFacC, request.level)?
    } else if files.has(GridField::Depth) {
        masks.bits(GridField::Depth, 1)?
    } else {
        return Err(missing(
            GridField::HFacC,
            "there is no mask of land: hFacC would do, or Depth; put one of them into [input] grid",
        ));
    };
    let open = |field: GridField, side| match (files.has(field), request.centre) {
        (true, _) => masks.bits(field, request.level),
        (false, true) => Ok(Arc::new(between_wet_cells(&wet, extent, side))),
        // Velocities that stay where they are may be at the cells' own points, which a coast does not close.
        (false, false) => Ok(Arc::clone(&wet)),
    };
    let open_west = open(GridField::HFacW, Side::West)?;
    let open_south = open(GridField::HFacS, Side::South)?;
    let analysed = match (request.centre, request.lacks_last) {
        (true, _) => Arc::new(complete(&wet, extent, request.lacks_first)),
        (false, [false, false]) => Arc::clone(&wet),
        (false, lacks_last) => Arc::new(without_last(&wet, extent, lacks_last)),
    };

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
