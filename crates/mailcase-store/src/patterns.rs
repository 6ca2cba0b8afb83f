//! Regular expressions of each organization.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{Row, Tx, args, json, retrying};
use jiff::Timestamp;
use mailcase_core::{OrganizationId, PatternId};
use mailcase_patterns::{PATTERNS, Pattern};
use serde_json::json as value;

/// A pattern at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPattern {
    pub id: PatternId,
    pub pattern: Pattern,
    /// Whether it is run over new mail.
    pub active: bool,
    /// Counts its changes, from 1.
    pub revision: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Option<String>,
}

/// The patterns that are run, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActivePatterns {
    /// Another number means other patterns.
    pub generation: i64,
    /// By name.
    pub patterns: Vec<Pattern>,
}

const COLUMNS: &str = "id, name, expression, ignore_case, looks_at, gives, active, revision, created_at, \
     updated_at, updated_by FROM patterns";

fn read(row: &Row) -> Result<KeptPattern> {
    Ok(KeptPattern {
        id: row.named("id")?,
        pattern: Pattern {
            name: row.text("name")?,
            expression: row.text("expression")?,
            ignore_case: row.flag("ignore_case")?,
            looks_at: row.json("looks_at")?,
            gives: row.json("gives")?,
        },
        active: row.flag("active")?,
        revision: row.int("revision")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        updated_by: row.opt_text("updated_by")?,
    })
}

fn missing() -> StoreError {
    StoreError::missing("pattern")
}

fn name_taken() -> StoreError {
    StoreError::conflict("there is a pattern of that name already; choose another name")
}

impl Store {
    /// The patterns of an organization, by name.
    pub async fn patterns(&self, org: OrganizationId) -> Result<Vec<KeptPattern>> {
        let sql = format!("SELECT {COLUMNS} WHERE organization_id = $1 ORDER BY name_key");
        self.pool().fetch_all(sqlx::AssertSqlSafe(sql), args![org]).await?.iter().map(read).collect()
    }

    /// One pattern of an organization.
    pub async fn pattern(&self, org: OrganizationId, id: PatternId) -> Result<KeptPattern> {
        let sql = format!("SELECT {COLUMNS} WHERE organization_id = $1 AND id = $2");
        let row = self.pool().fetch_optional(sqlx::AssertSqlSafe(sql), args![org, id]).await?;
        read(&row.ok_or_else(missing)?)
    }

    /// The number of the patterns an organization has: another number means other patterns.
    pub async fn pattern_generation(&self, org: OrganizationId) -> Result<i64> {
        let sql = "SELECT pattern_generation FROM organizations WHERE id = $1";
        let row = self.pool().fetch_optional(sql, args![org]).await?;
        row.ok_or(StoreError::missing("organization"))?.int("pattern_generation")
    }

    /// What is run over the mail of an organization.
    pub async fn active_patterns(&self, org: OrganizationId) -> Result<ActivePatterns> {
        // In this order: patterns that come in between are read again, never missed.
        let generation = self.pattern_generation(org).await?;
        let all = self.patterns(org).await?;
        let patterns = all.into_iter().filter(|one| one.active).map(|one| one.pattern).collect();
        Ok(ActivePatterns { generation, patterns })
    }

    async fn add_pattern_once(
        &self,
        org: OrganizationId,
        id: PatternId,
        pattern: &Pattern,
        active: bool,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        raise_generation_in(&mut tx, org).await?;
        let sql = "SELECT COUNT(*) AS patterns FROM patterns WHERE organization_id = $1";
        if tx.fetch_one(sql, args![org]).await?.count("patterns")? >= PATTERNS as u64 {
            return Err(StoreError::conflict(format!(
                "there are {PATTERNS} patterns already; delete one first"
            )));
        }
        let sql = "INSERT INTO patterns (id, organization_id, name, name_key, expression, ignore_case, looks_at, \
                   gives, active, revision, created_at, updated_at, updated_by) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10, $11)";
        let values = args![
            id,
            org,
            &pattern.name,
            pattern.name.to_lowercase(),
            &pattern.expression,
            pattern.ignore_case,
            json(&pattern.looks_at)?,
            json(&pattern.gives)?,
            active,
            self.now(),
            entry.and_then(|entry| entry.actor.name())
        ];
        match tx.execute(sql, values).await {
            Err(error) if error.is_unique_violation() => return Err(name_taken()),
            done => done?,
        };
        note_in(&mut tx, self.now(), entry, id, &facts(pattern, active)).await?;
        tx.commit().await
    }

    async fn change_pattern_once(
        &self,
        org: OrganizationId,
        kept: &KeptPattern,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let KeptPattern { id, pattern, active, revision, .. } = kept;
        let mut tx = self.pool().begin().await?;
        raise_generation_in(&mut tx, org).await?;
        let sql = "UPDATE patterns SET name = $4, name_key = $5, expression = $6, ignore_case = $7, looks_at = $8, \
                   gives = $9, active = $10, revision = revision + 1, updated_at = $11, updated_by = $12 \
                   WHERE organization_id = $1 AND id = $2 AND revision = $3";
        let values = args![
            org,
            *id,
            *revision,
            &pattern.name,
            pattern.name.to_lowercase(),
            &pattern.expression,
            pattern.ignore_case,
            json(&pattern.looks_at)?,
            json(&pattern.gives)?,
            *active,
            self.now(),
            entry.and_then(|entry| entry.actor.name())
        ];
        match tx.execute(sql, values).await {
            Err(error) if error.is_unique_violation() => return Err(name_taken()),
            Ok(0) => {
                let sql = "SELECT id FROM patterns WHERE organization_id = $1 AND id = $2";
                tx.fetch_optional(sql, args![org, *id]).await?.ok_or_else(missing)?;
                let what =
                    "somebody else changed this pattern meanwhile; load it again and repeat the change";
                return Err(StoreError::conflict(what));
            }
            done => done?,
        };
        note_in(&mut tx, self.now(), entry, *id, &facts(pattern, *active)).await?;
        tx.commit().await
    }

    async fn delete_pattern_once(
        &self,
        org: OrganizationId,
        id: PatternId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        raise_generation_in(&mut tx, org).await?;
        let sql = "DELETE FROM patterns WHERE organization_id = $1 AND id = $2 RETURNING name, expression";
        let row = tx.fetch_optional(sql, args![org, id]).await?.ok_or_else(missing)?;
        let facts = [("name", value!(row.text("name")?)), ("expression", value!(row.text("expression")?))];
        note_in(&mut tx, self.now(), entry, id, &facts).await?;
        tx.commit().await
    }
}

fn facts(pattern: &Pattern, active: bool) -> [(&'static str, serde_json::Value); 3] {
    [("name", value!(pattern.name)), ("expression", value!(pattern.expression)), ("active", value!(active))]
}

/// Other patterns from now on. Locks the organization: changes follow one another.
async fn raise_generation_in(tx: &mut Tx, org: OrganizationId) -> Result<()> {
    let sql = "UPDATE organizations SET pattern_generation = pattern_generation + 1 WHERE id = $1";
    match tx.execute(sql, args![org]).await? {
        0 => Err(StoreError::missing("organization")),
        _ => Ok(()),
    }
}

impl Recorded<'_> {
    /// Keeps a pattern. It must have been compiled once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, or there are too many.
    pub async fn add_pattern(
        &self,
        org: OrganizationId,
        pattern: &Pattern,
        active: bool,
    ) -> Result<KeptPattern> {
        let id = PatternId::new();
        retrying!(self.store.add_pattern_once(org, id, pattern, active, self.entry()))?;
        self.store.tell(Event::PatternsChanged { org });
        self.store.pattern(org, id).await
    }

    /// Changes a pattern to what `kept` says; its revision is that of the pattern the change was made on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, or somebody changed the pattern since.
    pub async fn change_pattern(&self, org: OrganizationId, kept: &KeptPattern) -> Result<KeptPattern> {
        retrying!(self.store.change_pattern_once(org, kept, self.entry()))?;
        self.store.tell(Event::PatternsChanged { org });
        self.store.pattern(org, kept.id).await
    }

    /// Forgets a pattern. What it found stays in the evidence until that is made anew.
    pub async fn delete_pattern(&self, org: OrganizationId, id: PatternId) -> Result<()> {
        retrying!(self.store.delete_pattern_once(org, id, self.entry()))?;
        self.store.tell(Event::PatternsChanged { org });
        Ok(())
    }
}
