//! The Graph simulator: a source that asks its server nothing takes the same.

use crate::{SEED, Server, USER, messages, taken_by_the_filter_alone};
use anyhow::Result;
use futures::future::BoxFuture;
use mailcase_graph::{GraphAccess, GraphSource, MailboxName, TokenSource};
use mailcase_mail::{Deadlines, SourceError, SourceFactory, SourceKind};
use mailcase_store::KnownRemote;
use mailcase_testbed::graph::{GraphOptions, GraphServer, TOKEN};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Steps, Trust};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const FILTERS: usize = 20;

#[derive(Debug)]
struct TheToken;

impl TokenSource for TheToken {
    fn token<'a>(&'a self, _: Option<&'a SecretString>) -> BoxFuture<'a, Result<SecretString, SourceError>> {
        Box::pin(async { Ok(SecretString::from(TOKEN)) })
    }

    fn check<'a>(&'a self, _: &'a mut Steps) -> BoxFuture<'a, bool> {
        Box::pin(async { true })
    }
}

pub(crate) struct Simulated {
    origin: String,
}

impl SourceFactory for Simulated {
    type Source = GraphSource;

    fn kinds(&self) -> Vec<SourceKind> {
        vec![mailcase_graph::kind()]
    }

    fn open(
        &self,
        _: &str,
        _: &Map<String, Value>,
        _: &BTreeMap<String, SecretString>,
    ) -> Result<GraphSource, SourceError> {
        Ok(GraphSource::new(GraphAccess {
            origin: self.origin.clone(),
            mailbox: MailboxName::parse(USER)?,
            http: HttpClient::new(Route::direct(), Trust::default(), Deadlines::default()),
            tokens: Arc::new(TheToken),
        }))
    }
}

impl Server for GraphServer {
    type Factory = Simulated;

    fn factory(&self) -> Simulated {
        Simulated { origin: self.origin() }
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
    assert_eq!(graph.problems(), Vec::<String>::new());
    Ok(())
}
