//! The CONNECT method (RFC 9110 §9.3.6).

use super::{beyond, hung_up, no_proxy, not_permitted, not_signed_in};
use crate::carrier::ProxyStream;
use crate::endpoint::Endpoint;
use crate::retry_after::retry_after;
use bytes::Bytes;
use futures::future::{Either, select};
use http::header::{HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mailcase_mail::SourceError;
use std::pin::pin;

/// The head of a proxy's answer is a few hundred bytes; error pages follow it and are not read. The smallest hyper takes.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// How Squid says why it cannot reach a server.
const SQUID_ERROR: &str = "x-squid-error";

/// Asks for a tunnel. Also returns what was read beyond the answer: the server may speak first.
pub(super) async fn open(
    stream: ProxyStream,
    proxy: &Endpoint,
    target: &Endpoint,
    authorization: Option<&HeaderValue>,
) -> Result<(ProxyStream, Bytes), SourceError> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(ANSWER_MAX_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(proxy, &error))?;
    let request = request(target, authorization)?;
    let asking = pin!(sender.send_request(request));
    let driving = pin!(connection.without_shutdown());
    let parts = match select(asking, driving).await {
        Either::Left((answer, driving)) => {
            verdict(answer, proxy, target, authorization.is_some())?;
            driving.await
        }
        Either::Right((parts, asking)) => {
            verdict(asking.await, proxy, target, authorization.is_some())?;
            parts
        }
    };
    let parts = parts.map_err(|error| broken(proxy, &error))?;
    Ok((parts.io.into_inner(), parts.read_buf))
}

fn request(
    target: &Endpoint,
    authorization: Option<&HeaderValue>,
) -> Result<Request<Empty<Bytes>>, SourceError> {
    let authority = target.to_string();
    let mut request =
        Request::builder().method(Method::CONNECT).uri(authority.as_str()).header(HOST, authority.as_str());
    if let Some(authorization) = authorization {
        request = request.header(PROXY_AUTHORIZATION, authorization);
    }
    request.body(Empty::new()).map_err(|_| SourceError::Settings {
        message: format!("the server {target} cannot be asked for through an HTTP proxy"),
    })
}

fn verdict(
    answer: hyper::Result<Response<Incoming>>,
    proxy: &Endpoint,
    target: &Endpoint,
    told: bool,
) -> Result<(), SourceError> {
    let answer = answer.map_err(|error| broken(proxy, &error))?;
    let status = answer.status();
    match status {
        _ if status.is_success() => Ok(()),
        // 401 is for servers, but some proxies (tinyproxy) say it to a wrong password.
        StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::UNAUTHORIZED => {
            Err(if offers_basic(answer.headers()) {
                not_signed_in(proxy, told)
            } else {
                no_common_way(proxy)
            })
        }
        StatusCode::FORBIDDEN => Err(not_permitted(proxy, target)),
        StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::NOT_IMPLEMENTED
        | StatusCode::BAD_REQUEST
        | StatusCode::NOT_FOUND => Err(SourceError::Unsupported {
            message: format!("{proxy} does not open a way to {target}: it answers {status} to CONNECT"),
            hint: Some("Check whether this is a proxy, and whether it permits CONNECT.".to_owned()),
        }),
        StatusCode::TOO_MANY_REQUESTS => Err(SourceError::Throttled {
            message: format!("the proxy {proxy} asks for patience ({status})"),
            retry_after: retry_after(answer.headers()),
        }),
        _ if status.is_server_error() => Err(SourceError::Unreachable {
            message: format!("the proxy {proxy} cannot reach {target}: {}", reason(&answer)),
            hint: beyond(target),
        }),
        _ => Err(SourceError::Unreachable {
            message: format!("the proxy {proxy} opened no way to {target}: it answers {status}"),
            hint: Some("Ask the administrator of the proxy what its log says.".to_owned()),
        }),
    }
}

/// Whether user name and password would help. A proxy that names no way at all is taken to mean this one.
fn offers_basic(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(PROXY_AUTHENTICATE).iter().peekable();
    named.peek().is_none()
        || named.any(|way| {
            way.to_str().is_ok_and(|ways| {
                ways.split(',').any(|way| {
                    way.split_whitespace().next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
                })
            })
        })
}

fn no_common_way(proxy: &Endpoint) -> SourceError {
    SourceError::Unsupported {
        message: format!("the proxy {proxy} does not take user name and password, only other ways of signing in"),
        hint: Some(
            "Have the proxy's administrator permit Basic authentication for this user, or let this machine through \
             without signing in."
                .to_owned(),
        ),
    }
}

fn reason(answer: &Response<Incoming>) -> String {
    let squid = answer.headers().get(SQUID_ERROR).and_then(|value| value.to_str().ok());
    let reason = match squid.and_then(|value| value.split_whitespace().next()) {
        Some("ERR_DNS_FAIL") => "it cannot look up the name",
        // What Squid 5 says of a name it cannot look up, and of nothing else that is common.
        Some("ERR_CANNOT_FORWARD") => {
            "it finds no way there, which mostly means that it cannot look up the name"
        }
        Some("ERR_CONNECT_FAIL") => "nobody takes its connection",
        _ if answer.status() == StatusCode::GATEWAY_TIMEOUT => "nobody answers it in time",
        _ => return format!("it answers {}", answer.status()),
    };
    format!("{reason} ({})", answer.status())
}

fn broken(proxy: &Endpoint, error: &hyper::Error) -> SourceError {
    if error.is_parse() || error.is_parse_too_large() {
        return no_proxy(proxy, "an HTTP");
    }
    hung_up(proxy)
}
