//! The connector: one configured mailbox source with its defaults.

use crate::case::{CaseDefaults, named};
use crate::prefilter::Prefilter;
use crate::{ConnectorId, OrganizationId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

named! {
    /// Which messages of a folder are taken.
    pub enum FetchMode, "fetch mode" {
        /// Only messages that are unread on the server.
        Unseen = "unseen",
        /// Everything that arrives after the first run, read or not.
        Everything = "everything",
    }
}

/// What the first run of an "everything new" connector takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "take", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Backfill {
    /// The messages that are unread on the server.
    #[default]
    Unread,
    /// Every message of the folder.
    All,
    /// The messages the server received on this day (UTC) or later.
    Since {
        #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
        date: jiff::civil::Date,
    },
}

/// What is done to the message on the server after it is safe here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Disposition {
    #[default]
    MarkRead,
    Move {
        folder: String,
    },
    Delete,
    Keep,
}

named! {
    /// What becomes of automatic mail (bounces, out-of-office answers, …) that belongs to no case.
    pub enum AutomaticMail, "choice for automatic mail" {
        /// It makes a case like any other message.
        Case = "case",
        /// It is kept, with the reason shown, and makes no case.
        Keep = "keep",
    }
}

/// Where a connector was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Origin {
    /// Made in the browser or through the API; can be edited there.
    Api,
    /// Declared in a YAML file; shown read-only.
    File { path: String },
}

/// Shortest polling interval: below this a mailbox is hammered, not watched.
pub const POLL_SECONDS_MIN: u32 = 5;
/// Longest polling interval: a day.
pub const POLL_SECONDS_MAX: u32 = 86_400;
/// Polling interval when none is chosen. Sources that announce new mail wake much earlier.
pub const POLL_SECONDS_DEFAULT: u32 = 60;

/// What a person may choose about a connector, whatever its protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConnectorSettings {
    /// Shown in tables.
    pub name: String,
    /// Stable name for scripts and files: lower-case letters, digits, `-` and `_`; unique in the organization.
    pub api_name: String,
    #[serde(default)]
    pub description: String,
    /// Protocol: the `kind` of a known source, such as `imap` or `folder`.
    pub kind: String,
    /// What the protocol needs, described by the source's JSON Schema. Secrets are never in here.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub connection: serde_json::Map<String, serde_json::Value>,
    /// Folders watched, by their full path; empty means the source's default folder.
    #[serde(default)]
    pub folders: Vec<String>,
    #[serde(default = "default_fetch")]
    pub fetch: FetchMode,
    #[serde(default)]
    pub backfill: Backfill,
    /// Which of these messages are taken; the others stay untouched on the server.
    #[serde(default, skip_serializing_if = "Prefilter::is_empty")]
    pub prefilter: Prefilter,
    #[serde(default)]
    pub disposition: Disposition,
    #[serde(default = "default_poll_seconds")]
    pub poll_seconds: u32,
    #[serde(default)]
    pub case_defaults: CaseDefaults,
    #[serde(default = "default_automatic")]
    pub automatic_mail: AutomaticMail,
    /// Minutes without a successful poll before an alarm is raised.
    #[serde(default = "default_alarm_minutes")]
    pub alarm_after_minutes: u32,
}

const fn default_fetch() -> FetchMode {
    FetchMode::Everything
}
const fn default_poll_seconds() -> u32 {
    POLL_SECONDS_DEFAULT
}
const fn default_automatic() -> AutomaticMail {
    AutomaticMail::Keep
}
const fn default_alarm_minutes() -> u32 {
    30
}

/// One thing wrong with a connector's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Path of the field, such as `poll_seconds` or `connection.host`.
    pub field: String,
    pub message: String,
}

impl FieldError {
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl ConnectorSettings {
    /// Every mistake at once; what only the protocol knows is checked by its JSON Schema, and whether messages are moved
    /// into a folder that is watched by whoever knows the source's default folder.
    #[must_use]
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            errors.push(FieldError::new("name", "give a name of 1 to 100 characters"));
        }
        let api_name_ok = (1..=64).contains(&self.api_name.len())
            && self
                .api_name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !api_name_ok {
            errors.push(FieldError::new("api_name", "use 1 to 64 lower-case letters, digits, - and _"));
        }
        if !(POLL_SECONDS_MIN..=POLL_SECONDS_MAX).contains(&self.poll_seconds) {
            errors.push(FieldError::new(
                "poll_seconds",
                format!("choose {POLL_SECONDS_MIN} to {POLL_SECONDS_MAX} seconds"),
            ));
        }
        if self.alarm_after_minutes == 0 {
            errors.push(FieldError::new("alarm_after_minutes", "choose at least 1 minute"));
        }
        if let Disposition::Move { folder } = &self.disposition
            && folder.trim().is_empty()
        {
            errors.push(FieldError::new("disposition.folder", "name the folder messages are moved to"));
        }
        if self.folders.iter().any(|folder| folder.trim().is_empty()) {
            errors.push(FieldError::new("folders", "a folder has no name"));
        }
        if self.case_defaults.tags.iter().any(|tag| tag.trim().is_empty() || tag.chars().count() > 64) {
            errors.push(FieldError::new("case_defaults.tags", "tags have 1 to 64 characters"));
        }
        errors.extend(self.prefilter.validate());
        errors
    }
}

/// A connector as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    pub id: ConnectorId,
    pub organization: OrganizationId,
    pub settings: ConnectorSettings,
    pub active: bool,
    pub origin: Origin,
    /// Counts edits, so that a runner knows when to start anew.
    pub revision: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ConnectorSettings {
        serde_json::from_value(serde_json::json!({
            "name": "Phishing reports", "api_name": "phishing", "kind": "imap",
            "connection": {"host": "mail.example.org"}
        }))
        .unwrap()
    }

    #[test]
    fn the_defaults_are_everything_new_marked_read() {
        let settings = settings();
        assert_eq!(settings.validate(), vec![]);
        assert_eq!(settings.fetch, FetchMode::Everything);
        assert_eq!(settings.backfill, Backfill::Unread);
        assert_eq!(settings.disposition, Disposition::MarkRead);
        assert_eq!(settings.automatic_mail, AutomaticMail::Keep);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let mut settings = settings();
        settings.name = " ".into();
        settings.api_name = "Über".into();
        settings.poll_seconds = 1;
        settings.alarm_after_minutes = 0;
        settings.folders = vec!["INBOX".into(), String::new()];
        settings.disposition = Disposition::Move { folder: " ".into() };
        settings.case_defaults.tags = vec![String::new()];
        let fields: Vec<_> = settings.validate().into_iter().map(|e| e.field).collect();
        assert_eq!(
            fields,
            [
                "name",
                "api_name",
                "poll_seconds",
                "alarm_after_minutes",
                "disposition.folder",
                "folders",
                "case_defaults.tags"
            ]
        );
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = serde_json::from_value::<ConnectorSettings>(serde_json::json!({
            "name": "a", "api_name": "a", "kind": "imap", "pol_seconds": 5
        }))
        .unwrap_err();
        assert!(error.to_string().contains("pol_seconds"));
    }
}
