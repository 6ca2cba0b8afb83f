//! `$batch`: up to twenty requests in one, each answered for itself.

use super::super::http::{Refusal, Reply, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const REQUESTS_MAX: usize = 20;

/// Serves each request by `each`, in order; one that depends on a failed one is not served.
pub(crate) fn serve(request: &Request, mut each: impl FnMut(&Request) -> Reply) -> Result<Reply, Refusal> {
    if request.method != Method::POST {
        let message = "The HTTP method is not supported for $batch.";
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "BadRequest", message));
    }
    let body = request.object()?;
    let Some(items) = body.get("requests").and_then(Value::as_array).filter(|items| !items.is_empty()) else {
        return Err(invalid("Invalid batch payload format."));
    };
    if items.len() > REQUESTS_MAX {
        return Err(invalid("Number of batch request steps exceeds the maximum value of 20."));
    }
    let mut statuses: BTreeMap<String, StatusCode> = BTreeMap::new();
    let mut responses = Vec::new();
    for item in items {
        let id = item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if id.is_empty() || statuses.contains_key(&id) {
            return Err(invalid("Batch request IDs must be present and unique."));
        }
        let inner = inner_request(request, item)?;
        let needs = item.get("dependsOn").and_then(Value::as_array).into_iter().flatten();
        let mut unmet = false;
        for needed in needs.filter_map(Value::as_str) {
            match statuses.get(needed) {
                None => return Err(invalid("Batch request depends on one that does not come before it.")),
                Some(status) => unmet |= !status.is_success(),
            }
        }
        let reply = if unmet {
            let message = "The request depends on one that failed.";
            Refusal::new(StatusCode::FAILED_DEPENDENCY, "FailedDependency", message)
                .into_reply(jiff::Timestamp::now())
        } else {
            each(&inner)
        };
        statuses.insert(id.clone(), reply.status);
        responses.push(shown(&id, &reply));
    }
    Ok(Reply::ok(&json!({"responses": responses})))
}

fn invalid(message: &str) -> Refusal {
    Refusal::bad_request("BadRequest", message)
}

fn inner_request(outer: &Request, item: &Value) -> Result<Request, Refusal> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let method = text("method").and_then(|method| method.to_ascii_uppercase().parse::<Method>().ok());
    let (Some(method), Some(url)) = (method, text("url")) else {
        return Err(invalid("A batch request needs a method and a URL."));
    };
    // The SDKs write the URL relative to the version; some begin with a slash and some do not.
    let url = format!("/{}", url.trim_start_matches('/'));
    let mut headers = HeaderMap::new();
    for (name, value) in item.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            headers.append(name, value);
        }
    }
    let body = match item.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(_) if !headers.contains_key("content-type") => {
            return Err(invalid("A batch request with a body needs a Content-Type header."));
        }
        Some(Value::String(text)) => Bytes::from(text.clone()),
        Some(object) => Bytes::from(object.to_string()),
    };
    Ok(Request::new(method, &outer.base, &url, headers, body))
}

fn shown(id: &str, reply: &Reply) -> Value {
    let mut headers = Map::new();
    for (name, value) in &reply.headers {
        let name = if *name == "retry-after" { "Retry-After" } else { name };
        headers.insert(name.to_owned(), json!(value));
    }
    let mut shown = json!({"id": id, "status": reply.status.as_u16()});
    let Some(fields) = shown.as_object_mut() else { return shown };
    if let Some(kind) = reply.content_type {
        headers.insert("Content-Type".to_owned(), json!(kind));
        // What is no JSON travels as base64.
        let body = if kind.starts_with("application/json") {
            serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
        } else {
            json!(STANDARD.encode(&reply.body))
        };
        fields.insert("body".to_owned(), body);
    }
    fields.insert("headers".to_owned(), Value::Object(headers));
    shown
}
