//! From the line to the decision: one task receives, the messages land side by side, another task writes what they
//! mean into the database, many at a time.

use crate::budget::Budget;
use crate::error::EngineError;
use crate::examine::{Examiner, MailOf};
use crate::in_flight::InFlight;
use crate::intake::{Awaited, Intake};
use crate::keeper::{Keeper, MESSAGES};
use crate::landing::Ground;
use crate::sieve::Sieve;
use mailcase_core::connector::Connector;
use mailcase_mail::FetchedSender;
use mailcase_store::{Lease, Store};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Chunks between the source and the intake. Chunks have at most 1 MiB, most far less.
const CHUNKS: usize = 8;

/// What the stages share.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) store: Store,
    pub(crate) examiner: Examiner,
    pub(crate) budget: Budget,
    pub(crate) in_flight: InFlight,
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
    /// Ended with the pipeline: a source that hangs would keep them, and their share of memory, for ever.
    stages: [AbortOnDropHandle<Result<(), EngineError>>; 2],
}

impl Pipeline {
    /// With `caution` nothing is examined before the database knows it: a message that ends the process is then found
    /// out by how often it was taken up (`recovery.rs`). This costs a transaction and a second reading.
    pub(crate) fn start(
        workshop: &Workshop,
        connector: &Connector,
        sieve: &Arc<Sieve>,
        lease: &Lease,
        caution: bool,
    ) -> Self {
        let (fetched, from_source) = mpsc::channel(CHUNKS);
        let (answers, to_keep) = mpsc::channel(MESSAGES);
        let awaited = Awaited::default();
        let ground = Ground {
            mail_of: MailOf { organization: connector.organization, connectors: vec![connector.id] },
            store: workshop.store.clone(),
            sieve: Arc::clone(sieve),
            examiner: (!caution).then(|| workshop.examiner.clone()),
            budget: workshop.budget.clone(),
        };
        let intake = Intake { ground, awaited: awaited.clone(), answers };
        let keeper = Keeper {
            workshop: workshop.clone(),
            connector: connector.clone(),
            sieve: Arc::clone(sieve),
            lease: lease.clone(),
            awaited: awaited.clone(),
        };
        Self {
            fetched,
            awaited,
            stages: [tokio::spawn(intake.run(from_source)), tokio::spawn(keeper.run(to_keep))]
                .map(AbortOnDropHandle::new),
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
