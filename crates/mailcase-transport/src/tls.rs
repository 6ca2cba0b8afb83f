//! The TLS handshake, and what to tell the user when it fails.

use crate::dial::Endpoint;
use crate::facts::certificate_facts;
use crate::stream::MailStream;
use crate::trust::Trust;
use crate::verifier::{MailVerifier, Presented};
use mailcase_mail::{CertificateFacts, SourceError};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::{CertificateError, ClientConfig, Error};
use rustls_pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// An encrypted connection and what the server showed.
#[derive(Debug)]
pub struct Established {
    pub stream: MailStream,
    /// Leaf first.
    pub chain: Vec<CertificateFacts>,
    /// Such as `TLSv1_3`.
    pub protocol: String,
}

/// Encrypts a connection as its client.
///
/// # Errors
/// [`SourceError::Tls`] with the presented chain when the server is not trusted or does not speak TLS,
/// [`SourceError::Unreachable`] when it hangs up, [`SourceError::TimedOut`] when it says nothing.
pub async fn start_tls(
    stream: TcpStream,
    endpoint: &Endpoint,
    trust: &Trust,
    deadline: Duration,
) -> Result<Established, SourceError> {
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| SourceError::Settings {
        message: format!("{} is neither a host name nor an address", endpoint.host),
    })?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let setup = |error: Error| tls_error(format!("TLS cannot be set up: {error}"), None);
    let verifier = Arc::new(MailVerifier::new(trust.clone(), Arc::clone(&provider)).map_err(setup)?);
    // A configuration of its own for each connection: no resumed session skips the verifier, and what the
    // verifier remembers belongs to this handshake.
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
        .with_no_client_auth();
    // Tickets for a next connection would lie about for as long as this one.
    config.resumption = Resumption::disabled();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = timeout(deadline, handshake)
        .await
        .map_err(|_| SourceError::TimedOut {
            what: format!("the TLS handshake with {endpoint}"),
            after: deadline,
        })?
        .map_err(|error| explain(endpoint, &error, verifier.presented(), trust))?;
    let chain = verifier.presented().chain.iter().map(|der| certificate_facts(der)).collect();
    let version = stream.get_ref().1.protocol_version();
    let protocol = version.and_then(|version| version.as_str()).unwrap_or("TLS").to_owned();
    Ok(Established { stream: MailStream::Tls(Box::new(stream)), chain, protocol })
}

fn explain(endpoint: &Endpoint, error: &io::Error, presented: Presented, trust: &Trust) -> SourceError {
    let Some(reason) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return SourceError::Unreachable {
            message: format!("{endpoint} hung up during the TLS handshake: {error}"),
            hint: Some("The port may not speak TLS: check port and security setting.".to_owned()),
        };
    };
    match reason {
        Error::InvalidCertificate(problem) => untrusted(endpoint, problem, &presented, trust),
        Error::InvalidMessage(_) => tls_error(
            format!("{endpoint} does not speak TLS on this port"),
            Some("Choose the port for TLS, or the security setting that fits this port.".to_owned()),
        ),
        Error::AlertReceived(_) | Error::PeerIncompatible(_) => tls_error(
            format!("{endpoint} and this program share no way to encrypt: {reason}"),
            Some("The server must speak TLS 1.2 or 1.3 with a modern cipher.".to_owned()),
        ),
        _ => tls_error(format!("TLS with {endpoint} failed: {reason}"), None),
    }
}

const fn tls_error(message: String, hint: Option<String>) -> SourceError {
    SourceError::Tls { message, hint, untrusted: false, chain: Vec::new() }
}

fn untrusted(
    endpoint: &Endpoint,
    problem: &CertificateError,
    presented: &Presented,
    trust: &Trust,
) -> SourceError {
    let chain: Vec<_> = presented.chain.iter().map(|der| certificate_facts(der)).collect();
    let leaf = chain.first();
    let names_matter = presented.wrong_name && !trust.skips_host_name();
    let no_root = matches!(problem, CertificateError::UnknownIssuer)
        || (matches!(problem, CertificateError::Other(_)) && presented.authority_as_server);
    let time = leaf.and_then(|leaf| leaf.not_after).map(|end| end.strftime("%Y-%m-%d").to_string());
    let time = time.unwrap_or_else(|| "an unknown day".to_owned());
    let (message, hint) = if presented.out_of_time {
        let which = if presented.pinned { "the certificate trusted for" } else { "the certificate of" };
        (
            format!("{which} {endpoint} is out of its time: it was valid until {time}"),
            "Renew the certificate on the server; check the clock of this machine.",
        )
    } else if no_root && names_matter {
        (
            format!(
                "the certificate of {endpoint} is signed by nobody trusted, and is for other names{}",
                for_names(leaf)
            ),
            "Use a host name the certificate is for, or switch off the host name check for this connector; \
             then trust the certificate after comparing its fingerprint.",
        )
    } else if no_root {
        (
            format!("the certificate of {endpoint} is signed by nobody trusted"),
            "Compare the fingerprint with the server's administrator, then trust exactly this certificate, \
             or upload the certificate of the authority that signed it.",
        )
    } else if names_matter {
        (
            format!("the certificate shown by {endpoint} is for other names{}", for_names(leaf)),
            "Use a host name the certificate is for. Only if that is impossible, switch off the host name \
             check for this connector.",
        )
    } else {
        (
            format!("the certificate of {endpoint} cannot be accepted: {problem}"),
            "Ask the server's administrator for a current certificate (X.509 version 3).",
        )
    };
    SourceError::Tls {
        message,
        hint: Some(hint.to_owned()),
        untrusted: no_root && !names_matter && !presented.out_of_time,
        chain,
    }
}

fn for_names(leaf: Option<&CertificateFacts>) -> String {
    /// More names do not help the reader.
    const SHOWN: usize = 5;
    match leaf {
        Some(leaf) if !leaf.names.is_empty() => {
            let shown: Vec<&str> = leaf.names.iter().take(SHOWN).map(String::as_str).collect();
            format!(": {}", shown.join(", "))
        }
        _ => String::new(),
    }
}
