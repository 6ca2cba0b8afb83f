//! What a person sets for an IMAP connector, checked before anything connects.

use mailcase_mail::{Deadlines, RefreshTokens, SecretField, SourceError, SourceKind};
use mailcase_transport::http::HttpClient;
use mailcase_transport::oauth::{
    AccessTokens, CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD, CLIENT_SECRET, OauthSettings, Registration,
};
use mailcase_transport::{Endpoint, PROXY_PASSWORD, ProxySettings, Route, Trust};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stable name of this kind of source.
pub const KIND: &str = "imap";
const PORT_TLS: u16 = 993;
const PORT_PLAIN: u16 = 143;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Security {
    #[default]
    Tls,
    Starttls,
    None,
}

/// How the account proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AuthMethod {
    #[default]
    Password,
    Xoauth2,
    Oauthbearer,
}

/// The `connection` settings of an IMAP connector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "IMAP mailbox",
    extend("x-order" = ["host", "port", "security", "auth", "oauth", "username", "mailbox", "trusted_certificates", "pinned_certificates", "skip_hostname_verification", "proxy"])
)]
pub struct ImapSettings {
    /// Name or address of the server, such as mail.example.org; mail.example.org:1993 sets the port as well.
    #[schemars(title = "Server", length(min = 1, max = 261))]
    pub host: String,
    /// Left out: 993 with SSL/TLS, otherwise 143.
    #[serde(default)]
    #[schemars(title = "Port", range(min = 1))]
    pub port: Option<u16>,
    /// SSL/TLS: encrypted from the first byte. STARTTLS: encrypted before anything secret is sent, or not at all.
    /// None: everything, the password too, can be read on the way.
    #[serde(default)]
    #[schemars(
        title = "Security",
        extend("x-labels" = {"tls": "SSL/TLS", "starttls": "STARTTLS", "none": "None"})
    )]
    pub security: Security,
    /// Password: AUTHENTICATE PLAIN or LOGIN, whatever the server has. OAuth: an access token, in the form the server
    /// takes; XOAUTH2 is what Google and Microsoft made, OAUTHBEARER the standard.
    #[serde(default)]
    #[schemars(
        title = "Sign-in",
        extend("x-labels" = {
            "password": "Password", "xoauth2": "OAuth (XOAUTH2)", "oauthbearer": "OAuth (OAUTHBEARER)"
        })
    )]
    pub auth: AuthMethod,
    /// Where the access token comes from.
    #[serde(default)]
    #[schemars(title = "OAuth", extend("x-show-if" = {"auth": ["xoauth2", "oauthbearer"]}))]
    pub oauth: OauthSettings,
    /// Who signs in.
    #[schemars(title = "User name", length(min = 1, max = 1024))]
    pub username: String,
    /// The account whose mail is read, when it is not the user's own: a shared mailbox, or any mailbox for a
    /// master user. It is sent as the authorization identity of SASL PLAIN, or as the user of XOAUTH2 and
    /// OAUTHBEARER. Exchange on premises wants it in the user name instead: user@example.org/shared-mailbox.
    #[serde(default)]
    #[schemars(title = "Mailbox account", length(max = 1024))]
    pub mailbox: Option<String>,
    /// Certificates trusted for this connector only: of the authority that signed the server's, or of the server itself.
    /// One that may sign others vouches for what it signed.
    #[serde(default)]
    #[schemars(title = "Trusted certificates", extend("x-widget" = "certificates"))]
    pub trusted_certificates: Vec<String>,
    /// Exactly these certificates are accepted from the server, and nothing they signed. A connection test adds the one
    /// you trust there.
    #[serde(default)]
    #[schemars(title = "Pinned certificates", extend("x-widget" = "pinned_certificates"))]
    pub pinned_certificates: Vec<String>,
    /// Dangerous: accepts a trusted certificate made for another host.
    #[serde(default)]
    #[schemars(title = "Skip host name verification")]
    pub skip_hostname_verification: bool,
    /// Where this machine reaches the server through a proxy only. The proxy looks up the name of the server.
    #[serde(default)]
    #[schemars(title = "Proxy")]
    pub proxy: ProxySettings,
}

impl ImapSettings {
    /// Reads the `connection` settings of a connector.
    pub(crate) fn read(connection: &Map<String, Value>) -> Result<Self, SourceError> {
        serde_json::from_value(Value::Object(connection.clone()))
            .map_err(|error| wrong(format!("the connection settings are wrong: {error}")))
    }
}

/// Introduces this source.
#[must_use]
pub fn kind() -> SourceKind {
    SourceKind {
        kind: KIND,
        title: "IMAP",
        description: "A mailbox on any IMAP server.",
        settings_schema: schemars::schema_for!(ImapSettings).to_value(),
        secrets: &[
            SecretField {
                name: "password",
                title: "Password",
                description: "What the user signs in with.",
                optional: true,
                file: false,
                show_if: Some(("auth", &["password"])),
            },
            SecretField {
                name: "access_token",
                title: "Access token",
                description: "An OAuth access token; it has to be replaced before it expires.",
                optional: true,
                file: false,
                show_if: Some(("oauth.token_from", &["entered"])),
            },
            CLIENT_SECRET,
            CLIENT_CERTIFICATE,
            CLIENT_CERTIFICATE_PASSWORD,
            PROXY_PASSWORD,
        ],
        successors: &[],
        mailbox: &["host", "username", "mailbox"],
        default_folder: "INBOX",
        folders_ignore_case: false,
    }
}

/// Settings and secrets that fit together.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) endpoint: Endpoint,
    pub(crate) route: Route,
    pub(crate) security: Security,
    pub(crate) trust: Trust,
    pub(crate) auth: AuthMethod,
    pub(crate) username: String,
    /// Present only when it differs from the user name.
    pub(crate) mailbox: Option<String>,
    pub(crate) credential: Credential,
}

/// What proves who the user is.
#[derive(Debug)]
pub(crate) enum Credential {
    /// A password, or an access token that was entered.
    Entered(SecretString),
    /// Access tokens of an application.
    Tokens(AccessTokens),
}

impl Account {
    pub(crate) fn new(
        settings: &ImapSettings,
        secrets: &BTreeMap<String, SecretString>,
        deadlines: Deadlines,
        granted: Option<Arc<dyn RefreshTokens>>,
    ) -> Result<Self, SourceError> {
        let usual = if settings.security == Security::Tls { PORT_TLS } else { PORT_PLAIN };
        let endpoint = Endpoint::parse("the server", &settings.host, settings.port, usual)?;
        let route = Route::new(&settings.proxy, secrets)?;
        let trust = trust(settings, settings.skip_hostname_verification)?;
        let username = safe("the user name", &settings.username)?;
        if username.is_empty() {
            return Err(wrong("a user name is needed"));
        }
        let mailbox = match settings.mailbox.as_deref() {
            Some(mailbox) if !mailbox.is_empty() && mailbox != username => {
                Some(safe("the mailbox", mailbox)?)
            }
            _ => None,
        };
        let credential = match registration(settings, secrets, deadlines)? {
            Some(registration) => Credential::Tokens(registration.access_tokens(granted)),
            None => Credential::Entered(entered(settings, secrets)?),
        };
        Ok(Self {
            endpoint,
            route,
            security: settings.security,
            trust,
            auth: settings.auth,
            username,
            mailbox,
            credential,
        })
    }
}

fn trust(settings: &ImapSettings, skip_host_name: bool) -> Result<Trust, SourceError> {
    Trust::new(&settings.trusted_certificates, skip_host_name)
        .and_then(|trust| trust.pinning(&settings.pinned_certificates))
        .map_err(|error| wrong(error.to_string()))
}

/// The application that gets tokens for the mailbox, when the settings name one.
pub(crate) fn registration(
    settings: &ImapSettings,
    secrets: &BTreeMap<String, SecretString>,
    deadlines: Deadlines,
) -> Result<Option<Registration>, SourceError> {
    if settings.auth == AuthMethod::Password {
        return Ok(None);
    }
    // The provider is another server than the mailbox's: its name counts, whatever is skipped there. What is trusted
    // here may be something on the way that opens every TLS connection.
    let http = HttpClient::new(Route::new(&settings.proxy, secrets)?, trust(settings, false)?, deadlines);
    settings.oauth.registration(http, secrets)
}

fn entered(
    settings: &ImapSettings,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<SecretString, SourceError> {
    let (name, title) = match settings.auth {
        AuthMethod::Password => ("password", "a password"),
        AuthMethod::Xoauth2 | AuthMethod::Oauthbearer => ("access_token", "an access token"),
    };
    let secret = secrets.get(name).filter(|secret| !secret.expose_secret().is_empty());
    let secret = secret.ok_or_else(|| wrong(format!("{title} is needed for this way of signing in")))?;
    safe(title, secret.expose_secret())?;
    Ok(secret.clone())
}

/// NUL ends strings in SASL, and 0x01 separates fields in the OAuth mechanisms; no control character belongs in
/// a name or password.
fn safe(what: &str, text: &str) -> Result<String, SourceError> {
    if text.chars().any(char::is_control) {
        return Err(wrong(format!("{what} contains a control character, such as a line break")));
    }
    Ok(text.to_owned())
}

fn wrong(message: impl Into<String>) -> SourceError {
    SourceError::Settings { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(value: serde_json::Value) -> ImapSettings {
        serde_json::from_value(value).unwrap()
    }

    fn account(host: &str, more: serde_json::Value) -> Result<Account, SourceError> {
        let mut value = serde_json::json!({"host": host, "username": "ann"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let secrets = BTreeMap::from([("password".to_owned(), SecretString::from("pw"))]);
        Account::new(&settings(value), &secrets, Deadlines::default(), None)
    }

    #[test]
    fn host_and_port_may_be_written_in_every_usual_way() {
        for (host, more, expected) in [
            ("mail.example.org", serde_json::json!({}), "mail.example.org:993"),
            ("mail.example.org", serde_json::json!({"security": "starttls"}), "mail.example.org:143"),
            ("mail.example.org:1993", serde_json::json!({}), "mail.example.org:1993"),
            ("mail.example.org", serde_json::json!({"port": 1143}), "mail.example.org:1143"),
            (" mail.example.org:1143 ", serde_json::json!({"port": 1143}), "mail.example.org:1143"),
            ("::1", serde_json::json!({}), "[::1]:993"),
            ("[::1]:1993", serde_json::json!({}), "[::1]:1993"),
        ] {
            assert_eq!(account(host, more).unwrap().endpoint.to_string(), expected);
        }
        for (host, more) in [
            ("", serde_json::json!({})),
            ("mail.example.org:99999", serde_json::json!({})),
            ("mail.example.org:0", serde_json::json!({})),
            ("mail.example.org:1", serde_json::json!({"port": 2})),
            ("imap://mail", serde_json::json!({})),
            ("[::1", serde_json::json!({})),
            ("a b", serde_json::json!({})),
        ] {
            let error = account(host, more).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{host}: {error}");
        }
    }

    #[test]
    fn line_breaks_and_nul_are_refused_wherever_they_hide() {
        for more in [
            serde_json::json!({"username": "ann\r\nA2 LOGOUT"}),
            serde_json::json!({"mailbox": "ann\0"}),
            serde_json::json!({"username": ""}),
        ] {
            assert!(account("mail", more).is_err());
        }
        let secrets = BTreeMap::from([("password".to_owned(), SecretString::from("a\nb"))]);
        let plain = settings(serde_json::json!({"host": "mail", "username": "ann"}));
        let error = Account::new(&plain, &secrets, Deadlines::default(), None).unwrap_err();
        assert!(!error.to_string().contains("a\nb"));
        assert!(Account::new(&plain, &BTreeMap::new(), Deadlines::default(), None).is_err());
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let secrets = BTreeMap::from([("password".to_owned(), SecretString::from("hunter2"))]);
        let account = Account::new(
            &settings(serde_json::json!({"host": "mail", "username": "ann"})),
            &secrets,
            Deadlines::default(),
            None,
        );
        assert!(!format!("{account:?}").contains("hunter2"));
    }

    #[test]
    fn every_choice_has_a_title_and_every_way_of_signing_in_its_secret() {
        let kind = kind();
        for property in ["security", "auth"] {
            let property = &kind.settings_schema["properties"][property];
            let mut titled: Vec<_> = property["x-labels"].as_object().unwrap().keys().cloned().collect();
            let mut values: Vec<String> = serde_json::from_value(property["enum"].clone()).unwrap();
            titled.sort();
            values.sort();
            assert_eq!(titled, values);
        }
        for auth in kind.settings_schema["properties"]["auth"]["enum"].as_array().unwrap() {
            let auth = auth.as_str().unwrap();
            let wanted =
                if auth == "password" { ("auth", "password") } else { ("oauth.token_from", "entered") };
            let shown: Vec<_> = kind
                .secrets
                .iter()
                .filter(|secret| {
                    secret.show_if.is_some_and(|(on, values)| on == wanted.0 && values.contains(&wanted.1))
                })
                .collect();
            let [secret] = shown[..] else { panic!("{auth}: {shown:?}") };
            let secrets = BTreeMap::from([(secret.name.to_owned(), SecretString::from("s"))]);
            let settings = settings(serde_json::json!({"host": "h", "username": "u", "auth": auth}));
            Account::new(&settings, &secrets, Deadlines::default(), None).unwrap();
        }
    }

    #[test]
    fn the_schema_fits_the_type() {
        let schema = kind().settings_schema;
        let properties = schema["properties"].as_object().unwrap();
        let mut named: Vec<_> = properties.keys().cloned().collect();
        let mut ordered: Vec<String> = serde_json::from_value(schema["x-order"].clone()).unwrap();
        named.sort();
        ordered.sort();
        assert_eq!(named, ordered);
        assert_eq!(properties["security"]["enum"], serde_json::json!(["tls", "starttls", "none"]));
        assert_eq!(properties["security"]["default"], "tls");
        assert_eq!(properties["trusted_certificates"]["x-widget"], "certificates");
        assert_eq!(schema["required"], serde_json::json!(["host", "username"]));
        assert!(properties.values().all(|property| property["title"].is_string()), "{schema:#}");
        let error = serde_json::from_value::<ImapSettings>(
            serde_json::json!({"host": "a", "username": "b", "pasword": ""}),
        );
        assert!(error.is_err());
    }
}
