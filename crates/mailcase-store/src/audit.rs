//! The audit trail: who did what, append-only. The database itself refuses changes to it. What people do is written
//! down in the transaction that does it: neither is ever there without the other.

use crate::Store;
use crate::error::Result;
use crate::page::{Page, PageRequest, number_cursor, read_number_cursor};
use crate::sql::{Row, Tx, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::{OrganizationId, UserId};
use serde_json::Value;
use std::fmt;

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
    /// The identifier of what it was done to. What a change makes is named by the change itself.
    pub target: Option<String>,
    /// More facts, as a JSON object. Never a secret.
    pub detail: serde_json::Value,
}

/// The store with an entry for the trail: a change made through it is written down in the same transaction, or
/// neither happens. For one change.
#[derive(Debug, Clone)]
pub struct Recorded<'a> {
    pub(crate) store: &'a Store,
    entry: NewAudit,
}

impl Recorded<'_> {
    pub(crate) const fn entry(&self) -> Option<&NewAudit> {
        Some(&self.entry)
    }

    pub(crate) const fn actor(&self) -> &Actor {
        &self.entry.actor
    }
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
    /// Makes a change together with its entry on the trail.
    #[must_use]
    pub const fn recorded(&self, entry: NewAudit) -> Recorded<'_> {
        Recorded { store: self, entry }
    }

    /// Writes down what changes nothing here, such as a refused sign-in.
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

/// Writes the entry of a change, if it is to have one: about `target` unless it names another, with `facts` only the
/// change itself knew.
pub(crate) async fn note_in(
    tx: &mut Tx,
    now: i64,
    entry: Option<&NewAudit>,
    target: impl fmt::Display,
    facts: &[(&str, Value)],
) -> Result<()> {
    let Some(entry) = entry else { return Ok(()) };
    let mut entry = entry.clone();
    entry.target.get_or_insert_with(|| target.to_string());
    if let Some(detail) = entry.detail.as_object_mut() {
        detail.extend(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    append_in(tx, now, &entry).await
}

pub(crate) async fn append_in(tx: &mut Tx, now: i64, entry: &NewAudit) -> Result<()> {
    let sql = "INSERT INTO audit (organization_id, at, actor_id, actor_name, action, target, detail) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let NewAudit { organization, actor, action, target, detail } = entry;
    let values = args![*organization, now, actor.id(), actor.name(), *action, target, json(detail)?];
    tx.execute(sql, values).await?;
    Ok(())
}
