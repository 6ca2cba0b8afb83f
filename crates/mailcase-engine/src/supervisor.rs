//! Claims connectors nobody runs, starts a runner for each, and keeps their leases alive.
//!
//! An edit, a deactivation or a deletion raises the connector's fence in the database: the runner's next write is
//! refused and it ends; if the connector is still active it is claimed again with its new settings.

use crate::config::EngineConfig;
use crate::engine::SERVER;
use crate::fetch_blame::FetchBlame;
use crate::pipeline::Workshop;
use crate::remote::watched_folders;
use crate::runner::{Post, Runner};
use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_core::connector::Connector;
use mailcase_mail::{Interrupt, MailSource, SourceFactory, SourceKind};
use mailcase_store::{ConnectorState, ConnectorStatusUpdate, ErrorFacts, Event, Lease, Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

struct Running {
    task: JoinHandle<()>,
    cancel: CancellationToken,
    interrupt: Interrupt,
}

pub(crate) struct Supervisor<F> {
    pub(crate) workshop: Workshop,
    pub(crate) factory: Arc<F>,
    pub(crate) kinds: Vec<SourceKind>,
    pub(crate) config: EngineConfig,
    pub(crate) cancel: CancellationToken,
}

impl<F: SourceFactory> Supervisor<F> {
    pub(crate) async fn run(self) {
        let mut events = self.workshop.store.events();
        let mut running: HashMap<ConnectorId, Running> = HashMap::new();
        if self.config.sole_server
            && let Err(error) = self.workshop.store.break_leases(SERVER, &self.workshop.owner).await
        {
            tracing::warn!(%error, "the leases of an earlier server could not be broken; they run out by themselves");
        }
        loop {
            running.retain(|_, runner| !runner.task.is_finished());
            self.claim(&mut running).await;
            let tick = tokio::time::sleep(self.config.tick);
            tokio::pin!(tick);
            loop {
                tokio::select! {
                    () = self.cancel.cancelled() => return stop(running).await,
                    () = &mut tick => break,
                    event = events.next() => match event {
                        Event::ConnectorWake { connector } => {
                            if let Some(runner) = running.get(&connector) {
                                runner.interrupt.notify();
                            }
                        }
                        Event::ConnectorChanged { connector, .. } => {
                            if let Some(runner) = running.remove(&connector) {
                                runner.cancel.cancel();
                                // Not two runners of one connector in one process; its fence protects the database anyway.
                                join(runner.task).await;
                            }
                            break;
                        }
                        _ => {}
                    },
                }
            }
        }
    }

    async fn claim(&self, running: &mut HashMap<ConnectorId, Running>) {
        let free = self.config.max_connectors.saturating_sub(running.len());
        let Workshop { store, owner, .. } = &self.workshop;
        let claimed = match store.claim_connectors(owner, self.config.connector_lease, free).await {
            Ok(claimed) => claimed,
            Err(error) => return tracing::error!(%error, "connectors could not be claimed; trying again"),
        };
        for (connector, lease) in claimed {
            let id = connector.id;
            if let Some(previous) = running.remove(&id) {
                previous.cancel.cancel();
                join(previous.task).await;
            }
            running.insert(id, self.start(connector, lease));
        }
        metrics::gauge!("mailcase_connectors_running")
            .set(f64::from(u32::try_from(running.len()).unwrap_or(u32::MAX)));
    }

    fn start(&self, connector: Connector, lease: Lease) -> Running {
        let cancel = self.cancel.child_token();
        let interrupt = Interrupt::default();
        let keeper = keep_lease(
            self.workshop.store.clone(),
            lease.clone(),
            self.config.connector_lease,
            cancel.clone(),
        );
        let folders = watched_folders(&connector.settings, &self.kinds);
        let (workshop, factory) = (self.workshop.clone(), Arc::clone(&self.factory));
        let (runner_cancel, runner_interrupt) = (cancel.clone(), interrupt.clone());
        let task = tokio::spawn(async move {
            let store = workshop.store.clone();
            let kept = lease.clone();
            // However this task ends, by a panic too, the lease is no longer kept: somebody else may take over.
            let _keeps = runner_cancel.clone().drop_guard();
            let keeper = tokio::spawn(keeper);
            match open(&*factory, &store, &connector).await {
                Ok(source) => {
                    let cancel = runner_cancel.clone();
                    let post =
                        Post { workshop, connector, lease, folders, interrupt: runner_interrupt, cancel };
                    Runner { post, source, blame: FetchBlame::default() }.run().await;
                }
                Err(NotOpened::ForNow(error)) => {
                    tracing::error!(%error, connector = %kept.connector, "a connector could not be started; trying again");
                }
                Err(NotOpened::UntilEdited(facts)) => {
                    let update = ConnectorStatusUpdate {
                        state: ConnectorState::Failed,
                        last_success: None,
                        last_error: Some(facts),
                        next_poll: None,
                    };
                    if let Err(error) = store.set_connector_status(&kept, update).await {
                        tracing::error!(%error, "the state of a connector could not be recorded");
                    }
                    // Nothing gets better until somebody edits the connector, which ends the lease.
                    runner_cancel.cancelled().await;
                }
            }
            keeper.abort();
            match store.release_lease(&kept).await {
                Ok(()) | Err(StoreError::Fenced) => {}
                Err(error) => tracing::warn!(%error, "a lease could not be released; it runs out by itself"),
            }
        });
        Running { task, cancel, interrupt }
    }
}

/// Why a source could not be opened.
enum NotOpened {
    /// Our own storage failed: the next claim tries again.
    ForNow(StoreError),
    /// Nothing gets better until somebody edits the connector.
    UntilEdited(ErrorFacts),
}

async fn open<F: SourceFactory>(
    factory: &F,
    store: &Store,
    connector: &Connector,
) -> Result<F::Source, NotOpened>
where
    F::Source: MailSource,
{
    let facts = |code: &str, message: String, hint: Option<&str>| ErrorFacts {
        code: code.to_owned(),
        message,
        hint: hint.map(str::to_owned),
        at: Timestamp::now(),
    };
    let secrets = store.connector_secrets(connector.id).await.map_err(|error| match error {
        StoreError::Secret(_) => {
            let hint = Some("Enter the connector's secrets again.");
            NotOpened::UntilEdited(facts("secrets", error.to_string(), hint))
        }
        error => NotOpened::ForNow(error),
    })?;
    factory.open(&connector.settings.kind, &connector.settings.connection, &secrets).map_err(|error| {
        let hint = Some("Correct the connector's settings.");
        NotOpened::UntilEdited(facts(error.code(), error.to_string(), hint))
    })
}

/// Renews a lease until cancelled; cancels the runner when the lease is lost or cannot be renewed in time.
async fn keep_lease(store: Store, lease: Lease, ttl: Duration, cancel: CancellationToken) {
    let mut renewed = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(ttl / 4) => {}
        }
        match store.renew_lease(&lease, ttl).await {
            Ok(_) => renewed = tokio::time::Instant::now(),
            Err(StoreError::Fenced) => return cancel.cancel(),
            Err(error) => {
                tracing::warn!(%error, connector = %lease.connector, "a lease could not be renewed");
                if renewed.elapsed() >= ttl {
                    return cancel.cancel();
                }
            }
        }
    }
}

async fn join(task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "a runner ended abnormally");
    }
}

async fn stop(running: HashMap<ConnectorId, Running>) {
    let mut tasks = JoinSet::new();
    for (_, runner) in running {
        runner.cancel.cancel();
        tasks.spawn(join(runner.task));
    }
    while tasks.join_next().await.is_some() {}
}
