//! "Grant access" over the API: begun and brought back by the same session, once.

use super::world::World;
use axum::http::Method;
use mailcase_mail::testkit::DEFAULT_MAILBOX;
use serde_json::{Value, json};

fn settings() -> Value {
    json!({"name": "Granted", "api_name": "granted", "kind": "fake", "connection": {"grant": true}})
}

fn state_of(begun: &Value) -> String {
    let url = begun["url"].as_str().unwrap();
    url.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn access_is_granted_tested_renewed_and_withdrawn() {
    let world = World::with(|config| config.public_url = "https://cases.example.org/".parse().unwrap()).await;
    let ours = world.tenant("ours", DEFAULT_MAILBOX).await;
    let ask = async |method, path: &str, body| world.ask(&ours.manager, method, path, body).await;
    let made = ask(Method::POST, "/connectors", Some(json!({"settings": settings()}))).await.expect(201);
    assert_eq!(made["grant"]["granted"], false, "{made}");
    let path = format!("/connectors/{}", made["id"].as_str().unwrap());
    let test = json!({"id": made["id"], "settings": settings()});
    let report = ask(Method::POST, "/connectors/test", Some(test.clone())).await.expect(200);
    assert_eq!(report["passed"], false);
    assert!(report["steps"][0]["detail"].as_str().unwrap().contains("nobody granted access"));

    let grant = format!("{path}/grant");
    let begun = ask(Method::POST, &grant, Some(json!({"switch_account": true}))).await.expect(200);
    assert_eq!(begun["redirect_url"], "https://cases.example.org/email-oauth");
    let url = begun["url"].as_str().unwrap();
    assert!(url.contains("to=https://cases.example.org/email-oauth&switch=true"), "{url}");
    let answer = json!({"state": state_of(&begun), "code": "good"});
    let granted = ask(Method::POST, "/grants", Some(answer.clone())).await.expect(200);
    assert_eq!(granted["id"], made["id"]);
    assert_eq!(granted["grant"]["account"], "soc@example.org");
    let report = ask(Method::POST, "/connectors/test", Some(test)).await.expect(200);
    assert_eq!(report["passed"], true, "{report}");
    // Once.
    ask(Method::POST, "/grants", Some(answer)).await.expect(409);
    // The draft of a connector that is not saved has no access.
    let draft = json!({"settings": settings()});
    let report = ask(Method::POST, "/connectors/test", Some(draft)).await.expect(200);
    assert_eq!(report["passed"], false);

    // Pointed elsewhere it is not used there, and once that is saved it is forgotten.
    let mut elsewhere = settings();
    elsewhere["connection"]["mailbox"] = json!("theirs");
    let test = json!({"id": made["id"], "settings": elsewhere});
    let report = ask(Method::POST, "/connectors/test", Some(test)).await.expect(200);
    assert!(report["steps"][0]["detail"].as_str().unwrap().contains("nobody granted access"), "{report}");
    let renamed = json!({"settings": {"name": "Renamed", "api_name": "granted", "kind": "fake",
        "connection": {"grant": true}}});
    let changed = ask(Method::PATCH, &path, Some(renamed)).await.expect(200);
    assert_eq!(changed["grant"]["granted"], true);
    let changed = ask(Method::PATCH, &path, Some(json!({"settings": elsewhere}))).await.expect(200);
    assert_eq!(changed["grant"]["granted"], false);

    ask(Method::DELETE, &grant, None).await.expect(204);
    assert_eq!(ask(Method::GET, &path, None).await.expect(200)["grant"]["granted"], false);
    let trail = world.get(&ours.administrator, "/audit").await;
    let actions: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"connector.access_granted"), "{actions:?}");
    assert!(actions.contains(&"connector.access_withdrawn"), "{actions:?}");
    assert!(!trail.to_string().contains("good"), "no code on the trail");
}

#[tokio::test]
async fn what_another_session_or_provider_says_grants_nothing() {
    let (world, ours, theirs) = World::inhabited().await;
    let body = json!({"settings": settings()});
    let made = world.ask(&ours.manager, Method::POST, "/connectors", Some(body)).await.expect(201);
    let path = format!("/connectors/{}", made["id"].as_str().unwrap());
    let grant = format!("{path}/grant");
    let begin = async || {
        let begun = world.ask(&ours.manager, Method::POST, &grant, Some(json!({}))).await.expect(200);
        state_of(&begun)
    };
    world.ask(&theirs.manager, Method::POST, &grant, Some(json!({}))).await.expect(404);
    let state = begin().await;
    for stranger in [&theirs.manager, &ours.administrator] {
        let answer = json!({"state": state, "code": "good"});
        world.ask(stranger, Method::POST, "/grants", Some(answer)).await.expect(409);
    }
    let wrong = json!({"state": state, "code": "wrong"});
    let problem = world.ask(&ours.manager, Method::POST, "/grants", Some(wrong)).await.expect(502);
    assert!(problem["detail"].as_str().unwrap().contains("the code is wrong"), "{problem}");
    let denied = json!({"state": begin().await, "error": "access_denied", "error_description": "no"});
    let problem = world.ask(&ours.manager, Method::POST, "/grants", Some(denied)).await.expect(502);
    assert!(problem["detail"].as_str().unwrap().contains("access_denied"), "{problem}");
    let neither = json!({"state": begin().await});
    world.ask(&ours.manager, Method::POST, "/grants", Some(neither)).await.expect(422);
    assert_eq!(world.get(&ours.manager, &path).await["grant"]["granted"], false);
    // A mailbox with a password needs nobody's grant.
    let other = format!("/connectors/{}", ours.ids.connector);
    assert_eq!(world.get(&ours.manager, &other).await["grant"], Value::Null);
}
