//! Encrypted mail from a real mailbox: kept and decided like any other, read once its key comes, whatever happens to the
//! process meanwhile.

#![expect(
    clippy::indexing_slicing,
    reason = "answers of the API are read as they come; a missing field fails the test"
)]

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mailcase_it::{Person, Server, ServerOptions, eventually};
use mailcase_testbed::dovecot::{Dovecot, DovecotOptions, PASSWORD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Messages that wait for one key when the server is killed: enough that it takes a while to read them.
const WAITING: usize = 400;
const KILLS: u64 = 3;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys").join(name)
}

fn letter(name: &str) -> Result<Vec<u8>> {
    Ok(std::fs::read(fixture(name))?)
}

fn key(name: &str, password: &str, connector: Option<&str>) -> Result<Value> {
    let file = STANDARD.encode(std::fs::read(fixture(name))?);
    Ok(json!({"name": name, "file": file, "password": password, "connector_id": connector}))
}

async fn connect(person: &Person, dovecot: &Dovecot, user: &str) -> Result<String> {
    let connector = json!({
        "active": true,
        "secrets": {"password": PASSWORD},
        "settings": {
            "name": user, "api_name": user, "kind": "imap",
            "connection": {"host": dovecot.host(), "port": dovecot.ports().imap, "security": "none", "username": user},
            "backfill": {"take": "all"}, "poll_seconds": 5,
        },
    });
    Ok(person.post("/connectors", &connector).await?["id"].as_str().context("id")?.to_owned())
}

async fn until_taken(person: &Person, connector: &str, messages: usize) -> Result<()> {
    eventually("everything is acknowledged", || async {
        let counts = person.get(&format!("/connectors/{connector}")).await?["counts"].take();
        let done = counts["total"] == messages && counts["discovered"] == 0 && counts["unacknowledged"] == 0;
        Ok(done.then_some(()))
    })
    .await
}

/// The messages by subject.
async fn messages(person: &Person, query: &str) -> Result<BTreeMap<String, Value>> {
    let found = person.all(&format!("/messages{query}")).await?;
    Ok(found
        .into_iter()
        .map(|message| (message["subject"].as_str().unwrap_or_default().to_owned(), message))
        .collect())
}

/// Waits until no re-examination is under way; returns them, newest first.
async fn until_examined(person: &Person) -> Result<Vec<Value>> {
    eventually("messages are examined again", || async {
        let items = person.get("/reexaminations").await?["items"].as_array().context("items")?.clone();
        Ok(items.iter().all(|one| !one["ended_at"].is_null()).then_some(items))
    })
    .await
}

fn table(part: &Value) -> Option<&str> {
    if part["name"] == "accounts.csv" {
        return part["path"].as_str();
    }
    part["children"].as_array()?.iter().find_map(table)
}

/// What was inside is evidence, and can be downloaded.
async fn assert_opened(person: &Person, message: &Value) -> Result<()> {
    let id = message["id"].as_str().context("id")?;
    let detail = person.get(&format!("/messages/{id}")).await?;
    assert_eq!(detail["summary"]["needs_key"], false, "{message:#}");
    let found = detail["evidence"]["indicators"].to_string();
    assert!(found.contains("https://inside.example/pay"), "{found}");
    if let Some(path) = table(&detail["evidence"]["root"]) {
        let bytes = person.get_bytes(&format!("/messages/{id}/parts/content?path={path}")).await?;
        assert_eq!(bytes, b"name,iban\nAlice,DE00\n");
    }
    Ok(())
}

async fn refusal(person: &Person, body: &Value) -> Result<String> {
    match person.post("/keys", body).await {
        Ok(_) => anyhow::bail!("the key was taken"),
        Err(error) => Ok(error.to_string()),
    }
}

/// A message of more than a small blob's size, encrypted to Alice by OpenSSL.
fn large_letter() -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let line = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq\r\n";
    let inner = format!(
        "Content-Type: text/plain\r\n\r\nPay at https://inside.example/pay before noon.\r\n{}",
        line.repeat(40_000)
    );
    std::fs::write(folder.path().join("in"), inner)?;
    let done = Command::new("openssl")
        .args(["cms", "-encrypt", "-aes256", "-in", "in", "-out", "out"])
        .arg(fixture("alice.crt").canonicalize()?)
        .current_dir(folder.path())
        .output()?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let head =
        "From: mallory@evil.example\r\nSubject: For alice, large\r\nMessage-ID: <large@evil.example>\r\n";
    Ok([head.as_bytes(), &std::fs::read(folder.path().join("out"))?].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn encrypted_mail_waits_for_its_key_and_is_read_with_it() -> Result<()> {
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    let data = tempfile::tempdir()?;
    let mut server = Server::start(data.path(), &ServerOptions::default()).await?;
    let person = Person::set_up(&mut server).await?;
    let names = ["to-alice.eml", "to-bob.eml", "to-old.eml", "to-carol.eml", "to-carol-inline.eml"];
    let sent = names.iter().map(|name| letter(name)).collect::<Result<Vec<_>>>()?;
    dovecot.inject("soc", "INBOX", &sent)?;
    // The same message to Bob, and so other bytes, in another mailbox.
    let [bob, copy] = [b"For bob only", b"For bob here"].map(|subject| subject.to_vec());
    let other = String::from_utf8(letter("to-bob.eml")?)?
        .replace(std::str::from_utf8(&bob)?, std::str::from_utf8(&copy)?);
    dovecot.inject("abuse", "INBOX", &[other.into_bytes()])?;
    let soc = connect(&person, &dovecot, "soc").await?;
    let abuse = connect(&person, &dovecot, "abuse").await?;
    until_taken(&person, &soc, sent.len()).await?;
    until_taken(&person, &abuse, 1).await?;

    let waiting = messages(&person, "?needs_key=true").await?;
    assert_eq!(waiting.len(), 6, "{:?}", waiting.keys());
    for message in waiting.values() {
        assert_eq!((&message["state"], message["case"].is_null()), (&json!("decided"), false), "{message:#}");
    }
    let id = waiting["For alice only"]["id"].as_str().context("id")?;
    assert_eq!(person.get_bytes(&format!("/messages/{id}/raw")).await?, sent[0]);

    assert!(refusal(&person, &key("alice.p12", "wrong", None)?).await?.contains("key_wrong_password"));
    assert_eq!(person.get("/keys").await?["items"], json!([]));
    assert_eq!(person.get("/reexaminations").await?["items"], json!([]));

    // One that ended years ago is as good as any; one is for one mailbox only.
    person.post("/keys", &key("alice.p12", "secret", None)?).await?;
    until_examined(&person).await?;
    person.post("/keys", &key("old.p12", "secret", None)?).await?;
    person.post("/keys", &key("carol.asc", "secret", None)?).await?;
    person.post("/keys", &key("bob.p12", "secret", Some(&abuse))?).await?;
    let runs = until_examined(&person).await?;
    let opened: u64 = runs.iter().filter_map(|run| run["opened"].as_u64()).sum();
    assert_eq!(opened, 5, "{runs:#?}");
    let waiting = messages(&person, "?needs_key=true").await?;
    assert_eq!(waiting.keys().collect::<Vec<_>>(), ["For bob only"]);
    let all = messages(&person, "").await?;
    assert_eq!(all.len(), 6);
    for (subject, message) in all.iter().filter(|(subject, _)| *subject != "For bob only") {
        assert_opened(&person, message).await.with_context(|| subject.clone())?;
    }
    assert_eq!(person.all("/cases").await?.len(), 6, "no case came or went");

    // Mail that comes now is read at once, while it is received and when it is larger than memory is given for.
    let later = String::from_utf8(letter("to-carol.eml")?)?.replace("For carol only", "For carol later");
    dovecot.inject("soc", "INBOX", &[later.into_bytes(), large_letter()?])?;
    until_taken(&person, &soc, sent.len() + 2).await?;
    let all = messages(&person, "").await?;
    assert_opened(&person, &all["For carol later"]).await?;
    assert_opened(&person, &all["For alice, large"]).await?;
    assert_eq!(person.get("/reexaminations").await?["items"].as_array().map(Vec::len), Some(runs.len()));
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_a_re_examination_ends_exactly() -> Result<()> {
    let dovecot = Dovecot::start(DovecotOptions::default()).await?;
    let data = tempfile::tempdir()?;
    let options = ServerOptions::default();
    let mut server = Server::start(data.path(), &options).await?;
    let mut person = Person::set_up(&mut server).await?;
    let pattern = String::from_utf8(letter("to-old.eml")?)?;
    let sent: Vec<Vec<u8>> = (0..WAITING)
        .map(|n| {
            let own = pattern.replace("For old only", &format!("For old {n}"));
            own.replace("<for-old@", &format!("<for-old-{n}@")).into_bytes()
        })
        .collect();
    dovecot.inject("soc", "INBOX", &sent)?;
    let soc = connect(&person, &dovecot, "soc").await?;
    until_taken(&person, &soc, WAITING).await?;
    person.post("/keys", &key("old.p12", "secret", None)?).await?;
    let job = async |person: &Person| -> Result<Value> {
        person.get("/reexaminations").await?["items"].get(0).cloned().context("a job")
    };
    let count = |job: &Value| job["examined"].as_u64().unwrap_or_default();
    let mut examined = 0;
    let mut killed_at_work = 0;
    for _ in 0..KILLS {
        let standing = eventually("some of it is done", || async {
            let job = job(&person).await?;
            Ok((count(&job) > examined).then_some(job))
        })
        .await?;
        server.kill().await?;
        killed_at_work += u64::from(standing["ended_at"].is_null());
        examined = count(&standing);
        server = Server::start(data.path(), &options).await?;
        person = Person::sign_in(&server).await?;
        assert!(count(&job(&person).await?) >= examined, "what was done stays done");
        if examined >= WAITING as u64 {
            break;
        }
    }
    assert!(killed_at_work > 0, "it was over before it could be killed");
    let runs = until_examined(&person).await?;
    assert_eq!(runs.len(), 1);
    let done = &runs[0];
    for counted in ["total", "examined", "changed", "opened"] {
        assert_eq!(done[counted], WAITING, "{counted} of {done:#}");
    }
    assert_eq!(
        (&done["state"], &done["failed"], &done["changes"]["opened"]),
        (&json!("done"), &json!(0), &json!(WAITING))
    );
    let detail = person.get(&format!("/reexaminations/{}", done["id"].as_str().context("id")?)).await?;
    assert_eq!(detail["messages"].as_array().map(Vec::len), Some(WAITING));
    assert_eq!(messages(&person, "?needs_key=true").await?.len(), 0);
    let all = messages(&person, "").await?;
    assert_eq!(all.len(), WAITING);
    assert_opened(&person, &all["For old 0"]).await?;
    assert_opened(&person, &all[&format!("For old {}", WAITING - 1)]).await?;
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}
