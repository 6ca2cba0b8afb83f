//! The OpenAPI 3.1 document, made from the routes themselves.

use crate::problem::{Facts, PROBLEM_JSON};
use mailcase_core::connector::FieldError;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Server};
use utoipa::{PartialSchema, ToSchema};

/// Where the API lives.
pub(crate) const BASE_PATH: &str = "/api/v1";

/// Name of the security scheme of browsers: the session cookie with the CSRF header.
pub(crate) const SESSION_SCHEME: &str = "session";
/// Name of the security scheme of programs: a personal API token.
pub(crate) const TOKEN_SCHEME: &str = "token";

/// What the routes are added to.
pub(crate) fn skeleton() -> OpenApi {
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        crate::cookie::NAME,
        "Set by `POST /session`. Requests that change something also need the header `X-CSRF-Token` with the \
         `csrf_token` of `GET /session`. Behind https the cookie's name starts with `__Host-`.",
    )));
    let token = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A personal API token, made with `POST /tokens`."))
            .build(),
    );
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Mailcase")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Mailboxes become cases. Times are RFC 3339 in UTC, ids are UUIDs, lists page by cursor. The names \
                     behind a security scheme are the permissions an operation needs. Errors are \
                     `application/problem+json` (RFC 9457): decide on `code`, show `detail`.",
                ))
                .build(),
        )
        .servers(Some([Server::new(BASE_PATH)]))
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme(SESSION_SCHEME, session)
                .security_scheme(TOKEN_SCHEME, token)
                .schema(Facts::name(), Facts::schema())
                // Only `Facts` refers to it, and no route names that: nothing else would bring it in.
                .schema(FieldError::name(), FieldError::schema())
                .build(),
        ))
        .build()
}

/// The document as it is served: with the error answer every operation shares, and with every field of an
/// answer marked as always present, which it is.
pub(crate) fn finish(api: &OpenApi) -> Value {
    let mut document = serde_json::to_value(api).unwrap_or_default();
    let problem = json!({
        "description": "It did not work; `code` says why",
        "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } }
    });
    let (mut asked, mut answered) = (BTreeSet::new(), BTreeSet::new());
    let operations = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, operation) in operations.filter_map(|(_, item)| item.as_object_mut()).flatten() {
        let Some(operation) = operation.as_object_mut() else { continue };
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.insert("default".to_owned(), problem.clone());
            responses.values().for_each(|response| references(response, &mut answered));
        }
        if let Some(body) = operation.get("requestBody") {
            references(body, &mut asked);
        }
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        close(schemas, &mut asked);
        close(schemas, &mut answered);
        for name in answered.difference(&asked) {
            if let Some(schema) = schemas.get_mut(name) {
                require_all(schema);
            }
        }
    }
    document
}

/// Names of the component schemas `value` refers to.
pub(crate) fn references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) =
                map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/components/schemas/"))
            {
                names.insert(name.to_owned());
            }
            map.values().for_each(|value| references(value, names));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}

/// Adds what the named schemas refer to, and so on.
fn close(schemas: &Map<String, Value>, names: &mut BTreeSet<String>) {
    let mut todo: Vec<String> = names.iter().cloned().collect();
    while let Some(name) = todo.pop() {
        let mut found = BTreeSet::new();
        if let Some(schema) = schemas.get(&name) {
            references(schema, &mut found);
        }
        todo.extend(found.into_iter().filter(|name| names.insert(name.clone())));
    }
}

/// Marks every property of an object schema, and of the schemas within it, as required.
fn require_all(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(properties) = map.get_mut("properties").and_then(Value::as_object_mut) {
        let names: Vec<Value> = properties.keys().cloned().map(Value::String).collect();
        properties.values_mut().for_each(require_all);
        map.insert("required".to_owned(), Value::Array(names));
    }
    for key in ["items", "oneOf", "allOf", "anyOf"] {
        match map.get_mut(key) {
            Some(Value::Array(schemas)) => schemas.iter_mut().for_each(require_all),
            Some(schema) => require_all(schema),
            None => {}
        }
    }
}
