//! The audit trail.

use crate::fixture::{Fixture, settings};
use mailcase_core::case::{CaseStatus, Severity};
use mailcase_core::permission::{Permission, Role};
use mailcase_core::{CaseId, OrganizationId, SessionId, TokenId, UserId};
use mailcase_store::{
    Actor, CasePatch, ConnectorPatch, DatabaseConfig, FirstUser, NewAudit, NewCase, NewSession, NewToken,
    NewUser, PageRequest, Recorded, Result, Store, StoreError, UserPatch,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

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
pub(crate) async fn run(fx: &Fixture, sql: &'static str) -> std::result::Result<(), sqlx::Error> {
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

fn entry(organization: OrganizationId, action: &'static str) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    NewAudit { organization: Some(organization), actor, action, target: None, detail: json!({"kept": true}) }
}

/// An entry no database takes: its organization does not exist.
fn impossible() -> NewAudit {
    entry(OrganizationId::new(), "impossible")
}

fn new_user() -> NewUser {
    let (username, display_name) = ("bob".to_owned(), "Bob".to_owned());
    NewUser { username, display_name, role: Role::Administrator, password_hash: "h".to_owned() }
}

/// What a change is done to.
struct Things {
    org: OrganizationId,
    user: UserId,
    token: TokenId,
    session: SessionId,
    case: CaseId,
}

/// Makes every change that is written down, through `record`; returns what each is about.
async fn every_change<'a>(
    fx: &Fixture,
    things: &Things,
    record: impl Fn(&'static str) -> Recorded<'a>,
) -> Vec<(&'static str, Result<String>)> {
    let Things { org, user, token, session, case } = *things;
    let connector = fx.connector.id;
    let new_token = NewToken { name: "t".into(), permissions: vec![Permission::ReadDesk], expires_at: None };
    let lasts = Duration::from_secs(60);
    let new_session = NewSession { user, lasts, ip: String::new(), user_agent: String::new() };
    let new_case =
        NewCase { title: "New".into(), severity: Severity::Low, owner: None, tags: vec![], acl: None };
    let rename = UserPatch { display_name: Some("Robert".into()), ..UserPatch::default() };
    let resolve = CasePatch { status: Some(CaseStatus::Resolved), ..CasePatch::default() };
    let edit = ConnectorPatch { settings: Some(settings("edited")), ..ConnectorPatch::default() };
    let none = BTreeMap::new();
    let text = |id: &dyn ToString| id.to_string();
    vec![
        ("user.created", record("user.created").create_user(org, &new_user()).await.map(|u| text(&u.id))),
        ("user.updated", record("user.updated").update_user(org, user, &rename).await.map(|u| text(&u.id))),
        (
            "token.created",
            record("token.created")
                .create_token(org, user, &new_token)
                .await
                .map(|made| text(&made.token.id)),
        ),
        (
            "token.revoked",
            record("token.revoked").revoke_token(org, user, token).await.map(|()| text(&token)),
        ),
        (
            "sign_in.accepted",
            record("sign_in.accepted").create_session(&new_session).await.map(|_| text(&user)),
        ),
        (
            "session.revoked",
            record("session.revoked").revoke_session(user, session).await.map(|()| text(&session)),
        ),
        ("case.created", record("case.created").create_case(org, &new_case).await.map(|made| text(&made.id))),
        ("case.updated", record("case.updated").update_case(org, case, &resolve).await.map(|_| text(&case))),
        ("case.note_added", record("case.note_added").add_note(org, case, "n").await.map(|()| text(&case))),
        (
            "connector.created",
            record("connector.created")
                .create_connector(org, &settings("made"), &none, true)
                .await
                .map(|made| text(&made.id)),
        ),
        (
            "connector.deactivated",
            record("connector.deactivated")
                .set_connector_active(org, connector, false)
                .await
                .map(|_| text(&connector)),
        ),
        (
            "connector.updated",
            record("connector.updated")
                .update_connector(org, connector, &edit)
                .await
                .map(|_| text(&connector)),
        ),
        (
            "connector.deleted",
            record("connector.deleted").delete_connector(org, connector).await.map(|()| text(&connector)),
        ),
    ]
}

/// Everything the changes touch, as it stands in the database.
async fn everything(store: &Store, things: &Things) -> String {
    let Things { org, user, case, .. } = *things;
    let limits = mailcase_store::SessionLimits { idle: Duration::from_secs(3600) };
    let users = store.list_users(org).await.unwrap();
    let names: Vec<_> = users.iter().map(|user| (&user.username, &user.display_name)).collect();
    let mut text = format!("{names:?}");
    text += &format!("{:?}", store.list_tokens(org, user).await.unwrap());
    text += &format!("{:?}", store.list_sessions(user, limits).await.unwrap());
    text += &format!("{:?}", store.list_connectors(org).await.unwrap());
    text += &format!("{:?}", store.case(org, case).await.unwrap());
    text += &format!("{:?}", store.case_timeline(org, case, &PageRequest::default()).await.unwrap());
    text += &format!("{:?}", store.case_by_number(org, 2).await.is_ok());
    text
}

pub(crate) async fn a_change_and_its_entry_are_one(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let ada = NewUser { username: "ada".into(), ..new_user() };
    let user = store.create_user(org, &ada).await.unwrap().id;
    let token = NewToken { name: "t".into(), permissions: vec![Permission::ReadDesk], expires_at: None };
    let token = store.create_token(org, user, &token).await.unwrap().token.id;
    let lasts = Duration::from_secs(60);
    let session = NewSession { user, lasts, ip: String::new(), user_agent: String::new() };
    let session = store.create_session(&session).await.unwrap().id;
    let case = NewCase { title: "Old".into(), severity: Severity::Low, owner: None, tags: vec![], acl: None };
    let case = store.create_case(org, &case, &Actor::System).await.unwrap().id;
    let things = Things { org, user, token, session, case };

    let before = everything(store, &things).await;
    for (change, result) in every_change(fx, &things, |_| store.recorded(impossible())).await {
        assert!(matches!(result, Err(StoreError::Database(_))), "{change}: {result:?}");
    }
    assert_eq!(everything(store, &things).await, before, "without its entry a change does not happen");

    let made = every_change(fx, &things, |action| store.recorded(entry(org, action))).await;
    let trail = store.list_audit(org, &PageRequest::default()).await.unwrap().items;
    assert_eq!(trail.len(), made.len());
    for ((action, target), entry) in made.into_iter().zip(trail.into_iter().rev()) {
        assert_eq!((entry.action.as_str(), entry.target.unwrap()), (action, target.unwrap()));
        assert_eq!(entry.detail["kept"], true);
        match action {
            "case.created" => assert_eq!(entry.detail["number"], 2),
            "sign_in.accepted" => assert!(entry.detail["session"].is_string()),
            _ => {}
        }
    }
    // What is refused leaves no entry.
    assert!(store.recorded(entry(org, "x")).create_user(org, &ada).await.is_err());
    assert!(store.recorded(entry(org, "x")).delete_connector(org, fx.connector.id).await.is_err());
    assert!(
        store.list_audit(org, &PageRequest::default()).await.unwrap().items.iter().all(|e| e.action != "x")
    );
    set_up_is_written_down(fx).await;
}

async fn set_up_is_written_down(fx: &Fixture) {
    let fresh = Store::open_with_clock(fx.new_database().await, fx.clock.clone()).await.unwrap();
    let link = fresh.create_setup().await.unwrap().unwrap();
    let first = FirstUser { username: "eve".into(), display_name: "Eve".into(), password_hash: "h".into() };
    let nobody = NewAudit {
        organization: None,
        actor: Actor::System,
        action: "setup.completed",
        target: None,
        detail: Value::Object(serde_json::Map::new()),
    };
    let (org, eve) = fresh.recorded(nobody).complete_setup(&link, "New", &first).await.unwrap();
    let trail = fresh.list_audit(org, &PageRequest::default()).await.unwrap().items;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].actor, Actor::User { id: eve.id, name: "Eve".to_owned() });
    assert_eq!(trail[0].target, Some(eve.id.to_string()));
    fresh.close().await;
}
