//! Whether all chunks that a run will read are stored, where the configuration asks for that.

use std::collections::BTreeSet;

use super::chunked::windows;
use super::setup::Setup;
use crate::config::Config;
use crate::plan::Plan;
use crate::source::SourceError;

/// Looks for every chunk of the run, without reading one.
///
/// # Errors
/// The first that is not stored, with `missing_chunks = "fail"`.
pub(super) fn check_stored(config: &Config, setup: &Setup, plan: &Plan) -> Result<(), SourceError> {
    let Some(catalog) = setup.catalog.chunked().filter(|catalog| catalog.missing_chunks_fail) else { return Ok(()) };
    let Setup { grid, lattice, fields, .. } = setup;
    let steps = 0..setup.catalog.time().len();
    let mut keys = BTreeSet::new();
    for pass in &plan.passes {
        // Where ranks share by place each has its own strips, else all have the same.
        let ranks = if plan.shares.by_place { plan.machine.ranks } else { 1 };
        for strip in (0..ranks).flat_map(|rank| plan.strips(pass, rank)) {
            windows((&grid.extent, lattice), (fields, config.prepare.centre), &strip, |field, window| {
                catalog.keys(field, &steps, window, &mut keys);
            });
        }
    }
    catalog.check_stored(&keys)
}
