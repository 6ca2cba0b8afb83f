//! Who runs which connector. A lease is time-limited; its fence tells its holder from every earlier one.

use crate::Store;
use crate::connectors::{LogLevel, log, unreadable};
use crate::error::{Result, StoreError};
use crate::sql::{Row, Tx, args, retrying};
use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_core::connector::Connector;
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
            "UPDATE connectors SET lease_owner = $1, lease_until = $2, fence = fence + 1 WHERE id IN \
               (SELECT id FROM connectors WHERE active = 1 AND deleted_at IS NULL AND lease_until <= $3 \
                ORDER BY lease_until, id LIMIT $4) \
             RETURNING id, organization_id, name, api_name, settings, active, origin, revision, fence, \
               lease_until, last_error",
            "UPDATE connectors SET lease_owner = $1, lease_until = $2, fence = fence + 1 WHERE id IN \
               (SELECT id FROM connectors WHERE active = 1 AND deleted_at IS NULL AND lease_until <= $3 \
                ORDER BY lease_until, id LIMIT $4 FOR UPDATE SKIP LOCKED) \
             RETURNING id, organization_id, name, api_name, settings, active, origin, revision, fence, \
               lease_until, last_error",
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
        let sql = "UPDATE connectors SET lease_owner = $2, lease_until = $3, fence = fence + 1 \
                   WHERE id = $1 AND deleted_at IS NULL AND lease_until <= $4 RETURNING fence, lease_until";
        let claimed = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let row = tx.fetch_optional(sql, args![connector, owner, until, now]).await?;
            tx.commit().await.map(|()| row)
        })?;
        match claimed {
            Some(row) => Ok(Lease {
                connector,
                owner: owner.to_owned(),
                fence: row.int("fence")?,
                until: row.time("lease_until")?,
            }),
            None => Err(StoreError::conflict("the connector is being run by another process")),
        }
    }

    /// Ends the leases on connectors and messages that owners of a role left behind, `except` of one. Only for a
    /// server that knows it is the only one on this database.
    pub async fn break_leases(&self, role: &str, except: &str) -> Result<()> {
        let (from, to) = (format!("{role}:"), format!("{role};"));
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = "UPDATE connectors SET lease_owner = NULL, lease_until = 0, fence = fence + 1 \
                       WHERE lease_owner >= $1 AND lease_owner < $2 AND lease_owner <> $3";
            tx.execute(sql, args![&from, &to, except]).await?;
            let sql = "UPDATE messages SET lease_until = 0 \
                       WHERE state = 'stored' AND lease_owner >= $1 AND lease_owner < $2 AND lease_owner <> $3";
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

/// Refuses a write under a lease that has passed on, and keeps it from passing on until the transaction ends.
///
/// An expired lease that nobody claimed still holds: the fence alone decides.
pub(crate) async fn require(tx: &mut Tx, lease: &Lease) -> Result<()> {
    let sql = tx.choose(
        "SELECT fence FROM connectors WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND deleted_at IS NULL",
        "SELECT fence FROM connectors WHERE id = $1 AND lease_owner = $2 AND fence = $3 AND deleted_at IS NULL \
         FOR SHARE",
    );
    let held = tx.fetch_optional(sql, args![lease.connector, &lease.owner, lease.fence]).await?;
    held.map(|_| ()).ok_or(StoreError::Fenced)
}
