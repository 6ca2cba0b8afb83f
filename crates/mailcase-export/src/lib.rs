//! Indicators in the formats others read: STIX 2.1, MISP, CSV, text.
//!
//! Pure functions: no I/O, no clock. Whatever a sender wrote into a value, the document is valid: a value that a format
//! cannot hold as what it is goes along as text, or not at all.

mod csv;
mod misp;
mod names;
mod stix;
mod text;

pub use csv::csv;
pub use misp::misp;
pub use stix::stix;
pub use text::text;

use jiff::Timestamp;
use mailcase_indicators::Kind;
use uuid::Uuid;

/// What is given out.
#[derive(Debug, Clone)]
pub struct Export {
    pub organization: Organization,
    /// What the indicators belong to: a subject, a case's title, what was searched for.
    pub title: String,
    /// The same for every export of the same thing.
    pub subject: Uuid,
    pub made_at: Timestamp,
    pub items: Vec<Item>,
}

/// Who gives it out.
#[derive(Debug, Clone)]
pub struct Organization {
    pub id: Uuid,
    pub name: String,
    /// When it came into being.
    pub since: Timestamp,
}

/// What the organization thinks of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Malicious,
    Benign,
    Own,
}

impl Verdict {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Malicious => "malicious",
            Self::Benign => "benign",
            Self::Own => "own",
        }
    }
}

/// One indicator.
#[derive(Debug, Clone)]
pub struct Item {
    pub kind: Kind,
    pub value: String,
    pub verdict: Option<Verdict>,
    /// What was noted with the verdict.
    pub note: String,
    pub judged_at: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    /// Messages it was seen in.
    pub messages: u64,
    /// Chain of a crypto address, brand of a card.
    pub detail: Option<String>,
    /// Where it was seen, for people.
    pub places: Vec<String>,
}

/// Longest text of one field that is given out, in characters.
const FIELD_CHARS: usize = 4_096;

/// One line without control characters.
fn line(text: &str) -> String {
    text.chars().take(FIELD_CHARS).map(|one| if one.is_control() { ' ' } else { one }).collect()
}
