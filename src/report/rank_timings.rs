//! Where the time of one rank goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What a thread is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Rank 0's look at the input: listing, lengths, headers, masks. One thread; the other ranks wait.
    Scan,
    /// Opening snapshots and reading from them; bytes as stored. The workers.
    Read,
    /// Decoding, checking, centring, packing what was read, with the same bytes. The workers.
    Prepare,
    /// The all-to-all and putting what came into the series; bytes sent to other ranks. One thread waits for it.
    Exchange,
    /// Estimating; bytes of the series in memory. The workers.
    Compute,
    /// Encoding, writing and syncing; bytes of shards, maps and journal. The workers, the threads that write shards, then
    /// one thread.
    Write,
    /// Waiting for other ranks, to agree, to be told and to gather. One thread.
    Wait,
}

impl Phase {
    /// In the order of the flow.
    pub const ALL: [Phase; 7] =
        [Phase::Scan, Phase::Read, Phase::Prepare, Phase::Exchange, Phase::Compute, Phase::Write, Phase::Wait];

    /// In tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Scan => "scan",
            Phase::Read => "read",
            Phase::Prepare => "prepare",
            Phase::Exchange => "exchange",
            Phase::Compute => "compute",
            Phase::Write => "write",
            Phase::Wait => "wait",
        }
    }
}

#[derive(Debug, Default)]
struct Counter {
    nanoseconds: AtomicU64,
    bytes: AtomicU64,
}

/// Time and bytes of one rank, counted by all its threads. To count costs two looks at the clock and an addition in memory
/// that threads share, together some 100 ns: for blocks of work, not for values.
#[derive(Debug, Default)]
pub struct Timings {
    phases: [Counter; 7],
}

impl Timings {
    /// Counts the time that one of `threads` alike threads spent.
    pub fn add(&self, phase: Phase, spent: Duration, threads: usize) {
        let nanoseconds = spent.as_nanos() / threads.max(1) as u128;
        self.phases[phase as usize].nanoseconds.fetch_add(nanoseconds as u64, Ordering::Relaxed);
    }

    /// Counts bytes.
    pub fn add_bytes(&self, phase: Phase, bytes: u64) {
        self.phases[phase as usize].bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Does work of one of `threads` alike threads and counts its time. In work on a pool nothing may wait for other work of
    /// that pool, which the thread would do meanwhile and count as this.
    pub fn time<R>(&self, phase: Phase, threads: usize, work: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = work();
        self.add(phase, started.elapsed(), threads);
        result
    }

    /// Bytes so far.
    pub fn bytes(&self, phase: Phase) -> u64 {
        self.phases[phase as usize].bytes.load(Ordering::Relaxed)
    }

    /// What was counted so far, and the memory that this process ever held.
    pub fn of_rank(&self) -> RankTimings {
        RankTimings {
            seconds: Phase::ALL
                .map(|phase| self.phases[phase as usize].nanoseconds.load(Ordering::Relaxed) as f64 * 1e-9),
            bytes: Phase::ALL.map(|phase| self.bytes(phase)),
            peak_bytes: peak_memory_bytes(),
        }
    }
}

/// What a rank spent, by phase, as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankTimings {
    /// Of the threads that share the work, together, divided by their number.
    pub seconds: [f64; 7],
    /// Bytes.
    pub bytes: [u64; 7],
    /// The most memory that the process held, where the system tells.
    pub peak_bytes: Option<u64>,
}

/// The most memory [bytes] that this process ever held (VmHWM of Linux, with mapped files).
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_share_work_count_together() {
        let timings = Timings::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    timings.add(Phase::Read, Duration::from_secs(10), 4);
                    timings.add_bytes(Phase::Read, 100);
                });
            }
        });
        timings.add(Phase::Scan, Duration::from_millis(1500), 1);
        // No thread at all is a slip that must not divide by zero.
        timings.add(Phase::Wait, Duration::from_secs(1), 0);
        let rank = timings.of_rank();
        assert_eq!(rank.seconds, [1.5, 10.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(rank.bytes, [0, 400, 0, 0, 0, 0, 0]);
        assert_eq!(timings.bytes(Phase::Read), 400);
    }

    #[test]
    fn work_is_timed_and_its_result_comes_back() {
        let timings = Timings::default();
        let slept = timings.time(Phase::Write, 2, || {
            std::thread::sleep(Duration::from_millis(40));
            "done"
        });
        assert_eq!(slept, "done");
        let seconds = timings.of_rank().seconds[Phase::Write as usize];
        assert!((0.02..10.0).contains(&seconds), "{seconds}");
    }

    #[test]
    fn phases_are_in_the_order_of_their_numbers() {
        assert!(Phase::ALL.iter().enumerate().all(|(at, &phase)| phase as usize == at));
        let names = Phase::ALL.map(Phase::name);
        assert_eq!(names, ["scan", "read", "prepare", "exchange", "compute", "write", "wait"]);
    }

    #[test]
    fn the_peak_is_at_least_what_was_held() {
        let before = peak_memory_bytes().unwrap();
        let held = vec![1_u8; 64 << 20];
        let peak = peak_memory_bytes().unwrap();
        assert!(peak >= 64 << 20 && peak >= before && std::hint::black_box(&held)[12345] == 1, "{before} {peak}");
    }
}
