//! What a person sees of a certificate.

use data_encoding::HEXLOWER;
use mailcase_mail::CertificateFacts;
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;
use x509_parser::time::ASN1Time;

/// Names beyond these are left out: a certificate may carry thousands.
const NAMES_MAX: usize = 100;
/// Longest text taken from a certificate: it is written by a stranger.
const TEXT_MAX_CHARS: usize = 300;
const PEM_LINE: usize = 64;

/// Describes a certificate in DER form. One that cannot be read is described by its fingerprint alone.
#[must_use]
pub fn certificate_facts(der: &[u8]) -> CertificateFacts {
    let mut facts = CertificateFacts {
        subject: "unreadable certificate".to_owned(),
        issuer: String::new(),
        names: Vec::new(),
        not_before: None,
        not_after: None,
        sha256: HEXLOWER.encode(&Sha256::digest(der)),
        pem: pem(der),
    };
    if let Ok((_, certificate)) = x509_parser::parse_x509_certificate(der) {
        facts.subject = printable(&certificate.subject().to_string());
        facts.issuer = printable(&certificate.issuer().to_string());
        facts.names = names(&certificate);
        facts.not_before = timestamp(certificate.validity().not_before);
        facts.not_after = timestamp(certificate.validity().not_after);
    }
    facts
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    extension.value.general_names.iter().filter_map(name).take(NAMES_MAX).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

fn timestamp(time: ASN1Time) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(time.timestamp()).ok()
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_MAX_CHARS).collect()
}

/// RFC 7468 §5.
fn pem(der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in body.as_bytes().chunks(PEM_LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
