//! From the line to the decision: three stages with a batch in each, so that receiving, storing and deciding overlap.

use crate::batch::{Batch, Received};
use crate::decider::{Decider, Undecided};
use crate::error::EngineError;
use crate::examine::Examiner;
use crate::intake::{Awaited, Intake};
use mailcase_core::connector::Connector;
use mailcase_mail::FetchedSender;
use mailcase_store::{Lease, Store, StoredDelivery};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Chunks between the source and the intake. Chunks have at most 1 MiB, most far less.
const CHUNKS: usize = 8;

/// What the stages share.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) store: Store,
    pub(crate) examiner: Examiner,
    /// This process, as it stands in leases.
    pub(crate) owner: String,
    pub(crate) message_lease: Duration,
    /// Deliveries stored since the start, for whoever shows progress.
    pub(crate) stored: Arc<AtomicU64>,
}

/// A running pipeline for one connector. Dropping it loses nothing that was recorded.
pub(crate) struct Pipeline {
    pub(crate) fetched: FetchedSender,
    pub(crate) awaited: Awaited,
    stages: [JoinHandle<Result<(), EngineError>>; 3],
}

impl Pipeline {
    pub(crate) fn start(workshop: &Workshop, connector: &Connector, lease: &Lease) -> Self {
        let (fetched, from_source) = mpsc::channel(CHUNKS);
        let (batches, to_store) = mpsc::channel(1);
        let (stored, to_decide) = mpsc::channel(1);
        let awaited = Awaited::default();
        let intake = Intake {
            organization: connector.organization,
            store: workshop.store.clone(),
            examiner: workshop.examiner.clone(),
            awaited: awaited.clone(),
            batches,
        };
        let storer =
            Storer { workshop: workshop.clone(), connector: connector.clone(), lease: lease.clone(), stored };
        let decider = Decider::new(workshop.clone());
        Self {
            fetched,
            awaited,
            stages: [
                tokio::spawn(intake.run(from_source)),
                tokio::spawn(storer.run(to_store)),
                tokio::spawn(decider.run(to_decide)),
            ],
        }
    }

    /// Waits until everything received is stored and decided. The first failure of a stage is returned; what that
    /// stage had not recorded is taken up again from the database.
    pub(crate) async fn finish(self) -> Result<(), EngineError> {
        drop(self.fetched);
        let mut outcome = Ok(());
        for stage in self.stages {
            let result = stage.await.unwrap_or(Err(EngineError::Task));
            // A stage whose successor failed only says that it is stopping; the successor says why.
            if matches!(outcome, Ok(()) | Err(EngineError::Stopping)) && result.is_err() {
                outcome = result;
            }
        }
        outcome
    }
}

struct Storer {
    workshop: Workshop,
    connector: Connector,
    lease: Lease,
    stored: mpsc::Sender<Vec<Undecided>>,
}

impl Storer {
    async fn run(self, mut batches: mpsc::Receiver<Batch>) -> Result<(), EngineError> {
        while let Some(batch) = batches.recv().await {
            let undecided = self.store(batch).await?;
            if !undecided.is_empty() {
                self.stored.send(undecided).await.map_err(|_| EngineError::Stopping)?;
            }
        }
        Ok(())
    }

    /// Records a batch; returns the messages that are new and so have to be decided.
    async fn store(&self, batch: Batch) -> Result<Vec<Undecided>, EngineError> {
        let Workshop { store, owner, message_lease, stored, .. } = &self.workshop;
        if !batch.failures.is_empty() {
            store.record_fetch_failures(&self.lease, &batch.failures).await?;
        }
        let mut deliveries = Vec::with_capacity(batch.messages.len());
        let mut examinations = Vec::with_capacity(batch.messages.len());
        for Received { delivery, received, receipt, examination } in batch.messages {
            let receipt = receipt.await.map_err(|_| EngineError::Task)??;
            metrics::counter!("mailcase_stored_bytes_total").increment(receipt.size);
            deliveries.push(StoredDelivery { delivery, receipt, received });
            examinations.push(examination);
        }
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = store
            .record_stored(&self.lease, self.connector.organization, &deliveries, owner, *message_lease)
            .await?;
        let count = u64::try_from(outcomes.len()).unwrap_or(u64::MAX);
        stored.fetch_add(count, Ordering::Relaxed);
        metrics::counter!("mailcase_deliveries_stored_total").increment(count);
        let undecided = outcomes.into_iter().zip(examinations).filter(|(outcome, _)| outcome.new);
        Ok(undecided
            .map(|(outcome, examination)| Undecided {
                message: outcome.message,
                organization: self.connector.organization,
                hash: outcome.hash,
                size: outcome.size,
                fence: outcome.fence,
                connector: self.connector.id,
                automatic_mail: self.connector.settings.automatic_mail,
                case_defaults: self.connector.settings.case_defaults.clone(),
                examination,
            })
            .collect())
    }
}
