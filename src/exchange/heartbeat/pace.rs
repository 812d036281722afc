//! How often ranks let each other know, and when silence is too long.

use std::time::Duration;

/// Times of the heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Silence after which a rank is lost.
    pub(super) timeout: Duration,
    /// Between two beats: a tenth of the silence that the run allows, 0.2 s to 5 s.
    pub(super) beat: Duration,
    /// Between two looks at who is missed, at most.
    pub(super) look: Duration,
}

/// Ranks that wait in turn to say that rank 0 is lost; those above wait as long as the last of them.
const TURNS: u32 = 6;

/// What the end of all ranks takes after one has asked for it.
const END: Duration = Duration::from_millis(500);

impl Pace {
    /// The times of a rank of a run that allows a silence of `timeout`. When rank 0 is lost all others notice, within a
    /// beat of each other: the lowest is given the time to say so, and to end all, before the next one does.
    pub(super) fn of_rank(rank: usize, timeout: Duration) -> Pace {
        let beat = (timeout / 10).clamp(Duration::from_millis(200), Duration::from_secs(5));
        let turn = u32::try_from(rank.saturating_sub(1)).map_or(TURNS, |turn| turn.min(TURNS));
        Pace { timeout: timeout + turn * (beat + END), beat, look: beat.min(Duration::from_millis(500)) }
    }
}
