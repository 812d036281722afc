//! What is to be said of a run before its work, beside what the first look at the input and the plan have said.

use tracing::warn;

use super::groups::selected_count;
use super::setup::Setup;
use super::stored_chunks::check_stored;
use crate::Error;
use crate::config::{Config, Missing};
use crate::plan::Plan;

/// Says of a plan, to whoever does not run it, what the run would say at its start.
///
/// # Errors
/// The first chunk that is not stored, where that would end the run.
pub fn foresee(config: &Config, setup: &Setup, plan: &Plan) -> Result<(), Error> {
    check_stored(config, setup, plan)?;
    warn_of(config, setup, plan);
    Ok(())
}

/// Warns of points without a spectrum and of missing snapshots.
pub(super) fn warn_of(config: &Config, setup: &Setup, plan: &Plan) {
    let time = setup.catalog.time();
    let extent = &setup.grid.extent;
    let points = plan.points();
    let wet = selected_count(&setup.grid.wet, &setup.lattice);
    if wet > points && !config.prepare.centre {
        warn!(
            "{} wet points of the last column or row have no u or no v there: NaN ([prepare] centre = false)",
            wet - points
        );
    } else if wet > points {
        let periodic = if extent.has_faces() { "" } else { ", [input] periodic" };
        warn!(
            "{} wet points at the domain's edge have no neighbour beyond it: NaN ([prepare] centre{periodic})",
            wet - points
        );
    }
    let missing = time.missing().count();
    if missing > 0 {
        let filled = match config.prepare.missing {
            Missing::Interpolate(steps) => format!("gaps of at most {steps} are interpolated, "),
            Missing::Fail | Missing::Reject => String::new(),
        };
        warn!(
            "{missing} snapshot(s) missing or cut: by [prepare] missing, {filled}segments that touch a gap are left out"
        );
    }
}
