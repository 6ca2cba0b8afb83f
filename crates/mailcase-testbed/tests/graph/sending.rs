//! Mail that leaves, and threads.

use crate::{ANN, Bench, code};
use mailcase_testbed::graph::Event;
use serde_json::json;

const BOB: &str = "bob@example.org";

fn to_bob() -> serde_json::Value {
    json!([{"emailAddress": {"address": BOB, "name": "Bob"}}])
}

#[tokio::test]
async fn mail_is_sent_as_json_and_as_mime_and_arrives() {
    let bench = Bench::start().await;
    bench.server.add_mailbox(BOB);
    let path = format!("/users/{ANN}/sendMail");
    let message = json!({"subject": "Grüße", "toRecipients": to_bob(), "body": {"contentType": "html", "content": "<b>x</b>"}});
    let (status, body) = bench.post(&path, json!({"Message": message, "SaveToSentItems": false})).await;
    assert_eq!((status, body), (202, serde_json::Value::Null));
    let mime = "From: ann@example.org\r\nTo: bob@example.org\r\nSubject: as MIME\r\n\r\nx\r\n";
    assert_eq!(bench.post_mime(&path, mime).await.0, 202);
    let held = bench.server.messages(BOB, "Inbox").unwrap();
    assert_eq!(held.len(), 2);
    assert_eq!(held[1].raw.as_ref(), mime.as_bytes());
    assert_eq!(bench.server.messages(ANN, "Sent Items").unwrap().len(), 1, "the first was not to be kept");
    let (status, body) = bench.post(&path, json!({"message": {"subject": "to nobody"}})).await;
    assert_eq!((status, code(&body)), (400, "ErrorInvalidRecipients"));
}

#[tokio::test]
async fn a_reply_is_a_draft_in_the_conversation_until_it_is_sent() {
    let bench = Bench::start().await;
    let id = bench.deliver("question");
    let path = format!("/users/{ANN}/messages/{id}");
    let original = bench.get(&path).await;
    let (status, draft) = bench.post(&format!("{path}/createReply"), json!({"Comment": "thanks"})).await;
    assert_eq!(status, 201);
    assert_eq!(draft["conversationId"], original["conversationId"]);
    assert_eq!((draft["subject"].as_str(), draft["isDraft"].as_bool()), (Some("RE: question"), Some(true)));
    let draft = format!("/users/{ANN}/messages/{}", draft["id"].as_str().unwrap());
    let changed = json!({"subject": "RE: question [CASE-1]"});
    assert_eq!(bench.send(reqwest::Method::PATCH, &draft, Some(changed)).await.status(), 200);
    assert_eq!(bench.send(reqwest::Method::POST, &format!("{draft}/send"), None).await.status(), 202);
    let sent = bench.server.messages(ANN, "Sent Items").unwrap();
    assert!(String::from_utf8_lossy(&sent[0].raw).contains("[CASE-1]"));
    assert!(bench.server.ledger().iter().any(|entry| entry.event == Event::Sent));
    let (status, _) = bench.post(&format!("{path}/reply"), json!({"Comment": "again"})).await;
    assert_eq!(status, 202);
    let sent = bench.server.messages(ANN, "Sent Items").unwrap();
    assert!(String::from_utf8_lossy(&sent[1].raw).contains("In-Reply-To: <question@suite.example>"));
}

#[tokio::test]
async fn headers_of_ones_own_must_begin_with_x() {
    let bench = Bench::start().await;
    let message =
        json!({"subject": "s", "internetMessageHeaders": [{"name": "In-Reply-To", "value": "<a@b>"}]});
    let (status, body) = bench.post(&format!("/users/{ANN}/messages"), message).await;
    assert_eq!((status, code(&body)), (400, "InvalidInternetMessageHeader"));
    let (status, draft) =
        bench.post_mime(&format!("/users/{ANN}/messages"), "Subject: s\r\nIn-Reply-To: <a@b>\r\n\r\nx").await;
    assert_eq!((status, draft["isDraft"].as_bool()), (201, Some(true)));
}
