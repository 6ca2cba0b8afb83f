//! What a pre-filter would have taken of the mail of the last days. Looks, keeps nothing, changes nothing.

use crate::sieve::Sieve;
use bytes::{Bytes, BytesMut};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use mailcase_evidence::{Evidence, Keyring, Means, examine};
use mailcase_mail::{Cursor, Fetched, FolderPath, MailSource, RemoteHead, RemoteId, Scope, SourceError};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// Messages looked into; of more, the newest. Somebody sits and waits, and reads the list.
pub const PREVIEW_MESSAGES: usize = 200;
/// Messages listed to find the newest of them.
const LISTED_MAX: usize = 100_000;
const LISTING: usize = 5_000;
/// Bytes of one message that are looked into: the text is at its start, files follow.
const MESSAGE_BYTES: usize = 2 << 20;
/// Chunks between the source and the preview.
const CHUNKS: usize = 4;

/// What a filter would have done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterPreview {
    /// Newest first.
    pub messages: Vec<PreviewedMessage>,
    /// Messages of these days that were not looked into.
    pub not_looked_into: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedMessage {
    pub folder: FolderPath,
    pub received: Option<Timestamp>,
    pub from: Option<String>,
    pub subject: Option<String>,
    /// The condition it does not meet, in the words of the filter's fields; `None`: it would have been taken.
    pub unmet: Option<String>,
    /// Only its beginning was looked into: what stands behind it may change the answer.
    pub cut: bool,
}

/// What messages are looked at with.
pub(crate) struct Looking<'a> {
    pub(crate) sieve: &'a Sieve,
    pub(crate) keys: Keyring,
}

/// Looks at the messages of `folders` the server received on the last `days` days.
pub(crate) async fn preview<S: MailSource>(
    source: &mut S,
    folders: &[FolderPath],
    looking: Looking<'_>,
    days: u16,
) -> Result<FilterPreview, SourceError> {
    let since = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(i64::from(days).days());
    let mut listed = Vec::new();
    for folder in folders {
        let heads = list(source, folder, since).await?;
        listed.extend(heads.into_iter().map(|head| (folder.clone(), head)));
    }
    // Folders list from the oldest on; without dates the order of the listing is the best there is.
    listed.sort_by_key(|(_, head)| std::cmp::Reverse(head.received));
    let not_looked_into = listed.len().saturating_sub(PREVIEW_MESSAGES);
    listed.truncate(PREVIEW_MESSAGES);
    let mut messages = Vec::with_capacity(listed.len());
    for folder in folders {
        let heads: HashMap<RemoteId, RemoteHead> = listed
            .iter()
            .filter(|(of, _)| of == folder)
            .map(|(_, head)| (head.id.clone(), head.clone()))
            .collect();
        look_into(source, folder, &heads, &looking, &mut messages).await?;
    }
    messages.sort_by_key(|message| std::cmp::Reverse(message.received));
    Ok(FilterPreview { messages, not_looked_into })
}

async fn list<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    since: Date,
) -> Result<Vec<RemoteHead>, SourceError> {
    let mut heads: Vec<RemoteHead> = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = source.discover(folder, Scope::NewSince(since), cursor.as_ref(), LISTING).await?;
        heads.extend(page.messages);
        if !page.more || heads.len() >= LISTED_MAX {
            return Ok(heads);
        }
        cursor = Some(page.cursor);
    }
}

async fn look_into<S: MailSource>(
    source: &mut S,
    folder: &FolderPath,
    heads: &HashMap<RemoteId, RemoteHead>,
    with: &Looking<'_>,
    messages: &mut Vec<PreviewedMessage>,
) -> Result<(), SourceError> {
    if heads.is_empty() {
        return Ok(());
    }
    let ids: Vec<RemoteId> = heads.keys().cloned().collect();
    let (out, mut fetched) = mpsc::channel(CHUNKS);
    let fetch = async {
        let result = source.fetch(folder, &ids, &out).await;
        drop(out);
        result
    };
    let looking = async {
        let mut open: Option<(RemoteId, BytesMut, bool)> = None;
        while let Some(news) = fetched.recv().await {
            match news {
                Fetched::Begin(head) => open = Some((head.id, BytesMut::new(), false)),
                Fetched::Chunk(chunk) => {
                    if let Some((_, raw, cut)) = &mut open {
                        let room = MESSAGE_BYTES.saturating_sub(raw.len());
                        *cut |= chunk.len() > room;
                        raw.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                    }
                }
                Fetched::End => {
                    if let Some((id, raw, cut)) = open.take()
                        && let Some(head) = heads.get(&id)
                        && let Some(evidence) = examined(raw.freeze(), &with.keys).await
                    {
                        messages.push(previewed(folder, head, &evidence, with.sieve, cut));
                    }
                }
                Fetched::Unreadable { .. } | Fetched::Gone(_) => open = None,
            }
        }
    };
    let (result, ()) = tokio::join!(fetch, looking);
    result
}

/// Away from the event loop; `None` when the examination was lost.
async fn examined(raw: Bytes, keys: &Keyring) -> Option<Evidence> {
    // Filters look at headers, bodies and names of files.
    let means = Means { keys: keys.clone(), scope: mailcase_evidence::Scope::Tree, ..Means::default() };
    tokio::task::spawn_blocking(move || examine(&raw, &means)).await.ok()
}

fn previewed(
    folder: &FolderPath,
    head: &RemoteHead,
    evidence: &Evidence,
    sieve: &Sieve,
    cut: bool,
) -> PreviewedMessage {
    let from = evidence.envelope.from.first();
    PreviewedMessage {
        folder: folder.clone(),
        received: head.received,
        from: from.and_then(|from| from.address.clone().or_else(|| from.name.clone())),
        subject: evidence.envelope.subject.clone(),
        unmet: sieve.admit(evidence).err().map(|unmet| unmet.field),
        cut,
    }
}
