//! A rank that is stopped, or whose host or network is gone, is what MPI never reports: the others wait for ever. Here all
//! ranks let each other know that they live, and end the run when one does not.
//!
//! In: the [`World`] once, collectively, to meet; later only UDP datagrams, sent and heard by one thread of each rank, so
//! that neither a long computation nor a call of MPI keeps them. Every rank sends a beat to rank 0, which answers. Out: the
//! run's end with exit code 7 ([`LOST`]) when rank 0 misses a rank, or a rank misses rank 0, for the time allowed. Who was
//! never heard is not missed: a firewall may be between.
//!
//! `invitation` is how ranks meet, `datagram` what they send, `roll` who is missed, `watch` rank 0, `pulse` the others.

mod datagram;
mod invitation;
mod lost;
mod pace;
mod pulse;
mod roll;
mod watch;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::warn;

use super::{World, end_all};
use invitation::{Invitation, host_name};
pub use lost::Lost;
use pace::Pace;
use pulse::Pulse;
use watch::Watch;

/// Exit code of a run that lost a rank.
pub const LOST: i32 = 7;

/// What the launcher has to end a run; where it cannot, because its own processes are gone, each rank ends itself.
const GRACE: Duration = Duration::from_secs(5);

/// Of a thread that keeps one datagram.
const STACK_BYTES: usize = 256 << 10;

/// Lets the others know that this rank lives, and listens to them, until it is dropped. The best place to drop it is after
/// the [`World`]: MPI's own end waits for all ranks too.
#[derive(Debug)]
pub struct Heartbeat {
    stop: Arc<AtomicBool>,
    /// What the thread listens to, where it can be woken.
    listens: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Collective: from now on a rank of which nothing is heard for `timeout` ends the run. `tell` says so, on the rank that
    /// found it; then all ranks are ended with [`LOST`].
    ///
    /// None where there is nothing to watch, or no way to: one rank, no socket or no thread, which the log says.
    pub fn start(world: &dyn World, timeout: Duration, tell: impl Fn(&Lost) + Send + 'static) -> Option<Heartbeat> {
        if world.size() == 1 {
            return None;
        }
        let unable = |error: std::io::Error| warn!("no heartbeat ([run] stall_timeout): {error}");
        let offer = (world.rank() == 0).then(|| Invitation::offer().map_err(unable).ok()).flatten();
        let told = offer.as_ref().map_or_else(Vec::new, |(invitation, _)| invitation.to_bytes());
        let told = world.broadcast(told);
        let host = host_name();
        let hosts = world.gather(0, host.as_bytes());
        let hosts = hosts.iter().map(|host| String::from_utf8_lossy(host).into_owned()).collect();
        let pace = Pace::of_rank(world.rank(), timeout);
        let started = match offer {
            Some((invitation, socket)) => {
                let watch = Watch::new(socket, invitation, hosts, pace);
                watch.listens().and_then(|at| Heartbeat::spawn(at, move |stop| watch.run(stop), tell))
            }
            None => {
                let pulse = Pulse::new(world.rank(), host, Invitation::from_bytes(&told)?, pace);
                pulse.and_then(|pulse| Heartbeat::spawn(pulse.listens()?, move |stop| pulse.run(stop), tell))
            }
        };
        started.map_err(unable).ok()
    }

    /// Runs `listen` on a thread of its own; what it finds lost ends the run.
    fn spawn(
        listens: SocketAddr,
        listen: impl FnOnce(&AtomicBool) -> Option<Lost> + Send + 'static,
        tell: impl Fn(&Lost) + Send + 'static,
    ) -> std::io::Result<Heartbeat> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let body = move || {
            // A run that has come to its end meanwhile lost nobody.
            if let Some(lost) = listen(&stopped).filter(|_| !stopped.load(Ordering::Acquire)) {
                end_at_all_costs();
                tell(&lost);
                end_all(LOST);
            }
        };
        let thread = thread::Builder::new().name("heartbeat".into()).stack_size(STACK_BYTES).spawn(body)?;
        Ok(Heartbeat { stop, listens, thread: Some(thread) })
    }
}

/// This process ends after the grace, whatever keeps it: a daemon that does not answer, standard error that nobody reads.
fn end_at_all_costs() {
    let end = || {
        thread::sleep(GRACE);
        // SAFETY: ends the process without running any of its code.
        unsafe { libc::_exit(LOST) }
    };
    // Without the thread the launcher alone can end the run.
    let _ = thread::Builder::new().name("end".into()).stack_size(STACK_BYTES).spawn(end);
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let own = match self.listens.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        // Wakes the thread, which else would find out at its next look.
        if let Ok(socket) = UdpSocket::bind((own, 0)) {
            let _ = socket.send_to(&[], (own, self.listens.port()));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
