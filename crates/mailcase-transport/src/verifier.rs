//! The one certificate verifier: webpki against the trusted roots, plus certificates accepted by being exactly
//! the one uploaded, plus leaving out the name check alone. Remembers what the server showed.

use crate::roots;
use crate::trust::{Trust, is_authority};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::{Arc, Mutex, PoisonError};

/// More certificates of a chain than this are not kept for display.
const CHAIN_MAX: usize = 10;

/// What the server showed and what is wrong with it, also when the handshake fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct Presented {
    /// Leaf first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) wrong_name: bool,
    pub(crate) out_of_time: bool,
    pub(crate) pinned: bool,
    /// The server shows an authority's own certificate, which is what `openssl req -x509` makes; webpki accepts
    /// none of those (`CaUsedAsEndEntity`).
    pub(crate) authority_as_server: bool,
}

/// Verifies one handshake of one connection.
#[derive(Debug)]
pub(crate) struct MailVerifier {
    trust: Trust,
    everybodys: Arc<WebPkiServerVerifier>,
    /// Knows the uploaded authorities alone.
    uploaded: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    presented: Mutex<Presented>,
}

impl MailVerifier {
    pub(crate) fn new(trust: Trust, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let webpki = |authorities: Arc<RootCertStore>| {
            WebPkiServerVerifier::builder_with_provider(authorities, Arc::clone(&provider))
                .build()
                .map_err(|error| Error::General(error.to_string()))
        };
        let everybodys = webpki(Arc::clone(roots::everybody()))?;
        let uploaded = trust.authorities().map(webpki).transpose()?;
        Ok(Self { trust, everybodys, uploaded, provider, presented: Mutex::default() })
    }

    pub(crate) fn presented(&self) -> Presented {
        self.presented.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, presented: Presented) {
        *self.presented.lock().unwrap_or_else(PoisonError::into_inner) = presented;
    }

    /// A pinned certificate needs no issuer; its time and, unless left out, its name still count.
    fn verify_pinned(&self, presented: &Presented, leaf: &CertificateDer<'_>) -> Result<(), Error> {
        // Also refuses what webpki cannot read, such as X.509 version 1.
        ParsedCertificate::try_from(leaf)?;
        if presented.out_of_time {
            return Err(CertificateError::Expired.into());
        }
        if presented.wrong_name && !self.trust.skips_host_name() {
            return Err(CertificateError::NotValidForName.into());
        }
        Ok(())
    }
}

impl ServerCertVerifier for MailVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(intermediates).take(CHAIN_MAX);
        let presented = Presented {
            chain: chain.map(|certificate| certificate.clone().into_owned()).collect(),
            wrong_name: !names_host(leaf, name),
            out_of_time: !is_in_time(leaf, now),
            pinned: self.trust.is_pinned(leaf),
            authority_as_server: is_authority(leaf) == Some(true),
        };
        self.remember(presented.clone());
        if presented.pinned {
            return self.verify_pinned(&presented, leaf).map(|()| ServerCertVerified::assertion());
        }
        let verify = |by: &WebPkiServerVerifier| by.verify_server_cert(leaf, intermediates, name, ocsp, now);
        let mut verdict = verify(&self.everybodys);
        if let (Err(error), Some(uploaded)) = (&verdict, &self.uploaded)
            && !is_name_alone(error)
        {
            verdict = match verify(uploaded) {
                // A stranger to these as well: what the others said is the reason. So is one whose authority has the name
                // of an uploaded one and another key, as a renewed authority has.
                Err(Error::InvalidCertificate(problem)) if is_strange(&problem) => verdict,
                other => other,
            };
        }
        match verdict {
            Err(error) if is_name_alone(&error) && self.trust.skips_host_name() => {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether somebody trusted signed the certificate, for another name.
const fn is_name_alone(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

/// Whether nobody trusted signed the certificate, also where somebody trusted has the name of who did, and another key,
/// perhaps of another kind.
pub(crate) const fn is_strange(problem: &CertificateError) -> bool {
    matches!(
        problem,
        CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    )
}

fn names_host(leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    ParsedCertificate::try_from(leaf)
        .and_then(|parsed| rustls::client::verify_server_name(&parsed, name))
        .is_ok()
}

fn is_in_time(leaf: &CertificateDer<'_>, now: UnixTime) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(leaf) else { return false };
    let Ok(now) = i64::try_from(now.as_secs()) else { return false };
    let validity = certificate.validity();
    validity.not_before.timestamp() <= now && now <= validity.not_after.timestamp()
}
