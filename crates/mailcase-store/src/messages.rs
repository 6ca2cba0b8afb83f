//! Messages between being stored and being decided, and how people see them.

use crate::Store;
use crate::blobs::BlobHash;
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::ledger::{cut_error, pause_after};
use crate::sql::{args, retrying};
use mailcase_core::case::CaseDefaults;
use mailcase_core::connector::{AutomaticMail, ConnectorSettings};
use mailcase_core::prefilter::Prefilter;
use mailcase_core::{ConnectorId, MessageId, OrganizationId};
use std::time::Duration;

/// After so many failures of a stage a message is set aside for a person.
pub const STAGE_TRIES: i64 = 5;
/// After so many claims that nobody finished a message is set aside: it seems to end the process that touches it.
/// Far more than [`STAGE_TRIES`], because a process that is killed for other reasons abandons innocent messages.
pub const CLAIM_TRIES: i64 = 30;

/// A message whose decision is ours to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedMessage {
    pub message: MessageId,
    pub organization: OrganizationId,
    pub hash: BlobHash,
    pub size: u64,
    pub fence: i64,
    /// How often it was claimed, this time included.
    pub attempts: i64,
}

/// What the decision about a message depends on besides its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecideContext {
    /// The connector that brought it first.
    pub connector: ConnectorId,
    pub automatic_mail: AutomaticMail,
    pub prefilter: Prefilter,
    pub case_defaults: CaseDefaults,
}

impl Store {
    /// Claims messages nobody is deciding: abandoned ones, and those whose pause after a failure is over.
    pub async fn claim_messages(
        &self,
        owner: &str,
        ttl: Duration,
        limit: usize,
    ) -> Result<Vec<ClaimedMessage>> {
        // Usually there is nothing to claim: find that out without a writing transaction.
        let now = self.now();
        let sql = "SELECT 1 AS one FROM messages WHERE state = 'stored' AND lease_until <= $1 LIMIT 1";
        if self.pool().fetch_optional(sql, args![now]).await?.is_none() {
            return Ok(Vec::new());
        }
        let (claimed, set_aside) = retrying!(self.claim_messages_once(owner, ttl, limit))?;
        for (org, message) in set_aside {
            self.tell(Event::MessageDecided { org, message, case: None });
        }
        Ok(claimed)
    }

    async fn claim_messages_once(
        &self,
        owner: &str,
        ttl: Duration,
        limit: usize,
    ) -> Result<(Vec<ClaimedMessage>, Vec<(OrganizationId, MessageId)>)> {
        let (now, until) = (self.now(), self.clock().in_micros(ttl));
        let mut tx = self.pool().begin().await?;
        let skip = tx.choose("", "FOR UPDATE SKIP LOCKED");
        let sql = format!(
            "UPDATE messages SET state = 'needs_attention', lease_owner = NULL, last_error = $3 WHERE seq IN \
             (SELECT seq FROM messages WHERE state = 'stored' AND lease_until <= $1 AND attempts >= $2 \
              ORDER BY seq LIMIT 100 {skip}) RETURNING id, organization_id"
        );
        let text = "deciding this message was begun many times and never ended; the process may have been stopped by it";
        let rows = tx.fetch_all(sqlx::AssertSqlSafe(sql), args![now, CLAIM_TRIES, text]).await?;
        let set_aside = rows
            .iter()
            .map(|row| Ok((row.named("organization_id")?, row.named("id")?)))
            .collect::<Result<Vec<_>>>()?;
        let sql = format!(
            "UPDATE messages SET lease_owner = $1, lease_until = $2, fence = fence + 1, attempts = attempts + 1 \
             WHERE seq IN (SELECT seq FROM messages WHERE state = 'stored' AND lease_until <= $3 \
              ORDER BY seq LIMIT $4 {skip}) \
             RETURNING id, organization_id, hash, size, fence, attempts"
        );
        let rows = tx.fetch_all(sqlx::AssertSqlSafe(sql), args![owner, until, now, limit]).await?;
        tx.commit().await?;
        let claimed = rows
            .iter()
            .map(|row| {
                Ok(ClaimedMessage {
                    message: row.named("id")?,
                    organization: row.named("organization_id")?,
                    hash: BlobHash::from_column(&row.bytes("hash")?)?,
                    size: row.count("size")?,
                    fence: row.int("fence")?,
                    attempts: row.int("attempts")?,
                })
            })
            .collect::<Result<_>>()?;
        Ok((claimed, set_aside))
    }

    /// What a recovered message's decision depends on: its first connector, even when that was deleted meanwhile.
    pub async fn decide_context(&self, message: MessageId) -> Result<DecideContext> {
        let sql = "SELECT c.id AS id, c.settings AS settings FROM messages m \
                   JOIN connectors c ON c.id = m.connector_id WHERE m.id = $1";
        let row =
            self.pool().fetch_optional(sql, args![message]).await?.ok_or(StoreError::missing("message"))?;
        let settings: ConnectorSettings = row.json("settings")?;
        Ok(DecideContext {
            connector: row.named("id")?,
            automatic_mail: settings.automatic_mail,
            prefilter: settings.prefilter,
            case_defaults: settings.case_defaults,
        })
    }

    /// Counts a failure of a stage. The message is tried again after a pause; after [`STAGE_TRIES`] it is set aside
    /// for a person. Does nothing when the lease has passed on.
    pub async fn record_stage_failure(&self, message: MessageId, fence: i64, error: &str) -> Result<()> {
        let set_aside = retrying!(self.record_stage_failure_once(message, fence, error))?;
        if let Some(org) = set_aside {
            self.tell(Event::MessageDecided { org, message, case: None });
        }
        Ok(())
    }

    async fn record_stage_failure_once(
        &self,
        message: MessageId,
        fence: i64,
        error: &str,
    ) -> Result<Option<OrganizationId>> {
        let mut tx = self.pool().begin().await?;
        let sql = "UPDATE messages SET failures = failures + 1, last_error = $3, lease_owner = NULL \
                   WHERE id = $1 AND fence = $2 AND state = 'stored' RETURNING failures, organization_id";
        let Some(row) = tx.fetch_optional(sql, args![message, fence, cut_error(error)]).await? else {
            return Ok(None);
        };
        let failures = row.int("failures")?;
        let set_aside = failures >= STAGE_TRIES;
        let state = if set_aside { "needs_attention" } else { "stored" };
        let again = self.now().saturating_add(pause_after(failures));
        let sql = "UPDATE messages SET state = $2, lease_until = $3 WHERE id = $1";
        tx.execute(sql, args![message, state, again]).await?;
        tx.commit().await?;
        let org = row.named("organization_id")?;
        Ok(set_aside.then_some(org))
    }

    /// Lets a message that was set aside be decided again.
    pub async fn retry_message(&self, org: OrganizationId, message: MessageId) -> Result<()> {
        let sql = "UPDATE messages SET state = 'stored', attempts = 0, failures = 0, last_error = NULL, \
                   lease_owner = NULL, lease_until = 0, fence = fence + 1 \
                   WHERE id = $1 AND organization_id = $2 AND state = 'needs_attention'";
        if retrying!(self.pool().execute(sql, args![message, org]))? == 0 {
            return Err(StoreError::missing("message to try again"));
        }
        self.tell(Event::MessageStored { org, message });
        Ok(())
    }
}
