//! The keys that open encrypted mail, and what people are shown of them.
//!
//! Keys come from files that people upload. A key file is read once with its password; what is kept here is wiped from
//! memory when the last ring that holds it is gone. Whether a certificate is expired or trusted is no question here:
//! old mail is read with old keys.

mod certificate;
mod openpgp;
mod pkcs12;
mod private;
mod unlocked;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use certificate::{CertificateInfo, name_text, stripped, text};
pub(crate) use openpgp::{OpenpgpKey, facts as openpgp_facts};
pub(crate) use private::PrivateKey;
pub use unlocked::UnlockedKey;

/// Largest key file. Real ones have a few thousand bytes; chains of certificates and photos in OpenPGP keys make more.
pub const KEY_FILE_BYTES: usize = 1 << 20;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    #[default]
    Smime,
    Openpgp,
}

/// What people are shown of a key. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyFacts {
    pub kind: KeyKind,
    /// Whom the certificate names, or the first user id.
    pub subject: String,
    /// OpenPGP: every user id.
    pub user_ids: Vec<String>,
    /// Mail addresses it is for, lower case.
    pub addresses: Vec<String>,
    pub issuer: Option<String>,
    /// Of the certificate, upper-case hexadecimal.
    pub serial: Option<String>,
    /// Subject key identifier of the certificate, or OpenPGP key id; upper-case hexadecimal.
    pub key_id: Option<String>,
    /// OpenPGP: the ids of its other keys.
    pub subkey_ids: Vec<String>,
    /// SHA-256 of the certificate, or the OpenPGP fingerprint; lower-case hexadecimal.
    pub fingerprint: String,
    pub not_before: Option<jiff::Timestamp>,
    pub not_after: Option<jiff::Timestamp>,
    /// `RSA`, `P-256`, …
    pub algorithm: String,
    pub bits: Option<u32>,
    /// The subjects of the certificates above, as far as the file has them.
    pub chain: Vec<String>,
}

/// Why a key file was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    #[error("the file is larger than {KEY_FILE_BYTES} bytes, which no key file is")]
    TooLarge,
    #[error("the file is no PKCS#12 key (.p12, .pfx)")]
    NotPkcs12,
    #[error("the file is no OpenPGP key")]
    NotOpenpgp,
    #[error("the file is neither a PKCS#12 key (.p12, .pfx) nor an OpenPGP key")]
    NotKey,
    #[error("the password does not open this file")]
    WrongPassword,
    #[error("there is no private key in the file; export the certificate with its private key")]
    NoPrivateKey,
    #[error("there are several private keys in the file; export one key per file")]
    SeveralPrivateKeys,
    #[error("no certificate in the file belongs to its private key; export the key with its certificate")]
    NoCertificate,
    #[error("the file uses {algorithm}, which is not supported")]
    Unsupported { algorithm: String },
    #[error("the password is protected by more rounds of computation than are accepted")]
    TooCostly,
    #[error("the file is damaged")]
    Unreadable,
}

/// An S/MIME key.
pub(crate) struct SmimeKey {
    pub(crate) private: PrivateKey,
    /// Those for this key, the newest first.
    pub(crate) certificates: Vec<CertificateInfo>,
    pub(crate) facts: KeyFacts,
}

/// Keys to read mail with. Cloning shares the keys.
#[derive(Clone, Default)]
pub struct Keyring {
    smime: Arc<Vec<Arc<SmimeKey>>>,
    openpgp: Arc<Vec<Arc<OpenpgpKey>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let smime = self.smime.len();
        f.debug_struct("Keyring").field("smime", &smime).field("openpgp", &self.openpgp.len()).finish()
    }
}

impl Keyring {
    /// Adds the key of a PKCS#12 file (RFC 7292). An expired certificate is fine; a key that is there already is
    /// replaced.
    ///
    /// # Errors
    /// [`KeyError`]; then nothing is added.
    pub fn add_pkcs12(&mut self, file: &[u8], password: &str) -> Result<KeyFacts, KeyError> {
        Ok(self.push_smime(pkcs12::read(file, password)?))
    }

    fn push_smime(&mut self, key: SmimeKey) -> KeyFacts {
        let facts = key.facts.clone();
        self.share_smime(&Arc::new(key));
        facts
    }

    fn share_smime(&mut self, key: &Arc<SmimeKey>) {
        let keys = Arc::make_mut(&mut self.smime);
        keys.retain(|other| other.facts.fingerprint != key.facts.fingerprint);
        keys.push(Arc::clone(key));
    }

    /// Adds the one private key of an OpenPGP file, armoured or not.
    ///
    /// # Errors
    /// [`KeyError`]; then nothing is added.
    pub fn add_openpgp(&mut self, file: &[u8], password: &str) -> Result<KeyFacts, KeyError> {
        Ok(self.push_openpgp(openpgp::read_secret(file, password)?))
    }

    /// Adds an OpenPGP public key, to verify signatures with.
    ///
    /// # Errors
    /// [`KeyError`]; then nothing is added.
    pub fn add_openpgp_public(&mut self, file: &[u8]) -> Result<KeyFacts, KeyError> {
        Ok(self.push_openpgp(openpgp::read_public(file)?))
    }

    fn push_openpgp(&mut self, key: OpenpgpKey) -> KeyFacts {
        let facts = key.facts.clone();
        self.share_openpgp(&Arc::new(key));
        facts
    }

    fn share_openpgp(&mut self, key: &Arc<OpenpgpKey>) {
        let keys = Arc::make_mut(&mut self.openpgp);
        let is_known = |other: &Arc<OpenpgpKey>| other.facts.fingerprint == key.facts.fingerprint;
        // A public key says nothing that the private one does not.
        if key.secret.is_some() || !keys.iter().any(|other| is_known(other) && other.secret.is_some()) {
            keys.retain(|other| !is_known(other));
            keys.push(Arc::clone(key));
        }
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.smime.is_empty() && self.openpgp.is_empty()
    }

    /// The keys there are, in the order they were added.
    pub fn facts(&self) -> impl Iterator<Item = &KeyFacts> {
        self.smime.iter().map(|key| &key.facts).chain(self.openpgp.iter().map(|key| &key.facts))
    }

    pub(crate) fn smime(&self) -> impl Iterator<Item = &SmimeKey> {
        self.smime.iter().map(AsRef::as_ref)
    }

    pub(crate) fn openpgp(&self) -> impl Iterator<Item = &OpenpgpKey> {
        self.openpgp.iter().map(AsRef::as_ref)
    }
}
