//! Access granted by a person in the browser: authorization code with PKCE (RFC 6749 §4.1, RFC 7636).

use super::client::{OauthClient, Tokens};
use super::provider::{Flavour, Provider};
use super::refusal::{Refusal, explain_denial};
use data_encoding::BASE64URL_NOPAD;
use mailcase_mail::{BegunGrant, SourceError};
use rand::RngExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// 256 bits: RFC 7636 §7.1 asks for as many of the verifier.
const RANDOM_BYTES: usize = 32;

/// What the provider asks of a person who is signed in already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing that was answered before.
    Usual,
    /// Which account it shall be: to switch to another.
    SelectAccount,
    /// To grant access once more.
    Consent,
}

impl OauthClient {
    /// Begins a grant of `scope` (names separated by spaces). The browser comes back to `redirect_url`; `account` is
    /// suggested to the person.
    #[must_use]
    pub fn begin(
        &self,
        redirect_url: &str,
        scope: &str,
        account: Option<&str>,
        prompt: Prompt,
    ) -> BegunGrant {
        let (state, verifier) = (random(), random());
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.expose_secret().as_bytes()));
        let query = self.provider.authorize.query().unwrap_or_default();
        let mut form = form_urlencoded::Serializer::new(query.to_owned());
        form.append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("redirect_uri", redirect_url)
            .append_pair("scope", &scopes(&self.provider, scope))
            .append_pair("state", state.expose_secret())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if self.provider.flavour == Flavour::Google {
            // Without these Google gives no refresh token.
            form.append_pair("access_type", "offline");
        }
        let prompt = match (prompt, self.provider.flavour) {
            (Prompt::Usual, Flavour::Google) | (Prompt::Consent, _) => Some("consent"),
            (Prompt::SelectAccount, Flavour::Google) => Some("consent select_account"),
            (Prompt::SelectAccount, _) => Some("select_account"),
            (Prompt::Usual, _) => None,
        };
        if let Some(prompt) = prompt {
            form.append_pair("prompt", prompt);
        }
        if let Some(account) = account {
            form.append_pair("login_hint", account);
        }
        let base = self.provider.authorize.to_string();
        let base = base.split_once('?').map_or(base.as_str(), |(base, _)| base);
        BegunGrant { url: format!("{base}?{}", form.finish()), state, verifier }
    }

    /// Exchanges the code the browser brought. The refresh token among the answer is to be stored before anything else.
    ///
    /// # Errors
    /// As [`sign_in_as_application`](Self::sign_in_as_application); [`SourceError::SignIn`] as well when the provider
    /// gives no refresh token, because access would end within the hour.
    pub async fn redeem(
        &self,
        redirect_url: &str,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Tokens, SourceError> {
        let tokens = self
            .ask(&[
                ("grant_type", "authorization_code"),
                ("code", code.expose_secret()),
                ("redirect_uri", redirect_url),
                ("code_verifier", verifier.expose_secret()),
            ])
            .await?;
        if tokens.refresh.is_none() {
            return Err(self.no_refresh_token());
        }
        Ok(tokens)
    }

    pub(crate) fn no_refresh_token(&self) -> SourceError {
        SourceError::SignIn {
            message: format!(
                "{} grants access for a short time only: it gives no refresh token",
                self.provider.host()
            ),
            hint: Some("Permit offline access for the application, then grant access again.".to_owned()),
        }
    }

    /// What it means when the browser comes back without a code: `error` and `error_description` of the query (RFC 6749
    /// §4.1.2.1).
    #[must_use]
    pub fn denied(&self, error: &str, description: &str) -> SourceError {
        explain_denial(&self.provider, &Refusal::from_query(error, description))
    }
}

/// The wanted scopes and those that make the grant last.
pub(crate) fn scopes(provider: &Provider, wanted: &str) -> String {
    let mut scopes: Vec<&str> = wanted.split_whitespace().collect();
    for scope in provider.further_scopes() {
        if !scopes.contains(scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

fn random() -> SecretString {
    let bytes: [u8; RANDOM_BYTES] = rand::rng().random();
    SecretString::from(BASE64URL_NOPAD.encode(&bytes))
}
