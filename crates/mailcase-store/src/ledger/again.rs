//! What a person asks to be tried, or looked at, again.

use crate::Store;
use crate::audit::{NewAudit, Recorded, note_in};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{args, retrying};
use mailcase_core::{ConnectorId, DeliveryId, OrganizationId};

impl Store {
    /// Lets a delivery that was set aside (or had vanished) be fetched again.
    pub async fn retry_delivery(&self, org: OrganizationId, delivery: DeliveryId) -> Result<()> {
        self.retry_delivery_noting(org, delivery, None).await
    }

    async fn retry_delivery_noting(
        &self,
        org: OrganizationId,
        delivery: DeliveryId,
        entry: Option<&NewAudit>,
    ) -> Result<()> {
        let sql = "UPDATE deliveries SET state = 'discovered', attempts = 0, next_try_at = 0, last_error = NULL \
                   WHERE id = $1 AND organization_id = $2 AND state IN ('needs_attention', 'gone') \
                   RETURNING connector_id";
        let connector = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let row = tx.fetch_optional(sql, args![delivery, org]).await?;
            let row = row.ok_or(StoreError::missing("delivery to try again"))?;
            let connector: ConnectorId = row.named("connector_id")?;
            note_in(&mut tx, self.now(), entry, delivery, &[("connector", connector.to_string().into())])
                .await?;
            tx.commit().await.map(|()| connector)
        })?;
        self.tell(Event::ConnectorWake { connector });
        Ok(())
    }

    /// Has everything the connector's pre-filter left out looked at again, by the filter it has now; returns how many
    /// messages that are.
    pub async fn look_again(&self, org: OrganizationId, connector: ConnectorId) -> Result<u64> {
        self.look_again_noting(org, connector, None).await
    }

    async fn look_again_noting(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        entry: Option<&NewAudit>,
    ) -> Result<u64> {
        self.connector(org, connector).await?;
        // What was kept all the same is here already.
        let sql = "UPDATE deliveries SET state = 'discovered', attempts = 0, next_try_at = 0 \
                   WHERE connector_id = $1 AND state = 'filtered_out' AND message_id IS NULL";
        let messages = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let messages = tx.execute(sql, args![connector]).await?;
            note_in(&mut tx, self.now(), entry, connector, &[("messages", messages.into())]).await?;
            tx.commit().await.map(|()| messages)
        })?;
        self.tell(Event::ConnectorWake { connector });
        Ok(messages)
    }
}

impl Recorded<'_> {
    /// As [`Store::retry_delivery`].
    pub async fn retry_delivery(&self, org: OrganizationId, delivery: DeliveryId) -> Result<()> {
        self.store.retry_delivery_noting(org, delivery, self.entry()).await
    }

    /// As [`Store::look_again`].
    pub async fn look_again(&self, org: OrganizationId, connector: ConnectorId) -> Result<u64> {
        self.store.look_again_noting(org, connector, self.entry()).await
    }
}
