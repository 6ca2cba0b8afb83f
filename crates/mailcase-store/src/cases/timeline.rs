//! What happened to a case, in order: written by the program and by people, never changed.

use crate::Store;
use crate::audit::Actor;
use crate::error::{Result, StoreError};
use crate::page::{Page, PageRequest, bad_cursor, decode, text_cursor};
use crate::sql::{Row, Tx, args, insert_rows, json};
use jiff::Timestamp;
use mailcase_core::{CaseId, OrganizationId, TimelineId};
use uuid::Uuid;

/// What kind of thing happened: a stable word.
pub type TimelineKind = String;

#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    pub id: TimelineId,
    pub at: Timestamp,
    /// `created`, `message_joined`, `reopened`, `changed`, `note`.
    pub kind: TimelineKind,
    pub actor: Actor,
    /// Facts of the kind: `{"message": …}`, `{"text": …}`, `{"field": …, "from": …, "to": …}`.
    pub detail: serde_json::Value,
}

/// An entry to be written.
pub(crate) struct NewEntry {
    pub(crate) org: OrganizationId,
    pub(crate) case: CaseId,
    pub(crate) kind: &'static str,
    pub(crate) actor: Actor,
    pub(crate) detail: serde_json::Value,
}

impl NewEntry {
    pub(crate) const fn system(
        org: OrganizationId,
        case: CaseId,
        kind: &'static str,
        detail: serde_json::Value,
    ) -> Self {
        Self { org, case, kind, actor: Actor::System, detail }
    }
}

pub(crate) async fn insert_entries(tx: &mut Tx, now: i64, entries: Vec<NewEntry>) -> Result<()> {
    let mut rows = Vec::with_capacity(entries.len());
    for NewEntry { org, case, kind, actor, detail } in entries {
        rows.push(args![TimelineId::new(), org, case, now, kind, actor.id(), actor.name(), json(&detail)?]);
    }
    let head = "INSERT INTO timeline (id, organization_id, case_id, at, kind, actor_id, actor_name, detail)";
    insert_rows(tx, head, "", rows).await?;
    Ok(())
}

impl Store {
    /// A case's timeline, newest first.
    pub async fn case_timeline(
        &self,
        org: OrganizationId,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<TimelineEntry>> {
        self.require_case(org, case).await?;
        let before = match page.cursor.as_deref() {
            Some(cursor) => decode(cursor)?.parse().map_err(|_| bad_cursor())?,
            None => TimelineId::from_uuid(Uuid::max()),
        };
        let sql = "SELECT id, at, kind, actor_id, actor_name, detail FROM timeline \
                   WHERE case_id = $1 AND organization_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
        let rows = self.pool().fetch_all(sql, args![case, org, before, page.rows()]).await?;
        let entry = |row: &Row| {
            Ok(TimelineEntry {
                id: row.named("id")?,
                at: row.time("at")?,
                kind: row.text("kind")?,
                actor: Actor::from_row(row)?,
                detail: row.json("detail")?,
            })
        };
        page.finish(rows.iter().map(entry).collect::<Result<_>>()?, |entry| {
            text_cursor(&entry.id.to_string())
        })
    }

    pub(crate) async fn require_case(&self, org: OrganizationId, case: CaseId) -> Result<()> {
        let sql = "SELECT number FROM cases WHERE id = $1 AND organization_id = $2";
        let row = self.pool().fetch_optional(sql, args![case, org]).await?;
        row.map(|_| ()).ok_or(StoreError::missing("case"))
    }
}
