//! Every mistake in a connector's settings at once: the common ones, those of its protocol, missing secrets.

use crate::remote::{Secrets, watched_folders};
use mailcase_core::connector::{ConnectorSettings, Disposition, FieldError};
use mailcase_mail::SourceKind;

/// Checks `settings` without connecting to anything. `secrets` are those that will be stored.
pub(crate) fn validate(
    kinds: &[SourceKind],
    settings: &ConnectorSettings,
    secrets: &Secrets,
) -> Vec<FieldError> {
    let mut errors = settings.validate();
    let Some(kind) = kinds.iter().find(|kind| kind.kind == settings.kind) else {
        let known: Vec<&str> = kinds.iter().map(|kind| kind.kind).collect();
        errors.push(FieldError::new(
            "kind",
            format!("`{}` is no known kind; known are: {}", settings.kind, known.join(", ")),
        ));
        return errors;
    };
    errors.extend(moves_in_circles(settings, kind));
    let connection = serde_json::Value::Object(settings.connection.clone());
    match jsonschema::validator_for(&kind.settings_schema) {
        Ok(validator) => errors.extend(validator.iter_errors(&connection).map(|error| {
            let path = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
            let field = if path.is_empty() { "connection".to_owned() } else { format!("connection.{path}") };
            FieldError::new(field, error.to_string())
        })),
        Err(error) => {
            errors.push(FieldError::new("kind", format!("the description of this kind is broken: {error}")))
        }
    }
    for secret in kind.secrets {
        if !secret.optional && !secrets.contains_key(secret.name) {
            errors.push(FieldError::new(
                format!("secrets.{}", secret.name),
                format!("{} is missing", secret.title),
            ));
        }
    }
    for name in secrets.keys() {
        if !kind.secrets.iter().any(|secret| secret.name == name) {
            errors.push(FieldError::new(format!("secrets.{name}"), "this kind has no such secret"));
        }
    }
    errors
}

/// A message moved into a folder that is watched is taken again, and moved again, without an end.
fn moves_in_circles(settings: &ConnectorSettings, kind: &SourceKind) -> Option<FieldError> {
    let Disposition::Move { folder } = &settings.disposition else { return None };
    let target = folder_key(folder, kind);
    let watched = watched_folders(settings, std::slice::from_ref(kind));
    let is_watched = watched.iter().any(|watched| folder_key(watched.as_str(), kind) == target);
    let message = "this folder is watched: its messages would be taken again";
    is_watched.then(|| FieldError::new("disposition.folder", message))
}

/// Equal for two ways to write the name of one folder.
fn folder_key(path: &str, kind: &SourceKind) -> String {
    let path = path.trim();
    if kind.folders_ignore_case || path.eq_ignore_ascii_case("INBOX") {
        path.to_lowercase()
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_mail::SecretField;
    use serde_json::json;

    fn kind() -> SourceKind {
        SourceKind {
            kind: "imap",
            title: "IMAP",
            description: "",
            settings_schema: json!({
                "type": "object", "additionalProperties": false, "required": ["host"],
                "properties": {"host": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535}}
            }),
            secrets: &[SecretField {
                name: "password",
                title: "Password",
                description: "",
                optional: false,
                file: false,
                show_if: None,
            }],
            successors: &[],
            mailbox: &[],
            default_folder: "INBOX",
            folders_ignore_case: false,
        }
    }

    fn fields(kind_name: &str, connection: serde_json::Value, secrets: &[&str]) -> Vec<String> {
        let settings: ConnectorSettings = serde_json::from_value(json!({
            "name": "n", "api_name": "n", "kind": kind_name, "connection": connection
        }))
        .unwrap();
        let secrets = secrets.iter().map(|name| ((*name).to_owned(), "s3cret".into())).collect();
        validate(&[kind()], &settings, &secrets).into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn mistakes_name_their_field() {
        for (kind, connection, secrets, expected) in [
            ("imap", json!({"host": "h"}), &["password"][..], vec![]),
            ("imap", json!({"host": "h"}), &[], vec!["secrets.password"]),
            ("imap", json!({"host": "h", "port": 0}), &["password"], vec!["connection.port"]),
            (
                "imap",
                json!({"hots": "h"}),
                &["password", "pin"],
                vec!["connection", "connection", "secrets.pin"],
            ),
            ("pop3", json!({}), &[], vec!["kind"]),
        ] {
            assert_eq!(fields(kind, connection, secrets), expected);
        }
    }

    #[test]
    fn messages_are_not_moved_into_a_folder_that_is_watched() {
        let exchange = SourceKind { default_folder: "inbox", folders_ignore_case: true, ..kind() };
        for (kind, watched, target, refused) in [
            (kind(), &["INBOX", "Reports"][..], "Reports", true),
            (kind(), &["Reports"], " Reports ", true),
            (kind(), &[" Reports "], "Reports", true),
            (kind(), &["Reports"], "reports", false),
            (kind(), &["Reports"], "INBOX", false),
            (kind(), &["INBOX"], "inbox", true),
            (kind(), &["inbox"], "Inbox ", true),
            (kind(), &[], "INBOX", true),
            (kind(), &[], " inbox", true),
            (kind(), &[], "INBOX/Done", false),
            (exchange.clone(), &[], "Inbox", true),
            (exchange.clone(), &["Inbox/Reports"], "inbox/reports", true),
            (exchange.clone(), &["Überprüft"], "überprüft", true),
            (exchange, &[], "Inbox/Done", false),
        ] {
            let settings: ConnectorSettings = serde_json::from_value(json!({
                "name": "n", "api_name": "n", "kind": "imap", "connection": {"host": "h"},
                "folders": watched, "disposition": {"action": "move", "folder": target}
            }))
            .unwrap();
            let secrets = Secrets::from([("password".to_owned(), "s3cret".into())]);
            let errors = validate(std::slice::from_ref(&kind), &settings, &secrets);
            let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
            let expected = if refused { vec!["disposition.folder"] } else { vec![] };
            assert_eq!(fields, expected, "{watched:?} into {target:?}");
        }
    }
}
