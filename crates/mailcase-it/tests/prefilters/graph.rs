//! The Graph simulator: its search goes by words where ours goes by characters, and takes the same.

use crate::{SEED, Server, USER, messages, taken_by_the_filter_alone};
use anyhow::Result;
use mailcase_it::Simulated;
use mailcase_store::KnownRemote;
use mailcase_testbed::graph::{GraphOptions, GraphServer};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const FILTERS: usize = 20;

impl Server for GraphServer {
    type Factory = Simulated;

    fn factory(&self) -> Simulated {
        Simulated { origin: self.origin(), mailbox: USER.to_owned(), authority: None }
    }

    fn connection(&self) -> (&'static str, Value, &'static str) {
        ("graph", json!({"mailbox": USER}), "inbox")
    }

    fn secrets(&self) -> BTreeMap<String, SecretString> {
        BTreeMap::new()
    }

    fn size_of(&self, remote: &KnownRemote) -> Option<u64> {
        let held = self.messages(USER, "Inbox").ok()?;
        let found = held.iter().find(|message| message.id == remote.remote_id)?;
        u64::try_from(found.raw.len()).ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn microsoft_365_takes_the_same_as_every_other_source() -> Result<()> {
    let mut random = StdRng::seed_from_u64(SEED);
    let messages = messages(&mut random);
    let graph = GraphServer::start(GraphOptions::default()).await?;
    graph.add_mailbox(USER);
    for raw in &messages {
        graph.deliver_now(USER, raw)?;
    }
    taken_by_the_filter_alone(&graph, &mut random, &messages, FILTERS).await?;
    let asked = graph.asked();
    let searched = asked.iter().filter(|asked| asked.line.contains("$search") && asked.status == 200);
    assert!(searched.count() >= FILTERS / 2, "the search was asked");
    assert_eq!(graph.problems(), Vec::<String>::new());
    Ok(())
}
