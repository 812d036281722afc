//! A process that is killed in any phase.

use std::fs;

use crate::attempt::{Attempt, Ranks, WAYS, case};

const PHASES: [&str; 7] = ["read", "exchange", "compute", "write", "journal", "maps", "finish"];

/// In each phase a rank, in turn, is killed when some tiles are finished; what is finished is not done again.
fn kills(ranks: Ranks) {
    let tiles = case().tiles;
    for (turn, phase) in PHASES.into_iter().enumerate() {
        // The end is rank 0's alone.
        let rank = if phase == "finish" { 0 } else { turn % ranks.unwrap_or(1) };
        let attempt = Attempt::new(ranks);
        let fault = format!("{}:{rank}:kill", attempt.midway(phase));
        let outcome = attempt.command(&fault).run();
        assert_eq!(outcome.code, 137, "{fault}: {outcome:#?}");
        let says = |line: &str| line.starts_with("oceanspec:");
        assert!(!outcome.stderr.lines().any(says) && outcome.stdout.is_empty(), "{fault}: {outcome:#?}");
        let finished = attempt.finished();
        if ["maps", "finish"].contains(&phase) {
            assert_eq!(finished, tiles, "{fault}");
        } else {
            assert!((1..tiles).contains(&finished), "{fault}: {finished} of {tiles}");
        }
        assert_eq!(attempt.resume(&fault), finished, "{fault}");
    }
}

#[test]
fn a_killed_process() {
    kills(WAYS[0]);
}

#[cfg(feature = "mpi")]
#[test]
fn a_killed_rank_of_three() {
    kills(WAYS[1]);
}

/// Killed while it was replacing an older result, when that stood aside already.
#[test]
fn killed_while_an_older_result_stands_aside() {
    let attempt = Attempt::new(None);
    attempt.run_on(None).set("output.spectrum=false").to(&attempt.output);
    assert_eq!(attempt.command("finish:0:kill").arg("--overwrite").run().code, 137);
    fs::rename(&attempt.output, attempt.output.with_file_name("result.zarr.older")).unwrap();
    assert_eq!(attempt.resume("with an older result aside"), case().tiles);
}
