//! Encrypted content: EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083).

use super::ber::{BerError, OCTET_STRING, Reader, SEQUENCE, SET, Value, context, write};
use super::cipher::{Cipher, Wrong, algorithm};
use super::recipient::{Algorithm, Recipient};
use super::unwrap::{self, NoKey};
use super::{inner, names};
use crate::contents::{Contents, Room};
use crate::keys::{Keyring, SmimeKey};
use crate::{Defect, Fact, Lock};

/// Recipients named in the evidence; more are counted.
const NAMED: usize = 50;
/// Recipients looked at; mailing lists have some thousands.
const RECIPIENTS: usize = 10_000;
/// Ways of encrypting keys named.
const WAYS: usize = 10;
/// Keys tried for one message. More than one fits when a message is sent to two of ours, or to one twice.
const TRIES: usize = 8;
/// One use of a private key, in units of [`Room::spend`]: RSA with 4096 bits takes some milliseconds.
const USE_OF_KEY: u64 = 10_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Enveloped,
    Authenticated,
}

/// The parts of either structure.
struct Envelope<'a> {
    recipients: Vec<Recipient<'a>>,
    /// Recipients that make no sense.
    broken: usize,
    /// There are more recipients than are looked at.
    full: bool,
    content_type: String,
    algorithm: Algorithm<'a>,
    /// None when the content is kept elsewhere.
    content: Option<Value<'a>>,
    /// The attributes that are authenticated with the content, encoded as RFC 5083 §2.2 wants.
    associated: Vec<u8>,
    tag: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(mut content: Reader<'a>, kind: Kind) -> Result<Self, BerError> {
        let mut data = content.within(SEQUENCE)?;
        data.number()?;
        data.optional(context(0))?;
        let mut infos = data.within(SET)?;
        let (mut recipients, mut broken) = (Vec::new(), 0usize);
        while !infos.is_empty() && recipients.len() < RECIPIENTS {
            match Recipient::read(infos.any()?) {
                Ok(recipient) => recipients.push(recipient),
                Err(_) => broken = broken.saturating_add(1),
            }
        }
        let full = !infos.is_empty();
        let mut info = data.within(SEQUENCE)?;
        let content_type = info.object_id()?;
        let algorithm = algorithm(&mut info)?;
        let content = info.optional(context(0))?;
        let mut envelope = Self {
            recipients,
            broken,
            full,
            content_type,
            algorithm,
            content,
            associated: Vec::new(),
            tag: &[],
        };
        if kind == Kind::Authenticated {
            if let Some(attributes) = data.optional(context(1))? {
                envelope.associated = write(SET, &[attributes.body]);
            }
            envelope.tag = data.expect(OCTET_STRING)?.body;
        }
        Ok(envelope)
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![Fact::new("encryption", names::name(&self.algorithm.0))];
        let mut ways: Vec<String> = Vec::new();
        for recipient in &self.recipients {
            let way = match recipient {
                Recipient::Transport { algorithm, .. } | Recipient::Agreement { algorithm, .. } => {
                    unwrap::name(algorithm)
                }
                Recipient::Password => "password".to_owned(),
                Recipient::Other => "other".to_owned(),
            };
            if !ways.contains(&way) && ways.len() < WAYS {
                ways.push(way);
            }
        }
        facts.extend(ways.into_iter().map(|way| Fact::new("key_encryption", way)));
        facts.extend(self.names().into_iter().map(|name| Fact::new("recipient", name)));
        facts
    }

    fn names(&self) -> Vec<String> {
        let ids = self.recipients.iter().flat_map(Recipient::names);
        ids.take(NAMED).map(super::recipient::CertificateId::text).collect()
    }
}

pub(super) fn open(
    content: Reader<'_>,
    kind: Kind,
    keys: &Keyring,
    room: &mut Room,
) -> Result<Contents, BerError> {
    let envelope = Envelope::read(content, kind)?;
    let mut contents = Contents { format: "smime_enveloped", facts: envelope.facts(), ..Contents::default() };
    if envelope.broken > 0 {
        contents.defects.push(Defect::new("bad_recipient", "a recipient makes no sense and was passed over"));
    }
    if envelope.full {
        let message = "there are too many recipients; only the first were looked at";
        contents.defects.push(Defect::new("limit_recipients", message));
    }
    let matching = matching(&envelope, keys);
    if matching.is_empty() {
        contents.lock = Some(lock(&envelope));
        return Ok(contents);
    }
    let Some(encrypted) = envelope.content else {
        contents.defects.push(Defect::new("no_content", "the encrypted content is not in the message"));
        return Ok(contents);
    };
    let encrypted = encrypted.octets()?;
    let (id, parameters) = &envelope.algorithm;
    let Some(cipher) = Cipher::read(id, *parameters) else {
        let message = format!("the content is encrypted with {}, which is not supported", names::name(id));
        contents.defects.push(Defect::new("unsupported_encryption", message));
        return Ok(contents);
    };
    if let Err(short) = room.take(encrypted.len()) {
        contents.defects.push(short.defect());
        return Ok(contents);
    }
    let sealed = Sealed { envelope: &envelope, cipher: &cipher, kind, encrypted: &encrypted };
    match sealed.decrypt(&matching, room) {
        Ok((key, decrypted)) => {
            contents.facts.push(Fact::new("decrypted_with", key.facts.subject.clone()));
            if !cipher.authenticates() {
                // Its content can be changed on the way without notice, and be made to leak what it says (EFAIL).
                contents.facts.push(Fact::new("unauthenticated_encryption", names::name(id)));
            }
            contents.items.push(inner::item(&envelope.content_type, decrypted));
        }
        Err(defect) => contents.defects.push(defect),
    }
    Ok(contents)
}

fn lock(envelope: &Envelope<'_>) -> Lock {
    let recipients = envelope.names();
    let password = envelope.recipients.iter().any(|recipient| matches!(recipient, Recipient::Password));
    if recipients.is_empty() && password { Lock::Password } else { Lock::Key { recipients } }
}

/// One key that fits, and where it fits.
struct Match<'k, 'e> {
    key: &'k SmimeKey,
    recipient: &'e Recipient<'e>,
    /// Among those of a key agreement.
    encrypted: &'e [u8],
}

fn matching<'k, 'e>(envelope: &'e Envelope<'e>, keys: &'k Keyring) -> Vec<Match<'k, 'e>> {
    let mut found = Vec::new();
    for recipient in &envelope.recipients {
        let pairs: Vec<_> = match recipient {
            Recipient::Transport { to, encrypted, .. } => vec![(to, encrypted)],
            Recipient::Agreement { to, .. } => to.iter().map(|(id, encrypted)| (id, encrypted)).collect(),
            Recipient::Password | Recipient::Other => Vec::new(),
        };
        for (id, encrypted) in pairs {
            let fitting = keys.smime().filter(|key| key.certificates.iter().any(|own| id.is_of(own)));
            found.extend(fitting.map(|key| Match { key, recipient, encrypted }));
            if found.len() >= TRIES {
                found.truncate(TRIES);
                return found;
            }
        }
    }
    found
}

struct Sealed<'a> {
    envelope: &'a Envelope<'a>,
    cipher: &'a Cipher,
    kind: Kind,
    encrypted: &'a [u8],
}

impl Sealed<'_> {
    /// Tries the keys that fit. What was wrong, the key, its padding or the content, is not told.
    fn decrypt<'k>(
        &self,
        matching: &[Match<'k, '_>],
        room: &mut Room,
    ) -> Result<(&'k SmimeKey, Vec<u8>), Defect> {
        let mut unsupported = None;
        for one in matching {
            if !room.spend(USE_OF_KEY) {
                return Err(Defect::new(
                    "limit_effort",
                    "decrypting this message takes more work than is spent on one; it was left encrypted",
                ));
            }
            match self.key(one).and_then(|key| Ok(self.content(&key)?)) {
                Ok(content) => return Ok((one.key, content)),
                Err(NoKey::Unsupported(way)) => unsupported = Some(way),
                Err(NoKey::Wrong) => {}
            }
        }
        Err(match unsupported {
            Some(way) => Defect::new(
                "unsupported_encryption",
                format!("the key of the content is encrypted with {way}, which is not supported"),
            ),
            None => Defect::new(
                "bad_decryption",
                "there is a key for this message, but its content does not decrypt; it was damaged or changed",
            ),
        })
    }

    fn key(&self, one: &Match<'_, '_>) -> Result<zeroize::Zeroizing<Vec<u8>>, NoKey> {
        match one.recipient {
            Recipient::Transport { algorithm, .. } => {
                unwrap::transport(&one.key.private, algorithm, one.encrypted, self.cipher.key_bytes())
            }
            Recipient::Agreement { point, user_material, algorithm, .. } => unwrap::agreement(
                &one.key.private,
                *point,
                user_material.as_deref(),
                algorithm,
                one.encrypted,
            ),
            Recipient::Password | Recipient::Other => Err(NoKey::Wrong),
        }
    }

    fn content(&self, key: &[u8]) -> Result<Vec<u8>, Wrong> {
        match self.kind {
            Kind::Enveloped => self.cipher.decrypt(key, self.encrypted),
            Kind::Authenticated => {
                let envelope = self.envelope;
                self.cipher.open(key, self.encrypted.to_vec(), &envelope.associated, envelope.tag)
            }
        }
    }
}
