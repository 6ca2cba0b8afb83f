//! Regular expressions of an organization, and what one finds before it is kept.

use crate::dto::evidence::IndicatorKindView;
use jiff::Timestamp;
use mailcase_evidence::PatternValue;
use mailcase_patterns::{Gives, Named, Pattern, Place};
use mailcase_store::KeptPattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Text of a message that a pattern looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PatternPlaceView {
    /// Every header field as `Name: value`, one at a time.
    Headers,
    /// What a person reads of the message.
    Body,
    /// Names of attachments, one at a time.
    AttachmentNames,
    /// Text files, the words of documents.
    AttachmentText,
}

/// What becomes of a value that is found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "as", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum PatternGivesView {
    /// An indicator; values that are none of that kind are left out.
    Indicator { kind: IndicatorKindView },
    /// A value of the field of that name.
    Field { name: String },
}

/// What a pattern is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatternDraft {
    /// Unique in the organization, whatever its case.
    pub(crate) name: String,
    /// In the syntax of Rust's `regex`: no look-around, no back-references; `^` and `$` at every line. The group `value`,
    /// else the first group, else the whole match is what is found.
    pub(crate) expression: String,
    /// Whether `a` also matches `A`.
    pub(crate) ignore_case: bool,
    pub(crate) looks_at: Vec<PatternPlaceView>,
    pub(crate) gives: PatternGivesView,
}

/// A pattern to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavePattern {
    pub(crate) pattern: PatternDraft,
    /// Whether it is run over new mail.
    pub(crate) active: bool,
    /// Of the pattern as it was before the change. Left out for a new one.
    #[serde(default)]
    pub(crate) revision: Option<i64>,
}

/// A pattern of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatternView {
    pub(crate) id: Uuid,
    pub(crate) pattern: PatternDraft,
    pub(crate) active: bool,
    pub(crate) revision: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: Option<String>,
}

/// A ready-made pattern to begin with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedPatternView {
    pub(crate) id: &'static str,
    pub(crate) pattern: PatternDraft,
    /// What it finds.
    pub(crate) example: &'static str,
}

/// Patterns and stored messages to try them on. Nothing is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryPattern {
    pub(crate) pattern: PatternDraft,
    /// These messages, at most 20.
    #[serde(default)]
    pub(crate) message_ids: Vec<Uuid>,
    /// Else the newest messages with these words, as `GET /messages` finds them.
    #[serde(default)]
    pub(crate) q: Option<String>,
    /// So many of them, at most 20.
    #[serde(default)]
    pub(crate) newest: Option<usize>,
}

/// What a pattern finds in stored messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatternTrialView {
    pub(crate) messages: Vec<TriedMessageView>,
}

/// What a pattern finds in one stored message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedMessageView {
    pub(crate) id: Uuid,
    pub(crate) subject: Option<String>,
    pub(crate) received_at: Timestamp,
    /// Too large to be tried: above 10 MiB.
    pub(crate) passed_over: bool,
    pub(crate) values: Vec<PatternValueView>,
}

/// A value that a pattern found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatternValueView {
    /// Name of the pattern.
    pub(crate) pattern: String,
    pub(crate) value: String,
    pub(crate) gives: PatternGivesView,
    /// Where it was found first: a path with what of it, or a header.
    pub(crate) place: String,
    /// Bytes of that text before it.
    pub(crate) offset: usize,
    /// What stands before and after it.
    pub(crate) before: String,
    pub(crate) after: String,
}

impl From<Place> for PatternPlaceView {
    fn from(place: Place) -> Self {
        match place {
            Place::Headers => Self::Headers,
            Place::Body => Self::Body,
            Place::AttachmentNames => Self::AttachmentNames,
            Place::AttachmentText => Self::AttachmentText,
        }
    }
}

impl From<PatternPlaceView> for Place {
    fn from(place: PatternPlaceView) -> Self {
        match place {
            PatternPlaceView::Headers => Self::Headers,
            PatternPlaceView::Body => Self::Body,
            PatternPlaceView::AttachmentNames => Self::AttachmentNames,
            PatternPlaceView::AttachmentText => Self::AttachmentText,
        }
    }
}

impl From<Gives> for PatternGivesView {
    fn from(gives: Gives) -> Self {
        match gives {
            Gives::Indicator { kind } => Self::Indicator { kind: kind.into() },
            Gives::Field { name } => Self::Field { name },
        }
    }
}

impl From<PatternGivesView> for Gives {
    fn from(gives: PatternGivesView) -> Self {
        match gives {
            PatternGivesView::Indicator { kind } => Self::Indicator { kind: kind.into() },
            PatternGivesView::Field { name } => Self::Field { name: name.trim().to_owned() },
        }
    }
}

impl From<Pattern> for PatternDraft {
    fn from(pattern: Pattern) -> Self {
        let Pattern { name, expression, ignore_case, looks_at, gives } = pattern;
        let looks_at = looks_at.into_iter().map(Into::into).collect();
        Self { name, expression, ignore_case, looks_at, gives: gives.into() }
    }
}

impl From<PatternDraft> for Pattern {
    fn from(draft: PatternDraft) -> Self {
        let PatternDraft { name, expression, ignore_case, looks_at, gives } = draft;
        let looks_at: BTreeSet<Place> = looks_at.into_iter().map(Into::into).collect();
        Self { name: name.trim().to_owned(), expression, ignore_case, looks_at, gives: gives.into() }
    }
}

impl From<KeptPattern> for PatternView {
    fn from(kept: KeptPattern) -> Self {
        Self {
            id: kept.id.uuid(),
            pattern: kept.pattern.into(),
            active: kept.active,
            revision: kept.revision,
            created_at: kept.created_at,
            updated_at: kept.updated_at,
            updated_by: kept.updated_by,
        }
    }
}

impl From<&Named> for NamedPatternView {
    fn from(named: &Named) -> Self {
        Self { id: named.id, pattern: named.pattern().into(), example: named.example }
    }
}

impl From<PatternValue> for PatternValueView {
    fn from(value: PatternValue) -> Self {
        let PatternValue { pattern, value, gives, place, offset, before, after } = value;
        Self { pattern, value, gives: gives.into(), place, offset, before, after }
    }
}
