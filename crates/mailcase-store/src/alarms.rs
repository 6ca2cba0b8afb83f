//! Alarms: what an operator must see. One per connector and kind stands at a time.

use crate::Store;
use crate::error::Result;
use crate::events::Event;
use crate::sql::{Row, Tx, Value, args, in_list, retrying};
use jiff::Timestamp;
use mailcase_core::case::UnknownName;
use mailcase_core::{AlarmId, ConnectorId, OrganizationId};
use sqlx::AssertSqlSafe;
use std::collections::HashSet;
use std::str::FromStr;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmKind {
    /// The server refuses the sign-in.
    SignIn,
    /// No poll succeeded for longer than the connector allows.
    NoSuccess,
    /// No mail comes, against the mailbox's own habit.
    Silent,
    /// The server holds what is not stored here.
    Accounting,
    /// A secret or certificate ends soon, or has ended.
    Expiry,
}

impl AlarmKind {
    pub const ALL: &'static [Self] =
        &[Self::SignIn, Self::NoSuccess, Self::Silent, Self::Accounting, Self::Expiry];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::NoSuccess => "no_success",
            Self::Silent => "silent",
            Self::Accounting => "accounting",
            Self::Expiry => "expiry",
        }
    }
}

impl FromStr for AlarmKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> std::result::Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownName {
            what: "kind of alarm",
            found: text.to_owned(),
            known: Self::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub id: AlarmId,
    pub connector: ConnectorId,
    pub connector_name: String,
    pub kind: AlarmKind,
    pub text: String,
    pub raised_at: Timestamp,
    /// `None` while it stands.
    pub cleared_at: Option<Timestamp>,
}

/// Cleared alarms listed beside the standing ones.
const CLEARED_LISTED: i64 = 50;

impl Store {
    /// Raises an alarm; when one of this kind stands already, only its text is brought up to date.
    pub async fn raise_alarm(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        kind: AlarmKind,
        text: &str,
    ) -> Result<()> {
        let sql = "SELECT text FROM alarms WHERE connector_id = $1 AND kind = $2 AND cleared_at IS NULL";
        if let Some(row) = self.pool().fetch_optional(sql, args![connector, kind.as_str()]).await?
            && row.text("text")? == text
        {
            return Ok(());
        }
        let sql = "INSERT INTO alarms (id, organization_id, connector_id, kind, text, raised_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (connector_id, kind) WHERE cleared_at IS NULL DO UPDATE SET text = excluded.text";
        let values = args![AlarmId::new(), org, connector, kind.as_str(), text, self.now()];
        retrying!(self.pool().execute(sql, values.clone()))?;
        self.tell(Event::AlarmChanged { org });
        Ok(())
    }

    /// Clears the standing alarm of this kind, if there is one.
    pub async fn clear_alarm(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        kind: AlarmKind,
    ) -> Result<()> {
        self.clear_alarms(org, connector, &[kind]).await
    }

    /// Clears the standing alarms of these kinds, if there are any.
    pub async fn clear_alarms(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        kinds: &[AlarmKind],
    ) -> Result<()> {
        let (list, kinds) = in_list(1, kinds.iter().map(|kind| kind.as_str().into()).collect());
        let with = |mut first: Vec<Value>| {
            first.extend(kinds.iter().cloned());
            first
        };
        let standing = format!(
            "SELECT id FROM alarms WHERE connector_id = $1 AND kind IN {list} AND cleared_at IS NULL LIMIT 1"
        );
        let standing = self.pool().fetch_optional(AssertSqlSafe(standing), with(args![connector])).await?;
        if standing.is_none() {
            return Ok(());
        }
        let (list, _) = in_list(3, kinds.clone());
        let sql = format!(
            "UPDATE alarms SET cleared_at = $3 \
             WHERE organization_id = $1 AND connector_id = $2 AND cleared_at IS NULL AND kind IN {list}"
        );
        let values = with(args![org, connector, self.now()]);
        if retrying!(self.pool().execute(AssertSqlSafe(sql.clone()), values.clone()))? > 0 {
            self.tell(Event::AlarmChanged { org });
        }
        Ok(())
    }

    /// What stands, at every connector of every organization. For the engine.
    pub async fn standing_alarms(&self) -> Result<HashSet<(ConnectorId, AlarmKind)>> {
        let sql = "SELECT connector_id, kind FROM alarms WHERE cleared_at IS NULL";
        let rows = self.pool().fetch_all(sql, vec![]).await?;
        // A kind only a newer version knows is nothing this one could clear.
        let known = rows.iter().filter_map(|row| Some((row, row.named::<AlarmKind>("kind").ok()?)));
        known.map(|(row, kind)| Ok((row.named("connector_id")?, kind))).collect()
    }

    /// Standing alarms, newest first, then the newest of those that were cleared.
    pub async fn list_alarms(&self, org: OrganizationId) -> Result<Vec<Alarm>> {
        let columns = "SELECT a.id AS id, a.connector_id AS connector_id, c.name AS connector_name, a.kind AS kind, \
                       a.text AS text, a.raised_at AS raised_at, a.cleared_at AS cleared_at \
                       FROM alarms a JOIN connectors c ON c.id = a.connector_id WHERE a.organization_id = $1";
        let standing = format!("{columns} AND a.cleared_at IS NULL ORDER BY a.id DESC");
        let mut rows = self.pool().fetch_all(sqlx::AssertSqlSafe(standing), args![org]).await?;
        let cleared = format!("{columns} AND a.cleared_at IS NOT NULL ORDER BY a.id DESC LIMIT $2");
        rows.extend(self.pool().fetch_all(sqlx::AssertSqlSafe(cleared), args![org, CLEARED_LISTED]).await?);
        rows.iter().map(alarm_from).collect()
    }
}

/// Nobody looks at a paused mailbox: that it is not read, or silent, is what was wanted.
pub(crate) async fn rest_in(tx: &mut Tx, now: i64, connector: ConnectorId) -> Result<()> {
    let (list, kinds) = in_list(
        2,
        [AlarmKind::SignIn, AlarmKind::NoSuccess, AlarmKind::Silent].map(|kind| kind.as_str().into()).into(),
    );
    let sql = format!(
        "UPDATE alarms SET cleared_at = $2 WHERE connector_id = $1 AND cleared_at IS NULL AND kind IN {list}"
    );
    let mut values = args![connector, now];
    values.extend(kinds);
    tx.execute(AssertSqlSafe(sql), values).await?;
    Ok(())
}

fn alarm_from(row: &Row) -> Result<Alarm> {
    Ok(Alarm {
        id: row.named("id")?,
        connector: row.named("connector_id")?,
        connector_name: row.text("connector_name")?,
        kind: row.named("kind")?,
        text: row.text("text")?,
        raised_at: row.time("raised_at")?,
        cleared_at: row.opt_time("cleared_at")?,
    })
}
