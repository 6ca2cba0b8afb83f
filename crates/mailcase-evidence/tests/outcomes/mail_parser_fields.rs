//! The vectors for single header fields that mail-parser (Rust) publishes.

use crate::corpus::source;
use crate::judge::Tally;
use crate::mail_parser_trees::{addresses, timestamp};
use mailcase_evidence::{Evidence, Means, examine};
use serde_json::Value;
use std::path::Path;

const SOURCE: &str = "stalwartlabs+mail-parser";

fn vectors(folder: &Path, name: &str) -> Vec<(String, Value)> {
    let bytes = std::fs::read(folder.join(format!("resources/{name}.json"))).unwrap();
    let vectors: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    vectors
        .into_iter()
        .map(|one| (one["header"].as_str().unwrap().to_owned(), one["expected"].clone()))
        .collect()
}

/// A message of this one field.
fn with(name: &str, value: &str) -> Evidence {
    examine(format!("{name}: {value}\n\n").as_bytes(), &Means::default())
}

fn place(name: &str, value: &str) -> String {
    format!("{name} {value:?}")
}

#[test]
fn fields_are_those_of_mail_parser() {
    let Some(folder) = source(SOURCE) else { return };
    let mut tally = Tally::new("mail-parser, header fields");
    for (value, expected) in vectors(&folder, "address") {
        let ours = with("To", &value).envelope.to;
        tally.same(&place("address", &value), ours, addresses(&expected));
    }
    for (value, expected) in vectors(&folder, "date") {
        tally.same(&place("date", &value), with("Date", &value).envelope.date, timestamp(&expected));
    }
    for (value, expected) in vectors(&folder, "id") {
        let expected: Vec<String> = serde_json::from_value(expected).unwrap_or_default();
        tally.same(&place("id", &value), with("References", &value).envelope.references, expected);
    }
    for (value, expected) in vectors(&folder, "unstructured") {
        let subject = with("Subject", &value).envelope.subject;
        tally.same(&place("unstructured", &value), subject.as_deref(), expected.as_str().or(Some("")));
    }
    for (value, expected) in vectors(&folder, "content_type") {
        let root = with("Content-Type", &value).root;
        let part = |key: &str| expected[key].as_str().unwrap_or_default().to_ascii_lowercase();
        let full = if expected["c_subtype"].is_null() {
            part("c_type")
        } else {
            format!("{}/{}", part("c_type"), part("c_subtype"))
        };
        tally.compare(&place("content type", &value), root.content_type, full, |_, theirs| {
            theirs.is_empty().then_some("what names no type is text/plain (RFC 2045 §5.2)")
        });
        let attribute = |name: &str| {
            let found = expected["attributes"].as_array()?.iter().find(|one| one[0] == name)?;
            Some(found[1].as_str()?.trim().to_owned()).filter(|value| !value.is_empty())
        };
        tally.compare(&place("name", &value), root.name, attribute("name"), |_, _| without_type(&value));
        let charset = attribute("charset").map(|name| name.to_ascii_lowercase());
        tally.compare(&place("charset", &value), root.charset, charset, |_, _| without_type(&value));
    }
    for (value, expected) in vectors(&folder, "received") {
        received(&mut tally, &value, &expected);
    }
    tally.finish(500);
}

fn without_type(value: &str) -> Option<&'static str> {
    value
        .trim_start()
        .starts_with(';')
        .then_some("parameters count, also where the type before them is missing")
}

fn received(tally: &mut Tally, value: &str, expected: &Value) {
    let evidence = with("Received", value);
    let hop = evidence.received.first().cloned().unwrap_or_default();
    let host = |key: &str| {
        let host = expected.get(key)?;
        let text = host.get("Name").or_else(|| host.get("IpAddr"))?;
        Some(text.as_str()?.to_owned())
    };
    let text = |key: &str| Some(expected.get(key)?.as_str()?.to_owned());
    for (name, ours, theirs) in [
        ("from", hop.from, host("from")),
        ("from ip", hop.from_ip, text("from_ip")),
        ("by", hop.by, host("by")),
        ("with", hop.with, text("with")),
        ("id", hop.id, text("id")),
        ("for", hop.recipient, text("for_")),
    ] {
        tally.same(&place(name, value), ours, theirs);
    }
    let date = expected.get("date").and_then(timestamp);
    tally.same(&place("received date", value), hop.date, date);
}
