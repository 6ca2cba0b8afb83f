//! What a certificate says (RFC 5280): by whom, for whom, and which public key.

use data_encoding::{HEXLOWER, HEXUPPER};
use sha2::{Digest as _, Sha256};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;
use x509_parser::time::ASN1Time;

use crate::smime::ber::{Reader, SEQUENCE};
use crate::smime::names;

/// Mail addresses kept; a certificate may carry thousands.
const ADDRESSES: usize = 20;
/// Characters of an address (RFC 5321 §4.5.3.1 has 254).
const ADDRESS_CHARS: usize = 320;
/// Bytes of a serial number shown (RFC 5280 §4.1.2.2 has 20).
const SERIAL_BYTES: usize = 64;
/// Characters of a text from a certificate: a stranger wrote it.
const TEXT_CHARS: usize = 1_000;

/// What is needed of a certificate, owned.
#[derive(Debug, Clone, Default)]
pub(crate) struct CertificateInfo {
    pub(crate) der: Vec<u8>,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// The names as they are written, to compare.
    pub(crate) raw_subject: Vec<u8>,
    pub(crate) raw_issuer: Vec<u8>,
    /// Without leading zeros.
    pub(crate) raw_serial: Vec<u8>,
    pub(crate) key_identifier: Option<Vec<u8>>,
    pub(crate) addresses: Vec<String>,
    pub(crate) not_before: Option<jiff::Timestamp>,
    pub(crate) not_after: Option<jiff::Timestamp>,
    /// Object identifier of the key's algorithm, and of the curve if it has one.
    pub(crate) key_algorithm: String,
    pub(crate) curve: Option<String>,
    /// The bits of subjectPublicKey.
    pub(crate) public_key: Vec<u8>,
}

impl CertificateInfo {
    /// Reads a certificate, or none when it is no certificate.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let spki = certificate.public_key();
        let mut algorithm = Reader::new(spki.raw).within(SEQUENCE).ok()?.within(SEQUENCE).ok()?;
        let key_algorithm = algorithm.object_id().ok()?;
        let parameters = algorithm.any().ok();
        Some(Self {
            der: der.to_vec(),
            subject: text(&certificate.subject().to_string()),
            issuer: text(&certificate.issuer().to_string()),
            raw_subject: certificate.subject().as_raw().to_vec(),
            raw_issuer: certificate.issuer().as_raw().to_vec(),
            raw_serial: stripped(certificate.raw_serial()).to_vec(),
            key_identifier: key_identifier(&certificate),
            addresses: addresses(&certificate),
            not_before: timestamp(certificate.validity().not_before),
            not_after: timestamp(certificate.validity().not_after),
            key_algorithm,
            curve: parameters.and_then(names::curve),
            public_key: spki.subject_public_key.data.to_vec(),
        })
    }

    /// SHA-256 of the whole, lower-case hexadecimal.
    pub(crate) fn fingerprint(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(&self.der))
    }

    pub(crate) fn serial(&self) -> String {
        HEXUPPER.encode(self.raw_serial.get(..SERIAL_BYTES).unwrap_or(&self.raw_serial))
    }

    /// Whether it is the one with this issuer and serial number, both as written in a message.
    pub(crate) fn is(&self, issuer: &[u8], serial: &[u8]) -> bool {
        self.raw_serial == stripped(serial) && same_name(&self.raw_issuer, issuer)
    }

    /// What people call its algorithm, and its size in bits.
    pub(crate) fn algorithm(&self) -> (String, Option<u32>) {
        let size = |bytes: usize| u32::try_from(bytes.saturating_mul(8)).ok();
        match (self.key_algorithm.as_str(), self.curve.as_deref()) {
            (names::RSA | names::RSA_OAEP | names::RSA_PSS, _) => {
                let modulus = Reader::new(&self.public_key)
                    .within(SEQUENCE)
                    .and_then(|mut key| key.any())
                    .map(|modulus| stripped(modulus.body));
                let bits = modulus.ok().and_then(|digits| {
                    Some(size(digits.len())?.saturating_sub(digits.first()?.leading_zeros()))
                });
                (names::name(&self.key_algorithm), bits)
            }
            (_, Some(curve)) => {
                let bits = match curve {
                    names::P256 => Some(256),
                    names::P384 => Some(384),
                    names::P521 => Some(521),
                    _ => None,
                };
                (names::name(curve), bits)
            }
            (algorithm, None) => (names::name(algorithm), None),
        }
    }
}

/// The same name, be it as the same bytes or, as some programs write it, with other kinds of strings.
fn same_name(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let read = |bytes: &[u8]| {
        use x509_parser::prelude::FromDer as _;
        let (_, name) = x509_parser::x509::X509Name::from_der(bytes).ok()?;
        Some(name.to_string().to_lowercase())
    };
    read(one).is_some_and(|name| read(other) == Some(name))
}

/// A number without the zeros in front of it.
pub(crate) fn stripped(number: &[u8]) -> &[u8] {
    let at = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number.get(at..).unwrap_or_default()
}

/// A distinguished name as text, when it is one.
pub(crate) fn name_text(raw: &[u8]) -> Option<String> {
    use x509_parser::prelude::FromDer as _;
    let (_, name) = x509_parser::x509::X509Name::from_der(raw).ok()?;
    Some(text(&name.to_string()))
}

fn key_identifier(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
        _ => None,
    })
}

fn addresses(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternative = certificate
        .iter_extensions()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(names.general_names.iter()),
            _ => None,
        })
        .flatten()
        .filter_map(|name| match name {
            GeneralName::RFC822Name(address) => Some(*address),
            _ => None,
        });
    let subject = certificate.subject().iter_email().filter_map(|email| email.as_str().ok());
    let mut found: Vec<String> = Vec::new();
    for address in alternative.chain(subject).take(ADDRESSES) {
        let address: String = text(address.trim()).to_lowercase().chars().take(ADDRESS_CHARS).collect();
        if !address.is_empty() && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

fn timestamp(time: ASN1Time) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(time.timestamp()).ok()
}

/// A stranger's text, fit to be shown.
pub(crate) fn text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect()
}
