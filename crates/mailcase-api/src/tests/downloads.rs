//! What an attacker wrote leaves only as something a browser saves and nothing runs.

use super::world::{World, letter};
use axum::http::{Method, header};
use serde_json::json;

#[tokio::test]
async fn the_raw_message_comes_byte_for_byte_and_inert() {
    let (world, ours, _) = World::inhabited().await;
    let mut request =
        world.request(&ours.reader, Method::GET, &format!("/messages/{}/raw", ours.ids.message));
    request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip, br".parse().unwrap());
    let answer = world.send(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, letter("ours"));
    assert_eq!(answer.header(header::CONTENT_ENCODING), "");
    assert_eq!(answer.header(header::CONTENT_TYPE), "message/rfc822");
    assert_eq!(answer.header(header::CONTENT_LENGTH), answer.body.len().to_string());
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(
        answer.header(header::CONTENT_SECURITY_POLICY),
        "sandbox; default-src 'none'; frame-ancestors 'none'"
    );
    let disposition = answer.header(header::CONTENT_DISPOSITION);
    assert!(disposition.starts_with("attachment; filename=\"message-"), "{disposition}");
}

#[tokio::test]
async fn an_attached_page_is_a_file_and_no_page() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/messages/{}/parts/content?path=/2", ours.ids.message);
    let answer = world.ask(&ours.reader, Method::GET, &path, None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, "<script>alert('ours')</script>");
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/octet-stream");
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let disposition = answer.header(header::CONTENT_DISPOSITION);
    assert!(disposition.starts_with("attachment; filename=\"invoice.html\""), "{disposition}");
    for path in ["/9", "/1", "nonsense", ""] {
        let path = format!("/messages/{}/parts/content?path={path}", ours.ids.message);
        world.ask(&ours.reader, Method::GET, &path, None).await.expect(404);
    }
}

#[tokio::test]
async fn the_preview_runs_nothing_and_loads_nothing() {
    let (world, ours, _) = World::inhabited().await;
    let path = format!("/messages/{}/preview", ours.ids.message);
    let answer = world.ask(&ours.reader, Method::GET, &path, None).await;
    assert_eq!(answer.status, 200);
    let csp = answer.header(header::CONTENT_SECURITY_POLICY);
    for part in ["default-src 'none'", "img-src data:", "sandbox;", "frame-ancestors 'self'"] {
        assert!(csp.contains(part), "{csp}");
    }
    assert_eq!(answer.header(header::X_FRAME_OPTIONS), "SAMEORIGIN");
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    for gone in ["steal", "onclick", "<script", "pixel.png", "cid:"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
    assert!(page.contains("data:image/png;base64,iVBORw0KGgo"), "{page}");

    let facts = world.get(&ours.reader, &format!("{path}/facts")).await;
    assert_eq!(facts["links"][0]["text"], "here");
    assert_eq!(facts["links"][0]["target"], "hxxps[://]evil[.]example/pay");
    assert_ne!(facts["removed"], json!([]));
}

#[tokio::test]
async fn text_without_html_is_previewed_as_text() {
    let (world, ours, _) = World::inhabited().await;
    let mail = "From: a@evil.example\r\nSubject: only text\r\n\r\nRead <script>steal()</script> this.\r\n";
    world.mailbox.deliver("INBOX", mail.as_bytes().to_vec());
    world.take_mail(ours.id, &ours.ids.connector, 2).await;
    let list = world.get(&ours.reader, "/messages").await;
    let message = list["items"].as_array().unwrap().iter().find(|one| one["subject"] == "only text").unwrap();
    let path = format!("/messages/{}/preview", message["id"].as_str().unwrap());
    let answer = world.ask(&ours.reader, Method::GET, &path, None).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("sandbox;"));
    let page = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(page.contains("Read &lt;script&gt;steal()&lt;/script&gt; this."), "{page}");
    let facts = world.get(&ours.reader, &format!("{path}/facts")).await;
    assert_eq!(facts, json!({"removed": [], "links": [], "hidden": []}));
}

#[tokio::test]
async fn the_detail_shows_the_evidence_and_never_raw_html() {
    let (world, ours, _) = World::inhabited().await;
    let detail = world.get(&ours.reader, &format!("/messages/{}", ours.ids.message)).await;
    assert_eq!(detail["summary"]["subject"], "Unpaid invoice of ours");
    assert_eq!(detail["summary"]["from"]["address"], "mallory@evil.example");
    assert_eq!(detail["summary"]["state"], "decided");
    assert_eq!(detail["summary"]["reason"]["because"], "new");
    assert_eq!(detail["evidence"]["has_html"], true);
    assert_eq!(detail["evidence"]["root"]["children"][1]["safe_name"], "invoice.html");
    assert_eq!(detail["deliveries"][0]["folder"], "INBOX");
    assert_eq!(detail["deliveries"][0]["state"], "acknowledged");
    let indicators = detail["evidence"]["indicators"].as_array().unwrap();
    let url = indicators.iter().find(|one| one["kind"] == "url").unwrap();
    assert!(url["defanged"].as_str().unwrap().starts_with("hxxps[://]evil[.]example"), "{url}");
    assert!(!detail.to_string().contains("onclick"));
}

#[tokio::test]
async fn a_part_is_given_out_as_it_stands_and_read_in_another_charset() {
    let (world, ours, _) = World::inhabited().await;
    let get = async |what: &str| {
        let path = format!("/messages/{}/parts/{what}", ours.ids.message);
        world.ask(&ours.reader, Method::GET, &path, None).await
    };
    let original = get("content?path=/2&form=original").await;
    let stands = "Content-Type: text/html; name=\"invoice.html\"\r\n\
                  Content-Disposition: attachment; filename=\"invoice.html\"\r\n\r\n<script>alert('ours')</script>";
    assert_eq!(String::from_utf8_lossy(&original.body), stands);
    assert!(original.header(header::CONTENT_DISPOSITION).contains("invoice.html.mime"));

    let text = get("text?path=/2").await.json();
    assert_eq!(text["content"], "<script>alert('ours')</script>");
    assert_eq!(text["read_as"]["confidence"], "certain");
    let asked = get("text?path=/2&charset=koi8-r").await.json();
    assert_eq!(
        asked["read_as"],
        serde_json::json!({"charset": "koi8-r", "because": "asked", "confidence": "certain"})
    );
    get("text?path=/2&charset=klingon").await.expect(422);
    get("text?path=/9").await.expect(404);

    let alone = get("evidence?path=/2").await.json();
    assert_eq!(alone["root"]["size"], 30);
    get("evidence?path=/9").await.expect(404);
}

#[tokio::test]
async fn a_file_is_analysed_and_kept_nowhere() {
    let (world, ours, _) = World::inhabited().await;
    let before = world.ask(&ours.reader, Method::GET, "/messages", None).await.json();
    let raw = "Subject: brought by hand\nFrom: eve@bad.example\n\nsee https://bad.example/login\n";
    let analyse = async |query: &str| {
        let mut request = world.request(&ours.reader, Method::POST, &format!("/analyses{query}"));
        request.headers_mut().insert(header::CONTENT_TYPE, "application/octet-stream".parse().unwrap());
        *request.body_mut() = raw.to_owned().into();
        world.send(request).await
    };
    let found = analyse("").await.json();
    assert_eq!(found["envelope"]["subject"], "brought by hand");
    assert!(
        found["indicators"].as_array().unwrap().iter().any(|one| one["value"] == "https://bad.example/login")
    );

    let some = analyse("?include=body,parts").await.json();
    assert_eq!(some["text"]["content"], "see https://bad.example/login\n");
    assert_eq!((&some["indicators"], &some["headers"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!(some["envelope"]["subject"], serde_json::Value::Null);
    analyse("?include=everything").await.expect(422);

    let after = world.ask(&ours.reader, Method::GET, "/messages", None).await.json();
    assert_eq!(before, after);
}
