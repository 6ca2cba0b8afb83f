//! Sealing every secret anew, so that earlier keys are needed no more.

use super::{CANARY, CANARY_PLACE, StoreError, TOKENS_PLACE, WRONG_KEY, secret_place};
use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::decryption_keys;
use crate::error::Result;
use crate::grants::token_place;
use crate::other_sources::secrets_place;
use crate::sql::{args, retrying};
use serde_json::json;

impl Store {
    /// Whether a server holds a connector right now.
    pub async fn server_at_work(&self) -> Result<bool> {
        let sql = "SELECT 1 AS one FROM connectors \
                   WHERE lease_owner >= 'server:' AND lease_owner < 'server;' AND lease_until > $1 LIMIT 1";
        Ok(self.pool().fetch_optional(sql, args![self.now()]).await?.is_some())
    }

    async fn reseal_once(&self, entry: Option<&NewAudit>) -> Result<u64> {
        let ring = &self.inner.keys.ring;
        let mut tx = self.pool().begin().await?;
        // The canary is the lock: who seals anew waits for those who seal, and they for this.
        let sql = tx.choose(
            "SELECT ciphertext FROM seals WHERE name = 'canary'",
            "SELECT ciphertext FROM seals WHERE name = 'canary' FOR UPDATE",
        );
        let canary = tx.fetch_one(sql, vec![]).await?.bytes("ciphertext")?;
        if !ring.open(CANARY_PLACE, &canary).is_ok_and(|plain| plain.as_slice() == CANARY) {
            return Err(StoreError::Secret(WRONG_KEY));
        }
        let rows =
            tx.fetch_all("SELECT connector_id, name, ciphertext FROM connector_secrets", vec![]).await?;
        for row in &rows {
            let (connector, name) = (row.text("connector_id")?, row.text("name")?);
            let place = secret_place(&connector, &name);
            let anew = ring.seal(place, &ring.open(place, &row.bytes("ciphertext")?)?)?;
            let sql = "UPDATE connector_secrets SET ciphertext = $3 WHERE connector_id = $1 AND name = $2";
            tx.execute(sql, args![connector.as_str(), name.as_str(), anew]).await?;
        }
        let grants = tx.fetch_all("SELECT connector_id, refresh_token FROM grants", vec![]).await?;
        for row in &grants {
            let connector = row.text("connector_id")?;
            let place = token_place(&connector);
            let anew = ring.seal(place, &ring.open(place, &row.bytes("refresh_token")?)?)?;
            let sql = "UPDATE grants SET refresh_token = $2 WHERE connector_id = $1";
            tx.execute(sql, args![connector.as_str(), anew]).await?;
        }
        let others = tx.fetch_all("SELECT connector_id, secrets FROM other_sources", vec![]).await?;
        for row in &others {
            let connector = row.text("connector_id")?;
            let place = secrets_place(&connector);
            let anew = ring.seal(place, &ring.open(place, &row.bytes("secrets")?)?)?;
            let sql = "UPDATE other_sources SET secrets = $2 WHERE connector_id = $1";
            tx.execute(sql, args![connector.as_str(), anew]).await?;
        }
        let keys = decryption_keys::reseal_in(&mut tx, ring).await?;
        // Whoever is at the provider this minute begins again.
        tx.execute("DELETE FROM pending_grants", vec![]).await?;
        let count = [rows.len(), grants.len(), others.len(), keys].into_iter().fold(0, usize::saturating_add);
        // The key of the case tokens is kept as it is: mails that carry them are on their way for years.
        let tokens = ring.seal(TOKENS_PLACE, self.inner.keys.tokens.as_slice())?;
        for (place, sealed) in [(TOKENS_PLACE, tokens), (CANARY_PLACE, ring.seal(CANARY_PLACE, CANARY)?)] {
            let sql = "INSERT INTO seals (name, ciphertext) VALUES ($1, $2) \
                       ON CONFLICT (name) DO UPDATE SET ciphertext = excluded.ciphertext";
            tx.execute(sql, args![place.row, sealed]).await?;
        }
        note_in(&mut tx, self.now(), entry, "master key", &[("secrets", json!(count))]).await?;
        tx.commit().await?;
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

impl Recorded<'_> {
    /// Seals every secret anew under the current master key, all or none; returns how many secrets there
    /// are. Afterwards a store opens with that key alone, and case tokens made before are still genuine.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when one of them does not open under any key at hand.
    pub async fn reseal(&self) -> Result<u64> {
        retrying!(self.store.reseal_once(self.entry()))
    }
}
