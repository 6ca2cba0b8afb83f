//! How the tests reach their server.

use futures::future::BoxFuture;
use mailcase_ews::{Credential, EwsAccess, EwsSource, MailboxName, ServerAddress, TokenSource};
use mailcase_mail::testkit::letter;
use mailcase_mail::{
    Cursor, Deadlines, Fetched, FolderPath, MailSource, RemoteHead, RemoteId, Scope, SourceError,
};
use mailcase_testbed::certificates::Authority;
use mailcase_testbed::ews::{EwsOptions, EwsServer};
use mailcase_transport::http::HttpClient;
use mailcase_transport::{Route, Steps, Trust};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

pub(crate) const ANN: &str = "ann@example.org";
pub(crate) const PASSWORD: &str = "Straße 7";
/// 2026-01-10T00:00:00Z: each message comes one second after the one before.
const FIRST_RECEIVED: i64 = 1_768_003_200;

/// Hands out one token after the other; the next when one was refused.
pub(crate) struct Tokens(Mutex<VecDeque<String>>);

impl Tokens {
    pub(crate) fn of(tokens: &[&str]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(tokens.iter().map(ToString::to_string).collect())))
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

impl TokenSource for Tokens {
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> BoxFuture<'a, Result<SecretString, SourceError>> {
        Box::pin(async move {
            let mut tokens = self.0.lock().unwrap();
            if refused
                .is_some_and(|refused| Some(refused.expose_secret()) == tokens.front().map(String::as_str))
                && tokens.len() > 1
            {
                tokens.pop_front();
            }
            Ok(SecretString::from(tokens.front().unwrap().as_str()))
        })
    }

    fn check<'a>(&'a self, steps: &'a mut Steps) -> BoxFuture<'a, bool> {
        steps.begin("token", "Get an access token");
        steps.passed("given");
        Box::pin(async { true })
    }
}

/// A server with one mailbox. What was asked and answered is judged at the end.
pub(crate) struct World {
    pub(crate) server: EwsServer,
    authority: Option<Authority>,
    count: AtomicI64,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(EwsOptions::default()).await
    }

    pub(crate) async fn with(options: EwsOptions) -> Self {
        let server = EwsServer::start(options).await.unwrap();
        server.add_user(ANN, PASSWORD);
        Self { server, authority: None, count: AtomicI64::new(1) }
    }

    /// With TLS by an authority of its own.
    pub(crate) async fn encrypted(options: EwsOptions) -> Self {
        let authority = Authority::new().unwrap();
        let mut world = Self::with(EwsOptions { tls: Some(authority.leaf().unwrap()), ..options }).await;
        world.authority = Some(authority);
        world
    }

    /// From now on sources do not know the authority.
    pub(crate) fn distrust(&mut self) {
        self.authority = None;
    }

    pub(crate) fn http(&self) -> HttpClient {
        let trusted: Vec<&str> = self.authority.iter().map(Authority::certificate_pem).collect();
        let trust = Trust::new(&trusted, false).unwrap();
        HttpClient::new(Route::direct(), trust, Deadlines::default())
    }

    pub(crate) fn access(&self, mailbox: &str, credential: Credential) -> EwsAccess {
        EwsAccess {
            server: ServerAddress::Url(self.server.url().parse().unwrap()),
            mailbox: MailboxName::parse(mailbox).unwrap(),
            impersonate: matches!(credential, Credential::Tokens(_)),
            http: self.http(),
            credential,
        }
    }

    pub(crate) fn source(&self) -> EwsSource {
        self.source_by(basic(ANN, PASSWORD))
    }

    pub(crate) fn source_by(&self, credential: Credential) -> EwsSource {
        EwsSource::new(self.access(ANN, credential)).unwrap()
    }

    pub(crate) fn next_second(&self) -> jiff::Timestamp {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        jiff::Timestamp::from_second(FIRST_RECEIVED + count).unwrap()
    }

    /// Something arrives in the inbox; its immutable identity.
    pub(crate) fn deliver(&self, name: &str) -> String {
        self.deliver_raw(&letter(name))
    }

    pub(crate) fn deliver_raw(&self, raw: &[u8]) -> String {
        self.server.deliver(ANN, "Inbox", raw, self.next_second()).unwrap()
    }

    pub(crate) fn id_of(&self, folder: &str, raw: &[u8]) -> String {
        let held = self.server.messages(ANN, folder).unwrap();
        held.into_iter().find(|message| message.raw == raw).expect("the message is there").id
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.server.problems(), Vec::<String>::new());
        }
    }
}

pub(crate) fn basic(user: &str, password: &str) -> Credential {
    Credential::Basic { user: user.to_owned(), password: SecretString::from(password) }
}

pub(crate) fn ntlm(user: &str, password: &str) -> Credential {
    Credential::Ntlm { user: user.to_owned(), password: SecretString::from(password) }
}

pub(crate) fn inbox() -> FolderPath {
    FolderPath::new("Inbox")
}

/// Lists until there is no more.
pub(crate) async fn list(
    source: &mut EwsSource,
    scope: Scope,
    after: Option<&Cursor>,
    limit: usize,
) -> (Vec<RemoteHead>, Cursor) {
    let mut after = after.cloned();
    let mut heads = Vec::new();
    for _ in 0..1_000 {
        let page = source.discover(&inbox(), scope, after.as_ref(), limit).await.unwrap();
        heads.extend(page.messages);
        if !page.more {
            return (heads, page.cursor);
        }
        after = Some(page.cursor);
    }
    panic!("the listing never ends");
}

pub(crate) fn ids(heads: &[RemoteHead]) -> Vec<RemoteId> {
    heads.iter().map(|head| head.id.clone()).collect()
}

/// What became of each message asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Got {
    Raw(Vec<u8>),
    Unreadable(String),
    Gone,
}

/// Fetches and collects; a message begun and not ended is not among the results.
pub(crate) async fn fetch(
    source: &mut EwsSource,
    asked: &[RemoteId],
) -> (Result<(), SourceError>, BTreeMap<RemoteId, Got>) {
    let (out, mut fetched) = mpsc::channel(4);
    let folder = inbox();
    let fetching = async {
        let result = source.fetch(&folder, asked, &out).await;
        drop(out);
        result
    };
    let collecting = async {
        let mut got = BTreeMap::new();
        let mut current: Option<(RemoteId, Vec<u8>)> = None;
        while let Some(event) = fetched.recv().await {
            let (id, what) = match event {
                Fetched::Begin(head) => {
                    current = Some((head.id, Vec::new()));
                    continue;
                }
                Fetched::Chunk(bytes) => {
                    current.as_mut().unwrap().1.extend_from_slice(&bytes);
                    continue;
                }
                Fetched::End => {
                    let (id, raw) = current.take().unwrap();
                    (id, Got::Raw(raw))
                }
                Fetched::Unreadable { id, reason } => {
                    current = None;
                    (id, Got::Unreadable(reason))
                }
                Fetched::Gone(id) => (id, Got::Gone),
            };
            assert_eq!(got.insert(id, what), None, "answered twice");
        }
        got
    };
    tokio::join!(fetching, collecting)
}
