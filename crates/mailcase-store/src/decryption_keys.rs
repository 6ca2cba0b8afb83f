//! Keys that encrypted mail is read with: the files people uploaded, sealed with their passwords, and what is shown of
//! them. They outlive their connector: its mail is still there to be read again.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::secrets::{Place, Ring};
use crate::sql::{Row, Tx, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::{ConnectorId, DecryptionKeyId, OrganizationId};
use mailcase_evidence::{KeyFacts, KeyKind};
use secrecy::SecretString;
use serde_json::json as value;
use std::fmt;
use zeroize::Zeroizing;

/// Keys of one organization. Every encrypted message looks through them.
const KEYS_MAX: u64 = 500;

/// A key to be kept. It was read with its password before.
pub struct NewDecryptionKey {
    /// For the mail of this connector alone; without one, for all of the organization's.
    pub connector: Option<ConnectorId>,
    /// What people call it.
    pub name: String,
    pub facts: KeyFacts,
    /// As uploaded.
    pub file: Zeroizing<Vec<u8>>,
    pub password: SecretString,
}

impl fmt::Debug for NewDecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDecryptionKey")
            .field("fingerprint", &self.facts.fingerprint)
            .finish_non_exhaustive()
    }
}

/// A key, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecryptionKey {
    pub id: DecryptionKeyId,
    pub connector: Option<ConnectorId>,
    pub name: String,
    pub facts: KeyFacts,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
}

/// What a key is read from again.
pub struct KeyMaterial {
    pub id: DecryptionKeyId,
    pub kind: KeyKind,
    pub file: Zeroizing<Vec<u8>>,
    pub password: SecretString,
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyMaterial").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "id, connector_id, name, facts, created_at, created_by";

const fn file_place(id: &str) -> Place<'_> {
    Place { table: "decryption_keys", row: id, column: "file" }
}

const fn password_place(id: &str) -> Place<'_> {
    Place { table: "decryption_keys", row: id, column: "password" }
}

fn read(row: &Row) -> Result<DecryptionKey> {
    Ok(DecryptionKey {
        id: row.named("id")?,
        connector: row.opt_named("connector_id")?,
        name: row.text("name")?,
        facts: row.json("facts")?,
        created_at: row.time("created_at")?,
        created_by: row.opt_text("created_by")?,
    })
}

fn missing() -> StoreError {
    StoreError::missing("key")
}

fn kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Smime => "smime",
        KeyKind::Openpgp => "openpgp",
    }
}

impl Store {
    /// The keys of an organization, newest first.
    pub async fn decryption_keys(&self, org: OrganizationId) -> Result<Vec<DecryptionKey>> {
        let sql =
            format!("SELECT {COLUMNS} FROM decryption_keys WHERE organization_id = $1 ORDER BY id DESC");
        self.pool().fetch_all(sqlx::AssertSqlSafe(sql), args![org]).await?.iter().map(read).collect()
    }

    /// One key of an organization.
    pub async fn decryption_key(&self, org: OrganizationId, id: DecryptionKeyId) -> Result<DecryptionKey> {
        let sql = format!("SELECT {COLUMNS} FROM decryption_keys WHERE organization_id = $1 AND id = $2");
        let row = self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![org, id]).await?;
        read(&row.ok_or_else(missing)?)
    }

    /// What the mail of a connector is read with, oldest key first; without a connector, what any mail of the
    /// organization is. For the engine only: nothing shows it.
    pub async fn key_material(
        &self,
        org: OrganizationId,
        connector: Option<ConnectorId>,
    ) -> Result<Vec<KeyMaterial>> {
        let sql = "SELECT id, facts, file, password FROM decryption_keys WHERE organization_id = $1 \
                   AND (connector_id IS NULL OR connector_id = $2) ORDER BY id";
        let rows = self.pool().fetch_all(sql, args![org, connector]).await?;
        rows.iter().map(|row| self.material(row)).collect()
    }

    fn material(&self, row: &Row) -> Result<KeyMaterial> {
        let id = row.text("id")?;
        let facts: KeyFacts = row.json("facts")?;
        Ok(KeyMaterial {
            id: row.named("id")?,
            kind: facts.kind,
            file: self.unseal_bytes(file_place(&id), &row.bytes("file")?)?,
            password: self.unseal(password_place(&id), &row.bytes("password")?)?,
        })
    }

    async fn add_decryption_key_once(
        &self,
        org: OrganizationId,
        id: DecryptionKeyId,
        new: &NewDecryptionKey,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let row = id.to_string();
        let file = self.seal_bytes(file_place(&row), &new.file)?;
        let password = self.seal(password_place(&row), &new.password)?;
        let mut tx = self.pool().begin().await?;
        self.inner.keys.require_in(&mut tx).await?;
        if let Some(connector) = new.connector {
            self.locked_connector(&mut tx, org, connector).await?;
        }
        let sql = "SELECT COUNT(*) AS keys FROM decryption_keys WHERE organization_id = $1";
        if tx.fetch_one(sql, args![org]).await?.count("keys")? >= KEYS_MAX {
            return Err(StoreError::conflict(format!("there are {KEYS_MAX} keys already; delete one first")));
        }
        let sql = "INSERT INTO decryption_keys (id, organization_id, connector_id, kind, name, fingerprint, facts, \
                   file, password, created_at, created_by) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let created_by = entry.and_then(|entry| entry.actor.name());
        let values = args![
            id,
            org,
            new.connector,
            kind_word(new.facts.kind),
            &new.name,
            &new.facts.fingerprint,
            json(&new.facts)?,
            file,
            password,
            self.now(),
            created_by
        ];
        match tx.execute(sql, values).await {
            Err(error) if error.is_unique_violation() => {
                return Err(StoreError::conflict("this key is there already"));
            }
            done => done?,
        };
        let facts = [("name", value!(new.name)), ("fingerprint", value!(new.facts.fingerprint))];
        note_in(&mut tx, self.now(), entry, id, &facts).await?;
        tx.commit().await
    }

    async fn delete_decryption_key_once(
        &self,
        org: OrganizationId,
        id: DecryptionKeyId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        let sql =
            "DELETE FROM decryption_keys WHERE organization_id = $1 AND id = $2 RETURNING name, fingerprint";
        let row = tx.fetch_optional(sql, args![org, id]).await?.ok_or_else(missing)?;
        let facts = [("name", value!(row.text("name")?)), ("fingerprint", value!(row.text("fingerprint")?))];
        note_in(&mut tx, self.now(), entry, id, &facts).await?;
        tx.commit().await
    }
}

/// Seals the secrets of every key anew; returns how many there are.
pub(crate) async fn reseal_in(tx: &mut Tx, ring: &Ring) -> Result<usize> {
    let rows = tx.fetch_all("SELECT id, file, password FROM decryption_keys", vec![]).await?;
    for row in &rows {
        let id = row.text("id")?;
        let anew = |place: Place<'_>, sealed: Vec<u8>| ring.seal(place, &ring.open(place, &sealed)?);
        let file = anew(file_place(&id), row.bytes("file")?)?;
        let password = anew(password_place(&id), row.bytes("password")?)?;
        let sql = "UPDATE decryption_keys SET file = $2, password = $3 WHERE id = $1";
        tx.execute(sql, args![id.as_str(), file, password]).await?;
    }
    Ok(rows.len().saturating_mul(2))
}

impl Recorded<'_> {
    /// Keeps a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is there already for the same mail, or too many are.
    pub async fn add_decryption_key(
        &self,
        org: OrganizationId,
        new: &NewDecryptionKey,
    ) -> Result<DecryptionKey> {
        let id = DecryptionKeyId::new();
        retrying!(self.store.add_decryption_key_once(org, id, new, self.entry()))?;
        self.store.decryption_key(org, id).await
    }

    /// Forgets a key and its secrets, for ever.
    pub async fn delete_decryption_key(&self, org: OrganizationId, id: DecryptionKeyId) -> Result<()> {
        retrying!(self.store.delete_decryption_key_once(org, id, self.entry()))
    }
}
