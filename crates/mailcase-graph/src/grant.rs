//! Access to a mailbox that a person grants in the browser.

use crate::mailbox::MailboxName;
use crate::settings::GraphSettings;
use mailcase_mail::{BegunGrant, GrantAnswer, GrantRequest, Granted, SourceError};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether a mailbox with these settings is opened by access that a person grants. Settings that cannot be read need
/// none.
#[must_use]
pub fn needs_grant(connection: &Map<String, Value>) -> bool {
    GraphSettings::read(connection).is_ok_and(|settings| settings.oauth.needs_grant())
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
    let settings = GraphSettings::read(connection)?;
    let mailbox = MailboxName::parse(&settings.mailbox)?;
    // Nobody signs in with an object id.
    let account = Some(mailbox.primary().unwrap_or_else(|| mailbox.user())).filter(|name| name.contains('@'));
    settings.registration(secrets)?.begin_grant(request, account)
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
    GraphSettings::read(connection)?.registration(secrets)?.complete_grant(answer).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_person_is_asked_for_the_mailbox_they_name() {
        let settings = |mailbox: &str, sign_in_as: &str| {
            let value = json!({
                "mailbox": mailbox,
                "oauth": {"sign_in_as": sign_in_as, "tenant": "example.org", "client_id": "app", "cloud": "us_dod"},
            });
            value.as_object().unwrap().clone()
        };
        let secrets = BTreeMap::from([("client_secret".to_owned(), SecretString::from("hunter2"))]);
        let request = GrantRequest {
            redirect_url: "https://mailcase.example/email-oauth".to_owned(),
            switch_account: false,
        };
        for (mailbox, hint) in [
            ("soc@example.org", Some("login_hint=soc%40example.org")),
            ("primary@example.org\\shared@example.org", Some("login_hint=primary%40example.org")),
            ("3f2b6c1e-0000-4000-8000-000000000000", None),
        ] {
            let connection = settings(mailbox, "person");
            assert!(needs_grant(&connection));
            let begun = begin_grant(&connection, &secrets, &request).unwrap();
            assert!(
                begun.url.starts_with("https://login.microsoftonline.us/example.org/oauth2/v2.0/authorize?")
            );
            assert!(
                begun.url.contains("https%3A%2F%2Fdod-graph.microsoft.us%2FMail.ReadWrite"),
                "{}",
                begun.url
            );
            assert!(!begun.url.contains("hunter2"));
            match hint {
                Some(hint) => assert!(begun.url.contains(hint), "{}", begun.url),
                None => assert!(!begun.url.contains("login_hint"), "{}", begun.url),
            }
        }
        let by_itself = settings("soc@example.org", "application");
        assert!(!needs_grant(&by_itself));
        let error = begin_grant(&by_itself, &secrets, &request).unwrap_err();
        assert!(matches!(error, SourceError::Unsupported { .. }), "{error:?}");
    }
}
