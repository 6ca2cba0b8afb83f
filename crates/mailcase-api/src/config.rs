//! What the operator decides about the web side.

use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use std::net::IpAddr;
use url::Url;

/// Settings of the HTTP side.
#[derive(Clone)]
pub struct ApiConfig {
    /// The address people open in their browser. With https, cookies are `Secure` and browsers are told to stay
    /// on https.
    pub public_url: Url,
    /// Reverse proxies whose `X-Forwarded-For` is believed. Empty: the peer of the connection is the client.
    pub trusted_proxies: Vec<IpAddr>,
    /// Token `/metrics` asks for. Without one, `/metrics` answers this machine only.
    pub metrics_token: Option<SecretString>,
    /// Where the metrics are; without it there is no `/metrics`.
    pub metrics: Option<PrometheusHandle>,
}

impl ApiConfig {
    /// The settings for a public address, with nothing else chosen.
    #[must_use]
    pub const fn new(public_url: Url) -> Self {
        Self { public_url, trusted_proxies: Vec::new(), metrics_token: None, metrics: None }
    }

    /// Whether browsers reach us over TLS.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

impl std::fmt::Debug for ApiConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiConfig")
            .field("public_url", &self.public_url.as_str())
            .field("trusted_proxies", &self.trusted_proxies)
            .finish_non_exhaustive()
    }
}
