//! Sealing what must not be readable in the database, and the keys derived from the master key.
//!
//! Sealed bytes: version (1), key id (8), nonce (24), XChaCha20-Poly1305 text and tag. The additional data is
//! table, row and column, so that sealed bytes copied to another row do not open.

use crate::Store;
use crate::config::MasterKey;
use crate::error::{Result, StoreError};
use crate::sql::{args, retrying};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use mailcase_core::ConnectorId;
use mailcase_core::case_token::TokenKey;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;
const NONCE_LEN: usize = 24;
const CANARY: &[u8] = b"mailcase canary";

const WRONG_KEY: &str = "the master key is not the one this database was made with; give the original key back \
                         (the key file or MAILCASE_MASTER_KEY), or the stored secrets are lost";

/// The keys made from the master key, one per purpose.
pub(crate) struct Keys {
    cipher: XChaCha20Poly1305,
    key_id: [u8; KEY_ID_LEN],
    token: TokenKey,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// HMAC-SHA-256 as a key derivation function: the master key is uniformly random, so one step suffices
/// (NIST SP 800-108).
fn derive(master: &MasterKey, purpose: &str) -> Result<Zeroizing<[u8; 32]>> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(master.bytes())
        .map_err(|_| StoreError::Secret("the master key cannot be used"))?;
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

impl Keys {
    pub(crate) fn new(master: &MasterKey) -> Result<Self> {
        let sealing = derive(master, "sealing")?;
        let cipher = XChaCha20Poly1305::new_from_slice(sealing.as_slice())
            .map_err(|_| StoreError::Secret("the master key cannot be used"))?;
        let mut key_id = [0; KEY_ID_LEN];
        for (to, from) in key_id.iter_mut().zip(derive(master, "key id")?.iter()) {
            *to = *from;
        }
        let token = TokenKey::new(*derive(master, "case tokens")?);
        Ok(Self { cipher, key_id, token })
    }

    pub(crate) fn token_key(&self) -> TokenKey {
        self.token.clone()
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let payload = Payload { msg: plain, aad: &place.additional_data() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Secret("a secret could not be sealed"))?;
        let mut out = Vec::with_capacity(sealed.len().saturating_add(64));
        out.push(VERSION);
        out.extend_from_slice(&self.key_id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        const DAMAGED: StoreError = StoreError::Secret("a stored secret is damaged; enter it again");
        let (version, rest) = sealed.split_first().ok_or(DAMAGED)?;
        if *version != VERSION {
            return Err(StoreError::Secret("a stored secret was sealed by a newer version of this program"));
        }
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_LEN>().ok_or(DAMAGED)?;
        if *key_id != self.key_id {
            return Err(StoreError::Secret(WRONG_KEY));
        }
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(DAMAGED)?;
        let payload = Payload { msg: text, aad: &place.additional_data() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| DAMAGED)
    }
}

impl Store {
    /// The key case tokens are signed with.
    #[must_use]
    pub fn token_key(&self) -> TokenKey {
        self.inner.keys.token_key()
    }

    /// Proves that the master key is the one the database was made with; writes the proof the first time.
    pub(crate) async fn prove_master_key(&self) -> Result<()> {
        let place = Place { table: "seals", row: "canary", column: "ciphertext" };
        let sealed = self.inner.keys.seal(place, CANARY)?;
        let sql = "INSERT INTO seals (name, ciphertext) VALUES ('canary', $1) ON CONFLICT (name) DO NOTHING";
        retrying!(self.pool().execute(sql, args![sealed.clone()]))?;
        let row = self.pool().fetch_one("SELECT ciphertext FROM seals WHERE name = 'canary'", vec![]).await?;
        match self.inner.keys.open(place, &row.bytes("ciphertext")?) {
            Ok(plain) if plain.as_slice() == CANARY => Ok(()),
            _ => Err(StoreError::Secret(WRONG_KEY)),
        }
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
        let plain = self.inner.keys.open(secret_place(&connector.to_string(), name), sealed)?;
        std::str::from_utf8(&plain)
            .map(SecretString::from)
            .map_err(|_| StoreError::Secret("a stored secret is damaged; enter it again"))
    }

    pub(crate) fn seal_connector_secret(
        &self,
        connector: ConnectorId,
        name: &str,
        secret: &SecretString,
    ) -> Result<Vec<u8>> {
        self.inner.keys.seal(secret_place(&connector.to_string(), name), secret.expose_secret().as_bytes())
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
        let keys = Keys::new(&MasterKey::new([1; 32])).unwrap();
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
        let other = Keys::new(&MasterKey::new([2; 32])).unwrap();
        assert!(other.open(here, &sealed).unwrap_err().to_string().contains("master key"));
        for cut in 0..sealed.len() {
            assert!(keys.open(here, &sealed[..cut]).is_err());
        }
        let mut bent = sealed;
        *bent.last_mut().unwrap() ^= 1;
        assert!(keys.open(here, &bent).is_err());
    }
}
