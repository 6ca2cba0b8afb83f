//! The Graph simulator and an OpenID provider, which the binary takes for Microsoft's: its proxy leads the names there.

use crate::{Mailbox, USER, killed_again_and_again};
use anyhow::Result;
use mailcase_testbed::graph::Event;
use mailcase_testbed::microsoft::Microsoft;
use mailcase_testbed::oidc::{OidcClient, TENANT};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SECRET: &str = "a secret of some length";

impl Mailbox for Microsoft {
    fn connector(&self) -> Value {
        json!({
            "active": true,
            "secrets": {"client_secret": SECRET},
            "settings": {
                "name": "Reports", "api_name": "reports", "kind": "graph",
                "connection": {
                    "mailbox": USER,
                    "oauth": {"tenant": TENANT, "client_id": "app"},
                    "trusted_certificates": self.authorities(),
                    "proxy": {"kind": "http", "host": "127.0.0.1", "port": self.proxy_port()},
                },
                "backfill": {"take": "all"}, "poll_seconds": 5,
            },
        })
    }

    fn deliver(&self, messages: &[Vec<u8>]) -> Result<()> {
        for raw in messages {
            self.graph.deliver_now(USER, raw)?;
        }
        Ok(())
    }

    async fn unread(&self) -> Result<(usize, Vec<String>)> {
        let held = self.graph.messages(USER, "Inbox")?;
        let unread = held.iter().filter(|message| !message.read).map(|message| message.id.clone());
        Ok((held.len(), unread.collect()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_on_microsoft_365_either() -> Result<()> {
    let client =
        OidcClient { id: "app".to_owned(), secret: Some(SECRET.to_owned()), ..OidcClient::default() };
    let microsoft = Microsoft::start(vec![client]).await?;
    microsoft.graph.add_mailbox(USER);
    killed_again_and_again(&microsoft, 30, 1_000).await?;
    let mut served: BTreeMap<String, usize> = BTreeMap::new();
    for entry in microsoft.graph.ledger() {
        match entry.event {
            Event::Arrived | Event::MarkedRead => {}
            Event::Served { complete } => *served.entry(entry.id).or_default() += usize::from(complete),
            other => panic!("nobody asked for {other:?}"),
        }
    }
    assert!(served.values().all(|times| *times >= 1), "what is stored was served");
    assert_eq!(microsoft.graph.problems(), Vec::<String>::new());
    Ok(())
}
