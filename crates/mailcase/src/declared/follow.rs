//! Makes the organization's connectors follow the files that declare them.

use super::{Declaration, DeclaredError, read};
use anyhow::Context as _;
use mailcase_engine::EngineHandle;
use mailcase_store::{DeclaredConnector, Store};
use std::path::PathBuf;

/// A folder of files and what was read from them.
#[derive(Debug)]
pub(crate) struct Follower {
    folder: PathBuf,
    store: Store,
    engine: EngineHandle,
    /// Read and not brought in yet, as before there is an organization.
    waiting: Option<Vec<Declaration>>,
}

impl Follower {
    pub(crate) const fn new(folder: PathBuf, store: Store, engine: EngineHandle) -> Self {
        Self { folder, store, engine, waiting: None }
    }

    /// Reads the files again. With a mistake in any of them all stays as it was.
    pub(crate) fn read(&mut self) -> Result<(), DeclaredError> {
        let environment = |name: &str| std::env::var(name).ok();
        let read =
            read(&self.folder, &environment, &|settings, secrets| self.engine.validate(settings, secrets))?;
        self.waiting = Some(read);
        Ok(())
    }

    /// Whether something was read and not brought in yet.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Brings in what was read, once there is an organization to bring it to.
    pub(crate) async fn bring_in(&mut self) -> anyhow::Result<()> {
        let Some(organization) = self.store.list_organizations().await?.into_iter().next() else {
            return Ok(());
        };
        let Some(declarations) = self.waiting.take() else { return Ok(()) };
        let declared: Vec<_> = declarations.into_iter().map(DeclaredConnector::from).collect();
        let report = self
            .store
            .sync_declared(organization.id, &declared)
            .await
            .context("the declared connectors could not be brought in")?;
        tracing::info!(
            folder = %self.folder.display(),
            count = declared.len(),
            created = report.created.len(),
            updated = report.updated.len(),
            deleted = report.deleted.len(),
            "declared connectors are in place"
        );
        Ok(())
    }
}
