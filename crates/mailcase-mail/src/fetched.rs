//! How raw messages travel from a source to whoever keeps them.

use crate::remote::{RemoteHead, RemoteId};
use bytes::Bytes;

/// Largest chunk a source may send: memory in flight is this times the channel's capacity.
pub const CHUNK_MAX_BYTES: usize = 1 << 20;

/// What a fetch says about the messages asked for, one message after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// A message starts. Chunks follow, then [`Fetched::End`].
    Begin(RemoteHead),
    /// The next bytes, exactly as the server holds them; at most [`CHUNK_MAX_BYTES`], never empty.
    Chunk(Bytes),
    /// The message begun last is complete: every byte the server holds was sent.
    End,
    /// The server cannot or will not give this message now; the others go on. May also follow `Begin`, which
    /// it then takes back.
    Unreadable { id: RemoteId, reason: String },
    /// The message is no longer on the server.
    Gone(RemoteId),
}

/// Bounded: a slow receiver slows the source.
pub type FetchedSender = tokio::sync::mpsc::Sender<Fetched>;
