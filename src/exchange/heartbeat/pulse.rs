//! Every rank but 0: beats, hears the answers, and misses rank 0.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::datagram::{Datagram, Kind};
use super::invitation::{Invitation, open};
use super::lost::Lost;
use super::pace::Pace;
use super::roll::Roll;
use super::watch::{FAREWELLS, receive};

/// After so many beats without an answer all of rank 0's addresses are tried again.
const PATIENT_BEATS: u32 = 3;

/// First beats of so many ranks are spread over the time of one.
const SPREAD: u32 = 64;

/// A rank that is to be heard by rank 0.
pub(super) struct Pulse {
    rank: usize,
    host: String,
    socket: UdpSocket,
    invitation: Invitation,
    pace: Pace,
}

impl Pulse {
    pub(super) fn new(rank: usize, host: String, invitation: Invitation, pace: Pace) -> io::Result<Pulse> {
        Ok(Pulse { rank, host, socket: open(&invitation.addresses)?, invitation, pace })
    }

    pub(super) fn listens(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Until it is stopped, or until rank 0 is lost.
    pub(super) fn run(self, stop: &AtomicBool) -> Option<Lost> {
        // A roll of one: rank 0.
        let mut roll = Roll::new(1, self.pace, Instant::now());
        // The address by which rank 0 answered last.
        let mut route = None;
        let mut next_beat = Instant::now() + self.pace.beat / SPREAD * (self.rank as u32 % SPREAD);
        loop {
            if stop.load(Ordering::Acquire) {
                for _ in 0..FAREWELLS {
                    self.send(Kind::Farewell, route);
                }
                return None;
            }
            let now = Instant::now();
            roll.look(now);
            if now >= next_beat {
                next_beat = now + self.pace.beat;
                let answered = roll.silence(0).is_some_and(|silence| silence < PATIENT_BEATS * self.pace.beat);
                self.send(Kind::Beat, route.filter(|_| answered));
            }
            let patience = next_beat.saturating_duration_since(now).min(self.pace.look);
            if let Some((datagram, _)) = receive(&self.socket, &self.invitation, patience) {
                match datagram.kind {
                    Kind::Answer => {
                        roll.hear(0);
                        route = Some(usize::from(datagram.route));
                    }
                    Kind::Farewell => roll.leave(0),
                    Kind::Beat => {}
                }
            }
            if !roll.missed().is_empty() {
                let silence = roll.silence(0).unwrap_or(self.pace.timeout);
                let by = Some((self.rank, self.host.clone()));
                return Some(Lost { ranks: vec![0], hosts: vec![self.invitation.host.clone()], by, silence });
            }
        }
    }

    /// To one of rank 0's addresses, or to all.
    fn send(&self, kind: Kind, route: Option<usize>) {
        for (number, address) in self.invitation.addresses.iter().enumerate() {
            if route.is_none_or(|route| route == number) {
                let datagram = Datagram { kind, route: number as u16, rank: self.rank as u32 };
                // An address that cannot be reached from here is what trying all of them is for.
                let _ =
                    self.socket.send_to(&datagram.to_bytes(&self.invitation.nonce), (*address, self.invitation.port));
            }
        }
    }
}
