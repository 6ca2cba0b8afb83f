//! Results of accounting: what the server held against what is stored. The engine counts; this keeps.

use crate::Store;
use crate::error::Result;
use crate::sql::{args, json, retrying};
use jiff::Timestamp;
use mailcase_core::connector::Connector;
use mailcase_core::{ConnectorId, OrganizationId};
use serde::{Serialize, de::DeserializeOwned};

/// Results kept per connector: a nightly one for three months.
const KEPT: i64 = 90;

/// A kept result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAccounting<T> {
    pub at: Timestamp,
    pub result: T,
}

impl Store {
    /// Keeps a result, in whatever shape the engine gives it.
    pub async fn save_accounting(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        result: &(impl Serialize + Sync),
    ) -> Result<()> {
        self.connector(org, connector).await?;
        let text = json(result)?;
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = "INSERT INTO accountings (connector_id, at, result) VALUES ($1, $2, $3) \
                       ON CONFLICT (connector_id, at) DO UPDATE SET result = excluded.result";
            tx.execute(sql, args![connector, self.now(), &text]).await?;
            let sql = "DELETE FROM accountings WHERE connector_id = $1 AND at <= \
                       (SELECT at FROM accountings WHERE connector_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)";
            tx.execute(sql, args![connector, KEPT]).await?;
            tx.commit().await
        })
    }

    /// Connectors `owner` runs whose books were last made up before `before`, or never. Those that
    /// cannot be read are left out.
    pub async fn accounting_due(&self, owner: &str, before: Timestamp) -> Result<Vec<Connector>> {
        let sql = "SELECT c.id AS id, c.organization_id AS organization_id, c.name AS name, \
                     c.api_name AS api_name, c.settings AS settings, c.active AS active, c.origin AS origin, c.revision AS revision FROM connectors c \
                   WHERE c.active = 1 AND c.deleted_at IS NULL AND c.lease_owner = $1 AND c.lease_until > $2 \
                   AND NOT EXISTS (SELECT 1 FROM accountings a WHERE a.connector_id = c.id AND a.at > $3)";
        let rows = self.pool().fetch_all(sql, args![owner, self.now(), before]).await?;
        Ok(crate::connectors::unreadable::readable(&rows))
    }

    /// The newest result.
    pub async fn latest_accounting<T: DeserializeOwned>(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
    ) -> Result<Option<KeptAccounting<T>>> {
        let sql = "SELECT a.at AS at, a.result AS result FROM accountings a \
                   JOIN connectors c ON c.id = a.connector_id \
                   WHERE c.organization_id = $1 AND a.connector_id = $2 ORDER BY a.at DESC LIMIT 1";
        let row = self.pool().fetch_optional(sql, args![org, connector]).await?;
        row.map(|row| Ok(KeptAccounting { at: row.time("at")?, result: row.json("result")? })).transpose()
    }
}
