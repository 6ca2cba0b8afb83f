//! Looking through a folder: by delta query, or by lists where that is not to be had.

use crate::client::{Call, GraphClient};
use crate::refusal::Trouble;
use crate::wire::{Entry, HeadShape, Page, is_identity, relative, segment};
use jiff::Timestamp;
use mailcase_mail::{RemoteHead, RemoteId, SourceError};
use std::collections::BTreeMap;

/// Heads asked for at once in a delta. Servers give fewer when they like.
const DELTA_PAGE_MAX: usize = 500;
/// Heads asked for at once in a list: the most there may be.
const LIST_PAGE: usize = 1000;
/// More messages than this a folder does not hold, whatever the server says: what it says is kept in memory.
const MESSAGES_MAX: usize = 5_000_000;
/// How often a pass is begun anew when the server lost its thread.
const STARTS_MAX: usize = 3;
/// A server that goes on about nothing is going in circles.
const IDLE_PAGES_MAX: usize = 100;
const SELECT: &str = "$select=receivedDateTime,isRead";

/// Everything in a folder, oldest first, and the link to what comes afterwards if the server gives one.
#[derive(Debug)]
pub(crate) struct Everything {
    pub(crate) heads: Vec<RemoteHead>,
    pub(crate) link: Option<String>,
    /// The server has no deltas for us now.
    pub(crate) no_delta: bool,
}

/// How a page of a delta ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    More(String),
    End(String),
    /// Neither link is there, which happens.
    Vanished,
}

/// One page of a delta.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) heads: Vec<RemoteHead>,
    pub(crate) removed: Vec<RemoteId>,
    pub(crate) next: Next,
}

/// Which messages a list is of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Which {
    pub(crate) since: Option<Timestamp>,
    pub(crate) unread: bool,
    /// As soon as there are so many and no younger one can be as old as these, it is enough.
    pub(crate) enough: Option<usize>,
}

/// One folder to look through.
#[derive(Debug, Clone)]
pub(crate) struct Scan<'a> {
    client: &'a GraphClient,
    /// `/users/…/mailFolders/…/messages`.
    path: String,
}

pub(crate) fn by_age(heads: &mut [RemoteHead]) {
    heads.sort_by(|a, b| (a.received, &a.id).cmp(&(b.received, &b.id)));
}

impl<'a> Scan<'a> {
    pub(crate) fn new(client: &'a GraphClient, root: &str, folder: &str) -> Self {
        Self { client, path: format!("{root}/mailFolders/{}/messages", segment(folder)) }
    }

    /// One page from where a link leads, or from the start, of at most `size` if the server obeys.
    pub(crate) async fn changes(&self, link: Option<&str>, size: usize) -> Result<Changes, Trouble> {
        let start = format!("{}/delta?{SELECT}", self.path);
        let size = size.clamp(1, DELTA_PAGE_MAX);
        let call = Call::get(link.map_or(start, str::to_owned));
        let call = call.preferring(format!("odata.maxpagesize={size}"));
        let page: Page<Entry> = self.client.json(&call).await?;
        let next = match (page.next, page.delta) {
            (Some(next), _) => Next::More(self.follow(&next)?),
            (None, Some(delta)) => Next::End(self.follow(&delta)?),
            (None, None) => Next::Vanished,
        };
        let mut changes = Changes { heads: Vec::new(), removed: Vec::new(), next };
        for entry in page.value {
            let head = head(entry.head)?;
            if entry.removed.is_some() {
                changes.removed.push(head.id);
            } else {
                changes.heads.push(head);
            }
        }
        Ok(changes)
    }

    fn follow(&self, link: &str) -> Result<String, SourceError> {
        relative(self.client.base(), link).ok_or_else(|| SourceError::Protocol {
            message: "Graph sent a link to another server".to_owned(),
        })
    }

    /// The whole folder: by delta if the server can, otherwise by lists.
    pub(crate) async fn everything(&self, try_delta: bool) -> Result<Everything, Trouble> {
        let mut no_delta = !try_delta;
        for _ in 0..STARTS_MAX {
            if no_delta {
                break;
            }
            match self.round().await {
                Ok(Some(everything)) => return Ok(everything),
                // A link vanished: perhaps it is there the next time.
                Ok(None) => {}
                Err(Trouble::Refused(refusal)) if refusal.is_resync() => {}
                Err(Trouble::Refused(refusal)) if refusal.is_no_delta() => no_delta = true,
                Err(trouble) => return Err(trouble),
            }
        }
        let heads = self.list(Which::default()).await?;
        Ok(Everything { heads, link: None, no_delta: true })
    }

    /// A first round from its start to its end; nothing when the way on vanished.
    async fn round(&self) -> Result<Option<Everything>, Trouble> {
        let mut found: BTreeMap<RemoteId, RemoteHead> = BTreeMap::new();
        let mut link = None;
        let mut progress = Progress::default();
        loop {
            let changes = self.changes(link.as_deref(), DELTA_PAGE_MAX).await?;
            for id in &changes.removed {
                found.remove(id);
            }
            found.extend(changes.heads.into_iter().map(|head| (head.id.clone(), head)));
            progress.with(found.len())?;
            match changes.next {
                Next::More(next) => link = Some(next),
                Next::End(delta) => {
                    let mut heads: Vec<RemoteHead> = found.into_values().collect();
                    by_age(&mut heads);
                    return Ok(Some(Everything { heads, link: Some(delta), no_delta: false }));
                }
                Next::Vanished => return Ok(None),
            }
        }
    }

    /// A list, oldest first. Goes on from the age of the last message and not by the links of the server, which count
    /// places: a message taken out meanwhile would shift another one past us.
    pub(crate) async fn list(&self, which: Which) -> Result<Vec<RemoteHead>, Trouble> {
        let mut found: BTreeMap<RemoteId, RemoteHead> = BTreeMap::new();
        let mut from = which.since;
        let mut skip = 0;
        let mut progress = Progress::default();
        loop {
            let call = Call::get(self.list_path(from, which.unread, skip));
            let page: Page<HeadShape> = self.client.json(&call).await?;
            let size = page.value.len();
            let heads = page.value.into_iter().map(head).collect::<Result<Vec<RemoteHead>, _>>()?;
            let last = heads.iter().filter_map(|head| head.received).max();
            let before = found.len();
            found.extend(heads.into_iter().map(|head| (head.id.clone(), head)));
            progress.with(found.len())?;
            let is_more = found.len() > before || page.next.is_some();
            let complete = |enough: usize| {
                found.values().filter(|head| head.received.is_none() || head.received < last).count()
                    >= enough
            };
            if size == 0 || !is_more || which.enough.is_some_and(complete) {
                break;
            }
            if last > from {
                (from, skip) = (last, 0);
            } else {
                // All of one second: only places tell them apart.
                skip += size;
            }
        }
        let mut heads: Vec<RemoteHead> = found.into_values().collect();
        by_age(&mut heads);
        Ok(heads)
    }

    fn list_path(&self, from: Option<Timestamp>, unread: bool, skip: usize) -> String {
        // What is sorted by has to come first in the filter.
        let from = match (from, unread) {
            (Some(from), _) => Some(from),
            (None, true) => Some(Timestamp::UNIX_EPOCH),
            (None, false) => None,
        };
        let filter = from.map_or_else(String::new, |from| {
            let unread = if unread { "%20and%20isRead%20eq%20false" } else { "" };
            let from = from.strftime("%Y-%m-%dT%H:%M:%SZ");
            format!("&$filter=receivedDateTime%20ge%20{from}{unread}")
        });
        let skip = if skip == 0 { String::new() } else { format!("&$skip={skip}") };
        format!("{}?{SELECT}{filter}&$orderby=receivedDateTime&$top={LIST_PAGE}{skip}", self.path)
    }
}

/// A head whose identity is one.
fn head(shape: HeadShape) -> Result<RemoteHead, SourceError> {
    if is_identity(&shape.id) && shape.id.len() <= RemoteId::MAX_BYTES {
        return Ok(shape.into_head());
    }
    Err(SourceError::Protocol { message: "Graph names a message by what is no identity".to_owned() })
}

/// Whether a pass gets anywhere.
#[derive(Debug, Default)]
struct Progress {
    found: usize,
    idle: usize,
}

impl Progress {
    /// After each page: how many were found so far.
    fn with(&mut self, found: usize) -> Result<(), SourceError> {
        self.idle = if found > self.found { 0 } else { self.idle.saturating_add(1) };
        self.found = found;
        if self.idle > IDLE_PAGES_MAX {
            let message = format!("Graph answered with {IDLE_PAGES_MAX} pages in which nothing was new");
            return Err(SourceError::Protocol { message });
        }
        if found > MESSAGES_MAX {
            let message = format!("Graph lists more than {MESSAGES_MAX} messages in one folder");
            return Err(SourceError::Protocol { message });
        }
        Ok(())
    }
}
