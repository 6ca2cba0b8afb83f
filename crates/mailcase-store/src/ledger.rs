//! The ledger: every remote message ever listed, what became of it, and what is still to be done with it.

use crate::Store;
use crate::blobs::{BlobHash, BlobReceipt};
use crate::clock::micros;
use crate::error::Result;
use crate::leases::{self, Lease};
use crate::sql::{Tx, args, in_list, insert_rows, retrying};
use jiff::Timestamp;
use mailcase_core::{ConnectorId, DeliveryId, MessageId, OrganizationId};
use std::time::Duration;

mod acknowledge;
mod again;
mod inventory;
mod mailbox;
mod request;
pub(crate) mod store;

pub use acknowledge::DueAck;
pub use inventory::KnownRemote;

/// After so many failed fetches a delivery is set aside for a person.
pub const FETCH_TRIES: i64 = 6;
/// Pause before the first new try; doubled with each further one.
const RETRY_FIRST: Duration = Duration::from_secs(15);
/// Longest pause between two tries.
const RETRY_LAST: Duration = Duration::from_hours(1);
/// Error text kept per delivery, in bytes.
const ERROR_MAX_BYTES: usize = 1_000;

/// A message the server lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    pub remote_id: String,
    /// As the server says; a claim.
    pub size: Option<u64>,
    pub received: Option<Timestamp>,
    /// Known not to be taken, by the connector's pre-filter: it is not fetched.
    pub filtered_out: bool,
}

/// How far a folder was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderCursor {
    pub folder: String,
    /// In the words of the source.
    pub cursor: String,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// A delivery to be fetched now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    pub delivery: DeliveryId,
    pub remote_id: String,
    pub size: Option<u64>,
    pub received: Option<Timestamp>,
    pub attempts: i64,
}

/// A delivery whose bytes are durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    pub delivery: DeliveryId,
    pub receipt: BlobReceipt,
    pub received: Option<Timestamp>,
}

/// The message a stored delivery belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredOutcome {
    pub delivery: DeliveryId,
    pub message: MessageId,
    pub hash: BlobHash,
    pub size: u64,
    /// Whether this delivery brought the message: it is leased to the storing process, to be decided.
    pub new: bool,
    /// The fence of that lease; without meaning when the message is not new.
    pub fence: i64,
}

/// A delivery that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFailure {
    pub delivery: DeliveryId,
    /// For people.
    pub reason: String,
    /// It is no longer on the server: nothing is left to try.
    pub gone: bool,
}

/// Writes what a source lists; returns how many were not known.
pub(crate) async fn insert_in(
    tx: &mut Tx,
    now: i64,
    org: OrganizationId,
    connector: ConnectorId,
    folder: &str,
    heads: &[NewDelivery],
) -> Result<u64> {
    let rows = heads
        .iter()
        .map(|head| {
            args![
                DeliveryId::new(),
                org,
                connector,
                folder,
                &head.remote_id,
                if head.filtered_out { "filtered_out" } else { "discovered" },
                head.size,
                head.received,
                now
            ]
        })
        .collect();
    insert_rows(
        tx,
        "INSERT INTO deliveries (id, organization_id, connector_id, folder, remote_id, state, remote_size, \
         remote_received, discovered_at)",
        // What is listed is there, whatever was believed before.
        "ON CONFLICT (connector_id, folder, remote_id) DO UPDATE SET state = excluded.state, attempts = 0, \
         next_try_at = 0, last_error = NULL WHERE deliveries.state = 'gone'",
        rows,
    )
    .await
}

/// A folder was listed so far.
pub(crate) async fn set_cursor_in(
    tx: &mut Tx,
    now: i64,
    connector: ConnectorId,
    folder: &str,
    cursor: &str,
) -> Result<()> {
    let sql = "INSERT INTO connector_folders (connector_id, folder, cursor, updated_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (connector_id, folder) DO UPDATE SET cursor = excluded.cursor, \
               updated_at = excluded.updated_at";
    tx.execute(sql, args![connector, folder, cursor, now]).await.map(drop)
}

/// The pause after `attempts` failures, in microseconds: exponential, bounded.
pub(crate) fn pause_after(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 30)).unwrap_or(30);
    micros(RETRY_FIRST).saturating_mul(1_i64.wrapping_shl(doublings)).min(micros(RETRY_LAST))
}

pub(crate) fn cut_error(text: &str) -> &str {
    text.get(..text.floor_char_boundary(ERROR_MAX_BYTES)).unwrap_or_default()
}

impl Store {
    /// How far a folder was listed.
    pub async fn folder_cursor(&self, connector: ConnectorId, folder: &str) -> Result<Option<String>> {
        let sql = "SELECT cursor FROM connector_folders WHERE connector_id = $1 AND folder = $2";
        let row = self.pool().fetch_optional(sql, args![connector, folder]).await?;
        row.map(|row| row.text("cursor")).transpose()
    }

    /// How far each folder of a connector was listed, by folder; folders it watches no longer are among them.
    pub async fn list_folder_cursors(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
    ) -> Result<Vec<FolderCursor>> {
        let sql = "SELECT f.folder AS folder, f.cursor AS cursor, f.updated_at AS updated_at \
                   FROM connector_folders f JOIN connectors c ON c.id = f.connector_id \
                   WHERE c.organization_id = $1 AND c.id = $2 ORDER BY f.folder";
        let rows = self.pool().fetch_all(sql, args![org, connector]).await?;
        rows.iter()
            .map(|row| {
                Ok(FolderCursor {
                    folder: row.text("folder")?,
                    cursor: row.text("cursor")?,
                    updated_at: row.time("updated_at")?,
                })
            })
            .collect()
    }

    /// Records a page of a folder's listing and the cursor behind it, in one transaction; returns how many messages
    /// were not known. `reset` is why the server's identities became void: it goes to the audit trail and the log.
    pub async fn record_discovery(
        &self,
        lease: &Lease,
        org: OrganizationId,
        folder: &str,
        heads: &[NewDelivery],
        cursor: &str,
        reset: Option<&str>,
    ) -> Result<usize> {
        retrying!(self.record_discovery_once(lease, org, folder, heads, cursor, reset))
    }

    async fn record_discovery_once(
        &self,
        lease: &Lease,
        org: OrganizationId,
        folder: &str,
        heads: &[NewDelivery],
        cursor: &str,
        reset: Option<&str>,
    ) -> Result<usize> {
        let now = self.now();
        let mut tx = self.pool().begin().await?;
        leases::require(&mut tx, lease).await?;
        let new = insert_in(&mut tx, now, org, lease.connector, folder, heads).await?;
        set_cursor_in(&mut tx, now, lease.connector, folder, cursor).await?;
        if let Some(reason) = reset {
            record_reset(&mut tx, now, org, lease.connector, folder, reason).await?;
        }
        tx.commit().await?;
        Ok(usize::try_from(new).unwrap_or(usize::MAX))
    }

    /// Deliveries of a folder to be fetched now, oldest first.
    pub async fn due_deliveries(
        &self,
        lease: &Lease,
        folder: &str,
        limit: usize,
    ) -> Result<Vec<DueDelivery>> {
        let sql = "SELECT id, remote_id, remote_size, remote_received, attempts FROM deliveries \
                   WHERE connector_id = $1 AND folder = $2 AND state = 'discovered' AND next_try_at <= $3 \
                   ORDER BY id LIMIT $4";
        let rows = self.pool().fetch_all(sql, args![lease.connector, folder, self.now(), limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(DueDelivery {
                    delivery: row.named("id")?,
                    remote_id: row.text("remote_id")?,
                    size: row.get::<Option<i64>>("remote_size")?.and_then(|size| u64::try_from(size).ok()),
                    received: row.opt_time("remote_received")?,
                    attempts: row.int("attempts")?,
                })
            })
            .collect()
    }

    /// Counts a failed try for each delivery; after [`FETCH_TRIES`] it is set aside for a person.
    pub async fn record_fetch_failures(&self, lease: &Lease, failures: &[FetchFailure]) -> Result<()> {
        retrying!(self.record_fetch_failures_once(lease, failures))
    }

    async fn record_fetch_failures_once(&self, lease: &Lease, failures: &[FetchFailure]) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        leases::require(&mut tx, lease).await?;
        let mut failures: Vec<&FetchFailure> = failures.iter().collect();
        failures.sort_by_key(|failure| failure.delivery);
        for failure in failures {
            let sql = "UPDATE deliveries SET attempts = attempts + 1, last_error = $3 \
                       WHERE id = $1 AND connector_id = $2 AND state = 'discovered' RETURNING attempts";
            let values = args![failure.delivery, lease.connector, cut_error(&failure.reason)];
            let Some(row) = tx.fetch_optional(sql, values).await? else { continue };
            let attempts = row.int("attempts")?;
            let state = match () {
                () if failure.gone => "gone",
                () if attempts >= FETCH_TRIES => "needs_attention",
                () => "discovered",
            };
            let next = self.now().saturating_add(pause_after(attempts));
            let sql = "UPDATE deliveries SET state = $2, next_try_at = $3 WHERE id = $1";
            tx.execute(sql, args![failure.delivery, state, next]).await?;
        }
        tx.commit().await
    }

    /// Records that messages which were fetched are not taken by the connector's pre-filter: nothing of them is kept.
    pub async fn record_filtered_out(&self, lease: &Lease, deliveries: &[DeliveryId]) -> Result<()> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let mut deliveries = deliveries.to_vec();
        deliveries.sort();
        let (list, mut values) = in_list(1, deliveries.into_iter().map(Into::into).collect());
        values.insert(0, lease.connector.into());
        let sql = format!(
            "UPDATE deliveries SET state = 'filtered_out', last_error = NULL \
             WHERE connector_id = $1 AND state = 'discovered' AND id IN {list}"
        );
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            leases::require(&mut tx, lease).await?;
            tx.execute(sqlx::AssertSqlSafe(sql.clone()), values.clone()).await?;
            tx.commit().await
        })
    }
}

async fn record_reset(
    tx: &mut Tx,
    now: i64,
    org: OrganizationId,
    connector: ConnectorId,
    folder: &str,
    reason: &str,
) -> Result<()> {
    let entry = crate::audit::NewAudit {
        organization: Some(org),
        actor: crate::audit::Actor::System,
        action: "connector.identities_reset",
        target: Some(connector.to_string()),
        detail: serde_json::json!({ "folder": folder, "reason": reason }),
    };
    crate::audit::append_in(tx, now, &entry).await?;
    let level = crate::connectors::LogLevel::Warning;
    let text = format!("{folder}: {reason}");
    crate::connectors::log::append_in(tx, now, connector, level, "identities_reset", &text).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let pauses: Vec<i64> = (1..=10).map(pause_after).collect();
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(pauses[0], micros(RETRY_FIRST));
        assert_eq!(pauses[1], 2 * micros(RETRY_FIRST));
        assert_eq!(pause_after(i64::MAX), micros(RETRY_LAST));
        assert_eq!(pause_after(-1), micros(RETRY_FIRST));
    }
}
