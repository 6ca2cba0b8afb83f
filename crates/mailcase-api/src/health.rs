//! Health for whoever runs us: alive, ready, measured.

use crate::client::Client;
use crate::config::ApiConfig;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mailcase_store::Store;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long the database and the blob store may take to answer before we count as not ready.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// The process runs.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// The database and the blob store answer.
pub(crate) async fn ready(State(store): State<Store>) -> Response {
    match tokio::time::timeout(READY_WITHIN, store.ready()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database or the blob store does not work; see the log\n")
                .into_response()
        }
        Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the database or the blob store does not answer in time\n")
                .into_response()
        }
    }
}

/// Metrics in the text format of Prometheus, for whoever has the token; without one, for this machine only.
pub(crate) async fn metrics(
    State(config): State<Arc<ApiConfig>>,
    client: Client,
    headers: HeaderMap,
) -> Response {
    let Some(handle) = &config.metrics else {
        return (StatusCode::NOT_FOUND, "metrics are switched off\n").into_response();
    };
    let allowed = match &config.metrics_token {
        Some(token) => headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
            .is_some_and(|given| given.ct_eq(token.expose_secret().as_bytes()).into()),
        None => client.local,
    };
    if !allowed {
        return (StatusCode::FORBIDDEN, "metrics need the metrics token, or a request from this machine\n")
            .into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}
