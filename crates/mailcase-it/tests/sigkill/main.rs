//! Killed again and again in the middle of its work, Mailcase loses nothing and doubles nothing.

#![expect(clippy::indexing_slicing, reason = "a missing piece fails the test")]

mod ews;
mod graph;
mod imap;

use anyhow::{Context, Result};
use mailcase_it::{DEADLINE, Person, Server, ServerOptions, eventually};
use rand::RngExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

const USER: &str = "soc@example.test";
/// Every so many messages one is larger than a small blob, so that both kinds of storage are hit.
const LARGE_EVERY: usize = 400;
const LARGE_BYTES: usize = 1_500_000;
/// A server lives at most this long before it is killed, wherever it is then.
const LIFE_LONGEST: Duration = Duration::from_millis(900);
/// Every second one is killed at most this long after it began to store, which is in the middle of its work however fast
/// the machine is.
const WORK_LONGEST: Duration = Duration::from_millis(40);
/// At least one kill in so many has to hit work.
const KILLS_PER_HIT: usize = 4;
/// Every message is larger, and whatever else is written among the messages is smaller.
const MESSAGE_BYTES_MIN: u64 = 200;
/// Pause between two looks at whether a server began to store.
const LOOK_EVERY: Duration = Duration::from_millis(2);

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

/// Bytes of the messages that are safe in this data folder, whatever the database knows of them.
fn stored_bytes(data: &Path) -> u64 {
    let mut bytes = 0;
    let mut folders = vec![data.join("blobs")];
    while let Some(folder) = folders.pop() {
        // What vanishes while we look is no message: files get their names when they are whole.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(facts) if facts.is_dir() => folders.push(entry.path()),
                Ok(facts) => bytes += facts.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}

/// Lives of servers, and how many ended in the middle of work: something was stored, not everything was done.
#[derive(Debug, Default)]
struct Lives {
    all: usize,
    stored: usize,
    hit: usize,
}

/// One life, ended at a random moment: of its whole course, or of its work. Returns whether it stored messages.
async fn live_and_die(data: &Path, options: &ServerOptions, at_work: bool) -> Result<bool> {
    let before = stored_bytes(data);
    let server = Server::launch(data, options)?;
    if at_work {
        let began = async {
            // A server that starts takes away what the one before left unfinished.
            let mut least = before;
            loop {
                let now = stored_bytes(data);
                least = least.min(now);
                if now > least + MESSAGE_BYTES_MIN {
                    return;
                }
                tokio::time::sleep(LOOK_EVERY).await; // waits for what happens
            }
        };
        tokio::time::timeout(DEADLINE, began).await.context("the server began to store nothing")?;
    }
    let longest = if at_work { WORK_LONGEST } else { LIFE_LONGEST };
    let rest = rand::rng().random_range(Duration::ZERO..longest);
    tokio::time::sleep(rest).await; // the moment of the kill is what is random here
    server.kill().await?;
    Ok(at_work || stored_bytes(data) > before + MESSAGE_BYTES_MIN)
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
    let mut lives = Lives::default();
    for kill in 0..kills {
        let portion: Vec<Vec<u8>> =
            (kill * messages / kills..(kill + 1) * messages / kills).map(message).collect();
        for raw in &portion {
            sent.insert(data_encoding::HEXLOWER.encode(&Sha256::digest(raw)), raw.len());
        }
        mailbox.deliver(&portion)?;
        let stored = live_and_die(data.path(), &options, kill % 2 == 1 && !portion.is_empty()).await?;
        let unfinished = !mailbox.unread().await?.1.is_empty();
        lives.all += 1;
        lives.stored += usize::from(stored);
        lives.hit += usize::from(stored && unfinished);
    }
    assert_eq!(sent.len(), messages);
    assert!(lives.hit * KILLS_PER_HIT >= lives.all, "the kills hit no work: {lives:?}");

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
