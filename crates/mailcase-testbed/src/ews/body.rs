//! Bodies that leave in pieces: text as it is, MIME turned into base64 on the way, notifications as they happen.

use super::sheet::Piece;
use crate::exchange::{Entry, Event, Exchange};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::Stream;
use hyper::body::Frame;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// How much of a message is turned into base64 at once: a multiple of three, so that no padding comes in between.
const MIME_BYTES: usize = 48 << 10;

/// A body of known pieces.
#[derive(Debug)]
pub(crate) struct Pieces {
    rest: VecDeque<Piece>,
    cut_after: Option<usize>,
    flushed: bool,
    exchange: Arc<Exchange>,
    /// The request counts as being served until its last piece leaves.
    permit: Option<OwnedSemaphorePermit>,
}

impl Pieces {
    pub(crate) fn new(
        pieces: Vec<Piece>,
        cut_after: Option<usize>,
        exchange: Arc<Exchange>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { rest: pieces.into(), cut_after, flushed: false, exchange, permit }
    }

    fn served(&self, mailbox: String, id: String, complete: bool) {
        self.exchange.note(Entry { mailbox, id, event: Event::Served { complete } });
    }

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        let piece = self.rest.pop_front()?;
        if self.rest.is_empty() {
            // Whoever has the last piece may ask for more.
            self.permit = None;
        }
        match piece {
            Piece::Text(text) => Some(Ok(Bytes::from(text))),
            Piece::Mime { mut raw, mailbox, id } => {
                let chunk = match raw.take(MIME_BYTES) {
                    Ok(chunk) => chunk,
                    Err(error) => return Some(Err(error)),
                };
                if raw.len() == 0 {
                    self.served(mailbox, id, true);
                } else {
                    self.rest.push_front(Piece::Mime { raw, mailbox, id });
                }
                Some(Ok(Bytes::from(STANDARD.encode(chunk))))
            }
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        while let Some(piece) = self.rest.pop_front() {
            if let Piece::Mime { mailbox, id, .. } = piece {
                self.served(mailbox, id, false);
            }
        }
    }
}

impl Stream for Pieces {
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.cut_after == Some(0) {
            if !self.flushed {
                // What went before has to leave, or the cut would take the head of the answer with it.
                self.flushed = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(io::Error::other("cut on purpose"))));
        }
        let mut piece = match self.next() {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        if let Some(left) = self.cut_after {
            piece.truncate(left);
            self.cut_after = Some(left.saturating_sub(piece.len()));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

/// A body that is written while it is read.
#[derive(Debug)]
pub(crate) struct Live(pub(crate) mpsc::Receiver<String>);

impl Stream for Live {
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
    }
}
