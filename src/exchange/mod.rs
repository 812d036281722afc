//! Snapshots by rank in, whole series by owner out: the all-to-all, and what ranks tell each other.
//!
//! A [`World`] is the set of ranks of a run: MPI's, or one process. Each rank packs its snapshots of a
//! round, `[tile][field][group][time][lane]`, one stretch an owner; the owners put the runs of time into
//! their series, `[tile][field][group][time][lane]` with all times. A tile that its reader owns skips
//! the wire: it is packed where it belongs. Lane = 16 neighbouring locations = one [`Line`](crate::terms::Line).
//!
//! All MPI calls of the program are in `mpi.rs`, made from the thread that started it. The [`Heartbeat`] that finds ranks
//! which MPI does not miss has a thread and a socket of its own.

mod agreement;
mod fingerprint;
mod heartbeat;
mod launch;
mod lines;
#[cfg(feature = "mpi")]
mod mpi;
mod single;
mod transposition;
mod world;

pub use agreement::{Elsewhere, STOPPED, agree};
pub use fingerprint::Fingerprint;
pub use heartbeat::{Heartbeat, LOST, Lost};
pub use launch::{LaunchError, Launcher, detect};
pub use single::SingleProcess;
pub use transposition::{Round, TileLines, Transposition};
pub use world::{Failure, WireUnit, World};

/// The world that the environment asks for: MPI's under a launcher, else one process.
///
/// # Errors
/// When the environment says that several processes were started but MPI, or this build, knows of one.
pub fn world() -> Result<Box<dyn World>, LaunchError> {
    let launcher = detect(|name| std::env::var(name).ok());
    match launcher {
        None => Ok(Box::new(SingleProcess)),
        #[cfg(feature = "mpi")]
        Some(launcher) => mpi::start(&launcher),
        #[cfg(not(feature = "mpi"))]
        Some(launcher) if launcher.processes > 1 => Err(LaunchError::WithoutMpi { launcher }),
        #[cfg(not(feature = "mpi"))]
        Some(_) => Ok(Box::new(SingleProcess)),
    }
}

/// Ends all ranks at once with `code`, from any thread: for a panic or a lost rank, which nothing is done after.
pub fn end_all(code: i32) -> ! {
    #[cfg(feature = "mpi")]
    mpi::abort_if_running(code);
    std::process::exit(code)
}

/// Refuses to go on where a launcher started several processes of a command that works as one.
///
/// # Errors
/// [`LaunchError::OneProcess`].
pub fn one_process(command: &'static str) -> Result<(), LaunchError> {
    match detect(|name| std::env::var(name).ok()) {
        Some(launcher) if launcher.processes > 1 => Err(LaunchError::OneProcess { command, launcher }),
        _ => Ok(()),
    }
}
