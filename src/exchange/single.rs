//! One process: the embedded default.

use super::{WireUnit, World};

/// A world of one rank.
#[derive(Clone, Copy, Debug)]
pub struct SingleProcess;

impl World for SingleProcess {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }

    fn node_ranks(&self) -> Vec<usize> {
        vec![0]
    }

    fn broadcast(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    fn all_gather(&self, value: u64) -> Vec<u64> {
        vec![value]
    }

    fn gather(&self, _root: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
        vec![bytes.to_vec()]
    }

    fn barrier(&self) {}

    fn all_to_all(&self, send: &[WireUnit], _: &[usize], receive: &mut [WireUnit], _: &[usize]) {
        receive.copy_from_slice(send);
    }
}
