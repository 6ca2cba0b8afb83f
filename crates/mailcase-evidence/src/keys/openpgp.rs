//! Reads OpenPGP keys (RFC 9580 §10.1, §10.2), armoured or not.

use data_encoding::{HEXLOWER, HEXUPPER};
use pgp::composed::{Deserializable as _, SignedPublicKey, SignedSecretKey};
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails as _, Password, PublicParams, S2kParams, SecretParams, StringToKey};

use super::certificate::text;
use super::{KEY_FILE_BYTES, KeyError, KeyFacts, KeyKind};
use crate::openpgp::{Block, Census, Kind, blocks};

/// Blocks of a file looked at.
const BLOCKS: usize = 10;
/// User ids kept.
const USER_IDS: usize = 50;
/// Memory that Argon2 may ask for to open a key, as the exponent of KiB: 512 MiB. GnuPG and Sequoia ask for less.
const ARGON2_MEMORY: u8 = 19;
/// Passes of Argon2 at that memory.
const ARGON2_PASSES: u8 = 10;

/// An OpenPGP key; without `secret` it only verifies.
pub(crate) struct OpenpgpKey {
    pub(crate) secret: Option<SignedSecretKey>,
    pub(crate) public: SignedPublicKey,
    /// The ids and fingerprints of its private keys: the library computes them anew each time.
    pub(crate) ids: Vec<Vec<u8>>,
    pub(crate) facts: KeyFacts,
}

/// Reads the one private key of a file.
pub(super) fn read_secret(file: &[u8], password: &str) -> Result<OpenpgpKey, KeyError> {
    let data = packets(file, Kind::SecretKey)?;
    let mut keys = SignedSecretKey::from_bytes_many(data.as_slice())
        .map_err(|_| KeyError::NotOpenpgp)?
        .filter_map(Result::ok);
    let mut secret = keys.next().ok_or(KeyError::Unreadable)?;
    if keys.next().is_some() {
        return Err(KeyError::SeveralPrivateKeys);
    }
    drop(keys);
    unlock(&mut secret, password)?;
    let public = secret.to_public_key();
    let facts = facts(&public);
    let ids = ids(&secret);
    Ok(OpenpgpKey { secret: Some(secret), public, ids, facts })
}

fn ids(secret: &SignedSecretKey) -> Vec<Vec<u8>> {
    let own = |key: &dyn pgp::types::KeyDetails| {
        [key.legacy_key_id().as_ref().to_vec(), key.fingerprint().as_bytes().to_vec()]
    };
    let mut ids = own(&secret.primary_key).to_vec();
    ids.extend(secret.secret_subkeys.iter().flat_map(|subkey| own(&subkey.key)));
    ids
}

/// Reads a public key.
pub(super) fn read_public(file: &[u8]) -> Result<OpenpgpKey, KeyError> {
    let data = packets(file, Kind::PublicKey)?;
    let public = SignedPublicKey::from_bytes(data.as_slice()).map_err(|_| KeyError::Unreadable)?;
    let facts = facts(&public);
    Ok(OpenpgpKey { secret: None, public, ids: Vec::new(), facts })
}

/// The packets of the wanted kind in a file.
fn packets(file: &[u8], wanted: Kind) -> Result<Vec<u8>, KeyError> {
    if file.len() > KEY_FILE_BYTES {
        return Err(KeyError::TooLarge);
    }
    let mut blocks = blocks(file, BLOCKS);
    if blocks.is_empty() {
        let kind = crate::openpgp::kind(file);
        blocks.push(Block { kind, data: file.to_vec(), ..Block::default() });
    }
    let mut fitting = blocks.iter().filter(|block| block.kind == wanted);
    let Some(block) = fitting.next() else {
        let other = blocks.iter().any(|block| matches!(block.kind, Kind::PublicKey | Kind::SecretKey));
        return Err(if other { KeyError::NoPrivateKey } else { KeyError::NotOpenpgp });
    };
    if fitting.next().is_some() {
        return Err(KeyError::SeveralPrivateKeys);
    }
    if !Census::of(&block.data).is_key() {
        return Err(KeyError::NotOpenpgp);
    }
    Ok(block.data.clone())
}

/// Opens all keys of a file. Those of which only a stub is there (a smart card holds the rest) are passed over as long
/// as one opens.
fn unlock(secret: &mut SignedSecretKey, password: &str) -> Result<(), KeyError> {
    let password = Password::from(password);
    let mut opened = 0usize;
    let mut wrong = 0usize;
    let mut note = |protected: &SecretParams, removed: &mut dyn FnMut() -> bool| {
        match protected {
            SecretParams::Plain(_) => opened = opened.saturating_add(1),
            SecretParams::Encrypted(encrypted) => {
                match encrypted.string_to_key_params() {
                    S2kParams::Aead { s2k, .. }
                    | S2kParams::Cfb { s2k, .. }
                    | S2kParams::MalleableCfb { s2k, .. } => {
                        match s2k {
                            StringToKey::Argon2 { t, m_enc, .. }
                                if *m_enc > ARGON2_MEMORY || *t > ARGON2_PASSES =>
                            {
                                return Err(KeyError::TooCostly);
                            }
                            // GnuPG marks stubs so.
                            StringToKey::Private { .. } => return Ok(()),
                            _ => {}
                        }
                    }
                    _ => {}
                }
                if removed() { opened = opened.saturating_add(1) } else { wrong = wrong.saturating_add(1) }
            }
        }
        Ok(())
    };
    let params = secret.primary_key.secret_params().clone();
    note(&params, &mut || secret.primary_key.remove_password(&password).is_ok())?;
    for subkey in &mut secret.secret_subkeys {
        let params = subkey.key.secret_params().clone();
        note(&params, &mut || subkey.key.remove_password(&password).is_ok())?;
    }
    match (opened, wrong) {
        (_, 1..) => Err(KeyError::WrongPassword),
        (0, 0) => Err(KeyError::NoPrivateKey),
        _ => Ok(()),
    }
}

/// What people are shown of a key.
pub(crate) fn facts(key: &SignedPublicKey) -> KeyFacts {
    let users = key.details.users.iter().take(USER_IDS);
    let user_ids: Vec<String> = users.map(|user| text(&String::from_utf8_lossy(user.id.id()))).collect();
    let mut addresses: Vec<String> = Vec::new();
    for address in user_ids.iter().filter_map(|id| address(id)) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let primary = &key.primary_key;
    let key_id = HEXUPPER.encode(primary.legacy_key_id().as_ref());
    let (algorithm, bits) = algorithm(primary.public_params(), &format!("{:?}", primary.algorithm()));
    let created = i64::from(primary.created_at().as_secs());
    KeyFacts {
        kind: KeyKind::Openpgp,
        subject: user_ids.first().cloned().unwrap_or_else(|| format!("key id {key_id}")),
        user_ids,
        addresses,
        key_id: Some(key_id),
        subkey_ids: key
            .public_subkeys
            .iter()
            .take(USER_IDS)
            .map(|subkey| HEXUPPER.encode(subkey.key.legacy_key_id().as_ref()))
            .collect(),
        fingerprint: HEXLOWER.encode(primary.fingerprint().as_bytes()),
        not_before: jiff::Timestamp::from_second(created).ok(),
        not_after: lifetime(key)
            .and_then(|seconds| jiff::Timestamp::from_second(created.saturating_add(seconds)).ok()),
        algorithm,
        bits,
        ..KeyFacts::default()
    }
}

/// How long the key lives, in seconds, as its newest self-signature says.
fn lifetime(key: &SignedPublicKey) -> Option<i64> {
    let own = key.primary_key.legacy_key_id();
    let newest = key
        .details
        .users
        .iter()
        .flat_map(|user| &user.signatures)
        .chain(&key.details.direct_signatures)
        .filter(|signature| signature.issuer_key_id().contains(&&own))
        .max_by_key(|signature| signature.created().map(pgp::types::Timestamp::as_secs))?;
    let seconds = newest.key_expiration_time()?.as_secs();
    (seconds > 0).then_some(i64::from(seconds))
}

/// `Name <local@domain>`, or the address alone.
fn address(user_id: &str) -> Option<String> {
    let address = match (user_id.rfind('<'), user_id.rfind('>')) {
        (Some(start), Some(end)) => user_id.get(start.checked_add(1)?..end)?,
        _ => user_id,
    };
    let address = address.trim();
    let is_address = address.contains('@') && !address.contains(char::is_whitespace);
    is_address.then(|| address.to_lowercase())
}

/// What people call an algorithm, and the size of keys that have one.
fn algorithm(params: &PublicParams, name: &str) -> (String, Option<u32>) {
    match params {
        PublicParams::RSA(_) => {
            // The modulus comes first, after the count of its bits (RFC 9580 §3.2).
            let bits = params
                .to_bytes()
                .ok()
                .and_then(|bytes| Some(u32::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))));
            ("RSA".to_owned(), bits)
        }
        PublicParams::ECDSA(_) | PublicParams::EdDSALegacy(_) | PublicParams::Ed25519(_) => {
            (name.trim_end_matches("Legacy").to_owned(), None)
        }
        _ => (name.to_owned(), None),
    }
}
