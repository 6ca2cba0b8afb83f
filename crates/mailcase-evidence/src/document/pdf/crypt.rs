//! The standard encryption of PDF (ISO 32000-2 §7.6): RC4, AES-128, AES-256, opened with the user's password, which is
//! mostly none.

use aes::{Aes128, Aes256};
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};

use super::file::File;
use super::object::{Dictionary, Object};
use crate::contents::Room;
use crate::open::Passwords;

/// Completes passwords (ISO 32000-2 §7.6.4.3.2).
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e,
    0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];
/// Nanoseconds of one try before version 2.0 and from then on.
const OLD_COST: u64 = 50_000;
const NEW_COST: u64 = 2_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Rc4,
    Aes128,
    Aes256,
    None,
}

#[derive(Debug)]
pub(super) struct Crypt {
    key: Vec<u8>,
    method: Method,
}

/// Why nothing is decrypted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Password,
    Effort,
    Unsupported,
}

/// What the file says about its encryption.
struct Handler {
    revision: i64,
    bytes: usize,
    method: Method,
    owner: Vec<u8>,
    user: Vec<u8>,
    user_key: Vec<u8>,
    permissions: i32,
    id: Vec<u8>,
    metadata: bool,
}

/// Opens the encryption of `file` with no password, then with each of `passwords`. `Ok(None)` when there is none.
pub(super) fn open<'p>(
    file: &File<'_>,
    passwords: &'p Passwords<'_>,
    room: &mut Room,
) -> Result<Option<(Crypt, &'p str)>, Closed> {
    let encrypt = file.trailers.iter().rev().find_map(|trailer| Some((trailer, trailer.get("Encrypt")?)));
    let Some((trailer, encrypt)) = encrypt else { return Ok(None) };
    let Object::Dictionary(encrypt) = file.resolve(encrypt) else { return Ok(None) };
    let handler = handler(file, trailer, encrypt).ok_or(Closed::Unsupported)?;
    for password in [""].into_iter().chain(passwords.list().iter().map(String::as_str)) {
        if !room.spend(if handler.revision >= 5 { NEW_COST } else { OLD_COST }) {
            return Err(Closed::Effort);
        }
        if let Some(key) = handler.key(password.as_bytes()) {
            return Ok(Some((Crypt { key, method: handler.method }, password)));
        }
    }
    Err(Closed::Password)
}

fn handler(file: &File<'_>, trailer: &Dictionary, encrypt: &Dictionary) -> Option<Handler> {
    let text = |key: &str| match file.get(encrypt, key) {
        Some(Object::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let version = file.number(encrypt, "V").unwrap_or(0);
    let revision = file.number(encrypt, "R")?;
    let bits = file.number(encrypt, "Length").unwrap_or(40);
    let bits = if (5..=16).contains(&bits) { bits * 8 } else { bits };
    let method = match version {
        1 | 2 => Method::Rc4,
        4 | 5 => {
            let filter = encrypt.name("StmF").unwrap_or(b"Identity");
            let filters = file.dictionary(encrypt, "CF")?;
            match std::str::from_utf8(filter).ok().and_then(|filter| file.dictionary(filters, filter)) {
                Some(filter) => match filter.name("CFM") {
                    Some(b"V2") => Method::Rc4,
                    Some(b"AESV2") => Method::Aes128,
                    Some(b"AESV3") => Method::Aes256,
                    _ => Method::None,
                },
                None => Method::None,
            }
        }
        _ => return None,
    };
    let bytes = if version == 1 { 5 } else { usize::try_from(bits / 8).ok()?.clamp(5, 16) };
    let id = match file.get(trailer, "ID") {
        Some(Object::Array(list)) => match list.first().map(|first| file.resolve(first)) {
            Some(Object::Text(id)) => id.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    Some(Handler {
        revision,
        bytes: if version == 4 { 16 } else { bytes },
        method,
        owner: text("O")?,
        user: text("U")?,
        user_key: text("UE").unwrap_or_default(),
        permissions: (file.number(encrypt, "P")? & 0xffff_ffff) as u32 as i32,
        id,
        metadata: !matches!(file.get(encrypt, "EncryptMetadata"), Some(Object::Bool(false))),
    })
}

impl Handler {
    /// The key of the file when `password` is the user's.
    fn key(&self, password: &[u8]) -> Option<Vec<u8>> {
        if self.revision >= 5 { self.new_key(password) } else { self.old_key(password) }
    }

    /// Algorithms 2, 4, 5, 6 of ISO 32000-1 §7.6.3.
    fn old_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut hash = Md5::new();
        let padded: Vec<u8> = password.iter().copied().chain(PADDING).take(32).collect();
        hash.update(&padded);
        hash.update(self.owner.get(..32)?);
        hash.update(self.permissions.to_le_bytes());
        hash.update(&self.id);
        if self.revision >= 4 && !self.metadata {
            hash.update([0xff; 4]);
        }
        let mut key = hash.finalize().to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(key.get(..self.bytes)?).to_vec();
            }
        }
        key.truncate(self.bytes);
        let right = if self.revision == 2 {
            rc4(&key, &PADDING) == self.user.get(..32)?
        } else {
            let mut hash = Md5::new();
            hash.update(PADDING);
            hash.update(&self.id);
            let mut check = hash.finalize().to_vec();
            for round in 0..20_u8 {
                let turned: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
                check = rc4(&turned, &check);
            }
            check.get(..16)? == self.user.get(..16)?
        };
        right.then_some(key)
    }

    /// Algorithm 2.A of ISO 32000-2 §7.6.4.3.3.
    fn new_key(&self, password: &[u8]) -> Option<Vec<u8>> {
        let password = password.get(..password.len().min(127))?;
        let (check, salts) = self.user.get(..48)?.split_at_checked(32)?;
        let (check_salt, key_salt) = salts.split_at_checked(8)?;
        if self.hash(password, check_salt)? != check {
            return None;
        }
        let intermediate = self.hash(password, key_salt)?;
        let mut key = self.user_key.get(..32)?.to_vec();
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&intermediate, &[0; 16]).ok()?;
        cipher.decrypt_padded::<NoPadding>(&mut key).ok()?;
        Some(key)
    }

    /// Algorithm 2.B of ISO 32000-2 §7.6.4.3.4; before revision 6 a plain hash.
    fn hash(&self, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
        let mut key = Sha256::digest([password, salt].concat()).to_vec();
        if self.revision < 6 {
            return Some(key);
        }
        let mut round = 0_u32;
        loop {
            let mut text = [password, &key].concat().repeat(64);
            let (first, second) = key.split_at_checked(16)?;
            let length = text.len();
            let cipher = cbc::Encryptor::<Aes128>::new_from_slices(first, second.get(..16)?).ok()?;
            cipher.encrypt_padded::<NoPadding>(&mut text, length).ok()?;
            let rest = text.get(..16)?.iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3;
            key = match rest {
                0 => Sha256::digest(&text).to_vec(),
                1 => Sha384::digest(&text).to_vec(),
                _ => Sha512::digest(&text).to_vec(),
            };
            round += 1;
            if round >= 64 && u32::from(*text.last()?) <= round - 32 {
                key.truncate(32);
                return Some(key);
            }
        }
    }
}

impl Crypt {
    pub(super) fn stream(&self, number: u32, bytes: &[u8]) -> Vec<u8> {
        self.decrypt(number, bytes)
    }

    pub(super) fn text(&self, number: u32, bytes: &[u8]) -> Vec<u8> {
        self.decrypt(number, bytes)
    }

    /// Algorithm 1 of ISO 32000-2 §7.6.3.1. Generations are taken as zero, as all programs write them.
    fn decrypt(&self, number: u32, bytes: &[u8]) -> Vec<u8> {
        let mut material = self.key.clone();
        material.extend(number.to_le_bytes().into_iter().take(3));
        material.extend([0, 0]);
        let length = (self.key.len() + 5).min(16);
        match self.method {
            Method::None => bytes.to_vec(),
            Method::Rc4 => {
                let mut key = Md5::digest(&material).to_vec();
                key.truncate(length);
                rc4(&key, bytes)
            }
            Method::Aes128 => {
                material.extend(b"sAlT");
                let mut key = Md5::digest(&material).to_vec();
                key.truncate(length);
                aes::<Aes128>(&key, bytes)
            }
            Method::Aes256 => aes::<Aes256>(&self.key, bytes),
        }
    }
}

/// The first block is the initialization vector. Padding that is wrong is left.
fn aes<C>(key: &[u8], bytes: &[u8]) -> Vec<u8>
where
    C: cbc::cipher::BlockCipherDecrypt + cbc::cipher::KeyInit,
    cbc::Decryptor<C>: KeyIvInit + BlockModeDecrypt,
{
    let Some((vector, body)) = bytes.split_at_checked(16) else { return Vec::new() };
    let whole = body.get(..body.len() / 16 * 16).unwrap_or_default();
    let mut plain = whole.to_vec();
    let Ok(cipher) = cbc::Decryptor::<C>::new_from_slices(key, vector) else { return Vec::new() };
    if let Ok(padded) = cipher.decrypt_padded::<Pkcs7>(&mut plain) {
        return padded.to_vec();
    }
    let mut plain = whole.to_vec();
    if let Ok(cipher) = cbc::Decryptor::<C>::new_from_slices(key, vector)
        && cipher.decrypt_padded::<NoPadding>(&mut plain).is_err()
    {
        return Vec::new();
    }
    plain
}

fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut other = 0_usize;
    for at in 0..256 {
        let turn = key.get(at % key.len().max(1)).copied().unwrap_or_default();
        let value = state.get(at).copied().unwrap_or_default();
        other = (other + usize::from(value) + usize::from(turn)) & 255;
        state.swap(at, other);
    }
    let (mut at, mut other) = (0_usize, 0_usize);
    let next = |byte: &u8| {
        at = (at + 1) & 255;
        let value = state.get(at).copied().unwrap_or_default();
        other = (other + usize::from(value)) & 255;
        state.swap(at, other);
        let sum = value.wrapping_add(state.get(at).copied().unwrap_or_default());
        byte ^ state.get(usize::from(sum)).copied().unwrap_or_default()
    };
    bytes.iter().map(next).collect()
}
