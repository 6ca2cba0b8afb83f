//! Reads PKCS#12 files (RFC 7292), new ones and those of twenty years ago.
//!
//! Files without a MAC, in BER, with RC2 or 3DES (RFC 7292 appendix C) and PBES2 (RFC 8018 §6.2) are taken. The work a
//! file may ask for is bounded.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit as _, Mac as _};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::certificate::CertificateInfo;
use super::{KEY_FILE_BYTES, KeyError, KeyFacts, KeyKind, PrivateKey, SmimeKey};
use crate::smime::ber::{BerError, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET, Value, context, write};
use crate::smime::cipher::{Cipher, algorithm, cbc};
use crate::smime::names;

/// Rounds of key derivation for one file altogether, about two seconds. Browsers write 10,000 to 600,000 rounds, and
/// derive four to eight keys; a wrong password needs one derivation for each way to write it.
const ROUNDS: u64 = 10_000_000;
/// Bags within bags (RFC 7292 §4.2.6).
const BAG_DEPTH: usize = 4;
/// Certificates shown above the leaf.
const CHAIN: usize = 20;

const PBES2: &str = "1.2.840.113549.1.5.13";
const PBKDF2: &str = "1.2.840.113549.1.5.12";
const PBE_3DES: &str = "1.2.840.113549.1.12.1.3";
const PBE_3DES_TWO_KEYS: &str = "1.2.840.113549.1.12.1.4";
const PBE_RC2_128: &str = "1.2.840.113549.1.12.1.5";
const PBE_RC2_40: &str = "1.2.840.113549.1.12.1.6";
const KEY_BAG: &str = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG: &str = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG: &str = "1.2.840.113549.1.12.10.1.3";
const SAFE_CONTENTS_BAG: &str = "1.2.840.113549.1.12.10.1.6";

/// The same and others, as they are written.
const KEY_BAG_ID: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
const CERTIFICATE_BAG_ID: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
/// x509Certificate (RFC 2985 §5.2).
const X509_CERTIFICATE_ID: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
const DATA_ID: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const PFX_VERSION: &[u8] = b"\x02\x01\x03";

/// Reads the one key of a file.
pub(super) fn read(file: &[u8], password: &str) -> Result<SmimeKey, KeyError> {
    assemble(bags(file, password, KEY_FILE_BYTES)?)
}

/// The same, for a file from [`unlocked`]: may be larger, as it holds nothing but what we wrote.
pub(super) fn read_open(file: &[u8]) -> Result<SmimeKey, KeyError> {
    assemble(bags(file, "", usize::MAX)?)
}

/// The one key of a file with its certificates, as a file without a password.
pub(super) fn unlocked(file: &[u8], password: &str) -> Result<(KeyFacts, Zeroizing<Vec<u8>>), KeyError> {
    let bags = bags(file, password, KEY_FILE_BYTES)?;
    let written = written(&bags);
    Ok((assemble(bags)?.facts, written))
}

fn bags(file: &[u8], password: &str, largest: usize) -> Result<Bags, KeyError> {
    if file.len() > largest {
        return Err(KeyError::TooLarge);
    }
    let pfx = Pfx::read(file).map_err(|_| KeyError::NotPkcs12)?;
    let mut opener =
        Opener { spellings: spellings(password), known: None, rounds: ROUNDS, bags: Bags::default() };
    if let Some(mac) = &pfx.mac {
        opener.known = Some(mac.verify(&pfx.safe, &opener.spellings, &mut opener.rounds)?);
    }
    opener.authenticated_safe(&pfx.safe)?;
    Ok(opener.bags)
}

/// A PKCS#12 file without encryption and without a MAC.
fn written(bags: &Bags) -> Zeroizing<Vec<u8>> {
    let secret = |tag: u8, bodies: &[&[u8]]| Zeroizing::new(write(tag, bodies));
    let data = |content: &[u8]| {
        let octets = secret(OCTET_STRING, &[content]);
        secret(SEQUENCE, &[DATA_ID, &secret(context(0), &[&octets])])
    };
    let keys = bags.keys.iter().map(|key| secret(SEQUENCE, &[KEY_BAG_ID, &secret(context(0), &[key])]));
    let certificates = bags.certificates.iter().map(|certificate| {
        let value = write(context(0), &[&write(OCTET_STRING, &[&certificate.der])]);
        let bag = write(SEQUENCE, &[X509_CERTIFICATE_ID, &value]);
        secret(SEQUENCE, &[CERTIFICATE_BAG_ID, &write(context(0), &[&bag])])
    });
    let bags: Vec<Zeroizing<Vec<u8>>> = keys.chain(certificates).collect();
    let bags: Vec<&[u8]> = bags.iter().map(|bag| bag.as_slice()).collect();
    let safe = secret(SEQUENCE, &[&data(&secret(SEQUENCE, &bags))]);
    secret(SEQUENCE, &[PFX_VERSION, &data(&safe)])
}

struct Pfx<'a> {
    safe: Cow<'a, [u8]>,
    mac: Option<MacInfo<'a>>,
}

struct MacInfo<'a> {
    digest: String,
    value: Cow<'a, [u8]>,
    salt: Cow<'a, [u8]>,
    rounds: u64,
}

impl<'a> Pfx<'a> {
    fn read(file: &'a [u8]) -> Result<Self, BerError> {
        let mut pfx = Reader::new(file).within(SEQUENCE)?;
        pfx.number()?;
        let mut info = pfx.within(SEQUENCE)?;
        if info.object_id()? != names::DATA {
            return Err(BerError::Unexpected);
        }
        let safe = info.within(context(0))?.octets()?;
        let mac = pfx.optional(SEQUENCE)?.map(|mac| MacInfo::read(mac.reader())).transpose()?;
        Ok(Self { safe, mac })
    }
}

impl<'a> MacInfo<'a> {
    fn read(mut reader: Reader<'a>) -> Result<Self, BerError> {
        let mut info = reader.within(SEQUENCE)?;
        let (digest, _) = algorithm(&mut info)?;
        let value = info.octets()?;
        let salt = reader.octets()?;
        let rounds = reader.optional(INTEGER)?.map_or(Ok(1), |value| value.number())?;
        Ok(Self { digest, value, salt, rounds })
    }

    /// The spelling of the password that this MAC was made with.
    fn verify(&self, safe: &[u8], spellings: &[Spelling], rounds: &mut u64) -> Result<usize, KeyError> {
        for (at, spelling) in spellings.iter().enumerate() {
            spend(rounds, self.rounds)?;
            if self.is_of(safe, &spelling.utf16)? {
                return Ok(at);
            }
        }
        Err(KeyError::WrongPassword)
    }

    fn is_of(&self, safe: &[u8], password: &[u8]) -> Result<bool, KeyError> {
        macro_rules! verified {
            ($digest:ty, $bytes:literal) => {{
                let key = self.key::<$digest>(password, $bytes)?;
                let mut mac = Hmac::<$digest>::new_from_slice(&key).map_err(|_| KeyError::Unreadable)?;
                mac.update(safe);
                mac.verify_slice(&self.value).is_ok()
            }};
        }
        Ok(match self.digest.as_str() {
            names::SHA1 => verified!(Sha1, 20),
            names::SHA224 => verified!(Sha224, 28),
            names::SHA256 => verified!(Sha256, 32),
            names::SHA384 => verified!(Sha384, 48),
            names::SHA512 => verified!(Sha512, 64),
            other => {
                return Err(KeyError::Unsupported {
                    algorithm: format!("a MAC with {}", names::name(other)),
                });
            }
        })
    }

    fn key<D>(&self, password: &[u8], bytes: usize) -> Result<Zeroizing<Vec<u8>>, KeyError>
    where
        D: sha2::Digest + sha2::digest::FixedOutputReset + sha2::digest::block_api::BlockSizeUser,
    {
        let rounds = i32::try_from(self.rounds).map_err(|_| KeyError::TooCostly)?;
        Ok(Zeroizing::new(derive_key::<D>(password, &self.salt, Pkcs12KeyType::Mac, rounds, bytes)))
    }
}

/// One way in which programs turn a password into bytes.
struct Spelling {
    /// For the derivation of PKCS#12: UTF-16, big endian, ended by a zero (RFC 7292 appendix B.1).
    utf16: Zeroizing<Vec<u8>>,
    /// For PBES2.
    bytes: Zeroizing<Vec<u8>>,
}

/// The right way first, then those of programs that got it wrong.
fn spellings(password: &str) -> Vec<Spelling> {
    let utf16 = |units: &mut dyn Iterator<Item = u16>| {
        Zeroizing::new(units.chain([0]).flat_map(u16::to_be_bytes).collect::<Vec<u8>>())
    };
    let bytes = || Zeroizing::new(password.as_bytes().to_vec());
    let right = utf16(&mut password.encode_utf16());
    // NSS derived PBES2 keys from UTF-16 for some years.
    let mut spellings = vec![Spelling { utf16: right.clone(), bytes: bytes() }];
    if password.is_empty() {
        // No password at all, as Java and some versions of Windows write it.
        spellings.push(Spelling { utf16: Zeroizing::default(), bytes: bytes() });
    }
    if !password.is_ascii() {
        // OpenSSL before 1.1 took each byte for a character.
        let latin = utf16(&mut password.bytes().map(u16::from));
        let narrow = password.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect::<Vec<u8>>();
        spellings.push(Spelling { utf16: latin, bytes: Zeroizing::new(narrow) });
    }
    spellings.push(Spelling { utf16: right.clone(), bytes: right });
    spellings
}

fn spend(left: &mut u64, rounds: u64) -> Result<(), KeyError> {
    *left = left.checked_sub(rounds.max(1)).ok_or(KeyError::TooCostly)?;
    Ok(())
}

#[derive(Default)]
struct Bags {
    /// PKCS#8, each once.
    keys: Vec<Zeroizing<Vec<u8>>>,
    certificates: Vec<CertificateInfo>,
}

struct Opener {
    spellings: Vec<Spelling>,
    /// The spelling that is known to be right.
    known: Option<usize>,
    rounds: u64,
    bags: Bags,
}

impl Opener {
    fn authenticated_safe(&mut self, safe: &[u8]) -> Result<(), KeyError> {
        let mut safes = Reader::new(safe).within(SEQUENCE).map_err(unreadable)?;
        while !safes.is_empty() {
            let mut info = safes.within(SEQUENCE).map_err(unreadable)?;
            let kind = info.object_id().map_err(unreadable)?;
            let mut content = info.within(context(0)).map_err(unreadable)?;
            match kind.as_str() {
                names::DATA => {
                    let bags = content.octets().map_err(unreadable)?;
                    self.safe_contents(Reader::new(&bags), BAG_DEPTH)?;
                }
                names::ENCRYPTED_DATA => {
                    let (algorithm, encrypted) = encrypted_data(&mut content).map_err(unreadable)?;
                    let bags = self.decrypt(algorithm, &encrypted)?;
                    self.safe_contents(Reader::new(&bags), BAG_DEPTH)?;
                }
                _ => return Err(KeyError::Unsupported { algorithm: "encryption to another key".to_owned() }),
            }
        }
        Ok(())
    }

    fn safe_contents(&mut self, mut bags: Reader<'_>, depth: usize) -> Result<(), KeyError> {
        let depth = depth.checked_sub(1).ok_or(KeyError::Unreadable)?;
        let mut bags = bags.within(SEQUENCE).map_err(unreadable)?;
        while !bags.is_empty() {
            let mut bag = bags.within(SEQUENCE).map_err(unreadable)?;
            let kind = bag.object_id().map_err(unreadable)?;
            let mut content = bag.within(context(0)).map_err(unreadable)?;
            match kind.as_str() {
                KEY_BAG => {
                    let key = content.any().map_err(unreadable)?.whole.to_vec();
                    self.key(Zeroizing::new(key));
                }
                SHROUDED_KEY_BAG => {
                    let mut shrouded = content.within(SEQUENCE).map_err(unreadable)?;
                    let algorithm = algorithm(&mut shrouded).map_err(unreadable)?;
                    let encrypted = shrouded.octets().map_err(unreadable)?;
                    let key = self.decrypt(algorithm, &encrypted)?;
                    self.key(key);
                }
                CERTIFICATE_BAG => self.certificate(content).map_err(unreadable)?,
                SAFE_CONTENTS_BAG => self.safe_contents(content, depth)?,
                // Revocation lists and other secrets.
                _ => {}
            }
            bag.optional(SET).map_err(unreadable)?;
        }
        Ok(())
    }

    fn key(&mut self, key: Zeroizing<Vec<u8>>) {
        if !self.bags.keys.contains(&key) {
            self.bags.keys.push(key);
        }
    }

    fn certificate(&mut self, mut content: Reader<'_>) -> Result<(), BerError> {
        let mut bag = content.within(SEQUENCE)?;
        bag.object_id()?;
        let certificate = bag.within(context(0))?.octets()?;
        // A certificate that cannot be read belongs to no key that can.
        if let Some(certificate) = CertificateInfo::read(&certificate)
            && !self.bags.certificates.iter().any(|other| other.der == certificate.der)
        {
            self.bags.certificates.push(certificate);
        }
        Ok(())
    }

    fn decrypt(
        &mut self,
        (id, parameters): (String, Option<Value<'_>>),
        content: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let scheme = Scheme::read(&id, parameters)?;
        let known = self.known.is_some();
        // The right spelling first; the others because some files mix them.
        let order = self.known.into_iter().chain(0..self.spellings.len());
        for at in order {
            let Some(spelling) = self.spellings.get(at) else { continue };
            spend(&mut self.rounds, scheme.rounds)?;
            let decrypted = scheme.decrypt(spelling, content);
            // Padding is right by chance once in 256 times; a SEQUENCE that fills the bytes is not.
            if let Some(decrypted) = decrypted.filter(|bytes| Reader::new(bytes).within(SEQUENCE).is_ok()) {
                self.known = Some(at);
                return Ok(decrypted);
            }
        }
        Err(if known { KeyError::Unreadable } else { KeyError::WrongPassword })
    }
}

type Encrypted<'a> = ((String, Option<Value<'a>>), Cow<'a, [u8]>);

/// RFC 5652 §8.
fn encrypted_data<'a>(content: &mut Reader<'a>) -> Result<Encrypted<'a>, BerError> {
    let mut data = content.within(SEQUENCE)?;
    data.number()?;
    let mut info = data.within(SEQUENCE)?;
    info.object_id()?;
    let algorithm = algorithm(&mut info)?;
    Ok((algorithm, info.expect(context(0))?.octets()?))
}

/// How something in the file is encrypted.
struct Scheme {
    kind: Kind,
    salt: Vec<u8>,
    rounds: u64,
}

enum Kind {
    /// RFC 7292 appendix C: the object identifier says it all.
    Old(&'static str),
    Pbes2 {
        digest: Prf,
        cipher: Cipher,
    },
}

#[derive(Clone, Copy)]
enum Prf {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Scheme {
    fn read(id: &str, parameters: Option<Value<'_>>) -> Result<Self, KeyError> {
        let parameters = parameters.ok_or(KeyError::Unreadable)?;
        let old = match id {
            PBES2 => return Self::pbes2(parameters),
            PBE_3DES => PBE_3DES,
            PBE_3DES_TWO_KEYS => PBE_3DES_TWO_KEYS,
            PBE_RC2_128 => PBE_RC2_128,
            PBE_RC2_40 => PBE_RC2_40,
            _ => return Err(KeyError::Unsupported { algorithm: names::name(id) }),
        };
        let mut reader = parameters.reader();
        let salt = reader.octets().map_err(unreadable)?.into_owned();
        let rounds = reader.number().map_err(unreadable)?;
        Ok(Self { kind: Kind::Old(old), salt, rounds })
    }

    fn pbes2(parameters: Value<'_>) -> Result<Self, KeyError> {
        let unsupported = |id: &str| KeyError::Unsupported { algorithm: names::name(id) };
        let mut reader = parameters.reader();
        let (derivation, kdf) = algorithm(&mut reader).map_err(unreadable)?;
        if derivation != PBKDF2 {
            return Err(unsupported(&derivation));
        }
        let mut kdf = kdf.ok_or(KeyError::Unreadable)?.reader();
        let salt = kdf.octets().map_err(unreadable)?.into_owned();
        let rounds = kdf.number().map_err(unreadable)?;
        kdf.optional(INTEGER).map_err(unreadable)?;
        let digest = if kdf.is_empty() {
            Prf::Sha1
        } else {
            let (id, _) = algorithm(&mut kdf).map_err(unreadable)?;
            Prf::read(&id).ok_or_else(|| unsupported(&id))?
        };
        let (id, iv) = algorithm(&mut reader).map_err(unreadable)?;
        let cipher = Cipher::read(&id, iv).ok_or_else(|| unsupported(&id))?;
        Ok(Self { kind: Kind::Pbes2 { digest, cipher }, salt, rounds })
    }

    fn decrypt(&self, spelling: &Spelling, content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let decrypted = match &self.kind {
            Kind::Old(id) => self.old(id, spelling, content)?,
            Kind::Pbes2 { digest, cipher } => {
                let mut key = Zeroizing::new(vec![0; cipher.key_bytes().unwrap_or(16)]);
                digest.derive(&spelling.bytes, &self.salt, u32::try_from(self.rounds).ok()?, &mut key);
                cipher.decrypt(&key, content).ok()?
            }
        };
        Some(Zeroizing::new(decrypted))
    }

    fn old(&self, id: &str, spelling: &Spelling, content: &[u8]) -> Option<Vec<u8>> {
        let rounds = i32::try_from(self.rounds).ok()?;
        let derive = |kind, bytes| {
            Zeroizing::new(derive_key::<Sha1>(&spelling.utf16, &self.salt, kind, rounds, bytes))
        };
        let iv = derive(Pkcs12KeyType::Iv, 8);
        let key = |bytes| derive(Pkcs12KeyType::EncryptionKey, bytes);
        let rc2 = |bytes: usize| {
            let cipher = Cipher::Rc2 { effective_bits: bytes.saturating_mul(8), iv: iv.to_vec() };
            cipher.decrypt(&key(bytes), content)
        };
        match id {
            PBE_3DES => cbc::<des::TdesEde3>(&key(24), &iv, content),
            PBE_3DES_TWO_KEYS => cbc::<des::TdesEde2>(&key(16), &iv, content),
            PBE_RC2_128 => rc2(16),
            _ => rc2(5),
        }
        .ok()
    }
}

impl Prf {
    fn read(id: &str) -> Option<Self> {
        Some(match id {
            "1.2.840.113549.2.7" => Self::Sha1,
            "1.2.840.113549.2.8" => Self::Sha224,
            "1.2.840.113549.2.9" => Self::Sha256,
            "1.2.840.113549.2.10" => Self::Sha384,
            "1.2.840.113549.2.11" => Self::Sha512,
            _ => return None,
        })
    }

    fn derive(self, password: &[u8], salt: &[u8], rounds: u32, key: &mut [u8]) {
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, rounds, key),
            Self::Sha224 => pbkdf2::pbkdf2_hmac::<Sha224>(password, salt, rounds, key),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key),
            Self::Sha384 => pbkdf2::pbkdf2_hmac::<Sha384>(password, salt, rounds, key),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds, key),
        }
    }
}

fn unreadable(_: BerError) -> KeyError {
    KeyError::Unreadable
}

/// Finds the certificate of the one key and those above it.
fn assemble(bags: Bags) -> Result<SmimeKey, KeyError> {
    let Bags { mut keys, certificates } = bags;
    let key = keys.pop().ok_or(KeyError::NoPrivateKey)?;
    if !keys.is_empty() {
        return Err(KeyError::SeveralPrivateKeys);
    }
    let private = PrivateKey::from_pkcs8(&key)?;
    let public = private.public();
    let (mut own, others): (Vec<_>, Vec<_>) =
        certificates.into_iter().partition(|certificate| certificate.public_key == public);
    // A renewed certificate for the same key stands beside the old one; messages may name either.
    own.sort_by_key(|certificate| std::cmp::Reverse(certificate.not_after));
    let leaf = own.first().ok_or(KeyError::NoCertificate)?;
    let (algorithm, bits) = leaf.algorithm();
    let facts = KeyFacts {
        kind: KeyKind::Smime,
        subject: leaf.subject.clone(),
        addresses: leaf.addresses.clone(),
        issuer: Some(leaf.issuer.clone()),
        serial: Some(leaf.serial()),
        key_id: leaf.key_identifier.as_deref().map(|id| data_encoding::HEXUPPER.encode(id)),
        fingerprint: leaf.fingerprint(),
        not_before: leaf.not_before,
        not_after: leaf.not_after,
        algorithm,
        bits,
        chain: chain(leaf, &others),
        ..KeyFacts::default()
    };
    Ok(SmimeKey { private, certificates: own, facts })
}

/// The subjects above the leaf, nearest first.
fn chain(leaf: &CertificateInfo, others: &[CertificateInfo]) -> Vec<String> {
    let mut subjects = Vec::new();
    let mut below = leaf;
    while subjects.len() < CHAIN && below.raw_issuer != below.raw_subject {
        let Some(above) = others.iter().find(|other| other.raw_subject == below.raw_issuer) else { break };
        subjects.push(above.subject.clone());
        below = above;
    }
    subjects
}
