//! What must not be readable.

use crate::audit::run;
use crate::fixture::{Fixture, files_below, settings};
use mailcase_store::{ConnectorPatch, DatabaseConfig, MasterKey, Store, StoreError};
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
