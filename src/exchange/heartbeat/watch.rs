//! Rank 0: hears all others, answers, and misses.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tracing::warn;

use super::datagram::{Datagram, Kind, LEN};
use super::invitation::Invitation;
use super::lost::{Lost, named};
use super::pace::Pace;
use super::roll::Roll;

/// How often a farewell is sent: datagrams may be lost.
pub(super) const FAREWELLS: usize = 3;

/// What rank 0 knows of the others.
pub(super) struct Watch {
    socket: UdpSocket,
    invitation: Invitation,
    /// The host of each rank.
    hosts: Vec<String>,
    pace: Pace,
}

/// The next datagram of this run, if one comes within `patience`, and where from.
pub(super) fn receive(
    socket: &UdpSocket,
    invitation: &Invitation,
    patience: Duration,
) -> Option<(Datagram, SocketAddr)> {
    let mut bytes = [0; LEN + 1];
    // A patience of 0 would be one without end.
    let waits = socket.set_read_timeout(Some(patience.max(Duration::from_millis(1))));
    match waits.and_then(|()| socket.recv_from(&mut bytes)) {
        Ok((length, from)) => Some((Datagram::from_bytes(&bytes[..length], &invitation.nonce)?, from)),
        Err(error) => {
            let usual = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut, io::ErrorKind::Interrupted];
            if !usual.contains(&error.kind()) {
                // The network says that something sent before did not arrive, or worse; not to be asked without end.
                std::thread::sleep(patience);
            }
            None
        }
    }
}

impl Watch {
    /// Rank 0 of a run with so many `hosts` as ranks.
    pub(super) fn new(socket: UdpSocket, invitation: Invitation, hosts: Vec<String>, pace: Pace) -> Watch {
        Watch { socket, invitation, hosts, pace }
    }

    pub(super) fn listens(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Until it is stopped, or until ranks are lost.
    pub(super) fn run(self, stop: &AtomicBool) -> Option<Lost> {
        let mut roll = Roll::new(self.hosts.len(), self.pace, Instant::now());
        // This rank itself.
        roll.leave(0);
        let mut places: Vec<Option<SocketAddr>> = vec![None; self.hosts.len()];
        let mut judged = Instant::now();
        loop {
            let received = receive(&self.socket, &self.invitation, self.pace.look);
            if stop.load(Ordering::Acquire) {
                self.say_farewell(&places);
                return None;
            }
            let now = Instant::now();
            roll.look(now);
            if let Some((datagram, from)) = received {
                let rank = datagram.rank as usize;
                match datagram.kind {
                    Kind::Beat => {
                        roll.hear(rank);
                        self.send(Datagram { kind: Kind::Answer, ..datagram }, from);
                        if let Some(place) = places.get_mut(rank) {
                            *place = Some(from);
                        }
                    }
                    Kind::Farewell => roll.leave(rank),
                    Kind::Answer => {}
                }
            }
            // Thousands of ranks send without a pause: not at each datagram.
            if now.saturating_duration_since(judged) < self.pace.look {
                continue;
            }
            judged = now;
            self.warn_of(&roll.unheard());
            let ranks = roll.missed();
            if let Some(silence) = ranks.iter().filter_map(|&rank| roll.silence(rank)).max() {
                return Some(Lost { hosts: self.hosts_of(&ranks), ranks, by: None, silence });
            }
        }
    }

    fn hosts_of(&self, ranks: &[usize]) -> Vec<String> {
        ranks.iter().map(|&rank| self.hosts[rank].clone()).collect()
    }

    fn warn_of(&self, unheard: &[usize]) {
        if !unheard.is_empty() {
            warn!(
                "[run] stall_timeout does not protect against the loss of {}: UDP datagrams from there do not reach port {} \
                 of {} (a firewall?)",
                named(unheard, &self.hosts_of(unheard)),
                self.invitation.port,
                self.invitation.host
            );
        }
    }

    fn say_farewell(&self, places: &[Option<SocketAddr>]) {
        for _ in 0..FAREWELLS {
            for place in places.iter().flatten() {
                self.send(Datagram { kind: Kind::Farewell, route: 0, rank: 0 }, *place);
            }
        }
    }

    fn send(&self, datagram: Datagram, to: SocketAddr) {
        // What does not arrive is missed at the other end.
        let _ = self.socket.send_to(&datagram.to_bytes(&self.invitation.nonce), to);
    }
}
