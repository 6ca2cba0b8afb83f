//! Sealing what must not be readable in the database, and the keys derived from the master key.
//!
//! Sealed bytes: version (1), key id (8), nonce (24), XChaCha20-Poly1305 text and tag. The additional data is
//! table, row and column, so that sealed bytes copied to another row do not open.

use crate::Store;
use crate::config::MasterKey;
use crate::error::{Result, StoreError};
use crate::sql::{Pool, Tx, args, retrying};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use mailcase_core::ConnectorId;
use mailcase_core::case_token::TokenKey;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

mod rotate;

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;
const NONCE_LEN: usize = 24;
const CANARY: &[u8] = b"mailcase canary";
const CANARY_PLACE: Place<'_> = Place { table: "seals", row: "canary", column: "ciphertext" };
const TOKENS_PLACE: Place<'_> = Place { table: "seals", row: "case tokens", column: "ciphertext" };

const WRONG_KEY: &str = "the master key is not the one the secrets in this database are sealed under; give the right \
                         key back (the key file or MAILCASE_MASTER_KEY; after `mailcase key rotate` the new one), or \
                         the stored secrets are lost";
const DAMAGED: StoreError = StoreError::Secret("a stored secret is damaged; enter it again");
const UNUSABLE: StoreError = StoreError::Secret("the master key cannot be used");

type KeyId = [u8; KEY_ID_LEN];
type KeyBytes = Zeroizing<[u8; 32]>;

/// HMAC-SHA-256 as a key derivation function: the master key is uniformly random, so one step suffices
/// (NIST SP 800-108).
fn derive(master: &KeyBytes, purpose: &str) -> Result<KeyBytes> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(master.as_slice()).map_err(|_| UNUSABLE)?;
    mac.update(b"mailcase key v1: ");
    mac.update(purpose.as_bytes());
    Ok(Zeroizing::new(mac.finalize().into_bytes().into()))
}

/// Where a sealed value stands; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'a str,
    pub(crate) row: &'a str,
    pub(crate) column: &'a str,
}

impl Place<'_> {
    fn additional_data(&self) -> Vec<u8> {
        // Lengths first: no two places share their bytes.
        let mut data = Vec::new();
        for part in [self.table, self.row, self.column] {
            data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// One key to seal under.
struct SealingKey {
    cipher: XChaCha20Poly1305,
    id: KeyId,
    /// The key case tokens are signed with in a store whose secrets were never sealed anew.
    tokens: KeyBytes,
}

impl SealingKey {
    fn new(master: &KeyBytes) -> Result<Self> {
        let sealing = derive(master, "sealing")?;
        let cipher = XChaCha20Poly1305::new_from_slice(sealing.as_slice()).map_err(|_| UNUSABLE)?;
        let mut id = [0; KEY_ID_LEN];
        for (to, from) in id.iter_mut().zip(derive(master, "key id")?.iter()) {
            *to = *from;
        }
        Ok(Self { cipher, id, tokens: derive(master, "case tokens")? })
    }
}

/// The keys made from the master key: the first one seals, each opens what names it.
pub(crate) struct Ring {
    current: SealingKey,
    previous: Vec<SealingKey>,
}

impl Ring {
    fn new(master: &MasterKey) -> Result<Self> {
        Ok(Self {
            current: SealingKey::new(master.current())?,
            previous: master.previous().iter().map(SealingKey::new).collect::<Result<_>>()?,
        })
    }

    /// The key `sealed` names, and what follows its name.
    fn key_of<'a>(&self, sealed: &'a [u8]) -> Result<(&SealingKey, &'a [u8])> {
        let (version, rest) = sealed.split_first().ok_or(DAMAGED)?;
        if *version != VERSION {
            return Err(StoreError::Secret("a stored secret was sealed by a newer version of this program"));
        }
        let (id, rest) = rest.split_first_chunk::<KEY_ID_LEN>().ok_or(DAMAGED)?;
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        Ok((keys.find(|key| key.id == *id).ok_or(StoreError::Secret(WRONG_KEY))?, rest))
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let payload = Payload { msg: plain, aad: &place.additional_data() };
        let SealingKey { cipher, id, .. } = &self.current;
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Secret("a secret could not be sealed"))?;
        let mut out = Vec::with_capacity(sealed.len().saturating_add(64));
        out.push(VERSION);
        out.extend_from_slice(id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (key, rest) = self.key_of(sealed)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(DAMAGED)?;
        let payload = Payload { msg: text, aad: &place.additional_data() };
        key.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| DAMAGED)
    }
}

/// The keys of a store that was proven to be theirs.
pub(crate) struct Keys {
    ring: Ring,
    /// The same for ever: mails carry tokens signed with it.
    tokens: KeyBytes,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Proves that the master key is the one the secrets are sealed under; writes the proof the first time.
    pub(crate) async fn prove(pool: &Pool, master: &MasterKey) -> Result<Self> {
        let ring = Ring::new(master)?;
        let sealed = ring.seal(CANARY_PLACE, CANARY)?;
        let sql = "INSERT INTO seals (name, ciphertext) VALUES ('canary', $1) ON CONFLICT (name) DO NOTHING";
        retrying!(pool.execute(sql, args![sealed.clone()]))?;
        let mut seals: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for row in pool.fetch_all("SELECT name, ciphertext FROM seals", vec![]).await? {
            seals.insert(row.text("name")?, row.bytes("ciphertext")?);
        }
        let canary = seals.get(CANARY_PLACE.row).ok_or(DAMAGED)?;
        if !ring.open(CANARY_PLACE, canary).is_ok_and(|plain| plain.as_slice() == CANARY) {
            return Err(StoreError::Secret(WRONG_KEY));
        }
        let tokens = match seals.get(TOKENS_PLACE.row) {
            Some(sealed) => {
                let plain = ring.open(TOKENS_PLACE, sealed)?;
                Zeroizing::new(plain.as_slice().try_into().map_err(|_| DAMAGED)?)
            }
            None => ring.key_of(canary)?.0.tokens.clone(),
        };
        Ok(Self { ring, tokens })
    }

    /// Refuses to seal under a key that is no longer the store's, and keeps the key until the transaction ends: what is
    /// sealed under an old key while everything is sealed anew would never open again.
    pub(crate) async fn require_in(&self, tx: &mut Tx) -> Result<()> {
        let sql = tx.choose(
            "SELECT ciphertext FROM seals WHERE name = 'canary'",
            "SELECT ciphertext FROM seals WHERE name = 'canary' FOR SHARE",
        );
        self.ring.key_of(&tx.fetch_one(sql, vec![]).await?.bytes("ciphertext")?).map(|_| ())
    }
}

impl Store {
    /// The key case tokens are signed with.
    #[must_use]
    pub fn token_key(&self) -> TokenKey {
        TokenKey::new(*self.inner.keys.tokens)
    }

    /// What a server has to say when it tells of changes at a connector. Nobody else knows it, and it is kept nowhere.
    #[must_use]
    pub fn announce_secret(&self, connector: ConnectorId) -> SecretString {
        let key = self.inner.keys.tokens.as_slice();
        let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).map(|mut mac| {
            mac.update(b"mailcase announcement v1: ");
            mac.update(connector.to_string().as_bytes());
            mac.finalize().into_bytes()
        });
        // A key of any length will do.
        SecretString::from(mac.map(|mac| data_encoding::HEXLOWER.encode(&mac)).unwrap_or_default())
    }

    /// Every secret of a connector, opened. For the engine only: nothing shows them.
    pub async fn connector_secrets(&self, connector: ConnectorId) -> Result<BTreeMap<String, SecretString>> {
        let sql = "SELECT name, ciphertext FROM connector_secrets WHERE connector_id = $1 ORDER BY name";
        let mut secrets = BTreeMap::new();
        for row in self.pool().fetch_all(sql, args![connector]).await? {
            let name = row.text("name")?;
            let secret = self.open_connector_secret(connector, &name, &row.bytes("ciphertext")?)?;
            secrets.insert(name, secret);
        }
        Ok(secrets)
    }

    pub(crate) fn open_connector_secret(
        &self,
        connector: ConnectorId,
        name: &str,
        sealed: &[u8],
    ) -> Result<SecretString> {
        self.unseal(secret_place(&connector.to_string(), name), sealed)
    }

    pub(crate) fn seal_connector_secret(
        &self,
        connector: ConnectorId,
        name: &str,
        secret: &SecretString,
    ) -> Result<Vec<u8>> {
        self.seal(secret_place(&connector.to_string(), name), secret)
    }

    pub(crate) fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Vec<u8>> {
        self.seal_bytes(place, secret.expose_secret().as_bytes())
    }

    pub(crate) fn seal_bytes(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        self.inner.keys.ring.seal(place, plain)
    }

    pub(crate) fn unseal(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString> {
        let plain = self.unseal_bytes(place, sealed)?;
        std::str::from_utf8(&plain).map(SecretString::from).map_err(|_| DAMAGED)
    }

    pub(crate) fn unseal_bytes(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.inner.keys.ring.open(place, sealed)
    }
}

const fn secret_place<'a>(connector: &'a str, name: &'a str) -> Place<'a> {
    Place { table: "connector_secrets", row: connector, column: name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_open_only_in_their_place_and_under_their_key() {
        let keys = Ring::new(&MasterKey::new([1; 32])).unwrap();
        let here = Place { table: "t", row: "r", column: "c" };
        let sealed = keys.seal(here, b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(keys.open(here, &sealed).unwrap().as_slice(), b"hunter2");
        assert_ne!(keys.seal(here, b"hunter2").unwrap(), sealed, "a nonce is never used twice");
        for elsewhere in [
            Place { table: "t", row: "r", column: "d" },
            Place { table: "t", row: "rc", column: "" },
            Place { table: "tr", row: "", column: "c" },
        ] {
            assert!(keys.open(elsewhere, &sealed).is_err());
        }
        let other = Ring::new(&MasterKey::new([2; 32])).unwrap();
        assert!(other.open(here, &sealed).unwrap_err().to_string().contains("master key"));
        let both = Ring::new(&MasterKey::new([2; 32]).with_previous([1; 32])).unwrap();
        assert_eq!(both.open(here, &sealed).unwrap().as_slice(), b"hunter2");
        let anew = both.seal(here, b"hunter2").unwrap();
        assert_eq!(other.open(here, &anew).unwrap().as_slice(), b"hunter2", "the first key seals");
        assert!(keys.open(here, &anew).is_err());
        for cut in 0..sealed.len() {
            assert!(keys.open(here, &sealed[..cut]).is_err());
        }
        let mut bent = sealed;
        *bent.last_mut().unwrap() ^= 1;
        assert!(keys.open(here, &bent).is_err());
    }
}
