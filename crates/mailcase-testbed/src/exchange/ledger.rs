//! What happened to the messages, so that loss and duplication can be proved.

/// One thing that happened to one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It came in from outside.
    Arrived,
    /// Its MIME was asked for; whether the last byte was handed over.
    Served {
        complete: bool,
    },
    MarkedRead,
    MarkedUnread,
    /// A client moved it to another folder.
    Moved,
    /// A client deleted it, from the deleted items or anywhere.
    Deleted,
    /// A client sent it.
    Sent,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Address of the mailbox.
    pub mailbox: String,
    /// The immutable identity.
    pub id: String,
    pub event: Event,
}
