//! The audit trail.

use crate::fixture::Fixture;
use mailcase_core::UserId;
use mailcase_store::{Actor, DatabaseConfig, NewAudit, PageRequest};
use secrecy::ExposeSecret;

pub(crate) async fn the_trail_is_append_only(fx: &Fixture) {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    for n in 0..5 {
        let entry = NewAudit {
            organization: Some(fx.org),
            actor: actor.clone(),
            action: "case.updated",
            target: Some(n.to_string()),
            detail: serde_json::json!({ "n": n }),
        };
        fx.store.append_audit(entry).await.unwrap();
    }
    let first = fx.store.list_audit(fx.org, &PageRequest { cursor: None, limit: 3 }).await.unwrap();
    let second = fx.store.list_audit(fx.org, &PageRequest { cursor: first.next, limit: 3 }).await.unwrap();
    let targets: Vec<_> =
        first.items.iter().chain(&second.items).map(|entry| entry.target.clone().unwrap()).collect();
    assert_eq!(targets, ["4", "3", "2", "1", "0"]);
    assert_eq!(second.next, None);
    assert_eq!(first.items[0].actor, actor);
    for sql in ["UPDATE audit SET action = 'x'", "DELETE FROM audit"] {
        let error = run(fx, sql).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    assert_eq!(fx.store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items.len(), 5);
}

/// As somebody with the database's password would.
pub(crate) async fn run(fx: &Fixture, sql: &'static str) -> Result<(), sqlx::Error> {
    match &fx.config.database {
        DatabaseConfig::Sqlite { path } => {
            let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await?;
            let result = sqlx::query(sql).execute(&pool).await;
            pool.close().await;
            result.map(|_| ())
        }
        DatabaseConfig::Postgres { url } => {
            let pool = sqlx::PgPool::connect(url.expose_secret()).await?;
            let result = sqlx::query(sql).execute(&pool).await;
            pool.close().await;
            result.map(|_| ())
        }
    }
}
