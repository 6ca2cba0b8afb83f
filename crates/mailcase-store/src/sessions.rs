//! Browser sessions: opened by signing in, ended by time, by disuse, or by hand.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::clock::micros;
use crate::error::{Result, StoreError};
use crate::sql::{Row, args, retrying};
use crate::tokens::{hash_secret, new_secret};
use jiff::Timestamp;
use mailcase_core::permission::Role;
use mailcase_core::{OrganizationId, SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

/// Text kept of a browser's name, in characters.
const USER_AGENT_MAX_CHARS: usize = 300;
/// How exact the time of last use is: not every request writes.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub user: UserId,
    /// How long it lasts, used or not.
    pub lasts: Duration,
    /// Network address, as text.
    pub ip: String,
    pub user_agent: String,
}

/// A session just opened: the only time its secret is known.
#[derive(Debug, Clone)]
pub struct OpenedSession {
    pub id: SessionId,
    /// For the cookie.
    pub secret: SecretString,
    pub csrf_token: String,
    pub expires_at: Timestamp,
}

/// When sessions end by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Unused for so long, it is over.
    pub idle: Duration,
}

/// Who a session or token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub session: SessionId,
    pub csrf_token: String,
    pub user: UserId,
    pub username: String,
    pub display_name: String,
    pub role: Role,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub expires_at: Timestamp,
}

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip: String,
    pub user_agent: String,
}

impl Store {
    /// Opens a session; forgets those that are over.
    pub async fn create_session(&self, new: &NewSession) -> Result<OpenedSession> {
        self.create_session_noting(new, None).await
    }

    async fn create_session_noting(
        &self,
        new: &NewSession,
        entry: Option<&NewAudit>,
    ) -> Result<OpenedSession> {
        let id = SessionId::new();
        let (secret, csrf) = (new_secret(""), new_secret(""));
        let (now, expires) = (self.now(), self.clock().in_micros(new.lasts));
        let user_agent: String = new.user_agent.chars().take(USER_AGENT_MAX_CHARS).collect();
        let hash = hash_secret(secret.expose_secret());
        let values = args![id, new.user, hash, csrf.expose_secret(), now, now, expires, &new.ip, user_agent];
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            tx.execute("DELETE FROM sessions WHERE expires_at <= $1", args![now]).await?;
            let sql = "INSERT INTO sessions (id, user_id, token_hash, csrf_token, created_at, last_used_at, \
                       expires_at, ip, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
            tx.execute(sql, values.clone()).await?;
            note_in(&mut tx, now, entry, new.user, &[("session", json!(id))]).await?;
            tx.commit().await
        })?;
        let expires_at = Timestamp::from_microsecond(expires).map_err(StoreError::decode)?;
        Ok(OpenedSession { id, secret, csrf_token: csrf.expose_secret().to_owned(), expires_at })
    }

    /// Who a session's secret stands for, and notes its use. `None` when it is over, or its user was disabled.
    pub async fn session_by_secret(
        &self,
        secret: &SecretString,
        limits: SessionLimits,
    ) -> Result<Option<SignedIn>> {
        let now = self.now();
        let sql = "SELECT s.id AS id, s.csrf_token AS csrf_token, s.user_id AS user_id, s.expires_at AS expires_at, \
                   s.last_used_at AS last_used_at, u.username AS username, u.display_name AS display_name, \
                   u.role AS role, o.id AS organization_id, o.name AS organization_name \
                   FROM sessions s JOIN users u ON u.id = s.user_id JOIN organizations o ON o.id = u.organization_id \
                   WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.last_used_at > $3 AND u.disabled = 0";
        let used_since = now.saturating_sub(micros(limits.idle));
        let values = args![hash_secret(secret.expose_secret()), now, used_since];
        let Some(row) = self.pool().fetch_optional(sql, values).await? else { return Ok(None) };
        let signed_in = SignedIn {
            session: row.named("id")?,
            csrf_token: row.text("csrf_token")?,
            user: row.named("user_id")?,
            username: row.text("username")?,
            display_name: row.text("display_name")?,
            role: row.named("role")?,
            organization: row.named("organization_id")?,
            organization_name: row.text("organization_name")?,
            expires_at: row.time("expires_at")?,
        };
        if now.saturating_sub(row.int("last_used_at")?) >= micros(TOUCH_EVERY) {
            let sql = "UPDATE sessions SET last_used_at = $2 WHERE id = $1";
            retrying!(self.pool().execute(sql, args![signed_in.session, now]))?;
        }
        Ok(Some(signed_in))
    }

    /// A user's sessions that are not over, newest first.
    pub async fn list_sessions(&self, user: UserId, limits: SessionLimits) -> Result<Vec<Session>> {
        let now = self.now();
        let sql = "SELECT id, created_at, last_used_at, expires_at, ip, user_agent FROM sessions \
                   WHERE user_id = $1 AND expires_at > $2 AND last_used_at > $3 ORDER BY id DESC";
        let rows =
            self.pool().fetch_all(sql, args![user, now, now.saturating_sub(micros(limits.idle))]).await?;
        let session = |row: &Row| {
            Ok(Session {
                id: row.named("id")?,
                created_at: row.time("created_at")?,
                last_used_at: row.time("last_used_at")?,
                expires_at: row.time("expires_at")?,
                ip: row.text("ip")?,
                user_agent: row.text("user_agent")?,
            })
        };
        rows.iter().map(session).collect()
    }

    /// Ends one of a user's sessions.
    pub async fn revoke_session(&self, user: UserId, id: SessionId) -> Result<()> {
        self.revoke_session_noting(user, id, None).await
    }

    async fn revoke_session_noting(
        &self,
        user: UserId,
        id: SessionId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
            if tx.execute(sql, args![id, user]).await? == 0 {
                return Err(StoreError::missing("session"));
            }
            note_in(&mut tx, self.now(), entry, id, &[]).await?;
            tx.commit().await
        })
    }
}

impl Recorded<'_> {
    /// As [`Store::create_session`]. The entry is about the user and names the session.
    pub async fn create_session(&self, new: &NewSession) -> Result<OpenedSession> {
        self.store.create_session_noting(new, self.entry()).await
    }

    /// As [`Store::revoke_session`].
    pub async fn revoke_session(&self, user: UserId, id: SessionId) -> Result<()> {
        self.store.revoke_session_noting(user, id, self.entry()).await
    }
}
