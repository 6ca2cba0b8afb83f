//! Opens OpenPGP (RFC 9580): messages within text, cleartext signatures, and the parts of PGP/MIME (RFC 3156).
//!
//! Packets are decrypted, decompressed and verified by rPGP, one layer at a time, so that every layer is counted
//! against what a message may cost. How many packets there are is looked at before they are handed over.

mod armor;
mod message;
mod packet;
mod signature;
#[cfg(test)]
mod tests;

use pgp::composed::{Deserializable as _, SignedPublicKey, SignedSecretKey};

use crate::contents::{Contents, Room};
use crate::keys::Keyring;
use crate::{Defect, Fact, Lock, Signature};

pub(crate) use armor::{Block, Kind, blocks};
pub(crate) use packet::{Census, kind};

/// Blocks of one text that are opened. People quote and append; more than a handful is no conversation.
const BLOCKS: usize = 20;
/// Facts and signatures kept of all blocks together.
const FACTS: usize = 100;
const SIGNATURES: usize = 50;

/// Opens binary packets, or every armoured block of a text. What stands between blocks is left to the text itself.
pub(crate) fn open(bytes: &[u8], keys: &Keyring, room: &mut Room) -> Contents {
    let mut contents = Contents { format: "pgp", ..Contents::default() };
    let blocks = blocks(bytes, BLOCKS);
    if blocks.is_empty() {
        let block = Block { kind: packet::kind(bytes), data: bytes.to_vec(), ..Block::default() };
        open_block(&block, keys, room, &mut contents);
        return contents;
    }
    for block in &blocks {
        open_block(block, keys, room, &mut contents);
    }
    contents.facts.truncate(FACTS);
    contents.signatures.truncate(SIGNATURES);
    contents
}

/// Verifies a signature that stands beside what it signs (RFC 3156 §5). `content` are the bytes as they were signed:
/// lines ended by CR LF.
pub(crate) fn verify_detached(
    bytes: &[u8],
    content: &[u8],
    keys: &Keyring,
    room: &mut Room,
) -> Vec<Signature> {
    let found = blocks(bytes, BLOCKS);
    let data = found.iter().find(|block| block.kind == Kind::Signature).map_or(bytes, |block| &block.data);
    signature::detached(data, Some(content), keys, room)
}

fn open_block(block: &Block, keys: &Keyring, room: &mut Room, contents: &mut Contents) {
    match block.kind {
        Kind::Message => message::open(block, keys, room, contents),
        Kind::Cleartext => {
            contents.format = "pgp_signed";
            contents.signatures.extend(signature::detached(&block.data, Some(&block.text), keys, room));
            contents.items.push(message::text(block.text.clone(), block.charset.clone()));
        }
        Kind::Signature => {
            contents.format = "pgp_signature";
            contents.signatures.extend(signature::detached(&block.data, None, keys, room));
        }
        Kind::PublicKey => {
            contents.format = "pgp_keys";
            public_key(&block.data, contents);
        }
        Kind::SecretKey => {
            contents.format = "pgp_keys";
            secret_key(&block.data, contents);
        }
        Kind::Unknown => {
            contents.defects.push(Defect::new("damaged", "this is no OpenPGP message, or a damaged one"))
        }
    }
    if contents.signatures.iter().any(|signature| signature.weak) && !has(contents, "weak_digest") {
        contents.defects.push(Defect::new("weak_digest", "it is signed with a digest that can be forged"));
    }
}

fn has(contents: &Contents, code: &str) -> bool {
    contents.defects.iter().any(|defect| defect.code == code)
}

fn public_key(data: &[u8], contents: &mut Contents) {
    let key = packet::Census::of(data).is_key().then(|| SignedPublicKey::from_bytes(data).ok()).flatten();
    match key {
        Some(key) => contents.facts.extend(key_facts(&crate::keys::openpgp_facts(&key))),
        None => contents.defects.push(Defect::new("damaged", "the key is damaged and was not read")),
    }
}

/// Somebody mailed a private key, knowingly or not.
fn secret_key(data: &[u8], contents: &mut Contents) {
    contents.facts.push(Fact::new("private_key", "the block holds a private key"));
    let key = packet::Census::of(data).is_key().then(|| SignedSecretKey::from_bytes(data).ok()).flatten();
    match key {
        Some(key) => contents.facts.extend(key_facts(&crate::keys::openpgp_facts(&key.to_public_key()))),
        None => contents.defects.push(Defect::new("damaged", "the key is damaged and was not read")),
    }
}

fn key_facts(facts: &crate::KeyFacts) -> Vec<Fact> {
    let mut found = vec![Fact::new("fingerprint", facts.fingerprint.clone())];
    found.extend(facts.key_id.iter().map(|id| Fact::new("key_id", id.clone())));
    found.extend(facts.user_ids.iter().map(|id| Fact::new("user_id", id.clone())));
    found.push(Fact::new("algorithm", facts.algorithm.clone()));
    found.extend(facts.not_before.map(|time| Fact::new("created", time.to_string())));
    found.extend(facts.not_after.map(|time| Fact::new("expires", time.to_string())));
    found
}

fn lock(recipients: Vec<String>, password: bool) -> Lock {
    if recipients.is_empty() && password { Lock::Password } else { Lock::Key { recipients } }
}
