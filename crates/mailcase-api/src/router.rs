//! Puts the routes together with everything that surrounds them.

use crate::observe::{observe, panicked};
use crate::state::ApiState;
use crate::{announcements, health, openapi, routes, ui};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::sync::{Arc, LazyLock};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

/// Largest request body: settings with a few certificates are some 20 KiB.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 20;

/// The document, made once.
static DOCUMENT: LazyLock<serde_json::Value> = LazyLock::new(|| openapi::finish(routes::all().get_openapi()));

/// The OpenAPI 3.1 document of the API, as `GET /api/v1/openapi.json` serves it.
#[must_use]
pub fn openapi_json() -> String {
    let mut text = serde_json::to_string_pretty(&*DOCUMENT).unwrap_or_default();
    text.push('\n');
    text
}

pub(crate) fn document() -> &'static serde_json::Value {
    &DOCUMENT
}

/// The whole web side: the API, its documentation, health and metrics, the interface.
pub fn router(state: ApiState) -> Router {
    let (api, _) = routes::all().split_for_parts();
    Router::new()
        .nest(openapi::BASE_PATH, api)
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/announcements/{kind}/{connector}", post(announcements::take))
        .fallback(ui::serve)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new().compress_when(compressible()))
        .layer(from_fn_with_state(Arc::clone(&state.config), observe))
        .with_state(state)
}

/// Evidence is sent as it is: packing attackers' bytes costs time and saves little. Event streams are not held up.
fn compressible() -> impl Predicate {
    DefaultPredicate::new().and(|_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        !headers.contains_key(header::CONTENT_DISPOSITION)
    })
}
