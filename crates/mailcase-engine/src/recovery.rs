//! Takes up messages that were stored and never decided: after a crash, a lost lease, or a person's "retry".

use crate::decider::{Decider, Undecided};
use crate::error::EngineError;
use crate::pipeline::Workshop;
use crate::sieve::Sieve;
use mailcase_core::MessageId;
use mailcase_store::{ClaimedMessage, Event};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Messages claimed at once.
const BATCH: usize = 32;
/// A message that was claimed more often and never finished may be what ends the process that touches it. Such ones
/// are decided one at a time, so that the others of its group are not taken down, and set aside, with it.
const SUSPECT_AFTER: i64 = 3;
/// Ticks between two tries while something of ours fails.
const FAILURE_TICKS: u32 = 5;

pub(crate) struct Recovery {
    workshop: Workshop,
    tick: Duration,
}

/// The claims of messages: what gives them back.
type Claims = Vec<(MessageId, i64)>;

impl Recovery {
    pub(crate) const fn new(workshop: Workshop, tick: Duration) -> Self {
        Self { workshop, tick }
    }

    pub(crate) async fn run(self, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            let pause = match self.round(&cancel).await {
                Ok(BATCH) => continue,
                Ok(_) => self.tick,
                Err(error) => {
                    tracing::error!(%error, "abandoned messages could not be taken up; trying again");
                    self.tick.saturating_mul(FAILURE_TICKS)
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One batch; returns how many messages it had.
    async fn round(&self, cancel: &CancellationToken) -> Result<usize, EngineError> {
        let Workshop { store, owner, message_lease, .. } = &self.workshop;
        let claimed = store.claim_messages(owner, *message_lease, BATCH).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let count = claimed.len();
        let _in_hand = self.workshop.in_flight.hold(claimed.iter().map(|message| message.message));
        let (chosen, later) = choose(claimed);
        self.give_back(&later, Duration::ZERO).await;
        tracing::info!(messages = chosen.len(), "taking up messages that were stored and never decided");
        let claims: Claims = chosen.iter().map(|message| (message.message, message.fence)).collect();
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(EngineError::Stopping),
            outcome = self.decide(chosen) => outcome,
        };
        match outcome {
            Ok(()) => Ok(count),
            // No fault of theirs: this claim does not count. What was decided all the same stays decided.
            Err(EngineError::Stopping) => {
                self.give_back(&claims, Duration::ZERO).await;
                Ok(0)
            }
            Err(error) => {
                if error.is_outage() {
                    self.give_back(&claims, self.tick.saturating_mul(FAILURE_TICKS)).await;
                }
                Err(error)
            }
        }
    }

    async fn decide(&self, claimed: Vec<ClaimedMessage>) -> Result<(), EngineError> {
        let store = &self.workshop.store;
        let mut connectors = BTreeSet::new();
        let mut group = Vec::with_capacity(claimed.len());
        for message in claimed {
            match store.decide_context(message.message).await {
                Ok(context) => {
                    connectors.insert(context.connector);
                    group.push(undecided(message, context));
                }
                Err(error) if error.is_outage() => return Err(error.into()),
                Err(error) => {
                    store.record_stage_failure(message.message, message.fence, &error.to_string()).await?;
                }
            }
        }
        Decider::new(self.workshop.clone()).decide(group).await?;
        // Their runners have something to acknowledge now.
        for connector in connectors {
            store.publish(Event::ConnectorWake { connector }).await;
        }
        Ok(())
    }

    async fn give_back(&self, claims: &[(MessageId, i64)], pause: Duration) {
        if let Err(error) = self.workshop.store.give_back_messages(claims, pause).await {
            tracing::warn!(%error, "messages could not be given back; their leases run out by themselves");
        }
    }
}

/// What of a claim is decided now, and the claims of the others: all that are above suspicion, or else the one of
/// the suspects that was claimed least often.
fn choose(claimed: Vec<ClaimedMessage>) -> (Vec<ClaimedMessage>, Claims) {
    let (mut suspects, mut chosen): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|message| message.attempts > SUSPECT_AFTER);
    if chosen.is_empty() {
        suspects.sort_by_key(|message| std::cmp::Reverse(message.attempts));
        chosen.extend(suspects.pop());
    }
    (chosen, suspects.iter().map(|message| (message.message, message.fence)).collect())
}

fn undecided(message: ClaimedMessage, context: mailcase_store::DecideContext) -> Undecided {
    Undecided {
        message: message.message,
        organization: message.organization,
        size: message.size,
        fence: message.fence,
        connector: context.connector,
        automatic_mail: context.automatic_mail,
        case_defaults: context.case_defaults,
        sieve: Arc::new(Sieve::new(&context.prefilter)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_core::OrganizationId;
    use mailcase_store::BlobHash;

    fn claimed(attempts: i64) -> ClaimedMessage {
        ClaimedMessage {
            message: MessageId::new(),
            organization: OrganizationId::new(),
            hash: BlobHash::of(b""),
            size: 0,
            fence: attempts,
            attempts,
        }
    }

    fn attempts(claimed: &[i64]) -> (Vec<i64>, usize) {
        let (chosen, later) = choose(claimed.iter().copied().map(self::claimed).collect());
        (chosen.iter().map(|message| message.attempts).collect(), later.len())
    }

    #[test]
    fn a_message_that_may_end_the_process_is_alone_when_it_is_touched() {
        assert_eq!(attempts(&[1, 2, 3]), (vec![1, 2, 3], 0));
        assert_eq!(attempts(&[9, 1, 4, 2]), (vec![1, 2], 2));
        assert_eq!(attempts(&[9, 5, 7]), (vec![5], 2));
        assert_eq!(attempts(&[30]), (vec![30], 0));
    }
}
