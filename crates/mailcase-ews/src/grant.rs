//! Access to a mailbox that a person grants in the browser.

use crate::mailbox::MailboxName;
use crate::settings::{Auth, EwsSettings};
use mailcase_mail::{BegunGrant, GrantAnswer, GrantRequest, Granted, SourceError};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether a mailbox with these settings is opened by access that a person grants. Settings that cannot be read need
/// none.
#[must_use]
pub fn needs_grant(connection: &Map<String, Value>) -> bool {
    EwsSettings::read(connection).is_ok_and(|settings| settings.needs_grant())
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
    let settings = EwsSettings::read(connection)?;
    if settings.auth != Auth::Oauth {
        return Err(SourceError::Unsupported {
            message: "this way of signing in needs nobody to grant access".to_owned(),
            hint: None,
        });
    }
    let mailbox = MailboxName::parse(&settings.mailbox)?;
    settings.registration(secrets)?.begin_grant(request, Some(mailbox.primary_or_own()))
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
    EwsSettings::read(connection)?.registration(secrets)?.complete_grant(answer).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_person_is_asked_for_the_mailbox_they_name() {
        let settings = |server: &str, auth: &str| {
            let value = json!({
                "mailbox": "primary@example.org\\shared@example.org", "auth": auth, "server": server,
                "oauth": {"sign_in_as": "person", "tenant": "example.org", "client_id": "app"},
            });
            value.as_object().unwrap().clone()
        };
        let secrets = BTreeMap::from([("client_secret".to_owned(), SecretString::from("hunter2"))]);
        let request = GrantRequest {
            redirect_url: "https://mailcase.example/email-oauth".to_owned(),
            switch_account: false,
        };
        for (server, scope) in [
            ("", "https%3A%2F%2Foutlook.office365.com%2FEWS.AccessAsUser.All"),
            ("mail.example.org", "https%3A%2F%2Fmail.example.org%2FEWS.AccessAsUser.All"),
        ] {
            let connection = settings(server, "oauth");
            assert!(needs_grant(&connection));
            let begun = begin_grant(&connection, &secrets, &request).unwrap();
            assert!(begun.url.contains(scope), "{}", begun.url);
            assert!(begun.url.contains("login_hint=primary%40example.org"), "{}", begun.url);
            assert!(!begun.url.contains("hunter2"));
        }
        let with_password = settings("mail.example.org", "ntlm");
        assert!(!needs_grant(&with_password));
        let error = begin_grant(&with_password, &secrets, &request).unwrap_err();
        assert!(matches!(error, SourceError::Unsupported { .. }), "{error:?}");
    }
}
