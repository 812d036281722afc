//! Loss of power: what was not synced is not on the disk.

use crate::attempt::{Attempt, case};

fn loses_power(fault: &str) -> Attempt {
    let attempt = Attempt::new(None);
    let outcome = attempt.command(fault).run();
    assert_eq!(outcome.code, 137, "{fault}: {outcome:#?}");
    assert!(outcome.stdout.is_empty(), "{fault}: {outcome:#?}");
    attempt
}

/// With nothing kept but what was synced, and, as file systems with a journal do, with the names of that.
#[test]
fn what_was_not_synced_is_done_again() {
    for (number, point) in ["create", "write", "write+9", "journal", "journal+14", "maps", "maps+9", "finish"]
        .into_iter()
        .flat_map(|point| [("power", point), ("power-in-order", point)])
        .map(|(action, point)| format!("{point}:0:{action}"))
        .enumerate()
    {
        let attempt = loses_power(&point);
        // Names are brought to the disk at the end: without them no shard counts, however long it is.
        let finished = attempt.resume(&point);
        assert!(finished <= case().tiles && (number % 2 == 1 || finished == 0), "{point}: {finished}");
    }
}

/// Records are synced every ten seconds: what is older is not lost.
#[test]
fn what_was_synced_is_kept() {
    let fault = "compute+8:0:sleep=11,journal+13:0:power-in-order";
    let attempt = loses_power(fault);
    let finished = attempt.resume(fault);
    assert!((8..13).contains(&finished), "{finished}");
}
