//! Decrypts content with a symmetric key: CBC (RFC 3370, RFC 3565) and GCM (RFC 5084).

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U12, U13, U14, U15, U16};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, InnerIvInit as _, KeyIvInit};
use des::TdesEde3;
use rc2::Rc2;

use super::ber::{INTEGER, OCTET_STRING, Reader, SEQUENCE, Value};
use super::names;

/// Tag of GCM when its parameters name none (RFC 5084 §3.2).
const DEFAULT_TAG_BYTES: usize = 12;
/// Longest key RC2 takes (RFC 2268 §2).
const RC2_KEY_BYTES: usize = 128;

/// A cipher with its parameters, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cipher {
    Des3 { iv: Vec<u8> },
    Rc2 { effective_bits: usize, iv: Vec<u8> },
    AesCbc { key_bytes: usize, iv: Vec<u8> },
    AesGcm { key_bytes: usize, nonce: Vec<u8>, tag_bytes: usize },
}

/// The content did not come out: another key, or not what was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong;

impl Cipher {
    /// From an algorithm identifier, or none when it is unknown or its parameters make no sense.
    pub(crate) fn read(id: &str, parameters: Option<Value<'_>>) -> Option<Self> {
        let parameters = parameters?;
        let iv = || parameters.is(OCTET_STRING).then(|| parameters.body.to_vec());
        Some(match id {
            names::DES3_CBC => Self::Des3 { iv: iv()? },
            names::RC2_CBC => rc2(parameters)?,
            names::AES128_CBC => Self::AesCbc { key_bytes: 16, iv: iv()? },
            names::AES192_CBC => Self::AesCbc { key_bytes: 24, iv: iv()? },
            names::AES256_CBC => Self::AesCbc { key_bytes: 32, iv: iv()? },
            names::AES128_GCM => gcm(parameters, 16)?,
            names::AES192_GCM => gcm(parameters, 24)?,
            names::AES256_GCM => gcm(parameters, 32)?,
            _ => return None,
        })
    }

    /// Bytes of its key; none when keys have different lengths.
    pub(crate) fn key_bytes(&self) -> Option<usize> {
        match self {
            Self::Des3 { .. } => Some(24),
            Self::Rc2 { .. } => None,
            Self::AesCbc { key_bytes, .. } | Self::AesGcm { key_bytes, .. } => Some(*key_bytes),
        }
    }

    /// Whether a change of the encrypted bytes is noticed.
    pub(crate) fn authenticates(&self) -> bool {
        matches!(self, Self::AesGcm { .. })
    }

    /// Decrypts without authentication.
    pub(crate) fn decrypt(&self, key: &[u8], content: &[u8]) -> Result<Vec<u8>, Wrong> {
        match self {
            Self::Des3 { iv } => cbc::<TdesEde3>(key, iv, content),
            Self::Rc2 { effective_bits, iv } => {
                if key.is_empty() || key.len() > RC2_KEY_BYTES {
                    return Err(Wrong);
                }
                let cipher = Rc2::new_with_eff_key_len(key, *effective_bits);
                let decryptor = cbc::Decryptor::inner_iv_slice_init(cipher, iv).map_err(|_| Wrong)?;
                decryptor.decrypt_padded_vec::<Pkcs7>(content).map_err(|_| Wrong)
            }
            Self::AesCbc { key_bytes: 16, iv } => cbc::<Aes128>(key, iv, content),
            Self::AesCbc { key_bytes: 24, iv } => cbc::<Aes192>(key, iv, content),
            Self::AesCbc { iv, .. } => cbc::<Aes256>(key, iv, content),
            Self::AesGcm { .. } => Err(Wrong),
        }
    }

    /// Decrypts and makes sure that nothing was changed, `associated` included.
    pub(crate) fn open(
        &self,
        key: &[u8],
        content: Vec<u8>,
        associated: &[u8],
        tag: &[u8],
    ) -> Result<Vec<u8>, Wrong> {
        let Self::AesGcm { key_bytes, nonce, tag_bytes } = self else { return Err(Wrong) };
        if tag.len() != *tag_bytes {
            return Err(Wrong);
        }
        let sealed = Sealed { nonce, associated, tag };
        match key_bytes {
            16 => sealed.open::<Aes128>(key, content),
            24 => sealed.open::<Aes192>(key, content),
            _ => sealed.open::<Aes256>(key, content),
        }
    }
}

/// RFC 3370 §5.2: the version says how many bits of the key count.
fn rc2(parameters: Value<'_>) -> Option<Cipher> {
    let mut reader = parameters.reader();
    let version = reader.optional(INTEGER).ok()?.map_or(Ok(0), |value| value.number()).ok()?;
    let effective_bits = match version {
        0 => 32,
        160 => 40,
        120 => 64,
        58 => 128,
        256..=1024 => usize::try_from(version).ok()?,
        _ => return None,
    };
    Some(Cipher::Rc2 { effective_bits, iv: reader.octets().ok()?.into_owned() })
}

fn gcm(parameters: Value<'_>, key_bytes: usize) -> Option<Cipher> {
    let mut reader = parameters.is(SEQUENCE).then(|| parameters.reader())?;
    let nonce = reader.octets().ok()?.into_owned();
    let tag_bytes = match reader.optional(INTEGER).ok()? {
        Some(length) => usize::try_from(length.number().ok()?).ok()?,
        None => DEFAULT_TAG_BYTES,
    };
    Some(Cipher::AesGcm { key_bytes, nonce, tag_bytes })
}

/// CBC with the padding of RFC 5652 §6.3.
pub(crate) fn cbc<C>(key: &[u8], iv: &[u8], content: &[u8]) -> Result<Vec<u8>, Wrong>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let decryptor = <cbc::Decryptor<C> as KeyIvInit>::new_from_slices(key, iv).map_err(|_| Wrong)?;
    decryptor.decrypt_padded_vec::<Pkcs7>(content).map_err(|_| Wrong)
}

struct Sealed<'a> {
    nonce: &'a [u8],
    associated: &'a [u8],
    tag: &'a [u8],
}

impl Sealed<'_> {
    fn open<A>(&self, key: &[u8], content: Vec<u8>) -> Result<Vec<u8>, Wrong>
    where
        A: aes_gcm::aes::cipher::BlockCipherEncrypt
            + aes_gcm::aes::cipher::BlockSizeUser<BlockSize = U16>
            + KeyInit,
    {
        match (self.nonce.len(), self.tag.len()) {
            (12, 12) => self.open_as::<AesGcm<A, U12, U12>>(key, content),
            (12, 13) => self.open_as::<AesGcm<A, U12, U13>>(key, content),
            (12, 14) => self.open_as::<AesGcm<A, U12, U14>>(key, content),
            (12, 15) => self.open_as::<AesGcm<A, U12, U15>>(key, content),
            (12, 16) => self.open_as::<AesGcm<A, U12, U16>>(key, content),
            (16, 16) => self.open_as::<AesGcm<A, U16, U16>>(key, content),
            _ => Err(Wrong),
        }
    }

    fn open_as<G: AeadInOut + KeyInit>(&self, key: &[u8], mut content: Vec<u8>) -> Result<Vec<u8>, Wrong> {
        let cipher = G::new_from_slice(key).map_err(|_| Wrong)?;
        let nonce = self.nonce.try_into().map_err(|_| Wrong)?;
        let tag = self.tag.try_into().map_err(|_| Wrong)?;
        cipher
            .decrypt_inout_detached(nonce, self.associated, InOutBuf::from(content.as_mut_slice()), tag)
            .map_err(|_| Wrong)?;
        Ok(content)
    }
}

/// Reads an algorithm identifier: its object identifier and parameters.
pub(crate) fn algorithm<'a>(
    reader: &mut Reader<'a>,
) -> Result<(String, Option<Value<'a>>), super::ber::BerError> {
    let mut algorithm = reader.within(SEQUENCE)?;
    let id = algorithm.object_id()?;
    let parameters = if algorithm.is_empty() { None } else { Some(algorithm.any()?) };
    Ok((id, parameters))
}
