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
    assert_eq!(facts, json!({"removed": [], "links": []}));
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
