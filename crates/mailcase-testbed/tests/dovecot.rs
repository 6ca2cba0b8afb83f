//! The test bed itself: what other tests build upon.

use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, Placement};
use std::time::{Duration, SystemTime};

const MAIL: &[u8] = b"From: a@example.org\r\nSubject: one\r\n\r\n.dot\r\nend\r\n";

#[tokio::test]
async fn mail_goes_in_by_lmtp_and_by_file_and_is_listed() {
    let server = Dovecot::start(DovecotOptions::default()).await.unwrap();
    server.inject("ann@example.org", "INBOX", &[MAIL, b"Subject: two\r\n\r\n\0\r\n"]).unwrap();
    server
        .inject_with(
            "ann@example.org",
            "Entwürfe & mehr/Alt",
            &[MAIL],
            Placement { seen: true, received: Some(SystemTime::now() - Duration::from_secs(86_400 * 30)) },
        )
        .unwrap();
    server.deliver("ann@example.org", MAIL).await.unwrap();

    let inbox = server.inventory("ann@example.org", "INBOX").await.unwrap();
    assert_eq!(inbox.iter().map(|message| message.uid).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(inbox.iter().any(|message| message.size == MAIL.len() as u64));
    assert!(inbox.iter().all(|message| !message.seen()));
    let old = server.inventory("ann@example.org", "Entwürfe & mehr/Alt").await.unwrap();
    assert!(old[0].seen());
}

#[tokio::test]
async fn a_reset_gives_new_identities_and_a_restart_keeps_mail_and_ports() {
    let mut server = Dovecot::start(DovecotOptions::default()).await.unwrap();
    server.inject("bob", "INBOX", &[MAIL, MAIL, MAIL]).unwrap();
    let before = server.uidvalidity("bob", "INBOX").await.unwrap();
    let after = server.reset_uidvalidity("bob", "INBOX").await.unwrap();
    assert_ne!(before, after);
    assert_eq!(server.inventory("bob", "INBOX").await.unwrap().len(), 3);
    let ports = server.ports();
    server.stop();
    assert!(tokio::net::TcpStream::connect(ports.imap_address()).await.is_err());
    server.restart().await.unwrap();
    assert_eq!(server.ports(), ports);
    assert_eq!(server.inventory("bob", "INBOX").await.unwrap().len(), 3);
}
