//! The first set-up: once, with the link's token, and never again.

use super::world::{PASSWORD, Proof, World};
use axum::http::{Method, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

fn body(token: &str) -> Value {
    json!({
        "token": token, "organization": "Acme", "username": "ada", "display_name": "Ada", "password": PASSWORD
    })
}

#[tokio::test]
async fn the_link_makes_the_administrator_once() {
    let world = World::new().await;
    let token = world.store.create_setup().await.unwrap().unwrap().expose_secret().to_owned();
    let nobody = Proof::nobody();
    assert_eq!(world.get(&nobody, "/setup").await["needed"], true);
    let wrong = world.ask(&nobody, Method::POST, "/setup", Some(body("wrong"))).await.expect(403);
    assert_eq!(wrong["code"], "forbidden");
    let mut short = body(&token);
    short["password"] = json!("short");
    short["organization"] = json!(" ");
    let problem = world.ask(&nobody, Method::POST, "/setup", Some(short)).await.expect(422);
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["organization", "password"]);

    let answer = world.ask(&nobody, Method::POST, "/setup", Some(body(&token))).await;
    let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    let me = answer.expect(201);
    assert_eq!(me["user"]["role"], "administrator");
    assert_eq!(me["organization"]["name"], "Acme");
    let ada = Proof { cookie: Some(cookie), ..Proof::nobody() };
    assert_eq!(world.get(&ada, "/session").await["user"]["username"], "ada");

    assert_eq!(world.get(&nobody, "/setup").await["needed"], false);
    world.ask(&nobody, Method::POST, "/setup", Some(body(&token))).await.expect(403);
    let audit = world.get(&ada, "/audit").await.to_string();
    assert!(audit.contains("setup.completed") && !audit.contains(PASSWORD), "{audit}");
}
