//! HTTP in front of the service: connections, TLS, bodies that stream and break off.

use super::hall::{Hall, Outcome};
use super::http::{Refusal, Reply, Request};
use crate::exchange::front::{Line, Serve};
use crate::exchange::ledger::{Entry, Event};
use bytes::Bytes;
use futures::Stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;

/// What the real server takes in one request.
const BODY_MAX_BYTES: usize = 4 << 20;
/// How much of a body goes out at once.
const FRAME_BYTES: usize = 64 << 10;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Every connection of one server.
#[derive(Debug, Clone)]
pub(crate) struct Connections(pub(crate) Arc<Hall>);

impl Serve for Connections {
    async fn serve(&self, line: Box<dyn Line>, scheme: &'static str) {
        let hall = Arc::clone(&self.0);
        let service = service_fn(move |request| {
            let hall = Arc::clone(&hall);
            async move { answer(&hall, scheme, request).await }
        });
        let http = Builder::new(TokioExecutor::new());
        if let Err(error) = http.serve_connection(TokioIo::new(line), service).await {
            tracing::debug!(%error, "a connection to the Graph simulator ended");
        }
    }
}

async fn answer(
    hall: &Arc<Hall>,
    scheme: &str,
    request: hyper::Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).map(str::to_owned);
    let host = host.or_else(|| parts.uri.authority().map(ToString::to_string)).unwrap_or_default();
    let written = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    // Both SDKs now and then write two slashes.
    let path = written.strip_prefix("/v1.0").map(|path| path.replace("//", "/"));
    let body = Limited::new(body, BODY_MAX_BYTES).collect().await;
    let outcome = match (path, body) {
        (Some(path), Ok(body)) => {
            let base = format!("{scheme}://{host}/v1.0");
            let request = Request::new(parts.method, &base, &path, parts.headers, body.to_bytes());
            hall.answer(&request).await
        }
        (None, _) => Outcome::of(refused(StatusCode::BAD_REQUEST, "BadRequest", "Invalid version.")),
        (_, Err(_)) => Outcome::of(refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "ErrorMessageSizeExceeded",
            "The request is larger than 4 MB.",
        )),
    };
    // An error here closes the connection without a word.
    if outcome.lost { Err(io::Error::other("lost on purpose")) } else { Ok(response(outcome, hall)) }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Reply {
    Refusal::new(status, code, message).into_reply(jiff::Timestamp::now())
}

fn response(outcome: Outcome, hall: &Arc<Hall>) -> Response<Body> {
    let Outcome { reply, cut_after, permit, mailbox, .. } = outcome;
    let mut response = Response::new(UnsyncBoxBody::default());
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    for (name, value) in reply
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain(reply.content_type.map(|kind| ("content-type", kind)))
    {
        if let Ok(value) = value.parse() {
            headers.append(name, value);
        }
    }
    let served = reply.mime_of.map(|id| Served {
        hall: Arc::clone(hall),
        entry: Entry { mailbox, id, event: Event::Served { complete: false } },
    });
    *response.body_mut() = if served.is_none() && cut_after.is_none() {
        Full::new(reply.body).map_err(|never| match never {}).boxed_unsync()
    } else {
        StreamBody::new(Pieces { rest: reply.body, cut_after, flushed: false, served, _permit: permit })
            .boxed_unsync()
    };
    response
}

/// The MIME of a message on its way; noted in the ledger when that ends, one way or the other.
struct Served {
    hall: Arc<Hall>,
    entry: Entry,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.hall.exchange.note(self.entry.clone());
    }
}

/// A body in pieces.
struct Pieces {
    rest: Bytes,
    cut_after: Option<usize>,
    flushed: bool,
    served: Option<Served>,
    /// The request counts as being served until its last byte has left.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Stream for Pieces {
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut size = FRAME_BYTES.min(self.rest.len());
        if let Some(left) = self.cut_after {
            if left == 0 && !self.flushed {
                // What went before has to leave, or the cut would take the head of the answer with it.
                self.flushed = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if left == 0 {
                return Poll::Ready(Some(Err(io::Error::other("cut on purpose"))));
            }
            size = size.min(left);
            self.cut_after = Some(left.saturating_sub(size));
        }
        if size == 0 {
            if let Some(served) = &mut self.served {
                served.entry.event = Event::Served { complete: true };
            }
            return Poll::Ready(None);
        }
        let piece = self.rest.split_to(size);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}
