//! Failures on demand, for the tests of what becomes of a run when a rank fails.
//!
//! Only with the feature `faults`, which no release build has; without it every point compiles to nothing. The variable
//! OCEANSPEC_FAULT = `PHASE:RANK:ACTION` (several by commas) names a point, a rank (0 without a launcher) and what happens
//! there: `error`, `panic`, `kill` (the process ends itself as `kill -9` would) or `sleep=SECONDS` (once).

use crate::Error;

/// A point of the program where a failure can be asked for.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(crate) fn at(_phase: &str) -> Result<(), Error> {
    Ok(())
}

/// A point of the program where a failure can be asked for.
///
/// # Errors
/// If it is asked for: one of configuration, with code 2, which no fault of the program has.
#[cfg(feature = "faults")]
#[expect(clippy::panic, reason = "what is asked for")]
pub(crate) fn at(phase: &str) -> Result<(), Error> {
    use std::sync::atomic::{AtomicBool, Ordering};
    static SLEPT: AtomicBool = AtomicBool::new(false);

    let Ok(faults) = std::env::var("OCEANSPEC_FAULT") else { return Ok(()) };
    let rank = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"].into_iter().find_map(|name| std::env::var(name).ok());
    let here = format!("{phase}:{}:", rank.as_deref().unwrap_or("0"));
    for fault in faults.split(',').filter(|fault| fault.starts_with(&here)) {
        let action = &fault[here.len()..];
        if let Some(seconds) = action.strip_prefix("sleep=").and_then(|seconds| seconds.parse().ok()) {
            if !SLEPT.swap(true, Ordering::Relaxed) {
                std::thread::sleep(std::time::Duration::from_secs(seconds));
                return Ok(());
            }
            continue;
        }
        match action {
            "panic" => panic!("a fault was asked for: {fault}"),
            // SAFETY: two plain system calls; the process does not live on.
            "kill" => unsafe { libc::kill(libc::getpid(), libc::SIGKILL) },
            _ => return Err(Error::Setting { text: format!("a fault was asked for: {fault}") }),
        };
    }
    Ok(())
}
