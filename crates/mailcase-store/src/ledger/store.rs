//! From durable bytes to message rows: the same bytes within an organization are one message.

use super::{StoredDelivery, StoredOutcome};
use crate::Store;
use crate::blobs::BlobHash;
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::leases::{self, Lease};
use crate::sql::{Tx, args, in_list, insert_rows, retrying, values_rows};
use mailcase_core::{MessageId, OrganizationId};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

struct Known {
    message: MessageId,
    new: bool,
}

impl Store {
    /// Records durable blobs as messages, in one transaction; outcomes are in the order of `batch`. New messages are
    /// leased to `process_owner`, who decides them; if it dies, [`Store::claim_messages`] passes them on.
    pub async fn record_stored(
        &self,
        lease: &Lease,
        org: OrganizationId,
        batch: &[StoredDelivery],
        process_owner: &str,
        process_ttl: Duration,
    ) -> Result<Vec<StoredOutcome>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = retrying!(self.record_stored_once(lease, org, batch, process_owner, process_ttl))?;
        for outcome in outcomes.iter().filter(|outcome| outcome.new) {
            self.tell(Event::MessageStored { org, message: outcome.message });
        }
        Ok(outcomes)
    }

    async fn record_stored_once(
        &self,
        lease: &Lease,
        org: OrganizationId,
        batch: &[StoredDelivery],
        process_owner: &str,
        process_ttl: Duration,
    ) -> Result<Vec<StoredOutcome>> {
        let now = self.now();
        let until = self.clock().in_micros(process_ttl);
        let mut tx = self.pool().begin().await?;
        leases::require(&mut tx, lease).await?;
        // Sorted by hash: two replicas storing the same mail wait for each other in the same order.
        let mut unique: BTreeMap<BlobHash, &StoredDelivery> = BTreeMap::new();
        for stored in batch {
            unique.entry(stored.receipt.hash).or_insert(stored);
        }
        insert_blobs(&mut tx, now, &unique).await?;
        let rows = unique.values().map(|stored| {
            let received = stored.received.map_or(now, jiff::Timestamp::as_microsecond);
            let id = MessageId::new();
            let hash = stored.receipt.hash;
            let size = stored.receipt.size;
            args![
                id,
                org,
                lease.connector,
                hash,
                size,
                "stored",
                1_i64,
                process_owner,
                until,
                1_i64,
                received,
                now
            ]
        });
        let rows = rows.collect();
        let inserted = values_rows(
            &mut tx,
            "INSERT INTO messages (id, organization_id, connector_id, hash, size, state, fence, lease_owner, \
             lease_until, attempts, received_at, created_at)",
            "ON CONFLICT (organization_id, hash) DO NOTHING RETURNING id, hash",
            Vec::new(),
            rows,
        )
        .await?;
        let mut messages = HashMap::with_capacity(unique.len());
        for row in &inserted {
            let hash = BlobHash::from_column(&row.bytes("hash")?)?;
            messages.insert(hash, Known { message: row.named("id")?, new: true });
        }
        find_known(&mut tx, org, &unique, &mut messages).await?;
        let outcomes = outcomes(batch, &messages)?;
        update_deliveries(&mut tx, now, lease, &outcomes).await?;
        tx.commit().await?;
        Ok(outcomes)
    }
}

async fn insert_blobs(tx: &mut Tx, now: i64, unique: &BTreeMap<BlobHash, &StoredDelivery>) -> Result<()> {
    let rows = unique
        .iter()
        .map(|(hash, stored)| args![*hash, stored.receipt.size, stored.receipt.location.to_string(), now]);
    let rows = rows.collect();
    let head = "INSERT INTO blobs (hash, size, location, created_at)";
    insert_rows(tx, head, "ON CONFLICT (hash) DO NOTHING", rows).await?;
    Ok(())
}

/// Looks up the messages that were here before.
async fn find_known(
    tx: &mut Tx,
    org: OrganizationId,
    unique: &BTreeMap<BlobHash, &StoredDelivery>,
    messages: &mut HashMap<BlobHash, Known>,
) -> Result<()> {
    let missing: Vec<_> =
        unique.keys().filter(|hash| !messages.contains_key(hash)).map(|hash| (*hash).into()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (list, mut values) = in_list(1, missing);
    values.insert(0, org.into());
    let sql = format!("SELECT id, hash FROM messages WHERE organization_id = $1 AND hash IN {list}");
    for row in tx.fetch_all(AssertSqlSafe(sql), values).await? {
        let hash = BlobHash::from_column(&row.bytes("hash")?)?;
        messages.insert(hash, Known { message: row.named("id")?, new: false });
    }
    Ok(())
}

fn outcomes(batch: &[StoredDelivery], messages: &HashMap<BlobHash, Known>) -> Result<Vec<StoredOutcome>> {
    let mut told = HashSet::new();
    batch
        .iter()
        .map(|stored| {
            let hash = stored.receipt.hash;
            let known = messages.get(&hash).ok_or(StoreError::missing("message just stored"))?;
            Ok(StoredOutcome {
                delivery: stored.delivery,
                message: known.message,
                hash,
                size: stored.receipt.size,
                // The second delivery of the same bytes in one batch brings nothing new.
                new: known.new && told.insert(hash),
                fence: 1,
            })
        })
        .collect()
}

async fn update_deliveries(tx: &mut Tx, now: i64, lease: &Lease, outcomes: &[StoredOutcome]) -> Result<()> {
    let rows = outcomes
        .iter()
        .map(|outcome| args![outcome.delivery, outcome.message, now, lease.connector])
        .collect();
    values_rows(
        tx,
        "UPDATE deliveries SET state = 'stored', message_id = v.column2, stored_at = v.column3, ack_next_try_at = 0, \
         last_error = NULL FROM (",
        ") AS v WHERE deliveries.id = v.column1 AND deliveries.connector_id = v.column4 \
         AND deliveries.state IN ('discovered', 'needs_attention', 'gone')",
        Vec::new(),
        rows,
    )
    .await?;
    Ok(())
}
