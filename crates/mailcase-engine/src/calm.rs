//! How often a server's announcements are answered with a poll: at once as a rule, ten times a second when they do not stop.

use std::time::Duration;
use tokio::time::Instant;

/// The pace that is kept up for ever: a poll costs the server and us a few milliseconds.
const PACE: Duration = Duration::from_millis(100);
/// Polls at once before the pace applies: messages arriving one after the other are each on the screen at once.
const BURST: u32 = 20;

/// The generic cell rate algorithm with one cell.
#[derive(Debug, Default)]
pub(crate) struct Calm {
    /// When all polls so far would be over, had each taken [`PACE`].
    settled: Option<Instant>,
}

impl Calm {
    /// Takes note of an announcement at `now` and returns when it is to be answered.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        let settled = self.settled.map_or(now, |settled| settled.max(now));
        self.settled = settled.checked_add(PACE);
        settled.checked_sub(PACE.saturating_mul(BURST)).map_or(now, |ready| ready.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_answered_at_once_a_storm_at_a_steady_pace_and_silence_makes_up_for_it() {
        let start = Instant::now();
        let mut calm = Calm::default();
        for _ in 0..=BURST {
            assert_eq!(calm.next(start), start);
        }
        let first = calm.next(start);
        assert_eq!(first, start + PACE);
        assert_eq!(calm.next(first), start + 2 * PACE);
        let later = start + 10 * PACE * BURST;
        assert_eq!(calm.next(later), later);
    }
}
