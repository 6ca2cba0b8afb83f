//! What is new in a folder.
//!
//! The first listing goes through the whole folder by delta query, which gives no order, and sorts it here. Then each
//! round of the delta gives what changed. When the server loses the thread, the folder is gone through anew, without
//! what the first listing left out; the caller's ledger knows the rest. Without deltas, the cursor knows it.

use crate::refusal::Trouble;
use crate::scan::{Everything, Next, Scan, Which, by_age};
use crate::settings::KIND;
use crate::source::GraphSource;
use jiff::{SignedDuration, Timestamp};
use mailcase_mail::{Cursor, Discovery, FolderPath, Hashes, Position, RemoteHead, Reset, Scope, SourceError};
use std::time::Duration;
use tokio::time::Instant;

/// Deltas refused for want of quota are not asked for again before.
const NO_DELTA_FOR: Duration = Duration::from_secs(3600);
/// How far our clock and that of Exchange may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(10);
/// Pages looked at in one call before its caller hears of it, when nothing in them is for the caller.
const PAGES_MAX: usize = 50;
const DOING: &str = "list the folder";

/// What is still to be listed of a pass through the whole folder.
#[derive(Debug)]
pub(crate) struct Rest {
    /// The cursor that was handed out with the last page of it.
    cursor: Cursor,
    heads: Vec<RemoteHead>,
    /// Where the deltas go on after the pass.
    link: Option<String>,
}

/// What one call lists.
struct Listing {
    heads: Vec<RemoteHead>,
    more: bool,
}

impl GraphSource {
    pub(crate) async fn list(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        let id = self.folder_id(folder).await?;
        let result = self.list_in(&id, scope, after, limit.max(1)).await;
        let discovery = result.map_err(|trouble| trouble.of_folder(folder, DOING));
        if matches!(discovery, Err(SourceError::FolderNotFound { .. })) {
            self.forget_folder(folder);
        }
        discovery
    }

    async fn list_in(
        &mut self,
        folder: &str,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, Trouble> {
        // What is kept in mind is good for the call that follows, or for none.
        let rest = self.rest.take();
        let mut position = after.map(|cursor| Position::parse(KIND, cursor)).transpose()?;
        let mut reset = None;
        if position.as_ref().is_some_and(|position| position.folder != folder) {
            position = Some(Position::new(KIND, folder.to_owned()));
            let reason =
                "another folder is at the path of the one that was watched; it is listed anew".to_owned();
            reset = Some(Reset { reason });
        }
        let (position, listing) = if scope == Scope::Unseen {
            self.unseen(folder, position, limit).await?
        } else {
            let rest = rest.filter(|rest| reset.is_none() && Some(&rest.cursor) == after);
            match (position, rest) {
                (Some(position), Some(rest)) => self.page(position, rest.heads, rest.link, limit, true),
                (Some(position), None) if position.unread_until.is_none() => {
                    self.changed(position, limit).await?
                }
                (position, _) => self.first(folder, position, scope, limit).await?,
            }
        };
        let (messages, cursor) = (listing.heads, position.to_cursor());
        if let Some(rest) = &mut self.rest {
            rest.cursor = cursor.clone();
        }
        Ok(Discovery { messages, cursor, more: listing.more, reset })
    }

    async fn everything(&mut self, folder: &str) -> Result<Everything, Trouble> {
        let try_delta = self.no_delta_until.is_none_or(|until| Instant::now() >= until);
        let found = Scan::new(&self.client, &self.root, folder).everything(try_delta).await?;
        if found.no_delta && try_delta {
            self.no_delta_until = Some(Instant::now() + NO_DELTA_FOR);
        }
        Ok(found)
    }

    /// The first listing: decides what is left out for good.
    async fn first(
        &mut self,
        folder: &str,
        before: Option<Position>,
        scope: Scope,
        limit: usize,
    ) -> Result<(Position, Listing), Trouble> {
        let unread_until = before.and_then(|position| position.unread_until);
        let found = self.everything(folder).await?;
        let (wanted, out): (Vec<_>, Vec<_>) =
            found.heads.into_iter().partition(|head| scope.takes_first(head, unread_until));
        let mut position = Position::new(KIND, folder.to_owned());
        position.out = Hashes::of(out.iter().map(|head| &head.id));
        position.newest_out = out.iter().filter_map(|head| head.received).max();
        Ok(self.page(position, wanted, found.link, limit, false))
    }

    /// One page of a pass through the whole folder; the rest of it is kept in mind for the next call. Whoever has
    /// forgotten it goes through the folder again, without what was seen.
    fn page(
        &mut self,
        mut position: Position,
        mut heads: Vec<RemoteHead>,
        link: Option<String>,
        limit: usize,
        goes_on: bool,
    ) -> (Position, Listing) {
        let rest = heads.split_off(limit.min(heads.len()));
        position.unread_until = None;
        position.unread_after = None;
        position.mark = None;
        let more = !rest.is_empty();
        match link {
            // What came during a pass of several pages is behind the link already.
            Some(link) if !more => {
                position.mark = Some(link);
                position.seen.clear();
                return (position, Listing { heads, more: goes_on });
            }
            link => {
                for head in &heads {
                    position.seen.insert(&head.id);
                }
                // The cursor is made, and put in, when the page is complete.
                self.rest = more.then(|| Rest { cursor: Cursor::new(""), heads: rest, link });
            }
        }
        (position, Listing { heads, more })
    }

    /// What changed since the position.
    async fn changed(
        &mut self,
        mut position: Position,
        limit: usize,
    ) -> Result<(Position, Listing), Trouble> {
        if let Some(link) = position.mark.clone() {
            match self.round(&mut position, link, limit).await {
                Ok(Some(listing)) => return Ok((position, listing)),
                Ok(None) => {}
                Err(Trouble::Refused(refusal)) if refusal.is_resync() => {
                    tracing::info!("the server lost the thread of a folder; it is gone through anew");
                }
                Err(Trouble::Refused(refusal)) if refusal.is_no_delta() => {
                    self.no_delta_until = Some(Instant::now() + NO_DELTA_FOR);
                }
                Err(trouble) => return Err(trouble),
            }
            position.mark = None;
            position.seen.clear();
        }
        let found = self.everything(&position.folder.clone()).await?;
        if found.link.is_none() {
            let present = Hashes::of(found.heads.iter().map(|head| &head.id));
            position.seen.keep_only(&present);
            position.out.keep_only(&present);
        }
        let is_new = |head: &RemoteHead| {
            !position.seen.contains(&head.id) && !position.leaves_out(&head.id, head.received)
        };
        let new = found.heads.into_iter().filter(is_new).collect();
        Ok(self.page(position, new, found.link, limit, false))
    }

    /// Pages of the delta until there is something to list; nothing when the way on vanished.
    async fn round(
        &self,
        position: &mut Position,
        mut link: String,
        limit: usize,
    ) -> Result<Option<Listing>, Trouble> {
        let scan = Scan::new(&self.client, &self.root, &position.folder);
        let mut listed: Vec<RemoteHead> = Vec::new();
        let mut vanished = false;
        for _ in 0..PAGES_MAX {
            let room = limit.saturating_sub(listed.len());
            if room == 0 {
                break;
            }
            let changes = match scan.changes(Some(&link), room).await {
                Ok(changes) => changes,
                // What was found is not given up for what was not; the next call sees what is wrong.
                Err(_) if !listed.is_empty() => break,
                Err(trouble) => return Err(trouble),
            };
            if changes.next == Next::Vanished {
                // Perhaps it is there the next time.
                if std::mem::replace(&mut vanished, true) {
                    return Ok(None);
                }
                continue;
            }
            let is_new = |head: &RemoteHead| {
                !position.seen.contains(&head.id) && !position.leaves_out(&head.id, head.received)
            };
            let mut new: Vec<RemoteHead> = changes.heads.into_iter().filter(is_new).collect();
            if new.len() > room {
                // The server gives more than it was asked for. With something to list already, this page is for the
                // next call; otherwise it is listed in parts, and what was listed is kept in mind.
                if listed.is_empty() {
                    by_age(&mut new);
                    new.truncate(room);
                    for head in &new {
                        position.seen.insert(&head.id);
                    }
                    listed = new;
                }
                break;
            }
            // Out of the folder and back is new.
            for id in &changes.removed {
                position.out.remove(id);
            }
            listed.retain(|known| !new.iter().any(|head| head.id == known.id));
            listed.extend(new);
            position.seen.clear();
            match changes.next {
                Next::More(next) => link = next,
                Next::End(delta) => {
                    position.mark = Some(delta);
                    by_age(&mut listed);
                    return Ok(Some(Listing { heads: listed, more: false }));
                }
                Next::Vanished => return Ok(None),
            }
        }
        position.mark = Some(link);
        by_age(&mut listed);
        Ok(Some(Listing { heads: listed, more: true }))
    }

    /// What is unread now, in passes that start over. The position of the other scopes stays where it is.
    async fn unseen(
        &mut self,
        folder: &str,
        position: Option<Position>,
        limit: usize,
    ) -> Result<(Position, Listing), Trouble> {
        let now = Timestamp::now();
        let mut position = position.unwrap_or_else(|| {
            let mut position = Position::new(KIND, folder.to_owned());
            position.unread_until = Some(now);
            position
        });
        let after = position.unread_after.take();
        if after.is_none() && position.unread_until.is_some() {
            position.unread_until = now.checked_sub(CLOCKS_DIFFER).ok();
        }
        let known = after.is_some();
        let scan = Scan::new(&self.client, &self.root, folder);
        let since = after.as_ref().map(|(received, _)| *received);
        // One more than wanted says whether there is more.
        let enough = Some(limit.saturating_add(1 + usize::from(known)));
        let mut heads = scan.list(Which { since, unread: true, enough }).await?;
        if let Some(after) = after {
            heads.retain(|head| (head.received, &head.id) > (Some(after.0), &after.1));
        }
        let more = heads.len() > limit;
        heads.truncate(limit);
        if let (true, Some(last)) = (more, heads.last()) {
            let received = last.received.unwrap_or(Timestamp::UNIX_EPOCH);
            position.unread_after = Some((received, last.id.clone()));
        }
        Ok((position, Listing { heads, more }))
    }
}
