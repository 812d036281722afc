//! `oceanspec synth`.

use std::sync::atomic::{AtomicU64, Ordering};

use super::progress::Progress;
use super::{arguments, print};
use crate::Error;
use crate::report::Observer;
use crate::synth::{SynthSpec, synthesise};

pub(super) fn synth(arguments: &arguments::Synth) -> Result<(), Error> {
    let spec = SynthSpec {
        nx: arguments.nx,
        ny: arguments.ny,
        nt: arguments.nt,
        seed: arguments.seed,
        slope: arguments.slope,
        land: !arguments.no_land,
        meta: !arguments.no_meta,
        ..SynthSpec::default()
    };
    let progress = Progress::new();
    let bytes = [2, 4, spec.nx, spec.ny, spec.nt].iter().fold(1_u64, |product, &n| product.saturating_mul(n as u64));
    progress.begin("synth", spec.nt as u64, "snapshots", bytes);
    let shown = AtomicU64::new(0);
    let summary = synthesise(&arguments.dir, &spec, &|done, total| {
        let share = done * spec.nt as u64 / total.max(1);
        progress.advance(share.saturating_sub(shown.fetch_max(share, Ordering::Relaxed)));
    })?;
    progress.end();
    print(&format!("{summary:?}"));
    Ok(())
}
