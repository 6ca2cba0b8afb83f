//! Signing in and out: cookies, throttling, expiry, revocation.

use super::world::{Answer, PASSWORD, Proof, World};
use axum::http::{Method, header};
use mailcase_core::permission::Role;
use serde_json::{Value, json};
use std::time::Duration;

async fn try_sign_in(world: &World, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password});
    world.ask(&Proof::nobody(), Method::POST, "/session", Some(body)).await
}

async fn world_with_ada() -> (World, Proof) {
    let world = World::new().await;
    let org = world.store.create_organization("acme").await.unwrap();
    let ada = world.member(org, "acme", Role::Administrator).await;
    (world, ada)
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let (world, _) = world_with_ada().await;
    let answer = try_sign_in(&world, "ACME-Administrator", PASSWORD).await;
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    for part in ["mailcase_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let me = answer.expect(200);
    assert_eq!(me["user"]["role"], "administrator");
    assert_eq!(me["organization"]["name"], "acme");
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_bound_to_the_host() {
    let world = World::with(|config| config.public_url = "https://cases.example.org".parse().unwrap()).await;
    let org = world.store.create_organization("acme").await.unwrap();
    let ada = world.member(org, "acme", Role::Analyst).await;
    let cookie = ada.cookie.clone().unwrap();
    assert!(cookie.starts_with("__Host-mailcase_session="), "{cookie}");
    let answer = world.ask(&ada, Method::GET, "/session", None).await;
    assert!(answer.header(header::STRICT_TRANSPORT_SECURITY).starts_with("max-age="));
    let set = try_sign_in(&world, "acme-analyst", PASSWORD).await.header(header::SET_COOKIE).to_owned();
    assert!(set.contains("Secure") && !set.contains("Domain"), "{set}");
    // The name without the prefix is no way in.
    let renamed = Proof { cookie: Some(cookie.replace("__Host-", "")), ..ada };
    world.ask(&renamed, Method::GET, "/session", None).await.expect(401);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let (world, ada) = world_with_ada().await;
    let strip = |mut problem: Value| {
        problem["request_id"] = Value::Null;
        problem
    };
    let wrong = strip(try_sign_in(&world, "acme-administrator", "wrong").await.expect(401));
    let unknown = strip(try_sign_in(&world, "nobody", PASSWORD).await.expect(401));
    assert_eq!(wrong, unknown);
    assert_eq!(wrong["code"], "sign_in_failed");
    let audit = world.get(&ada, "/audit").await.to_string();
    assert!(audit.contains("sign_in.refused") && audit.contains("sign_in.accepted"), "{audit}");
    assert!(!audit.contains("wrong"), "{audit}");
}

#[tokio::test]
async fn too_many_tries_have_to_wait_also_with_the_right_password() {
    let (world, _) = world_with_ada().await;
    let mut refused = None;
    for _ in 0..20 {
        let answer = try_sign_in(&world, "acme-administrator", "wrong").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the throttle never closed");
    let seconds: u64 = refused.header(header::RETRY_AFTER).parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(
        try_sign_in(&world, "acme-administrator", PASSWORD).await.expect(429)["code"],
        "too_many_tries"
    );
}

#[tokio::test]
async fn a_session_ends_unused_and_at_last_anyway() {
    let (world, ada) = world_with_ada().await;
    world.clock.advance(crate::sessions::SESSION_IDLES - Duration::from_secs(60));
    world.get(&ada, "/session").await;
    world.clock.advance(crate::sessions::SESSION_IDLES + Duration::from_secs(60));
    world.ask(&ada, Method::GET, "/session", None).await.expect(401);

    let ada = world.sign_in("acme-administrator").await;
    let step = Duration::from_secs(60 * 60);
    let mut lasted = Duration::ZERO;
    while world.ask(&ada, Method::GET, "/session", None).await.status == 200 {
        world.clock.advance(step);
        lasted += step;
        assert!(lasted <= crate::sessions::SESSION_LASTS + step, "{lasted:?}");
    }
    assert!(lasted >= crate::sessions::SESSION_LASTS - step, "{lasted:?}");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let (world, ada) = world_with_ada().await;
    let answer = world.ask(&ada, Method::DELETE, "/session", None).await;
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    answer.expect(204);
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
    world.ask(&ada, Method::GET, "/session", None).await.expect(401);
}

#[tokio::test]
async fn sessions_can_be_seen_and_ended_from_elsewhere() {
    let (world, ada) = world_with_ada().await;
    let elsewhere = world.sign_in("acme-administrator").await;
    let list = world.get(&ada, "/sessions").await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let other = items.iter().find(|one| one["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    world.ask(&ada, Method::DELETE, &format!("/sessions/{other}"), None).await.expect(204);
    world.ask(&elsewhere, Method::GET, "/session", None).await.expect(401);
    world.get(&ada, "/session").await;
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_a_colleague() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/sessions/{}", ours.ids.session);
    world.ask(&ours.analyst, Method::DELETE, &path, None).await.expect(404);
    let path = format!("/tokens/{}", ours.ids.token);
    world.ask(&ours.analyst, Method::DELETE, &path, None).await.expect(404);
    world.get(&ours.administrator, "/session").await;
}

#[tokio::test]
async fn disabling_a_user_ends_everything_they_have() {
    let (world, ours, _) = World::inhabited().await;
    let body = json!({"name": "t", "permissions": ["read_desk"], "expires_in_days": 1});
    let token = world.ask(&ours.analyst, Method::POST, "/tokens", Some(body)).await.expect(201);
    let bearer = Proof::bearer(token["token"].as_str().unwrap());
    world.get(&bearer, "/cases").await;
    let id = world.get(&ours.analyst, "/session").await["user"]["id"].as_str().unwrap().to_owned();
    let body = json!({"disabled": true});
    world.ask(&ours.administrator, Method::PATCH, &format!("/users/{id}"), Some(body)).await.expect(200);
    world.ask(&ours.analyst, Method::GET, "/session", None).await.expect(401);
    world.ask(&bearer, Method::GET, "/cases", None).await.expect(401);
    try_sign_in(&world, "ours-analyst", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn a_token_is_shown_once_ends_in_time_and_can_be_revoked() {
    let (world, ours, _) = World::inhabited().await;
    let make = |permissions: Value, days: u32| {
        let body = json!({"name": "t", "permissions": permissions, "expires_in_days": days});
        async { world.ask(&ours.reader, Method::POST, "/tokens", Some(body)).await }
    };
    // Nobody hands out what they do not have.
    let problem = make(json!(["manage_users"]), 1).await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "permissions");
    make(json!([]), 1).await.expect(422);
    make(json!(["read_desk"]), 0).await.expect(422);
    make(json!(["read_desk"]), 367).await.expect(422);

    let made = make(json!(["read_desk"]), 2).await.expect(201);
    let secret = made["token"].as_str().unwrap();
    assert!(secret.starts_with("mc_"), "{secret}");
    let list = world.get(&ours.reader, "/tokens").await.to_string();
    assert!(!list.contains(secret));
    let bearer = Proof::bearer(secret);
    assert_eq!(world.get(&bearer, "/session").await["csrf_token"], Value::Null);
    world.clock.advance(Duration::from_secs(2 * 86_400 + 3_600));
    world.ask(&bearer, Method::GET, "/session", None).await.expect(401);

    let reader = world.sign_in("ours-read_only").await;
    let body = json!({"name": "t", "permissions": ["read_desk"], "expires_in_days": 30});
    let made = world.ask(&reader, Method::POST, "/tokens", Some(body)).await.expect(201);
    let bearer = Proof::bearer(made["token"].as_str().unwrap());
    world.get(&bearer, "/session").await;
    let path = format!("/tokens/{}", made["details"]["id"].as_str().unwrap());
    world.ask(&reader, Method::DELETE, &path, None).await.expect(204);
    world.ask(&bearer, Method::GET, "/session", None).await.expect(401);
    let admin = world.sign_in("ours-administrator").await;
    let audit = world.get(&admin, "/audit").await.to_string();
    assert!(audit.contains("token.created") && audit.contains("token.revoked"), "{audit}");
    assert!(!audit.contains(secret));
}
