//! Names of things on the remote side: folders, messages, cursors.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A folder by its full path, as people read it (Unicode, the server's own delimiter).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderPath(String);

impl FolderPath {
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A folder as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub path: FolderPath,
    /// What stands between the levels of `path`, if the server has levels.
    pub delimiter: Option<String>,
    /// False for names that only hold other folders.
    pub selectable: bool,
    /// Role of the folder in RFC 6154 words (`sent`, `trash`, `junk`, …) or `inbox`.
    pub role: Option<String>,
}

/// Identity of a message within one folder of one mailbox. Opaque to everybody but its source; at most
/// [`RemoteId::MAX_BYTES`] long. The same identity never names two different messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RemoteId(String);

impl RemoteId {
    /// Longest identity a source may hand out: immutable Graph ids stay far below, a path may not.
    pub const MAX_BYTES: usize = 1024;

    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the server says of a message without giving it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteHead {
    pub id: RemoteId,
    /// Size in bytes as the server announces it, if it does. A claim, not a fact.
    pub size: Option<u64>,
    /// When the server received the message, if it says.
    pub received: Option<jiff::Timestamp>,
    /// Whether it is marked read on the server. Never used to know what was ingested.
    pub seen: Option<bool>,
}

impl RemoteHead {
    #[must_use]
    pub const fn bare(id: RemoteId) -> Self {
        Self { id, size: None, received: None, seen: None }
    }
}

/// How far a folder was listed: opaque text of the source, versioned by it, kept by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The server gave its messages new identities (IMAP: UIDVALIDITY changed), so the folder was listed anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// One sentence for the audit trail.
    pub reason: String,
}

/// One page of a folder's listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    pub messages: Vec<RemoteHead>,
    /// To be kept in the same transaction that records `messages`, and given to the next call.
    pub cursor: Cursor,
    /// Whether the next call would list more at once.
    pub more: bool,
    pub reset: Option<Reset>,
}
