//! Which message is to blame when a fetch breaks off.
//!
//! A server that hangs up whenever it is asked for one certain message would otherwise stop the whole mailbox. So after
//! a broken fetch the messages are asked for one at a time. One that breaks a fetch alone is suspected and asked for
//! last; it is to blame once the server gave another one, and not if it gives none: then fetching itself is broken.
//! Who is blamed is put back with a count; after enough tries it is set aside.

use mailcase_core::DeliveryId;
use mailcase_mail::SourceError;
use mailcase_store::FetchFailure;

/// Messages per fetch in the normal course: enough to keep a line busy - it rests while the last ones are acknowledged -
/// and few enough to acknowledge every few seconds.
const ROUND: usize = 2_000;
/// Messages fetched one by one without trouble before larger rounds are dared again.
const TRUST_AFTER: usize = 20;
/// So many in a row, each broken alone: it is not they.
const SUSPECTS_MAX: usize = 3;
/// Where nothing else waits, nothing tells a message from a server that gives none. Then this many tries count as one.
const LONE_TRIES: usize = 5;

#[derive(Debug, Default)]
pub(crate) struct FetchBlame {
    /// Set after a broken fetch; counts the single fetches that went well since.
    isolated: Option<usize>,
    /// Broke a fetch alone, and nothing was given since.
    suspects: Vec<FetchFailure>,
    lone_tries: usize,
}

impl FetchBlame {
    /// How many messages to ask for at once.
    pub(crate) const fn round(&self) -> usize {
        match self.isolated {
            Some(_) => 1,
            None => ROUND,
        }
    }

    /// Whether others are to be asked for first.
    pub(crate) fn suspects(&self, delivery: DeliveryId) -> bool {
        self.suspects.iter().any(|suspect| suspect.delivery == delivery)
    }

    /// Takes note of a fetch that went well; returns who is to blame for those that broke before it.
    pub(crate) fn succeeded(&mut self, asked: &[DeliveryId]) -> Vec<FetchFailure> {
        self.isolated = match self.isolated {
            Some(well) if well.saturating_add(1) < TRUST_AFTER => Some(well.saturating_add(1)),
            _ => None,
        };
        self.lone_tries = 0;
        let mut blamed = std::mem::take(&mut self.suspects);
        blamed.retain(|suspect| !asked.contains(&suspect.delivery));
        blamed
    }

    /// Takes note of a fetch that broke with `asked` messages, of which `unanswered` were not given. `lone`: nothing
    /// else waits. Returns who is to blame.
    pub(crate) fn failed(
        &mut self,
        error: &SourceError,
        asked: usize,
        unanswered: &[DeliveryId],
        lone: bool,
    ) -> Vec<FetchFailure> {
        let about_the_message = matches!(
            error,
            SourceError::Unreachable { .. }
                | SourceError::TimedOut { .. }
                | SourceError::Protocol { .. }
                | SourceError::Refused { .. }
        );
        // With nothing asked for it was no fetch that broke.
        if !about_the_message || asked == 0 {
            return Vec::new();
        }
        let alone = self.isolated.is_some() && asked == 1;
        self.isolated = Some(0);
        let (true, [delivery]) = (alone, unanswered) else { return Vec::new() };
        let suspect = FetchFailure { delivery: *delivery, reason: error.to_string(), gone: false };
        if lone {
            self.suspects.clear();
            self.lone_tries = self.lone_tries.saturating_add(1);
            if self.lone_tries >= LONE_TRIES {
                self.lone_tries = 0;
                return vec![suspect];
            }
        } else if !self.suspects(*delivery) {
            self.suspects.push(suspect);
            if self.suspects.len() >= SUSPECTS_MAX {
                self.suspects.clear();
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> SourceError {
        SourceError::Protocol { message: "hung up in the middle".to_owned() }
    }

    fn blamed(failures: &[FetchFailure]) -> Vec<DeliveryId> {
        failures.iter().map(|failure| failure.delivery).collect()
    }

    #[test]
    fn the_message_that_breaks_a_fetch_alone_is_blamed_once_another_was_given_and_trust_returns() {
        let (bad, good) = (DeliveryId::new(), DeliveryId::new());
        let mut blame = FetchBlame::default();
        assert_eq!(blame.round(), ROUND);
        assert_eq!(blame.failed(&broken(), ROUND, &[bad, good], false), [], "any of many may be to blame");
        assert_eq!(blame.round(), 1);
        assert_eq!(blame.failed(&broken(), 1, &[bad], false), [], "or the server gives nothing at all");
        assert!(blame.suspects(bad) && !blame.suspects(good));
        assert_eq!(blamed(&blame.succeeded(&[good])), [bad]);
        assert!(!blame.suspects(bad));
        for _ in 1..TRUST_AFTER {
            assert_eq!(blame.round(), 1);
            assert_eq!(blame.succeeded(&[good]), []);
        }
        assert_eq!(blame.round(), ROUND);
    }

    #[test]
    fn a_server_that_gives_nothing_is_no_messages_fault() {
        let mut blame = FetchBlame::default();
        assert_eq!(blame.failed(&broken(), 2, &[], false), []);
        for _ in 0..10 * SUSPECTS_MAX {
            assert_eq!(blame.failed(&broken(), 1, &[DeliveryId::new()], false), []);
        }
        let blamed = blame.succeeded(&[DeliveryId::new()]);
        assert!(blamed.len() < SUSPECTS_MAX, "whoever was asked for last before it came back, and once");
    }

    #[test]
    fn a_suspect_that_is_given_after_all_is_none() {
        let suspect = DeliveryId::new();
        let mut blame = FetchBlame::default();
        assert_eq!(blame.failed(&broken(), 2, &[], false), []);
        assert_eq!(blame.failed(&broken(), 1, &[suspect], false), []);
        assert_eq!(blame.succeeded(&[suspect]), []);
    }

    #[test]
    fn one_that_waits_alone_is_blamed_after_many_tries() {
        let lone = DeliveryId::new();
        let mut blame = FetchBlame::default();
        assert_eq!(blame.failed(&broken(), 1, &[lone], true), [], "the line may have broken by itself");
        for _ in 1..LONE_TRIES {
            assert_eq!(blame.failed(&broken(), 1, &[lone], true), []);
        }
        assert_eq!(blamed(&blame.failed(&broken(), 1, &[lone], true)), [lone]);
        assert_eq!(blame.failed(&broken(), 1, &[lone], true), []);
    }

    #[test]
    fn trouble_with_the_account_or_with_an_acknowledgement_is_no_messages_fault() {
        let mut blame = FetchBlame::default();
        let refused = SourceError::SignIn { message: "no".to_owned(), hint: None };
        assert_eq!(blame.failed(&refused, 1, &[DeliveryId::new()], false), []);
        assert_eq!(blame.failed(&broken(), 0, &[], false), []);
        assert_eq!(blame.round(), ROUND);
    }
}
