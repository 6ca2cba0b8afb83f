//! Cases as analysts work them.

use crate::Store;
use crate::audit::{Actor, NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::inbox::CaseRef;
use crate::search::fold;
use crate::sql::{Row, Tx, Value, args, in_list, insert_rows, retrying};
use jiff::Timestamp;
use mailcase_core::case::{CaseStatus, Severity, TITLE_MAX_CHARS, default_acl, title_from_subject};
use mailcase_core::{CaseId, OrganizationId, UserId};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeSet, HashMap};

mod findings;
mod list;
mod patch;
mod reports;
pub(crate) mod timeline;

pub use findings::{CaseAttachment, CaseIndicator};
pub use list::{CaseFilter, CaseOrder, CaseSort, OwnerFilter};
pub use patch::CasePatch;
pub use reports::CaseReport;
pub use timeline::{TimelineEntry, TimelineKind};

/// Tags of one case.
pub const TAGS_MAX: usize = 50;
/// Characters of one tag.
pub const TAG_MAX_CHARS: usize = 64;

/// Severities in order, as lists sort by them.
pub(crate) const fn severity_rank(severity: Severity) -> i64 {
    match severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// A user by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub display_name: String,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub id: CaseId,
    /// Counts within the organization.
    pub number: i64,
    pub title: String,
    pub status: CaseStatus,
    pub severity: Severity,
    pub owner: Option<Person>,
    /// Sorted.
    pub tags: Vec<String>,
    pub acl: String,
    pub message_count: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A case a person makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCase {
    pub title: String,
    pub severity: Severity,
    pub owner: Option<UserId>,
    pub tags: Vec<String>,
    /// `None`: the organization's default access list.
    pub acl: Option<String>,
}

const COLUMNS: &str = "SELECT k.id AS id, k.number AS number, k.title AS title, k.status AS status, \
     k.severity AS severity, k.severity_rank AS severity_rank, k.owner_id AS owner_id, \
     u.display_name AS owner_name, k.acl AS acl, k.message_count AS message_count, k.created_at AS created_at, \
     k.updated_at AS updated_at FROM cases k LEFT JOIN users u ON u.id = k.owner_id";

/// A case from its row, without its tags.
fn from_row(row: &Row) -> Result<Case> {
    let owner = match row.opt_named("owner_id")? {
        Some(id) => Some(Person { id, display_name: row.opt_text("owner_name")?.unwrap_or_default() }),
        None => None,
    };
    Ok(Case {
        id: row.named("id")?,
        number: row.int("number")?,
        title: row.text("title")?,
        status: row.named("status")?,
        severity: row.named("severity")?,
        owner,
        tags: Vec::new(),
        acl: row.text("acl")?,
        message_count: row.count("message_count")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// Tags without repetition, in order.
fn checked_tags(tags: &[String]) -> Result<BTreeSet<String>> {
    let tags: BTreeSet<String> = tags.iter().map(|tag| tag.trim().replace('\0', "")).collect();
    let fits = |tag: &String| !tag.is_empty() && tag.chars().count() <= TAG_MAX_CHARS;
    if tags.len() > TAGS_MAX || !tags.iter().all(fits) {
        return Err(StoreError::conflict(format!(
            "a case has at most {TAGS_MAX} tags of 1 to {TAG_MAX_CHARS} characters"
        )));
    }
    Ok(tags)
}

fn checked_title(title: &str) -> Result<String> {
    if title.trim().is_empty() || title.chars().count() > TITLE_MAX_CHARS {
        return Err(StoreError::conflict(format!("a title has 1 to {TITLE_MAX_CHARS} characters")));
    }
    Ok(title_from_subject(title))
}

async fn insert_tags(tx: &mut Tx, case: CaseId, tags: &BTreeSet<String>) -> Result<()> {
    let rows = tags.iter().map(|tag| args![case, tag]).collect();
    insert_rows(tx, "INSERT INTO case_tags (case_id, tag)", "", rows).await?;
    Ok(())
}

/// Refuses an owner of another organization, or one who cannot sign in any more.
async fn require_owner(tx: &mut Tx, org: OrganizationId, owner: UserId) -> Result<String> {
    let sql = "SELECT display_name FROM users WHERE id = $1 AND organization_id = $2 AND disabled = 0";
    let row = tx.fetch_optional(sql, args![owner, org]).await?;
    row.ok_or(StoreError::missing("user to own the case"))?.text("display_name")
}

impl Store {
    pub async fn case(&self, org: OrganizationId, id: CaseId) -> Result<Case> {
        let sql = format!("{COLUMNS} WHERE k.organization_id = $1 AND k.id = $2");
        let row = self.pool().fetch_optional(AssertSqlSafe(sql), args![org, id]).await?;
        self.one_case(row).await
    }

    /// The case with this number, as people call it.
    pub async fn case_by_number(&self, org: OrganizationId, number: i64) -> Result<Case> {
        let sql = format!("{COLUMNS} WHERE k.organization_id = $1 AND k.number = $2");
        let row = self.pool().fetch_optional(AssertSqlSafe(sql), args![org, number]).await?;
        self.one_case(row).await
    }

    async fn one_case(&self, row: Option<Row>) -> Result<Case> {
        let mut cases = vec![from_row(&row.ok_or(StoreError::missing("case"))?)?];
        self.add_tags(&mut cases).await?;
        cases.pop().ok_or(StoreError::missing("case"))
    }

    async fn add_tags(&self, cases: &mut [Case]) -> Result<()> {
        if cases.is_empty() {
            return Ok(());
        }
        let (list, values) = in_list(0, cases.iter().map(|case| Value::from(case.id)).collect());
        let sql = format!("SELECT case_id, tag FROM case_tags WHERE case_id IN {list} ORDER BY case_id, tag");
        let mut tags: HashMap<CaseId, Vec<String>> = HashMap::new();
        for row in self.pool().fetch_all(AssertSqlSafe(sql), values).await? {
            tags.entry(row.named("case_id")?).or_default().push(row.text("tag")?);
        }
        for case in cases {
            case.tags = tags.remove(&case.id).unwrap_or_default();
        }
        Ok(())
    }

    /// Makes a case by hand.
    pub async fn create_case(&self, org: OrganizationId, new: &NewCase, actor: &Actor) -> Result<CaseRef> {
        self.create_case_noting(org, new, actor, None).await
    }

    async fn create_case_noting(
        &self,
        org: OrganizationId,
        new: &NewCase,
        actor: &Actor,
        audit: Option<&NewAudit>,
    ) -> Result<CaseRef> {
        let case = retrying!(self.create_case_once(org, new, actor, audit))?;
        self.tell(Event::CaseChanged { org, case: case.id });
        Ok(case)
    }

    async fn create_case_once(
        &self,
        org: OrganizationId,
        new: &NewCase,
        actor: &Actor,
        audit: Option<&NewAudit>,
    ) -> Result<CaseRef> {
        let (title, tags, now) = (checked_title(&new.title)?, checked_tags(&new.tags)?, self.now());
        let mut tx = self.pool().begin().await?;
        let sql = "UPDATE organizations SET next_case_number = next_case_number + 1 WHERE id = $1 \
                   RETURNING next_case_number - 1 AS number, name";
        let row = tx.fetch_optional(sql, args![org]).await?.ok_or(StoreError::missing("organization"))?;
        let number = row.int("number")?;
        if let Some(owner) = new.owner {
            require_owner(&mut tx, org, owner).await?;
        }
        let acl = match &new.acl {
            Some(acl) => acl.clone(),
            None => default_acl(&row.text("name")?),
        };
        let id = CaseId::new();
        let sql = "INSERT INTO cases (id, organization_id, number, title, title_folded, status, severity, \
                   severity_rank, owner_id, acl, message_count, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, 0, $10, $10)";
        let rank = severity_rank(new.severity);
        let values =
            args![id, org, number, &title, fold(&title), new.severity.as_str(), rank, new.owner, acl, now];
        tx.execute(sql, values).await?;
        insert_tags(&mut tx, id, &tags).await?;
        let entry = timeline::NewEntry {
            org,
            case: id,
            kind: "created",
            actor: actor.clone(),
            detail: serde_json::json!({}),
        };
        timeline::insert_entries(&mut tx, now, vec![entry]).await?;
        note_in(&mut tx, now, audit, id, &[("number", serde_json::json!(number))]).await?;
        tx.commit().await?;
        Ok(CaseRef { id, number, title })
    }
}

impl Recorded<'_> {
    /// As [`Store::create_case`], by the actor of the entry, which names the number.
    pub async fn create_case(&self, org: OrganizationId, new: &NewCase) -> Result<CaseRef> {
        self.store.create_case_noting(org, new, self.actor(), self.entry()).await
    }
}
