//! What is new in a folder.

use crate::cursor::{Position, remote_id};
use crate::heads::{HeadFacts, Heads};
use crate::session::{Selected, Session};
use crate::wire::date::search_date;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use mailcase_mail::{Cursor, Discovery, FolderPath, RemoteHead, Reset, Scope, SourceError};

/// One page of a listing before its messages are described.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) uidvalidity: u32,
    /// There at the first listing or pending since an earlier page.
    old: Vec<u32>,
    new: Vec<u32>,
    /// Bounds the old ones.
    not_before: Option<Date>,
    /// Those unread are wanted also beyond the bound.
    unread_too: bool,
    position: Position,
    more: bool,
    reset: Option<Reset>,
}

impl Listing {
    /// Whose description is wanted, in ascending order.
    pub(crate) fn uids(&self) -> Vec<u32> {
        self.old.iter().chain(&self.new).copied().collect()
    }

    /// The page. Messages that are not among `heads` are listed with their identity alone.
    pub(crate) fn described(self, heads: &Heads) -> Discovery {
        let describe = |uid: &u32| head(self.uidvalidity, *uid, heads.of(*uid));
        // The date bounds what was there at the first listing, never what came since, however old it is.
        let is_wanted = |head: &RemoteHead| {
            in_time(head, self.not_before) || (self.unread_too && head.seen != Some(true))
        };
        let wanted = self.old.iter().map(describe).filter(is_wanted);
        let messages = wanted.chain(self.new.iter().map(describe)).collect();
        Discovery { messages, cursor: self.position.to_cursor(), more: self.more, reset: self.reset }
    }
}

impl Session {
    /// Finds what is to be listed next. `listed` is how many messages the folder held when it was listed last.
    pub(crate) async fn find_new(
        &mut self,
        folder: &FolderPath,
        scope: Scope,
        after: Option<&Cursor>,
        limit: usize,
        listed: Option<u32>,
    ) -> Result<Listing, SourceError> {
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
            if scope != Scope::Unseen && may_hold(&selected, position.next, listed) {
                // `n:*` names the last message even when it is below n (RFC 3501 §6.4.8).
                new = self.search(&format!("UID {}:*", position.next)).await?;
                new.retain(|&uid| uid >= position.next);
            }
            more = new.len() > room;
            position.pass(&mut new, room);
        }
        let uidvalidity = selected.uidvalidity;
        let unread_too = matches!(scope, Scope::NewFromUnreadOrSince(_));
        Ok(Listing { uidvalidity, old, new, not_before, unread_too, position, more, reset })
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
            None if selected.exists == 0 => 1,
            None => self.search("UID *").await?.last().map_or(1, |last| last.saturating_add(1)),
        };
        let unseen_or = |date: Date| vec!["UNSEEN".to_owned(), format!("SINCE {}", search_date(date))];
        let day_before = |date: Date| date.saturating_sub(1.day());
        let (criteria, not_before) = match (scope, again) {
            (Scope::Unseen | Scope::NewFromUnread, None) | (Scope::Unseen, Some(_)) => {
                (vec!["UNSEEN".to_owned()], None)
            }
            (Scope::NewFromUnreadOrSince(date), None) => (unseen_or(day_before(date)), Some(date)),
            (Scope::NewFromUnreadOrSince(date), Some(again)) => {
                (unseen_or(day_before(date.min(again))), None)
            }
            // The server compares days of its own time zone: a day more, and looked at here.
            (Scope::NewSince(date), None) => {
                (vec![format!("SINCE {}", search_date(day_before(date)))], Some(date))
            }
            (Scope::NewSince(date), Some(again)) => (unseen_or(day_before(date.min(again))), None),
            (_, again) => (unseen_or(again.unwrap_or(since)), None),
        };
        // One search each: not every server understands OR, and what it leaves out then would be lost.
        let mut wanted = Vec::new();
        for criterion in &criteria {
            wanted.append(&mut self.search(criterion).await?);
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|&uid| uid < next);
        let mut position = Position::new(selected.uidvalidity, next, next, since, &wanted);
        position.not_before = not_before;
        Ok(position)
    }
}

/// Whether the folder can hold a message with this UID or a higher one. UIDNEXT says so, unless the folder grew since it
/// was listed last, or it is too low: then the server contradicts itself and is asked.
fn may_hold(selected: &Selected, next: u32, listed: Option<u32>) -> bool {
    let grew = listed.is_some_and(|listed| selected.exists > listed);
    selected.exists > 0 && (grew || selected.uidnext != Some(next))
}

pub(crate) fn head(uidvalidity: u32, uid: u32, data: Option<&HeadFacts>) -> RemoteHead {
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
