//! Two servers on one PostgreSQL, one S3 store and one mailbox: when one is killed the other goes on, and nothing is
//! lost or doubled.

#![expect(
    clippy::indexing_slicing,
    reason = "answers of the API are read as they come; a missing field fails the test"
)]

use anyhow::{Context, Result};
use mailcase_it::{Person, Server, ServerOptions, eventually};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use mailcase_testbed::postgres::Postgres;
use mailcase_testbed::s3::S3;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const USER: &str = "soc";
const PORTION: usize = 300;

fn message(number: usize) -> Vec<u8> {
    format!(
        "From: Reporter <reporter{number}@example.org>\r\nTo: soc@example.test\r\nSubject: Report {number}\r\n\
         Message-ID: <{number}@example.org>\r\n\r\nReport number {number}\r\n"
    )
    .into_bytes()
}

fn portion(number: usize) -> Vec<Vec<u8>> {
    (number * PORTION..(number + 1) * PORTION).map(message).collect()
}

fn options(name: &str, database: &str, s3: &S3, key: &Path) -> ServerOptions {
    let setting = |name: &str, value: &str| (format!("MAILCASE_{name}"), value.to_owned());
    ServerOptions {
        environment: vec![
            setting("REPLICA", name),
            setting("DATABASE_URL", database),
            setting("MASTER_KEY_FILE", &key.display().to_string()),
            setting("BLOBS_STORE", "s3"),
            setting("BLOBS_S3_ENDPOINT", &s3.endpoint()),
            setting("BLOBS_S3_BUCKET", S3::BUCKET),
            setting("BLOBS_S3_ACCESS_KEY", S3::ACCESS_KEY),
            setting("BLOBS_S3_SECRET_KEY", S3::SECRET_KEY),
            setting("BLOBS_S3_ALLOW_HTTP", "true"),
        ],
    }
}

async fn until_settled(person: &Person, connector: &str, messages: usize) -> Result<()> {
    eventually("everything is acknowledged", || async {
        let counts = person.get(&format!("/connectors/{connector}")).await?["counts"].take();
        let done = counts["total"] == messages && counts["discovered"] == 0 && counts["unacknowledged"] == 0;
        Ok(done.then_some(()))
    })
    .await
}

/// The server that runs the connector now, by the name it was given.
async fn holder(person: &Person, connector: &str) -> Result<String> {
    eventually("somebody runs the connector", || async {
        let found = person.get(&format!("/connectors/{connector}")).await?;
        let owner = found["status"]["leased_by"].as_str();
        Ok(owner
            .and_then(|owner| ["first", "second"].into_iter().find(|name| owner.contains(name)))
            .map(str::to_owned))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_two_servers_is_killed_the_other_goes_on() -> Result<()> {
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    let postgres = Postgres::start().await?;
    let database = postgres.create_database().await?;
    let s3 = S3::start().await?;
    let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
    let key = folders[0].path().join("shared.key");
    std::fs::write(&key, "07".repeat(32))?;

    let mut first = Server::start(folders[0].path(), &options("first", &database, &s3, &key)).await?;
    let person = Person::set_up(&mut first).await?;
    let second = Server::start(folders[1].path(), &options("second", &database, &s3, &key)).await?;
    let at_second = Person::sign_in(&second).await?;

    dovecot.inject(USER, "INBOX", &portion(0))?;
    dovecot.inject(USER, "INBOX", &portion(1))?;
    let connector = json!({
        "active": true,
        "secrets": {"password": PASSWORD},
        "settings": {
            "name": "Reports", "api_name": "reports", "kind": "imap",
            "connection": {"host": dovecot.host(), "port": dovecot.ports().imap, "security": "none", "username": USER},
            "backfill": {"take": "all"}, "poll_seconds": 5,
        },
    });
    let id = person.post("/connectors", &connector).await?["id"].as_str().context("id")?.to_owned();
    let holder = holder(&person, &id).await?;

    // Kill the one that works, while it works; more mail arrives at that moment.
    let path = format!("/connectors/{id}");
    eventually("the mail is listed", || async {
        Ok((person.get(&path).await?["counts"]["total"] != 0).then_some(()))
    })
    .await?;
    let (survivor, person) = if holder == "first" {
        first.kill().await?;
        (second, at_second)
    } else {
        second.kill().await?;
        (first, person)
    };
    let unread = dovecot.inventory(USER, "INBOX").await?.iter().filter(|message| !message.seen()).count();
    let counts = person.get(&path).await?["counts"].take();
    assert!(counts["total"] != 0 && unread > 0, "the kill hit no work: {unread} unread, {counts:#}");
    dovecot.inject(USER, "INBOX", &portion(2))?;
    until_settled(&person, &id, 3 * PORTION).await?;

    let held = dovecot.inventory(USER, "INBOX").await?;
    assert_eq!(held.len(), 3 * PORTION);
    assert!(held.iter().all(|message| message.seen()));
    let messages = person.all("/messages").await?;
    let subjects: BTreeSet<&str> =
        messages.iter().filter_map(|message| message["subject"].as_str()).collect();
    assert_eq!((messages.len(), subjects.len()), (3 * PORTION, 3 * PORTION));
    assert_eq!(person.all("/cases").await?.len(), 3 * PORTION);
    let accounting = person.post(&format!("/connectors/{id}/accounting"), &Value::Null).await?;
    assert_eq!(accounting["balanced"], true, "{accounting:#}");
    assert_eq!(survivor.terminate().await?, Some(0));
    Ok(())
}
