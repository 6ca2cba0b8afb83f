//! What must not be readable.

use crate::audit::run;
use crate::fixture::{Fixture, KEY, TTL, files_below, settings};
use mailcase_core::OrganizationId;
use mailcase_store::{
    Actor, ConnectorPatch, DatabaseConfig, MasterKey, NewAudit, PageRequest, Store, StoreConfig, StoreError,
};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;

const PASSWORD: &str = "correct-horse-battery-staple";

pub(crate) async fn no_secret_is_readable_at_rest(fx: &Fixture) {
    let secrets = BTreeMap::from([
        ("password".to_owned(), SecretString::from(PASSWORD)),
        ("empty".to_owned(), SecretString::from("")),
    ]);
    let connector = fx.store.create_connector(fx.org, &settings("secret"), &secrets, true).await.unwrap();
    let opened = fx.store.connector_secrets(connector.id).await.unwrap();
    assert_eq!(opened["password"].expose_secret(), PASSWORD);
    assert_eq!(opened["empty"].expose_secret(), "");
    assert!(!format!("{opened:?}{connector:?}{:?}{:?}", fx.store, fx.config).contains(PASSWORD));
    match &fx.config.database {
        DatabaseConfig::Sqlite { .. } => {
            for path in files_below(fx.folder.path()) {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
                assert!(!found, "{} holds the password", path.display());
            }
        }
        DatabaseConfig::Postgres { url } => {
            let pool = sqlx::PgPool::connect(url.expose_secret()).await.unwrap();
            let sql = "SELECT ciphertext FROM connector_secrets";
            for row in sqlx::query_scalar::<_, Vec<u8>>(sql).fetch_all(&pool).await.unwrap() {
                assert!(!row.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
            }
            pool.close().await;
        }
    }
    // Moved to another row, a secret does not open.
    run(fx, "UPDATE connector_secrets SET name = 'x' WHERE name = 'empty'").await.unwrap();
    assert!(matches!(fx.store.connector_secrets(connector.id).await, Err(StoreError::Secret(_))));
    let removed = BTreeMap::from([("x".to_owned(), None)]);
    let patch = ConnectorPatch { secrets: removed, ..ConnectorPatch::default() };
    fx.store.update_connector(fx.org, connector.id, &patch).await.unwrap();
    assert_eq!(fx.store.connector_secret_names(fx.org, connector.id).await.unwrap(), ["password"]);
    fx.store.delete_connector(fx.org, connector.id).await.unwrap();
    assert!(fx.store.connector_secrets(connector.id).await.unwrap().is_empty());
}

pub(crate) async fn another_master_key_is_refused(fx: &Fixture) {
    let mut config = fx.config.clone();
    config.master_key = MasterKey::new([8; 32]);
    let error = Store::open(config).await.unwrap_err();
    assert!(matches!(error, StoreError::Secret(_)));
    assert!(error.to_string().contains("master key"), "{error}");
    let same = fx.another_process().await;
    let token = fx.store.token_key().subject_token(fx.org, 1);
    assert_eq!(same.token_key().find(fx.org, &token), Some(1), "keys are derived, not made up");
}

fn rotation(fx: &Fixture) -> NewAudit {
    let detail = serde_json::json!({});
    NewAudit {
        organization: Some(fx.org),
        actor: Actor::System,
        action: "master_key.rotated",
        target: None,
        detail,
    }
}

const NEW_KEY: [u8; 32] = [8; 32];

/// The stores different key files open: as before, in the middle of a rotation, after it.
struct Keyrings {
    old: StoreConfig,
    both: StoreConfig,
    new: StoreConfig,
}

impl Keyrings {
    fn new(fx: &Fixture) -> Self {
        let with = |master_key| StoreConfig { master_key, ..fx.config.clone() };
        Self {
            old: fx.config.clone(),
            both: with(MasterKey::new(NEW_KEY).with_previous(KEY)),
            new: with(MasterKey::new(NEW_KEY)),
        }
    }
}

pub(crate) async fn the_master_key_is_changed_and_nothing_is_lost(fx: &Fixture) {
    let keyrings = Keyrings::new(fx);
    let secrets = |name: &str| BTreeMap::from([(name.to_owned(), SecretString::from(PASSWORD))]);
    let mut connectors = Vec::new();
    for name in ["one", "two"] {
        let made = fx.store.create_connector(fx.org, &settings(name), &secrets(name), true).await.unwrap();
        connectors.push(made.id);
    }
    let token = fx.store.token_key().subject_token(fx.org, 7);
    let all_there = async |config: &StoreConfig| {
        let store = Store::open(config.clone()).await.unwrap();
        for (id, name) in connectors.iter().zip(["one", "two"]) {
            assert_eq!(store.connector_secrets(*id).await.unwrap()[name].expose_secret(), PASSWORD);
        }
        assert_eq!(store.token_key().find(fx.org, &token), Some(7));
        store
    };
    // The key file was written, and nothing else happened yet.
    let resealing = all_there(&keyrings.both).await;
    all_there(&keyrings.old).await;
    assert!(Store::open(keyrings.new.clone()).await.is_err());
    // Sealing anew fails in the middle: as before.
    let impossible = NewAudit { organization: Some(OrganizationId::new()), ..rotation(fx) };
    resealing.recorded(impossible).reseal().await.unwrap_err();
    all_there(&keyrings.old).await;
    // It worked, and the old key still stands in the file.
    assert_eq!(resealing.recorded(rotation(fx)).reseal().await.unwrap(), 2);
    all_there(&keyrings.both).await;
    assert!(Store::open(keyrings.old.clone()).await.is_err());
    // Once more, as after a crash; then the old key is gone.
    assert_eq!(resealing.recorded(rotation(fx)).reseal().await.unwrap(), 2);
    let after = all_there(&keyrings.new).await;
    assert_eq!(after.token_key().subject_token(fx.org, 7), token, "tokens are still made the same way");
    let trail = fx.store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items;
    assert_eq!(trail.len(), 2);
    assert_eq!(trail[0].detail["secrets"], 2);

    // A second change of the key.
    let third =
        StoreConfig { master_key: MasterKey::new([9; 32]).with_previous(NEW_KEY), ..keyrings.new.clone() };
    all_there(&third).await.recorded(rotation(fx)).reseal().await.unwrap();
    all_there(&StoreConfig { master_key: MasterKey::new([9; 32]), ..third }).await;
}

pub(crate) async fn a_process_with_the_old_key_seals_nothing_more(fx: &Fixture) {
    let keyrings = Keyrings::new(fx);
    let resealing = Store::open(keyrings.both.clone()).await.unwrap();
    let set = |secret: &str| ConnectorPatch {
        secrets: BTreeMap::from([("password".to_owned(), Some(SecretString::from(secret)))]),
        ..ConnectorPatch::default()
    };
    fx.store.update_connector(fx.org, fx.connector.id, &set("before")).await.unwrap();
    resealing.recorded(rotation(fx)).reseal().await.unwrap();
    let late = fx.store.update_connector(fx.org, fx.connector.id, &set("late")).await;
    assert!(matches!(late, Err(StoreError::Secret(_))), "{late:?}");
    let kept = resealing.connector_secrets(fx.connector.id).await.unwrap();
    assert_eq!(kept["password"].expose_secret(), "before");
    resealing.update_connector(fx.org, fx.connector.id, &set("after")).await.unwrap();
    // What needs no key goes on.
    fx.store.set_connector_active(fx.org, fx.connector.id, false).await.unwrap();
    let new = Store::open(keyrings.new.clone()).await.unwrap();
    assert_eq!(new.connector_secrets(fx.connector.id).await.unwrap()["password"].expose_secret(), "after");
}

pub(crate) async fn a_server_at_work_is_seen(fx: &Fixture) {
    assert!(!fx.store.server_at_work().await.unwrap(), "the fixture's lease is no server's");
    let made = fx.store.create_connector(fx.org, &settings("x"), &BTreeMap::new(), true).await.unwrap();
    let lease = fx.store.claim_connector(made.id, "server:a/1", TTL).await.unwrap();
    assert!(fx.store.server_at_work().await.unwrap());
    fx.store.release_lease(&lease).await.unwrap();
    assert!(!fx.store.server_at_work().await.unwrap());
    fx.store.claim_connector(made.id, "server:a/1", TTL).await.unwrap();
    fx.clock.advance(TTL);
    assert!(!fx.store.server_at_work().await.unwrap(), "it died");
}
