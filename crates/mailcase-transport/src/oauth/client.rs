//! Requests to the token endpoint (RFC 6749 §4 to §6).

use super::assertion::{SigningAlgorithm, assertion};
use super::certificate::SigningCertificate;
use super::provider::{Flavour, Provider};
use super::refusal::{Refusal, explain};
use crate::http::HttpClient;
use ::http::header::{ACCEPT, CONTENT_TYPE};
use ::http::{HeaderValue, Request};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use mailcase_mail::SourceError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Tokens of people in many groups have some twenty kilobytes.
const ANSWER_MAX_BYTES: usize = 256 * 1024;
/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A name in an id token longer than this is not shown.
const ACCOUNT_MAX_CHARS: usize = 320;

/// What opens a mailbox for an hour or so.
#[derive(Debug, Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// The value of the `Authorization` header (RFC 6750 §2.1), marked as sensitive.
    ///
    /// # Errors
    /// [`SourceError::Protocol`] when the token has characters that cannot be sent.
    pub fn bearer(&self) -> Result<HeaderValue, SourceError> {
        let text = Zeroizing::new(format!("Bearer {}", self.0.expose_secret()));
        let mut header = HeaderValue::from_str(&text).map_err(|_| SourceError::Protocol {
            message: "the access token has characters that cannot be sent".to_owned(),
        })?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// For SASL, which has its own form.
    #[must_use]
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    pub(crate) fn is(&self, other: &SecretString) -> bool {
        self.0.expose_secret() == other.expose_secret()
    }
}

/// How an application proves who it is.
#[derive(Debug, Clone)]
pub enum ClientCredential {
    Secret(SecretString),
    Certificate {
        certificate: Arc<SigningCertificate>,
        algorithm: SigningAlgorithm,
    },
    /// Not at all: a public client, for which PKCE must do.
    Public,
}

/// What a provider gave.
#[derive(Debug)]
pub struct Tokens {
    pub access: AccessToken,
    /// How long the access token is good for, if the provider says.
    pub lifetime: Option<Duration>,
    /// Good for further access tokens. It must be stored before the access token is used: the one before may be void.
    pub refresh: Option<SecretString>,
    /// Who granted access, for people to see. From the provider itself, which is why its signature is not checked
    /// (OpenID Connect Core §3.1.3.7); not to decide by.
    pub account: Option<String>,
}

/// An application registered at a provider.
#[derive(Debug, Clone)]
pub struct OauthClient {
    pub(crate) http: HttpClient,
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    credential: ClientCredential,
}

impl OauthClient {
    /// An application by the id it got when it was registered.
    #[must_use]
    pub fn new(
        http: HttpClient,
        provider: Provider,
        client_id: impl Into<String>,
        credential: ClientCredential,
    ) -> Self {
        Self { http, provider, client_id: client_id.into(), credential }
    }

    /// When the certificate ends by which the application proves who it is; nothing when it does so otherwise.
    #[must_use]
    pub fn certificate_end(&self) -> Option<Timestamp> {
        match &self.credential {
            ClientCredential::Certificate { certificate, .. } => certificate.facts().not_after,
            ClientCredential::Secret(_) | ClientCredential::Public => None,
        }
    }

    /// Signs in as the application itself (RFC 6749 §4.4).
    ///
    /// # Errors
    /// [`SourceError::SignIn`] with the remedy when the provider refuses; [`SourceError::Settings`] when it cannot work;
    /// those of [`HttpClient::send`].
    pub async fn sign_in_as_application(&self, scope: &str) -> Result<Tokens, SourceError> {
        if matches!(self.credential, ClientCredential::Public) {
            return Err(settings("signing in as an application needs a client secret or a certificate"));
        }
        if self.provider.flavour == Flavour::Microsoft && !self.provider.one_tenant {
            return Err(settings("signing in as an application needs a tenant"));
        }
        self.ask(&[("grant_type", "client_credentials"), ("scope", scope)]).await
    }

    /// Exchanges a refresh token (RFC 6749 §6).
    ///
    /// # Errors
    /// As [`sign_in_as_application`](Self::sign_in_as_application).
    pub async fn refresh(&self, refresh_token: &SecretString, scope: &str) -> Result<Tokens, SourceError> {
        let scopes = super::authorization::scopes(&self.provider, scope);
        self.ask(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
            ("scope", &scopes),
        ])
        .await
    }

    pub(crate) async fn ask(&self, parameters: &[(&str, &str)]) -> Result<Tokens, SourceError> {
        let request = Request::post(self.provider.token.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Bytes::from(self.form(parameters)?))
            .map_err(|_| settings("the URL for tokens cannot be asked"))?;
        let answer = self.http.send(request).await?;
        if let Some(patience) = answer.patience() {
            return Err(patience);
        }
        let status = answer.status();
        if !status.is_success() {
            // An error page is no JSON: then the status alone speaks.
            let refusal: Refusal = answer.json(ANSWER_MAX_BYTES).await.unwrap_or_default();
            return Err(explain(&self.provider, status, &refusal));
        }
        let granted: Granted = answer.json(ANSWER_MAX_BYTES).await?;
        granted.into_tokens(&self.provider)
    }

    /// The parameters and who asks.
    fn form(&self, parameters: &[(&str, &str)]) -> Result<String, SourceError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(parameters).append_pair("client_id", &self.client_id);
        match &self.credential {
            ClientCredential::Secret(secret) => {
                form.append_pair("client_secret", secret.expose_secret());
            }
            ClientCredential::Certificate { certificate, algorithm } => {
                let audience = self.provider.token.to_string();
                let assertion =
                    assertion(certificate, *algorithm, &self.client_id, &audience, Timestamp::now())?;
                form.append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", assertion.expose_secret());
            }
            ClientCredential::Public => {}
        }
        Ok(form.finish())
    }
}

/// RFC 6749 §5.1, with the id token of OpenID Connect.
#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    token_type: String,
    expires_in: Option<Seconds>,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
}

/// A number; some providers write it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

impl Granted {
    fn into_tokens(self, provider: &Provider) -> Result<Tokens, SourceError> {
        if !self.token_type.eq_ignore_ascii_case("bearer") || self.access_token.expose_secret().is_empty() {
            return Err(SourceError::Protocol {
                message: format!("{} gives a token of a kind this program cannot use", provider.host()),
            });
        }
        let seconds = self.expires_in.and_then(|seconds| match seconds {
            Seconds::Number(number) => Some(number),
            Seconds::Text(text) => text.parse().ok(),
        });
        Ok(Tokens {
            access: AccessToken(self.access_token),
            lifetime: seconds.map(Duration::from_secs),
            refresh: self.refresh_token.filter(|token| !token.expose_secret().is_empty()),
            account: self.id_token.and_then(|token| account(token.expose_secret())),
        })
    }
}

/// The name a person signs in with, from an id token.
fn account(id_token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        preferred_username: Option<String>,
        email: Option<String>,
        upn: Option<String>,
    }
    let claims = BASE64URL_NOPAD.decode(id_token.split('.').nth(1)?.as_bytes()).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    let name = claims.preferred_username.or(claims.email).or(claims.upn)?;
    let shown = name.chars().filter(|c| !c.is_control()).take(ACCOUNT_MAX_CHARS).collect::<String>();
    (!shown.is_empty()).then_some(shown)
}

fn settings(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}
