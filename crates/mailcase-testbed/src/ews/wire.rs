//! HTTP in front of the service: what a connection remembers, and what leaves through it.

use super::body::{Live, Pieces};
use super::hall::{Content, Hall, Outcome, Session};
use crate::exchange::front::{Line, Serve};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::io;
use std::sync::Arc;

/// What Exchange takes in one request as it comes: 64 MB, enough for a message of 48 MB in base64.
const BODY_MAX_BYTES: usize = 64 << 20;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A request, its body read.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Scheme and host as the client wrote them.
    pub(crate) origin: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header as text, empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Every connection of one server.
#[derive(Debug, Clone)]
pub(crate) struct Connections(pub(crate) Arc<Hall>);

impl Serve for Connections {
    async fn serve(&self, line: Box<dyn Line>, scheme: &'static str) {
        // NTLM is bound to the connection: whoever came in stays in until it ends.
        let session = Arc::new(Session::default());
        let service = service_fn(move |request| {
            let (hall, session) = (Arc::clone(&self.0), Arc::clone(&session));
            async move { answer(&hall, &session, scheme, request).await }
        });
        let http = Builder::new(TokioExecutor::new());
        if let Err(error) = http.serve_connection(TokioIo::new(line), service).await {
            tracing::debug!(%error, "a connection to the EWS simulator ended");
        }
    }
}

async fn answer(
    hall: &Arc<Hall>,
    session: &Session,
    scheme: &str,
    request: hyper::Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).map(str::to_owned);
    let host = host.or_else(|| parts.uri.authority().map(ToString::to_string)).unwrap_or_default();
    let outcome = match Limited::new(body, BODY_MAX_BYTES).collect().await {
        Ok(body) => {
            let request = Request {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                origin: format!("{scheme}://{host}"),
                headers: parts.headers,
                body: body.to_bytes(),
            };
            hall.answer(session, &request).await
        }
        Err(_) => Outcome::plain(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
    };
    // An error here closes the connection without a word.
    if outcome.lost { Err(io::Error::other("lost on purpose")) } else { Ok(response(outcome, hall)) }
}

fn response(outcome: Outcome, hall: &Arc<Hall>) -> Response<Body> {
    let Outcome { status, headers, content_type, content, cut_after, permit, .. } = outcome;
    let mut response = Response::new(UnsyncBoxBody::default());
    *response.status_mut() = status;
    let all = headers.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in all.chain([("content-type", content_type), ("server", "Microsoft-IIS/10.0")]) {
        if let Ok(value) = value.parse() {
            response.headers_mut().append(name, value);
        }
    }
    *response.body_mut() = match content {
        Content::Whole(text) => Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync(),
        Content::Pieces(pieces) => {
            let exchange = Arc::clone(&hall.exchange);
            StreamBody::new(Pieces::new(pieces, cut_after, exchange, permit)).boxed_unsync()
        }
        Content::Live(chunks) => StreamBody::new(Live(chunks)).boxed_unsync(),
    };
    response
}
