//! One request and its answer, as everything behind the wire sees them: the wire itself and `$batch` make the same.

use super::query::Query;
use bytes::Bytes;
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

/// A request, its path already taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Scheme, host and version as the client wrote them: links in answers begin with it.
    pub(crate) base: String,
    /// The path behind the version, as it was written: links in answers repeat it.
    pub(crate) raw_path: String,
    /// Decoded; keys in parentheses are segments of their own, `()` and namespaces of functions are gone.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// `path_and_query` is what follows the version: `/me/messages?$top=1`.
    pub(crate) fn new(
        method: Method,
        base: &str,
        path_and_query: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Self {
            method,
            base: base.to_owned(),
            raw_path: path.to_owned(),
            segments: segments(path),
            query: Query::parse(query),
            headers,
            body,
        }
    }

    /// A header as text, empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What all `Prefer` headers together ask for under `name`, unquoted (RFC 7240 §2).
    pub(crate) fn preference(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split([',', ';']))
            .filter_map(|preference| preference.trim().split_once('='))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().trim_matches('"').to_owned())
    }

    pub(crate) fn wants_immutable_ids(&self) -> bool {
        self.preference("IdType").is_some_and(|kind| kind.eq_ignore_ascii_case("ImmutableId"))
    }

    /// Whether the body is MIME in base64, as `Content-Type: text/plain` says.
    pub(crate) fn carries_mime(&self) -> bool {
        self.header("content-type").to_ascii_lowercase().starts_with("text/plain")
    }

    /// The body as a JSON object; an empty one is an empty object.
    pub(crate) fn object(&self) -> Result<Value, Refusal> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        match serde_json::from_slice(&self.body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err(Refusal::bad_request("BadRequest", "Unable to read JSON request payload.")),
        }
    }
}

/// `users('a')/messages('b')/microsoft.graph.delta()` and `users/a/messages/b/delta` are the same.
fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let part = percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        match part.strip_suffix(')').and_then(|part| part.split_once('(')) {
            Some((name, key)) => {
                found.push(name.rsplit('.').next().unwrap_or(name).to_owned());
                let key = key.trim_matches('\'');
                if !key.is_empty() {
                    found.push(key.to_owned());
                }
            }
            None => found.push(part.strip_prefix("microsoft.graph.").unwrap_or(&part).to_owned()),
        }
    }
    found
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Absent for answers without a body: real clients break on a JSON content type there.
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Bytes,
    /// The message whose MIME this is.
    pub(crate) mime_of: Option<String>,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: Some(
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            ),
            body: Bytes::from(value.to_string()),
            mime_of: None,
        }
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(crate) fn created(value: &Value) -> Self {
        Self::json(StatusCode::CREATED, value)
    }

    pub(crate) const fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content_type: None, body: Bytes::new(), mime_of: None }
    }

    pub(crate) const fn bytes(content_type: &'static str, body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            content_type: Some(content_type),
            body,
            mime_of: None,
        }
    }
}

/// Why a request is refused, in the server's words.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), headers: Vec::new() }
    }

    pub(crate) fn bad_request(code: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ErrorItemNotFound",
            "The specified object was not found in the store.",
        )
    }

    pub(crate) fn malformed_id() -> Self {
        Self::bad_request("ErrorInvalidIdMalformed", "Id is malformed.")
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_reply(self, now: jiff::Timestamp) -> Reply {
        let body = json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                "request-id": "00000000-0000-4000-8000-000000000001",
                "client-request-id": "00000000-0000-4000-8000-000000000002",
            },
        }});
        let mut reply = Reply::json(self.status, &body);
        reply.headers = self.headers;
        reply
    }
}

/// What serving a request comes to.
pub(crate) type Answer = Result<Reply, Refusal>;
