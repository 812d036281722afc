//! `oceanspec synth`.

use std::sync::atomic::{AtomicU64, Ordering};

use super::progress::Progress;
use super::{arguments, print};
use crate::Error;
use crate::exchange::one_process;
use crate::report::Observer;
use crate::synth::{SynthSpec, synthesise};

pub(super) fn synth(arguments: &arguments::Synth) -> Result<(), Error> {
    one_process("synth")?;
    let usual = SynthSpec::default();
    let spec = SynthSpec {
        nx: arguments.nx.unwrap_or(usual.nx),
        ny: arguments.ny.unwrap_or(usual.ny),
        nt: arguments.nt.unwrap_or(usual.nt),
        seed: arguments.seed.unwrap_or(usual.seed),
        west: arguments.west.unwrap_or(usual.west),
        south: arguments.south.unwrap_or(usual.south),
        spacing_degrees: arguments.spacing_degrees.unwrap_or(usual.spacing_degrees),
        interval: arguments.interval.unwrap_or(usual.interval),
        timestep: arguments.timestep.unwrap_or(usual.timestep),
        first_iteration: arguments.first_iteration.unwrap_or(usual.first_iteration),
        slope: arguments.slope.unwrap_or(usual.slope),
        noise_rms: arguments.noise_rms.unwrap_or(usual.noise_rms),
        inertial_amplitude: arguments.inertial_amplitude.unwrap_or(usual.inertial_amplitude),
        m2_amplitude: arguments.m2_amplitude.unwrap_or(usual.m2_amplitude),
        k1_amplitude: arguments.k1_amplitude.unwrap_or(usual.k1_amplitude),
        mean_flow: arguments.mean_flow.unwrap_or(usual.mean_flow),
        land: !arguments.no_land,
        meta: !arguments.no_meta,
        bad_snapshots: arguments.bad_snapshots.clone(),
    };
    let progress = Progress::new();
    let bytes = [2, 4, spec.nx, spec.ny, spec.nt].iter().fold(1_u64, |product, &n| product.saturating_mul(n as u64));
    progress.begin("synth", spec.nt as u64, bytes);
    let shown = AtomicU64::new(0);
    let summary = synthesise(&arguments.dir, &spec, &|done, total| {
        let share = done * spec.nt as u64 / total.max(1);
        progress.advance(share.saturating_sub(shown.fetch_max(share, Ordering::Relaxed)));
    })?;
    progress.end();
    print(&format!(
        "{}: {} snapshots of {} x {} cells, {} of them wet, {}\nwhat was put in: {}\nnext: oceanspec run {}",
        arguments.dir.display(),
        summary.snapshots,
        spec.nx,
        spec.ny,
        summary.wet_cells,
        summary.bytes,
        summary.truth.display(),
        summary.config.display()
    ));
    Ok(())
}
