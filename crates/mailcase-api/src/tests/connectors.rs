//! Connectors over the API: made, tried, changed, switched, accounted for, deleted.

use super::world::{DEADLINE, Tenant, World, letter};
use axum::http::Method;
use mailcase_core::{ConnectorId, DeliveryId};
use mailcase_store::{DeclaredConnector, FetchFailure, NewDelivery};
use serde_json::{Value, json};

fn settings(api_name: &str) -> Value {
    json!({"name": "Phishing", "api_name": api_name, "kind": "fake"})
}

fn fields(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_mistake_is_named_and_nothing_is_made() {
    let (world, ours, _) = World::inhabited().await;
    let mut wrong = settings("Not A Name");
    wrong["poll_seconds"] = json!(1);
    wrong["connection"] = json!({"mailbocks": "x"});
    let body = json!({"settings": wrong, "secrets": {"pin": "1234"}});
    let problem = world.ask(&ours.manager, Method::POST, "/connectors", Some(body)).await.expect(422);
    assert_eq!(fields(&problem), ["api_name", "poll_seconds", "connection", "secrets.pin"]);
    assert_eq!(world.get(&ours.manager, "/connectors").await["items"].as_array().unwrap().len(), 1);
    let taken = json!({"settings": settings("ours")});
    world.ask(&ours.manager, Method::POST, "/connectors", Some(taken)).await.expect(409);
}

#[tokio::test]
async fn secrets_go_in_and_never_out() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}", ours.ids.connector);
    let connector = world.get(&ours.manager, &path).await;
    assert_eq!(connector["secret_names"], json!(["password"]));
    let everything = format!(
        "{connector}{}{}{}",
        world.get(&ours.manager, "/connectors").await,
        world.get(&ours.administrator, "/audit").await,
        world.get(&ours.manager, &format!("{path}/log")).await
    );
    assert!(!everything.contains("s3cret"), "{everything}");
    let body = json!({"secrets": {"password": null}});
    let changed = world.ask(&ours.manager, Method::PATCH, &path, Some(body)).await.expect(200);
    assert_eq!(changed["secret_names"], json!([]));
}

#[tokio::test]
async fn a_connector_says_how_far_each_folder_was_listed() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}", ours.ids.connector);
    let before = world.get(&ours.reader, &path).await["folders"].clone();
    assert_eq!(before.as_array().unwrap().len(), 1, "{before}");
    assert_eq!(before[0]["folder"], "INBOX");
    world.mailbox.deliver("INBOX", letter("another"));
    world.take_mail(ours.id, &ours.ids.connector, 2).await;
    let after = world.get(&ours.reader, &path).await["folders"].clone();
    assert_ne!(before[0]["cursor"], after[0]["cursor"]);
    let list = world.get(&ours.reader, "/connectors").await;
    assert_eq!(list["items"][0]["folders"], after);
    let fresh = json!({"settings": settings("fresh")});
    let fresh = world.ask(&ours.manager, Method::POST, "/connectors", Some(fresh)).await.expect(201);
    assert_eq!(fresh["folders"], json!([]));
}

#[tokio::test]
async fn stored_secrets_are_not_sent_elsewhere() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}", ours.ids.connector);
    let mut elsewhere = world.get(&ours.manager, &path).await["settings"].clone();
    elsewhere["connection"]["mailbox"] = json!("theirs");
    let change = json!({"settings": elsewhere});
    let problem = world.ask(&ours.manager, Method::PATCH, &path, Some(change)).await.expect(422);
    assert_eq!(fields(&problem), ["secrets.password"]);
    let attempt = json!({"id": ours.ids.connector, "settings": elsewhere});
    let problem = world.ask(&ours.manager, Method::POST, "/connectors/test", Some(attempt)).await.expect(422);
    assert_eq!(fields(&problem), ["secrets.password"]);
    let again = json!({"settings": elsewhere, "secrets": {"password": "again"}});
    world.ask(&ours.manager, Method::PATCH, &path, Some(again)).await.expect(200);
}

#[tokio::test]
async fn a_connection_is_tried_before_it_is_saved() {
    let (world, ours, _) = World::inhabited().await;
    let body = json!({"settings": settings("draft")});
    let report =
        world.ask(&ours.manager, Method::POST, "/connectors/test", Some(body.clone())).await.expect(200);
    assert_eq!(report["passed"], true, "{report}");
    let folders = world.ask(&ours.manager, Method::POST, "/connectors/folders", Some(body)).await.expect(200);
    assert_eq!(folders["folders"][0]["path"], "INBOX");
    let mut unknown = settings("draft");
    unknown["connection"] = json!({"mailbox": "missing"});
    let body = json!({"settings": unknown});
    let problem = world.ask(&ours.manager, Method::POST, "/connectors/folders", Some(body)).await.expect(422);
    assert!(problem["detail"].as_str().unwrap().contains("missing"), "{problem}");
}

#[tokio::test]
async fn it_is_switched_on_and_off_and_polled_only_when_on() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}", ours.ids.connector);
    let post = |what: &str| {
        let path = format!("{path}/{what}");
        let (world, proof) = (&world, &ours.manager);
        async move { world.ask(proof, Method::POST, &path, None).await }
    };
    assert_eq!(world.get(&ours.reader, &path).await["status"]["state"], "paused");
    post("poll").await.expect(409);
    let active = post("activate").await.expect(200);
    assert_eq!((&active["active"], &active["status"]["state"]), (&json!(true), &json!("idle")));
    post("poll").await.expect(202);
    assert_eq!(post("deactivate").await.expect(200)["active"], false);
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_other() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}", ours.ids.connector);
    let seen = world.get(&ours.manager, &path).await["revision"].as_i64().unwrap();
    let change = json!({"active": true, "revision": seen});
    world.ask(&ours.manager, Method::PATCH, &path, Some(change.clone())).await.expect(200);
    let problem = world.ask(&ours.administrator, Method::PATCH, &path, Some(change)).await.expect(409);
    assert_eq!(problem["code"], "conflict");
}

#[tokio::test]
async fn a_declared_connector_is_read_only_but_for_the_switch() {
    let (world, ours, _) = World::inhabited().await;
    let declared = DeclaredConnector {
        path: "connectors/phishing.yaml".into(),
        settings: serde_json::from_value(settings("declared")).unwrap(),
        active: false,
        secrets: std::collections::BTreeMap::new(),
    };
    let report = world.store.sync_declared(ours.id, &[declared]).await.unwrap();
    let path = format!("/connectors/{}", report.created[0]);
    let connector = world.get(&ours.manager, &path).await;
    assert_eq!(connector["origin"], json!({"from": "file", "path": "connectors/phishing.yaml"}));
    let change = json!({"settings": settings("renamed")});
    let problem = world.ask(&ours.manager, Method::PATCH, &path, Some(change)).await.expect(409);
    assert_eq!(problem["code"], "read_only");
    assert_eq!(world.ask(&ours.manager, Method::DELETE, &path, None).await.expect(409)["code"], "read_only");
    world.ask(&ours.manager, Method::POST, &format!("{path}/activate"), None).await.expect(200);
}

#[tokio::test]
async fn accounting_finds_the_gap_and_fetches_it() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}/accounting", ours.ids.connector);
    assert_eq!(world.get(&ours.reader, &path).await["accounting"], Value::Null);
    let balanced = world.ask(&ours.manager, Method::POST, &path, None).await.expect(200);
    assert_eq!((&balanced["balanced"], &balanced["summary"]), (&json!(true), &json!("1 = 1")));

    world.mailbox.deliver("INBOX", letter("missed"));
    let arrived = world.ask(&ours.manager, Method::POST, &path, None).await.expect(200);
    assert_eq!(arrived["balanced"], true, "the next poll lists it");
    assert_eq!(arrived["folders"][0]["not_yet_listed"], 1);

    lose_sight_of_the_newest(&world, &ours).await;
    let short = world.ask(&ours.manager, Method::POST, &path, None).await.expect(200);
    assert_eq!(short["balanced"], false);
    assert_eq!(short["folders"][0]["gaps"][0]["reason"], "believed_gone");
    assert_eq!(world.get(&ours.reader, &path).await["accounting"], short);
    assert_eq!(world.get(&ours.reader, "/alarms").await["items"][0]["kind"], "accounting");

    let fetch = format!("{path}/fetch");
    assert_eq!(world.ask(&ours.manager, Method::POST, &fetch, None).await.expect(202)["queued"], 1);
    world.take_mail(ours.id, &ours.ids.connector, 2).await;
    let balanced = world.ask(&ours.manager, Method::POST, &path, None).await.expect(200);
    assert_eq!(balanced["summary"], "2 = 2");
}

/// Makes our connector believe that mail another one finds in the mailbox was gone when it was to be fetched.
async fn lose_sight_of_the_newest(world: &World, ours: &Tenant) {
    let mut other = settings("other");
    other["disposition"] = json!({"action": "keep"});
    let other = json!({ "settings": other });
    let other = world.ask(&ours.manager, Method::POST, "/connectors", Some(other)).await.expect(201);
    let other = other["id"].as_str().unwrap();
    world.take_mail(ours.id, other, 1).await;
    let id = |text: &str| ConnectorId::from_uuid(text.parse().unwrap());
    let newest = world.store.known_remote(id(other), "INBOX", None, 1).await.unwrap().remove(0);
    let ours_id = id(&ours.ids.connector);
    let cursor = world.store.folder_cursor(ours_id, "INBOX").await.unwrap().unwrap();
    give_up(world, ours, &newest.remote_id, &cursor).await;
}

/// Lists a message at our connector, and gives it up for gone; returns its delivery.
async fn give_up(world: &World, ours: &Tenant, remote_id: &str, cursor: &str) -> DeliveryId {
    let id = ConnectorId::from_uuid(ours.ids.connector.parse().unwrap());
    let lease = world.store.claim_connector(id, "test", DEADLINE).await.unwrap();
    let listed =
        NewDelivery { remote_id: remote_id.to_owned(), size: None, received: None, filtered_out: false };
    world.store.record_discovery(&lease, ours.id, "INBOX", &[listed], cursor, None).await.unwrap();
    let delivery = world.store.due_deliveries(&lease, "INBOX", 1).await.unwrap()[0].delivery;
    let failure = FetchFailure { delivery, reason: "it vanished".into(), gone: true };
    world.store.record_fetch_failures(&lease, &[failure]).await.unwrap();
    world.store.release_lease(&lease).await.unwrap();
    delivery
}

#[tokio::test]
async fn what_cannot_be_fetched_is_shown_and_can_be_tried_again() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}/needs-attention", ours.ids.connector);
    assert_eq!(world.get(&ours.reader, &path).await, json!({"deliveries": [], "messages": []}));
    let retry = format!("/connectors/{}/deliveries/{}/retry", ours.ids.connector, ours.ids.delivery);
    world.ask(&ours.manager, Method::POST, &retry, None).await.expect(404);
}

#[tokio::test]
async fn a_delivery_is_tried_again_at_its_own_connector_only() {
    let (world, ours, _) = World::inhabited().await;
    let delivery = give_up(&world, &ours, "lost", "c").await;
    let other = json!({"settings": settings("other")});
    let other = world.ask(&ours.manager, Method::POST, "/connectors", Some(other)).await.expect(201);
    let retry = |connector: &str| format!("/connectors/{connector}/deliveries/{delivery}/retry");
    let elsewhere = retry(other["id"].as_str().unwrap());
    world.ask(&ours.manager, Method::POST, &elsewhere, None).await.expect(404);
    let tried =
        || async { world.get(&ours.administrator, "/audit").await.to_string().contains("delivery.retried") };
    assert!(!tried().await);
    world.ask(&ours.manager, Method::POST, &retry(&ours.ids.connector), None).await.expect(202);
    assert!(tried().await);
}

#[tokio::test]
async fn deleting_keeps_the_mail_and_frees_the_name() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/connectors/{}", ours.ids.connector);
    world.ask(&ours.manager, Method::DELETE, &path, None).await.expect(204);
    world.ask(&ours.manager, Method::GET, &path, None).await.expect(404);
    world.get(&ours.reader, &format!("/messages/{}", ours.ids.message)).await;
    let body = json!({"settings": settings("ours")});
    world.ask(&ours.manager, Method::POST, "/connectors", Some(body)).await.expect(201);
}
