//! The API explains itself.

use crate::{router, ui};
use axum::Json;
use axum::response::Response;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", security(()),
    responses((status = 200, description = "The OpenAPI document", body = Object)))]
pub(crate) async fn read_openapi() -> Json<&'static serde_json::Value> {
    Json(router::document())
}

/// A page to read this document with; it loads nothing from elsewhere.
#[utoipa::path(get, path = "/docs", tag = "documentation", security(()),
    responses((status = 307, description = "Where the page is")))]
pub(crate) async fn read_reference() -> Response {
    ui::reference()
}
