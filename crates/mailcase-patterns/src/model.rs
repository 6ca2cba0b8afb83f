//! What a pattern is, in values.

use std::collections::BTreeSet;

use mailcase_indicators::Kind;
use serde::{Deserialize, Serialize};

/// Text of a message that a pattern can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Every header field as `Name: value`, decoded, one at a time; of messages within as well.
    Headers,
    /// What a person reads of the message: its plain text, and its HTML as text.
    Body,
    /// Names of attachments and of what archives hold, one at a time.
    AttachmentNames,
    /// Text of attachments: text files, the words of documents, messages within.
    AttachmentText,
}

impl Place {
    pub const ALL: [Self; 4] = [Self::Headers, Self::Body, Self::AttachmentNames, Self::AttachmentText];
}

/// What becomes of a value that was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Gives {
    /// An indicator, when the value is one of that kind; it is normalised as other indicators are.
    Indicator { kind: Kind },
    /// A value of the field of that name.
    Field { name: String },
}

/// A regular expression with its purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// Unique in its organization.
    pub name: String,
    /// In the syntax of the `regex` crate. The group `value`, else the first group, else the whole match is the value.
    pub expression: String,
    /// Whether `a` also matches `A`.
    pub ignore_case: bool,
    pub looks_at: BTreeSet<Place>,
    pub gives: Gives,
}
