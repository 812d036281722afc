//! Failures on demand, for the tests of what becomes of a run when a rank fails.
//!
//! Only with the feature `faults`, which no release build has; without it every point compiles to nothing. The variable
//! OCEANSPEC_FAULT = `PHASE:RANK:ACTION` (several by commas) names a point, a rank (0 without a launcher) and what happens
//! there: `error`, `panic`, `kill` (the process ends itself as `kill -9` would), `power` and `power-in-order` (the same,
//! after what was not synced has been taken off the disk), `eio` (an error of the disk) or `sleep=SECONDS` (once).
//! A phase followed by `+COUNT`, as in `write+3:0:kill`, lets the point be passed so many times before.

use crate::Error;

/// What was done to a file or folder of the result, for what a loss of power would leave of it.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "without the feature nobody takes note"))]
pub(crate) enum Done<'a> {
    /// A file or folder was made.
    Made(&'a std::path::Path),
    /// A file got another name.
    Renamed(&'a std::path::Path, &'a std::path::Path),
    /// A file's bytes, or the names in a folder, were brought to the disk.
    Synced(&'a std::path::Path),
}

/// Takes note of what was done.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(crate) fn note(_done: Done<'_>) {}

#[cfg(feature = "faults")]
mod power;
#[cfg(feature = "faults")]
pub(crate) use power::note;

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
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, PoisonError};
    static SLEPT: AtomicBool = AtomicBool::new(false);
    static PASSED: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

    let Ok(faults) = std::env::var("OCEANSPEC_FAULT") else { return Ok(()) };
    let rank = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"].into_iter().find_map(|name| std::env::var(name).ok());
    let rank = rank.as_deref().unwrap_or("0");
    let passed = {
        let mut all = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.get_or_insert_default().entry(phase.to_owned()).or_default();
        std::mem::replace(count, *count + 1)
    };
    for fault in faults.split(',') {
        let mut parts = fault.splitn(3, ':');
        let (Some(point), Some(of), Some(action)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let (point, after) = point.split_once('+').unwrap_or((point, "0"));
        if point != phase || of != rank || passed < after.parse().unwrap_or(0) {
            continue;
        }
        if let Some(seconds) = action.strip_prefix("sleep=").and_then(|seconds| seconds.parse().ok()) {
            if !SLEPT.swap(true, Ordering::Relaxed) {
                std::thread::sleep(std::time::Duration::from_secs(seconds));
                return Ok(());
            }
            continue;
        }
        match action {
            "panic" => panic!("a fault was asked for: {fault}"),
            "eio" => {
                let path = std::path::PathBuf::from(fault);
                let source = std::io::Error::from_raw_os_error(libc::EIO);
                return Err(crate::store::StoreError::Io { path, action: "do what was asked for", source }.into());
            }
            "power" | "power-in-order" => {
                power::lose(action == "power-in-order");
                // SAFETY: two plain system calls; the process does not live on.
                unsafe { libc::kill(libc::getpid(), libc::SIGKILL) }
            }
            // SAFETY: two plain system calls; the process does not live on.
            "kill" => unsafe { libc::kill(libc::getpid(), libc::SIGKILL) },
            _ => return Err(Error::Setting { text: format!("a fault was asked for: {fault}") }),
        };
    }
    Ok(())
}
