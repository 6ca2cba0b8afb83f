//! Care after crashes: when earlier runs of a connector ended with their process, a message may have ended it.
//!
//! Messages are examined while they come, before the database knows them; one that takes the whole process down (stack,
//! memory) would be fetched and examined again after every start. So after a few interrupted runs messages are recorded
//! first. From then on each is claimed under a count, and the one that is claimed again and again is set aside.

/// Runs interrupted in a row before a message is suspected: machines are switched off, too.
const SUSPECT_AFTER: i64 = 3;
/// Messages taken with care at most; a crash among later ones begins a new count, and finds these done.
const MESSAGES: usize = 2_000;

/// How many messages are still to be taken with care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caution(usize);

impl Caution {
    /// What is called for after so many interrupted runs.
    pub(crate) const fn after(interruptions: i64) -> Self {
        Self(if interruptions >= SUSPECT_AFTER { MESSAGES } else { 0 })
    }

    pub(crate) const fn is_called_for(self) -> bool {
        self.0 > 0
    }

    /// Of `due` messages, how many to take in one go.
    pub(crate) const fn share_of(self, due: usize) -> usize {
        if self.0 > 0 && self.0 < due { self.0 } else { due }
    }

    pub(crate) const fn survived(&mut self, messages: usize) {
        self.0 = self.0.saturating_sub(messages);
    }

    /// A whole round went through: nothing that waits ends the process.
    pub(crate) const fn over(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn care_is_taken_after_several_interruptions_and_ends() {
        assert!(!Caution::after(SUSPECT_AFTER - 1).is_called_for(), "a power cut is no reason");
        let mut caution = Caution::after(SUSPECT_AFTER);
        assert!(caution.is_called_for());
        assert_eq!(caution.share_of(10), 10);
        assert_eq!(caution.share_of(MESSAGES + 1), MESSAGES);
        caution.survived(MESSAGES - 1);
        assert_eq!(caution.share_of(10), 1);
        caution.survived(1);
        assert!(!caution.is_called_for());
        assert_eq!(caution.share_of(10), 10);
        let mut caution = Caution::after(SUSPECT_AFTER);
        caution.over();
        assert!(!caution.is_called_for());
    }
}
