//! Who was heard when, and who is missed. No clock and no socket: times come from outside.

use std::time::{Duration, Instant};

use super::pace::Pace;

/// The others, each with the time at which it was last heard.
///
/// Time is that of the listener's attention: what lies between two looks counts as one beat at most. A listener that was
/// itself stopped, or that the machine gave no time, so counts anew and does not take its own absence for that of others.
#[derive(Debug)]
pub(super) struct Roll {
    pace: Pace,
    last_look: Instant,
    attended: Duration,
    heard: Vec<Heard>,
    unheard_told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Never,
    /// Last at this time of attention.
    At(Duration),
    /// It said farewell.
    Left,
}

impl Roll {
    /// A roll of `peers` of which none was heard yet.
    pub(super) fn new(peers: usize, pace: Pace, now: Instant) -> Roll {
        let heard = vec![Heard::Never; peers];
        Roll { pace, last_look: now, attended: Duration::ZERO, heard, unheard_told: false }
    }

    /// Lets time go on.
    pub(super) fn look(&mut self, now: Instant) {
        self.attended += now.saturating_duration_since(self.last_look).min(self.pace.beat);
        self.last_look = now;
    }

    /// The peer lives.
    pub(super) fn hear(&mut self, peer: usize) {
        if let Some(heard) = self.heard.get_mut(peer)
            && *heard != Heard::Left
        {
            *heard = Heard::At(self.attended);
        }
    }

    /// The peer has ended well and will not be heard again.
    pub(super) fn leave(&mut self, peer: usize) {
        if let Some(heard) = self.heard.get_mut(peer) {
            *heard = Heard::Left;
        }
    }

    /// For how long nothing was heard of a peer; none if it never was heard, or has left.
    pub(super) fn silence(&self, peer: usize) -> Option<Duration> {
        match self.heard.get(peer)? {
            Heard::At(time) => Some(self.attended - *time),
            Heard::Never | Heard::Left => None,
        }
    }

    /// Empty unless a peer is lost; then all that are, and those of which two beats fewer are missing: what stops several,
    /// stops them at the same time.
    pub(super) fn missed(&self) -> Vec<usize> {
        let missed = |silence: Duration| {
            let silent = move |peer: &usize| self.silence(*peer).is_some_and(|time| time >= silence);
            (0..self.heard.len()).filter(silent)
        };
        if missed(self.pace.timeout).next().is_none() {
            return Vec::new();
        }
        missed(self.pace.timeout.saturating_sub(2 * self.pace.beat)).collect()
    }

    /// Once, when as much time has passed as would make a peer lost: those never heard. Empty otherwise.
    pub(super) fn unheard(&mut self) -> Vec<usize> {
        if self.unheard_told || self.attended < self.pace.timeout {
            return Vec::new();
        }
        self.unheard_told = true;
        (0..self.heard.len()).filter(|&peer| self.heard[peer] == Heard::Never).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: [usize; 0] = [];
    const SECOND: Duration = Duration::from_secs(1);

    /// A silence of 20 s is allowed, the beat is 2 s.
    fn roll(peers: usize) -> (Roll, Instant) {
        let now = Instant::now();
        (Roll::new(peers, Pace::of_rank(0, 20 * SECOND), now), now)
    }

    /// Looks every half second.
    fn pass(roll: &mut Roll, now: &mut Instant, seconds: u32) {
        for _ in 0..2 * seconds {
            *now += SECOND / 2;
            roll.look(*now);
        }
    }

    #[test]
    fn a_peer_is_missed_after_the_silence_allowed_and_not_before() {
        let (mut roll, mut now) = roll(3);
        pass(&mut roll, &mut now, 5);
        roll.hear(1);
        roll.hear(2);
        pass(&mut roll, &mut now, 19);
        assert_eq!((roll.missed(), roll.silence(1)), (vec![], Some(19 * SECOND)));
        roll.hear(2);
        pass(&mut roll, &mut now, 1);
        assert_eq!(roll.missed(), [1]);
        // It is heard again.
        roll.hear(1);
        assert_eq!(roll.missed(), NOBODY);
    }

    #[test]
    fn peers_that_fell_silent_together_are_missed_together() {
        let (mut roll, mut now) = roll(5);
        (0..4).for_each(|peer| roll.hear(peer));
        pass(&mut roll, &mut now, 3);
        roll.hear(1);
        roll.hear(3);
        pass(&mut roll, &mut now, 1);
        roll.hear(3);
        pass(&mut roll, &mut now, 15);
        assert_eq!(roll.missed(), NOBODY);
        roll.hear(3);
        pass(&mut roll, &mut now, 1);
        assert_eq!(roll.missed(), [0, 1, 2]);
    }

    #[test]
    fn who_was_never_heard_is_named_once_and_not_missed() {
        let (mut roll, mut now) = roll(3);
        roll.hear(1);
        roll.leave(0);
        pass(&mut roll, &mut now, 19);
        assert_eq!(roll.unheard(), NOBODY);
        roll.hear(1);
        pass(&mut roll, &mut now, 1);
        assert_eq!((roll.unheard(), roll.unheard()), (vec![2], vec![]));
        pass(&mut roll, &mut now, 5);
        assert_eq!(roll.missed(), NOBODY);
        // From its first beat on it is watched like the others.
        roll.hear(1);
        roll.hear(2);
        pass(&mut roll, &mut now, 20);
        assert_eq!(roll.missed(), [1, 2]);
    }

    #[test]
    fn who_has_left_is_not_missed() {
        let (mut roll, mut now) = roll(2);
        roll.hear(0);
        roll.hear(1);
        roll.leave(1);
        // A beat that was under way.
        roll.hear(1);
        roll.leave(2);
        pass(&mut roll, &mut now, 15);
        roll.hear(0);
        pass(&mut roll, &mut now, 15);
        assert_eq!((roll.missed(), roll.silence(1)), (vec![], None));
    }

    #[test]
    fn the_absence_of_the_listener_is_not_that_of_the_others() {
        let (mut roll, mut now) = roll(2);
        roll.hear(0);
        roll.hear(1);
        pass(&mut roll, &mut now, 10);
        now += 3600 * SECOND;
        roll.look(now);
        assert_eq!((roll.missed(), roll.silence(0)), (vec![], Some(12 * SECOND)));
        roll.hear(1);
        pass(&mut roll, &mut now, 7);
        assert_eq!(roll.missed(), NOBODY);
        pass(&mut roll, &mut now, 1);
        assert_eq!(roll.missed(), [0]);
        // A clock that stands still or is set back, as none should, takes nothing away.
        roll.look(now - SECOND);
        assert_eq!(roll.silence(0), Some(20 * SECOND));
    }

    #[test]
    fn a_listener_that_looks_seldom_misses_peers_all_the_same() {
        let (mut roll, mut now) = roll(1);
        roll.hear(0);
        for _ in 0..10 {
            assert_eq!(roll.missed(), NOBODY);
            now += 7 * SECOND;
            roll.look(now);
        }
        assert_eq!(roll.missed(), [0]);
    }

    #[test]
    fn ranks_say_in_turn_that_rank_0_is_lost() {
        let pace = |rank| Pace::of_rank(rank, 20 * SECOND);
        assert_eq!((pace(0).timeout, pace(1).timeout, pace(1).beat), (20 * SECOND, 20 * SECOND, 2 * SECOND));
        // A beat between the two that they may notice it apart, and the time for the end.
        for rank in 1..7 {
            assert_eq!(pace(rank + 1).timeout - pace(rank).timeout, 5 * SECOND / 2);
        }
        assert_eq!(pace(usize::MAX).timeout, pace(7).timeout);
        assert_eq!(Pace::of_rank(0, 2 * SECOND).beat, SECOND / 5);
        assert_eq!(Pace::of_rank(0, 86_400 * SECOND).beat, 5 * SECOND);
    }
}
