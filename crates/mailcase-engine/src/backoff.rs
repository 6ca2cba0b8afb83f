//! How long to wait after a failure: doubling, with jitter. A sign-in that is refused again and again opens the circuit:
//! it is tried rarely from then on, because every try brings the account closer to being locked.

use rand::RngExt;
use std::time::Duration;

/// The first pause after a failure.
const SHORTEST: Duration = Duration::from_secs(1);
/// A mailbox that recovers is noticed within this time.
const LONGEST: Duration = Duration::from_secs(300);
/// So many refusals in a row are no slip of the provider. Directories lock an account after five to ten of them.
const REFUSALS_UNTIL_OPEN: u32 = 3;
/// The first pause of an open circuit: directories forget refusals after ten to fifteen minutes.
const OPEN_SHORTEST: Duration = Duration::from_secs(15 * 60);
/// An account that is let in again is noticed within this time, if nobody asks for a poll.
const OPEN_LONGEST: Duration = Duration::from_secs(60 * 60);

/// What failed, as far as the pause depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may work the next time. The server may have `asked` for a pause.
    Passing { asked: Option<Duration> },
    /// The server refused who we are.
    SignIn,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) length: Duration,
    /// The circuit is open.
    pub(crate) open: bool,
    /// It was not before.
    pub(crate) opened: bool,
}

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    refusals: u32,
}

impl Backoff {
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The pause before the next try. What the server asked for is never undercut.
    pub(crate) fn failed(&mut self, failure: Failure) -> Pause {
        let length = match failure {
            Failure::Passing { .. } => doubled(SHORTEST, self.failures, LONGEST),
            Failure::SignIn => {
                self.refusals = self.refusals.saturating_add(1);
                match self.refusals.checked_sub(REFUSALS_UNTIL_OPEN) {
                    Some(times) => doubled(OPEN_SHORTEST, times, OPEN_LONGEST),
                    None => doubled(SHORTEST, self.failures, LONGEST),
                }
            }
        };
        self.failures = self.failures.saturating_add(1);
        // Between 75 and 125 percent, so that a thousand connectors to one server do not come back together.
        let jittered = length.mul_f64(rand::rng().random_range(0.75..1.25));
        let (refused, asked) = match failure {
            Failure::Passing { asked } => (false, asked),
            Failure::SignIn => (true, None),
        };
        Pause {
            length: jittered.max(asked.unwrap_or_default()),
            open: refused && self.refusals >= REFUSALS_UNTIL_OPEN,
            opened: refused && self.refusals == REFUSALS_UNTIL_OPEN,
        }
    }
}

fn doubled(shortest: Duration, times: u32, longest: Duration) -> Duration {
    shortest.saturating_mul(2_u32.saturating_pow(times.min(16))).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSING: Failure = Failure::Passing { asked: None };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<u64> = (0..11).map(|n| doubled(SHORTEST, n, LONGEST).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }

    #[test]
    fn what_the_server_asked_for_is_never_undercut_and_success_starts_anew() {
        let mut backoff = Backoff::default();
        let asked = Some(Duration::from_secs(900));
        assert!(backoff.failed(Failure::Passing { asked }).length >= Duration::from_secs(900));
        for _ in 0..50 {
            assert!(backoff.failed(PASSING).length <= LONGEST.mul_f64(1.25));
        }
        backoff.succeeded();
        assert!(backoff.failed(PASSING).length < Duration::from_secs(2));
    }

    #[test]
    fn refusals_in_a_row_open_the_circuit_until_one_try_succeeds() {
        let mut backoff = Backoff::default();
        for _ in 0..2 {
            let pause = backoff.failed(Failure::SignIn);
            assert!(!pause.open && pause.length < Duration::from_secs(6), "{pause:?}");
            // An outage in between proves nothing about who we are.
            assert!(!backoff.failed(PASSING).open);
        }
        let third = backoff.failed(Failure::SignIn);
        assert!(third.open && third.opened && third.length >= OPEN_SHORTEST.mul_f64(0.75), "{third:?}");
        for _ in 0..20 {
            let pause = backoff.failed(Failure::SignIn);
            assert!(pause.open && !pause.opened && pause.length <= OPEN_LONGEST.mul_f64(1.25), "{pause:?}");
        }
        assert!(backoff.failed(PASSING).length <= LONGEST.mul_f64(1.25), "an outage is looked at more often");
        backoff.succeeded();
        assert!(!backoff.failed(Failure::SignIn).open);
    }

    #[test]
    fn an_account_is_not_locked_by_a_password_that_is_wrong() {
        let mut backoff = Backoff::default();
        let (mut passed, mut tries) = (Duration::ZERO, 0);
        while passed < Duration::from_secs(10 * 60) {
            passed += backoff.failed(Failure::SignIn).length;
            tries += 1;
        }
        assert!(tries <= 3, "{tries} tries in ten minutes");
    }
}
