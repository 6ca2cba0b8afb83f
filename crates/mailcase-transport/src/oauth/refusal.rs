//! What a provider's refusal means, and what to do about it.

use super::aadsts;
use super::provider::{Flavour, Provider};
use ::http::StatusCode;
use mailcase_mail::SourceError;
use serde::Deserialize;

/// RFC 6749 §5.2, with Microsoft's numbers.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Refusal {
    #[serde(default)]
    error: String,
    /// Quotes names of people and applications; only Microsoft's number is taken from it.
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
}

impl Refusal {
    pub(crate) fn from_query(error: &str, description: &str) -> Self {
        Self { error: error.to_owned(), error_description: description.to_owned(), error_codes: Vec::new() }
    }

    /// Microsoft's number. Where a browser brought the answer, it stands in the description alone.
    fn number(&self) -> Option<u32> {
        self.error_codes.first().copied().or_else(|| {
            let (_, rest) = self.error_description.split_once("AADSTS")?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
    }
}

/// What a refusal of the token endpoint means.
pub(crate) fn explain(provider: &Provider, status: StatusCode, refusal: &Refusal) -> SourceError {
    let host = provider.host();
    if refusal.error.is_empty() {
        // No answer of this protocol: a page of something in between, or an outage.
        let message = format!("{host} gives no token: it answers {status}");
        return if status.is_server_error() {
            SourceError::Unreachable { message, hint: None }
        } else {
            let hint =
                "Check tenant and cloud, or the URL for tokens; something between may answer in its place.";
            SourceError::SignIn { message, hint: Some(hint.to_owned()) }
        };
    }
    if refusal.error == "temporarily_unavailable" || refusal.error == "server_error" {
        let message = format!("{host} cannot give a token at the moment ({})", word(&refusal.error));
        return SourceError::Unreachable { message, hint: None };
    }
    refused(provider, refusal)
}

/// What it means that a person or an administrator did not grant access.
pub(crate) fn explain_denial(provider: &Provider, refusal: &Refusal) -> SourceError {
    refused(provider, refusal)
}

fn refused(provider: &Provider, refusal: &Refusal) -> SourceError {
    let host = provider.host();
    if provider.flavour == Flavour::Microsoft
        && let Some(number) = refusal.number()
    {
        if aadsts::is_transient(number) {
            let message = format!("{host} cannot give a token at the moment (AADSTS{number})");
            return SourceError::Unreachable { message, hint: None };
        }
        let (what, remedy) = aadsts::explain(number).map_or_else(
            || {
                let remedy = format!(
                    "Look the number up at https://login.microsoftonline.com/error?code={number}, and in the sign-in logs \
                     of Microsoft Entra."
                );
                (meaning(&refusal.error).0.to_owned(), remedy)
            },
            |(what, remedy)| (what.to_owned(), remedy.to_owned()),
        );
        let message = format!("{host} refuses to sign in: {what} (AADSTS{number})");
        return SourceError::SignIn { message, hint: Some(remedy) };
    }
    let (what, remedy) = meaning(&refusal.error);
    let message = format!("{host} refuses to sign in: {what} ({})", word(&refusal.error));
    SourceError::SignIn { message, hint: Some(remedy.to_owned()) }
}

/// The words of RFC 6749 §4.1.2.1 and §5.2 and of OpenID Connect Core §3.1.2.6.
fn meaning(error: &str) -> (&'static str, &'static str) {
    match error {
        "invalid_client" => (
            "it does not accept the application's id, secret or certificate",
            "Check the client id, and whether the secret or certificate is registered for it and has not expired.",
        ),
        "invalid_grant" => (
            "the grant is no longer valid: it expired, was revoked, or was used already",
            "Grant access again.",
        ),
        "unauthorized_client" => {
            ("the application may not sign in this way", "Check what the application's registration permits.")
        }
        "unsupported_grant_type" => {
            ("it does not know this way of signing in", "Choose another way of signing in for the connector.")
        }
        "invalid_scope" | "invalid_target" => (
            "a permission that is asked for does not exist or may not be asked for",
            "Check the scopes, and the cloud.",
        ),
        "access_denied" => ("access was not granted", "Grant access again, as somebody who may."),
        "consent_required" => ("nobody granted the application its permissions", "Grant access again."),
        "login_required" | "interaction_required" | "account_selection_required" => {
            ("somebody has to sign in again in the browser", "Grant access again.")
        }
        "redirect_uri_mismatch" => (
            "the address the browser returns to is not registered",
            "Add the address shown in the settings to the redirect URIs of the application.",
        ),
        _ => ("no further reason is given", "Check the application's registration at the provider."),
    }
}

/// A word of the protocol; whatever else stands there is not repeated.
fn word(error: &str) -> &str {
    /// The longest in use has some thirty.
    const WORD_MAX_BYTES: usize = 60;
    let is_word = error.len() <= WORD_MAX_BYTES && error.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if is_word { error } else { "an unknown error" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::Cloud;

    fn refusal(json: serde_json::Value) -> Refusal {
        serde_json::from_value(json).unwrap()
    }

    fn microsoft() -> Provider {
        Provider::microsoft(Cloud::Worldwide, "example.org").unwrap()
    }

    #[test]
    fn numbers_of_microsoft_have_a_remedy_and_their_text_is_not_repeated() {
        let answer = refusal(serde_json::json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000222: The provided client secret keys for app 'ann@example.org' are expired.",
            "error_codes": [7_000_222], "trace_id": "x",
        }));
        let error = explain(&microsoft(), StatusCode::UNAUTHORIZED, &answer);
        assert!(matches!(error, SourceError::SignIn { .. }), "{error:?}");
        assert!(error.to_string().contains("has expired (AADSTS7000222)"), "{error}");
        assert!(!format!("{error:?}").contains("ann@example.org"));

        let unknown = Refusal::from_query("invalid_grant", "AADSTS999999999: what nobody knows");
        let error = explain(&microsoft(), StatusCode::BAD_REQUEST, &unknown);
        assert!(error.hint().unwrap().contains("code=999999999"), "{error:?}");
        let busy = refusal(serde_json::json!({"error": "invalid_request", "error_codes": [90_033]}));
        assert!(matches!(explain(&microsoft(), StatusCode::OK, &busy), SourceError::Unreachable { .. }));
    }

    #[test]
    fn other_providers_are_understood_by_the_words_of_the_standard() {
        let google = Provider::google().unwrap();
        for (error, remedy) in [
            ("invalid_grant", "Grant access again"),
            ("access_denied", "Grant access"),
            ("invalid_client", "client id"),
        ] {
            let refused =
                explain(&google, StatusCode::BAD_REQUEST, &Refusal::from_query(error, "AADSTS65001: no"));
            assert!(
                refused.to_string().contains(error) && refused.hint().unwrap().contains(remedy),
                "{refused:?}"
            );
        }
        let odd = explain(&google, StatusCode::BAD_REQUEST, &Refusal::from_query("<b>hunter2</b>", ""));
        assert!(!odd.to_string().contains("hunter2") && odd.hint().is_some());
    }

    #[test]
    fn an_outage_is_no_refusal() {
        for (status, error) in [(500, ""), (503, ""), (400, "temporarily_unavailable"), (500, "server_error")]
        {
            let error =
                explain(&microsoft(), StatusCode::from_u16(status).unwrap(), &Refusal::from_query(error, ""));
            assert!(matches!(error, SourceError::Unreachable { .. }), "{status}: {error:?}");
        }
        let page = explain(&microsoft(), StatusCode::FORBIDDEN, &Refusal::default());
        assert!(matches!(page, SourceError::SignIn { .. }), "{page:?}");
    }
}
