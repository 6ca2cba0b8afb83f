//! One kind of source on one server, for tests and measurements that go past the program.

use futures::future::BoxFuture;
use mailcase_ews::EwsSource;
use mailcase_graph::{GraphAccess, GraphSource, MailboxName, TokenSource};
use mailcase_imap::ImapSource;
use mailcase_mail::{Deadlines, SourceError, SourceFactory, SourceKind};
use mailcase_testbed::graph::TOKEN;
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Steps, Trust};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Opens mailboxes by IMAP, wherever their settings lead.
#[derive(Debug, Clone, Copy)]
pub struct ImapOnly;

impl SourceFactory for ImapOnly {
    type Source = ImapSource;

    fn kinds(&self) -> Vec<SourceKind> {
        vec![mailcase_imap::kind()]
    }

    fn open(
        &self,
        _kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<ImapSource, SourceError> {
        ImapSource::from_connection(connection, secrets)
    }
}

/// Opens mailboxes by Exchange Web Services, wherever their settings lead.
#[derive(Debug, Clone, Copy)]
pub struct EwsOnly;

impl SourceFactory for EwsOnly {
    type Source = EwsSource;

    fn kinds(&self) -> Vec<SourceKind> {
        vec![mailcase_ews::kind()]
    }

    fn open(
        &self,
        _kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<EwsSource, SourceError> {
        EwsSource::from_connection(connection, secrets)
    }
}

/// Opens one mailbox of a Graph simulator.
#[derive(Debug, Clone)]
pub struct Simulated {
    pub origin: String,
    pub mailbox: String,
    /// The authority of a simulator that speaks TLS, PEM.
    pub authority: Option<String>,
}

impl SourceFactory for Simulated {
    type Source = GraphSource;

    fn kinds(&self) -> Vec<SourceKind> {
        vec![mailcase_graph::kind()]
    }

    fn open(
        &self,
        _kind: &str,
        _connection: &Map<String, Value>,
        _secrets: &BTreeMap<String, SecretString>,
    ) -> Result<GraphSource, SourceError> {
        let authority: Vec<&String> = self.authority.iter().collect();
        let trust = Trust::new(&authority, false)
            .map_err(|error| SourceError::Settings { message: error.to_string() })?;
        Ok(GraphSource::new(GraphAccess {
            origin: self.origin.clone(),
            mailbox: MailboxName::parse(&self.mailbox)?,
            http: HttpClient::new(Route::direct(), trust, Deadlines::default()),
            tokens: Arc::new(TheToken),
        }))
    }
}

/// The one token the simulator takes.
#[derive(Debug)]
struct TheToken;

impl TokenSource for TheToken {
    fn token<'a>(&'a self, _: Option<&'a SecretString>) -> BoxFuture<'a, Result<SecretString, SourceError>> {
        Box::pin(std::future::ready(Ok(SecretString::from(TOKEN))))
    }

    fn check<'a>(&'a self, _: &'a mut Steps) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(true))
    }
}
