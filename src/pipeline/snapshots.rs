//! What became of every snapshot: `time_status`, counts, and what the log says at the end.
//!
//! It is defined by samples of the points with a spectrum (of the velocity and of each scalar), which the owners of the
//! points count, not by which values were read: the same for any number of ranks, threads and passes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tracing::warn;

use super::bad_values::{BadValue, BadValues};
use super::setup::Setup;
use crate::Error;
use crate::exchange::World;
use crate::source::{StepStatus, TimeAxis};
use crate::spectrum::GapCounts;
use crate::store::ResultStore;

/// Snapshots of a kind that the log names; the others are counted.
const NAMED_IN_LOG: usize = 10;

/// Snapshots of a status that the attributes of `time_status` list.
const NAMED_IN_ATTRIBUTES: usize = 100;

/// The status of a snapshot, from what stood on disk (used, rejected: a file that cannot be read whole, missing) and from
/// whether, at any point with a spectrum, its sample was filled or left out.
///
/// 0 used: neither anywhere. 1 rejected: left out somewhere, though there are files. 2 interpolated: filled somewhere, left
/// out nowhere. 3 missing: a file is not there, and it was not filled at every point that it was missing at.
pub(super) fn status(on_disk: StepStatus, filled: bool, left_out: bool) -> StepStatus {
    match (on_disk, filled, left_out) {
        (StepStatus::Missing, _, true) => StepStatus::Missing,
        (_, _, true) => StepStatus::Rejected,
        (_, true, false) => StepStatus::Interpolated,
        // Where no point depends on it (all its faces dry), a bad file is bad all the same.
        (on_disk, false, false) => on_disk,
    }
}

/// Why a snapshot was not used as it was; what the log calls it.
const KINDS: [(StepStatus, &str); 3] = [
    (StepStatus::Missing, "missing"),
    (StepStatus::Rejected, "with a file that cannot be read whole"),
    (StepStatus::Used, "with values that are no numbers or outside [prepare] valid_range"),
];

/// What became of every snapshot, on rank 0; the other ranks know nothing.
#[derive(Debug)]
pub(super) struct Snapshots {
    status: Vec<StepStatus>,
}

/// Times at a byte: two bits each, filled and left out.
const TIMES_A_BYTE: usize = 4;

/// Whether anything was filled, and left out, at each time.
fn packed(gaps: &GapCounts) -> Vec<u8> {
    let mut bytes = vec![0; gaps.filled().len().div_ceil(TIMES_A_BYTE)];
    for (t, (&filled, &left_out)) in gaps.filled().iter().zip(gaps.left_out()).enumerate() {
        let bits = u8::from(filled > 0) | u8::from(left_out > 0) << 1;
        bytes[t / TIMES_A_BYTE] |= bits << (2 * (t % TIMES_A_BYTE));
    }
    bytes
}

impl Snapshots {
    /// Collective: puts together what every rank has seen at its own points.
    pub(super) fn gather(world: &dyn World, time: &TimeAxis, gaps: &GapCounts) -> Snapshots {
        let mine = packed(gaps);
        let mut all = vec![0; mine.len()];
        let parts = world.gather(0, &mine);
        for part in &parts {
            all.iter_mut().zip(part).for_each(|(all, part)| *all |= part);
        }
        let of_step = |step: usize| {
            let bits = all[step / TIMES_A_BYTE] >> (2 * (step % TIMES_A_BYTE));
            status(time.status[step], bits & 1 == 1, bits & 2 == 2)
        };
        Snapshots { status: if parts.is_empty() { Vec::new() } else { (0..time.len()).map(of_step).collect() } }
    }

    /// Rank 0: the status of every snapshot.
    pub(super) fn status(&self) -> &[StepStatus] {
        &self.status
    }

    fn with(&self, status: StepStatus) -> impl Iterator<Item = usize> + '_ {
        (0..self.status.len()).filter(move |&step| self.status[step] == status)
    }

    /// Rank 0: completes the attributes of the result.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn describe(&self, store: &mut ResultStore, time: &TimeAxis) -> Result<(), Error> {
        let (mut counts, mut dates) = (Map::new(), Map::new());
        for (status, name) in [
            (StepStatus::Used, "used"),
            (StepStatus::Rejected, "rejected"),
            (StepStatus::Interpolated, "interpolated"),
            (StepStatus::Missing, "missing"),
        ] {
            let count = self.with(status).count();
            counts.insert(format!("snapshots_{name}"), json!(count));
            if count > 0 && status != StepStatus::Used {
                let first: Vec<String> =
                    self.with(status).take(NAMED_IN_ATTRIBUTES).map(|step| time.date(step)).collect();
                dates.insert(name.to_owned(), Value::from(first));
            }
        }
        store.add_group_attributes(counts);
        store.add_attributes("time_status", dates)?;
        Ok(())
    }

    /// Collective: rank 0 logs how many snapshots of each kind there were, and names the first of them; `spectra` is how
    /// many each point has, all of which `gaps` count.
    pub(super) fn tell(&self, world: &dyn World, setup: &Setup, (gaps, spectra): (&GapCounts, usize), bad: &BadValues) {
        let time = setup.catalog.time();
        let not_used: Vec<usize> =
            (0..self.status.len()).filter(|&step| self.status[step] != StepStatus::Used).collect();
        let of_kind = |kind: StepStatus| not_used.iter().copied().filter(move |&step| time.status[step] == kind);
        let named: Vec<u64> =
            KINDS.iter().flat_map(|(kind, _)| of_kind(*kind).take(NAMED_IN_LOG)).map(|step| step as u64).collect();
        let named = world.broadcast(bytemuck::cast_slice(&named).to_vec());
        let named: Vec<usize> =
            named.as_chunks::<8>().0.iter().map(|bytes| u64::from_ne_bytes(*bytes) as usize).collect();
        let total = |count: u32| world.all_gather(count.into()).into_iter().sum::<u64>();
        let points: BTreeMap<usize, [u64; 2]> =
            named.iter().map(|&step| (step, [gaps.filled()[step], gaps.left_out()[step]].map(total))).collect();
        let bad = bad.gather(world, &named);
        for (kind, what) in KINDS {
            let count = of_kind(kind).count();
            if count == 0 {
                continue;
            }
            let filled = of_kind(kind).filter(|&step| self.status[step] == StepStatus::Interpolated).count();
            warn!("{count} snapshot(s) {what}: {}", what_was_done(filled, count - filled));
            for step in of_kind(kind).take(NAMED_IN_LOG) {
                let bad = bad.get(&step).filter(|_| kind == StepStatus::Used);
                warn!("  {}", line(setup, step, bad, (points[&step], spectra)));
            }
            if count > NAMED_IN_LOG {
                warn!("  and {} more: see time_status in the result", count - NAMED_IN_LOG);
            }
        }
    }
}

fn what_was_done(filled: usize, left_out: usize) -> String {
    const FILLED: &str = "interpolated in time";
    const LEFT_OUT: &str = "segments that touch them are left out";
    match (filled, left_out) {
        (_, 0) => FILLED.to_owned(),
        (0, _) => LEFT_OUT.to_owned(),
        _ => format!("{filled} {FILLED}; {left_out} in gaps too long for that, {LEFT_OUT}"),
    }
}

/// One snapshot by date and file, with what is wrong with it and at how many points that matters.
fn line(
    setup: &Setup,
    step: usize,
    bad: Option<&BadValue>,
    ([filled, left_out], spectra): ([u64; 2], usize),
) -> String {
    let lost = setup.catalog.lost().list.iter().filter(|lost| lost.step == step);
    let lost: Vec<String> = lost.map(|lost| format!("{} {}", lost.file, lost.what)).collect();
    let files = match lost.is_empty() {
        true => setup.catalog.place(bad.map_or(0, |bad| bad.field), step),
        false => lost.join(", "),
    };
    let mut text = format!("{} {files}: ", setup.catalog.time().date(step));
    if let Some(bad) = bad {
        text += &format!(
            "{} = {} at {} and so on; ",
            setup.fields.name(bad.field),
            crate::terms::short(bad.value),
            bad.place(setup)
        );
    }
    let parts = [("interpolated", filled), ("left out", left_out)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, points)| *points > 0)
        .map(|(what, points)| match spectra {
            0 | 1 => format!("{what} at {points} point(s)"),
            _ => format!("{what} in {points} series of points"),
        })
        .collect();
    text + &if parts.is_empty() { "no point depends on it".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::StepStatus::{Interpolated, Missing, Rejected, Used};
    use super::*;

    #[test]
    fn a_status_follows_from_the_file_and_the_samples() {
        // On disk, filled somewhere, left out somewhere.
        for (on_disk, filled, left_out, expected) in [
            (Used, false, false, Used),
            (Used, true, false, Interpolated),
            (Used, false, true, Rejected),
            (Used, true, true, Rejected),
            (Rejected, false, false, Rejected),
            (Rejected, true, false, Interpolated),
            (Rejected, false, true, Rejected),
            (Rejected, true, true, Rejected),
            (Missing, false, false, Missing),
            (Missing, true, false, Interpolated),
            (Missing, false, true, Missing),
            (Missing, true, true, Missing),
        ] {
            assert_eq!(status(on_disk, filled, left_out), expected, "{on_disk:?} {filled} {left_out}");
        }
    }
}
