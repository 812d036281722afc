//! Where the time of a run went: asked of all ranks at its end, told by rank 0.

use tracing::warn;

use super::run::RunOptions;
use crate::config::Config;
use crate::exchange::World;
use crate::plan::Plan;
use crate::report::{Observer, RankTimings, RunFacts, RunTimings, Timings, write_timings};

/// What a run was, as the account of it says.
pub(super) struct Account<'a> {
    pub(super) config: &'a Config,
    pub(super) plan: &'a Plan,
    pub(super) options: RunOptions<'a>,
    /// Number of this run or resumption.
    pub(super) session: u32,
}

impl Account<'_> {
    /// Collective, when all ranks have ended their work alike: puts together what they spent. None on ranks but 0.
    pub(super) fn gather(&self, world: &dyn World, timings: &Timings) -> Option<RunTimings> {
        let mine = serde_json::to_vec(&timings.of_rank()).unwrap_or_default();
        let parts = world.gather(0, &mine);
        if world.rank() != 0 {
            return None;
        }
        let ranks: Vec<RankTimings> = parts.iter().filter_map(|part| serde_json::from_slice(part).ok()).collect();
        Some(RunTimings::new(self.facts(), self.plan.memory.peak_bytes(), &ranks))
    }

    fn facts(&self) -> RunFacts {
        let Account { config, plan, options, session } = *self;
        RunFacts {
            result: config.output.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            date: format!("{:.0}", jiff::Timestamp::now()),
            oceanspec_version: env!("CARGO_PKG_VERSION").into(),
            seconds: options.started.elapsed().as_secs_f64(),
            ranks: plan.machine.ranks,
            nodes: plan.machine.nodes,
            threads: plan.machine.threads,
            points: plan.points(),
            session,
            tiles_finished_before: plan.finished.len() as u64,
        }
    }

    /// Rank 0: tells who listens, and, of a `whole` run, leaves a file beside the result.
    pub(super) fn tell(&self, timings: &RunTimings, observer: &dyn Observer, whole: bool) {
        observer.timings(timings);
        if whole && let Err(error) = write_timings(&self.config.output.path, timings) {
            // The result is in its place: this is no failure of the run.
            warn!("{error}");
        }
    }
}
