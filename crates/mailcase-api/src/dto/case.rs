//! Cases.

use crate::dto::evidence::{HashesView, IndicatorKindView};
use crate::dto::indicator::{IndicatorMarkView, SeenView};
use crate::dto::people::Person;
use crate::dto::report::ReportView;
use jiff::Timestamp;
use mailcase_core::case::{CaseStatus, Severity};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// One case as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseSummary {
    pub(crate) id: Uuid,
    /// Counts within the organization.
    pub(crate) number: i64,
    pub(crate) title: String,
    pub(crate) status: CaseStatus,
    pub(crate) severity: Severity,
    pub(crate) owner: Option<Person>,
    pub(crate) tags: Vec<String>,
    /// Name of the access list.
    pub(crate) acl: String,
    pub(crate) message_count: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// One case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseDetail {
    pub(crate) summary: CaseSummary,
    /// Put it into the subject of an answer, and the answer comes back to this case.
    pub(crate) subject_token: String,
}

/// A case made by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCase {
    #[schema(min_length = 1, max_length = 300)]
    pub(crate) title: String,
    #[serde(default = "default_severity")]
    pub(crate) severity: Severity,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// Id of a user.
    #[serde(default)]
    pub(crate) owner: Option<Uuid>,
}

const fn default_severity() -> Severity {
    Severity::Medium
}

/// What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCase {
    #[schema(nullable = false, min_length = 1, max_length = 300)]
    pub(crate) title: Option<String>,
    #[schema(nullable = false)]
    pub(crate) status: Option<CaseStatus>,
    #[schema(nullable = false)]
    pub(crate) severity: Option<Severity>,
    /// Id of a user; `null` takes the case from its owner.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    pub(crate) owner: Option<Option<Uuid>>,
    #[schema(nullable = false)]
    pub(crate) tags: Option<Vec<String>>,
}

/// Tells "not given" (`None`) from "given as null" (`Some(None)`).
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A note on the timeline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddNote {
    #[schema(min_length = 1, max_length = 20000)]
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(default = "updated")]
pub(crate) enum CaseSort {
    #[default]
    Updated,
    Created,
    Number,
    Severity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(default = "desc")]
pub(crate) enum SortOrder {
    Asc,
    #[default]
    Desc,
}

/// Which cases to list, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseQuery {
    /// Words to look for in the title, or a case number.
    pub(crate) q: Option<String>,
    /// Any of these; may be given several times.
    #[serde(default)]
    #[param(inline)]
    pub(crate) status: Vec<CaseStatus>,
    /// Any of these; may be given several times.
    #[serde(default)]
    #[param(inline)]
    pub(crate) severity: Vec<Severity>,
    /// Id of a user, or `none` for cases without an owner.
    pub(crate) owner: Option<String>,
    pub(crate) tag: Option<String>,
    #[serde(default)]
    #[param(inline, required = false)]
    pub(crate) sort: CaseSort,
    #[serde(default)]
    #[param(inline, required = false)]
    pub(crate) order: SortOrder,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Items per page, at most 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

/// An observable seen in the messages of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseIndicator {
    pub(crate) kind: IndicatorKindView,
    pub(crate) value: String,
    /// Safe to show and to copy.
    pub(crate) defanged: String,
    /// In how many messages of this case.
    pub(crate) message_count: u64,
    /// What the organization thinks of it.
    pub(crate) mark: Option<IndicatorMarkView>,
    /// In messages of the organization that are not in this case.
    pub(crate) seen: SeenView,
}

/// What a message of a case reports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseReport {
    pub(crate) message: Uuid,
    /// Of that message.
    pub(crate) subject: Option<String>,
    pub(crate) received_at: Timestamp,
    pub(crate) report: ReportView,
}

/// An attachment of a message of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseAttachment {
    pub(crate) message: Uuid,
    /// Path of the part, for its download.
    pub(crate) path: String,
    pub(crate) name: Option<String>,
    pub(crate) safe_name: Option<String>,
    pub(crate) content_type: String,
    pub(crate) sniffed_type: Option<String>,
    pub(crate) size: u64,
    pub(crate) hashes: Option<HashesView>,
}
