//! How a connector is doing: written by its runner, read by people and alarms.

use super::unreadable;
use crate::Store;
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::leases::Lease;
use crate::sql::{Row, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::case::UnknownName;
use mailcase_core::connector::Connector;
use mailcase_core::{ConnectorId, OrganizationId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a connector's runner is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorState {
    Starting,
    Polling,
    Waiting,
    /// Something failed; it tries again by itself.
    BackingOff,
    /// It cannot work until somebody changes it.
    Failed,
}

impl ConnectorState {
    pub const ALL: &'static [Self] =
        &[Self::Starting, Self::Polling, Self::Waiting, Self::BackingOff, Self::Failed];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Polling => "polling",
            Self::Waiting => "waiting",
            Self::BackingOff => "backing_off",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for ConnectorState {
    type Err = UnknownName;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text).ok_or_else(|| UnknownName {
            what: "connector state",
            found: text.to_owned(),
            known: Self::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// The error a person sees at a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFacts {
    /// Stable word: `sign_in`, `unreachable`, …
    pub code: String,
    pub message: String,
    /// What to do next, if that is known.
    pub hint: Option<String>,
    pub at: Timestamp,
}

/// What a runner says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorStatusUpdate {
    pub state: ConnectorState,
    /// `None` leaves the last success as it was.
    pub last_success: Option<Timestamp>,
    /// `None` clears the error.
    pub last_error: Option<ErrorFacts>,
    pub next_poll: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorStatus {
    pub state: ConnectorState,
    pub last_success: Option<Timestamp>,
    pub last_error: Option<ErrorFacts>,
    pub next_poll: Option<Timestamp>,
    /// The process that runs it now.
    pub leased_by: Option<String>,
    /// Since when the oldest message that is listed but not decided has been waiting.
    pub waiting_since: Option<Timestamp>,
}

/// A connector's deliveries by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectorCounts {
    pub total: u64,
    /// Listed, not fetched.
    pub discovered: u64,
    /// Stored here, whatever came after.
    pub stored: u64,
    /// Stored, and not yet acknowledged on the server.
    pub unacknowledged: u64,
    /// Of these, refused by the server; tried again.
    pub refused: u64,
    /// Deliveries that could not be fetched, and messages that could not be decided.
    pub needs_attention: u64,
    /// Not taken by the pre-filter.
    pub filtered_out: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorWithStatus {
    pub connector: Connector,
    pub status: ConnectorStatus,
    pub counts: ConnectorCounts,
    /// Why the server refused to mark, move or delete the last of those it refused.
    pub refusal: Option<String>,
    pub created_at: Timestamp,
}

/// What is left to do for a connector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PendingWork {
    pub discovered: u64,
    pub stored_undecided: u64,
    pub unacknowledged: u64,
    pub needs_attention: u64,
}

/// What alarms are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectorVitals {
    pub state: ConnectorState,
    pub last_success: Option<Timestamp>,
    pub activated_at: Timestamp,
    /// When a message was last stored or a folder's listing went on.
    pub last_progress: Option<Timestamp>,
    /// When the last message was stored.
    pub last_message: Option<Timestamp>,
}

/// A state or an error a newer version wrote is no reason to show nothing at all: the next round writes both anew.
fn status_from(row: &Row, now: i64) -> Result<ConnectorStatus> {
    let leased = row.int("lease_until")? > now;
    Ok(ConnectorStatus {
        state: row.named("status_state").unwrap_or(ConnectorState::Starting),
        last_success: row.opt_time("last_success_at")?,
        last_error: row.opt_json("last_error").unwrap_or_default(),
        next_poll: row.opt_time("next_poll_at")?,
        leased_by: row.opt_text("lease_owner")?.filter(|_| leased),
        waiting_since: row.opt_time("waiting_since")?,
    })
}

fn counts_from(row: &Row) -> Result<ConnectorCounts> {
    let needs_attention = row.count("set_aside")?.saturating_add(row.count("undecidable")?);
    Ok(ConnectorCounts {
        total: row.count("total")?,
        discovered: row.count("discovered")?,
        stored: row.count("stored_count")?,
        unacknowledged: row.count("unacknowledged")?,
        refused: row.count("refused")?,
        needs_attention,
        filtered_out: row.count("filtered_out")?,
    })
}

/// Connectors with everything the table of connectors shows.
const WITH_STATUS: &str = "SELECT c.id AS id, c.organization_id AS organization_id, c.name AS name, \
     c.api_name AS api_name, c.settings AS settings, \
     c.active AS active, c.origin AS origin, c.revision AS revision, c.created_at AS created_at, \
     c.lease_owner AS lease_owner, c.lease_until AS lease_until, c.status_state AS status_state, \
     c.last_success_at AS last_success_at, c.last_error AS last_error, c.next_poll_at AS next_poll_at, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id) AS total, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'discovered') AS discovered, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.stored_at IS NOT NULL) AS stored_count, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'stored') AS unacknowledged, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'stored' \
        AND d.ack_error IS NOT NULL) AS refused, \
     (SELECT d.ack_error FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'stored' \
        AND d.ack_error IS NOT NULL ORDER BY d.id DESC LIMIT 1) AS refusal, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'needs_attention') AS set_aside, \
     (SELECT COUNT(*) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'filtered_out') AS filtered_out, \
     (SELECT COUNT(*) FROM messages m WHERE m.connector_id = c.id AND m.organization_id = c.organization_id \
        AND m.state = 'needs_attention') AS undecidable, \
     (SELECT MIN(d.discovered_at) FROM deliveries d WHERE d.connector_id = c.id AND d.state = 'discovered') \
        AS waiting_since \
     FROM connectors c WHERE c.organization_id = $1 AND c.deleted_at IS NULL";

impl Store {
    /// Records what a runner says of itself.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease has passed on.
    pub async fn set_connector_status(&self, lease: &Lease, update: ConnectorStatusUpdate) -> Result<()> {
        let last_error = update.last_error.as_ref().map(json).transpose()?;
        let sql = "UPDATE connectors SET status_state = $4, last_success_at = COALESCE($5, last_success_at), \
                   interruptions = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN interruptions ELSE 0 END, \
                   last_error = $6, next_poll_at = $7 \
                   WHERE id = $1 AND lease_owner = $2 AND fence = $3 RETURNING organization_id";
        let values = args![
            lease.connector,
            &lease.owner,
            lease.fence,
            update.state.as_str(),
            update.last_success,
            last_error,
            update.next_poll
        ];
        let org = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let row = tx.fetch_optional(sql, values.clone()).await?.ok_or(StoreError::Fenced)?;
            tx.commit().await?;
            row.named::<OrganizationId>("organization_id")
        })?;
        self.tell(Event::ConnectorStatus { org, connector: lease.connector });
        Ok(())
    }

    /// The organization's connectors with their state and counts, by name. One that cannot be read is among them,
    /// with stand-ins for its settings and the reason as its error.
    pub async fn list_connectors_with_status(&self, org: OrganizationId) -> Result<Vec<ConnectorWithStatus>> {
        let sql = format!("{WITH_STATUS} ORDER BY c.name, c.id");
        let rows = self.pool().fetch_all(sqlx::AssertSqlSafe(sql), args![org]).await?;
        unreadable::read_each(&rows)
            .map(|(row, connector, reason)| self.with_status(row, connector, reason))
            .collect()
    }

    pub async fn connector_with_status(
        &self,
        org: OrganizationId,
        id: ConnectorId,
    ) -> Result<ConnectorWithStatus> {
        let sql = format!("{WITH_STATUS} AND c.id = $2");
        let row = self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![org, id]).await?;
        let row = row.ok_or(StoreError::missing("connector"))?;
        let (connector, reason) = unreadable::read(&row)?;
        self.with_status(&row, connector, reason)
    }

    fn with_status(
        &self,
        row: &Row,
        connector: Connector,
        reason: Option<unreadable::Unreadable>,
    ) -> Result<ConnectorWithStatus> {
        let mut status = status_from(row, self.now())?;
        if let Some(reason) = reason {
            status.state = ConnectorState::Failed;
            status.last_error = Some(reason.facts(self.clock().now()));
        }
        Ok(ConnectorWithStatus {
            connector,
            status,
            counts: counts_from(row)?,
            refusal: row.opt_text("refusal")?,
            created_at: row.time("created_at")?,
        })
    }

    /// What is left to do for a connector. Cheap: looks only at what is not done.
    pub async fn pending_work(&self, connector: ConnectorId) -> Result<PendingWork> {
        let sql = "SELECT \
             (SELECT COUNT(*) FROM deliveries WHERE connector_id = $1 AND state = 'discovered') AS discovered, \
             (SELECT COUNT(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE d.connector_id = $1 AND d.state = 'stored' AND m.state = 'stored') AS undecided, \
             (SELECT COUNT(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE d.connector_id = $1 AND d.state = 'stored' AND m.state = 'decided') AS unacknowledged, \
             (SELECT COUNT(*) FROM deliveries WHERE connector_id = $1 AND state = 'needs_attention') AS set_aside, \
             (SELECT COUNT(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE d.connector_id = $1 AND d.state = 'stored' AND m.state = 'needs_attention') AS undecidable";
        let row = self.pool().fetch_one(sql, args![connector]).await?;
        Ok(PendingWork {
            discovered: row.count("discovered")?,
            stored_undecided: row.count("undecided")?,
            unacknowledged: row.count("unacknowledged")?,
            needs_attention: row.count("set_aside")?.saturating_add(row.count("undecidable")?),
        })
    }

    /// Every active connector of every organization, with what alarms are judged by. For the engine. Those that
    /// cannot be read are among them, with the usual patience: nobody polls them, which is worth an alarm.
    pub async fn connector_vitals(&self) -> Result<Vec<(Connector, ConnectorVitals)>> {
        let sql = "SELECT c.id AS id, c.organization_id AS organization_id, c.name AS name, \
                   c.api_name AS api_name, c.settings AS settings, c.active AS active, c.origin AS origin, c.revision AS revision, \
                   c.last_success_at AS last_success_at, c.activated_at AS activated_at, \
                   c.status_state AS status_state, \
                   (SELECT MAX(f.updated_at) FROM connector_folders f WHERE f.connector_id = c.id) AS last_listing, \
                   (SELECT MAX(d.stored_at) FROM deliveries d WHERE d.connector_id = c.id AND d.stored_at IS NOT NULL) \
                     AS last_message \
                   FROM connectors c WHERE c.active = 1 AND c.deleted_at IS NULL ORDER BY c.id";
        let rows = self.pool().fetch_all(sql, vec![]).await?;
        unreadable::read_each(&rows)
            .map(|(row, connector, _)| {
                let last_message = row.opt_time("last_message")?;
                let vitals = ConnectorVitals {
                    state: row.named("status_state").unwrap_or(ConnectorState::Starting),
                    last_success: row.opt_time("last_success_at")?,
                    activated_at: row.time("activated_at")?,
                    last_progress: row.opt_time("last_listing")?.max(last_message),
                    last_message,
                };
                Ok((connector, vitals))
            })
            .collect()
    }
}
