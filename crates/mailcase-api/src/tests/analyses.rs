//! What is looked at by itself, a file that is kept nowhere or a part of a message, is examined like mail that comes.

use super::world::World;
use axum::http::{Method, header};
use mailcase_mail::testkit::INBOX;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, UdpSocket};

/// Of somebody who imitates `contoso.example`, about a ticket of the world's pattern.
const IMITATED: &str = "From: Payroll <payroll@cont0so.example>\r\nReceived: from mx.cont0so.example (mx.cont0so.example [192.0.2.7]) \
                        by mx.contoso.example; Mon, 05 Jan 2026 10:00:00 +0000\r\nSubject: INC-4711\r\n\r\nPay.\r\n";

/// Where no name server answers: what is asked there is found out to be asked.
fn nobody() -> String {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap().to_string()
}

/// Whether the DNS was asked, after the other things mail is looked at for.
fn asked(evidence: &Value) -> bool {
    let marks = evidence["verdicts"]["marks"].as_array().unwrap();
    assert!(marks.iter().any(|mark| mark["kind"] == "looks_like_own_domain"), "{marks:?}");
    let values = evidence["pattern_values"].as_array().unwrap();
    assert_eq!(values.iter().map(|one| &one["value"]).collect::<Vec<_>>(), ["INC-4711"]);
    let own = &evidence["verdicts"]["own"];
    own["asked_at"].is_string()
        && own["checks"].as_array().unwrap().iter().any(|one| one["outcome"] == "temperror")
}

#[tokio::test]
async fn files_and_parts_are_examined_with_what_mail_is_examined_with() {
    let (world, ours, theirs) = World::inhabited().await;
    let report = format!(
        "From: Petra <petra@ours.example>\r\nSubject: FW: salary\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nIs it real?\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\n{IMITATED}\r\n--b--\r\n"
    );
    for (tenant, mailbox, dns) in [(&ours, &world.mailbox, false), (&theirs, &world.their_mailbox, true)] {
        let settings = json!({
            "domains": ["contoso.example"], "people": [], "authserv_ids": [], "networks": [],
            "dns": dns, "resolvers": [nobody()],
        });
        let body = json!({"revision": 0, "settings": settings});
        world.ask(&tenant.manager, Method::PUT, "/origin-settings", Some(body)).await.expect(200);
        mailbox.deliver(INBOX, report.clone().into_bytes());
        world.take_mail(tenant.id, &tenant.ids.connector, 2).await;
        let message = world.get(&tenant.reader, "/messages?q=salary").await["items"][0]["id"].clone();
        let part = format!("/messages/{}/parts/evidence?path=/2", message.as_str().unwrap());
        assert_eq!(asked(&world.get(&tenant.reader, &part).await), dns, "a part");
        let mut request = world.request(&tenant.reader, Method::POST, "/analyses");
        request.headers_mut().insert(header::CONTENT_TYPE, "application/octet-stream".parse().unwrap());
        *request.body_mut() = IMITATED.into();
        assert_eq!(asked(&world.send(request).await.expect(200)), dns, "a file");
    }
}
