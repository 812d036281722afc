//! The world of MPI. Every MPI call of the program is here.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mpi::collective::{CommunicatorCollectives, Root};
use mpi::datatype::{Equivalence, Partition, PartitionMut, UserDatatype};
use mpi::environment::Universe;
use mpi::topology::{Communicator, SimpleCommunicator};
use mpi::{Count, Threading};

use super::{Failure, LaunchError, Launcher, WireUnit, World};

// SAFETY: the datatype is eight u64 in a row, which is what the `repr(C)` struct is.
unsafe impl Equivalence for WireUnit {
    type Out = UserDatatype;

    fn equivalent_datatype() -> Self::Out {
        UserDatatype::contiguous(8, &u64::equivalent_datatype())
    }
}

/// What an empty message points at. Rust's own empty `&[u8]` may point at address 1, which is `MPI_IN_PLACE` in OpenMPI.
static NOTHING: [u8; 1] = [0];

/// A broadcast or gather moves at most so many bytes in one call.
const PIECE_BYTES: usize = 1 << 30;

/// How long a rank that fails without an agreement waits for the others: they may have failed in the same way.
const PATIENCE: Duration = Duration::from_secs(1);

/// After so many looks a rank that waits leaves its core to others.
const BUSY_LOOKS: usize = 1000;

/// All ranks of MPI_COMM_WORLD.
struct MpiWorld {
    world: SimpleCommunicator,
    node_ranks: OnceLock<Vec<usize>>,
    failure: Cell<Option<Failure>>,
    // Dropped last: it finalises MPI.
    _universe: Universe,
}

/// Initialises MPI and compares its size with what the launcher says.
pub(super) fn start(launcher: &Launcher) -> Result<Box<dyn World>, LaunchError> {
    leave_the_core_while_waiting();
    let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)
        .ok_or_else(|| LaunchError::Start { reason: "it was initialised before".into() })?;
    let world = universe.world();
    let ranks = usize::try_from(world.size()).unwrap_or(0);
    if ranks == 1 && launcher.processes > 1 {
        let library = mpi::environment::library_version().unwrap_or_default();
        let library = library.lines().next().unwrap_or_default().trim_end_matches('\0').to_owned();
        return Err(LaunchError::Disagree { launcher: launcher.clone(), ranks, library });
    }
    Ok(Box::new(MpiWorld { world, node_ranks: OnceLock::new(), failure: Cell::new(None), _universe: universe }))
}

/// Open MPI's calls poll while they wait; a rank's workers, which share its cores, have better things to do. A setting of
/// the user's own stays.
fn leave_the_core_while_waiting() {
    const YIELD: &str = "OMPI_MCA_mpi_yield_when_idle";
    if std::env::var_os(YIELD).is_none() {
        // SAFETY: MPI is started from the first thread, before there is another.
        unsafe { std::env::set_var(YIELD, "1") };
    }
}

/// Ends all ranks if MPI is at work here. MPI is otherwise called from one thread alone; this call is the last.
pub(super) fn abort_if_running(code: i32) {
    if mpi::environment::is_initialized() && !mpi::environment::is_finalized() {
        SimpleCommunicator::world().abort(code);
    }
}

/// A number that the plan has shown to fit.
fn count(value: usize) -> Count {
    debug_assert!(i32::try_from(value).is_ok());
    value as Count
}

fn displacements(counts: &[Count]) -> Vec<Count> {
    let starts = counts.iter().scan(0, |next, &count| {
        let start = *next;
        *next += count;
        Some(start)
    });
    starts.collect()
}

impl World for MpiWorld {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn abort(&self, code: i32) -> ! {
        self.world.abort(code)
    }

    fn mark_failed(&self, failure: Failure) {
        self.failure.set(Some(failure));
    }

    fn failed_together(&self) -> bool {
        self.failure.get() == Some(Failure::Together)
    }

    fn leave(&self, code: i32) {
        let all_came = match self.failure.get() {
            Some(Failure::Together) => self.wait_for_all(None),
            Some(Failure::Alone) => false,
            None => self.wait_for_all(Some(PATIENCE)),
        };
        if !all_came {
            self.abort(code);
        }
    }

    fn wait_for_all(&self, at_most: Option<Duration>) -> bool {
        let started = Instant::now();
        let mut meeting = self.world.immediate_barrier();
        let mut looks = 0;
        while let Err(unfinished) = meeting.test() {
            if at_most.is_some_and(|limit| started.elapsed() > limit) {
                // Not to be finished any more: this rank is on its way to end all.
                std::mem::forget(unfinished);
                return false;
            }
            meeting = unfinished;
            looks += 1;
            if looks < BUSY_LOOKS { std::thread::yield_now() } else { std::thread::sleep(Duration::from_millis(1)) }
        }
        true
    }

    fn node_ranks(&self) -> Vec<usize> {
        self.node_ranks
            .get_or_init(|| {
                let node = self.world.split_shared(self.world.rank());
                let mut ranks = vec![0_u64; node.size() as usize];
                node.all_gather_into(&(self.rank() as u64), &mut ranks[..]);
                let mut ranks: Vec<usize> = ranks.into_iter().map(|rank| rank as usize).collect();
                ranks.sort_unstable();
                ranks
            })
            .clone()
    }

    fn broadcast(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let root = self.world.process_at_rank(0);
        let mut length = bytes.len() as u64;
        root.broadcast_into(&mut length);
        bytes.resize(length as usize, 0);
        for piece in bytes.chunks_mut(PIECE_BYTES) {
            root.broadcast_into(piece);
        }
        bytes
    }

    fn all_gather(&self, value: u64) -> Vec<u64> {
        let mut values = vec![0_u64; self.size()];
        self.world.all_gather_into(&value, &mut values[..]);
        values
    }

    fn gather(&self, root: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
        let process = self.world.process_at_rank(root as i32);
        let lengths = self.all_gather(bytes.len() as u64);
        let mut parts: Vec<Vec<u8>> = if self.rank() == root {
            lengths.iter().map(|&length| Vec::with_capacity(length as usize)).collect()
        } else {
            Vec::new()
        };
        let longest = lengths.iter().copied().max().unwrap_or(0) as usize;
        let piece = (PIECE_BYTES / self.size()).max(1);
        for start in (0..longest).step_by(piece) {
            let part = |length: usize| length.min(start + piece) - length.min(start);
            let mine = &bytes[bytes.len().min(start)..bytes.len().min(start + piece)];
            let mine = if mine.is_empty() { &NOTHING[..0] } else { mine };
            if self.rank() == root {
                let counts: Vec<Count> = lengths.iter().map(|&length| count(part(length as usize))).collect();
                let mut all = vec![0_u8; lengths.iter().map(|&length| part(length as usize)).sum()];
                let mut partition = PartitionMut::new(&mut all[..], &counts[..], displacements(&counts));
                process.gather_varcount_into_root(mine, &mut partition);
                let mut rest = &all[..];
                for (part, &count) in parts.iter_mut().zip(&counts) {
                    let (this, after) = rest.split_at(count as usize);
                    part.extend_from_slice(this);
                    rest = after;
                }
            } else {
                process.gather_varcount_into(mine);
            }
        }
        parts
    }

    fn barrier(&self) {
        self.world.barrier();
    }

    fn all_to_all(&self, send: &[WireUnit], send_counts: &[usize], receive: &mut [WireUnit], receive_counts: &[usize]) {
        let send_counts: Vec<Count> = send_counts.iter().map(|&value| count(value)).collect();
        let receive_counts: Vec<Count> = receive_counts.iter().map(|&value| count(value)).collect();
        let send = Partition::new(send, &send_counts[..], displacements(&send_counts));
        let mut receive = PartitionMut::new(receive, &receive_counts[..], displacements(&receive_counts));
        self.world.all_to_all_varcount_into(&send, &mut receive);
    }
}
