//! How far a directory was listed, as text that survives a restart.
//!
//! A directory keeps no order of arrival, so the exact position is a number in the memory of the source that made
//! the cursor. Another source (after a restart) knows the sort key of the last message listed: it finishes the pass
//! under way from there, and then lists everything once more, because what arrived in the meantime may sort anywhere.
//! The caller's ledger recognises what it has.

use mailcase_mail::{Cursor, Scope};
use serde::{Deserialize, Serialize};

/// Version of the text.
const VERSION: u32 = 1;

/// Sort key of a message: modification time in nanoseconds, then identity.
pub(crate) type SortKey = (i64, String);

/// What the first run left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LeftOut {
    /// What was marked read.
    #[serde(rename = "read")]
    Read,
    /// What was marked read and received before this day (UTC).
    #[serde(rename = "read_before")]
    ReadBefore(jiff::civil::Date),
    /// What was received before this day (UTC).
    #[serde(rename = "before")]
    Before(jiff::civil::Date),
}

/// The first run: what was there then and outside its scope is never listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FirstRun {
    pub(crate) left_out: LeftOut,
    /// Newest status change (ctime, nanoseconds) of all messages there at the time: what has a newer one arrived, or
    /// was changed, since.
    pub(crate) changed: i64,
    /// Inode of the directory: another directory in its place is another folder.
    pub(crate) inode: u64,
    /// The last number in the memory of `instance` at the time.
    pub(crate) instance: u64,
    pub(crate) number: u64,
}

/// A position in the listing of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    #[serde(rename = "v")]
    pub(crate) version: u32,
    /// The source whose memory `number` belongs to.
    #[serde(rename = "i")]
    pub(crate) instance: u64,
    /// Number of the last message looked at.
    #[serde(rename = "n")]
    pub(crate) number: u64,
    /// A listing of scope `Unseen`, which starts over after each pass.
    #[serde(rename = "u", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unseen: bool,
    /// Within a pass: the key of the last message listed.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) within: Option<SortKey>,
    /// The pass was begun by another source: when it ends, everything is listed once more.
    #[serde(rename = "r", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) resumed: bool,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_run: Option<FirstRun>,
}

impl Position {
    /// The beginning of a pass.
    pub(crate) fn start(instance: u64, scope: Scope, first_run: Option<FirstRun>) -> Self {
        Self {
            version: VERSION,
            instance,
            number: 0,
            unseen: scope == Scope::Unseen,
            within: None,
            resumed: false,
            first_run,
        }
    }

    /// Reads a cursor; `None` when it was not made for a directory by this version.
    pub(crate) fn read(cursor: &Cursor) -> Option<Self> {
        serde_json::from_str(cursor.as_str()).ok().filter(|position: &Self| position.version == VERSION)
    }

    pub(crate) fn write(&self) -> Cursor {
        // Numbers and texts always serialise; an empty cursor would only make the next listing start over.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }
}

/// What a first run of `scope` leaves out.
pub(crate) const fn left_out(scope: Scope) -> Option<LeftOut> {
    match scope {
        Scope::NewFromUnread => Some(LeftOut::Read),
        Scope::NewFromUnreadOrSince(day) => Some(LeftOut::ReadBefore(day)),
        Scope::NewSince(day) => Some(LeftOut::Before(day)),
        Scope::Unseen | Scope::NewFromAll => None,
    }
}
