//! Connections that NTLM signed in: the sign-in belongs to the connection (MS-NTHT §1.3), so they are kept apart from all
//! others and used again one request at a time.

use crate::ntlm::{Bound, Identity, Moment, authenticate, negotiate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use mailcase_mail::SourceError;
use mailcase_transport::http::{HttpClient, HttpConnection, HttpResponse};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Servers close what nobody uses after two minutes, and a request on a connection that was just closed fails.
const IDLE_MAX: Duration = Duration::from_secs(45);
/// Kept for later, each of some ten kilobytes.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// Of a page that says no, so much is read to keep the connection.
const REFUSAL_MAX_BYTES: usize = 64 << 10;
const SCHEME: &str = "NTLM ";

type Idle = Arc<Mutex<Vec<(HttpConnection, Instant)>>>;

/// The connections of one account. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct NtlmConnections {
    identity: Identity,
    idle: Idle,
}

/// A connection that is in use. Dropped, it is closed.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: HttpConnection,
    idle: Idle,
}

impl Lease {
    /// After the body of its last answer was read to the end.
    pub(crate) fn give_back(self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE_MAX);
        if idle.len() < IDLE_CONNECTIONS_MAX && self.connection.is_open() {
            idle.push((self.connection, Instant::now()));
        }
    }
}

impl NtlmConnections {
    pub(crate) fn new(identity: Identity) -> Self {
        Self { identity, idle: Arc::default() }
    }

    /// Asks on a connection that is signed in, or on a new one. An answer of 401 means that the sign-in was refused. With
    /// `once`, nothing is sent twice, whatever happens to the connection.
    ///
    /// # Errors
    /// As [`HttpConnection::send`], and [`SourceError::SignIn`] when the server knows no NTLM of version 2.
    pub(crate) async fn send(
        &self,
        http: &HttpClient,
        request: &Request<Bytes>,
        once: bool,
    ) -> Result<(HttpResponse, Lease), SourceError> {
        if !once && let Some(mut connection) = self.idle() {
            match connection.send(request.clone()).await {
                Ok(response) if response.status() != StatusCode::UNAUTHORIZED => {
                    return Ok((response, self.lease(connection)));
                }
                // The server forgot the sign-in, or closed the connection just now.
                Ok(_) | Err(SourceError::Unreachable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut connection = http.connect(request.uri()).await?;
        let first = with_token(Request::new(Bytes::new()), request, &negotiate())?;
        let response = connection.send(first).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok((response, self.lease(connection)));
        }
        let Some(challenge) = challenge(response.headers()) else {
            return Ok((response, self.lease(connection)));
        };
        response.bytes(REFUSAL_MAX_BYTES).await?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        let bound = Bound { host: &host, channel: connection.channel_binding() };
        let last = authenticate(&challenge, &self.identity, bound, Moment::now()).ok_or_else(no_version_2)?;
        let second = with_token(request.clone(), request, &last)?;
        let response = connection.send(second).await?;
        Ok((response, self.lease(connection)))
    }

    fn idle(&self) -> Option<HttpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((connection, since)) = idle.pop() {
            if since.elapsed() < IDLE_MAX && connection.is_open() {
                return Some(connection);
            }
        }
        None
    }

    fn lease(&self, connection: HttpConnection) -> Lease {
        Lease { connection, idle: Arc::clone(&self.idle) }
    }
}

/// The request with a token of NTLM; method and address are those of `like`.
fn with_token(
    mut request: Request<Bytes>,
    like: &Request<Bytes>,
    token: &[u8],
) -> Result<Request<Bytes>, SourceError> {
    let text = format!("{SCHEME}{}", STANDARD.encode(token));
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_| SourceError::Protocol { message: "a token of NTLM cannot be sent".to_owned() })?;
    header.set_sensitive(true);
    *request.method_mut() = like.method().clone();
    *request.uri_mut() = Uri::clone(like.uri());
    request.headers_mut().insert(AUTHORIZATION, header);
    Ok(request)
}

fn challenge(headers: &HeaderMap) -> Option<Vec<u8>> {
    headers.get_all(WWW_AUTHENTICATE).iter().find_map(|value| {
        let token = value.to_str().ok()?.strip_prefix(SCHEME)?;
        STANDARD.decode(token.trim()).ok()
    })
}

fn no_version_2() -> SourceError {
    SourceError::SignIn {
        message: "the server answers the sign-in with something other than NTLM of version 2".to_owned(),
        hint: Some("Let the server accept NTLMv2, or choose another way of signing in.".to_owned()),
    }
}
