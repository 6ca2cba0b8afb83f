//! HTTP for sources and sign-in: the same way, trust, deadlines and words as everything else that connects.
//!
//! Connections are kept and shared; HTTP/2 is spoken where the server does. Follows no redirect, stores no cookie, and
//! sends no credential in the clear to another machine. What a status means is for the caller to say, who knows the
//! protocol; [`HttpResponse::patience`] says it of 429 and 503.

mod connection;
mod connector;
mod response;

pub use connection::HttpConnection;
pub use response::HttpResponse;

use crate::endpoint::Endpoint;
use crate::route::Route;
use crate::steps::Steps;
use crate::trust::Trust;
use ::http::header::{AUTHORIZATION, USER_AGENT};
use ::http::uri::Scheme;
use ::http::{HeaderValue, Request, Uri};
use bytes::Bytes;
use connector::Connector;
use http_body_util::Full;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use mailcase_mail::{Deadlines, SourceError};
use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// A connection nobody uses is closed after this: servers close theirs after one to two minutes, and a request on one
/// that was just closed fails.
const IDLE_MAX: Duration = Duration::from_secs(45);
/// Connections kept for later, each of some ten kilobytes. More may be open while they are used.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// A peer that died without a word is noticed after this much silence while requests are under way.
const PING_AFTER: Duration = Duration::from_secs(30);
const PING_ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// What an answer by HTTP/2 may send ahead of whoever reads it: enough for a fast line that is 30 ms long.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// And all answers on one connection together. Answers that nobody reads for now must not hold up the one that somebody
/// does: there are never more than a dozen under way.
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;
/// The thinnest line that counts as working while a request is sent.
const SLOWEST_UPLOAD_BYTES_PER_SECOND: u64 = 16 * 1024;
const PRODUCT: &str = concat!("mailcase/", env!("CARGO_PKG_VERSION"));

/// An HTTP client; cheap to clone, clones share connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    connector: Connector,
    deadlines: Deadlines,
}

impl HttpClient {
    /// A client that goes by `route` and trusts servers as `trust` says.
    #[must_use]
    pub fn new(route: Route, trust: Trust, deadlines: Deadlines) -> Self {
        let connector = Connector::new(route, trust, deadlines.connect);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
            .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_keep_alive_interval(PING_AFTER)
            .http2_keep_alive_timeout(PING_ANSWER_WITHIN)
            .build(connector.clone());
        Self { client, connector, deadlines }
    }

    /// Sends a request and waits for the head of its answer, whatever its status. The body is read from the response,
    /// under the same deadline of silence. May be dropped at any time.
    ///
    /// # Errors
    /// When there is no answer: the errors of [`Route::dial`] and [`start_tls`](crate::start_tls),
    /// [`SourceError::TimedOut`], [`SourceError::Unreachable`] when the connection is lost, [`SourceError::Protocol`] when
    /// the server speaks no HTTP, [`SourceError::Settings`] for a URL that cannot be asked.
    pub async fn send(&self, mut request: Request<Bytes>) -> Result<HttpResponse, SourceError> {
        let endpoint = endpoint(request.uri())?;
        if request.headers().contains_key(AUTHORIZATION) && !keeps_secrets(request.uri()) {
            return Err(SourceError::Settings {
                message: format!(
                    "{endpoint} is asked without encryption (http://): nothing secret is sent to it"
                ),
            });
        }
        request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static(PRODUCT));
        let deadline = self.answer_deadline(request.body().len());
        let answer = timeout(deadline, self.client.request(request.map(Full::new)))
            .await
            .map_err(|_| SourceError::TimedOut { what: format!("an answer of {endpoint}"), after: deadline })?
            .map_err(|error| explain(&endpoint, &error))?;
        Ok(HttpResponse::new(answer, endpoint, self.deadlines.silence))
    }

    /// A connection of its own to the server of a URL, for what is bound to one connection. Nothing shares it.
    ///
    /// # Errors
    /// As [`send`](Self::send), as far as they concern the way there.
    pub async fn connect(&self, url: &Uri) -> Result<HttpConnection, SourceError> {
        HttpConnection::open(self, url).await
    }

    /// The same client, sharing connections, for answers that may be silent for so long.
    #[must_use]
    pub fn with_silence(&self, silence: Duration) -> Self {
        Self { deadlines: Deadlines { silence, ..self.deadlines }, ..self.clone() }
    }

    /// From the first byte of a request to the head of its answer.
    fn answer_deadline(&self, body: usize) -> Duration {
        let size = u64::try_from(body).unwrap_or(u64::MAX);
        let sending = Duration::from_secs(size.div_euclid(SLOWEST_UPLOAD_BYTES_PER_SECOND));
        self.deadlines.connect.saturating_add(self.deadlines.silence).saturating_add(sending)
    }

    /// Connects to the server of a URL, for a connection test: every step is noted in `steps`. Says whether it worked.
    pub async fn reach(&self, url: &Uri, steps: &mut Steps) -> bool {
        match endpoint(url) {
            Ok(endpoint) => self.connector.reach(&endpoint, is_encrypted(url), steps).await,
            Err(error) => {
                steps.begin("dns", "Look up the server's name");
                steps.failed(error);
                false
            }
        }
    }
}

fn is_encrypted(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTPS)
}

/// Whether what is sent stays between us and the server: it is encrypted, or does not leave this machine.
pub(crate) fn keeps_secrets(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    is_encrypted(url) || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn endpoint(url: &Uri) -> Result<Endpoint, SourceError> {
    let usual = match url.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return Err(SourceError::Settings { message: "a URL must begin with https://".to_owned() }),
    };
    let host = url.host().unwrap_or_default();
    Endpoint::parse("the server of the URL", host, url.port_u16(), usual)
}

/// What went wrong on the way is found in what it caused.
fn explain(endpoint: &Endpoint, error: &Error) -> SourceError {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<SourceError>() {
            return error.clone();
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return response::broken(endpoint, error);
        }
        cause = error.source();
    }
    SourceError::Unreachable { message: format!("{endpoint} hung up before it answered"), hint: None }
}
