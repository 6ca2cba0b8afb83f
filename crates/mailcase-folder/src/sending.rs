//! Handing one message after the other to the receiver of a fetch.

use crate::blocking::Lane;
use crate::reading::{Reading, concerns_everything};
use bytes::Bytes;
use mailcase_mail::{CHUNK_MAX_BYTES, Fetched, FetchedSender, RemoteHead, RemoteId, SourceError};
use std::io;

/// The bytes of a message, piece by piece; each at most [`CHUNK_MAX_BYTES`] and not empty.
pub(crate) trait Pieces: Send + 'static {
    fn next(&mut self) -> io::Result<Option<Bytes>>;
}

impl Pieces for Reading {
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        self.next()
    }
}

/// What asking for a message gives.
#[derive(Debug)]
pub(crate) enum Opened<P> {
    Message(RemoteHead, P),
    Unreadable(String),
    Gone,
}

/// Pieces read together in one step.
struct Pulled<P> {
    pieces: P,
    read: Vec<Bytes>,
    /// `Some` when there is nothing more: the end, or why it cannot be reached.
    ended: Option<Result<(), String>>,
}

/// Opens a message off the asynchronous threads, and sends it.
pub(crate) async fn send<P: Pieces>(
    lane: &Lane,
    id: &RemoteId,
    out: &FetchedSender,
    open: impl FnOnce() -> Result<Opened<P>, SourceError> + Send + 'static,
) -> Result<(), SourceError> {
    // The first piece is read in the same step: most messages have one.
    let first = lane.run("reading a message", move || match open()? {
        Opened::Message(head, pieces) => Ok(Opened::Message(head, pull(pieces)?)),
        Opened::Unreadable(reason) => Ok(Opened::Unreadable(reason)),
        Opened::Gone => Ok(Opened::Gone),
    });
    let (head, mut pulled) = match first.await? {
        Opened::Message(head, pulled) => (head, pulled),
        Opened::Unreadable(reason) => return tell(out, Fetched::Unreadable { id: id.clone(), reason }).await,
        Opened::Gone => return tell(out, Fetched::Gone(id.clone())).await,
    };
    tell(out, Fetched::Begin(head)).await?;
    loop {
        for piece in pulled.read {
            tell(out, Fetched::Chunk(piece)).await?;
        }
        match pulled.ended {
            Some(Ok(())) => return tell(out, Fetched::End).await,
            Some(Err(reason)) => return tell(out, Fetched::Unreadable { id: id.clone(), reason }).await,
            None => {
                let pieces = pulled.pieces;
                pulled = lane.run("reading a message", move || pull(pieces)).await?;
            }
        }
    }
}

fn pull<P: Pieces>(mut pieces: P) -> Result<Pulled<P>, SourceError> {
    let mut read = Vec::new();
    let ended = loop {
        match pieces.next() {
            Ok(Some(piece)) => {
                let full = piece.len() == CHUNK_MAX_BYTES;
                read.push(piece);
                if full {
                    break None;
                }
            }
            Ok(None) => break Some(Ok(())),
            Err(error) if concerns_everything(&error) => {
                return Err(SourceError::Unreachable {
                    message: format!("reading a message failed: {error}"),
                    hint: Some("Check the disk or share, and try again.".to_owned()),
                });
            }
            Err(error) => break Some(Err(error.to_string())),
        }
        // Pieces that are not full are rare before the end; memory stays bounded all the same.
        if read.len() >= 2 {
            break None;
        }
    };
    Ok(Pulled { pieces, read, ended })
}

async fn tell(out: &FetchedSender, fetched: Fetched) -> Result<(), SourceError> {
    out.send(fetched).await.map_err(|_| SourceError::Abandoned)
}
