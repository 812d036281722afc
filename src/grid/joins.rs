//! Whether the faces of a grid join as those of its layout do.

use super::extent::Facet;
use super::{Cell, Extent, GridError, GridField, GridFiles, Side, Window};

/// Cells of an edge that are looked at.
const SAMPLES: usize = 64;

/// Unit vector of a place.
fn place(files: &dyn GridFiles, [face, j, i]: Cell) -> Result<Option<[f64; 3]>, GridError> {
    let window = Window { face, j: j..j + 1, i: i..i + 1 };
    let read = |field| Ok(files.read(field, 1, &window)?.first().copied().unwrap_or(0.0));
    let (lon, lat) = (read(GridField::Xc)?, read(GridField::Yc)?);
    let ([x, y], [sin, cos]) = ([lon, lat].map(f64::to_radians), [lat.to_radians().sin(), lat.to_radians().cos()]);
    // MITgcm leaves blank tiles at 0.
    Ok((x != 0.0 || y != 0.0).then_some([cos * x.cos(), cos * x.sin(), sin]))
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// Distances from some cells of a facet's edge to their neighbours on another facet, each over the distance to the cell
/// before on their own.
fn ratios(
    files: &dyn GridFiles,
    extent: &Extent,
    (facet, side): (&Facet, Side),
    ratios: &mut Vec<f64>,
) -> Result<(), GridError> {
    let length = if side == Side::West { facet.nj } else { facet.ni };
    for along in (0..length).step_by(length.div_ceil(SAMPLES).max(1)) {
        let [cell, before] = match side {
            Side::West => [1, 2].map(|back| facet.cell(along, facet.ni - back)),
            Side::South => [1, 2].map(|back| facet.cell(facet.nj - back, along)),
        };
        let Some((_, beyond)) = extent.high_face(side, cell) else { return Ok(()) };
        let here = place(files, cell)?;
        if let (Some(here), Some(before), Some(beyond)) = (here, place(files, before)?, place(files, beyond)?) {
            ratios.push(distance(here, beyond) / distance(here, before));
        }
    }
    Ok(())
}

/// The middle of the distances across seams between facets, each over that of the cells before the seam: about 1 where the
/// faces join; none where the grid has no places there. `XC` and `YC` are read at some hundred cells.
///
/// # Errors
/// When they cannot be read.
pub fn distance_across_seams(files: &dyn GridFiles, extent: &Extent) -> Result<Option<f64>, GridError> {
    let mut all = Vec::new();
    for facet in (0..extent.facets()).map(|number| extent.facet(number)).filter(|facet| facet.ni > 1 && facet.nj > 1) {
        for side in [Side::West, Side::South] {
            ratios(files, extent, (&facet, side), &mut all)?;
        }
    }
    all.retain(|ratio| !ratio.is_nan());
    all.sort_by(f64::total_cmp);
    Ok(all.get(all.len() / 2).copied())
}
