//! The exchange in worlds of threads: any number of ranks without MPI.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exchange_checks;

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use exchange_checks::case::Case;
use exchange_checks::transposition;
use oceanspec::exchange::{SingleProcess, WireUnit, World};
use proptest::prelude::*;

/// Where the ranks of a world meet.
struct Meeting {
    state: Mutex<State>,
    changed: Condvar,
}

/// What a rank brings to a collective call: bytes for each rank, or for all.
#[derive(Clone, Default)]
struct Brought {
    parts: Vec<Vec<u8>>,
}

struct State {
    brought: Vec<Brought>,
    arrived: usize,
    generation: usize,
    broken: bool,
}

impl Meeting {
    fn new(ranks: usize) -> Self {
        let state = State { brought: vec![Brought::default(); ranks], arrived: 0, generation: 0, broken: false };
        Meeting { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for all ranks; panics when one of them has, or does not come.
    fn wait(&self) {
        let mut state = self.state.lock().unwrap();
        state.arrived += 1;
        if state.arrived == state.brought.len() {
            state.arrived = 0;
            state.generation += 1;
            self.changed.notify_all();
            return;
        }
        let generation = state.generation;
        let waits = |state: &mut State| state.generation == generation && !state.broken;
        let (state, timeout) = self.changed.wait_timeout_while(state, Duration::from_secs(60), waits).unwrap();
        let (broken, late) = (state.broken, timeout.timed_out());
        drop(state);
        assert!(!broken && !late, "another rank failed, or did not make the same collective call");
    }

    fn break_up(&self) {
        self.state.lock().unwrap().broken = true;
        self.changed.notify_all();
    }
}

/// One rank of a world of threads.
struct ThreadWorld<'a> {
    rank: usize,
    meeting: &'a Meeting,
}

impl ThreadWorld<'_> {
    /// Brings `parts`, meets the others, and takes of what they brought.
    fn meet<R>(&self, parts: Vec<Vec<u8>>, take: impl FnOnce(&[Brought]) -> R) -> R {
        self.meeting.state.lock().unwrap().brought[self.rank].parts = parts;
        self.meeting.wait();
        let taken = take(&self.meeting.state.lock().unwrap().brought);
        self.meeting.wait();
        taken
    }
}

impl World for ThreadWorld<'_> {
    fn rank(&self) -> usize {
        self.rank
    }
    fn size(&self) -> usize {
        self.meeting.state.lock().unwrap().brought.len()
    }
    fn abort(&self, code: i32) -> ! {
        panic!("aborted with {code}")
    }
    fn node_ranks(&self) -> Vec<usize> {
        (0..self.size()).collect()
    }
    fn broadcast(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.meet(vec![bytes], |brought| brought[0].parts[0].clone())
    }
    fn all_gather(&self, value: u64) -> Vec<u64> {
        let number = |brought: &Brought| u64::from_ne_bytes(brought.parts[0][..].try_into().unwrap());
        self.meet(vec![value.to_ne_bytes().to_vec()], |brought| brought.iter().map(number).collect())
    }
    fn gather(&self, root: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
        let all = self.meet(vec![bytes.to_vec()], |brought| brought.iter().map(|one| one.parts[0].clone()).collect());
        if self.rank == root { all } else { Vec::new() }
    }
    fn barrier(&self) {
        self.meeting.wait();
    }
    fn all_to_all(&self, send: &[WireUnit], send_counts: &[usize], receive: &mut [WireUnit], receive_counts: &[usize]) {
        let mut rest = send;
        let parts = send_counts.iter().map(|&count| {
            let (part, after) = rest.split_at(count);
            rest = after;
            bytemuck::cast_slice(part).to_vec()
        });
        let parts = parts.collect();
        assert!(rest.is_empty());
        let from = |brought: &[Brought]| brought.iter().map(|one| one.parts[self.rank].clone()).collect::<Vec<_>>();
        let received = self.meet(parts, from);
        let mut rest = receive;
        for (part, &count) in received.iter().zip(receive_counts) {
            assert_eq!(part.len(), count * size_of::<WireUnit>(), "sender and receiver count differently");
            let (here, after) = rest.split_at_mut(count);
            bytemuck::cast_slice_mut(here).copy_from_slice(part);
            rest = after;
        }
        assert!(rest.is_empty());
    }
}

/// Runs `work` on every rank of a world.
fn on_threads(ranks: usize, work: impl Fn(&dyn World) + Sync) {
    struct Leave<'a>(&'a Meeting);
    impl Drop for Leave<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                self.0.break_up();
            }
        }
    }
    let meeting = Meeting::new(ranks);
    std::thread::scope(|scope| {
        for rank in 0..ranks {
            let (meeting, work) = (&meeting, &work);
            scope.spawn(move || {
                let _leave = Leave(meeting);
                work(&ThreadWorld { rank, meeting });
            });
        }
    });
}

#[test]
fn all_checks_hold_for_any_number_of_ranks() {
    for ranks in [1, 2, 3, 4, 6, 7] {
        for (_, check) in exchange_checks::all() {
            on_threads(ranks, check);
        }
    }
}

#[test]
fn all_checks_hold_for_a_single_process() {
    for (_, check) in exchange_checks::all() {
        check(&SingleProcess);
    }
}

#[test]
fn a_rank_that_fails_does_not_leave_the_others_waiting() {
    let failed = std::panic::catch_unwind(|| {
        on_threads(3, |world| {
            assert!(world.rank() != 1, "as it should");
            world.barrier();
        });
    });
    assert!(failed.is_err());
}

prop_compose! {
    fn any_case()(
        groups in prop::collection::vec(1_usize..12, 1..12),
        cuts in prop::collection::vec(any::<bool>(), 12),
        steps in 1_usize..70,
        fields in 1_usize..4,
        (steps_per_round, steps_per_block) in (1_usize..30, 1_usize..9),
        seed in 0_usize..1000,
    ) -> Case {
        let mut passes = vec![0];
        for cut in cuts.iter().take(groups.len()) {
            if *cut && passes[passes.len() - 1] > 0 {
                passes.push(0);
            }
            *passes.last_mut().unwrap() += 1;
        }
        Case { name: "any", groups, steps, fields, steps_per_round, steps_per_block, passes, seed }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_case_is_transposed(case in any_case(), ranks in 1_usize..8) {
        on_threads(ranks, |world| transposition::of::<f32>(world, &case));
    }
}
