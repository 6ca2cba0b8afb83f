//! Where else indicators were seen, counted up to a bound, and the marks that reach them.

use super::marks::{MARK_COLUMNS, mark_from};
use super::{IndicatorMark, MarkList};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::{Row, Value, args, in_list};
use jiff::Timestamp;
use mailcase_core::{CaseId, MessageId, OrganizationId};
use mailcase_evidence::IndicatorKind;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// Messages of one indicator that are counted: what is in more of them is everywhere, and its number says no more.
pub(super) const COUNTED_MAX: u64 = 1_000;
/// Indicators asked for in one statement.
const AT_ONCE: usize = 200;

/// In how much mail of the organization an indicator was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub messages: u64,
    /// Cases of those messages.
    pub cases: u64,
    /// There are more: only so many were counted.
    pub more: bool,
    /// When the newest of the messages was received.
    pub last: Option<Timestamp>,
}

/// Which mail is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenElsewhere {
    /// All of it.
    Anywhere,
    /// Other messages than this one, other cases than its case.
    ThanMessage(MessageId),
    /// Messages that are not in this case.
    ThanCase(CaseId),
}

/// What an organization knows of an indicator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndicatorFacts {
    /// Its own, or the nearest of a domain or network it belongs to.
    pub mark: Option<IndicatorMark>,
    pub seen: Seen,
}

/// What is left out of the counts, as conditions on `s` (sightings) and `m` (messages) and their two values.
struct LeftOut {
    message: &'static str,
    case: &'static str,
    values: Vec<Value>,
}

impl Store {
    async fn left_out(&self, org: OrganizationId, elsewhere: SeenElsewhere) -> Result<LeftOut> {
        Ok(match elsewhere {
            SeenElsewhere::Anywhere => LeftOut { message: "", case: "", values: args![0_i64, ""] },
            SeenElsewhere::ThanMessage(id) => {
                let sql = "SELECT seq, case_id FROM messages WHERE organization_id = $1 AND id = $2";
                let row = self.pool().fetch_optional(sql, args![org, id]).await?;
                let row = row.ok_or(StoreError::missing("message"))?;
                let case = row.opt_text("case_id")?.unwrap_or_default();
                LeftOut {
                    message: " AND s.message_seq <> $1",
                    case: " AND m.case_id <> $2",
                    values: args![row.int("seq")?, case],
                }
            }
            SeenElsewhere::ThanCase(id) => {
                LeftOut { message: " AND COALESCE(m.case_id, '') <> $2", case: "", values: args![0_i64, id] }
            }
        })
    }

    /// What is known of values, in their order.
    pub async fn indicator_facts(
        &self,
        org: OrganizationId,
        values: &[(IndicatorKind, &str)],
        elsewhere: SeenElsewhere,
    ) -> Result<Vec<IndicatorFacts>> {
        let hashes = Self::hashes(org, values);
        let left_out = self.left_out(org, elsewhere).await?;
        let list = self.mark_list(org).await?;
        let (mut seen, mut marks) = (HashMap::new(), HashMap::new());
        for some in hashes.chunks(AT_ONCE) {
            seen.extend(self.seen(org, some, &left_out).await?);
            marks.extend(self.own_marks(org, some).await?);
        }
        let facts = hashes.iter().zip(values).map(|(hash, (kind, value))| IndicatorFacts {
            mark: marks.get(hash).cloned().or_else(|| list.find(*kind, value).cloned()),
            seen: seen.get(hash).copied().unwrap_or_default(),
        });
        Ok(facts.collect())
    }

    /// The marks of single values, by hash.
    async fn own_marks(
        &self,
        org: OrganizationId,
        hashes: &[Vec<u8>],
    ) -> Result<HashMap<Vec<u8>, IndicatorMark>> {
        let (list, bound) = in_list(1, hashes.iter().cloned().map(Value::from).collect());
        let mut values = args![org];
        values.extend(bound);
        let sql = format!(
            "SELECT k.hash AS hash, {MARK_COLUMNS} FROM indicator_marks k \
             WHERE k.organization_id = $1 AND k.hash IN {list}"
        );
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        let read = |row: &Row| match mark_from(row) {
            Ok(mark) => mark.map(|mark| Ok((row.bytes("hash")?, mark))),
            Err(error) => Some(Err(error)),
        };
        rows.iter().filter_map(read).collect()
    }

    /// How much of the counted mail has each indicator, by hash; none is not in the answer.
    async fn seen(
        &self,
        org: OrganizationId,
        hashes: &[Vec<u8>],
        left_out: &LeftOut,
    ) -> Result<HashMap<Vec<u8>, Seen>> {
        let LeftOut { message, case, values } = left_out;
        let (list, bound) = in_list(4, hashes.iter().cloned().map(Value::from).collect());
        let mut values = values.clone();
        values.extend(args![COUNTED_MAX.saturating_add(1), org]);
        values.extend(bound);
        // The newest sightings of one indicator; both engines see `i` from within.
        let newest = format!(
            "FROM (SELECT m.case_id AS case_id, m.received_at AS received_at FROM sightings s \
             JOIN messages m ON m.seq = s.message_seq WHERE s.indicator_id = i.id{message} \
             ORDER BY s.message_seq DESC LIMIT $3) m"
        );
        // Both values are named in each text: a statement of PostgreSQL must use all it is given.
        let sql = format!(
            "SELECT i.hash AS hash, (SELECT COUNT(*) {newest}) AS messages, \
             (SELECT COUNT(DISTINCT m.case_id) {newest} WHERE m.case_id IS NOT NULL{case}) AS cases, \
             (SELECT MAX(m.received_at) {newest}) AS last \
             FROM indicators i WHERE i.organization_id = $4 AND i.hash IN {list} \
             AND CAST($1 AS BIGINT) = $1 AND CAST($2 AS TEXT) = $2"
        );
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        let read = |row: &Row| {
            let messages = row.count("messages")?;
            let seen = Seen {
                messages: messages.min(COUNTED_MAX),
                cases: row.count("cases")?,
                more: messages > COUNTED_MAX,
                last: row.opt_time("last")?,
            };
            Ok((row.bytes("hash")?, seen))
        };
        rows.iter().map(read).collect()
    }

    /// The facts of rows whose own marks are known already.
    pub(super) async fn seen_of(
        &self,
        org: OrganizationId,
        hashes: &[Vec<u8>],
        elsewhere: SeenElsewhere,
    ) -> Result<Vec<Seen>> {
        let left_out = self.left_out(org, elsewhere).await?;
        let mut seen = HashMap::new();
        for some in hashes.chunks(AT_ONCE) {
            seen.extend(self.seen(org, some, &left_out).await?);
        }
        Ok(hashes.iter().map(|hash| seen.get(hash).copied().unwrap_or_default()).collect())
    }
}

/// The mark of a row that has its own in [`MARK_COLUMNS`], else the nearest of the list.
pub(super) fn effective(
    own: Option<IndicatorMark>,
    list: &MarkList,
    kind: IndicatorKind,
    value: &str,
) -> Option<IndicatorMark> {
    own.or_else(|| list.find(kind, value).cloned())
}
