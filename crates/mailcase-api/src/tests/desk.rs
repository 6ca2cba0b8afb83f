//! The analysts' day: lists, filters, pages, a case and what is done to it.

use super::world::{World, letter};
use axum::http::Method;
use mailcase_mail::testkit::INBOX;
use serde_json::{Value, json};

#[tokio::test]
async fn lists_go_page_by_page_without_gaps_or_repetition() {
    let (world, ours, _) = World::inhabited().await;
    for n in 0..7 {
        let body = json!({"title": format!("case {n}"), "severity": if n % 2 == 0 { "low" } else { "high" }});
        world.ask(&ours.analyst, Method::POST, "/cases", Some(body)).await.expect(201);
    }
    for query in ["", "&sort=severity&order=asc", "&sort=number", "&sort=created&order=asc"] {
        let mut numbers = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = world.get(&ours.reader, &format!("/cases?limit=3{query}{cursor}")).await;
            numbers.extend(
                page["items"].as_array().unwrap().iter().map(|case| case["number"].as_i64().unwrap()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=8).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let (world, ours, _) = World::inhabited().await;
    let me = world.get(&ours.analyst, "/session").await["user"]["id"].as_str().unwrap().to_owned();
    for (title, severity, tags, owner) in
        [("alpha", "low", json!(["phishing"]), json!(me)), ("beta", "critical", json!([]), Value::Null)]
    {
        let body = json!({"title": title, "severity": severity, "tags": tags, "owner": owner});
        world.ask(&ours.analyst, Method::POST, "/cases", Some(body)).await.expect(201);
    }
    for (query, expected) in [
        ("severity=low&severity=critical", vec!["alpha", "beta"]),
        ("severity=critical", vec!["beta"]),
        ("tag=phishing", vec!["alpha"]),
        (&format!("owner={me}"), vec!["alpha"]),
        ("owner=none&severity=critical", vec!["beta"]),
        ("q=bet", vec!["beta"]),
        ("status=resolved", vec![]),
    ] {
        let page = world.get(&ours.reader, &format!("/cases?{query}&sort=number&order=asc")).await;
        let titles: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|case| case["title"].as_str().unwrap()).collect();
        assert_eq!(titles, expected, "{query}");
    }
    for (query, count) in [
        ("q=invoice", 1),
        ("q=nonsense", 0),
        ("state=decided", 1),
        ("state=needs_attention", 0),
        ("has_case=true", 1),
        ("has_case=false", 0),
        ("automatic=true", 0),
        (&format!("connector={}", ours.ids.connector), 1),
        (&format!("case={}", ours.ids.case), 1),
    ] {
        let page = world.get(&ours.reader, &format!("/messages?{query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn what_is_done_to_a_case_stands_on_its_timeline() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/cases/{}", ours.ids.case);
    let me = world.get(&ours.analyst, "/session").await["user"]["id"].clone();
    let change = json!({"status": "in_progress", "severity": "high", "owner": me, "tags": ["b", "a", "a"]});
    let case = world.ask(&ours.analyst, Method::PATCH, &path, Some(change)).await.expect(200);
    let summary = &case["summary"];
    assert_eq!(summary["status"], "in_progress");
    assert_eq!(summary["owner"]["display_name"], "analyst of ours");
    assert_eq!(summary["tags"], json!(["a", "b"]));
    assert_eq!(summary["acl"], "ours case defaults");
    assert!(case["subject_token"].as_str().unwrap().starts_with("[MC-1-"), "{case}");
    let dropped = json!({"owner": null});
    let case = world.ask(&ours.analyst, Method::PATCH, &path, Some(dropped)).await.expect(200);
    assert_eq!(case["summary"]["owner"], Value::Null);
    assert_eq!(case["summary"]["status"], "in_progress", "what is left out stays");
    let note = json!({"text": "Called the sender."});
    world.ask(&ours.analyst, Method::POST, &format!("{path}/notes"), Some(note)).await.expect(201);
    world
        .ask(&ours.analyst, Method::POST, &format!("{path}/notes"), Some(json!({"text": " "})))
        .await
        .expect(422);

    let timeline = world.get(&ours.reader, &format!("{path}/timeline")).await;
    let items = timeline["items"].as_array().unwrap();
    let kinds: Vec<&str> = items.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"note"), Some(&"created")), "{kinds:?}");
    let note = items.iter().find(|entry| entry["kind"] == "note").unwrap();
    assert_eq!(note["text"], "Called the sender.");
    assert_eq!(note["actor"]["display_name"], "analyst of ours");
    let audit = world.get(&ours.administrator, "/audit").await.to_string();
    assert!(audit.contains("case.updated") && audit.contains("case.note_added"), "{audit}");
    assert!(!audit.contains("Called the sender."), "{audit}");
}

#[tokio::test]
async fn a_case_shows_what_its_messages_hold() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/cases/{}", ours.ids.case);
    let messages = world.get(&ours.reader, &format!("{path}/messages")).await;
    assert_eq!(messages["items"][0]["id"], json!(ours.ids.message));
    let attachments = world.get(&ours.reader, &format!("{path}/attachments")).await;
    assert_eq!(attachments["items"][0]["safe_name"], "invoice.html");
    assert_eq!(attachments["items"][0]["path"], "/2");
    let indicators = world.get(&ours.reader, &format!("{path}/indicators")).await;
    let domain =
        indicators["items"].as_array().unwrap().iter().find(|one| one["value"] == "evil.example").unwrap();
    assert_eq!((&domain["kind"], &domain["defanged"]), (&json!("domain"), &json!("evil[.]example")));
    assert_eq!(domain["seen"]["cases"], 0, "another organization's case does not count: {domain}");
}

#[tokio::test]
async fn the_same_mail_again_is_the_same_message() {
    let (world, ours, _) = World::inhabited().await;
    world.mailbox.deliver("INBOX", letter("ours"));
    world.take_mail(ours.id, &ours.ids.connector, 2).await;
    let list = world.get(&ours.reader, "/messages").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let detail = world.get(&ours.reader, &format!("/messages/{}", ours.ids.message)).await;
    assert_eq!(detail["deliveries"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_what_needs_attention_is_tried_again() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/messages/{}/retry", ours.ids.message);
    world.ask(&ours.analyst, Method::POST, &path, None).await.expect(404);
}

#[tokio::test]
async fn users_are_made_changed_and_never_left_without_an_administrator() {
    let (world, ours, _) = World::inhabited().await;
    let admin = &ours.administrator;
    let make = json!({
        "username": "grace", "display_name": "Grace", "role": "analyst", "password": "a long enough one"
    });
    let grace = world.ask(admin, Method::POST, "/users", Some(make.clone())).await.expect(201);
    assert!(!grace.to_string().contains("password"));
    world.ask(admin, Method::POST, "/users", Some(make)).await.expect(409);
    let id = grace["id"].as_str().unwrap();
    let change = json!({"role": "administrator", "display_name": "Grace H."});
    let grace = world.ask(admin, Method::PATCH, &format!("/users/{id}"), Some(change)).await.expect(200);
    assert_eq!((&grace["role"], &grace["display_name"]), (&json!("administrator"), &json!("Grace H.")));
    let me = world.get(admin, "/session").await["user"]["id"].as_str().unwrap().to_owned();
    let demote = json!({"role": "analyst"});
    world.ask(admin, Method::PATCH, &format!("/users/{me}"), Some(demote)).await.expect(409);
    let people = world.get(&ours.reader, "/people").await.to_string();
    assert!(people.contains("Grace H.") && !people.contains("role\":"), "{people}");
}

#[tokio::test]
async fn a_case_tells_what_its_messages_report() {
    let (world, ours, _) = World::inhabited().await;
    let none = world.get(&ours.reader, &format!("/cases/{}/reports", ours.ids.case)).await;
    assert_eq!(none, json!({"items": [], "next": null}));
    let report = "From: Petra <petra@ours.example>\r\nSubject: FW: salary\r\n\r\nIs it real?\r\n\r\n\
                  -----Original Message-----\r\nFrom: eve@evil.example\r\nSent: today\r\nTo: petra@ours.example\r\n\
                  Subject: Salary\r\n\r\nSign here.\r\n";
    world.mailbox.deliver(INBOX, report.as_bytes().to_vec());
    world.take_mail(ours.id, &ours.ids.connector, 2).await;
    let message = world.get(&ours.reader, "/messages?q=salary").await["items"][0].clone();
    let path = format!("/cases/{}/reports?limit=1", message["case"]["id"].as_str().unwrap());
    let reports = world.get(&ours.reader, &path).await;
    assert_eq!((reports["items"].as_array().unwrap().len(), &reports["next"]), (1, &json!(null)));
    let told = &reports["items"][0];
    assert_eq!((&told["message"], &told["subject"]), (&message["id"], &json!("FW: salary")));
    assert_eq!(told["report"]["reporter"]["address"], "petra@ours.example");
    assert_eq!(told["report"]["messages"][0]["subject"], "Salary");
    assert_eq!(told["report"]["messages"][0]["place"]["text"], "Sign here.");
}
