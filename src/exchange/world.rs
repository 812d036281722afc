//! The ranks of a run and what they can do together.

use std::time::Duration;

use bytemuck::{Pod, Zeroable};

/// What is counted on the wire: one cache line of 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct WireUnit(pub [u64; 8]);

// SAFETY: eight plain integers, for which zero is valid.
unsafe impl Zeroable for WireUnit {}
// SAFETY: `repr(C)`, 64 bytes at alignment 64: no padding, every bit pattern valid.
unsafe impl Pod for WireUnit {}

/// How a rank knows that the run has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// All ranks know.
    Together,
    /// The others did not come to hear of it.
    Alone,
}

/// All ranks of a run, seen from one of them.
///
/// Every method but the first five is collective: all ranks call it, in the same order, from the
/// thread that made the world.
pub trait World {
    /// This rank, from 0.
    fn rank(&self) -> usize;
    /// Number of ranks.
    fn size(&self) -> usize;
    /// Ends all ranks at once with `code`, for what no agreement can save.
    fn abort(&self, code: i32) -> !;
    /// Notes how this rank knows that the run has failed: [`agree`](super::agree) tells.
    fn mark_failed(&self, _failure: Failure) {}
    /// Whether all ranks know that the run has failed, so that each can tidy up.
    fn failed_together(&self) -> bool {
        true
    }
    /// What a rank does last when it ends with an error and has said why. If all know, it waits for them, since a launcher
    /// ends the others, messages and all, when the first one has left. If they do not, and do not come, they are at work
    /// or wait for this rank elsewhere: all are ended with `code`.
    fn leave(&self, _code: i32) {
        self.barrier();
    }
    /// Ranks of this node, ascending.
    fn node_ranks(&self) -> Vec<usize>;
    /// Rank 0's bytes, on all ranks.
    fn broadcast(&self, bytes: Vec<u8>) -> Vec<u8>;
    /// Every rank's value, by rank.
    fn all_gather(&self, value: u64) -> Vec<u64>;
    /// Every rank's bytes, by rank, on `root`; nothing elsewhere.
    fn gather(&self, root: usize, bytes: &[u8]) -> Vec<Vec<u8>>;
    /// Waits for all.
    fn barrier(&self);
    /// Waits for all, at most so long; whether all came. If not, this rank can only [`leave`](Self::leave).
    fn wait_for_all(&self, _at_most: Option<Duration>) -> bool {
        self.barrier();
        true
    }
    /// `send_counts[r]` units go to rank r, `receive_counts[r]` come from it; both in the order of ranks,
    /// without gaps.
    fn all_to_all(&self, send: &[WireUnit], send_counts: &[usize], receive: &mut [WireUnit], receive_counts: &[usize]);
}
