//! Key files without their passwords, to be kept where nobody else reads: opening a file takes up to seconds, by design,
//! and a server opens its keys at every start.

use std::fmt;

use pgp::ser::Serialize as _;
use zeroize::Zeroizing;

use super::{KEY_FILE_BYTES, KeyError, KeyFacts, Keyring, openpgp, pkcs12};

/// The one private key of a file, open. Holds the secret; its bytes are wiped when dropped.
#[derive(Clone)]
pub struct UnlockedKey {
    pub facts: KeyFacts,
    bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for UnlockedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnlockedKey").field("fingerprint", &self.facts.fingerprint).finish_non_exhaustive()
    }
}

impl UnlockedKey {
    /// Opens a PKCS#12 or OpenPGP key file with its password; one without a password opens with an empty one.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::NotKey`] when the file is neither.
    pub fn open(file: &[u8], password: &str) -> Result<Self, KeyError> {
        if file.len() > KEY_FILE_BYTES {
            return Err(KeyError::TooLarge);
        }
        match pkcs12::unlocked(file, password) {
            Err(KeyError::NotPkcs12) => {}
            answer => return answer.map(|(facts, bytes)| Self { facts, bytes }),
        }
        let key = openpgp::read_secret(file, password).map_err(|error| match error {
            KeyError::NotOpenpgp => KeyError::NotKey,
            other => other,
        })?;
        let secret = key.secret.ok_or(KeyError::NoPrivateKey)?;
        let bytes = Zeroizing::new(secret.to_bytes().map_err(|_| KeyError::Unreadable)?);
        Ok(Self { facts: key.facts, bytes })
    }

    /// The key as a file that opens without a password. May be larger than what it was read from.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Keyring {
    /// Adds a key from the bytes of an [`UnlockedKey`]; costs no more than reading them.
    ///
    /// # Errors
    /// [`KeyError`]; then nothing is added.
    pub fn add_unlocked(&mut self, bytes: &[u8]) -> Result<KeyFacts, KeyError> {
        match pkcs12::read_open(bytes) {
            Err(KeyError::NotPkcs12) => Ok(self.push_openpgp(openpgp::read_secret(bytes, "")?)),
            key => Ok(self.push_smime(key?)),
        }
    }

    /// Adds the keys of another ring; they are shared, not copied.
    pub fn add_all(&mut self, other: &Self) {
        for key in other.smime.iter() {
            self.share_smime(key);
        }
        for key in other.openpgp.iter() {
            self.share_openpgp(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, Means, examine};

    fn fixture(name: &str) -> Vec<u8> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys");
        std::fs::read(folder.join(name)).unwrap()
    }

    fn read(message: &str, keys: &Keyring) -> Evidence {
        examine(&fixture(message), &Means { keys: keys.clone(), ..Means::default() })
    }

    #[test]
    fn an_unlocked_key_opens_what_its_file_opens_and_needs_no_password() {
        let mut together = Keyring::default();
        let cases = [
            ("alice.p12", "to-alice.eml"),
            ("bob.p12", "to-bob.eml"),
            ("old.p12", "to-old.eml"),
            ("carol.asc", "to-carol.eml"),
            ("carol.asc", "to-carol-inline.eml"),
        ];
        for (file, message) in cases {
            assert!(read(message, &together).needs_key() || message == "to-carol-inline.eml", "{message}");
            assert_eq!(
                UnlockedKey::open(&fixture(file), "wrong").unwrap_err(),
                KeyError::WrongPassword,
                "{file}"
            );
            let key = UnlockedKey::open(&fixture(file), "secret").unwrap();
            assert!(!format!("{key:?}").contains("bytes"));
            let mut ring = Keyring::default();
            assert_eq!(ring.add_unlocked(key.bytes()).unwrap(), key.facts, "{file}");
            let again = UnlockedKey::open(key.bytes(), "").unwrap();
            assert_eq!((again.bytes(), &again.facts), (key.bytes(), &key.facts), "{file}");
            together.add_all(&ring);
            let mut locked = Keyring::default();
            if locked.add_pkcs12(&fixture(file), "secret").is_err() {
                locked.add_openpgp(&fixture(file), "secret").unwrap();
            }
            let found = read(message, &ring);
            assert_eq!(found, read(message, &locked), "{message}");
            assert!(
                found.indicators.iter().any(|one| one.value == "https://inside.example/pay"),
                "{message}"
            );
            assert!(!read(message, &together).needs_key());
        }
        assert_eq!(together.facts().count(), 4, "each once");
    }

    #[test]
    fn what_is_no_key_is_told_from_what_is_too_large() {
        assert_eq!(UnlockedKey::open(b"%PDF-1.7", "").unwrap_err(), KeyError::NotKey);
        assert_eq!(UnlockedKey::open(&[], "").unwrap_err(), KeyError::NotKey);
        assert_eq!(UnlockedKey::open(&vec![0; KEY_FILE_BYTES + 1], "").unwrap_err(), KeyError::TooLarge);
        assert!(Keyring::default().add_unlocked(b"%PDF-1.7").is_err());
    }
}
