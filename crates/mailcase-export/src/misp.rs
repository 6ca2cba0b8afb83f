//! A MISP event (MISP core format): one attribute per indicator.

use crate::names::{named, sane, word};
use crate::{Export, Item, Verdict, line};
use mailcase_indicators::Kind;
use serde_json::{Value, json};

/// The event as MISP imports it. Not published, for the own organization alone: who imports it decides on more.
#[must_use]
pub fn misp(export: &Export) -> Value {
    let made_at = sane(export.made_at);
    let malicious = export.items.iter().any(|item| item.verdict == Some(Verdict::Malicious));
    let uuid = named(export.organization.id, "event", &export.subject.to_string());
    let attributes: Vec<Value> =
        export.items.iter().filter_map(|item| attribute(item, uuid, export)).collect();
    json!({ "Event": {
        "uuid": uuid,
        "info": title(&export.title),
        "date": made_at.strftime("%Y-%m-%d").to_string(),
        "timestamp": made_at.as_second().to_string(),
        "threat_level_id": if malicious { "2" } else { "4" },
        "analysis": "1",
        "distribution": "0",
        "published": false,
        "Orgc": { "name": title(&export.organization.name), "uuid": export.organization.id },
        "Attribute": attributes,
        "Tag": [{ "name": "mailcase:source=\"e-mail\"" }],
    } })
}

fn title(text: &str) -> String {
    let title = line(text);
    if title.trim().is_empty() { "Indicators".to_owned() } else { title }
}

fn attribute(item: &Item, event: uuid::Uuid, export: &Export) -> Option<Value> {
    let value = line(&item.value).trim().to_owned();
    if value.is_empty() {
        return None;
    }
    let Form { name, category, detects } = form(item);
    let malicious = item.verdict == Some(Verdict::Malicious);
    let tags = item.verdict.map(|verdict| json!({ "name": format!("mailcase:mark=\"{}\"", verdict.word()) }));
    Some(json!({
        "uuid": named(event, word(item.kind), &item.value),
        "type": name,
        "category": category,
        "value": value,
        "to_ids": detects && malicious,
        "comment": comment(item),
        "distribution": "5",
        "timestamp": sane(item.judged_at.unwrap_or(export.made_at)).as_second().to_string(),
        "Tag": tags.into_iter().collect::<Vec<_>>(),
    }))
}

fn comment(item: &Item) -> String {
    let mut parts = Vec::new();
    if !item.note.trim().is_empty() {
        parts.push(line(&item.note));
    }
    if let Some(detail) = &item.detail {
        parts.push(line(detail));
    }
    if item.kind == Kind::PaymentCard {
        parts.push("payment card, masked".to_owned());
    }
    if !item.places.is_empty() {
        parts.push(format!("seen in {}", line(&item.places.join(", "))));
    }
    parts.join("; ")
}

/// What MISP calls it.
struct Form {
    name: &'static str,
    category: &'static str,
    /// Whether an intrusion detection system can look for it.
    detects: bool,
}

fn form(item: &Item) -> Form {
    let of = |name, category, detects| Form { name, category, detects };
    match item.kind {
        Kind::Ipv4 | Kind::Ipv6 => of("ip-dst", "Network activity", true),
        Kind::Url => of("url", "Network activity", true),
        Kind::Domain => of("domain", "Network activity", true),
        Kind::Email => of("email", "Payload delivery", true),
        Kind::Md5 => of("md5", "Payload delivery", true),
        Kind::Sha1 => of("sha1", "Payload delivery", true),
        Kind::Sha256 => of("sha256", "Payload delivery", true),
        Kind::Sha512 => of("sha512", "Payload delivery", true),
        Kind::FileName => of("filename", "Payload delivery", true),
        Kind::RegistryPath => of("regkey", "Persistence mechanism", true),
        Kind::Cve => of("vulnerability", "External analysis", false),
        Kind::CryptoAddress => match item.detail.as_deref() {
            Some("bitcoin") => of("btc", "Financial fraud", true),
            Some("monero") => of("xmr", "Financial fraud", true),
            Some("dash") => of("dash", "Financial fraud", true),
            _ => of("text", "Financial fraud", false),
        },
        Kind::Phone => of("phone-number", "Person", false),
        Kind::DateTime => of("text", "Other", false),
        Kind::PaymentCard => of("text", "Financial fraud", false),
    }
}
