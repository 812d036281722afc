//! Sizes beyond which nothing is counted: every later sum and product of a plan stays within 64 bits.

use super::{PlanError, Problem, Tiling};
use crate::terms::LANES;

/// 2^60, an exbibyte: above what any machine holds, and a factor 16 below what 64 bits count.
const AT_MOST: u64 = 1 << 60;
/// A plan names every tile; a regular cut of any real grid has some ten thousand.
const TILES_AT_MOST: u64 = 100_000;

/// The product, where it is at most [`AT_MOST`].
fn bounded(what: &str, factors: &[usize]) -> Result<u64, PlanError> {
    factors
        .iter()
        .try_fold(1_u64, |product, &factor| product.checked_mul(factor as u64))
        .filter(|&product| product <= AT_MOST)
        .ok_or_else(|| PlanError::TooLarge { what: format!("{what} is more than 2^60") })
}

/// Native indices from the first to the last of `len` selected ones.
pub(super) fn span(len: usize, stride: usize) -> usize {
    len.saturating_sub(1).saturating_mul(stride).saturating_add(len.min(1))
}

/// Selected points of a problem whose sizes can be counted.
pub(super) fn check(problem: &Problem) -> Result<u64, PlanError> {
    let &Problem { faces, nj, ni, stride, steps, fields, sample_bytes, stored_bytes, .. } = problem;
    let points = bounded("faces x nj x ni", &[faces, nj, ni])?;
    let padded_ni = ni.checked_next_multiple_of(LANES).unwrap_or(usize::MAX);
    bounded("faces x nj x ni x steps x fields x bytes", &[faces, nj, padded_ni, steps, fields, sample_bytes])?;
    bounded("faces x nj x ni x frequencies x bytes", &[faces, nj, padded_ni, problem.spectrum_values, sample_bytes])?;
    let (rows, columns) = (span(nj, stride), span(ni, stride));
    bounded("native rows x columns x steps x fields x bytes", &[faces, rows, columns, steps, fields, stored_bytes])?;
    bounded("faces x nj x ni x values held x bytes", &[faces, nj, padded_ni, problem.held_values, sample_bytes])?;
    bounded("areas x numbers", &[problem.area_numbers, size_of::<f64>()])?;
    bounded("faces x nj x ni x bytes of maps", &[faces, nj, ni, problem.map_bytes_per_point])?;
    bounded("faces x nj x maps", &[faces, nj, problem.map_planes])?;
    bounded("native points", &[usize::try_from(problem.native_points).unwrap_or(usize::MAX)])?;
    Ok(points)
}

/// Whether the tiles of a cut can be listed.
pub(super) fn check_tiles(tiling: &Tiling) -> Result<(), PlanError> {
    let tiles = (tiling.faces as u64).saturating_mul(tiling.rows() as u64).saturating_mul(tiling.columns() as u64);
    if tiles <= TILES_AT_MOST {
        return Ok(());
    }
    Err(PlanError::TooLarge { what: format!("{tiles} tiles, more than {TILES_AT_MOST}") })
}
