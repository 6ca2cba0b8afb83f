//! The OpenAPI document beside the interface's sources is the one the code makes.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_document_of_the_interface_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/api/openapi.json");
    let made = crate::openapi_json();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "ui/src/api/openapi.json is stale: run the tests of mailcase-api with UPDATE_OPENAPI=1"
    );
}

#[test]
fn every_operation_says_what_it_is_and_how_it_fails() {
    let document = crate::router::document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name}");
            assert!(operation["security"].is_array(), "{name}");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{name}");
        }
    }
}

/// What is to be an object and a string at once is no value at all: programs made from the document could send none.
#[test]
fn no_schema_contradicts_itself() {
    let mut wrong = Vec::new();
    contradictions(crate::router::document(), &mut wrong);
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn contradictions<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            let parts = map.get("allOf").and_then(Value::as_array).into_iter().flatten();
            let types: BTreeSet<_> = parts.filter_map(|part| part["type"].as_str()).collect();
            if types.len() > 1 {
                found.push(value);
            }
            map.values().for_each(|value| contradictions(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| contradictions(value, found)),
        _ => {}
    }
}

#[test]
fn every_schema_referred_to_is_there() {
    let document = crate::router::document();
    let mut named = BTreeSet::new();
    crate::openapi::references(document, &mut named);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let missing: Vec<_> = named.iter().filter(|name| !schemas.contains_key(*name)).collect();
    assert!(named.contains("FieldError") && missing.is_empty(), "{missing:?}");
}
