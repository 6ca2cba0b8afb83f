//! Who may sign in.

use crate::fixture::Fixture;
use mailcase_core::permission::{Permission, Role};
use mailcase_store::{FirstUser, NewSession, NewToken, NewUser, SessionLimits, Store, StoreError, UserPatch};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const LIMITS: SessionLimits = SessionLimits { idle: HOUR };

fn new_user(username: &str, role: Role) -> NewUser {
    NewUser {
        username: username.to_owned(),
        display_name: username.to_uppercase(),
        role,
        password_hash: "$argon2id$…".to_owned(),
    }
}

pub(crate) async fn set_up_happens_once(fx: &Fixture) {
    assert!(!fx.store.setup_needed().await.unwrap(), "the fixture has an organization");
    assert!(fx.store.create_setup().await.unwrap().is_none());
    // A store nobody has set up.
    let fresh = Store::open_with_clock(fx.new_database().await, fx.clock.clone()).await.unwrap();
    let first = FirstUser {
        username: "Ada".to_owned(),
        display_name: "Ada".to_owned(),
        password_hash: "hash".to_owned(),
    };
    assert!(fresh.setup_needed().await.unwrap());
    let old = fresh.create_setup().await.unwrap().unwrap();
    let link = fresh.create_setup().await.unwrap().unwrap();
    for wrong in [old, SecretString::from(""), SecretString::from("x".repeat(10_000))] {
        let refused = fresh.complete_setup(&wrong, "Org", &first).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })));
    }
    let both =
        tokio::join!(fresh.complete_setup(&link, "One", &first), fresh.complete_setup(&link, "Two", &first));
    let outcomes = [both.0, both.1];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(fresh.list_organizations().await.unwrap().len(), 1);
    assert!(!fresh.setup_needed().await.unwrap());
    assert!(fresh.complete_setup(&link, "Three", &first).await.is_err());
    let ada = fresh.user_by_username("aDA").await.unwrap().unwrap();
    assert_eq!(ada.role, Role::Administrator);
    fresh.close().await;
}

pub(crate) async fn users_and_the_last_administrator(fx: &Fixture) {
    let (store, org) = (&fx.store, fx.org);
    let ada = store.create_user(org, &new_user("ada", Role::Administrator)).await.unwrap();
    for twin in ["ada", "ADA", " Ada ", "a\u{301}da".trim(), "ａｄａ"] {
        let taken = store.create_user(org, &new_user(twin, Role::Analyst)).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{twin}");
    }
    let bob = store.create_user(org, &new_user("bob", Role::Analyst)).await.unwrap();
    for patch in [
        UserPatch { role: Some(Role::Analyst), ..UserPatch::default() },
        UserPatch { disabled: Some(true), ..UserPatch::default() },
    ] {
        assert!(matches!(store.update_user(org, ada.id, &patch).await, Err(StoreError::Conflict { .. })));
    }
    let promoted = UserPatch { role: Some(Role::Administrator), ..UserPatch::default() };
    assert_eq!(store.update_user(org, bob.id, &promoted).await.unwrap().role, Role::Administrator);
    let disabled = UserPatch { disabled: Some(true), ..UserPatch::default() };
    assert!(store.update_user(org, ada.id, &disabled).await.unwrap().disabled);
    let people: Vec<_> =
        store.list_people(org).await.unwrap().into_iter().map(|person| person.display_name).collect();
    assert_eq!(people, ["BOB"]);
    assert_eq!(store.list_users(org).await.unwrap().len(), 2);
    assert!(!format!("{ada:?}").contains("argon2id"));
}

pub(crate) async fn sessions_end(fx: &Fixture) {
    let store = &fx.store;
    store.create_user(fx.org, &new_user("root", Role::Administrator)).await.unwrap();
    let user = store.create_user(fx.org, &new_user("ada", Role::Analyst)).await.unwrap();
    let new = NewSession {
        user: user.id,
        lasts: HOUR * 12,
        ip: "192.0.2.1".to_owned(),
        user_agent: "Mozilla".repeat(100),
    };
    let opened = store.create_session(&new).await.unwrap();
    let who = store.session_by_secret(&opened.secret, LIMITS).await.unwrap().unwrap();
    assert_eq!((who.user, who.organization, who.session), (user.id, fx.org, opened.id));
    assert_eq!(who.csrf_token, opened.csrf_token);
    assert!(store.session_by_secret(&SecretString::from("wrong"), LIMITS).await.unwrap().is_none());
    // Used every half hour it lives on, until its time is up.
    for _ in 0..23 {
        fx.clock.advance(HOUR / 2);
        assert!(store.session_by_secret(&opened.secret, LIMITS).await.unwrap().is_some());
    }
    fx.clock.advance(HOUR / 2);
    assert!(
        store.session_by_secret(&opened.secret, LIMITS).await.unwrap().is_none(),
        "twelve hours are over"
    );
    let idle = store.create_session(&new).await.unwrap();
    fx.clock.advance(HOUR + Duration::from_secs(1));
    assert!(store.session_by_secret(&idle.secret, LIMITS).await.unwrap().is_none(), "unused for an hour");
    let (one, two) = (store.create_session(&new).await.unwrap(), store.create_session(&new).await.unwrap());
    assert_eq!(store.list_sessions(user.id, LIMITS).await.unwrap().len(), 2);
    store.revoke_session(user.id, one.id).await.unwrap();
    assert!(store.session_by_secret(&one.secret, LIMITS).await.unwrap().is_none());
    assert!(store.revoke_session(user.id, one.id).await.is_err());
    let three = store.create_session(&new).await.unwrap();
    let name = UserPatch { display_name: Some("Ada".to_owned()), ..UserPatch::default() };
    store.update_user(fx.org, user.id, &name).await.unwrap();
    for left in [&two, &three] {
        assert!(
            store.session_by_secret(&left.secret, LIMITS).await.unwrap().is_some(),
            "a name ends nothing"
        );
    }
    for patch in [
        UserPatch { password_hash: Some("new".to_owned()), ..UserPatch::default() },
        UserPatch { role: Some(Role::ReadOnly), ..UserPatch::default() },
    ] {
        let opened = store.create_session(&new).await.unwrap();
        store.update_user(fx.org, user.id, &patch).await.unwrap();
        for ended in [&two, &three, &opened] {
            assert!(store.session_by_secret(&ended.secret, LIMITS).await.unwrap().is_none(), "{patch:?}");
        }
    }
}

pub(crate) async fn tokens_end_and_shrink_with_the_role(fx: &Fixture) {
    let store = &fx.store;
    store.create_user(fx.org, &new_user("root", Role::Administrator)).await.unwrap();
    let user = store.create_user(fx.org, &new_user("ada", Role::Analyst)).await.unwrap();
    let new = NewToken {
        name: "script".to_owned(),
        permissions: vec![Permission::ReadDesk, Permission::WriteDesk],
        expires_at: Some(fx.clock.now().checked_add(HOUR * 24).unwrap()),
    };
    let made = store.create_token(fx.org, user.id, &new).await.unwrap();
    let secret = made.secret.expose_secret();
    assert!(
        secret.starts_with("mc_") && secret.len() == 35 && secret.starts_with(&made.token.prefix),
        "{secret}"
    );
    let holder = store.token_by_secret(&made.secret).await.unwrap().unwrap();
    assert_eq!((holder.user, holder.permissions.len()), (user.id, 2));
    let demoted = UserPatch { role: Some(Role::ReadOnly), ..UserPatch::default() };
    store.update_user(fx.org, user.id, &demoted).await.unwrap();
    let holder = store.token_by_secret(&made.secret).await.unwrap().unwrap();
    assert_eq!(holder.permissions, [Permission::ReadDesk], "never more than the role");
    let listed = store.list_tokens(fx.org, user.id).await.unwrap();
    assert!(listed[0].last_used_at.is_some());
    fx.clock.advance(HOUR * 25);
    assert!(store.token_by_secret(&made.secret).await.unwrap().is_none(), "expired");
    let lasting = NewToken { expires_at: None, ..new };
    let made = store.create_token(fx.org, user.id, &lasting).await.unwrap();
    assert!(store.token_by_secret(&made.secret).await.unwrap().is_some());
    let disabled = UserPatch { disabled: Some(true), ..UserPatch::default() };
    store.update_user(fx.org, user.id, &disabled).await.unwrap();
    assert!(store.token_by_secret(&made.secret).await.unwrap().is_none(), "its user is disabled");
    let enabled = UserPatch { disabled: Some(false), ..UserPatch::default() };
    store.update_user(fx.org, user.id, &enabled).await.unwrap();
    store.revoke_token(fx.org, user.id, made.token.id).await.unwrap();
    assert!(store.token_by_secret(&made.secret).await.unwrap().is_none(), "revoked");
    assert!(store.revoke_token(fx.org, user.id, made.token.id).await.is_err());
    let made = store.create_token(fx.org, user.id, &lasting).await.unwrap();
    let reset = UserPatch { password_hash: Some("another".to_owned()), ..UserPatch::default() };
    store.update_user(fx.org, user.id, &reset).await.unwrap();
    assert!(store.token_by_secret(&made.secret).await.unwrap().is_none(), "ends with the password");
}
