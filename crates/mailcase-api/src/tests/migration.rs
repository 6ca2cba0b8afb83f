//! A migration over the API: shadowed, compared, switched, undone, given up.

use super::world::World;
use axum::http::Method;
use mailcase_mail::testkit::DEFAULT_MAILBOX;
use serde_json::{Value, json};

fn settings(api_name: &str) -> Value {
    json!({"name": "Moving", "api_name": api_name, "kind": "fake", "folders": ["INBOX"]})
}

fn twin() -> Value {
    json!({"kind": "twin", "connection": {}, "folders": ["INBOX"], "secrets": {"password": "hunter2 of the twin"}})
}

#[tokio::test]
async fn a_connector_is_migrated_and_the_migration_undone() {
    let world = World::with(|_| {}).await;
    let ours = world.tenant("ours", DEFAULT_MAILBOX).await;
    let ask = async |method, path: &str, body| world.ask(&ours.manager, method, path, body).await;
    let kinds = world.get(&ours.manager, "/connector-kinds").await;
    assert_eq!(kinds["items"][0]["successors"], json!(["twin"]));
    let body = json!({"settings": settings("moving"), "secrets": {"password": "hunter2"}});
    let made = ask(Method::POST, "/connectors", Some(body)).await.expect(201);
    assert_eq!((&made["migration"], &made["notice"]), (&Value::Null, &Value::Null));
    let connector = format!("/connectors/{}", made["id"].as_str().unwrap());
    let (migration, switch) = (format!("{connector}/migration"), format!("{connector}/migration/switch"));
    assert_eq!(world.get(&ours.manager, &migration).await["migration"], Value::Null);
    ask(Method::POST, &switch, None).await.expect(404);

    let started = ask(Method::POST, &migration, Some(twin())).await.expect(200);
    assert_eq!(started["migration"]["state"], "shadow", "{started}");
    assert!(!started.to_string().contains("hunter2"), "secrets go in and never out");
    ask(Method::POST, &switch, None).await.expect(409);
    let comparison = ask(Method::POST, &format!("{migration}/comparison"), None).await.expect(200);
    assert_eq!((&comparison["agrees"], &comparison["folders"][0]["here"]), (&json!(true), &json!("INBOX")));
    let shown = world.get(&ours.analyst, &migration).await;
    assert_eq!(shown["migration"]["comparison"]["agrees"], true);
    assert_eq!(shown["migration"]["agreements"], 1);

    ask(Method::POST, &switch, None).await.expect(200);
    let now = world.get(&ours.manager, &connector).await;
    assert_eq!((&now["settings"]["kind"], &now["migration"]), (&json!("twin"), &json!("switched")));
    let mut back = twin();
    back["kind"] = json!("fake");
    ask(Method::POST, &migration, Some(back)).await.expect(409);
    ask(Method::POST, &switch, None).await.expect(200);
    let now = world.get(&ours.manager, &connector).await;
    assert_eq!((&now["settings"], &now["migration"]), (&made["settings"], &json!("shadow")));
    ask(Method::DELETE, &migration, None).await.expect(204);
    ask(Method::DELETE, &migration, None).await.expect(404);

    let trail = world.get(&ours.administrator, "/audit").await;
    let actions: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    for action in ["migration_started", "source_switched", "source_switch_undone", "migration_ended"] {
        assert!(actions.contains(&format!("connector.{action}").as_str()), "{action}: {actions:?}");
    }
    assert!(!trail.to_string().contains("hunter2"));
}

#[tokio::test]
async fn what_cannot_go_on_is_refused_with_the_reason() {
    let (world, ours, theirs) = World::inhabited().await;
    let body = json!({"settings": settings("staying")});
    let made = world.ask(&ours.manager, Method::POST, "/connectors", Some(body)).await.expect(201);
    let migration = format!("/connectors/{}/migration", made["id"].as_str().unwrap());
    let start = async |body| world.ask(&ours.manager, Method::POST, &migration, Some(body)).await;
    for (change, field) in [
        (json!({"kind": "imap"}), "kind"),
        (json!({"kind": "fake"}), "kind"),
        (json!({"folders": ["INBOX", "Reports"]}), "folders"),
        (json!({"connection": {"unknown": 1}}), "connection"),
        (json!({"connection": {"grant": true}}), "connection.oauth"),
    ] {
        let mut body = twin();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = start(body).await.expect(422);
        assert!(refused["errors"][0]["field"].as_str().unwrap().starts_with(field), "{refused}");
    }
    // Others neither see nor change it, and analysts look only.
    world.ask(&theirs.manager, Method::GET, &migration, None).await.expect(404);
    world.ask(&theirs.manager, Method::POST, &migration, Some(twin())).await.expect(404);
    world.ask(&ours.analyst, Method::POST, &migration, Some(twin())).await.expect(403);
}
