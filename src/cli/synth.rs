//! `oceanspec synth`.

use std::sync::atomic::{AtomicU64, Ordering};

use super::arguments::{self, SynthGrid};
use super::print;
use super::progress::Progress;
use crate::Error;
use crate::exchange::one_process;
use crate::report::Observer;
use crate::synth::{LlcSpec, SynthError, SynthSpec, SynthSummary, synthesise, synthesise_llc};

pub(super) fn synth(arguments: &arguments::Synth) -> Result<(), Error> {
    one_process("synth")?;
    refuse_flags_of_the_other_grid(arguments)?;
    let (summary, cells) = match arguments.grid {
        SynthGrid::Plain => {
            let spec = plain(arguments);
            let bytes = product(&[2, 4, spec.nx, spec.ny, spec.nt]);
            let summary = with_progress(spec.nt, bytes, |report| synthesise(&arguments.dir, &spec, report))?;
            (summary, format!("{} x {} cells", spec.nx, spec.ny))
        }
        SynthGrid::Llc => {
            let spec = llc(arguments);
            let values = 2_usize.saturating_mul(spec.levels).saturating_add(usize::from(spec.scalar));
            let bytes = product(&[values, 4, 13, spec.nx, spec.nx, spec.nt]);
            let summary = with_progress(spec.nt, bytes, |report| synthesise_llc(&arguments.dir, &spec, report))?;
            (summary, format!("13 faces of {0} x {0} cells", spec.nx))
        }
    };
    print(&format!(
        "{}: {} snapshots of {cells}, {} of them wet, {}\nwhat was put in: {}\nnext: oceanspec run {}",
        arguments.dir.display(),
        summary.snapshots,
        summary.wet_cells,
        summary.bytes,
        summary.truth.display(),
        summary.config.display()
    ));
    Ok(())
}

fn plain(arguments: &arguments::Synth) -> SynthSpec {
    let usual = SynthSpec::default();
    SynthSpec {
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
    }
}

fn llc(arguments: &arguments::Synth) -> LlcSpec {
    let usual = LlcSpec::default();
    LlcSpec {
        nx: arguments.nx.unwrap_or(usual.nx),
        nt: arguments.nt.unwrap_or(usual.nt),
        seed: arguments.seed.unwrap_or(usual.seed),
        levels: arguments.levels.unwrap_or(usual.levels),
        interval: arguments.interval.unwrap_or(usual.interval),
        timestep: arguments.timestep.unwrap_or(usual.timestep),
        first_iteration: arguments.first_iteration.unwrap_or(usual.first_iteration),
        inertial_amplitude: arguments.inertial_amplitude.unwrap_or(usual.inertial_amplitude),
        m2_amplitude: arguments.m2_amplitude.unwrap_or(usual.m2_amplitude),
        k1_amplitude: arguments.k1_amplitude.unwrap_or(usual.k1_amplitude),
        mean_flow: arguments.mean_flow.unwrap_or(usual.mean_flow),
        land: !arguments.no_land,
        meta: !arguments.no_meta,
        shrunk: arguments.shrunk,
        scalar: arguments.scalar,
        bad_snapshots: arguments.bad_snapshots.clone(),
    }
}

/// A flag that does nothing would be a misunderstanding.
fn refuse_flags_of_the_other_grid(arguments: &arguments::Synth) -> Result<(), SynthError> {
    let text = |value: Option<f64>| value.map(|value| value.to_string());
    let set = |flag: bool| flag.then(|| "set".to_owned());
    let of_plain = [
        ("--ny", arguments.ny.map(|ny| ny.to_string())),
        ("--west", text(arguments.west)),
        ("--south", text(arguments.south)),
        ("--spacing-degrees", text(arguments.spacing_degrees)),
        ("--slope", text(arguments.slope)),
        ("--noise-rms", text(arguments.noise_rms)),
    ];
    let of_llc = [
        ("--levels", arguments.levels.map(|levels| levels.to_string())),
        ("--shrunk", set(arguments.shrunk)),
        ("--scalar", set(arguments.scalar)),
    ];
    let (others, reason): (&[_], _) = match arguments.grid {
        SynthGrid::Plain => (&of_llc, "it is for --grid llc alone; leave it out, or add --grid llc"),
        SynthGrid::Llc => {
            (&of_plain, "--grid llc is the whole sphere, of --nx by --nx cells a face and without noise; leave it out")
        }
    };
    match others.iter().find_map(|(flag, value)| Some((*flag, value.clone()?))) {
        Some((flag, value)) => Err(SynthError::Spec { flag, value, reason: reason.to_owned() }),
        None => Ok(()),
    }
}

/// Calls `make` with what it tells how far it is, in snapshots.
fn with_progress(
    snapshots: usize,
    bytes: u64,
    make: impl FnOnce(&(dyn Fn(u64, u64) + Sync)) -> Result<SynthSummary, SynthError>,
) -> Result<SynthSummary, SynthError> {
    let progress = Progress::new();
    progress.begin("synth", snapshots as u64, bytes);
    let shown = AtomicU64::new(0);
    let summary = make(&|done, total| {
        let share = done * snapshots as u64 / total.max(1);
        progress.advance(share.saturating_sub(shown.fetch_max(share, Ordering::Relaxed)));
    })?;
    progress.end();
    Ok(summary)
}

fn product(counts: &[usize]) -> u64 {
    counts.iter().fold(1, |product, &count| product.saturating_mul(count as u64))
}
