//! Takes a message apart layer by layer: encryption, compression, signatures, and the data within (RFC 9580 §10.3).

use pgp::composed::{DecryptionOptions, Edata, Esk, Message, PlainSessionKey};
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{DataMode, PublicKeyEncryptedSessionKey};
use pgp::types::{DecryptionKey, EskType, Password, PkeskVersion};

use super::armor::Block;
use super::packet::Census;
use super::{lock, signature};
use crate::contents::{Content, Contents, Item, Role, Room, Short};
use crate::keys::{Keyring, OpenpgpKey};
use crate::smime::inner;
use crate::{Defect, Fact};

/// Layers of one message. Mail programs make four: encrypted, compressed, signed, data.
const LAYERS: usize = 8;
/// Recipients named in the evidence.
const NAMED: usize = 50;
/// Keys tried for one layer. Senders may hide for whom it is; then every key is.
const TRIES: usize = 20;
/// One use of a private key, in units of [`Room::spend`].
const USE_OF_KEY: u64 = 10_000_000;
/// One byte hashed by SHA-2, likewise.
const HASHED_BYTE: u64 = 3;

/// Opens the message of a block into `contents`.
pub(super) fn open(block: &Block, keys: &Keyring, room: &mut Room, contents: &mut Contents) {
    let mut peeler =
        Peeler { keys, room, contents, charset: block.charset.clone(), inline: !block.data.is_empty() };
    let mut layer = block.data.clone();
    for _ in 0..LAYERS {
        match peeler.peel(&layer) {
            Ok(Some(next)) => layer = next,
            Ok(None) => return,
            Err(defect) => {
                contents.defects.push(defect);
                return;
            }
        }
    }
    contents
        .defects
        .push(Defect::new("limit_depth", "the message has too many layers; the others were not opened"));
}

/// A text that is a body.
pub(super) fn text(bytes: Vec<u8>, charset: Option<String>) -> Item {
    Item {
        role: Role::Body,
        content: Content::File(bytes),
        content_type: "text/plain".to_owned(),
        charset: Some(charset.unwrap_or_else(|| "utf-8".to_owned())),
        ..Item::default()
    }
}

struct Peeler<'a> {
    keys: &'a Keyring,
    room: &'a mut Room,
    contents: &'a mut Contents,
    charset: Option<String>,
    inline: bool,
}

fn damaged() -> Defect {
    Defect::new("damaged", "this is no OpenPGP message, or a damaged one")
}

impl<'a> Peeler<'a> {
    /// Opens one layer. Gives the next, or none when there is none or it is locked.
    fn peel(&mut self, layer: &[u8]) -> Result<Option<Vec<u8>>, Defect> {
        if !Census::of(layer).is_message() {
            return Err(Defect::new("limit_packets", "the message has too many packets and was not opened"));
        }
        match Message::from_bytes(layer).map_err(|_| damaged())? {
            Message::Encrypted { esk, edata, .. } => self.encrypted(layer, &esk, &edata),
            Message::Compressed { reader, .. } => {
                self.format("pgp_compressed");
                let unpacked = reader.decompress().map_err(|_| damaged())?;
                self.room.read(unpacked).map(Some).map_err(|short| short.defect())
            }
            message @ Message::Signed { .. } => self.signed(message, layer),
            message @ Message::Literal { .. } => self.literal(message),
        }
    }

    /// The outermost layer names the format.
    fn format(&mut self, format: &'static str) {
        if self.contents.format == "pgp" {
            self.contents.format = format;
        }
    }

    fn encrypted(&mut self, layer: &[u8], esk: &[Esk], edata: &Edata<'_>) -> Result<Option<Vec<u8>>, Defect> {
        self.format("pgp_encrypted");
        let mut recipients = Vec::new();
        let mut password = false;
        for one in esk {
            match one {
                Esk::PublicKeyEncryptedSessionKey(session) => recipients.push(session),
                Esk::SymKeyEncryptedSessionKey(_) => password = true,
            }
        }
        let names: Vec<String> = recipients.iter().take(NAMED).filter_map(|session| name(session)).collect();
        self.contents.facts.extend(names.iter().map(|name| Fact::new("recipient", name.clone())));
        if matches!(edata, Edata::SymEncryptedData { .. }) {
            // Changes on the way are not noticed (RFC 9580 §13.7).
            self.contents
                .facts
                .push(Fact::new("unauthenticated_encryption", "OpenPGP without integrity protection"));
        }
        if recipients.iter().any(|session| name(session).is_none()) {
            self.contents.facts.push(Fact::new("recipient", "hidden"));
        }
        let found = self.session_keys(&recipients)?;
        if found.is_empty() && !self.fits(&recipients) {
            self.contents.lock = Some(lock(names, password));
            return Ok(None);
        }
        for (key, session) in found {
            match self.decrypt(layer, &session) {
                Ok(decrypted) => {
                    self.contents.facts.push(Fact::new("decrypted_with", key.facts.subject.clone()));
                    return Ok(Some(decrypted));
                }
                Err(Short::Full) => return Err(Short::Full.defect()),
                Err(Short::Damaged(_)) => {}
            }
        }
        if recipients.iter().any(|session| is_elgamal(session)) {
            let message = "the key of the content is encrypted with Elgamal, which is not supported";
            return Err(Defect::new("unsupported_encryption", message));
        }
        Err(Defect::new(
            "bad_decryption",
            "there is a key for this message, but its content does not decrypt; it was damaged or changed",
        ))
    }

    /// Whether a recipient is named that there is a key for.
    fn fits(&self, recipients: &[&PublicKeyEncryptedSessionKey]) -> bool {
        let named = recipients.iter().filter(|session| session.id().is_ok_and(|id| !id.is_wildcard()));
        let mut named = named.filter(|session| name(session).is_some());
        named.any(|session| self.keys.openpgp().any(|key| !key.fitting(session).is_empty()))
    }

    fn session_keys(
        &mut self,
        recipients: &[&PublicKeyEncryptedSessionKey],
    ) -> Result<Vec<(&'a OpenpgpKey, PlainSessionKey)>, Defect> {
        let mut tries = 0usize;
        let mut found = Vec::new();
        for session in recipients {
            let kind = match session.version() {
                PkeskVersion::V3 => EskType::V3_4,
                PkeskVersion::V6 => EskType::V6,
                PkeskVersion::Other(_) => continue,
            };
            let Ok(values) = session.values() else { continue };
            let keys: &'a Keyring = self.keys;
            for key in keys.openpgp() {
                for fitting in key.fitting(session) {
                    tries = tries.saturating_add(1);
                    if tries > TRIES {
                        return Ok(found);
                    }
                    if !self.room.spend(USE_OF_KEY) {
                        let message = "decrypting this message takes more work than is spent on one; it was left encrypted";
                        return Err(Defect::new("limit_effort", message));
                    }
                    if let Ok(Ok(plain)) = fitting.decrypt(&Password::empty(), values, kind) {
                        found.push((key, plain));
                    }
                }
            }
        }
        Ok(found)
    }

    fn decrypt(&mut self, layer: &[u8], session: &PlainSessionKey) -> Result<Vec<u8>, Short> {
        let wrong = || Short::Damaged(std::io::ErrorKind::InvalidData.into());
        let Ok(Message::Encrypted { mut edata, .. }) = Message::from_bytes(layer) else {
            return Err(wrong());
        };
        // Old and GnuPG's own ways are read: the mail is there and cannot be sent again. The first is marked.
        let options = DecryptionOptions::new().enable_legacy().enable_gnupg_aead();
        edata.decrypt_with_options(session, options).map_err(|_| wrong())?;
        let decrypted = self.room.read(edata)?;
        // Without integrity protection, another key gives bytes too.
        if Message::from_bytes(decrypted.as_slice()).is_err() { Err(wrong()) } else { Ok(decrypted) }
    }

    fn signed(&mut self, mut message: Message<'_>, layer: &[u8]) -> Result<Option<Vec<u8>>, Defect> {
        self.format("pgp_signed");
        // Every signature hashes all of the content.
        let bytes = (layer.len() as u64).saturating_mul(Census::of(layer).signatures as u64);
        if !self.room.spend(bytes.saturating_mul(HASHED_BYTE)) {
            let message = "verifying this message takes more work than is spent on one; it was not read";
            return Err(Defect::new("limit_effort", message));
        }
        if message.literal_data_header().is_none() {
            let message =
                "a signature over packed or encrypted content is not supported; the content was not read";
            return Err(Defect::new("unsupported_content", message));
        }
        let data = self.room.read(&mut message).map_err(|short| short.defect())?;
        let signatures = signature::of_message(&message, self.keys, self.room);
        self.contents.signatures.extend(signatures);
        self.data(&message, data);
        Ok(None)
    }

    fn literal(&mut self, mut message: Message<'_>) -> Result<Option<Vec<u8>>, Defect> {
        self.format("pgp_data");
        let data = self.room.read(&mut message).map_err(|short| short.defect())?;
        self.data(&message, data);
        Ok(None)
    }

    fn data(&mut self, message: &Message<'_>, data: Vec<u8>) {
        let header = message.literal_data_header();
        let file_name = header.map(|header| String::from_utf8_lossy(header.file_name()).into_owned());
        let name = file_name.filter(|name| !name.is_empty());
        let is_text = header.is_some_and(|header| matches!(header.mode(), DataMode::Text | DataMode::Utf8));
        let item = if inner::is_entity(&data) {
            Item { content: Content::Entity(data), ..Item::default() }
        } else if name.is_none() && (is_text || (self.inline && std::str::from_utf8(&data).is_ok())) {
            text(data, self.charset.take())
        } else {
            Item {
                content: Content::File(data),
                name: name.map(|name| crate::keys::text(&name)),
                ..Item::default()
            }
        };
        self.contents.items.push(item);
    }
}

/// For whom, as the sender names it; none when that is hidden.
fn name(session: &PublicKeyEncryptedSessionKey) -> Option<String> {
    if let Ok(Some(fingerprint)) = session.fingerprint() {
        return Some(format!("key {}", data_encoding::HEXUPPER.encode(fingerprint.as_bytes())));
    }
    let id = session.id().ok().filter(|id| !id.is_wildcard())?;
    Some(format!("key id {}", data_encoding::HEXUPPER.encode(id.as_ref())))
}

/// What GnuPG made until 2009, and the library does not read.
fn is_elgamal(session: &PublicKeyEncryptedSessionKey) -> bool {
    matches!(session.algorithm(), Ok(PublicKeyAlgorithm::Elgamal | PublicKeyAlgorithm::ElgamalEncrypt))
}

impl OpenpgpKey {
    /// The private keys a session key may be encrypted to.
    fn fitting(&self, session: &PublicKeyEncryptedSessionKey) -> Vec<&dyn DecryptionKey> {
        let Some(secret) = &self.secret else { return Vec::new() };
        let named = match (session.fingerprint(), session.id()) {
            (Ok(Some(fingerprint)), _) => Some(fingerprint.as_bytes()),
            (_, Ok(id)) if !id.is_wildcard() => Some(id.as_ref()),
            _ => None,
        };
        if named.is_some_and(|named| !self.ids.iter().any(|id| id == named)) {
            return Vec::new();
        }
        let mut found: Vec<&dyn DecryptionKey> = Vec::new();
        if session.match_identity(secret.primary_key.public_key()) {
            found.push(&secret.primary_key);
        }
        for subkey in &secret.secret_subkeys {
            if session.match_identity(subkey.public_key()) {
                found.push(&subkey.key);
            }
        }
        found.retain(|key| key.algorithm().can_encrypt());
        found
    }
}
