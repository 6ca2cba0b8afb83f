//! The one match on the kind of a connector. A new protocol is one variant here.

use mailcase_ews::EwsSource;
use mailcase_folder::FolderSource;
use mailcase_graph::GraphSource;
use mailcase_imap::ImapSource;
use mailcase_mail::{
    ActOutcome, AnnounceTo, Announced, Announcement, BegunGrant, Capabilities, CheckReport, Criterion,
    Cursor, Discovery, Expiry, FetchedSender, Folder, FolderPath, Glance, GrantAnswer, GrantRequest, Granted,
    Interrupt, MailSource, RefreshTokens, RemoteAction, RemoteHead, RemoteId, Scope, SourceError,
    SourceFactory, SourceKind, Translation, Wake,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

/// Opens sources of every kind there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources;

/// A source of any kind.
#[derive(Debug)]
pub(crate) enum AnySource {
    Imap(Box<ImapSource>),
    Graph(Box<GraphSource>),
    Ews(Box<EwsSource>),
    Folder(Box<FolderSource>),
}

impl SourceFactory for Sources {
    type Source = AnySource;

    fn kinds(&self) -> Vec<SourceKind> {
        vec![
            mailcase_imap::kind(),
            mailcase_graph::kind(),
            mailcase_ews::kind(),
            mailcase_folder::source_kind(),
        ]
    }

    fn open(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<AnySource, SourceError> {
        match kind {
            mailcase_imap::KIND => ImapSource::from_connection(connection, secrets).map(AnySource::imap),
            mailcase_graph::KIND => GraphSource::from_connection(connection, secrets).map(AnySource::graph),
            mailcase_ews::KIND => EwsSource::from_connection(connection, secrets).map(AnySource::ews),
            mailcase_folder::KIND => {
                FolderSource::open(connection).map(|source| AnySource::Folder(Box::new(source)))
            }
            _ => Err(unknown(kind)),
        }
    }

    fn announced(&self, kind: &str, announcement: &Announcement, secret: &SecretString) -> Announced {
        match kind {
            mailcase_graph::KIND => mailcase_graph::announced(announcement, secret),
            _ => Announced::Nothing,
        }
    }

    fn expiries(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Vec<Expiry> {
        match kind {
            mailcase_imap::KIND => mailcase_imap::expiries(connection, secrets),
            mailcase_graph::KIND => mailcase_graph::expiries(connection, secrets),
            mailcase_ews::KIND => mailcase_ews::expiries(connection, secrets),
            _ => Vec::new(),
        }
    }

    fn notice(&self, kind: &str, connection: &Map<String, Value>) -> Option<String> {
        match kind {
            mailcase_ews::KIND => mailcase_ews::notice(connection),
            _ => None,
        }
    }

    fn needs_grant(&self, kind: &str, connection: &Map<String, Value>) -> bool {
        match kind {
            mailcase_imap::KIND => mailcase_imap::needs_grant(connection),
            mailcase_graph::KIND => mailcase_graph::needs_grant(connection),
            mailcase_ews::KIND => mailcase_ews::needs_grant(connection),
            _ => false,
        }
    }

    fn open_granted(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        tokens: Arc<dyn RefreshTokens>,
    ) -> Result<AnySource, SourceError> {
        match kind {
            mailcase_imap::KIND => ImapSource::from_granted(connection, secrets, tokens).map(AnySource::imap),
            mailcase_graph::KIND => {
                GraphSource::from_granted(connection, secrets, tokens).map(AnySource::graph)
            }
            mailcase_ews::KIND => EwsSource::from_granted(connection, secrets, tokens).map(AnySource::ews),
            _ => self.open(kind, connection, secrets),
        }
    }

    fn begin_grant(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        request: &GrantRequest,
    ) -> Result<BegunGrant, SourceError> {
        match kind {
            mailcase_imap::KIND => mailcase_imap::begin_grant(connection, secrets, request),
            mailcase_graph::KIND => mailcase_graph::begin_grant(connection, secrets, request),
            mailcase_ews::KIND => mailcase_ews::begin_grant(connection, secrets, request),
            _ => Err(unknown(kind)),
        }
    }

    async fn complete_grant(
        &self,
        kind: &str,
        connection: &Map<String, Value>,
        secrets: &BTreeMap<String, SecretString>,
        answer: GrantAnswer,
    ) -> Result<Granted, SourceError> {
        match kind {
            mailcase_imap::KIND => mailcase_imap::complete_grant(connection, secrets, answer).await,
            mailcase_graph::KIND => mailcase_graph::complete_grant(connection, secrets, answer).await,
            mailcase_ews::KIND => mailcase_ews::complete_grant(connection, secrets, answer).await,
            _ => Err(unknown(kind)),
        }
    }
}

impl AnySource {
    fn imap(source: ImapSource) -> Self {
        Self::Imap(Box::new(source))
    }

    fn graph(source: GraphSource) -> Self {
        Self::Graph(Box::new(source))
    }

    fn ews(source: EwsSource) -> Self {
        Self::Ews(Box::new(source))
    }
}

fn unknown(kind: &str) -> SourceError {
    SourceError::Settings { message: format!("`{kind}` is no kind of connector") }
}

/// Hands a call to whichever source it is.
macro_rules! each {
    ($any:expr, $source:ident => $call:expr) => {
        match $any {
            AnySource::Imap($source) => $call,
            AnySource::Graph($source) => $call,
            AnySource::Ews($source) => $call,
            AnySource::Folder($source) => $call,
        }
    };
}

impl MailSource for AnySource {
    fn capabilities(&self) -> Capabilities {
        each!(self, source => source.capabilities())
    }

    async fn check(&mut self, folders: &[FolderPath]) -> CheckReport {
        each!(self, source => source.check(folders).await)
    }

    async fn folders(&mut self) -> Result<Vec<Folder>, SourceError> {
        each!(self, source => source.folders().await)
    }

    async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        each!(self, source => source.discover(folder, scope, after, limit).await)
    }

    async fn glance(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        criteria: &[Criterion],
    ) -> Result<Vec<Glance>, SourceError> {
        each!(self, source => source.glance(folder, ids, criteria).await)
    }

    async fn fetch(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        out: &FetchedSender,
    ) -> Result<(), SourceError> {
        each!(self, source => source.fetch(folder, ids, out).await)
    }

    async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        each!(self, source => source.inventory(folder).await)
    }

    async fn act(
        &mut self,
        folder: &FolderPath,
        ids: &[RemoteId],
        action: &RemoteAction,
    ) -> Result<Vec<ActOutcome>, SourceError> {
        each!(self, source => source.act(folder, ids, action).await)
    }

    fn was_before_first_run(&self, cursor: &Cursor, id: &RemoteId) -> bool {
        each!(self, source => source.was_before_first_run(cursor, id))
    }

    fn leaving_out(&self, cursor: &Cursor, ids: &[RemoteId]) -> Cursor {
        each!(self, source => source.leaving_out(cursor, ids))
    }

    async fn translate(
        &mut self,
        ids: &[RemoteId],
        way: Translation,
    ) -> Result<Vec<Option<RemoteId>>, SourceError> {
        each!(self, source => source.translate(ids, way).await)
    }

    fn announce_to(&mut self, target: AnnounceTo) {
        each!(self, source => source.announce_to(target));
    }

    async fn wait(
        &mut self,
        folders: &[FolderPath],
        until: Instant,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        each!(self, source => source.wait(folders, until, interrupt).await)
    }
}
