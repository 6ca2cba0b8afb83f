//! Changes people make to a case; each leaves a line on its timeline.

use super::timeline::{NewEntry, insert_entries};
use super::{
    COLUMNS, Case, checked_tags, checked_title, from_row, insert_tags, require_owner, severity_rank,
};
use crate::Store;
use crate::audit::{Actor, NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::search::fold;
use crate::sql::{Tx, args, retrying};
use mailcase_core::case::{CaseStatus, Severity};
use mailcase_core::{CaseId, OrganizationId, UserId};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// Characters of a note.
pub(super) const NOTE_MAX_CHARS: usize = 20_000;

/// Changes to a case; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CasePatch {
    pub title: Option<String>,
    pub status: Option<CaseStatus>,
    pub severity: Option<Severity>,
    /// `Some(None)` takes the case from its owner.
    pub owner: Option<Option<UserId>>,
    pub tags: Option<Vec<String>>,
}

impl Store {
    /// Changes a case and writes what changed on its timeline. Changes to what is there already are none.
    pub async fn update_case(
        &self,
        org: OrganizationId,
        id: CaseId,
        patch: &CasePatch,
        actor: &Actor,
    ) -> Result<Case> {
        self.update_case_noting(org, id, patch, actor, None).await
    }

    async fn update_case_noting(
        &self,
        org: OrganizationId,
        id: CaseId,
        patch: &CasePatch,
        actor: &Actor,
        entry: Option<&NewAudit>,
    ) -> Result<Case> {
        let changed = retrying!(self.update_case_once(org, id, patch, actor, entry))?;
        if changed {
            self.tell(Event::CaseChanged { org, case: id });
        }
        self.case(org, id).await
    }

    async fn update_case_once(
        &self,
        org: OrganizationId,
        id: CaseId,
        patch: &CasePatch,
        actor: &Actor,
        audit: Option<&NewAudit>,
    ) -> Result<bool> {
        let mut tx = self.pool().begin().await?;
        let before = locked(&mut tx, org, id).await?;
        let mut changes: Vec<Value> = Vec::new();
        let mut change = |field: &str, from: Value, to: Value| {
            changes.push(json!({ "field": field, "from": from, "to": to }));
        };
        let title = match &patch.title {
            Some(title) => checked_title(title)?,
            None => before.title.clone(),
        };
        if title != before.title {
            change("title", json!(before.title), json!(title));
        }
        let status = patch.status.unwrap_or(before.status);
        if status != before.status {
            change("status", json!(before.status), json!(status));
        }
        let severity = patch.severity.unwrap_or(before.severity);
        if severity != before.severity {
            change("severity", json!(before.severity), json!(severity));
        }
        let owner_before = before.owner.as_ref().map(|owner| owner.id);
        let owner = patch.owner.unwrap_or(owner_before);
        if owner != owner_before {
            let name = match owner {
                Some(owner) => Some(require_owner(&mut tx, org, owner).await?),
                None => None,
            };
            change("owner", json!(before.owner.map(|owner| owner.display_name)), json!(name));
        }
        if let Some(tags) = &patch.tags {
            let tags = checked_tags(tags)?;
            let tags_before = tags_of(&mut tx, id).await?;
            if tags != tags_before {
                tx.execute("DELETE FROM case_tags WHERE case_id = $1", args![id]).await?;
                insert_tags(&mut tx, id, &tags).await?;
                change("tags", json!(tags_before), json!(tags));
            }
        }
        if changes.is_empty() {
            return Ok(false);
        }
        let now = self.now();
        let sql = "UPDATE cases SET title = $2, title_folded = $3, status = $4, severity = $5, severity_rank = $6, \
                   owner_id = $7, updated_at = $8 WHERE id = $1";
        let rank = severity_rank(severity);
        let values = args![id, &title, fold(&title), status.as_str(), severity.as_str(), rank, owner, now];
        tx.execute(sql, values).await?;
        let entry = |detail| NewEntry { org, case: id, kind: "changed", actor: actor.clone(), detail };
        insert_entries(&mut tx, now, changes.into_iter().map(entry).collect()).await?;
        note_in(&mut tx, now, audit, id, &[]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Writes a note on a case's timeline.
    pub async fn add_note(&self, org: OrganizationId, id: CaseId, text: &str, actor: &Actor) -> Result<()> {
        self.add_note_noting(org, id, text, actor, None).await
    }

    async fn add_note_noting(
        &self,
        org: OrganizationId,
        id: CaseId,
        text: &str,
        actor: &Actor,
        audit: Option<&NewAudit>,
    ) -> Result<()> {
        if text.trim().is_empty() || text.chars().count() > NOTE_MAX_CHARS {
            return Err(StoreError::conflict(format!("a note has 1 to {NOTE_MAX_CHARS} characters")));
        }
        retrying!(async {
            let now = self.now();
            let mut tx = self.pool().begin().await?;
            locked(&mut tx, org, id).await?;
            let detail = json!({ "text": text });
            let entry = NewEntry { org, case: id, kind: "note", actor: actor.clone(), detail };
            insert_entries(&mut tx, now, vec![entry]).await?;
            tx.execute("UPDATE cases SET updated_at = $2 WHERE id = $1", args![id, now]).await?;
            note_in(&mut tx, now, audit, id, &[]).await?;
            tx.commit().await
        })?;
        self.tell(Event::CaseChanged { org, case: id });
        Ok(())
    }
}

impl Recorded<'_> {
    /// As [`Store::update_case`], by the actor of the entry. What changes nothing leaves no entry.
    pub async fn update_case(&self, org: OrganizationId, id: CaseId, patch: &CasePatch) -> Result<Case> {
        self.store.update_case_noting(org, id, patch, self.actor(), self.entry()).await
    }

    /// As [`Store::add_note`], by the actor of the entry.
    pub async fn add_note(&self, org: OrganizationId, id: CaseId, text: &str) -> Result<()> {
        self.store.add_note_noting(org, id, text, self.actor(), self.entry()).await
    }
}

async fn locked(tx: &mut Tx, org: OrganizationId, id: CaseId) -> Result<Case> {
    let lock = tx.choose("", " FOR NO KEY UPDATE OF k");
    let sql = format!("{COLUMNS} WHERE k.organization_id = $1 AND k.id = $2{lock}");
    let row = tx.fetch_optional(AssertSqlSafe(sql), args![org, id]).await?;
    from_row(&row.ok_or(StoreError::missing("case"))?)
}

async fn tags_of(tx: &mut Tx, id: CaseId) -> Result<BTreeSet<String>> {
    let rows = tx.fetch_all("SELECT tag FROM case_tags WHERE case_id = $1", args![id]).await?;
    rows.iter().map(|row| row.text("tag")).collect()
}
