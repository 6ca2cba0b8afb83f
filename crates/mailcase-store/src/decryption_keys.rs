//! Keys that encrypted mail is read with: sealed, and without the passwords of the files they came in, which nobody needs
//! again. They outlive their connector: its mail is still there to be read again.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::inbox::ConnectorRef;
use crate::reexaminations::ask_for_locked_in;
use crate::secrets::{Place, Ring};
use crate::sql::{Row, Tx, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::{ConnectorId, DecryptionKeyId, OrganizationId, ReexaminationId};
use mailcase_evidence::{KeyFacts, KeyKind, UnlockedKey};
use serde_json::json as value;
use std::fmt;
use zeroize::Zeroizing;

/// Keys of one organization. Every encrypted message looks through them.
const KEYS_MAX: u64 = 500;

/// A key to be kept.
#[derive(Debug)]
pub struct NewDecryptionKey {
    /// For the mail of this connector alone; without one, for all of the organization's.
    pub connector: Option<ConnectorId>,
    /// What people call it.
    pub name: String,
    pub key: UnlockedKey,
}

/// A key, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecryptionKey {
    pub id: DecryptionKeyId,
    /// Its mail alone is read with it.
    pub connector: Option<ConnectorRef>,
    pub name: String,
    pub facts: KeyFacts,
    pub created_at: Timestamp,
    pub created_by: Option<String>,
}

/// What a key is read from again.
pub struct KeyMaterial {
    pub id: DecryptionKeyId,
    pub connector: Option<ConnectorId>,
    /// The bytes of an [`UnlockedKey`]. One that cannot be unsealed is no reason to do without the others.
    pub bytes: Result<Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyMaterial").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The keys of an organization at one moment.
#[derive(Debug)]
pub struct KeyMaterials {
    /// Another number means other keys.
    pub generation: i64,
    /// Oldest first.
    pub keys: Vec<KeyMaterial>,
}

const COLUMNS: &str = "k.id AS id, k.connector_id AS connector_id, c.name AS connector_name, k.name AS name, \
     k.facts AS facts, k.created_at AS created_at, k.created_by AS created_by \
     FROM decryption_keys k LEFT JOIN connectors c ON c.id = k.connector_id";

const fn file_place(id: &str) -> Place<'_> {
    Place { table: "decryption_keys", row: id, column: "file" }
}

fn read(row: &Row) -> Result<DecryptionKey> {
    let connector = match row.opt_named("connector_id")? {
        Some(id) => Some(ConnectorRef { id, name: row.text("connector_name")? }),
        None => None,
    };
    Ok(DecryptionKey {
        id: row.named("id")?,
        connector,
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
        let sql = format!("SELECT {COLUMNS} WHERE k.organization_id = $1 ORDER BY k.id DESC");
        self.pool().fetch_all(sqlx::AssertSqlSafe(sql), args![org]).await?.iter().map(read).collect()
    }

    /// One key of an organization.
    pub async fn decryption_key(&self, org: OrganizationId, id: DecryptionKeyId) -> Result<DecryptionKey> {
        let sql = format!("SELECT {COLUMNS} WHERE k.organization_id = $1 AND k.id = $2");
        let row = self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![org, id]).await?;
        read(&row.ok_or_else(missing)?)
    }

    /// The number of the keys an organization has: another number means other keys.
    pub async fn key_generation(&self, org: OrganizationId) -> Result<i64> {
        let sql = "SELECT key_generation FROM organizations WHERE id = $1";
        let row = self.pool().fetch_optional(sql, args![org]).await?;
        row.ok_or(StoreError::missing("organization"))?.int("key_generation")
    }

    /// What the mail of an organization is read with. For the engine only: nothing shows it.
    pub async fn key_materials(&self, org: OrganizationId) -> Result<KeyMaterials> {
        // In this order: keys that come in between are read again, never missed.
        let generation = self.key_generation(org).await?;
        let sql = "SELECT id, connector_id, file FROM decryption_keys WHERE organization_id = $1 ORDER BY id";
        let rows = self.pool().fetch_all(sql, args![org]).await?;
        let keys = rows.iter().map(|row| {
            let id = row.text("id")?;
            Ok(KeyMaterial {
                id: row.named("id")?,
                connector: row.opt_named("connector_id")?,
                bytes: self.unseal_bytes(file_place(&id), &row.bytes("file")?),
            })
        });
        Ok(KeyMaterials { generation, keys: keys.collect::<Result<_>>()? })
    }

    async fn add_decryption_key_once(
        &self,
        org: OrganizationId,
        id: DecryptionKeyId,
        new: &NewDecryptionKey,
        entry: Option<&NewAudit>,
    ) -> Result<Option<ReexaminationId>> {
        let row = id.to_string();
        let file = self.seal_bytes(file_place(&row), new.key.bytes())?;
        let facts = &new.key.facts;
        let mut tx = self.pool().begin().await?;
        raise_generation_in(&mut tx, org).await?;
        self.inner.keys.require_in(&mut tx).await?;
        if let Some(connector) = new.connector {
            self.locked_connector(&mut tx, org, connector).await?;
        }
        let sql = "SELECT COUNT(*) AS keys FROM decryption_keys WHERE organization_id = $1";
        if tx.fetch_one(sql, args![org]).await?.count("keys")? >= KEYS_MAX {
            return Err(StoreError::conflict(format!("there are {KEYS_MAX} keys already; delete one first")));
        }
        let sql = "INSERT INTO decryption_keys (id, organization_id, connector_id, kind, name, fingerprint, facts, \
                   file, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let created_by = entry.and_then(|entry| entry.actor.name());
        let values = args![
            id,
            org,
            new.connector,
            kind_word(facts.kind),
            &new.name,
            &facts.fingerprint,
            json(facts)?,
            file,
            self.now(),
            created_by
        ];
        match tx.execute(sql, values).await {
            Err(error) if error.is_unique_violation() => {
                return Err(StoreError::conflict("this key is there already"));
            }
            done => done?,
        };
        let noted = [("name", value!(new.name)), ("fingerprint", value!(facts.fingerprint))];
        note_in(&mut tx, self.now(), entry, id, &noted).await?;
        let begun = ask_for_locked_in(&mut tx, self.now(), org, new.connector).await?;
        tx.commit().await.map(|()| begun)
    }

    async fn delete_decryption_key_once(
        &self,
        org: OrganizationId,
        id: DecryptionKeyId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        raise_generation_in(&mut tx, org).await?;
        let sql =
            "DELETE FROM decryption_keys WHERE organization_id = $1 AND id = $2 RETURNING name, fingerprint";
        let row = tx.fetch_optional(sql, args![org, id]).await?.ok_or_else(missing)?;
        let facts = [("name", value!(row.text("name")?)), ("fingerprint", value!(row.text("fingerprint")?))];
        note_in(&mut tx, self.now(), entry, id, &facts).await?;
        tx.commit().await
    }
}

/// Other keys from now on. Locks the organization: keys and decisions follow one another.
async fn raise_generation_in(tx: &mut Tx, org: OrganizationId) -> Result<()> {
    let sql = "UPDATE organizations SET key_generation = key_generation + 1 WHERE id = $1";
    match tx.execute(sql, args![org]).await? {
        0 => Err(StoreError::missing("organization")),
        _ => Ok(()),
    }
}

/// Seals every key anew; returns how many there are.
pub(crate) async fn reseal_in(tx: &mut Tx, ring: &Ring) -> Result<usize> {
    let rows = tx.fetch_all("SELECT id, file FROM decryption_keys", vec![]).await?;
    for row in &rows {
        let id = row.text("id")?;
        let place = file_place(&id);
        let file = ring.seal(place, &ring.open(place, &row.bytes("file")?)?)?;
        tx.execute("UPDATE decryption_keys SET file = $2 WHERE id = $1", args![id.as_str(), file]).await?;
    }
    Ok(rows.len())
}

impl Recorded<'_> {
    /// Keeps a key, and has the messages that need one examined again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is there already for the same mail, or too many are.
    pub async fn add_decryption_key(
        &self,
        org: OrganizationId,
        new: &NewDecryptionKey,
    ) -> Result<DecryptionKey> {
        let id = DecryptionKeyId::new();
        let begun = retrying!(self.store.add_decryption_key_once(org, id, new, self.entry()))?;
        self.store.tell(Event::KeysChanged { org });
        if let Some(reexamination) = begun {
            self.store.tell(Event::ReexaminationChanged { org, reexamination });
        }
        self.store.decryption_key(org, id).await
    }

    /// Forgets a key and its secrets, for ever.
    pub async fn delete_decryption_key(&self, org: OrganizationId, id: DecryptionKeyId) -> Result<()> {
        retrying!(self.store.delete_decryption_key_once(org, id, self.entry()))?;
        self.store.tell(Event::KeysChanged { org });
        Ok(())
    }
}
