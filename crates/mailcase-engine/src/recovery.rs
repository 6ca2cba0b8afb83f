//! Takes up messages that were stored and never decided: after a crash, a lost lease, or a person's "retry".

use crate::decider::{Decider, Undecided};
use crate::error::EngineError;
use crate::pipeline::Workshop;
use mailcase_store::{ClaimedMessage, Event};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Messages claimed at once: few, because their leases run while they are worked on one after the other.
const BATCH: usize = 32;

pub(crate) struct Recovery {
    workshop: Workshop,
    tick: Duration,
}

impl Recovery {
    pub(crate) const fn new(workshop: Workshop, tick: Duration) -> Self {
        Self { workshop, tick }
    }

    pub(crate) async fn run(self, cancel: CancellationToken) {
        loop {
            match self.round().await {
                Ok(BATCH) => {}
                Ok(_) => {
                    tokio::select! {
                        () = cancel.cancelled() => return,
                        () = tokio::time::sleep(self.tick) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "abandoned messages could not be taken up; trying again");
                    tokio::select! {
                        () = cancel.cancelled() => return,
                        () = tokio::time::sleep(self.tick.saturating_mul(5)) => {}
                    }
                }
            }
            if cancel.is_cancelled() {
                return;
            }
        }
    }

    /// One batch; returns how many messages it had.
    async fn round(&self) -> Result<usize, EngineError> {
        let store = &self.workshop.store;
        let claimed = store.claim_messages(&self.workshop.owner, self.workshop.message_lease, BATCH).await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let count = claimed.len();
        tracing::info!(messages = count, "taking up messages that were stored and never decided");
        let mut connectors = BTreeSet::new();
        let mut group = Vec::with_capacity(count);
        for message in claimed {
            match store.decide_context(message.message).await {
                Ok(context) => {
                    connectors.insert(context.connector);
                    group.push(undecided(message, context));
                }
                Err(error) => {
                    store.record_stage_failure(message.message, message.fence, &error.to_string()).await?
                }
            }
        }
        Decider::new(self.workshop.clone()).decide(group).await?;
        // Their runners have something to acknowledge now.
        for connector in connectors {
            store.publish(Event::ConnectorWake { connector }).await;
        }
        Ok(count)
    }
}

fn undecided(message: ClaimedMessage, context: mailcase_store::DecideContext) -> Undecided {
    Undecided {
        message: message.message,
        organization: message.organization,
        hash: message.hash,
        size: message.size,
        fence: message.fence,
        connector: context.connector,
        automatic_mail: context.automatic_mail,
        case_defaults: context.case_defaults,
        examination: None,
    }
}
