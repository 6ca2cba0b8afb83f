//! What OpenPGP signatures say, and whether they are true for the keys there are.

use data_encoding::{HEXLOWER, HEXUPPER};
use pgp::composed::{Deserializable as _, DetachedSignature, Message, SignedPublicKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet;
use pgp::types::VerifyingKey;

use super::packet::Census;
use crate::contents::Room;
use crate::keys::{Keyring, OpenpgpKey};
use crate::{Signature, SignatureState};

/// One verification, in units of [`Room::spend`].
const VERIFICATION: u64 = 3_000_000;

/// Signatures that stand beside their content, which may be missing.
pub(super) fn detached(
    data: &[u8],
    content: Option<&[u8]>,
    keys: &Keyring,
    room: &mut Room,
) -> Vec<Signature> {
    if !Census::of(data).is_message() {
        return Vec::new();
    }
    let Ok(signatures) = DetachedSignature::from_bytes_many(data) else { return Vec::new() };
    signatures
        .filter_map(Result::ok)
        .map(|one| {
            said(&one.signature, keys, |key| {
                let content = content.filter(|_| room.spend(VERIFICATION))?;
                Some(match key {
                    Key::Primary(key) => one.signature.verify(key, content).is_ok(),
                    Key::Subkey(key) => one.signature.verify(key, content).is_ok(),
                })
            })
        })
        .collect()
}

/// The signatures of a message that was read to its end.
pub(super) fn of_message(message: &Message<'_>, keys: &Keyring, room: &mut Room) -> Vec<Signature> {
    let Message::Signed { reader, .. } = message else { return Vec::new() };
    (0..reader.num_signatures())
        .filter_map(|at| {
            let signature = reader.signature(at)?;
            Some(said(signature, keys, |key| {
                room.spend(VERIFICATION).then(|| message.verify_nested_explicit(at, key.any()).is_ok())
            }))
        })
        .collect()
}

/// What a signature says of itself; `verify` tells whether it is that key's, when that can be told.
fn said(
    signature: &packet::Signature,
    keys: &Keyring,
    mut verify: impl FnMut(Key<'_>) -> Option<bool>,
) -> Signature {
    let key_id = signature.issuer_key_id().first().map(|id| HEXUPPER.encode(id.as_ref()));
    let fingerprint = signature.issuer_fingerprint().first().map(|print| print.as_bytes().to_vec());
    let digest = signature.hash_alg();
    let mut said = Signature {
        signer: key_id.clone().map(|id| format!("key id {id}")),
        serial: key_id.clone(),
        fingerprint: fingerprint.as_deref().map(|print| HEXLOWER.encode(print)),
        signed_at: signature
            .created()
            .and_then(|time| jiff::Timestamp::from_second(i64::from(time.as_secs())).ok()),
        algorithm: signature
            .config()
            .map(|config| format!("{:?} with {:?}", config.pub_alg, config.hash_alg)),
        weak: matches!(digest, Some(HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160)),
        ..Signature::default()
    };
    let is_of = |key: &dyn VerifyingKey| {
        fingerprint.as_deref().is_some_and(|print| print == key.fingerprint().as_bytes())
            || key_id.as_deref().is_some_and(|id| id == HEXUPPER.encode(key.legacy_key_id().as_ref()))
    };
    for key in keys.openpgp() {
        let found = verifying(&key.public).into_iter().find(|one| is_of(one.any()));
        let Some(found) = found else { continue };
        name(&mut said, key);
        said.state = match verify(found) {
            Some(true) => SignatureState::Intact,
            // The library refuses weak digests without a look.
            Some(false) if said.weak => SignatureState::Unverified,
            Some(false) => SignatureState::Broken,
            None => SignatureState::Unverified,
        };
        break;
    }
    said
}

fn name(said: &mut Signature, key: &OpenpgpKey) {
    said.signer = Some(key.facts.subject.clone());
    said.addresses.clone_from(&key.facts.addresses);
    said.not_before = key.facts.not_before;
    said.not_after = key.facts.not_after;
    said.fingerprint = Some(key.facts.fingerprint.clone());
}

#[derive(Clone, Copy)]
enum Key<'a> {
    Primary(&'a packet::PublicKey),
    Subkey(&'a packet::PublicSubkey),
}

impl<'a> Key<'a> {
    fn any(self) -> &'a dyn VerifyingKey {
        match self {
            Self::Primary(key) => key,
            Self::Subkey(key) => key,
        }
    }
}

/// The keys of one owner that may verify: the first, and those it says are its own.
fn verifying(key: &SignedPublicKey) -> Vec<Key<'_>> {
    let mut found = vec![Key::Primary(&key.primary_key)];
    let own = key.public_subkeys.iter().filter(|subkey| subkey.verify_bindings(&key.primary_key).is_ok());
    found.extend(own.map(|subkey| Key::Subkey(&subkey.key)));
    found
}
