//! The TLS handshake, and what to tell the user when it fails.

use crate::carrier::Carrier;
use crate::endpoint::Endpoint;
use crate::facts::certificate_facts;
use crate::stream::MailStream;
use crate::trust::Trust;
use crate::verifier::{MailVerifier, Presented, is_strange};
use mailcase_mail::{CertificateFacts, SourceError, TlsPeer};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::{CertificateError, ClientConfig, Error};
use rustls_pki_types::ServerName;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What both sides agreed on.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// What the peer showed, leaf first.
    pub chain: Vec<CertificateFacts>,
    /// Such as `TLSv1_3`.
    pub protocol: String,
    pub name: NameCheck,
}

/// What was made of the name in the certificate of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameCheck {
    Fits,
    /// The settings leave the check out; it would have passed.
    LeftOut,
    /// The settings leave the check out; it would have failed.
    LeftOutAndWrong,
}

/// An encrypted connection and what the server showed.
#[derive(Debug)]
pub struct Established {
    pub stream: MailStream,
    pub encryption: Encryption,
}

/// With whom a handshake is made, for the words of its errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) is: TlsPeer,
}

impl fmt::Display for Peer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is == TlsPeer::Proxy {
            f.write_str("the proxy ")?;
        }
        self.endpoint.fmt(f)
    }
}

/// Encrypts a connection as its client.
///
/// # Errors
/// [`SourceError::Tls`] with the presented chain when the server is not trusted or does not speak TLS,
/// [`SourceError::Unreachable`] when it hangs up, [`SourceError::TimedOut`] when it says nothing.
pub async fn start_tls(
    carrier: Carrier,
    endpoint: &Endpoint,
    trust: &Trust,
    deadline: Duration,
) -> Result<Established, SourceError> {
    let peer = Peer { endpoint, is: TlsPeer::Server };
    let (stream, encryption) = handshake(carrier, peer, trust, deadline, &[]).await?;
    Ok(Established { stream: MailStream::Tls(Box::new(stream)), encryption })
}

/// Encrypts any byte stream; `protocols` are offered by ALPN (RFC 7301), the preferred one first.
pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: Peer<'_>,
    trust: &Trust,
    deadline: Duration,
    protocols: &[&[u8]],
) -> Result<(TlsStream<S>, Encryption), SourceError> {
    let name = ServerName::try_from(peer.endpoint.host.clone()).map_err(|_| SourceError::Settings {
        message: format!("{} is neither a host name nor an address", peer.endpoint.host),
    })?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let setup = |error: Error| tls_error(peer, format!("TLS cannot be set up: {error}"), None);
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
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = timeout(deadline, handshake)
        .await
        .map_err(|_| SourceError::TimedOut {
            what: format!("the TLS handshake with {peer}"),
            after: deadline,
        })?
        .map_err(|error| explain(peer, &error, verifier.presented(), trust))?;
    let presented = verifier.presented();
    let chain = presented.chain.iter().map(|der| certificate_facts(der)).collect();
    let name = match (trust.skips_host_name(), presented.wrong_name) {
        (false, _) => NameCheck::Fits,
        (true, false) => NameCheck::LeftOut,
        (true, true) => NameCheck::LeftOutAndWrong,
    };
    let version = stream.get_ref().1.protocol_version();
    let protocol = version.and_then(|version| version.as_str()).unwrap_or("TLS").to_owned();
    Ok((stream, Encryption { chain, protocol, name }))
}

fn explain(peer: Peer<'_>, error: &io::Error, presented: Presented, trust: &Trust) -> SourceError {
    let Some(reason) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return SourceError::Unreachable {
            message: format!("{peer} hung up during the TLS handshake: {error}"),
            hint: Some("The port may not speak TLS: check port and security setting.".to_owned()),
        };
    };
    match reason {
        Error::InvalidCertificate(problem) => untrusted(peer, problem, &presented, trust),
        Error::InvalidMessage(_) => tls_error(
            peer,
            format!("{peer} does not speak TLS on this port"),
            Some("Choose the port for TLS, or the security setting that fits this port.".to_owned()),
        ),
        Error::AlertReceived(_) | Error::PeerIncompatible(_) => tls_error(
            peer,
            format!("{peer} and this program share no way to encrypt: {reason}"),
            Some("The server must speak TLS 1.2 or 1.3 with a modern cipher.".to_owned()),
        ),
        _ => tls_error(peer, format!("TLS with {peer} failed: {reason}"), None),
    }
}

const fn tls_error(peer: Peer<'_>, message: String, hint: Option<String>) -> SourceError {
    SourceError::Tls { message, hint, peer: peer.is, untrusted: false, chain: Vec::new() }
}

fn untrusted(
    peer: Peer<'_>,
    problem: &CertificateError,
    presented: &Presented,
    trust: &Trust,
) -> SourceError {
    let chain: Vec<_> = presented.chain.iter().map(|der| certificate_facts(der)).collect();
    let leaf = chain.first();
    let names_matter = presented.wrong_name && !trust.skips_host_name();
    let no_root = is_strange(problem)
        || (matches!(problem, CertificateError::Other(_)) && presented.authority_as_server);
    let time = leaf.and_then(|leaf| leaf.not_after).map(|end| end.strftime("%Y-%m-%d").to_string());
    let time = time.unwrap_or_else(|| "an unknown day".to_owned());
    let (message, hint) = if presented.out_of_time {
        let which = if presented.pinned { "the certificate trusted for" } else { "the certificate of" };
        (
            format!("{which} {peer} is out of its time: it was valid until {time}"),
            "Renew the certificate on the server; check the clock of this machine.",
        )
    } else if no_root && names_matter {
        (
            format!(
                "the certificate of {peer} is signed by nobody trusted, and is for other names{}",
                for_names(leaf)
            ),
            "Use a host name the certificate is for, or switch off the host name check; \
             then trust the certificate after comparing its fingerprint.",
        )
    } else if no_root {
        (
            format!("the certificate of {peer} is signed by nobody trusted"),
            "Compare the fingerprint with the server's administrator, then trust exactly this certificate, \
             or upload the certificate of the authority that signed it.",
        )
    } else if names_matter {
        (
            format!("the certificate shown by {peer} is for other names{}", for_names(leaf)),
            "Use a host name the certificate is for. Only if that is impossible, switch off the host name \
             check.",
        )
    } else {
        (
            format!("the certificate of {peer} cannot be accepted: {problem}"),
            "Ask the server's administrator for a current certificate (X.509 version 3).",
        )
    };
    SourceError::Tls {
        message,
        hint: Some(hint.to_owned()),
        peer: peer.is,
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
