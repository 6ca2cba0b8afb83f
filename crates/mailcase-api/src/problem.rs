//! Every error answer of the API is one of these (RFC 9457). What the caller may know stands in the fields;
//! the internal cause travels beside them, is logged once with the request id, and is never shown.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mailcase_core::connector::FieldError;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// Media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// An error answer. Boxed: it travels in every result, and is rarely there.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Facts>);

/// What an error answer says.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Facts {
    /// `urn:mailcase:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The same for every problem of this code.
    title: &'static str,
    status: u16,
    /// Stable word to decide on.
    code: &'static str,
    /// What failed this time, and what to do next.
    detail: String,
    /// What is wrong with single fields of the request.
    errors: Vec<FieldError>,
    /// Names the request in the server's log.
    request_id: Option<String>,
    #[serde(skip)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    cause: Option<Cause>,
}

type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// What the API can answer instead of what was asked for. Code, status and title belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Invalid,
    MalformedBody,
    MalformedQuery,
    SignInNeeded,
    SignInFailed,
    CsrfMismatch,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    ReadOnly,
    TooLarge,
    UnsupportedMediaType,
    TooManyTries,
    TooManyStreams,
    TimedOut,
    MailboxFailed,
    KeyWrongPassword,
    KeyNotRecognized,
    KeyWithoutPrivateKey,
    KeyWithSeveralPrivateKeys,
    KeyWithoutCertificate,
    KeyUnsupported,
    KeyTooCostly,
    KeyDamaged,
    Corrupt,
    Unavailable,
    Internal,
}

impl Kind {
    const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Something in the request is not valid")
            }
            Self::MalformedBody => {
                (StatusCode::BAD_REQUEST, "malformed_body", "The body of the request cannot be read")
            }
            Self::MalformedQuery => {
                (StatusCode::BAD_REQUEST, "malformed_query", "The query of the request cannot be read")
            }
            Self::SignInNeeded => (StatusCode::UNAUTHORIZED, "sign_in_needed", "Nobody is signed in"),
            Self::SignInFailed => (StatusCode::UNAUTHORIZED, "sign_in_failed", "Sign-in failed"),
            Self::CsrfMismatch => (
                StatusCode::FORBIDDEN,
                "csrf_mismatch",
                "The request does not prove that it comes from the page",
            ),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "There is no such operation here")
            }
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "The request conflicts with what is there"),
            Self::ReadOnly => {
                (StatusCode::CONFLICT, "read_only", "This is declared in a file and read-only here")
            }
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body of the request is too large")
            }
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body of the request has the wrong type",
            ),
            Self::TooManyTries => (StatusCode::TOO_MANY_REQUESTS, "too_many_tries", "Too many tries"),
            Self::TooManyStreams => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "Too many open event streams")
            }
            Self::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "timed_out", "The request took too long"),
            Self::MailboxFailed => {
                (StatusCode::BAD_GATEWAY, "mailbox_failed", "The mailbox could not be used")
            }
            Self::KeyWrongPassword => key("key_wrong_password", "The password does not open the key file"),
            Self::KeyNotRecognized => key("key_not_recognized", "The file is no key file"),
            Self::KeyWithoutPrivateKey => {
                key("key_without_private_key", "There is no private key in the file")
            }
            Self::KeyWithSeveralPrivateKeys => {
                key("key_with_several_private_keys", "There are several private keys in the file")
            }
            Self::KeyWithoutCertificate => {
                key("key_without_certificate", "The certificate of the key is missing")
            }
            Self::KeyUnsupported => {
                key("key_unsupported", "The key file uses something that is not supported")
            }
            Self::KeyTooCostly => key("key_too_costly", "The key file takes too long to open"),
            Self::KeyDamaged => key("key_damaged", "The key file is damaged"),
            Self::Corrupt => (StatusCode::INTERNAL_SERVER_ERROR, "corrupt", "Stored bytes are damaged"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available right now"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
        }
    }
}

/// The request is well formed; the key file in it is not what is needed.
const fn key(code: &'static str, title: &'static str) -> (StatusCode, &'static str, &'static str) {
    (StatusCode::UNPROCESSABLE_ENTITY, code, title)
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, code, title) = kind.facts();
        Self(Box::new(Facts {
            kind: format!("urn:mailcase:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            request_id: None,
            retry_after: None,
            cause: None,
        }))
    }

    /// One field of the request is wrong.
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(field, message)])
    }

    /// Several fields of the request are wrong.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.message),
            _ => format!("{} fields are not valid", errors.len()),
        };
        let mut problem = Self::new(Kind::Invalid, detail);
        problem.0.errors = errors;
        problem
    }

    /// `what` starts with the article it needs: "no such case".
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no such {what}, or it belongs to somebody else"))
    }

    /// A failure of ours; `cause` goes to the log only.
    pub(crate) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(
            Kind::Internal,
            "the request failed on the server; the log names the cause under the request id",
        )
        .caused_by(cause)
    }

    pub(crate) fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    pub(crate) fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    pub(crate) fn cause(&self) -> Option<CauseChain<'_>> {
        self.0.cause.as_deref().map(|cause| CauseChain(cause))
    }

    /// The answer itself, without the note for the middleware.
    pub(crate) fn render(&self) -> Response {
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if self.0.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mailcase\""));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves itself in the response's extensions: the outermost layer adds the request id and logs the cause.
    fn into_response(self) -> Response {
        let mut response = self.render();
        response.extensions_mut().insert(self);
        response
    }
}

/// An error with everything behind it, on one line.
pub(crate) struct CauseChain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for CauseChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}
