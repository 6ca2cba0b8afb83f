//! Killed again and again in the middle of its work, Mailcase loses nothing and doubles nothing.

use anyhow::{Context, Result};
use mailcase_it::{Person, Server, ServerOptions, eventually};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use rand::RngExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const USER: &str = "soc";
/// Every so many messages one is larger than a small blob, so that both kinds of storage are hit.
const LARGE_EVERY: usize = 400;
const LARGE_BYTES: usize = 1_500_000;
/// A server lives at most this long before it is killed.
const LIFE_LONGEST: Duration = Duration::from_millis(900);

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn message(number: usize) -> Vec<u8> {
    let answers = if number % 10 == 3 {
        format!("In-Reply-To: <{}@example.org>\r\n", number - 1)
    } else {
        String::new()
    };
    let mut raw = format!(
        "From: Reporter {number} <reporter{number}@example.org>\r\nTo: soc@example.test\r\nSubject: Report {number}\r\n\
         Message-ID: <{number}@example.org>\r\n{answers}Date: Sat, 21 Nov 2026 07:00:00 +0000\r\n\r\n\
         Seen at http://bad{number}.example.com/login\r\n"
    )
    .into_bytes();
    if number % LARGE_EVERY == LARGE_EVERY - 1 {
        while raw.len() < LARGE_BYTES {
            raw.extend_from_slice(b"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq\r\n");
        }
    }
    raw
}

fn connector(dovecot: &Dovecot) -> Value {
    json!({
        "active": true,
        "secrets": {"password": PASSWORD},
        "settings": {
            "name": "Reports", "api_name": "reports", "kind": "imap",
            "connection": {"host": dovecot.host(), "port": dovecot.ports().imap, "security": "none", "username": USER},
            "backfill": {"take": "all"}, "poll_seconds": 5,
        },
    })
}

/// Longer by command: `MAILCASE_KILLS=1000 MAILCASE_KILL_MESSAGES=20000 cargo test -p mailcase-it --test sigkill`.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_however_often_it_is_killed() -> Result<()> {
    let kills = setting("MAILCASE_KILLS", 50);
    let messages = setting("MAILCASE_KILL_MESSAGES", 2_000);
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    let data = tempfile::tempdir()?;
    let options = ServerOptions::default();

    let mut server = Server::start(data.path(), &options).await?;
    let person = Person::set_up(&mut server).await?;
    let id = person.post("/connectors", &connector(&dovecot)).await?["id"].as_str().context("id")?.to_owned();
    server.kill().await?;

    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for kill in 0..kills {
        let portion: Vec<Vec<u8>> =
            (kill * messages / kills..(kill + 1) * messages / kills).map(message).collect();
        for raw in &portion {
            sent.insert(data_encoding::HEXLOWER.encode(&Sha256::digest(raw)), raw.len());
        }
        dovecot.inject(USER, "INBOX", &portion)?;
        let life = rand::rng().random_range(Duration::ZERO..LIFE_LONGEST);
        let server = Server::launch(data.path(), &options)?;
        tokio::time::sleep(life).await; // the moment of the kill is what is random here
        server.kill().await?;
    }
    assert_eq!(sent.len(), messages);

    let server = Server::start(data.path(), &options).await?;
    let person = Person::sign_in(&server).await?;
    let path = format!("/connectors/{id}");
    eventually("everything is acknowledged", || async {
        let counts = person.get(&path).await?["counts"].take();
        let done = counts["total"] == messages && counts["discovered"] == 0 && counts["unacknowledged"] == 0;
        Ok(done.then_some(()))
    })
    .await?;
    check(&person, &dovecot, &sent).await?;
    let accounting = person.post(&format!("{path}/accounting"), &Value::Null).await?;
    assert_eq!(accounting["balanced"], true, "{accounting:#}");
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}

async fn check(person: &Person, dovecot: &Dovecot, sent: &BTreeMap<String, usize>) -> Result<()> {
    let held = dovecot.inventory(USER, "INBOX").await?;
    assert_eq!(held.len(), sent.len(), "the server's own inventory");
    let unread: Vec<_> = held.iter().filter(|message| !message.seen()).map(|message| message.uid).collect();
    assert!(unread.is_empty(), "not marked read: {unread:?}");

    let stored = person.all("/messages").await?;
    assert_eq!(stored.len(), sent.len(), "each message once");
    let mut hashes = BTreeSet::new();
    for message in &stored {
        assert_eq!(message["state"], "decided", "{message:#}");
        assert!(!message["case"].is_null(), "{message:#}");
        let raw =
            person.get_bytes(&format!("/messages/{}/raw", message["id"].as_str().context("id")?)).await?;
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&raw));
        assert_eq!(sent.get(&hash), Some(&raw.len()), "the very bytes that were sent");
        hashes.insert(hash);
    }
    assert_eq!(hashes.len(), sent.len());
    // One message in ten answers the one before it and so joins its case.
    let cases = person.all("/cases").await?;
    let answers = (0..sent.len()).filter(|number| number % 10 == 3).count();
    assert_eq!(cases.len(), sent.len() - answers, "no case is made twice");
    Ok(())
}
