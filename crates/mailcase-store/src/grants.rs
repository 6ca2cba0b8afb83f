//! Access to mailboxes that people granted at the provider: begun by one session, brought back by the same, kept sealed.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::secrets::Place;
use crate::sql::{Tx, args, retrying};
use crate::tokens::hash_secret;
use jiff::Timestamp;
use mailcase_core::{ConnectorId, OrganizationId, SessionId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

/// How long a person may take at the provider: signing in, a second factor, a look at what is asked for.
const GRANT_LASTS: Duration = Duration::from_mins(15);

/// A grant that is begun.
#[derive(Debug)]
pub struct NewGrant {
    pub connector: ConnectorId,
    /// Whoever brings the answer of the provider back must be in this session.
    pub session: SessionId,
    pub state: SecretString,
    pub verifier: SecretString,
    pub redirect_url: String,
}

/// What a grant was begun with.
#[derive(Debug)]
pub struct PendingGrant {
    pub connector: ConnectorId,
    pub verifier: SecretString,
    pub redirect_url: String,
}

/// A grant that stands, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose mailbox it is, in the words of the provider.
    pub account: Option<String>,
    /// Who was signed in here.
    pub granted_by: Option<String>,
    pub granted_at: Timestamp,
}

/// The right to use a refresh token while nobody else does.
#[derive(Debug)]
pub struct RefreshTurn {
    connector: ConnectorId,
    holder: String,
    token: SecretString,
}

impl RefreshTurn {
    #[must_use]
    pub const fn token(&self) -> &SecretString {
        &self.token
    }
}

/// What came of asking for a turn.
#[derive(Debug)]
pub enum TakenTurn {
    Mine(RefreshTurn),
    /// Somebody else uses the token, here or on another replica.
    Others,
    NothingGranted,
}

pub(crate) const fn token_place(connector: &str) -> Place<'_> {
    Place { table: "grants", row: connector, column: "refresh_token" }
}

const fn verifier_place(connector: &str) -> Place<'_> {
    Place { table: "pending_grants", row: connector, column: "verifier" }
}

impl Store {
    /// Remembers a grant that was begun, for a quarter of an hour.
    pub async fn begin_grant(&self, new: &NewGrant) -> Result<()> {
        let NewGrant { connector, session, state, verifier, redirect_url } = new;
        let verifier = self.seal(verifier_place(&connector.to_string()), verifier)?;
        let expires = self.clock().in_micros(GRANT_LASTS);
        let values =
            args![hash_secret(state.expose_secret()), *session, *connector, verifier, redirect_url, expires];
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            self.inner.keys.require_in(&mut tx).await?;
            tx.execute("DELETE FROM pending_grants WHERE expires_at <= $1", args![self.now()]).await?;
            let sql = "INSERT INTO pending_grants \
                       (state_hash, session_id, connector_id, verifier, redirect_url, expires_at) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
            tx.execute(sql, values.clone()).await?;
            tx.commit().await
        })
    }

    /// What the grant of this `state` was begun with, once. `None` when it was begun in another session, is over, or was
    /// taken already.
    pub async fn take_pending_grant(
        &self,
        session: SessionId,
        state: &SecretString,
    ) -> Result<Option<PendingGrant>> {
        let sql = "DELETE FROM pending_grants WHERE state_hash = $1 AND session_id = $2 AND expires_at > $3 \
                   RETURNING connector_id, verifier, redirect_url";
        let values = args![hash_secret(state.expose_secret()), session, self.now()];
        let row = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let row = tx.fetch_optional(sql, values.clone()).await?;
            tx.commit().await.map(|()| row)
        })?;
        let Some(row) = row else { return Ok(None) };
        let connector: ConnectorId = row.named("connector_id")?;
        let verifier = self.unseal(verifier_place(&connector.to_string()), &row.bytes("verifier")?)?;
        Ok(Some(PendingGrant { connector, verifier, redirect_url: row.text("redirect_url")? }))
    }

    /// The grant of a connector; nothing when access was never granted, or withdrawn.
    pub async fn grant(&self, org: OrganizationId, connector: ConnectorId) -> Result<Option<Grant>> {
        let sql = "SELECT g.account AS account, g.granted_by AS granted_by, g.granted_at AS granted_at \
                   FROM grants g JOIN connectors c ON c.id = g.connector_id \
                   WHERE c.organization_id = $1 AND c.id = $2 AND c.deleted_at IS NULL";
        let row = self.pool().fetch_optional(sql, args![org, connector]).await?;
        row.map(|row| {
            Ok(Grant {
                account: row.opt_text("account")?,
                granted_by: row.opt_text("granted_by")?,
                granted_at: row.time("granted_at")?,
            })
        })
        .transpose()
    }

    /// Hands out the refresh token of a connector to one at a time, for at most `lasts`. For the engine only: nothing
    /// shows it.
    pub async fn take_refresh_turn(&self, connector: ConnectorId, lasts: Duration) -> Result<TakenTurn> {
        let holder = uuid::Uuid::now_v7().to_string();
        let until = self.clock().in_micros(lasts);
        let taken = "UPDATE grants SET turn_of = $2, turn_until = $3 WHERE connector_id = $1 AND turn_until <= $4 \
                     RETURNING refresh_token";
        let row = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let row = tx.fetch_optional(taken, args![connector, holder.as_str(), until, self.now()]).await?;
            tx.commit().await.map(|()| row)
        })?;
        if let Some(row) = row {
            let token = self.unseal(token_place(&connector.to_string()), &row.bytes("refresh_token")?)?;
            return Ok(TakenTurn::Mine(RefreshTurn { connector, holder, token }));
        }
        let sql = "SELECT 1 AS one FROM grants WHERE connector_id = $1";
        let granted = self.pool().fetch_optional(sql, args![connector]).await?.is_some();
        Ok(if granted { TakenTurn::Others } else { TakenTurn::NothingGranted })
    }

    /// Ends a turn, with the refresh token the provider gave in place of the one before, if it did. The runner goes on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when access was withdrawn or granted anew meanwhile, or the turn had run out and is
    /// somebody else's: then the `new` token is not kept.
    pub async fn end_refresh_turn(&self, turn: &RefreshTurn, new: Option<&SecretString>) -> Result<()> {
        let RefreshTurn { connector, holder, token: old } = turn;
        let sealed = self.seal(token_place(&connector.to_string()), new.unwrap_or(old))?;
        let sql = "UPDATE grants SET refresh_token = $3, turn_of = NULL, turn_until = 0 \
                   WHERE connector_id = $1 AND turn_of = $2";
        let ended = retrying!(async {
            let mut tx = self.pool().begin().await?;
            self.inner.keys.require_in(&mut tx).await?;
            let ended = tx.execute(sql, args![*connector, holder.as_str(), sealed.clone()]).await?;
            tx.commit().await.map(|()| ended)
        })?;
        if ended == 0 { Err(StoreError::missing("grant of access")) } else { Ok(()) }
    }

    async fn keep_grant_once(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        account: Option<&str>,
        refresh_token: &SecretString,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let sealed = self.seal(token_place(&connector.to_string()), refresh_token)?;
        let mut tx = self.pool().begin().await?;
        self.inner.keys.require_in(&mut tx).await?;
        fence_off(&mut tx, org, connector).await?;
        let sql = "INSERT INTO grants (connector_id, refresh_token, account, granted_by, granted_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (connector_id) DO UPDATE SET \
                   refresh_token = excluded.refresh_token, account = excluded.account, \
                   granted_by = excluded.granted_by, granted_at = excluded.granted_at, \
                   turn_of = NULL, turn_until = 0";
        let granted_by = entry.and_then(|entry| entry.actor.name());
        let values = args![connector, sealed, account, granted_by, self.now()];
        tx.execute(sql, values).await?;
        note_in(&mut tx, self.now(), entry, connector, &[("account", json!(account))]).await?;
        tx.commit().await
    }

    async fn withdraw_grant_once(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        fence_off(&mut tx, org, connector).await?;
        forget_in(&mut tx, connector).await?;
        note_in(&mut tx, self.now(), entry, connector, &[]).await?;
        tx.commit().await
    }
}

/// Forgets the grant of a connector, and those begun for it.
pub(crate) async fn forget_in(tx: &mut Tx, connector: ConnectorId) -> Result<()> {
    for sql in
        ["DELETE FROM grants WHERE connector_id = $1", "DELETE FROM pending_grants WHERE connector_id = $1"]
    {
        tx.execute(sql, args![connector]).await?;
    }
    Ok(())
}

/// Makes the connector's runner start anew.
async fn fence_off(tx: &mut Tx, org: OrganizationId, connector: ConnectorId) -> Result<()> {
    let sql = "UPDATE connectors SET lease_owner = NULL, lease_until = 0, fence = fence + 1 \
               WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL";
    match tx.execute(sql, args![org, connector]).await? {
        0 => Err(StoreError::missing("connector")),
        _ => Ok(()),
    }
}

impl Recorded<'_> {
    /// Keeps the grant a person brought back from the provider, in place of an earlier one; the connector's runner
    /// starts anew with it.
    pub async fn keep_grant(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        account: Option<&str>,
        refresh_token: &SecretString,
    ) -> Result<()> {
        retrying!(self.store.keep_grant_once(org, connector, account, refresh_token, self.entry()))?;
        self.store.tell(Event::ConnectorChanged { org, connector });
        Ok(())
    }

    /// Forgets the grant of a connector. The provider is not told: there it is withdrawn by the account's owner.
    pub async fn withdraw_grant(&self, org: OrganizationId, connector: ConnectorId) -> Result<()> {
        retrying!(self.store.withdraw_grant_once(org, connector, self.entry()))?;
        self.store.tell(Event::ConnectorChanged { org, connector });
        Ok(())
    }
}
