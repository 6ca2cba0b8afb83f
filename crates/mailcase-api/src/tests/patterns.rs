//! Patterns are tried, kept, run over what comes, changed by one at a time, and what they find is shown.

use super::world::{World, pattern_body};
use axum::http::Method;
use mailcase_mail::testkit::INBOX;
use serde_json::{Value, json};

fn found(values: &Value) -> Vec<String> {
    values.as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_pattern_is_tried_on_stored_messages_and_nothing_is_kept() {
    let (world, ours, theirs) = World::inhabited().await;
    let analyst = &ours.administrator;
    let subject = world.get(analyst, "/messages").await["items"][0]["subject"].as_str().unwrap().to_owned();
    let word = subject.split_whitespace().next().unwrap();
    let mut pattern = pattern_body("tried", None)["pattern"].clone();
    pattern["expression"] = json!(format!("subject: ({word})"));
    pattern["ignore_case"] = json!(true);
    let before = world.get(analyst, "/patterns").await;
    let message = world.get(analyst, &format!("/messages/{}", ours.ids.message)).await;
    for body in [json!({"pattern": pattern}), json!({"pattern": pattern, "message_ids": [ours.ids.message]})]
    {
        let trial = world.ask(analyst, Method::POST, "/patterns/trials", Some(body)).await.expect(200);
        let tried = &trial["messages"][0];
        assert_eq!(tried["id"].as_str(), Some(ours.ids.message.as_str()));
        assert_eq!(found(&tried["values"]), [word], "{trial}");
        assert_eq!(tried["values"][0]["place"], "header:Subject");
        assert_eq!(tried["values"][0]["before"], "Subject: ");
    }
    pattern["gives"] = json!({"as": "field", "name": ""});
    pattern["name"] = json!("");
    let unnamed = json!({"pattern": pattern});
    let trial = world.ask(analyst, Method::POST, "/patterns/trials", Some(unnamed)).await.expect(200);
    assert_eq!(found(&trial["messages"][0]["values"]), [word], "names are for what is kept");
    let none = json!({"pattern": pattern, "q": "nobodywrotethis"});
    let trial = world.ask(analyst, Method::POST, "/patterns/trials", Some(none)).await.expect(200);
    assert_eq!(trial["messages"], json!([]));
    let strangers = json!({"pattern": pattern, "message_ids": [theirs.ids.message]});
    world.ask(analyst, Method::POST, "/patterns/trials", Some(strangers)).await.expect(404);
    assert_eq!(world.get(analyst, "/patterns").await, before);
    assert_eq!(world.get(analyst, &format!("/messages/{}", ours.ids.message)).await, message);
}

#[tokio::test]
async fn what_is_wrong_with_a_pattern_is_said_at_its_field() {
    let (world, ours, _) = World::inhabited().await;
    for (field, change, said) in [
        ("expression", json!({"expression": "é(a"}), "at character 2"),
        ("expression", json!({"expression": ""}), "write an expression"),
        ("expression", json!({"expression": r"\d*"}), "everywhere"),
        ("looks_at", json!({"looks_at": []}), "where"),
        ("gives", json!({"gives": {"as": "field", "name": " "}}), "field"),
        ("name", json!({"name": "  "}), "name"),
    ] {
        let mut body = pattern_body("wrong", None);
        for (key, value) in change.as_object().unwrap() {
            body["pattern"][key] = value.clone();
        }
        let problem = world.ask(&ours.administrator, Method::POST, "/patterns", Some(body)).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains(said), "{problem}");
    }
}

#[tokio::test]
async fn a_pattern_is_run_over_what_comes_and_changed_by_one_at_a_time() {
    let (world, ours, _) = World::inhabited().await;
    let admin = &ours.administrator;
    let raw =
        b"From: ann@example.org\r\nSubject: INC-4711 again\r\nMessage-ID: <p@x>\r\n\r\nas said in INC-12\r\n";
    world.mailbox.deliver(INBOX, raw.to_vec());
    world.take_mail(ours.id, &ours.ids.connector, 2).await;
    let list = world.get(admin, "/messages?q=again").await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let message = world.get(admin, &format!("/messages/{id}")).await;
    assert_eq!(found(&message["evidence"]["pattern_values"]), ["INC-4711", "INC-12"]);

    let path = format!("/patterns/{}", ours.ids.pattern);
    let mut change = pattern_body("renamed", Some(1));
    change["active"] = json!(false);
    let changed = world.ask(admin, Method::PUT, &path, Some(change.clone())).await.expect(200);
    assert_eq!((&changed["revision"], &changed["active"]), (&json!(2), &json!(false)));
    world.ask(admin, Method::PUT, &path, Some(change)).await.expect(409);
    let actions = world.get(admin, "/audit").await["items"][0]["action"].clone();
    assert_eq!(actions, "pattern.changed");
    world.ask(admin, Method::DELETE, &path, None).await.expect(204);
    world.ask(admin, Method::DELETE, &path, None).await.expect(404);
    let named = world.get(admin, "/patterns/named").await;
    assert!(named["items"].as_array().unwrap().len() >= 28, "{named}");
}
