//! Writes what landed into the database: stored and decided, many messages per transaction.

use crate::decider::{Decider, Undecided};
use crate::error::EngineError;
use crate::examine::Examined;
use crate::intake::{Answer, Awaited, Received};
use crate::landing::Landed;
use crate::pipeline::Workshop;
use crate::sieve::Sieve;
use mailcase_core::MessageId;
use mailcase_core::connector::Connector;
use mailcase_store::{Arrival, DecidedMessage, Lease, StoreError, StoredDelivery, StoredOutcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Messages of a transaction at most: beyond this it gains nothing. As many may wait for the next one.
pub(crate) const MESSAGES: usize = 512;
/// While more is known to be coming, a transaction waits this long for company. The last message of a fetch never waits.
const LINGER: Duration = Duration::from_millis(200);
/// The fence of a message's first lease.
const FIRST_FENCE: i64 = 1;

pub(crate) struct Keeper {
    pub(crate) workshop: Workshop,
    pub(crate) connector: Connector,
    pub(crate) sieve: Arc<Sieve>,
    pub(crate) lease: Lease,
    pub(crate) awaited: Awaited,
}

impl Keeper {
    /// Runs until the intake has ended and everything it handed on is in the database.
    pub(crate) async fn run(self, mut answers: mpsc::Receiver<Answer>) -> Result<(), EngineError> {
        let mut batch = Vec::new();
        while answers.recv_many(&mut batch, MESSAGES).await > 0 {
            let until = Instant::now().checked_add(LINGER).unwrap_or_else(Instant::now);
            while batch.len() < MESSAGES && !(self.awaited.none() && answers.is_empty()) {
                let room = MESSAGES.saturating_sub(batch.len());
                match tokio::time::timeout_at(until, answers.recv_many(&mut batch, room)).await {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
            self.keep(std::mem::take(&mut batch)).await?;
        }
        Ok(())
    }

    async fn keep(&self, batch: Vec<Answer>) -> Result<(), EngineError> {
        let store = &self.workshop.store;
        let mut failures = Vec::new();
        let mut unwanted = Vec::new();
        let mut arrivals = Vec::with_capacity(batch.len());
        let mut shares = Vec::with_capacity(batch.len());
        for answer in batch {
            match answer {
                Answer::Failure(failure) => failures.push(failure),
                Answer::Message(Received { delivery, received, landing }) => {
                    let landed = landing.await.map_err(|_| EngineError::Task)??;
                    let Landed::Kept { receipt, examined, share } = landed else {
                        unwanted.push(delivery);
                        continue;
                    };
                    metrics::counter!("mailcase_stored_bytes_total").increment(receipt.size);
                    let stored = StoredDelivery { delivery, receipt, received };
                    arrivals
                        .push(Arrival { stored, decided: examined.map(|examined| self.decided(*examined)) });
                    shares.push(share);
                }
            }
        }
        if !failures.is_empty() {
            store.record_fetch_failures(&self.lease, &failures).await?;
        }
        store.record_filtered_out(&self.lease, &unwanted).await?;
        metrics::counter!("mailcase_messages_filtered_out_total")
            .increment(unwanted.len().try_into().unwrap_or(u64::MAX));
        if arrivals.is_empty() {
            return Ok(());
        }
        let Workshop { owner, message_lease, .. } = &self.workshop;
        let organization = self.connector.organization;
        let recording = store.record_arrivals(&self.lease, organization, &arrivals, owner, *message_lease);
        match Box::pin(recording).await {
            Ok(outcomes) => {
                let decided = outcomes.iter().filter(|outcome| outcome.decided.is_some()).count();
                Decider::count(decided);
                self.count_stored(outcomes.len());
                let undecided = outcomes
                    .iter()
                    .filter(|outcome| outcome.stored.new && outcome.decided.is_none())
                    .map(|outcome| self.undecided(&outcome.stored));
                let undecided: Vec<Undecided> = undecided.collect();
                drop(shares);
                self.decide(undecided).await
            }
            Err(error) if matches!(error, StoreError::Fenced) || error.is_outage() => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, messages = arrivals.len(), "a batch of messages failed; trying one by one");
                Box::pin(self.keep_one_by_one(arrivals)).await
            }
        }
    }

    /// Records everything as stored and decides it one by one: one message may be to blame.
    async fn keep_one_by_one(&self, arrivals: Vec<Arrival>) -> Result<(), EngineError> {
        let Workshop { store, owner, message_lease, .. } = &self.workshop;
        let deliveries: Vec<StoredDelivery> = arrivals.iter().map(|arrival| arrival.stored.clone()).collect();
        let outcomes = store
            .record_stored(&self.lease, self.connector.organization, &deliveries, owner, *message_lease)
            .await?;
        self.count_stored(outcomes.len());
        let mut decided = Vec::new();
        let mut undecided = Vec::new();
        for (arrival, outcome) in arrivals.into_iter().zip(&outcomes).filter(|(_, outcome)| outcome.new) {
            match arrival.decided {
                Some(message) => {
                    decided.push(DecidedMessage { message: outcome.message, fence: outcome.fence, ..message })
                }
                None => undecided.push(self.undecided(outcome)),
            }
        }
        let _in_hand = self.workshop.in_flight.hold(decided.iter().map(|decided| decided.message));
        let _later = self.workshop.in_flight.hold(undecided.iter().map(|undecided| undecided.message));
        Decider::new(self.workshop.clone()).commit_one_by_one(&decided).await?;
        self.decide(undecided).await
    }

    /// Decides what could not be examined while it came.
    async fn decide(&self, undecided: Vec<Undecided>) -> Result<(), EngineError> {
        let _in_hand = self.workshop.in_flight.hold(undecided.iter().map(|undecided| undecided.message));
        Box::pin(Decider::new(self.workshop.clone()).decide(undecided)).await
    }

    fn count_stored(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.workshop.stored.fetch_add(count, Ordering::Relaxed);
        metrics::counter!("mailcase_deliveries_stored_total").increment(count);
    }

    fn decided(&self, examined: Examined) -> DecidedMessage {
        let Connector { id, organization, settings, .. } = &self.connector;
        DecidedMessage {
            message: MessageId::new(),
            organization: *organization,
            fence: FIRST_FENCE,
            evidence: examined.evidence,
            answered_ids: examined.answered_ids,
            subject_token: examined.subject_token,
            address_token: examined.address_token,
            automatic: examined.automatic,
            connector: *id,
            automatic_mail: settings.automatic_mail,
            case_defaults: settings.case_defaults.clone(),
            filtered_out: false,
        }
    }

    fn undecided(&self, outcome: &StoredOutcome) -> Undecided {
        let Connector { id, organization, settings, .. } = &self.connector;
        Undecided {
            message: outcome.message,
            organization: *organization,
            size: outcome.size,
            fence: outcome.fence,
            connector: *id,
            automatic_mail: settings.automatic_mail,
            case_defaults: settings.case_defaults.clone(),
            sieve: Arc::clone(&self.sieve),
        }
    }
}
