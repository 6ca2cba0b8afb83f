//! What a person sets about the proxy of a connector: the same for every source, so that forms need no code for it.

use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::proxy::{Identity, Protocol, Proxy};
use crate::route::Route;
use crate::trust::Trust;
use data_encoding::BASE64;
use http::HeaderValue;
use mailcase_mail::{SecretField, SourceError};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Squid's, and by that everybody's.
const PORT_HTTP: u16 = 3128;
/// RFC 1928 §3.
const PORT_SOCKS: u16 = 1080;
/// RFC 1929 §2 gives each one byte of length.
const SOCKS_NAME_MAX_BYTES: usize = 255;

/// The secret that belongs to [`ProxySettings`]; every source that has the settings lists it.
pub const PROXY_PASSWORD: SecretField = SecretField {
    name: "proxy_password",
    title: "Proxy password",
    description: "What the user of the proxy signs in with; not the password of the mailbox.",
    optional: true,
    file: false,
    show_if: Some(("proxy.kind", &["http", "https", "socks5"])),
};

/// Which way connections take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ProxyKind {
    #[default]
    None,
    Environment,
    Http,
    Https,
    Socks5,
}

/// The proxy of a connector. A source embeds it in its settings as `proxy`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(
    inline,
    extend("x-order" = ["kind", "host", "port", "username", "trusted_certificates", "pinned_certificates", "skip_hostname_verification"])
)]
pub struct ProxySettings {
    /// HTTP: the CONNECT method of an HTTP proxy. HTTPS: the same, with the connection to the proxy encrypted.
    /// SOCKS5: such as ssh -D. From the environment: what HTTPS_PROXY, ALL_PROXY and NO_PROXY of the server process say.
    #[schemars(
        title = "Kind of proxy",
        extend("x-labels" = {
            "none": "None", "environment": "From the environment", "http": "HTTP", "https": "HTTPS (TLS to the proxy)",
            "socks5": "SOCKS5"
        })
    )]
    pub kind: ProxyKind,
    /// Name or address of the proxy, such as proxy.example.org; proxy.example.org:8080 sets the port as well.
    #[schemars(
        title = "Proxy server",
        length(max = 261),
        extend("x-show-if" = {"kind": ["http", "https", "socks5"]})
    )]
    pub host: String,
    /// Left out: 3128, or 1080 with SOCKS5.
    #[schemars(
        title = "Proxy port",
        range(min = 1),
        extend("x-show-if" = {"kind": ["http", "https", "socks5"]})
    )]
    pub port: Option<u16>,
    /// Who signs in to the proxy; left out where it asks nobody.
    #[schemars(
        title = "Proxy user name",
        length(max = 1024),
        extend("x-show-if" = {"kind": ["http", "https", "socks5"]})
    )]
    pub username: Option<String>,
    /// Certificates trusted for the proxy only: of the proxy itself or of the authority that signed it.
    #[schemars(
        title = "Certificates trusted for the proxy",
        extend("x-widget" = "certificates", "x-show-if" = {"kind": ["https"]})
    )]
    pub trusted_certificates: Vec<String>,
    /// Exactly these certificates are accepted from the proxy, and nothing they signed. A connection test adds the one
    /// you trust there.
    #[schemars(
        title = "Certificates pinned for the proxy",
        extend("x-widget" = "pinned_certificates", "x-show-if" = {"kind": ["https"]})
    )]
    pub pinned_certificates: Vec<String>,
    /// Dangerous: accepts a trusted certificate made for another host than the proxy.
    #[schemars(
        title = "Skip host name verification of the proxy",
        extend("x-show-if" = {"kind": ["https"]})
    )]
    pub skip_hostname_verification: bool,
}

impl Route {
    /// The way the settings describe; the password is the secret called as [`PROXY_PASSWORD`] says. Reads the
    /// environment when, and only when, the settings say so.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when the settings do not fit together, or the environment names no proxy that can be
    /// used.
    pub fn new(
        settings: &ProxySettings,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Self, SourceError> {
        let protocol = match settings.kind {
            ProxyKind::None => return Ok(Self::direct()),
            ProxyKind::Environment => return Environment::read().map(Self::as_environment_says),
            ProxyKind::Http => Protocol::Http,
            ProxyKind::Https => Protocol::Https,
            ProxyKind::Socks5 => Protocol::Socks5,
        };
        let usual = if protocol == Protocol::Socks5 { PORT_SOCKS } else { PORT_HTTP };
        let trust = Trust::new(&settings.trusted_certificates, settings.skip_hostname_verification)
            .and_then(|trust| trust.pinning(&settings.pinned_certificates))
            .map_err(|error| wrong(format!("of the proxy: {error}")))?;
        let none = SecretString::default();
        let password = secrets.get(PROXY_PASSWORD.name).unwrap_or(&none);
        let user = settings.username.as_deref().filter(|user| !user.is_empty());
        Ok(Self::through(Proxy {
            protocol,
            endpoint: Endpoint::parse("the proxy", &settings.host, settings.port, usual)?,
            identity: identity(protocol, user, password)?,
            trust,
        }))
    }
}

fn identity(
    protocol: Protocol,
    user: Option<&str>,
    password: &SecretString,
) -> Result<Identity, SourceError> {
    let Some(user) = user else { return Ok(Identity::Nobody) };
    let secret = password.expose_secret();
    if user.chars().chain(secret.chars()).any(char::is_control) {
        return Err(wrong(
            "user name or password of the proxy contains a control character, such as a line break",
        ));
    }
    if protocol == Protocol::Socks5 {
        if secret.is_empty() {
            return Err(wrong("a SOCKS5 proxy with a user name needs a password as well"));
        }
        if user.len() > SOCKS_NAME_MAX_BYTES || secret.len() > SOCKS_NAME_MAX_BYTES {
            return Err(wrong(format!(
                "user name and password of a SOCKS5 proxy have at most {SOCKS_NAME_MAX_BYTES} bytes each"
            )));
        }
        return Ok(Identity::UserPassword(user.to_owned(), password.clone()));
    }
    // RFC 7617 §2: the colon ends the name.
    if user.contains(':') {
        return Err(wrong("the user name of an HTTP proxy cannot contain a colon"));
    }
    let pair = Zeroizing::new(format!("{user}:{secret}"));
    let value = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
    let mut header = HeaderValue::from_str(&value)
        .map_err(|_| wrong("user name and password of the proxy cannot be sent"))?;
    header.set_sensitive(true);
    Ok(Identity::Basic(header))
}

fn wrong(message: impl Into<String>) -> SourceError {
    SourceError::Settings { message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn route(settings: Value, password: &str) -> Result<Route, SourceError> {
        let secrets = BTreeMap::from([(PROXY_PASSWORD.name.to_owned(), SecretString::from(password))]);
        Route::new(&serde_json::from_value(settings).unwrap(), &secrets)
    }

    #[test]
    fn what_does_not_fit_together_is_refused_before_anything_connects() {
        for (settings, password, word) in [
            (json!({"kind": "http"}), "", "the proxy must be"),
            (json!({"kind": "socks5", "host": "p", "username": "u"}), "", "needs a password"),
            (json!({"kind": "socks5", "host": "p", "username": "u"}), &*"x".repeat(256), "255 bytes"),
            (json!({"kind": "http", "host": "p", "username": "a:b"}), "x", "colon"),
            (json!({"kind": "http", "host": "p", "username": "a\r\nX: y"}), "x", "control character"),
            (json!({"kind": "http", "host": "p", "username": "a"}), "x\r\nX: y", "control character"),
            (json!({"kind": "https", "host": "p", "trusted_certificates": ["?"]}), "", "of the proxy"),
            (json!({"kind": "https", "host": "p", "pinned_certificates": ["?"]}), "", "of the proxy: pinned"),
            (json!({"kind": "http", "host": "p:1", "port": 2}), "", "port"),
        ] {
            let error = route(settings, password).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
            assert!(error.to_string().contains(word), "{error}");
            assert!(!error.to_string().contains("x\r\n"));
        }
    }

    #[test]
    fn passwords_stay_out_of_debug_output() {
        for kind in ["http", "https", "socks5"] {
            let route = route(json!({"kind": kind, "host": "p", "username": "u"}), "hunter2").unwrap();
            let debug = format!("{route:?}");
            assert!(!debug.contains("hunter2") && !debug.contains(&BASE64.encode(b"u:hunter2")), "{debug}");
        }
    }

    #[test]
    fn the_schema_says_what_belongs_to_which_kind() {
        let schema = schemars::schema_for!(ProxySettings).to_value();
        let properties = schema["properties"].as_object().unwrap();
        let mut named: Vec<_> = properties.keys().cloned().collect();
        let mut ordered: Vec<String> = serde_json::from_value(schema["x-order"].clone()).unwrap();
        named.sort();
        ordered.sort();
        assert_eq!(named, ordered);
        let kinds: Vec<String> = serde_json::from_value(properties["kind"]["enum"].clone()).unwrap();
        for kind in &kinds {
            assert!(properties["kind"]["x-labels"][kind].is_string(), "{kind}");
        }
        for (name, property) in properties {
            assert!(property["title"].is_string(), "{name}");
            let shown: Vec<String> =
                serde_json::from_value(property["x-show-if"]["kind"].clone()).unwrap_or_default();
            assert_eq!(shown.is_empty(), name == "kind");
            assert!(shown.iter().all(|kind| kinds.contains(kind)));
        }
    }
}
