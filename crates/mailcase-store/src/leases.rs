//! Who runs which connector. A lease is time-limited; its fence tells its holder from every earlier one.

use crate::Store;
use crate::connectors::{LogLevel, log, unreadable};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{Row, Tx, Value, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::connector::Connector;
use mailcase_core::{ConnectorId, MessageId, OrganizationId};
use std::collections::HashSet;
use std::time::Duration;

/// The right to run one connector. Writes made under it are refused once another process holds a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub connector: ConnectorId,
    /// The process that holds it.
    pub owner: String,
    /// Raised with every claim and every edit of the connector.
    pub fence: i64,
    pub until: Timestamp,
    /// How many holders in a row never gave it back, with no poll that went through in between: what they met may
    /// have ended their process.
    pub interruptions: i64,
}

/// A lease to be kept, and what its holder has to tell of the connector meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    pub connector: ConnectorId,
    pub fence: i64,
    /// `None` leaves what is recorded as it is.
    pub last_success: Option<Timestamp>,
    /// `None` leaves what is recorded as it is.
    pub next_poll: Option<Timestamp>,
}

/// A connector this version cannot read is looked at again after this: meanwhile another version may claim it, and
/// nobody looks in vain at every tick.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(60);

impl Store {
    /// Claims up to `max` active connectors that nobody holds, or whose holder did not renew in time. Those that
    /// cannot be read are left out, with the reason in their status and log.
    pub async fn claim_connectors(
        &self,
        owner: &str,
        ttl: Duration,
        max: usize,
    ) -> Result<Vec<(Connector, Lease)>> {
        if max == 0 {
            return Ok(Vec::new());
        }
        // Usually there is nothing to claim: find that out without a writing transaction.
        let now = self.now();
        let sql = "SELECT 1 AS one FROM connectors \
                   WHERE active = 1 AND deleted_at IS NULL AND lease_until <= $1 LIMIT 1";
        if self.pool().fetch_optional(sql, args![now]).await?.is_none() {
            return Ok(Vec::new());
        }
        retrying!(self.claim_connectors_once(owner, ttl, max))
    }

    async fn claim_connectors_once(
        &self,
        owner: &str,
        ttl: Duration,
        max: usize,
    ) -> Result<Vec<(Connector, Lease)>> {
        let (now, until) = (self.now(), self.clock().in_micros(ttl));
        let mut tx = self.pool().begin().await?;
        let sql = tx.choose(
            "UPDATE connectors SET lease_owner = $1, lease_until = $2, fence = fence + 1, \
               interruptions = CASE WHEN lease_owner IS NULL THEN 0 ELSE interruptions + 1 END WHERE id IN \
               (SELECT id FROM connectors WHERE active = 1 AND deleted_at IS NULL AND lease_until <= $3 \
                ORDER BY lease_until, id LIMIT $4) \
             RETURNING id, organization_id, name, api_name, settings, active, origin, revision, fence, \
               lease_until, interruptions, last_error",
            "UPDATE connectors SET lease_owner = $1, lease_until = $2, fence = fence + 1, \
               interruptions = CASE WHEN lease_owner IS NULL THEN 0 ELSE interruptions + 1 END WHERE id IN \
               (SELECT id FROM connectors WHERE active = 1 AND deleted_at IS NULL AND lease_until <= $3 \
                ORDER BY lease_until, id LIMIT $4 FOR UPDATE SKIP LOCKED) \
             RETURNING id, organization_id, name, api_name, settings, active, origin, revision, fence, \
               lease_until, interruptions, last_error",
        );
        let rows = tx.fetch_all(sql, args![owner, until, now, max]).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in &rows {
            match unreadable::read(row) {
                Ok((connector, None)) => {
                    let lease = Lease {
                        connector: connector.id,
                        owner: owner.to_owned(),
                        fence: row.int("fence")?,
                        until: row.time("lease_until")?,
                        interruptions: row.int("interruptions")?,
                    };
                    claimed.push((connector, lease));
                }
                Ok((connector, Some(reason))) => {
                    self.pass_over_in(&mut tx, row, connector.id, &reason).await?;
                }
                Err(error) => tracing::error!(%error, "a connector cannot be read and is left out"),
            }
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// Gives an unreadable connector back for a while and says why it is not run, in its log only once.
    async fn pass_over_in(
        &self,
        tx: &mut Tx,
        row: &Row,
        connector: ConnectorId,
        reason: &unreadable::Unreadable,
    ) -> Result<()> {
        let (facts, new) = unreadable::noted(row, reason, self.clock().now())?;
        let again = self.clock().in_micros(UNREADABLE_PAUSE);
        if !new {
            let sql = "UPDATE connectors SET lease_owner = NULL, lease_until = $2 WHERE id = $1";
            tx.execute(sql, args![connector, again]).await?;
            return Ok(());
        }
        unreadable::tell(connector, reason);
        let sql = "UPDATE connectors SET lease_owner = NULL, lease_until = $2, status_state = 'failed', \
                   last_error = $3, next_poll_at = NULL WHERE id = $1";
        tx.execute(sql, args![connector, again, facts]).await?;
        log::append_in(tx, self.now(), connector, LogLevel::Error, unreadable::CODE, &reason.to_string())
            .await
    }

    /// Claims one connector, active or not, for a pass in the foreground.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody holds it; [`StoreError::NotFound`] when it was deleted.
    pub async fn claim_connector(&self, connector: ConnectorId, owner: &str, ttl: Duration) -> Result<Lease> {
        let (now, until) = (self.now(), self.clock().in_micros(ttl));
        let sql = "UPDATE connectors SET lease_owner = $2, lease_until = $3, fence = fence + 1, \
                     interruptions = CASE WHEN lease_owner IS NULL THEN 0 ELSE interruptions + 1 END \
                   WHERE id = $1 AND deleted_at IS NULL AND lease_until <= $4 \
                   RETURNING fence, lease_until, interruptions";
        let claimed = self.take_one(connector, owner, sql, args![connector, owner, until, now]).await?;
        claimed.ok_or_else(|| StoreError::conflict("the connector is being run by another process"))
    }

    /// Takes a connector over from whoever runs it: their writes are refused from now on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such connector any more.
    pub async fn seize_connector(&self, connector: ConnectorId, owner: &str, ttl: Duration) -> Result<Lease> {
        let sql = "UPDATE connectors SET lease_owner = $2, lease_until = $3, fence = fence + 1, interruptions = 0 \
                   WHERE id = $1 AND deleted_at IS NULL RETURNING fence, lease_until, interruptions";
        let values = args![connector, owner, self.clock().in_micros(ttl)];
        let seized = self.take_one(connector, owner, sql, values).await?;
        seized.ok_or_else(|| StoreError::conflict("the connector was deleted meanwhile"))
    }

    async fn take_one(
        &self,
        connector: ConnectorId,
        owner: &str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Lease>> {
        let row = retrying!(async {
            let mut tx = self.pool().begin().await?;
            // Waits for what an earlier holder is still writing; see `require`.
            let hold = tx.choose("", "FOR UPDATE");
            let hold = format!("SELECT id FROM connectors WHERE id = $1 {hold}");
            tx.fetch_optional(sqlx::AssertSqlSafe(hold), args![connector]).await?;
            let row = tx.fetch_optional(sql, values.clone()).await?;
            tx.commit().await.map(|()| row)
        })?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Lease {
            connector,
            owner: owner.to_owned(),
            fence: row.int("fence")?,
            until: row.time("lease_until")?,
            interruptions: row.int("interruptions")?,
        }))
    }

    /// The connectors `owner` runs. Those that cannot be read are left out.
    pub async fn connectors_run_by(&self, owner: &str) -> Result<Vec<Connector>> {
        let sql = "SELECT id, organization_id, name, api_name, settings, active, origin, revision FROM connectors \
                   WHERE active = 1 AND deleted_at IS NULL AND lease_owner = $1 AND lease_until > $2";
        let rows = self.pool().fetch_all(sql, args![owner, self.now()]).await?;
        Ok(unreadable::readable(&rows))
    }

    /// Ends the leases on connectors and messages that owners of a role left behind, `except` of one. Only for a
    /// server that knows it is the only one on this database.
    pub async fn break_leases(&self, role: &str, except: &str) -> Result<()> {
        let (from, to) = (format!("{role}:"), format!("{role};"));
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            // The owner stays: whoever claims next shall know that it never gave the lease back.
            let sql = "UPDATE connectors SET lease_until = 0, fence = fence + 1 \
                       WHERE lease_owner >= $1 AND lease_owner < $2 AND lease_owner <> $3";
            tx.execute(sql, args![&from, &to, except]).await?;
            let sql = "UPDATE messages SET lease_until = 0 \
                       WHERE state = 'stored' AND lease_owner >= $1 AND lease_owner < $2 AND lease_owner <> $3";
            tx.execute(sql, args![&from, &to, except]).await?;
            // As with connectors the owner stays.
            let sql = "UPDATE reexaminations SET lease_until = 0, fence = fence + 1 \
                       WHERE ended_at IS NULL AND lease_owner >= $1 AND lease_owner < $2 AND lease_owner <> $3";
            tx.execute(sql, args![&from, &to, except]).await?;
            tx.commit().await
        })
    }

    /// Keeps a lease for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it has passed on.
    pub async fn renew_lease(&self, lease: &Lease, ttl: Duration) -> Result<Lease> {
        let until = self.clock().in_micros(ttl);
        let sql = "UPDATE connectors SET lease_until = $4 WHERE id = $1 AND lease_owner = $2 AND fence = $3";
        let values = args![lease.connector, &lease.owner, lease.fence, until];
        if retrying!(self.pool().execute(sql, values.clone()))? == 0 {
            return Err(StoreError::Fenced);
        }
        Ok(Lease { until: Timestamp::from_microsecond(until).map_err(StoreError::decode)?, ..lease.clone() })
    }

    /// Keeps leases of `owner` for `ttl` from now and records what their holders tell, all in one statement. Returns
    /// the connectors whose lease is still held; the others have passed on.
    pub async fn renew_leases(
        &self,
        owner: &str,
        renewals: &[Renewal],
        ttl: Duration,
    ) -> Result<HashSet<ConnectorId>> {
        if renewals.is_empty() {
            return Ok(HashSet::new());
        }
        let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
        let told: Vec<_> = renewals
            .iter()
            .map(|kept| {
                (kept.connector.to_string(), kept.fence, micros(kept.last_success), micros(kept.next_poll))
            })
            .collect();
        let values = args![self.clock().in_micros(ttl), owner, json(&told)?];
        let rows = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = tx.choose(RENEW_SQLITE, RENEW_POSTGRES);
            let rows = tx.fetch_all(sql, values.clone()).await?;
            tx.commit().await.map(|()| rows)
        })?;
        let telling: HashSet<ConnectorId> =
            renewals.iter().filter(|kept| kept.last_success.is_some()).map(|kept| kept.connector).collect();
        let mut held = HashSet::with_capacity(rows.len());
        for row in &rows {
            let connector = row.named("id")?;
            held.insert(connector);
            if telling.contains(&connector) {
                let org: OrganizationId = row.named("organization_id")?;
                self.tell(Event::ConnectorStatus { org, connector });
            }
        }
        Ok(held)
    }

    /// Keeps the leases `owner` holds on messages for `ttl` from now, all in one statement; those that were decided
    /// or have passed on stay as they are. Returns how many were kept.
    pub async fn renew_messages(&self, owner: &str, messages: &[MessageId], ttl: Duration) -> Result<usize> {
        if messages.is_empty() {
            return Ok(0);
        }
        let ids: Vec<String> = messages.iter().map(ToString::to_string).collect();
        let values = args![owner, self.clock().in_micros(ttl), json(&ids)?];
        let kept = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = tx.choose(
                "UPDATE messages SET lease_until = $2 WHERE state = 'stored' AND lease_owner = $1 \
                 AND id IN (SELECT value FROM json_each($3))",
                // A message that is being decided right now needs no renewal, and is not waited for.
                "UPDATE messages SET lease_until = $2 WHERE seq IN \
                   (SELECT seq FROM messages WHERE state = 'stored' AND lease_owner = $1 \
                    AND id IN (SELECT jsonb_array_elements_text(CAST($3 AS JSONB))) FOR UPDATE SKIP LOCKED)",
            );
            let kept = tx.execute(sql, values.clone()).await?;
            tx.commit().await.map(|()| kept)
        })?;
        Ok(usize::try_from(kept).unwrap_or(usize::MAX))
    }

    /// Gives claimed messages, each with the fence of its claim, back untouched: they can be claimed again after
    /// `pause`, and this claim does not count.
    pub async fn give_back_messages(&self, claims: &[(MessageId, i64)], pause: Duration) -> Result<()> {
        if claims.is_empty() {
            return Ok(());
        }
        let claims: Vec<_> = claims.iter().map(|(message, fence)| (message.to_string(), fence)).collect();
        let values = args![self.clock().in_micros(pause), json(&claims)?];
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = tx.choose(
                "UPDATE messages SET lease_owner = NULL, lease_until = $1, attempts = attempts - 1 \
                 FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS fence \
                       FROM json_each($2)) claim \
                 WHERE messages.id = claim.id AND messages.fence = claim.fence AND messages.state = 'stored' \
                 AND messages.lease_owner IS NOT NULL",
                "UPDATE messages SET lease_owner = NULL, lease_until = $1, attempts = attempts - 1 \
                 FROM (SELECT value ->> 0 AS id, CAST(value ->> 1 AS BIGINT) AS fence \
                       FROM jsonb_array_elements(CAST($2 AS JSONB))) claim \
                 WHERE messages.id = claim.id AND messages.fence = claim.fence AND messages.state = 'stored' \
                 AND messages.lease_owner IS NOT NULL",
            );
            tx.execute(sql, values.clone()).await?;
            tx.commit().await
        })
    }

    /// Gives a lease back, so that another process can claim the connector at once.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it has passed on already.
    pub async fn release_lease(&self, lease: &Lease) -> Result<()> {
        let sql = "UPDATE connectors SET lease_owner = NULL, lease_until = 0, fence = fence + 1 \
                   WHERE id = $1 AND lease_owner = $2 AND fence = $3";
        let values = args![lease.connector, &lease.owner, lease.fence];
        match retrying!(self.pool().execute(sql, values.clone()))? {
            0 => Err(StoreError::Fenced),
            _ => Ok(()),
        }
    }
}

/// Renews leases told as a JSON array of `[id, fence, last success, next poll]`.
const RENEW_SQLITE: &str = "UPDATE connectors SET lease_until = $1, \
     last_success_at = COALESCE(kept.last_success, last_success_at), \
     interruptions = CASE WHEN kept.last_success IS NULL THEN interruptions ELSE 0 END, \
     next_poll_at = COALESCE(kept.next_poll, next_poll_at) \
     FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS fence, \
             json_extract(value, '$[2]') AS last_success, json_extract(value, '$[3]') AS next_poll \
           FROM json_each($3)) kept \
     WHERE connectors.id = kept.id AND connectors.fence = kept.fence AND connectors.lease_owner = $2 \
     RETURNING connectors.id AS id, connectors.organization_id AS organization_id";

const RENEW_POSTGRES: &str = "UPDATE connectors SET lease_until = $1, \
     last_success_at = COALESCE(kept.last_success, last_success_at), \
     interruptions = CASE WHEN kept.last_success IS NULL THEN interruptions ELSE 0 END, \
     next_poll_at = COALESCE(kept.next_poll, next_poll_at) \
     FROM (SELECT value ->> 0 AS id, CAST(value ->> 1 AS BIGINT) AS fence, \
             CAST(value ->> 2 AS BIGINT) AS last_success, CAST(value ->> 3 AS BIGINT) AS next_poll \
           FROM jsonb_array_elements(CAST($3 AS JSONB))) kept \
     WHERE connectors.id = kept.id AND connectors.fence = kept.fence AND connectors.lease_owner = $2 \
     RETURNING connectors.id AS id, connectors.organization_id AS organization_id";

/// Refuses a write under a lease that has passed on, and keeps it from passing on until the transaction ends.
///
/// An expired lease that nobody claimed still holds: the fence alone decides. On PostgreSQL the lock is the weakest
/// that a claim waits for: renewals and reports of status go on beside a long transaction.
pub(crate) async fn require(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let sql = tx.choose(
        "SELECT fence FROM connectors WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND deleted_at IS NULL",
        "SELECT fence FROM connectors WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND deleted_at IS NULL \
         FOR KEY SHARE",
    );
    let held = tx.fetch_optional(sql, args![lease.connector, &lease.owner, lease.fence]).await?;
    held.map(|_| ()).ok_or(StoreError::Fenced)
}
