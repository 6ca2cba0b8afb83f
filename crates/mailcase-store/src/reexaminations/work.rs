//! Doing re-examinations: who does which, where it stands, and new evidence put in the place of the old together with the
//! progress, so that a job that broke off counts no message twice.

use super::{MESSAGES_KEPT, OF_CONNECTOR, ReexaminationScope};
use crate::Store;
use crate::blobs::BlobHash;
use crate::decisions::{PackedEvidence, Replacement, replace_evidence, unpack};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{Row, Tx, args, in_list, insert_rows, json, retrying};
use mailcase_core::{CaseId, ConnectorId, MessageId, OrganizationId, ReexaminationId};
use mailcase_evidence::{Changes, Evidence};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use std::time::Duration;

/// The right to go on with a re-examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReexaminationLease {
    pub id: ReexaminationId,
    pub organization: OrganizationId,
    pub scope: ReexaminationScope,
    pub connector: Option<ConnectorId>,
    /// Number of the last message that is done when the lease was taken.
    pub done_seq: i64,
    /// Number of the last message meant.
    pub last_seq: i64,
    /// How many holders in a row ended before they had done a single message.
    pub interruptions: i64,
    owner: String,
    fence: i64,
}

/// A message that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeantMessage {
    /// Its place in the order of arrival.
    pub seq: i64,
    pub id: MessageId,
    pub hash: BlobHash,
    /// Size of the raw bytes.
    pub size: u64,
    /// All that brought it.
    pub connectors: Vec<ConnectorId>,
}

/// New evidence of a message.
#[derive(Debug)]
pub struct ExaminedAgain {
    pub evidence: Evidence,
    pub packed: PackedEvidence,
}

/// What became of a message.
#[derive(Debug)]
pub struct Reexamined {
    pub seq: i64,
    /// Or why it keeps the evidence it has.
    pub outcome: std::result::Result<Box<ExaminedAgain>, String>,
}

/// What one transaction adds to a job.
#[derive(Debug, Default)]
struct Progress {
    changed: u64,
    opened: u64,
    failed: u64,
    changes: Changes,
    /// Messages with other evidence than before, and their cases.
    told: Vec<(MessageId, Option<CaseId>)>,
}

fn lease_from(row: &Row, owner: &str) -> Result<ReexaminationLease> {
    Ok(ReexaminationLease {
        id: row.named("id")?,
        organization: row.named("organization_id")?,
        scope: row.named("scope")?,
        connector: row.opt_named("connector_id")?,
        done_seq: row.int("done_seq")?,
        last_seq: row.int("last_seq")?,
        interruptions: row.int("interruptions")?,
        owner: owner.to_owned(),
        fence: row.int("fence")?,
    })
}

impl Store {
    /// Takes the re-examination that waited longest, of those that are the oldest of their organization and that nobody
    /// is at.
    pub async fn claim_reexamination(
        &self,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<ReexaminationLease>> {
        // Usually there is nothing to claim: find that out without a writing transaction.
        let sql = "SELECT 1 AS one FROM reexaminations WHERE ended_at IS NULL AND lease_until <= $1 LIMIT 1";
        if self.pool().fetch_optional(sql, args![self.now()]).await?.is_none() {
            return Ok(None);
        }
        let claimed = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let skip = tx.choose("", "FOR UPDATE OF r SKIP LOCKED");
            let sql = format!(
                "UPDATE reexaminations SET state = 'running', lease_owner = $1, lease_until = $2, \
                   interruptions = CASE WHEN lease_owner IS NULL THEN interruptions ELSE interruptions + 1 END, \
                   fence = fence + 1 WHERE id IN \
                 (SELECT r.id FROM reexaminations r WHERE r.ended_at IS NULL AND r.lease_until <= $3 \
                  AND NOT EXISTS (SELECT 1 FROM reexaminations e WHERE e.organization_id = r.organization_id \
                    AND e.ended_at IS NULL AND e.id < r.id) \
                  ORDER BY r.lease_until, r.id LIMIT 1 {skip}) \
                 RETURNING id, organization_id, scope, connector_id, done_seq, last_seq, interruptions, fence"
            );
            let values = args![owner, self.clock().in_micros(ttl), self.now()];
            let row = tx.fetch_optional(AssertSqlSafe(sql), values).await?;
            tx.commit().await.map(|()| row)
        })?;
        let lease = claimed.map(|row| lease_from(&row, owner)).transpose()?;
        if let Some(lease) = &lease {
            self.tell_reexamination(lease);
        }
        Ok(lease)
    }

    /// Tells watchers that a re-examination got on.
    pub fn tell_reexamination(&self, lease: &ReexaminationLease) {
        self.tell(Event::ReexaminationChanged { org: lease.organization, reexamination: lease.id });
    }

    /// Keeps it for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it was cancelled or has passed on.
    pub async fn renew_reexamination(&self, lease: &ReexaminationLease, ttl: Duration) -> Result<()> {
        let until = self.clock().in_micros(ttl);
        self.change_held(lease, "lease_until = $4", args![lease.id, &lease.owner, lease.fence, until]).await
    }

    /// Gives it back; whoever waits longer goes first.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it was cancelled or has passed on.
    pub async fn release_reexamination(&self, lease: &ReexaminationLease) -> Result<()> {
        let values = args![lease.id, &lease.owner, lease.fence, self.now()];
        self.change_held(lease, "lease_until = $4, lease_owner = NULL", values).await?;
        self.tell_reexamination(lease);
        Ok(())
    }

    /// Ends it: done, or with the reason why it cannot go on.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it was cancelled or has passed on.
    pub async fn end_reexamination(&self, lease: &ReexaminationLease, error: Option<&str>) -> Result<()> {
        // Messages that came or went meanwhile are no reason to end at 99 percent.
        let set = if error.is_some() {
            "ended_at = $4, lease_owner = NULL, last_error = $5, state = 'failed'"
        } else {
            "ended_at = $4, lease_owner = NULL, last_error = $5, state = 'done', total = examined"
        };
        let values = args![lease.id, &lease.owner, lease.fence, self.now(), error];
        self.change_held(lease, set, values).await?;
        self.tell_reexamination(lease);
        Ok(())
    }

    /// `set` is program text; the first three values are those of the condition.
    async fn change_held(
        &self,
        lease: &ReexaminationLease,
        set: &str,
        values: Vec<crate::sql::Value>,
    ) -> Result<()> {
        tracing::trace!(reexamination = %lease.id, "a re-examination is changed");
        let sql = format!(
            "UPDATE reexaminations SET {set} \
             WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND ended_at IS NULL"
        );
        match retrying!(self.pool().execute(AssertSqlSafe(sql.clone()), values.clone()))? {
            0 => Err(StoreError::Fenced),
            _ => Ok(()),
        }
    }

    /// The messages meant that come after the one with number `after`, at most `limit`, in the order of arrival.
    pub async fn meant_by(
        &self,
        lease: &ReexaminationLease,
        after: i64,
        limit: usize,
    ) -> Result<Vec<MeantMessage>> {
        let meant = lease.scope.condition();
        let sql = format!(
            "SELECT m.seq AS seq, m.id AS id, m.hash AS hash, m.size AS size, m.connector_id AS connector_id \
             FROM messages m WHERE m.organization_id = $1 AND m.state = 'decided' AND {meant} \
             AND ($2 IS NULL OR {OF_CONNECTOR}) AND m.seq > $3 AND m.seq <= $4 ORDER BY m.seq LIMIT $5"
        );
        let values = args![lease.organization, lease.connector, after, lease.last_seq, limit];
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in &rows {
            messages.push(MeantMessage {
                seq: row.int("seq")?,
                id: row.named("id")?,
                hash: BlobHash::from_column(&row.bytes("hash")?)?,
                size: row.count("size")?,
                connectors: vec![row.named("connector_id")?],
            });
        }
        self.add_deliverers(lease.organization, &mut messages).await?;
        Ok(messages)
    }

    async fn add_deliverers(&self, org: OrganizationId, messages: &mut [MeantMessage]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let (list, more) = in_list(1, messages.iter().map(|message| message.id.into()).collect());
        let mut values = args![org];
        values.extend(more);
        let sql = format!(
            "SELECT DISTINCT message_id, connector_id FROM deliveries \
             WHERE organization_id = $1 AND message_id IN {list} ORDER BY message_id, connector_id"
        );
        let mut brought: BTreeMap<MessageId, Vec<ConnectorId>> = BTreeMap::new();
        for row in self.pool().fetch_all(AssertSqlSafe(sql), values).await? {
            brought.entry(row.named("message_id")?).or_default().push(row.named("connector_id")?);
        }
        for message in messages {
            message.connectors.extend(brought.remove(&message.id).unwrap_or_default());
            message.connectors.sort();
            message.connectors.dedup();
        }
        Ok(())
    }

    /// Puts new evidence in the place of the old and takes the job that far, in one transaction. What was decided stays
    /// decided. `batch` is in the order of arrival, and whole up to its last message.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the job was cancelled or has passed on; then nothing changed.
    pub async fn record_reexamined(&self, lease: &ReexaminationLease, batch: &[Reexamined]) -> Result<()> {
        let Some(last) = batch.last() else { return Ok(()) };
        let progress = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let progress = self.record_in(&mut tx, lease, batch, last.seq).await?;
            tx.commit().await.map(|()| progress)
        })?;
        let org = lease.organization;
        for (message, case) in progress.told {
            self.tell(Event::MessageDecided { org, message, case });
            if let Some(case) = case {
                self.tell(Event::CaseChanged { org, case });
            }
        }
        Ok(())
    }

    async fn record_in(
        &self,
        tx: &mut Tx,
        lease: &ReexaminationLease,
        batch: &[Reexamined],
        done_seq: i64,
    ) -> Result<Progress> {
        let sql = tx.choose(
            "SELECT changed, failed, changes FROM reexaminations \
             WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND ended_at IS NULL",
            "SELECT changed, failed, changes FROM reexaminations \
             WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND ended_at IS NULL FOR UPDATE",
        );
        let held = tx.fetch_optional(sql, args![lease.id, &lease.owner, lease.fence]).await?;
        let held = held.ok_or(StoreError::Fenced)?;
        let (mut room_changed, mut room_failed) = (
            MESSAGES_KEPT.saturating_sub(held.count("changed")?),
            MESSAGES_KEPT.saturating_sub(held.count("failed")?),
        );
        let mut progress = Progress { changes: held.json("changes")?, ..Progress::default() };
        let mut replacing = Vec::new();
        let mut rows = Vec::new();
        for Reexamined { seq, outcome } in batch {
            match outcome {
                Ok(new) => {
                    let Some((old, told)) = old_evidence(tx, lease.organization, *seq, &new.packed).await?
                    else {
                        continue;
                    };
                    let changes = Changes::between(&old, &new.evidence);
                    replacing.push(Replacement { seq: *seq, old, new: &new.packed });
                    if changes.is_empty() {
                        continue;
                    }
                    progress.told.push(told);
                    progress.changed = progress.changed.saturating_add(1);
                    progress.opened = progress.opened.saturating_add(u64::from(changes.opened > 0));
                    progress.changes.add(&changes);
                    if room_changed > 0 {
                        room_changed = room_changed.saturating_sub(1);
                        rows.push(args![lease.id, *seq, json(&changes)?, None::<&str>]);
                    }
                }
                Err(error) => {
                    progress.failed = progress.failed.saturating_add(1);
                    if room_failed > 0 {
                        room_failed = room_failed.saturating_sub(1);
                        rows.push(args![lease.id, *seq, None::<&str>, error]);
                    }
                }
            }
        }
        replace_evidence(tx, lease.organization, &replacing).await?;
        let head = "INSERT INTO reexamined_messages (reexamination_id, message_seq, changes, error)";
        insert_rows(tx, head, "ON CONFLICT (reexamination_id, message_seq) DO NOTHING", rows).await?;
        let sql = "UPDATE reexaminations SET done_seq = $2, examined = examined + $3, changed = changed + $4, \
                   opened = opened + $5, failed = failed + $6, changes = $7, interruptions = 0 WHERE id = $1";
        let Progress { changed, opened, failed, changes, .. } = &progress;
        let values = args![lease.id, done_seq, batch.len(), *changed, *opened, *failed, json(changes)?];
        tx.execute(sql, values).await?;
        Ok(progress)
    }
}

/// The evidence a decided message has, unless it is byte for byte the new one; and whom to tell.
async fn old_evidence(
    tx: &mut Tx,
    org: OrganizationId,
    seq: i64,
    new: &PackedEvidence,
) -> Result<Option<(Evidence, (MessageId, Option<CaseId>))>> {
    let sql = tx.choose(
        "SELECT m.id AS id, m.case_id AS case_id, e.body AS body FROM messages m \
         JOIN message_evidence e ON e.message_seq = m.seq \
         WHERE m.organization_id = $1 AND m.seq = $2 AND m.state = 'decided'",
        "SELECT m.id AS id, m.case_id AS case_id, e.body AS body FROM messages m \
         JOIN message_evidence e ON e.message_seq = m.seq \
         WHERE m.organization_id = $1 AND m.seq = $2 AND m.state = 'decided' FOR UPDATE OF m",
    );
    let Some(row) = tx.fetch_optional(sql, args![org, seq]).await? else { return Ok(None) };
    let body = row.bytes("body")?;
    if new.is(&body) {
        return Ok(None);
    }
    Ok(Some((unpack(&body)?, (row.named("id")?, row.opt_named("case_id")?))))
}
