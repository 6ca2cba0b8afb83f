//! Keys come in, are shown without their secrets, and open the mail of their own organization; the rest waits.

use super::world::{DEADLINE, KEY_PASSWORD, Proof, Tenant, World, key_file};
use axum::http::Method;
use mailcase_engine::{Engine, EngineConfig};
use mailcase_mail::testkit::INBOX;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

fn letter(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys").join(name)).unwrap()
}

async fn refused(world: &World, proof: &Proof, path: &str, body: Value, status: u16) -> String {
    let problem = world.ask(proof, Method::POST, path, Some(body)).await.expect(status);
    assert!(!problem.to_string().contains(KEY_PASSWORD), "{problem}");
    problem["code"].as_str().unwrap().to_owned()
}

async fn add(world: &World, proof: &Proof, name: &str, connector: Option<&str>) -> Value {
    let body = json!({
        "name": name, "file": key_file(name), "password": KEY_PASSWORD, "connector_id": connector
    });
    world.ask(proof, Method::POST, "/keys", Some(body)).await.expect(201)
}

/// Lets an engine work until nothing is under way in the organization.
async fn until_examined(world: &World, proof: &Proof) -> Vec<Value> {
    let engine = Engine::start(world.store.clone(), Arc::new(world.factory.clone()), EngineConfig::default());
    let mut events = world.store.events();
    let done = async {
        loop {
            let items = world.get(proof, "/reexaminations").await["items"].as_array().unwrap().clone();
            if items.iter().all(|one| !one["ended_at"].is_null()) {
                return items;
            }
            events.next().await;
        }
    };
    let items = tokio::time::timeout(DEADLINE, done).await.expect("the mail was not examined in time");
    engine.shutdown().await.unwrap();
    items
}

async fn needing_a_key(world: &World, proof: &Proof) -> Vec<String> {
    let found = world.get(proof, "/messages?needs_key=true").await;
    let items = found["items"].as_array().unwrap();
    let mut subjects: Vec<String> =
        items.iter().map(|message| message["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    subjects
}

async fn message(world: &World, proof: &Proof, subject: &str) -> String {
    let found = world.get(proof, "/messages").await;
    let items = found["items"].as_array().unwrap();
    let one = items.iter().find(|message| message["subject"] == subject).unwrap_or_else(|| panic!("{found}"));
    one["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_wrong_with_a_key_file_is_told_apart() {
    let (world, ours, _) = World::inhabited().await;
    let admin = &ours.administrator;
    let upload = |file: String, password: &str| json!({"file": file, "password": password});
    let text = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let before = world.get(admin, "/keys").await;
    for (code, status, body) in [
        ("key_wrong_password", 422, upload(key_file("bob.p12"), "wrong")),
        ("key_wrong_password", 422, json!({"file": key_file("bob.p12")})),
        ("key_wrong_password", 422, upload(key_file("carol.asc"), "wrong")),
        ("key_without_private_key", 422, upload(key_file("no-key.p12"), KEY_PASSWORD)),
        ("key_without_private_key", 422, upload(key_file("carol-public.asc"), "")),
        ("key_not_recognized", 422, upload(key_file("bob.crt"), "")),
        ("key_not_recognized", 422, upload(text("%PDF-1.7 and so on"), "")),
        ("key_not_recognized", 422, upload(String::new(), "")),
        ("too_large", 413, upload(text(&"x".repeat((1 << 20) + 1)), "")),
        ("too_large", 413, upload("x".repeat(3 << 20), "")),
        ("invalid", 422, upload("no base64!".to_owned(), "")),
    ] {
        assert_eq!(refused(&world, admin, "/keys/inspections", body.clone(), status).await, code);
        let mut body = body;
        body["name"] = json!("a key");
        assert_eq!(refused(&world, admin, "/keys", body, status).await, code);
    }
    for name in ["", "  ", &"x".repeat(201)] {
        let body = json!({"name": name, "file": key_file("bob.p12"), "password": KEY_PASSWORD});
        assert_eq!(refused(&world, admin, "/keys", body, 422).await, "invalid");
    }
    let nobodys = json!({
        "name": "a key", "file": key_file("bob.p12"), "password": KEY_PASSWORD, "connector_id": Uuid::now_v7()
    });
    assert_eq!(refused(&world, admin, "/keys", nobodys, 404).await, "not_found");
    let twice = json!({"name": "again", "file": key_file("alice.p12"), "password": KEY_PASSWORD});
    assert_eq!(refused(&world, admin, "/keys", twice, 409).await, "conflict");
    assert_eq!(world.get(admin, "/keys").await, before);
}

#[tokio::test]
async fn a_key_is_shown_without_its_secrets_and_written_down() {
    let (world, ours, _) = World::inhabited().await;
    let admin = &ours.administrator;
    // As browsers and mail programs break lines.
    let mut broken = key_file("old.p12");
    broken.insert_str(64, "\r\n");
    let body = json!({"file": broken, "password": KEY_PASSWORD});
    let facts = world.ask(admin, Method::POST, "/keys/inspections", Some(body)).await.expect(200);
    assert_eq!((facts["kind"].as_str(), facts["bits"].as_u64()), (Some("smime"), Some(2048)));
    assert_eq!(facts["addresses"], json!(["desk@soc.example"]));
    assert_eq!(facts["not_after"], "2017-01-01T00:00:00Z", "an expired certificate is fine");
    assert_eq!(
        world.get(admin, "/keys").await["items"].as_array().unwrap().len(),
        1,
        "looked into, not kept"
    );

    let key = add(&world, admin, "carol.asc", Some(&ours.ids.connector)).await;
    assert_eq!((key["facts"]["kind"].as_str(), &key["name"]), (Some("openpgp"), &json!("carol.asc")));
    assert_eq!(key["connector"], json!({"id": ours.ids.connector, "name": "ours"}));
    assert_eq!(key["created_by"], "administrator of ours");
    let list = world.get(&ours.reader, "/keys").await;
    assert_eq!(list["items"][0], key);
    let shown = list.to_string();
    assert!(
        !shown.contains(KEY_PASSWORD) && !shown.contains(key_file("carol.asc").get(..100).unwrap()),
        "{shown}"
    );
    let path = format!("/keys/{}", key["id"].as_str().unwrap());
    world.ask(admin, Method::DELETE, &path, None).await.expect(204);
    world.ask(admin, Method::DELETE, &path, None).await.expect(404);
    assert_eq!(world.get(admin, "/keys").await["items"].as_array().unwrap().len(), 1);
    let trail = world.get(admin, "/audit").await;
    let actions: Vec<&str> =
        trail["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions[..2], ["key.deleted", "key.added"]);
    assert!(!trail.to_string().contains(KEY_PASSWORD));
}

/// The message as somebody of `tenant` sees it once a key opened it.
async fn assert_opened(world: &World, tenant: &Tenant, subject: &str) {
    let id = message(world, &tenant.analyst, subject).await;
    let detail = world.get(&tenant.analyst, &format!("/messages/{id}")).await;
    assert_eq!(detail["summary"]["needs_key"], false);
    let values: Vec<&Value> =
        detail["evidence"]["indicators"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
    assert!(values.contains(&&json!("https://inside.example/pay")), "{values:?}");
    let path = table(&detail["evidence"]["root"]).unwrap();
    let content = format!("/messages/{id}/parts/content?path={path}");
    let content = world.ask(&tenant.analyst, Method::GET, &content, None).await;
    assert_eq!((content.status.as_u16(), &content.body[..]), (200, &b"name,iban\nAlice,DE00\n"[..]));
    let text = world.get(&tenant.analyst, &format!("/messages/{id}/parts/text?path={path}")).await;
    assert_eq!(text["content"], "name,iban\nAlice,DE00\n");
    let alone = world.get(&tenant.analyst, &format!("/messages/{id}/parts/evidence?path={path}")).await;
    assert_eq!(alone["size"], 21);
    let preview = world.ask(&tenant.analyst, Method::GET, &format!("/messages/{id}/preview"), None).await;
    assert!(String::from_utf8_lossy(&preview.body).contains("before noon"));
}

fn table(part: &Value) -> Option<String> {
    if part["name"] == "accounts.csv" {
        return Some(part["path"].as_str().unwrap().to_owned());
    }
    part["children"].as_array().unwrap().iter().find_map(table)
}

#[tokio::test]
async fn a_key_opens_the_mail_of_its_organization_and_connector() {
    let (world, ours, theirs) = World::inhabited().await;
    let admin = &ours.administrator;
    for proof in [admin, &theirs.administrator] {
        let keys = world.get(proof, "/keys").await;
        let path = format!("/keys/{}", keys["items"][0]["id"].as_str().unwrap());
        world.ask(proof, Method::DELETE, &path, None).await.expect(204);
    }
    let raw = letter("to-bob.eml");
    for mailbox in [&world.mailbox, &world.their_mailbox] {
        for name in ["to-alice.eml", "to-bob.eml", "to-carol.eml"] {
            mailbox.deliver(INBOX, letter(name));
        }
    }
    world.take_mail(ours.id, &ours.ids.connector, 4).await;
    world.take_mail(theirs.id, &theirs.ids.connector, 4).await;
    let all = ["For alice only", "For bob only", "For carol only"];
    let id = message(&world, admin, all[1]).await;
    let detail = world.get(admin, &format!("/messages/{id}")).await;
    assert_eq!(
        (&detail["summary"]["state"], &detail["summary"]["needs_key"]),
        (&json!("decided"), &json!(true))
    );
    assert!(!detail["summary"]["case"].is_null(), "it is a message like any other");
    let kept = world.ask(admin, Method::GET, &format!("/messages/{id}/raw"), None).await;
    assert_eq!(kept.body, raw);
    assert_eq!(world.get(admin, "/messages?needs_key=false").await["items"].as_array().unwrap().len(), 1);

    until_examined(&world, admin).await;
    until_examined(&world, &theirs.administrator).await;
    for proof in [admin, &theirs.administrator] {
        assert_eq!(needing_a_key(&world, proof).await, all);
    }
    // Theirs opens theirs. Of ours one is bound to a connector that has no such mail.
    add(&world, &theirs.administrator, "bob.p12", None).await;
    add(&world, admin, "alice.p12", None).await;
    let body =
        json!({"settings": {"name": "n", "api_name": "n", "kind": "fake"}, "secrets": {"password": "p"}});
    let other = world.ask(admin, Method::POST, "/connectors", Some(body)).await.expect(201);
    add(&world, admin, "bob.p12", other["id"].as_str()).await;
    add(&world, admin, "carol.asc", Some(&ours.ids.connector)).await;
    let runs = until_examined(&world, admin).await;
    until_examined(&world, &theirs.administrator).await;
    assert_eq!(needing_a_key(&world, &theirs.administrator).await, ["For alice only", "For carol only"]);
    assert_eq!(needing_a_key(&world, admin).await, ["For bob only"]);
    assert_opened(&world, &theirs, "For bob only").await;
    assert_opened(&world, &ours, "For alice only").await;
    assert_opened(&world, &ours, "For carol only").await;
    // The part is not there for whoever lacks the key.
    let id = message(&world, admin, "For bob only").await;
    let path = format!("/messages/{id}/parts/content?path=/1/2");
    world.ask(admin, Method::GET, &path, None).await.expect(404);

    let opened: u64 = runs.iter().map(|run| run["opened"].as_u64().unwrap()).sum();
    assert_eq!(opened, 2, "{runs:#?}");
    // One that had not begun does for the keys that came meanwhile as well.
    let run = runs.iter().find(|run| run["opened"] == 2).unwrap();
    assert_eq!(
        (&run["state"], &run["scope"], &run["requested_by"]),
        (&json!("done"), &json!("needs_key"), &Value::Null)
    );
    let detail = world.get(admin, &format!("/reexaminations/{}", run["id"].as_str().unwrap())).await;
    assert_eq!(detail["summary"], *run);
    assert_eq!(detail["messages"][0]["changes"]["opened"], 1);

    // A file that is looked at is read with the keys of the organization, not with those of a connector.
    for (name, needs) in [("to-alice.eml", false), ("to-carol.eml", true)] {
        let mut request = world.request(admin, Method::POST, "/analyses");
        *request.body_mut() = letter(name).into();
        let evidence = world.send(request).await.expect(200);
        assert_eq!(evidence.to_string().contains("\"needs\":\"key\""), needs, "{name}");
    }
    // A key that is gone reads nothing; what was found stays.
    let keys = world.get(admin, "/keys").await;
    let alice = keys["items"].as_array().unwrap().iter().find(|key| key["name"] == "alice.p12").unwrap();
    world
        .ask(admin, Method::DELETE, &format!("/keys/{}", alice["id"].as_str().unwrap()), None)
        .await
        .expect(204);
    let org = ours.id;
    world.state.engine.means().keyrings().refresh(org).await.unwrap();
    let id = message(&world, admin, "For alice only").await;
    let detail = world.get(admin, &format!("/messages/{id}")).await;
    let path = table(&detail["evidence"]["root"]).unwrap();
    world
        .ask(admin, Method::GET, &format!("/messages/{id}/parts/content?path={path}"), None)
        .await
        .expect(404);
}

#[tokio::test]
async fn one_re_examination_at_a_time_and_it_can_be_cancelled() {
    let (world, ours, _) = World::inhabited().await;
    let admin = &ours.administrator;
    let first = until_examined(&world, admin).await;
    assert_eq!(first.len(), 1, "the key of the world asked for it");
    let state = world.get(&ours.reader, "/reexaminations").await;
    assert_eq!(state["counts"], json!({"outdated": 0, "needs_key": 0, "all": 1}));
    assert_eq!(state["parser_version"], mailcase_evidence::PARSER_VERSION);
    let ask = async |scope: &str| {
        world.ask(admin, Method::POST, "/reexaminations", Some(json!({"scope": scope}))).await
    };
    ask("some").await.expect(400);
    let asked = ask("all").await.expect(201);
    assert_eq!((&asked["state"], &asked["total"]), (&json!("waiting"), &json!(1)));
    assert_eq!(asked["requested_by"], "administrator of ours");
    assert_eq!(ask("needs_key").await.expect(409)["code"], "conflict");
    let path = format!("/reexaminations/{}/cancel", asked["id"].as_str().unwrap());
    let cancelled = world.ask(admin, Method::POST, &path, None).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    world.ask(admin, Method::POST, &path, None).await.expect(409);
    ask("all").await.expect(201);
    let runs = until_examined(&world, admin).await;
    assert_eq!(
        (&runs[0]["state"], &runs[0]["examined"], &runs[0]["changed"]),
        (&json!("done"), &json!(1), &json!(0))
    );
    let detail = world.get(admin, &format!("/reexaminations/{}", runs[0]["id"].as_str().unwrap())).await;
    assert_eq!(detail["messages"], json!([]));
}
