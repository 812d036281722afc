//! All ranks go on, or none does.

use std::time::Duration;

use super::{Failure, World};

/// Another rank failed; it tells why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rank {rank} failed")]
pub struct Elsewhere {
    /// The lowest rank that failed.
    pub rank: usize,
    /// Its exit code.
    pub code: i32,
}

/// Exit code of a run that stopped in time, to be gone on with: an end that ranks agree on, and no failure.
pub const STOPPED: i32 = 75;

/// How long a rank with an error waits for others, who may be at work for minutes. Of several with errors the lowest
/// is first to give up, and ends all.
fn patience(rank: usize) -> Duration {
    Duration::from_millis(3000 + 500 * rank.min(6) as u64)
}

/// Collective: `Ok` if all ranks bring `Ok`. The lowest rank with an error keeps it; all others get
/// [`Elsewhere`], so that one rank speaks and none waits for a peer that has left.
///
/// A rank with an error that others do not come to hear of within some seconds keeps it too, and has to end all:
/// [`World::leave`].
///
/// # Errors
/// When any rank brings one.
pub fn agree<T, E: From<Elsewhere>>(world: &dyn World, result: Result<T, E>, code: impl Fn(&E) -> i32) -> Result<T, E> {
    let mine = result.as_ref().err().map_or(0, |error| code(error).unsigned_abs().max(1) as u64);
    // Who stops in time has time: the others come.
    let fails = mine != 0 && mine != STOPPED as u64;
    if !world.wait_for_all(fails.then(|| patience(world.rank()))) {
        world.mark_failed(Failure::Alone);
        return result;
    }
    let codes = world.all_gather(mine);
    let Some(rank) = codes.iter().position(|&code| code != 0) else { return result };
    world.mark_failed(Failure::Together);
    if rank == world.rank() { result } else { Err(Elsewhere { rank, code: codes[rank] as i32 }.into()) }
}
