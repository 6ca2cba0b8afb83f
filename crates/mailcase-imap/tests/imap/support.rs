//! How the tests reach their servers.

use mailcase_imap::{ImapSettings, ImapSource};
use mailcase_mail::{Deadlines, Fetched, FolderPath, MailSource, RemoteId, SourceError};
use mailcase_testbed::dovecot::{Dovecot, PASSWORD};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;

pub(crate) fn inbox() -> FolderPath {
    FolderPath::new("INBOX")
}

pub(crate) fn secrets(name: &str, secret: &str) -> BTreeMap<String, SecretString> {
    BTreeMap::from([(name.to_owned(), SecretString::from(secret))])
}

/// A source with `more` settings on top of host, user and no encryption.
pub(crate) fn source_at(port: u16, more: Value, secrets: &BTreeMap<String, SecretString>) -> ImapSource {
    let mut connection = json!({
        "host": "127.0.0.1", "port": port, "security": "none", "username": "ann@example.org"
    });
    connection.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings: ImapSettings = serde_json::from_value(connection).unwrap();
    ImapSource::new(&settings, secrets).unwrap()
}

pub(crate) fn plain(server: &Dovecot) -> ImapSource {
    source_at(server.ports().imap, json!({}), &secrets("password", PASSWORD))
}

/// Deadlines a test can wait out.
pub(crate) fn short() -> Deadlines {
    Deadlines { connect: Duration::from_millis(300), silence: Duration::from_millis(300) }
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
    source: &mut ImapSource,
    folder: &FolderPath,
    ids: &[RemoteId],
) -> (Result<(), SourceError>, BTreeMap<RemoteId, Got>) {
    let (out, mut fetched) = mpsc::channel(4);
    let fetching = async move {
        let result = source.fetch(folder, ids, &out).await;
        drop(out);
        result
    };
    let collecting = async {
        let mut got = BTreeMap::new();
        let mut current: Option<(RemoteId, Vec<u8>)> = None;
        let mut settle = |id: RemoteId, what: Got| {
            assert_eq!(got.insert(id, what), None, "answered twice");
        };
        while let Some(event) = fetched.recv().await {
            match event {
                Fetched::Begin(head) => {
                    assert!(current.is_none(), "a message began within another");
                    current = Some((head.id, Vec::new()));
                }
                Fetched::Chunk(bytes) => {
                    assert!(!bytes.is_empty() && bytes.len() <= mailcase_mail::CHUNK_MAX_BYTES);
                    current.as_mut().unwrap().1.extend_from_slice(&bytes);
                }
                Fetched::End => {
                    let (id, raw) = current.take().unwrap();
                    settle(id, Got::Raw(raw));
                }
                Fetched::Unreadable { id, reason } => {
                    current = None;
                    settle(id, Got::Unreadable(reason));
                }
                Fetched::Gone(id) => settle(id, Got::Gone),
            }
        }
        got
    };
    tokio::join!(fetching, collecting)
}
