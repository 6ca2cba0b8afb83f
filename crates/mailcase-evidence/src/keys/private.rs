//! The private keys of S/MIME: what decrypts session keys.
//!
//! The pure Rust implementations, because old mail needs what the usual ones refuse: RSA keys below 2048 bits, OAEP
//! with two different digests. They wipe themselves when dropped.

use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use zeroize::Zeroizing;

use super::KeyError;
use crate::smime::ber::{BerError, OCTET_STRING, Reader, SEQUENCE, Value, context};
use crate::smime::names;

/// A private key that may decrypt.
pub(crate) enum PrivateKey {
    Rsa(Box<rsa::RsaPrivateKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    X25519(Box<x25519_dalek::StaticSecret>),
}

impl PrivateKey {
    /// Reads a PKCS#8 PrivateKeyInfo (RFC 5208 §5).
    pub(crate) fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        let unreadable = |_: BerError| KeyError::Unreadable;
        let mut info = Reader::new(bytes).within(SEQUENCE).map_err(unreadable)?;
        info.number().map_err(unreadable)?;
        let mut algorithm = info.within(SEQUENCE).map_err(unreadable)?;
        let name = algorithm.object_id().map_err(unreadable)?;
        let key = info.octets().map_err(unreadable)?;
        match name.as_str() {
            names::RSA | names::RSA_OAEP | names::RSA_PSS => rsa::RsaPrivateKey::from_pkcs1_der(&key)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(|_| KeyError::Unreadable),
            names::EC_PUBLIC_KEY => elliptic(algorithm.any().ok(), &key),
            names::X25519 => {
                let secret = Reader::new(&key).octets().map_err(unreadable)?;
                let secret = <[u8; 32]>::try_from(secret.as_ref()).map_err(|_| KeyError::Unreadable)?;
                Ok(Self::X25519(Box::new(secret.into())))
            }
            _ => Err(KeyError::Unsupported { algorithm: names::name(&name) }),
        }
    }

    /// What its certificate has as subjectPublicKey: a PKCS#1 key, a point, or the bytes of the curve.
    /// Points are not compressed.
    pub(crate) fn public(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => rsa_public(&key.n_bytes(), &key.e_bytes()),
            Self::P256(key) => key.public_key().to_sec1_bytes().into_vec(),
            Self::P384(key) => key.public_key().to_sec1_bytes().into_vec(),
            Self::P521(key) => key.public_key().to_sec1_bytes().into_vec(),
            Self::X25519(key) => x25519_dalek::PublicKey::from(key.as_ref()).as_bytes().to_vec(),
        }
    }

    /// The secret shared with the owner of `point`, or none when that is no point of the same curve.
    pub(crate) fn agree(&self, point: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let shared = match self {
            Self::Rsa(_) => return None,
            Self::P256(key) => {
                let public = p256::PublicKey::from_sec1_bytes(point).ok()?;
                p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), public.as_affine())
                    .raw_secret_bytes()
                    .to_vec()
            }
            Self::P384(key) => {
                let public = p384::PublicKey::from_sec1_bytes(point).ok()?;
                p384::ecdh::diffie_hellman(key.to_nonzero_scalar(), public.as_affine())
                    .raw_secret_bytes()
                    .to_vec()
            }
            Self::P521(key) => {
                let public = p521::PublicKey::from_sec1_bytes(point).ok()?;
                p521::ecdh::diffie_hellman(key.to_nonzero_scalar(), public.as_affine())
                    .raw_secret_bytes()
                    .to_vec()
            }
            Self::X25519(key) => {
                let public = x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(point).ok()?);
                let shared = key.diffie_hellman(&public);
                shared.was_contributory().then(|| shared.as_bytes().to_vec())?
            }
        };
        Some(Zeroizing::new(shared))
    }
}

/// A PKCS#1 RSAPublicKey (RFC 8017 appendix A.1.1) from its big-endian numbers.
fn rsa_public(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    use crate::smime::ber::{INTEGER, write};
    let number = |bytes: &[u8]| {
        let at = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        let digits = bytes.get(at..).unwrap_or_default();
        let sign: &[u8] = if digits.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
        write(INTEGER, &[sign, digits])
    };
    write(SEQUENCE, &[&number(modulus), &number(exponent)])
}

/// Reads an ECPrivateKey (RFC 5915 §3). The curve may stand around it or in it.
fn elliptic(around: Option<Value<'_>>, key: &[u8]) -> Result<PrivateKey, KeyError> {
    let unreadable = |_: BerError| KeyError::Unreadable;
    let mut key = Reader::new(key).within(SEQUENCE).map_err(unreadable)?;
    key.number().map_err(unreadable)?;
    let secret = Zeroizing::new(key.expect(OCTET_STRING).map_err(unreadable)?.body.to_vec());
    let inside = key.optional(context(0)).ok().flatten().and_then(|value| value.reader().any().ok());
    let curve = around.or(inside).and_then(names::curve).unwrap_or_else(|| "of another kind".to_owned());
    let read = match curve.as_str() {
        names::P256 => p256::SecretKey::from_slice(&padded(&secret, 32)).map(PrivateKey::P256),
        names::P384 => p384::SecretKey::from_slice(&padded(&secret, 48)).map(PrivateKey::P384),
        names::P521 => p521::SecretKey::from_slice(&padded(&secret, 66)).map(PrivateKey::P521),
        _ => return Err(KeyError::Unsupported { algorithm: format!("curve {}", names::name(&curve)) }),
    };
    read.map_err(|_| KeyError::Unreadable)
}

/// Some writers drop leading zeros, some add them.
fn padded(secret: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let kept = secret.get(secret.len().saturating_sub(length)..).unwrap_or_default();
    let mut padded = Zeroizing::new(vec![0; length.saturating_sub(kept.len())]);
    padded.extend_from_slice(kept);
    padded
}
