//! What is new in a folder, and what it holds.

use crate::connection::Answer;
use crate::cursor::{Position, remote_id};
use crate::refusal::refused;
use crate::session::{Selected, Session};
use crate::wire::command::Command;
use crate::wire::date::search_date;
use crate::wire::response::{FetchData, Response};
use crate::wire::uid_set;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use mailcase_mail::{Cursor, Discovery, FolderPath, RemoteHead, Reset, Scope, SourceError};
use std::collections::BTreeMap;

/// What is asked of a message without its body.
pub(crate) const HEAD_ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE)";

impl Session {
    pub(crate) async fn discover(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Discovery, SourceError> {
        let limit = limit.max(1);
        let selected = self.select(folder, false).await?;
        let (mut position, reset) = self.position(&selected, scope, after).await?;
        let old = position.take_pending(limit);
        let not_before = position.not_before;
        let mut new = Vec::new();
        let mut more = position.has_pending();
        if !more {
            position.not_before = None;
            let room = limit.saturating_sub(old.len());
            if scope != Scope::Unseen && may_hold(&selected, position.next) {
                // `n:*` names the last message even when it is below n (RFC 3501 §6.4.8).
                new = self.search(&format!("UID {}:*", position.next)).await?;
                new.retain(|&uid| uid >= position.next);
            }
            more = new.len() > room;
            position.pass(&mut new, room);
        }
        let uids: Vec<u32> = old.iter().chain(&new).copied().collect();
        let heads = self.heads(&uids).await?;
        let describe = |uid: &u32| head(selected.uidvalidity, *uid, heads.get(uid));
        // The date bounds what was there at the first listing, never what came since, however old it is.
        let wanted = old.iter().map(describe).filter(|head| in_time(head, not_before));
        let messages = wanted.chain(new.iter().map(describe)).collect();
        Ok(Discovery { messages, cursor: position.to_cursor(), more, reset })
    }

    /// Where to go on; for a first listing and after a reset, what of the old messages is wanted.
    async fn position(
        &mut self,
        selected: &Selected,
        scope: Scope,
        after: Option<&Cursor>,
    ) -> Result<(Position, Option<Reset>), SourceError> {
        let Some(after) = after else {
            let yesterday = today().saturating_sub(1.day());
            return Ok((self.start(selected, scope, yesterday, None).await?, None));
        };
        let mut position = Position::parse(after)?;
        if position.uidvalidity != selected.uidvalidity {
            let again = Some(position.since);
            let reset = Reset {
                reason: format!(
                    "the server gave the messages of {} new identities (UIDVALIDITY {} became {}); the folder is listed again",
                    selected.folder, position.uidvalidity, selected.uidvalidity
                ),
            };
            return Ok((self.start(selected, scope, position.since, again).await?, Some(reset)));
        }
        if scope == Scope::Unseen && !position.has_pending() {
            let unseen = self.search("UNSEEN").await?;
            position.set_pending(&unseen);
            position.next = position.next.max(selected.uidnext.unwrap_or(1));
        }
        Ok((position, None))
    }

    /// A position with what of the present messages is to be listed. After a reset everything received since
    /// the first listing is, as it may be new under its old identity.
    async fn start(
        &mut self,
        selected: &Selected,
        scope: Scope,
        since: Date,
        again: Option<Date>,
    ) -> Result<Position, SourceError> {
        if scope == Scope::NewFromAll {
            return Ok(Position::new(selected.uidvalidity, 1, 1, since, &[]));
        }
        let next = match selected.uidnext {
            Some(next) => next,
            None => self.search("UID *").await?.last().map_or(1, |last| last.saturating_add(1)),
        };
        let (criteria, not_before) = match (scope, again) {
            (Scope::Unseen | Scope::NewFromUnread, None) | (Scope::Unseen, Some(_)) => {
                ("UNSEEN".to_owned(), None)
            }
            // The server compares days of its own time zone: a day more, and looked at here.
            (Scope::NewSince(date), None) => {
                (format!("SINCE {}", search_date(date.saturating_sub(1.day()))), Some(date))
            }
            (Scope::NewSince(date), Some(again)) => {
                (format!("OR UNSEEN SINCE {}", search_date(date.min(again).saturating_sub(1.day()))), None)
            }
            (_, again) => (format!("OR UNSEEN SINCE {}", search_date(again.unwrap_or(since))), None),
        };
        let mut wanted = self.search(&criteria).await?;
        wanted.retain(|&uid| uid < next);
        let mut position = Position::new(selected.uidvalidity, next, next, since, &wanted);
        position.not_before = not_before;
        Ok(position)
    }

    /// Everything the folder holds.
    pub(crate) async fn inventory(&mut self, folder: &FolderPath) -> Result<Vec<RemoteHead>, SourceError> {
        let selected = self.select(folder, false).await?;
        if selected.exists == 0 {
            return Ok(Vec::new());
        }
        let mut heads = BTreeMap::new();
        let answer = self
            .run(&Command::new(format!("UID FETCH 1:* {HEAD_ITEMS}")), &mut |response| {
                collect(&mut heads, response)
            })
            .await?;
        match answer {
            Answer::No(line) if line.code("EXPUNGEISSUED").is_none() => {
                return Err(refused("to list the folder", &line));
            }
            Answer::Ok(_) | Answer::No(_) => {}
        }
        let count = self.selected.as_ref().map_or(selected.exists, |selected| selected.exists);
        let mut uids: Vec<u32> = heads.keys().copied().collect();
        if u32::try_from(uids.len()) != Ok(count) {
            // Something was left out, or changed meanwhile: the search decides what is there.
            uids = self.search("ALL").await?;
        }
        Ok(uids.into_iter().map(|uid| head(selected.uidvalidity, uid, heads.get(&uid))).collect())
    }

    /// What the server says of these messages. Those it says nothing of are missing.
    pub(crate) async fn heads(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, FetchData>, SourceError> {
        let mut heads = BTreeMap::new();
        for set in uid_set::sets(uids) {
            let answer = self
                .run(&Command::new(format!("UID FETCH {set} {HEAD_ITEMS}")), &mut |response| {
                    collect(&mut heads, response);
                })
                .await?;
            match answer {
                // Some are gone; the others were answered (RFC 5530).
                Answer::No(line) if line.code("EXPUNGEISSUED").is_none() => {
                    return Err(refused("to describe messages", &line));
                }
                Answer::Ok(_) | Answer::No(_) => {}
            }
        }
        // Only what was asked for: news of others come unasked.
        heads.retain(|uid, _| uids.binary_search(uid).is_ok());
        Ok(heads)
    }
}

/// Keeps what is said of a message; a later answer adds to an earlier one.
fn collect(heads: &mut BTreeMap<u32, FetchData>, response: Response) {
    if let Response::Fetch(data) = response
        && let Some(uid) = data.uid
    {
        let known: &mut FetchData = heads.entry(uid).or_default();
        known.uid = data.uid;
        known.size = data.size.or(known.size);
        known.seen = data.seen.or(known.seen);
        known.received = data.received.or(known.received);
    }
}

/// Whether the folder can hold a message with this UID or a higher one.
fn may_hold(selected: &Selected, next: u32) -> bool {
    selected.exists > 0 && selected.uidnext.is_none_or(|uidnext| uidnext > next)
}

pub(crate) fn head(uidvalidity: u32, uid: u32, data: Option<&FetchData>) -> RemoteHead {
    let mut head = RemoteHead::bare(remote_id(uidvalidity, uid));
    if let Some(data) = data {
        head.size = data.size;
        head.received = data.received;
        head.seen = data.seen;
    }
    head
}

fn in_time(head: &RemoteHead, not_before: Option<Date>) -> bool {
    match (not_before, head.received) {
        (Some(date), Some(received)) => received.to_zoned(TimeZone::UTC).date() >= date,
        // Without a date from the server it may be wanted.
        _ => true,
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
