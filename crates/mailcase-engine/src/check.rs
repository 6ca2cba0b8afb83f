//! Every mistake in a connector's settings at once: the common ones, those of its protocol, missing secrets.

use crate::remote::Secrets;
use mailcase_core::connector::{ConnectorSettings, FieldError};
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
}
