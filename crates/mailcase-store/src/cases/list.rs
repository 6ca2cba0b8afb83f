//! Lists of cases.

use super::{COLUMNS, Case, from_row, severity_rank};
use crate::Store;
use crate::error::Result;
use crate::page::{Page, PageRequest, pair_cursor, read_pair_cursor};
use crate::search;
use crate::sql::Conditions;
use mailcase_core::case::{CaseStatus, Severity};
use mailcase_core::{OrganizationId, UserId};
use sqlx::AssertSqlSafe;

/// Whose cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerFilter {
    Nobody,
    User(UserId),
}

/// Which cases to list. Empty and `None` do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Words of the title, a case number, or words of the case's messages.
    pub q: Option<String>,
    pub status: Vec<CaseStatus>,
    pub severity: Vec<Severity>,
    pub owner: Option<OwnerFilter>,
    pub tag: Option<String>,
}

/// What to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseSort {
    #[default]
    Updated,
    Created,
    Number,
    Severity,
}

impl CaseSort {
    const fn column(self) -> &'static str {
        match self {
            Self::Updated => "k.updated_at",
            Self::Created => "k.created_at",
            Self::Number => "k.number",
            Self::Severity => "k.severity_rank",
        }
    }

    fn key(self, case: &Case) -> i64 {
        match self {
            Self::Updated => case.updated_at.as_microsecond(),
            Self::Created => case.created_at.as_microsecond(),
            Self::Number => case.number,
            Self::Severity => severity_rank(case.severity),
        }
    }
}

/// How to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseOrder {
    pub sort: CaseSort,
    pub descending: bool,
}

impl Default for CaseOrder {
    fn default() -> Self {
        Self { sort: CaseSort::Updated, descending: true }
    }
}

impl Store {
    /// Cases in the order asked for; those that are equal in it by identifier.
    pub async fn list_cases(
        &self,
        org: OrganizationId,
        filter: &CaseFilter,
        order: CaseOrder,
        page: &PageRequest,
    ) -> Result<Page<Case>> {
        let mut conditions = Conditions::default();
        conditions.equal("k.organization_id", org);
        if let Some(typed) = filter.q.as_deref().map(str::trim).filter(|typed| !typed.is_empty()) {
            self.matching(&mut conditions, typed);
        }
        conditions.one_of("k.status", filter.status.iter().map(|status| status.as_str()));
        conditions.one_of("k.severity", filter.severity.iter().map(|severity| severity.as_str()));
        match filter.owner {
            Some(OwnerFilter::Nobody) => conditions.and("k.owner_id IS NULL"),
            Some(OwnerFilter::User(owner)) => conditions.equal("k.owner_id", owner),
            None => {}
        }
        if let Some(tag) = &filter.tag {
            let bound = conditions.bind(tag);
            conditions.and(&format!(
                "EXISTS (SELECT 1 FROM case_tags t WHERE t.case_id = k.id AND t.tag = {bound})"
            ));
        }
        let column = order.sort.column();
        if let Some((key, id)) = page.cursor.as_deref().map(read_pair_cursor).transpose()? {
            conditions.behind(column, "k.id", key, &id, order.descending);
        }
        let direction = if order.descending { "DESC" } else { "ASC" };
        let limit = conditions.bind(page.rows());
        let (clause, values) = conditions.finish();
        let sql = format!("{COLUMNS}{clause} ORDER BY {column} {direction}, k.id {direction} LIMIT {limit}");
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        let items = rows.iter().map(from_row).collect::<Result<_>>()?;
        let mut page =
            page.finish(items, |case: &Case| pair_cursor(order.sort.key(case), &case.id.to_string()))?;
        self.add_tags(&mut page.items).await?;
        Ok(page)
    }

    /// The case's number, or every word in its title, or every word in one of its messages.
    fn matching(&self, conditions: &mut Conditions, typed: &str) {
        let mut ways = Vec::new();
        if let Ok(number) = typed.trim_start_matches('#').parse::<i64>() {
            ways.push(format!("k.number = {}", conditions.bind(number)));
        }
        let words = search::typed_words(typed);
        if !words.is_empty() {
            // Words are letters and digits only: nothing in them means something to LIKE.
            let titles: Vec<String> = words
                .iter()
                .map(|word| format!("k.title_folded LIKE {}", conditions.bind(format!("%{word}%"))))
                .collect();
            ways.push(format!("({})", titles.join(" AND ")));
        }
        let postgres = self.pool().is_postgres();
        if let Some(query) = search::match_query(typed, postgres) {
            let matches = search::match_condition("m.seq", conditions.next(), postgres);
            conditions.bind(query);
            ways.push(format!(
                "k.id IN (SELECT m.case_id FROM messages m WHERE m.case_id IS NOT NULL AND {matches})"
            ));
        }
        if ways.is_empty() {
            conditions.and("1 = 0");
        } else {
            conditions.and(&format!("({})", ways.join(" OR ")));
        }
    }
}
