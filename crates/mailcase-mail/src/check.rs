//! The report of "Test connection": every step with what was found, in the order things happen.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Passed,
    /// It works, but somebody should know.
    Warning,
    Failed,
    /// Not tried, because an earlier step failed.
    Skipped,
}

/// One step: `name` is stable (`autodiscover`, `environment`, `proxy_dns`, `proxy_tcp`, `proxy_tls`, `proxy`, `dns`,
/// `tcp`, `tls`, `token`, `sign_in`, `capabilities`, `folder`, `unread`, `newest`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    pub name: String,
    /// For people: "Sign in as soc@example.org".
    pub title: String,
    pub status: StepStatus,
    /// What was found, or what failed and why.
    pub detail: String,
    /// What to do next.
    pub hint: Option<String>,
    /// How long the step took.
    pub millis: u64,
    /// The first bytes of the message the step found, at most [`GLANCE_BYTES`](crate::GLANCE_BYTES): whoever reads mail
    /// adds to `detail` whose it is.
    #[serde(skip)]
    pub beginning: Option<Bytes>,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    pub subject: String,
    pub issuer: String,
    /// DNS names and addresses it is valid for.
    pub names: Vec<String>,
    pub not_before: Option<jiff::Timestamp>,
    pub not_after: Option<jiff::Timestamp>,
    /// SHA-256 of the DER form, lower-case hexadecimal.
    pub sha256: String,
    /// The certificate itself, PEM: what is kept when the user trusts it.
    pub pem: String,
}

/// Something a connection depends on that ends by itself, such as a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// For people: "client secret".
    pub what: String,
    pub at: jiff::Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckReport {
    pub steps: Vec<CheckStep>,
    /// What the server presented, leaf first; also when it was not trusted.
    pub chain: Vec<CertificateFacts>,
    /// True when the only thing wrong with TLS is that the chain ends in no trusted root (or the leaf is
    /// self-signed), so that trusting exactly this certificate would help.
    pub untrusted: bool,
    /// What the proxy presented, leaf first, when TLS is spoken to one.
    #[serde(default)]
    pub proxy_chain: Vec<CertificateFacts>,
    /// As `untrusted`, of the proxy: the certificate belongs to those trusted for the proxy.
    #[serde(default)]
    pub proxy_untrusted: bool,
}

impl CheckReport {
    /// Whether no step failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.steps.is_empty()
            && self.steps.iter().all(|step| matches!(step.status, StepStatus::Passed | StepStatus::Warning))
    }
}
