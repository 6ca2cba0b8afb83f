//! The audit trail: who did what, append-only. The database itself refuses changes to it.

use crate::Store;
use crate::error::Result;
use crate::page::{Page, PageRequest, number_cursor, read_number_cursor};
use crate::sql::{Row, Tx, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::{OrganizationId, UserId};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The program itself.
    System,
    User {
        id: UserId,
        name: String,
    },
}

impl Actor {
    pub(crate) const fn id(&self) -> Option<UserId> {
        match self {
            Self::System => None,
            Self::User { id, .. } => Some(*id),
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::System => None,
            Self::User { name, .. } => Some(name),
        }
    }

    pub(crate) fn from_row(row: &Row) -> Result<Self> {
        Ok(match (row.opt_named("actor_id")?, row.opt_text("actor_name")?) {
            (Some(id), name) => Self::User { id, name: name.unwrap_or_default() },
            _ => Self::System,
        })
    }
}

/// Something to be remembered for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAudit {
    pub organization: Option<OrganizationId>,
    pub actor: Actor,
    /// Stable word: `session.created`, `connector.updated`, …
    pub action: &'static str,
    /// The identifier of what it was done to.
    pub target: Option<String>,
    /// More facts. Never a secret.
    pub detail: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    pub actor: Actor,
    pub action: String,
    pub target: Option<String>,
    pub detail: serde_json::Value,
}

impl Store {
    pub async fn append_audit(&self, entry: NewAudit) -> Result<()> {
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            append_in(&mut tx, self.now(), &entry).await?;
            tx.commit().await
        })
    }

    /// The organization's audit trail, newest first.
    pub async fn list_audit(&self, org: OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>> {
        let before = page.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(i64::MAX);
        let sql = "SELECT id, at, actor_id, actor_name, action, target, detail FROM audit \
                   WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        let rows = self.pool().fetch_all(sql, args![org, before, page.rows()]).await?;
        let entry = |row: &Row| {
            Ok(AuditEntry {
                id: row.int("id")?,
                at: row.time("at")?,
                actor: Actor::from_row(row)?,
                action: row.text("action")?,
                target: row.opt_text("target")?,
                detail: row.json("detail")?,
            })
        };
        page.finish(rows.iter().map(entry).collect::<Result<_>>()?, |entry| number_cursor(entry.id))
    }
}

pub(crate) async fn append_in(tx: &mut Tx, now: i64, entry: &NewAudit) -> Result<()> {
    let sql = "INSERT INTO audit (organization_id, at, actor_id, actor_name, action, target, detail) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let NewAudit { organization, actor, action, target, detail } = entry;
    let values = args![*organization, now, actor.id(), actor.name(), *action, target, json(detail)?];
    tx.execute(sql, values).await?;
    Ok(())
}
