//! What a person sets so that an application signs in: the same for every source that embeds it as `oauth`.

use super::access_tokens::{AccessTokens, Grant};
use super::assertion::SigningAlgorithm;
use super::certificate::SigningCertificate;
use super::client::{ClientCredential, OauthClient};
use super::cloud::Cloud;
use super::provider::Provider;
use crate::http::HttpClient;
use data_encoding::BASE64;
use mailcase_mail::{SecretField, SourceError};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest client id taken; Entra's have 36 characters, Google's some 75.
const CLIENT_ID_MAX_CHARS: usize = 200;

/// What [`ClientProof::Secret`] needs. Sources that embed [`EntraSettings`] or [`OauthSettings`] list this secret and the
/// next two.
pub const CLIENT_SECRET: SecretField = SecretField {
    name: "client_secret",
    title: "Client secret",
    description: "The secret's value, not its id.",
    optional: true,
    file: false,
    show_if: Some(("oauth.proof", &["secret"])),
};

/// What [`ClientProof::Certificate`] needs.
pub const CLIENT_CERTIFICATE: SecretField = SecretField {
    name: "client_certificate",
    title: "Certificate with private key",
    description: "A PFX file, or a PEM file with certificate and key.",
    optional: true,
    file: true,
    show_if: Some(("oauth.proof", &["certificate"])),
};

/// What a PFX file is encrypted with.
pub const CLIENT_CERTIFICATE_PASSWORD: SecretField = SecretField {
    name: "client_certificate_password",
    title: "Password of the PFX file",
    description: "Left out for a PEM file.",
    optional: true,
    file: false,
    show_if: Some(("oauth.proof", &["certificate"])),
};

/// How an application proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClientProof {
    #[default]
    Secret,
    Certificate,
}

/// An application registered in Microsoft Entra that signs in as itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline, extend("x-order" = ["cloud", "tenant", "client_id", "proof"]))]
pub struct EntraSettings {
    /// Which of Microsoft's clouds holds the tenant; sets the hosts for sign-in and mail together.
    #[schemars(title = "Cloud")]
    pub cloud: Cloud,
    /// The tenant's id, or one of its domains, such as example.onmicrosoft.com.
    #[schemars(title = "Tenant", length(max = 253))]
    pub tenant: String,
    /// The application (client) id of the app registration.
    #[schemars(title = "Client id", length(max = 200))]
    pub client_id: String,
    /// How the application proves who it is.
    #[schemars(
        title = "Proof",
        extend("x-labels" = {"secret": "Client secret", "certificate": "Certificate"})
    )]
    pub proof: ClientProof,
}

/// Where a source that signs in with a token gets it from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TokenFrom {
    #[default]
    Entered,
    Microsoft,
    Standard,
}

/// How a source that knows no provider of its own, such as IMAP, gets its access token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(
    inline,
    extend("x-order" = ["token_from", "cloud", "tenant", "token_url", "scope", "client_id", "proof"])
)]
pub struct OauthSettings {
    /// Entered: the token itself, which has to be replaced before it expires. Microsoft: an application of Microsoft
    /// Entra signs in. Other provider: the same at any provider that gives tokens to applications.
    #[schemars(
        title = "Access token",
        extend("x-labels" = {
            "entered": "Entered by hand", "microsoft": "From Microsoft", "standard": "From another provider"
        })
    )]
    pub token_from: TokenFrom,
    /// Which of Microsoft's clouds holds the tenant.
    #[schemars(title = "Cloud", extend("x-show-if" = {"token_from": ["microsoft"]}))]
    pub cloud: Cloud,
    /// The tenant's id, or one of its domains, such as example.onmicrosoft.com.
    #[schemars(title = "Tenant", length(max = 253), extend("x-show-if" = {"token_from": ["microsoft"]}))]
    pub tenant: String,
    /// What the provider calls its token endpoint; begins with https://.
    #[schemars(
        title = "URL for tokens",
        length(max = 2048),
        extend("x-show-if" = {"token_from": ["standard"]})
    )]
    pub token_url: String,
    /// What is asked for, such as https://mail.example.org/.default; several are separated by spaces.
    #[schemars(title = "Scope", length(max = 2048), extend("x-show-if" = {"token_from": ["standard"]}))]
    pub scope: String,
    /// The id the application got when it was registered.
    #[schemars(
        title = "Client id",
        length(max = 200),
        extend("x-show-if" = {"token_from": ["microsoft", "standard"]})
    )]
    pub client_id: String,
    /// How the application proves who it is.
    #[schemars(
        title = "Proof",
        extend(
            "x-labels" = {"secret": "Client secret", "certificate": "Certificate"},
            "x-show-if" = {"token_from": ["microsoft", "standard"]}
        )
    )]
    pub proof: ClientProof,
}

impl EntraSettings {
    /// The tokens of the application for `scope`, such as [`Cloud::graph_scope`]. Asks for nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when settings and secrets do not fit together.
    pub fn access_tokens(
        &self,
        http: HttpClient,
        secrets: &BTreeMap<String, SecretString>,
        scope: String,
    ) -> Result<AccessTokens, SourceError> {
        if self.tenant.trim().is_empty() {
            return Err(wrong("an application needs a tenant to sign in to"));
        }
        let provider = Provider::microsoft(self.cloud, &self.tenant)?;
        tokens(http, provider, &self.client_id, credential(self.proof, secrets)?, scope)
    }
}

impl OauthSettings {
    /// The tokens of the application for a mailbox reached by IMAP; nothing when the token is entered by hand.
    ///
    /// # Errors
    /// As [`EntraSettings::access_tokens`].
    pub fn access_tokens(
        &self,
        http: HttpClient,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Option<AccessTokens>, SourceError> {
        match self.token_from {
            TokenFrom::Entered => Ok(None),
            TokenFrom::Microsoft => {
                let Self { cloud, tenant, client_id, proof, .. } = self.clone();
                let entra = EntraSettings { cloud, tenant, client_id, proof };
                entra.access_tokens(http, secrets, cloud.exchange_scope()).map(Some)
            }
            TokenFrom::Standard => {
                let provider = Provider::standard(&self.token_url, &self.token_url)?;
                let credential = credential(self.proof, secrets)?;
                tokens(http, provider, &self.client_id, credential, self.scope.trim().to_owned()).map(Some)
            }
        }
    }
}

fn tokens(
    http: HttpClient,
    provider: Provider,
    client_id: &str,
    credential: ClientCredential,
    scope: String,
) -> Result<AccessTokens, SourceError> {
    let client_id = client_id.trim();
    if client_id.is_empty()
        || client_id.chars().any(char::is_control)
        || client_id.chars().count() > CLIENT_ID_MAX_CHARS
    {
        return Err(wrong("a client id is needed, as it was given when the application was registered"));
    }
    let client = OauthClient::new(http, provider, client_id, credential);
    Ok(AccessTokens::new(client, Grant::Application, scope))
}

fn credential(
    proof: ClientProof,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<ClientCredential, SourceError> {
    let given = |name: &str| secrets.get(name).filter(|secret| !secret.expose_secret().is_empty());
    match proof {
        ClientProof::Secret => given(CLIENT_SECRET.name)
            .cloned()
            .map(ClientCredential::Secret)
            .ok_or_else(|| wrong("a client secret is needed for this way of signing in")),
        ClientProof::Certificate => {
            let file = given(CLIENT_CERTIFICATE.name).ok_or_else(|| {
                wrong("a certificate with its private key is needed for this way of signing in")
            })?;
            let none = SecretString::default();
            let password = given(CLIENT_CERTIFICATE_PASSWORD.name).unwrap_or(&none);
            let certificate = signing_certificate(file, password)?;
            Ok(ClientCredential::Certificate {
                certificate: Arc::new(certificate),
                algorithm: SigningAlgorithm::default(),
            })
        }
    }
}

/// The certificate of an application as it is stored: PEM text, or a PFX file in base64.
///
/// # Errors
/// [`SourceError::Settings`] with what is missing or wrong.
pub fn signing_certificate(
    stored: &SecretString,
    password: &SecretString,
) -> Result<SigningCertificate, SourceError> {
    let text = stored.expose_secret();
    let read = if text.contains("-----BEGIN") {
        SigningCertificate::from_pem(stored)
    } else {
        let base64: zeroize::Zeroizing<String> = text.split_whitespace().collect::<String>().into();
        let file = BASE64
            .decode(base64.as_bytes())
            .map(zeroize::Zeroizing::new)
            .map_err(|_| wrong("the certificate is neither a PEM text nor a PFX file in base64"))?;
        SigningCertificate::from_pfx(&file, password)
    };
    read.map_err(|error| wrong(&format!("of the certificate that signs in: {error}")))
}

fn wrong(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Route, Trust};
    use mailcase_mail::Deadlines;
    use serde_json::{Value, json};

    fn http() -> HttpClient {
        HttpClient::new(Route::direct(), Trust::default(), Deadlines::default())
    }

    fn secrets(pairs: &[(&str, &str)]) -> BTreeMap<String, SecretString> {
        pairs.iter().map(|(name, secret)| ((*name).to_owned(), SecretString::from(*secret))).collect()
    }

    #[test]
    fn what_does_not_fit_together_is_refused_before_anything_is_asked() {
        let microsoft = json!({"token_from": "microsoft", "tenant": "example.org", "client_id": "app"});
        let with = |name: &str, value: &str| {
            let mut settings = microsoft.clone();
            settings[name] = json!(value);
            settings
        };
        let secret = secrets(&[("client_secret", "hunter2")]);
        for (settings, secrets, word) in [
            (microsoft.clone(), secrets(&[]), "client secret"),
            (with("tenant", ""), secret.clone(), "tenant"),
            (with("tenant", "a/b"), secret.clone(), "tenant"),
            (with("client_id", " "), secret.clone(), "client id"),
            (with("proof", "certificate"), secret.clone(), "certificate with its private key"),
            (with("proof", "certificate"), secrets(&[("client_certificate", "hunter2!")]), "neither a PEM"),
            (with("proof", "certificate"), secrets(&[("client_certificate", "aHVudGVyMg==")]), "PFX"),
            (with("token_from", "standard"), secret.clone(), "https://"),
        ] {
            let settings: OauthSettings = serde_json::from_value(settings).unwrap();
            let error = settings.access_tokens(http(), &secrets).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
            assert!(error.to_string().contains(word) && !error.to_string().contains("hunter2"), "{error}");
        }
        let settings: OauthSettings = serde_json::from_value(microsoft).unwrap();
        let tokens = settings.access_tokens(http(), &secret).unwrap().unwrap();
        assert!(!format!("{tokens:?}").contains("hunter2"));
        assert!(OauthSettings::default().access_tokens(http(), &secret).unwrap().is_none());
    }

    #[test]
    fn the_schemas_name_every_choice_and_every_secret_has_its_setting() {
        for schema in
            [schemars::schema_for!(EntraSettings).to_value(), schemars::schema_for!(OauthSettings).to_value()]
        {
            let properties = schema["properties"].as_object().unwrap();
            let mut named: Vec<_> = properties.keys().cloned().collect();
            let mut ordered: Vec<String> = serde_json::from_value(schema["x-order"].clone()).unwrap();
            named.sort();
            ordered.sort();
            assert_eq!(named, ordered);
            for (name, property) in properties {
                assert!(property["title"].is_string(), "{name}");
                for value in property["enum"].as_array().unwrap_or(&Vec::new()) {
                    let label: &Value = &property["x-labels"][value.as_str().unwrap()];
                    assert!(label.is_string(), "{name}: {value}");
                }
            }
            for secret in [CLIENT_SECRET, CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD] {
                let (setting, values) = secret.show_if.unwrap();
                let choices = &properties[setting.strip_prefix("oauth.").unwrap()]["enum"];
                assert!(values.iter().all(|value| choices.as_array().unwrap().contains(&json!(value))));
            }
        }
    }
}
