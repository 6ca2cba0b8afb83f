//! One pass over a mailbox in the foreground, without the background tasks: `mailcase import`, `mailcase connector run`.

use crate::check::validate;
use crate::config::EngineConfig;
use crate::engine::workshop;
use crate::error::EngineError;
use crate::grants;
use crate::keyrings::Keyrings;
use crate::means::MeansOf;
use crate::post::Post;
use crate::remote::{mailbox, watched_folders};
use crate::runner::{Round, Runner};
use mailcase_core::connector::Connector;
use mailcase_mail::{Interrupt, SourceError, SourceFactory};
use mailcase_store::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How far a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PassProgress {
    /// Listed and not fetched yet.
    pub waiting: u64,
    /// Stored by this pass so far.
    pub stored: u64,
}

/// What a pass did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassSummary {
    /// Listed for the first time by this pass.
    pub discovered: usize,
    pub fetched: usize,
    /// Of those fetched, messages that were not here before by any way: the others are copies of what is known.
    pub new_messages: u64,
    pub acknowledged: usize,
    /// Would not be given; to be seen on the connector's page.
    pub needs_attention: u64,
}

/// How long the lease of a pass lasts; renewed while it runs.
const LEASE: Duration = Duration::from_secs(30);
/// How often progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// Takes everything `connector` lists, decides and acknowledges it, once. The connector need not be active; nobody
/// else may be running it. Another pass takes only what is new.
///
/// # Errors
/// [`StoreError::Conflict`] when the connector is being run by somebody else; trouble with the source or the store.
pub async fn run_once<F: SourceFactory>(
    store: &Store,
    factory: &F,
    connector: &Connector,
    config: &EngineConfig,
    mut progress: impl FnMut(PassProgress) + Send,
) -> Result<PassSummary, EngineError> {
    let kinds = factory.kinds();
    let secrets = store.connector_secrets(connector.id).await?;
    let mistakes = validate(&kinds, &connector.settings, &secrets);
    if let Some(mistake) = mistakes.first() {
        return Err(
            SourceError::Settings { message: format!("{}: {}", mistake.field, mistake.message) }.into()
        );
    }
    let tokens = grants::kept(store, connector.id);
    let settings = &connector.settings;
    let source = factory.open_granted(&settings.kind, &settings.connection, &secrets, tokens)?;
    let means = MeansOf::new(store, Keyrings::new(store.clone()));
    let workshop = workshop(store, config, "once", means);
    let stored = Arc::clone(&workshop.stored);
    let in_flight = workshop.in_flight.clone();
    let keeping = in_flight.keep(store.clone(), workshop.owner.clone(), config.message_lease);
    let _keeping = AbortOnDropHandle::new(tokio::spawn(keeping));
    let lease = store.claim_connector(connector.id, &workshop.owner, LEASE).await?;
    // From here to the release nobody else stores messages of this connector.
    let newest_before = store.newest_message().await?;
    let post = Post {
        workshop,
        connector: connector.clone(),
        lease: lease.clone(),
        folders: watched_folders(&connector.settings, &kinds),
        mailbox: mailbox(&connector.settings, &kinds),
        interrupt: Interrupt::default(),
        cancel: CancellationToken::new(),
    };
    let mut runner = Runner::new(post, source);
    let outcome = {
        let round = runner.round();
        // Beside the round, never between its steps: both write, and the round may hold the one connection that does.
        let care = async {
            let mut report = tokio::time::interval(REPORT_EVERY);
            let mut renew = tokio::time::interval(LEASE / 4);
            let mut renewed = Instant::now();
            loop {
                tokio::select! {
                    // A report that fails is a report less.
                    _ = report.tick() => if let Ok(work) = store.pending_work(connector.id).await {
                        let stored = stored.load(Ordering::Relaxed);
                        progress(PassProgress { waiting: work.discovered, stored });
                    },
                    _ = renew.tick() => match store.renew_lease(&lease, LEASE).await {
                        Ok(_) => renewed = Instant::now(),
                        Err(StoreError::Fenced) => return StoreError::Fenced,
                        Err(error) if renewed.elapsed() >= LEASE => return error,
                        Err(error) => tracing::warn!(%error, "a lease could not be renewed; trying again"),
                    },
                }
            }
        };
        tokio::select! {
            outcome = round => outcome,
            trouble = care => Err(trouble.into()),
        }
    };
    let new_messages = store.messages_first_brought_by(connector.id, newest_before).await;
    match store.release_lease(&lease).await {
        Ok(()) | Err(StoreError::Fenced) => {}
        Err(error) => return Err(error.into()),
    }
    let work = store.pending_work(connector.id).await?;
    progress(PassProgress { waiting: work.discovered, stored: stored.load(Ordering::Relaxed) });
    let Round { discovered, fetched, acknowledged, closed } = outcome?;
    if let Some(first) = closed.into_iter().next() {
        return Err(SourceError::from(first).into());
    }
    Ok(PassSummary {
        discovered,
        fetched,
        new_messages: new_messages?,
        acknowledged,
        needs_attention: work.needs_attention,
    })
}
