//! What a person sets so that an application signs in: the same for every source that embeds it as `oauth`.

use super::assertion::SigningAlgorithm;
use super::certificate::SigningCertificate;
use super::client::{ClientCredential, OauthClient};
use super::cloud::Cloud;
use super::provider::Provider;
use super::registration::Registration;
use crate::expiry::client_expiry;
use crate::http::HttpClient;
use data_encoding::BASE64;
use mailcase_mail::{Expiry, SecretField, SourceError};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything in a mailbox of Google's by IMAP (<https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>).
const GOOGLE_MAIL: &str = "https://mail.google.com/";
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

/// Whose rights the application uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SignInAs {
    #[default]
    Application,
    Person,
}

/// An application registered in Microsoft Entra.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(inline, extend("x-order" = ["sign_in_as", "cloud", "tenant", "client_id", "proof", "secret_ends"]))]
pub struct EntraSettings {
    /// The application itself: an administrator consents once. A person: somebody signs in and grants access to their
    /// mailbox, after the connector is saved.
    #[schemars(
        title = "Sign in as",
        extend("x-labels" = {"application": "The application itself", "person": "A person who grants access"})
    )]
    pub sign_in_as: SignInAs,
    /// Which of Microsoft's clouds holds the tenant; sets the hosts for sign-in and mail together.
    #[schemars(title = "Cloud")]
    pub cloud: Cloud,
    /// The tenant's id, or one of its domains, such as example.onmicrosoft.com. Blank, when a person grants access and the
    /// application is registered for several tenants: that of whoever signs in.
    #[schemars(title = "Tenant", length(max = 253))]
    pub tenant: String,
    /// The application (client) id of the app registration.
    #[schemars(title = "Client id", length(max = 200))]
    pub client_id: String,
    /// How the application proves who it is. A public one, for which a person signs in, leaves the secret empty.
    #[schemars(
        title = "Proof",
        extend("x-labels" = {"secret": "Client secret", "certificate": "Certificate"})
    )]
    pub proof: ClientProof,
    /// The day on which the client secret ends, as the provider shows it, such as 2027-03-31. A warning comes 30, 7 and 1
    /// days before; of a certificate this is known.
    #[schemars(
        title = "Client secret ends on",
        regex(pattern = r"^(\d{4}-\d{2}-\d{2})?$"),
        extend("x-show-if" = {"proof": ["secret"]})
    )]
    pub secret_ends: String,
}

/// Where a source that signs in with a token gets it from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TokenFrom {
    #[default]
    Entered,
    Microsoft,
    Google,
    Standard,
}

/// How a source that knows no provider of its own, such as IMAP, gets its access token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(
    inline,
    extend("x-order" = [
        "token_from", "sign_in_as", "cloud", "tenant", "authorize_url", "token_url", "scope", "client_id", "proof",
        "secret_ends"
    ])
)]
pub struct OauthSettings {
    /// Entered: the token itself, which has to be replaced before it expires. Microsoft, Google, another provider: an
    /// application that was registered there asks for it.
    #[schemars(
        title = "Access token",
        extend("x-labels" = {
            "entered": "Entered by hand", "microsoft": "From Microsoft", "google": "From Google",
            "standard": "From another provider"
        })
    )]
    pub token_from: TokenFrom,
    /// The application itself: an administrator consents once. A person: somebody signs in and grants access to their
    /// mailbox, after the connector is saved. At Google it is always a person.
    #[schemars(
        title = "Sign in as",
        extend(
            "x-labels" = {"application": "The application itself", "person": "A person who grants access"},
            "x-show-if" = {"token_from": ["microsoft", "standard"]}
        )
    )]
    pub sign_in_as: SignInAs,
    /// Which of Microsoft's clouds holds the tenant.
    #[schemars(title = "Cloud", extend("x-show-if" = {"token_from": ["microsoft"]}))]
    pub cloud: Cloud,
    /// The tenant's id, or one of its domains, such as example.onmicrosoft.com. Blank, when a person grants access and the
    /// application is registered for several tenants: that of whoever signs in.
    #[schemars(title = "Tenant", length(max = 253), extend("x-show-if" = {"token_from": ["microsoft"]}))]
    pub tenant: String,
    /// What the provider calls its authorization endpoint; begins with https://.
    #[schemars(
        title = "URL for signing in",
        length(max = 2048),
        extend("x-show-if" = {"token_from": ["standard"], "sign_in_as": ["person"]})
    )]
    pub authorize_url: String,
    /// What the provider calls its token endpoint; begins with https://.
    #[schemars(
        title = "URL for tokens",
        length(max = 2048),
        extend("x-show-if" = {"token_from": ["standard"]})
    )]
    pub token_url: String,
    /// What is asked for, such as https://mail.example.org/.default; several are separated by spaces. When a person grants
    /// access, offline_access or what the provider calls it belongs here too.
    #[schemars(title = "Scope", length(max = 2048), extend("x-show-if" = {"token_from": ["standard"]}))]
    pub scope: String,
    /// The id the application got when it was registered.
    #[schemars(
        title = "Client id",
        length(max = 200),
        extend("x-show-if" = {"token_from": ["microsoft", "google", "standard"]})
    )]
    pub client_id: String,
    /// How the application proves who it is. A public one, for which a person signs in, leaves the secret empty.
    #[schemars(
        title = "Proof",
        extend(
            "x-labels" = {"secret": "Client secret", "certificate": "Certificate"},
            "x-show-if" = {"token_from": ["microsoft", "google", "standard"]}
        )
    )]
    pub proof: ClientProof,
    /// The day on which the client secret ends, as the provider shows it, such as 2027-03-31. A warning comes 30, 7 and 1
    /// days before; of a certificate this is known.
    #[schemars(
        title = "Client secret ends on",
        regex(pattern = r"^(\d{4}-\d{2}-\d{2})?$"),
        extend("x-show-if" = {"token_from": ["microsoft", "google", "standard"], "proof": ["secret"]})
    )]
    pub secret_ends: String,
}

/// What an application asks for: as itself, and for a person.
#[derive(Debug, Clone)]
pub struct Scopes {
    pub application: String,
    pub person: String,
}

impl EntraSettings {
    /// When what the application proves itself with ends, if that is known.
    #[must_use]
    pub fn expiry(&self, secrets: &BTreeMap<String, SecretString>) -> Option<Expiry> {
        client_expiry(self.proof, &self.secret_ends, secrets)
    }

    /// Whether a person has to grant access.
    #[must_use]
    pub fn needs_grant(&self) -> bool {
        self.sign_in_as == SignInAs::Person
    }

    /// The application that the settings describe. Asks for nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when settings and secrets do not fit together.
    pub fn registration(
        &self,
        http: HttpClient,
        secrets: &BTreeMap<String, SecretString>,
        scopes: Scopes,
    ) -> Result<Registration, SourceError> {
        let for_person = self.needs_grant();
        if !for_person && self.tenant.trim().is_empty() {
            return Err(wrong("an application needs a tenant to sign in to"));
        }
        let client = OauthClient::new(
            http,
            Provider::microsoft(self.cloud, &self.tenant)?,
            client_id(&self.client_id)?,
            credential(self.proof, secrets, for_person)?,
        );
        let scope = if for_person { scopes.person } else { scopes.application };
        Ok(Registration { client, scope, for_person })
    }
}

impl OauthSettings {
    /// When what the application proves itself with ends, if there is one and that is known.
    #[must_use]
    pub fn expiry(&self, secrets: &BTreeMap<String, SecretString>) -> Option<Expiry> {
        match self.token_from {
            TokenFrom::Entered => None,
            TokenFrom::Microsoft | TokenFrom::Google | TokenFrom::Standard => {
                client_expiry(self.proof, &self.secret_ends, secrets)
            }
        }
    }

    /// Whether a person has to grant access.
    #[must_use]
    pub fn needs_grant(&self) -> bool {
        match self.token_from {
            TokenFrom::Entered => false,
            TokenFrom::Google => true,
            TokenFrom::Microsoft | TokenFrom::Standard => self.sign_in_as == SignInAs::Person,
        }
    }

    /// The application that gets tokens for a mailbox reached by IMAP; nothing when the token is entered by hand.
    ///
    /// # Errors
    /// As [`EntraSettings::registration`].
    pub fn registration(
        &self,
        http: HttpClient,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Option<Registration>, SourceError> {
        let for_person = self.needs_grant();
        let (provider, scope) = match self.token_from {
            TokenFrom::Entered => return Ok(None),
            TokenFrom::Microsoft => {
                let Self { sign_in_as, cloud, tenant, client_id, proof, .. } = self.clone();
                let entra =
                    EntraSettings { sign_in_as, cloud, tenant, client_id, proof, ..EntraSettings::default() };
                let scopes =
                    Scopes { application: cloud.exchange_scope(), person: cloud.imap_scope_for_person() };
                return entra.registration(http, secrets, scopes).map(Some);
            }
            TokenFrom::Google => (Provider::google()?, GOOGLE_MAIL.to_owned()),
            TokenFrom::Standard => {
                let authorize = if for_person { &self.authorize_url } else { &self.token_url };
                (Provider::standard(authorize, &self.token_url)?, self.scope.trim().to_owned())
            }
        };
        let credential = credential(self.proof, secrets, for_person)?;
        let client = OauthClient::new(http, provider, client_id(&self.client_id)?, credential);
        Ok(Some(Registration { client, scope, for_person }))
    }
}

fn client_id(text: &str) -> Result<String, SourceError> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) || text.chars().count() > CLIENT_ID_MAX_CHARS {
        return Err(wrong("a client id is needed, as it was given when the application was registered"));
    }
    Ok(text.to_owned())
}

/// With `may_be_public`, no secret means that there is none.
fn credential(
    proof: ClientProof,
    secrets: &BTreeMap<String, SecretString>,
    may_be_public: bool,
) -> Result<ClientCredential, SourceError> {
    let given = |name: &str| secrets.get(name).filter(|secret| !secret.expose_secret().is_empty());
    match proof {
        ClientProof::Secret => match given(CLIENT_SECRET.name) {
            Some(secret) => Ok(ClientCredential::Secret(secret.clone())),
            None if may_be_public => Ok(ClientCredential::Public),
            None => Err(wrong("a client secret is needed for this way of signing in")),
        },
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
            let error = settings.registration(http(), &secrets).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
            assert!(error.to_string().contains(word) && !error.to_string().contains("hunter2"), "{error}");
        }
        let settings: OauthSettings = serde_json::from_value(microsoft).unwrap();
        let registration = settings.registration(http(), &secret).unwrap().unwrap();
        assert!(!format!("{registration:?}").contains("hunter2") && !settings.needs_grant());
        assert!(OauthSettings::default().registration(http(), &secret).unwrap().is_none());
    }

    #[test]
    fn a_person_needs_less_than_an_application() {
        for (settings, scope) in [
            (json!({"token_from": "google", "client_id": "app"}), "https://mail.google.com/"),
            (
                json!({"token_from": "microsoft", "sign_in_as": "person", "cloud": "us_gcc_high", "client_id": "app"}),
                "https://outlook.office365.us/IMAP.AccessAsUser.All",
            ),
            (
                json!({
                    "token_from": "standard", "sign_in_as": "person", "client_id": "app", "scope": " mail offline ",
                    "authorize_url": "https://login.example/a", "token_url": "https://login.example/t",
                }),
                "mail offline",
            ),
        ] {
            let settings: OauthSettings = serde_json::from_value(settings).unwrap();
            let registration = settings.registration(http(), &secrets(&[])).unwrap().unwrap();
            assert!(settings.needs_grant() && registration.for_person);
            assert_eq!(registration.scope, scope);
        }
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
