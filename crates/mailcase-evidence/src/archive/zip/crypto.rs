//! The two encryptions of ZIP that are in use: PKWARE's traditional one (APPNOTE §6.1) and WinZip's AES.

use aes::{Aes128, Aes192, Aes256};
use ctr::Ctr128LE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::Entry;

/// Nanoseconds for one byte to decrypt and to unpack.
pub(super) const BYTE_COST: u64 = 10;
/// Bytes before the content of a traditionally encrypted member.
const HEADER: usize = 12;
/// Rounds of the key derivation of WinZip's AES.
const ROUNDS: u32 = 1_000;
/// Nanoseconds of that derivation: two hashes of each round for each 20 bytes of up to 66.
const DERIVATION_COST: u64 = 2_000_000;
/// Bytes of the authentication code after the content.
const CODE: usize = 10;

/// An encrypted member.
#[derive(Debug)]
pub(super) enum Cipher<'a> {
    Traditional { method: u16, check: u8, header: &'a [u8], body: &'a [u8] },
    Aes(Aes<'a>),
}

#[derive(Debug)]
pub(super) struct Aes<'a> {
    method: u16,
    /// 1, 2, 3: keys of 128, 192, 256 bits.
    strength: u8,
    /// AE-1 keeps the checksum of the content, AE-2 does not.
    version: u16,
    salt: &'a [u8],
    verifier: &'a [u8],
    body: &'a [u8],
    code: &'a [u8],
}

impl<'a> Cipher<'a> {
    /// Nothing when it is encrypted in another way, or too short.
    pub(super) fn of(entry: &Entry, data: &'a [u8]) -> Option<Self> {
        if entry.method == 99 {
            return aes(entry.extra(0x9901)?, data).map(Self::Aes);
        }
        // Strong encryption needs certificates or keys that no mail has.
        if entry.flags & 0x40 != 0 {
            return None;
        }
        let (header, body) = data.split_at_checked(HEADER)?;
        let by_time = entry.flags & 8 != 0;
        let [_, high] = entry.time.to_le_bytes();
        let check = match entry.crc {
            Some(crc) if !by_time => crc.to_be_bytes()[0],
            _ => high,
        };
        Some(Self::Traditional { method: entry.method, check, header, body })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Traditional { .. } => "zipcrypto",
            Self::Aes(aes) => match aes.strength {
                1 => "aes128",
                2 => "aes192",
                _ => "aes256",
            },
        }
    }

    /// How the decrypted content is packed.
    pub(super) fn method(&self) -> u16 {
        match self {
            Self::Traditional { method, .. } => *method,
            Self::Aes(aes) => aes.method,
        }
    }

    /// What one try costs before the content is decrypted.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Traditional { .. } => 1_000,
            Self::Aes(aes) => DERIVATION_COST + aes.body.len() as u64 * BYTE_COST,
        }
    }

    /// Whether the checksum of the directory is that of the content.
    pub(super) fn has_checksum(&self) -> bool {
        match self {
            Self::Traditional { .. } => true,
            Self::Aes(aes) => aes.version == 1,
        }
    }

    /// Whether what was opened is known to be what was encrypted.
    pub(super) fn is_authentic(&self) -> bool {
        matches!(self, Self::Aes(_))
    }

    /// The decrypted content, nothing when the password is certainly wrong.
    pub(super) fn open(&self, password: &str) -> Option<Vec<u8>> {
        match self {
            Self::Traditional { check, header, body, .. } => {
                let mut keys = Traditional::new(password.as_bytes());
                let last = header.iter().map(|byte| keys.next(*byte)).last()?;
                (last == *check).then(|| body.iter().map(|byte| keys.next(*byte)).collect())
            }
            Self::Aes(aes) => aes.open(password),
        }
    }
}

fn aes<'a>(extra: &[u8], data: &'a [u8]) -> Option<Aes<'a>> {
    let version = u16::from_le_bytes(extra.get(0..2)?.try_into().ok()?);
    let strength = *extra.get(4)?;
    let method = u16::from_le_bytes(extra.get(5..7)?.try_into().ok()?);
    if !(1..=3).contains(&strength) {
        return None;
    }
    let (salt, rest) = data.split_at_checked(4 + 4 * usize::from(strength))?;
    let (verifier, rest) = rest.split_at_checked(2)?;
    let (body, code) = rest.split_at_checked(rest.len().checked_sub(CODE)?)?;
    Some(Aes { method, strength, version, salt, verifier, body, code })
}

impl Aes<'_> {
    fn open(&self, password: &str) -> Option<Vec<u8>> {
        let length = 8 + 8 * usize::from(self.strength);
        let mut derived = vec![0; 2 * length + 2];
        pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), self.salt, ROUNDS, &mut derived);
        let (key, rest) = derived.split_at_checked(length)?;
        let (code_key, verifier) = rest.split_at_checked(length)?;
        if verifier != self.verifier {
            return None;
        }
        let mut code = Hmac::<Sha1>::new_from_slice(code_key).ok()?;
        code.update(self.body);
        let code = code.finalize().into_bytes();
        if !bool::from(code.get(..CODE)?.ct_eq(self.code)) {
            return None;
        }
        let mut plain = self.body.to_vec();
        // The counter is little-endian and begins at one.
        let mut counter = [0; 16];
        *counter.first_mut()? = 1;
        match self.strength {
            1 => Ctr128LE::<Aes128>::new_from_slices(key, &counter).ok()?.apply_keystream(&mut plain),
            2 => Ctr128LE::<Aes192>::new_from_slices(key, &counter).ok()?.apply_keystream(&mut plain),
            _ => Ctr128LE::<Aes256>::new_from_slices(key, &counter).ok()?.apply_keystream(&mut plain),
        }
        Some(plain)
    }
}

/// The keys of the traditional encryption (APPNOTE §6.1.5).
struct Traditional([u32; 3]);

impl Traditional {
    fn new(password: &[u8]) -> Self {
        let mut keys = Self([0x1234_5678, 0x2345_6789, 0x3456_7890]);
        password.iter().for_each(|byte| keys.update(*byte));
        keys
    }

    fn update(&mut self, byte: u8) {
        let [zero, one, two] = &mut self.0;
        *zero = crc_step(*zero, byte);
        *one = one.wrapping_add(*zero & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
        *two = crc_step(*two, one.to_be_bytes()[0]);
    }

    /// The plain byte of the next encrypted one.
    fn next(&mut self, byte: u8) -> u8 {
        let word = (self.0[2] | 2) & 0xffff;
        let [_, mask, ..] = word.wrapping_mul(word ^ 1).to_le_bytes();
        let plain = byte ^ mask;
        self.update(plain);
        plain
    }
}

fn crc_step(crc: u32, byte: u8) -> u32 {
    const TABLE: [u32; 256] = crc_table();
    let index = (crc ^ u32::from(byte)) & 0xff;
    let entry = TABLE.get(index as usize).copied().unwrap_or_default();
    (crc >> 8) ^ entry
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        #[expect(clippy::indexing_slicing, reason = "a constant evaluated by the compiler")]
        {
            table[index] = value;
        }
        index += 1;
    }
    table
}
