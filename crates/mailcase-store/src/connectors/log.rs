//! The recent log of a connector, for people.

use crate::Store;
use crate::error::Result;
use crate::sql::{args, retrying};
use jiff::Timestamp;
use mailcase_core::case::UnknownName;
use mailcase_core::{ConnectorId, OrganizationId};
use std::str::FromStr;

/// Entries kept per connector: some days of a busy one, and a page or two to read.
pub(crate) const KEPT: i64 = 500;

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Info,
    Warning,
    Error,
}

impl LogLevel {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl FromStr for LogLevel {
    type Err = UnknownName;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownName> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|level| level.as_str() == text).ok_or_else(
            || UnknownName {
                what: "log level",
                found: text.to_owned(),
                known: "info, warning, error".to_owned(),
            },
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorLogEntry {
    pub id: i64,
    pub at: Timestamp,
    pub level: LogLevel,
    /// Stable word: `round`, `sign_in`, `uidvalidity_changed`, …
    pub event: String,
    /// For people; no secret, no mail text.
    pub text: String,
}

impl Store {
    /// Appends to a connector's log and forgets what is older than the newest 500 entries.
    pub async fn append_connector_log(
        &self,
        connector: ConnectorId,
        level: LogLevel,
        event: &str,
        text: &str,
    ) -> Result<()> {
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            append_in(&mut tx, self.now(), connector, level, event, text).await?;
            tx.commit().await
        })
    }

    /// The newest entries, newest first.
    pub async fn connector_log(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        limit: i64,
    ) -> Result<Vec<ConnectorLogEntry>> {
        let sql = "SELECT l.id AS id, l.at AS at, l.level AS level, l.event AS event, l.text AS text \
                   FROM connector_log l JOIN connectors c ON c.id = l.connector_id \
                   WHERE c.organization_id = $1 AND l.connector_id = $2 ORDER BY l.id DESC LIMIT $3";
        let rows = self.pool().fetch_all(sql, args![org, connector, limit.clamp(1, KEPT)]).await?;
        rows.iter()
            .map(|row| {
                Ok(ConnectorLogEntry {
                    id: row.int("id")?,
                    at: row.time("at")?,
                    level: row.named("level")?,
                    event: row.text("event")?,
                    text: row.text("text")?,
                })
            })
            .collect()
    }
}

pub(crate) async fn append_in(
    tx: &mut crate::sql::Tx,
    now: i64,
    connector: ConnectorId,
    level: LogLevel,
    event: &str,
    text: &str,
) -> Result<()> {
    let sql = "INSERT INTO connector_log (connector_id, at, level, event, text) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, args![connector, now, level.as_str(), event, text]).await?;
    let sql = "DELETE FROM connector_log WHERE connector_id = $1 AND id <= \
               (SELECT id FROM connector_log WHERE connector_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
    tx.execute(sql, args![connector, KEPT]).await?;
    Ok(())
}
