//! The first set-up: a one-time link makes the first organization and its administrator, once.

use crate::Store;
use crate::audit::{Actor, NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::organizations;
use crate::sql::{args, retrying};
use crate::tokens::hash_secret;
use crate::users::{self, NewUser, User};
use mailcase_core::OrganizationId;
use mailcase_core::permission::Role;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// The first administrator.
#[derive(Clone)]
pub struct FirstUser {
    pub username: String,
    pub display_name: String,
    pub password_hash: String,
}

impl fmt::Debug for FirstUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstUser(…)")
    }
}

impl Store {
    /// Whether nobody has set this up yet.
    pub async fn setup_needed(&self) -> Result<bool> {
        Ok(self.pool().fetch_optional("SELECT id FROM organizations LIMIT 1", vec![]).await?.is_none())
    }

    /// Makes the token of a new one-time link; an earlier link no longer works. `None` once set up.
    pub async fn create_setup(&self) -> Result<Option<SecretString>> {
        let token = crate::tokens::new_secret("");
        let hash = hash_secret(token.expose_secret());
        let made = retrying!(async {
            let mut tx = self.pool().begin().await?;
            if tx.fetch_optional("SELECT id FROM organizations LIMIT 1", vec![]).await?.is_some() {
                return Ok::<_, StoreError>(false);
            }
            let sql = "INSERT INTO setup (only_row, token_hash, created_at) VALUES (1, $1, $2) \
                       ON CONFLICT (only_row) DO UPDATE SET token_hash = excluded.token_hash, \
                       created_at = excluded.created_at";
            tx.execute(sql, args![hash, self.now()]).await?;
            tx.commit().await?;
            Ok(true)
        })?;
        Ok(made.then_some(token))
    }

    /// Makes the first organization and its administrator. The link is used up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the token is not that of the newest link, or was used.
    pub async fn complete_setup(
        &self,
        token: &SecretString,
        organization: &str,
        user: &FirstUser,
    ) -> Result<(OrganizationId, User)> {
        self.complete_setup_noting(token, organization, user, None).await
    }

    async fn complete_setup_noting(
        &self,
        token: &SecretString,
        organization: &str,
        user: &FirstUser,
        entry: Option<&NewAudit>,
    ) -> Result<(OrganizationId, User)> {
        let hash = hash_secret(token.expose_secret());
        let (org, id) = retrying!(async {
            let mut tx = self.pool().begin().await?;
            // The deletion is the lock: of two at once one finds no row.
            let sql = "DELETE FROM setup WHERE only_row = 1 AND token_hash = $1";
            if tx.execute(sql, args![hash]).await? == 0 {
                return Err(StoreError::missing("set-up link"));
            }
            if tx.fetch_optional("SELECT id FROM organizations LIMIT 1", vec![]).await?.is_some() {
                return Err(StoreError::missing("set-up link"));
            }
            let org = organizations::insert_in(&mut tx, self.now(), organization).await?;
            let FirstUser { username, display_name, password_hash } = user.clone();
            let new = NewUser { username, display_name, role: Role::Administrator, password_hash };
            let id = users::insert_in(&mut tx, self.now(), org, &new).await?;
            let entry = entry.map(|entry| NewAudit {
                organization: Some(org),
                actor: Actor::User { id, name: new.display_name.clone() },
                ..entry.clone()
            });
            note_in(&mut tx, self.now(), entry.as_ref(), id, &[]).await?;
            tx.commit().await?;
            Ok((org, id))
        })?;
        Ok((org, self.user(org, id).await?))
    }
}

impl Recorded<'_> {
    /// As [`Store::complete_setup`]. The entry stands in the new organization, done by its administrator.
    pub async fn complete_setup(
        &self,
        token: &SecretString,
        organization: &str,
        user: &FirstUser,
    ) -> Result<(OrganizationId, User)> {
        self.store.complete_setup_noting(token, organization, user, self.entry()).await
    }
}
