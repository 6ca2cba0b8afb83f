//! How far every connector is, for those who watch the server.

use crate::Store;
use crate::error::Result;
use crate::sql::{Row, args};
use jiff::Timestamp;
use mailcase_core::ConnectorId;

/// What is measured of a connector. Cheap to find out: looks only at what is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorGauges {
    pub id: ConnectorId,
    pub api_name: String,
    /// Name of the organization it belongs to.
    pub organization: String,
    pub active: bool,
    pub last_success: Option<Timestamp>,
    /// Listed, not fetched.
    pub to_fetch: u64,
    /// Stored, not decided.
    pub to_decide: u64,
    /// Decided, and not yet acknowledged on the server.
    pub to_acknowledge: u64,
    /// Since when the oldest message that is listed but not fetched has been waiting.
    pub waiting_since: Option<Timestamp>,
    /// Deliveries that could not be fetched, and messages that could not be decided.
    pub needs_attention: u64,
}

impl Store {
    /// Every connector of every organization. For those who watch the server, whoever they are: no names but those of
    /// connectors and organizations.
    pub async fn connector_gauges(&self) -> Result<Vec<ConnectorGauges>> {
        let sql = "SELECT c.id AS id, c.api_name AS api_name, o.name AS organization, c.active AS active, \
             c.last_success_at AS last_success_at, \
             (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'discovered') AS to_fetch, \
             (SELECT COUNT(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE d.connector_id = c.id AND d.state = 'stored' AND m.state = 'stored') AS to_decide, \
             (SELECT COUNT(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE d.connector_id = c.id AND d.state = 'stored' AND m.state = 'decided') AS to_acknowledge, \
             (SELECT MIN(d.discovered_at) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'discovered') \
                AS waiting_since, \
             (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'needs_attention') \
                AS set_aside, \
             (SELECT COUNT(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE d.connector_id = c.id AND d.state = 'stored' AND m.state = 'needs_attention') AS undecidable \
             FROM connectors c JOIN organizations o ON o.id = c.organization_id \
             WHERE c.deleted_at IS NULL ORDER BY o.name, c.api_name";
        let rows = self.pool().fetch_all(sql, args![]).await?;
        rows.iter().map(gauges_from).collect()
    }
}

fn gauges_from(row: &Row) -> Result<ConnectorGauges> {
    Ok(ConnectorGauges {
        id: row.named("id")?,
        api_name: row.text("api_name")?,
        organization: row.text("organization")?,
        active: row.flag("active")?,
        last_success: row.opt_time("last_success_at")?,
        to_fetch: row.count("to_fetch")?,
        to_decide: row.count("to_decide")?,
        to_acknowledge: row.count("to_acknowledge")?,
        waiting_since: row.opt_time("waiting_since")?,
        needs_attention: row.count("set_aside")?.saturating_add(row.count("undecidable")?),
    })
}
