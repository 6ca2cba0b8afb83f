//! Stored messages examined again: jobs people and new keys ask for, and what is told of them. Of an organization one is
//! done at a time, the oldest first.

mod work;

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::inbox::ConnectorRef;
use crate::sql::{Row, Tx, args, in_list, json, retrying};
use jiff::Timestamp;
use mailcase_core::case::UnknownName;
use mailcase_core::{ConnectorId, MessageId, OrganizationId, ReexaminationId};
use mailcase_evidence::{Changes, PARSER_VERSION};
use sqlx::AssertSqlSafe;
use std::str::FromStr;

pub use work::{ExaminedAgain, MeantMessage, ReexaminationLease, Reexamined};

/// Ended ones kept of an organization, and shown.
const KEPT: i64 = 20;
/// Messages that changed, and as many that failed, kept of each.
const MESSAGES_KEPT: u64 = 500;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> std::result::Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| UnknownName {
                    what: $what,
                    found: text.to_owned(),
                    known: Self::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

words! {
    /// Which messages are examined again; always decided ones.
    ReexaminationScope, "scope of a re-examination", {
        /// Those an older parser looked at.
        Outdated = "outdated",
        /// Those with something in them that is encrypted to a key that was not there.
        NeedsKey = "needs_key",
        All = "all",
    }
}

words! {
    /// How far a re-examination is.
    ReexaminationState, "state of a re-examination", {
        Waiting = "waiting",
        Running = "running",
        Done = "done",
        Cancelled = "cancelled",
        /// It could not go on; what was done until then stays.
        Failed = "failed",
    }
}

impl ReexaminationScope {
    /// The condition on a message besides that it is decided. Program text.
    fn condition(self) -> String {
        match self {
            Self::Outdated => format!("m.parser_version < {PARSER_VERSION}"),
            Self::NeedsKey => "m.needs_key = 1".to_owned(),
            Self::All => "m.state = 'decided'".to_owned(),
        }
    }
}

/// A message is mail of the connector that brought it first, and of all that delivered it later.
const OF_CONNECTOR: &str = "(m.connector_id = $2 OR EXISTS \
     (SELECT 1 FROM deliveries d WHERE d.message_id = m.id AND d.connector_id = $2))";

/// A job, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reexamination {
    pub id: ReexaminationId,
    pub scope: ReexaminationScope,
    /// Its mail alone is meant.
    pub connector: Option<ConnectorRef>,
    pub state: ReexaminationState,
    /// Messages meant when it was asked for.
    pub total: u64,
    pub examined: u64,
    /// Of those examined: in which something changed.
    pub changed: u64,
    /// Of those examined: in which something could be read that could not before.
    pub opened: u64,
    /// Of those examined: that keep the evidence they had.
    pub failed: u64,
    /// Over all messages.
    pub changes: Changes,
    /// Why it failed.
    pub last_error: Option<String>,
    /// Nobody when a key asked for it.
    pub requested_by: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A message a re-examination told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReexaminedMessage {
    pub message: MessageId,
    pub subject: Option<String>,
    pub changes: Changes,
    /// Why it keeps the evidence it had.
    pub error: Option<String>,
}

/// How many messages of an organization each scope means right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReexaminationCounts {
    pub outdated: u64,
    pub needs_key: u64,
    pub all: u64,
}

const COLUMNS: &str = "r.id AS id, r.scope AS scope, r.connector_id AS connector_id, c.name AS connector_name, \
     r.state AS state, r.total AS total, r.examined AS examined, r.changed AS changed, r.opened AS opened, \
     r.failed AS failed, r.changes AS changes, r.last_error AS last_error, r.requested_by AS requested_by, \
     r.created_at AS created_at, r.ended_at AS ended_at \
     FROM reexaminations r LEFT JOIN connectors c ON c.id = r.connector_id";

fn read(row: &Row) -> Result<Reexamination> {
    let connector = match row.opt_named("connector_id")? {
        Some(id) => Some(ConnectorRef { id, name: row.text("connector_name")? }),
        None => None,
    };
    Ok(Reexamination {
        id: row.named("id")?,
        scope: row.named("scope")?,
        connector,
        state: row.named("state")?,
        total: row.count("total")?,
        examined: row.count("examined")?,
        changed: row.count("changed")?,
        opened: row.count("opened")?,
        failed: row.count("failed")?,
        changes: row.json("changes")?,
        last_error: row.opt_text("last_error")?,
        requested_by: row.opt_text("requested_by")?,
        created_at: row.time("created_at")?,
        ended_at: row.opt_time("ended_at")?,
    })
}

fn missing() -> StoreError {
    StoreError::missing("re-examination")
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewReexamination<'a> {
    pub(crate) scope: ReexaminationScope,
    pub(crate) connector: Option<ConnectorId>,
    pub(crate) requested_by: Option<&'a str>,
}

/// Writes a job down; the organization is locked.
async fn insert_in(
    tx: &mut Tx,
    now: i64,
    org: OrganizationId,
    new: NewReexamination<'_>,
) -> Result<ReexaminationId> {
    let last: Option<i64> =
        tx.fetch_one("SELECT MAX(seq) AS last FROM messages", vec![]).await?.get("last")?;
    let id = ReexaminationId::new();
    let meant = new.scope.condition();
    let sql = format!(
        "SELECT COUNT(*) AS n FROM messages m WHERE m.organization_id = $1 AND m.state = 'decided' AND {meant} \
         AND ($2 IS NULL OR {OF_CONNECTOR})"
    );
    let total = tx.fetch_one(AssertSqlSafe(sql), args![org, new.connector]).await?.count("n")?;
    let sql = "INSERT INTO reexaminations (id, organization_id, scope, connector_id, state, last_seq, total, changes, \
               lease_until, requested_by, created_at) VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $8)";
    let changes = json(&Changes::default())?;
    let last = last.unwrap_or_default();
    let values =
        args![id, org, new.scope.as_str(), new.connector, last, total, changes, now, new.requested_by];
    tx.execute(sql, values).await?;
    forget_old_in(tx, org).await?;
    Ok(id)
}

async fn forget_old_in(tx: &mut Tx, org: OrganizationId) -> Result<()> {
    let sql = "SELECT id FROM reexaminations WHERE organization_id = $1 AND ended_at IS NOT NULL \
               ORDER BY id DESC LIMIT 1000 OFFSET $2";
    let old = tx.fetch_all(sql, args![org, KEPT]).await?;
    let old: Vec<ReexaminationId> = old.iter().map(|row| row.named("id")).collect::<Result<_>>()?;
    if old.is_empty() {
        return Ok(());
    }
    let (list, values) = in_list(0, old.into_iter().map(Into::into).collect());
    let sql = format!("DELETE FROM reexamined_messages WHERE reexamination_id IN {list}");
    tx.execute(AssertSqlSafe(sql), values.clone()).await?;
    tx.execute(AssertSqlSafe(format!("DELETE FROM reexaminations WHERE id IN {list}")), values).await?;
    Ok(())
}

/// Sees to it that the messages that need a key are examined again, with the keys there are from now on. One that was
/// asked for and has not begun does as well. The organization is locked.
pub(crate) async fn ask_for_locked_in(
    tx: &mut Tx,
    now: i64,
    org: OrganizationId,
    connector: Option<ConnectorId>,
) -> Result<Option<ReexaminationId>> {
    let sql = "SELECT 1 AS one FROM reexaminations WHERE organization_id = $1 AND state = 'waiting' \
               AND scope IN ('needs_key', 'all') AND (connector_id IS NULL OR connector_id = $2) LIMIT 1";
    if tx.fetch_optional(sql, args![org, connector]).await?.is_some() {
        return Ok(None);
    }
    let new = NewReexamination { scope: ReexaminationScope::NeedsKey, connector, requested_by: None };
    insert_in(tx, now, org, new).await.map(Some)
}

impl Store {
    /// The newest re-examinations of an organization, newest first.
    pub async fn reexaminations(&self, org: OrganizationId) -> Result<Vec<Reexamination>> {
        let sql = format!("SELECT {COLUMNS} WHERE r.organization_id = $1 ORDER BY r.id DESC LIMIT $2");
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), args![org, KEPT]).await?;
        rows.iter().map(read).collect()
    }

    /// One re-examination of an organization.
    pub async fn reexamination(&self, org: OrganizationId, id: ReexaminationId) -> Result<Reexamination> {
        let sql = format!("SELECT {COLUMNS} WHERE r.organization_id = $1 AND r.id = $2");
        let row = self.pool().fetch_optional(AssertSqlSafe(sql), args![org, id]).await?;
        read(&row.ok_or_else(missing)?)
    }

    /// The first messages that changed or failed, in the order of their arrival.
    pub async fn reexamined_messages(
        &self,
        org: OrganizationId,
        id: ReexaminationId,
    ) -> Result<Vec<ReexaminedMessage>> {
        let sql = "SELECT m.id AS id, m.subject AS subject, x.changes AS changes, x.error AS error \
                   FROM reexamined_messages x JOIN reexaminations r ON r.id = x.reexamination_id \
                   JOIN messages m ON m.seq = x.message_seq \
                   WHERE r.organization_id = $1 AND r.id = $2 ORDER BY x.message_seq";
        let rows = self.pool().fetch_all(sql, args![org, id]).await?;
        let message = |row: &Row| {
            Ok(ReexaminedMessage {
                message: row.named("id")?,
                subject: row.opt_text("subject")?,
                changes: row.opt_json("changes")?.unwrap_or_default(),
                error: row.opt_text("error")?,
            })
        };
        rows.iter().map(message).collect()
    }

    /// How many messages each scope means.
    pub async fn reexamination_counts(&self, org: OrganizationId) -> Result<ReexaminationCounts> {
        let count = async |scope: ReexaminationScope| {
            let sql = format!(
                "SELECT COUNT(*) AS n FROM messages m WHERE m.organization_id = $1 AND m.state = 'decided' AND {}",
                scope.condition()
            );
            self.pool().fetch_one(AssertSqlSafe(sql), args![org]).await?.count("n")
        };
        Ok(ReexaminationCounts {
            outdated: count(ReexaminationScope::Outdated).await?,
            needs_key: count(ReexaminationScope::NeedsKey).await?,
            all: count(ReexaminationScope::All).await?,
        })
    }

    async fn request_once(
        &self,
        org: OrganizationId,
        scope: ReexaminationScope,
        requested_by: Option<&str>,
        entry: Option<&NewAudit>,
    ) -> Result<ReexaminationId> {
        let mut tx = self.pool().begin().await?;
        crate::decisions::lock_organizations(&mut tx, std::iter::once(org)).await?;
        let sql =
            "SELECT 1 AS one FROM reexaminations WHERE organization_id = $1 AND ended_at IS NULL LIMIT 1";
        if tx.fetch_optional(sql, args![org]).await?.is_some() {
            let text = "messages are being examined again already; wait for the end, or cancel that first";
            return Err(StoreError::conflict(text));
        }
        let id =
            insert_in(&mut tx, self.now(), org, NewReexamination { scope, connector: None, requested_by })
                .await?;
        note_in(&mut tx, self.now(), entry, id, &[("scope", scope.as_str().into())]).await?;
        tx.commit().await.map(|()| id)
    }

    async fn cancel_once(
        &self,
        org: OrganizationId,
        id: ReexaminationId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        let sql = "UPDATE reexaminations SET state = 'cancelled', ended_at = $3, fence = fence + 1, \
                   lease_owner = NULL WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL";
        if tx.execute(sql, args![org, id, self.now()]).await? == 0 {
            let sql = "SELECT 1 AS one FROM reexaminations WHERE organization_id = $1 AND id = $2";
            let known = tx.fetch_optional(sql, args![org, id]).await?.is_some();
            return Err(if known { StoreError::conflict("it has ended already") } else { missing() });
        }
        note_in(&mut tx, self.now(), entry, id, &[]).await?;
        tx.commit().await
    }
}

impl Recorded<'_> {
    /// Asks for messages to be examined again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] while one is under way or waits.
    pub async fn request_reexamination(
        &self,
        org: OrganizationId,
        scope: ReexaminationScope,
    ) -> Result<Reexamination> {
        let by = self.actor().name();
        let id = retrying!(self.store.request_once(org, scope, by, self.entry()))?;
        self.store.tell(Event::ReexaminationChanged { org, reexamination: id });
        self.store.reexamination(org, id).await
    }

    /// Ends a re-examination before its time. What was examined keeps its new evidence.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has ended.
    pub async fn cancel_reexamination(
        &self,
        org: OrganizationId,
        id: ReexaminationId,
    ) -> Result<Reexamination> {
        retrying!(self.store.cancel_once(org, id, self.entry()))?;
        self.store.tell(Event::ReexaminationChanged { org, reexamination: id });
        self.store.reexamination(org, id).await
    }
}
