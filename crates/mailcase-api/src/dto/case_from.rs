//! From cases as the store tells of them to cases as the API shows them, and from queries to filters.

use super::case::{
    CaseAttachment, CaseDetail, CaseIndicator, CaseQuery, CaseReport, CaseSort, CaseSummary, SortOrder,
};
use super::evidence_from::defanged;
use super::report::ReportView;
use super::trail::TimelineEntryView;
use crate::dto::people::Person;
use crate::problem::Problem;
use mailcase_core::case_token::TokenKey;
use mailcase_core::{OrganizationId, UserId};
use mailcase_store::{Case, CaseFilter, CaseOrder, OwnerFilter, TimelineEntry};
use serde_json::Value;

impl From<Case> for CaseSummary {
    fn from(case: Case) -> Self {
        Self {
            id: case.id.uuid(),
            number: case.number,
            title: case.title,
            status: case.status,
            severity: case.severity,
            owner: case.owner.map(Into::into),
            tags: case.tags,
            acl: case.acl,
            message_count: case.message_count,
            created_at: case.created_at,
            updated_at: case.updated_at,
        }
    }
}

impl CaseDetail {
    pub(crate) fn of(case: Case, key: &TokenKey, org: OrganizationId) -> Self {
        Self { subject_token: key.subject_token(org, case.number), summary: case.into() }
    }
}

impl CaseQuery {
    pub(crate) fn order(&self) -> CaseOrder {
        let sort = match self.sort {
            CaseSort::Updated => mailcase_store::CaseSort::Updated,
            CaseSort::Created => mailcase_store::CaseSort::Created,
            CaseSort::Number => mailcase_store::CaseSort::Number,
            CaseSort::Severity => mailcase_store::CaseSort::Severity,
        };
        CaseOrder { sort, descending: self.order == SortOrder::Desc }
    }

    pub(crate) fn filter(self) -> Result<CaseFilter, Problem> {
        let owner = match self.owner.as_deref() {
            None => None,
            Some("none") => Some(OwnerFilter::Nobody),
            Some(id) => match id.parse::<UserId>() {
                Ok(id) => Some(OwnerFilter::User(id)),
                Err(_) => return Err(Problem::invalid("owner", "give the id of a user, or `none`")),
            },
        };
        Ok(CaseFilter { q: self.q, status: self.status, severity: self.severity, owner, tag: self.tag })
    }
}

impl From<mailcase_store::CaseIndicator> for CaseIndicator {
    fn from(indicator: mailcase_store::CaseIndicator) -> Self {
        Self {
            kind: indicator.kind.into(),
            defanged: defanged(indicator.kind, &indicator.value),
            value: indicator.value,
            message_count: indicator.message_count,
            mark: indicator.facts.mark.map(Into::into),
            seen: indicator.facts.seen.into(),
        }
    }
}

impl From<mailcase_store::CaseAttachment> for CaseAttachment {
    fn from(attachment: mailcase_store::CaseAttachment) -> Self {
        Self {
            message: attachment.message.uuid(),
            path: attachment.path,
            name: attachment.name,
            safe_name: attachment.safe_name,
            content_type: attachment.content_type,
            sniffed_type: attachment.sniffed_type,
            size: attachment.size,
            hashes: attachment.hashes.map(Into::into),
        }
    }
}

impl From<mailcase_store::CaseReport> for CaseReport {
    fn from(found: mailcase_store::CaseReport) -> Self {
        let mailcase_store::CaseReport { message, subject, received_at, report, texts } = found;
        Self { message: message.uuid(), subject, received_at, report: ReportView::new(report, texts) }
    }
}

impl From<TimelineEntry> for TimelineEntryView {
    fn from(entry: TimelineEntry) -> Self {
        let text = |field: &str| entry.detail.get(field).and_then(Value::as_str);
        Self {
            id: entry.id.uuid(),
            at: entry.at,
            text: text("text").map(ToOwned::to_owned),
            message: text("message").and_then(|id| id.parse().ok()),
            kind: entry.kind,
            actor: Person::acting(entry.actor),
            facts: entry.detail,
        }
    }
}
