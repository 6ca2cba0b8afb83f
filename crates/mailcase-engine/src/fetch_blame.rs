//! Which message is to blame when a fetch breaks off.
//!
//! A server that hangs up whenever it is asked for one certain message would otherwise stop the whole mailbox.
//! So after a broken fetch the messages are asked for one at a time, and the one that breaks it again is put back
//! with a count; after enough tries it is set aside.

use mailcase_mail::SourceError;

/// Messages per fetch in the normal course: enough to keep a line busy - it rests while the last ones are acknowledged -
/// and few enough to acknowledge every few seconds.
const ROUND: usize = 2_000;
/// Messages fetched one by one without trouble before larger rounds are dared again.
const TRUST_AFTER: usize = 20;

#[derive(Debug, Default)]
pub(crate) struct FetchBlame {
    /// Set after a broken fetch; counts the single fetches that went well since.
    isolated: Option<usize>,
}

impl FetchBlame {
    /// How many messages to ask for at once.
    pub(crate) const fn round(&self) -> usize {
        match self.isolated {
            Some(_) => 1,
            None => ROUND,
        }
    }

    pub(crate) fn succeeded(&mut self) {
        self.isolated = match self.isolated {
            Some(well) if well.saturating_add(1) < TRUST_AFTER => Some(well.saturating_add(1)),
            _ => None,
        };
    }

    /// Takes note of a broken fetch; true when the single message that was asked for is to blame. With nothing
    /// `asked` for it was no fetch that broke.
    pub(crate) fn failed(&mut self, error: &SourceError, asked: usize) -> bool {
        let about_the_message = matches!(
            error,
            SourceError::Unreachable { .. }
                | SourceError::TimedOut { .. }
                | SourceError::Protocol { .. }
                | SourceError::Refused { .. }
        );
        if !about_the_message || asked == 0 {
            return false;
        }
        let alone = self.isolated.is_some() && asked == 1;
        self.isolated = Some(0);
        alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_that_breaks_a_fetch_alone_is_blamed_and_trust_returns() {
        let broken = SourceError::Protocol { message: "hung up in the middle".to_owned() };
        let mut blame = FetchBlame::default();
        assert_eq!(blame.round(), ROUND);
        assert!(!blame.failed(&broken, ROUND), "any of many may be to blame");
        assert_eq!(blame.round(), 1);
        assert!(blame.failed(&broken, 1));
        for _ in 0..TRUST_AFTER {
            assert_eq!(blame.round(), 1);
            blame.succeeded();
        }
        assert_eq!(blame.round(), ROUND);
    }

    #[test]
    fn trouble_with_the_account_is_no_messages_fault() {
        let mut blame = FetchBlame::default();
        let refused = SourceError::SignIn { message: "no".to_owned(), hint: None };
        assert!(!blame.failed(&refused, 1));
        assert_eq!(blame.round(), ROUND);
    }

    #[test]
    fn a_broken_acknowledgement_is_no_messages_fault_either() {
        let mut blame = FetchBlame::default();
        let broken = SourceError::Protocol { message: "hung up".to_owned() };
        assert!(!blame.failed(&broken, 0));
        assert_eq!(blame.round(), ROUND);
    }
}
