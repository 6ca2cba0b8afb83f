//! What is new in a folder.
//!
//! The first listing goes through the whole folder by SyncFolderItems, which promises no order, and sorts it here. Then
//! each sync state gives what changed. When the server does not know the state any more, the folder is gone through anew,
//! without what the first listing left out; the caller's ledger knows the rest, since identities stay.

use crate::items::{Item, by_age};
use crate::refusal::Trouble;
use crate::scan::STATE_MAX_BYTES;
use crate::scan::{Scan, Which};
use crate::settings::KIND;
use crate::source::EwsSource;
use jiff::{SignedDuration, Timestamp};
use mailcase_mail::{Cursor, Discovery, FolderPath, Hashes, Position, RemoteHead, Reset, Scope, SourceError};

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
    items: Vec<Item>,
    /// From where changes are told after the pass.
    state: Option<String>,
}

/// What one call lists.
struct Listing {
    items: Vec<Item>,
    more: bool,
}

impl EwsSource {
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
        match &discovery {
            Err(SourceError::FolderNotFound { .. }) => self.forget_folder(folder),
            // A pass through the unread says nothing of what changed.
            Ok(discovery) => {
                self.listed = (scope != Scope::Unseen).then(|| (folder.clone(), discovery.cursor.clone()));
            }
            Err(_) => {}
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
                (Some(position), Some(rest)) => self.page(position, rest.items, rest.state, limit, true),
                (Some(position), None) if position.unread_until.is_none() => {
                    self.changed(position, limit).await?
                }
                (position, _) => self.first(folder, position, scope, limit).await?,
            }
        };
        let cursor = position.to_cursor();
        if let Some(rest) = &mut self.rest {
            rest.cursor = cursor.clone();
        }
        self.sizes.learn(&listing.items);
        let messages: Vec<RemoteHead> = listing.items.into_iter().map(|item| item.head).collect();
        Ok(Discovery { messages, cursor, more: listing.more, reset })
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
        let found = Scan::new(&self.client, folder).everything().await?;
        let (wanted, out): (Vec<_>, Vec<_>) =
            found.items.into_iter().partition(|item| scope.takes_first(&item.head, unread_until));
        let mut position = Position::new(KIND, folder.to_owned());
        position.out = Hashes::of(out.iter().map(Item::id));
        position.newest_out = out.iter().filter_map(|item| item.head.received).max();
        Ok(self.page(position, wanted, found.state, limit, false))
    }

    /// One page of a pass through the whole folder; the rest of it is kept in mind for the next call. Whoever has
    /// forgotten it goes through the folder again, without what was seen.
    fn page(
        &mut self,
        mut position: Position,
        mut items: Vec<Item>,
        state: Option<String>,
        limit: usize,
        goes_on: bool,
    ) -> (Position, Listing) {
        let rest = items.split_off(limit.min(items.len()));
        position.unread_until = None;
        position.unread_after = None;
        position.mark = None;
        let more = !rest.is_empty();
        match state {
            // What came during a pass of several pages is behind the state already.
            Some(state) if !more => {
                position.mark = Some(state);
                position.seen.clear();
                return (position, Listing { items, more: goes_on });
            }
            state => {
                for item in &items {
                    position.seen.insert(item.id());
                }
                // The cursor is made, and put in, when the page is complete.
                self.rest = more.then(|| Rest { cursor: Cursor::new(""), items: rest, state });
            }
        }
        (position, Listing { items, more })
    }

    /// What changed since the position.
    async fn changed(
        &mut self,
        mut position: Position,
        limit: usize,
    ) -> Result<(Position, Listing), Trouble> {
        if let Some(state) = position.mark.clone() {
            match self.round(&mut position, state, limit).await {
                Err(Trouble::Refused(refusal)) if refusal.is_resync() => {
                    tracing::info!("the server lost the thread of a folder; it is gone through anew");
                }
                other => return other.map(|listing| (position, listing)),
            }
            position.mark = None;
            position.seen.clear();
        }
        let found = Scan::new(&self.client, &position.folder).everything().await?;
        if found.state.is_none() {
            let present = Hashes::of(found.items.iter().map(Item::id));
            position.seen.keep_only(&present);
            position.out.keep_only(&present);
        }
        let new = found.items.into_iter().filter(|item| is_new(&position, item)).collect();
        Ok(self.page(position, new, found.state, limit, false))
    }

    /// Changes until there is something to list.
    async fn round(
        &self,
        position: &mut Position,
        mut state: String,
        limit: usize,
    ) -> Result<Listing, Trouble> {
        let folder = position.folder.clone();
        let scan = Scan::new(&self.client, &folder);
        let mut listed: Vec<Item> = Vec::new();
        let mut more = true;
        for _ in 0..PAGES_MAX {
            let room = limit.saturating_sub(listed.len());
            if room == 0 || !more {
                break;
            }
            let changes = match scan.changes(Some(&state), room).await {
                Ok(changes) => changes,
                // What was found is not given up for what was not; the next call sees what is wrong.
                Err(_) if !listed.is_empty() => break,
                Err(trouble) => return Err(trouble),
            };
            let mut new: Vec<Item> =
                changes.items.into_iter().filter(|item| is_new(position, item)).collect();
            if new.len() > room {
                // The server gives more than it was asked for. With something to list already, this page is for the
                // next call; otherwise it is listed in parts, and what was listed is kept in mind.
                if listed.is_empty() {
                    by_age(&mut new);
                    new.truncate(room);
                    for item in &new {
                        position.seen.insert(item.id());
                    }
                    listed = new;
                }
                break;
            }
            // Out of the folder and back is new.
            for id in &changes.removed {
                position.out.remove(id);
            }
            listed.retain(|known| !new.iter().any(|item| item.id() == known.id()));
            listed.extend(new);
            position.seen.clear();
            (state, more) = (changes.state, changes.more);
        }
        // What is too long to be kept is not gone on from: the next call goes through the folder.
        if state.len() <= STATE_MAX_BYTES {
            position.mark = Some(state);
        } else {
            position.mark = None;
            listed.iter().for_each(|item| position.seen.insert(item.id()));
        }
        by_age(&mut listed);
        Ok(Listing { items: listed, more })
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
        let known = usize::from(after.is_some());
        let since = after.as_ref().map(|(received, _)| *received);
        // One more than wanted says whether there is more.
        let enough = limit.saturating_add(1).saturating_add(known);
        let mut items = Scan::new(&self.client, folder).unread(Which { since, enough }).await?;
        if let Some(after) = after {
            items.retain(|item| (item.head.received, item.id()) > (Some(after.0), &after.1));
        }
        let more = items.len() > limit;
        items.truncate(limit);
        if let (true, Some(last)) = (more, items.last()) {
            let received = last.head.received.unwrap_or(Timestamp::UNIX_EPOCH);
            position.unread_after = Some((received, last.id().clone()));
        }
        Ok((position, Listing { items, more }))
    }
}

pub(crate) fn is_new(position: &Position, item: &Item) -> bool {
    !position.seen.contains(item.id()) && !position.leaves_out(item.id(), item.head.received)
}
