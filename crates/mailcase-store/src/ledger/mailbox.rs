//! Which mailbox the ledger speaks of. The identities of messages (UIDVALIDITY and UID, names of files) mean something in
//! their mailbox only: pointed at another one, a connector begins anew.

use crate::Store;
use crate::audit::{Actor, NewAudit, append_in};
use crate::clock::micros;
use crate::connectors::{LogLevel, log};
use crate::error::{Result, StoreError};
use crate::leases::{self, Lease};
use crate::sql::{Tx, args, retrying};
use jiff::Timestamp;
use mailcase_core::OrganizationId;
use serde_json::json as object;
use std::time::Duration;

/// Clocks differ, and servers know days only.
const MARGIN: Duration = Duration::from_hours(24);

impl Store {
    /// Says which mailbox the holder of the lease is about to read, in the words of its settings. When it is another one than
    /// before, what the ledger knows belongs to the one that was left: its messages stay, nothing more is done to them on a
    /// server, and listing begins anew. Returns from when on mail is wanted there, read or not: since the last mailbox was
    /// looked at, for it may be the same one under another name.
    pub async fn enter_mailbox(
        &self,
        lease: &Lease,
        org: OrganizationId,
        mailbox: &str,
    ) -> Result<Option<Timestamp>> {
        retrying!(self.enter_mailbox_once(lease, org, mailbox))
    }

    async fn enter_mailbox_once(
        &self,
        lease: &Lease,
        org: OrganizationId,
        mailbox: &str,
    ) -> Result<Option<Timestamp>> {
        let sql = "SELECT mailbox, mailbox_since, last_success_at FROM connectors WHERE id = $1";
        let mut tx = self.pool().begin().await?;
        leases::require(&mut tx, lease).await?;
        let row = tx.fetch_one(sql, args![lease.connector]).await?;
        let before = row.opt_text("mailbox")?;
        let mut since = row.opt_time("mailbox_since")?;
        if before.as_deref() == Some(mailbox) {
            return Ok(since);
        }
        if before.is_some() && was_listed(&mut tx, lease).await? {
            // One that was never looked at whole has nothing to go on from: the back-fill says what is taken.
            since = self.leave(&mut tx, lease, org, row.opt_time("last_success_at")?).await?;
        }
        let sql = "UPDATE connectors SET mailbox = $2, mailbox_since = $3 WHERE id = $1";
        tx.execute(sql, args![lease.connector, mailbox, since]).await?;
        tx.commit().await?;
        Ok(since)
    }

    /// Closes the ledger of the mailbox that was looked at last at `looked`, if it ever was to the end.
    async fn leave(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        org: OrganizationId,
        looked: Option<Timestamp>,
    ) -> Result<Option<Timestamp>> {
        let (now, connector) = (self.now(), lease.connector);
        let sql = "SELECT COUNT(*) AS n, MIN(remote_received) AS oldest FROM deliveries \
                   WHERE connector_id = $1 AND state IN ('discovered', 'needs_attention') AND message_id IS NULL";
        let unfetched = tx.fetch_one(sql, args![connector]).await?;
        let oldest = unfetched.opt_time("oldest")?;
        let from = looked.map(|looked| oldest.map_or(looked, |oldest| oldest.min(looked)));
        let since = from
            .map(|from| Timestamp::from_microsecond(from.as_microsecond().saturating_sub(micros(MARGIN))))
            .transpose()
            .map_err(StoreError::decode)?;
        // The folder tells which mailbox it was in: names in the new one are free.
        let sql = "UPDATE deliveries SET folder = folder || $2, next_try_at = 0, \
                   state = CASE WHEN state = 'acknowledged' THEN state ELSE 'left' END \
                   WHERE connector_id = $1 AND state <> 'left'";
        let left = format!(" (mailbox left {})", self.clock().now());
        tx.execute(sql, args![connector, left]).await?;
        tx.execute("DELETE FROM connector_folders WHERE connector_id = $1", args![connector]).await?;
        let unfetched = unfetched.count("n")?;
        let entry = NewAudit {
            organization: Some(org),
            actor: Actor::System,
            action: "connector.mailbox_left",
            target: Some(connector.to_string()),
            detail: object!({ "not_fetched": unfetched, "since": since }),
        };
        append_in(tx, now, &entry).await?;
        let taken = since.map_or_else(String::new, |since| {
            format!(", and what came since {since} is taken even if it was read")
        });
        let text = format!(
            "the settings name another mailbox: it is listed anew{taken}; {unfetched} messages of the former mailbox had \
             not been fetched"
        );
        log::append_in(tx, now, connector, LogLevel::Warning, "mailbox_left", &text).await?;
        Ok(since)
    }
}

/// Whether there is anything of the mailbox in the ledger: settings that never led anywhere were no mailbox.
async fn was_listed(tx: &mut Tx, lease: &Lease) -> Result<bool> {
    let sql = "SELECT connector_id FROM connector_folders WHERE connector_id = $1 LIMIT 1";
    let listed = tx.fetch_optional(sql, args![lease.connector]).await?;
    let sql = "SELECT id FROM deliveries WHERE connector_id = $1 AND state <> 'left' LIMIT 1";
    Ok(listed.is_some() || tx.fetch_optional(sql, args![lease.connector]).await?.is_some())
}
