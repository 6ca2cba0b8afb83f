//! [`FakeFactory`]: opens fake mailboxes by name, as the binary's factory opens real ones.

use super::mailbox::FakeMailbox;
use super::source::FakeSource;
use crate::error::SourceError;
use crate::kind::{SecretField, SourceKind};
use crate::source::{Deadlines, SourceFactory};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The mailbox opened when the settings name none.
pub const DEFAULT_MAILBOX: &str = "default";

/// Opens sources of kind `fake`. Settings: `{"mailbox": "<name>"}`, by default [`DEFAULT_MAILBOX`].
#[derive(Debug, Clone, Default)]
pub struct FakeFactory {
    mailboxes: BTreeMap<String, FakeMailbox>,
    deadlines: Deadlines,
}

impl FakeFactory {
    /// A factory that knows one mailbox.
    #[must_use]
    pub fn of(mailbox: &FakeMailbox) -> Self {
        Self::default().with(DEFAULT_MAILBOX, mailbox)
    }

    /// Knows one more mailbox.
    #[must_use]
    pub fn with(mut self, name: &str, mailbox: &FakeMailbox) -> Self {
        self.mailboxes.insert(name.to_owned(), mailbox.clone());
        self
    }

    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }
}

impl SourceFactory for FakeFactory {
    type Source = FakeSource;

    fn kinds(&self) -> Vec<SourceKind> {
        vec![SourceKind {
            kind: "fake",
            title: "Fake",
            description: "A mailbox in memory, for tests.",
            settings_schema: json!({
                "type": "object",
                "properties": { "mailbox": { "type": "string", "title": "Mailbox", "default": DEFAULT_MAILBOX } },
                "additionalProperties": false,
            }),
            secrets: &[SecretField {
                name: "password",
                title: "Password",
                description: "Accepted and ignored.",
                optional: true,
                file: false,
                show_if: None,
            }],
            default_folder: super::INBOX,
        }]
    }

    fn open(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        _secrets: &BTreeMap<String, SecretString>,
    ) -> Result<FakeSource, SourceError> {
        if kind != "fake" {
            return Err(SourceError::Settings { message: format!("there is no source kind `{kind}`") });
        }
        let name = match connection.get("mailbox") {
            None => DEFAULT_MAILBOX,
            Some(name) => name
                .as_str()
                .ok_or_else(|| SourceError::Settings { message: "`mailbox` must be a text".to_owned() })?,
        };
        let mailbox = self
            .mailboxes
            .get(name)
            .ok_or_else(|| SourceError::Settings { message: format!("there is no fake mailbox `{name}`") })?;
        Ok(mailbox.source().with_deadlines(self.deadlines))
    }
}
