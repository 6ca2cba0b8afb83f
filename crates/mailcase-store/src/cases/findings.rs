//! What the messages of a case contain: indicators and attachments.

use crate::Store;
use crate::error::Result;
use crate::indicators::{IndicatorFacts, SeenElsewhere, kind_of};
use crate::page::{Page, PageRequest, number_cursor, read_number_cursor, text_cursor};
use crate::sql::{Row, args};
use mailcase_core::{CaseId, MessageId, OrganizationId};
use mailcase_evidence::{Hashes, IndicatorKind};

/// An indicator seen in a case's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseIndicator {
    pub kind: IndicatorKind,
    pub value: String,
    /// Messages of this case it was seen in.
    pub message_count: u64,
    /// Its mark, and the organization's mail outside of the case it was seen in.
    pub facts: IndicatorFacts,
}

/// An attachment of a case's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseAttachment {
    pub message: MessageId,
    /// Path of the part.
    pub path: String,
    pub name: Option<String>,
    pub safe_name: Option<String>,
    pub content_type: String,
    pub sniffed_type: Option<String>,
    pub size: u64,
    pub hashes: Option<Hashes>,
}

/// An indicator on its way to the page.
struct Listed {
    id: i64,
    kind: IndicatorKind,
    value: String,
    messages: u64,
}

fn indicator_from(row: &Row) -> Result<Listed> {
    Ok(Listed {
        id: row.int("id")?,
        kind: kind_of(row)?,
        value: row.text("value")?,
        messages: row.count("messages")?,
    })
}

fn attachment_from(row: &Row) -> Result<(String, CaseAttachment)> {
    let hashes = match (row.opt_text("md5")?, row.opt_text("sha1")?, row.opt_text("sha256")?) {
        (Some(md5), Some(sha1), Some(sha256)) => Some(Hashes { md5, sha1, sha256, ssdeep: None }),
        _ => None,
    };
    let attachment = CaseAttachment {
        message: row.named("message_id")?,
        path: row.text("path")?,
        name: row.opt_text("name")?,
        safe_name: row.opt_text("safe_name")?,
        content_type: row.text("content_type")?,
        sniffed_type: row.opt_text("sniffed_type")?,
        size: row.count("size")?,
        hashes,
    };
    Ok((format!("{}/{}", row.int("seq")?, attachment.path), attachment))
}

/// A page without the keys its rows were ordered by.
fn without_keys<K, T>(page: Page<(K, T)>) -> Page<T> {
    Page { items: page.items.into_iter().map(|(_, item)| item).collect(), next: page.next }
}

impl Store {
    /// The indicators of a case, in a stable order, with how often they are seen here and elsewhere.
    pub async fn case_indicators(
        &self,
        org: OrganizationId,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<CaseIndicator>> {
        self.require_case(org, case).await?;
        let after = page.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(0);
        let sql = "SELECT i.id AS id, i.kind AS kind, i.value AS value, COUNT(*) AS messages \
                   FROM messages m JOIN sightings s ON s.message_seq = m.seq \
                   JOIN indicators i ON i.id = s.indicator_id \
                   WHERE m.case_id = $1 AND m.organization_id = $2 AND i.id > $3 \
                   GROUP BY i.id, i.kind, i.value ORDER BY i.id LIMIT $4";
        let rows = self.pool().fetch_all(sql, args![case, org, after, page.rows()]).await?;
        let rows: Vec<Listed> = rows.iter().map(indicator_from).collect::<Result<_>>()?;
        let page = page.finish(rows, |listed| number_cursor(listed.id))?;
        let values: Vec<_> = page.items.iter().map(|listed| (listed.kind, listed.value.as_str())).collect();
        let facts = self.indicator_facts(org, &values, SeenElsewhere::ThanCase(case)).await?;
        let items = page.items.into_iter().zip(facts).map(|(listed, facts)| {
            let Listed { kind, value, messages, .. } = listed;
            CaseIndicator { kind, value, message_count: messages, facts }
        });
        Ok(Page { items: items.collect(), next: page.next })
    }

    /// The attachments of a case's messages, oldest message first.
    pub async fn case_attachments(
        &self,
        org: OrganizationId,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<CaseAttachment>> {
        self.require_case(org, case).await?;
        let (seq, path) = match page.cursor.as_deref().map(crate::page::read_pair_cursor).transpose()? {
            Some(after) => after,
            None => (-1, String::new()),
        };
        let sql = "SELECT m.seq AS seq, m.id AS message_id, a.path AS path, a.name AS name, \
                   a.safe_name AS safe_name, a.content_type AS content_type, a.sniffed_type AS sniffed_type, \
                   a.size AS size, a.md5 AS md5, a.sha1 AS sha1, a.sha256 AS sha256 \
                   FROM messages m JOIN attachments a ON a.message_seq = m.seq \
                   WHERE m.case_id = $1 AND m.organization_id = $2 AND (a.message_seq, a.path) > ($3, $4) \
                   ORDER BY a.message_seq, a.path LIMIT $5";
        let rows = self.pool().fetch_all(sql, args![case, org, seq, path, page.rows()]).await?;
        let items = rows.iter().map(attachment_from).collect::<Result<_>>()?;
        Ok(without_keys(page.finish(items, |(key, _): &(String, CaseAttachment)| text_cursor(key))?))
    }
}
