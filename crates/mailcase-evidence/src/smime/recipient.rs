//! To whom a message is encrypted, and how each gets the key of its content (RFC 5652 §6.2).

use std::borrow::Cow;

use data_encoding::HEXUPPER;
use sha1::{Digest as _, Sha1};

use super::ber::{BIT_STRING, BerError, OCTET_STRING, Reader, SEQUENCE, Value, context};
use super::cipher::algorithm;
use crate::keys::{CertificateInfo, name_text};

/// Recipients looked at that share one agreement; they need keys of one curve.
const SHARED: usize = 1_000;

/// How a message names a certificate.
#[derive(Debug, Clone)]
pub(super) enum CertificateId<'a> {
    IssuerSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(Cow<'a, [u8]>),
}

impl<'a> CertificateId<'a> {
    /// RFC 5652 §5.3 and §6.2.1: a sequence, or `[0]`.
    pub(super) fn read(value: Value<'a>) -> Result<Self, BerError> {
        if value.is(SEQUENCE) {
            let mut reader = value.reader();
            let issuer = reader.any()?.whole;
            let serial = reader.any()?.body;
            return Ok(Self::IssuerSerial { issuer, serial });
        }
        if value.is(context(0)) {
            // In key agreement it is a sequence that begins with the identifier.
            let mut inside = value.reader();
            return match inside.optional(OCTET_STRING) {
                Ok(Some(identifier)) if value.tag == context(0) => {
                    Ok(Self::KeyIdentifier(identifier.octets()?))
                }
                _ => Ok(Self::KeyIdentifier(Cow::Borrowed(value.body))),
            };
        }
        Err(BerError::Unexpected)
    }

    pub(super) fn is_of(&self, certificate: &CertificateInfo) -> bool {
        match self {
            Self::IssuerSerial { issuer, serial } => certificate.is(issuer, serial),
            Self::KeyIdentifier(identifier) => match &certificate.key_identifier {
                Some(own) => own.as_slice() == identifier.as_ref(),
                // RFC 5280 §4.2.1.2, method 1: what senders use for certificates that name none.
                None => Sha1::digest(&certificate.public_key).as_slice() == identifier.as_ref(),
            },
        }
    }

    /// As people are shown it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::IssuerSerial { issuer, serial } => {
                let issuer = name_text(issuer).unwrap_or_else(|| "unreadable issuer".to_owned());
                format!("{issuer}, serial number {}", HEXUPPER.encode(crate::keys::stripped(short(serial))))
            }
            Self::KeyIdentifier(identifier) => format!("key id {}", HEXUPPER.encode(short(identifier))),
        }
    }
}

/// Serial numbers have at most 20 bytes (RFC 5280 §4.1.2.2), key identifiers at most 64.
fn short(bytes: &[u8]) -> &[u8] {
    bytes.get(..64).unwrap_or(bytes)
}

pub(super) type Algorithm<'a> = (String, Option<Value<'a>>);

/// One way to the key of the content.
#[derive(Debug)]
pub(super) enum Recipient<'a> {
    /// RFC 5652 §6.2.1: the key is encrypted to an RSA key.
    Transport { to: CertificateId<'a>, algorithm: Algorithm<'a>, encrypted: Cow<'a, [u8]> },
    /// RFC 5652 §6.2.2: the key is wrapped with what both sides agree on.
    Agreement {
        /// The sender's point for this message; none when a certificate of the sender is named.
        point: Option<&'a [u8]>,
        /// The sender's contribution to the derivation.
        user_material: Option<Cow<'a, [u8]>>,
        algorithm: Algorithm<'a>,
        to: Vec<(CertificateId<'a>, Cow<'a, [u8]>)>,
    },
    /// RFC 5652 §6.2.4.
    Password,
    /// A key both sides know already, or a way that is not known here.
    Other,
}

impl<'a> Recipient<'a> {
    pub(super) fn read(value: Value<'a>) -> Result<Self, BerError> {
        let mut reader = value.reader();
        if value.is(SEQUENCE) {
            reader.number()?;
            let to = CertificateId::read(reader.any()?)?;
            let algorithm = algorithm(&mut reader)?;
            return Ok(Self::Transport { to, algorithm, encrypted: reader.octets()? });
        }
        if value.is(context(1)) {
            return Self::agreement(reader);
        }
        Ok(if value.is(context(3)) { Self::Password } else { Self::Other })
    }

    fn agreement(mut reader: Reader<'a>) -> Result<Self, BerError> {
        reader.number()?;
        let originator = reader.within(context(0))?.any()?;
        let point = if originator.is(context(1)) {
            let mut key = originator.reader();
            key.expect(SEQUENCE)?;
            Some(key.expect(BIT_STRING)?.bits()?)
        } else {
            None
        };
        let user_material = reader.optional(context(1))?.map(|value| value.reader().octets()).transpose()?;
        let algorithm = algorithm(&mut reader)?;
        let mut keys = reader.within(SEQUENCE)?;
        let mut to = Vec::new();
        while !keys.is_empty() && to.len() < SHARED {
            let mut key = keys.within(SEQUENCE)?;
            let id = CertificateId::read(key.any()?)?;
            to.push((id, key.octets()?));
        }
        Ok(Self::Agreement { point, user_material, algorithm, to })
    }

    /// Everybody this names.
    pub(super) fn names(&self) -> Vec<&CertificateId<'a>> {
        match self {
            Self::Transport { to, .. } => vec![to],
            Self::Agreement { to, .. } => to.iter().map(|(id, _)| id).collect(),
            Self::Password | Self::Other => Vec::new(),
        }
    }
}
