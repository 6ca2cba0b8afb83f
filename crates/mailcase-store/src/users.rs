//! Users: who may sign in, and as what. Passwords arrive hashed; this crate never sees one.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::cases::Person;
use crate::error::{Result, StoreError};
use crate::search::fold;
use crate::sql::{Row, Tx, args, retrying};
use jiff::Timestamp;
use mailcase_core::permission::Role;
use mailcase_core::{OrganizationId, UserId};
use std::fmt;

/// A user.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub organization: OrganizationId,
    pub username: String,
    pub display_name: String,
    pub role: Role,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Cannot sign in; sessions and tokens do not work.
    pub disabled: bool,
    pub created_at: Timestamp,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A user to be created.
#[derive(Clone)]
pub struct NewUser {
    pub username: String,
    pub display_name: String,
    pub role: Role,
    pub password_hash: String,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Changes to a user; what is `None` stays.
#[derive(Clone, Default)]
pub struct UserPatch {
    pub display_name: Option<String>,
    /// A role, also the one the user has, ends the user's sessions.
    pub role: Option<Role>,
    /// Disabling ends the user's sessions.
    pub disabled: Option<bool>,
    /// A new password ends the user's sessions.
    pub password_hash: Option<String>,
}

impl UserPatch {
    /// Whether the user has to sign in again: old sessions must not outlive another role or password.
    #[must_use]
    pub fn ends_sessions(&self) -> bool {
        self.password_hash.is_some() || self.role.is_some() || self.disabled == Some(true)
    }
}

impl fmt::Debug for UserPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserPatch")
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

fn from_row(row: &Row) -> Result<User> {
    Ok(User {
        id: row.named("id")?,
        organization: row.named("organization_id")?,
        username: row.text("username")?,
        display_name: row.text("display_name")?,
        role: row.named("role")?,
        password_hash: row.text("password_hash")?,
        disabled: row.flag("disabled")?,
        created_at: row.time("created_at")?,
    })
}

/// User names are compared without regard to case, marks and width, so that none can be made to look like another.
#[must_use]
pub fn folded_username(username: &str) -> String {
    fold(username.trim())
}

const COLUMNS: &str = "SELECT id, organization_id, username, display_name, role, password_hash, disabled, created_at FROM users";

pub(crate) async fn insert_in(tx: &mut Tx, now: i64, org: OrganizationId, new: &NewUser) -> Result<UserId> {
    let id = UserId::new();
    let sql = "INSERT INTO users (id, organization_id, username, username_folded, display_name, role, \
               password_hash, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)";
    let username = new.username.trim();
    let values = args![
        id,
        org,
        username,
        folded_username(username),
        &new.display_name,
        new.role.as_str(),
        &new.password_hash,
        now
    ];
    match tx.execute(sql, values).await {
        Err(error) if error.is_unique_violation() => {
            Err(StoreError::conflict("there is a user with this name already"))
        }
        other => other.map(|_| id),
    }
}

impl Store {
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, in whatever organization.
    pub async fn create_user(&self, org: OrganizationId, new: &NewUser) -> Result<User> {
        self.create_user_noting(org, new, None).await
    }

    async fn create_user_noting(
        &self,
        org: OrganizationId,
        new: &NewUser,
        entry: Option<&NewAudit>,
    ) -> Result<User> {
        let id = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let id = insert_in(&mut tx, self.now(), org, new).await?;
            note_in(&mut tx, self.now(), entry, id, &[]).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(id)
        })?;
        self.user(org, id).await
    }

    /// The organization's users, by name.
    pub async fn list_users(&self, org: OrganizationId) -> Result<Vec<User>> {
        let sql = format!("{COLUMNS} WHERE organization_id = $1 ORDER BY username_folded");
        self.pool().fetch_all(sqlx::AssertSqlSafe(sql), args![org]).await?.iter().map(from_row).collect()
    }

    /// Those a case can be given to, by name.
    pub async fn list_people(&self, org: OrganizationId) -> Result<Vec<Person>> {
        let sql = "SELECT id, display_name FROM users WHERE organization_id = $1 AND disabled = 0 \
                   ORDER BY display_name, id";
        let person = |row: &Row| Ok(Person { id: row.named("id")?, display_name: row.text("display_name")? });
        self.pool().fetch_all(sql, args![org]).await?.iter().map(person).collect()
    }

    pub async fn user(&self, org: OrganizationId, id: UserId) -> Result<User> {
        let sql = format!("{COLUMNS} WHERE organization_id = $1 AND id = $2");
        let row = self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![org, id]).await?;
        from_row(&row.ok_or(StoreError::missing("user"))?)
    }

    /// The user with this name, of whatever organization: for signing in.
    pub async fn user_by_username(&self, username: &str) -> Result<Option<User>> {
        let sql = format!("{COLUMNS} WHERE username_folded = $1");
        let row =
            self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![folded_username(username)]).await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Changes a user. A new password, a given role and disabling end the user's sessions.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the organization would be left without an administrator who can sign in.
    pub async fn update_user(&self, org: OrganizationId, id: UserId, patch: &UserPatch) -> Result<User> {
        self.update_user_noting(org, id, patch, None).await
    }

    async fn update_user_noting(
        &self,
        org: OrganizationId,
        id: UserId,
        patch: &UserPatch,
        entry: Option<&NewAudit>,
    ) -> Result<User> {
        retrying!(self.update_user_once(org, id, patch, entry))?;
        self.user(org, id).await
    }

    async fn update_user_once(
        &self,
        org: OrganizationId,
        id: UserId,
        patch: &UserPatch,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        // Locks the organization: two administrators who demote each other at once follow one another.
        let sql = tx.choose(
            "SELECT name FROM organizations WHERE id = $1",
            "SELECT name FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
        );
        tx.fetch_optional(sql, args![org]).await?;
        let sql = "UPDATE users SET display_name = COALESCE($3, display_name), role = COALESCE($4, role), \
                   disabled = COALESCE($5, disabled), password_hash = COALESCE($6, password_hash) \
                   WHERE organization_id = $1 AND id = $2";
        let UserPatch { display_name, role, disabled, password_hash } = patch;
        let values =
            args![org, id, display_name, role.map(Role::as_str), disabled.map(i64::from), password_hash];
        if tx.execute(sql, values).await? == 0 {
            return Err(StoreError::missing("user"));
        }
        let sql = "SELECT COUNT(*) AS n FROM users WHERE organization_id = $1 AND disabled = 0 AND role = $2";
        let left = tx.fetch_one(sql, args![org, Role::Administrator.as_str()]).await?.int("n")?;
        if left == 0 {
            return Err(StoreError::conflict(
                "an organization keeps at least one administrator who can sign in",
            ));
        }
        if patch.ends_sessions() {
            tx.execute("DELETE FROM sessions WHERE user_id = $1", args![id]).await?;
        }
        if password_hash.is_some() {
            // Whoever had the old password may have made tokens with it.
            let sql = "UPDATE api_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL";
            tx.execute(sql, args![id, self.now()]).await?;
        }
        note_in(&mut tx, self.now(), entry, id, &[]).await?;
        tx.commit().await
    }
}

impl Recorded<'_> {
    /// As [`Store::create_user`].
    pub async fn create_user(&self, org: OrganizationId, new: &NewUser) -> Result<User> {
        self.store.create_user_noting(org, new, self.entry()).await
    }

    /// As [`Store::update_user`].
    pub async fn update_user(&self, org: OrganizationId, id: UserId, patch: &UserPatch) -> Result<User> {
        self.store.update_user_noting(org, id, patch, self.entry()).await
    }
}
