//! A STIX 2.1 bundle: every value as a cyber-observable object where there is one for it, what somebody called malicious
//! as an indicator with its pattern.

mod observable;
mod pattern;

use crate::names::{named, sane, word};
use crate::{Export, Item, Verdict, line};
use jiff::Timestamp;
use mailcase_indicators::{Kind, defang_kind};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A person looked and decided: "high" on the scale of STIX 2.1, appendix A.
const CONFIDENCE: u8 = 85;
/// Most that can be said to have been observed.
const OBSERVED_MAX: u64 = 999_999_999;
/// Characters of an object's name.
const NAME_CHARS: usize = 200;

/// The bundle.
#[must_use]
pub fn stix(export: &Export) -> Value {
    let mut bundle = Bundle::new(export);
    for item in &export.items {
        bundle.add(item);
    }
    bundle.finish()
}

struct Bundle<'a> {
    export: &'a Export,
    identity: String,
    objects: Vec<Value>,
    /// Of observables that are there already: two values may be written the same way.
    known: BTreeSet<String>,
    /// Observables nobody called malicious, and when they were seen.
    others: Vec<String>,
    seen: Vec<Timestamp>,
    /// What has no object of its own.
    rest: Vec<String>,
}

impl<'a> Bundle<'a> {
    fn new(export: &'a Export) -> Self {
        let organization = &export.organization;
        let identity = format!("identity--{}", named(organization.id, "identity", ""));
        let mut bundle = Self {
            export,
            identity: identity.clone(),
            objects: Vec::new(),
            known: BTreeSet::new(),
            others: Vec::new(),
            seen: Vec::new(),
            rest: Vec::new(),
        };
        let facts = json!({ "name": name(&organization.name), "identity_class": "organization" });
        bundle.domain_object("identity", identity, organization.since, facts);
        bundle
    }

    fn domain_object(&mut self, kind: &str, id: String, at: Timestamp, facts: Value) {
        let at = time(at);
        let mut object = Map::new();
        object.insert("type".to_owned(), json!(kind));
        object.insert("spec_version".to_owned(), json!("2.1"));
        if id != self.identity {
            object.insert("created_by_ref".to_owned(), json!(self.identity));
        }
        object.insert("id".to_owned(), json!(id));
        object.insert("created".to_owned(), json!(at));
        object.insert("modified".to_owned(), json!(at));
        if let Value::Object(facts) = facts {
            object.extend(facts);
        }
        self.objects.push(Value::Object(object));
    }

    fn id(&self, kind: &str, key: &str) -> String {
        format!("{kind}--{}", named(self.export.organization.id, kind, key))
    }

    fn add(&mut self, item: &Item) {
        if item.kind == Kind::Cve {
            return self.vulnerability(item);
        }
        let pattern =
            pattern::of(item.kind, &item.value).filter(|_| item.verdict == Some(Verdict::Malicious));
        let observable = observable::of(item.kind, &item.value);
        if observable.is_none() && pattern.is_none() {
            self.rest.push(format!("{}: {}", word(item.kind), line(&defang_kind(item.kind, &item.value))));
        }
        let observed = observable.map(|object| self.observable(object));
        let seen = sane(item.last_seen.unwrap_or(self.export.made_at));
        let Some(pattern) = pattern else {
            if let Some(id) = observed {
                self.others.push(id);
                self.seen.push(seen);
            }
            return;
        };
        let indicator = self.indicator(item, &pattern);
        if let Some(id) = observed {
            let data = self.observed_data(&id, std::slice::from_ref(&id), (seen, seen), item.messages);
            let relation = self.id("relationship", &format!("{indicator} {data}"));
            let facts =
                json!({ "relationship_type": "based-on", "source_ref": indicator, "target_ref": data });
            self.domain_object("relationship", relation, self.export.made_at, facts);
        }
    }

    fn observable(&mut self, object: Value) -> String {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if self.known.insert(id.clone()) {
            self.objects.push(object);
        }
        id
    }

    fn indicator(&mut self, item: &Item, pattern: &str) -> String {
        let id = self.id("indicator", pattern);
        let at = sane(item.judged_at.unwrap_or(self.export.made_at));
        let shown = name(&defang_kind(item.kind, &item.value));
        let description = match item.note.trim() {
            "" => format!("Marked malicious by {}.", name(&self.export.organization.name)),
            note => line(note),
        };
        let facts = json!({
            "name": shown,
            "description": description,
            "indicator_types": ["malicious-activity"],
            "pattern": pattern,
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": time(at),
            "confidence": CONFIDENCE,
        });
        if self.known.insert(id.clone()) {
            self.domain_object("indicator", id.clone(), at, facts);
        }
        id
    }

    fn observed_data(
        &mut self,
        key: &str,
        ids: &[String],
        (first, last): (Timestamp, Timestamp),
        count: u64,
    ) -> String {
        let made = self.export.made_at.as_microsecond();
        let id = self.id("observed-data", &format!("{} {made} {key}", self.export.subject));
        let facts = json!({
            "first_observed": time(first),
            "last_observed": time(last),
            "number_observed": count.clamp(1, OBSERVED_MAX),
            "object_refs": ids,
        });
        if self.known.insert(id.clone()) {
            self.domain_object("observed-data", id.clone(), self.export.made_at, facts);
        }
        id
    }

    fn vulnerability(&mut self, item: &Item) {
        let value = line(&item.value);
        if !is_cve(&value) {
            return self.rest.push(format!("{}: {value}", word(item.kind)));
        }
        let id = self.id("vulnerability", &value);
        let since = self.export.organization.since;
        let reference = json!([{ "source_name": "cve", "external_id": value }]);
        if self.known.insert(id.clone()) {
            let facts = json!({ "name": value, "external_references": reference });
            self.domain_object("vulnerability", id, since, facts);
        }
    }

    fn finish(mut self) -> Value {
        let made = self.export.made_at;
        let key = format!("{} {}", self.export.subject, made.as_microsecond());
        if !self.others.is_empty() {
            let mut others = std::mem::take(&mut self.others);
            others.sort_unstable();
            others.dedup();
            let first = self.seen.iter().min().copied().unwrap_or(made);
            let last = self.seen.iter().max().copied().unwrap_or(made);
            self.observed_data("others", &others, (first, last), 1);
        }
        if !self.rest.is_empty() {
            let id = self.id("note", &key);
            let facts = json!({
                "abstract": "Indicators without an object in STIX",
                "content": self.rest.join("\n"),
                "object_refs": [self.identity],
            });
            self.domain_object("note", id, made, facts);
        }
        let refs: BTreeSet<String> = self
            .objects
            .iter()
            .filter_map(|object| object.get("id").and_then(Value::as_str).map(str::to_owned))
            .collect();
        let malicious = self.objects.iter().any(|object| object.get("type") == Some(&json!("indicator")));
        let facts = json!({
            "name": name(&self.export.title),
            "report_types": [if malicious { "indicator" } else { "observed-data" }],
            "published": time(made),
            "object_refs": refs,
        });
        let report = self.id("report", &key);
        self.domain_object("report", report, made, facts);
        let id = format!("bundle--{}", named(self.export.organization.id, "bundle", &key));
        json!({ "type": "bundle", "id": id, "objects": self.objects })
    }
}

/// `CVE-`, a year, four digits or more.
fn is_cve(value: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    value.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4 && digits(year) && (4..=19).contains(&number.len()) && digits(number)
    })
}

fn name(text: &str) -> String {
    let name: String = line(text).chars().take(NAME_CHARS).collect();
    if name.trim().is_empty() { "Indicators".to_owned() } else { name }
}

fn time(at: Timestamp) -> String {
    sane(at).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The identifier of a cyber-observable object (STIX 2.1, 2.9): of the canonical JSON of what tells it from others.
fn observable_id(kind: &str, contributing: &Value) -> String {
    const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);
    // Objects of one or two keys and texts: as serde writes them is as RFC 8785 does.
    let canonical = contributing.to_string();
    format!("{kind}--{}", Uuid::new_v5(&NAMESPACE, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_the_standard() {
        for (kind, contributing, want) in [
            // From the examples of STIX 2.1 and made with Python's uuid5.
            ("ipv4-addr", json!({"value": "198.51.100.3"}), "28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
            ("domain-name", json!({"value": "example.com"}), "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
            ("email-addr", json!({"value": "john@example.com"}), "7165e2a9-671f-585d-b1e1-ca59c671d934"),
        ] {
            assert_eq!(observable_id(kind, &contributing), format!("{kind}--{want}"));
        }
    }
}
