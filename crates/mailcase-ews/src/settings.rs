//! What a person sets for an Exchange connector, checked before anything connects.

use crate::mailbox::MailboxName;
use crate::server::{autodiscover_bases, is_online, url};
use crate::sign_in::Credential;
use crate::source::{DEFAULT_FOLDER, EwsAccess, EwsSource, ServerAddress};
use http::Uri;
use mailcase_mail::{Deadlines, RefreshTokens, SecretField, SourceError, SourceKind};
use mailcase_transport::http::HttpClient;
use mailcase_transport::oauth::{
    CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD, CLIENT_SECRET, EntraSettings, Registration, Scopes,
};
use mailcase_transport::{PROXY_PASSWORD, ProxySettings, Route, Trust};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stable name of this kind of source.
pub const KIND: &str = "ews";
/// Sees the same mailbox, and can translate identities.
const GRAPH: &str = "graph";
const PASSWORD: &str = "password";

/// How the account signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Auth {
    #[default]
    Ntlm,
    Basic,
    Oauth,
}

/// The `connection` settings of an Exchange connector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "Exchange mailbox",
    extend("x-order" = [
        "mailbox", "server", "port", "tls", "auth", "username", "oauth", "impersonate", "trusted_certificates",
        "pinned_certificates", "skip_hostname_verification", "proxy"
    ])
)]
pub struct EwsSettings {
    /// The address of the mailbox, such as soc@example.org. A mailbox shared with somebody may be written as
    /// primary@example.org\shared@example.org, with the server before it if need be:
    /// mail.example.org\primary@example.org\shared@example.org. Behind a colon may stand the folder that is watched when no
    /// other is chosen: soc@example.org:Inbox/Reports.
    #[schemars(title = "Mailbox", length(min = 1, max = 1024))]
    pub mailbox: String,
    /// The server, such as mail.example.org, or the whole URL of EWS, which usually ends in /EWS/Exchange.asmx.
    /// Blank: Autodiscover finds it; with OAuth it is Exchange Online.
    #[serde(default)]
    #[schemars(title = "Server", length(max = 2048))]
    pub server: String,
    /// Left out: 443, or 80 without TLS.
    #[serde(default)]
    #[schemars(title = "Port", range(min = 1))]
    pub port: Option<u16>,
    /// Off only where something on this machine, or on the way, encrypts instead: mail can be read on the way. A password
    /// that would be readable is not sent.
    #[serde(default = "yes")]
    #[schemars(title = "TLS")]
    pub tls: bool,
    /// NTLM: what Exchange on premises takes unless an administrator changed it. Basic: the password itself, encrypted by
    /// TLS. OAuth: an application registered in Microsoft Entra, for Exchange Online and hybrid servers.
    #[serde(default)]
    #[schemars(title = "Sign-in", extend("x-labels" = {"ntlm": "NTLM", "basic": "Basic", "oauth": "OAuth"}))]
    pub auth: Auth,
    /// Who signs in: DOMAIN\user, or user@example.org. Blank: the address of the mailbox, or of the primary one.
    #[serde(default)]
    #[schemars(
        title = "User name",
        length(max = 1024),
        extend("x-show-if" = {"auth": ["ntlm", "basic"]})
    )]
    pub username: String,
    /// The application that was registered in Microsoft Entra for Mailcase. It needs the permission full_access_as_app of
    /// Office 365 Exchange Online, with admin consent, when it signs in as itself; EWS.AccessAsUser.All when a person
    /// grants access.
    #[serde(default)]
    #[schemars(title = "Application", extend("x-show-if" = {"auth": ["oauth"]}))]
    pub oauth: EntraSettings,
    /// Acts as the owner of the mailbox: for a service account with the management role ApplicationImpersonation. Off:
    /// the account reads its own mailbox, or one it was given access to. An application that signs in as itself always
    /// does.
    #[serde(default)]
    #[schemars(title = "Impersonate the mailbox", extend("x-show-if" = {"auth": ["ntlm", "basic"]}))]
    pub impersonate: bool,
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
    /// Where this machine reaches the server through a proxy only. Autodiscover, sign-in and mail all go through it.
    #[serde(default)]
    #[schemars(title = "Proxy")]
    pub proxy: ProxySettings,
}

const fn yes() -> bool {
    true
}

/// Introduces this source.
#[must_use]
pub fn kind() -> SourceKind {
    SourceKind {
        kind: KIND,
        title: "Exchange (EWS)",
        description: "A mailbox on Exchange 2013 SP1 or later, by Exchange Web Services.",
        settings_schema: schemars::schema_for!(EwsSettings).to_value(),
        secrets: &[
            SecretField {
                name: PASSWORD,
                title: "Password",
                description: "What the user signs in with.",
                optional: true,
                file: false,
                show_if: Some(("auth", &["ntlm", "basic"])),
            },
            CLIENT_SECRET,
            CLIENT_CERTIFICATE,
            CLIENT_CERTIFICATE_PASSWORD,
            PROXY_PASSWORD,
        ],
        successors: &[GRAPH],
        mailbox: &["mailbox", "server", "username"],
        default_folder: DEFAULT_FOLDER,
        // Exchange has no two folders that differ in case alone.
        folders_ignore_case: true,
    }
}

/// Whether a mailbox with these settings is one of Exchange Online, where EWS ends on 2027-04-01. Settings that leave the
/// server to Autodiscover do not say.
#[must_use]
pub fn points_at_exchange_online(connection: &Map<String, Value>) -> bool {
    let address = EwsSettings::read(connection).and_then(|settings| {
        let mailbox = MailboxName::parse(&settings.mailbox)?;
        settings.server_address(&mailbox)
    });
    matches!(address, Ok(ServerAddress::Url(url)) if is_online(url.host().unwrap_or_default()))
}

impl EwsSettings {
    pub(crate) fn read(connection: &Map<String, Value>) -> Result<Self, SourceError> {
        serde_json::from_value(Value::Object(connection.clone()))
            .map_err(|error| wrong(format!("the connection settings are wrong: {error}")))
    }

    pub(crate) fn needs_grant(&self) -> bool {
        self.auth == Auth::Oauth && self.oauth.needs_grant()
    }

    fn http(
        &self,
        secrets: &BTreeMap<String, SecretString>,
        skip_host_name: bool,
    ) -> Result<HttpClient, SourceError> {
        let trust = Trust::new(&self.trusted_certificates, skip_host_name)
            .and_then(|trust| trust.pinning(&self.pinned_certificates))
            .map_err(|error| wrong(error.to_string()))?;
        Ok(HttpClient::new(Route::new(&self.proxy, secrets)?, trust, Deadlines::default()))
    }

    fn server_address(&self, mailbox: &MailboxName) -> Result<ServerAddress, SourceError> {
        let server = self.server.trim();
        let named = match (server, mailbox.server()) {
            ("", Some(before)) => before,
            (server, None) => server,
            (_, Some(_)) => {
                return Err(wrong(
                    "the server stands in its own field and before the mailbox; write it once",
                ));
            }
        };
        if !named.is_empty() {
            return url(named, self.port, self.tls).map(ServerAddress::Url);
        }
        if self.auth == Auth::Oauth {
            return url(self.oauth.cloud.exchange_host(), self.port, self.tls).map(ServerAddress::Url);
        }
        if self.port.is_some() || !self.tls {
            return Err(wrong(
                "without a server, Autodiscover decides on port and TLS: leave them as they are",
            ));
        }
        Ok(ServerAddress::Autodiscover(autodiscover_bases(mailbox.domain())))
    }

    /// The application, with the scopes of Exchange Online, or of the server where that is another.
    pub(crate) fn registration(
        &self,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Registration, SourceError> {
        let mailbox = MailboxName::parse(&self.mailbox)?;
        let cloud = self.oauth.cloud;
        let scopes = match self.server_address(&mailbox)? {
            // Hybrid modern authentication: the server on premises is the resource.
            ServerAddress::Url(url) if !is_online(url.host().unwrap_or_default()) => {
                let host = url.host().unwrap_or_default();
                Scopes {
                    application: format!("https://{host}/.default"),
                    person: format!("https://{host}/EWS.AccessAsUser.All"),
                }
            }
            _ => Scopes { application: cloud.exchange_scope(), person: cloud.ews_scope_for_person() },
        };
        // Whoever gives out tokens has to be who it says.
        self.oauth.registration(self.http(secrets, false)?, secrets, scopes)
    }

    fn credential(
        &self,
        mailbox: &MailboxName,
        secrets: &BTreeMap<String, SecretString>,
        granted: Option<Arc<dyn RefreshTokens>>,
    ) -> Result<Credential, SourceError> {
        if self.auth == Auth::Oauth {
            let tokens = self.registration(secrets)?.access_tokens(granted);
            return Ok(Credential::Tokens(Arc::new(tokens)));
        }
        let user = match self.username.trim() {
            "" => mailbox.primary_or_own(),
            user => user,
        };
        let password = secrets.get(PASSWORD).filter(|password| !password.expose_secret().is_empty());
        let password = password.ok_or_else(|| wrong("a password is needed for this way of signing in"))?;
        if user.chars().chain(password.expose_secret().chars()).any(char::is_control) {
            return Err(wrong("user name or password contains a control character, such as a line break"));
        }
        let (user, password) = (user.to_owned(), password.clone());
        Ok(if self.auth == Auth::Basic {
            Credential::Basic { user, password }
        } else {
            Credential::Ntlm { user, password }
        })
    }

    fn source(
        &self,
        secrets: &BTreeMap<String, SecretString>,
        granted: Option<Arc<dyn RefreshTokens>>,
    ) -> Result<EwsSource, SourceError> {
        let mailbox = MailboxName::parse(&self.mailbox)?;
        let by_itself = self.auth == Auth::Oauth && !self.oauth.needs_grant();
        EwsSource::new(EwsAccess {
            server: self.server_address(&mailbox)?,
            credential: self.credential(&mailbox, secrets, granted)?,
            impersonate: by_itself || (self.impersonate && self.auth != Auth::Oauth),
            http: self.http(secrets, self.skip_hostname_verification)?,
            mailbox,
        })
    }
}

impl EwsSource {
    /// Builds a source from the `connection` settings of a connector; connects to nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when they do not fit the schema or the secrets.
    pub fn from_connection(
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Self, SourceError> {
        EwsSettings::read(connection)?.source(secrets, None)
    }

    /// As [`from_connection`](Self::from_connection), for a mailbox that may be opened by access a person granted.
    ///
    /// # Errors
    /// As [`from_connection`](Self::from_connection).
    pub fn from_granted(
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        granted: Arc<dyn RefreshTokens>,
    ) -> Result<Self, SourceError> {
        EwsSettings::read(connection)?.source(secrets, Some(granted))
    }
}

impl From<Uri> for ServerAddress {
    fn from(url: Uri) -> Self {
        Self::Url(url)
    }
}

fn wrong(message: impl Into<String>) -> SourceError {
    SourceError::Settings { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets() -> BTreeMap<String, SecretString> {
        let secret = SecretString::from("hunter2");
        BTreeMap::from([("password".to_owned(), secret.clone()), ("client_secret".to_owned(), secret)])
    }

    fn settings(value: Value) -> EwsSettings {
        serde_json::from_value(value).unwrap()
    }

    fn address(value: Value) -> Result<ServerAddress, SourceError> {
        let settings = settings(value);
        settings.server_address(&MailboxName::parse(&settings.mailbox)?)
    }

    #[test]
    fn the_server_is_found_in_every_place_it_may_stand() {
        let online = json!({"tenant": "example.org", "client_id": "8a1c", "cloud": "us_dod"});
        for (value, expected) in [
            (
                json!({"mailbox": "a@example.org", "server": "mail.example.org"}),
                "https://mail.example.org:443/EWS/Exchange.asmx",
            ),
            (
                json!({"mailbox": r"mail.example.org\a@example.org\b@example.org", "port": 444}),
                "https://mail.example.org:444/EWS/Exchange.asmx",
            ),
            (
                json!({"mailbox": "a@example.org", "server": "127.0.0.1", "port": 80, "tls": false}),
                "http://127.0.0.1:80/EWS/Exchange.asmx",
            ),
            (
                json!({"mailbox": "a@example.org", "auth": "oauth", "oauth": online}),
                "https://outlook-dod.office365.us:443/EWS/Exchange.asmx",
            ),
        ] {
            match address(value) {
                Ok(ServerAddress::Url(url)) => assert_eq!(url.to_string(), expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
        match address(json!({"mailbox": r"a@example.org\b@example.com"})) {
            Ok(ServerAddress::Autodiscover(bases)) => {
                assert_eq!(bases, ["https://autodiscover.example.org", "https://example.org"]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        for auth in ["ntlm", "basic", "oauth"] {
            let value = json!({
                "mailbox": "soc@example.org", "auth": auth,
                "oauth": {"tenant": "example.onmicrosoft.com", "client_id": "8a1c"},
            });
            let source = EwsSource::from_connection(value.as_object().unwrap(), &secrets()).unwrap();
            let debug = format!("{source:?}");
            assert!(!debug.contains("hunter2") && !debug.contains("soc@"), "{debug}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused_before_anything_connects() {
        for (name, value, word) in [
            ("mailbox", json!("soc"), "mailbox must be"),
            ("mailbox", json!(r"x.example\a@example.org\b@example.org"), "write it once"),
            ("server", json!("http://mail.example.org"), "https://"),
            ("username", json!("a\r\nb"), "control character"),
            ("auth", json!("oauth"), "tenant"),
            ("auth", json!("kerberos"), "kerberos"),
            ("proxy", json!({"kind": "http"}), "proxy"),
            ("trusted_certificates", json!(["?"]), "certificate"),
            ("pinned_certificates", json!(["?"]), "pinned certificate 1"),
            ("pasword", json!(""), "pasword"),
        ] {
            let mut connection = json!({"mailbox": "soc@example.org", "server": "mail.example.org"});
            connection[name] = value;
            let error = EwsSource::from_connection(connection.as_object().unwrap(), &secrets()).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
            assert!(error.to_string().contains(word), "{name}: {error}");
        }
        let connection = json!({"mailbox": "soc@example.org"});
        let error =
            EwsSource::from_connection(connection.as_object().unwrap(), &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("password"), "{error}");
        for (name, value) in [("port", json!(444)), ("tls", json!(false))] {
            let mut value_of = json!({"mailbox": "soc@example.org"});
            value_of[name] = value;
            assert!(address(value_of).unwrap_err().to_string().contains("Autodiscover"));
        }
    }

    #[test]
    fn exchange_online_is_told_from_servers_on_premises() {
        let points = |value: Value| points_at_exchange_online(value.as_object().unwrap());
        assert!(points(json!({"mailbox": "a@example.org", "server": "outlook.office365.com"})));
        assert!(points(json!({"mailbox": "a@example.org", "auth": "oauth"})));
        assert!(!points(json!({"mailbox": "a@example.org", "auth": "oauth", "server": "mail.example.org"})));
        assert!(!points(json!({"mailbox": "a@example.org"})));
        assert!(!points(json!({})));
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
        assert!(properties.values().all(|property| property["title"].is_string()), "{schema:#}");
        assert_eq!(schema["required"], json!(["mailbox"]));
        for choice in properties["auth"]["enum"].as_array().unwrap() {
            assert!(properties["auth"]["x-labels"][choice.as_str().unwrap()].is_string());
        }
    }
}
