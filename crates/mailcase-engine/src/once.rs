//! One pass over a mailbox in the foreground, without the background tasks: `mailcase import`, `mailcase connector run`.

use crate::check::validate;
use crate::config::EngineConfig;
use crate::engine::workshop;
use crate::error::EngineError;
use crate::fetch_blame::FetchBlame;
use crate::remote::watched_folders;
use crate::runner::{Post, Round, Runner};
use mailcase_core::connector::Connector;
use mailcase_mail::{Interrupt, SourceError, SourceFactory};
use mailcase_store::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

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
    let source = factory.open(&connector.settings.kind, &connector.settings.connection, &secrets)?;
    let workshop = workshop(store, config, "once");
    let stored = Arc::clone(&workshop.stored);
    let lease = store.claim_connector(connector.id, &workshop.owner, LEASE).await?;
    let mut runner = Runner {
        post: Post {
            workshop,
            connector: connector.clone(),
            lease: lease.clone(),
            folders: watched_folders(&connector.settings, &kinds),
            interrupt: Interrupt::default(),
            cancel: CancellationToken::new(),
        },
        source,
        blame: FetchBlame::default(),
    };
    let outcome = {
        let round = runner.round();
        // Beside the round, never between its steps: both write, and the round may hold the one connection that does.
        let care = async {
            let mut report = tokio::time::interval(REPORT_EVERY);
            let mut renew = tokio::time::interval(LEASE / 4);
            loop {
                tokio::select! {
                    _ = report.tick() => {
                        let waiting = store.pending_work(connector.id).await?.discovered;
                        progress(PassProgress { waiting, stored: stored.load(Ordering::Relaxed) });
                    }
                    _ = renew.tick() => { store.renew_lease(&lease, LEASE).await?; }
                }
            }
        };
        tokio::select! {
            outcome = round => outcome,
            trouble = care => trouble,
        }
    };
    match store.release_lease(&lease).await {
        Ok(()) | Err(StoreError::Fenced) => {}
        Err(error) => return Err(error.into()),
    }
    let work = store.pending_work(connector.id).await?;
    progress(PassProgress { waiting: work.discovered, stored: stored.load(Ordering::Relaxed) });
    let Round { discovered, fetched, acknowledged } = outcome?;
    Ok(PassSummary { discovered, fetched, acknowledged, needs_attention: work.needs_attention })
}
