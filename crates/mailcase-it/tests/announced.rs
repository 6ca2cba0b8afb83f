//! Microsoft 365 tells the real binary of new mail, through whatever takes TLS off in front of it.

use anyhow::{Context, Result};
use mailcase_it::{Person, Server, ServerOptions, eventually};
use mailcase_testbed::edge::Edge;
use mailcase_testbed::microsoft::Microsoft;
use mailcase_testbed::oidc::{OidcClient, TENANT};
use serde_json::json;

const USER: &str = "soc@example.test";
const SECRET: &str = "a secret of some length";
const PUBLIC: &str = "mailcase.example.org";

fn letter(name: &str) -> Vec<u8> {
    format!("From: a@example.org\r\nSubject: {name}\r\nMessage-ID: <{name}@example.org>\r\n\r\n{name}\r\n")
        .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_fetched_when_microsoft_tells_of_it() -> Result<()> {
    let client =
        OidcClient { id: "app".to_owned(), secret: Some(SECRET.to_owned()), ..OidcClient::default() };
    let microsoft = Microsoft::start(vec![client]).await?;
    microsoft.graph.add_mailbox(USER);
    let data = tempfile::tempdir()?;
    let mut server = Server::start(data.path(), &ServerOptions::default()).await?;
    let person = Person::set_up(&mut server).await?;
    let connector = json!({
        "active": true,
        "secrets": {"client_secret": SECRET},
        "settings": {
            "name": "Reports", "api_name": "reports", "kind": "graph",
            "connection": {
                "mailbox": USER,
                "oauth": {"tenant": TENANT, "client_id": "app"},
                "trusted_certificates": microsoft.authorities(),
                "proxy": {"kind": "http", "host": "127.0.0.1", "port": microsoft.proxy_port()},
            },
            // A day: no poll will find it in time.
            "backfill": {"take": "all"}, "poll_seconds": 86_400,
        },
    });
    person.post("/connectors", &connector).await?;
    assert_eq!(server.terminate().await?, Some(0));

    let edge = Edge::start(&microsoft.certificate_for(PUBLIC)?).await?;
    let public_url = format!("https://{PUBLIC}:{}", edge.port());
    let environment = vec![("MAILCASE_PUBLIC_URL".to_owned(), public_url)];
    let server = Server::start(data.path(), &ServerOptions { environment }).await?;
    edge.lead_to(server.url().rsplit(':').next().context("a port")?.parse()?);
    eventually("Microsoft is asked to tell of changes", || async {
        let asked = microsoft.graph.asked();
        Ok(asked
            .iter()
            .any(|asked| asked.line.contains("POST /subscriptions") && asked.status == 201)
            .then_some(()))
    })
    .await?;
    for name in ["first", "second"] {
        microsoft.graph.deliver_now(USER, &letter(name))?;
        eventually("the message is safe here and marked read there", || async {
            let held = microsoft.graph.messages(USER, "Inbox")?;
            Ok(held.iter().all(|message| message.read).then_some(()))
        })
        .await?;
    }
    assert_eq!(microsoft.graph.problems(), Vec::<String>::new());
    assert_eq!(server.terminate().await?, Some(0));
    Ok(())
}
