//! Ranks that are out of reach, which MPI never reports: stopped ones, and those of a host whose link is cut.

use std::time::{Duration, Instant};

use crate::attempt::{Attempt, case};
use crate::network::Network;
use crate::support::program::{Outcome, signal};
use crate::support::unfinished::wait_for_tiles;

#[test]
fn a_rank_that_is_stopped() {
    let attempt = Attempt::new(Some(3));
    // So that the run does not end before.
    let fault = format!("{}:1:sleep=60", attempt.midway("compute"));
    let mut started = attempt.command(&fault).args(["--set", "run.stall_timeout=3 s"]).start();
    wait_for_tiles(&mut started, &attempt.partial(), 3);
    let ranks = started.ranks();
    assert_eq!(ranks.len(), 3);
    signal("STOP", ranks[2]);
    let stopped = Instant::now();
    let outcome = started.wait();
    outcome.failed(7, &["has not been heard of", "([run] stall_timeout)", "--resume"]);
    assert!(stopped.elapsed() < Duration::from_secs(20), "{:?}", stopped.elapsed());
    let finished = attempt.finished();
    assert!((3..case().tiles).contains(&finished), "{finished}");
    assert_eq!(attempt.resume("after a stopped rank"), finished);
}

/// Three hosts with a rank each; the link of the last one goes down when some tiles are finished. Returns how the run ended,
/// after it was gone on with.
#[track_caller]
fn cut_off(network: &Network, stall_timeout: &str, looks_after: u64) -> Outcome {
    let attempt = Attempt::new(Some(3));
    // So that the run does not end before.
    let program = attempt.in_shell(&network.script_on(1)).env("OCEANSPEC_FAULT", "write+4:1:sleep=60");
    let program = network.settings(program, looks_after).args(["--set", &format!("run.stall_timeout={stall_timeout}")]);
    let mut started = program.start();
    wait_for_tiles(&mut started, &attempt.partial(), 3);
    network.cut(3);
    let cut = Instant::now();
    let outcome = started.wait();
    eprintln!("{} {:?} after the cut:\n{}", outcome.code, cut.elapsed(), outcome.stderr);
    assert!(cut.elapsed() < Duration::from_secs(45), "{:?}", cut.elapsed());
    assert!(outcome.stdout.is_empty() && !attempt.output.exists(), "{outcome:#?}");
    // The host that was cut off finds out by itself.
    network.wait_for_the_end_of("oceanspec");
    let finished = attempt.finished();
    assert!((3..case().tiles).contains(&finished), "{finished}");
    assert_eq!(attempt.resume("after a cut"), finished);
    outcome
}

/// The ranks find out first. Then mpirun waits until TCP gives up.
#[test]
fn a_host_whose_link_is_cut() {
    let Some(network) = Network::make(3, "a_host_whose_link_is_cut") else { return };
    let outcome = cut_off(&network, "4 s", 600);
    outcome.failed(7, &["rank 2 on n3 has not been heard of", "([run] stall_timeout)", "--resume"]);
}

/// mpirun, which looks whether its hosts are there, finds out first: it ends the run in its own words.
#[test]
fn a_host_that_mpirun_misses_first() {
    let Some(network) = Network::make(3, "a_host_that_mpirun_misses_first") else { return };
    let outcome = cut_off(&network, "20 s", 2);
    assert_eq!(outcome.code, 205, "{outcome:#?}");
    assert!(!outcome.stderr.contains("oceanspec:"), "{outcome:#?}");
}
