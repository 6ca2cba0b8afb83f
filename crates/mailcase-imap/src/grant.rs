//! Access to a mailbox that a person grants in the browser.

use crate::settings::{AuthMethod, ImapSettings, registration};
use mailcase_mail::{BegunGrant, Deadlines, GrantAnswer, GrantRequest, Granted, SourceError};
use mailcase_transport::oauth::Registration;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether a mailbox with these settings is opened by access that a person grants. Settings that cannot be read need
/// none.
#[must_use]
pub fn needs_grant(connection: &Map<String, Value>) -> bool {
    ImapSettings::read(connection)
        .is_ok_and(|settings| settings.auth != AuthMethod::Password && settings.oauth.needs_grant())
}

/// Begins a grant; asks nobody yet.
///
/// # Errors
/// [`SourceError::Settings`] when settings and secrets do not fit together; [`SourceError::Unsupported`] when these
/// settings need no grant.
pub fn begin_grant(
    connection: &Map<String, Value>,
    secrets: &BTreeMap<String, SecretString>,
    request: &GrantRequest,
) -> Result<BegunGrant, SourceError> {
    let (settings, registration) = registered(connection, secrets)?;
    registration.begin_grant(request, Some(&settings.username))
}

/// Turns what the browser brought back into access.
///
/// # Errors
/// [`SourceError::SignIn`] with the remedy when access was denied or the provider refuses; those of the way there.
pub async fn complete_grant(
    connection: &Map<String, Value>,
    secrets: &BTreeMap<String, SecretString>,
    answer: GrantAnswer,
) -> Result<Granted, SourceError> {
    let (_, registration) = registered(connection, secrets)?;
    registration.complete_grant(answer).await
}

fn registered(
    connection: &Map<String, Value>,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<(ImapSettings, Registration), SourceError> {
    let settings = ImapSettings::read(connection)?;
    let registration =
        registration(&settings, secrets, Deadlines::default())?.ok_or_else(|| SourceError::Unsupported {
            message: "this way of signing in needs nobody to grant access".to_owned(),
            hint: None,
        })?;
    Ok((settings, registration))
}
