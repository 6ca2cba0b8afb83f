//! Makes the organization's connectors follow the files that declare them.

use super::{DeclaredError, read};
use anyhow::Context as _;
use mailcase_engine::EngineHandle;
use mailcase_store::{DeclaredConnector, Store};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Pause after the first time that what was read could not be brought in; doubled with each further time.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
/// Longest pause: somebody who took a conflict away or brought the database back waits no longer.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A folder of files and what was read from them.
#[derive(Debug)]
pub(crate) struct Follower {
    folder: PathBuf,
    store: Store,
    engine: EngineHandle,
    /// Read and not brought in yet, as before there is an organization or while the database fails.
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    declared: Vec<DeclaredConnector>,
    /// The pause after the next failure.
    pause: Duration,
    next_try: Instant,
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
        let declared = read.into_iter().map(DeclaredConnector::from).collect();
        self.waiting = Some(Waiting { declared, pause: PAUSE_FIRST, next_try: Instant::now() });
        Ok(())
    }

    /// Whether it is time to bring in what was read.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.next_try <= now)
    }

    /// Brings in what was read, once there is an organization to bring it to. What could not be brought in waits
    /// for another try.
    pub(crate) async fn bring_in(&mut self) -> anyhow::Result<()> {
        let Some(waiting) = &self.waiting else { return Ok(()) };
        match self.sync(&waiting.declared).await {
            Ok(false) => Ok(()),
            Ok(true) => {
                self.waiting = None;
                Ok(())
            }
            Err(error) => {
                if let Some(waiting) = &mut self.waiting {
                    waiting.failed(Instant::now());
                }
                Err(error)
            }
        }
    }

    /// Whether it was brought in; not before there is an organization.
    async fn sync(&self, declared: &[DeclaredConnector]) -> anyhow::Result<bool> {
        const CONTEXT: &str = "the declared connectors could not be brought in";
        let organizations = self.store.list_organizations().await.context(CONTEXT)?;
        let Some(organization) = organizations.first() else { return Ok(false) };
        let report = self.store.sync_declared(organization.id, declared).await.context(CONTEXT)?;
        tracing::info!(
            folder = %self.folder.display(),
            count = declared.len(),
            created = report.created.len(),
            updated = report.updated.len(),
            deleted = report.deleted.len(),
            "declared connectors are in place"
        );
        Ok(true)
    }
}

impl Waiting {
    fn failed(&mut self, now: Instant) {
        self.next_try = now.checked_add(self.pause).unwrap_or(now);
        self.pause = self.pause.saturating_mul(2).min(PAUSE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Sources;
    use mailcase_core::connector::ConnectorSettings;
    use mailcase_engine::Engine;
    use mailcase_store::{BlobConfig, DatabaseConfig, MasterKey, StoreConfig};
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    #[tokio::test]
    async fn what_could_not_be_brought_in_is_brought_in_later() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        let store = Store::open(config).await.unwrap();
        let files = folder.path().join("connectors");
        std::fs::create_dir(&files).unwrap();
        let connector = json!({
            "api_name": "mail", "name": "Declared", "kind": "folder", "connection": {"path": folder.path()}
        });
        let file = json!({ "connectors": [connector] });
        std::fs::write(files.join("mail.yaml"), file.to_string()).unwrap();
        let engine = Engine::handle_only(store.clone(), Arc::new(Sources));
        let mut follower = Follower::new(files, store.clone(), engine);
        assert!(!follower.is_due(Instant::now()), "nothing was read");
        follower.read().unwrap();
        follower.bring_in().await.unwrap();
        assert!(follower.is_due(Instant::now()), "there is no organization yet");

        let organization = store.create_organization("Example").await.unwrap();
        let in_the_way: ConnectorSettings = serde_json::from_value(connector).unwrap();
        let in_the_way =
            store.create_connector(organization, &in_the_way, &BTreeMap::new(), false).await.unwrap();
        follower.bring_in().await.unwrap_err();
        assert!(!follower.is_due(Instant::now()), "not at once");
        assert!(follower.is_due(Instant::now() + PAUSE_FIRST));
        store.delete_connector(organization, in_the_way.id).await.unwrap();
        follower.bring_in().await.unwrap();
        assert!(store.connector_by_api_name(organization, "mail").await.unwrap().unwrap().active);
        assert!(!follower.is_due(Instant::now() + PAUSE_MAX), "it is done");
    }

    #[test]
    fn pauses_grow_and_stay_bearable() {
        let start = Instant::now();
        let mut waiting = Waiting { declared: Vec::new(), pause: PAUSE_FIRST, next_try: start };
        let pauses: Vec<u64> = (0..8)
            .map(|_| {
                waiting.failed(start);
                (waiting.next_try - start).as_secs()
            })
            .collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    }
}
