//! A world that counts how long this rank waits for the others.

use std::time::Duration;

use crate::exchange::{Failure, WireUnit, World};
use crate::report::{Phase, Timings};

/// Any world, with the time of its collective calls counted as waiting, and the bytes that the all-to-all sends; the time
/// of that is part of the exchange, which counts it.
pub(super) struct TimedWorld<'a> {
    pub(super) world: &'a dyn World,
    pub(super) timings: &'a Timings,
}

impl TimedWorld<'_> {
    fn wait<R>(&self, call: impl FnOnce(&dyn World) -> R) -> R {
        self.timings.time(Phase::Wait, 1, || call(self.world))
    }
}

impl World for TimedWorld<'_> {
    fn rank(&self) -> usize {
        self.world.rank()
    }

    fn size(&self) -> usize {
        self.world.size()
    }

    fn abort(&self, code: i32) -> ! {
        self.world.abort(code)
    }

    fn mark_failed(&self, failure: Failure) {
        self.world.mark_failed(failure);
    }

    fn failed_together(&self) -> bool {
        self.world.failed_together()
    }

    fn leave(&self, code: i32) {
        self.world.leave(code);
    }

    fn node_ranks(&self) -> Vec<usize> {
        self.wait(|world| world.node_ranks())
    }

    fn broadcast(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.wait(|world| world.broadcast(bytes))
    }

    fn all_gather(&self, value: u64) -> Vec<u64> {
        self.wait(|world| world.all_gather(value))
    }

    fn gather(&self, root: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.wait(|world| world.gather(root, bytes))
    }

    fn barrier(&self) {
        self.wait(|world| world.barrier());
    }

    fn wait_for_all(&self, at_most: Option<Duration>) -> bool {
        self.wait(|world| world.wait_for_all(at_most))
    }

    fn all_to_all(&self, send: &[WireUnit], send_counts: &[usize], receive: &mut [WireUnit], receive_counts: &[usize]) {
        self.timings.add_bytes(Phase::Exchange, size_of_val(send) as u64);
        self.world.all_to_all(send, send_counts, receive, receive_counts);
    }
}
