//! Personal API tokens, and how secrets of our own making are made and kept: random, and only as their hash.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::clock::micros;
use crate::error::{Result, StoreError};
use crate::sql::{Row, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::permission::{Permission, Role};
use mailcase_core::{OrganizationId, TokenId, UserId};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What every API token begins with, so that leaked ones are found by scanners.
pub(crate) const TOKEN_PREFIX: &str = "mc_";
/// Random bytes of a secret: 160 bits, 32 characters.
const SECRET_BYTES: usize = 20;
/// Characters of a token shown to tell it from others.
const SHOWN_CHARS: usize = 8;
/// How exact the time of last use is: not every request writes.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// Longest secret worth hashing: ours are much shorter.
const SECRET_CHARS_MAX: usize = 256;

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    pub name: String,
    /// What it may do; at use it is held to what the user's role may do then.
    pub permissions: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
}

/// A token, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    pub id: TokenId,
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    pub permissions: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// A token just made: the only time it is known.
#[derive(Debug, Clone)]
pub struct CreatedToken {
    pub secret: SecretString,
    pub token: ApiToken,
}

/// Who a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    pub token: TokenId,
    /// Those of the token's that the user's role still has.
    pub permissions: Vec<Permission>,
    pub user: UserId,
    pub username: String,
    pub display_name: String,
    pub role: Role,
    pub organization: OrganizationId,
    pub organization_name: String,
}

/// A new secret: `prefix` and 32 base-32 characters.
pub(crate) fn new_secret(prefix: &str) -> SecretString {
    let random: [u8; SECRET_BYTES] = rand::random();
    SecretString::from(format!("{prefix}{}", data_encoding::BASE32_NOPAD.encode(&random).to_lowercase()))
}

/// What is kept of a secret. Random secrets need no slow hash: there is nothing to guess.
pub(crate) fn hash_secret(secret: &str) -> [u8; 32] {
    if secret.len() > SECRET_CHARS_MAX {
        return [0; 32]; // the hash of nothing we ever made
    }
    Sha256::digest(secret.as_bytes()).into()
}

fn from_row(row: &Row) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.named("id")?,
        name: row.text("name")?,
        prefix: row.text("prefix")?,
        permissions: row.json("permissions")?,
        expires_at: row.opt_time("expires_at")?,
        last_used_at: row.opt_time("last_used_at")?,
        created_at: row.time("created_at")?,
        revoked_at: row.opt_time("revoked_at")?,
    })
}

impl Store {
    /// Makes a token for a user.
    pub async fn create_token(
        &self,
        org: OrganizationId,
        user: UserId,
        new: &NewToken,
    ) -> Result<CreatedToken> {
        self.create_token_noting(org, user, new, None).await
    }

    async fn create_token_noting(
        &self,
        org: OrganizationId,
        user: UserId,
        new: &NewToken,
        entry: Option<&NewAudit>,
    ) -> Result<CreatedToken> {
        self.user(org, user).await?;
        let secret = new_secret(TOKEN_PREFIX);
        let now = self.clock().now();
        let token = ApiToken {
            id: TokenId::new(),
            name: new.name.clone(),
            prefix: secret.expose_secret().chars().take(SHOWN_CHARS).collect(),
            permissions: new.permissions.clone(),
            expires_at: new.expires_at,
            last_used_at: None,
            created_at: now,
            revoked_at: None,
        };
        let sql = "INSERT INTO api_tokens (id, organization_id, user_id, name, token_hash, prefix, permissions, \
                   expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = args![
            token.id,
            org,
            user,
            &token.name,
            hash_secret(secret.expose_secret()),
            &token.prefix,
            json(&token.permissions)?,
            token.expires_at,
            now
        ];
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            tx.execute(sql, values.clone()).await?;
            note_in(&mut tx, self.now(), entry, token.id, &[]).await?;
            tx.commit().await
        })?;
        Ok(CreatedToken { secret, token })
    }

    /// Who a token stands for, and notes its use. `None` when it is over or revoked, or its user was disabled.
    pub async fn token_by_secret(&self, secret: &SecretString) -> Result<Option<TokenHolder>> {
        let now = self.now();
        let sql = "SELECT t.id AS id, t.permissions AS permissions, t.last_used_at AS last_used_at, \
                   u.id AS user_id, u.username AS username, u.display_name AS display_name, u.role AS role, \
                   o.id AS organization_id, o.name AS organization_name \
                   FROM api_tokens t JOIN users u ON u.id = t.user_id \
                   JOIN organizations o ON o.id = u.organization_id \
                   WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) \
                   AND t.revoked_at IS NULL AND u.disabled = 0";
        let values = args![hash_secret(secret.expose_secret()), now];
        let Some(row) = self.pool().fetch_optional(sql, values).await? else { return Ok(None) };
        let role: Role = row.named("role")?;
        let mut permissions: Vec<Permission> = row.json("permissions")?;
        permissions.retain(|permission| role.may(*permission));
        let holder = TokenHolder {
            token: row.named("id")?,
            permissions,
            user: row.named("user_id")?,
            username: row.text("username")?,
            display_name: row.text("display_name")?,
            role,
            organization: row.named("organization_id")?,
            organization_name: row.text("organization_name")?,
        };
        let last_used = row.get::<Option<i64>>("last_used_at")?.unwrap_or(i64::MIN);
        if now.saturating_sub(last_used) >= micros(TOUCH_EVERY) {
            let sql = "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1";
            retrying!(self.pool().execute(sql, args![holder.token, now]))?;
        }
        Ok(Some(holder))
    }

    /// A user's tokens, newest first, with those that are over.
    pub async fn list_tokens(&self, org: OrganizationId, user: UserId) -> Result<Vec<ApiToken>> {
        let sql = "SELECT id, name, prefix, permissions, expires_at, last_used_at, created_at, revoked_at \
                   FROM api_tokens WHERE organization_id = $1 AND user_id = $2 ORDER BY id DESC";
        self.pool().fetch_all(sql, args![org, user]).await?.iter().map(from_row).collect()
    }

    /// Revokes one of a user's tokens, for ever.
    pub async fn revoke_token(&self, org: OrganizationId, user: UserId, id: TokenId) -> Result<()> {
        self.revoke_token_noting(org, user, id, None).await
    }

    async fn revoke_token_noting(
        &self,
        org: OrganizationId,
        user: UserId,
        id: TokenId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let sql = "UPDATE api_tokens SET revoked_at = $4 \
                   WHERE organization_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL";
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            if tx.execute(sql, args![org, user, id, self.now()]).await? == 0 {
                return Err(StoreError::missing("token"));
            }
            note_in(&mut tx, self.now(), entry, id, &[]).await?;
            tx.commit().await
        })
    }
}

impl Recorded<'_> {
    /// As [`Store::create_token`].
    pub async fn create_token(
        &self,
        org: OrganizationId,
        user: UserId,
        new: &NewToken,
    ) -> Result<CreatedToken> {
        self.store.create_token_noting(org, user, new, self.entry()).await
    }

    /// As [`Store::revoke_token`].
    pub async fn revoke_token(&self, org: OrganizationId, user: UserId, id: TokenId) -> Result<()> {
        self.store.revoke_token_noting(org, user, id, self.entry()).await
    }
}
