//! Gets the key of the content out of what was sent to one recipient.
//!
//! RSA: PKCS#1 v1.5 (RFC 3370 §4.2.1) and OAEP (RFC 3560). Elliptic curves: RFC 5753, and RFC 8418 for X25519.
//! A failure of the padding of PKCS#1 v1.5 is told to nobody: it gives a key that opens nothing (RFC 3218 §2.3.2).

use aes_kw::{KwAes128, KwAes192, KwAes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, KeyInit as _, KeyIvInit as _};
use rsa::{Oaep, Pkcs1v15Encrypt, RsaPrivateKey};
use sha1::{Digest, Sha1};
use sha2::digest::FixedOutputReset;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::ber::{BerError, OCTET_STRING, Reader, SEQUENCE, Value, context, write};
use super::cipher::{Wrong, algorithm};
use super::names;
use super::recipient::Algorithm;
use crate::keys::PrivateKey;

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The way is not known here; its name.
    Unsupported(String),
    /// Not encrypted to this key, or changed on its way.
    Wrong,
}

impl From<BerError> for NoKey {
    fn from(_: BerError) -> Self {
        Self::Wrong
    }
}

impl From<Wrong> for NoKey {
    fn from(_: Wrong) -> Self {
        Self::Wrong
    }
}

type Key = Zeroizing<Vec<u8>>;

/// Key transport. `wanted` is the length of the content's key, if its cipher has only one.
pub(super) fn transport(
    key: &PrivateKey,
    (id, parameters): &Algorithm<'_>,
    encrypted: &[u8],
    wanted: Option<usize>,
) -> Result<Key, NoKey> {
    let PrivateKey::Rsa(key) = key else { return Err(NoKey::Wrong) };
    match id.as_str() {
        names::RSA => pkcs1(key, encrypted, wanted),
        names::RSA_OAEP => OaepParameters::read(*parameters)?.decrypt(key, encrypted),
        other => Err(NoKey::Unsupported(names::name(other))),
    }
}

fn pkcs1(key: &RsaPrivateKey, encrypted: &[u8], wanted: Option<usize>) -> Result<Key, NoKey> {
    // The library answers bad padding with bytes made from the key and the message, of any length.
    let found = Zeroizing::new(key.decrypt(Pkcs1v15Encrypt, encrypted).map_err(|_| NoKey::Wrong)?);
    match wanted {
        Some(wanted) if found.len() != wanted => {
            let digest = Zeroizing::new(Sha512::digest(&found).to_vec());
            Ok(Zeroizing::new(digest.get(..wanted).unwrap_or_default().to_vec()))
        }
        _ => Ok(found),
    }
}

/// RFC 8017 appendix A.2.1.
struct OaepParameters {
    digest: String,
    mask_digest: String,
    label: Vec<u8>,
}

impl OaepParameters {
    fn read(parameters: Option<Value<'_>>) -> Result<Self, NoKey> {
        let sha1 = || names::SHA1.to_owned();
        let mut read = Self { digest: sha1(), mask_digest: sha1(), label: Vec::new() };
        let Some(parameters) = parameters.filter(|value| value.is(SEQUENCE)) else { return Ok(read) };
        let mut reader = parameters.reader();
        if let Some(digest) = reader.optional(context(0))? {
            read.digest = algorithm(&mut digest.reader())?.0;
        }
        if let Some(mask) = reader.optional(context(1))? {
            let (id, digest) = algorithm(&mut mask.reader())?;
            if id != names::MGF1 {
                return Err(NoKey::Unsupported(names::name(&id)));
            }
            read.mask_digest = digest.ok_or(NoKey::Wrong)?.reader().object_id()?;
        }
        if let Some(source) = reader.optional(context(2))? {
            let (id, label) = algorithm(&mut source.reader())?;
            if id != names::P_SPECIFIED {
                return Err(NoKey::Unsupported(names::name(&id)));
            }
            read.label = label.ok_or(NoKey::Wrong)?.octets()?.into_owned();
        }
        Ok(read)
    }

    fn decrypt(&self, key: &RsaPrivateKey, encrypted: &[u8]) -> Result<Key, NoKey> {
        match self.digest.as_str() {
            names::SHA1 => self.with::<Sha1>(key, encrypted),
            names::SHA224 => self.with::<Sha224>(key, encrypted),
            names::SHA256 => self.with::<Sha256>(key, encrypted),
            names::SHA384 => self.with::<Sha384>(key, encrypted),
            names::SHA512 => self.with::<Sha512>(key, encrypted),
            other => Err(NoKey::Unsupported(format!("RSA-OAEP with {}", names::name(other)))),
        }
    }

    fn with<D: Digest + FixedOutputReset>(
        &self,
        key: &RsaPrivateKey,
        encrypted: &[u8],
    ) -> Result<Key, NoKey> {
        match self.mask_digest.as_str() {
            names::SHA1 => self.with_mask::<D, Sha1>(key, encrypted),
            names::SHA224 => self.with_mask::<D, Sha224>(key, encrypted),
            names::SHA256 => self.with_mask::<D, Sha256>(key, encrypted),
            names::SHA384 => self.with_mask::<D, Sha384>(key, encrypted),
            names::SHA512 => self.with_mask::<D, Sha512>(key, encrypted),
            other => Err(NoKey::Unsupported(format!("RSA-OAEP with MGF1 of {}", names::name(other)))),
        }
    }

    fn with_mask<D, M>(&self, key: &RsaPrivateKey, encrypted: &[u8]) -> Result<Key, NoKey>
    where
        D: Digest + FixedOutputReset,
        M: Digest + FixedOutputReset,
    {
        let padding = Oaep::<D, M>::new_with_mgf_hash_and_label(self.label.clone());
        key.decrypt(padding, encrypted).map(Zeroizing::new).map_err(|_| NoKey::Wrong)
    }
}

/// Key agreement with the sender's point for this message.
pub(super) fn agreement(
    key: &PrivateKey,
    point: Option<&[u8]>,
    user_material: Option<&[u8]>,
    (scheme, wrap): &Algorithm<'_>,
    encrypted: &[u8],
) -> Result<Key, NoKey> {
    let derivation = Derivation::read(scheme).ok_or_else(|| NoKey::Unsupported(names::name(scheme)))?;
    let wrap = wrap.ok_or(NoKey::Wrong)?;
    let wrap_id = wrap.reader().object_id()?;
    let wrapping = Wrapping::read(&wrap_id).ok_or_else(|| NoKey::Unsupported(names::name(&wrap_id)))?;
    let point = point
        .ok_or_else(|| NoKey::Unsupported("key agreement with a certificate of the sender".to_owned()))?;
    let shared = key.agree(point).ok_or(NoKey::Wrong)?;
    let info = shared_info(wrap.whole, user_material, wrapping.key_bytes());
    let wrapping_key = derivation.derive(&shared, &info, user_material, wrapping.key_bytes())?;
    wrapping.unwrap(&wrapping_key, encrypted)
}

/// ECC-CMS-SharedInfo (RFC 5753 §7.2).
fn shared_info(wrap: &[u8], user_material: Option<&[u8]>, key_bytes: usize) -> Vec<u8> {
    let bits = u32::try_from(key_bytes.saturating_mul(8)).unwrap_or_default().to_be_bytes();
    let length = write(context(2), &[&write(OCTET_STRING, &[&bits])]);
    let material = user_material.map(|material| write(context(0), &[&write(OCTET_STRING, &[material])]));
    write(SEQUENCE, &[wrap, &material.unwrap_or_default(), &length])
}

#[derive(Debug, Clone, Copy)]
enum Digests {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// How the shared secret becomes a key.
#[derive(Debug, Clone, Copy)]
enum Derivation {
    /// ANSI X9.63 (RFC 5753 §7.1.1), with or without the cofactor, which is 1 on all curves here.
    X963(Digests),
    /// RFC 8418 §2.1.
    Hkdf(Digests),
}

impl Derivation {
    fn read(scheme: &str) -> Option<Self> {
        Some(match scheme {
            "1.3.133.16.840.63.0.2" | "1.3.133.16.840.63.0.3" => Self::X963(Digests::Sha1),
            "1.3.132.1.11.0" | "1.3.132.1.14.0" => Self::X963(Digests::Sha224),
            "1.3.132.1.11.1" | "1.3.132.1.14.1" => Self::X963(Digests::Sha256),
            "1.3.132.1.11.2" | "1.3.132.1.14.2" => Self::X963(Digests::Sha384),
            "1.3.132.1.11.3" | "1.3.132.1.14.3" => Self::X963(Digests::Sha512),
            "1.2.840.113549.1.9.16.3.19" => Self::Hkdf(Digests::Sha256),
            "1.2.840.113549.1.9.16.3.20" => Self::Hkdf(Digests::Sha384),
            "1.2.840.113549.1.9.16.3.21" => Self::Hkdf(Digests::Sha512),
            _ => return None,
        })
    }

    fn derive(self, shared: &[u8], info: &[u8], salt: Option<&[u8]>, bytes: usize) -> Result<Key, NoKey> {
        let mut key = Zeroizing::new(vec![0; bytes]);
        match self {
            Self::X963(Digests::Sha1) => x963::<Sha1>(shared, info, &mut key),
            Self::X963(Digests::Sha224) => x963::<Sha224>(shared, info, &mut key),
            Self::X963(Digests::Sha256) => x963::<Sha256>(shared, info, &mut key),
            Self::X963(Digests::Sha384) => x963::<Sha384>(shared, info, &mut key),
            Self::X963(Digests::Sha512) => x963::<Sha512>(shared, info, &mut key),
            Self::Hkdf(Digests::Sha384) => {
                hkdf::Hkdf::<Sha384>::new(salt, shared).expand(info, &mut key).map_err(|_| NoKey::Wrong)?;
            }
            Self::Hkdf(Digests::Sha512) => {
                hkdf::Hkdf::<Sha512>::new(salt, shared).expand(info, &mut key).map_err(|_| NoKey::Wrong)?;
            }
            Self::Hkdf(_) => {
                hkdf::Hkdf::<Sha256>::new(salt, shared).expand(info, &mut key).map_err(|_| NoKey::Wrong)?;
            }
        }
        Ok(key)
    }
}

/// SEC 1 §3.6.1.
fn x963<D: Digest>(shared: &[u8], info: &[u8], key: &mut [u8]) {
    let size = <D as Digest>::output_size().max(1);
    for (counter, block) in (1u32..).zip(key.chunks_mut(size)) {
        let mut digest = D::new();
        Digest::update(&mut digest, shared);
        Digest::update(&mut digest, counter.to_be_bytes());
        Digest::update(&mut digest, info);
        for (to, from) in block.iter_mut().zip(digest.finalize()) {
            *to = from;
        }
    }
}

/// How a key wraps another.
#[derive(Debug, Clone, Copy)]
enum Wrapping {
    Aes128,
    Aes192,
    Aes256,
    Des3,
}

impl Wrapping {
    fn read(id: &str) -> Option<Self> {
        Some(match id {
            names::AES128_WRAP => Self::Aes128,
            names::AES192_WRAP => Self::Aes192,
            names::AES256_WRAP => Self::Aes256,
            names::DES3_WRAP => Self::Des3,
            _ => return None,
        })
    }

    fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::Des3 => 24,
            Self::Aes256 => 32,
        }
    }

    fn unwrap(self, key: &[u8], wrapped: &[u8]) -> Result<Key, NoKey> {
        /// Longest wrapped key: that of RC2.
        const WRAPPED_BYTES: usize = 256;
        if wrapped.len() > WRAPPED_BYTES {
            return Err(NoKey::Wrong);
        }
        macro_rules! aes {
            ($cipher:ty) => {{
                let cipher = <$cipher>::new_from_slice(key).map_err(|_| NoKey::Wrong)?;
                let mut room = Zeroizing::new(vec![0; wrapped.len()]);
                let found = cipher.unwrap_key(wrapped, &mut room).map_err(|_| NoKey::Wrong)?;
                Ok(Zeroizing::new(found.to_vec()))
            }};
        }
        match self {
            Self::Aes128 => aes!(KwAes128),
            Self::Aes192 => aes!(KwAes192),
            Self::Aes256 => aes!(KwAes256),
            Self::Des3 => des3(key, wrapped),
        }
    }
}

/// RFC 3217 §3.2.
fn des3(key: &[u8], wrapped: &[u8]) -> Result<Key, NoKey> {
    const OUTER_IV: [u8; 8] = [0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05];
    let decrypt = |iv: &[u8], bytes: &[u8]| {
        cbc::Decryptor::<des::TdesEde3>::new_from_slices(key, iv)
            .map_err(|_| NoKey::Wrong)?
            .decrypt_padded_vec::<NoPadding>(bytes)
            .map(Zeroizing::new)
            .map_err(|_| NoKey::Wrong)
    };
    let mut outer = decrypt(&OUTER_IV, wrapped)?;
    outer.reverse();
    let (iv, inner) = outer.split_at_checked(8).ok_or(NoKey::Wrong)?;
    let inner = decrypt(iv, inner)?;
    // The key is one of 3DES by the letter; BouncyCastle wraps those of AES as well.
    let end = inner.len().checked_sub(8).ok_or(NoKey::Wrong)?;
    let (found, check) = inner.split_at_checked(end).ok_or(NoKey::Wrong)?;
    if Sha1::digest(found).get(..8) != Some(check) {
        return Err(NoKey::Wrong);
    }
    Ok(Zeroizing::new(found.to_vec()))
}

/// Reads the name of a way for people: RSA, RSA-OAEP, or the derivation and the wrapping.
pub(super) fn name((id, parameters): &Algorithm<'_>) -> String {
    let wrap = parameters.filter(|_| Derivation::read(id).is_some()).and_then(|value| {
        let wrap = Reader::new(value.body).object_id().ok()?;
        Some(match Wrapping::read(&wrap)? {
            Wrapping::Aes128 => "AES-128",
            Wrapping::Aes192 => "AES-192",
            Wrapping::Aes256 => "AES-256",
            Wrapping::Des3 => "3DES",
        })
    });
    wrap.map_or_else(|| names::name(id), |wrap| format!("ECDH with {wrap} key wrap"))
}
