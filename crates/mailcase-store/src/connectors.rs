//! Connectors as people configure them, their status, and their log.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{Tx, args, json, retrying};
use crate::{alarms, grants, other_sources};
use mailcase_core::connector::{Connector, ConnectorSettings, Origin};
use mailcase_core::{ConnectorId, DeliveryId, OrganizationId};
use secrecy::SecretString;
use std::collections::BTreeMap;

mod declared;
pub(crate) mod log;
mod status;
pub(crate) mod unreadable;

use unreadable::Unreadable;

pub use declared::{DeclaredConnector, SyncReport};
pub use log::{ConnectorLogEntry, LogLevel};
pub use status::{
    ConnectorCounts, ConnectorState, ConnectorStatus, ConnectorStatusUpdate, ConnectorVitals,
    ConnectorWithStatus, ErrorFacts, PendingWork,
};

/// Changes to a connector; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ConnectorPatch {
    /// The revision the change was made for; a connector that has passed on to another is not changed.
    pub revision: Option<i64>,
    pub settings: Option<ConnectorSettings>,
    pub active: Option<bool>,
    /// Secrets to set, or, as `None`, to remove. Those not named stay.
    pub secrets: BTreeMap<String, Option<SecretString>>,
    /// Forget the access a person granted: the settings lead elsewhere than where it was granted for.
    pub forget_grant: bool,
}

const COLUMNS: &str = "id, organization_id, settings, active, origin, revision";

fn name_taken(api_name: &str) -> impl FnOnce(StoreError) -> StoreError {
    let what = format!("there is a connector with the API name `{api_name}` already");
    move |error| if error.is_unique_violation() { StoreError::conflict(what) } else { error }
}

fn switched(active: bool) -> ConnectorPatch {
    ConnectorPatch { active: Some(active), ..ConnectorPatch::default() }
}

fn passed_on() -> StoreError {
    StoreError::conflict("somebody else changed the connector meanwhile; load it again and repeat the change")
}

pub(crate) fn read_only(origin: &Origin) -> Result<()> {
    match origin {
        Origin::Api => Ok(()),
        Origin::File { path } => {
            Err(StoreError::conflict(format!("this connector is declared in `{path}`; change it there")))
        }
    }
}

impl Store {
    /// The organization's connectors, by name; those that cannot be read are left out.
    pub async fn list_connectors(&self, org: OrganizationId) -> Result<Vec<Connector>> {
        let sql = "SELECT id, organization_id, name, api_name, settings, active, origin, revision FROM connectors \
                   WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY name, id";
        Ok(unreadable::readable(&self.pool().fetch_all(sql, args![org]).await?))
    }

    /// A connector. The settings of one that cannot be read are stand-ins, which pass no check and open no mailbox.
    pub async fn connector(&self, org: OrganizationId, id: ConnectorId) -> Result<Connector> {
        let sql = "SELECT id, organization_id, name, api_name, settings, active, origin, revision FROM connectors \
                   WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL";
        let row =
            self.pool().fetch_optional(sql, args![org, id]).await?.ok_or(StoreError::missing("connector"))?;
        Ok(unreadable::read(&row)?.0)
    }

    /// The connector with this API name, if there is one; see [`connector`](Self::connector).
    pub async fn connector_by_api_name(
        &self,
        org: OrganizationId,
        api_name: &str,
    ) -> Result<Option<Connector>> {
        let sql = "SELECT id, organization_id, name, api_name, settings, active, origin, revision FROM connectors \
                   WHERE organization_id = $1 AND api_name = $2 AND deleted_at IS NULL";
        let row = self.pool().fetch_optional(sql, args![org, api_name]).await?;
        row.map(|row| Ok(unreadable::read(&row)?.0)).transpose()
    }

    /// Creates a connector. The settings must have been validated.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the API name is taken.
    pub async fn create_connector(
        &self,
        org: OrganizationId,
        settings: &ConnectorSettings,
        secrets: &BTreeMap<String, SecretString>,
        active: bool,
    ) -> Result<Connector> {
        self.create_connector_noting(org, settings, secrets, active, None).await
    }

    async fn create_connector_noting(
        &self,
        org: OrganizationId,
        settings: &ConnectorSettings,
        secrets: &BTreeMap<String, SecretString>,
        active: bool,
        entry: Option<&NewAudit>,
    ) -> Result<Connector> {
        let connector = Connector {
            id: ConnectorId::new(),
            organization: org,
            settings: settings.clone(),
            active,
            origin: Origin::Api,
            revision: 1,
        };
        retrying!(self.insert_connector(&connector, secrets, entry))
            .map_err(name_taken(&settings.api_name))?;
        self.tell(Event::ConnectorChanged { org, connector: connector.id });
        Ok(connector)
    }

    async fn insert_connector(
        &self,
        connector: &Connector,
        secrets: &BTreeMap<String, SecretString>,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        self.insert_connector_in(&mut tx, connector).await?;
        let secrets = secrets.iter().map(|(name, secret)| (name.clone(), Some(secret.clone()))).collect();
        self.set_secrets_in(&mut tx, connector.id, &secrets).await?;
        note_in(&mut tx, self.now(), entry, connector.id, &[]).await?;
        tx.commit().await
    }

    async fn insert_connector_in(&self, tx: &mut Tx, connector: &Connector) -> Result<()> {
        let sql = "INSERT INTO connectors (id, organization_id, api_name, name, settings, active, origin, revision, \
                   created_at, activated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let Connector { id, organization, settings, active, origin, revision } = connector;
        let now = self.now();
        let values = args![
            *id,
            *organization,
            &settings.api_name,
            &settings.name,
            json(settings)?,
            *active,
            json(origin)?,
            *revision,
            now,
            now
        ];
        tx.execute(sql, values).await?;
        Ok(())
    }

    /// Changes a connector. Its runner is fenced off at once: it starts anew with the new settings.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the API name is taken, the connector is declared in a file, or it has another
    /// revision than the one the patch names.
    pub async fn update_connector(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        patch: &ConnectorPatch,
    ) -> Result<Connector> {
        self.update_connector_noting(org, id, patch, None).await
    }

    async fn update_connector_noting(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        patch: &ConnectorPatch,
        entry: Option<&NewAudit>,
    ) -> Result<Connector> {
        let api_name = patch.settings.as_ref().map_or("", |settings| settings.api_name.as_str());
        let connector =
            retrying!(self.update_connector_once(org, id, patch, entry)).map_err(name_taken(api_name))?;
        self.tell(Event::ConnectorChanged { org, connector: id });
        if !connector.active {
            self.tell(Event::AlarmChanged { org });
        }
        Ok(connector)
    }

    async fn update_connector_once(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        patch: &ConnectorPatch,
        entry: Option<&NewAudit>,
    ) -> Result<Connector> {
        let mut tx = self.pool().begin().await?;
        let (before, unreadable) = self.locked_connector(&mut tx, org, id).await?;
        if patch.revision.is_some_and(|revision| revision != before.revision) {
            return Err(passed_on());
        }
        // A person may always pause and go on; what a file declares is changed in the file.
        if patch.settings.is_some() || !patch.secrets.is_empty() {
            read_only(&before.origin)?;
        }
        let settings = match (&patch.settings, unreadable) {
            (Some(settings), _) => settings.clone(),
            (None, None) => before.settings.clone(),
            (None, Some(unreadable)) => {
                return Err(StoreError::conflict(format!("{unreadable}; enter the settings again")));
            }
        };
        let active = patch.active.unwrap_or(before.active);
        let after =
            Connector { settings, active, revision: before.revision.saturating_add(1), ..before.clone() };
        self.write_connector_in(&mut tx, &before, &after).await?;
        self.set_secrets_in(&mut tx, id, &patch.secrets).await?;
        if !active {
            alarms::rest_in(&mut tx, self.now(), id).await?;
        }
        if patch.forget_grant {
            grants::forget_in(&mut tx, id).await?;
        }
        note_in(&mut tx, self.now(), entry, id, &[]).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Writes a connector's new settings and ends its lease; refused when it is no longer what it was before.
    pub(crate) async fn write_connector_in(
        &self,
        tx: &mut Tx,
        before: &Connector,
        after: &Connector,
    ) -> Result<()> {
        let sql = "UPDATE connectors SET api_name = $2, name = $3, settings = $4, active = $5, revision = $6, \
                   origin = $7, activated_at = CASE WHEN $8 = 1 THEN $9 ELSE activated_at END, \
                   last_error = CASE WHEN $8 = 1 THEN NULL ELSE last_error END, \
                   lease_owner = NULL, lease_until = 0, fence = fence + 1, status_state = 'starting', \
                   next_poll_at = NULL WHERE id = $1 AND revision = $10";
        let values = args![
            after.id,
            &after.settings.api_name,
            &after.settings.name,
            json(&after.settings)?,
            after.active,
            after.revision,
            json(&after.origin)?,
            after.active && !before.active,
            self.now(),
            before.revision
        ];
        match tx.execute(sql, values).await? {
            0 => Err(passed_on()),
            _ => Ok(()),
        }
    }

    /// Pauses a connector or lets it go on. Allowed for declared ones too.
    pub async fn set_connector_active(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        active: bool,
    ) -> Result<Connector> {
        self.update_connector(org, id, &switched(active)).await
    }

    /// Deletes a connector: its mail stays, its API name is free again, its secrets are gone.
    pub async fn delete_connector(&self, org: OrganizationId, id: ConnectorId) -> Result<()> {
        self.delete_connector_noting(org, id, None).await
    }

    async fn delete_connector_noting(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        retrying!(self.delete_connector_once(org, id, entry))?;
        self.tell(Event::ConnectorChanged { org, connector: id });
        self.tell(Event::AlarmChanged { org });
        Ok(())
    }

    async fn delete_connector_once(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        read_only(&self.locked_connector(&mut tx, org, id).await?.0.origin)?;
        self.delete_connector_in(&mut tx, id).await?;
        note_in(&mut tx, self.now(), entry, id, &[]).await?;
        tx.commit().await
    }

    async fn delete_connector_in(&self, tx: &mut Tx, id: ConnectorId) -> Result<()> {
        let now = self.now();
        let sql = "UPDATE connectors SET deleted_at = $2, active = 0, lease_owner = NULL, lease_until = 0, \
                   fence = fence + 1 WHERE id = $1";
        tx.execute(sql, args![id, now]).await?;
        tx.execute("DELETE FROM connector_secrets WHERE connector_id = $1", args![id]).await?;
        grants::forget_in(tx, id).await?;
        other_sources::forget_in(tx, id).await?;
        let sql = "UPDATE alarms SET cleared_at = $2 WHERE connector_id = $1 AND cleared_at IS NULL";
        tx.execute(sql, args![id, now]).await?;
        Ok(())
    }

    /// With `Some` reason only what was not read from its settings may be relied on.
    pub(crate) async fn locked_connector(
        &self,
        tx: &mut Tx,
        org: OrganizationId,
        id: ConnectorId,
    ) -> Result<(Connector, Option<Unreadable>)> {
        let sql = format!(
            "SELECT {COLUMNS}, name, api_name FROM connectors WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL{}",
            tx.choose("", " FOR UPDATE")
        );
        let row = tx.fetch_optional(sqlx::AssertSqlSafe(sql), args![org, id]).await?;
        unreadable::read(&row.ok_or(StoreError::missing("connector"))?)
    }

    pub(crate) async fn set_secrets_in(
        &self,
        tx: &mut Tx,
        connector: ConnectorId,
        secrets: &BTreeMap<String, Option<SecretString>>,
    ) -> Result<()> {
        let now = self.now();
        if secrets.values().any(Option::is_some) {
            self.inner.keys.require_in(tx).await?;
        }
        for (name, secret) in secrets {
            let sql = "DELETE FROM connector_secrets WHERE connector_id = $1 AND name = $2";
            tx.execute(sql, args![connector, name]).await?;
            if let Some(secret) = secret {
                let sealed = self.seal_connector_secret(connector, name, secret)?;
                let sql = "INSERT INTO connector_secrets (connector_id, name, ciphertext, updated_at) \
                           VALUES ($1, $2, $3, $4)";
                tx.execute(sql, args![connector, name, sealed, now]).await?;
            }
        }
        Ok(())
    }

    /// The connector a delivery came by.
    pub async fn connector_of_delivery(
        &self,
        org: OrganizationId,
        delivery: DeliveryId,
    ) -> Result<ConnectorId> {
        let sql = "SELECT connector_id FROM deliveries WHERE id = $1 AND organization_id = $2";
        let row = self.pool().fetch_optional(sql, args![delivery, org]).await?;
        row.ok_or(StoreError::missing("delivery"))?.named("connector_id")
    }

    /// A place in the order in which messages came here: the end, for now.
    pub async fn newest_message(&self) -> Result<i64> {
        let sql = "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS newest FROM messages";
        self.pool().fetch_one(sql, vec![]).await?.int("newest")
    }

    /// How many messages that came `after` this place were brought by this connector before any other.
    pub async fn messages_first_brought_by(&self, connector: ConnectorId, after: i64) -> Result<u64> {
        let sql = "SELECT COUNT(*) AS n FROM messages WHERE seq > $2 AND connector_id = $1";
        self.pool().fetch_one(sql, args![connector, after]).await?.count("n")
    }

    /// Which secrets a connector has; never what they are.
    pub async fn connector_secret_names(&self, org: OrganizationId, id: ConnectorId) -> Result<Vec<String>> {
        let sql = "SELECT s.name AS name FROM connector_secrets s JOIN connectors c ON c.id = s.connector_id \
                   WHERE c.organization_id = $1 AND c.id = $2 AND c.deleted_at IS NULL ORDER BY s.name";
        self.pool().fetch_all(sql, args![org, id]).await?.iter().map(|row| row.text("name")).collect()
    }
}

impl Recorded<'_> {
    /// As [`Store::create_connector`].
    pub async fn create_connector(
        &self,
        org: OrganizationId,
        settings: &ConnectorSettings,
        secrets: &BTreeMap<String, SecretString>,
        active: bool,
    ) -> Result<Connector> {
        self.store.create_connector_noting(org, settings, secrets, active, self.entry()).await
    }

    /// As [`Store::update_connector`].
    pub async fn update_connector(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        patch: &ConnectorPatch,
    ) -> Result<Connector> {
        self.store.update_connector_noting(org, id, patch, self.entry()).await
    }

    /// As [`Store::set_connector_active`].
    pub async fn set_connector_active(
        &self,
        org: OrganizationId,
        id: ConnectorId,
        active: bool,
    ) -> Result<Connector> {
        self.update_connector(org, id, &switched(active)).await
    }

    /// As [`Store::delete_connector`].
    pub async fn delete_connector(&self, org: OrganizationId, id: ConnectorId) -> Result<()> {
        self.store.delete_connector_noting(org, id, self.entry()).await
    }
}
