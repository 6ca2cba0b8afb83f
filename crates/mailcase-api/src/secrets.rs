//! Secrets of connectors on their way in. They never go out.

use crate::problem::Problem;
use mailcase_core::connector::{ConnectorSettings, FieldError};
use mailcase_mail::SourceKind;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Secrets by name.
pub(crate) type Secrets = BTreeMap<String, SecretString>;

/// The stored secrets the request says nothing about.
pub(crate) fn not_given(stored: &Secrets, given: &BTreeMap<String, Option<SecretString>>) -> Secrets {
    stored
        .iter()
        .filter(|(name, _)| !given.contains_key(*name))
        .map(|(name, secret)| (name.clone(), secret.clone()))
        .collect()
}

/// Sets the secrets given and takes away those given as null.
pub(crate) fn apply(secrets: &mut Secrets, given: BTreeMap<String, Option<SecretString>>) {
    for (name, secret) in given {
        match secret {
            Some(secret) => secrets.insert(name, secret),
            None => secrets.remove(&name),
        };
    }
}

/// Refuses to send stored secrets where they were not meant to go.
///
/// Whoever may change a connector may not read its secrets; pointed at another host they would be handed to
/// whoever runs it. Everything in `connection` counts as part of where they go, except lists of trusted
/// certificates, which the connection test offers to extend.
pub(crate) fn refuse_detour(
    kinds: &[SourceKind],
    saved: &ConnectorSettings,
    wanted: &ConnectorSettings,
    stored: &Secrets,
) -> Result<(), Problem> {
    if stored.is_empty() || !leads_elsewhere(kinds, saved, wanted) {
        return Ok(());
    }
    let message = "the settings lead elsewhere than the saved ones: type it in again, so that the stored one is not sent there";
    Err(Problem::fields(
        stored.keys().map(|name| FieldError::new(format!("secrets.{name}"), message)).collect(),
    ))
}

/// Whether a mailbox with these settings may be another one than with the saved ones, or be reached another way.
pub(crate) fn leads_elsewhere(
    kinds: &[SourceKind],
    saved: &ConnectorSettings,
    wanted: &ConnectorSettings,
) -> bool {
    let schema = kinds.iter().find(|kind| kind.kind == saved.kind).map(|kind| &kind.settings_schema);
    saved.kind != wanted.kind
        || destination(schema, &saved.connection) != destination(schema, &wanted.connection)
}

/// The settings without the certificates that are trusted, those of a proxy neither.
fn destination(schema: Option<&Value>, settings: &Map<String, Value>) -> Map<String, Value> {
    let of = |property: &str| schema.and_then(|schema| schema.get("properties")?.get(property));
    let is_trust = |property: &str| {
        of(property).and_then(|schema| schema.get("x-widget")).is_some_and(|widget| widget == "certificates")
    };
    let counting = settings.iter().filter(|(property, _)| !is_trust(property));
    counting
        .map(|(property, value)| match value {
            Value::Object(group) => (property.clone(), Value::Object(destination(of(property), group))),
            value => (property.clone(), value.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(connection: Value) -> ConnectorSettings {
        let value = json!({"name": "n", "api_name": "n", "kind": "imap", "connection": connection});
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn stored_secrets_go_nowhere_new() {
        let kinds = [SourceKind {
            kind: "imap",
            title: "",
            description: "",
            settings_schema: json!({"properties": {
                "pem": {"x-widget": "certificates"}, "host": {},
                "proxy": {"properties": {"pem": {"x-widget": "certificates"}, "host": {}}},
            }}),
            secrets: &[],
            successors: &[],
            mailbox: &[],
            default_folder: "",
            folders_ignore_case: false,
        }];
        let stored = Secrets::from([("password".to_owned(), SecretString::from("s"))]);
        let saved = settings(json!({"host": "a"}));
        for (wanted, refused) in [
            (json!({"host": "a"}), false),
            (json!({"host": "a", "pem": ["x"]}), false),
            (json!({"host": "b"}), true),
            (json!({"host": "a", "port": 1}), true),
            (json!({"host": "a", "proxy": {"host": "p"}}), true),
        ] {
            let wanted = settings(wanted);
            assert_eq!(refuse_detour(&kinds, &saved, &wanted, &stored).is_err(), refused, "{wanted:?}");
            assert!(refuse_detour(&kinds, &saved, &wanted, &Secrets::new()).is_ok());
        }
        let saved = settings(json!({"host": "a", "proxy": {"host": "p"}}));
        let trusting = settings(json!({"host": "a", "proxy": {"host": "p", "pem": ["x"]}}));
        assert!(!leads_elsewhere(&kinds, &saved, &trusting), "a certificate of the proxy is trusted");
        let elsewhere = settings(json!({"host": "a", "proxy": {"host": "q"}}));
        assert!(leads_elsewhere(&kinds, &saved, &elsewhere));
    }
}
