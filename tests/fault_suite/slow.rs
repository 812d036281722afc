//! Slow disks and slow ranks: they cost time and nothing else.

use crate::attempt::{Attempt, WAYS};

#[track_caller]
fn finishes(attempt: &Attempt, faults: &str) {
    let outcome = attempt.command(faults).args(["--set", "run.stall_timeout=2 s"]).run().succeeded();
    assert!(!outcome.stderr.contains("oceanspec:"), "{faults}: {outcome:#?}");
    attempt.check_result(faults);
}

/// Every tile takes its time; one takes very long.
#[test]
fn a_slow_disk() {
    for &ranks in WAYS {
        finishes(&Attempt::new(ranks), "write:0:slow=60,journal:0:slow=20,maps:0:slow=30,write:0:sleep=3");
    }
}

/// The others wait for it in MPI, for longer than a rank may be silent.
#[cfg(feature = "mpi")]
#[test]
fn one_rank_ten_times_slower() {
    finishes(&Attempt::new(WAYS[1]), "read:1:slow=20,compute:1:slow=500,write:1:slow=200");
    finishes(&Attempt::new(WAYS[1]), "exchange+2:0:sleep=5");
}
