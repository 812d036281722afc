//! The ranks of a run and what they can do together.

use bytemuck::{Pod, Zeroable};

/// What is counted on the wire: one cache line of 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct WireUnit(pub [u64; 8]);

// SAFETY: eight plain integers, for which zero is valid.
unsafe impl Zeroable for WireUnit {}
// SAFETY: `repr(C)`, 64 bytes at alignment 64: no padding, every bit pattern valid.
unsafe impl Pod for WireUnit {}

/// All ranks of a run, seen from one of them.
///
/// Every method but the first three is collective: all ranks call it, in the same order, from the
/// thread that made the world.
pub trait World {
    /// This rank, from 0.
    fn rank(&self) -> usize;
    /// Number of ranks.
    fn size(&self) -> usize;
    /// Ends all ranks at once with `code`, for what no agreement can save.
    fn abort(&self, code: i32) -> !;
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
    /// `send_counts[r]` units go to rank r, `receive_counts[r]` come from it; both in the order of ranks,
    /// without gaps.
    fn all_to_all(&self, send: &[WireUnit], send_counts: &[usize], receive: &mut [WireUnit], receive_counts: &[usize]);
}
