//! The keys mail is read with, opened once and shared by everything in the process that examines.
//!
//! What the database says counts: before keys are used, the number of the organization's keys is compared, at most once
//! a second. A key added on another replica is used from then on, and one that was deleted is wiped.

use crate::error::EngineError;
use mailcase_core::{ConnectorId, DecryptionKeyId, OrganizationId};
use mailcase_evidence::Keyring;
use mailcase_store::{Event, KeyMaterial, Store};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Keys are not compared with the database more often: one small query per second and organization while mail comes.
const FRESH: Duration = Duration::from_secs(1);

/// What some mail is read with.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    pub ring: Keyring,
    /// Of the organization's keys; told with the evidence made with them.
    pub(crate) generation: i64,
}

/// The keys of all organizations, as far as somebody asked for them. Cheap to clone.
#[derive(Clone)]
pub struct Keyrings {
    store: Store,
    /// Each behind a lock of its own: the mail of one organization does not wait for the keys of another.
    held: Arc<Mutex<HashMap<OrganizationId, Slot>>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

impl fmt::Debug for Keyrings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyrings").finish_non_exhaustive()
    }
}

/// The keys of one organization.
struct Held {
    generation: i64,
    compared: Instant,
    keys: Vec<HeldKey>,
    /// Put together for the connectors that have keys of their own, as they were asked for.
    rings: HashMap<Vec<ConnectorId>, Keyring>,
}

struct HeldKey {
    id: DecryptionKeyId,
    connector: Option<ConnectorId>,
    /// Of this key alone.
    ring: Keyring,
}

impl Keyrings {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, held: Arc::default() }
    }

    /// What mail of these connectors is read with: the keys for all of the organization's mail, and theirs.
    ///
    /// # Errors
    /// Those of the store: without an answer nobody knows whether a message needs a key that is not there.
    pub async fn of(&self, org: OrganizationId, connectors: &[ConnectorId]) -> Result<Keys, EngineError> {
        let slot = self.slot(org);
        let mut held = slot.lock().await;
        let fresh = held.as_ref().is_some_and(|held| held.compared.elapsed() < FRESH);
        if !fresh {
            self.compare(org, &mut held).await?;
        }
        Ok(held.as_mut().map(|held| held.keys_of(connectors)).unwrap_or_default())
    }

    /// Compares the keys of an organization with the database now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn refresh(&self, org: OrganizationId) -> Result<(), EngineError> {
        let slot = self.slot(org);
        let mut held = slot.lock().await;
        self.compare(org, &mut held).await
    }

    fn slot(&self, org: OrganizationId) -> Slot {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(held.entry(org).or_default())
    }

    /// Keys that are held already are not opened again.
    async fn compare(&self, org: OrganizationId, held: &mut Option<Held>) -> Result<(), EngineError> {
        let compared = Instant::now();
        if let Some(held) = held
            && self.store.key_generation(org).await? == held.generation
        {
            held.compared = compared;
            return Ok(());
        }
        let materials = self.store.key_materials(org).await?;
        let known = held.take().map(|held| held.keys).unwrap_or_default();
        let generation = materials.generation;
        let opening = tokio::task::spawn_blocking(move || opened(materials.keys, known));
        let keys = opening.await.map_err(|_| EngineError::Task)?;
        *held = Some(Held { generation, compared, keys, rings: HashMap::new() });
        Ok(())
    }

    /// Drops and fetches keys as they come and go, also those nobody uses at the moment; until cancelled.
    pub(crate) async fn watch(self, cancel: CancellationToken) {
        let mut events = self.store.events();
        loop {
            let event = tokio::select! {
                () = cancel.cancelled() => return,
                event = events.next() => event,
            };
            match event {
                Event::KeysChanged { org } => self.refresh_held(org).await,
                Event::Lagged => {
                    let all: Vec<OrganizationId> =
                        self.held.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
                    for org in all {
                        self.refresh_held(org).await;
                    }
                }
                _ => {}
            }
        }
    }

    async fn refresh_held(&self, org: OrganizationId) {
        let known = self.held.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&org);
        if known && let Err(error) = self.refresh(org).await {
            tracing::warn!(%error, "keys could not be looked up; they are before they are used");
            self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&org);
        }
    }
}

impl Held {
    fn keys_of(&mut self, connectors: &[ConnectorId]) -> Keys {
        let mut own: Vec<ConnectorId> = self.keys.iter().filter_map(|key| key.connector).collect();
        own.retain(|connector| connectors.contains(connector));
        own.sort();
        own.dedup();
        let generation = self.generation;
        if let Some(ring) = self.rings.get(&own) {
            return Keys { ring: ring.clone(), generation };
        }
        let mut ring = Keyring::default();
        for key in &self.keys {
            if key.connector.is_none_or(|connector| own.contains(&connector)) {
                ring.add_all(&key.ring);
            }
        }
        self.rings.insert(own, ring.clone());
        Keys { ring, generation }
    }
}

/// Opens what is not open yet. A key that cannot be read holds up neither the others nor the mail.
fn opened(materials: Vec<KeyMaterial>, mut known: Vec<HeldKey>) -> Vec<HeldKey> {
    let mut keys = Vec::with_capacity(materials.len());
    for KeyMaterial { id, connector, bytes } in materials {
        if let Some(at) = known.iter().position(|key| key.id == id) {
            keys.push(known.swap_remove(at));
            continue;
        }
        let mut ring = Keyring::default();
        let added = match &bytes {
            Ok(bytes) => ring.add_unlocked(bytes).map(drop).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match added {
            Ok(()) => keys.push(HeldKey { id, connector, ring }),
            Err(error) => tracing::error!(key = %id, error, "a decryption key cannot be used"),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailcase_evidence::UnlockedKey;
    use mailcase_store::{
        Actor, BlobConfig, DatabaseConfig, MasterKey, NewAudit, NewDecryptionKey, StoreConfig,
    };
    use std::collections::BTreeMap;
    use std::path::Path;

    fn entry(org: OrganizationId) -> NewAudit {
        let detail = serde_json::json!({});
        NewAudit { organization: Some(org), actor: Actor::System, action: "key", target: None, detail }
    }

    async fn add(
        store: &Store,
        org: OrganizationId,
        name: &str,
        connector: Option<ConnectorId>,
    ) -> DecryptionKeyId {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys");
        let key = UnlockedKey::open(&std::fs::read(folder.join(name)).unwrap(), "secret").unwrap();
        let new = NewDecryptionKey { connector, name: name.to_owned(), key };
        store.recorded(entry(org)).add_decryption_key(org, &new).await.unwrap().id
    }

    async fn subjects(rings: &Keyrings, org: OrganizationId, connectors: &[ConnectorId]) -> Vec<String> {
        let mut found: Vec<String> = rings
            .of(org, connectors)
            .await
            .unwrap()
            .ring
            .facts()
            .map(|key| key.addresses[0].clone())
            .collect();
        found.sort();
        found
    }

    /// Two processes on one database: nothing but the database passes between them.
    struct Two {
        _folder: tempfile::TempDir,
        here: Store,
        there: Keyrings,
        org: OrganizationId,
    }

    async fn two() -> Two {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            database: DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        };
        let here = Store::open(config.clone()).await.unwrap();
        let org = here.create_organization("Example").await.unwrap();
        let there = Keyrings::new(Store::open(config).await.unwrap());
        Two { _folder: folder, here, there, org }
    }

    #[tokio::test]
    async fn what_another_process_adds_is_used_and_what_it_deletes_is_wiped() {
        let Two { _folder, here, there, org } = two().await;
        assert!(subjects(&there, org, &[]).await.is_empty());
        let alice = add(&here, org, "alice.p12", None).await;
        there.refresh(org).await.unwrap();
        assert_eq!(subjects(&there, org, &[]).await, ["alice@soc.example"]);
        add(&here, org, "carol.asc", None).await;
        // Without being told, within the time that was promised.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while subjects(&there, org, &[]).await.len() < 2 {
            assert!(tokio::time::Instant::now() < deadline);
            tokio::task::yield_now().await;
        }
        let before = there.of(org, &[]).await.unwrap();
        here.recorded(entry(org)).delete_decryption_key(org, alice).await.unwrap();
        there.refresh(org).await.unwrap();
        assert_eq!(subjects(&there, org, &[]).await, ["carol@soc.example"]);
        assert!(before.generation < there.of(org, &[]).await.unwrap().generation);
        let held = there.slot(org);
        let held = held.lock().await;
        assert_eq!(held.as_ref().unwrap().keys.len(), 1, "nothing here holds the other any longer");
    }

    #[tokio::test]
    async fn a_key_of_a_connector_opens_its_mail_alone() {
        let Two { _folder, here, there, org } = two().await;
        let settings = |name: &str| {
            serde_json::from_value(serde_json::json!({"name": name, "api_name": name, "kind": "fake"}))
                .unwrap()
        };
        let none = BTreeMap::new();
        let mine = here.create_connector(org, &settings("mine"), &none, false).await.unwrap().id;
        let other = here.create_connector(org, &settings("other"), &none, false).await.unwrap().id;
        add(&here, org, "alice.p12", None).await;
        add(&here, org, "bob.p12", Some(mine)).await;
        add(&here, org, "old.p12", Some(other)).await;
        let stranger = here.create_organization("Stranger").await.unwrap();
        let (alice, bob, old) = ("alice@soc.example", "bob@soc.example", "desk@soc.example");
        assert_eq!(subjects(&there, org, &[]).await, [alice]);
        assert_eq!(subjects(&there, org, &[mine]).await, [alice, bob]);
        assert_eq!(subjects(&there, org, &[other]).await, [alice, old]);
        assert_eq!(subjects(&there, org, &[mine, other]).await, [alice, bob, old]);
        assert!(subjects(&there, stranger, &[mine]).await.is_empty());
    }

    #[test]
    fn one_that_cannot_be_read_holds_up_no_other() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys");
        let file = std::fs::read(folder.join("alice.p12")).unwrap();
        let bytes = UnlockedKey::open(&file, "secret").unwrap().bytes().to_vec();
        let material = |bytes: &[u8]| KeyMaterial {
            id: DecryptionKeyId::new(),
            connector: None,
            bytes: Ok(bytes.to_vec().into()),
        };
        let keys = opened(vec![material(b"damaged"), material(&bytes)], Vec::new());
        assert_eq!(keys.len(), 1);
        assert!(!keys[0].ring.is_empty());
    }
}
