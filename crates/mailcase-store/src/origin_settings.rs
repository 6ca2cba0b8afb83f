//! What each organization says of its own mail.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{args, json, retrying};
use jiff::Timestamp;
use mailcase_core::OrganizationId;
use mailcase_core::origin::OriginSettings;
use serde_json::json as value;

/// The settings at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptOriginSettings {
    /// Another number means other settings; 0 when nobody made any.
    pub revision: i64,
    pub settings: OriginSettings,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<String>,
}

impl Store {
    /// What an organization says of its own mail; nothing, until somebody does.
    pub async fn origin_settings(&self, org: OrganizationId) -> Result<KeptOriginSettings> {
        let sql = "SELECT revision, settings, updated_at, updated_by FROM origin_settings WHERE organization_id = $1";
        let Some(row) = self.pool().fetch_optional(sql, args![org]).await? else {
            return Ok(KeptOriginSettings::default());
        };
        Ok(KeptOriginSettings {
            revision: row.int("revision")?,
            settings: row.json("settings")?,
            updated_at: Some(row.time("updated_at")?),
            updated_by: row.opt_text("updated_by")?,
        })
    }

    /// The number of those settings: another number means other settings.
    pub async fn origin_revision(&self, org: OrganizationId) -> Result<i64> {
        let sql = "SELECT revision FROM origin_settings WHERE organization_id = $1";
        let row = self.pool().fetch_optional(sql, args![org]).await?;
        row.map_or(Ok(0), |row| row.int("revision"))
    }

    async fn save_origin_settings_once(
        &self,
        org: OrganizationId,
        settings: &OriginSettings,
        made_on: i64,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let mut tx = self.pool().begin().await?;
        // Locks the organization: two first changes follow one another.
        let lock = "UPDATE organizations SET key_generation = key_generation WHERE id = $1";
        if tx.execute(lock, args![org]).await? == 0 {
            return Err(StoreError::missing("organization"));
        }
        let sql = "SELECT revision FROM origin_settings WHERE organization_id = $1";
        let revision = tx.fetch_optional(sql, args![org]).await?.map_or(Ok(0), |row| row.int("revision"))?;
        if revision != made_on {
            let what =
                "somebody else changed these settings meanwhile; load them again and repeat the change";
            return Err(StoreError::conflict(what));
        }
        let sql = "INSERT INTO origin_settings (organization_id, revision, settings, updated_at, updated_by) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id) DO UPDATE SET \
                   revision = excluded.revision, settings = excluded.settings, updated_at = excluded.updated_at, \
                   updated_by = excluded.updated_by";
        let by = entry.and_then(|entry| entry.actor.name());
        tx.execute(sql, args![org, revision.saturating_add(1), json(settings)?, self.now(), by]).await?;
        note_in(&mut tx, self.now(), entry, org, &[("settings", value!(settings))]).await?;
        tx.commit().await
    }
}

impl Recorded<'_> {
    /// Keeps what an organization says of its own mail. It must have been checked. `made_on` is the revision the change
    /// was made on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody changed them since.
    pub async fn save_origin_settings(
        &self,
        org: OrganizationId,
        settings: &OriginSettings,
        made_on: i64,
    ) -> Result<KeptOriginSettings> {
        retrying!(self.store.save_origin_settings_once(org, settings, made_on, self.entry()))?;
        self.store.tell(Event::OriginChanged { org });
        // Own domains are marks as well.
        self.store.tell(Event::MarksChanged { org });
        self.store.origin_settings(org).await
    }
}
