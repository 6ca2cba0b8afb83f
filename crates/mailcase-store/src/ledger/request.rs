//! Gaps found by accounting, put on the list of what is to be fetched.

use crate::Store;
use crate::error::Result;
use crate::sql::{args, insert_rows, retrying};
use mailcase_core::{ConnectorId, DeliveryId, OrganizationId};

impl Store {
    /// Asks for messages the server holds and we do not: new lines of the ledger for those never listed, another try
    /// for those set aside or believed gone. What is stored stays as it is. Returns how many will be fetched.
    pub async fn request_deliveries(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
        folder: &str,
        remote_ids: &[String],
    ) -> Result<usize> {
        self.connector(org, connector).await?;
        let now = self.now();
        let asked = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let rows = remote_ids
                .iter()
                .map(|remote_id| {
                    args![DeliveryId::new(), org, connector, folder, remote_id, "discovered", now]
                })
                .collect();
            let asked = insert_rows(
                &mut tx,
                "INSERT INTO deliveries (id, organization_id, connector_id, folder, remote_id, state, discovered_at)",
                "ON CONFLICT (connector_id, folder, remote_id) DO UPDATE SET state = 'discovered', attempts = 0, \
                 next_try_at = 0, last_error = NULL WHERE deliveries.state IN ('needs_attention', 'gone')",
                rows,
            )
            .await?;
            tx.commit().await.map(|()| asked)
        })?;
        Ok(usize::try_from(asked).unwrap_or(usize::MAX))
    }
}
