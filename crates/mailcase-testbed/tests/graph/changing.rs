//! Changes to messages, by themselves and in batches.

use crate::{ANN, Bench, code, inbox};
use mailcase_testbed::graph::{Event, Fault};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn deleting_takes_two_steps_and_answers_without_a_body() {
    let bench = Bench::start().await;
    let id = bench.deliver("a");
    let path = format!("/users/{ANN}/messages/{id}");
    for folder in [Some("Deleted Items"), None] {
        let answer = bench.send(Method::DELETE, &path, None).await;
        assert_eq!(answer.status(), 204);
        assert!(!answer.headers().contains_key("content-type"), "real clients break on one");
        assert!(bench.server.messages(ANN, "Inbox").unwrap().is_empty());
        let held = bench.server.messages(ANN, "Deleted Items").unwrap();
        assert_eq!(held.len(), usize::from(folder.is_some()));
    }
    let (status, body) = crate::answered(bench.send(Method::GET, &path, None).await).await;
    assert_eq!((status, code(&body)), (404, "ErrorItemNotFound"));
}

#[tokio::test]
async fn mime_is_served_to_the_byte_and_noted() {
    let bench = Bench::start().await;
    let raw = [b"Subject: bytes\r\n\r\n".as_slice(), &(0..=255).collect::<Vec<u8>>(), &vec![b'x'; 3 << 20]]
        .concat();
    let id = bench.deliver_raw(&raw);
    let path = format!("/users/{ANN}/messages/{id}/$value");
    let got = bench.send(Method::GET, &path, None).await.bytes().await.unwrap();
    assert!(got.as_ref() == raw);
    let served = Event::Served { complete: true };
    assert_eq!(
        bench.server.ledger().iter().map(|entry| entry.event).collect::<Vec<_>>(),
        [Event::Arrived, served]
    );
}

#[tokio::test]
async fn attachments_are_listed_and_given() {
    let bench = Bench::start().await;
    let raw = "Subject: two\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n\
               --b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--b\r\n\
               Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n--b--\r\n";
    let id = bench.deliver_raw(raw.as_bytes());
    let path = format!("/users/{ANN}/messages/{id}");
    assert_eq!(bench.get(&path).await["hasAttachments"], true);
    let all = bench.get(&format!("{path}/attachments")).await;
    assert_eq!(all["value"][0]["name"], "a.csv");
    assert_eq!(all["value"][1]["@odata.type"], "#microsoft.graph.itemAttachment");
    let id = all["value"][0]["id"].as_str().unwrap();
    let content = bench.send(Method::GET, &format!("{path}/attachments/{id}/$value"), None).await;
    assert_eq!(content.text().await.unwrap().trim_end(), "1,2");
}

#[tokio::test]
async fn what_is_no_property_is_refused() {
    let mut bench = Bench::start().await;
    bench.asks_for_trouble = true;
    let id = bench.deliver("a");
    let path = format!("/users/{ANN}/messages/{id}");
    let answer = bench.send(Method::PATCH, &path, Some(json!({"isRed": true}))).await;
    assert_eq!(answer.status(), 400);
    if bench.server.is_judged() {
        assert!(bench.server.problems()[0].contains("isRed: no property of microsoft.graph.message"));
    }
}

#[tokio::test]
async fn a_batch_answers_each_of_its_requests() {
    let bench = Bench::start().await;
    let id = bench.deliver("a");
    bench.server.plan_fault("PATCH", 0, 1, Fault::throttled(429, "7"));
    let url = format!("/users/{ANN}/messages/{id}");
    let patch = |number: &str| {
        json!({"id": number, "method": "PATCH", "url": url, "body": {"isRead": true},
               "headers": {"Content-Type": "application/json"}})
    };
    let requests = json!([
        patch("1"), patch("2"),
        {"id": "3", "method": "GET", "url": format!("{url}/$value")},
        {"id": "4", "method": "GET", "url": inbox("/messages?$top=1"), "dependsOn": ["1"]},
        {"id": "5", "method": "DELETE", "url": format!("/users/{ANN}/messages/none")},
    ]);
    let (status, body) = bench.post("/$batch", json!({"requests": requests})).await;
    assert_eq!(status, 200);
    let by =
        |id: &str| body["responses"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
    assert_eq!(
        (by("1")["status"].clone(), by("1")["headers"]["Retry-After"].clone()),
        (json!(429), json!("7"))
    );
    assert_eq!(by("2")["body"]["isRead"], true);
    let mime = data_encoding::BASE64.decode(by("3")["body"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(mime, crate::letter("a").into_bytes());
    assert_eq!((by("4")["status"].clone(), by("5")["status"].clone()), (json!(424), json!(400)));
    let many: Vec<Value> =
        (0..21).map(|n| json!({"id": n.to_string(), "method": "GET", "url": url})).collect();
    assert_eq!(bench.post("/$batch", json!({"requests": many})).await.0, 400);
}
