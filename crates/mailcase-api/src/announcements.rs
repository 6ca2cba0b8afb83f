//! Calls of mail servers that tell of changes. Anybody can call here: what is said counts only with the secret the server
//! was given, and does no more than a poll.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use mailcase_core::ConnectorId;
use mailcase_engine::EngineHandle;
use mailcase_mail::{Announced, Announcement};
use uuid::Uuid;

/// More than a server has to tell at once.
const BODY_BYTES_MAX: usize = 256 << 10;

/// Answers what has to be echoed; everything else is accepted, so that strangers learn nothing.
pub(crate) async fn take(
    State(engine): State<EngineHandle>,
    Path((kind, connector)): Path<(String, Uuid)>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    if body.len() > BODY_BYTES_MAX {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let announcement = Announcement { query: query.unwrap_or_default(), body };
    match engine.announced(&kind, ConnectorId::from_uuid(connector), &announcement).await {
        Announced::Echo(text) => {
            let inert = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (inert, text).into_response()
        }
        Announced::Changed | Announced::Nothing => StatusCode::ACCEPTED.into_response(),
    }
}
