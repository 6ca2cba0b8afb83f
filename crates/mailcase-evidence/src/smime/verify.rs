//! Verifies one signature with the key of one certificate: RSA (RFC 8017) and ECDSA (RFC 5753 §2.1).

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::{Digest as _, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::ber::{INTEGER, SEQUENCE, Value, context};
use super::cipher::algorithm;
use super::names;
use super::recipient::Algorithm;
use crate::keys::CertificateInfo;

/// Salt of PSS when its parameters name no length (RFC 8017 appendix A.2.3).
const DEFAULT_SALT_BYTES: u64 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Intact,
    Broken,
    /// By means unknown here.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(super) fn read(id: &str) -> Option<Self> {
        Some(match id {
            names::MD5 => Self::Md5,
            names::SHA1 => Self::Sha1,
            names::SHA224 => Self::Sha224,
            names::SHA256 => Self::Sha256,
            names::SHA384 => Self::Sha384,
            names::SHA512 => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => md5::Md5::digest(bytes).to_vec(),
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha224 => Sha224::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// Whether two contents with the same digest can be made (RFC 6194, RFC 6151).
    pub(super) fn is_weak(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1)
    }

    fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// What stands before the digest in a PKCS#1 v1.5 signature (RFC 8017 §9.2, note 1).
    fn prefix(self) -> Vec<u8> {
        let sha2 = |last: u8| vec![0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last];
        let id = match self {
            Self::Md5 => vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05],
            Self::Sha1 => vec![0x2b, 0x0e, 0x03, 0x02, 0x1a],
            Self::Sha256 => sha2(1),
            Self::Sha384 => sha2(2),
            Self::Sha512 => sha2(3),
            Self::Sha224 => sha2(4),
        };
        let length = |more: usize| u8::try_from(id.len().saturating_add(more)).unwrap_or_default();
        let hash = u8::try_from(self.bytes()).unwrap_or_default();
        let head = [SEQUENCE, length(8).saturating_add(hash), SEQUENCE, length(4), 6, length(0)];
        [&head[..], &id, &[5, 0, 4, hash]].concat()
    }
}

/// Verifies `signature` over what `hash` gives the digests of. `digest` is the one the signer names for the content.
pub(super) fn verify(
    certificate: &CertificateInfo,
    (id, parameters): &Algorithm<'_>,
    digest: Digest,
    hash: &mut dyn FnMut(Digest) -> Vec<u8>,
    signature: &[u8],
) -> Verdict {
    let (scheme, digest) = match id.as_str() {
        names::RSA => (Scheme::Pkcs1, digest),
        names::RSA_PSS => match salt(*parameters) {
            Some((digest, salt)) => (Scheme::Pss { salt }, digest),
            None => return Verdict::Unknown,
        },
        "1.2.840.113549.1.1.4" => (Scheme::Pkcs1, Digest::Md5),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => (Scheme::Pkcs1, Digest::Sha1),
        "1.2.840.113549.1.1.14" => (Scheme::Pkcs1, Digest::Sha224),
        "1.2.840.113549.1.1.11" => (Scheme::Pkcs1, Digest::Sha256),
        "1.2.840.113549.1.1.12" => (Scheme::Pkcs1, Digest::Sha384),
        "1.2.840.113549.1.1.13" => (Scheme::Pkcs1, Digest::Sha512),
        names::EC_PUBLIC_KEY => (Scheme::Ecdsa, digest),
        "1.2.840.10045.4.1" => (Scheme::Ecdsa, Digest::Sha1),
        "1.2.840.10045.4.3.1" => (Scheme::Ecdsa, Digest::Sha224),
        "1.2.840.10045.4.3.2" => (Scheme::Ecdsa, Digest::Sha256),
        "1.2.840.10045.4.3.3" => (Scheme::Ecdsa, Digest::Sha384),
        "1.2.840.10045.4.3.4" => (Scheme::Ecdsa, Digest::Sha512),
        _ => return Verdict::Unknown,
    };
    let hash = hash(digest);
    let valid = match scheme {
        Scheme::Ecdsa => ecdsa(certificate, &hash, signature),
        Scheme::Pkcs1 => rsa(certificate).map(|key| {
            let padding = Pkcs1v15Sign { hash_len: Some(digest.bytes()), prefix: digest.prefix().into() };
            key.verify(padding, &hash, signature).is_ok()
        }),
        Scheme::Pss { salt } => rsa(certificate).map(|key| pss(&key, digest, salt, &hash, signature)),
    };
    match valid {
        Some(true) => Verdict::Intact,
        Some(false) => Verdict::Broken,
        None => Verdict::Unknown,
    }
}

enum Scheme {
    Pkcs1,
    Pss { salt: usize },
    Ecdsa,
}

fn rsa(certificate: &CertificateInfo) -> Option<RsaPublicKey> {
    let is_rsa = matches!(certificate.key_algorithm.as_str(), names::RSA | names::RSA_PSS);
    is_rsa.then(|| RsaPublicKey::from_pkcs1_der(&certificate.public_key).ok()).flatten()
}

fn pss(key: &RsaPublicKey, digest: Digest, salt: usize, hash: &[u8], signature: &[u8]) -> bool {
    match digest {
        Digest::Md5 => key.verify(Pss::<md5::Md5>::new_with_salt(salt), hash, signature),
        Digest::Sha1 => key.verify(Pss::<Sha1>::new_with_salt(salt), hash, signature),
        Digest::Sha224 => key.verify(Pss::<Sha224>::new_with_salt(salt), hash, signature),
        Digest::Sha256 => key.verify(Pss::<Sha256>::new_with_salt(salt), hash, signature),
        Digest::Sha384 => key.verify(Pss::<Sha384>::new_with_salt(salt), hash, signature),
        Digest::Sha512 => key.verify(Pss::<Sha512>::new_with_salt(salt), hash, signature),
    }
    .is_ok()
}

/// RFC 8017 appendix A.2.3: the digest and the length of the salt. None when the mask is made with another digest,
/// which nobody does.
fn salt(parameters: Option<Value<'_>>) -> Option<(Digest, usize)> {
    let mut reader = parameters?.reader();
    let digest = match reader.optional(context(0)).ok()? {
        Some(value) => Digest::read(&algorithm(&mut value.reader()).ok()?.0)?,
        None => Digest::Sha1,
    };
    let mask = match reader.optional(context(1)).ok()? {
        Some(value) => {
            let (id, digest) = algorithm(&mut value.reader()).ok()?;
            (id == names::MGF1).then_some(())?;
            Digest::read(&digest?.reader().object_id().ok()?)?
        }
        None => Digest::Sha1,
    };
    let salt = match reader.optional(context(2)).ok()? {
        Some(value) => value.reader().expect(INTEGER).ok()?.number().ok()?,
        None => DEFAULT_SALT_BYTES,
    };
    (mask == digest).then_some((digest, usize::try_from(salt).ok()?))
}

fn ecdsa(certificate: &CertificateInfo, hash: &[u8], signature: &[u8]) -> Option<bool> {
    let point = certificate.public_key.as_slice();
    macro_rules! verified {
        ($curve:ident, $bytes:literal) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
            let signature = $curve::ecdsa::Signature::from_der(signature);
            Some(
                signature
                    .is_ok_and(|signature| key.verify_prehash(&padded(hash, $bytes), &signature).is_ok()),
            )
        }};
    }
    match certificate.curve.as_deref()? {
        names::P256 => verified!(p256, 32),
        names::P384 => verified!(p384, 48),
        names::P521 => verified!(p521, 66),
        _ => None,
    }
}

/// Digests shorter than the curve's numbers are numbers all the same (SEC 1 §4.1.4); the library wants them filled up.
fn padded(hash: &[u8], bytes: usize) -> Vec<u8> {
    let mut padded = vec![0; bytes.saturating_sub(hash.len())];
    padded.extend_from_slice(hash);
    padded
}
