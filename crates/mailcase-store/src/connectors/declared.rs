//! Connectors declared in files: the database follows the files.

use super::{name_taken, unreadable};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{args, retrying};
use mailcase_core::connector::{Connector, ConnectorSettings, Origin};
use mailcase_core::{ConnectorId, OrganizationId};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// A connector as a file declares it.
#[derive(Debug, Clone)]
pub struct DeclaredConnector {
    /// The file, as it is shown to people.
    pub path: String,
    pub settings: ConnectorSettings,
    /// Whether it runs when it is first seen; later a person may pause it.
    pub active: bool,
    /// Every secret the file gives; others are removed.
    pub secrets: BTreeMap<String, SecretString>,
}

/// What following the files changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    pub created: Vec<ConnectorId>,
    pub updated: Vec<ConnectorId>,
    pub deleted: Vec<ConnectorId>,
}

impl Store {
    /// Makes the declared connectors of an organization those in `declared`: new ones are created, changed ones
    /// updated, those no file names any more deleted. Connectors made by people are left alone.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a file uses the API name of a connector made by a person, or two files the same.
    pub async fn sync_declared(
        &self,
        org: OrganizationId,
        declared: &[DeclaredConnector],
    ) -> Result<SyncReport> {
        let report = retrying!(self.sync_declared_once(org, declared))?;
        for connector in report.created.iter().chain(&report.updated).chain(&report.deleted) {
            self.tell(Event::ConnectorChanged { org, connector: *connector });
        }
        Ok(report)
    }

    async fn sync_declared_once(
        &self,
        org: OrganizationId,
        declared: &[DeclaredConnector],
    ) -> Result<SyncReport> {
        let mut known = BTreeMap::new();
        let mut tx = self.pool().begin().await?;
        let sql = "SELECT id, organization_id, settings, active, origin, revision, name, api_name FROM connectors \
                   WHERE organization_id = $1 AND deleted_at IS NULL";
        let rows = tx.fetch_all(sql, args![org]).await?;
        // What cannot be read is written anew from its file.
        for (row, connector, unreadable) in unreadable::read_each(&rows) {
            known.insert(row.text("api_name")?, (connector, unreadable.is_none()));
        }
        let mut report = SyncReport::default();
        for wanted in declared {
            let api_name = &wanted.settings.api_name;
            let origin = Origin::File { path: wanted.path.clone() };
            match known.remove(api_name) {
                Some((Connector { origin: Origin::Api, .. }, _)) => {
                    let what = format!("`{}` declares `{api_name}`, which exists already", wanted.path);
                    return Err(StoreError::conflict(what));
                }
                Some((before, readable)) => {
                    let same = readable
                        && before.settings == wanted.settings
                        && before.origin == origin
                        && self.has_secrets(&mut tx, before.id, &wanted.secrets).await?;
                    if same {
                        continue;
                    }
                    let after = Connector {
                        settings: wanted.settings.clone(),
                        origin,
                        revision: before.revision.saturating_add(1),
                        ..before.clone()
                    };
                    self.write_connector_in(&mut tx, &before, &after).await?;
                    self.replace_secrets(&mut tx, before.id, &wanted.secrets).await?;
                    report.updated.push(before.id);
                }
                None => {
                    let connector = Connector {
                        id: ConnectorId::new(),
                        organization: org,
                        settings: wanted.settings.clone(),
                        active: wanted.active,
                        origin,
                        revision: 1,
                    };
                    self.insert_connector_in(&mut tx, &connector).await.map_err(name_taken(api_name))?;
                    self.replace_secrets(&mut tx, connector.id, &wanted.secrets).await?;
                    report.created.push(connector.id);
                }
            }
        }
        let undeclared = known.into_values().map(|(connector, _)| connector);
        for connector in undeclared.filter(|connector| connector.origin != Origin::Api) {
            self.delete_connector_in(&mut tx, connector.id).await?;
            report.deleted.push(connector.id);
        }
        tx.commit().await?;
        Ok(report)
    }

    async fn has_secrets(
        &self,
        tx: &mut crate::sql::Tx,
        connector: ConnectorId,
        wanted: &BTreeMap<String, SecretString>,
    ) -> Result<bool> {
        let sql = "SELECT name, ciphertext FROM connector_secrets WHERE connector_id = $1";
        let rows = tx.fetch_all(sql, args![connector]).await?;
        let mut same = rows.len() == wanted.len();
        for row in rows {
            let opened =
                self.open_connector_secret(connector, &row.text("name")?, &row.bytes("ciphertext")?)?;
            same &= wanted.get(&row.text("name")?).is_some_and(|secret| {
                use secrecy::ExposeSecret;
                secret.expose_secret() == opened.expose_secret()
            });
        }
        Ok(same)
    }

    async fn replace_secrets(
        &self,
        tx: &mut crate::sql::Tx,
        connector: ConnectorId,
        wanted: &BTreeMap<String, SecretString>,
    ) -> Result<()> {
        tx.execute("DELETE FROM connector_secrets WHERE connector_id = $1", args![connector]).await?;
        let secrets = wanted.iter().map(|(name, secret)| (name.clone(), Some(secret.clone()))).collect();
        self.set_secrets_in(tx, connector, &secrets).await
    }
}
