//! Keys from the DNS (RFC 6376 §3.6.1, RFC 8463), and whether a signature was made with one.

use ed25519_dalek::VerifyingKey;
use rsa::pkcs1::der::Decode as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPublicKey};
use sha1::Sha1;
use sha2::Sha256;

use super::CheckOutcome;
use super::dns::{Looked, Lookup, RecordType};
use super::signature::{Algorithm, Signed, decoded};
use super::tags::Tags;

/// Shortest key believed (RFC 8301 §3.2): shorter ones are found by anybody with a day's time.
const BITS_BELIEVED: u32 = 1024;
/// Keys that are read at all, in bits: what is longer costs time, what is shorter is none.
const BITS: std::ops::RangeInclusive<usize> = 256..=8192;
/// Key records of one name that are tried; there should be one.
const RECORDS: usize = 3;

/// What came of holding a signature against its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) outcome: CheckOutcome,
    /// For people.
    pub(super) reason: String,
    /// `t=y`: the domain is trying it out.
    pub(super) testing: bool,
    /// `t=s`: only for addresses of exactly that domain.
    pub(super) strict: bool,
}

impl Held {
    fn new(outcome: CheckOutcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into(), testing: false, strict: false }
    }
}

/// Asks for the key of a signature and holds its digest against it.
pub(super) fn hold(lookup: &mut Lookup<'_>, signed: &Signed, digest: &[u8]) -> Held {
    let name = format!("{}._domainkey.{}", signed.selector, signed.domain);
    let records = match lookup.get(&name, RecordType::Txt) {
        Looked::Unknown => return Held::new(CheckOutcome::NotChecked, "its key was not asked for"),
        Looked::Failed => {
            return Held::new(CheckOutcome::TempError, format!("the DNS did not answer for the key {name}"));
        }
        Looked::Nothing => {
            return Held::new(CheckOutcome::PermError, format!("there is no key at {name} (any longer)"));
        }
        Looked::Records(records) => records,
    };
    // What is missing elsewhere is asked for first: keys are tried once, not in every round.
    if lookup.is_waiting() {
        return Held::new(CheckOutcome::NotChecked, "its key was not tried");
    }
    let mut worst = None;
    for record in records.iter().take(RECORDS) {
        let held = match Key::read(record, signed.algorithm) {
            Ok(key) => key.hold(signed, digest),
            Err(reason) => Held::new(CheckOutcome::PermError, reason),
        };
        if matches!(held.outcome, CheckOutcome::Pass | CheckOutcome::Policy) {
            return held;
        }
        worst.get_or_insert(held);
    }
    worst.unwrap_or_else(|| {
        Held::new(CheckOutcome::PermError, format!("there is no key at {name} (any longer)"))
    })
}

struct Key {
    public: Public,
    testing: bool,
    strict: bool,
}

enum Public {
    Rsa(Box<RsaPublicKey>),
    Ed25519(Box<VerifyingKey>),
}

impl Key {
    fn read(record: &str, algorithm: Algorithm) -> Result<Self, String> {
        let tags = Tags::read(record).ok_or("its key record is no list of tags")?;
        if tags.get("v").is_some_and(|version| version != "DKIM1" || tags.first() != Some("v")) {
            return Err("its key record is of another version".to_owned());
        }
        let lists = |name: &str, wanted: &[&str]| {
            tags.list(name).is_none_or(|mut list| list.any(|one| wanted.contains(&one)))
        };
        let hash = if algorithm == Algorithm::RsaSha1 { "sha1" } else { "sha256" };
        if !lists("h", &[hash]) {
            return Err(format!("its key is not for {hash}"));
        }
        if !lists("s", &["*", "email"]) {
            return Err("its key is not for mail".to_owned());
        }
        let wanted = if algorithm == Algorithm::Ed25519Sha256 { "ed25519" } else { "rsa" };
        let kind = tags.get("k").unwrap_or("rsa");
        if kind != wanted {
            return Err(format!(
                "its key is of the kind {}, the signature of {wanted}",
                crate::fields::bounded(kind, 20)
            ));
        }
        let public = tags.get("p").ok_or("its key record holds no key")?;
        if public.is_empty() {
            return Err("its key was revoked".to_owned());
        }
        let der = decoded(public).ok_or("its key is no base64")?;
        let public = match wanted {
            "ed25519" => ed25519(&der).map(|key| Public::Ed25519(Box::new(key))),
            _ => rsa(&der).map(|key| Public::Rsa(Box::new(key))),
        };
        let public = public.ok_or("its key cannot be read")?;
        let flag = |flag: &str| tags.list("t").is_some_and(|mut list| list.any(|one| one == flag));
        Ok(Self { public, testing: flag("y"), strict: flag("s") })
    }

    fn hold(&self, signed: &Signed, digest: &[u8]) -> Held {
        let fits = match &self.public {
            Public::Rsa(key) => {
                let padding = match signed.algorithm {
                    Algorithm::RsaSha1 => Pkcs1v15Sign::new::<Sha1>(),
                    _ => Pkcs1v15Sign::new::<Sha256>(),
                };
                key.verify(padding, digest, &signed.signature).is_ok()
            }
            Public::Ed25519(key) => <&[u8; 64]>::try_from(signed.signature.as_slice()).is_ok_and(|one| {
                key.verify_strict(digest, &ed25519_dalek::Signature::from_bytes(one)).is_ok()
            }),
        };
        let (outcome, reason) = match &self.public {
            _ if !fits => {
                (CheckOutcome::Fail, "the signed headers were changed, or another key made it".to_owned())
            }
            Public::Rsa(key) if key.n().bits_vartime() < BITS_BELIEVED => (
                CheckOutcome::Policy,
                format!(
                    "it fits, but its key has only {} bits: anybody can find it out",
                    key.n().bits_vartime()
                ),
            ),
            Public::Rsa(_) if signed.algorithm == Algorithm::RsaSha1 => (
                CheckOutcome::Policy,
                "it fits, but is made with rsa-sha1, which can be forged (RFC 8301)".to_owned(),
            ),
            _ => (CheckOutcome::Pass, "the signed headers and the body are as they were signed".to_owned()),
        };
        Held { outcome, reason, testing: self.testing, strict: self.strict }
    }
}

/// As X.509 writes it, or bare (RFC 6376 §3.6.1 names the one and shows the other).
fn rsa(der: &[u8]) -> Option<RsaPublicKey> {
    use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo};
    let wrapped = SubjectPublicKeyInfo::from_der(der).ok();
    let bare = wrapped.as_ref().map_or(der, |(_, info)| info.subject_public_key.data.as_ref());
    let key = rsa::pkcs1::RsaPublicKeyRef::from_der(bare).ok()?;
    let uint = |bytes: &[u8]| {
        let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
        BoxedUint::from_be_slice(bytes, bits).ok()
    };
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let bounded = modulus.len() <= BITS.end() / 8 && exponent.len() <= 8;
    bounded.then(|| RsaPublicKey::new_with_size_limits(uint(modulus)?, uint(exponent)?, BITS).ok()).flatten()
}

/// Bare; some wrap it as X.509 does.
fn ed25519(der: &[u8]) -> Option<VerifyingKey> {
    const WRAPPED: &[u8] = &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let bare = der.strip_prefix(WRAPPED).unwrap_or(der);
    VerifyingKey::from_bytes(bare.try_into().ok()?).ok()
}
