//! What the messages of a case report, taken from their evidence.

use crate::Store;
use crate::error::Result;
use crate::page::{Page, PageRequest, number_cursor, read_number_cursor};
use crate::sql::{Row, args};
use jiff::Timestamp;
use mailcase_core::{CaseId, MessageId, OrganizationId};
use mailcase_evidence::Report;

/// Messages whose evidence one page looks into: it is unpacked for that, one after the other.
const LOOKED_INTO_MAX: usize = 100;

/// Reports on a page at most: each comes with the texts of up to fifty messages.
const REPORTS_MAX: usize = 20;

/// What one message of a case reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    pub message: MessageId,
    pub subject: Option<String>,
    pub received_at: Timestamp,
    pub report: Report,
    /// Of each reported message its text, where it was copied into a body that is kept.
    pub texts: Vec<Option<String>>,
}

/// A message that may report something.
struct Candidate {
    seq: i64,
    message: MessageId,
    subject: Option<String>,
    received_at: Timestamp,
}

impl Store {
    /// What the messages of a case report, oldest message first. A page may be short, even empty, and still have a next
    /// one: each looks into a bounded number of messages.
    pub async fn case_reports(
        &self,
        org: OrganizationId,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<CaseReport>> {
        self.require_case(org, case).await?;
        let after = page.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(-1);
        let sql = "SELECT m.seq AS seq, m.id AS id, m.subject AS subject, m.received_at AS received_at \
                   FROM messages m WHERE m.case_id = $1 AND m.organization_id = $2 AND m.seq > $3 \
                   ORDER BY m.seq LIMIT $4";
        let most = LOOKED_INTO_MAX.saturating_add(1);
        let rows = self.pool().fetch_all(sql, args![case, org, after, most]).await?;
        let candidates: Vec<Candidate> = rows.iter().map(candidate).collect::<Result<_>>()?;
        let more = candidates.len() > LOOKED_INTO_MAX;
        let (mut items, mut next) = (Vec::new(), None);
        for Candidate { seq, message, subject, received_at } in candidates.into_iter().take(LOOKED_INTO_MAX) {
            // This one is looked into when the next page is asked for.
            if items.len() == page.size().min(REPORTS_MAX) {
                return Ok(Page { items, next });
            }
            let mut evidence = self.message_evidence(org, message).await?.unwrap_or_default();
            if let Some(report) = evidence.reported.take() {
                let texts = report.messages.iter().map(|one| one.text(&evidence)).collect();
                items.push(CaseReport { message, subject, received_at, report, texts });
            }
            next = Some(number_cursor(seq));
        }
        Ok(Page { items, next: next.filter(|_| more) })
    }
}

fn candidate(row: &Row) -> Result<Candidate> {
    Ok(Candidate {
        seq: row.int("seq")?,
        message: row.named("id")?,
        subject: row.opt_text("subject")?,
        received_at: row.time("received_at")?,
    })
}
