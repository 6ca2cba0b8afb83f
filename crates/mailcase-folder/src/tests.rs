//! The conformance suite on every layout, and what is particular to each.

mod benches;
mod directories;
mod files;
mod mboxes;
mod settings;

pub(crate) use benches::mbox_of;

use crate::FolderSource;
use mailcase_mail::{Cursor, Fetched, FolderPath, MailSource, RemoteHead, RemoteId, Scope, SourceError};
use serde_json::json;
use std::path::Path;
use tokio::sync::mpsc;

mod maildir_conformance {
    mailcase_mail::conformance_suite!(super::benches::MaildirBench::new());
}

mod files_conformance {
    mailcase_mail::conformance_suite!(super::benches::FilesBench::new());
}

mod mbox_conformance {
    mailcase_mail::conformance_suite!(super::benches::MboxBench::new());
}

fn inbox() -> FolderPath {
    FolderPath::new("INBOX")
}

fn source(path: &Path) -> FolderSource {
    source_with(path, json!({}))
}

fn source_with(path: &Path, more: serde_json::Value) -> FolderSource {
    let mut connection = more.as_object().unwrap().clone();
    connection.insert("path".to_owned(), json!(path));
    FolderSource::open(&connection).unwrap()
}

/// Lists everything to the end.
async fn list(source: &mut FolderSource, after: Option<&Cursor>) -> (Vec<RemoteHead>, Cursor) {
    let mut heads = Vec::new();
    let mut after = after.cloned();
    loop {
        let page = source.discover(&inbox(), Scope::NewFromAll, after.as_ref(), 2).await.unwrap();
        heads.extend(page.messages);
        if !page.more {
            return (heads, page.cursor);
        }
        after = Some(page.cursor);
    }
}

/// What a fetch says, chunks joined.
async fn fetch(source: &mut FolderSource, id: &RemoteId) -> Result<Vec<Fetched>, SourceError> {
    let (out, mut received) = mpsc::channel(64);
    source.fetch(&inbox(), std::slice::from_ref(id), &out).await?;
    drop(out);
    let mut said = Vec::new();
    while let Some(fetched) = received.recv().await {
        said.push(fetched);
    }
    Ok(said)
}

async fn raw(source: &mut FolderSource, id: &RemoteId) -> Vec<u8> {
    let said = fetch(source, id).await.unwrap();
    assert_eq!(said.last(), Some(&Fetched::End), "{id}");
    said.into_iter()
        .filter_map(|fetched| match fetched {
            Fetched::Chunk(chunk) => Some(chunk.to_vec()),
            _ => None,
        })
        .collect::<Vec<_>>()
        .concat()
}
