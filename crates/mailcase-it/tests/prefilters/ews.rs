//! The simulator of Exchange Web Services: the same mail, the same filters, the same outcome.

use crate::{MESSAGES, SEED, Server, USER, messages, taken_by_the_filter_alone};
use anyhow::Result;
use mailcase_it::EwsOnly;
use mailcase_store::KnownRemote;
use mailcase_testbed::ews::{EwsOptions, EwsServer};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FILTERS: usize = 20;
const PASSWORD: &str = "pw";

impl Server for EwsServer {
    type Factory = EwsOnly;

    fn factory(&self) -> EwsOnly {
        EwsOnly
    }

    fn connection(&self) -> (&'static str, Value, &'static str) {
        ("ews", json!({"mailbox": USER, "server": self.url(), "tls": false, "auth": "basic"}), "inbox")
    }

    fn secrets(&self) -> BTreeMap<String, SecretString> {
        BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))])
    }

    fn size_of(&self, remote: &KnownRemote) -> Option<u64> {
        let id = self.immutable_id(&remote.remote_id)?;
        let held = self.messages(USER, "Inbox").ok()?;
        u64::try_from(held.iter().find(|message| message.id == id)?.raw.len()).ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exchange_takes_the_same_as_every_other_source() -> Result<()> {
    let mut random = StdRng::seed_from_u64(SEED);
    let messages = messages(&mut random);
    let ews = EwsServer::start(EwsOptions::default()).await?;
    ews.add_mailbox(USER);
    ews.add_user(USER, PASSWORD);
    for raw in &messages {
        ews.deliver_now(USER, raw)?;
    }
    let spared = taken_by_the_filter_alone(&ews, &mut random, &messages, FILTERS).await?;
    let asked = ews.asked();
    let searched = asked.iter().filter(|asked| asked.operation == "FindItem" && asked.status == 200);
    assert!(searched.count() >= FILTERS / 2, "the search was asked");
    assert!(spared > MESSAGES, "and spares fetching: {spared}");
    assert_eq!(ews.problems(), Vec::<String>::new());
    Ok(())
}
