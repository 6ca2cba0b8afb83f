//! How long to wait after a failure: doubling, with jitter, never longer than [`LONGEST`].

use rand::RngExt;
use std::time::Duration;

/// The first pause after a failure.
const SHORTEST: Duration = Duration::from_secs(1);
/// A mailbox that recovers is noticed within this time.
const LONGEST: Duration = Duration::from_secs(300);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The pause before the next try. `asked` is what the server asked for; it is never undercut.
    pub(crate) fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let pause = pause_after(self.failures);
        self.failures = self.failures.saturating_add(1);
        // Between 75 and 125 percent, so that a thousand connectors to one server do not come back together.
        let jittered = pause.mul_f64(rand::rng().random_range(0.75..1.25));
        jittered.max(asked.unwrap_or_default())
    }
}

fn pause_after(failures: u32) -> Duration {
    SHORTEST.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<u64> = (0..11).map(|n| pause_after(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    #[test]
    fn what_the_server_asked_for_is_never_undercut_and_success_starts_anew() {
        let mut backoff = Backoff::default();
        assert!(backoff.failed(Some(Duration::from_secs(900))) >= Duration::from_secs(900));
        for _ in 0..50 {
            assert!(backoff.failed(None) <= LONGEST.mul_f64(1.25));
        }
        backoff.succeeded();
        assert!(backoff.failed(None) < Duration::from_secs(2));
    }
}
