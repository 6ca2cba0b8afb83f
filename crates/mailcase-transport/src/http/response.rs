//! An answer: its head, and its body as it comes or as a whole within a limit.

use crate::endpoint::Endpoint;
use crate::retry_after::retry_after;
use ::http::{HeaderMap, Response, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use mailcase_mail::SourceError;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// An answer of which the head is here and the body may still be under way. Dropped: the rest is not fetched.
#[derive(Debug)]
pub struct HttpResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Incoming,
    endpoint: Endpoint,
    silence: Duration,
}

impl HttpResponse {
    pub(super) fn new(response: Response<Incoming>, endpoint: Endpoint, silence: Duration) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body, endpoint, silence }
    }

    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Who answered.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What `Retry-After` says (see [`retry_after`]).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// [`SourceError::Throttled`] when the server asks for patience: 429, or 503 with a `Retry-After`.
    #[must_use]
    pub fn patience(&self) -> Option<SourceError> {
        let retry_after = self.retry_after();
        let asks = self.status == StatusCode::TOO_MANY_REQUESTS
            || (self.status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some());
        asks.then(|| SourceError::Throttled {
            message: format!("{} asks for patience ({})", self.endpoint, self.status),
            retry_after,
        })
    }

    /// How long the body says it is, if it does.
    #[must_use]
    pub fn announced_bytes(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next piece of the body, never empty; nothing at its end. A body cut short is an error, not an end. May be
    /// dropped and called again.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`] when the connection is lost, [`SourceError::TimedOut`] when nothing comes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, SourceError> {
        loop {
            let frame =
                timeout(self.silence, self.body.frame()).await.map_err(|_| SourceError::TimedOut {
                    what: format!("the rest of an answer of {}", self.endpoint),
                    after: self.silence,
                })?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| broken(&self.endpoint, &error))?;
            // Trailers are of no use to anybody here.
            if let Ok(data) = frame.into_data()
                && !data.is_empty()
            {
                return Ok(Some(data));
            }
        }
    }

    /// The whole body, which may have `max` bytes.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), and [`SourceError::Protocol`] when it is longer.
    pub async fn bytes(mut self, max: usize) -> Result<Bytes, SourceError> {
        let too_long = |endpoint: &Endpoint| SourceError::Protocol {
            message: format!("{endpoint} answers with more than the {max} bytes permitted"),
        };
        if self.announced_bytes().is_some_and(|announced| announced > u64::try_from(max).unwrap_or(u64::MAX))
        {
            return Err(too_long(&self.endpoint));
        }
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > max.saturating_sub(whole.len()) {
                return Err(too_long(&self.endpoint));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes), and [`SourceError::Protocol`] when it is not the JSON expected. What it was is not in
    /// the error: it may be secret.
    pub async fn json<T: DeserializeOwned>(self, max: usize) -> Result<T, SourceError> {
        let (endpoint, status) = (self.endpoint.clone(), self.status);
        let bytes = self.bytes(max).await?;
        serde_json::from_slice(&bytes).map_err(|error| SourceError::Protocol {
            message: format!(
                "the answer of {endpoint} ({status}) cannot be understood: {} at line {}, column {}",
                kind(&error),
                error.line(),
                error.column()
            ),
        })
    }
}

/// Without the text of the error, which may quote the answer.
fn kind(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "it is no JSON",
        serde_json::error::Category::Data => "something is missing or of another kind",
        serde_json::error::Category::Eof => "it ends too soon",
    }
}

pub(super) fn broken(endpoint: &Endpoint, error: &hyper::Error) -> SourceError {
    if error.is_parse() || error.is_parse_too_large() {
        return SourceError::Protocol { message: format!("{endpoint} does not answer as an HTTP server") };
    }
    let message = if error.is_incomplete_message() || error.is_body_write_aborted() {
        format!("{endpoint} hung up in the middle of an answer")
    } else {
        format!("the connection to {endpoint} was lost")
    };
    SourceError::Unreachable { message, hint: None }
}
