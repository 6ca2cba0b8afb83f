//! What a person sets for a Microsoft 365 connector, checked before anything connects.

use crate::mailbox::MailboxName;
use crate::source::{DEFAULT_FOLDER, GraphAccess, GraphSource};
use mailcase_mail::{Deadlines, RefreshTokens, SourceError, SourceKind};
use mailcase_transport::http::HttpClient;
use mailcase_transport::oauth::{
    CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD, CLIENT_SECRET, EntraSettings, Registration, Scopes,
};
use mailcase_transport::{PROXY_PASSWORD, ProxySettings, Route, Trust};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stable name of this kind of source.
pub const KIND: &str = "graph";
/// Name of the kind that sees the same mailboxes by Exchange Web Services: a connector of either can go on with the other.
pub(crate) const EWS: &str = "ews";

/// The `connection` settings of a Microsoft 365 connector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "Microsoft 365 mailbox",
    extend("x-order" = ["mailbox", "oauth", "trusted_certificates", "pinned_certificates", "skip_hostname_verification", "proxy"])
)]
pub struct GraphSettings {
    /// The address of the mailbox, such as soc@example.org, or the object id of its user. A mailbox shared with somebody
    /// may be written as primary@example.org\shared@example.org. Behind a colon may stand the folder that is watched
    /// when no other is chosen: soc@example.org:Inbox/Reports.
    #[schemars(title = "Mailbox", length(min = 1, max = 1024))]
    pub mailbox: String,
    /// The application that was registered in Microsoft Entra for Mailcase. It needs the permission Mail.ReadWrite of
    /// Microsoft Graph, and Mail.Send to answer: the application permissions, with admin consent, when it signs in as
    /// itself; the delegated ones, and Mail.ReadWrite.Shared, when a person grants access.
    #[serde(default)]
    #[schemars(title = "Application")]
    pub oauth: EntraSettings,
    /// Certificates trusted for this connector only, where the way to Microsoft leads through something that shows its
    /// own.
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
    /// Where this machine reaches Microsoft through a proxy only. Sign-in and mail both go through it.
    #[serde(default)]
    #[schemars(title = "Proxy")]
    pub proxy: ProxySettings,
}

/// Introduces this source.
#[must_use]
pub fn kind() -> SourceKind {
    SourceKind {
        kind: KIND,
        title: "Microsoft 365",
        description: "A mailbox in Exchange Online, by Microsoft Graph.",
        settings_schema: schemars::schema_for!(GraphSettings).to_value(),
        secrets: &[CLIENT_SECRET, CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD, PROXY_PASSWORD],
        successors: &[EWS],
        mailbox: &["mailbox"],
        default_folder: DEFAULT_FOLDER,
        // Exchange has no two folders that differ in case alone.
        folders_ignore_case: true,
    }
}

impl GraphSettings {
    pub(crate) fn read(connection: &Map<String, Value>) -> Result<Self, SourceError> {
        serde_json::from_value(Value::Object(connection.clone())).map_err(|error| SourceError::Settings {
            message: format!("the connection settings are wrong: {error}"),
        })
    }

    fn http(
        &self,
        secrets: &BTreeMap<String, SecretString>,
        skip_host_name: bool,
    ) -> Result<HttpClient, SourceError> {
        let trust = Trust::new(&self.trusted_certificates, skip_host_name)
            .and_then(|trust| trust.pinning(&self.pinned_certificates))
            .map_err(|error| SourceError::Settings { message: error.to_string() })?;
        Ok(HttpClient::new(Route::new(&self.proxy, secrets)?, trust, Deadlines::default()))
    }

    pub(crate) fn registration(
        &self,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Registration, SourceError> {
        let cloud = self.oauth.cloud;
        let scopes = Scopes { application: cloud.graph_scope(), person: cloud.graph_scope_for_person() };
        // Whoever gives out tokens has to be who it says.
        self.oauth.registration(self.http(secrets, false)?, secrets, scopes)
    }

    fn source(
        &self,
        secrets: &BTreeMap<String, SecretString>,
        granted: Option<Arc<dyn RefreshTokens>>,
    ) -> Result<GraphSource, SourceError> {
        Ok(GraphSource::new(GraphAccess {
            origin: format!("https://{}", self.oauth.cloud.graph_host()),
            mailbox: MailboxName::parse(&self.mailbox)?,
            http: self.http(secrets, self.skip_hostname_verification)?,
            tokens: Arc::new(self.registration(secrets)?.access_tokens(granted)),
        }))
    }
}

impl GraphSource {
    /// Builds a source from the `connection` settings of a connector; connects to nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when they do not fit the schema or the secrets.
    pub fn from_connection(
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Self, SourceError> {
        GraphSettings::read(connection)?.source(secrets, None)
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
        GraphSettings::read(connection)?.source(secrets, Some(granted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source(connection: &Value) -> Result<GraphSource, SourceError> {
        let secrets = BTreeMap::from([("client_secret".to_owned(), SecretString::from("hunter2"))]);
        GraphSource::from_connection(connection.as_object().unwrap(), &secrets)
    }

    fn usual() -> Value {
        json!({
            "mailbox": "soc@example.org",
            "oauth": {"tenant": "example.onmicrosoft.com", "client_id": "8a1c", "cloud": "us_gcc_high"},
        })
    }

    #[test]
    fn the_cloud_sets_the_host_and_secrets_stay_out_of_debug_output() {
        let source = source(&usual()).unwrap();
        assert_eq!(source.client.base(), "https://graph.microsoft.us/v1.0");
        assert!(!format!("{source:?}").contains("hunter2"));
    }

    #[test]
    fn what_does_not_fit_together_is_refused_before_anything_connects() {
        for (name, value, word) in [
            ("mailbox", json!("soc"), "mailbox must be"),
            ("oauth", json!({"client_id": "8a1c"}), "tenant"),
            ("oauth", json!({"tenant": "example.org"}), "client id"),
            (
                "oauth",
                json!({"tenant": "example.org", "client_id": "8a1c", "proof": "certificate"}),
                "certificate",
            ),
            ("proxy", json!({"kind": "http"}), "proxy"),
            ("trusted_certificates", json!(["?"]), "certificate"),
            ("pinned_certificates", json!(["?"]), "pinned certificate 1"),
            ("pasword", json!(""), "pasword"),
        ] {
            let mut connection = usual();
            connection[name] = value;
            let error = source(&connection).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
            assert!(error.to_string().contains(word), "{name}: {error}");
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
        assert!(properties.values().all(|property| property["title"].is_string()), "{schema:#}");
        assert_eq!(schema["required"], json!(["mailbox"]));
    }
}
