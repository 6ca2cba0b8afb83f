//! What an organization says of its own mail: read by many, changed by few, once per revision.

use super::world::World;
use axum::http::Method;
use serde_json::{Value, json};

fn change(revision: i64, domains: &[&str]) -> Value {
    json!({
        "revision": revision,
        "settings": {
            "domains": domains,
            "people": [{"name": " Jane  Doe", "addresses": ["JANE@private.example"]}],
            "authserv_ids": ["MX.ours.example", ""],
            "networks": ["192.0.2.0/24"],
            "dns": true,
            "resolvers": ["192.0.2.53"],
        }
    })
}

#[tokio::test]
async fn settings_are_tidied_kept_and_changed_once_per_revision() {
    let (world, ours, theirs) = World::inhabited().await;
    let path = "/origin-settings";
    let empty = world.get(&ours.reader, path).await;
    assert_eq!((&empty["revision"], &empty["settings"]["dns"]), (&json!(0), &json!(false)));
    let put = async |body: Value| world.ask(&ours.manager, Method::PUT, path, Some(body)).await;
    let kept = put(change(0, &["Ours.example ", "ours.example"])).await.expect(200);
    assert_eq!(kept["settings"]["domains"], json!(["ours.example"]));
    assert_eq!(
        kept["settings"]["people"],
        json!([{"name": "Jane Doe", "addresses": ["jane@private.example"]}])
    );
    assert_eq!(kept["settings"]["authserv_ids"], json!(["mx.ours.example", ""]));
    assert_eq!((&kept["revision"], &kept["updated_by"]), (&json!(1), &json!("integration_manager of ours")));
    assert_eq!(world.get(&ours.reader, path).await, kept);
    assert_eq!(put(change(0, &["other.example"])).await.expect(409)["code"], "conflict");
    let wrong = put(change(1, &["other.example", "no domain"])).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "settings.domains[1]");
    let wrong = put(change(1, &["other.example", "co.uk"])).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "settings.domains[1]", "nobody owns what is everybody's");
    assert_eq!(world.get(&ours.reader, path).await, kept);
    assert_eq!(world.get(&theirs.reader, path).await["revision"], 0, "nobody else's");
    let trail = world.get(&ours.administrator, "/audit").await;
    let entry = &trail["items"][0];
    assert_eq!(entry["action"], "origin_settings.changed");
    assert_eq!(entry["facts"]["settings"]["domains"], json!(["ours.example"]));
}
