//! What happens around every request: its id, its span, its metrics, the last look at its answer.

use crate::config::ApiConfig;
use crate::problem::{Kind, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What an answer of the API may do in a browser: nothing.
const API_CSP: &str = "default-src 'none'; frame-ancestors 'none'";
/// Two years, as the preload lists ask.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// The outermost layer.
pub(crate) async fn observe(State(config): State<Arc<ApiConfig>>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let started = Instant::now();
    let method = request.method().clone();
    // Templates only: paths hold ids, and every distinct label is a time series.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(interface)".to_owned(), |path| path.as_str().to_owned());
    let api = request.uri().path().starts_with("/api");
    let span = tracing::info_span!("request", %method, route, request_id = id);
    let answer = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let mut answer = if api { as_problem(answer, &id) } else { answer };
    headers(answer.headers_mut(), &config, api);
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    measure(&method, route, answer.status(), started);
    answer
}

fn measure(method: &Method, route: String, status: StatusCode, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    tracing::debug!(status = status.as_u16(), seconds, "answered");
    let method = match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PATCH" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let labels = [("method", method), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("mailcase_http_requests_total", &labels).increment(1);
    let [method, route, _] = labels;
    metrics::histogram!("mailcase_http_request_seconds", &[method, route]).record(seconds);
}

/// Gives problems their request id, logs their cause, and makes problems of error answers that are none yet
/// (the router's own, time limits).
fn as_problem(answer: Response, id: &str) -> Response {
    let problem = match answer.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if answer.status().is_client_error() || answer.status().is_server_error() => {
            plain(answer.status())
        }
        None => return answer,
    };
    let status = problem.status();
    match problem.cause() {
        Some(cause) if status.is_server_error() => {
            tracing::error!(code = problem.code(), %cause, "request failed");
        }
        Some(cause) => tracing::info!(code = problem.code(), %cause, "request refused"),
        None => tracing::debug!(code = problem.code(), "request refused"),
    }
    let mut rendered = problem.with_request_id(Some(id.to_owned())).render();
    // The old body is gone, and with it whatever described it.
    for name in [header::ALLOW, header::SET_COOKIE] {
        for value in answer.headers().get_all(&name) {
            rendered.headers_mut().append(name.clone(), value.clone());
        }
    }
    rendered
}

fn plain(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(Kind::NotFound, "there is nothing at this address"),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(Kind::MethodNotAllowed, "the address exists, but not with this method")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::TooLarge, "send less"),
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => {
            Problem::new(Kind::TimedOut, "the request was given up; try again, or ask for less at once")
        }
        status if status.is_client_error() => {
            Problem::new(Kind::MalformedQuery, "the request could not be understood")
        }
        status => Problem::internal(format!("answered {status} without saying why")),
    }
}

/// A handler panicked: the request fails, the server goes on.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    metrics::counter!("mailcase_http_panics_total").increment(1);
    Problem::internal("a handler panicked").into_response()
}

fn headers(headers: &mut HeaderMap, config: &ApiConfig, api: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if api {
        default(header::CONTENT_SECURITY_POLICY, API_CSP);
        default(header::CACHE_CONTROL, "no-store");
    }
    if config.https() {
        default(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
