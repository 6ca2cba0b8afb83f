//! The other source of a connector, beside the one in use: looked at before it takes over, and kept for the way back.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::connectors::read_only;
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::leases::{self, Lease};
use crate::ledger::NewDelivery;
use crate::secrets::Place;
use crate::sql::{Row, Tx, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::connector::Connector;
use mailcase_core::migration::{MigrationState, SourceSettings};
use mailcase_core::{ConnectorId, OrganizationId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;

/// The other source, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSource {
    pub state: MigrationState,
    pub settings: SourceSettings,
    pub started_at: Timestamp,
    pub started_by: Option<String>,
    /// When the two last changed places.
    pub switched_at: Option<Timestamp>,
    /// Times the two were compared since then.
    pub comparisons: u64,
    /// Of these, the last ones in a row that found no difference.
    pub agreements: u64,
    comparison: Option<Value>,
}

impl OtherSource {
    /// The last comparison, in the shape the engine gave it; nothing when there is none.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn comparison<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.comparison.clone().map(serde_json::from_value).transpose().map_err(StoreError::decode)
    }
}

/// One folder passes from one source to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedFolder {
    /// What the source in use calls it.
    pub from: String,
    pub to: String,
    /// Where the other source goes on; nothing where it has no cursor.
    pub cursor: Option<String>,
    /// What is known already: its identity so far, and the one it has from now on.
    pub renamed: Vec<(String, String)>,
    /// What is not.
    pub new: Vec<NewDelivery>,
}

/// What changing places came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Messages that go on under another identity.
    pub renamed: u64,
    /// Messages that the source so far had not listed yet.
    pub new: u64,
}

const COLUMNS: &str = "o.state AS state, o.settings AS settings, o.started_at AS started_at, \
                       o.started_by AS started_by, o.switched_at AS switched_at, o.comparison AS comparison, \
                       o.comparisons AS comparisons, o.agreements AS agreements";

pub(crate) const fn secrets_place(connector: &str) -> Place<'_> {
    Place { table: "other_sources", row: connector, column: "secrets" }
}

fn read(row: &Row) -> Result<OtherSource> {
    let comparison = row.opt_text("comparison")?;
    Ok(OtherSource {
        state: row.named("state")?,
        settings: row.json("settings")?,
        started_at: row.time("started_at")?,
        started_by: row.opt_text("started_by")?,
        switched_at: row.opt_time("switched_at")?,
        comparisons: row.count("comparisons")?,
        agreements: row.count("agreements")?,
        comparison: comparison
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(StoreError::decode)?,
    })
}

fn none() -> StoreError {
    StoreError::missing("other source")
}

impl Store {
    /// The other source of a connector, if it has one.
    pub async fn other_source(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
    ) -> Result<Option<OtherSource>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM other_sources o JOIN connectors c ON c.id = o.connector_id \
             WHERE c.organization_id = $1 AND c.id = $2 AND c.deleted_at IS NULL"
        );
        let row = self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![org, connector]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The secrets of the other source, opened. For the engine only: nothing shows them.
    pub async fn other_source_secrets(
        &self,
        connector: ConnectorId,
    ) -> Result<BTreeMap<String, SecretString>> {
        let sql = "SELECT secrets FROM other_sources WHERE connector_id = $1";
        let row = self.pool().fetch_optional(sql, args![connector]).await?.ok_or_else(none)?;
        self.open_secrets(connector, &row.bytes("secrets")?)
    }

    /// Connectors `owner` runs whose two sources were last compared before `before`, or never.
    pub async fn comparison_due(&self, owner: &str, before: Timestamp) -> Result<Vec<Connector>> {
        let sql = "SELECT c.id AS id, c.organization_id AS organization_id, c.name AS name, \
                     c.api_name AS api_name, c.settings AS settings, c.active AS active, c.origin AS origin, \
                     c.revision AS revision FROM connectors c JOIN other_sources o ON o.connector_id = c.id \
                   WHERE c.active = 1 AND c.deleted_at IS NULL AND c.lease_owner = $1 AND c.lease_until > $2 \
                   AND o.state = 'shadow' AND o.compared_at < $3";
        let rows = self.pool().fetch_all(sql, args![owner, self.now(), before]).await?;
        Ok(crate::connectors::unreadable::readable(&rows))
    }

    /// Keeps what comparing the two sources came to, whether they `agree`. A comparison that could not be made is kept as
    /// well: it is no agreement.
    pub async fn save_comparison(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        comparison: &(impl Serialize + Sync),
        agree: bool,
    ) -> Result<()> {
        let text = json(comparison)?;
        let sql = "UPDATE other_sources SET comparison = $2, compared_at = $3, comparisons = comparisons + 1, \
                   agreements = CASE WHEN $4 = 1 THEN agreements + 1 ELSE 0 END WHERE connector_id = $1";
        let kept = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let kept = tx.execute(sql, args![connector, &text, self.now(), agree]).await?;
            tx.commit().await.map(|()| kept)
        })?;
        self.tell(Event::ConnectorChanged { org, connector });
        if kept == 0 { Err(none()) } else { Ok(()) }
    }

    fn seal_secrets(
        &self,
        connector: ConnectorId,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Vec<u8>> {
        let plain: BTreeMap<&str, &str> =
            secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose_secret())).collect();
        self.seal(secrets_place(&connector.to_string()), &SecretString::from(json(&plain)?))
    }

    fn open_secrets(&self, connector: ConnectorId, sealed: &[u8]) -> Result<BTreeMap<String, SecretString>> {
        let plain = self.unseal(secrets_place(&connector.to_string()), sealed)?;
        let secrets: BTreeMap<String, String> =
            serde_json::from_str(plain.expose_secret()).map_err(StoreError::decode)?;
        Ok(secrets.into_iter().map(|(name, secret)| (name, SecretString::from(secret))).collect())
    }

    async fn shadow_once(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        source: &SourceSettings,
        secrets: &BTreeMap<String, SecretString>,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let sealed = self.seal_secrets(connector, secrets)?;
        let mut tx = self.pool().begin().await?;
        self.inner.keys.require_in(&mut tx).await?;
        read_only(&self.locked_connector(&mut tx, org, connector).await?.0.origin)?;
        let started_by = entry.and_then(|entry| entry.actor.name());
        let sql = "INSERT INTO other_sources (connector_id, state, settings, secrets, started_at, started_by) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connector_id) DO UPDATE SET \
                   settings = excluded.settings, secrets = excluded.secrets, started_at = excluded.started_at, \
                   started_by = excluded.started_by, comparison = NULL, compared_at = 0, comparisons = 0, \
                   agreements = 0 WHERE other_sources.state = 'shadow'";
        let state = MigrationState::Shadow.as_str();
        let values = args![connector, state, json(source)?, sealed, self.now(), started_by];
        if tx.execute(sql, values).await? == 0 {
            return Err(StoreError::conflict(
                "the connector was switched to another source already; undo that or give up the way back first",
            ));
        }
        note_in(&mut tx, self.now(), entry, connector, &[("to", value!(source.kind))]).await?;
        tx.commit().await
    }

    async fn forget_other_source_once(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        self.locked_connector(&mut tx, org, connector).await?;
        if forget_in(&mut tx, connector).await? == 0 {
            return Err(none());
        }
        note_in(&mut tx, self.now(), entry, connector, &[]).await?;
        tx.commit().await
    }

    async fn change_places_once(
        &self,
        lease: &Lease,
        org: OrganizationId,
        folders: &[PassedFolder],
        entry: Option<&NewAudit>,
    ) -> Result<Passed> {
        let (now, connector) = (self.now(), lease.connector);
        let mut tx = self.pool().begin().await?;
        self.inner.keys.require_in(&mut tx).await?;
        let before = self.locked_connector(&mut tx, org, connector).await?.0;
        leases::require(&mut tx, lease).await?;
        let sql =
            format!("SELECT {COLUMNS}, o.secrets AS secrets FROM other_sources o WHERE o.connector_id = $1");
        let row = tx.fetch_optional(sqlx::AssertSqlSafe(sql), args![connector]).await?.ok_or_else(none)?;
        let other = read(&row)?;
        let arriving = self.open_secrets(connector, &row.bytes("secrets")?)?;
        let leaving = self.secrets_in(&mut tx, connector).await?;
        let after = Connector {
            settings: before.settings.with_source(&other.settings),
            revision: before.revision.saturating_add(1),
            ..before.clone()
        };
        self.write_connector_in(&mut tx, &before, &after).await?;
        // It is the same mailbox, whatever the settings of the other source call it.
        tx.execute("UPDATE connectors SET mailbox = NULL WHERE id = $1", args![connector]).await?;
        tx.execute("DELETE FROM connector_secrets WHERE connector_id = $1", args![connector]).await?;
        let arriving = arriving.into_iter().map(|(name, secret)| (name, Some(secret))).collect();
        self.set_secrets_in(&mut tx, connector, &arriving).await?;
        let state = match other.state {
            MigrationState::Shadow => MigrationState::Switched,
            MigrationState::Switched => MigrationState::Shadow,
        };
        let sql = "UPDATE other_sources SET state = $2, settings = $3, secrets = $4, switched_at = $5, \
                   comparison = NULL, compared_at = 0, comparisons = 0, agreements = 0 WHERE connector_id = $1";
        let sealed = self.seal_secrets(connector, &leaving)?;
        let values = args![connector, state.as_str(), json(&before.settings.source())?, sealed, now];
        tx.execute(sql, values).await?;
        let passed = pass(&mut tx, now, org, connector, folders).await?;
        let facts = [
            ("from", value!(before.settings.kind)),
            ("to", value!(after.settings.kind)),
            ("known_messages", value!(passed.renamed)),
            ("new_messages", value!(passed.new)),
        ];
        note_in(&mut tx, now, entry, connector, &facts).await?;
        tx.commit().await?;
        Ok(passed)
    }

    async fn secrets_in(
        &self,
        tx: &mut Tx,
        connector: ConnectorId,
    ) -> Result<BTreeMap<String, SecretString>> {
        let sql = "SELECT name, ciphertext FROM connector_secrets WHERE connector_id = $1";
        let mut secrets = BTreeMap::new();
        for row in tx.fetch_all(sql, args![connector]).await? {
            let name = row.text("name")?;
            let secret = self.open_connector_secret(connector, &name, &row.bytes("ciphertext")?)?;
            secrets.insert(name, secret);
        }
        Ok(secrets)
    }
}

/// Forgets the other source of a connector, if it has one.
pub(crate) async fn forget_in(tx: &mut Tx, connector: ConnectorId) -> Result<u64> {
    tx.execute("DELETE FROM other_sources WHERE connector_id = $1", args![connector]).await
}

/// The ledger goes on under the identities of the other source.
async fn pass(
    tx: &mut Tx,
    now: i64,
    org: OrganizationId,
    connector: ConnectorId,
    folders: &[PassedFolder],
) -> Result<Passed> {
    let mut passed = Passed::default();
    tx.execute("DELETE FROM connector_folders WHERE connector_id = $1", args![connector]).await?;
    for folder in folders {
        for (old, new) in &folder.renamed {
            let sql = "UPDATE deliveries SET folder = $4, remote_id = $5 \
                       WHERE connector_id = $1 AND folder = $2 AND remote_id = $3";
            let renamed = tx.execute(sql, args![connector, &folder.from, old, &folder.to, new]).await?;
            passed.renamed = passed.renamed.saturating_add(renamed);
        }
        let new = crate::ledger::insert_in(tx, now, org, connector, &folder.to, &folder.new).await?;
        passed.new = passed.new.saturating_add(new);
        if let Some(cursor) = &folder.cursor {
            crate::ledger::set_cursor_in(tx, now, connector, &folder.to, cursor).await?;
        }
    }
    Ok(passed)
}

impl Recorded<'_> {
    /// Puts another source beside the one in use, to be compared with it; in place of one that was put there before and
    /// never used.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the connector is declared in a file, or the two changed places already.
    pub async fn shadow(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        source: &SourceSettings,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<()> {
        retrying!(self.store.shadow_once(org, connector, source, secrets, self.entry()))?;
        self.store.tell(Event::ConnectorChanged { org, connector });
        Ok(())
    }

    /// Forgets the other source: it is not to take over, or there is no need of a way back.
    pub async fn forget_other_source(&self, org: OrganizationId, connector: ConnectorId) -> Result<()> {
        retrying!(self.store.forget_other_source_once(org, connector, self.entry()))?;
        self.store.tell(Event::ConnectorChanged { org, connector });
        Ok(())
    }

    /// The two sources change places, in one transaction: settings, secrets, cursors, and the identities of what is known.
    /// Ends the lease; the connector starts anew with the other source.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease is lost, [`StoreError::NotFound`] when there is no other source.
    pub async fn change_places(
        &self,
        lease: &Lease,
        org: OrganizationId,
        folders: &[PassedFolder],
    ) -> Result<Passed> {
        let passed = retrying!(self.store.change_places_once(lease, org, folders, self.entry()))?;
        self.store.tell(Event::ConnectorChanged { org, connector: lease.connector });
        Ok(passed)
    }
}
