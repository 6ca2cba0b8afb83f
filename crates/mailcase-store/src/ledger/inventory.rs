//! The ledger read as a whole: for accounting, and for knowing a mailbox's habit.

use crate::Store;
use crate::blobs::BlobHash;
use crate::error::Result;
use crate::sql::{Row, args, json};
use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_core::message::DeliveryState;
use std::collections::{HashMap, HashSet};

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

/// What the ledger knows of one remote message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRemote {
    pub remote_id: String,
    /// Size of the stored message; before it is stored, what the server said.
    pub size: Option<u64>,
    /// What the server said when it was listed.
    pub claimed: Option<u64>,
    pub state: DeliveryState,
}

impl Store {
    /// What the ledger knows of a folder, in pages: those with identities behind `after`, in order.
    pub async fn known_remote(
        &self,
        connector: ConnectorId,
        folder: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<KnownRemote>> {
        let sql = "SELECT d.remote_id AS remote_id, COALESCE(m.size, d.remote_size) AS size, \
                   d.remote_size AS claimed, d.state AS state \
                   FROM deliveries d LEFT JOIN messages m ON m.id = d.message_id \
                   WHERE d.connector_id = $1 AND d.folder = $2 AND d.remote_id > $3 ORDER BY d.remote_id LIMIT $4";
        let rows =
            self.pool().fetch_all(sql, args![connector, folder, after.unwrap_or_default(), limit]).await?;
        let size = |row: &Row, name| -> Result<Option<u64>> {
            Ok(row.get::<Option<i64>>(name)?.and_then(|size| u64::try_from(size).ok()))
        };
        rows.iter()
            .map(|row| {
                Ok(KnownRemote {
                    remote_id: row.text("remote_id")?,
                    size: size(row, "size")?,
                    claimed: size(row, "claimed")?,
                    state: row.named("state")?,
                })
            })
            .collect()
    }

    /// Those of `remote_ids` the ledger knows and does not believe gone: listing them again is no news.
    pub async fn listed_before(
        &self,
        connector: ConnectorId,
        folder: &str,
        remote_ids: &[&str],
    ) -> Result<HashSet<String>> {
        let sql = if self.pool().is_postgres() {
            "SELECT remote_id FROM deliveries WHERE connector_id = $1 AND folder = $2 AND state <> 'gone' \
             AND remote_id IN (SELECT jsonb_array_elements_text(CAST($3 AS JSONB)))"
        } else {
            "SELECT remote_id FROM deliveries WHERE connector_id = $1 AND folder = $2 AND state <> 'gone' \
             AND remote_id IN (SELECT value FROM json_each($3))"
        };
        // Kept without NUL, like all text; PostgreSQL's JSON refuses it, even escaped.
        let kept: Vec<String> = remote_ids.iter().map(|id| id.replace('\0', "")).collect();
        let rows = self.pool().fetch_all(sql, args![connector, folder, json(&kept)?]).await?;
        rows.iter().map(|row| row.text("remote_id")).collect()
    }

    /// The contents of those of `remote_ids` that are stored.
    pub async fn stored_hashes(
        &self,
        connector: ConnectorId,
        folder: &str,
        remote_ids: &[&str],
    ) -> Result<HashMap<String, BlobHash>> {
        let mut hashes = HashMap::new();
        for remote_id in remote_ids {
            let sql = "SELECT m.hash AS hash FROM deliveries d JOIN messages m ON m.id = d.message_id \
                       WHERE d.connector_id = $1 AND d.folder = $2 AND d.remote_id = $3";
            if let Some(row) = self.pool().fetch_optional(sql, args![connector, folder, *remote_id]).await? {
                hashes.insert((*remote_id).to_owned(), BlobHash::from_column(&row.bytes("hash")?)?);
            }
        }
        Ok(hashes)
    }

    /// How many messages the server of a connector received in each hour since `from`, by its own account if it gave one;
    /// hours without any are left out. A message listed again under another identity did not arrive again.
    pub async fn arrivals_by_hour(
        &self,
        connector: ConnectorId,
        from: Timestamp,
    ) -> Result<Vec<(Timestamp, u64)>> {
        let sql = "SELECT COALESCE(remote_received, stored_at) / $3 AS hour, COUNT(DISTINCT message_id) AS n \
                   FROM deliveries WHERE connector_id = $1 AND stored_at >= $2 \
                   AND COALESCE(remote_received, stored_at) >= $2 AND COALESCE(remote_received, stored_at) <= stored_at \
                   GROUP BY COALESCE(remote_received, stored_at) / $3 \
                   ORDER BY COALESCE(remote_received, stored_at) / $3";
        let rows = self.pool().fetch_all(sql, args![connector, from, HOUR]).await?;
        rows.iter()
            .map(|row| {
                let hour = Timestamp::from_microsecond(row.int("hour")?.saturating_mul(HOUR));
                Ok((hour.map_err(crate::StoreError::decode)?, row.count("n")?))
            })
            .collect()
    }
}
