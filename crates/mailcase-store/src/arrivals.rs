//! Mail on its way in: recorded as stored and, what is examined already, decided in the same transaction.
//!
//! One transaction instead of two: every page of the tables and indexes that both would touch is written once.

use crate::Store;
use crate::decisions::{DecidedMessage, DecidedOutcome, commit_decisions, lock_organizations};
use crate::error::Result;
use crate::events::Event;
use crate::leases::Lease;
use crate::ledger::store::{Deciding, Incoming, record_stored};
use crate::ledger::{StoredDelivery, StoredOutcome};
use crate::sql::retrying;
use mailcase_core::{MessageId, OrganizationId};
use std::collections::HashMap;
use std::time::Duration;

/// A delivery whose bytes are durable, and what its message is decided by.
#[derive(Debug)]
pub struct Arrival {
    pub stored: StoredDelivery,
    /// Absent when the message is not examined yet: it is recorded as stored only, leased to the storing process.
    /// Its `message` is the name the message gets if it is new; its `fence` is 1.
    pub decided: Option<DecidedMessage>,
}

/// What became of an [`Arrival`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalOutcome {
    pub stored: StoredOutcome,
    /// `None` when the message was known before, or was not examined yet.
    pub decided: Option<DecidedOutcome>,
}

impl Store {
    /// Records what arrived and decides what is examined, in one transaction; outcomes are in the order of `batch`.
    ///
    /// When the transaction fails because of one message, the caller records all as stored
    /// ([`record_stored`](Self::record_stored)) and decides them one by one.
    pub async fn record_arrivals(
        &self,
        lease: &Lease,
        org: OrganizationId,
        batch: &[Arrival],
        process_owner: &str,
        process_ttl: Duration,
    ) -> Result<Vec<ArrivalOutcome>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let incoming: Vec<Incoming<'_>> = batch
            .iter()
            .map(|Arrival { stored, decided }| Incoming {
                stored,
                message: decided.as_ref().map_or_else(MessageId::new, |decided| decided.message),
            })
            .collect();
        let deciding = Deciding { owner: process_owner, until: self.clock().in_micros(process_ttl) };
        let (stored, decided) = retrying!(async {
            let mut tx = self.pool().begin().await?;
            // First of all: see the order of locks in `decisions`.
            let organizations = lock_organizations(&mut tx, std::iter::once(org)).await?;
            let stored = record_stored(&mut tx, self.now(), lease, org, &incoming, &deciding).await?;
            let new = new_messages(batch, &stored);
            let outcomes = commit_decisions(&mut tx, self.now(), organizations, &new).await?;
            tx.commit().await.map(|()| (stored, new.into_iter().zip(outcomes).collect::<Vec<_>>()))
        })?;
        let (messages, outcomes): (Vec<&DecidedMessage>, Vec<DecidedOutcome>) = decided.into_iter().unzip();
        let decided: HashMap<MessageId, DecidedOutcome> =
            messages.iter().map(|decided| decided.message).zip(outcomes.iter().copied()).collect();
        for outcome in stored.iter().filter(|outcome| outcome.new && !decided.contains_key(&outcome.message))
        {
            self.tell(Event::MessageStored { org, message: outcome.message });
        }
        self.tell_decisions(&messages, &outcomes);
        Ok(stored
            .into_iter()
            .map(|stored| ArrivalOutcome {
                stored,
                decided: if stored.new { decided.get(&stored.message).copied() } else { None },
            })
            .collect())
    }
}

/// The examined messages of a batch that nobody had before.
fn new_messages<'a>(batch: &'a [Arrival], stored: &[StoredOutcome]) -> Vec<&'a DecidedMessage> {
    let pairs = batch.iter().zip(stored).filter(|(_, outcome)| outcome.new);
    pairs.filter_map(|(arrival, _)| arrival.decided.as_ref()).collect()
}
