//! [`FakeFactory`]: opens fake mailboxes by name, as the binary's factory opens real ones.

use super::mailbox::FakeMailbox;
use super::source::FakeSource;
use crate::announce::{Announced, Announcement};
use crate::check::Expiry;
use crate::error::SourceError;
use crate::grant::{BegunGrant, GrantAnswer, GrantRequest, Granted, RefreshTokens};
use crate::kind::{SecretField, SourceKind};
use crate::source::{Deadlines, SourceFactory};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The mailbox opened when the settings name none.
pub const DEFAULT_MAILBOX: &str = "default";

/// Opens sources of kind `fake`. Settings: `{"mailbox": "<name>"}`, by default [`DEFAULT_MAILBOX`].
#[derive(Debug, Clone, Default)]
pub struct FakeFactory {
    mailboxes: BTreeMap<String, FakeMailbox>,
    deadlines: Deadlines,
    begun: Arc<AtomicUsize>,
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
        let fake = SourceKind {
            kind: "fake",
            title: "Fake",
            description: "A mailbox in memory, for tests.",
            settings_schema: json!({
                "type": "object",
                "properties": {
                    "mailbox": { "type": "string", "title": "Mailbox", "default": DEFAULT_MAILBOX },
                    "ends": { "type": "string", "title": "End of a secret" },
                    "grant": { "type": "boolean", "title": "Granted access", "default": false },
                },
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
            successors: &["twin"],
            mailbox: &["mailbox"],
            default_folder: super::INBOX,
            folders_ignore_case: false,
        };
        let twin = SourceKind { kind: "twin", title: "Twin", successors: &["fake"], ..fake.clone() };
        vec![fake, twin]
    }

    fn open(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        _secrets: &BTreeMap<String, SecretString>,
    ) -> Result<FakeSource, SourceError> {
        if !["fake", "twin"].contains(&kind) {
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
        let source = mailbox.source().with_deadlines(self.deadlines);
        Ok(if kind == "twin" { source.twinned() } else { source })
    }

    /// Believes a body that is the secret, and echoes the query `echo`.
    fn announced(&self, kind: &str, announcement: &Announcement, secret: &SecretString) -> Announced {
        let Announcement { query, body } = announcement;
        match query.as_str() {
            "echo" => Announced::Echo("<b>echo</b>".to_owned()),
            _ if kind == "fake" && *body == secret.expose_secret().as_bytes() => Announced::Changed,
            _ => Announced::Nothing,
        }
    }

    fn expiries(
        &self,
        _kind: &str,
        connection: &Map<String, Value>,
        _secrets: &BTreeMap<String, SecretString>,
    ) -> Vec<Expiry> {
        let at = connection.get("ends").and_then(|at| at.as_str()?.parse().ok());
        at.map(|at| Expiry { what: "fake secret".to_owned(), at }).into_iter().collect()
    }

    fn needs_grant(&self, _kind: &str, connection: &Map<String, Value>) -> bool {
        connection.get("grant") == Some(&Value::Bool(true))
    }

    fn open_granted(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        tokens: Arc<dyn RefreshTokens>,
    ) -> Result<FakeSource, SourceError> {
        let source = self.open(kind, connection, secrets)?;
        let needed = self.needs_grant(kind, connection);
        Ok(if needed { source.with_granted(tokens) } else { source })
    }

    fn begin_grant(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        request: &GrantRequest,
    ) -> Result<BegunGrant, SourceError> {
        self.open(kind, connection, secrets)?;
        // Different for each grant, as a real one is.
        let state = format!("state-{}", self.begun.fetch_add(1, Ordering::Relaxed));
        let GrantRequest { redirect_url, switch_account } = request;
        Ok(BegunGrant {
            url: format!("https://provider.test/?state={state}&to={redirect_url}&switch={switch_account}"),
            verifier: SecretString::from(format!("verifier of {state}")),
            state: SecretString::from(state),
        })
    }

    /// The code `CODE` gives the refresh token `CODE, VERIFIER`; the code `wrong` is refused.
    async fn complete_grant(
        &self,
        _kind: &str,
        _connection: &Map<String, Value>,
        _secrets: &BTreeMap<String, SecretString>,
        answer: GrantAnswer,
    ) -> Result<Granted, SourceError> {
        let refused = |message: String| SourceError::SignIn { message, hint: None };
        match answer {
            GrantAnswer::Denied { error, .. } => Err(refused(format!("the provider says {error}"))),
            GrantAnswer::Code { code, .. } if code.expose_secret() == "wrong" => {
                Err(refused("the code is wrong".to_owned()))
            }
            GrantAnswer::Code { code, verifier, .. } => Ok(Granted {
                refresh_token: format!("{}, {}", code.expose_secret(), verifier.expose_secret()).into(),
                account: Some("soc@example.org".to_owned()),
            }),
        }
    }
}
