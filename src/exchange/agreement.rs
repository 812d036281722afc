//! All ranks go on, or none does.

use super::World;

/// Another rank failed; it tells why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rank {rank} failed")]
pub struct Elsewhere {
    /// The lowest rank that failed.
    pub rank: usize,
    /// Its exit code.
    pub code: i32,
}

/// Collective: `Ok` if all ranks bring `Ok`. The lowest rank with an error keeps it; all others get
/// [`Elsewhere`], so that one rank speaks and none waits for a peer that has left.
///
/// # Errors
/// When any rank brings one.
pub fn agree<T, E: From<Elsewhere>>(world: &dyn World, result: Result<T, E>, code: impl Fn(&E) -> i32) -> Result<T, E> {
    let mine = result.as_ref().err().map_or(0, |error| code(error).unsigned_abs().max(1) as u64);
    let codes = world.all_gather(mine);
    match codes.iter().position(|&code| code != 0) {
        None => result,
        Some(rank) if rank == world.rank() => result,
        Some(rank) => Err(Elsewhere { rank, code: codes[rank] as i32 }.into()),
    }
}
