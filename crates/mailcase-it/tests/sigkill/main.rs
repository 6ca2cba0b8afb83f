//! Killed again and again in the middle of its work, Mailcase loses nothing and doubles nothing.

#![expect(clippy::indexing_slicing, reason = "a missing piece fails the test")]

mod ews;
mod graph;
mod imap;

use anyhow::{Context, Result};
use mailcase_it::{Person, Server, ServerOptions, eventually};
use rand::RngExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const USER: &str = "soc@example.test";
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

/// The mailbox that is read while the reader is killed.
trait Mailbox {
    /// The connector for it, as the API takes it.
    fn connector(&self) -> Value;

    /// New messages arrive.
    fn deliver(&self, messages: &[Vec<u8>]) -> Result<()>;

    /// How many messages it holds, and which of them were not marked read.
    async fn unread(&self) -> Result<(usize, Vec<String>)>;
}

/// Longer by command: `MAILCASE_KILLS=1000 MAILCASE_KILL_MESSAGES=20000 cargo test -p mailcase-it --test sigkill`.
async fn killed_again_and_again(mailbox: &impl Mailbox, kills: usize, messages: usize) -> Result<()> {
    let kills = setting("MAILCASE_KILLS", kills);
    let messages = setting("MAILCASE_KILL_MESSAGES", messages);
    let data = tempfile::tempdir()?;
    let options = ServerOptions::default();

    let mut server = Server::start(data.path(), &options).await?;
    let person = Person::set_up(&mut server).await?;
    let id = person.post("/connectors", &mailbox.connector()).await?["id"].as_str().context("id")?.to_owned();
    server.kill().await?;

    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    for kill in 0..kills {
        let portion: Vec<Vec<u8>> =
            (kill * messages / kills..(kill + 1) * messages / kills).map(message).collect();
        for raw in &portion {
            sent.insert(data_encoding::HEXLOWER.encode(&Sha256::digest(raw)), raw.len());
        }
        mailbox.deliver(&portion)?;
        let life = rand::rng().random_range(Duration::ZERO..LIFE_LONGEST);
        let server = Server::launch(data.path(), &options)?;
        tokio::time::sleep(life).await; // the moment of the kill is what is random here
        server.kill().await?;
    }
    assert_eq!(sent.len(), messages);

    let server = Server::start(data.path(), &options).await?;
    let person = Person::sign_in(&server).await?;
    let path = format!("/connectors/{id}");
    let acknowledged = eventually("everything is acknowledged", || async {
        let counts = person.get(&path).await?["counts"].take();
        let done = counts["total"] == messages && counts["discovered"] == 0 && counts["unacknowledged"] == 0;
        Ok(done.then_some(()))
    });
    if let Err(error) = acknowledged.await {
        return Err(error.context(format!("{:#}", person.get(&path).await?)));
    }
    let (held, unread) = mailbox.unread().await?;
    assert_eq!(held, messages, "the server's own inventory");
    assert!(unread.is_empty(), "not marked read: {unread:?}");
    check(&person, &sent).await?;
    let accounting = person.post(&format!("{path}/accounting"), &Value::Null).await?;
    assert_eq!(accounting["balanced"], true, "{accounting:#}");
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}

async fn check(person: &Person, sent: &BTreeMap<String, usize>) -> Result<()> {
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
