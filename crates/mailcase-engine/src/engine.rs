//! Starts and stops everything that works in the background.

use crate::alarms;
use crate::budget::Budget;
use crate::config::EngineConfig;
use crate::error::EngineError;
use crate::examine::Examiner;
use crate::expiry;
use crate::handle::EngineHandle;
use crate::in_flight::InFlight;
use crate::keyrings::Keyrings;
use crate::means::MeansOf;
use crate::pipeline::Workshop;
use crate::recovery::Recovery;
use crate::reexaminations::Reexaminer;
use crate::remote::{Remote, Visits};
use crate::supervisor::Supervisor;
use crate::upkeep;
use mailcase_mail::SourceFactory;
use mailcase_store::Store;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

/// The role of a server in the owner names of leases.
pub(crate) const SERVER: &str = "server";

/// The running engine. Dropping it tells its tasks to stop and waits for none of them, which loses nothing;
/// [`shutdown`](Self::shutdown) lets them finish what they have in hand.
#[derive(Debug)]
pub struct Engine {
    handle: EngineHandle,
    stop: DropGuard,
    tasks: JoinSet<()>,
    /// Goes on while the others finish what they have in hand.
    keeper: AbortOnDropHandle<()>,
}

impl Engine {
    /// Starts polling active connectors, taking up abandoned messages, and watching for alarms.
    pub fn start<F: SourceFactory>(store: Store, factory: Arc<F>, config: EngineConfig) -> Self {
        let cancel = CancellationToken::new();
        let remote: Arc<dyn Remote> = Arc::new(Visits::new(store.clone(), Arc::clone(&factory)));
        let keyrings = Keyrings::new(store.clone());
        let means = MeansOf::new(&store, keyrings);
        let workshop = workshop(&store, &config, SERVER, means.clone());
        let in_flight = workshop.in_flight.clone();
        let keeping = in_flight.keep(store.clone(), workshop.owner.clone(), config.message_lease);
        let keeper = AbortOnDropHandle::new(tokio::spawn(keeping));
        let supervisor = Supervisor {
            workshop: workshop.clone(),
            factory,
            kinds: remote.kinds().to_vec(),
            config: config.clone(),
            cancel: cancel.child_token(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(supervisor.run());
        tasks.spawn(upkeep::nightly(
            store.clone(),
            workshop.owner.clone(),
            Arc::clone(&remote),
            config.upkeep,
            cancel.child_token(),
        ));
        tasks.spawn(expiry::watch(
            store.clone(),
            workshop.owner.clone(),
            Arc::clone(&remote),
            cancel.child_token(),
        ));
        tasks.spawn(means.clone().watch(cancel.child_token()));
        let owner = workshop.owner.clone();
        let reexaminer = Reexaminer::new(store.clone(), means.clone(), owner, &config);
        tasks.spawn(reexaminer.run(cancel.child_token()));
        tasks.spawn(Recovery::new(workshop, config.tick).run(cancel.child_token()));
        tasks.spawn(alarms::watch(store.clone(), config.look_over, cancel.child_token()));
        Self { handle: EngineHandle::new(store, remote, means), stop: cancel.drop_guard(), tasks, keeper }
    }

    /// A handle for tools that work without background tasks (`mailcase connector test`, `mailcase account`).
    pub fn handle_only<F: SourceFactory>(store: Store, factory: Arc<F>) -> EngineHandle {
        let means = MeansOf::new(&store, Keyrings::new(store.clone()));
        EngineHandle::new(store.clone(), Arc::new(Visits::new(store, factory)), means)
    }

    #[must_use]
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Stops taking messages, finishes those in hand, gives the leases back.
    ///
    /// # Errors
    /// [`EngineError::Task`] when a background task had panicked.
    pub async fn shutdown(self) -> Result<(), EngineError> {
        let Self { stop, mut tasks, keeper, .. } = self;
        drop(stop);
        let mut outcome = Ok(());
        while let Some(task) = tasks.join_next().await {
            if task.is_err() {
                outcome = Err(EngineError::Task);
            }
        }
        drop(keeper);
        outcome
    }
}

/// What all pipelines of this process share. The owner name is new at each start, so that leases of a process that
/// died are never taken for our own.
pub(crate) fn workshop(store: &Store, config: &EngineConfig, role: &str, means: MeansOf) -> Workshop {
    Workshop {
        store: store.clone(),
        examiner: Examiner::new(config.examiners, config.limits, store.token_key(), means),
        budget: Budget::new(),
        in_flight: InFlight::default(),
        owner: format!("{role}:{}/{}", config.replica, uuid::Uuid::now_v7()),
        message_lease: config.message_lease,
        stored: Arc::default(),
    }
}
