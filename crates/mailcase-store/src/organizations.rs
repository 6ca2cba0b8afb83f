//! Organizations: the tenants.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::{Row, Tx, args, retrying};
use jiff::Timestamp;
use mailcase_core::OrganizationId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    pub created_at: Timestamp,
}

fn from_row(row: &Row) -> Result<Organization> {
    Ok(Organization { id: row.named("id")?, name: row.text("name")?, created_at: row.time("created_at")? })
}

impl Store {
    pub async fn create_organization(&self, name: &str) -> Result<OrganizationId> {
        retrying!(async {
            let mut tx = self.pool().begin().await?;
            let id = insert_in(&mut tx, self.now(), name).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(id)
        })
    }

    /// Every organization, oldest first.
    pub async fn list_organizations(&self) -> Result<Vec<Organization>> {
        let sql = "SELECT id, name, created_at FROM organizations ORDER BY id";
        self.pool().fetch_all(sql, vec![]).await?.iter().map(from_row).collect()
    }

    pub async fn organization(&self, id: OrganizationId) -> Result<Organization> {
        let sql = "SELECT id, name, created_at FROM organizations WHERE id = $1";
        let row = self.pool().fetch_optional(sql, args![id]).await?;
        from_row(&row.ok_or(StoreError::missing("organization"))?)
    }
}

pub(crate) async fn insert_in(tx: &mut Tx, now: i64, name: &str) -> Result<OrganizationId> {
    let id = OrganizationId::new();
    tx.execute("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)", args![id, name, now])
        .await?;
    Ok(id)
}
