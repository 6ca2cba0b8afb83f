//! The last step: what is safe here is marked read, moved or deleted on the server. Only after the commit.

use crate::error::EngineError;
use mailcase_core::DeliveryId;
use mailcase_core::connector::Disposition;
use mailcase_mail::{ActOutcome, FolderPath, MailSource, RemoteAction, RemoteId, SourceError};
use mailcase_store::{DueAck, Lease, LogLevel, Store};
use std::collections::BTreeMap;

/// Acknowledgements read from the database at once.
const BATCH: usize = 1000;

fn action(disposition: &Disposition) -> Option<RemoteAction> {
    match disposition {
        Disposition::MarkRead => Some(RemoteAction::MarkRead),
        Disposition::Move { folder } => Some(RemoteAction::Move(FolderPath::new(folder.as_str()))),
        Disposition::Delete => Some(RemoteAction::Delete),
        Disposition::Keep => None,
    }
}

/// Carries out what is due; returns how many deliveries were acknowledged. What the server refuses is recorded
/// with its reason and tried again later.
pub(crate) async fn acknowledge_due<S: MailSource>(
    source: &mut S,
    store: &Store,
    lease: &Lease,
    disposition: &Disposition,
) -> Result<usize, EngineError> {
    let mut acknowledged = 0_usize;
    loop {
        let due = store.due_acknowledgements(lease, BATCH).await?;
        if due.is_empty() {
            return Ok(acknowledged);
        }
        let Some(action) = action(disposition) else {
            let done: Vec<DeliveryId> = due.iter().map(|ack| ack.delivery).collect();
            store.record_acknowledged(lease, &done).await?;
            acknowledged = acknowledged.saturating_add(done.len());
            continue;
        };
        let asked = due.len();
        let mut done = 0_usize;
        for (folder, acks) in by_folder(due) {
            done = done.saturating_add(act(source, store, lease, &folder, &acks, &action).await?);
        }
        acknowledged = acknowledged.saturating_add(done);
        // What was refused comes due again later; waiting for it here would hold up the mailbox.
        if done < asked {
            return Ok(acknowledged);
        }
    }
}

fn by_folder(due: Vec<DueAck>) -> BTreeMap<FolderPath, Vec<(DeliveryId, RemoteId)>> {
    let mut folders: BTreeMap<FolderPath, Vec<(DeliveryId, RemoteId)>> = BTreeMap::new();
    for ack in due {
        folders
            .entry(FolderPath::new(ack.folder))
            .or_default()
            .push((ack.delivery, RemoteId::new(ack.remote_id)));
    }
    folders
}

async fn act<S: MailSource>(
    source: &mut S,
    store: &Store,
    lease: &Lease,
    folder: &FolderPath,
    acks: &[(DeliveryId, RemoteId)],
    action: &RemoteAction,
) -> Result<usize, EngineError> {
    let ids: Vec<RemoteId> = acks.iter().map(|(_, id)| id.clone()).collect();
    let outcomes = match source.act(folder, &ids, action).await {
        Ok(outcomes) => outcomes,
        // The mailbox works, but this cannot be done there: shown on the deliveries, no reason to stop taking mail.
        Err(
            error @ (SourceError::Refused { .. }
            | SourceError::Unsupported { .. }
            | SourceError::FolderNotFound { .. }),
        ) => {
            vec![ActOutcome::Refused { reason: error.to_string() }; acks.len()]
        }
        Err(error) => return Err(error.into()),
    };
    let mut done = Vec::with_capacity(acks.len());
    let mut refused = Vec::new();
    for ((delivery, _), outcome) in acks.iter().zip(outcomes) {
        match outcome {
            ActOutcome::Done | ActOutcome::Gone => done.push(*delivery),
            ActOutcome::Refused { reason } => refused.push((*delivery, reason)),
        }
    }
    if !done.is_empty() {
        store.record_acknowledged(lease, &done).await?;
        metrics::counter!("mailcase_deliveries_acknowledged_total")
            .increment(done.len().try_into().unwrap_or(u64::MAX));
    }
    if !refused.is_empty() {
        store.record_ack_failures(lease, &refused).await?;
        tell_refused(store, lease, folder, &refused).await;
        metrics::counter!("mailcase_acknowledgement_failures_total")
            .increment(refused.len().try_into().unwrap_or(u64::MAX));
    }
    Ok(done.len())
}

/// Failing to write the log must not stop what it tells of.
async fn tell_refused(store: &Store, lease: &Lease, folder: &FolderPath, refused: &[(DeliveryId, String)]) {
    let Some((_, reason)) = refused.last() else { return };
    let text =
        format!("{folder}: {} messages could not be acknowledged on the server: {reason}", refused.len());
    let level = LogLevel::Warning;
    if let Err(error) = store.append_connector_log(lease.connector, level, "not_acknowledged", &text).await {
        tracing::warn!(%error, "the log of a connector could not be written");
    }
}
