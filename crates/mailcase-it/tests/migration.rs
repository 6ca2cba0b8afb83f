//! From Exchange Web Services to Graph and back with the real binary: both see one mailbox, mail keeps coming, the servers
//! fail half-way, the program is killed in the middle.

#![expect(clippy::indexing_slicing, reason = "a missing piece fails the test")]

use anyhow::{Context, Result};
use mailcase_it::{Person, Server, ServerOptions, eventually};
use mailcase_testbed::ews::Fault as EwsFault;
use mailcase_testbed::graph::Fault as GraphFault;
use mailcase_testbed::microsoft::Microsoft;
use mailcase_testbed::oidc::{OidcClient, TENANT};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const USER: &str = "soc@example.test";
const SECRET: &str = "a secret of some length";
/// How often the program is killed while it changes over.
const KILLS: u64 = 6;

fn letter(name: &str) -> Vec<u8> {
    format!("From: a@example.org\r\nSubject: {name}\r\nMessage-ID: <{name}@example.org>\r\n\r\n{name}\r\n")
        .into_bytes()
}

struct Move {
    microsoft: Microsoft,
    sent: BTreeSet<String>,
}

impl Move {
    async fn start() -> Result<Self> {
        let client =
            OidcClient { id: "app".to_owned(), secret: Some(SECRET.to_owned()), ..OidcClient::default() };
        let microsoft = Microsoft::start(vec![client]).await?;
        microsoft.graph.add_mailbox(USER);
        Ok(Self { microsoft, sent: BTreeSet::new() })
    }

    fn send(&mut self, name: &str) -> Result<()> {
        self.microsoft.graph.deliver_now(USER, &letter(name))?;
        self.sent.insert(name.to_owned());
        Ok(())
    }

    fn connection(&self) -> Value {
        json!({
            "mailbox": USER,
            "oauth": {"tenant": TENANT, "client_id": "app"},
            "trusted_certificates": self.microsoft.authorities(),
            "proxy": {"kind": "http", "host": "127.0.0.1", "port": self.microsoft.proxy_port()},
        })
    }

    fn by_ews(&self) -> Value {
        let mut connection = self.connection();
        connection["auth"] = json!("oauth");
        json!({
            "active": true,
            "secrets": {"client_secret": SECRET},
            "settings": {
                "name": "Reports", "api_name": "reports", "kind": "ews", "connection": connection, "poll_seconds": 3600,
            },
        })
    }

    fn to_graph(&self) -> Value {
        json!({"kind": "graph", "connection": self.connection(), "secrets": {"client_secret": SECRET}})
    }

    /// Every message is here once, in a case of its own, and the books are balanced.
    async fn settled(&self, person: &Person, connector: &str) -> Result<()> {
        eventually("everything is stored and decided once", || async {
            let stored = person.all("/messages").await?;
            let decided = stored.iter().all(|message| message["state"] == "decided");
            Ok((decided && stored.len() >= self.sent.len()).then_some(()))
        })
        .await?;
        let mut subjects: Vec<String> = Vec::new();
        for message in person.all("/messages").await? {
            subjects.push(message["subject"].as_str().context("a subject")?.to_owned());
        }
        subjects.sort();
        assert_eq!(subjects, self.sent.iter().cloned().collect::<Vec<_>>(), "each message once");
        assert_eq!(person.all("/cases").await?.len(), self.sent.len());
        eventually("everything is marked read", || async {
            let held = self.microsoft.graph.messages(USER, "Inbox")?;
            Ok(held.iter().all(|message| message.read).then_some(()))
        })
        .await?;
        let accounting = person.post(&format!("{connector}/accounting"), &Value::Null).await?;
        assert_eq!(accounting["balanced"], true, "{accounting:#}");
        Ok(())
    }
}

async fn kind(person: &Person, connector: &str) -> Result<String> {
    Ok(person.get(connector).await?["settings"]["kind"].as_str().context("a kind")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_moves_from_ews_to_graph_and_back() -> Result<()> {
    let mut moving = Move::start().await?;
    moving.microsoft.graph.deliver_now(USER, &letter("read before the first run"))?;
    let old = moving.microsoft.graph.messages(USER, "Inbox")?[0].id.clone();
    moving.microsoft.graph.mark_read(USER, &old)?;
    for n in 0..30 {
        moving.send(&format!("ews {n}"))?;
    }
    let data = tempfile::tempdir()?;
    let options = ServerOptions::default();
    let mut server = Server::start(data.path(), &options).await?;
    let person = Person::set_up(&mut server).await?;
    let made = person.post("/connectors", &moving.by_ews()).await?;
    assert!(made["notice"].as_str().context("a notice")?.contains("1 April 2027"));
    let connector = format!("/connectors/{}", made["id"].as_str().context("id")?);
    let (migration, switch) = (format!("{connector}/migration"), format!("{connector}/migration/switch"));
    moving.settled(&person, &connector).await?;

    person.post(&migration, &moving.to_graph()).await?;
    moving.microsoft.graph.plan_fault("$batch", 0, 50, GraphFault::error(500, "generalException"));
    let trouble = person.post(&format!("{migration}/comparison"), &Value::Null).await?;
    assert!(trouble["agrees"] == false && !trouble["trouble"].is_null(), "{trouble:#}");
    moving.microsoft.graph.clear_faults();
    let compared = person.post(&format!("{migration}/comparison"), &Value::Null).await?;
    assert_eq!(
        (&compared["agrees"], &compared["folders"][0]["both"]),
        (&json!(true), &json!(31)),
        "{compared:#}"
    );
    assert_eq!(compared["folders"][0]["read"], compared["folders"][0]["equal"], "{compared:#}");

    // Either server fails half-way: nothing has changed, and mail keeps coming by EWS.
    moving.microsoft.graph.plan_fault("/messages/delta", 0, 50, GraphFault::CutAfter(200));
    assert!(person.post(&switch, &Value::Null).await.is_err());
    moving.microsoft.graph.clear_faults();
    moving.microsoft.ews.plan_fault("Item", 0, 50, EwsFault::status(503));
    assert!(person.post(&switch, &Value::Null).await.is_err());
    moving.microsoft.ews.clear_faults();
    assert_eq!(kind(&person, &connector).await?, "ews");
    moving.send("between two tries")?;
    moving.settled(&person, &connector).await?;

    let passed = person.post(&switch, &Value::Null).await?;
    assert_eq!(
        (&passed["known"], kind(&person, &connector).await?.as_str()),
        (&json!(31), "graph"),
        "{passed}"
    );
    for n in 0..10 {
        moving.send(&format!("graph {n}"))?;
    }
    moving.settled(&person, &connector).await?;
    moving.send("on request")?;
    person.post(&format!("{connector}/poll"), &Value::Null).await?;
    moving.settled(&person, &connector).await?;

    // And back.
    let passed = person.post(&switch, &Value::Null).await?;
    assert_eq!(
        (&passed["known"], kind(&person, &connector).await?.as_str()),
        (&json!(42), "ews"),
        "{passed}"
    );
    moving.send("ews again")?;
    moving.settled(&person, &connector).await?;
    assert_eq!(moving.microsoft.graph.problems(), Vec::<String>::new());
    assert_eq!(moving.microsoft.ews.problems(), Vec::<String>::new());
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_it_nothing_is_missed_or_doubled() -> Result<()> {
    let mut moving = Move::start().await?;
    for n in 0..40 {
        moving.send(&format!("first {n}"))?;
    }
    let data = tempfile::tempdir()?;
    let options = ServerOptions::default();
    let mut server = Server::start(data.path(), &options).await?;
    let mut person = Person::set_up(&mut server).await?;
    let made = person.post("/connectors", &moving.by_ews()).await?;
    let connector = format!("/connectors/{}", made["id"].as_str().context("id")?);
    let (migration, switch) = (format!("{connector}/migration"), format!("{connector}/migration/switch"));
    moving.settled(&person, &connector).await?;
    person.post(&migration, &moving.to_graph()).await?;
    for kill in 0..KILLS {
        let other = person.get(&migration).await?["migration"].take();
        if other["state"] == "shadow" {
            let compared = person.post(&format!("{migration}/comparison"), &Value::Null).await?;
            assert_eq!(compared["agrees"], true, "{compared:#}");
        }
        moving.send(&format!("before kill {kill}"))?;
        let switching = tokio::spawn({
            let (person, switch) = (person.clone(), switch.clone());
            async move { person.post(&switch, &Value::Null).await }
        });
        // The moment of the kill is what is different each time.
        tokio::time::sleep(Duration::from_millis(kill * 25)).await;
        server.kill().await?;
        // Cut off, or done a moment before.
        drop(switching.await?);
        moving.send(&format!("after kill {kill}"))?;
        server = Server::start(data.path(), &options).await?;
        person = Person::sign_in(&server).await?;
        moving.settled(&person, &connector).await?;
    }
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}
