//! Whom a connection trusts: the platform's authorities, and what the user uploaded for this one connector.

use data_encoding::BASE64;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::sync::Arc;

/// More uploaded certificates than this are a mistake, such as a whole system bundle pasted in.
const UPLOADED_MAX: usize = 64;

/// Why uploaded certificates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    #[error(
        "trusted certificate {position} is neither a PEM certificate (-----BEGIN CERTIFICATE-----) nor a DER one in base64"
    )]
    NotACertificate { position: usize },
    #[error("trusted certificate {position} cannot be read: it is damaged or of X.509 version 1")]
    Unreadable { position: usize },
    #[error("pinned certificate {position} is no certificate, is damaged or of X.509 version 1")]
    NoPin { position: usize },
    #[error("more than {UPLOADED_MAX} trusted certificates")]
    TooMany,
}

/// Whom a connection trusts.
///
/// An uploaded certificate is trusted in two ways: a server showing exactly it is accepted, whatever its CA
/// flag says, as long as it has not expired; and if it is an authority, so is whatever it signed. The host
/// name is checked in both cases unless that is switched off, which switches off nothing else. A pinned certificate is
/// trusted in the first way alone: whoever looked at one server's certificate said nothing of what its key may sign.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Uploaded authorities. Apart from everybody's, which take a hundred kilobytes: those are in memory once.
    authorities: Arc<RootCertStore>,
    pinned: Arc<[CertificateDer<'static>]>,
    skip_host_name: bool,
}

impl Default for Trust {
    fn default() -> Self {
        Self { authorities: Arc::new(RootCertStore::empty()), pinned: Arc::new([]), skip_host_name: false }
    }
}

impl Trust {
    /// Trusts the platform's authorities and the certificates in `uploaded`: PEM texts, each of which may hold several,
    /// or single ones in DER form, base64.
    ///
    /// # Errors
    /// When something uploaded is not a certificate.
    pub fn new<P: AsRef<str>>(uploaded: &[P], skip_host_name: bool) -> Result<Self, TrustError> {
        if uploaded.is_empty() {
            return Ok(Self { skip_host_name, ..Self::default() });
        }
        let mut authorities = RootCertStore::empty();
        let mut pinned = Vec::new();
        for (index, text) in uploaded.iter().enumerate() {
            let position = index.saturating_add(1);
            for certificate in certificates(text.as_ref()).ok_or(TrustError::NotACertificate { position })? {
                let authority = is_authority(&certificate).ok_or(TrustError::Unreadable { position })?;
                if authority {
                    authorities.add(certificate.clone()).map_err(|_| TrustError::Unreadable { position })?;
                }
                pinned.push(certificate);
            }
        }
        if pinned.len() > UPLOADED_MAX {
            return Err(TrustError::TooMany);
        }
        Ok(Self { authorities: Arc::new(authorities), pinned: pinned.into(), skip_host_name })
    }

    /// Also accepts a server that shows exactly one of `certificates`, written as those of [`new`](Self::new). None of
    /// them becomes an authority, whatever its CA flag says.
    ///
    /// # Errors
    /// When something pinned is not a certificate.
    pub fn pinning<P: AsRef<str>>(self, certificates: &[P]) -> Result<Self, TrustError> {
        let mut pinned = self.pinned.to_vec();
        for (index, text) in certificates.iter().enumerate() {
            let no_pin = TrustError::NoPin { position: index.saturating_add(1) };
            let found = self::certificates(text.as_ref()).ok_or_else(|| no_pin.clone())?;
            if found.iter().any(|certificate| is_authority(certificate).is_none()) {
                return Err(no_pin);
            }
            pinned.extend(found);
        }
        if pinned.len() > UPLOADED_MAX {
            return Err(TrustError::TooMany);
        }
        Ok(Self { pinned: pinned.into(), ..self })
    }

    /// The uploaded authorities; `None` when there are none.
    pub(crate) fn authorities(&self) -> Option<Arc<RootCertStore>> {
        (!self.authorities.is_empty()).then(|| Arc::clone(&self.authorities))
    }

    /// What was uploaded or pinned, in DER form.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.pinned.iter()
    }

    pub(crate) fn is_pinned(&self, certificate: &CertificateDer<'_>) -> bool {
        self.pinned.iter().any(|pinned| pinned.as_ref() == certificate.as_ref())
    }

    pub(crate) const fn skips_host_name(&self) -> bool {
        self.skip_host_name
    }
}

/// At least one certificate, or nothing when the text is something else.
fn certificates(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    if text.contains("-----BEGIN") {
        let found: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().ok()?;
        return (!found.is_empty()).then_some(found);
    }
    let base64: String = text.split_whitespace().collect();
    let der = BASE64.decode(base64.as_bytes()).ok().filter(|der| !der.is_empty())?;
    // Anything short is base64 by chance.
    x509_parser::parse_x509_certificate(&der).ok()?;
    Some(vec![CertificateDer::from(der)])
}

/// Whether a certificate may sign others; nothing when it cannot be read. A mere server certificate must not
/// become a trust anchor: whoever holds its key could sign more.
pub(crate) fn is_authority(certificate: &CertificateDer<'_>) -> Option<bool> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    if parsed.version() != x509_parser::x509::X509Version::V3 {
        return None;
    }
    Some(parsed.is_ca())
}
