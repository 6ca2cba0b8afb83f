//! Keys that encrypted mail is read with.

use crate::audit::run;
use crate::fixture::{Fixture, KEY, files_below, settings};
use mailcase_core::{ConnectorId, DecryptionKeyId, UserId};
use mailcase_evidence::{Keyring, UnlockedKey};
use mailcase_store::{
    Actor, DatabaseConfig, DecryptionKey, MasterKey, NewAudit, NewDecryptionKey, PageRequest, Result, Store,
    StoreConfig, StoreError,
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

const ALICE: &str = "alice.p12";
const CAROL: &str = "carol.asc";

fn key(name: &str, connector: Option<ConnectorId>) -> NewDecryptionKey {
    NewDecryptionKey { connector, name: format!("key {name}"), key: unlocked(name) }
}

pub(crate) fn unlocked(name: &str) -> UnlockedKey {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys");
    UnlockedKey::open(&std::fs::read(folder.join(name)).unwrap(), "secret").unwrap()
}

fn entry(fx: &Fixture, action: &'static str) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    NewAudit { organization: Some(fx.org), actor, action, target: None, detail: json!({}) }
}

async fn add(fx: &Fixture, new: &NewDecryptionKey) -> Result<DecryptionKey> {
    fx.store.recorded(entry(fx, "key.added")).add_decryption_key(fx.org, new).await
}

/// The keys that come to light, and for whose mail.
async fn held(store: &Store, fx: &Fixture) -> Vec<(DecryptionKeyId, Option<ConnectorId>)> {
    let materials = store.key_materials(fx.org).await.unwrap();
    assert_eq!(materials.generation, store.key_generation(fx.org).await.unwrap());
    let kept = store.decryption_keys(fx.org).await.unwrap();
    for one in &materials.keys {
        let facts = Keyring::default().add_unlocked(one.bytes.as_ref().unwrap()).unwrap();
        assert_eq!(facts, kept.iter().find(|key| key.id == one.id).unwrap().facts);
        assert!(format!("{one:?}").len() < 100, "the secret is not shown");
    }
    materials.keys.iter().map(|one| (one.id, one.connector)).collect()
}

pub(crate) async fn keys_are_kept_for_their_mail_and_forgotten(fx: &Fixture) {
    let store = &fx.store;
    let mine = fx.connector.id;
    let other = store.create_connector(fx.org, &settings("other"), &BTreeMap::new(), true).await.unwrap().id;
    let all = add(fx, &key(ALICE, None)).await.unwrap();
    assert_eq!((all.name.as_str(), all.connector.clone()), ("key alice.p12", None));
    assert_eq!(all.facts, unlocked(ALICE).facts);
    assert_eq!((all.created_by.as_deref(), all.created_at), (Some("Ada"), fx.clock.now()));
    let one = add(fx, &key(CAROL, Some(mine))).await.unwrap();
    assert_eq!(one.connector.clone().unwrap().id, mine);
    assert_eq!(store.decryption_keys(fx.org).await.unwrap(), [one.clone(), all.clone()]);
    let both = [(all.id, None), (one.id, Some(mine))];
    assert_eq!(held(store, fx).await, both);
    assert_eq!(held(&fx.another_process().await, fx).await, both);

    // The same key once for the same mail.
    let generation = store.key_generation(fx.org).await.unwrap();
    for again in [key(ALICE, None), key(CAROL, Some(mine))] {
        let refused = add(fx, &again).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    let nobodys = add(fx, &key("bob.p12", Some(ConnectorId::new()))).await;
    assert!(matches!(nobodys, Err(StoreError::NotFound { .. })));
    assert_eq!(store.key_generation(fx.org).await.unwrap(), generation, "nothing came");
    add(fx, &key(CAROL, Some(other))).await.unwrap();
    assert!(store.key_generation(fx.org).await.unwrap() > generation);

    let (stranger, theirs, _) = fx.stranger().await;
    assert!(store.decryption_keys(stranger).await.unwrap().is_empty());
    assert!(store.key_materials(stranger).await.unwrap().keys.is_empty());
    assert!(matches!(store.decryption_key(stranger, all.id).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(add(fx, &key(ALICE, Some(theirs.id))).await, Err(StoreError::NotFound { .. })));
    let deleting = store.recorded(entry(fx, "key.deleted")).delete_decryption_key(stranger, all.id).await;
    assert!(matches!(deleting, Err(StoreError::NotFound { .. })));

    // A connector goes, its mail and the key to it stay.
    store.delete_connector(fx.org, mine).await.unwrap();
    assert!(held(store, fx).await.contains(&(one.id, Some(mine))));
    let generation = store.key_generation(fx.org).await.unwrap();
    store.recorded(entry(fx, "key.deleted")).delete_decryption_key(fx.org, one.id).await.unwrap();
    assert!(store.key_generation(fx.org).await.unwrap() > generation, "whoever holds it is told");
    let twice = store.recorded(entry(fx, "key.deleted")).delete_decryption_key(fx.org, one.id).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    assert!(held(store, fx).await.iter().all(|(id, _)| *id != one.id));

    let trail = store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items;
    let written: Vec<_> = trail.iter().map(|entry| (entry.action.as_str(), entry.target.clone())).collect();
    assert_eq!(written[0], ("key.deleted", Some(one.id.to_string())));
    assert_eq!(written.iter().filter(|(action, _)| *action == "key.added").count(), 3);
    assert_eq!(trail[0].detail, json!({ "name": "key carol.asc", "fingerprint": one.facts.fingerprint }));
}

pub(crate) async fn keys_are_sealed_and_a_new_master_key_opens_them(fx: &Fixture) {
    let kept = add(fx, &key(ALICE, None)).await.unwrap();
    let other = add(fx, &key(CAROL, None)).await.unwrap();
    let secret = unlocked(ALICE).bytes()[60..160].to_vec();
    let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    assert!(found(unlocked(ALICE).bytes()));
    match &fx.config.database {
        DatabaseConfig::Sqlite { .. } => {
            for path in files_below(fx.folder.path()) {
                assert!(!found(&std::fs::read(&path).unwrap()), "{}", path.display());
            }
        }
        DatabaseConfig::Postgres { url } => {
            let pool = sqlx::PgPool::connect(url.expose_secret()).await.unwrap();
            let rows = sqlx::query_scalar::<_, Vec<u8>>("SELECT file FROM decryption_keys").fetch_all(&pool);
            for row in rows.await.unwrap() {
                assert!(!found(&row));
            }
            pool.close().await;
        }
    }
    let both = MasterKey::new([8; 32]).with_previous(KEY);
    let resealing = Store::open(StoreConfig { master_key: both, ..fx.config.clone() }).await.unwrap();
    assert_eq!(resealing.recorded(entry(fx, "master_key.rotated")).reseal().await.unwrap(), 2);
    let late = add(fx, &key("bob.p12", None)).await;
    assert!(matches!(late, Err(StoreError::Secret(_))), "the old key seals nothing more");
    let new = StoreConfig { master_key: MasterKey::new([8; 32]), ..fx.config.clone() };
    let store = Store::open_with_clock(new, fx.clock.clone()).await.unwrap();
    assert_eq!(held(&store, fx).await, [(kept.id, None), (other.id, None)]);

    // The bytes of one key do not open as those of another, which is no harm to that one.
    let sql = "UPDATE decryption_keys SET file = (SELECT file FROM decryption_keys ORDER BY id LIMIT 1)";
    run(fx, sql).await.unwrap();
    let materials = store.key_materials(fx.org).await.unwrap().keys;
    assert_eq!(materials.iter().filter(|one| one.bytes.is_ok()).count(), 1);
    assert_eq!(materials.iter().filter(|one| matches!(one.bytes, Err(StoreError::Secret(_)))).count(), 1);
}
