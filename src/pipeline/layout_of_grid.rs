//! Whether the input is of a lat-lon-cap grid: by the configuration, else by the grid's shape and whether its faces join.

use tracing::info;

use super::setup::{grid_files, value_bytes};
use crate::Error;
use crate::config::{Config, Layout};
use crate::grid::{Extent, LLC_FACES, distance_across_seams};
use crate::source::mds::{grid_shape, llc_columns};

/// Cells of faces that join lie about as far apart as others; those of a rectangle cut at the same places do not.
const JOINED: f64 = 2.0;

/// The size of the lat-lon-cap grid that the input has; none for a plain grid.
///
/// # Errors
/// A grid that is said to be lat-lon-cap and has another shape, or whose faces do not join.
pub(super) fn layout_of_grid(config: &Config) -> Result<Option<Extent>, Error> {
    let layout = config.input.layout;
    if layout == Some(Layout::Plain) {
        return Ok(None);
    }
    let wrong = |message: String| Error::Setting { text: config.explain("input.layout", &message) };
    let folder = config.grid_path()?;
    let told = config.input.shape.or_else(|| grid_shape(folder));
    let by_length = || llc_columns(folder, value_bytes(config)).map(|nx| [LLC_FACES * nx, nx]);
    let shape = told.or_else(by_length);
    let extent =
        shape.filter(|[nj, ni]| *ni > 1 && ni.checked_mul(LLC_FACES) == Some(*nj)).map(|[_, nx]| Extent::llc(nx));
    let Some(extent) = extent else {
        let Some(Layout::Llc) = layout else { return Ok(None) };
        return Err(wrong(match shape {
            Some([nj, ni]) => format!(
                "is \"llc\", but the grid has {ni} columns and {nj} rows; compact files of a lat-lon-cap grid have {LLC_FACES} times as many rows as columns"
            ),
            None => format!(
                "is \"llc\", and its size is not known: {} is not there, or has another length than {LLC_FACES} square faces; \
                 set [input] grid to the grid's folder, or shape = [{LLC_FACES} nx, nx]",
                folder.join("XC.data").display()
            ),
        }));
    };
    let files = grid_files(config, extent)?;
    let nx = extent.ni;
    match (distance_across_seams(&files, &extent)?, layout) {
        (Some(ratio), Some(Layout::Llc)) if ratio > JOINED => Err(wrong(format!(
            "is \"llc\", but across the seams of such a grid XC and YC lie {ratio:.1} times as far apart as beside them, where \
             it should be about once; is [input] grid the grid of these data, in the compact form?"
        ))),
        (Some(ratio), None) if ratio > JOINED => {
            // A length alone may be that of any rectangle: nothing is worth saying then.
            if told.is_some() {
                info!(
                    "layout = \"plain\": there are {LLC_FACES} times as many rows as columns, as in compact files of a lat-lon-cap \
                 grid, but XC and YC do not join as its faces do"
                );
            }
            Ok(None)
        }
        (_, Some(_)) => Ok(Some(extent)),
        (None, None) => Ok(None),
        (Some(_), None) => {
            info!(
                "layout = \"llc\": {LLC_FACES} faces of {nx} x {nx} points; there are {LLC_FACES} times as many rows as columns, \
                 and XC and YC join as the faces of a lat-lon-cap grid do"
            );
            Ok(Some(extent))
        }
    }
}
