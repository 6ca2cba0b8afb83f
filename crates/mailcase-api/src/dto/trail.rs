//! What happened: timelines, alarms, the audit trail, live events.

use crate::dto::message::ConnectorRef;
use crate::dto::people::Person;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One entry of a case's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineEntryView {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    /// Stable word: `created`, `message_joined`, `reopened`, `changed`, `note`.
    pub(crate) kind: String,
    /// `null` when Mailcase did it by itself.
    pub(crate) actor: Option<Person>,
    /// The text of a note.
    pub(crate) text: Option<String>,
    /// The message the entry is about.
    pub(crate) message: Option<Uuid>,
    /// Particulars of the kind; for `changed`: `field`, `from`, `to`.
    #[schema(value_type = Object)]
    pub(crate) facts: serde_json::Value,
}

/// Something about a connector that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmView {
    pub(crate) id: Uuid,
    pub(crate) connector: ConnectorRef,
    /// `sign_in`, `no_success`, `silent`, `accounting` or `expiry`.
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) raised_at: Timestamp,
    /// `null` while it stands.
    pub(crate) cleared_at: Option<Timestamp>,
}

/// Who did what, and when. Only ever added to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntryView {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    /// `null` when Mailcase did it by itself, or nobody was signed in.
    pub(crate) actor: Option<Person>,
    /// Stable word: `sign_in.accepted`, `connector.updated`, ….
    pub(crate) action: String,
    /// What it was done to.
    pub(crate) target: Option<String>,
    /// Particulars, such as the network address the request came from.
    #[schema(value_type = Object)]
    pub(crate) facts: serde_json::Value,
}

/// Data of a live event. Which ids are set depends on the event's name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventData {
    pub(crate) message: Option<Uuid>,
    pub(crate) case: Option<Uuid>,
    pub(crate) connector: Option<Uuid>,
    pub(crate) reexamination: Option<Uuid>,
}
