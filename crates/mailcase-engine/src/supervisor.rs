//! Claims connectors nobody runs and starts a runner for each. Waits for no runner: one that is slow to end holds up
//! neither the others nor, beyond its deadline, a shutdown.
//!
//! An edit, a deactivation or a deletion raises the connector's fence in the database: the runner's next write is
//! refused and it ends; if the connector is still active it is claimed again with its new settings.

use crate::config::EngineConfig;
use crate::engine::SERVER;
use crate::grants;
use crate::lease_keeper::{KeptLease, LeaseKeeper};
use crate::opening;
use crate::pipeline::Workshop;
use crate::post::Post;
use crate::remote::{mailbox, watched_folders};
use crate::runner::Runner;
use crate::runners::{Runners, Running, join};
use jiff::Timestamp;
use mailcase_core::connector::Connector;
use mailcase_mail::{AnnounceTo, Interrupt, MailSource, SourceFactory, SourceKind};
use mailcase_store::{ConnectorState, ConnectorStatusUpdate, ErrorFacts, Event, Lease, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// After events were lost every mailbox is polled, in case one of them asked for it, but no more often than this.
const POLL_ALL_EVERY: Duration = Duration::from_secs(30);

pub(crate) struct Supervisor<F> {
    pub(crate) workshop: Workshop,
    pub(crate) factory: Arc<F>,
    pub(crate) kinds: Vec<SourceKind>,
    pub(crate) config: EngineConfig,
    pub(crate) cancel: CancellationToken,
}

impl<F: SourceFactory> Supervisor<F> {
    pub(crate) async fn run(self) {
        let Workshop { store, owner, .. } = &self.workshop;
        let mut events = store.events();
        let mut runners = Runners::new(self.config.runner_stop);
        let keeper = LeaseKeeper::default();
        let keeping = keeper.clone().run(store.clone(), owner.clone(), self.config.connector_lease);
        // Until the last runner has ended: what it still writes needs its lease.
        let _keeping = AbortOnDropHandle::new(tokio::spawn(keeping));
        if self.config.sole_server
            && let Err(error) = store.break_leases(SERVER, owner).await
        {
            tracing::warn!(%error, "the leases of an earlier server could not be broken; they run out by themselves");
        }
        let mut lost_events = false;
        let mut polled_all: Option<Instant> = None;
        loop {
            runners.forget_ended();
            tokio::select! {
                // What was claimed at this very moment and not started runs out by itself.
                () = self.cancel.cancelled() => return runners.end_all().await,
                () = self.claim(&mut runners, &keeper) => {}
            }
            if lost_events && polled_all.is_none_or(|at| at.elapsed() >= POLL_ALL_EVERY) {
                (lost_events, polled_all) = (false, Some(Instant::now()));
                runners.wake_all();
            }
            let tick = tokio::time::sleep(self.config.tick);
            tokio::pin!(tick);
            loop {
                tokio::select! {
                    () = self.cancel.cancelled() => return runners.end_all().await,
                    () = &mut tick => break,
                    event = events.next() => match event {
                        Event::ConnectorWake { connector } => runners.wake(connector),
                        Event::ConnectorChanged { connector, .. } => {
                            runners.end(connector);
                            break;
                        }
                        // Changes of connectors are noticed by their leases; a wish to poll would be forgotten.
                        Event::Lagged => lost_events = true,
                        _ => {}
                    },
                }
            }
        }
    }

    async fn claim(&self, runners: &mut Runners, keeper: &LeaseKeeper) {
        let free = self.config.max_connectors.saturating_sub(runners.len());
        let Workshop { store, owner, .. } = &self.workshop;
        let claimed = match store.claim_connectors(owner, self.config.connector_lease, free).await {
            Ok(claimed) => claimed,
            Err(error) => return tracing::error!(%error, "connectors could not be claimed; trying again"),
        };
        for (connector, lease) in claimed {
            let id = connector.id;
            runners.end(id);
            let before = runners.take_ending(id);
            runners.started(id, self.start(connector, lease, keeper, before));
        }
        metrics::gauge!("mailcase_connectors_running")
            .set(f64::from(u32::try_from(runners.len()).unwrap_or(u32::MAX)));
    }

    /// Starts a runner; it begins once the one `before` it has ended: never two of one connector in one process.
    fn start(
        &self,
        connector: Connector,
        lease: Lease,
        keeper: &LeaseKeeper,
        before: Option<JoinHandle<()>>,
    ) -> Running {
        let cancel = self.cancel.child_token();
        let interrupt = Interrupt::default();
        let post = Post {
            workshop: self.workshop.clone(),
            folders: watched_folders(&connector.settings, &self.kinds),
            mailbox: mailbox(&connector.settings, &self.kinds),
            connector,
            lease: lease.clone(),
            interrupt: interrupt.clone(),
            cancel: cancel.clone(),
        };
        let kept = keeper.keep(&lease, cancel.clone());
        let factory = Arc::clone(&self.factory);
        let announce_base = self.config.announce_base.clone();
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                join(before).await;
            }
            let store = post.workshop.store.clone();
            run(post, &factory, &kept, announce_base.as_deref()).await;
            // However this task ends, by a panic too, the lease is no longer kept: somebody else may take over.
            drop(kept);
            match store.release_lease(&lease).await {
                Ok(()) | Err(StoreError::Fenced) => {}
                Err(error) => {
                    tracing::warn!(%error, "a lease could not be released; it runs out by itself");
                }
            }
        });
        Running { task, cancel, interrupt }
    }
}

async fn run<F: SourceFactory>(post: Post, factory: &Arc<F>, kept: &KeptLease, announce_base: Option<&str>) {
    match open(factory, &post.workshop.store, &post.connector).await {
        Ok(mut source) => {
            if let Some(base) = announce_base {
                let Connector { id, settings, .. } = &post.connector;
                let url = format!("{base}/{}/{id}", settings.kind);
                source.announce_to(AnnounceTo { url, secret: post.workshop.store.announce_secret(*id) });
            }
            Runner::new(post, source).run(kept).await;
        }
        Err(NotOpened::ForNow(error)) => {
            tracing::error!(%error, connector = %post.connector.id, "a connector could not be started; trying again");
        }
        Err(NotOpened::UntilEdited(facts)) => {
            let update = ConnectorStatusUpdate {
                state: ConnectorState::Failed,
                last_success: None,
                last_error: Some(facts),
                next_poll: None,
            };
            if let Err(error) = post.workshop.store.set_connector_status(&post.lease, update).await {
                tracing::error!(%error, "the state of a connector could not be recorded");
            }
            // Nothing gets better until somebody edits the connector, which ends the lease.
            post.cancel.cancelled().await;
        }
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
    factory: &Arc<F>,
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
    let tokens = grants::kept(store, connector.id);
    opening::open(factory, &connector.settings, secrets, tokens).await.map_err(|error| {
        let hint = Some("Correct the connector's settings.");
        NotOpened::UntilEdited(facts(error.code(), error.to_string(), hint))
    })
}
