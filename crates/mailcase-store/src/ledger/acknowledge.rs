//! What is still to be done on the server: only for messages that are decided.

use super::{cut_error, pause_after};
use crate::Store;
use crate::error::Result;
use crate::leases::{self, Lease};
use crate::sql::{Value, args, in_list, retrying};
use mailcase_core::DeliveryId;
use sqlx::AssertSqlSafe;

/// Deliveries named by one statement.
const CHUNK: usize = 4_096;

/// A delivery whose message is decided and whose disposition is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAck {
    pub delivery: DeliveryId,
    pub folder: String,
    pub remote_id: String,
}

impl Store {
    /// Deliveries to be acknowledged now, oldest first. Those of messages that need attention are never among them.
    pub async fn due_acknowledgements(&self, lease: &Lease, limit: usize) -> Result<Vec<DueAck>> {
        let sql = "SELECT d.id AS id, d.folder AS folder, d.remote_id AS remote_id \
                   FROM deliveries d JOIN messages m ON m.id = d.message_id \
                   WHERE d.connector_id = $1 AND d.state = 'stored' AND d.ack_next_try_at <= $2 \
                   AND m.state = 'decided' ORDER BY d.id LIMIT $3";
        let rows = self.pool().fetch_all(sql, args![lease.connector, self.now(), limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(DueAck {
                    delivery: row.named("id")?,
                    folder: row.text("folder")?,
                    remote_id: row.text("remote_id")?,
                })
            })
            .collect()
    }

    /// Records that the disposition was carried out.
    pub async fn record_acknowledged(&self, lease: &Lease, deliveries: &[DeliveryId]) -> Result<()> {
        retrying!(async {
            let now = self.now();
            let mut tx = self.pool().begin().await?;
            leases::require(&mut tx, lease).await?;
            for chunk in deliveries.chunks(CHUNK) {
                let (list, ids) = in_list(2, chunk.iter().map(|id| (*id).into()).collect());
                let mut values: Vec<Value> = args![lease.connector, now];
                values.extend(ids);
                let sql = format!(
                    "UPDATE deliveries SET state = 'acknowledged', acknowledged_at = $2, ack_error = NULL \
                     WHERE connector_id = $1 AND state = 'stored' AND id IN {list}"
                );
                tx.execute(AssertSqlSafe(sql), values).await?;
            }
            tx.commit().await
        })
    }

    /// Counts a failed try for each delivery. It is tried again, ever more rarely, until it works: the message is
    /// safe, and the error is shown.
    pub async fn record_ack_failures(&self, lease: &Lease, failures: &[(DeliveryId, String)]) -> Result<()> {
        retrying!(async {
            let now = self.now();
            let mut tx = self.pool().begin().await?;
            leases::require(&mut tx, lease).await?;
            for (delivery, reason) in failures {
                let sql = "UPDATE deliveries SET ack_attempts = ack_attempts + 1, ack_error = $3 \
                           WHERE id = $1 AND connector_id = $2 AND state = 'stored' RETURNING ack_attempts";
                let values = args![*delivery, lease.connector, cut_error(reason)];
                let Some(row) = tx.fetch_optional(sql, values).await? else { continue };
                let next = now.saturating_add(pause_after(row.int("ack_attempts")?));
                let sql = "UPDATE deliveries SET ack_next_try_at = $2 WHERE id = $1";
                tx.execute(sql, args![*delivery, next]).await?;
            }
            tx.commit().await
        })
    }
}
