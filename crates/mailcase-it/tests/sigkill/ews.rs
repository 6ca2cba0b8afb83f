//! The simulator of Exchange Web Services, as a server on premises: TLS by an authority of its own, NTLM.

use crate::{Mailbox, USER, killed_again_and_again};
use anyhow::Result;
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::ews::{ChannelBinding, Event, EwsOptions, EwsServer, Scheme};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PASSWORD: &str = "Straße 7";

struct OnPremises {
    ews: EwsServer,
    authority: Authority,
}

impl Mailbox for OnPremises {
    fn connector(&self) -> Value {
        json!({
            "active": true,
            "secrets": {"password": PASSWORD},
            "settings": {
                "name": "Reports", "api_name": "reports", "kind": "ews",
                "connection": {
                    "mailbox": USER, "server": self.ews.url(), "auth": "ntlm",
                    "trusted_certificates": [self.authority.certificate_pem()],
                },
                "backfill": {"take": "all"}, "poll_seconds": 5,
            },
        })
    }

    fn deliver(&self, messages: &[Vec<u8>]) -> Result<()> {
        for raw in messages {
            self.ews.deliver_now(USER, raw)?;
        }
        Ok(())
    }

    async fn unread(&self) -> Result<(usize, Vec<String>)> {
        let held = self.ews.messages(USER, "Inbox")?;
        let unread = held.iter().filter(|message| !message.read).map(|message| message.id.clone());
        Ok((held.len(), unread.collect()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_on_exchange_either() -> Result<()> {
    let authority = Authority::new()?;
    let options = EwsOptions {
        tls: Some(authority.leaf()?),
        schemes: vec![Scheme::Ntlm(ChannelBinding::Required)],
        ..EwsOptions::default()
    };
    let ews = EwsServer::start(options).await?;
    ews.add_mailbox(USER);
    ews.add_user(USER, PASSWORD);
    let exchange = OnPremises { ews, authority };
    killed_again_and_again(&exchange, 30, 1_000).await?;
    let mut served: BTreeMap<String, usize> = BTreeMap::new();
    for entry in exchange.ews.ledger() {
        match entry.event {
            Event::Arrived | Event::MarkedRead => {}
            Event::Served { complete } => *served.entry(entry.id).or_default() += usize::from(complete),
            other => panic!("nobody asked for {other:?}"),
        }
    }
    assert!(served.values().all(|times| *times >= 1), "what is stored was served");
    assert_eq!(exchange.ews.problems(), Vec::<String>::new());
    Ok(())
}
