//! Rank 0 and others as threads of this process, on loopback, with silences of some hundred milliseconds.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use super::datagram::{Datagram, Kind};
use super::watch::receive;
use super::*;

const BEAT: Duration = Duration::from_millis(20);

/// Far longer than anything here takes, also where other tests have all cores.
const LONG: Duration = Duration::from_secs(30);

fn pace(timeout: Duration) -> Pace {
    Pace { timeout, beat: BEAT, look: BEAT }
}

/// A rank: what it found, when it ends.
struct Rank {
    stop: Arc<AtomicBool>,
    found: Receiver<Option<Lost>>,
}

impl Rank {
    fn start(run: impl FnOnce(&AtomicBool) -> Option<Lost> + Send + 'static) -> Rank {
        let (send, found) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        thread::spawn(move || send.send(run(&stopped)).unwrap());
        Rank { stop, found }
    }

    /// Rank 0 of so many.
    fn zero(ranks: usize, timeout: Duration) -> (Rank, Invitation) {
        let (invitation, socket) = Invitation::offer().unwrap();
        let hosts = (0..ranks).map(|rank| format!("n{}", rank / 2)).collect();
        let watch = Watch::new(socket, invitation.clone(), hosts, pace(timeout));
        (Rank::start(move |stop| watch.run(stop)), invitation)
    }

    fn other(rank: usize, invitation: &Invitation, timeout: Duration) -> Rank {
        let pulse = Pulse::new(rank, format!("n{}", rank / 2), invitation.clone(), pace(timeout)).unwrap();
        Rank::start(move |stop| pulse.run(stop))
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// What it found by its own, or when it was stopped.
    #[track_caller]
    fn end(&self) -> Option<Lost> {
        self.found.recv_timeout(LONG).expect("the rank has not ended")
    }

    #[track_caller]
    fn goes_on_for(&self, time: Duration) {
        assert_eq!(self.found.recv_timeout(time), Err(RecvTimeoutError::Timeout));
    }
}

/// A rank that sends beats by hand, and may just stop doing so.
fn beat(invitation: &Invitation, socket: &UdpSocket, rank: u32) {
    let bytes = Datagram { kind: Kind::Beat, route: 3, rank }.to_bytes(&invitation.nonce);
    socket.send_to(&bytes, (invitation.addresses[0], invitation.port)).unwrap();
}

#[test]
fn ranks_that_beat_go_on_and_end_with_a_farewell() {
    let timeout = 50 * BEAT;
    let (zero, invitation) = Rank::zero(3, timeout);
    let [one, two] = [1, 2].map(|rank| Rank::other(rank, &invitation, timeout));
    zero.goes_on_for(2 * timeout);
    // One ends long before the others, and is not missed.
    one.stop();
    assert_eq!(one.end(), None);
    zero.goes_on_for(2 * timeout);
    two.goes_on_for(Duration::ZERO);
    // Rank 0 ends, and is not missed.
    zero.stop();
    assert_eq!(zero.end(), None);
    two.goes_on_for(2 * timeout);
    two.stop();
    assert_eq!(two.end(), None);
}

#[test]
fn a_rank_that_falls_silent_is_lost_and_the_others_are_not() {
    let timeout = 20 * BEAT;
    let (zero, invitation) = Rank::zero(5, timeout);
    let others = [1, 2].map(|rank| Rank::other(rank, &invitation, LONG));
    let socket = invitation::open(&invitation.addresses).unwrap();
    let started = Instant::now();
    // Heard once, and a stray that is of no rank.
    for rank in [3, 4, 77] {
        beat(&invitation, &socket, rank);
        let (answer, _) = receive(&socket, &invitation, LONG).unwrap();
        assert_eq!(answer, Datagram { kind: Kind::Answer, route: 3, rank });
    }
    let lost = zero.end().unwrap();
    assert!(started.elapsed() >= timeout);
    assert_eq!((lost.ranks, lost.hosts, lost.by), (vec![3, 4], vec!["n1".to_owned(), "n2".to_owned()], None));
    assert!(lost.silence >= timeout && lost.silence < LONG, "{:?}", lost.silence);
    others.iter().for_each(Rank::stop);
    assert!(others.iter().all(|rank| rank.end().is_none()));
}

#[test]
fn rank_0_is_lost_when_it_answers_no_more() {
    let (invitation, socket) = Invitation::offer().unwrap();
    let one = Rank::other(1, &invitation, 20 * BEAT);
    // Not lost before it was heard.
    one.goes_on_for(60 * BEAT);
    let mut routes = Vec::new();
    while routes.len() < invitation.addresses.len() {
        let (datagram, from) = receive(&socket, &invitation, LONG).unwrap();
        assert_eq!((datagram.kind, datagram.rank), (Kind::Beat, 1));
        if routes.contains(&datagram.route) {
            continue;
        }
        routes.push(datagram.route);
        // Of another run.
        socket.send_to(&datagram.to_bytes(&[0; 16]), from).unwrap();
    }
    one.goes_on_for(30 * BEAT);
    let (datagram, from) = receive(&socket, &invitation, LONG).unwrap();
    socket.send_to(&Datagram { kind: Kind::Answer, ..datagram }.to_bytes(&invitation.nonce), from).unwrap();
    let lost = one.end().unwrap();
    assert_eq!((lost.ranks, lost.by), (vec![0], Some((1, "n0".to_owned()))));
    assert_eq!(lost.hosts, [host_name()]);
}

#[test]
fn beats_go_the_way_that_was_answered_until_it_falls_silent() {
    let (mut invitation, socket) = Invitation::offer().unwrap();
    let own = invitation.addresses[0];
    invitation.addresses = vec![own; 3];
    let one = Rank::other(1, &invitation, LONG);
    let answer = |datagram: Datagram, from: SocketAddr| {
        let answer = Datagram { kind: Kind::Answer, ..datagram }.to_bytes(&invitation.nonce);
        socket.send_to(&answer, from).unwrap();
    };
    let next = || receive(&socket, &invitation, LONG).unwrap();
    // All ways, in turn.
    assert_eq!([next(), next(), next()].map(|(datagram, _)| datagram.route), [0, 1, 2]);
    let (datagram, from) = next();
    answer(Datagram { route: 1, ..datagram }, from);
    // What was sent before the answer came is over when the same way is taken twice running.
    let mut last = next().0.route;
    loop {
        let (datagram, from) = next();
        if (last, datagram.route) == (1, 1) {
            break;
        }
        last = datagram.route;
        if datagram.route == 1 {
            answer(datagram, from);
        }
    }
    // No answer any more: all ways again.
    let started = Instant::now();
    while next().0.route != 2 {
        assert!(started.elapsed() < LONG);
    }
    one.stop();
    one.end();
}

#[test]
fn the_guard_ends_its_thread_at_once() {
    let (invitation, socket) = Invitation::offer().unwrap();
    let slow = Pace { timeout: LONG, beat: LONG, look: LONG };
    let pulse = Pulse::new(1, "n0".to_owned(), invitation.clone(), slow).unwrap();
    let tell = |lost: &Lost| panic!("{lost}");
    let guard = Heartbeat::spawn(pulse.listens().unwrap(), move |stop| pulse.run(stop), tell).unwrap();
    // It waits for the first answer.
    receive(&socket, &invitation, LONG).unwrap();
    let started = Instant::now();
    drop(guard);
    assert!(started.elapsed() < LONG / 2);
    // After the first beats, one by each way.
    let mut kinds = std::iter::repeat_with(|| receive(&socket, &invitation, LONG).unwrap().0.kind);
    assert_eq!(kinds.find(|kind| *kind != Kind::Beat), Some(Kind::Farewell));
}
