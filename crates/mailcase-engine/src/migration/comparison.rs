//! Do both sources see the same messages?

use super::{Pair, PairedFolder, Sources, no_other_source};
use crate::error::EngineError;
use crate::remote::Remote;
use jiff::Timestamp;
use mailcase_core::ConnectorId;
use mailcase_core::connector::Connector;
use mailcase_mail::{Fetched, FolderPath, MailSource, RemoteHead, RemoteId, SourceError};
use mailcase_store::{BlobHash, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc;

/// Differences listed one by one; beyond this only their number is given.
const LISTED: usize = 50;
/// Messages compared byte for byte, the newest of each folder: enough to see whether the bytes are the same at all.
const READ: usize = 10;
/// Chunks between the source and the hash.
const CHUNKS: usize = 4;

/// What comparing the two sources of a connector came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    pub at: Timestamp,
    /// Why they could not be compared, and what to do about it.
    pub trouble: Option<Trouble>,
    pub folders: Vec<FolderComparison>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderComparison {
    /// As the source in use calls it.
    pub here: String,
    pub there: String,
    /// Messages both sources see.
    pub both: u64,
    /// Messages the other source does not see.
    pub only_here: u64,
    /// Messages the source in use does not see.
    pub only_there: u64,
    /// Messages of the other source of which nobody can say what the source in use calls them.
    pub unnamed: u64,
    /// The first 50 of these.
    pub differences: Vec<Difference>,
    /// Of both, read through the other source and compared with what is stored.
    pub read: u64,
    /// Of these, equal in every byte. Where a server puts messages together anew for each protocol, they need not be.
    pub equal: u64,
}

/// A message the sources do not agree about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub remote_id: String,
    pub what: DifferenceKind,
    pub size: Option<u64>,
    pub received: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    OnlyHere,
    OnlyThere,
    Unnamed,
}

impl Comparison {
    /// Whether the other source sees what the source in use does, message for message.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.trouble.is_none()
            && !self.folders.is_empty()
            && self.folders.iter().all(FolderComparison::agrees)
    }
}

impl FolderComparison {
    const fn agrees(&self) -> bool {
        self.only_here == 0 && self.only_there == 0 && self.unnamed == 0
    }
}

/// Compares and keeps the result, also when there is none.
pub(crate) async fn compare(
    store: &Store,
    remote: &dyn Remote,
    connector: Connector,
) -> Result<Comparison, EngineError> {
    let (organization, id) = (connector.organization, connector.id);
    let other = store.other_source(organization, id).await?.ok_or_else(no_other_source)?;
    let compared = async { remote.compare(Pair::load(store, remote, connector, &other).await?).await };
    let (trouble, folders) = match compared.await {
        Ok(folders) => (None, folders),
        Err(EngineError::Source(error)) => {
            let hint = error.hint().map(str::to_owned);
            (Some(Trouble { message: error.to_string(), hint }), Vec::new())
        }
        Err(error) => return Err(error),
    };
    let comparison = Comparison { at: Timestamp::now(), trouble, folders };
    store.save_comparison(organization, id, &comparison, comparison.agrees()).await?;
    Ok(comparison)
}

/// Lists the folder by both sources. What comes or goes meanwhile is no difference.
pub(crate) async fn compare_folder<S: MailSource>(
    sources: &mut Sources<S>,
    folder: &PairedFolder,
    store: &Store,
    connector: ConnectorId,
) -> Result<FolderComparison, EngineError> {
    let before = ids(sources.here.inventory(&folder.here).await?);
    let there = sources.there.inventory(&folder.there).await?;
    let after = sources.here.inventory(&folder.here).await?;
    let asked: Vec<RemoteId> = there.iter().map(|head| head.id.clone()).collect();
    let names = sources.names_here(&asked).await?;
    let after_ids: HashSet<&RemoteId> = after.iter().map(|head| &head.id).collect();
    let mut comparison = FolderComparison {
        here: folder.here.to_string(),
        there: folder.there.to_string(),
        both: 0,
        only_here: 0,
        only_there: 0,
        unnamed: 0,
        differences: Vec::new(),
        read: 0,
        equal: 0,
    };
    let mut seen_there: HashSet<&RemoteId> = HashSet::new();
    let mut both: Vec<(&RemoteHead, &RemoteId)> = Vec::new();
    for (head, name) in there.iter().zip(&names) {
        match name {
            None => comparison.differs(DifferenceKind::Unnamed, head),
            Some(name) if before.contains(name) || after_ids.contains(name) => {
                seen_there.insert(name);
                both.push((head, name));
            }
            Some(_) => comparison.differs(DifferenceKind::OnlyThere, head),
        }
    }
    for head in &after {
        if before.contains(&head.id) && !seen_there.contains(&head.id) {
            comparison.differs(DifferenceKind::OnlyHere, head);
        }
    }
    comparison.both = count(both.len());
    both.sort_by_key(|(head, _)| std::cmp::Reverse(head.received));
    both.truncate(READ);
    read(sources, folder, store, connector, &both, &mut comparison).await?;
    Ok(comparison)
}

impl FolderComparison {
    fn differs(&mut self, what: DifferenceKind, head: &RemoteHead) {
        let counted = match what {
            DifferenceKind::OnlyHere => &mut self.only_here,
            DifferenceKind::OnlyThere => &mut self.only_there,
            DifferenceKind::Unnamed => &mut self.unnamed,
        };
        *counted = counted.saturating_add(1);
        if self.differences.len() < LISTED {
            let RemoteHead { id, size, received, .. } = head.clone();
            self.differences.push(Difference { remote_id: id.as_str().to_owned(), what, size, received });
        }
    }
}

/// Reads some messages by the other source and compares them with what is stored of them.
async fn read<S: MailSource>(
    sources: &mut Sources<S>,
    folder: &PairedFolder,
    store: &Store,
    connector: ConnectorId,
    both: &[(&RemoteHead, &RemoteId)],
    comparison: &mut FolderComparison,
) -> Result<(), EngineError> {
    let names: Vec<&str> = both.iter().map(|(_, name)| name.as_str()).collect();
    let stored = store.stored_hashes(connector, folder.here.as_str(), &names).await?;
    let stored: HashMap<RemoteId, BlobHash> =
        both.iter().filter_map(|(head, name)| Some((head.id.clone(), *stored.get(name.as_str())?))).collect();
    let ids: Vec<RemoteId> = stored.keys().cloned().collect();
    let read = hashes(&mut sources.there, &folder.there, &ids).await?;
    comparison.read = count(read.len());
    comparison.equal = count(read.iter().filter(|(id, hash)| stored.get(id) == Some(hash)).count());
    Ok(())
}

/// The hashes of what could be read.
async fn hashes<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    ids: &[RemoteId],
) -> Result<Vec<(RemoteId, BlobHash)>, SourceError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (out, mut fetched) = mpsc::channel(CHUNKS);
    let fetch = async {
        let result = source.fetch(folder, ids, &out).await;
        drop(out);
        result
    };
    let hashing = async {
        let mut open: Option<(RemoteId, Sha256)> = None;
        let mut hashes = Vec::new();
        while let Some(news) = fetched.recv().await {
            match news {
                Fetched::Begin(head) => open = Some((head.id, Sha256::new())),
                Fetched::Chunk(chunk) => {
                    if let Some((_, hasher)) = &mut open {
                        hasher.update(&chunk);
                    }
                }
                Fetched::End => {
                    let ended = open.take();
                    hashes.extend(ended.map(|(id, hasher)| (id, BlobHash::new(hasher.finalize().into()))));
                }
                Fetched::Unreadable { .. } | Fetched::Gone(_) => open = None,
            }
        }
        hashes
    };
    let (result, hashes) = tokio::join!(fetch, hashing);
    result.map(|()| hashes)
}

fn ids(heads: Vec<RemoteHead>) -> HashSet<RemoteId> {
    heads.into_iter().map(|head| head.id).collect()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
