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

/// A delivery whose bytes are durable, and the name its message gets if it is new.
pub(crate) struct Incoming<'a> {
    pub(crate) stored: &'a StoredDelivery,
    pub(crate) message: MessageId,
}

/// The process that decides new messages, until when.
pub(crate) struct Deciding<'a> {
    pub(crate) owner: &'a str,
    pub(crate) until: i64,
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
        let incoming: Vec<Incoming<'_>> =
            batch.iter().map(|stored| Incoming { stored, message: MessageId::new() }).collect();
        let deciding = Deciding { owner: process_owner, until: self.clock().in_micros(process_ttl) };
        let outcomes = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let outcomes = record_stored(&mut tx, self.now(), lease, org, &incoming, &deciding).await?;
            tx.commit().await.map(|()| outcomes)
        })?;
        for outcome in outcomes.iter().filter(|outcome| outcome.new) {
            self.tell(Event::MessageStored { org, message: outcome.message });
        }
        Ok(outcomes)
    }
}

/// Writes the rows of what is durable; outcomes are in the order of `batch`.
pub(crate) async fn record_stored(
    tx: &mut Tx,
    now: i64,
    lease: &Lease,
    org: OrganizationId,
    batch: &[Incoming<'_>],
    deciding: &Deciding<'_>,
) -> Result<Vec<StoredOutcome>> {
    leases::require(tx, lease).await?;
    // Sorted by hash: two replicas storing the same mail wait for each other in the same order.
    let mut unique: BTreeMap<BlobHash, &Incoming<'_>> = BTreeMap::new();
    for incoming in batch {
        unique.entry(incoming.stored.receipt.hash).or_insert(incoming);
    }
    insert_blobs(tx, now, &unique).await?;
    let rows = unique.values().map(|incoming| {
        let StoredDelivery { receipt, received, .. } = incoming.stored;
        args![
            incoming.message,
            org,
            lease.connector,
            receipt.hash,
            receipt.size,
            "stored",
            1_i64,
            deciding.owner,
            deciding.until,
            1_i64,
            received.map_or(now, jiff::Timestamp::as_microsecond),
            now
        ]
    });
    let rows = rows.collect();
    let inserted = values_rows(
        tx,
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
    find_known(tx, org, &unique, &mut messages).await?;
    let outcomes = outcomes(batch, &messages)?;
    update_deliveries(tx, now, lease, &outcomes).await?;
    Ok(outcomes)
}

async fn insert_blobs(tx: &mut Tx, now: i64, unique: &BTreeMap<BlobHash, &Incoming<'_>>) -> Result<()> {
    let rows = unique.iter().map(|(hash, Incoming { stored, .. })| {
        args![*hash, stored.receipt.size, stored.receipt.location.to_string(), now]
    });
    let rows = rows.collect();
    let head = "INSERT INTO blobs (hash, size, location, created_at)";
    insert_rows(tx, head, "ON CONFLICT (hash) DO NOTHING", rows).await?;
    Ok(())
}

/// Looks up the messages that were here before.
async fn find_known(
    tx: &mut Tx,
    org: OrganizationId,
    unique: &BTreeMap<BlobHash, &Incoming<'_>>,
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

fn outcomes(batch: &[Incoming<'_>], messages: &HashMap<BlobHash, Known>) -> Result<Vec<StoredOutcome>> {
    let mut told = HashSet::new();
    batch
        .iter()
        .map(|Incoming { stored, .. }| {
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
