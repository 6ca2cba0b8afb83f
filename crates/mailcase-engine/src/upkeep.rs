//! What is done now and then: accounting of every active connector once a day, comparing the sources of those on their
//! way to another, reclaiming blob space.

use crate::accounting;
use crate::error::EngineError;
use crate::migration;
use crate::remote::Remote;
use jiff::{SignedDuration, Timestamp};
use mailcase_core::ConnectorId;
use mailcase_store::{LogLevel, ReclaimOptions, Store};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Two sources of a connector are compared this often at least; more often when a person asks for it.
const COMPARED_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// A connector's books are made up this often.
const ACCOUNTING_EVERY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) async fn nightly(
    store: Store,
    owner: String,
    remote: Arc<dyn Remote>,
    every: Duration,
    cancel: CancellationToken,
) {
    let mut told = HashSet::new();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            result = round(&store, &owner, &*remote, &mut told) => if let Err(error) = result {
                tracing::error!(%error, "the daily upkeep failed; trying again later");
            }
        }
    }
}

/// `told` are the connectors whose log says already that their books cannot be made up.
async fn round(
    store: &Store,
    owner: &str,
    remote: &dyn Remote,
    told: &mut HashSet<ConnectorId>,
) -> Result<(), EngineError> {
    let before = Timestamp::now().checked_sub(COMPARED_EVERY).unwrap_or(Timestamp::MIN);
    for connector in store.comparison_due(owner, before).await? {
        let id = connector.id;
        match migration::compare(store, remote, connector).await {
            Ok(comparison) => {
                tracing::info!(connector = %id, agrees = comparison.agrees(), "two sources were compared")
            }
            Err(error) => tracing::warn!(connector = %id, %error, "two sources could not be compared"),
        }
    }
    let before = Timestamp::now().checked_sub(ACCOUNTING_EVERY).unwrap_or(Timestamp::MIN);
    // Only those this process runs, so that one replica does it.
    for connector in store.accounting_due(owner, before).await? {
        match accounting::account(store, remote, &connector).await {
            Ok(accounting) => {
                told.remove(&connector.id);
                tracing::info!(connector = %connector.id, result = accounting.summary(), "the books were made up");
            }
            Err(error) => {
                tracing::warn!(connector = %connector.id, %error, "the books could not be made up");
                if told.insert(connector.id) {
                    let text = format!("the daily accounting failed and is tried again: {error}");
                    let level = LogLevel::Warning;
                    store.append_connector_log(connector.id, level, "accounting_failed", &text).await?;
                }
            }
        }
    }
    let report = store.reclaim(ReclaimOptions::default()).await?;
    if report.deleted_bytes > 0 {
        tracing::info!(bytes = report.deleted_bytes, "blob space was reclaimed");
    }
    Ok(())
}
