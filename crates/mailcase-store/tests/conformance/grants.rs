//! Access people granted at a provider.

use crate::fixture::{Fixture, KEY, TTL, claim_one};
use mailcase_core::permission::Role;
use mailcase_core::{ConnectorId, SessionId, UserId};
use mailcase_store::{
    Actor, MasterKey, NewAudit, NewGrant, NewSession, NewUser, PageRequest, RefreshTurn, Store, StoreConfig,
    StoreError, TakenTurn,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn entry(fx: &Fixture, action: &'static str) -> NewAudit {
    let actor = Actor::User { id: UserId::new(), name: "Ada".to_owned() };
    NewAudit { organization: Some(fx.org), actor, action, target: None, detail: json!({}) }
}

async fn session(fx: &Fixture, username: &str) -> SessionId {
    let (username, display_name) = (username.to_owned(), "Ada".to_owned());
    let new = NewUser { username, display_name, role: Role::Administrator, password_hash: "h".to_owned() };
    let user = fx.store.create_user(fx.org, &new).await.unwrap().id;
    let new = NewSession { user, lasts: MINUTE * 600, ip: String::new(), user_agent: String::new() };
    fx.store.create_session(&new).await.unwrap().id
}

fn begun(connector: ConnectorId, session: SessionId, state: &str) -> NewGrant {
    NewGrant {
        connector,
        session,
        state: SecretString::from(state),
        verifier: SecretString::from(format!("verifier of {state}")),
        redirect_url: "https://cases.example.org/email-oauth".to_owned(),
    }
}

async fn turn(store: &Store, connector: ConnectorId) -> TakenTurn {
    store.take_refresh_turn(connector, MINUTE).await.unwrap()
}

async fn mine(store: &Store, connector: ConnectorId) -> RefreshTurn {
    match turn(store, connector).await {
        TakenTurn::Mine(turn) => turn,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_grant_is_brought_back_once_in_time_and_by_its_own_session(fx: &Fixture) {
    let store = &fx.store;
    let (ours, other) = (session(fx, "ada").await, session(fx, "mallory").await);
    let connector = fx.connector.id;
    store.begin_grant(&begun(connector, ours, "one")).await.unwrap();
    let state = SecretString::from("one");
    assert!(store.take_pending_grant(other, &state).await.unwrap().is_none(), "another session");
    assert!(store.take_pending_grant(ours, &SecretString::from("two")).await.unwrap().is_none());
    let pending = fx.another_process().await.take_pending_grant(ours, &state).await.unwrap().unwrap();
    assert_eq!(pending.connector, connector);
    assert_eq!(pending.verifier.expose_secret(), "verifier of one");
    assert_eq!(pending.redirect_url, "https://cases.example.org/email-oauth");
    assert!(store.take_pending_grant(ours, &state).await.unwrap().is_none(), "once");
    store.begin_grant(&begun(connector, ours, "late")).await.unwrap();
    fx.clock.advance(MINUTE * 15);
    assert!(store.take_pending_grant(ours, &SecretString::from("late")).await.unwrap().is_none());
}

pub(crate) async fn a_grant_is_kept_sealed_renewed_withdrawn_and_written_down(fx: &Fixture) {
    let store = &fx.store;
    let connector = fx.connector.id;
    let token = SecretString::from("first-refresh-token");
    assert_eq!(store.grant(fx.org, connector).await.unwrap(), None);
    assert!(matches!(turn(store, connector).await, TakenTurn::NothingGranted));
    let (other, ..) = fx.stranger().await;
    let refused = store.recorded(entry(fx, "x")).keep_grant(other, connector, None, &token).await;
    assert!(matches!(refused, Err(StoreError::NotFound { .. })));

    store
        .recorded(entry(fx, "connector.access_granted"))
        .keep_grant(fx.org, connector, Some("soc@example.org"), &token)
        .await
        .unwrap();
    let grant = store.grant(fx.org, connector).await.unwrap().unwrap();
    assert_eq!(grant.account.as_deref(), Some("soc@example.org"));
    assert_eq!(grant.granted_by.as_deref(), Some("Ada"));
    assert_eq!(grant.granted_at, fx.clock.now());
    assert_eq!(store.grant(other, connector).await.unwrap(), None);
    let fenced = store.renew_lease(&fx.lease, TTL).await;
    assert!(matches!(fenced, Err(StoreError::Fenced)), "the runner starts anew with it");

    // The provider gives another one in the middle of the work: the work goes on.
    let lease = claim_one(store, "second").await;
    let taken = mine(store, connector).await;
    assert_eq!(taken.token().expose_secret(), "first-refresh-token");
    let second = SecretString::from("second-refresh-token");
    store.end_refresh_turn(&taken, Some(&second)).await.unwrap();
    store.renew_lease(&lease, TTL).await.unwrap();
    // A new master key, and it is still there.
    let both = MasterKey::new([8; 32]).with_previous(KEY);
    let resealing = Store::open(StoreConfig { master_key: both, ..fx.config.clone() }).await.unwrap();
    assert_eq!(resealing.recorded(entry(fx, "master_key.rotated")).reseal().await.unwrap(), 1);
    let new = StoreConfig { master_key: MasterKey::new([8; 32]), ..fx.config.clone() };
    let store = Store::open_with_clock(new, fx.clock.clone()).await.unwrap();
    let taken = mine(&store, connector).await;
    assert_eq!(taken.token().expose_secret(), "second-refresh-token");

    store.recorded(entry(fx, "connector.access_withdrawn")).withdraw_grant(fx.org, connector).await.unwrap();
    assert!(matches!(turn(&store, connector).await, TakenTurn::NothingGranted));
    let late = store.end_refresh_turn(&taken, Some(&token)).await;
    assert!(matches!(late, Err(StoreError::NotFound { .. })), "withdrawn is withdrawn");
    let trail = store.list_audit(fx.org, &PageRequest::default()).await.unwrap().items;
    let actions: Vec<_> = trail.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["connector.access_withdrawn", "master_key.rotated", "connector.access_granted"]);
    assert_eq!(trail.last().unwrap().detail["account"], "soc@example.org");
    assert!(!format!("{trail:?}").contains("refresh-token"));

    // A connector that is deleted takes it along.
    store.recorded(entry(fx, "again")).keep_grant(fx.org, connector, None, &token).await.unwrap();
    store.delete_connector(fx.org, connector).await.unwrap();
    assert!(matches!(turn(&store, connector).await, TakenTurn::NothingGranted));
}

pub(crate) async fn a_refresh_token_is_used_by_one_at_a_time(fx: &Fixture) {
    let (store, connector) = (&fx.store, fx.connector.id);
    let grant = async |token: &str| {
        let token = SecretString::from(token);
        store.recorded(entry(fx, "granted")).keep_grant(fx.org, connector, None, &token).await.unwrap();
    };
    grant("one").await;
    let other_replica = fx.another_process().await;
    let first = mine(store, connector).await;
    assert!(matches!(turn(&other_replica, connector).await, TakenTurn::Others));
    // Nothing came of it: the token stays.
    store.end_refresh_turn(&first, None).await.unwrap();
    let second = mine(&other_replica, connector).await;
    assert_eq!(second.token().expose_secret(), "one");
    other_replica.end_refresh_turn(&second, Some(&SecretString::from("two"))).await.unwrap();

    // Whoever was ended in the middle of it holds nobody up for ever, and is too late afterwards.
    let lost = mine(store, connector).await;
    fx.clock.advance(MINUTE);
    let third = mine(&other_replica, connector).await;
    assert_eq!(third.token().expose_secret(), "two");
    let late = store.end_refresh_turn(&lost, Some(&SecretString::from("late"))).await;
    assert!(matches!(late, Err(StoreError::NotFound { .. })));
    assert!(matches!(turn(store, connector).await, TakenTurn::Others), "the turn is not ended by others");

    // What a person grants anew is not overwritten by a renewal of what was before.
    grant("anew").await;
    let late = other_replica.end_refresh_turn(&third, Some(&SecretString::from("of before"))).await;
    assert!(matches!(late, Err(StoreError::NotFound { .. })));
    assert_eq!(mine(store, connector).await.token().expose_secret(), "anew");
}
