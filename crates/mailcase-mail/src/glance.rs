//! A look at the first bytes of messages before they are fetched, for a caller who does not want all of them.

use crate::remote::RemoteId;
use bytes::Bytes;

/// Most bytes of a message that a glance gives: the headers of nearly every message.
pub const GLANCE_BYTES: usize = 16 << 10;

/// Where a criterion looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    From,
    /// To, Cc and Bcc.
    Recipients,
    Subject,
    /// A header of this name.
    Header(String),
}

/// A condition on a message, as far as a server can be asked about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    pub place: Place,
    /// The message is unwanted if one of the terms is found; otherwise, if none is.
    pub not: bool,
    /// Text within the place, whatever the case. Empty only for a header: whether there is one.
    pub terms: Vec<String>,
}

/// The first bytes of a message, exactly as a fetch would give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    pub id: RemoteId,
    /// At most [`GLANCE_BYTES`], and fewer if the server likes.
    pub bytes: Bytes,
}
