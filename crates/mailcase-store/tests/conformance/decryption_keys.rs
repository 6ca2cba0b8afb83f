//! Keys that encrypted mail is read with.

use crate::audit::run;
use crate::fixture::{Fixture, KEY, files_below, settings};
use mailcase_core::{ConnectorId, DecryptionKeyId, UserId};
use mailcase_evidence::{KeyFacts, KeyKind};
use mailcase_store::{
    Actor, DatabaseConfig, DecryptionKey, MasterKey, NewAudit, NewDecryptionKey, PageRequest, Result, Store,
    StoreConfig, StoreError,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const FILE: &[u8] = b"\x30\x82 the file as it was uploaded, with \x00 and \xff in it";
const PASSWORD: &str = "a-password-nobody-reads-at-rest";

fn entry(fx: &Fixture, action: &'static str) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    NewAudit { organization: Some(fx.org), actor, action, target: None, detail: json!({}) }
}

fn key(fingerprint: &str, connector: Option<ConnectorId>) -> NewDecryptionKey {
    let facts = KeyFacts {
        kind: KeyKind::Openpgp,
        subject: "Alice <alice@example.org>".to_owned(),
        addresses: vec!["alice@example.org".to_owned()],
        fingerprint: fingerprint.to_owned(),
        bits: Some(2048),
        ..KeyFacts::default()
    };
    NewDecryptionKey {
        connector,
        name: format!("key {fingerprint}"),
        facts,
        file: Zeroizing::new(FILE.to_vec()),
        password: SecretString::from(PASSWORD),
    }
}

async fn add(fx: &Fixture, new: &NewDecryptionKey) -> Result<DecryptionKey> {
    fx.store.recorded(entry(fx, "key.added")).add_decryption_key(fx.org, new).await
}

async fn ids(store: &Store, fx: &Fixture, connector: Option<ConnectorId>) -> Vec<DecryptionKeyId> {
    let material = store.key_material(fx.org, connector).await.unwrap();
    for one in &material {
        assert_eq!(one.kind, KeyKind::Openpgp);
        assert_eq!(one.file.as_slice(), FILE);
        assert_eq!(one.password.expose_secret(), PASSWORD);
        assert!(!format!("{one:?}").contains(PASSWORD));
    }
    material.iter().map(|one| one.id).collect()
}

pub(crate) async fn keys_are_kept_for_their_mail_and_forgotten(fx: &Fixture) {
    let store = &fx.store;
    let mine = fx.connector.id;
    let other = store.create_connector(fx.org, &settings("other"), &BTreeMap::new(), true).await.unwrap().id;
    let all = add(fx, &key("aa", None)).await.unwrap();
    assert_eq!((all.name.as_str(), all.connector), ("key aa", None));
    assert_eq!(all.facts, key("aa", None).facts);
    assert_eq!((all.created_by.as_deref(), all.created_at), (Some("Ada"), fx.clock.now()));
    let one = add(fx, &key("bb", Some(mine))).await.unwrap();
    assert_eq!(store.decryption_keys(fx.org).await.unwrap(), [one.clone(), all.clone()]);
    assert_eq!(ids(store, fx, None).await, [all.id]);
    assert_eq!(ids(store, fx, Some(mine)).await, [all.id, one.id]);
    assert_eq!(ids(&fx.another_process().await, fx, Some(other)).await, [all.id]);

    // The same key once for the same mail.
    for again in [key("aa", None), key("bb", Some(mine))] {
        let refused = add(fx, &again).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    add(fx, &key("bb", Some(other))).await.unwrap();
    assert!(matches!(add(fx, &key("cc", Some(ConnectorId::new()))).await, Err(StoreError::NotFound { .. })));

    let (stranger, theirs, _) = fx.stranger().await;
    assert!(store.decryption_keys(stranger).await.unwrap().is_empty());
    assert!(store.key_material(stranger, Some(mine)).await.unwrap().is_empty());
    assert!(matches!(store.decryption_key(stranger, all.id).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(add(fx, &key("dd", Some(theirs.id))).await, Err(StoreError::NotFound { .. })));
    let deleting = store.recorded(entry(fx, "key.deleted")).delete_decryption_key(stranger, all.id).await;
    assert!(matches!(deleting, Err(StoreError::NotFound { .. })));

    // A connector goes, its mail and the key to it stay.
    store.delete_connector(fx.org, mine).await.unwrap();
    assert_eq!(ids(store, fx, Some(mine)).await, [all.id, one.id]);
    store.recorded(entry(fx, "key.deleted")).delete_decryption_key(fx.org, one.id).await.unwrap();
    let twice = store.recorded(entry(fx, "key.deleted")).delete_decryption_key(fx.org, one.id).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    assert_eq!(ids(store, fx, Some(mine)).await, [all.id]);

    let trail = store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items;
    let written: Vec<_> = trail.iter().map(|entry| (entry.action.as_str(), entry.target.clone())).collect();
    assert_eq!(written[0], ("key.deleted", Some(one.id.to_string())));
    assert_eq!(written.iter().filter(|(action, _)| *action == "key.added").count(), 3);
    assert_eq!(trail[0].detail, json!({ "name": "key bb", "fingerprint": "bb" }));
}

pub(crate) async fn keys_are_sealed_and_a_new_master_key_opens_them(fx: &Fixture) {
    let kept = add(fx, &key("aa", None)).await.unwrap();
    assert!(!format!("{kept:?}{:?}", key("aa", None)).contains(PASSWORD));
    let found = |bytes: &[u8]| {
        let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        holds(PASSWORD.as_bytes()) || holds(&FILE[2..30])
    };
    match &fx.config.database {
        DatabaseConfig::Sqlite { .. } => {
            for path in files_below(fx.folder.path()) {
                assert!(!found(&std::fs::read(&path).unwrap()), "{}", path.display());
            }
        }
        DatabaseConfig::Postgres { url } => {
            let pool = sqlx::PgPool::connect(url.expose_secret()).await.unwrap();
            let sql = "SELECT file || password FROM decryption_keys";
            for row in sqlx::query_scalar::<_, Vec<u8>>(sql).fetch_all(&pool).await.unwrap() {
                assert!(!found(&row));
            }
            pool.close().await;
        }
    }
    let both = MasterKey::new([8; 32]).with_previous(KEY);
    let resealing = Store::open(StoreConfig { master_key: both, ..fx.config.clone() }).await.unwrap();
    assert_eq!(resealing.recorded(entry(fx, "master_key.rotated")).reseal().await.unwrap(), 2);
    let late = add(fx, &key("bb", None)).await;
    assert!(matches!(late, Err(StoreError::Secret(_))), "the old key seals nothing more");
    let new = StoreConfig { master_key: MasterKey::new([8; 32]), ..fx.config.clone() };
    let store = Store::open_with_clock(new, fx.clock.clone()).await.unwrap();
    assert_eq!(ids(&store, fx, None).await, [kept.id]);

    // The file of one key does not open as its password.
    run(fx, "UPDATE decryption_keys SET file = password").await.unwrap();
    assert!(matches!(store.key_material(fx.org, None).await, Err(StoreError::Secret(_))));
}
